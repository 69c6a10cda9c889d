//! Which lamp is lit and why: from readings to tell-tales, with no screen, no allocation and no clock of its own.
//!
//! A reading comes as an `Option`: a value that is valid now, or none. A stale, absent or invalid one is none, so it never lights a lamp. Where a dark
//! lamp would then say "all is well", which nobody knows, the lamp is [`Lamp::Unknown`] instead: park brake, seat belt, ABS and ESC. The others report
//! what is switched on, or repeat a reading that the cluster shows elsewhere with its own quality: they stay dark.
//!
//! When the car is switched on, all lamps are lit for three seconds, so that a dead one is seen ([`CHECK`]).
//!
//! Colours are those of UN R121 and the logic of ISO 2575: red is danger now, amber is caution or a fault, green is on, blue is high beam alone. An open
//! door stands in neither as a lamp of one colour: it is caution while the car stands and danger while it drives. Not safety-rated.
#![no_std]

mod check;
mod lamps;
mod pager;
mod warning;

use check::Check;
use tandem_units::{KilometersPerHour, Kilopascals, Nanoseconds, Percent};

pub use check::CHECK;
pub use lamps::{Colour, Lamp, Lamps, Telltale};
pub use pager::{Page, Pager};
pub use warning::{Severity, Warning, warnings};

/// A flasher is lit for this long and dark for as long: 88 flashes a minute, within the 60 to 120 of UN R48.
pub const HALF_FLASH: Nanoseconds = Nanoseconds::from_millis(340);
/// From this speed on the car counts as driving: under it GNSS and worn wheel sensors still report movement of a standing car.
pub const DRIVING: KilometersPerHour = KilometersPerHour(5.0);
/// Under this charge the battery counts as low.
pub const LOW_CHARGE: Percent = Percent(10.0);

/// What the lamps are made from. `None` is a reading that is not valid now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Inputs {
    /// The time of these readings on the link's clock.
    pub now: Nanoseconds,
    /// `Vehicle.LowVoltageSystemState` is ON or START.
    pub is_on: Option<bool>,
    pub speed: Option<KilometersPerHour>,
    pub parking_brake: Option<bool>,
    /// The driver's belt.
    pub belted: Option<bool>,
    pub abs_error: Option<bool>,
    pub esc_error: Option<bool>,
    /// Driver and passenger of row 1, then of row 2.
    pub doors: [Option<bool>; 4],
    pub boot: Option<bool>,
    pub bonnet: Option<bool>,
    /// Left and right of axle 1, then of axle 2.
    pub tyres: [Option<Kilopascals>; 4],
    /// Under this a tyre counts as low.
    pub tyre_limit: Kilopascals,
    pub charge: Option<Percent>,
    pub position: Option<bool>,
    pub low_beam: Option<bool>,
    pub high_beam: Option<bool>,
    pub front_fog: Option<bool>,
    pub rear_fog: Option<bool>,
    pub left: Option<bool>,
    pub right: Option<bool>,
    pub hazard: Option<bool>,
    /// The instruments themselves cannot be believed: they hear nothing, or show something else than they should.
    pub fault: bool,
}

impl Inputs {
    /// Whether the car drives; unknown without a speed.
    pub fn drives(&self) -> Option<bool> {
        self.speed.map(|speed| speed.0.abs() >= DRIVING.0)
    }

    /// Whether the tyre of this wheel is low: 0 and 1 are left and right of axle 1, 2 and 3 of axle 2.
    pub fn is_low(&self, wheel: usize) -> bool {
        self.tyres.get(wheel).copied().flatten().is_some_and(|pressure| pressure < self.tyre_limit)
    }

    fn is_ajar(&self) -> bool {
        self.doors.iter().chain([&self.boot, &self.bonnet]).any(|door| *door == Some(true))
    }

    fn battery_is_low(&self) -> bool {
        self.charge.is_some_and(|charge| charge < LOW_CHARGE)
    }

    fn signals(&self) -> bool {
        [self.left, self.right, self.hazard].contains(&Some(true))
    }
}

/// The lamps with what they remember: since when the flasher runs, and since when all of them are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Telltales {
    flasher: Option<Flasher>,
    check: Check,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flasher {
    since: Nanoseconds,
    now: Nanoseconds,
}

impl Telltales {
    /// The lamps for these readings.
    pub fn update(&mut self, inputs: &Inputs) -> Lamps {
        let now = inputs.now;
        // A clock that jumped back belongs to another drive: the flasher starts anew.
        let since = self.flasher.map(|flasher| flasher.since).filter(|since| *since <= now);
        self.flasher = inputs.signals().then(|| Flasher { since: since.unwrap_or(now), now });
        let flash = self.flasher.is_some_and(|flasher| flasher.half() % 2 == 0);
        let hazard = inputs.hazard == Some(true);
        let side = |signals: Option<bool>| lit_if(flash && (hazard || signals == Some(true)), Colour::Green);

        let lamps = Lamps {
            parking_brake: warns(inputs.parking_brake, Colour::Red),
            belt: while_on(inputs, warns(inputs.belted.map(|belted| !belted), Colour::Red)),
            door: if !inputs.is_ajar() {
                Lamp::Dark
            } else if inputs.drives() == Some(false) {
                Lamp::Lit(Colour::Amber)
            } else {
                Lamp::Lit(Colour::Red)
            },
            abs: while_on(inputs, warns(inputs.abs_error, Colour::Amber)),
            esc: while_on(inputs, warns(inputs.esc_error, Colour::Amber)),
            tyre: lit_if((0..4).any(|wheel| inputs.is_low(wheel)), Colour::Amber),
            battery: lit_if(inputs.battery_is_low(), Colour::Amber),
            position: lit_if(inputs.position == Some(true), Colour::Green),
            low_beam: lit_if(inputs.low_beam == Some(true), Colour::Green),
            high_beam: lit_if(inputs.high_beam == Some(true), Colour::Blue),
            front_fog: lit_if(inputs.front_fog == Some(true), Colour::Green),
            rear_fog: lit_if(inputs.rear_fog == Some(true), Colour::Amber),
            left: side(inputs.left),
            right: side(inputs.right),
            fault: lit_if(inputs.fault, Colour::Red),
        };
        self.check.update(inputs);
        if self.check.is_on() { lamps.checked(inputs.signals()) } else { lamps }
    }

    /// Whether all lamps are lit to be looked at.
    pub fn checks(&self) -> bool {
        self.check.is_on()
    }

    /// When the lamps change next by time alone, on the link's clock; none while they rest.
    pub fn next_change(&self) -> Option<Nanoseconds> {
        let flash = self.flasher.map(|flasher| {
            let halves = flasher.half().saturating_add(1);
            flasher.since + Nanoseconds(HALF_FLASH.0.saturating_mul(halves))
        });
        flash.into_iter().chain(self.check.ends()).min()
    }
}

impl Flasher {
    fn half(self) -> u64 {
        self.now.since(self.since).0 / HALF_FLASH.0
    }
}

fn lit_if(lit: bool, colour: Colour) -> Lamp {
    if lit { Lamp::Lit(colour) } else { Lamp::Dark }
}

/// A lamp whose darkness promises that all is well.
fn warns(fault: Option<bool>, colour: Colour) -> Lamp {
    fault.map_or(Lamp::Unknown, |fault| lit_if(fault, colour))
}

/// A lamp that means nothing in a car that is switched off.
fn while_on(inputs: &Inputs, lamp: Lamp) -> Lamp {
    if inputs.is_on == Some(false) { Lamp::Dark } else { lamp }
}

#[cfg(test)]
mod tests;
