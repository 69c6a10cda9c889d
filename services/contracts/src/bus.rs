//! `org.tandem.Bus1`: what the CAN buses carry.

use std::collections::HashMap;
use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::Type;

pub const NAME: &str = "org.tandem.Bus1";
pub const PATH: &str = "/org/tandem/Bus1";

/// One CAN bus since the service started.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Type)]
pub struct BusStatistics {
    /// The interface, such as `can0`.
    pub name: String,
    /// Frames heard of others. A real interface (`--can`) is told by the kernel only of ids that the car's DBC file knows, unless that has messages of J1939: then of all.
    pub frames: u64,
    /// Frames heard with an id that the car's DBC file does not know; of a real interface therefore hardly any.
    pub unknown: u64,
    /// Frames we sent.
    pub sent: u64,
    /// Frames heard a second, over the time from the first frame to the last; the time between two links does not count.
    pub rate: f64,
    /// Share of the time from the first frame to the last in which the bus was in use, percent: the exact bits of each frame, stuff bits and the pause behind it
    /// included, at the bit rates of car.toml. On a real interface these are the frames heard and those of ours that went out: what other ids take of the bus is not in it.
    pub load: f64,
    /// The same over the last second, up to a full tenth of a second, percent; 0 while no car is there.
    pub load_last_second: f64,
    /// What became of the interface: `active`, `warning` (an error counter is over 96), `passive` (over 127), `bus-off`, `down`, `absent` (there is no such
    /// interface), `unreadable`; `unknown` if nothing was said of one, as in a simulator or a replay. A bus for programs of this machine (`--cannelloni`) is `active` while
    /// one of them has greeted, and `down` otherwise.
    pub state: String,
    /// Frames that came faster than they were read, and are lost; with `--cannelloni`, frames of ours that found no room, and those that found none with a program that does
    /// not read.
    pub lost: u64,
    /// Error frames of the interface's controller, or of a recording. They are no frames in what stands above.
    pub error_frames: u64,
    /// How often we had the controller restarted after it was bus-off.
    pub restarts: u64,
}

/// One id on one bus since the service started.
#[derive(Clone, Debug, Serialize, Deserialize, Type)]
pub struct IdStatistics {
    pub bus: String,
    /// The id, with bit 31 set if it is extended.
    pub id: u32,
    /// The DBC message; empty if unknown.
    pub message: String,
    pub frames: u64,
    /// Frames with something wrong, by kind: `short`, `checksum` and a `counter` that stood still (not taken), a `counter` that jumped (taken), `range` (a signal in it makes
    /// no sense: that reading is invalid).
    pub errors: HashMap<String, u64>,
}

/// The work behind [`Bus1`].
pub trait BusBackend: Send + Sync + 'static {
    fn buses(&self) -> impl Future<Output = zbus::fdo::Result<Vec<BusStatistics>>> + Send;
    fn ids(&self) -> impl Future<Output = zbus::fdo::Result<Vec<IdStatistics>>> + Send;
    fn silences(&self) -> impl Future<Output = zbus::fdo::Result<Vec<(String, u64)>>> + Send;
    fn power(&self) -> impl Future<Output = zbus::fdo::Result<String>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Bus1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Bus1",
    proxy(default_service = "org.tandem.Bus1", default_path = "/org/tandem/Bus1", visibility = "pub")
)]
impl<B: BusBackend> Bus1<B> {
    /// Every bus of the car, in the order of its car.toml.
    #[zbus(out_args("buses"))]
    async fn buses(&self) -> zbus::fdo::Result<Vec<BusStatistics>> {
        self.0.buses().await
    }

    /// Every id heard, sorted by bus and id.
    #[zbus(out_args("ids"))]
    async fn ids(&self) -> zbus::fdo::Result<Vec<IdStatistics>> {
        self.0.ids().await
    }

    /// How long ago the last frame of others was heard, milliseconds, of every bus that has been heard since the service, or the link's clock, began.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn silences(&self) -> zbus::fdo::Result<Vec<(String, u64)>> {
        self.0.silences().await
    }

    /// `Vehicle.LowVoltageSystemState` as the car said it last, however long ago; empty if it has not since the service began.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn power(&self) -> zbus::fdo::Result<String> {
        self.0.power().await
    }
}
