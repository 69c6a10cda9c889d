use tandem_contracts::climate::{RequestState, TemperatureRange, TemperatureRequest};
use tandem_frame::{BusIndex, Frame};
use tandem_gate::{Gate, Refusal};
use tandem_signals::TemperatureProfile;
use tandem_store::{Car, Probe, Store};
use tandem_units::{Nanoseconds, Quality, Value};

/// Why a wish was not sent.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum WishError {
    #[error("{celsius} °C is not a temperature this car can be asked for: {min} to {max} in steps of {step}")]
    OutOfRange { celsius: f64, min: f64, max: f64, step: f64 },
    #[error("the gate keeps it in: {0}")]
    Gate(#[from] Refusal),
    #[error("no car is connected")]
    NoCar,
}

/// The driver's temperature: from a wish to the car's own echo.
pub struct Climate {
    profile: TemperatureProfile,
    message: usize,
    signal: usize,
    echo: usize,
    refusal: Option<(Probe, i64)>,
    latest: TemperatureRequest,
    pending: Option<Pending>,
}

struct Pending {
    sent: Nanoseconds,
    /// The car still repeats its "no" to an earlier wish: only a new one counts.
    old_refusal: bool,
}

impl Climate {
    /// The command of a car, if it has one. Watches the car's refusal.
    pub fn new(car: &mut Car) -> Option<Self> {
        let profile = car.profile.climate.clone()?;
        let bus = car.buses.get(profile.bus)?;
        let message = bus.database.messages.iter().position(|message| message.name == profile.message)?;
        let (signal, _) = bus.database.messages.get(message)?.signal(&profile.signal)?;
        let echo = car.slot(&car.catalogue.leaf(profile.echo).path)?;
        let refusal = match profile.refusal.clone() {
            Some((message, signal, says_no)) => Some((car.watch(profile.bus, &message, &signal)?, says_no)),
            None => None,
        };
        let latest =
            TemperatureRequest { state: RequestState::Idle.word().to_owned(), ..TemperatureRequest::default() };
        Some(Self { profile, message, signal, echo, refusal, latest, pending: None })
    }

    pub fn range(&self) -> TemperatureRange {
        TemperatureRange { min: self.profile.min.0, max: self.profile.max.0, step: self.profile.step.0 }
    }

    /// The car's bus that the command leaves by.
    pub fn bus(&self) -> BusIndex {
        BusIndex(self.profile.bus as u8)
    }

    pub fn latest(&self) -> &TemperatureRequest {
        &self.latest
    }

    /// Admits a wish and makes its frame. The second part is what watchers are to be told: the fate of a wish that this one replaces, then this one.
    ///
    /// # Errors
    /// [`WishError`] if the car cannot be asked for this, or the gate keeps it in.
    pub fn wish(
        &mut self,
        celsius: f64,
        gate: &mut Gate,
        store: &Store,
        now: Nanoseconds,
    ) -> Result<(Frame, Vec<TemperatureRequest>), WishError> {
        let TemperatureRange { min, max, step } = self.range();
        let steps = (celsius - min) / step;
        if !(min..=max).contains(&celsius) || (steps - steps.round()).abs() > 1e-6 {
            return Err(WishError::OutOfRange { celsius, min, max, step });
        }
        let bus = store.car().buses.get(self.profile.bus).ok_or(WishError::NoCar)?;
        let frame = gate.admit(self.bus(), self.message, &[(self.signal, celsius)], &bus.codec, now)?;
        let mut news = Vec::new();
        if self.pending.take().is_some() {
            news.push(self.settle(RequestState::Lapsed, "A newer wish took its place."));
        }
        let old_refusal = self.says_no(store).is_some();
        self.pending = Some(Pending { sent: now, old_refusal });
        self.latest = TemperatureRequest {
            id: self.latest.id + 1,
            celsius,
            state: RequestState::Pending.word().to_owned(),
            reason: String::new(),
        };
        news.push(self.latest.clone());
        Ok((frame, news))
    }

    /// Looks for the car's answer. Returns the request if its state changed.
    pub fn tick(&mut self, store: &Store, now: Nanoseconds) -> Option<TemperatureRequest> {
        let sent = self.pending.as_ref()?.sent;
        let echo = store.reading(self.echo, now);
        let same = |value: Value| {
            value.as_f64().is_some_and(|celsius| (celsius - self.latest.celsius).abs() < self.profile.step.0 / 2.0)
        };
        if echo.quality == Quality::Valid && echo.heard > sent && echo.value.is_some_and(same) {
            return Some(self.settle(RequestState::Confirmed, ""));
        }
        let says_no = self.says_no(store);
        let pending = self.pending.as_mut()?;
        pending.old_refusal &= says_no.is_some();
        if !pending.old_refusal && says_no.is_some_and(|heard| heard > sent) {
            return Some(self.settle(RequestState::Refused, "The car said no."));
        }
        (now.since(sent) > self.profile.answer_within)
            .then(|| self.settle(RequestState::Lapsed, "The car did not answer."))
    }

    /// The car is gone, and the answer with it.
    pub fn lose_car(&mut self) -> Option<TemperatureRequest> {
        self.pending.is_some().then(|| self.settle(RequestState::Lapsed, "The connection to the car was lost."))
    }

    /// When the car last said no, if that is what it says now.
    fn says_no(&self, store: &Store) -> Option<Nanoseconds> {
        let (probe, no) = self.refusal?;
        store.probe(probe).filter(|(_, raw)| *raw == no).map(|(heard, _)| heard)
    }

    fn settle(&mut self, state: RequestState, reason: &str) -> TemperatureRequest {
        self.pending = None;
        self.latest.state = state.word().to_owned();
        self.latest.reason = reason.to_owned();
        self.latest.clone()
    }
}
