//! Whether a phone is with somebody in the car. A connection alone proves nothing: a phone at home reaches a car in the garage. A connection and an ignition that is on,
//! or a door that was just opened, do.

use std::time::Duration;

/// How long a door that was opened speaks for somebody who gets in.
const DOOR_SPEAKS: Duration = Duration::from_secs(120);
/// How long everything has to speak for it.
const SETTLES: Duration = Duration::from_secs(2);
/// Without a connection it is out after so long, with the ignition off and on.
const OUT_WHEN_OFF: Duration = Duration::from_secs(10);
const OUT_WHEN_ON: Duration = Duration::from_secs(60);

/// What the car says of somebody getting in or out; what is not known says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cabin {
    pub ignition_on: Option<bool>,
    pub driver_door_open: Option<bool>,
    pub driver_belted: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whereabouts {
    In,
    /// The ignition is off and the door is open: what is to be given back is given back now, while the connection lives.
    Leaving,
    #[default]
    Out,
}

/// One phone's. Time is an argument, measured from any start.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    whereabouts: Whereabouts,
    cabin: Cabin,
    linked: bool,
    /// When the connection was lost.
    lost: Option<Duration>,
    /// When the driver's door was last seen open.
    door: Option<Duration>,
    /// Since when everything speaks for somebody inside.
    speaks: Option<Duration>,
}

impl Presence {
    pub fn whereabouts(&self) -> Whereabouts {
        self.whereabouts
    }

    /// The connection came or went.
    pub fn link(&mut self, now: Duration, up: bool) {
        if self.linked != up {
            self.linked = up;
            self.lost = (!up).then_some(now);
        }
        self.tick(now);
    }

    pub fn cabin(&mut self, now: Duration, cabin: Cabin) {
        // An open door speaks from the moment at which it was shut on.
        if cabin.driver_door_open == Some(true) || self.cabin.driver_door_open == Some(true) {
            self.door = Some(now);
        }
        self.cabin = cabin;
        self.tick(now);
    }

    fn on(&self) -> bool {
        self.cabin.ignition_on == Some(true)
    }

    fn gets_out(&self) -> bool {
        self.cabin.ignition_on == Some(false)
            && self.cabin.driver_door_open == Some(true)
            && self.cabin.driver_belted != Some(true)
    }

    fn door_speaks(&self, now: Duration) -> bool {
        self.door.is_some_and(|opened| now < opened + DOOR_SPEAKS)
    }

    /// Time passes.
    pub fn tick(&mut self, now: Duration) {
        let speaks = self.linked && (self.on() || self.door_speaks(now));
        self.speaks = if speaks { self.speaks.or(Some(now)) } else { None };
        self.whereabouts = match self.whereabouts {
            Whereabouts::Out if self.speaks.is_some_and(|since| now >= since + SETTLES) => Whereabouts::In,
            Whereabouts::In if self.gets_out() => Whereabouts::Leaving,
            // Somebody changed their mind.
            Whereabouts::Leaving if self.linked && self.on() => Whereabouts::In,
            Whereabouts::In | Whereabouts::Leaving if self.out_at().is_some_and(|out| now >= out) => Whereabouts::Out,
            same => same,
        };
    }

    fn out_at(&self) -> Option<Duration> {
        Some(self.lost? + if self.on() { OUT_WHEN_ON } else { OUT_WHEN_OFF })
    }

    /// When to call [`Presence::tick`] next.
    pub fn due(&self) -> Option<Duration> {
        match self.whereabouts {
            Whereabouts::Out => self.speaks.map(|since| since + SETTLES),
            Whereabouts::In | Whereabouts::Leaving => self.out_at(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Whereabouts::{In, Leaving, Out};

    const DRIVES: Cabin = Cabin { ignition_on: Some(true), driver_door_open: Some(false), driver_belted: Some(true) };
    const OFF: Cabin = Cabin { ignition_on: Some(false), driver_door_open: Some(false), driver_belted: Some(false) };
    const OPEN: Cabin = Cabin { driver_door_open: Some(true), ..OFF };

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn somebody_gets_in_drives_and_gets_out() {
        let mut presence = Presence::default();
        presence.cabin(at(0.0), OPEN);
        presence.link(at(1.0), true);
        assert_eq!((presence.whereabouts(), presence.due()), (Out, Some(at(3.0))));
        presence.tick(at(3.0));
        assert_eq!((presence.whereabouts(), presence.due()), (In, None));
        presence.cabin(at(9.0), DRIVES);
        presence.cabin(at(600.0), OFF);
        assert_eq!(presence.whereabouts(), In, "the engine is off, and nobody has opened a door");
        presence.cabin(at(602.0), OPEN);
        assert_eq!(presence.whereabouts(), Leaving);
        presence.link(at(620.0), false);
        assert_eq!((presence.whereabouts(), presence.due()), (Leaving, Some(at(630.0))));
        presence.tick(at(630.0));
        assert_eq!(presence.whereabouts(), Out);
    }

    #[test]
    fn a_phone_at_home_is_not_in_the_car_in_the_garage() {
        let mut presence = Presence::default();
        presence.cabin(at(0.0), OFF);
        presence.link(at(1.0), true);
        presence.tick(at(5_000.0));
        assert_eq!((presence.whereabouts(), presence.due()), (Out, None));
        let mut unknown = Presence::default();
        unknown.link(at(1.0), true);
        unknown.tick(at(5_000.0));
        assert_eq!(unknown.whereabouts(), Out, "a car that says nothing proves nothing");
    }

    #[test]
    fn a_door_that_was_shut_long_ago_says_nothing() {
        let mut presence = Presence::default();
        presence.cabin(at(0.0), OPEN);
        presence.cabin(at(5.0), OFF);
        presence.link(at(126.0), true);
        presence.tick(at(200.0));
        assert_eq!(presence.whereabouts(), Out);
        presence.cabin(at(201.0), DRIVES);
        presence.tick(at(203.0));
        assert_eq!(presence.whereabouts(), In);
    }

    #[test]
    fn a_connection_that_is_lost_while_driving_comes_back_within_a_minute() {
        let mut presence = Presence::default();
        presence.cabin(at(0.0), DRIVES);
        presence.link(at(0.0), true);
        presence.tick(at(2.0));
        presence.link(at(100.0), false);
        presence.tick(at(159.0));
        assert_eq!(presence.whereabouts(), In);
        presence.link(at(159.5), true);
        presence.tick(at(1_000.0));
        assert_eq!(presence.whereabouts(), In);
        presence.link(at(1_001.0), false);
        presence.tick(at(1_061.0));
        assert_eq!(presence.whereabouts(), Out);
    }

    #[test]
    fn a_flicker_is_no_arrival() {
        let mut presence = Presence::default();
        presence.cabin(at(0.0), DRIVES);
        presence.link(at(0.0), true);
        presence.link(at(1.9), false);
        presence.link(at(2.0), true);
        presence.tick(at(3.9));
        assert_eq!(presence.whereabouts(), Out);
        presence.tick(at(4.0));
        assert_eq!(presence.whereabouts(), In);
    }

    #[test]
    fn who_starts_again_did_not_leave() {
        let mut presence = Presence::default();
        presence.cabin(at(0.0), DRIVES);
        presence.link(at(0.0), true);
        presence.tick(at(2.0));
        presence.cabin(at(10.0), OPEN);
        assert_eq!(presence.whereabouts(), Leaving);
        presence.cabin(at(11.0), DRIVES);
        assert_eq!(presence.whereabouts(), In);
    }
}
