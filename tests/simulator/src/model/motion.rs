//! The car along its road: forces in, speed and distance out.

use super::STEP_SECONDS;

/// With driver, kg.
const MASS: f64 = 1950.0;
/// Mass that the turning parts add, as a factor.
const TURNING: f64 = 1.04;
/// Drag coefficient times frontal area, m2.
const DRAG_AREA: f64 = 0.60;
const ROLLING: f64 = 0.0095;
const GRAVITY: f64 = 9.81;
/// kg/m3, at about 9 °C.
const AIR_DENSITY: f64 = 1.25;
/// At the motor's shaft, W.
pub const DRIVE_LIMIT: f64 = 150_000.0;
/// At the motor's shaft, W, taken back from the wheels.
pub const REGENERATION_LIMIT: f64 = 60_000.0;
/// What the motor's torque makes of force at the wheels, N.
pub const FORCE_LIMIT: f64 = 8_500.0;
/// Below the first of these speeds, m/s, the friction brakes do all of the work, above the second the motor may.
const REGENERATION_FADE: (f64, f64) = (1.0, 3.0);
/// m, and motor turns a wheel turn.
const WHEEL_RADIUS: f64 = 0.34;
const REDUCTION: f64 = 9.6;

/// The state along the road; SI units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// m/s, never negative: the gear tells the direction.
    pub speed: f64,
    /// m/s2.
    pub acceleration: f64,
    /// The motor's force at the wheels, N; negative regenerates.
    pub motor_force: f64,
    /// N, never positive.
    pub friction_force: f64,
    /// Rolling resistance and drag, N.
    pub resistance: f64,
    /// m, in the last step.
    pub distance: f64,
}

impl Motion {
    /// One step in which the driver asks for an acceleration, m/s2; the car's limits decide what comes of it.
    pub fn step(&mut self, asked: f64) {
        self.resistance = match self.speed > 0.0 {
            true => MASS * GRAVITY * ROLLING + 0.5 * AIR_DENSITY * DRAG_AREA * self.speed * self.speed,
            false => 0.0,
        };
        let force = MASS * TURNING * asked + self.resistance;
        let at_speed = self.speed.max(0.1);
        if force >= 0.0 {
            self.motor_force = force.min(FORCE_LIMIT).min(DRIVE_LIMIT / at_speed);
            self.friction_force = 0.0;
        } else {
            let (from, full) = REGENERATION_FADE;
            let share = ((self.speed - from) / (full - from)).clamp(0.0, 1.0);
            self.motor_force = (force * share).max(-REGENERATION_LIMIT / at_speed);
            self.friction_force = force - self.motor_force;
        }
        self.acceleration = (self.motor_force + self.friction_force - self.resistance) / (MASS * TURNING);
        let before = self.speed;
        self.speed = (before + self.acceleration * STEP_SECONDS).max(0.0);
        // What the step has really done, so that force times distance is energy to the last joule.
        self.acceleration = (self.speed - before) / STEP_SECONDS;
        self.distance = (before + self.speed) / 2.0 * STEP_SECONDS;
    }

    /// Stands, held by the brakes.
    pub fn stand(&mut self) {
        *self = Self::default();
    }

    /// At the motor's shaft, W; positive drives.
    pub fn motor_power(&self) -> f64 {
        self.motor_force * self.distance / STEP_SECONDS
    }

    /// At the motor's shaft, N m.
    pub fn motor_torque(&self) -> f64 {
        torque(self.motor_force)
    }

    /// Of the motor, turns a minute.
    pub fn motor_turns(&self) -> f64 {
        self.speed / (std::f64::consts::TAU * WHEEL_RADIUS) * REDUCTION * 60.0
    }

    /// J.
    pub fn kinetic_energy(&self) -> f64 {
        0.5 * MASS * TURNING * self.speed * self.speed
    }
}

/// Nm at the motor's shaft, of a force at the wheels in N.
pub fn torque(force: f64) -> f64 {
    force * WHEEL_RADIUS / REDUCTION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_joule_of_the_motor_is_speed_or_heat() {
        let mut motion = Motion::default();
        let (mut motor, mut heat) = (0.0, 0.0);
        for step in 0..6000 {
            let asked = if step < 1500 { 2.0 } else { -1.5 };
            let before = motion.clone();
            motion.step(asked);
            if motion.speed == 0.0 && before.speed == 0.0 {
                break;
            }
            // The last step ends before its time: what the brakes take beyond the stop is no work.
            if motion.speed > 0.0 {
                motor += motion.motor_force * motion.distance;
                heat += (motion.resistance - motion.friction_force) * motion.distance;
                assert!((motor - heat - motion.kinetic_energy()).abs() < 1e-6 * motor.max(1.0), "step {step}");
            }
        }
        assert_eq!(motion.speed, 0.0);
        assert!(heat > 0.0);
    }

    #[test]
    fn the_motor_keeps_its_limits() {
        let mut motion = Motion::default();
        let mut most: f64 = 0.0;
        for _ in 0..3000 {
            motion.step(6.0);
            most = most.max(motion.motor_power());
        }
        assert!((0.95 * DRIVE_LIMIT..=1.01 * DRIVE_LIMIT).contains(&most), "{most}");
        let mut least: f64 = 0.0;
        while motion.speed > 0.0 {
            motion.step(-7.0);
            least = least.min(motion.motor_power());
        }
        assert!((-1.01 * REGENERATION_LIMIT..=-0.9 * REGENERATION_LIMIT).contains(&least), "{least}");
    }

    #[test]
    fn a_steady_72_takes_the_power_that_a_car_of_this_size_takes() {
        let mut motion = Motion { speed: 20.0, ..Motion::default() };
        motion.step(0.0);
        assert!((6_000.0..8_000.0).contains(&motion.motor_power()), "{}", motion.motor_power());
        assert!((motion.speed - 20.0).abs() < 1e-9);
        assert!((5_000.0..6_000.0).contains(&motion.motor_turns()));
    }
}
