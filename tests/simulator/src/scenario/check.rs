//! Whether a scenario can be driven.

use super::{End, RawStep, Scenario, ScenarioError, Start, Step, StepError};
use crate::model::body::{Body, Change};

const ACCELERATION: f64 = 1.6;
const BRAKING: f64 = 1.8;

pub(super) fn start(start: &Start) -> Result<(), ScenarioError> {
    let celsius = |key, value| (key, value, -40.0, 60.0);
    for (key, value, least, most) in [
        celsius("outside_celsius", start.outside_celsius),
        celsius("cabin_celsius", start.cabin_celsius),
        celsius("driver_celsius", start.driver_celsius),
        celsius("passenger_celsius", start.passenger_celsius),
        ("charge_percent", start.charge_percent, 1.0, 100.0),
        ("range_km", start.range_km, 1.0, 1000.0),
        ("odometer_km", start.odometer_km, 0.0, 1_000_000.0),
        ("latitude_degrees", start.latitude_degrees, -80.0, 80.0),
        ("longitude_degrees", start.longitude_degrees, -179.0, 179.0),
        ("altitude_metres", start.altitude_metres, -400.0, 3000.0),
        ("heading_degrees", start.heading_degrees, 0.0, 360.0),
    ]
    .into_iter()
    .chain(settings(&start.set))
    {
        if !(least..=most).contains(&value) {
            return Err(ScenarioError::Start { key, value, least, most });
        }
    }
    Ok(())
}

pub(super) fn step(raw: RawStep) -> Result<Step, StepError> {
    let end = match (raw.seconds, raw.metres, raw.standing_seconds) {
        (Some(seconds), None, None) => End::After(in_range("seconds", seconds, 0.1, 86_400.0)?),
        (None, Some(metres), None) => End::Driven(in_range("metres", metres, 0.1, 1e6)?),
        (None, None, Some(seconds)) => End::Stood(in_range("standing_seconds", seconds, 0.1, 86_400.0)?),
        _ => return Err(StepError::End),
    };
    let turn = in_range("turn_degrees", raw.turn_degrees.unwrap_or(0.0), -360.0, 360.0)?;
    let kmh = match (end, raw.speed_kmh) {
        (End::Stood(_), None) if turn == 0.0 => 0.0,
        (End::Stood(_), _) => return Err(StepError::StandingMoves),
        (_, None) => return Err(StepError::NoSpeed),
        (_, Some(kmh)) => in_range("speed_kmh", kmh, 0.0, 160.0)?,
    };
    if kmh == 0.0 && matches!(end, End::Driven(_)) {
        return Err(StepError::NeverDriven);
    }
    ranges(&raw.set)?;
    Ok(Step {
        note: raw.note,
        speed: kmh / 3.6,
        acceleration: in_range("acceleration_mps2", raw.acceleration_mps2.unwrap_or(ACCELERATION), 0.2, 5.0)?,
        braking: in_range("braking_mps2", raw.braking_mps2.unwrap_or(BRAKING), 0.2, 8.0)?,
        turn,
        end,
        set: raw.set,
    })
}

/// Whether every number that is set lies in its range.
pub(crate) fn ranges(set: &Change) -> Result<(), StepError> {
    settings(set).try_for_each(|(key, value, least, most)| in_range(key, value, least, most).map(drop))
}

/// Every number that is set, and its range.
fn settings(set: &Change) -> impl Iterator<Item = (&'static str, f64, f64, f64)> {
    let percent = |key, value| (key, value, 0.0, 100.0);
    let both_ways = |key, value| (key, value, -100.0, 100.0);
    let metres = |key, value| (key, value, 0.0, 50.0);
    [
        percent("set.fan_percent", set.fan_percent),
        percent("set.rear_fan_percent", set.rear_fan_percent),
        percent("set.driver_window_percent", set.driver_window_percent),
        percent("set.passenger_window_percent", set.passenger_window_percent),
        percent("set.rear_driver_window_percent", set.rear_driver_window_percent),
        percent("set.rear_passenger_window_percent", set.rear_passenger_window_percent),
        ("set.charge_limit_percent", set.charge_limit_percent, 20.0, 100.0),
        ("set.rear_celsius", set.rear_celsius, 16.0, 28.0),
        both_ways("set.driver_seat_percent", set.driver_seat_percent),
        both_ways("set.passenger_seat_percent", set.passenger_seat_percent),
        percent("set.wheel_heating_percent", set.wheel_heating_percent),
        percent("set.rain_percent", set.rain_percent),
        percent("set.daylight_percent", set.daylight_percent),
        percent("set.humidity_percent", set.humidity_percent),
        ("set.limit_kmh", set.limit_kmh, 0.0, 150.0),
        ("set.cruise_kmh", set.cruise_kmh, 0.0, 160.0),
        ("set.gap_seconds", set.gap_seconds, 0.0, 4.0),
        metres("set.rear_metres", set.rear_metres),
        metres("set.front_metres", set.front_metres),
    ]
    .into_iter()
    .filter_map(|(key, value, least, most)| Some((key, value?, least, most)))
}

pub(crate) fn in_range(key: &'static str, value: f64, least: f64, most: f64) -> Result<f64, StepError> {
    if (least..=most).contains(&value) { Ok(value) } else { Err(StepError::Range { key, value, least, most }) }
}

pub(super) fn walk(scenario: &Scenario, lines: &[usize]) -> Result<(), ScenarioError> {
    if scenario.steps.is_empty() {
        return Err(ScenarioError::NoSteps);
    }
    let mut body = Body::default();
    body.apply(&scenario.start.set);
    let mut stands = true;
    for _ in 0..if scenario.repeat { 2 } else { 1 } {
        for (step, line) in scenario.steps.iter().zip(lines) {
            let fail = |cause| ScenarioError::Step { line: *line, note: step.note.clone(), cause };
            if !stands && touches_the_drive(&step.set) {
                return Err(fail(StepError::ChangedMoving));
            }
            body.apply(&step.set);
            if step.speed > 0.0 && !body.drives() {
                return Err(fail(StepError::CannotDrive));
            }
            stands = matches!(step.end, End::Stood(_));
        }
    }
    Ok(())
}

/// Whether the drive hangs on what is set.
pub(crate) fn touches_the_drive(set: &Change) -> bool {
    set.gear.is_some()
        || set.power.is_some()
        || set.parking_brake.is_some()
        || set.charging.is_some()
        || set.plugged.is_some()
}
