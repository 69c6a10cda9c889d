//! What follows without a gap, agreed upon between the streaming thread that asks and the service that answers.
//!
//! GStreamer asks as soon as a track is read ahead, and for short ones again before the first is heard: more than one track can
//! be committed. Whoever changes the order after that must load anew.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the streaming thread waits for an answer. The track is read to its end by then, so nothing stalls meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long it waits for a jump that is under way; the jump may wait for it.
const JUMP_PATIENCE: Duration = Duration::from_millis(20);

/// A track and the address that was admitted for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub id: u64,
    pub address: crate::address::Address,
}

#[derive(Debug, Default)]
struct State {
    /// What is heard, then what is committed after it.
    line: VecDeque<Admitted>,
    answers: HashMap<u64, Option<Admitted>>,
    asked: HashSet<u64>,
    open: bool,
    /// Which load this is; a thread that waited through another one is too late.
    load: u64,
    /// A jump is under way: what is committed before it would be lost by it.
    held: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Sequel {
    shared: Arc<(Mutex<State>, Condvar)>,
}

/// What an answer of the service changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Noted in time.
    Noted,
    /// Something else is already committed: load anew.
    TooLate,
    /// It follows nothing that is here.
    Stale,
}

impl Sequel {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This is heard, and nothing is committed after it. What is known of its successor stays known.
    /// `held` if it begins with a jump.
    pub fn open(&self, heard: Admitted, gapless: bool, held: bool) {
        let mut state = self.lock();
        let known = state.answers.remove(&heard.id);
        let asked = state.asked.contains(&heard.id);
        *state = State { open: gapless, held, load: state.load + 1, ..State::default() };
        if let Some(known) = known {
            state.answers.insert(heard.id, known);
        }
        if asked {
            state.asked.insert(heard.id);
        }
        state.line.push_back(heard);
    }

    /// Nothing more is committed, and nobody waits.
    pub fn close(&self) {
        self.lock().open = false;
        self.shared.1.notify_all();
    }

    /// A jump comes: nothing is committed until [`Self::release`]. False if something is committed already.
    pub fn hold(&self) -> bool {
        let mut state = self.lock();
        let free = state.line.len() < 2;
        state.held = free;
        free
    }

    pub fn release(&self) {
        self.lock().held = false;
        self.shared.1.notify_all();
    }

    /// Called by the streaming thread: gives `commit` the address that follows, asked for by `ask` if it is not known.
    pub fn next(&self, ask: impl Fn(u64), commit: impl FnOnce(&str)) -> Option<()> {
        let begun = Instant::now();
        let mut state = self.lock();
        let load = state.load;
        loop {
            if !state.open || state.load != load {
                return None;
            }
            let patience = if state.held { JUMP_PATIENCE } else { PATIENCE };
            let left = patience.checked_sub(begun.elapsed())?;
            if state.held {
                state = self.wait(state, left);
                continue;
            }
            let last = state.line.back()?.id;
            if let Some(answer) = state.answers.get(&last).cloned() {
                let next = answer?;
                // Still under the lock, or it could overtake the next load.
                commit(next.address.uri());
                state.line.push_back(next);
                return Some(());
            }
            if state.asked.insert(last) {
                ask(last);
            }
            state = self.wait(state, left);
        }
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        match self.shared.1.wait_timeout(state, time) {
            Ok((state, _)) => state,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }

    /// The service says what follows `after`.
    pub fn answer(&self, after: u64, next: Option<Admitted>) -> Answered {
        let mut state = self.lock();
        let Some(place) = state.line.iter().position(|track| track.id == after) else { return Answered::Stale };
        let committed = state.line.get(place + 1).cloned();
        state.answers.insert(after, next.clone());
        state.asked.insert(after);
        let answered = match committed {
            None => Answered::Noted,
            Some(committed) if next.as_ref() == Some(&committed) => Answered::Noted,
            Some(_) => Answered::TooLate,
        };
        drop(state);
        self.shared.1.notify_all();
        answered
    }

    /// The track that is committed to follow is heard now.
    pub fn advance(&self) -> Option<Admitted> {
        let mut state = self.lock();
        if state.line.len() < 2 {
            return None;
        }
        if let Some(over) = state.line.pop_front() {
            state.answers.remove(&over.id);
        }
        state.line.front().cloned()
    }

    /// What is committed to follow what is heard.
    pub fn committed(&self) -> Option<Admitted> {
        self.lock().line.get(1).cloned()
    }

    /// What the service wants to follow what is heard.
    pub fn successor(&self) -> Option<Admitted> {
        let state = self.lock();
        state.answers.get(&state.line.front()?.id).cloned().flatten()
    }

    /// Its successor does not sound: it is nobody's, and may be asked for again.
    pub fn refuse_successor(&self) {
        let mut state = self.lock();
        if let Some(heard) = state.line.front().map(|track| track.id) {
            state.answers.remove(&heard);
            state.asked.remove(&heard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn track(id: u64) -> Admitted {
        Admitted { id, address: Address::Stream { uri: format!("http://a/{id}") } }
    }

    #[test]
    fn an_answer_that_came_first_is_taken_and_a_change_after_that_is_too_late() {
        let sequel = Sequel::default();
        sequel.open(track(1), true, false);
        assert_eq!(sequel.answer(1, Some(track(2))), Answered::Noted);
        let ask = |_: u64| panic!("it is known");
        assert!(sequel.next(ask, |uri| assert_eq!(uri, "http://a/2")).is_some());
        // Two are committed before the first is heard.
        assert_eq!(sequel.answer(2, Some(track(3))), Answered::Noted);
        assert!(sequel.next(ask, |uri| assert_eq!(uri, "http://a/3")).is_some());
        assert_eq!(sequel.answer(1, Some(track(2))), Answered::Noted, "the same again changes nothing");
        assert_eq!(sequel.answer(2, None), Answered::TooLate);
        assert_eq!(sequel.answer(9, None), Answered::Stale);
        assert_eq!(sequel.advance(), Some(track(2)));
        assert_eq!(sequel.answer(1, None), Answered::Stale, "it is over");
        assert_eq!(sequel.advance(), Some(track(3)));
        assert_eq!(sequel.advance(), None);
    }

    #[test]
    fn the_one_that_waits_is_freed_by_an_answer_or_by_the_end() {
        let sequel = Sequel::default();
        sequel.open(track(1), true, false);
        let (asked, question) = std::sync::mpsc::channel();
        let waits = sequel.clone();
        let thread =
            std::thread::spawn(move || waits.next(|id| asked.send(id).unwrap(), |uri| assert_eq!(uri, "http://a/2")));
        assert_eq!(question.recv().unwrap(), 1);
        assert_eq!(sequel.answer(1, Some(track(2))), Answered::Noted);
        assert!(thread.join().unwrap().is_some());
        sequel.close();
        assert!(sequel.next(|_| panic!("closed"), |_| panic!("closed")).is_none());
    }

    #[test]
    fn who_waited_through_another_load_commits_nothing_to_it() {
        let sequel = Sequel::default();
        sequel.open(track(1), true, false);
        let (asked, question) = std::sync::mpsc::channel();
        let waits = sequel.clone();
        let thread = std::thread::spawn(move || waits.next(|id| asked.send(id).unwrap(), |_| panic!("too late")));
        question.recv().unwrap();
        sequel.open(track(1), true, false);
        sequel.answer(1, Some(track(2)));
        assert!(thread.join().unwrap().is_none());
        assert_eq!(sequel.committed(), None);
    }

    #[test]
    fn nothing_is_committed_while_a_jump_is_under_way() {
        let sequel = Sequel::default();
        sequel.open(track(1), true, true);
        sequel.answer(1, Some(track(2)));
        assert!(sequel.next(|_| panic!("known"), |_| panic!("held")).is_none());
        sequel.release();
        assert!(sequel.hold());
        sequel.release();
        assert!(sequel.next(|_| panic!("known"), |uri| assert_eq!(uri, "http://a/2")).is_some());
        assert!(!sequel.hold(), "too late to jump");
    }

    #[test]
    fn what_was_known_of_a_successor_outlives_a_load_of_the_same_track() {
        let sequel = Sequel::default();
        sequel.open(track(1), true, false);
        sequel.answer(1, Some(track(2)));
        sequel.open(track(1), true, false);
        assert_eq!(sequel.successor(), Some(track(2)));
        assert_eq!(sequel.committed(), None);
        sequel.open(track(5), true, false);
        assert_eq!(sequel.successor(), None);
    }
}
