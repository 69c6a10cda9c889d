//! A frame as the kernel has it: `struct can_frame` of 16 bytes, `struct canfd_frame` of 72.

use tandem_frame::{BusIndex, CanId, Flags, Frame};

pub const CLASSIC: usize = 16;
pub const FD: usize = 72;
const EXTENDED: u32 = 0x8000_0000;
const REMOTE: u32 = 0x4000_0000;
const ERROR: u32 = 0x2000_0000;
const BRS: u8 = 1;
const ESI: u8 = 2;

/// What a socket brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Frame(Frame),
    /// The controller speaks: the classes, and the payload.
    Error(u32, [u8; 8]),
}

/// Reads a frame. None if it is none: the kernel would not make it.
pub fn read(bytes: &[u8], bus: BusIndex, t_ns: u64) -> Option<Read> {
    let fd = match bytes.len() {
        CLASSIC => false,
        FD => true,
        _ => return None,
    };
    let (head, rest) = bytes.split_first_chunk()?;
    let ([length, marks, _, _], payload) = rest.split_first_chunk()?;
    let id = u32::from_ne_bytes(*head);
    if id & ERROR != 0 {
        return Some(Read::Error(id & 0x1FFF_FFFF, *payload.first_chunk()?));
    }
    let number = id & 0x1FFF_FFFF;
    let can_id = if id & EXTENDED != 0 { CanId::extended(number) } else { CanId::standard(number) }.ok()?;
    let frame = if id & REMOTE != 0 {
        Frame::remote(bus, can_id, t_ns, *length)
    } else {
        let flags = Flags { fd, brs: fd && marks & BRS != 0, esi: fd && marks & ESI != 0, ..Flags::default() };
        Frame::with_flags(bus, can_id, t_ns, flags, payload.get(..usize::from(*length))?)
    };
    frame.ok().map(Read::Frame)
}

/// An error frame as others record it: its classes are its id.
pub fn error_frame(classes: u32, payload: &[u8; 8], bus: BusIndex, t_ns: u64) -> Option<Frame> {
    let id = if classes <= 0x7FF { CanId::standard(classes) } else { CanId::extended(classes) }.ok()?;
    Frame::with_flags(bus, id, t_ns, Flags { error: true, ..Flags::default() }, payload).ok()
}

/// Writes a frame; how many of the bytes are its own. None for an error frame, which only a controller says.
pub fn write(frame: &Frame) -> Option<([u8; FD], usize)> {
    let flags = frame.flags;
    if flags.error {
        return None;
    }
    let kind = if frame.id.is_extended() { EXTENDED } else { 0 } | if flags.remote { REMOTE } else { 0 };
    let marks = if flags.fd && flags.brs { BRS } else { 0 } | if flags.fd && flags.esi { ESI } else { 0 };
    let mut bytes = [0; FD];
    let head = (frame.id.number() | kind).to_ne_bytes();
    let own =
        head.into_iter().chain([u8::try_from(frame.length()).ok()?, marks, 0, 0]).chain(frame.data().iter().copied());
    bytes.iter_mut().zip(own).for_each(|(to, from)| *to = from);
    Some((bytes, if flags.fd { FD } else { CLASSIC }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let (standard, extended) = (CanId::standard(0x7FF).unwrap(), CanId::extended(0x1FFF_FFFF).unwrap());
        let fd = Flags { fd: true, ..Flags::default() };
        let frames = [
            Frame::new(BusIndex(2), standard, 5, &[]).unwrap(),
            Frame::new(BusIndex(2), extended, 5, &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap(),
            Frame::remote(BusIndex(2), extended, 5, 3).unwrap(),
            Frame::with_flags(BusIndex(2), standard, 5, fd, &[7]).unwrap(),
            Frame::with_flags(BusIndex(2), standard, 5, Flags { brs: true, esi: true, ..fd }, &[9; 64]).unwrap(),
        ];
        for frame in frames {
            let (bytes, length) = write(&frame).unwrap();
            assert_eq!(length, if frame.flags.fd { 72 } else { 16 });
            assert_eq!(read(&bytes[..length], BusIndex(2), 5), Some(Read::Frame(frame)));
        }
    }

    #[test]
    fn the_bytes_are_the_kernels() {
        let frame = Frame::new(BusIndex(0), CanId::extended(0x123).unwrap(), 0, &[0xAA, 0xBB]).unwrap();
        let (bytes, length) = write(&frame).unwrap();
        assert_eq!(bytes[..4], 0x8000_0123_u32.to_ne_bytes());
        assert_eq!(bytes[4..length], [2, 0, 0, 0, 0xAA, 0xBB, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn an_error_frame_is_the_controllers_and_never_sent() {
        let mut bytes = [0; CLASSIC];
        bytes[..4].copy_from_slice(&0x2000_0044_u32.to_ne_bytes());
        bytes[4] = 8;
        bytes[9] = 0x30;
        assert_eq!(read(&bytes, BusIndex(0), 0), Some(Read::Error(0x44, [0, 0x30, 0, 0, 0, 0, 0, 0])));
        let flags = Flags { error: true, ..Flags::default() };
        let frame = Frame::with_flags(BusIndex(0), CanId::standard(0x44).unwrap(), 0, flags, &[0; 8]).unwrap();
        assert_eq!(write(&frame), None);
    }

    #[test]
    fn what_cannot_be_a_frame_is_none() {
        for length in (0..FD).filter(|length| *length != CLASSIC) {
            assert_eq!(read(&[0; FD][..length], BusIndex(0), 0), None);
        }
        for (size, length) in [(CLASSIC, 9), (CLASSIC, 255), (FD, 9), (FD, 65)] {
            let mut bytes = [0; FD];
            bytes[4] = length;
            assert_eq!(read(&bytes[..size], BusIndex(0), 0), None, "{length} in {size}");
        }
        let mut wide = [0; CLASSIC];
        wide[..4].copy_from_slice(&0x800_u32.to_ne_bytes());
        assert_eq!(read(&wide, BusIndex(0), 0), None);
    }
}
