//! Goes through a story's steps: one after the other, each when its time has come. Time is an argument.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::deed::Deed;
use crate::event::What;
use crate::story::{Cue, Step, When};

pub struct Script {
    steps: std::vec::IntoIter<Step>,
    step: Option<Step>,
    /// When the step is due: its cue has come.
    due: Option<Duration>,
    connected: bool,
    paired: bool,
    /// It hangs or has vanished.
    asleep: bool,
    /// What has happened since the step before.
    heard: BTreeSet<Cue>,
    /// What sounded when it was last told.
    sounding: BTreeSet<String>,
}

impl Script {
    pub fn new(steps: Vec<Step>) -> Self {
        let mut steps = steps.into_iter();
        let step = steps.next();
        let mut script = Self {
            steps,
            step,
            due: None,
            connected: false,
            paired: false,
            asleep: false,
            heard: BTreeSet::new(),
            sounding: BTreeSet::new(),
        };
        script.look(Duration::ZERO);
        script
    }

    /// A player sounds from the start.
    pub fn sounds(&mut self, player: &str) {
        self.sounding.insert(player.to_owned());
    }

    /// When to take the next step, if that is known.
    pub fn due(&self) -> Option<Duration> {
        self.due
    }

    pub fn is_over(&self) -> bool {
        self.step.is_none()
    }

    /// The next step's deed, if its time has come.
    pub fn take(&mut self, now: Duration) -> Option<Deed> {
        self.due.filter(|due| *due <= now)?;
        let step = self.step.take()?;
        self.step = self.steps.next();
        self.due = None;
        self.heard.clear();
        self.look(now);
        Some(step.deed)
    }

    /// Something happened.
    pub fn hear(&mut self, now: Duration, what: &What) {
        let cue = match what {
            What::Connected { paired, .. } => {
                (self.connected, self.paired) = (true, *paired);
                None
            }
            What::Disconnected { .. } => {
                self.connected = false;
                None
            }
            What::Air { is } => {
                self.asleep = matches!(*is, "hung" | "vanished");
                // Of the car it had before.
                self.connected &= self.asleep || *is == "woke";
                None
            }
            What::Paired => {
                self.paired = true;
                None
            }
            What::Unpaired { .. } => {
                self.paired = false;
                Some(Cue::Unpaired)
            }
            What::PairAsked { .. } => Some(Cue::PairAsked),
            What::Player { now: player, .. } => {
                let before = match player.sounding {
                    true => !self.sounding.insert(player.player.clone()),
                    false => self.sounding.remove(&player.player),
                };
                Some(match (before, player.sounding) {
                    (false, true) => Cue::Playing,
                    (true, false) => Cue::Paused,
                    _ => Cue::Moved,
                })
            }
            What::Ignored { .. } => Some(Cue::Ignored),
            What::Received { .. } => Some(Cue::Received),
            What::NoteDismissed { .. } => Some(Cue::Dismissed),
            What::Buttons { .. } => Some(Cue::Buttons),
            What::CarPlayer { playing: true, .. } => Some(Cue::CarPlays),
            What::CarPlayer { playing: false, .. } => Some(Cue::CarPauses),
            What::Pinged { .. } => Some(Cue::Pinged),
            What::Ringing => Some(Cue::Ringing),
            What::Silenced => Some(Cue::Silenced),
            What::Done { .. } => Some(Cue::Done),
            _ => None,
        };
        self.heard.extend(cue);
        self.look(now);
    }

    fn look(&mut self, now: Duration) {
        let Some(step) = self.step.as_ref().filter(|_| self.due.is_none()) else { return };
        self.due = match step.when {
            When::At(at) => Some(at),
            When::After(cue, wait) => {
                let here = self.connected && !self.asleep;
                let holds = match cue {
                    Cue::Connected => here,
                    Cue::Paired => here && self.paired,
                    Cue::Away => !here,
                    other => self.heard.contains(&other),
                };
                holds.then_some(now + wait)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deed::Simple;
    use crate::event::PlayerNow;
    use crate::player::By;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn script(whens: &[When]) -> Script {
        let step = |when: &When| Step { when: *when, deed: Deed::Simple(Simple::Status) };
        Script::new(whens.iter().map(step).collect())
    }

    fn plays(sounding: bool) -> What {
        let now = PlayerNow {
            player: "Podcasts".to_owned(),
            title: String::new(),
            sounding,
            position_ms: 0,
            says_playing: sounding,
            says_ms: 0,
        };
        What::Player { by: By::Car, now }
    }

    #[test]
    fn steps_come_one_by_one_and_a_late_one_at_once() {
        let mut script = script(&[When::At(at(100)), When::At(at(50))]);
        assert_eq!((script.due(), script.take(at(99))), (Some(at(100)), None));
        assert!(script.take(at(100)).is_some());
        assert_eq!(script.due(), Some(at(50)));
        assert!(script.take(at(100)).is_some() && script.is_over() && script.due().is_none());
    }

    #[test]
    fn what_happens_counts_from_the_step_before_and_what_is_so_counts_at_once() {
        let paused = When::After(Cue::Paused, at(500));
        let mut script = script(&[When::After(Cue::Paired, at(0)), paused, When::After(Cue::Away, at(0))]);
        script.sounds("Podcasts");
        script.hear(at(10), &plays(false));
        script.hear(at(20), &What::Connected { car: String::new(), protocol: 8, paired: true });
        assert!(script.take(at(20)).is_some());
        assert_eq!(script.due(), None, "that it was paused before does not count");
        script.hear(at(30), &plays(true));
        assert_eq!(script.due(), None);
        script.hear(at(40), &plays(false));
        script.hear(at(90), &plays(false));
        assert_eq!(script.due(), Some(at(540)), "the first time counts");
        script.hear(at(100), &What::Air { is: "vanished" });
        assert!(script.take(at(540)).is_some());
        assert_eq!(script.due(), Some(at(540)));
    }

    #[test]
    fn a_phone_that_wakes_has_the_car_that_it_had_and_one_that_is_started_anew_has_none() {
        let here = When::After(Cue::Connected, at(0));
        let mut script = script(&[When::After(Cue::Away, at(0)), here, When::After(Cue::Away, at(0)), here]);
        script.hear(at(1), &What::Connected { car: String::new(), protocol: 8, paired: true });
        assert!(script.take(at(1)).is_some(), "it was away at first");
        script.hear(at(2), &What::Air { is: "hung" });
        script.hear(at(3), &What::Air { is: "woke" });
        assert!(script.take(at(3)).is_some());
        script.hear(at(4), &What::Air { is: "vanished" });
        script.hear(at(5), &What::Air { is: "came" });
        assert!(script.take(at(5)).is_some());
        assert_eq!(script.due(), None);
    }
}
