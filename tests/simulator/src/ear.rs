//! What the car hears: the command frame of the head unit, if it is whole and new.

use std::ops::RangeInclusive;

use tandem_dbc::Signal;
use tandem_dbc::integrity::{self, Checksum, ChecksumError, Counter, Step};
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::TemperatureProfile;

use crate::broadcast::protection;
use crate::folder::Bus;

/// Why a command frame was not heard.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Unheard {
    #[error("the frame has {got} bytes, the command {expected}")]
    TooShort { expected: usize, got: usize },
    #[error("the checksum does not hold")]
    Checksum(#[source] ChecksumError),
    #[error("the counter is that of the command before, {0}")]
    Repeated(u8),
}

/// A command in `car.toml` that the DBC does not have.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("car.toml:{line}: {dbc} has no {message}.{signal}")]
pub struct NoSuchCommand {
    pub line: usize,
    pub dbc: String,
    pub message: String,
    pub signal: String,
}

/// What the driver wishes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    pub celsius: f64,
    /// Whether this car can do it.
    pub in_range: bool,
}

/// The ear of the climate control.
#[derive(Clone, Debug)]
pub struct Ear {
    bus: BusIndex,
    id: CanId,
    message: usize,
    length: usize,
    signal: usize,
    range: RangeInclusive<f64>,
    checksum: Option<(Signal, Checksum)>,
    counter: Option<(usize, u16)>,
    heard: Option<Counter>,
}

impl Ear {
    pub fn new(buses: &[Bus], command: &TemperatureProfile) -> Result<Self, NoSuchCommand> {
        let bus = buses.get(command.bus);
        let missing = || NoSuchCommand {
            line: command.line,
            dbc: bus.map(|bus| bus.profile.dbc.clone()).unwrap_or_default(),
            message: command.message.clone(),
            signal: command.signal.clone(),
        };
        let bus = bus.ok_or_else(missing)?;
        let mut named = bus.database.messages.iter().enumerate();
        let (message, description) = named.find(|(_, message)| message.name == command.message).ok_or_else(missing)?;
        let (signal, _) = description.signal(&command.signal).ok_or_else(missing)?;
        let (counter, checksum) = protection(bus, description);
        Ok(Self {
            bus: BusIndex(command.bus as u8),
            id: description.id,
            message,
            length: description.length,
            signal,
            range: command.min.0..=command.max.0,
            checksum: checksum
                .and_then(|(index, kind)| description.signals.get(index).map(|signal| (signal.clone(), kind))),
            counter: counter.and_then(|index| description.signals.get(index).map(|signal| (index, signal.size))),
            heard: None,
        })
    }

    /// Another head unit speaks from here on: its counter is its own.
    pub fn forget(&mut self) {
        self.heard = None;
    }

    /// `None` if the frame is no command.
    pub fn hear(&mut self, frame: &Frame, buses: &[Bus]) -> Result<Option<Wish>, Unheard> {
        let Some(bus) = buses.get(usize::from(self.bus.0)) else { return Ok(None) };
        if frame.bus != self.bus || frame.id != self.id {
            return Ok(None);
        }
        let data = frame.data();
        if data.len() < self.length {
            return Err(Unheard::TooShort { expected: self.length, got: data.len() });
        }
        if let Some((signal, kind)) = &self.checksum {
            integrity::verify(*kind, self.id, data, signal).map_err(Unheard::Checksum)?;
        }
        if let Some((index, size)) = self.counter
            && let Some(value) = bus.codec.raw(self.message, index, data)
        {
            let value = value.as_f64() as u8;
            let kind = self.checksum.as_ref().map(|(_, kind)| *kind);
            if self.heard.get_or_insert_with(|| Counter::beside(kind, size)).check(value) == Step::Repeated {
                return Err(Unheard::Repeated(value));
            }
        }
        let mut wish = None;
        let read = bus.codec.decode_only(self.message, &[self.signal], data, |sample| wish = Some(sample.physical));
        debug_assert_eq!(read, Ok(()), "the length was checked");
        Ok(wish.map(|celsius| Wish { celsius, in_range: self.range.contains(&celsius) }))
    }
}
