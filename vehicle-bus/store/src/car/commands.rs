//! What may be asked of a car, and what its keys say, against its DBC files: a car.toml can write what no frame says.

use tandem_dbc::{Field, Raw, Signal};
use tandem_signals::{ActuatorProfile, InputKind, Mistake};
use tandem_units::Value;

use super::{Car, find};

/// What is less of a raw number than this is the rounding of decimal fractions, such as 100 % in 255 steps of 0.392157.
const ROUNDING: f64 = 0.01;

/// What is found at the lines of a car.toml.
struct Findings<'a> {
    file: &'a str,
    mistakes: Vec<Mistake>,
    /// A car drives with these.
    warnings: Vec<Mistake>,
}

impl Findings<'_> {
    fn mistake(&mut self, line: usize, message: &str) {
        self.mistakes.push(Mistake::in_line(self.file, line, message));
    }

    fn warning(&mut self, line: usize, message: &str) {
        self.warnings.push(Mistake::in_line(self.file, line, message));
    }
}

impl Car {
    /// Every mistake of `[[transmit]]`, `[[actuators]]` and `[[inputs]]`, and what is odd in them.
    pub(super) fn check_commands(&self, file: &str) -> (Vec<Mistake>, Vec<Mistake>) {
        let mut found = Findings { file, mistakes: Vec::new(), warnings: Vec::new() };
        for rule in &self.profile.transmit {
            for (signal, _) in &rule.signals {
                self.signal(rule.bus, &rule.message, signal, rule.line, &mut found);
            }
        }
        for asked in &self.profile.actuators {
            if let Some(signal) = self.signal(asked.bus, &asked.message, &asked.signal, asked.line, &mut found) {
                check_range(asked, signal, &mut found);
                self.check_values(asked, signal, &mut found);
            }
            if let Some((message, signal, equals)) = &asked.refusal
                && let Some(signal) = self.signal(asked.bus, message, signal, asked.line, &mut found)
            {
                check_raw("refusal", signal, *equals, asked.line, &mut found);
            }
        }
        for input in &self.profile.inputs {
            let Some(signal) = self.signal(input.bus, &input.message, &input.signal, input.line, &mut found) else {
                continue;
            };
            match &input.kind {
                InputKind::Key { pressed, .. } => check_raw("pressed", signal, *pressed, input.line, &mut found),
                InputKind::Knob { axis } if signal.size < 2 => {
                    let name = &signal.name;
                    let what = format!("`{axis}`: `{name}` has one bit, and a count of 0 and 1 has no direction");
                    found.mistake(input.line, &what);
                }
                InputKind::Knob { .. } => {}
            }
        }
        (found.mistakes, found.warnings)
    }

    fn signal(
        &self,
        bus: usize,
        message: &str,
        signal: &str,
        line: usize,
        found: &mut Findings<'_>,
    ) -> Option<&Signal> {
        let database = &self.buses.get(bus)?.database;
        match find(database, message, signal) {
            Ok((message, signal)) => database.messages.get(message)?.signals.get(signal),
            Err(what) => {
                found.mistake(line, &what);
                None
            }
        }
    }

    /// A value of an actuator that may not leave, or whose raw number asks for nothing.
    fn check_values(&self, asked: &ActuatorProfile, signal: &Signal, found: &mut Findings<'_>) {
        let listed = self.profile.transmit.iter().find(|one| one.bus == asked.bus && one.message == asked.message);
        let allowed = listed.and_then(|one| one.signals.iter().find(|(signal, _)| *signal == asked.signal));
        let Some((_, allowed)) = allowed else { return };
        for (raw, value) in &asked.values {
            let physical = *raw as f64 * signal.factor + signal.offset;
            let (least, most) = (allowed.start() - 1e-6, allowed.end() + 1e-6);
            // What is held ends with the start value: that may be its own way to say false.
            let ends_it = asked.hold.is_some() && *value == Value::Bool(false);
            if !(least..=most).contains(&physical) {
                let what = format!("`values`: the [[transmit]] entry does not let {raw} ({value}) leave");
                found.mistake(asked.line, &what);
            } else if signal.start_value.unwrap_or(0.0) == *raw as f64 && !ends_it {
                let what = format!("`values`: {raw} ({value}) is the signal's start value, which asks for nothing");
                found.mistake(asked.line, &what);
            }
        }
    }
}

/// A range that no raw numbers say: two values would be one, or an end of it none.
fn check_range(asked: &ActuatorProfile, signal: &Signal, found: &mut Findings<'_>) {
    let Some(range) = asked.range.filter(|_| Field::new(signal).is_integer() && signal.factor != 0.0) else { return };
    let (name, factor, conversion) = (&signal.name, signal.factor, asked.conversion);
    let is_whole = |raw: f64| (raw - raw.round()).abs() < ROUNDING;
    let raw_step = (range.step / conversion.scale / factor).abs();
    if raw_step < 1.0 - ROUNDING {
        let scaled = if conversion.scale == 1.0 { String::new() } else { format!(", scaled by {}", conversion.scale) };
        let what =
            format!("`step`: {} is finer than one raw number of `{name}`: its factor is {factor}{scaled}", range.step);
        return found.mistake(asked.line, &what);
    }
    if conversion.scale.abs() != 1.0 {
        // From one unit to another, hardly anything comes out even.
        return;
    }
    let raw = |value: f64| ((value - conversion.offset) / conversion.scale - signal.offset) / factor;
    for (key, end) in [("min", range.min), ("max", range.max)].into_iter().filter(|(_, end)| !is_whole(raw(*end))) {
        let what = format!("`{key}`: no raw number of `{name}` says {end}: its factor is {factor}");
        found.mistake(asked.line, &what);
    }
    if !is_whole(raw_step) {
        let step = range.step;
        let what = format!("`step`: {step} is no multiple of the factor {factor} of `{name}`: what is sent is rounded");
        found.warning(asked.line, &what);
    }
}

/// A raw number that a signal never has: its bits do not say it, or its range leaves it out.
fn check_raw(key: &str, signal: &Signal, raw: i64, line: usize, found: &mut Findings<'_>) {
    let (field, name) = (Field::new(signal), &signal.name);
    if field.code(Raw::Signed(raw)).is_none() {
        let (least, most) = field.range();
        let what = format!("`{key}`: `{name}` is never {raw}: its bits say {least} to {most}");
        return found.mistake(line, &what);
    }
    let physical = raw as f64 * signal.factor + signal.offset;
    let (least, most) = (signal.minimum.unwrap_or(f64::MIN), signal.maximum.unwrap_or(f64::MAX));
    if !(least - 1e-6..=most + 1e-6).contains(&physical) {
        let what = format!("`{key}`: {raw} lies outside the range of `{name}` in the DBC file, {least} to {most}");
        found.warning(line, &what);
    }
}
