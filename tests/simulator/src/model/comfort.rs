//! Windows, locks, mirrors and the lamp inside: what moves by itself once it was told.

use super::STEP_SECONDS;
use super::body::{Body, Gear, Power};
use super::own::{Axis, Own};

/// How fast a window moves, percent a second.
const WINDOW: f64 = 28.0;
/// The doors lock themselves from this speed on, m/s.
const LOCKS: f64 = 4.0;
/// How long the lamp inside stays on behind a shut door, s.
const LAMP: f64 = 8.0;
/// Where the mirrors look at first, percent, and where the passenger's looks at the kerb while the car reverses.
const MIRRORS: [f64; 4] = [8.0, -15.0, 12.0, 22.0];
const MIRROR_REVERSING: f64 = -45.0;
const MIRROR_MOVES: f64 = 40.0;

/// Of [`Comfort::mirrors`].
pub const DRIVER_TILT: usize = 0;
pub const DRIVER_PAN: usize = 1;
pub const PASSENGER_TILT: usize = 2;
pub const PASSENGER_PAN: usize = 3;
/// Of [`Comfort::doors`], behind the four doors.
pub const TRUNK: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct Comfort {
    /// Percent open: driver, passenger, behind the driver, behind the passenger.
    pub windows: [f64; 4],
    /// The doors have locked themselves.
    locked: bool,
    /// Whether each is to be locked: driver, passenger, behind the driver, behind the passenger, trunk.
    pub doors: [Own<bool>; 5],
    lamp: f64,
    /// Driver's and passenger's.
    pub folded: [Own<bool>; 2],
    pub mirrors_heated: [Own<bool>; 2],
    /// Where they look, percent.
    pub mirrors: [Axis; 4],
    /// Where the passenger's looks when the car does not reverse, percent.
    pub passenger_tilt: f64,
}

impl Comfort {
    pub fn new(body: &Body) -> Self {
        Self {
            windows: wished(body),
            locked: body.locked,
            doors: [Own::new(body.locked); 5],
            lamp: 0.0,
            folded: [Own::new(body.mirrors_folded); 2],
            mirrors_heated: [Own::new(body.rear_defrost); 2],
            mirrors: MIRRORS.map(|looks| Axis::new(looks, MIRROR_MOVES)),
            passenger_tilt: MIRRORS[PASSENGER_TILT],
        }
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
        let locked = self.locked || body.locked;
        self.doors.iter_mut().for_each(|door| door.follow(locked));
        self.folded.iter_mut().for_each(|mirror| mirror.follow(body.mirrors_folded));
        self.mirrors_heated.iter_mut().for_each(|mirror| mirror.follow(body.rear_defrost));
        self.mirrors[PASSENGER_TILT].aim = if body.gear == Gear::R { MIRROR_REVERSING } else { self.passenger_tilt };
        self.mirrors.iter_mut().for_each(|mirror| mirror.step(STEP_SECONDS));
    }

    /// Whether a door is locked that is open or not.
    pub fn locks(&self, door: usize, open: bool) -> bool {
        self.doors.get(door).is_some_and(Own::value) && !open
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
        assert!(comfort.locks(0, false) && !comfort.lit());
        (body.driver_door, body.gear) = (true, Gear::R);
        (0..300).for_each(|_| comfort.step(&body, 0.0));
        assert!(comfort.windows[0] == 100.0 && !comfort.locks(0, false) && comfort.lit());
        assert_eq!(comfort.mirrors[PASSENGER_TILT].at, MIRROR_REVERSING);
        body.driver_door = false;
        (0..1000).for_each(|_| comfort.step(&body, 0.0));
        assert!(!comfort.lit());
    }
}
