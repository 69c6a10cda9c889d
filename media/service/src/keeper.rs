//! Keeps what must survive a power cut: the queue, what plays and where, how far episodes were heard, and what does not decode.
//!
//! A task of its own writes, the latest of each kind: a disk that is slow or full holds nobody up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tandem_library::{
    Gain, ItemId, Library, LibraryError, Playable as Kept, Repeat as KeptRepeat, Session, SessionEntry,
};
use tandem_player::protocol::ReplayGain;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tracing::{info, warn};
use url::Url;

use crate::core::Core;
use crate::queue::{Queue, Slot};
use crate::state::{Playable, Repeat, Status};

/// After the disk refused, it is tried again so often, if nothing new comes before.
const AGAIN: Duration = Duration::from_secs(5);

/// What is not written yet.
#[derive(Default)]
struct Waiting {
    session: Option<Session>,
    position: Option<(u64, i64)>,
    heard: HashMap<ItemId, (i64, i64)>,
    unplayable: HashMap<ItemId, String>,
    last: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.session.is_none() && self.position.is_none() && self.heard.is_empty() && self.unplayable.is_empty()
    }

    /// Takes back what the disk refused, where nothing newer has come.
    fn take_back(&mut self, refused: Self) {
        match (&self.session, refused.session) {
            (None, Some(mut session)) => {
                if let Some((entry, micros)) = self.position.take().or(refused.position) {
                    (session.current, session.position_us) = (Some(entry), micros);
                }
                self.session = Some(session);
            }
            (None, None) => self.position = self.position.or(refused.position),
            (Some(_), _) => {}
        }
        for (id, heard) in refused.heard {
            self.heard.entry(id).or_insert(heard);
        }
        for (id, reason) in refused.unplayable {
            self.unplayable.entry(id).or_insert(reason);
        }
    }
}

/// What a session is made of, but for the position: another mark, and it is saved anew.
type Mark = (u64, Option<u64>, bool, Repeat, Status, u64, u64, ReplayGain);

/// See the module.
pub struct Keeper {
    waiting: Arc<Mutex<Waiting>>,
    more: Arc<Notify>,
    writer: JoinHandle<()>,
    kept: Option<Mark>,
}

impl Keeper {
    pub fn new(library: Library) -> Self {
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let more = Arc::new(Notify::new());
        let writer = tokio::spawn(write(library, Arc::clone(&waiting), Arc::clone(&more)));
        Self { waiting, more, writer, kept: None }
    }

    /// Saves the session if it is another one than was saved last.
    pub fn look(&mut self, core: &Core) {
        let queue = core.queue();
        let mark = (
            queue.generation(),
            queue.current(),
            queue.shuffled(),
            queue.repeat,
            core.wish,
            core.volume.to_bits(),
            core.rate.to_bits(),
            core.gain,
        );
        if self.kept.replace(mark).is_some_and(|kept| kept != mark) {
            let session = session(core);
            self.put(|waiting| {
                waiting.position = None;
                waiting.session = Some(session);
            });
        }
    }

    pub fn position(&self, core: &Core, micros: i64) {
        let Some(entry) = core.queue().current() else { return };
        self.put(|waiting| match &mut waiting.session {
            Some(session) => (session.current, session.position_us) = (Some(entry), micros),
            None => waiting.position = Some((entry, micros)),
        });
    }

    pub fn heard(&self, id: ItemId, micros: i64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        self.put(|waiting| {
            waiting.heard.insert(id, (micros, now));
        });
    }

    pub fn unplayable(&self, id: ItemId, reason: String) {
        self.put(|waiting| {
            waiting.unplayable.insert(id, reason);
        });
    }

    fn put(&self, what: impl FnOnce(&mut Waiting)) {
        what(&mut lock(&self.waiting));
        self.more.notify_one();
    }

    /// Writes what is left.
    pub async fn finish(self) {
        self.put(|waiting| waiting.last = true);
        // A writer that panicked has said so.
        drop(self.writer.await);
    }
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn write(library: Library, waiting: Arc<Mutex<Waiting>>, more: Arc<Notify>) {
    let mut refused = false;
    loop {
        let mut next = std::mem::take(&mut *lock(&waiting));
        if next.is_empty() {
            if next.last {
                return;
            }
            more.notified().await;
            continue;
        }
        if next.last {
            lock(&waiting).last = true;
        }
        match write_one(&library, &mut next).await {
            Err(error) => {
                if !std::mem::replace(&mut refused, true) {
                    warn!(error = &error as &dyn std::error::Error, "where playback stands is not kept; told once");
                }
                if next.last {
                    return;
                }
                lock(&waiting).take_back(next);
                // Nobody waits for it: it is tried again with the next news, or by itself.
                drop(tokio::time::timeout(AGAIN, more.notified()).await);
            }
            Ok(()) if refused => {
                info!("where playback stands is kept again");
                refused = false;
            }
            Ok(()) => {}
        }
    }
}

/// Writes one after the other until the disk refuses; what is left is not written.
async fn write_one(library: &Library, next: &mut Waiting) -> Result<(), LibraryError> {
    if let Some(session) = &next.session {
        library.save_session(session).await?;
        next.session = None;
    }
    if let Some((entry, micros)) = next.position {
        library.save_position(entry, micros).await?;
        next.position = None;
    }
    while let Some((id, (micros, at))) = next.heard.iter().next().map(|(id, heard)| (*id, *heard)) {
        forgiving(library.heard(id, micros, at).await)?;
        next.heard.remove(&id);
    }
    while let Some((id, reason)) = next.unplayable.iter().next().map(|(id, reason)| (*id, reason.clone())) {
        forgiving(library.mark_unplayable(id, &reason).await)?;
        next.unplayable.remove(&id);
    }
    Ok(())
}

/// What was forgotten meanwhile needs no note.
fn forgiving(result: Result<(), LibraryError>) -> Result<(), LibraryError> {
    match result {
        Err(LibraryError::NoSuchItem(_)) => Ok(()),
        other => other,
    }
}

fn session(core: &Core) -> Session {
    let queue = core.queue();
    let mut by_rank: Vec<&Slot> = queue.slots().iter().collect();
    by_rank.sort_by_key(|slot| slot.rank);
    let entry = |slot: &&Slot| SessionEntry { entry: slot.entry, playable: kept(&slot.what), title: String::new() };
    Session {
        entries: by_rank.iter().map(entry).collect(),
        order: if queue.shuffled() { queue.slots().iter().map(|slot| slot.entry).collect() } else { Vec::new() },
        current: queue.current(),
        position_us: core.anchor.micros,
        playing: core.wish == Status::Playing,
        shuffle: queue.shuffled(),
        repeat: match queue.repeat {
            Repeat::None => KeptRepeat::Off,
            Repeat::Track => KeptRepeat::Track,
            Repeat::Playlist => KeptRepeat::Queue,
        },
        volume: core.volume,
        gain: match core.gain {
            ReplayGain::Off => Gain::Off,
            ReplayGain::Track => Gain::Track,
            ReplayGain::Album => Gain::Album,
        },
        rate: core.rate,
    }
}

fn kept(what: &Playable) -> Kept {
    match what {
        Playable::Item(id) => Kept::Item(*id),
        Playable::Address(address) => Kept::Address(address.clone()),
        Playable::File(path) => Kept::Address(Url::from_file_path(path).map(String::from).unwrap_or_default()),
    }
}

/// The queue of a saved session, in the order in which it plays.
pub fn restored(session: &Session, seed: u64) -> Queue {
    let places: HashMap<u64, usize> = session.order.iter().enumerate().map(|(place, entry)| (*entry, place)).collect();
    let slot = |(rank, entry): (u32, &SessionEntry)| Slot {
        entry: entry.entry,
        rank,
        what: match &entry.playable {
            Kept::Item(id) => Playable::Item(*id),
            Kept::Address(address) => Playable::Address(address.clone()),
        },
    };
    let mut slots: Vec<Slot> = (0..).zip(&session.entries).map(slot).collect();
    if session.shuffle {
        // What the order does not name comes last.
        slots.sort_by_key(|slot| places.get(&slot.entry).copied().unwrap_or(usize::MAX));
    }
    let repeat = match session.repeat {
        KeptRepeat::Off => Repeat::None,
        KeptRepeat::Track => Repeat::Track,
        KeptRepeat::Queue => Repeat::Playlist,
    };
    Queue::restored(seed, slots, session.current, session.shuffle, repeat)
}

/// Volume, loudness and rate of a saved session.
pub fn tuned(core: &mut Core, session: &Session) {
    core.set_volume(session.volume);
    core.set_gain(match session.gain {
        Gain::Off => ReplayGain::Off,
        Gain::Track => ReplayGain::Track,
        Gain::Album => ReplayGain::Album,
    });
    if session.rate > 0.0 {
        core.set_rate(std::time::Duration::ZERO, session.rate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(current: u64, position_us: i64) -> Session {
        Session { current: Some(current), position_us, ..session_of_nothing() }
    }

    fn session_of_nothing() -> Session {
        super::session(&Core::new(Queue::new(1), Duration::ZERO))
    }

    #[test]
    fn what_the_disk_refused_is_kept_with_the_newest_position() {
        let id = |row| ItemId { kind: tandem_library::Kind::Episode, row };
        let refused = Waiting {
            session: Some(session(3, 1)),
            heard: HashMap::from([(id(1), (10, 1)), (id(2), (20, 1))]),
            ..Waiting::default()
        };
        let mut waiting =
            Waiting { position: Some((4, 9)), heard: HashMap::from([(id(1), (11, 2))]), ..Waiting::default() };
        waiting.take_back(refused);
        let kept = waiting.session.as_ref().map(|session| (session.current, session.position_us));
        assert_eq!((kept, waiting.position), (Some((Some(4), 9)), None));
        assert_eq!(waiting.heard, HashMap::from([(id(1), (11, 2)), (id(2), (20, 1))]), "the newer one stays");

        let mut newer = Waiting { session: Some(session(5, 2)), ..Waiting::default() };
        newer.take_back(waiting);
        assert_eq!(newer.session.map(|session| session.current), Some(Some(5)));
    }
}
