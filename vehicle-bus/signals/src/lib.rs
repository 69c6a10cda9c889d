//! What a car says, in the field's words: the catalogue of VSS leaves in use, and `car.toml`, which maps the signals
//! of a car's DBC files to them.
//!
//! Nothing here reads a file or a clock; the text comes in, a [`Profile`] or the list of all its [`Mistake`]s goes out.

mod catalogue;
pub mod document;
mod expression;
mod leaf;
mod mistake;
mod profile;
pub mod tree;
mod unit;

pub use catalogue::{Catalogue, LeafId};
pub use expression::{Expression, ExpressionError};
pub use leaf::{Datatype, Kind, Leaf, RangeError};
pub use mistake::Mistake;
pub use profile::{
    ActuatorProfile, ActuatorRange, BusProfile, ChecksumKind, DataIds, DrivingProfile, InputKind, InputProfile,
    IntegrityProfile, LEAST_BITRATE, MOST_BITRATE, MOST_DATA_BITRATE, Others, ParkedBy, Profile, SignalProfile,
    Transform, TransmitProfile, worst_word,
};
pub use tandem_units::{Quality, Value, nearest};
pub use unit::{Conversion, UnitError, conversion};
