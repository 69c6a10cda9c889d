//! How the car takes a wish for a temperature: hears it, thinks about it for a moment, then does it or not.

/// How the car answers wishes from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The temperature moves.
    Obey,
    /// The temperature stays, and the status says that it was refused.
    Refuse,
    /// Nothing happens, as with an actuator that is dead.
    Silent,
}

/// `CommandAnswer` in the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    None = 0,
    Accepted = 1,
    Refused = 2,
}

/// What an actuator takes to move, unless it was told otherwise.
const DELAY_NS: u64 = 300_000_000;
/// How long the status shows an answer: five of its cycles, so that a lost frame does not lose it.
const SHOWN_NS: u64 = 500_000_000;

#[derive(Clone, Debug)]
pub struct Climate {
    answer: Answer,
    delay_ns: u64,
    pending: Option<Pending>,
    said: Said,
    said_at: u64,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    celsius: f64,
    answer: Answer,
    due: u64,
}

impl Default for Climate {
    fn default() -> Self {
        Self { answer: Answer::Obey, delay_ns: DELAY_NS, pending: None, said: Said::None, said_at: 0 }
    }
}

impl Climate {
    pub fn answer_with(&mut self, answer: Answer, delay_ns: u64) {
        (self.answer, self.delay_ns) = (answer, delay_ns);
    }

    /// A wish was heard; `in_range` says whether this car can do it at all. It takes the place of one that still waits.
    pub fn wish(&mut self, celsius: f64, in_range: bool, now: u64) {
        let answer = match self.answer {
            Answer::Obey if !in_range => Answer::Refuse,
            answer => answer,
        };
        if answer != Answer::Silent {
            self.said = Said::None;
        }
        self.pending = Some(Pending { celsius, answer, due: now.saturating_add(self.delay_ns) });
    }

    /// Lets time pass; a temperature in °C comes back when it is time to set it.
    pub fn step(&mut self, now: u64) -> Option<f64> {
        if self.said != Said::None && now >= self.said_at + SHOWN_NS {
            self.said = Said::None;
        }
        let pending = self.pending.take_if(|pending| now >= pending.due)?;
        self.said_at = now;
        match pending.answer {
            Answer::Obey => {
                self.said = Said::Accepted;
                Some(pending.celsius)
            }
            Answer::Refuse => {
                self.said = Said::Refused;
                None
            }
            Answer::Silent => None,
        }
    }

    pub fn said(&self) -> Said {
        self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn an_answer_takes_its_time_and_does_not_stand_for_ever() {
        let mut climate = Climate::default();
        climate.wish(22.5, true, 1000 * MS);
        assert_eq!((climate.step(1299 * MS), climate.said()), (None, Said::None));
        assert_eq!((climate.step(1300 * MS), climate.said()), (Some(22.5), Said::Accepted));
        assert_eq!((climate.step(1799 * MS), climate.said()), (None, Said::Accepted));
        assert_eq!((climate.step(1800 * MS), climate.said()), (None, Said::None));
    }

    #[test]
    fn refusals_silence_and_what_no_car_can_do() {
        let mut climate = Climate::default();
        climate.wish(40.0, false, 0);
        assert_eq!((climate.step(300 * MS), climate.said()), (None, Said::Refused));
        climate.answer_with(Answer::Refuse, 50 * MS);
        climate.wish(20.0, true, 400 * MS);
        assert_eq!(climate.said(), Said::None, "a new wish takes the old answer away");
        assert_eq!((climate.step(450 * MS), climate.said()), (None, Said::Refused));
        climate.answer_with(Answer::Silent, 0);
        climate.wish(20.0, true, 2000 * MS);
        assert_eq!((climate.step(2000 * MS), climate.said()), (None, Said::None));
    }

    #[test]
    fn the_last_wish_counts() {
        let mut climate = Climate::default();
        climate.wish(20.0, true, 0);
        climate.wish(21.0, true, 100 * MS);
        assert_eq!(climate.step(300 * MS), None);
        assert_eq!(climate.step(400 * MS), Some(21.0));
    }
}
