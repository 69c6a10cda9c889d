//! How the car takes wishes: hears one, thinks about it for a moment, then does it or not, and says so.

#[cfg(test)]
mod tests;

use tandem_contracts::simulator::AnswerState;
use tandem_signals::{ActuatorProfile, Catalogue};

use crate::deeds::Deed;
use crate::model::Car;

/// How the car answers wishes for an actuator from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does what was asked for.
    Obey,
    /// It stays as it is, and says no.
    Refuse,
    /// Nothing happens, as with a control unit that is dead.
    Silent,
    /// It says yes, and does something else.
    Wrong,
    /// It says yes, and does not move.
    Stuck,
}

impl Answer {
    pub const ALL: [Self; 5] = [Self::Obey, Self::Refuse, Self::Silent, Self::Wrong, Self::Stuck];

    pub fn word(self) -> &'static str {
        match self {
            Self::Obey => "obey",
            Self::Refuse => "refuse",
            Self::Silent => "silent",
            Self::Wrong => "wrong",
            Self::Stuck => "stuck",
        }
    }
}

/// What an answer's signal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    None = 0,
    Accepted = 1,
    Refused = 2,
}

/// How long an answer is shown: five cycles of its message, so that a lost frame does not lose it.
const SHOWN_NS: u64 = 500_000_000;
/// What the car does that nobody holds any more.
const RELEASED: f64 = 0.0;

/// One signal that asks the car for something.
#[derive(Clone, Debug)]
pub struct Wished {
    pub deed: Deed,
    /// What may be asked for; of a signal that is not the head unit's to set there is none.
    pub actuator: Option<Asked>,
    /// It lasts only as long as it is asked for again within this time.
    pub held_ns: Option<u64>,
    answer: Answer,
    delay_ns: u64,
    pending: Option<Pending>,
    /// What is being done, and from when on it is.
    doing: Option<(f64, u64)>,
    /// What is held, and until when if nothing more comes.
    held: Option<(f64, u64)>,
    said: Said,
    said_at: u64,
}

/// An actuator of `car.toml`.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub profile: ActuatorProfile,
    /// Of its signal.
    pub factor: f64,
    pub offset: f64,
}

impl Asked {
    pub fn new(profile: &ActuatorProfile, (factor, offset): (f64, f64), catalogue: &Catalogue) -> Self {
        Self { path: catalogue.leaf(profile.leaf).path.clone(), profile: profile.clone(), factor, offset }
    }

    /// What the leaf says when the signal says this.
    fn leaf(&self, physical: f64) -> f64 {
        physical * self.profile.conversion.scale + self.profile.conversion.offset
    }

    /// Whether this car can do it, in the signal's unit.
    fn can(&self, physical: f64) -> bool {
        match self.profile.range {
            Some(range) => (range.min..=range.max).contains(&self.leaf(physical)),
            None => self.position(physical).is_some(),
        }
    }

    /// Something else that could be asked for: the next one, or the one before the last.
    fn other(&self, physical: f64) -> f64 {
        if let Some(range) = self.profile.range {
            let step = range.step / self.profile.conversion.scale;
            return if self.can(physical + step) { physical + step } else { physical - step };
        }
        let values = &self.profile.values;
        let next = self.position(physical).map_or(0, |at| (at + 1) % values.len());
        values.get(next).map_or(physical, |(raw, _)| *raw as f64 * self.factor + self.offset)
    }

    fn position(&self, physical: f64) -> Option<usize> {
        let raw = ((physical - self.offset) / self.factor).round() as i64;
        self.profile.values.iter().position(|(known, _)| *known == raw)
    }
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    physical: f64,
    answer: Answer,
    due: u64,
}

impl Wished {
    pub fn new(deed: Deed, actuator: Option<Asked>, held_ns: Option<u64>) -> Self {
        Self {
            delay_ns: deed.thinks_ns,
            deed,
            actuator,
            held_ns,
            answer: Answer::Obey,
            pending: None,
            doing: None,
            held: None,
            said: Said::None,
            said_at: 0,
        }
    }

    pub fn answer_with(&mut self, answer: Answer, delay_ns: u64) {
        (self.answer, self.delay_ns) = (answer, delay_ns);
    }

    pub fn said(&self) -> Said {
        self.said
    }

    /// A wish was heard, in the signal's unit. It takes the place of one that still waits.
    pub fn wish(&mut self, physical: f64, now: u64) {
        if let Some(held) = self.held_ns {
            let again = self.held.is_some_and(|(before, _)| before == physical);
            self.held = Some((physical, now.saturating_add(held)));
            if again {
                return;
            }
        }
        let can = self.actuator.as_ref().is_none_or(|asked| asked.can(physical));
        let answer = match self.answer {
            Answer::Obey if !can => Answer::Refuse,
            answer => answer,
        };
        if answer != Answer::Silent {
            self.said = Said::None;
        }
        self.pending = Some(Pending { physical, answer, due: now.saturating_add(self.delay_ns) });
    }

    /// A frame came that asks for nothing here: what is held is let go.
    pub fn release(&mut self, car: &mut Car) {
        if self.held.take().is_some() {
            (self.pending, self.doing) = (None, None);
            (self.deed.does)(car, RELEASED);
        }
    }

    /// Lets time pass.
    pub fn step(&mut self, car: &mut Car, now: u64) {
        if self.said != Said::None && now >= self.said_at.saturating_add(SHOWN_NS) {
            self.said = Said::None;
        }
        if self.held.is_some_and(|(_, until)| now >= until) {
            self.release(car);
        }
        if let Some(pending) = self.pending.take_if(|pending| now >= pending.due) {
            self.decide(pending, car, now);
        }
        if let Some((physical, _)) = self.doing.take_if(|(_, done)| now >= *done) {
            (self.deed.does)(car, physical);
        }
    }

    fn decide(&mut self, pending: Pending, car: &Car, now: u64) {
        let Pending { physical, answer, .. } = pending;
        let may = (self.deed.may)(car, physical);
        let does = match answer {
            Answer::Obey if may => Some(physical),
            Answer::Wrong => Some(self.actuator.as_ref().map_or(physical, |asked| asked.other(physical))),
            _ => None,
        };
        self.said = match answer {
            Answer::Silent => return,
            Answer::Refuse => Said::Refused,
            Answer::Obey if !may => Said::Refused,
            _ => Said::Accepted,
        };
        self.said_at = now;
        self.doing = does.map(|physical| (physical, now.saturating_add(self.deed.takes_ns)));
    }
}

/// Everything that the car can be asked for.
#[derive(Clone, Debug, Default)]
pub struct Actuation {
    pub wished: Vec<Wished>,
}

impl Actuation {
    /// The number of the actuator that says yes or no in a signal.
    pub fn answer(&self, bus: usize, message: &str, signal: &str) -> Option<usize> {
        self.wished.iter().position(|wished| {
            let Some(profile) = wished.actuator.as_ref().map(|asked| &asked.profile) else { return false };
            let refusal = profile.refusal.as_ref();
            profile.bus == bus && refusal.is_some_and(|(of, by, _)| of == message && by == signal)
        })
    }

    /// What an actuator's answer says, by its number.
    pub fn says(&self, at: usize) -> Option<f64> {
        self.wished.get(at).map(|wished| f64::from(wished.said as u8))
    }

    /// The actuators, by path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.wished.iter().filter_map(|wished| Some(wished.actuator.as_ref()?.path.as_str()))
    }

    /// How each actuator is answered.
    pub fn states(&self) -> Vec<AnswerState> {
        let state = |wished: &Wished| {
            Some(AnswerState {
                path: wished.actuator.as_ref()?.path.clone(),
                answer: wished.answer.word().to_owned(),
                delay_ms: u32::try_from(wished.delay_ns / 1_000_000).unwrap_or(u32::MAX),
            })
        };
        self.wished.iter().filter_map(state).collect()
    }

    pub fn named(&mut self, path: &str) -> Option<&mut Wished> {
        self.wished.iter_mut().find(|wished| wished.actuator.as_ref().is_some_and(|asked| asked.path == path))
    }

    pub fn step(&mut self, car: &mut Car, now: u64) {
        for wished in &mut self.wished {
            wished.step(car, now);
        }
    }
}
