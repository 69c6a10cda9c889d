//! What may be sent to the car, and nothing else. A frame leaves only if the car's allow-list names its message and each of its signals, if each value
//! lies in its listed range, and if the last one lies the minimum period back. A car without a list is read-only.

use std::ops::RangeInclusive;

use tandem_dbc::integrity::{Checksum, ChecksumError, fill};
use tandem_dbc::{Codec, Database, EncodeError, Raw, Signal};
use tandem_frame::{BusIndex, CanId, Frame, LengthError};
use tandem_signals::{BusProfile, TransmitProfile};
use tandem_units::Nanoseconds;

/// One line of the allow-list, bound to its message.
#[derive(Clone, Debug)]
pub struct Rule {
    pub bus: BusIndex,
    /// Index of the message in the bus's database.
    pub message: usize,
    pub id: CanId,
    /// Payload, bytes.
    pub length: usize,
    /// Signals that may be set: index in the message, smallest and largest physical value.
    pub signals: Vec<(usize, f64, f64)>,
    pub min_period: Nanoseconds,
    pub checksum: Option<(Checksum, Signal)>,
    /// Index of the rolling counter in the message, and its size in bits.
    pub counter: Option<(usize, u16)>,
}

impl Rule {
    /// Binds a line of a profile's allow-list. `None` if the message or a signal is not in the DBC file, or the message has a
    /// checksum that needs a data id and the profile names none.
    pub fn bind(profile: &TransmitProfile, bus: &BusProfile, database: &Database) -> Option<Self> {
        let at = database.messages.iter().position(|message| message.name == profile.message)?;
        let message = database.messages.get(at)?;
        let limits = |(name, range): &(String, RangeInclusive<f64>)| {
            message.signal(name).map(|(signal, _)| (signal, *range.start(), *range.end()))
        };
        let integrity = bus.integrity.as_ref();
        let checksum =
            match integrity.and_then(|integrity| Some((integrity, message.signal(&integrity.checksum_signal)?.1))) {
                Some((integrity, signal)) => {
                    let ids = integrity.data_ids_of(&profile.message);
                    Some((Checksum::named(integrity.checksum.word, ids)?, signal.clone()))
                }
                None => None,
            };
        let counter = integrity
            .filter(|integrity| !integrity.counter_exempt.contains(&profile.message))
            .and_then(|integrity| integrity.counter_signal.as_deref())
            .and_then(|name| message.signal(name))
            .map(|(at, signal)| (at, signal.size));
        Some(Self {
            bus: BusIndex(u8::try_from(profile.bus).ok()?),
            message: at,
            id: message.id,
            length: message.length,
            signals: profile.signals.iter().map(limits).collect::<Option<_>>()?,
            min_period: profile.min_period,
            checksum,
            counter,
        })
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Refusal {
    #[error("this car's allow-list has no such message")]
    NotListed,
    #[error("this car's allow-list does not let signal {signal} be set")]
    SignalNotListed { signal: usize },
    #[error("{value} lies outside the allow-list's {min} to {max}")]
    OutOfRange { value: f64, min: f64, max: f64 },
    #[error("too soon after the last one: {} ms to wait", wait.as_millis().max(1))]
    TooSoon { wait: Nanoseconds },
    #[error("the message cannot carry it")]
    Encode(#[from] EncodeError),
    #[error("the message cannot carry its checksum")]
    Checksum(#[from] ChecksumError),
    #[error("the message does not fit a frame")]
    Length(#[from] LengthError),
}

/// The allow-list and when each of its messages last left.
#[derive(Debug, Default)]
pub struct Gate {
    rules: Vec<(Rule, Sent)>,
}

#[derive(Debug, Default)]
struct Sent {
    last: Option<Nanoseconds>,
    counter: u64,
}

impl Gate {
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { rules: rules.into_iter().map(|rule| (rule, Sent::default())).collect() }
    }

    /// Another clock begins, at `now`: the pace is kept by it as if everything had just been sent, for points in time of the old one mean nothing on it.
    pub fn begin_clock(&mut self, now: Nanoseconds) {
        for (_, sent) in &mut self.rules {
            sent.last = sent.last.map(|_| now);
        }
    }

    /// The frame that carries these physical values, stamped `now`; bits that nobody set are zero.
    ///
    /// # Errors
    /// [`Refusal`]; a refused wish leaves no trace, so that it does not delay the next one.
    pub fn admit(
        &mut self,
        bus: BusIndex,
        message: usize,
        values: &[(usize, f64)],
        codec: &Codec,
        now: Nanoseconds,
    ) -> Result<Frame, Refusal> {
        let (rule, sent) = self
            .rules
            .iter_mut()
            .find(|(rule, _)| rule.bus == bus && rule.message == message)
            .ok_or(Refusal::NotListed)?;
        for (signal, value) in values {
            let (_, min, max) = rule
                .signals
                .iter()
                .find(|(at, ..)| at == signal)
                .ok_or(Refusal::SignalNotListed { signal: *signal })?;
            if !(min..=max).contains(&value) {
                return Err(Refusal::OutOfRange { value: *value, min: *min, max: *max });
            }
        }
        if let Some(last) = sent.last {
            let since = now.since(last);
            if since < rule.min_period {
                return Err(Refusal::TooSoon { wait: rule.min_period - since });
            }
        }
        let mut payload = vec![0; rule.length];
        for (signal, value) in values {
            codec.encode(message, &mut payload, *signal, *value)?;
        }
        if let Some((signal, bits)) = rule.counter {
            let mask = u64::MAX.checked_shr(64 - u32::from(bits)).unwrap_or(0);
            let counter = match rule.checksum {
                // E2E profile 1 counts to 14.
                Some((Checksum::E2eProfile1 { .. }, _)) => sent.counter % 15,
                _ => sent.counter,
            };
            codec.set_raw(message, &mut payload, signal, Raw::Unsigned(counter & mask))?;
        }
        if let Some((kind, signal)) = &rule.checksum {
            fill(*kind, rule.id, &mut payload, signal)?;
        }
        let frame = Frame::new(bus, rule.id, now.0, &payload)?;
        sent.last = Some(now);
        sent.counter = sent.counter.wrapping_add(1);
        Ok(frame)
    }
}

#[cfg(test)]
mod tests;
