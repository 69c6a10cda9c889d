//! What the objects with frames look like. All numbers are little-endian.

use tandem_frame::{CanId, Flags, Frame, MAX_LENGTH};

use super::HEADER;
use crate::Reason;
use crate::asc::error_frame;
use crate::interfaces::Interfaces;

const MESSAGE: u32 = 1;
const ERROR: u32 = 2;
const ERROR_EXT: u32 = 73;
const MESSAGE_2: u32 = 86;
const FD_MESSAGE: u32 = 100;
const FD_MESSAGE_64: u32 = 101;
const FD_ERROR_64: u32 = 104;

const EXTENDED: u32 = 1 << 31;
const ID: u32 = 0x1FFF_FFFF;
/// In a classic object's flags.
const REMOTE: u8 = 0x80;
/// Times are steps of 10 us instead of 1 ns.
const TEN_MICROSECONDS: u32 = 1;

/// What every object begins with.
pub(super) struct Header {
    /// With this header's own bytes.
    length: usize,
    pub(super) size: u32,
    pub(super) kind: u32,
}

impl Header {
    pub(super) fn read(bytes: &[u8; HEADER]) -> Self {
        let length = word(bytes, 4).unwrap_or_default().into();
        Self { length, size: long(bytes, 8).unwrap_or_default(), kind: long(bytes, 12).unwrap_or_default() }
    }
}

pub(super) fn has_frame(kind: u32) -> bool {
    matches!(kind, MESSAGE | ERROR | ERROR_EXT | MESSAGE_2 | FD_MESSAGE | FD_MESSAGE_64 | FD_ERROR_64)
}

/// The frame of an object; `None` if the object is too short for it.
pub(super) fn frame(
    header: &Header,
    object: &[u8],
    start: u64,
    interfaces: &mut Interfaces,
) -> Result<Option<Frame>, Reason> {
    let read = || {
        // Both versions of the header have them here.
        let (flags, stamp) = (long(object, HEADER)?, u64::from_le_bytes(array(object, HEADER + 8)?));
        let unit = if flags == TEN_MICROSECONDS { 10_000 } else { 1 };
        Some((stamp.checked_mul(unit).and_then(|since| since.checked_add(start)), object.get(header.length..)?))
    };
    let Some((t_ns, body)) = read() else { return Ok(None) };
    let t_ns = t_ns.ok_or(Reason::Time)?;
    let parts = match header.kind {
        MESSAGE | MESSAGE_2 => classic(body),
        FD_MESSAGE => fd(body),
        FD_MESSAGE_64 => fd_64(body, object.len(), header.length),
        ERROR | ERROR_EXT => word(body, 0).map(|channel| Parts::error(channel.into())),
        _ => byte(body, 0).map(|channel| Parts::error(channel.into())),
    };
    let Some(parts) = parts else { return Ok(None) };
    let bus = interfaces.channel(parts.channel)?;
    if parts.flags.error {
        return error_frame(bus, t_ns).map(Some);
    }
    let number = parts.id & ID;
    // A wide one without the mark can be nothing else.
    let extended = parts.id & EXTENDED != 0 || number > 0x7FF;
    let id = if extended { CanId::extended(number) } else { CanId::standard(number) };
    let id = id.map_err(|_| Reason::Id(number))?;
    if parts.flags.remote {
        return Ok(Some(Frame::remote(bus, id, t_ns, parts.length.min(8) as u8)?));
    }
    let length = if parts.flags.fd { fd_length(parts.length) } else { parts.length };
    let mut bytes = [0; MAX_LENGTH];
    for (to, from) in bytes.iter_mut().zip(parts.data) {
        *to = *from;
    }
    let bytes = bytes.get(..length).ok_or(tandem_frame::LengthError { length })?;
    Ok(Some(Frame::with_flags(bus, id, t_ns, parts.flags, bytes)?))
}

/// What a frame is made of. What `data` lacks to `length` is zero, as in Vector's own programs.
#[derive(Default)]
struct Parts<'a> {
    channel: u32,
    id: u32,
    flags: Flags,
    length: usize,
    data: &'a [u8],
}

impl Parts<'_> {
    fn error(channel: u32) -> Self {
        Self { channel, flags: Flags { error: true, ..Flags::default() }, ..Self::default() }
    }
}

fn classic(body: &[u8]) -> Option<Parts<'_>> {
    Some(Parts {
        channel: word(body, 0)?.into(),
        id: long(body, 4)?,
        flags: Flags { remote: byte(body, 2)? & REMOTE != 0, ..Flags::default() },
        // A raw DLC of 9 to 15 means 8 bytes.
        length: usize::from(byte(body, 3)?).min(8),
        data: body.get(8..16)?,
    })
}

fn fd(body: &[u8]) -> Option<Parts<'_>> {
    let (flags, length) = (byte(body, 13)?, usize::from(byte(body, 14)?));
    let fd = flags & 1 != 0;
    let remote = byte(body, 2)? & REMOTE != 0;
    Some(Parts {
        channel: word(body, 0)?.into(),
        id: long(body, 4)?,
        flags: Flags { fd: fd && !remote, brs: fd && flags & 2 != 0, esi: fd && flags & 4 != 0, remote, error: false },
        length: if remote { byte(body, 3)?.into() } else { length },
        data: body.get(20..20 + length.min(MAX_LENGTH))?,
    })
}

fn fd_64(body: &[u8], object: usize, header: usize) -> Option<Parts<'_>> {
    const FIXED: usize = 40;
    let (flags, length) = (long(body, 12)?, usize::from(byte(body, 2)?));
    let (fd, remote) = (flags & 0x1000 != 0, flags & 0x10 != 0);
    let end = match usize::from(byte(body, 35)?) {
        0 => object,
        extension => extension,
    };
    let there = end.saturating_sub(header + FIXED).min(length);
    let data = body.get(FIXED..)?;
    Some(Parts {
        channel: byte(body, 0)?.into(),
        id: long(body, 4)?,
        flags: Flags {
            fd: fd && !remote,
            brs: fd && flags & 0x2000 != 0,
            esi: fd && flags & 0x4000 != 0,
            remote,
            error: false,
        },
        length: if remote { byte(body, 1)?.into() } else { length },
        data: data.get(..there).unwrap_or(data),
    })
}

/// The shortest FD frame that so many bytes fit into.
fn fd_length(bytes: usize) -> usize {
    [12, 16, 20, 24, 32, 48, 64].into_iter().find(|length| *length >= bytes && bytes > 8).unwrap_or(bytes)
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn byte(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

pub(super) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

pub(super) fn long(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}
