//! Which readings outlive a power cut, and when they are written down. It knows no disk: that is `keeper.rs`.

use tandem_signals::Kind;
use tandem_store::{Car, Store};
use tandem_units::{Nanoseconds, Value};

/// Last values by their path.
pub type LastValues = Vec<(String, Value)>;

/// A disk wears out: on the long run it is written to this seldom. So much of the last drive a power cut takes at most.
const APART: Nanoseconds = Nanoseconds::from_millis(60_000);
/// What hardly ever changes is written at once, which is paid for by and by. A car that says another VIN in every frame wears no disk out.
const AHEAD: Nanoseconds = Nanoseconds::from_millis(8 * 60_000);

/// The last values that this car's readings had.
pub struct Memory {
    entries: Vec<Entry>,
    /// Something is known that was not yet handed out.
    changed: bool,
    /// Something of it is to be written at once.
    urgent: bool,
    /// When the next write is due that nobody hurries.
    due: Nanoseconds,
    /// Up to here the writes there were are paid for.
    paid_until: Nanoseconds,
}

struct Entry {
    slot: usize,
    path: String,
    is_attribute: bool,
    value: Option<Value>,
}

impl Memory {
    /// Of what was written down, that is taken which this car has, keeps, and can mean.
    pub fn new(car: &Car, mut last: LastValues) -> Self {
        let entries = car.kept().map(|(slot, id)| {
            let leaf = car.catalogue.leaf(id);
            let at = last.iter().position(|(path, _)| *path == leaf.path);
            let value = at.and_then(|at| leaf.admit(last.swap_remove(at).1).ok());
            Entry { slot, path: leaf.path.clone(), is_attribute: leaf.kind == Kind::Attribute, value }
        });
        Self {
            entries: entries.collect(),
            changed: false,
            urgent: false,
            due: Nanoseconds::ZERO,
            paid_until: Nanoseconds::ZERO,
        }
    }

    /// Puts the last values back among the readings.
    pub fn recall(&self, store: &mut Store) {
        for entry in &self.entries {
            if let Some(value) = &entry.value {
                store.recall(entry.slot, value.clone());
            }
        }
    }

    /// Looks at the readings; what is to be written down now, if it is time.
    pub fn notice(&mut self, store: &Store, now: Nanoseconds) -> Option<LastValues> {
        self.look(store, now);
        self.written(now, self.urgent)
    }

    /// The same when the car goes: who knows when it comes back.
    pub fn lose_car(&mut self, store: &Store, now: Nanoseconds) -> Option<LastValues> {
        self.look(store, now);
        self.written(now, true)
    }

    /// Everything that is not written down yet.
    pub fn rest(&mut self, store: &Store, now: Nanoseconds) -> Option<LastValues> {
        self.look(store, now);
        self.changed.then(|| self.hand_out(now))
    }

    /// The clock begins anew; what was written before is still to be paid for.
    pub fn begin_clock(&mut self, before: Nanoseconds, now: Nanoseconds) {
        (self.due, self.paid_until) = (now + self.due.since(before), now + self.paid_until.since(before));
    }

    fn look(&mut self, store: &Store, now: Nanoseconds) {
        for entry in &mut self.entries {
            // A value that the car does not say any more is its last one all the same.
            let value = store.reading(entry.slot, now).value;
            if value.is_some() && value != entry.value {
                self.changed = true;
                self.urgent |= entry.is_attribute || entry.value.is_none();
                entry.value = value;
            }
        }
    }

    fn written(&mut self, now: Nanoseconds, hurried: bool) -> Option<LastValues> {
        let may_hurry = hurried && self.paid_until <= now + AHEAD;
        (self.changed && (self.due <= now || may_hurry)).then(|| self.hand_out(now))
    }

    fn hand_out(&mut self, now: Nanoseconds) -> LastValues {
        (self.changed, self.urgent) = (false, false);
        (self.due, self.paid_until) = (now + APART, self.paid_until.max(now) + APART);
        self.entries.iter().filter_map(|entry| Some((entry.path.clone(), entry.value.clone()?))).collect()
    }
}
