use std::collections::HashMap;

use tandem_dbc::integrity::Seal;
use tandem_dbc::{Database, padded};
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Mistake, Others, Profile};
use tandem_units::Nanoseconds;

use crate::bucket::Bucket;
use crate::{BindError, Refusal, Rule, VehicleState};

/// A car's allow-list, and what of it left when. The default has no list: nothing leaves.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// Sorted by bus and id.
    passes: Vec<Pass>,
}

/// A message that may leave.
#[derive(Clone, Debug)]
struct Pass {
    rule: Rule,
    blank: Frame,
    /// Of the next frame.
    counter: u8,
    bucket: Bucket,
}

/// The gate of a car. `file` is the name of its car.toml; `databases` are those of its buses, in their order.
///
/// # Errors
/// Every line of the allow-list that cannot be kept to the letter.
pub fn bind<'a>(
    file: &str,
    profile: &Profile,
    databases: impl IntoIterator<Item = &'a Database>,
) -> Result<Gate, Vec<Mistake>> {
    let databases: Vec<&Database> = databases.into_iter().collect();
    let (mut passes, mut mistakes, mut taken) = (Vec::new(), Vec::new(), HashMap::new());
    for line in &profile.transmit {
        let bus = profile.buses.get(line.bus).zip(databases.get(line.bus));
        let rule = bus
            .ok_or_else(|| BindError::NoMessage { message: line.message.clone() })
            .and_then(|(bus, database)| Rule::bind(line, bus, database));
        let first = |rule: Rule| match taken.insert((rule.bus(), rule.id()), &line.message) {
            Some(other) => Err(BindError::SameId { message: line.message.clone(), other: other.clone() }),
            None => Ok(rule),
        };
        match rule.and_then(first) {
            Ok(rule) => passes.push(Pass::new(rule)),
            Err(error) => mistakes.push(Mistake::in_line(file, line.line, &error.to_string())),
        }
    }
    passes.sort_by_key(Pass::key);
    if mistakes.is_empty() { Ok(Gate { passes }) } else { Err(mistakes) }
}

impl Gate {
    /// Whether nothing may ever leave.
    pub fn is_read_only(&self) -> bool {
        self.passes.is_empty()
    }

    /// The allow-list, by bus and id.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.passes.iter().map(|pass| &pass.rule)
    }

    /// The frame to write wished values into: the start values or, if the allow-list says so, what was last heard of it, each listed signal at a value that it may have. As
    /// it is it may leave, if state and pace let it. `None` if the message is not listed.
    pub fn blank(&self, bus: BusIndex, id: CanId) -> Option<Frame> {
        Some(self.passes.get(self.place(bus, id)?)?.blank)
    }

    /// A frame that somebody else sent; not an echo of our own.
    pub fn hear(&mut self, frame: &Frame) {
        let at = self.place(frame.bus, frame.id);
        if let Some(pass) = at.and_then(|at| self.passes.get_mut(at)) {
            pass.hear(frame);
        }
    }

    /// Another clock begins, at `now`: the pace is kept by it as if everything that ever left had just left as often as it may, for points in time of the old one mean nothing on
    /// it. What was heard on the old one is forgotten.
    pub fn begin_clock(&mut self, now: Nanoseconds) {
        for pass in &mut self.passes {
            pass.bucket.begin_clock(now);
        }
        self.forget();
    }

    /// The car is another one, or another time: what was heard of others is forgotten.
    pub fn forget(&mut self) {
        self.passes.iter_mut().for_each(|pass| pass.blank = pass.rule.start);
    }

    /// The frame that leaves: the wanted one, made from [`Gate::blank`], with its counter and its checksum filled in, whatever stood there, and stamped `now`.
    ///
    /// # Errors
    /// [`Refusal`]: the first of its reasons, what the frame says before what the car does before the pace. A refusal leaves no trace: it neither delays the next frame nor
    /// counts as one.
    pub fn admit(&mut self, wanted: &Frame, state: VehicleState, now: Nanoseconds) -> Result<Frame, Refusal> {
        let pass = self.place(wanted.bus, wanted.id).and_then(|at| self.passes.get_mut(at));
        let pass = pass.ok_or(Refusal::NotListed { bus: wanted.bus, id: wanted.id })?;
        pass.judge(wanted)?;
        pass.judge_state(state)?;
        pass.judge_pace(now)?;
        Ok(pass.release(*wanted, now))
    }

    fn place(&self, bus: BusIndex, id: CanId) -> Option<usize> {
        self.passes.binary_search_by_key(&(bus, id), Pass::key).ok()
    }
}

impl Pass {
    fn new(rule: Rule) -> Self {
        let bucket = Bucket::new(rule.min_period, rule.burst);
        Self { blank: rule.start, counter: 0, bucket, rule }
    }

    fn key(&self) -> (BusIndex, CanId) {
        (self.rule.bus(), self.rule.id())
    }

    fn judge(&self, wanted: &Frame) -> Result<(), Refusal> {
        if wanted.flags != self.blank.flags {
            return Err(Refusal::WrongKind);
        }
        let (expected, got) = (self.blank.length(), wanted.length());
        if got != expected {
            return Err(Refusal::WrongLength { expected, got });
        }
        let bytes = wanted.data().iter().zip(self.blank.data()).zip(&self.rule.loose);
        let mut changed = bytes.map(|((wanted, blank), loose)| (wanted ^ blank) & !loose).enumerate();
        if let Some((byte, bits)) = changed.find(|(_, bits)| *bits != 0) {
            return Err(Refusal::NotOurs { byte, bits });
        }
        let payload = padded(wanted.data());
        match self.rule.limits.iter().find(|limit| !limit.allows(&payload)) {
            Some(limit) => {
                let (least, most) = limit.range();
                Err(Refusal::OutOfRange { signal: limit.signal, value: limit.value(&payload), least, most })
            }
            None => Ok(()),
        }
    }

    fn judge_state(&self, VehicleState { driving, power }: VehicleState) -> Result<(), Refusal> {
        if driving > self.rule.driving {
            return Err(Refusal::Driving { is: driving, worst: self.rule.driving });
        }
        let allows = |list: &Vec<_>| power.is_some_and(|power| list.contains(&power));
        if self.rule.power.as_ref().is_none_or(allows) { Ok(()) } else { Err(Refusal::Power { is: power }) }
    }

    fn judge_pace(&self, now: Nanoseconds) -> Result<(), Refusal> {
        match self.bucket.wait(now) {
            Nanoseconds::ZERO => Ok(()),
            wait => Err(Refusal::TooSoon { wait }),
        }
    }

    fn release(&mut self, mut frame: Frame, now: Nanoseconds) -> Frame {
        frame.t_ns = now.0;
        if let Some((field, counter)) = &self.rule.counter {
            field.write(frame.data_mut(), self.counter.into());
            self.counter = counter.after(self.counter);
        }
        if let Some(seal) = &self.rule.seal {
            seal.fill(frame.id, frame.data_mut());
        }
        self.bucket.take(now);
        frame
    }

    /// What cannot be believed is not taken over: another kind or length, a wrong checksum, a listed signal outside its range.
    fn hear(&mut self, frame: &Frame) {
        let alike = frame.flags == self.blank.flags && frame.length() == self.blank.length();
        let whole = |seal: &Seal| seal.verify(frame.id, frame.data()).is_ok();
        if self.rule.others != Others::Received || !alike || !self.rule.seal.as_ref().is_none_or(whole) {
            return;
        }
        self.blank.data_mut().iter_mut().zip(frame.data()).for_each(|(byte, heard)| *byte = *heard);
        for limit in self.rule.limits.iter().filter(|limit| !limit.allows(&padded(frame.data()))) {
            limit.reset(self.blank.data_mut());
        }
    }
}

#[cfg(test)]
mod tests;
