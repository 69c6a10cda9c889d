//! The media link: what plays, what there is to play, and what a screen may ask of it.
//!
//! MPRIS tells what plays ([`Player`]), `org.tandem.Media1` tells the rest ([`Service`]). When either leaves the bus, what it said goes with it.

pub mod art;
mod ask;
mod follow;
mod pages;
mod titles;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use tandem_contracts::media::{Item, Now, ScanProgress, Source};
pub use tandem_contracts::mpris::{Repeat, Status};

pub use art::Picture;
pub use pages::{Known, PAGE_ROWS, Pages};
pub use titles::file;

use tokio::sync::mpsc;
use zbus::Connection;

use crate::line::Line;
use crate::mailbox::Mailbox;

/// Wishes on media that may wait for the bus thread.
pub(crate) const MAX_WAITING: usize = 64;

const MICROS_IN_SECOND: f64 = 1e6;

/// What is new about media. Of each kind only the newest waits for the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Media {
    /// What MPRIS tells; none if there is no player on the bus.
    Player(Option<Box<Player>>),
    /// Where playback is, microseconds: after each [`Media::Player`], and as time passes, if the screen follows it; none if that is not known.
    Position(Option<i64>),
    /// What `Media1` tells; none if there is no such service.
    Service(Option<Box<Service>>),
    /// A part of a list that the screen asked for.
    Rows(Rows),
    /// A picture that the screen asked for.
    Picture(Picture),
    /// An item stands in the queue as it was asked for: behind what plays, or at the end.
    Enqueued { id: String, place: Place },
    /// An entry of the queue was passed over.
    Skipped { item: Box<Item>, reason: String },
    /// What the screen asked for did not happen.
    Refused(Denied),
}

impl Media {
    /// Whether this makes an earlier one history.
    pub(crate) fn replaces(&self, earlier: &Self) -> bool {
        match (self, earlier) {
            (Self::Rows(new), Self::Rows(old)) => new.list == old.list && new.offset == old.offset,
            (Self::Picture(new), Self::Picture(old)) => new.wanted == old.wanted,
            _ => std::mem::discriminant(self) == std::mem::discriminant(earlier),
        }
    }
}

/// What plays, as MPRIS tells it. Texts are 500 characters at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Player {
    pub status: Status,
    /// MPRIS's id of the entry that plays; empty if none does.
    pub track: String,
    pub title: String,
    /// All of them, with commas between.
    pub artist: String,
    pub album: String,
    pub art: Option<PathBuf>,
    /// Microseconds; none for what is endless.
    pub length_us: Option<i64>,
    /// None before it was told.
    pub position: Option<Anchor>,
    pub rate: f64,
    pub shuffle: bool,
    pub repeat: Repeat,
    pub can_go_next: bool,
    pub can_go_previous: bool,
    pub can_play: bool,
    pub can_pause: bool,
    pub can_seek: bool,
}

/// Where playback was at a point in time. From there on it goes by itself, if it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// Microseconds.
    pub position_us: i64,
    /// When it was there.
    pub at: Instant,
    /// Seconds of the track in a second; 1 is usual.
    pub rate: f64,
    pub moves: bool,
}

impl Anchor {
    /// Microseconds at a later point in time.
    pub fn position(&self, now: Instant) -> i64 {
        let passed = if self.moves { now.saturating_duration_since(self.at).as_secs_f64() * self.rate } else { 0.0 };
        self.position_us.saturating_add((passed * MICROS_IN_SECOND) as i64)
    }

    /// How long until the next whole second of the track; none if it rests.
    pub fn next_second(&self, now: Instant) -> Option<Duration> {
        if !self.moves || !self.rate.is_finite() || self.rate <= 0.0 {
            return None;
        }
        let into = self.position(now).rem_euclid(MICROS_IN_SECOND as i64) as f64;
        let wait = Duration::from_secs_f64((MICROS_IN_SECOND - into) / MICROS_IN_SECOND / self.rate.clamp(0.1, 4.0));
        // A hair later than the second, so that the clock is past it; and not at once again for a hair before it.
        Some(wait.max(Duration::from_millis(50)) + Duration::from_millis(1))
    }
}

/// What `Media1` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    pub now: Now,
    pub queue: Queue,
    /// Grows when what the views show changes.
    pub library: u64,
    pub sources: Vec<Source>,
    pub scan: ScanProgress,
}

/// The queue, without its entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    pub generation: u64,
    pub total: u32,
    /// The place that plays, from 0.
    pub current: Option<u32>,
}

/// Something long that is read in parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum List {
    /// A view of `Media1.Page`, or the part of it that lies in `parent` (empty: all of it).
    View {
        view: String,
        parent: String,
    },
    /// What a text finds.
    Search(String),
    Queue,
}

/// Where in the queue something is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind what plays.
    Next,
    /// At the end.
    Last,
}

impl Place {
    /// `Media1`'s word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Last => "last",
        }
    }
}

/// One row of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The entry of the queue; 0 in every other list.
    pub entry: u64,
    pub item: Item,
}

/// Why something asked for did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    pub cause: Cause,
    /// One sentence of the service's, in English; empty if it says nothing.
    pub sentence: String,
}

/// The kinds of [`Denied`]: for a sentence of the screen's own, in its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It is gone.
    NotFound,
    /// It cannot be had now: its stick is away, there is no network.
    NotAvailable,
    /// The disk is full or broken.
    Storage,
    /// Too much at once.
    Busy,
    /// The service does not understand it.
    Invalid,
    /// Not while somebody drives.
    Restricted,
    /// The service does not answer, or there is none.
    NoAnswer,
}

/// A part of a list, as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub list: List,
    pub offset: u32,
    pub answer: Result<Part, Denied>,
}

/// See [`Rows`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub generation: u64,
    /// Rows of the whole list, as far as it may be shown.
    pub total: u32,
    pub rows: Arc<[Row]>,
    /// Rows that may not be shown while the car moves.
    pub left_out: u32,
}

/// What a screen may ask.
#[derive(Clone, Debug, PartialEq)]
pub enum MediaCommand {
    PlayPause,
    Next,
    Previous,
    /// To a position of the entry that plays, microseconds; ignored if another one plays by then.
    Seek {
        track: String,
        position_us: i64,
    },
    Shuffle(bool),
    Repeat(Repeat),
    /// To an entry of the queue.
    JumpTo(u64),
    /// Makes a view the queue and plays the row at this place.
    PlayView {
        view: String,
        parent: String,
        index: u32,
    },
    /// Plays an item; an episode from where it was left.
    Play(String),
    /// Puts an item, or what it holds, into the queue. Once it stands there, a [`Media::Enqueued`] says so.
    Enqueue {
        id: String,
        place: Place,
    },
    /// Moves an entry of the queue to a place in it, from 0.
    MoveEntry {
        entry: u64,
        to: u32,
    },
    /// Takes an entry out of the queue; if it plays, the next one does.
    RemoveEntry(u64),
    /// Empties the queue and stops.
    ClearQueue,
    /// Looks for what is new in every source.
    Scan,
    /// Asks for the rows of a list from here on, [`PAGE_ROWS`] at most. The answer is a [`Media::Rows`].
    Rows {
        list: List,
        offset: u32,
    },
}

/// The line to the player and to `Media1`.
pub(crate) struct MediaLine;

impl Line for MediaLine {
    const NAME: &'static str = "media";
    type Command = MediaCommand;

    async fn follow(&self, signals: &Connection, calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
        follow::follow(signals, calls, mailbox).await
    }

    async fn serve(
        &self,
        calls: &Connection,
        mailbox: &Mailbox,
        commands: &mut mpsc::Receiver<MediaCommand>,
    ) -> zbus::Result<()> {
        ask::serve(calls, mailbox, commands).await
    }

    fn lose(&self, mailbox: &Mailbox) {
        mailbox.media(Media::Player(None));
        mailbox.media(Media::Service(None));
    }

    fn refuse(&self, command: MediaCommand, mailbox: &Mailbox) {
        mailbox.media(ask::unanswered(command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_goes_by_itself_at_its_rate_and_rests_when_it_does_not_move() {
        let at = Instant::now();
        let later = at + Duration::from_millis(1_500);
        let playing = Anchor { position_us: 10_200_000, at, rate: 2.0, moves: true };
        assert_eq!((playing.position(at), playing.position(later)), (10_200_000, 13_200_000));
        let paused = Anchor { moves: false, ..playing };
        assert_eq!((paused.position(later), paused.next_second(later)), (10_200_000, None));
        assert_eq!(playing.next_second(at), Some(Duration::from_millis(401)));
        assert_eq!(Anchor { rate: 0.0, ..playing }.next_second(at), None);
        // A hair before the second: the one after it, or there would be two frames for one.
        let hair = Anchor { position_us: 10_999_990, rate: 1.0, ..playing };
        assert_eq!(hair.next_second(at), Some(Duration::from_millis(51)));
    }

    #[test]
    fn a_part_replaces_the_same_part_alone() {
        let rows = |offset| {
            Media::Rows(Rows {
                list: List::Queue,
                offset,
                answer: Err(Denied { cause: Cause::NoAnswer, sentence: String::new() }),
            })
        };
        assert!(rows(0).replaces(&rows(0)) && !rows(0).replaces(&rows(100)));
        assert!(Media::Player(None).replaces(&Media::Player(Some(Box::default()))));
        assert!(!Media::Player(None).replaces(&Media::Service(None)));
    }
}
