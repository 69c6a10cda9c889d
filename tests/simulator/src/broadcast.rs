//! The car's control units on the bus: every message at its cycle time, with counter and checksum.

pub(crate) mod sources;

use tandem_contracts::simulator::MessageState;
use tandem_dbc::integrity::{self, Checksum, ChecksumError, Counter};
use tandem_dbc::{EncodeError, FrameFormat, Kind, Message, Multiplex, Raw, Signal};
use tandem_frame::{BusIndex, Flags, Frame, LengthError, MAX_LENGTH};

use crate::folder::Bus;
use crate::model::STEP_NS;
use sources::{Inside, Source};

/// A message that the model cannot fill, or that cannot be sent as the DBC says.
#[derive(Debug, thiserror::Error)]
pub enum BroadcastError {
    #[error("{dbc}: {message}.{signal}: the virtual car has no such value")]
    NoSource { dbc: String, message: String, signal: String },
    #[error("{dbc}: {message}: expected a cycle time of a multiple of 10 ms, found {cycle_ms} ms")]
    Cycle { dbc: String, message: String, cycle_ms: u32 },
    #[error("{dbc}: {message}: {signal} selects no other signal by a single value")]
    Multiplex { dbc: String, message: String, signal: String },
    #[error("{dbc}: {message} has {length} bytes, its frame carries at most {most}")]
    Length { dbc: String, message: String, length: usize, most: usize },
    #[error("{message}.{signal} cannot be encoded")]
    Encode { message: String, signal: String, source: EncodeError },
    #[error("{message}: no checksum can be filled in")]
    Checksum { message: String, source: ChecksumError },
    #[error("{message}: no frame can be made")]
    Frame { message: String, source: LengthError },
}

/// So many places lie between the first messages of two buses: they do not all begin to speak at once.
const BUSES_APART: u64 = 9;
/// The longest payload of a classic frame.
const CLASSIC: usize = 8;

/// What is wrong with a message from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The checksum does not fit the bytes.
    Checksum,
    /// The counter stands still; the checksum fits.
    Counter,
    /// The last byte is missing.
    Short,
}

impl Fault {
    pub const ALL: [Self; 4] = [Self::None, Self::Checksum, Self::Counter, Self::Short];

    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Checksum => "checksum",
            Self::Counter => "counter",
            Self::Short => "short",
        }
    }
}

/// One message that the car sends.
#[derive(Clone, Debug)]
pub struct Cyclic {
    bus: usize,
    /// Index in the bus's database.
    message: usize,
    description: Message,
    cycle_ns: u64,
    /// Within the cycle: control units do not all speak at once.
    phase_ns: u64,
    /// In every frame.
    plain: Vec<(usize, Source)>,
    /// The multiplexor and its pages, sent in turn.
    pages: Option<(usize, Vec<Page>)>,
    next_page: usize,
    counter: Option<(usize, u64)>,
    checksum: Option<(usize, Checksum)>,
    muted: bool,
    fault: Fault,
}

#[derive(Clone, Debug)]
struct Page {
    selector: u64,
    signals: Vec<(usize, Source)>,
}

/// Every message of every bus that a control unit of the car sends: those with a cycle time.
pub fn bind(buses: &[Bus], inside: Inside<'_>) -> Result<Vec<Cyclic>, BroadcastError> {
    let mut all = Vec::new();
    for (at, bus) in buses.iter().enumerate() {
        let mut place = at as u64 * BUSES_APART;
        for (message, description) in bus.database.messages.iter().enumerate() {
            if let Some(cycle_ms) = description.cycle_ms {
                all.push(Cyclic::bind(bus, at, message, description, cycle_ms, place, inside)?);
                place += 1;
            }
        }
    }
    Ok(all)
}

impl Cyclic {
    fn bind(
        bus: &Bus,
        at: usize,
        message: usize,
        description: &Message,
        cycle_ms: u32,
        place: u64,
        inside: Inside<'_>,
    ) -> Result<Self, BroadcastError> {
        let (dbc, name) = (|| bus.profile.dbc.clone(), || description.name.clone());
        let cycle_ns = u64::from(cycle_ms) * 1_000_000;
        if !cycle_ns.is_multiple_of(STEP_NS) {
            return Err(BroadcastError::Cycle { dbc: dbc(), message: name(), cycle_ms });
        }
        let most = if description.format == FrameFormat::Fd { MAX_LENGTH } else { CLASSIC };
        if description.length > most {
            return Err(BroadcastError::Length { dbc: dbc(), message: name(), length: description.length, most });
        }
        let (counter, checksum) = protection(bus, description);
        let mut plain = Vec::new();
        let mut pages: Option<(usize, Vec<Page>)> = None;
        for (index, signal) in description.signals.iter().enumerate() {
            if counter == Some(index) || checksum.is_some_and(|(own, _)| own == index) {
                continue;
            }
            let source = || {
                let missing = BroadcastError::NoSource { dbc: dbc(), message: name(), signal: signal.name.clone() };
                inside.source(at, &description.name, &signal.name).ok_or(missing)
            };
            let odd = || BroadcastError::Multiplex { dbc: dbc(), message: name(), signal: signal.name.clone() };
            match &signal.multiplex {
                Multiplex::Plain => plain.push((index, source()?)),
                Multiplex::Multiplexor => {}
                Multiplex::Of { multiplexor, ranges } => {
                    let selector = ranges.first().map(|range| *range.start()).ok_or_else(odd)?;
                    let (_, pages) = pages.get_or_insert_with(|| (*multiplexor, Vec::new()));
                    match pages.iter_mut().find(|page| page.selector == selector) {
                        Some(page) => page.signals.push((index, source()?)),
                        None => pages.push(Page { selector, signals: vec![(index, source()?)] }),
                    }
                }
                Multiplex::Nested { .. } => return Err(odd()),
            }
        }
        Ok(Self {
            bus: at,
            message,
            description: description.clone(),
            cycle_ns,
            phase_ns: place * STEP_NS % cycle_ns,
            plain,
            pages,
            next_page: 0,
            counter: counter.map(|index| (index, 0)),
            checksum,
            muted: false,
            fault: Fault::None,
        })
    }

    pub fn name(&self) -> &str {
        &self.description.name
    }

    pub fn mute(&mut self, muted: bool) {
        self.muted = muted;
    }

    pub fn spoil(&mut self, fault: Fault) {
        self.fault = fault;
    }

    /// Whether it can be sent with this fault.
    pub fn can(&self, fault: Fault) -> bool {
        match fault {
            Fault::Checksum => self.checksum.is_some(),
            Fault::Counter => self.counter.is_some(),
            Fault::None | Fault::Short => true,
        }
    }

    pub fn state(&self) -> MessageState {
        let faults = Fault::ALL.into_iter().filter(|fault| self.can(*fault));
        MessageState {
            name: self.name().to_owned(),
            muted: self.muted,
            fault: self.fault.word().to_owned(),
            faults: faults.map(|fault| fault.word().to_owned()).collect(),
        }
    }

    /// The frame that is due in the step that begins at `now`, without its place in that step.
    pub fn frame(&mut self, now: u64, buses: &[Bus], inside: Inside<'_>) -> Result<Option<Frame>, BroadcastError> {
        if now % self.cycle_ns != self.phase_ns {
            return Ok(None);
        }
        let Some(bus) = buses.get(self.bus) else { return Ok(None) };
        let mut data = [0; MAX_LENGTH];
        let data = data.get_mut(..self.description.length).unwrap_or_default();
        let mut put = |index: usize, value: Value| put(bus, self.message, &self.description, data, index, value);
        for (index, source) in &self.plain {
            put(*index, source.value(inside).map_or(Value::NotAvailable, Value::Physical))?;
        }
        if let Some((multiplexor, pages)) = &self.pages
            && let Some(page) = pages.get(self.next_page % pages.len().max(1))
        {
            put(*multiplexor, Value::Raw(page.selector))?;
            for (index, source) in &page.signals {
                put(*index, source.value(inside).map_or(Value::NotAvailable, Value::Physical))?;
            }
            self.next_page = (self.next_page + 1) % pages.len();
        }
        if let Some((index, counter)) = &mut self.counter {
            put(*index, Value::Raw(*counter))?;
            if self.fault != Fault::Counter {
                let size = self.description.signals.get(*index).map_or(1, |signal| signal.size);
                let kind = self.checksum.map(|(_, kind)| kind);
                *counter = Counter::beside(kind, size).after(*counter as u8).into();
            }
        }
        let id = self.description.id;
        if let Some((index, kind)) = self.checksum
            && let Some(signal) = self.description.signals.get(index)
        {
            integrity::fill(kind, id, data, signal)
                .map_err(|source| BroadcastError::Checksum { message: self.name().to_owned(), source })?;
            if self.fault == Fault::Checksum {
                let (byte, bit) = (usize::from(signal.start / 8), signal.start % 8);
                if let Some(byte) = data.get_mut(byte) {
                    *byte ^= 1 << bit;
                }
            }
        }
        let length = if self.fault == Fault::Short { shorter(data.len()) } else { data.len() };
        let sent = data.get(..length).unwrap_or_default();
        let flags = Flags { fd: self.description.format == FrameFormat::Fd, ..Flags::default() };
        let frame = Frame::with_flags(BusIndex(self.bus as u8), id, now, flags, sent)
            .map_err(|source| BroadcastError::Frame { message: self.name().to_owned(), source })?;
        Ok((!self.muted).then_some(frame))
    }
}

/// The longest payload that is shorter, and that a frame can carry.
fn shorter(length: usize) -> usize {
    [48, 32, 24, 20, 16, 12].into_iter().find(|fits| *fits < length).unwrap_or(length.saturating_sub(1).min(CLASSIC))
}

/// Where a message has its counter and its checksum, if the bus has such signals and this message is one that has them.
pub fn protection(bus: &Bus, message: &Message) -> (Option<usize>, Option<(usize, Checksum)>) {
    let Some(rule) = &bus.profile.integrity else { return (None, None) };
    let index = |name: &str| message.signal(name).map(|(index, _)| index);
    let kind = Checksum::named(rule.checksum.word, rule.data_ids_of(&message.name));
    let counter = rule.counter_signal.as_deref().and_then(index);
    (counter, index(&rule.checksum_signal).zip(kind))
}

enum Value {
    /// In the signal's unit.
    Physical(f64),
    Raw(u64),
    NotAvailable,
}

fn put(
    bus: &Bus,
    message: usize,
    description: &Message,
    data: &mut [u8],
    index: usize,
    value: Value,
) -> Result<(), BroadcastError> {
    let Some(signal) = description.signals.get(index) else { return Ok(()) };
    let done = match value {
        Value::Physical(value) => {
            // A sensor that is at its end says its end.
            let value = value.max(signal.minimum.unwrap_or(f64::MIN)).min(signal.maximum.unwrap_or(f64::MAX));
            bus.codec.encode(message, data, index, value)
        }
        Value::Raw(raw) => bus.codec.set_raw(message, data, index, Raw::Unsigned(raw)),
        Value::NotAvailable => bus.codec.set_raw(message, data, index, not_available(signal)),
    };
    done.map_err(|source| BroadcastError::Encode {
        message: description.name.clone(),
        signal: signal.name.clone(),
        source,
    })
}

/// The raw value by which the demo car says "not measured": all bits set, or the most negative number.
pub fn not_available(signal: &Signal) -> Raw {
    match signal.kind {
        Kind::Signed => Raw::Signed(i64::MIN >> (64 - signal.size.clamp(1, 64))),
        Kind::Unsigned => Raw::Unsigned(u64::MAX >> (64 - signal.size.clamp(1, 64))),
        Kind::Float | Kind::Double => Raw::Float(f64::NAN),
    }
}
