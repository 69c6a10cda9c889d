//! What sensors at the wheels, the pedals and the steering make of the motion.

use super::STEP_SECONDS;
use super::motion::{DRIVE_LIMIT, FORCE_LIMIT, Motion};

/// m.
const WHEELBASE: f64 = 2.87;
const TRACK: f64 = 1.60;
/// Degrees at the steering wheel for one at the wheels, and how far it turns.
const STEERING_RATIO: f64 = 15.0;
const STEERING_LIMIT: f64 = 540.0;
/// How long hands and body take to follow, s.
const HANDS: f64 = 0.25;
const BODY: f64 = 0.15;
/// How far the body leans, degrees a m/s2.
const ROLL: f64 = 0.45;
const PITCH: f64 = 0.35;
/// Nm at the steering wheel a degree that it is turned, with the car rolling.
const STEERING_EFFORT: f64 = 0.05;
/// How fast the foot moves on the accelerator, percent a second.
const PEDAL_MOVES: f64 = 150.0;
/// bar: at the friction brakes' full force, and a percent of the pedal at a stop.
const PRESSURE: f64 = 70.0;
const PRESSURE_STANDING: f64 = 0.5;
/// N, at which [`PRESSURE`] is reached.
const FRICTION: f64 = 8_000.0;
/// Slower than this, m/s, nobody can tell a bend by the way the car turns.
const CRAWLS: f64 = 0.3;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chassis {
    /// Front left, front right, rear left, rear right; m/s.
    pub wheels: [f64; 4],
    /// Degrees at the steering wheel, to the left.
    pub steering: f64,
    /// Degrees a second.
    pub steering_rate: f64,
    /// m/s2, to the left.
    pub lateral: f64,
    /// Degrees: to the right and nose down are positive; and degrees a second.
    pub roll: f64,
    pub pitch: f64,
    pub roll_rate: f64,
    pub pitch_rate: f64,
    /// 0 to 100.
    pub accelerator: f64,
    /// bar.
    pub brake_pressure: f64,
}

impl Chassis {
    /// One step that turned the car by `turn` degrees to the right. `by_itself` is a car that keeps its speed without a foot.
    pub fn step(&mut self, motion: &Motion, turn: f64, brake_pedal: f64, by_itself: bool) {
        let yaw = turn.to_radians() / STEP_SECONDS;
        let apart = yaw * TRACK / 2.0;
        let (left, right) = ((motion.speed + apart).max(0.0), (motion.speed - apart).max(0.0));
        self.wheels = [left, right, left, right];

        let before = self.steering;
        if motion.speed > CRAWLS {
            let wheels = (WHEELBASE * yaw / motion.speed).atan().to_degrees();
            let wanted = (-wheels * STEERING_RATIO).clamp(-STEERING_LIMIT, STEERING_LIMIT);
            self.steering += (wanted - self.steering) * STEP_SECONDS / HANDS;
        }
        self.steering_rate = (self.steering - before) / STEP_SECONDS;

        let (roll, pitch) = (self.roll, self.pitch);
        let lateral = -yaw * motion.speed;
        self.lateral += (lateral - self.lateral) * STEP_SECONDS / BODY;
        self.roll = self.lateral * ROLL;
        self.pitch += (-motion.acceleration * PITCH - self.pitch) * STEP_SECONDS / BODY;
        self.roll_rate = (self.roll - roll) / STEP_SECONDS;
        self.pitch_rate = (self.pitch - pitch) / STEP_SECONDS;

        let most = FORCE_LIMIT.min(DRIVE_LIMIT / motion.speed.max(0.1));
        let asked = if by_itself { 0.0 } else { (motion.motor_force / most * 100.0).clamp(0.0, 100.0) };
        let moves = PEDAL_MOVES * STEP_SECONDS;
        self.accelerator += (asked - self.accelerator).clamp(-moves, moves);

        self.brake_pressure = match motion.speed > 0.0 {
            true => -motion.friction_force / FRICTION * PRESSURE,
            false => brake_pedal * PRESSURE_STANDING,
        };
    }

    /// Degrees at the front wheels, to the left.
    pub fn wheel_angle(&self) -> f64 {
        self.steering / STEERING_RATIO
    }

    /// Nm, to the left.
    pub fn steering_torque(&self) -> f64 {
        (self.steering * STEERING_EFFORT).clamp(-12.0, 12.0)
    }

    /// How high the body stands over a wheel, mm; front left first.
    pub fn height(&self, wheel: usize) -> f64 {
        let front = if wheel < 2 { 1.0 } else { -1.0 };
        let left = if wheel.is_multiple_of(2) { 1.0 } else { -1.0 };
        165.0 - front * self.pitch * 6.0 + left * self.roll * 8.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bend_to_the_right_is_the_same_for_wheels_hands_and_seat() {
        let motion = Motion { speed: 15.0, ..Motion::default() };
        let mut chassis = Chassis::default();
        // 15 degrees a second at 15 m/s: a radius of 57 m.
        (0..500).for_each(|_| chassis.step(&motion, 15.0 * STEP_SECONDS, 0.0, false));
        let [front_left, front_right, rear_left, rear_right] = chassis.wheels;
        assert!(front_left > 15.0 && front_right < 15.0 && rear_left - rear_right > 0.4);
        assert!((-46.0..-40.0).contains(&chassis.steering), "{}", chassis.steering);
        assert!((-4.0..-3.8).contains(&chassis.lateral), "{}", chassis.lateral);
        assert!(chassis.roll < 0.0 && chassis.height(1) > chassis.height(0), "it leans to the left");
    }

    #[test]
    fn the_nose_dives_and_the_foot_leaves_the_accelerator() {
        let mut motion = Motion { speed: 20.0, ..Motion::default() };
        let mut chassis = Chassis::default();
        for _ in 0..100 {
            motion.step(1.5);
            chassis.step(&motion, 0.0, 0.0, false);
        }
        assert!(chassis.accelerator > 20.0 && chassis.pitch < 0.0 && chassis.height(0) > chassis.height(2));
        for _ in 0..100 {
            motion.step(-6.0);
            chassis.step(&motion, 0.0, 60.0, false);
        }
        assert!(chassis.accelerator == 0.0 && chassis.pitch > 0.0 && chassis.brake_pressure > 20.0);
    }
}
