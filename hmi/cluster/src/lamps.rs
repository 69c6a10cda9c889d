//! From readings to the lamp lane and the warning line.

use tandem_kit::{Link, Readings};
use tandem_telltales::{Colour, Inputs, Lamp, Severity, Telltales, Warning, warnings};
use tandem_units::{KilometersPerHour, Kilopascals, Percent, Quality};

use crate::{LampAdapter, LampState, Leaf, Sentence};

/// A fifth under the 250 kPa that cars of this kind are set to, as UN R141 asks.
const TYRE_LIMIT: Kilopascals = Kilopascals(200.0);

pub(crate) fn show(adapter: &LampAdapter<'_>, telltales: &mut Telltales, readings: &Readings) {
    let inputs = inputs(readings);
    let lamps = telltales.update(&inputs);
    adapter.set_parking_brake(state(lamps.parking_brake));
    adapter.set_belt(state(lamps.belt));
    adapter.set_door(state(lamps.door));
    adapter.set_abs(state(lamps.abs));
    adapter.set_esc(state(lamps.esc));
    adapter.set_tyre(state(lamps.tyre));
    adapter.set_battery(state(lamps.battery));
    adapter.set_fault(state(lamps.fault));
    adapter.set_position(state(lamps.position));
    adapter.set_low_beam(state(lamps.low_beam));
    adapter.set_high_beam(state(lamps.high_beam));
    adapter.set_front_fog(state(lamps.front_fog));
    adapter.set_rear_fog(state(lamps.rear_fog));
    adapter.set_left(state(lamps.left));
    adapter.set_right(state(lamps.right));
    let (sentence, danger) = sentence(readings, &inputs);
    adapter.set_sentence(sentence);
    adapter.set_danger(danger);
}

fn inputs(readings: &Readings) -> Inputs {
    let switch = |leaf: Leaf| readings.get(leaf).valid_switch();
    let number = |leaf: Leaf| readings.get(leaf).valid_number();
    let tyre = |leaf: Leaf| number(leaf).map(Kilopascals);
    let power = readings.get(Leaf::Power);
    Inputs {
        now: readings.now(),
        is_on: power.text().filter(|_| power.quality == Quality::Valid).and_then(is_on),
        speed: number(Leaf::Speed).map(KilometersPerHour),
        parking_brake: switch(Leaf::ParkingBrake),
        belted: switch(Leaf::Belt),
        abs_error: switch(Leaf::AbsError),
        esc_error: switch(Leaf::EscError),
        doors: [Leaf::DriverDoor, Leaf::PassengerDoor, Leaf::RearDriverSideDoor, Leaf::RearPassengerSideDoor]
            .map(switch),
        boot: switch(Leaf::Boot),
        bonnet: switch(Leaf::Bonnet),
        tyres: [Leaf::FrontLeftTyre, Leaf::FrontRightTyre, Leaf::RearLeftTyre, Leaf::RearRightTyre].map(tyre),
        tyre_limit: TYRE_LIMIT,
        charge: number(Leaf::Charge).map(Percent),
        position: switch(Leaf::PositionLights),
        low_beam: switch(Leaf::LowBeam),
        high_beam: switch(Leaf::HighBeam),
        front_fog: switch(Leaf::FrontFog),
        rear_fog: switch(Leaf::RearFog),
        left: switch(Leaf::LeftIndicator),
        right: switch(Leaf::RightIndicator),
        hazard: switch(Leaf::Hazard),
        fault: blind(readings).is_some(),
    }
}

/// The words of `Vehicle.LowVoltageSystemState`; `UNDEFINED` says nothing.
fn is_on(word: &str) -> Option<bool> {
    match word {
        "ON" | "START" => Some(true),
        "LOCK" | "OFF" | "ACC" => Some(false),
        _ => None,
    }
}

fn state(lamp: Lamp) -> LampState {
    match lamp {
        Lamp::Dark => LampState::Dark,
        Lamp::Unknown => LampState::Unknown,
        Lamp::Lit(Colour::Red) => LampState::Red,
        Lamp::Lit(Colour::Amber) => LampState::Amber,
        Lamp::Lit(Colour::Green) => LampState::Green,
        Lamp::Lit(Colour::Blue) => LampState::Blue,
    }
}

/// What the line says, and whether it is danger: a cluster that knows nothing is, and so is a speed that was true once.
fn sentence(readings: &Readings, inputs: &Inputs) -> (Sentence, bool) {
    if let Some(blind) = blind(readings) {
        return (blind, true);
    }
    warnings(inputs)
        .next()
        .map_or((Sentence::None, false), |warning| (warns(warning), warning.severity() == Severity::Danger))
}

/// Why the instruments cannot be believed, if so.
fn blind(readings: &Readings) -> Option<Sentence> {
    match readings.link() {
        Link::Silent => Some(Sentence::ServiceSilent),
        Link::NoService => Some(Sentence::ServiceMissing),
        Link::Refused(_) => Some(Sentence::ServiceRefuses),
        Link::NoBus => Some(Sentence::BusMissing),
        Link::Up if readings.get(Leaf::Speed).quality == Quality::Stale => Some(Sentence::SpeedLost),
        Link::Connecting | Link::Up => None,
    }
}

fn warns(warning: Warning) -> Sentence {
    match warning {
        Warning::BonnetOpen => Sentence::BonnetOpen,
        Warning::DoorOpen(0) => Sentence::DriverDoorOpen,
        Warning::DoorOpen(1) => Sentence::PassengerDoorOpen,
        Warning::DoorOpen(_) => Sentence::RearDoorOpen,
        Warning::BootOpen => Sentence::BootOpen,
        Warning::ParkingBrakeOn => Sentence::ParkingBrakeOn,
        Warning::BeltOpen => Sentence::BeltOpen,
        Warning::AbsFault => Sentence::AbsFault,
        Warning::EscFault => Sentence::EscFault,
        Warning::TyreLow(0) => Sentence::FrontLeftTyreLow,
        Warning::TyreLow(1) => Sentence::FrontRightTyreLow,
        Warning::TyreLow(2) => Sentence::RearLeftTyreLow,
        Warning::TyreLow(_) => Sentence::RearRightTyreLow,
        Warning::BatteryLow => Sentence::BatteryLow,
    }
}
