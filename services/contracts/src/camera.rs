//! `org.tandem.Camera1`: which cameras the car has, and the pictures of one of them.

use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, OwnedFd, Type};

mod follower;

pub use follower::Follower;

pub const NAME: &str = "org.tandem.Camera1";
pub const PATH: &str = "/org/tandem/Camera1";

/// The camera that a screen shows while the car goes backwards.
pub const REAR: &str = "rear";

/// How a camera hangs on the car, as somebody has measured it: for lines on the ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Mount {
    /// Above the ground, metres, 0.2 to 3.
    pub height_m: f64,
    /// Downwards from level, degrees, 0 to 80.
    pub tilt_deg: f64,
    /// From the left edge of the picture to the right one, degrees, 20 to 160; of a lens without distortion.
    pub field_deg: f64,
    /// From one side of the car to the other, metres, 1 to 3.
    pub car_width_m: f64,
}

/// A camera, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Camera {
    /// Such as `rear`.
    pub name: String,
    /// Of its own pictures, pixels.
    pub width: u32,
    pub height: u32,
    /// Pictures a second, at most.
    pub rate: u32,
    /// `off`: nobody watches. `starting`; `live`: pictures go out. `failed`: they ended, and whoever opens it anew tries again. `wrong`: it is set up wrongly, and cannot be opened.
    pub state: String,
    /// Why it is `failed` or `wrong`, one English sentence without a full stop; empty otherwise.
    pub reason: String,
    /// One, or none if nobody has measured it: then there are no lines on its pictures.
    pub mount: Vec<Mount>,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Camera1.Error")]
pub enum CameraError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// There is no camera of this name.
    NotFound(String),
    /// A size that pictures do not have; the sentence says which they may.
    Invalid(String),
    /// It is set up wrongly, or its program does not start; the sentence says why.
    NotAvailable(String),
}

/// The work behind [`Camera1`].
#[rustfmt::skip]
pub trait CameraBackend: Send + Sync + 'static {
    fn list(&self) -> impl Future<Output = Result<Vec<Camera>, CameraError>> + Send;
    fn open(&self, name: String, width: u32, height: u32) -> impl Future<Output = Result<OwnedFd, CameraError>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Camera1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Camera1",
    proxy(default_service = "org.tandem.Camera1", default_path = "/org/tandem/Camera1", visibility = "pub")
)]
impl<B: CameraBackend> Camera1<B> {
    /// Every camera that is set up, by name.
    #[zbus(out_args("cameras"))]
    async fn list(&self) -> Result<Vec<Camera>, CameraError> {
        self.0.list().await
    }

    /// Starts a camera and hands over the end of a Unix stream socket from which its pictures come, scaled to this size in pixels: 16 to 2560, a multiple of 4, by 16 to 1600. A
    /// picture is 48 bytes, all numbers little-endian, and its pixels, three bytes each, red, green, blue, row by row: `tandem/p`; the number of the picture, 64 bits; when the
    /// camera saw it on the boot clock, nanoseconds, 64 bits; width, height, 1 for the format, and bytes of the pixels, 32 bits each. Who reads slowly misses pictures. The camera runs until
    /// that end is closed; the socket ends when the camera does, and whoever still wants pictures opens it anew. Each camera has one to watch it: who opens it last.
    #[zbus(out_args("pictures"))]
    async fn open(&self, name: String, width: u32, height: u32) -> Result<OwnedFd, CameraError> {
        self.0.open(name, width, height).await
    }

    /// A camera is otherwise than it was: all of them, as `List` has them.
    #[zbus(signal)]
    pub async fn changed(emitter: &SignalEmitter<'_>, cameras: Vec<Camera>) -> zbus::Result<()>;
}
