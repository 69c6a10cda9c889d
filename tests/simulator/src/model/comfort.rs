//! Windows, locks and lamps inside: what moves by itself once it was told.

use super::STEP_SECONDS;
use super::body::{Body, Gear, Power};

/// How fast a window moves, percent a second.
const WINDOW: f64 = 28.0;
/// The doors lock themselves from this speed on, m/s.
const LOCKS: f64 = 4.0;
/// How long the lamp inside stays on behind a shut door, s.
const LAMP: f64 = 8.0;
/// Where the mirror on the passenger's side stands, percent, and where it looks at the kerb while the car reverses.
const MIRROR: f64 = 12.0;
const MIRROR_REVERSING: f64 = -45.0;
const MIRROR_MOVES: f64 = 40.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Comfort {
    /// Percent open: driver, passenger, behind the driver, behind the passenger.
    pub windows: [f64; 4],
    /// The doors have locked themselves.
    locked: bool,
    lamp: f64,
    pub passenger_mirror: f64,
}

impl Comfort {
    pub fn new(body: &Body) -> Self {
        Self { windows: wished(body), locked: body.locked, lamp: 0.0, passenger_mirror: MIRROR }
    }

    /// One step at a speed in m/s.
    pub fn step(&mut self, body: &Body, speed: f64) {
        let most = WINDOW * STEP_SECONDS;
        for (window, wish) in self.windows.iter_mut().zip(wished(body)) {
            *window += (wish - *window).clamp(-most, most);
        }
        let opened = body.any_door();
        self.locked = (self.locked || speed > LOCKS) && !opened && body.power >= Power::On;
        self.lamp = if opened { LAMP } else { (self.lamp - STEP_SECONDS).max(0.0) };
        let mirror = if body.gear == Gear::R { MIRROR_REVERSING } else { MIRROR };
        let moves = MIRROR_MOVES * STEP_SECONDS;
        self.passenger_mirror += (mirror - self.passenger_mirror).clamp(-moves, moves);
    }

    /// Whether a door is locked that is open or not.
    pub fn locks(&self, body: &Body, open: bool) -> bool {
        (self.locked || body.locked) && !open
    }

    /// The lamp inside.
    pub fn lit(&self) -> bool {
        self.lamp > 0.0
    }
}

fn wished(body: &Body) -> [f64; 4] {
    [
        body.driver_window_percent,
        body.passenger_window_percent,
        body.rear_driver_window_percent,
        body.rear_passenger_window_percent,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_lock_on_the_way_and_a_window_takes_its_time() {
        let mut body = Body { power: Power::On, driver_window_percent: 100.0, ..Body::default() };
        let mut comfort = Comfort::new(&Body::default());
        (0..100).for_each(|_| comfort.step(&body, 10.0));
        assert!((25.0..30.0).contains(&comfort.windows[0]) && comfort.windows[1] == 0.0);
        assert!(comfort.locks(&body, false) && !comfort.lit());
        (body.driver_door, body.gear) = (true, Gear::R);
        (0..300).for_each(|_| comfort.step(&body, 0.0));
        assert!(comfort.windows[0] == 100.0 && !comfort.locks(&body, false) && comfort.lit());
        assert_eq!(comfort.passenger_mirror, MIRROR_REVERSING);
        body.driver_door = false;
        (0..1000).for_each(|_| comfort.step(&body, 0.0));
        assert!(!comfort.lit());
    }
}
