//! One session as a card watches it: how far it is on its way, where it plays, and why it came back.

use std::cmp::Reverse;

use slint::Image;
use tandem_kit::phone::{PhoneCause, Session};
use tandem_units::Nanoseconds;

use super::{REASON_SHOWN, Reason};
use crate::media::rows;
use crate::{Having, MediaSession, Passing, Why};

/// The line takes this long from one end to the other, and this long back, milliseconds.
const LINE_FILLS: f32 = 600.0;
const LINE_RUNS_BACK: i64 = 200;
const NANOS_IN_MICRO: u64 = 1_000;
const MICROS_IN_SECOND: i64 = 1_000_000;

/// The session of its kind that matters most: one that is on its way, then what the car has, then what plays on a phone, then what waits there, then what is owed;
/// of two alike the newer.
pub(super) fn first<'a>(sessions: &'a [Session], kind: &str) -> Option<&'a Session> {
    let weight = |session: &Session| match passing(&session.stage) {
        Some(Passing::Offered) if session.media.playing => 2,
        Some(Passing::Offered) => 3,
        Some(Passing::Owed) => 4,
        Some(Passing::Held) => 1,
        Some(_) => 0,
        None => 5,
    };
    let of_kind = sessions.iter().filter(|session| session.kind == kind && passing(&session.stage).is_some());
    of_kind.min_by_key(|session| (weight(session), Reverse(session.since)))
}

/// The stage by its word.
fn passing(word: &str) -> Option<Passing> {
    Some(match word {
        "offered" => Passing::Offered,
        "resolving" => Passing::Resolving,
        "pausing" => Passing::Pausing,
        "starting" => Passing::Starting,
        "held" => Passing::Held,
        "undoing" => Passing::Undoing,
        "releasing" => Passing::Releasing,
        "owed" => Passing::Owed,
        "unsure" => Passing::Unsure,
        _ => return None,
    })
}

/// How much of the line is the car's.
fn share(stage: Passing) -> f32 {
    match stage {
        Passing::Resolving | Passing::Pausing | Passing::Releasing => 0.3,
        Passing::Starting => 0.6,
        Passing::Held => 1.0,
        _ => 0.0,
    }
}

fn why(word: &str) -> Why {
    match word {
        "" => Why::None,
        "not-here" => Why::NotHere,
        "phone-did-not-pause" => Why::PhoneDidNotPause,
        "car-did-not-start" => Why::CarDidNotStart,
        "lost" => Why::Lost,
        "phone-went" => Why::PhoneWent,
        "car-went" => Why::CarWent,
        "expired" => Why::Expired,
        "interrupted" => Why::Interrupted,
        _ => Why::Other,
    }
}

fn having(word: &str) -> Having {
    match word {
        "control" => Having::Control,
        "route" => Having::Route,
        _ => Having::Resume,
    }
}

pub(super) fn why_refused(cause: PhoneCause) -> Why {
    match cause {
        PhoneCause::NotFound => Why::NotFound,
        PhoneCause::Invalid => Why::Invalid,
        PhoneCause::NotNow => Why::NotNow,
        PhoneCause::NotAllowed => Why::NotAllowed,
        PhoneCause::NotParked => Why::NotParked,
        PhoneCause::Storage => Why::Storage,
        PhoneCause::NoAnswer => Why::NoAnswer,
    }
}

/// What a card shows.
#[derive(Debug, Default)]
pub(super) struct Watched {
    session: Option<Session>,
    /// When it was told: from there on the position goes by itself.
    told_at: Nanoseconds,
    reason: Option<Reason>,
    /// How long the line takes to where it is now, milliseconds.
    line_time: i64,
}

impl Watched {
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    pub fn is(&self, id: &str) -> bool {
        self.session.as_ref().is_some_and(|session| session.id == id)
    }

    /// The session is this one now.
    pub fn hear(&mut self, session: Option<&Session>, now: Nanoseconds) {
        let before = self.session.take();
        self.session = session.cloned();
        let same = before.as_ref().zip(session).filter(|(before, session)| before.id == session.id);
        let Some((before, session)) = same else {
            // What came to nothing before this screen knew of it is history.
            (self.reason, self.line_time, self.told_at) = (None, 0, now);
            return;
        };
        if before == session {
            return;
        }
        self.told_at = now;
        let share_of = |session: &Session| passing(&session.stage).map_or(0.0, share);
        let (from, to) = (share_of(before), share_of(session));
        if to > from {
            self.line_time = (LINE_FILLS * (to - from)).round() as i64;
        } else if to < from {
            self.line_time = LINE_RUNS_BACK;
        }
        if before.stage != session.stage || before.why != session.why {
            let steered = session.mode == "control" && session.why == "not-here";
            self.reason = None;
            if !session.why.is_empty() && !steered {
                self.say(why(&session.why), now);
            }
        }
    }

    /// Says why something came to nothing.
    pub fn say(&mut self, why: Why, now: Nanoseconds) {
        self.reason = Some(Reason { why, until: now + REASON_SHOWN });
    }

    /// Time passed. Returns whether there is no reason to be told any more.
    pub fn pass(&mut self, now: Nanoseconds) -> bool {
        let ends = self.reason.is_some_and(|reason| reason.until <= now);
        if ends {
            self.reason = None;
        }
        ends
    }

    /// When it looks different by time alone.
    pub fn wakes_at(&self, now: Nanoseconds) -> Option<Nanoseconds> {
        let second = self.position(now).filter(|_| self.moves()).map(|position| {
            let left = MICROS_IN_SECOND - position.rem_euclid(MICROS_IN_SECOND);
            Nanoseconds(now.0 + u64::try_from(left).unwrap_or_default() * NANOS_IN_MICRO)
        });
        [self.reason.map(|reason| reason.until), second].into_iter().flatten().min()
    }

    /// Whether the position is shown and goes on.
    fn moves(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.media.playing && shows_position(session))
    }

    /// Where it is, microseconds; none if that is not shown or not known.
    pub fn position(&self, now: Nanoseconds) -> Option<i64> {
        let session = self.session.as_ref().filter(|session| shows_position(session))?;
        let media = &session.media;
        let passed = if media.playing { now.since(self.told_at).0 / NANOS_IN_MICRO } else { 0 };
        let end = if media.length_us > 0 { media.length_us } else { i64::MAX };
        Some(media.position_us.saturating_add(i64::try_from(passed).unwrap_or_default()).clamp(0, end))
    }

    pub fn line(&self) -> f32 {
        self.session.as_ref().and_then(|session| passing(&session.stage)).map_or(0.0, share)
    }

    pub fn line_time(&self) -> i64 {
        self.line_time
    }

    pub fn why(&self) -> Why {
        self.reason.map_or(Why::None, |reason| reason.why)
    }

    pub fn stage(&self) -> Passing {
        self.session.as_ref().and_then(|session| passing(&session.stage)).unwrap_or(Passing::Offered)
    }
}

/// A position is worth a word where somebody may go on from it, and where there is one at all.
fn shows_position(session: &Session) -> bool {
    let media = &session.media;
    let endless = media.length_us == 0 && media.position_us == 0;
    session.kind == "media" && session.stage == "offered" && session.mode == "resume" && !endless
}

/// What the card of what plays shows.
pub(super) fn media(watched: &Watched, art: Option<Image>) -> MediaSession {
    let Some(session) = watched.session() else { return MediaSession::default() };
    let media = &session.media;
    let [title, artist] = match (media.title.as_str(), media.artist.as_str()) {
        // A player that says nothing is known by its name.
        ("", _) => [media.app.as_str(), ""],
        words => [words.0, words.1],
    };
    MediaSession {
        present: true,
        item: media.item.as_str().into(),
        title: rows::words(title),
        artist: rows::words(artist),
        phone: rows::words(&session.phone_name),
        has_art: art.is_some(),
        art: art.unwrap_or_default(),
        stage: watched.stage(),
        having: having(&session.mode),
        playing: media.playing,
        why: watched.why(),
    }
}

#[cfg(test)]
mod tests;
