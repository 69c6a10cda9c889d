//! The KDE Connect protocol, versions 7 and 8, with no I/O: bytes in, words out, and back. Whatever a phone sends is taken for hostile: lines, depth, texts and lists
//! are bounded, and no bytes make this panic.

mod body;
mod identity;
mod lines;
mod media;
mod packet;
mod pairing;
mod read;
mod verify;

#[cfg(test)]
mod tests;

pub use body::{Battery, CallEvent, Command, Note, NoteRequest, PairBody, Share, Signal, Telephony};
pub use identity::{DeviceId, DeviceKind, Identity, InvalidIdentity, device_name};
pub use lines::{LineError, Lines};
pub use media::{Action, Mpris, MprisRequest, Playing, Repeat};
pub use packet::{Message, Packet, PacketError, Payload};
pub use pairing::{Ended, Pairing, Step, Talk, Window};
pub use read::cleaned;
pub use verify::{Fingerprint, verification_key};

/// The longest line of a peer that is not paired, bytes.
pub const MAX_STRANGER_LINE: usize = 8 << 10;
/// The longest line of a paired peer, bytes; the protocol allows 32 MiB, and nothing that is understood here comes near this.
pub const MAX_LINE: usize = 1 << 20;
/// Brackets within brackets.
pub const MAX_DEPTH: usize = 16;
/// The longest text of one field, characters; longer ones are cut.
pub const MAX_TEXT: usize = 4_000;
/// Texts of one list: players, capabilities, commands. The rest is left out.
pub const MAX_ITEMS: usize = 64;
/// Ports of a peer's link.
pub const LINK_PORTS: std::ops::RangeInclusive<u16> = 1716..=1764;
/// Ports of a payload.
pub const PAYLOAD_PORTS: std::ops::RangeInclusive<u16> = 1739..=1764;
