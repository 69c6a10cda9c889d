//! Frames as cannelloni has them on TCP: a banner both ways, then one frame behind the other. An id of four bytes, the most significant first, with Linux' marks; a
//! length, with 0x80 for CAN FD; of those a byte of flags; the payload.
//!
//! A remote frame has no payload, whatever its length says: programs differ in whether one follows a length over 0, so we say 0.

use tandem_frame::{BusIndex, CanId, Flags, Frame, LengthError};

/// Both ends say it first.
pub const BANNER: &[u8; 12] = b"CANNELLONIv1";
/// Id, length, flags, payload.
pub const LONGEST: usize = 4 + 1 + 1 + 64;

const EXTENDED: u32 = 0x8000_0000;
const REMOTE: u32 = 0x4000_0000;
const ERROR: u32 = 0x2000_0000;
const FD: u8 = 0x80;
const BRS: u8 = 1;
const ESI: u8 = 2;

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The beginning of a frame.
    More,
    /// A frame, and how many bytes it took.
    Frame(Frame, usize),
    /// So many bytes that are no frame of a bus: what another's controller says of its errors.
    Nothing(usize),
}

/// Bytes that are no frame. Where the next one begins, nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("it sent the id {0:#X}, which has more than 11 bits and no mark of an extended one")]
    Id(u32),
    #[error("it sent a frame of {0} bytes")]
    Length(u8),
    #[error("it sent a CAN FD frame, and this bus has none")]
    Fd,
    #[error("it sent a remote frame of CAN FD, which there is none of")]
    Remote,
}

/// Reads the next frame; it is of `bus`, and was heard at `t_ns`.
///
/// # Errors
/// [`WireError`]: the bytes are no frame, or one of CAN FD where there is none.
pub fn read(bytes: &[u8], bus: BusIndex, t_ns: u64, fd_bus: bool) -> Result<Step, WireError> {
    let Some((id, [length, rest @ ..])) = bytes.split_first_chunk() else { return Ok(Step::More) };
    let id = u32::from_be_bytes(*id);
    let (fd, length) = (length & FD != 0, length & !FD);
    let number = id & 0x1FFF_FFFF;
    let can_id = if id & EXTENDED != 0 { CanId::extended(number) } else { CanId::standard(number) };
    let remote = id & REMOTE != 0;
    match () {
        () if fd && !fd_bus => return Err(WireError::Fd),
        () if fd && remote => return Err(WireError::Remote),
        () if length > 64 || (!fd && length > 8) => return Err(WireError::Length(length)),
        () => {}
    }
    let (marks, payload, head) = match (fd, rest) {
        (false, payload) => (0, payload, 5),
        (true, [marks, payload @ ..]) => (*marks, payload, 6),
        (true, []) => return Ok(Step::More),
    };
    let size = if remote { 0 } else { usize::from(length) };
    let Some(payload) = payload.get(..size) else { return Ok(Step::More) };
    if id & ERROR != 0 {
        return Ok(Step::Nothing(head + size));
    }
    let can_id = can_id.map_err(|_| WireError::Id(number))?;
    let frame = if remote {
        Frame::remote(bus, can_id, t_ns, length)
    } else {
        let flags = Flags { fd, brs: marks & BRS != 0, esi: marks & ESI != 0, ..Flags::default() };
        Frame::with_flags(bus, can_id, t_ns, flags, payload)
    };
    let frame = frame.map_err(|LengthError { .. }| WireError::Length(length))?;
    Ok(Step::Frame(frame, head + size))
}

/// Writes a frame; how many of the bytes are its own. None for an error frame, which only a controller says.
pub fn write(frame: &Frame) -> Option<([u8; LONGEST], usize)> {
    let flags = frame.flags;
    if flags.error {
        return None;
    }
    let kind = if frame.id.is_extended() { EXTENDED } else { 0 } | if flags.remote { REMOTE } else { 0 };
    let length = u8::try_from(frame.data().len()).ok()?;
    let marks = if flags.brs { BRS } else { 0 } | if flags.esi { ESI } else { 0 };
    let mut bytes = [0; LONGEST];
    let own = (frame.id.number() | kind).to_be_bytes().into_iter();
    let own = own.chain([if flags.fd { length | FD } else { length }]);
    let own = own.chain(flags.fd.then_some(marks)).chain(frame.data().iter().copied());
    bytes.iter_mut().zip(own).for_each(|(to, from)| *to = from);
    Some((bytes, 5 + usize::from(flags.fd) + usize::from(length)))
}
