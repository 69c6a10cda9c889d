//! Vector's ASC text.

#[cfg(test)]
mod tests;

use tandem_frame::{BusIndex, CanId, Flags, Frame, MAX_LENGTH};

use crate::date::{self, Date};
use crate::interfaces::Interfaces;
use crate::lines::Lines;
use crate::source::{BYTE_ORDER_MARK, Source};
use crate::{LogError, Reason};

/// Bits of an FD line's flags.
const REMOTE: u32 = 0x10;
const FD: u32 = 0x1000;

const MONTHS: [&[&[u8]]; 12] = [
    &[b"jan"],
    &[b"feb"],
    &[b"mar", "m\u{e4}r".as_bytes(), b"m\xE4r", b"mrz"],
    &[b"apr"],
    &[b"may", b"mai"],
    &[b"jun"],
    &[b"jul"],
    &[b"aug"],
    &[b"sep"],
    &[b"oct", b"okt"],
    &[b"nov"],
    &[b"dec", b"dez"],
];

pub(crate) struct Asc {
    lines: Lines,
    state: State,
}

struct State {
    radix: u32,
    /// Each time counts from the event before.
    relative: bool,
    /// The date at which the times begin.
    start: u64,
    now: u64,
}

impl Asc {
    pub(crate) fn new(source: Source) -> Self {
        Self { lines: Lines::new(source), state: State { radix: 16, relative: false, start: 0, now: 0 } }
    }

    pub(crate) fn next(&mut self, interfaces: &mut Interfaces) -> Option<Result<Frame, LogError>> {
        loop {
            let line = match self.lines.next()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            match self.state.line(line, interfaces) {
                Ok(None) => {}
                Ok(Some(frame)) => return Some(Ok(frame)),
                Err(reason) => return Some(Err(LogError { place: self.lines.place(), reason })),
            }
        }
    }
}

impl State {
    fn line(&mut self, line: &[u8], interfaces: &mut Interfaces) -> Result<Option<Frame>, Reason> {
        let mut words = Words { line, at: 0 };
        let Some(mut first) = words.next() else { return Ok(None) };
        first.text = first.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first.text);
        match first.text {
            [b'/', b'/', ..] | [] => return Ok(None),
            [b'0'..=b'9', ..] => return self.event(first, words, interfaces),
            _ => {}
        }
        if first.is("date") {
            self.start = words.date()?;
        } else if first.is("begin") {
            words.next();
            if words.clone().next().is_some() {
                self.start = words.date()?;
            }
        } else if first.is("base") {
            self.base(words)?;
        } else if !["end", "internal", "no"].iter().any(|word| first.is(word)) {
            return Err(first.expected("a time in seconds, a word of the head, or `//`"));
        }
        Ok(None)
    }

    fn base(&mut self, mut words: Words<'_>) -> Result<(), Reason> {
        let expected = "`hex` or `dec`";
        let base = words.expect(expected)?;
        self.radix = match () {
            () if base.is("hex") => 16,
            () if base.is("dec") => 10,
            () => return Err(base.expected(expected)),
        };
        if words.next().is_some_and(|word| word.is("timestamps")) {
            self.relative = words.next().is_some_and(|word| word.is("relative"));
        }
        Ok(())
    }

    /// Whatever happened at a time. What is no frame has its time, too.
    fn event(
        &mut self,
        time: Word<'_>,
        mut words: Words<'_>,
        interfaces: &mut Interfaces,
    ) -> Result<Option<Frame>, Reason> {
        let told = date::seconds(time.text).ok_or(time.expected("a time in seconds"))?;
        self.now = if self.relative { self.now.checked_add(told).ok_or(Reason::Time)? } else { told };
        let t_ns = self.start.checked_add(self.now).ok_or(Reason::Time)?;
        let Some(channel) = words.next() else { return Ok(None) };
        if channel.is("canfd") {
            return self.fd(t_ns, words, interfaces);
        }
        let Some(channel) = channel.number(10) else { return Ok(None) };
        let Some(id) = words.next() else { return Ok(None) };
        if id.is("errorframe") {
            return Ok(Some(error_frame(interfaces.channel(channel)?, t_ns)?));
        }
        match words.next() {
            Some(direction) if direction.is("rx") || direction.is("tx") => {}
            // Statistics and the like; and `TxRq`, which is not yet on the bus.
            _ => return Ok(None),
        }
        let kind = words.expect("`d` or `r`")?;
        let bus = interfaces.channel(channel)?;
        let id = self.id(id)?;
        match kind.text.first() {
            Some(b'd' | b'D') => self.data(bus, id, t_ns, words).map(Some),
            Some(b'r' | b'R') => {
                let length = words.next().and_then(|word| word.number(self.radix)).unwrap_or(0);
                Ok(Some(Frame::remote(bus, id, t_ns, length.min(8) as u8)?))
            }
            _ => Err(kind.expected("`d` or `r`")),
        }
    }

    fn data(&self, bus: BusIndex, id: CanId, t_ns: u64, mut words: Words<'_>) -> Result<Frame, Reason> {
        let dlc = words.expect("a DLC")?;
        let length = match dlc.number(self.radix).ok_or(dlc.expected("a DLC"))? {
            short @ 0..=8 => short as usize,
            9..=15 => 8,
            // No DLC, but the bytes of an FD frame, as some programs write them.
            long => long as usize,
        };
        let (mut bytes, flags) = ([0; MAX_LENGTH], Flags { fd: length > 8, ..Flags::default() });
        let room = bytes.get_mut(..length).ok_or(dlc.expected("a DLC"))?;
        self.bytes(room, &mut words)?;
        Ok(Frame::with_flags(bus, id, t_ns, flags, room)?)
    }

    fn fd(&self, t_ns: u64, mut words: Words<'_>, interfaces: &mut Interfaces) -> Result<Option<Frame>, Reason> {
        let channel = words.expect("a channel")?;
        let number = channel.number(10).ok_or(channel.expected("a channel"))?;
        let direction = words.expect("`Rx` or `Tx`")?;
        if direction.is("txrq") {
            return Ok(None);
        }
        let bus = interfaces.channel(number)?;
        let id = words.expect("an id")?;
        if id.is("errorframe") {
            return Ok(Some(error_frame(bus, t_ns)?));
        }
        let id = self.id(id)?;
        let mut word = words.expect("the bit rate switch, 0 or 1")?;
        if !word.text.iter().all(u8::is_ascii_digit) {
            // The message's name.
            word = words.expect("the bit rate switch, 0 or 1")?;
        }
        let brs = word.is("1");
        let esi = words.expect("the error state, 0 or 1")?.is("1");
        let dlc = words.expect("a DLC")?;
        let dlc = dlc.number(self.radix).ok_or(dlc.expected("a DLC"))?;
        let word = words.expect("the number of bytes")?;
        let not_a_length = || word.expected("the number of bytes: 0 to 8, 12, 16, 20, 24, 32, 48 or 64");
        let length = word.number(10).ok_or_else(not_a_length)? as usize;
        let mut bytes = [0; MAX_LENGTH];
        let room = bytes.get_mut(..length).ok_or_else(not_a_length)?;
        self.bytes(room, &mut words)?;
        // Behind the bytes come the duration and the length in bits, and then the flags.
        let flags = words.nth(2).and_then(|word| word.number(16)).unwrap_or(FD);
        if flags & REMOTE != 0 {
            return Ok(Some(Frame::remote(bus, id, t_ns, dlc.min(8) as u8)?));
        }
        let fd = flags & FD != 0 || length > 8;
        let flags = Flags { fd, brs: fd && brs, esi: fd && esi, ..Flags::default() };
        Frame::with_flags(bus, id, t_ns, flags, room).map(Some).map_err(|_| not_a_length())
    }

    fn id(&self, word: Word<'_>) -> Result<CanId, Reason> {
        let expected = "an id (to 7FF, or to 1FFFFFFF with an `x` behind it)";
        let id = match word.text {
            [text @ .., b'x' | b'X'] => Word { text, ..word }.number(self.radix).map(CanId::extended),
            _ => word.number(self.radix).map(CanId::standard),
        };
        id.and_then(Result::ok).ok_or(word.expected(expected))
    }

    fn bytes(&self, room: &mut [u8], words: &mut Words<'_>) -> Result<(), Reason> {
        for byte in room {
            let word = words.expect("a byte")?;
            let number = word.number(self.radix).and_then(|number| u8::try_from(number).ok());
            *byte = number.ok_or(word.expected("a byte"))?;
        }
        Ok(())
    }
}

/// What went wrong on the bus is not said in SocketCAN's words: some bus error it was.
pub(crate) fn error_frame(bus: BusIndex, t_ns: u64) -> Result<Frame, Reason> {
    const BUS_ERROR: u32 = 0x80;
    let id = CanId::standard(BUS_ERROR).map_err(|_| Reason::Id(BUS_ERROR))?;
    Ok(Frame::with_flags(bus, id, t_ns, Flags { error: true, ..Flags::default() }, &[0; 8])?)
}

/// A word of a line.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a [u8],
    column: usize,
}

impl Word<'_> {
    fn is(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word.as_bytes())
    }

    fn number(self, radix: u32) -> Option<u32> {
        let digits = std::str::from_utf8(self.text).ok().filter(|text| !text.starts_with('+'))?;
        u32::from_str_radix(digits, radix).ok()
    }

    fn expected(self, expected: &'static str) -> Reason {
        Reason::Asc { column: self.column, expected }
    }
}

/// The words of a line, from left to right.
#[derive(Clone)]
struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let rest = self.line.get(self.at..)?;
        let start = self.at + rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let rest = self.line.get(start..)?;
        let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        self.at = start + length;
        Some(Word { text: rest.get(..length)?, column: start + 1 })
    }
}

impl<'a> Words<'a> {
    fn expect(&mut self, expected: &'static str) -> Result<Word<'a>, Reason> {
        self.next().ok_or(Reason::Asc { column: self.line.trim_ascii_end().len() + 1, expected })
    }

    /// `Sam Sep 30 15:06:13.191 2017`, or with `am` or `pm` before the year.
    fn date(&mut self) -> Result<u64, Reason> {
        let expected = "a date like `Sat Sep 30 15:06:13.191 2017`";
        self.expect(expected)?;
        let word = self.expect(expected)?;
        let refused = || word.expected(expected);
        let is_month = |names: &&[&[u8]]| names.iter().any(|name| word.text.eq_ignore_ascii_case(name));
        let month = MONTHS.iter().position(is_month).ok_or_else(refused)? as i64 + 1;
        let day = self.expect(expected)?.number(10).ok_or_else(refused)?;
        let mut time = self.expect(expected)?.text.splitn(3, |byte| *byte == b':');
        let mut part = || time.next().and_then(date::seconds).ok_or_else(refused);
        let (hour, minute, seconds) = (part()? / date::SECOND, part()? / date::SECOND, part()?);
        let mut word = self.expect(expected)?;
        let hour = match (word.is("am"), word.is("pm"), hour) {
            (true, _, 12) => 0,
            (_, true, 0..=11) => hour + 12,
            _ => hour,
        };
        if word.is("am") || word.is("pm") {
            word = self.expect(expected)?;
        }
        let date = Date {
            year: word.number(10).ok_or_else(refused)?.into(),
            month,
            day: day.into(),
            hour: hour as i64,
            minute: minute as i64,
            second: (seconds / date::SECOND) as i64,
            nanosecond: seconds % date::SECOND,
        };
        date.nanoseconds().ok_or_else(refused)
    }
}
