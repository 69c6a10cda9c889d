//! What a decision of the gate costs, on the demo car's allow-list: every listed message by turns, let out, and kept in for each kind of reason.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use tandem_frame::{CanId, Frame};
use tandem_gate::{Gate, VehicleState};
use tandem_scenes::root;
use tandem_signals::Catalogue;
use tandem_store::{Places, load};
use tandem_units::{Driving, Nanoseconds, Power};

use crate::codec::speed;
use crate::figure::Figure;

/// Nanoseconds a decision.
const BAR: f64 = 200.0;
/// More than any message has to wait.
const ROUND: Nanoseconds = Nanoseconds::from_millis(5000);
const PARKED: VehicleState = VehicleState { driving: Driving::Parked, power: Some(Power::On) };

pub fn figures() -> Result<Vec<Figure>> {
    let places = Places { assets: root().join("assets"), dbc: Vec::new() };
    let (car, _) = load("demo", &places, Catalogue::ours())?;
    let databases = car.buses.iter().map(|bus| &bus.database);
    let bound = tandem_gate::bind("car.toml", &car.profile, databases);
    let mut gate = bound.ok().context("the demo car's allow-list does not bind")?;
    let mut wanted: Vec<Frame> = gate.rules().map(|rule| rule.start).collect();
    wanted.retain(|frame| gate.clone().admit(frame, PARKED, ROUND).is_ok());
    ensure!(!wanted.is_empty(), "the demo car has nothing that may leave");
    let mut now = Nanoseconds::ZERO;
    let left = cost(&mut gate, &wanted, PARKED, true, &mut || {
        now = now + ROUND;
        now
    })?;
    // Of a burst there is still some to be had.
    for frame in &wanted {
        while gate.admit(frame, PARKED, now).is_ok() {}
    }
    let soon = cost(&mut gate, &wanted, PARKED, false, &mut || now)?;
    let others = |frame: &Frame| {
        let mut other = *frame;
        other.id = CanId::extended(frame.id.number()).unwrap_or(frame.id);
        other
    };
    let unlisted: Vec<_> = wanted.iter().map(others).collect();
    let unlisted = cost(&mut gate, &unlisted, PARKED, false, &mut || now)?;
    let figure = |what: &str, value: f64| Figure::new(format!("gate, {what}"), value, "ns").at_most(BAR);
    Ok(vec![figure("let out", left), figure("kept in, too soon", soon), figure("kept in, not listed", unlisted)])
}

/// Nanoseconds a decision, which is the same for all of these frames. Each round of them has a time.
fn cost(
    gate: &mut Gate,
    frames: &[Frame],
    state: VehicleState,
    leaves: bool,
    time: &mut dyn FnMut() -> Nanoseconds,
) -> Result<f64> {
    let (mut rounds, mut left) = (0, 0);
    let decisions = speed(frames.len(), || {
        rounds += 1;
        let now = time();
        left += frames.iter().filter(|frame| black_box(gate.admit(frame, state, now)).is_ok()).count();
    });
    let expected = if leaves { rounds * frames.len() } else { 0 };
    ensure!(left == expected, "{left} of {} frames left", rounds * frames.len());
    Ok(1e9 / decisions)
}
