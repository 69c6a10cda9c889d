//! A DBC file, read at load time: its text is repaired where real files break the format, becomes a [`Database`] of
//! our own, and is compiled to a [`Codec`] that decodes and encodes payloads without allocating.
//!
//! ```
//! # use tandem_dbc::{Codec, Database};
//! let text = b"BO_ 415 WheelSpeeds: 2 XXX\n SG_ Speed : 0|16@1+ (0.01,0) [0|655.34] \"km/h\" XXX\n";
//! let database = Database::parse(text)?;
//! let codec = Codec::compile(&database);
//! let mut speed = None;
//! codec.decode(0, &[0xB8, 0x0B], |sample| speed = Some(sample.physical))?;
//! assert_eq!(speed, Some(30.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod diagnose;
mod error;
pub mod integrity;
mod lint;
mod load;
mod model;
mod repair;

pub use codec::{Codec, DecodeError, EncodeError, Field, Padded, Raw, Sample, padded};
pub use error::DbcError;
pub use load::read;
pub use model::{ByteOrder, Database, Defect, FrameFormat, Kind, Message, Multiplex, Node, Repair, Signal};
