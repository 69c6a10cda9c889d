//! What every screen of Tandem shares: the bus thread, the table of readings, the words and numbers, the headless platform, `Screen1`.
//!
//! A screen is a [`Face`]: it names the leaves that it reads, opens its Slint window and turns an [`Update`] into properties. [`run`] does the rest.

mod beat;
mod bus;
mod calls;
pub mod camera;
mod commands;
mod drawn;
mod dress;
mod face;
mod fonts;
pub mod format;
pub mod headless;
pub mod health;
mod icons;
mod keys;
mod knob;
mod line;
mod look;
mod mailbox;
pub mod media;
mod needle;
mod options;
pub mod phone;
mod picture;
mod pulse;
mod readings;
mod run;
mod screen;
pub mod settings;
mod stage;
pub mod telephone;
mod touch;
mod units;
mod update;
mod wishes;
mod words;

pub use camera::{CameraCommand, CameraNews};
pub use commands::{CommandError, Commands, Desk};
pub use drawn::{Area, DisplayPixel, Drawn};
pub use face::Face;
pub use health::{HealthNews, Lacking};
pub use icons::draw_icons;
pub use look::{Language, Look, Theme, UnknownWord};
pub use media::{Media, MediaCommand};
pub use needle::needle;
pub use options::Options;
pub use phone::{PhoneCommand, PhoneNews};
pub use readings::{Key, Link, Reading, Readings};
pub use run::{SetupError, run};
pub use settings::{InForce, SettingsCommand, SettingsNews};
pub use tandem_contracts::actuation::{Actuator, RequestState};
pub use tandem_contracts::input::{Action, InputEvent};
pub use telephone::{CallCommand, CallsNews};
pub use units::{HalfDay, Units};
pub use update::{Actuation, Fate, Refusal, RefusalCause, Update};
pub use wishes::{Denial, Wishes};
pub use words::Words;

#[doc(hidden)]
pub use slint;
