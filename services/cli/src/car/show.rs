use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;
use tandem_gate::{Gate, Rule};
use tandem_signals::{Others, TransmitProfile, worst_word};
use tandem_store::Car;
use tandem_units::Power;

use super::{gate, loaded};
use crate::failure::Status;
use crate::say::{say, tell};
use crate::table::{Align, Table};
use crate::vss::Vss;

/// What may leave for a car: messages, signals with their ranges, pace, and what the car must do.
#[derive(clap::Args)]
pub struct Show {
    /// A folder with a car.toml, or the name of a car in the assets.
    car: String,
    /// One line of JSON instead.
    #[arg(long)]
    json: bool,
    /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again.
    #[arg(long, value_name = "DIR")]
    dbc_path: Vec<PathBuf>,
    #[command(flatten)]
    vss: Vss,
}

impl Show {
    pub fn run(self) -> anyhow::Result<Status> {
        let (file, car, ..) = loaded(&self.car, &self.dbc_path, &self.vss)?;
        let gate = gate(&file, &car).map_err(|mistakes| {
            let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
            anyhow::anyhow!("{first} (`tandem car check {}` lists all)", self.car)
        })?;
        let lines = lines(&car, &gate).context("the allow-list is not that of its car.toml")?;
        if self.json {
            say(&json!({ "car": car.profile.name, "read_only": gate.is_read_only(), "transmit": lines.iter().map(Line::json).collect::<Vec<_>>() }).to_string());
        } else if gate.is_read_only() {
            tell(&format!("{}: nothing may leave, the car is only listened to", car.profile.name));
        } else {
            say(table(&lines).to_string().trim_end());
        }
        Ok(Status::OK)
    }
}

/// A rule of the gate, and what a person wrote.
struct Line<'a> {
    bus: &'a str,
    rule: &'a Rule,
    profile: &'a TransmitProfile,
    /// The names of the limits' signals, their units, and the ranges as they were written.
    signals: Vec<(&'a str, &'a str, f64, f64)>,
}

fn lines<'a>(car: &'a Car, gate: &'a Gate) -> Option<Vec<Line<'a>>> {
    let line = |rule: &'a Rule| {
        let bus = car.buses.get(usize::from(rule.bus().0))?;
        let message = bus.database.messages.get(rule.message)?;
        let listed = |line: &&TransmitProfile| line.bus == usize::from(rule.bus().0) && line.message == message.name;
        let profile = car.profile.transmit.iter().find(listed)?;
        let signal = |(name, range): &'a (String, std::ops::RangeInclusive<f64>)| {
            Some((name.as_str(), message.signal(name)?.1.unit.as_str(), *range.start(), *range.end()))
        };
        let signals = profile.signals.iter().map(signal).collect::<Option<_>>()?;
        Some(Line { bus: &bus.interface, rule, profile, signals })
    };
    gate.rules().map(line).collect()
}

impl Line<'_> {
    fn json(&self) -> serde_json::Value {
        let (rule, profile) = (self.rule, self.profile);
        let signals = self.signals.iter().zip(&rule.limits).map(|((name, unit, min, max), limit)| {
            let (least, most) = limit.range();
            json!({ "signal": name, "min": min, "max": max, "unit": unit, "raw_min": least as f64, "raw_max": most as f64, "raw_start": limit.start() as f64 })
        });
        json!({
            "bus": self.bus,
            "id": rule.id().to_string(),
            "message": profile.message,
            "bytes": rule.start.length(),
            "signals": signals.collect::<Vec<_>>(),
            "min_period_ms": rule.min_period.as_millis(),
            "burst": rule.burst,
            "cycle_ms": profile.cycle.map(|cycle| cycle.as_millis()),
            "driving": worst_word(rule.driving),
            "power": rule.power.as_ref().map(|list| list.iter().map(|power| power.word()).collect::<Vec<_>>()),
            "others": if rule.others == Others::Received { "received" } else { "start" },
        })
    }

    fn pace(&self) -> String {
        let burst = if self.rule.burst > 1 { format!(", up to {} at once", self.rule.burst) } else { String::new() };
        format!("{} ms{burst}", self.rule.min_period.as_millis())
    }

    fn state(&self) -> String {
        let power = |list: &Vec<Power>| list.iter().map(|power| power.word()).collect::<Vec<_>>().join(" ");
        format!("{}, {}", worst_word(self.rule.driving), self.rule.power.as_ref().map_or("any power".to_owned(), power))
    }
}

fn table(lines: &[Line<'_>]) -> Table {
    let mut table = Table::new([
        ("bus", Align::Left),
        ("id", Align::Right),
        ("message", Align::Left),
        ("signal", Align::Left),
        ("range", Align::Left),
        ("pace", Align::Left),
        ("while", Align::Left),
    ]);
    for line in lines {
        let mut first = [line.bus.to_owned(), line.rule.id().to_string(), line.profile.message.clone()];
        let (mut pace, mut state) = (line.pace(), line.state());
        for (name, unit, min, max) in &line.signals {
            let [bus, id, message] = std::mem::take(&mut first);
            let range = format!("{min} to {max} {unit}").trim_end().to_owned();
            let (pace, state) = (std::mem::take(&mut pace), std::mem::take(&mut state));
            table.row([bus, id, message, (*name).to_owned(), range, pace, state]);
        }
    }
    table
}
