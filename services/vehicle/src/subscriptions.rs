use std::collections::{BTreeMap, HashSet};

use tandem_contracts::signals::{LOCKSTEP, MAX_PATHS, MAX_SUBSCRIPTIONS, MAX_WINDOW};
use tandem_store::{Reading, Store};
use tandem_units::{Nanoseconds, Quality, Value, plain};

/// A batch goes out at least this often, changed or not: a client that hears nothing for 500 ms takes the service for silent.
pub const HEARTBEAT: Nanoseconds = Nanoseconds::from_millis(200);
/// A client that acknowledges nothing for so long is not there any more.
pub const ACKNOWLEDGE_WITHIN: Nanoseconds = Nanoseconds::from_millis(2000);
/// Subscriptions of all clients together: each costs time at every tick.
pub const MAX_ALTOGETHER: usize = 256;

/// What one subscriber is told at one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub client: String,
    pub id: u32,
    pub sequence: u64,
    pub now: Nanoseconds,
    /// Handle and reading: what changed since the last batch.
    pub changes: Vec<(u32, Reading)>,
}

/// Why there is no subscription.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SubscribeError {
    #[error("this car has no `{}`", plain(.0))]
    UnknownPath(String),
    #[error("{asked} paths are more than the {MAX_PATHS} a subscription may have")]
    TooManyPaths { asked: usize },
    #[error("a window of {0} is more than {MAX_WINDOW}")]
    WindowTooLarge(u32),
    #[error("this connection has {MAX_SUBSCRIPTIONS} subscriptions already")]
    TooManySubscriptions,
    #[error("there are {MAX_ALTOGETHER} subscriptions already")]
    TooManyAltogether,
    #[error("`{}` is asked for twice", plain(.0))]
    Repeated(String),
}

/// A new subscription.
#[derive(Debug, PartialEq)]
pub struct Opened {
    pub id: u32,
    /// The slot behind each handle.
    pub slots: Vec<usize>,
    /// Every reading, told at once.
    pub first: Option<Batch>,
}

/// Quality and value; and when it was heard, of a leaf of which every time is news.
type Told = (Quality, Option<Value>, Option<Nanoseconds>);

struct Subscription {
    client: String,
    slots: Vec<usize>,
    min_interval: Nanoseconds,
    window: u32,
    sent: u64,
    acknowledged: u64,
    last_sent: Option<Nanoseconds>,
    last_changes: usize,
    /// Since when the oldest unacknowledged batch is out.
    waiting_since: Nanoseconds,
    told: Vec<Option<Told>>,
    /// Each slot with its handle, sorted.
    handles: Vec<(usize, u32)>,
}

/// Who wants to hear of what, and what they were told.
#[derive(Default)]
pub struct Subscriptions {
    by_id: BTreeMap<u32, Subscription>,
    last_id: u32,
}

impl Subscriptions {
    /// Takes a wish. The first batch is made at once, so that the client knows where it stands before time moves on.
    ///
    /// # Errors
    /// [`SubscribeError`] if the car lacks a path or the wish is over a limit.
    pub fn open(
        &mut self,
        client: &str,
        paths: &[String],
        min_interval: Nanoseconds,
        window: u32,
        store: &Store,
        now: Nanoseconds,
    ) -> Result<Opened, SubscribeError> {
        if paths.len() > MAX_PATHS {
            return Err(SubscribeError::TooManyPaths { asked: paths.len() });
        }
        if window > MAX_WINDOW {
            return Err(SubscribeError::WindowTooLarge(window));
        }
        if self.by_id.values().filter(|one| one.client == client).count() >= MAX_SUBSCRIPTIONS {
            return Err(SubscribeError::TooManySubscriptions);
        }
        if self.by_id.len() >= MAX_ALTOGETHER {
            return Err(SubscribeError::TooManyAltogether);
        }
        let mut seen = HashSet::new();
        if let Some(path) = paths.iter().find(|path| !seen.insert(path.as_str())) {
            return Err(SubscribeError::Repeated(path.clone()));
        }
        let slots = paths
            .iter()
            .map(|path| store.car().slot(path).ok_or_else(|| SubscribeError::UnknownPath(path.clone())))
            .collect::<Result<Vec<_>, _>>()?;
        self.last_id += 1;
        let mut subscription = Subscription {
            client: client.to_owned(),
            told: vec![None; slots.len()],
            handles: sorted(slots.iter().copied().zip(0..).collect()),
            slots: slots.clone(),
            min_interval,
            window,
            sent: 0,
            acknowledged: 0,
            last_sent: None,
            last_changes: 0,
            waiting_since: now,
        };
        let first = subscription.batch(self.last_id, store, now);
        self.by_id.insert(self.last_id, subscription);
        Ok(Opened { id: self.last_id, slots, first })
    }

    /// What is to be told at this tick. Subscribers that fell silent are dropped and named.
    pub fn tick(&mut self, store: &Store, now: Nanoseconds) -> (Vec<Batch>, Vec<(u32, String)>) {
        let mut dropped = Vec::new();
        self.by_id.retain(|id, one| {
            let silent = one.outstanding() > 0 && now.since(one.waiting_since) > ACKNOWLEDGE_WITHIN;
            if silent && one.window != LOCKSTEP {
                dropped.push((*id, one.client.clone()));
            }
            !silent || one.window == LOCKSTEP
        });
        let batches = self
            .by_id
            .iter_mut()
            .filter(|(_, one)| one.is_due(now))
            .filter_map(|(id, one)| one.batch(*id, store, now))
            .collect();
        (batches, dropped)
    }

    /// What of these slots changed, for everybody who may be told now; the others hear of it at a later tick.
    pub fn tell_at_once(&mut self, slots: &[usize], store: &Store, now: Nanoseconds) -> Vec<Batch> {
        let tell = |(id, one): (&u32, &mut Subscription)| {
            if !one.is_due(now) {
                return None;
            }
            let changes: Vec<_> = slots.iter().filter_map(|slot| one.change_of(*slot, store, now)).collect();
            (!changes.is_empty()).then(|| one.send(*id, now, changes))
        };
        self.by_id.iter_mut().filter_map(tell).collect()
    }

    /// A batch for everybody whose window has room, changed or not. Lockstep subscribers live by ticks alone.
    pub fn heartbeat(&mut self, store: &Store, now: Nanoseconds) -> Vec<Batch> {
        self.by_id
            .iter_mut()
            .filter(|(_, one)| one.window != LOCKSTEP && one.has_room())
            .filter_map(|(id, one)| {
                one.last_sent = None;
                one.batch(*id, store, now)
            })
            .collect()
    }

    pub fn acknowledge(&mut self, client: &str, id: u32, sequence: u64, now: Nanoseconds) {
        if let Some(one) = self.by_id.get_mut(&id).filter(|one| one.client == client) {
            // A client cannot acknowledge what it was never sent.
            one.acknowledged = one.acknowledged.max(sequence.min(one.sent));
            one.waiting_since = now;
        }
    }

    /// Ends one subscription of a client; false if it has no such.
    pub fn close(&mut self, client: &str, id: u32) -> bool {
        let owned = self.by_id.get(&id).is_some_and(|one| one.client == client);
        if owned {
            self.by_id.remove(&id);
        }
        owned
    }

    /// Ends everything of a client that left the bus.
    pub fn forget(&mut self, client: &str) {
        self.by_id.retain(|_, one| one.client != client);
    }

    /// A new generation begins, with a clock of its own: everybody is told everything anew.
    pub fn renew(&mut self, now: Nanoseconds) {
        for one in self.by_id.values_mut() {
            one.told.fill(None);
            one.last_sent = None;
        }
        self.wait_from(now);
    }

    /// The clock went to here by itself: nobody was silent meanwhile.
    pub fn wait_from(&mut self, now: Nanoseconds) {
        for one in self.by_id.values_mut() {
            one.waiting_since = now;
        }
    }

    /// Lockstep subscribers that have not acknowledged everything.
    pub fn waited_for(&self) -> impl Iterator<Item = (u32, &str)> {
        self.by_id
            .iter()
            .filter(|(_, one)| one.window == LOCKSTEP && one.outstanding() > 0)
            .map(|(id, one)| (*id, one.client.as_str()))
    }

    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

impl Subscription {
    fn outstanding(&self) -> u64 {
        self.sent - self.acknowledged
    }

    fn has_room(&self) -> bool {
        // By the car's own pace nobody waits for a lockstep subscriber: its batches must not pile up for ever.
        let window = if self.window == LOCKSTEP { MAX_WINDOW } else { self.window };
        self.outstanding() < u64::from(window)
    }

    fn is_due(&self, now: Nanoseconds) -> bool {
        self.has_room() && self.last_sent.is_none_or(|last| now.since(last) >= self.min_interval)
    }

    /// What changed since the last batch; `None` if that is nothing and no heartbeat is due.
    fn batch(&mut self, id: u32, store: &Store, now: Nanoseconds) -> Option<Batch> {
        // As many as the last time, most often: it need not grow.
        let mut changes = Vec::with_capacity(self.last_changes);
        for (handle, (slot, told)) in (0u32..).zip(self.slots.iter().zip(&mut self.told)) {
            if let Some(reading) = news(told, *slot, store, now) {
                changes.push((handle, reading));
            }
        }
        self.last_changes = changes.len();
        if changes.is_empty() && self.last_sent.is_some_and(|last| now.since(last) < HEARTBEAT) {
            return None;
        }
        Some(self.send(id, now, changes))
    }

    /// A slot's handle and reading, if it is subscribed to and changed since it was told.
    fn change_of(&mut self, slot: usize, store: &Store, now: Nanoseconds) -> Option<(u32, Reading)> {
        let at = self.handles.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        let (_, handle) = *self.handles.get(at)?;
        let told = self.told.get_mut(usize::try_from(handle).ok()?)?;
        Some((handle, news(told, slot, store, now)?))
    }

    fn send(&mut self, id: u32, now: Nanoseconds, changes: Vec<(u32, Reading)>) -> Batch {
        if self.outstanding() == 0 {
            self.waiting_since = now;
        }
        self.sent += 1;
        self.last_sent = Some(now);
        Batch { client: self.client.clone(), id, sequence: self.sent, now, changes }
    }
}

fn sorted(mut handles: Vec<(usize, u32)>) -> Vec<(usize, u32)> {
    handles.sort_unstable();
    handles
}

/// The reading of a slot, if it differs from what was told; it is told now.
fn news(told: &mut Option<Told>, slot: usize, store: &Store, now: Nanoseconds) -> Option<Reading> {
    let reading = store.reading(slot, now);
    let heard = (!store.car().told_on_change(slot)).then_some(reading.heard);
    let same = told
        .as_ref()
        .is_some_and(|(quality, value, time)| *quality == reading.quality && *value == reading.value && *time == heard);
    (!same).then(|| {
        *told = Some((reading.quality, reading.value.clone(), heard));
        reading
    })
}
