//! A core by the book, without sound: the queue is a list of titles, and time moves only when the test says so.

use std::sync::Arc;
use std::time::Duration;

use tandem_contracts::driving::Rules;
use tandem_media::core::Core;
use tandem_media::queue::Queue;
use tandem_media::state::{Handle, Happening, Place, Playable, Request, Snapshot, Status, Titles};
use tandem_media::tell;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::Instant;

/// What the test does to the core.
pub enum Cue {
    /// Another queue, stopped at its first track.
    Load(Vec<Titles>),
    /// The track ends and the next one goes on, without a gap.
    Ends,
    /// Playback is at this position, by its own progress.
    Progress(i64),
    /// Tells a jump that there was not: what was told before it comes before it.
    Mark(i64),
    Change(Box<dyn FnOnce(&mut Snapshot) + Send>),
}

struct Script {
    tracks: Vec<Titles>,
    /// The entry of the first track; every queue has entries of its own.
    first_entry: u64,
    snapshot: Snapshot,
    told: watch::Sender<Arc<Snapshot>>,
    happenings: broadcast::Sender<Happening>,
}

/// What is told before anything is queued.
pub fn idle() -> Snapshot {
    tell::snapshot(&Core::new(Queue::new(0), Duration::ZERO), Instant::now())
}

/// Starts the core; it lives as long as its handle.
pub fn start() -> (Handle, mpsc::UnboundedSender<Cue>) {
    let (requests, mut asked) = mpsc::channel(64);
    let (told, snapshot) = watch::channel(Arc::new(idle()));
    let (happenings, _) = broadcast::channel(64);
    let (cue, mut cues) = mpsc::unbounded_channel();
    let mut script =
        Script { tracks: Vec::new(), first_entry: 1, snapshot: idle(), told, happenings: happenings.clone() };
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(request) = asked.recv() => script.asked(request),
                Some(cue) = cues.recv() => script.cued(cue),
                else => break,
            }
            script.tell();
        }
    });
    (Handle { requests, snapshot, happenings, rules: Rules::without_a_car() }, cue)
}

impl Script {
    fn tell(&mut self) {
        let snapshot = self.snapshot.clone();
        self.told.send_if_modified(|told| {
            let is_new = **told != snapshot;
            *told = Arc::new(snapshot);
            is_new
        });
    }

    fn cued(&mut self, cue: Cue) {
        match cue {
            Cue::Load(tracks) => {
                self.first_entry += self.tracks.len() as u64;
                self.tracks = tracks;
                self.snapshot.status = Status::Stopped;
                self.snapshot.queue_generation += 1;
                self.go_to(0);
            }
            Cue::Ends => self.next(),
            Cue::Progress(micros) => self.snapshot.position.micros = micros,
            // Nobody may listen.
            Cue::Mark(micros) => drop(self.happenings.send(Happening::Seeked(micros))),
            Cue::Change(change) => change(&mut self.snapshot),
        }
    }

    fn go_to(&mut self, index: usize) {
        let snapshot = &mut self.snapshot;
        let track = self.tracks.get(index);
        snapshot.titles = track.cloned().unwrap_or_default();
        snapshot.entry = track.map_or(0, |_| self.first_entry + index as u64);
        snapshot.queue_length = self.tracks.len() as u32;
        snapshot.queue_current = track.map(|_| index as u32);
        snapshot.position.micros = 0;
        snapshot.can_go_next = index + 1 < self.tracks.len();
        snapshot.can_go_previous = index > 0;
        snapshot.can_play = track.is_some();
        snapshot.can_pause = track.is_some();
        snapshot.can_seek = track.is_some_and(|track| track.length_us.is_some());
    }

    fn next(&mut self) {
        match self.snapshot.queue_current {
            Some(at) if self.snapshot.can_go_next => self.go_to(at as usize + 1),
            _ => self.snapshot.status = Status::Stopped,
        }
    }

    fn seek_to(&mut self, micros: i64) {
        self.snapshot.position.micros = micros;
        let _ = self.happenings.send(Happening::Seeked(micros));
    }

    fn asked(&mut self, request: Request) {
        let snapshot = &mut self.snapshot;
        match request {
            Request::Play if snapshot.can_play => snapshot.status = Status::Playing,
            Request::Pause if snapshot.status == Status::Playing => snapshot.status = Status::Paused,
            Request::PlayPause if snapshot.status == Status::Playing => snapshot.status = Status::Paused,
            Request::PlayPause if snapshot.can_play => snapshot.status = Status::Playing,
            Request::Stop => {
                snapshot.status = Status::Stopped;
                snapshot.position.micros = 0;
            }
            Request::Next => self.next(),
            Request::Previous => {
                if let Some(at) = snapshot.queue_current.filter(|at| *at > 0) {
                    self.go_to(at as usize - 1);
                }
            }
            Request::SeekBy(offset) if snapshot.can_seek => {
                let to = snapshot.position.micros.saturating_add(offset).max(0);
                match snapshot.titles.length_us {
                    Some(length) if to > length => self.next(),
                    _ => self.seek_to(to),
                }
            }
            Request::SeekTo { entry, micros } => {
                let length = snapshot.titles.length_us.unwrap_or(-1);
                if entry == snapshot.entry && (0..=length).contains(&micros) {
                    self.seek_to(micros);
                }
            }
            Request::Volume(volume) => snapshot.volume = volume,
            Request::Rate(rate) => snapshot.rate = rate,
            Request::Shuffle(shuffle) => snapshot.shuffle = shuffle,
            Request::Repeat(repeat) => snapshot.repeat = repeat,
            Request::Queue { playables, place, answer } => {
                assert_eq!(place, Place::Next, "what was queued is kept");
                let Ok([playable]) = <[Playable; 1]>::try_from(playables) else { panic!("one address, one entry") };
                let title = match playable {
                    Playable::File(file) => format!("file {}", file.display()),
                    Playable::Address(address) => format!("address {address}"),
                    Playable::Item(item) => panic!("{item:?} is no address"),
                };
                let at = snapshot.queue_current.map_or(0, |at| at as usize + 1);
                self.tracks.insert(at, Titles { title, ..Titles::default() });
                snapshot.queue_generation += 1;
                let _ = answer.send(Ok(self.first_entry + at as u64));
            }
            Request::JumpTo { entry, answer } => {
                self.go_to((entry - self.first_entry) as usize);
                self.snapshot.status = Status::Playing;
                let _ = answer.send(Ok(()));
            }
            Request::Play | Request::Pause | Request::PlayPause | Request::SeekBy(_) => {}
            other => panic!("MPRIS does not ask for {other:?}"),
        }
    }
}
