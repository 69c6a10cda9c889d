//! A player of the phone: what sounds, and what is said of it, which are not always the same. Time is an argument, measured from any start.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tandem_kdeconnect::{Action, Playing};

use crate::deed::Faults;

/// Beyond this `Previous` begins the track anew instead of going back, as players do.
const BEGINS_ANEW_MS: i64 = 3_000;

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Track {
    pub title: String,
    #[serde(default)]
    pub artist: String,
    #[serde(default)]
    pub album: String,
    pub length_ms: i64,
    /// Android says none; a browser on a desktop does.
    pub url: Option<String>,
}

/// A player as the story describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The app's label: by it the phone tells its players apart.
    pub name: String,
    #[serde(default)]
    pub playing: bool,
    /// In the first track.
    #[serde(default)]
    pub position_ms: i64,
    /// Says where it is; Android says where it was at its last change.
    #[serde(default)]
    pub honest_position: bool,
    /// Android's players do not.
    #[serde(default)]
    pub obeys_seek: bool,
    /// Percent.
    #[serde(default = "loud")]
    pub volume: u8,
    #[serde(default)]
    pub tracks: Vec<Track>,
}

fn loud() -> u8 {
    70
}

/// What somebody wants of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Do(Action),
    SetPosition { ms: i64 },
    Seek { us: i64 },
    Volume { percent: u8 },
}

/// Who wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    Car,
    /// Whoever holds the phone.
    Hand,
    /// A track ended.
    Itself,
}

pub struct Player {
    plan: Plan,
    track: usize,
    sounding: bool,
    /// Where it was, and when: at the last change.
    position_ms: i64,
    since: Duration,
    /// It was told to pause, said that it did, and did not.
    pretends: bool,
}

impl Player {
    /// A plan has at least one track.
    pub fn new(plan: Plan, now: Duration) -> Self {
        Self { track: 0, sounding: plan.playing, position_ms: plan.position_ms, since: now, pretends: false, plan }
    }

    pub fn name(&self) -> &str {
        &self.plan.name
    }

    pub fn track(&self) -> Option<&Track> {
        self.plan.tracks.get(self.track)
    }

    /// Whether it is heard, whatever is said.
    pub fn is_sounding(&self) -> bool {
        self.sounding
    }

    fn length_ms(&self) -> i64 {
        self.track().map_or(0, |track| track.length_ms)
    }

    /// Where it is, whatever is said.
    pub fn position_ms(&self, now: Duration) -> i64 {
        let passed = if self.sounding { now.saturating_sub(self.since).as_millis() as i64 } else { 0 };
        (self.position_ms + passed).min(self.length_ms())
    }

    /// When its track ends.
    pub fn due(&self) -> Option<Duration> {
        let left = u64::try_from(self.length_ms() - self.position_ms).unwrap_or(0);
        self.sounding.then(|| self.since + Duration::from_millis(left))
    }

    /// Goes on to the next track, or stops after the last; says whether something changed.
    pub fn tick(&mut self, now: Duration) -> bool {
        let ended = self.due().is_some_and(|due| due <= now);
        if ended && !self.go_to(now, self.track + 1) {
            self.set(now, false, 0);
        }
        ended
    }

    /// Says whether something changed that is told.
    pub fn told(&mut self, now: Duration, order: Order, by: By, faults: &Faults) -> bool {
        let is_faulty = by == By::Car && self.sounding;
        let pauses = match order {
            Order::Do(Action::Pause | Action::Stop) => true,
            Order::Do(Action::PlayPause) => self.sounding,
            _ => false,
        };
        if pauses && is_faulty && faults.says_paused {
            let before = std::mem::replace(&mut self.pretends, true);
            self.set(now, true, self.position_ms(now));
            return !before;
        }
        if pauses && is_faulty && faults.never_pauses {
            return false;
        }
        let here = self.position_ms(now);
        let was_pretending = std::mem::take(&mut self.pretends);
        match order {
            Order::Do(Action::Play) if self.sounding => return was_pretending,
            Order::Do(Action::Pause) if !self.sounding => return false,
            Order::Do(Action::Play) => self.set(now, true, here),
            Order::Do(Action::Pause) => self.set(now, false, here),
            Order::Do(Action::PlayPause) => self.set(now, !self.sounding, here),
            Order::Do(Action::Stop) => self.set(now, false, 0),
            Order::Do(Action::Next) => return self.go_to(now, self.track + 1),
            Order::Do(Action::Previous) if here > BEGINS_ANEW_MS || self.track == 0 => self.set(now, self.sounding, 0),
            Order::Do(Action::Previous) => return self.go_to(now, self.track - 1),
            Order::SetPosition { ms } => self.set(now, self.sounding, ms),
            Order::Seek { us } if self.plan.obeys_seek => self.set(now, self.sounding, here.saturating_add(us / 1000)),
            Order::Seek { .. } => return false,
            Order::Volume { percent } => self.plan.volume = percent.min(100),
        }
        true
    }

    fn set(&mut self, now: Duration, sounding: bool, position_ms: i64) {
        (self.sounding, self.position_ms, self.since) = (sounding, position_ms.clamp(0, self.length_ms()), now);
    }

    fn go_to(&mut self, now: Duration, track: usize) -> bool {
        let exists = track < self.plan.tracks.len();
        if exists {
            self.track = track;
            self.set(now, self.sounding, 0);
        }
        exists
    }

    /// What is said of it, all of it each time, as Android does.
    pub fn says(&self, now: Duration, faults: &Faults) -> Playing {
        let track = self.track();
        let word = |text: fn(&Track) -> &String| track.map(|track| text(track).clone());
        let here = if self.plan.honest_position && !self.pretends { self.position_ms(now) } else { self.position_ms };
        Playing {
            title: word(|track| &track.title),
            artist: word(|track| &track.artist),
            album: word(|track| &track.album),
            url: track.and_then(|track| track.url.clone()),
            length_ms: Some(self.length_ms()),
            position_ms: Some(here.saturating_add(faults.position_off_ms).max(0)),
            playing: Some(self.sounding && !self.pretends),
            can_play: Some(true),
            can_pause: Some(true),
            can_go_next: Some(true),
            can_go_previous: Some(true),
            can_seek: Some(true),
            volume: Some(self.plan.volume),
            ..Playing::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn player(more: &str) -> Player {
        let text = format!(
            "name = 'Podcasts'\nplaying = true\nposition_ms = 5000\n{more}\n\
             tracks = [{{ title = 'One', length_ms = 60000 }}, {{ title = 'Two', length_ms = 10000 }}]"
        );
        Player::new(toml::from_str(&text).unwrap(), at(1000))
    }

    fn told(player: &mut Player, ms: u64, action: Action) -> bool {
        player.told(at(ms), Order::Do(action), By::Car, &Faults::default())
    }

    fn said(player: &Player, ms: u64) -> (bool, i64) {
        let said = player.says(at(ms), &Faults::default());
        (said.playing.unwrap(), said.position_ms.unwrap())
    }

    #[test]
    fn what_is_said_while_it_plays_is_as_old_as_the_last_change_and_exact_when_it_pauses() {
        let mut android = player("");
        assert_eq!((android.position_ms(at(8000)), said(&android, 8000)), (12_000, (true, 5_000)));
        assert!(told(&mut android, 8250, Action::Pause));
        assert_eq!((android.position_ms(at(9999)), said(&android, 9999)), (12_250, (false, 12_250)));
        assert!(!told(&mut android, 9999, Action::Pause), "it pauses once");
        assert_eq!(said(&player("honest_position = true"), 8000), (true, 12_000));
    }

    #[test]
    fn orders_are_obeyed_as_android_obeys_them() {
        let mut android = player("");
        let order = |player: &mut Player, order| player.told(at(2000), order, By::Car, &Faults::default());
        assert!(!order(&mut android, Order::Seek { us: 1_000_000 }));
        assert!(order(&mut player("obeys_seek = true"), Order::Seek { us: 1_000_000 }));
        assert!(order(&mut android, Order::SetPosition { ms: 99_000 }));
        assert_eq!(android.position_ms(at(2000)), 60_000, "never beyond its end");
        assert!(order(&mut android, Order::Do(Action::Next)) && !order(&mut android, Order::Do(Action::Next)));
        assert_eq!((android.track().unwrap().title.as_str(), android.position_ms(at(2500))), ("Two", 500));
        assert!(order(&mut android, Order::Do(Action::Previous)));
        assert_eq!(android.track().unwrap().title, "One");
        assert!(order(&mut android, Order::Volume { percent: 200 }));
        assert_eq!(android.says(at(2000), &Faults::default()).volume, Some(100));
    }

    #[test]
    fn a_track_ends_by_the_clock_and_the_last_one_ends_the_music() {
        let mut player = player("");
        assert_eq!(player.due(), Some(at(56_000)));
        assert!(!player.tick(at(55_999)) && player.tick(at(56_000)));
        assert_eq!((player.track().unwrap().title.as_str(), player.due()), ("Two", Some(at(66_000))));
        assert!(player.tick(at(66_000)));
        assert_eq!((player.is_sounding(), player.due(), said(&player, 70_000)), (false, None, (false, 0)));
    }

    #[test]
    fn a_phone_that_misbehaves_misbehaves_towards_the_car_alone() {
        let mut stubborn = player("");
        let pause =
            |player: &mut Player, by, faults: &Faults| player.told(at(2000), Order::Do(Action::Pause), by, faults);
        let never = Faults { never_pauses: true, ..Faults::default() };
        assert!(!pause(&mut stubborn, By::Car, &never) && stubborn.is_sounding());
        assert!(pause(&mut stubborn, By::Hand, &never) && !stubborn.is_sounding());

        let mut liar = player("");
        let lies = Faults { says_paused: true, position_off_ms: -1000, ..Faults::default() };
        assert!(pause(&mut liar, By::Car, &lies) && !pause(&mut liar, By::Car, &lies));
        let says = liar.says(at(9000), &lies);
        assert_eq!((says.playing, says.position_ms), (Some(false), Some(5_000)), "a second less than when it was told");
        assert_eq!((liar.is_sounding(), liar.position_ms(at(9000))), (true, 13_000));
    }
}
