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
        ("set.fan_percent", start.set.fan_percent.unwrap_or(0.0), 0.0, 100.0),
    ] {
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
    in_range("set.fan_percent", raw.set.fan_percent.unwrap_or(0.0), 0.0, 100.0)?;
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

fn in_range(key: &'static str, value: f64, least: f64, most: f64) -> Result<f64, StepError> {
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

fn touches_the_drive(set: &Change) -> bool {
    set.gear.is_some() || set.power.is_some() || set.parking_brake.is_some() || set.charging.is_some()
}
