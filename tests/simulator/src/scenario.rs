//! A drive as a TOML file: how the car is at first, and what its driver then does step by step.

pub(crate) mod check;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use toml::Spanned;

use crate::model::body::Change;

/// A drive that makes sense: every step can be carried out where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Of its file, without the `.toml`; empty if it has none.
    pub name: String,
    pub title: String,
    /// What all chance comes from.
    pub seed: u64,
    /// Whether the first step follows the last one; if not, the car stands when the steps are done.
    pub repeat: bool,
    pub start: Start,
    /// At least one.
    pub steps: Vec<Step>,
}

/// How the car is when the scenario begins.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// What the car's clock says.
    pub clock: Clock,
    pub outside_celsius: f64,
    pub cabin_celsius: f64,
    pub driver_celsius: f64,
    pub passenger_celsius: f64,
    pub charge_percent: f64,
    pub range_km: f64,
    pub odometer_km: f64,
    pub latitude_degrees: f64,
    pub longitude_degrees: f64,
    pub altitude_metres: f64,
    /// From north, clockwise.
    pub heading_degrees: f64,
    #[serde(default)]
    pub set: Change,
}

/// A time of day, `"21:40"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Clock {
    pub minute_of_day: u16,
}

/// One thing the driver does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub note: String,
    /// m/s; 0 is a stop.
    pub speed: f64,
    /// m/s2, each positive.
    pub acceleration: f64,
    pub braking: f64,
    /// Over the whole step, degrees to the right.
    pub turn: f64,
    pub end: End,
    pub set: Change,
}

/// When a step is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// After so many seconds.
    After(f64),
    /// After so many metres.
    Driven(f64),
    /// After the car has stood for so many seconds.
    Stood(f64),
}

/// A scenario that cannot be read, or not be driven.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("{0}")]
    Text(#[from] toml::de::Error),
    #[error("[start]: {key} is {value}, expected {least} to {most}")]
    Start { key: &'static str, value: f64, least: f64, most: f64 },
    #[error("expected at least one [[steps]]")]
    NoSteps,
    #[error("line {line}: step \"{note}\": {cause}")]
    Step { line: usize, note: String, cause: StepError },
}

/// Why a step cannot be driven.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum StepError {
    #[error("{key} is {value}, expected {least} to {most}")]
    Range { key: &'static str, value: f64, least: f64, most: f64 },
    #[error("expected exactly one of seconds, metres and standing_seconds")]
    End,
    #[error("expected speed_kmh, as the step does not end standing")]
    NoSpeed,
    #[error("standing_seconds ends at 0 km/h: expected no speed_kmh and no turn_degrees")]
    StandingMoves,
    #[error("metres are never driven at 0 km/h")]
    NeverDriven,
    #[error(
        "the car moves when the step begins: gear, power, parking_brake, plugged and charging change only behind a step with standing_seconds"
    )]
    ChangedMoving,
    #[error("expected gear D or R, power ON, no parking_brake and nothing plugged in, as the car is to drive")]
    CannotDrive,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    title: String,
    seed: u64,
    repeat: bool,
    start: Start,
    #[serde(default)]
    steps: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    note: String,
    speed_kmh: Option<f64>,
    acceleration_mps2: Option<f64>,
    braking_mps2: Option<f64>,
    turn_degrees: Option<f64>,
    seconds: Option<f64>,
    metres: Option<f64>,
    standing_seconds: Option<f64>,
    #[serde(default)]
    set: Change,
}

impl Scenario {
    /// Reads a scenario and walks through it once, or twice if it repeats.
    ///
    /// # Errors
    /// [`ScenarioError`], the first that is found, with its line.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let raw: RawScenario = toml::from_str(text)?;
        check::start(&raw.start)?;
        let mut lines = Vec::new();
        let mut steps = Vec::new();
        for step in raw.steps {
            let before = text.get(..step.span().start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let step = step.into_inner();
            let note = step.note.clone();
            steps.push(check::step(step).map_err(|cause| ScenarioError::Step { line, note, cause })?);
            lines.push(line);
        }
        let scenario =
            Self { name: String::new(), title: raw.title, seed: raw.seed, repeat: raw.repeat, start: raw.start, steps };
        check::walk(&scenario, &lines)?;
        Ok(scenario)
    }
}

impl TryFrom<String> for Clock {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(hour, minute)| {
            let two = |digits: &str| match digits.len() {
                2 => digits.parse::<u16>().ok(),
                _ => None,
            };
            Some((two(hour)?, two(minute)?))
        });
        match parsed {
            Some((hour @ 0..=23, minute @ 0..=59)) => Ok(Self { minute_of_day: hour * 60 + minute }),
            _ => Err(format!("\"{text}\" is no time of day, expected 00:00 to 23:59")),
        }
    }
}
