//! One `[[signals]]` entry.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use tandem_units::Value;
use toml::de::DeValue;

use super::Reader;
use crate::document::{Named, Section, boolean, expected, integer, milliseconds, number, text};
use crate::profile::{SignalProfile, Transform};
use crate::unit::{Conversion, conversion};
use crate::{Datatype, Expression, Kind, Leaf};

pub(super) const KEYS: &[&str] = &[
    "leaf",
    "bus",
    "message",
    "signal",
    "scale",
    "offset",
    "unit",
    "expression",
    "values",
    "not_available",
    "valid_if",
    "cycle_ms",
    "stale_after_ms",
    "interval_ms",
    "on_change",
    "immediate",
    "keep",
];
const VALID_IF_KEYS: &[&str] = &["signal", "equals"];
/// The ways to a leaf's value, of which an entry has one; `scale` and `offset` are one together.
const WAYS: [&[&str]; 4] = [&["values"], &["expression"], &["unit"], &["scale", "offset"]];
const ODOMETER: &str = "Vehicle.TraveledDistance";
/// `unit = "dbc"`: the DBC file says which.
const BY_DBC: &str = "dbc";

impl<'a, 'i> Reader<'a, 'i> {
    pub(super) fn signal(&self, section: &Section<'a, 'i>) -> Option<SignalProfile> {
        let leaf = section.required("leaf", |value| self.leaf_to_fill(value));
        let bus = section.required("bus", |value| self.bus(value));
        let message = section.required("message", text);
        let signal = section.required("signal", text);
        check_ways(section);
        let transform = read_transform(section, leaf.map(|leaf| self.catalogue.leaf(leaf)));
        let values = leaf.map(|leaf| read_values(section, self.catalogue.leaf(leaf))).unwrap_or_default();
        let not_available = section.entries("not_available", raw_numbers);
        if let Some((raw, _)) = values.iter().find(|(raw, _)| not_available.iter().any(|range| range.contains(raw))) {
            section.mistake_at("not_available", format!("raw number {raw} is both in `values` and in `not_available`"));
        }
        let valid_if = section.table("valid_if", "`valid_if`", VALID_IF_KEYS).and_then(|inner| {
            let (signal, equals) = (inner.required("signal", text), inner.required("equals", integer));
            Some((signal?, equals?))
        });
        let cycle = section.optional("cycle_ms", milliseconds);
        let stale_after = section.optional("stale_after_ms", milliseconds);
        if let (Some(cycle), Some(stale_after)) = (cycle, stale_after)
            && stale_after <= cycle
        {
            section.mistake_at("stale_after_ms", "`stale_after_ms` must be longer than `cycle_ms`");
        }
        let interval = section.optional("interval_ms", milliseconds);
        let on_change = section.optional("on_change", boolean).unwrap_or(true);
        let keep = section.optional("keep", boolean);
        let leaf = leaf?;
        Some(SignalProfile {
            leaf,
            bus: bus?,
            message: message?,
            signal: signal?,
            transform,
            values,
            not_available,
            valid_if,
            cycle,
            stale_after,
            interval,
            on_change,
            immediate: section.optional("immediate", boolean).unwrap_or(false),
            keep: keep.unwrap_or_else(|| is_lasting(self.catalogue.leaf(leaf))),
            line: section.line(),
        })
    }
}

/// Whether the last value of a leaf says something of the car as it stands there: what it is, and how far it came.
fn is_lasting(leaf: &Leaf) -> bool {
    leaf.kind == Kind::Attribute || leaf.path == ODOMETER
}

fn check_ways(section: &Section<'_, '_>) {
    let given = |way: &[&'static str]| way.iter().copied().find(|key| section.has(key));
    let mut ways = WAYS.into_iter().filter_map(given);
    if let (Some(first), Some(second)) = (ways.next(), ways.next()) {
        let why = match first {
            "values" => "`values` maps raw numbers",
            "expression" => "`expression` gives the leaf's value itself",
            _ => "`unit` converts into the leaf's unit",
        };
        section.mistake_at(first, format!("{why}: it does not go with `{second}`"));
    }
}

fn read_transform(section: &Section<'_, '_>, leaf: Option<&Leaf>) -> Transform {
    let scale = section.optional("scale", number).unwrap_or(1.0);
    let offset = section.optional("offset", number).unwrap_or(0.0);
    if scale == 0.0 {
        section.mistake_at("scale", "`scale`: 0 would make every value the same");
    }
    let expression = section.within("expression", text, |text| {
        Expression::parse(text).map_err(|error| (error.column, format!("`expression`: {}", error.message)))
    });
    let unit = section.optional("unit", |value| {
        let unit = text(value)?;
        let Some(leaf) = leaf.filter(|leaf| leaf.datatype.is_number()) else { return Ok(Transform::None) };
        if leaf.unit.is_empty() {
            return Err(format!("`{}` has no unit to convert into", leaf.path));
        }
        if unit == BY_DBC {
            return Ok(Transform::UnitOfDbc);
        }
        conversion(&unit, &leaf.unit).map(Transform::Linear).map_err(|error| error.to_string())
    });
    let ways = ["scale", "offset", "unit", "expression"];
    if let Some(leaf) = leaf
        && let Some(key) = ways.into_iter().find(|key| section.has(key) && !leaf.datatype.is_number())
        // An expression may as well ask a question.
        && (key != "expression" || leaf.datatype == Datatype::String)
    {
        section.mistake_at(key, format!("`{key}`: `{}` is no number but a {}", leaf.path, leaf.datatype));
    }
    match (expression, unit) {
        (Some(expression), _) => Transform::Expression(expression),
        (None, Some(unit)) => unit,
        (None, None) if section.has("scale") || section.has("offset") => {
            Transform::Linear(Conversion { scale, offset })
        }
        (None, None) => Transform::None,
    }
}

pub(super) fn read_values(section: &Section<'_, '_>, leaf: &Leaf) -> Vec<(i64, Value)> {
    let (mut values, mut raws): (Vec<(i64, Value)>, _) = (Vec::new(), HashSet::new());
    if leaf.datatype == Datatype::String && !section.has("values") {
        section.mistake_at(
            "leaf",
            format!("`{}` is a text: expected `values` with a text for each raw number", leaf.path),
        );
    }
    for Named { name: key, place, value } in section.named("values", "{ RAW = VALUE, .. }").unwrap_or_default() {
        let Some(raw) = raw_number(key) else {
            section.mistake_in(place, format!("`values`: `{key}` is not a raw number"));
            continue;
        };
        if !raws.insert(raw) {
            section.mistake_in(place, format!("`values`: raw number {raw} is listed already"));
        }
        let admitted = plain_value(value.get_ref())
            .and_then(|value| leaf.admit(value).map_err(|error| format!("`{}` cannot hold it: {error}", leaf.path)));
        match admitted {
            Ok(value) => values.push((raw, value)),
            Err(message) => section.mistake_in(value.span(), format!("`values`: {key}: {message}")),
        }
    }
    values
}

/// A raw number, or a text with the first and the last of several: `"0xFE00..0xFFFF"`.
fn raw_numbers(value: &DeValue<'_>) -> Result<RangeInclusive<i64>, String> {
    let range = match value {
        DeValue::Integer(_) => return integer(value).map(|raw| raw..=raw),
        DeValue::String(range) => range,
        other => return Err(expected("a raw number, or \"FIRST..LAST\"", other)),
    };
    let ends = range.split_once("..").map(|(first, last)| (raw_number(first.trim()), raw_number(last.trim())));
    match ends {
        Some((Some(first), Some(last))) if first <= last => Ok(first..=last),
        Some((Some(first), Some(last))) => Err(format!("the range is upside down: {first} is above {last}")),
        _ => Err(format!("`{range}` is no range of raw numbers: expected \"FIRST..LAST\", both included")),
    }
}

/// A raw number as a TOML key: decimal, or hexadecimal after `0x`.
fn raw_number(key: &str) -> Option<i64> {
    match key.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => key.parse().ok(),
    }
}

fn plain_value(value: &DeValue<'_>) -> Result<Value, String> {
    match value {
        DeValue::String(_) => text(value).map(|text| Value::Text(text.into())),
        DeValue::Boolean(flag) => Ok(Value::Bool(*flag)),
        DeValue::Integer(_) => integer(value).map(Value::Int),
        DeValue::Float(_) => number(value).map(Value::Float),
        other => Err(expected("a text, a true or false, or a number", other)),
    }
}
