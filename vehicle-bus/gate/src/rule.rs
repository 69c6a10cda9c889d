//! One line of the allow-list, bound to its message: everything that a decision needs, as integers and masks.

use std::ops::RangeInclusive;

use tandem_dbc::integrity::{Checksum, fill};
use tandem_dbc::{Codec, Database, Kind, Message, Multiplex, Raw, Signal};
use tandem_frame::{BusIndex, CanId, Flags, Frame, MAX_LENGTH};
use tandem_signals::{BusProfile, Others, TransmitProfile};
use tandem_units::{Driving, Nanoseconds, Power};

/// A physical bound this close to a raw number, in raw steps, means that number: 28.3 in steps of 0.1 is 283, not 283.00000000000006.
const SLACK: f64 = 1e-6;

/// Why a line of the allow-list cannot be kept to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    #[error("the DBC file has no message `{message}`")]
    NoMessage { message: String },
    #[error("message `{message}` has no signal `{signal}`")]
    NoSignal { message: String, signal: String },
    #[error("`{signal}` is a floating point number: what may be sent is judged by integers")]
    Float { signal: String },
    #[error("`{signal}` is there only under some values of another signal: it cannot be listed")]
    Multiplexed { signal: String },
    #[error("`{signal}` is the message's counter or checksum, which are nobody's to set")]
    Protection { signal: String },
    #[error("no raw number of `{signal}` lies in the range")]
    EmptyRange { signal: String },
    #[error("the start value of `{signal}` does not fit its bits")]
    StartValue { signal: String },
    #[error("message `{message}` has a checksum `{kind}`, which needs its data id in `data_ids`")]
    DataId { message: String, kind: &'static str },
    #[error("message `{message}` has no room for its counter or checksum")]
    NoRoom { message: String },
    #[error("message `{message}` fits no frame")]
    NoFrame { message: String },
}

/// One line of the allow-list.
#[derive(Clone, Debug)]
pub struct Rule {
    pub bus: BusIndex,
    pub id: CanId,
    pub min_period: Nanoseconds,
    pub burst: u8,
    pub driving: Driving,
    pub power: Option<Vec<Power>>,
    pub(crate) others: Others,
    /// Start values in every signal, counter and checksum zero.
    pub(crate) start: Frame,
    /// The bits that may differ from the blank.
    pub(crate) listed: [u8; MAX_LENGTH],
    /// The bits of counter and checksum.
    own: [u8; MAX_LENGTH],
    pub(crate) signals: Vec<Listed>,
    /// Of this one message.
    codec: Codec,
    counter: Option<Rolling>,
    checksum: Option<(Checksum, Signal)>,
}

/// A signal that may be set.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    /// Index in the message.
    pub at: usize,
    pub raw: RangeInclusive<i128>,
    pub start: i128,
}

#[derive(Clone, Copy, Debug)]
struct Rolling {
    /// Index in the message.
    at: usize,
    /// It counts from 0 to this.
    last: u64,
}

impl Rule {
    /// Binds a line of a profile's allow-list to the bus's DBC file.
    ///
    /// # Errors
    /// [`BindError`] if what it says cannot be kept to; nothing of it may leave then.
    pub fn bind(profile: &TransmitProfile, bus: &BusProfile, database: &Database) -> Result<Self, BindError> {
        let name = || profile.message.clone();
        let message = database.message(&profile.message).ok_or_else(|| BindError::NoMessage { message: name() })?;
        let codec = Codec::compile(&Database { messages: vec![message.clone()], ..Database::default() });
        let integrity = bus.integrity.as_ref();
        let checksum =
            match integrity.and_then(|integrity| Some((integrity, message.signal(&integrity.checksum_signal)?))) {
                Some((integrity, (at, signal))) => {
                    let kind = Checksum::named(integrity.checksum.word, integrity.data_ids_of(&profile.message));
                    let word = integrity.checksum.word;
                    let kind = kind.ok_or_else(|| BindError::DataId { message: name(), kind: word })?;
                    Some((kind, at, signal.clone()))
                }
                None => None,
            };
        let counter = integrity
            .filter(|integrity| !integrity.counter_exempt.contains(&profile.message))
            .and_then(|integrity| message.signal(integrity.counter_signal.as_deref()?));
        let protects =
            |at| counter.is_some_and(|(own, _)| own == at) || checksum.as_ref().is_some_and(|own| own.1 == at);

        let mut start = vec![0; message.length];
        for (at, signal) in message.signals.iter().enumerate().filter(|(at, _)| !protects(*at)) {
            let raw = start_of(signal).ok_or_else(|| BindError::StartValue { signal: signal.name.clone() })?;
            if raw != 0 {
                codec
                    .set_raw(0, &mut start, at, number(raw))
                    .map_err(|_| BindError::StartValue { signal: signal.name.clone() })?;
            }
        }
        let (mut listed, mut signals) = ([0; MAX_LENGTH], Vec::new());
        for (signal, range) in &profile.signals {
            let (at, layout) = message
                .signal(signal)
                .ok_or_else(|| BindError::NoSignal { message: name(), signal: signal.clone() })?;
            if protects(at) {
                return Err(BindError::Protection { signal: signal.clone() });
            }
            let raw = bounds(layout, range)?;
            let start = start_of(layout).ok_or_else(|| BindError::StartValue { signal: signal.clone() })?;
            mark(&codec, at, layout, &mut listed, message)?;
            signals.push(Listed { at, raw, start });
        }

        let fits = || BindError::NoFrame { message: name() };
        let flags = Flags { fd: message.format == tandem_dbc::FrameFormat::Fd, ..Flags::default() };
        let bus = BusIndex(u8::try_from(profile.bus).map_err(|_| fits())?);
        let start = Frame::with_flags(bus, message.id, 0, flags, &start).map_err(|_| fits())?;
        let mut own = [0; MAX_LENGTH];
        if let Some((at, layout)) = counter {
            mark(&codec, at, layout, &mut own, message)?;
        }
        if let Some((kind, at, layout)) = &checksum {
            mark(&codec, *at, layout, &mut own, message)?;
            let mut trial = vec![0; message.length];
            fill(*kind, message.id, &mut trial, layout).map_err(|_| BindError::NoRoom { message: name() })?;
        }
        let counter = counter.map(|(at, layout)| {
            let all = u64::MAX.checked_shr(64 - u32::from(layout.size)).unwrap_or(0);
            let profile_1 = matches!(checksum, Some((Checksum::E2eProfile1 { .. }, ..)));
            // E2E profile 1 counts to 14.
            Rolling { at, last: if profile_1 { all.min(14) } else { all } }
        });
        Ok(Self {
            bus,
            id: message.id,
            min_period: profile.min_period,
            burst: profile.burst,
            driving: profile.driving,
            power: profile.power.clone(),
            others: profile.others,
            start,
            listed,
            own,
            signals,
            codec,
            counter,
            checksum: checksum.map(|(kind, _, signal)| (kind, signal)),
        })
    }

    /// Whether a bit differs from the blank that is neither listed nor ours.
    pub(crate) fn strays(&self, wanted: &Frame, blank: &Frame) -> bool {
        let masks = self.listed.iter().zip(&self.own);
        let bytes = wanted.padded().iter().zip(blank.padded());
        bytes.zip(masks).any(|((wanted, blank), (listed, own))| (wanted ^ blank) & !(listed | own) != 0)
    }

    /// Whether a listed bit differs from the blank.
    pub(crate) fn asks(&self, wanted: &Frame, blank: &Frame) -> bool {
        let bytes = wanted.padded().iter().zip(blank.padded());
        bytes.zip(&self.listed).any(|((wanted, blank), listed)| (wanted ^ blank) & listed != 0)
    }

    /// The first listed signal whose value is neither in its range nor its start value nor the blank's.
    pub(crate) fn excess(&self, wanted: &Frame, blank: &Frame) -> Option<(usize, i128)> {
        let raw = |frame: &Frame, at| match self.codec.raw(0, at, frame.data()) {
            Some(Raw::Unsigned(raw)) => i128::from(raw),
            Some(Raw::Signed(raw)) => i128::from(raw),
            // Not bound: no float, and no signal past the end.
            Some(Raw::Float(_)) | None => i128::MAX,
        };
        self.signals.iter().find_map(|listed| {
            let asked = raw(wanted, listed.at);
            let fine = listed.raw.contains(&asked) || asked == listed.start || asked == raw(blank, listed.at);
            (!fine).then_some((listed.at, asked))
        })
    }

    /// The frame with its counter and checksum, as it leaves.
    pub(crate) fn seal(&self, wanted: &Frame, count: u64, now: Nanoseconds) -> Option<Frame> {
        let mut payload = *wanted.padded();
        let payload = payload.get_mut(..wanted.length())?;
        if let Some(Rolling { at, last }) = self.counter {
            let count = last.checked_add(1).map_or(count, |turns| count % turns);
            self.codec.set_raw(0, payload, at, Raw::Unsigned(count)).ok()?;
        }
        if let Some((kind, signal)) = &self.checksum {
            fill(*kind, self.id, payload, signal).ok()?;
        }
        Frame::with_flags(self.bus, self.id, now.0, wanted.flags, payload).ok()
    }
}

/// The raw number of a signal before anybody sets it.
fn start_of(signal: &Signal) -> Option<i128> {
    let start = signal.start_value.unwrap_or(0.0);
    (start.fract() == 0.0 && start.abs() < 1e18).then_some(start as i128)
}

fn number(raw: i128) -> Raw {
    match u64::try_from(raw) {
        Ok(raw) => Raw::Unsigned(raw),
        Err(_) => Raw::Signed(raw as i64),
    }
}

/// The raw numbers whose physical value lies in a range.
fn bounds(signal: &Signal, range: &RangeInclusive<f64>) -> Result<RangeInclusive<i128>, BindError> {
    let name = || signal.name.clone();
    if matches!(signal.kind, Kind::Float | Kind::Double) {
        return Err(BindError::Float { signal: name() });
    }
    if !matches!(signal.multiplex, Multiplex::Plain) {
        return Err(BindError::Multiplexed { signal: name() });
    }
    let raw = |physical: f64| (physical - signal.offset) / signal.factor;
    let (one, other) = (raw(*range.start()), raw(*range.end()));
    let (low, high) = ((one.min(other) - SLACK).ceil(), (one.max(other) + SLACK).floor());
    let whole = low.is_finite() && high.is_finite() && low <= high;
    whole.then_some(low as i128..=high as i128).ok_or_else(|| BindError::EmptyRange { signal: name() })
}

/// Marks the bits of a signal.
fn mark(
    codec: &Codec,
    at: usize,
    signal: &Signal,
    mask: &mut [u8; MAX_LENGTH],
    message: &Message,
) -> Result<(), BindError> {
    let ones = match signal.kind {
        Kind::Signed => Raw::Signed(-1),
        _ => Raw::Unsigned(u64::MAX.checked_shr(64 - u32::from(signal.size)).unwrap_or(0)),
    };
    let room = mask.get_mut(..message.length).unwrap_or_default();
    codec.set_raw(0, room, at, ones).map_err(|_| BindError::NoRoom { message: message.name.clone() })
}
