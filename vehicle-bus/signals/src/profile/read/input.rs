//! Keys and knobs, `[[inputs]]`, and how the car is known to stand, `[driving]`.

use std::collections::HashMap;

use tandem_units::{KilometersPerHour, Nanoseconds};
use toml::de::DeValue;

use super::{Reader, earlier};
use crate::document::{Section, integer, known, milliseconds, number, text, word};
use crate::profile::{DrivingProfile, InputKind, InputProfile, ParkedBy};

const KEYS: &[&str] = &["key", "knob", "bus", "message", "signal", "pressed", "long_press_ms"];
const DRIVING_KEYS: &[&str] = &["parked_by", "moving_above_kmh", "standing_below_kmh", "standing_for_ms"];
const PARKED_BY: [(&str, ParkedBy); 2] = [("gear", ParkedBy::Gear), ("parking-brake", ParkedBy::ParkingBrake)];
const LONG_PRESS: Nanoseconds = Nanoseconds::from_millis(600);

impl<'a, 'i> Reader<'a, 'i> {
    pub(super) fn inputs(&self) -> Vec<InputProfile> {
        let mut inputs: Vec<InputProfile> = Vec::new();
        let (mut lines, mut said_by) = (HashMap::new(), HashMap::new());
        for section in self.top.each("inputs", KEYS) {
            let Some(input) = self.input(&section) else { continue };
            let (name, key) = (input.kind.name(), if section.has("key") { "key" } else { "knob" });
            if let Some(first) = earlier(&mut lines, name, input.line) {
                section.mistake_at(key, format!("`{name}` is there already, in line {first}"));
            }
            let (at, raw) = match input.kind {
                InputKind::Key { pressed, .. } => ("pressed", Some(pressed)),
                InputKind::Knob { .. } => ("signal", None),
            };
            let says = (input.bus, input.message.clone(), input.signal.clone(), raw);
            if let Some(first) = earlier(&mut said_by, says, input.line) {
                let number = raw.map(|raw| format!("{raw} of ")).unwrap_or_default();
                let signal = &input.signal;
                section
                    .mistake_at(at, format!("`{at}`: {number}`{signal}` tells of the input in line {first} already"));
            }
            inputs.push(input);
        }
        inputs
    }

    fn input(&self, section: &Section<'a, 'i>) -> Option<InputProfile> {
        let bus = section.required("bus", |value| self.bus(value));
        let message = section.required("message", text);
        let signal = section.required("signal", text);
        let kind = match (section.has("key"), section.has("knob")) {
            (true, false) => {
                let code = section.required("key", |value| known(value, &InputKind::KEYS));
                let pressed = section.required("pressed", integer);
                let long_press = section.optional("long_press_ms", milliseconds).unwrap_or(LONG_PRESS);
                InputKind::Key { code: code?, pressed: pressed?, long_press }
            }
            (false, true) => {
                for key in ["pressed", "long_press_ms"].into_iter().filter(|key| section.has(key)) {
                    section.mistake_at(key, format!("`{key}`: a knob is turned, not pressed"));
                }
                InputKind::Knob { axis: section.required("knob", |value| known(value, &InputKind::KNOBS))? }
            }
            _ => {
                section.mistake("expected either `key` or `knob`");
                return None;
            }
        };
        Some(InputProfile { bus: bus?, message: message?, signal: signal?, kind, line: section.line() })
    }
}

pub(super) fn read_driving(top: &Section<'_, '_>) -> DrivingProfile {
    let default = DrivingProfile::default();
    let Some(section) = top.table("driving", "[driving]", DRIVING_KEYS) else { return default };
    let speed = |key: &str, default| section.optional(key, speed).unwrap_or(default);
    let driving = DrivingProfile {
        parked_by: section.optional("parked_by", |value| word(value, &PARKED_BY)).unwrap_or(default.parked_by),
        moving_above: speed("moving_above_kmh", default.moving_above),
        standing_below: speed("standing_below_kmh", default.standing_below),
        standing_for: section.optional("standing_for_ms", milliseconds).unwrap_or(default.standing_for),
    };
    if driving.standing_below > driving.moving_above {
        let (below, above) = (driving.standing_below.0, driving.moving_above.0);
        section.mistake(format!("it stands below {below} km/h and moves above {above} km/h: it cannot do both"));
    } else if driving.moving_above.0 == 0.0 {
        section.mistake("it stands at 0 km/h and moves above 0 km/h: a sensor that trembles would say both by turns");
    }
    driving
}

/// The floor of what a car can tell, to a brisk walk.
fn speed(value: &DeValue<'_>) -> Result<KilometersPerHour, String> {
    let speed = number(value)?;
    let fits = (0.0..=10.0).contains(&speed);
    fits.then_some(KilometersPerHour(speed)).ok_or_else(|| format!("{speed} km/h is not between 0 and 10"))
}
