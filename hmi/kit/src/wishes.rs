//! What was asked of the car and what became of it, for every actuator alike. A reading never moves by it: only the car's own message does that.

use std::collections::BTreeMap;

use tandem_contracts::actuation::{Actuator, RequestState};
use tandem_units::{Driving, Nanoseconds, Value};

use crate::update::{Actuation, Fate, RefusalCause};

/// How long a screen says why a wish came to nothing.
const REASON_SHOWN: Nanoseconds = Nanoseconds::from_millis(4_000);

/// Why a wish came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// It was not taken.
    NotTaken(RefusalCause),
    /// The car said no, or the gate kept it in.
    Refused,
    /// The car said nothing in time, or something else.
    Lapsed,
}

/// A wish that is on its way.
#[derive(Clone, Debug, PartialEq)]
struct Wish {
    value: Value,
    /// None until the service has numbered it.
    id: Option<u64>,
}

/// What goes on with one actuator.
#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    wish: Option<Wish>,
    denial: Option<(Denial, Nanoseconds)>,
    /// The highest number that was heard of.
    newest: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    actuators: BTreeMap<String, Actuator>,
    places: BTreeMap<String, Place>,
    driving: Driving,
    now: Nanoseconds,
}

impl Wishes {
    /// The link's clock is here: reasons that were shown long enough go.
    pub fn pass(&mut self, now: Nanoseconds) {
        self.now = now;
        for place in self.places.values_mut() {
            // A clock that began anew leaves none behind.
            let shows = |until: Nanoseconds| now < until && until.since(now) <= REASON_SHOWN;
            place.denial = place.denial.filter(|(_, until)| shows(*until));
        }
    }

    pub fn set_driving(&mut self, driving: Driving) {
        self.driving = driving;
    }

    pub fn hear(&mut self, news: &Actuation) {
        match news {
            Actuation::Actuators(list) => {
                self.actuators = list.iter().map(|it| (it.path.clone(), it.clone())).collect();
            }
            Actuation::Gone => {
                self.actuators.clear();
                self.places.clear();
            }
            Actuation::Request(fate) => self.follow(fate),
            Actuation::Refused(refusal) => self.deny(&refusal.path, Denial::NotTaken(refusal.cause)),
        }
    }

    fn follow(&mut self, fate: &Fate) {
        let place = self.places.entry(fate.path.clone()).or_default();
        // What ended before this screen knew of it is history; so is the end of a wish that a newer one of this screen replaced.
        let known = place.wish.as_ref().is_some_and(|wish| match wish.id {
            Some(id) => id == fate.id,
            None => fate.mine && fate.id > place.newest,
        });
        place.newest = place.newest.max(fate.id);
        match (fate.state, &fate.value) {
            (RequestState::Pending, Some(value)) => {
                (place.wish, place.denial) = (Some(Wish { value: value.clone(), id: Some(fate.id) }), None);
            }
            (RequestState::Confirmed, _) if known => (place.wish, place.denial) = (None, None),
            (RequestState::Refused, _) if known => self.deny(&fate.path, Denial::Refused),
            (RequestState::Lapsed, _) if known => self.deny(&fate.path, Denial::Lapsed),
            _ => {}
        }
    }

    fn deny(&mut self, path: &str, denial: Denial) {
        let place = self.places.entry(path.to_owned()).or_default();
        (place.wish, place.denial) = (None, Some((denial, self.now + REASON_SHOWN)));
    }

    /// Asks for a value through `send`, which says whether the wish is under way.
    pub fn ask(&mut self, path: &'static str, value: Value, send: impl FnOnce(&'static str, Value) -> bool) {
        if send(path, value.clone()) {
            let place = self.places.entry(path.to_owned()).or_default();
            (place.wish, place.denial) = (Some(Wish { value, id: None }), None);
        } else {
            self.deny(path, Denial::NotTaken(RefusalCause::NoAnswer));
        }
    }

    /// What this car may be asked for at the actuator; none if it has no such, or if nobody is there to ask.
    pub fn offer(&self, path: &str) -> Option<&Actuator> {
        self.actuators.get(path)
    }

    /// Whether the actuator may not be asked for while the car drives as it does.
    pub fn is_locked(&self, path: &str) -> bool {
        let most = self.offer(path).map_or("any", |it| it.driving.as_str());
        match self.driving {
            Driving::Parked => false,
            Driving::Idling => most == "parked",
            Driving::Moving => most != "any",
        }
    }

    /// The wish on its way.
    pub fn wish(&self, path: &str) -> Option<&Value> {
        self.places.get(path)?.wish.as_ref().map(|wish| &wish.value)
    }

    /// Why the last one came to nothing, for as long as it is said.
    pub fn denial(&self, path: &str) -> Option<Denial> {
        self.places.get(path)?.denial.map(|(denial, _)| denial)
    }

    /// The number so many steps from the wish on its way, else from what is, as far as this car goes; none if that is unknown or there is no further.
    pub fn stepped(&self, path: &str, is: Option<f64>, steps: i32) -> Option<f64> {
        let Actuator { min, step, .. } = *self.offer(path)?;
        let from = self.wish(path).and_then(Value::as_f64).or(is)?;
        let target = self.nearest(path, min + ((from - min) / step).round().mul_add(step, f64::from(steps) * step))?;
        let further = if steps < 0 { from - target } else { target - from };
        (further > step * 1e-6).then_some(target)
    }

    /// The number that this car may be asked for which is nearest to another.
    pub fn nearest(&self, path: &str, number: f64) -> Option<f64> {
        let Actuator { min, max, step, .. } = *self.offer(path)?;
        // What a service offers may be nonsense; then nothing is asked for.
        let number = if min <= max { number.clamp(min, max) } else { f64::NAN };
        Some(((number - min) / step).round().mul_add(step, min)).filter(|number| number.is_finite())
    }

    /// When the next reason goes away.
    pub fn forgets_at(&self) -> Option<Nanoseconds> {
        self.places.values().filter_map(|place| place.denial.map(|(_, until)| until)).min()
    }
}

#[cfg(test)]
mod tests;
