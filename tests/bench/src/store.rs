//! The vehicle service's core without its buses: frames in at one end, batches for ten subscribers out at the other.
//!
//! An update is one signal's value, heard and stored. Here every one is new and goes to all ten: each tick brings a frame of every message, and each subscriber
//! has a batch with every leaf, which it acknowledges. So it is the most that can be asked of the core, not what a car does.

use std::fmt::Write;

use anyhow::{Context, Result};
use tandem_can::{Hello, Pace};
use tandem_dbc::Database;
use tandem_frame::{BusIndex, CanId, Frame};
use tandem_signals::{Catalogue, Profile};
use tandem_store::Car;
use tandem_units::Nanoseconds;
use tandem_vehicle::core::{Core, Effect, TICK};

use crate::codec::speed;
use crate::figure::Figure;

const MESSAGES: usize = 250;
const SIGNALS: usize = 4;
const LEAVES: usize = MESSAGES * SIGNALS;
const SUBSCRIBERS: usize = 10;
/// Ticks between two looks at the clock.
const TICKS: usize = 50;

pub fn figures() -> Result<Vec<Figure>> {
    let mut core = Core::new(car()?, None, 1);
    core.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into()] });
    let paths: Vec<_> = (0..LEAVES).map(path).collect();
    for subscriber in 0..SUBSCRIBERS {
        core.subscribe(&format!(":1.{subscriber}"), &paths, Nanoseconds::ZERO, 8)?;
    }
    let (mut tick, mut told) = (0u64, 0);
    let mut round = || -> Result<()> {
        for _ in 0..TICKS {
            tick += 1;
            let now = Nanoseconds(tick * TICK.0);
            for message in 0..MESSAGES {
                let value = (tick as u16).to_le_bytes();
                let payload = std::array::from_fn::<_, 8, _>(|at| if at % 2 == 0 { value[0] } else { value[1] });
                let id = CanId::standard(0x100 + u32::try_from(message)?)?;
                core.hear(&Frame::new(BusIndex(0), id, now.0, &payload)?);
            }
            while core.tick_due(now) {
                for effect in core.tick() {
                    let Effect::Tell(batch) = effect else { continue };
                    told += batch.changes.len();
                    core.acknowledge(&batch.client, batch.id, batch.sequence);
                }
            }
        }
        Ok(())
    };
    let mut rounds = 0;
    let mut failed = None;
    let updates = speed(TICKS * LEAVES, || {
        rounds += 1;
        failed = failed.take().or(round().err());
    });
    failed.map_or(Ok(()), Err)?;
    let whole = rounds * TICKS * LEAVES * SUBSCRIBERS;
    anyhow::ensure!(told.abs_diff(whole) <= 2 * LEAVES * SUBSCRIBERS, "{told} changes of {whole} were told");
    let name = format!("store, and {SUBSCRIBERS} are told of all");
    Ok(vec![Figure::new(name, updates, "updates/s").at_least(2e6)])
}

/// A car of a thousand leaves.
fn car() -> Result<Car> {
    let mut catalogue = String::new();
    let mut profile =
        "name = \"Thousand\"\ndescription = \"A thousand leaves.\"\n[buses.can0]\ndbc = \"x.dbc\"\nbitrate = 500_000\n"
            .to_owned();
    let mut dbc = String::new();
    for message in 0..MESSAGES {
        writeln!(dbc, "BO_ {} M{message}: 8 X", 0x100 + message)?;
        for signal in 0..SIGNALS {
            writeln!(dbc, " SG_ S{signal} : {}|16@1+ (0.01,0) [0|0] \"km/h\" X", 16 * signal)?;
            let path = path(SIGNALS * message + signal);
            writeln!(
                catalogue,
                "[leaves.\"{path}\"]\nkind = \"sensor\"\ndatatype = \"float\"\nunit = \"km/h\"\ndescription = \"One of many.\""
            )?;
            writeln!(
                profile,
                "[[signals]]\nleaf = \"{path}\"\nbus = \"can0\"\nmessage = \"M{message}\"\nsignal = \"S{signal}\"\ncycle_ms = 20"
            )?;
        }
    }
    let told = |mistakes: Vec<tandem_signals::Mistake>| mistakes.first().map(ToString::to_string).unwrap_or_default();
    let catalogue = Catalogue::parse(&[("catalogue.toml", &catalogue)]).map_err(told).map_err(anyhow::Error::msg)?;
    // A car holds on to the catalogue for as long as the program runs.
    let catalogue: &'static Catalogue = Box::leak(Box::new(catalogue));
    let profile = Profile::parse("car.toml", &profile, catalogue).map_err(told).map_err(anyhow::Error::msg)?;
    let database = Database::parse(dbc.as_bytes()).context("the car's DBC file")?;
    Car::bind("car.toml", profile, vec![database], catalogue).map_err(told).map_err(anyhow::Error::msg)
}

fn path(leaf: usize) -> String {
    format!("Vehicle.Part{leaf:04}.Speed")
}
