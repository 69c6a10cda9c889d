use std::fmt;

use crate::Frame;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
const ERROR_FRAME: u32 = 0x2000_0000;

/// Writes `frame` as one line of candump's log text, with its line feed: what [`parse_line`](super::parse_line) reads
/// back as the same frame. The time stamp has six decimals, or as many as it needs up to nine.
///
/// `interface` is printable ASCII without spaces, as Linux names its interfaces.
///
/// # Errors
/// Only those of `out`; a `String` has none.
pub fn write_line(out: &mut impl fmt::Write, frame: &Frame, interface: &str) -> fmt::Result {
    let (seconds, nanoseconds) = (frame.t_ns / 1_000_000_000, frame.t_ns % 1_000_000_000);
    write!(out, "({seconds}.{:06}", nanoseconds / 1000)?;
    let mut finer = nanoseconds % 1000;
    let mut unit = 100;
    while finer > 0 {
        write!(out, "{}", finer / unit)?;
        finer %= unit;
        unit /= 10;
    }
    write!(out, ") {interface} ")?;
    write_frame(out, frame)?;
    out.write_char('\n')
}

/// Writes a frame without its time and its interface: `0F2#3A00`.
///
/// # Errors
/// As [`write_line`].
pub fn write_frame(out: &mut impl fmt::Write, frame: &Frame) -> fmt::Result {
    if frame.flags.error {
        write!(out, "{:08X}#", frame.id.number() | ERROR_FRAME)?;
    } else {
        write!(out, "{}#", frame.id)?;
    }
    if frame.flags.remote {
        return match frame.length() {
            0 => out.write_char('R'),
            asked => write!(out, "R{asked}"),
        };
    }
    if frame.flags.fd {
        write!(out, "#{}", u8::from(frame.flags.brs) | u8::from(frame.flags.esi) << 1)?;
    }
    for byte in frame.data() {
        for nibble in [byte >> 4, byte & 0xF] {
            out.write_char(DIGITS.get(usize::from(nibble)).copied().unwrap_or_default().into())?;
        }
    }
    Ok(())
}
