//! The air outside, in the cabin and in the tyres, and what the climate control is set to.

use super::STEP_SECONDS;
use super::body::{Body, Power};
use super::own::Own;
use crate::random::Random;
use crate::scenario::Start;

/// How long it takes to come most of the way, s: the cabin to what is wished, to the air outside when nothing heats,
/// and with a door open; a tyre to its temperature.
const CABIN_HEATED: f64 = 240.0;
const CABIN_LEFT: f64 = 2400.0;
const CABIN_OPEN: f64 = 180.0;
const TYRE: f64 = 600.0;
/// How much warmer than the air a tyre gets, K a m/s.
const TYRE_WARMS: f64 = 0.9;
/// Cold pressure above the air's, kPa, how far one wheel is from another, and the air's own.
const PRESSURE: f64 = 250.0;
const PRESSURE_SPREAD: f64 = 3.0;
const ATMOSPHERE: f64 = 101.3;
const KELVIN: f64 = 273.15;
/// How much cooler than at the start it gets within half a day, K.
const NIGHT: f64 = 4.0;
const DAY: f64 = 86_400.0;
/// W a K between the cabin's wish and outside, and the fan's.
const HEATING: f64 = 70.0;
const FAN: f64 = 150.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Air {
    at_start: f64,
    /// °C.
    pub outside: f64,
    pub cabin: f64,
    /// What the climate control is set to, °C.
    pub driver: f64,
    pub passenger: f64,
    /// Behind: the driver's side and the other one, °C, and percent of their fans.
    pub rear: [Own<f64>; 2],
    pub rear_fans: [Own<f64>; 2],
    /// Percent.
    pub passenger_fan: Own<f64>,
    /// Where the air goes in front when nothing defrosts: 0 up, 1 to the middle, 2 down.
    pub vents: [f64; 2],
    /// Front left, front right, rear left, rear right.
    pub tyres: [Tyre; 4],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tyre {
    /// kPa above the air's, at the temperature the drive began at.
    cold: f64,
    cold_celsius: f64,
    /// °C.
    pub temperature: f64,
}

impl Tyre {
    /// kPa above the air's.
    pub fn pressure(&self) -> f64 {
        (self.cold + ATMOSPHERE) * (self.temperature + KELVIN) / (self.cold_celsius + KELVIN) - ATMOSPHERE
    }
}

impl Air {
    pub fn new(start: &Start, body: &Body, random: &mut Random) -> Self {
        let outside = start.outside_celsius;
        let tyres = [(); 4].map(|()| Tyre {
            cold: PRESSURE + random.swing() * PRESSURE_SPREAD,
            cold_celsius: outside,
            temperature: outside,
        });
        Self {
            at_start: outside,
            outside,
            cabin: start.cabin_celsius,
            driver: start.driver_celsius,
            passenger: start.passenger_celsius,
            rear: [Own::new(body.rear_celsius); 2],
            rear_fans: [Own::new(body.rear_fan_percent); 2],
            passenger_fan: Own::new(body.fan_percent),
            vents: [1.0; 2],
            tyres,
        }
    }

    /// It is so warm outside from now on, °C; the night still cools.
    pub fn set_outside(&mut self, celsius: f64) {
        self.at_start += celsius - self.outside;
        self.outside = celsius;
    }

    /// One step, `seconds` after the start, at a speed in m/s.
    pub fn step(&mut self, seconds: f64, body: &Body, speed: f64) {
        let half_day = std::f64::consts::TAU * seconds / DAY;
        self.outside = self.at_start - NIGHT * (1.0 - half_day.cos()) / 2.0;
        let wish = (self.driver + self.passenger) / 2.0;
        let (aim, within) = if conditioned(body) { (wish, CABIN_HEATED) } else { (self.outside, CABIN_LEFT) };
        self.cabin += (aim - self.cabin) * STEP_SECONDS / within;
        if body.any_door() {
            self.cabin += (self.outside - self.cabin) * STEP_SECONDS / CABIN_OPEN;
        }
        self.rear.iter_mut().for_each(|zone| zone.follow(body.rear_celsius));
        self.rear_fans.iter_mut().for_each(|fan| fan.follow(body.rear_fan_percent));
        self.passenger_fan.follow(body.fan_percent);
        for tyre in &mut self.tyres {
            let aim = self.outside + TYRE_WARMS * speed;
            tyre.temperature += (aim - tyre.temperature) * STEP_SECONDS / TYRE;
        }
    }

    /// What the climate control takes, W.
    pub fn power(&self, body: &Body) -> f64 {
        let wish = (self.driver + self.passenger) / 2.0;
        if conditioned(body) { (wish - self.outside).abs() * HEATING + FAN * body.fan_percent / 100.0 } else { 0.0 }
    }
}

fn conditioned(body: &Body) -> bool {
    body.power >= Power::On && body.fan_percent > 0.0
}
