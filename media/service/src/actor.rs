//! The one task that owns the core: requests, the player's news and the clock come in by turns; orders, questions and news go out in their order. Nothing slow is done
//! in it: the library answers from tasks of their own.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tandem_contracts::driving::Rules;
use tandem_contracts::media::MediaError;
use tandem_runtime::Watchdog;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use crate::child::{Child, News, Program};
use crate::core::{Core, Effect, Facts};
use crate::finder::Finder;
use crate::keeper::Keeper;
use crate::queue::QueueError;
use crate::state::{Answer, Handle, Happening, Request, Snapshot};
use crate::tell;

/// Requests that may wait for the actor; a client beyond that waits at its own end.
const REQUESTS: usize = 256;
/// Events of the player that may wait.
const NEWS: usize = 256;
/// Happenings that a slow listener may be behind.
const HAPPENINGS: usize = 256;

/// What comes to the actor beside requests and the player's news.
#[derive(Debug)]
pub enum Word {
    Found {
        entry: u64,
        facts: Box<Facts>,
    },
    Checked {
        entry: u64,
        present: bool,
    },
    /// A volume is part of the library now.
    Came,
    /// Covers were found for some of its tracks.
    Covered,
    /// It is no more.
    Gone {
        volume: String,
    },
}

/// Both ends of a channel.
type Ends<T> = (mpsc::Sender<T>, mpsc::Receiver<T>);

/// See the module.
pub struct Actor {
    core: Core,
    began: Instant,
    program: Program,
    child: Option<Child>,
    children: u64,
    news: Ends<(u64, News)>,
    words: Ends<Word>,
    requests: mpsc::Receiver<Request>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    happenings: broadcast::Sender<Happening>,
    finder: Finder,
    keeper: Keeper,
    /// What is told once the snapshot is.
    untold: VecDeque<Happening>,
    /// Players that could not be started, and why: the core hears of it after what it wanted last is done.
    failed_starts: VecDeque<String>,
}

impl Actor {
    /// An actor with a core, and the way to it. The core's time begins now.
    pub fn new(core: Core, program: Program, finder: Finder, keeper: Keeper, rules: Rules) -> (Self, Handle) {
        let (sender, requests) = mpsc::channel(REQUESTS);
        let began = Instant::now();
        let (snapshot, watcher) = watch::channel(Arc::new(tell::snapshot(&core, began)));
        let happenings = broadcast::Sender::new(HAPPENINGS);
        let handle = Handle { requests: sender, snapshot: watcher, happenings: happenings.clone(), rules };
        let actor = Self {
            core,
            began,
            program,
            child: None,
            children: 0,
            news: mpsc::channel(NEWS),
            words: mpsc::channel(NEWS),
            requests,
            snapshot,
            happenings,
            finder,
            keeper,
            untold: VecDeque::new(),
            failed_starts: VecDeque::new(),
        };
        (actor, handle)
    }

    /// Where the rest of the service puts its words.
    pub fn words(&self) -> mpsc::Sender<Word> {
        self.words.0.clone()
    }

    /// Runs until told to stop, or until nobody is left who could ask for anything; then saves where it stood.
    pub async fn run(
        mut self,
        position_us: i64,
        playing: bool,
        mut watchdog: Watchdog,
        stop: impl Future<Output = ()>,
    ) {
        tokio::pin!(stop);
        self.core.begin(self.now(), position_us, playing);
        self.perform();
        loop {
            let due = self.began + self.core.due();
            // By turns, whoever is first: no flood of requests keeps the player waiting.
            tokio::select! {
                () = &mut stop => break,
                request = self.requests.recv() => match request {
                    Some(request) => self.answer(request),
                    None => break,
                },
                Some((number, news)) = self.news.1.recv() => self.hear(number, news),
                Some(word) = self.words.1.recv() => self.take(word),
                () = watchdog.turn() => continue,
                () = tokio::time::sleep_until(due) => self.core.tick(self.now()),
            }
            self.perform();
        }
        self.keeper.position(&self.core, self.core.position(self.now()));
        self.child = None;
        self.keeper.finish().await;
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn hear(&mut self, number: u64, news: News) {
        if self.child.as_ref().is_none_or(|child| child.number != number) {
            return;
        }
        let now = self.now();
        match news {
            News::Told(event) => {
                debug!(?event, "the player tells");
                self.core.hear(now, event);
            }
            News::Died(how) => {
                warn!(how, "the player died");
                self.child = None;
                self.core.player_died(now, "died");
            }
        }
    }

    fn take(&mut self, word: Word) {
        let now = self.now();
        match word {
            Word::Found { entry, facts } => self.core.found(now, entry, *facts),
            Word::Checked { entry, present } => self.core.checked(now, entry, present),
            Word::Covered => self.core.look_anew(),
            Word::Came => self.core.volume_came(now),
            Word::Gone { volume } => self.core.volume_gone(now, &volume),
        }
    }

    fn answer(&mut self, request: Request) {
        let now = self.now();
        let core = &mut self.core;
        match request {
            Request::Play => core.play(now),
            Request::Pause => core.pause(now),
            Request::PlayPause => core.play_or_pause(now),
            Request::Stop => core.stop(now),
            Request::Next => core.next(now),
            Request::Previous => core.previous(now),
            Request::SeekBy(micros) => core.seek_by(now, micros),
            Request::SeekTo { entry, micros } => core.seek_to(now, entry, micros),
            Request::Volume(volume) => core.set_volume(volume),
            Request::VolumeBy(step) => core.change_volume(step),
            Request::Mute => core.mute(),
            Request::Rate(rate) => core.set_rate(now, rate),
            Request::Shuffle(shuffle) => core.set_shuffle(shuffle),
            Request::Repeat(repeat) => core.set_repeat(repeat),
            Request::ReplayGain(mode) => core.set_gain(mode),
            Request::Queue { playables, place, answer } => reply(answer, core.enqueue(now, playables, place)),
            Request::QueuePage { offset, limit, answer } => self.finder.page(core.queue(), offset, limit, answer),
            Request::JumpTo { entry, answer } => reply(answer, core.jump_to(now, entry)),
            Request::Move { entry, to, answer } => reply(answer, core.move_entry(entry, to)),
            Request::Remove { entry, answer } => reply(answer, core.remove(now, entry)),
            Request::Clear { answer } => {
                core.clear(now);
                reply(answer, Ok(()));
            }
        }
    }

    /// Does what the core wants, and tells what has changed.
    fn perform(&mut self) {
        loop {
            for effect in self.core.take_effects() {
                self.do_one(effect);
            }
            let Some(why) = self.failed_starts.pop_front() else { break };
            warn!(why, "no player");
            self.core.player_died(self.now(), "does not start");
        }
        self.keeper.look(&self.core);
        // What is being looked up is known in a moment; until then the old is told rather than half of the new.
        if self.core.is_finding() {
            return;
        }
        let snapshot = tell::snapshot(&self.core, self.began);
        self.snapshot.send_if_modified(|told| {
            let is_other = **told != snapshot;
            if is_other {
                *told = Arc::new(snapshot);
            }
            is_other
        });
        for happening in self.untold.drain(..) {
            // Nobody may be listening.
            let _ = self.happenings.send(happening);
        }
    }

    fn do_one(&mut self, effect: Effect) {
        match effect {
            Effect::Order(order) => {
                debug!(?order, "to the player");
                if !self.child.as_ref().is_none_or(|child| child.order(&order)) {
                    // It reads nothing; its silence is noticed by the clock.
                    debug!("the player takes no orders");
                }
            }
            Effect::StartPlayer { network } => {
                self.child = None;
                self.children += 1;
                match Child::start(&self.program, network, self.children, self.news.0.clone()) {
                    Ok(child) => {
                        info!(network, number = child.number, "a player starts");
                        self.child = Some(child);
                    }
                    Err(error) => self.failed_starts.push_back(full(&error)),
                }
            }
            Effect::Find { entry, what } => self.finder.find(entry, what, self.words.0.clone()),
            Effect::Check { entry, volume } => self.finder.check(entry, volume, self.words.0.clone()),
            Effect::Happened(happening) => self.untold.push_back(happening),
            Effect::Unplayable { id, reason } => self.keeper.unplayable(id, reason),
            Effect::Heard { id, micros } => self.keeper.heard(id, micros),
            Effect::SavePosition { micros, .. } => self.keeper.position(&self.core, micros),
        }
    }
}

fn reply<T>(answer: Answer<T>, result: Result<T, QueueError>) {
    let result = result.map_err(|error| match error {
        QueueError::NoSuchEntry(_) => MediaError::NotFound(error.to_string()),
        QueueError::Full => MediaError::Busy(error.to_string()),
    });
    // A client that does not wait for its answer any more is no error.
    drop(answer.send(result));
}

/// An error with its causes, in one line.
pub fn full(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        line.push_str(&format!(": {deeper}"));
        cause = deeper.source();
    }
    line
}
