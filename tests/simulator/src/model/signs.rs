//! What the car shows and sounds because somebody asked: lamps inside, the light switch, the horn.

use super::body::{Body, Power};
use super::own::Own;

/// Below this, percent, it is dark enough for ambient light and for the low beam.
const DARK: f64 = 20.0;
/// How bright the ambient light is set, percent, in front and behind.
const AMBIENCE: (f64, f64) = (35.0, 20.0);

/// The light switch, in the words of VSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LightSwitch {
    Off = 0,
    Position = 1,
    Day = 2,
    Automatic = 3,
    Beam = 4,
}

impl LightSwitch {
    pub const ALL: [Self; 5] = [Self::Off, Self::Position, Self::Day, Self::Automatic, Self::Beam];
}

#[derive(Clone, Debug, PartialEq)]
pub struct Signs {
    pub dome: Own<bool>,
    pub ambience: Own<bool>,
    pub ambience_level: f64,
    pub rear_ambience: Own<bool>,
    pub rear_level: f64,
    pub switch: Own<LightSwitch>,
    pub horn: bool,
}

impl Signs {
    pub fn new(body: &Body, light: f64) -> Self {
        let ambience = Own::new(is_cosy(body, light));
        Self {
            dome: Own::new(false),
            ambience,
            ambience_level: AMBIENCE.0,
            rear_ambience: ambience,
            rear_level: AMBIENCE.1,
            switch: Own::new(switch(body)),
            horn: false,
        }
    }

    /// `lit` is the lamp inside as the doors have it, `light` what is outside, percent.
    pub fn step(&mut self, body: &Body, lit: bool, light: f64) {
        self.dome.follow(lit);
        self.ambience.follow(is_cosy(body, light));
        self.rear_ambience.follow(is_cosy(body, light));
        self.switch.follow(switch(body));
    }

    /// Somebody turned the light switch: the lights that follow from it.
    pub fn turn(&mut self, position: LightSwitch, body: &mut Body, light: f64) {
        self.switch.tell(position);
        body.parking_lights = position == LightSwitch::Position;
        body.low_beam = match position {
            LightSwitch::Beam => true,
            LightSwitch::Automatic => light < DARK,
            _ => false,
        };
    }
}

fn is_cosy(body: &Body, light: f64) -> bool {
    body.power >= Power::On && light < DARK
}

fn switch(body: &Body) -> LightSwitch {
    if body.power >= Power::Acc { LightSwitch::Automatic } else { LightSwitch::Off }
}
