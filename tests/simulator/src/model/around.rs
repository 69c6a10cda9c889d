//! What the car sees around it: the car ahead, its lane, walls behind and before it; and how awake its driver is.

use serde::Deserialize;

use super::STEP_SECONDS;
use super::body::{Body, Change, Gear, Indicator};
use super::motion::Motion;
use crate::random::{Random, Wander};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cruise {
    Off,
    /// Switched on, and the driver drives.
    Ready,
    /// It keeps speed and distance.
    Active,
}

/// m between two cars that stand in a queue, and how long a gap takes to become what is wished, s.
const QUEUE: f64 = 4.0;
const GAP_WITHIN: f64 = 5.0;
/// How far the radar sees, m, and the sensors in the bumpers.
const RADAR: f64 = 180.0;
const BUMPER: f64 = 5.0;
/// Nearer than this, m, they warn.
const NEAR: f64 = 0.6;
/// From the car's sides to the lines, m, in the lane's middle.
const LINES: f64 = 0.825;
/// How far the car strays in its lane, m, and over how many seconds.
const STRAYS: (f64, f64) = (0.18, 9.0);
/// Slower than this, m/s, nobody looks for lines; faster, the sensors in the bumpers rest.
const LANES_FROM: f64 = 8.0;
const BUMPERS_TO: f64 = 3.5;
/// Every so many seconds another car overtakes on a motorway, for so many beside the car.
const OVERTAKEN: (f64, f64) = (45.0, 4.0);
const MOTORWAY: f64 = 25.0;
/// Percent that the driver's attention wanders by, over how many seconds; and how tired an hour makes.
const ATTENTION: (f64, f64) = (3.0, 20.0);
const TIRES: f64 = 6.0;

/// Sensors in the bumpers, half of them in front.
pub const ECHOES: usize = 12;

/// m ahead and to the left, and how fast it goes away, m/s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub ahead: f64,
    pub left: f64,
    pub grows: f64,
}

#[derive(Clone, Debug)]
pub struct Around {
    /// m and m/s.
    lead: Option<(f64, f64)>,
    rear: Option<f64>,
    front: Option<f64>,
    stray: Wander,
    attention: Wander,
    seconds: f64,
}

impl Around {
    pub fn new(change: &Change) -> Self {
        let mut around = Self {
            lead: None,
            rear: None,
            front: None,
            stray: Wander::new(STRAYS.0, STRAYS.1),
            attention: Wander::new(ATTENTION.0, ATTENTION.1),
            seconds: 0.0,
        };
        around.meet(change);
        around
    }

    /// Walls that a scenario puts there; 0 m takes one away.
    pub fn meet(&mut self, change: &Change) {
        let wall = |metres: f64| (metres > 0.0).then_some(metres);
        self.rear = change.rear_metres.map_or(self.rear, wall);
        self.front = change.front_metres.map_or(self.front, wall);
    }

    pub fn step(&mut self, body: &Body, motion: &Motion, random: &mut Random) {
        self.stray.step(random);
        self.attention.step(random);
        self.seconds += STEP_SECONDS;
        let ahead = if body.gear == Gear::R { -motion.distance } else { motion.distance };
        self.rear = self.rear.map(|wall| (wall + ahead).max(0.0));
        self.front = self.front.map(|wall| (wall - ahead).max(0.0));
        self.lead = match body.gap_seconds > 0.0 && body.gear == Gear::D {
            false => None,
            true => {
                let wanted = QUEUE + body.gap_seconds * motion.speed;
                // A car that comes into sight does so at the radar's end.
                let before = self.lead.map_or(RADAR, |(metres, _)| metres);
                let metres = before + (wanted - before) * STEP_SECONDS / GAP_WITHIN;
                Some((metres, (motion.speed + (metres - before) / STEP_SECONDS).max(0.0)))
            }
        };
    }

    /// m to the car ahead, and how fast the gap grows, m/s.
    pub fn lead(&self, motion: &Motion) -> Option<(f64, f64)> {
        self.lead.filter(|(metres, _)| *metres < RADAR).map(|(metres, speed)| (metres, speed - motion.speed))
    }

    /// s to the car ahead, for a car that moves.
    pub fn gap(&self, motion: &Motion) -> Option<f64> {
        let (metres, _) = self.lead(motion)?;
        (motion.speed > 1.0).then(|| metres / motion.speed)
    }

    /// s until the gap is closed, if it closes.
    pub fn collision(&self, motion: &Motion) -> Option<f64> {
        let (metres, grows) = self.lead(motion)?;
        (grows < -0.5).then(|| metres / -grows)
    }

    /// m from the car's side to the line on its left and on its right, if it sees lines.
    pub fn lines(&self, motion: &Motion) -> Option<(f64, f64)> {
        let stray = self.stray.value().clamp(-LINES, LINES);
        (motion.speed > LANES_FROM).then_some((LINES + stray, LINES - stray))
    }

    /// Too near to a line with no indicator set.
    pub fn departs(&self, body: &Body, motion: &Motion) -> bool {
        let near = self.lines(motion).is_some_and(|(left, right)| left.min(right) < 0.25);
        near && body.indicator == Indicator::Off
    }

    /// Whether the sensors in the bumpers look.
    pub fn parks(&self, body: &Body, motion: &Motion) -> bool {
        let near = self.front.is_some_and(|wall| wall < BUMPER);
        motion.speed < BUMPERS_TO && (body.gear == Gear::R || (body.gear == Gear::D && near))
    }

    /// m from a sensor in a bumper, 0 to 5 in front from the left, 6 to 11 behind.
    pub fn echo(&self, body: &Body, motion: &Motion, at: usize) -> Option<f64> {
        let row = if at < ECHOES / 2 { self.front(body, motion) } else { self.rear(body, motion) };
        row.get(at % (ECHOES / 2) / 2).copied().flatten()
    }

    /// m from the rear bumper: left, centre, right. The wall stands a little askew.
    pub fn rear(&self, body: &Body, motion: &Motion) -> [Option<f64>; 3] {
        let sees = body.gear == Gear::R && self.parks(body, motion);
        [0.12, 0.0, 0.31].map(|askew| seen(self.rear.filter(|_| sees), askew))
    }

    /// m from the front bumper: left, centre, right.
    pub fn front(&self, body: &Body, motion: &Motion) -> [Option<f64>; 3] {
        [0.08, 0.0, 0.17].map(|askew| seen(self.front.filter(|_| self.parks(body, motion)), askew))
    }

    /// A car that overtakes on the left: m that it is behind our mirror.
    pub fn beside(&self, motion: &Motion) -> Option<f64> {
        let (every, stays) = OVERTAKEN;
        let since = self.seconds % every - (every - stays);
        (motion.speed > MOTORWAY && since >= 0.0).then_some(9.0 - since * 4.5)
    }

    /// What the radar follows: the car ahead, the one before it, and one that overtakes.
    pub fn object(&self, motion: &Motion, number: usize) -> Option<Seen> {
        let lead = self.lead(motion);
        match number {
            0 => lead.map(|(ahead, grows)| Seen { ahead, left: 0.0, grows }),
            1 => lead
                .map(|(ahead, grows)| Seen { ahead: ahead * 1.8, left: 0.2, grows })
                .filter(|seen| seen.ahead < RADAR),
            _ => self.beside(motion).map(|behind| Seen { ahead: -behind, left: 3.5, grows: 4.5 }),
        }
    }

    /// Percent: attention, tiredness.
    pub fn driver(&self) -> (f64, f64) {
        let tired = (5.0 + self.seconds / 3600.0 * TIRES).min(100.0);
        ((96.0 + self.attention.value()).clamp(0.0, 100.0), tired)
    }
}

/// What a sensor in a bumper makes of a wall.
fn seen(wall: Option<f64>, askew: f64) -> Option<f64> {
    wall.map(|metres| metres + askew).filter(|metres| *metres < BUMPER)
}

/// Whether a wall is so near that the car warns.
pub fn is_near(metres: Option<f64>) -> bool {
    metres.is_some_and(|metres| metres < NEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rolling(speed: f64) -> Motion {
        Motion { speed, distance: speed * STEP_SECONDS, ..Motion::default() }
    }

    #[test]
    fn the_wall_behind_comes_nearer_only_backwards() {
        let reverse = Body { gear: Gear::R, ..Body::default() };
        let mut around = Around::new(&Change { rear_metres: Some(4.0), ..Change::default() });
        let mut random = Random::new(1);
        (0..100).for_each(|_| around.step(&reverse, &rolling(1.0), &mut random));
        let [left, centre, right] = around.rear(&reverse, &rolling(1.0)).map(Option::unwrap);
        assert!((centre - 3.0).abs() < 1e-9 && left > centre && right > left, "{left} {centre} {right}");
        let drive = Body { gear: Gear::D, ..Body::default() };
        (0..100).for_each(|_| around.step(&drive, &rolling(1.0), &mut random));
        assert_eq!(around.rear(&drive, &rolling(1.0)), [None; 3], "nobody looks back while driving");
        assert!((around.rear(&reverse, &rolling(0.0))[1].unwrap() - 4.0).abs() < 1e-9);
        (0..1000).for_each(|_| around.step(&reverse, &rolling(1.0), &mut random));
        assert_eq!(around.rear(&reverse, &rolling(0.0))[1], Some(0.0));
    }

    #[test]
    fn the_car_ahead_keeps_its_gap() {
        let body = Body { gear: Gear::D, gap_seconds: 1.8, ..Body::default() };
        let (mut around, mut random) = (Around::new(&Change::default()), Random::new(1));
        let motion = rolling(33.0);
        assert_eq!(around.lead(&motion), None);
        around.step(&body, &motion, &mut random);
        assert!(around.lead(&motion).unwrap().1 < 0.0, "it is caught up with");
        (0..6000).for_each(|_| around.step(&body, &motion, &mut random));
        let (metres, grows) = around.lead(&motion).unwrap();
        assert!((metres - QUEUE - 59.4).abs() < 0.1 && grows.abs() < 0.1, "{metres} {grows}");
        assert!((around.gap(&motion).unwrap() - 1.92).abs() < 0.01);
        assert_eq!(around.collision(&motion), None);
    }
}
