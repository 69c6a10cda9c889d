//! What may be asked of the car: `[[actuators]]`.

use std::collections::HashMap;

use tandem_units::Value;

use super::signal::read_values;
use super::{Reader, earlier};
use crate::document::{Section, integer, milliseconds, number, text};
use crate::profile::{ActuatorProfile, ActuatorRange, SignalProfile, TransmitProfile};
use crate::unit::Conversion;
use crate::{Datatype, Kind, Leaf};

const KEYS: &[&str] = &[
    "leaf",
    "bus",
    "message",
    "signal",
    "min",
    "max",
    "step",
    "scale",
    "offset",
    "values",
    "refusal",
    "answer_within_ms",
    "hold_ms",
];
const NUMBER_KEYS: [&str; 5] = ["min", "max", "step", "scale", "offset"];
const REFUSAL_KEYS: &[&str] = &["message", "signal", "equals"];

impl<'a, 'i> Reader<'a, 'i> {
    pub(super) fn actuators(&self, signals: &[SignalProfile], transmit: &[TransmitProfile]) -> Vec<ActuatorProfile> {
        let mut actuators: Vec<ActuatorProfile> = Vec::new();
        let (mut lines, mut asked_by) = (HashMap::new(), HashMap::new());
        for section in self.top.each("actuators", KEYS) {
            let Some(actuator) = self.actuator(&section) else { continue };
            let leaf = self.catalogue.leaf(actuator.leaf);
            if let Some(first) = earlier(&mut lines, actuator.leaf, actuator.line) {
                section.mistake_at("leaf", format!("leaf `{}` may be asked for already, in line {first}", leaf.path));
            }
            let signal = (actuator.bus, actuator.message.clone(), actuator.signal.clone());
            if let Some(first) = earlier(&mut asked_by, signal, actuator.line) {
                let signal = &actuator.signal;
                section
                    .mistake_at("signal", format!("another leaf is asked for by `{signal}` already, in line {first}"));
            }
            // An entry with a mistake of its own may have been the one.
            if signals.len() == self.top.count("signals") && !signals.iter().any(|signal| signal.leaf == actuator.leaf)
            {
                let path = &leaf.path;
                section.mistake_at("leaf", format!("no [[signals]] entry maps `{path}`, so nothing could confirm"));
            }
            if transmit.len() == self.top.count("transmit") {
                check_allowed(&section, &actuator, leaf, transmit);
            }
            actuators.push(actuator);
        }
        actuators
    }

    fn actuator(&self, section: &Section<'a, 'i>) -> Option<ActuatorProfile> {
        let leaf = section.required("leaf", |value| {
            let id = self.leaf_to_fill(value)?;
            let leaf = self.catalogue.leaf(id);
            match leaf.kind {
                Kind::Actuator => Ok(id),
                kind => Err(format!("`{}` is no actuator but of the kind {}", leaf.path, kind.word())),
            }
        });
        let bus = section.required("bus", |value| self.bus(value));
        let message = section.required("message", text);
        let signal = section.required("signal", text);
        let answer_within = section.required("answer_within_ms", milliseconds);
        let refusal = section.table("refusal", "`refusal`", REFUSAL_KEYS).and_then(|inner| {
            let (message, signal) = (inner.required("message", text), inner.required("signal", text));
            let equals = inner.required("equals", integer);
            Some((message?, signal?, equals?))
        });
        if let (Some(sent), Some((answered, ..))) = (&message, &refusal)
            && sent == answered
        {
            section.mistake_at(
                "refusal",
                format!("`refusal`: `{sent}` is what is sent: the car's no is in a message of its own"),
            );
        }
        let hold = section.optional("hold_ms", milliseconds);
        let id = leaf?;
        let leaf = self.catalogue.leaf(id);
        let values = read_values(section, leaf);
        if hold.is_some() && !values.is_empty() && leaf.datatype == Datatype::Boolean {
            for flag in
                [true, false].map(Value::Bool).into_iter().filter(|flag| !values.iter().any(|(_, value)| value == flag))
            {
                section.mistake_at(
                    "values",
                    format!("`values`: what is held for `hold_ms` begins and ends, and no raw number says {flag}"),
                );
            }
        }
        let twice =
            values.iter().enumerate().find(|(at, (_, value))| values.iter().take(*at).any(|(_, other)| other == value));
        if let Some((_, (raw, value))) = twice {
            section.mistake_at(
                "values",
                format!("`values`: {raw} says {value} as another raw number does: which is sent?"),
            );
        }
        let plain = leaf.datatype.is_number() && !section.has("values");
        let range = if plain { read_range(section, leaf) } else { None };
        if !plain && let Some(key) = NUMBER_KEYS.into_iter().find(|key| section.has(key)) {
            section.mistake_at(key, format!("`{key}`: what may be asked for stands in `values`"));
        }
        if !leaf.datatype.is_number() && leaf.datatype != Datatype::String && !section.has("values") {
            section.mistake_at("leaf", format!("`{}` is no number: expected `values` for each raw number", leaf.path));
        }
        let conversion = Conversion {
            scale: section.optional("scale", number).unwrap_or(1.0),
            offset: section.optional("offset", number).unwrap_or(0.0),
        };
        if conversion.scale == 0.0 {
            section.mistake_at("scale", "`scale`: 0 would make every value the same");
        }
        Some(ActuatorProfile {
            leaf: id,
            bus: bus?,
            message: message?,
            signal: signal?,
            conversion,
            range: if plain { Some(range?) } else { None },
            values,
            refusal,
            answer_within: answer_within?,
            hold,
            line: section.line(),
        })
    }
}

fn read_range(section: &Section<'_, '_>, leaf: &Leaf) -> Option<ActuatorRange> {
    let (min, max) = (section.required("min", number), section.required("max", number));
    let step = match leaf.datatype {
        Datatype::Float | Datatype::Double => section.required("step", number),
        _ => Some(section.optional("step", number).unwrap_or(1.0)),
    };
    let (min, max, step) = (min?, max?, step?);
    if min >= max {
        section.mistake_at("max", format!("the range is upside down: max {max} is not above min {min}"));
    } else if step <= 0.0 || !is_multiple(max - min, step) {
        section.mistake_at("step", format!("{step} does not divide the range from {min} to {max}"));
    }
    for (key, end) in [("min", min), ("max", max)] {
        if leaf.min.is_some_and(|least| end < least) || leaf.max.is_some_and(|most| end > most) {
            section.mistake_at(key, format!("`{key}`: {end} lies outside what `{}` can be", leaf.path));
        }
    }
    Some(ActuatorRange { min, max, step })
}

fn check_allowed(section: &Section<'_, '_>, asked: &ActuatorProfile, leaf: &Leaf, transmit: &[TransmitProfile]) {
    let ActuatorProfile { bus, message, signal, .. } = asked;
    let Some(listed) = transmit.iter().find(|listed| listed.bus == *bus && listed.message == *message) else {
        section.mistake(format!("no [[transmit]] entry lets `{signal}` of `{message}` leave"));
        return;
    };
    let what = match (asked.hold, listed.cycle) {
        (Some(_), None) => Some("has no `cycle_ms`".to_owned()),
        (Some(hold), Some(cycle)) if hold < cycle => {
            Some(format!("sends it every {} ms: it would be held for less", cycle.as_millis()))
        }
        _ => None,
    };
    if let Some(what) = what {
        section.mistake_at("hold_ms", format!("`hold_ms`: the [[transmit]] entry of `{message}` {what}"));
    }
    let Some((_, allowed)) = listed.signals.iter().find(|(listed, _)| listed == signal) else {
        section.mistake(format!("no [[transmit]] entry lets `{signal}` of `{message}` leave"));
        return;
    };
    let Some(range) = asked.range else { return };
    let physical = |value: f64| (value - asked.conversion.offset) / asked.conversion.scale;
    // Decimal fractions do not divide without a rest.
    let (least, most) = (allowed.start() - 1e-6, allowed.end() + 1e-6);
    if ![range.min, range.max].into_iter().all(|end| (least..=most).contains(&physical(end))) {
        section.mistake(format!(
            "the [[transmit]] entry lets `{signal}` leave from {} to {} only, `{}` may be {} to {} here",
            allowed.start(),
            allowed.end(),
            leaf.path,
            range.min,
            range.max
        ));
    }
}

/// Whether `whole` is `step` a whole number of times, but for the rounding of decimal fractions.
fn is_multiple(whole: f64, step: f64) -> bool {
    let count = whole / step;
    count.round() >= 1.0 && (count - count.round()).abs() < 1e-6
}
