use std::ops::RangeInclusive;

use tandem_dbc::integrity::{Checksum, Counter, Seal};
use tandem_dbc::{Database, Field, FrameFormat, Kind, Message, Multiplex, Raw, Signal};
use tandem_frame::{BusIndex, Flags, Frame, LengthError, MAX_LENGTH};
use tandem_signals::{BusProfile, TransmitProfile};

use super::{BindError, Limit, Rule};
use crate::decimal::Decimal;

type Mask = [u8; MAX_LENGTH];

impl Rule {
    /// Binds a line of a profile's allow-list to its message. `bus` and `database` are those that the line names.
    ///
    /// # Errors
    /// [`BindError`]: the first thing that cannot be kept to the letter.
    pub fn bind(line: &TransmitProfile, bus: &BusProfile, database: &Database) -> Result<Self, BindError> {
        let name = || line.message.clone();
        let index = u8::try_from(line.bus).map_err(|_| BindError::Bus { message: name() })?;
        let at = database.messages.iter().position(|message| message.name == line.message);
        let (at, message) = at
            .and_then(|at| Some((at, database.messages.get(at)?)))
            .ok_or_else(|| BindError::NoMessage { message: name() })?;
        let multiplexed = message.signals.iter().find(|signal| signal.multiplex != Multiplex::Plain);
        if let Some(Signal { name: signal, .. }) = multiplexed {
            return Err(BindError::Multiplexed { message: name(), signal: signal.clone() });
        }
        let filled = Filled::bind(message, bus)?;
        let limits = line
            .signals
            .iter()
            .map(|(name, range)| limit(message, &filled, name, range))
            .collect::<Result<Vec<Limit>, _>>()?;
        let own = |limit: &Limit| limit.field.ones();
        let loose = limits.iter().map(own).chain([filled.mask()]).fold([0; MAX_LENGTH], union);
        Ok(Self {
            message: at,
            start: start(message, &filled, BusIndex(index), bus.data_bitrate.is_some())?,
            limits,
            min_period: line.min_period,
            burst: line.burst,
            driving: line.driving,
            power: line.power.clone(),
            others: line.others,
            loose,
            counter: filled.counter.map(|(_, field, counter)| (field, counter)),
            seal: filled.seal.map(|(_, seal)| seal),
        })
    }
}

/// The signals of a message that the gate itself fills in, each with its index.
struct Filled {
    counter: Option<(usize, Field, Counter)>,
    seal: Option<(usize, Seal)>,
}

impl Filled {
    fn bind(message: &Message, bus: &BusProfile) -> Result<Self, BindError> {
        let Some(profile) = &bus.integrity else { return Ok(Self { counter: None, seal: None }) };
        let name = || message.name.clone();
        let mut kind = None;
        let mut seal = None;
        if let Some((at, signal)) = message.signal(&profile.checksum_signal) {
            let word = profile.checksum.word;
            let named = Checksum::named(word, profile.data_ids_of(&message.name))
                .ok_or_else(|| BindError::NoDataId { message: name(), kind: word })?;
            let bound = Seal::bind(named, signal, message.length)
                .map_err(|cause| BindError::Checksum { message: name(), cause })?;
            (kind, seal) = (Some(named), Some((at, bound)));
        }
        let mut counter = None;
        if let Some((at, signal)) = profile.counter_of(&message.name).and_then(|name| message.signal(name)) {
            let field = Field::read_as(Kind::Unsigned, signal);
            if signal.size > 8 || !field.fits(message.length) {
                return Err(BindError::Counter { message: name(), signal: signal.name.clone() });
            }
            counter = Some((at, field, Counter::beside(kind, signal.size)));
        }
        Ok(Self { counter, seal })
    }

    fn has(&self, signal: usize) -> bool {
        let counter = self.counter.iter().map(|(at, ..)| *at);
        counter.chain(self.seal.iter().map(|(at, _)| *at)).any(|at| at == signal)
    }

    /// The bits that are filled in, as ones.
    fn mask(&self) -> Mask {
        let counter = self.counter.iter().map(|(_, field, _)| field.ones());
        counter.chain(self.seal.iter().map(|(_, seal)| seal.mask())).fold([0; MAX_LENGTH], union)
    }
}

fn limit(message: &Message, filled: &Filled, name: &str, range: &RangeInclusive<f64>) -> Result<Limit, BindError> {
    let signal = || name.to_owned();
    let (at, layout) =
        message.signal(name).ok_or_else(|| BindError::NoSignal { message: message.name.clone(), signal: signal() })?;
    let field = Field::new(layout);
    if filled.has(at) {
        return Err(BindError::FilledIn { signal: signal() });
    }
    if !field.is_integer() {
        return Err(BindError::Float { signal: signal() });
    }
    if !field.fits(message.length) {
        return Err(BindError::PastTheEnd { signal: signal() });
    }
    if let Some(other) = overlapped(message, filled, at, &field.ones()) {
        return Err(BindError::Overlap { signal: signal(), other });
    }
    let sign = if layout.kind == Kind::Signed { field.mask() ^ field.mask() >> 1 } else { 0 };
    let (min, max) = (*range.start(), *range.end());
    let (least, most) = bounds(layout, min, max).ok_or_else(|| BindError::NoRange {
        signal: signal(),
        min,
        max,
        factor: layout.factor,
        offset: layout.offset,
    })?;
    let first = -i128::from(sign);
    let last = first + i128::from(field.mask());
    // A car.toml's numbers are floats: of more than 53 bits it can write the ends only so far.
    let least = if least as f64 == first as f64 { least.max(first) } else { least };
    let most = if most as f64 == last as f64 { most.min(last) } else { most };
    if least > most {
        return Err(BindError::Empty { signal: signal(), min, max });
    }
    let ordered = |raw: i128| u64::try_from(raw - first).ok().filter(|ordered| *ordered <= field.mask());
    let (Some(least_ordered), Some(most_ordered)) = (ordered(least), ordered(most)) else {
        return Err(BindError::PastTheBits { signal: signal(), min, max, least, most, first, last });
    };
    let start = start_bits(message, layout, &field)? ^ sign;
    Ok(Limit { signal: at, field, sign, least: least_ordered, most: most_ordered, start })
}

/// The name of a signal with which these bits are shared; the checksum's if it is the nibble beside it.
fn overlapped(message: &Message, filled: &Filled, at: usize, ones: &Mask) -> Option<String> {
    let meets = |other: &Mask| ones.iter().zip(other).any(|(one, other)| one & other != 0);
    let plain = message.signals.iter().enumerate().filter(|(other, _)| *other != at);
    let fields = plain.map(|(_, signal)| (signal, Field::read_as(Kind::Unsigned, signal)));
    let fields = fields.filter(|(_, field)| field.fits(MAX_LENGTH)).map(|(signal, field)| (signal, field.ones()));
    let seal = filled.seal.iter().filter_map(|(at, seal)| Some((message.signals.get(*at)?, seal.mask())));
    fields.chain(seal).find(|(_, other)| meets(other)).map(|(signal, _)| signal.name.clone())
}

/// The raw numbers whose physical values lie within the range, from the least to the most. `None` if that cannot be told.
fn bounds(signal: &Signal, min: f64, max: f64) -> Option<(i128, i128)> {
    let (offset, factor) = (Decimal::of(signal.offset)?, Decimal::of(signal.factor)?);
    let (min, max) = (Decimal::of(min)?, Decimal::of(max)?);
    let (low, high) = if factor.is_negative() { (max, min) } else { (min, max) };
    Some((low.steps(offset, factor)?.1, high.steps(offset, factor)?.0))
}

/// The frame with all start values, its counter and checksum still to be filled in.
fn start(message: &Message, filled: &Filled, bus: BusIndex, fast: bool) -> Result<Frame, BindError> {
    let mut payload = [0; MAX_LENGTH];
    for (_, signal) in message.signals.iter().enumerate().filter(|(at, _)| !filled.has(*at)) {
        let field = Field::new(signal);
        // What no frame of this length holds is in none.
        if field.fits(message.length) {
            let bits = start_bits(message, signal, &field)?;
            field.write(&mut payload, bits);
        }
    }
    let fd = message.format == FrameFormat::Fd;
    let flags = Flags { fd, brs: fd && fast, ..Flags::default() };
    let data = payload.get(..message.length).ok_or(LengthError { length: message.length });
    data.and_then(|data| Frame::with_flags(bus, message.id, 0, flags, data))
        .map_err(|cause| BindError::Length { message: message.name.clone(), cause })
}

fn start_bits(message: &Message, signal: &Signal, field: &Field) -> Result<u64, BindError> {
    let start = signal.start_value.unwrap_or(0.0);
    let raws = [Raw::Unsigned(start as u64), Raw::Signed(start as i64), Raw::Float(start)];
    // What was rounded to an integer, or cut to 64 bits, is another number.
    let mut exact = raws.into_iter().filter(|raw| raw.as_f64() == start);
    exact.find_map(|raw| field.code(raw)).ok_or_else(|| BindError::Start {
        message: message.name.clone(),
        signal: signal.name.clone(),
        start,
    })
}

fn union(mut one: Mask, other: Mask) -> Mask {
    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
    one
}
