//! `org.tandem.Simulator1`: the virtual car's hidden hand. Only the simulator serves it; no car has it.

use std::future::Future;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zbus::{DBusError, Type};

pub const NAME: &str = "org.tandem.Simulator1";
pub const PATH: &str = "/org/tandem/Simulator1";

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.Simulator1.Error")]
pub enum SimulatorError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// A word, message or number that the virtual car does not know.
    Unknown(String),
    /// It knows what is meant, and it cannot be done as things are: the car drives, or the phone is away.
    Refused(String),
}

/// How the virtual car stands with its hidden hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct State {
    /// The scenario that it drives, by its name; empty while somebody drives by hand.
    pub scenario: String,
    /// What the driver of the scenario does, in the scenario's words; empty once the scenario is over, and by hand.
    pub doing: String,
    /// Every message that it sends.
    pub messages: Vec<MessageState>,
    /// Everything that it can be asked for.
    pub answers: Vec<AnswerState>,
    /// Its keys and its knobs, as Linux calls them.
    pub keys: Vec<String>,
    pub knobs: Vec<String>,
    /// Its CAN buses, by their interfaces.
    pub buses: Vec<BusState>,
    pub phone: PhoneState,
}

/// What the phone can be made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneDeed {
    /// It comes near, also after it walked away.
    Come,
    /// It asks the car to pair, or agrees if the car asked.
    Pair,
    Play,
    Pause,
    Next,
    /// It is out of reach without a word.
    WalkAway,
    /// Its app ends.
    Leave,
}

impl PhoneDeed {
    /// In the order in which windows and lists have them.
    pub const ALL: [Self; 7] =
        [Self::Come, Self::Pair, Self::Play, Self::Pause, Self::Next, Self::WalkAway, Self::Leave];

    /// As [`Simulator1`] has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Come => "come",
            Self::Pair => "pair",
            Self::Play => "play",
            Self::Pause => "pause",
            Self::Next => "next",
            Self::WalkAway => "walk-away",
            Self::Leave => "leave",
        }
    }
}

impl FromStr for PhoneDeed {
    type Err = SimulatorError;

    fn from_str(word: &str) -> Result<Self, SimulatorError> {
        Self::ALL.into_iter().find(|deed| deed.word() == word).ok_or_else(|| {
            let (word, known) = (word.chars().take(64).collect::<String>(), Self::ALL.map(Self::word).join(", "));
            SimulatorError::Unknown(format!("{word:?} is unknown, expected {known}"))
        })
    }
}

/// How the phone is that comes near the car.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct PhoneState {
    /// `gone`; `searching`, it is there and not connected; `near`, it is connected; `away`, out of reach; empty if no phone ever comes.
    pub reach: String,
    pub name: String,
    /// With this car.
    pub paired: bool,
    /// What both screens show while it is paired; empty otherwise.
    pub key: String,
    pub playing: bool,
    /// Of what it plays or played last; empty if nothing.
    pub title: String,
}

/// How a CAN bus of the car is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BusState {
    pub interface: String,
    pub dropped: bool,
}

/// How a message of the DBC files is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct MessageState {
    pub name: String,
    pub muted: bool,
    /// As in `Spoil`.
    pub fault: String,
    /// The faults that `Spoil` takes for it.
    pub faults: Vec<String>,
}

/// How the car answers wishes for an actuator.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AnswerState {
    /// Its VSS path.
    pub path: String,
    /// As in `Answer`.
    pub answer: String,
    pub delay_ms: u32,
}

/// The work behind [`Simulator1`].
pub trait SimulatorBackend: Send + Sync + 'static {
    fn answer_temperature(
        &self,
        answer: String,
        delay_ms: u32,
    ) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn answer(
        &self,
        path: String,
        answer: String,
        delay_ms: u32,
    ) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn press_key(&self, key: String, milliseconds: u32) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn turn_knob(&self, knob: String, steps: i32) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn mute(&self, message: String, muted: bool) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn spoil(&self, message: String, fault: String) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn pedals(
        &self,
        accelerator: f64,
        brake: f64,
        milliseconds: u32,
    ) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn set(&self, key: String, value: String) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn scenarios(&self) -> impl Future<Output = Result<Vec<String>, SimulatorError>> + Send;
    fn begin(&self, scenario: String) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn take_over(&self) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn state(&self) -> impl Future<Output = Result<State, SimulatorError>> + Send;
    fn drop_bus(&self, interface: String, dropped: bool) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn kill(&self, program: String) -> impl Future<Output = Result<(), SimulatorError>> + Send;
    fn phone(&self, deed: String) -> impl Future<Output = Result<(), SimulatorError>> + Send;
}

/// The object that serves the interface over a backend.
pub struct Simulator1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Simulator1",
    proxy(default_service = "org.tandem.Simulator1", default_path = "/org/tandem/Simulator1", visibility = "pub")
)]
impl<B: SimulatorBackend> Simulator1<B> {
    /// The same as `Answer` for the driver's temperature.
    async fn answer_temperature(&self, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.0.answer_temperature(answer, delay_ms).await
    }

    /// How the car answers wishes for an actuator, a VSS path, from now on, after `delay_ms`: `obey`; `refuse`, it says no; `silent`, it says and does nothing;
    /// `wrong`, it says yes and does something else; `stuck`, it says yes and does not move.
    async fn answer(&self, path: String, answer: String, delay_ms: u32) -> Result<(), SimulatorError> {
        self.0.answer(path, answer, delay_ms).await
    }

    /// Presses a key of the car, a Linux input event code such as `KEY_NEXTSONG`, for so long: 60 to 60000 ms, shorter is 60 ms.
    async fn press_key(&self, key: String, milliseconds: u32) -> Result<(), SimulatorError> {
        self.0.press_key(key, milliseconds).await
    }

    /// Turns a knob of the car, such as `REL_DIAL`: up to 1000 steps, clockwise is positive, a step every 10 ms.
    async fn turn_knob(&self, knob: String, steps: i32) -> Result<(), SimulatorError> {
        self.0.turn_knob(knob, steps).await
    }

    /// Stops a DBC message from being sent, or lets it go on.
    async fn mute(&self, message: String, muted: bool) -> Result<(), SimulatorError> {
        self.0.mute(message, muted).await
    }

    /// Sends a DBC message with a fault from now on: `checksum`, `counter`, `short`, or `none`.
    async fn spoil(&self, message: String, fault: String) -> Result<(), SimulatorError> {
        self.0.spoil(message, fault).await
    }
    /// Somebody drives by hand from now on, with the accelerator and the brake pressed so far, each 0 to 100 %, for so long: at most 60000 ms, then the foot
    /// is off both. The brake counts first. The car drives in D and R, at most 160 km/h and 30 km/h, switched on and with the parking brake off.
    async fn pedals(&self, accelerator: f64, brake: f64, milliseconds: u32) -> Result<(), SimulatorError> {
        self.0.pedals(accelerator, brake, milliseconds).await
    }

    /// Sets what a hand or the weather sets, as the `set` of a scenario: a key such as `driver_door`, `gear`, `rain_percent`, and a value such as `true`, `D` or
    /// `40`; `outside_celsius`, -40 to 60, too. What the drive hangs on (gear, power, parking_brake, plugged, charging) takes the car out of its scenario and
    /// changes only while it stands, but for the gear between N and D.
    async fn set(&self, key: String, value: String) -> Result<(), SimulatorError> {
        self.0.set(key, value).await
    }

    /// The scenarios of the car, by their names, sorted.
    async fn scenarios(&self) -> Result<Vec<String>, SimulatorError> {
        self.0.scenarios().await
    }

    /// Begins a scenario of [`Self::scenarios`] from its start. The car is then where and as the scenario has it; its time, its odometer and its faults go on.
    async fn begin(&self, scenario: String) -> Result<(), SimulatorError> {
        self.0.begin(scenario).await
    }

    /// Leaves the scenario: somebody drives by hand from now on, with no foot on a pedal. Everything else stays as it is.
    async fn take_over(&self) -> Result<(), SimulatorError> {
        self.0.take_over().await
    }

    /// How the car stands with this hand.
    async fn state(&self) -> Result<State, SimulatorError> {
        self.0.state().await
    }

    /// Cuts a CAN bus of the car, such as `can0`, or mends it: nothing that is said on it is heard by anybody.
    async fn drop_bus(&self, interface: String, dropped: bool) -> Result<(), SimulatorError> {
        self.0.drop_bus(interface, dropped).await
    }

    /// Kills a program by its name on this bus: `vehicle`, `settings`, `media`, `phone-link`, `lifecycle`, `cluster` or `centre`. Who supervises it brings it back.
    async fn kill(&self, program: String) -> Result<(), SimulatorError> {
        self.0.kill(program).await
    }

    /// Makes a phone do something: `come` near, also after it walked away; `pair`, ask the car to pair or agree if the car asked; `play`, `pause`, `next`;
    /// `walk-away`, out of reach without a word; `leave`, its app ends. `State` tells how it is.
    async fn phone(&self, deed: String) -> Result<(), SimulatorError> {
        self.0.phone(deed).await
    }
}
