use super::read::ERROR_FRAME;
use super::{LogLine, parse_line};
use crate::{BusIndex, CanId, Flags, Frame, MAX_LENGTH};

/// Reads one line of what candump shows on a screen: `can0  123   [2]  11 22`, and whether it has a time (`-t a`, `-t z`); without one it is 0. Directions (`-x`) and
/// the payload in letters (`-a`) are read and dropped, as whether a CAN FD frame switched its bit rate is not told. `None` if it is no such line.
pub fn parse_screen(line: &[u8]) -> Option<(LogLine<'_>, bool)> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split_ascii_whitespace().peekable();
    let stamp = words.next_if(|word| word.starts_with('('));
    // A stamp is read by those who read stamps.
    let t_ns = match stamp {
        Some(stamp) => parse_line(format!("{stamp} - 000#").as_bytes()).ok()?.t_ns,
        None => 0,
    };
    let interface = words.next()?;
    if words.next_if(|word| matches!(*word, "RX" | "TX")).is_some() {
        words.next()?;
        words.next()?;
    }
    let id = words.next()?;
    let number = u32::from_str_radix(id, 16).ok()?;
    let error = id.len() == 8 && number & ERROR_FRAME != 0;
    let id = match id.len() {
        3 => CanId::standard(number),
        8 if error && number & !ERROR_FRAME <= 0x7FF => CanId::standard(number & !ERROR_FRAME),
        8 => CanId::extended(number & !ERROR_FRAME),
        _ => return None,
    };
    let length = words.next()?.strip_prefix('[')?.strip_suffix(']')?;
    let fd = length.len() == 2;
    let length: usize = length.parse().ok().filter(|length| *length <= MAX_LENGTH)?;
    let (id, bus) = (id.ok()?, BusIndex::default());
    let frame = if words.next_if_eq(&"remote").is_some() {
        Frame::remote(bus, id, t_ns, u8::try_from(length).ok()?)
    } else {
        let mut data = [0; MAX_LENGTH];
        let data = data.get_mut(..length)?;
        for byte in data.iter_mut() {
            *byte = words.next().filter(|word| word.len() == 2).and_then(|word| u8::from_str_radix(word, 16).ok())?;
        }
        Frame::with_flags(bus, id, t_ns, Flags { fd, error, ..Flags::default() }, data)
    };
    let Frame { id, t_ns, flags, length, data, .. } = frame.ok()?;
    Some((LogLine { t_ns, interface, id, flags, length, data }, stamp.is_some()))
}
