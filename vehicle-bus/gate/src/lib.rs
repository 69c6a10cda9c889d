//! What may be sent to the car, and nothing else. A frame leaves only if the car's allow-list names its id on its bus, if every bit that nobody may set says what it says
//! when nothing is asked, if each listed signal lies in its range, and if the car's state and the pace let it. Counter and checksum are filled in here. A car without a
//! list is read-only.

use tandem_dbc::Database;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Mistake, Others, Profile};
use tandem_units::{Driving, Nanoseconds, Power};

mod rule;

pub use rule::{BindError, Rule};

/// A frame that asks for nothing may leave this long after one that asked, whatever the car does by now: it ends what was begun.
const LAST_WORD: Nanoseconds = Nanoseconds::from_millis(1000);

/// What the car does, as far as its list is about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VehicleState {
    pub driving: Driving,
    /// None if nobody knows.
    pub power: Option<Power>,
}

/// Why a frame was not let out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this car's allow-list has no such message")]
    NotListed,
    #[error("it is a remote frame, an error frame, or of the wrong kind for its message")]
    Kind,
    #[error("it has {got} bytes, its message {expected}")]
    Length { expected: usize, got: usize },
    #[error("it sets bits that this car's allow-list does not name")]
    Stray,
    #[error("{raw} of signal {signal} lies outside the allow-list's range")]
    OutOfRange { signal: usize, raw: i128 },
    #[error("the car is {now}, and it may leave only while that is no more than {worst}")]
    Driving { now: Driving, worst: Driving },
    #[error("the car is not switched on as it must be for this")]
    Power { now: Option<Power> },
    #[error("too soon after the last one: {} ms to wait", wait.as_millis().max(1))]
    TooSoon { wait: Nanoseconds },
    #[error("counter or checksum do not fit")]
    Seal,
}

/// The allow-list, and what has left by it.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    lines: Vec<(Rule, Past)>,
}

#[derive(Clone, Debug, Default)]
struct Past {
    count: u64,
    /// When all that was let out would have been let out, one in each period.
    paid_until: Option<Nanoseconds>,
    asked: Option<Nanoseconds>,
    /// Of somebody else.
    heard: Option<Frame>,
}

pub fn bind<'a>(
    file: &str,
    profile: &Profile,
    databases: impl IntoIterator<Item = &'a Database>,
) -> Result<Gate, Vec<Mistake>> {
    let databases: Vec<&Database> = databases.into_iter().collect();
    let (mut rules, mut mistakes) = (Vec::new(), Vec::new());
    for line in &profile.transmit {
        let (Some(bus), Some(database)) = (profile.buses.get(line.bus), databases.get(line.bus)) else { continue };
        match Rule::bind(line, bus, database) {
            Ok(rule) => rules.push(rule),
            Err(error) => {
                mistakes.push(Mistake { file: file.to_owned(), line: line.line, column: 1, message: error.to_string() })
            }
        }
    }
    if mistakes.is_empty() { Ok(Gate::new(rules)) } else { Err(mistakes) }
}

impl Gate {
    pub fn new(rules: Vec<Rule>) -> Self {
        Self { lines: rules.into_iter().map(|rule| (rule, Past::default())).collect() }
    }

    pub fn is_read_only(&self) -> bool {
        self.lines.is_empty()
    }

    /// What may leave, in the order of the list.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.lines.iter().map(|(rule, _)| rule)
    }

    fn line(&mut self, bus: BusIndex, id: CanId) -> Option<&mut (Rule, Past)> {
        self.lines.iter_mut().find(|(rule, _)| rule.bus == bus && rule.id == id)
    }

    /// The frame of a listed message in which nobody asks for anything; `None` if it is not listed.
    pub fn blank(&self, bus: BusIndex, id: CanId) -> Option<Frame> {
        let (rule, past) = self.lines.iter().find(|(rule, _)| rule.bus == bus && rule.id == id)?;
        Some(past.blank(rule))
    }

    /// A frame of somebody else: what it says is what stays in the bits that are not ours, where the list says so.
    pub fn hear(&mut self, frame: &Frame) {
        if let Some((rule, past)) = self.line(frame.bus, frame.id)
            && rule.others == Others::Received
            && rule.is_like(frame)
        {
            past.heard = Some(*frame);
        }
    }

    /// Another clock begins, at `now`: the pace is kept by it as if everything had just been sent, for points in time of the old one mean nothing on it.
    pub fn begin_clock(&mut self, now: Nanoseconds) {
        for (rule, past) in &mut self.lines {
            past.paid_until = past.paid_until.map(|_| now + rule.whole_burst());
            past.asked = past.asked.map(|_| now);
        }
    }

    /// Judges a frame that somebody wants to send; counter and checksum in it do not matter. What comes back is what may leave, stamped `now`.
    ///
    /// # Errors
    /// [`Refusal`]; a frame that is refused leaves no trace, so that it does not delay the next one.
    pub fn admit(&mut self, wanted: &Frame, state: VehicleState, now: Nanoseconds) -> Result<Frame, Refusal> {
        let (rule, past) = self.line(wanted.bus, wanted.id).ok_or(Refusal::NotListed)?;
        let blank = past.blank(rule);
        if wanted.flags != blank.flags {
            return Err(Refusal::Kind);
        }
        if wanted.length() != blank.length() {
            return Err(Refusal::Length { expected: blank.length(), got: wanted.length() });
        }
        if rule.strays(wanted, &blank) {
            return Err(Refusal::Stray);
        }
        if let Some((signal, raw)) = rule.excess(wanted, &blank) {
            return Err(Refusal::OutOfRange { signal, raw });
        }
        let asks = rule.asks(wanted, &blank);
        if asks || past.asked.is_none_or(|asked| now.since(asked) > LAST_WORD) {
            rule.permits(state)?;
        }
        let paid_until = past.paid_until.unwrap_or(now);
        let wait = (paid_until + rule.min_period).since(now + rule.whole_burst());
        if wait > Nanoseconds::ZERO {
            return Err(Refusal::TooSoon { wait });
        }
        let frame = rule.seal(wanted, past.count, now).ok_or(Refusal::Seal)?;
        past.paid_until = Some(paid_until.max(now) + rule.min_period);
        past.count = past.count.wrapping_add(1);
        if asks {
            past.asked = Some(now);
        }
        Ok(frame)
    }
}

impl Past {
    fn blank(&self, rule: &Rule) -> Frame {
        self.heard.unwrap_or(rule.start)
    }
}

impl Rule {
    fn whole_burst(&self) -> Nanoseconds {
        Nanoseconds(self.min_period.0.saturating_mul(u64::from(self.burst)))
    }

    /// Whether a frame has the shape of this message.
    fn is_like(&self, frame: &Frame) -> bool {
        frame.flags == self.start.flags && frame.length() == self.start.length()
    }

    fn permits(&self, VehicleState { driving, power }: VehicleState) -> Result<(), Refusal> {
        if driving > self.driving {
            return Err(Refusal::Driving { now: driving, worst: self.driving });
        }
        match (&self.power, power) {
            (None, _) => Ok(()),
            (Some(states), Some(power)) if states.contains(&power) => Ok(()),
            (Some(_), now) => Err(Refusal::Power { now }),
        }
    }
}

#[cfg(test)]
mod tests;
