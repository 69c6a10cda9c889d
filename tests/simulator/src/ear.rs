//! What the car hears: every request that `car.toml` lets a head unit send, if it is whole and new.

use tandem_dbc::Signal;
use tandem_dbc::integrity::{self, Checksum, ChecksumError, Counter, Step};
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Catalogue, Profile, TransmitProfile};

use crate::actuation::{Actuation, Asked, Wished};
use crate::broadcast::protection;
use crate::deeds::deed;
use crate::folder::Bus;

/// A held wish is let go after so many tenths of its message's cycle without a frame.
const MISSED_TENTHS: u64 = 25;

/// Why a request was not heard.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Unheard {
    #[error("{message} has {got} bytes, expected {expected}")]
    TooShort { message: String, expected: usize, got: usize },
    #[error("the checksum of {message} does not hold")]
    Checksum { message: String, source: ChecksumError },
    #[error("the counter of {message} is that of the frame before, {value}")]
    Repeated { message: String, value: u8 },
}

/// A request of `car.toml` that the car does not have.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum NoSuchRequest {
    #[error("car.toml:{line}: {dbc} has no {message}")]
    Message { line: usize, dbc: String, message: String },
    #[error("car.toml:{line}: {dbc} has no {message}.{signal}")]
    Signal { line: usize, dbc: String, message: String, signal: String },
    #[error("car.toml:{line}: {message}.{signal}: the virtual car has nothing that does this")]
    Deed { line: usize, message: String, signal: String },
}

/// What one signal of a request asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heard {
    /// Index in [`Actuation::wished`].
    pub wished: usize,
    /// In the signal's unit; `None` if it asks for nothing.
    pub physical: Option<f64>,
}

/// The ear of every control unit.
#[derive(Clone, Debug)]
pub struct Ear {
    requests: Vec<Request>,
}

#[derive(Clone, Debug)]
struct Request {
    bus: BusIndex,
    id: CanId,
    message: usize,
    name: String,
    length: usize,
    checksum: Option<(Signal, Checksum)>,
    counter: Option<(usize, u16)>,
    heard: Option<Counter>,
    asks: Vec<Ask>,
}

#[derive(Clone, Debug)]
struct Ask {
    signal: usize,
    wished: usize,
    factor: f64,
    offset: f64,
    /// The raw number that asks for nothing.
    nothing: f64,
}

impl Ear {
    /// The ear, and all that can be asked for through it.
    ///
    /// # Errors
    /// [`NoSuchRequest`] if the DBC file or the model lacks what `car.toml` names.
    pub fn new(buses: &[Bus], profile: &Profile, catalogue: &Catalogue) -> Result<(Self, Actuation), NoSuchRequest> {
        let mut actuation = Actuation::default();
        let requests = profile
            .transmit
            .iter()
            .map(|listed| Request::bind(buses, listed, profile, catalogue, &mut actuation))
            .collect::<Result<_, _>>()?;
        Ok((Self { requests }, actuation))
    }

    /// Another head unit speaks from here on: its counters are its own.
    pub fn forget(&mut self) {
        self.requests.iter_mut().for_each(|request| request.heard = None);
    }

    /// What a frame asks for; nothing if it is no request.
    ///
    /// # Errors
    /// [`Unheard`] if it is one, but not whole or not new.
    pub fn hear(&mut self, frame: &Frame, buses: &[Bus]) -> Result<Vec<Heard>, Unheard> {
        let of = |request: &&mut Request| request.bus == frame.bus && request.id == frame.id;
        let found = self.requests.iter_mut().find(of);
        found.map_or(Ok(Vec::new()), |request| request.hear(frame, buses))
    }
}

impl Request {
    fn bind(
        buses: &[Bus],
        listed: &TransmitProfile,
        profile: &Profile,
        catalogue: &Catalogue,
        actuation: &mut Actuation,
    ) -> Result<Self, NoSuchRequest> {
        let TransmitProfile { line, message: name, .. } = listed;
        let dbc = buses.get(listed.bus).map(|bus| bus.profile.dbc.clone()).unwrap_or_default();
        let missing = || NoSuchRequest::Message { line: *line, dbc: dbc.clone(), message: name.clone() };
        let bus = buses.get(listed.bus).ok_or_else(missing)?;
        let mut named = bus.database.messages.iter().enumerate();
        let (message, description) = named.find(|(_, message)| message.name == *name).ok_or_else(missing)?;
        let own = |actuator: &&tandem_signals::ActuatorProfile| actuator.bus == listed.bus && actuator.message == *name;
        let asked = || profile.actuators.iter().filter(own);
        if let Some(actuator) = asked().find(|actuator| description.signal(&actuator.signal).is_none()) {
            let signal = actuator.signal.clone();
            return Err(NoSuchRequest::Signal { line: actuator.line, dbc, message: name.clone(), signal });
        }
        let held_ns = listed.cycle.map(|cycle| cycle.0 / 10 * MISSED_TENTHS);
        let mut asks = Vec::new();
        for (index, signal) in description.signals.iter().enumerate() {
            let actuator = asked().find(|actuator| actuator.signal == signal.name);
            let deed = match (deed(name, &signal.name), actuator) {
                (Some(deed), _) => deed,
                (None, None) => continue,
                (None, Some(actuator)) => {
                    let (line, message, signal) = (actuator.line, name.clone(), signal.name.clone());
                    return Err(NoSuchRequest::Deed { line, message, signal });
                }
            };
            let (factor, offset) = (signal.factor, signal.offset);
            let asked = actuator.map(|actuator| Asked::new(actuator, (factor, offset), catalogue));
            let nothing = signal.start_value.unwrap_or_default();
            asks.push(Ask { signal: index, wished: actuation.wished.len(), factor, offset, nothing });
            actuation.wished.push(Wished::new(deed, asked, held_ns));
        }
        let (counter, checksum) = protection(bus, description);
        Ok(Self {
            bus: BusIndex(listed.bus as u8),
            id: description.id,
            message,
            name: name.clone(),
            length: description.length,
            checksum: checksum
                .and_then(|(index, kind)| description.signals.get(index).map(|signal| (signal.clone(), kind))),
            counter: counter.and_then(|index| description.signals.get(index).map(|signal| (index, signal.size))),
            heard: None,
            asks,
        })
    }

    fn hear(&mut self, frame: &Frame, buses: &[Bus]) -> Result<Vec<Heard>, Unheard> {
        let Some(bus) = buses.get(usize::from(self.bus.0)) else { return Ok(Vec::new()) };
        let (data, message) = (frame.data(), || self.name.clone());
        if data.len() < self.length {
            return Err(Unheard::TooShort { message: message(), expected: self.length, got: data.len() });
        }
        if let Some((signal, kind)) = &self.checksum {
            integrity::verify(*kind, self.id, data, signal)
                .map_err(|source| Unheard::Checksum { message: message(), source })?;
        }
        if let Some((index, size)) = self.counter
            && let Some(value) = bus.codec.raw(self.message, index, data)
        {
            let value = value.as_f64() as u8;
            let kind = self.checksum.as_ref().map(|(_, kind)| *kind);
            if self.heard.get_or_insert_with(|| Counter::beside(kind, size)).check(value) == Step::Repeated {
                return Err(Unheard::Repeated { message: message(), value });
            }
        }
        let heard = |ask: &Ask| {
            let raw = bus.codec.raw(self.message, ask.signal, data)?.as_f64();
            let physical = (raw != ask.nothing).then_some(raw * ask.factor + ask.offset);
            Some(Heard { wished: ask.wished, physical })
        };
        Ok(self.asks.iter().filter_map(heard).collect())
    }
}
