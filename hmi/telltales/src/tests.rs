use tandem_units::{KilometersPerHour, Kilopascals, Nanoseconds, Percent};

use super::*;

const DRIVES: Option<KilometersPerHour> = Some(KilometersPerHour(72.0));
const STANDS: Option<KilometersPerHour> = Some(KilometersPerHour(0.3));

/// A car that is on, drives, and has nothing to report.
fn well() -> Inputs {
    Inputs {
        is_on: Some(true),
        speed: DRIVES,
        parking_brake: Some(false),
        belted: Some(true),
        abs_error: Some(false),
        esc_error: Some(false),
        doors: [Some(false); 4],
        boot: Some(false),
        bonnet: Some(false),
        tyres: [Some(Kilopascals(250.0)); 4],
        tyre_limit: Kilopascals(200.0),
        charge: Some(Percent(64.0)),
        ..Inputs::default()
    }
}

fn lamps(inputs: Inputs) -> Lamps {
    Telltales::default().update(&inputs)
}

#[test]
fn a_car_that_is_well_has_no_lamp() {
    assert_eq!(lamps(well()), Lamps::default());
    assert_eq!(warning(&well()), None);
}

#[test]
fn each_reading_lights_its_own_lamp_in_its_own_colour() {
    type Case = (fn(&mut Inputs), fn(Lamps) -> Lamp, Colour);
    let cases: [Case; 13] = [
        (|i| i.parking_brake = Some(true), |l| l.parking_brake, Colour::Red),
        (|i| i.belted = Some(false), |l| l.belt, Colour::Red),
        (|i| i.abs_error = Some(true), |l| l.abs, Colour::Amber),
        (|i| i.esc_error = Some(true), |l| l.esc, Colour::Amber),
        (|i| i.tyres[2] = Some(Kilopascals(199.0)), |l| l.tyre, Colour::Amber),
        (|i| i.charge = Some(Percent(9.9)), |l| l.battery, Colour::Amber),
        (|i| i.position = Some(true), |l| l.position, Colour::Green),
        (|i| i.low_beam = Some(true), |l| l.low_beam, Colour::Green),
        (|i| i.high_beam = Some(true), |l| l.high_beam, Colour::Blue),
        (|i| i.front_fog = Some(true), |l| l.front_fog, Colour::Green),
        (|i| i.rear_fog = Some(true), |l| l.rear_fog, Colour::Amber),
        (|i| i.left = Some(true), |l| l.left, Colour::Green),
        (|i| i.right = Some(true), |l| l.right, Colour::Green),
    ];
    for (number, (change, lamp, colour)) in cases.into_iter().enumerate() {
        let mut inputs = well();
        change(&mut inputs);
        let lit = lamps(inputs);
        assert_eq!(lamp(lit), Lamp::Lit(colour), "case {number}");
        // And no other.
        let all = [
            lit.parking_brake,
            lit.belt,
            lit.door,
            lit.abs,
            lit.esc,
            lit.tyre,
            lit.battery,
            lit.position,
            lit.low_beam,
            lit.high_beam,
            lit.front_fog,
            lit.rear_fog,
            lit.left,
            lit.right,
        ];
        assert_eq!(all.iter().filter(|lamp| **lamp != Lamp::Dark).count(), 1, "case {number}");
    }
}

#[test]
fn what_the_car_does_not_say_is_unknown_where_darkness_would_promise() {
    let silent = lamps(Inputs { tyre_limit: Kilopascals(200.0), ..Inputs::default() });
    let unknown = Lamp::Unknown;
    assert_eq!(silent, Lamps { parking_brake: unknown, belt: unknown, abs: unknown, esc: unknown, ..Lamps::default() });
    assert_eq!(warning(&Inputs::default()), None);
}

#[test]
fn a_car_that_is_off_shows_its_parking_brake_and_no_fault() {
    let off = Inputs { is_on: Some(false), belted: Some(false), abs_error: None, parking_brake: Some(true), ..well() };
    assert_eq!(lamps(off), Lamps { parking_brake: Lamp::Lit(Colour::Red), ..Lamps::default() });
    assert_eq!(warning(&off), None);
}

#[test]
fn an_open_door_is_a_caution_in_a_standing_car_and_a_danger_otherwise() {
    for (speed, colour) in [(STANDS, Colour::Amber), (DRIVES, Colour::Red), (None, Colour::Red)] {
        for open in 0..6 {
            let mut inputs = Inputs { speed, ..well() };
            match open {
                4 => inputs.boot = Some(true),
                5 => inputs.bonnet = Some(true),
                door => inputs.doors[door] = Some(true),
            }
            assert_eq!(lamps(inputs).door, Lamp::Lit(colour), "{speed:?} {open}");
            assert_eq!(warning(&inputs).is_some(), speed == DRIVES);
        }
    }
}

#[test]
fn the_line_says_the_most_urgent_thing() {
    let mut inputs = Inputs {
        bonnet: Some(true),
        doors: [Some(false), Some(false), Some(true), Some(true)],
        boot: Some(true),
        parking_brake: Some(true),
        belted: Some(false),
        abs_error: Some(true),
        esc_error: Some(true),
        tyres: [Some(Kilopascals(250.0)), None, Some(Kilopascals(199.0)), None],
        charge: Some(Percent(3.0)),
        ..well()
    };
    type Mend = fn(&mut Inputs);
    let order: [(Warning, Mend); 9] = [
        (Warning::BonnetOpen, |i| i.bonnet = Some(false)),
        (Warning::DoorOpen(2), |i| i.doors = [None; 4]),
        (Warning::BootOpen, |i| i.boot = None),
        (Warning::ParkingBrakeOn, |i| i.parking_brake = None),
        (Warning::BeltOpen, |i| i.belted = Some(true)),
        (Warning::AbsFault, |i| i.abs_error = None),
        (Warning::EscFault, |i| i.esc_error = None),
        (Warning::TyreLow(2), |i| i.tyres = [None; 4]),
        (Warning::BatteryLow, |i| i.charge = None),
    ];
    for (number, (expected, mend)) in order.into_iter().enumerate() {
        assert_eq!(warning(&inputs), Some(expected));
        assert_eq!(expected.is_danger(), number < 5);
        mend(&mut inputs);
    }
    assert_eq!(warning(&inputs), None);
}

fn at(milliseconds: u64) -> Nanoseconds {
    Nanoseconds::from_millis(milliseconds)
}

#[test]
fn the_flasher_starts_lit_and_changes_every_340_ms_of_the_links_time() {
    let mut telltales = Telltales::default();
    let mut left = |ms: u64| {
        let lamps = telltales.update(&Inputs { now: at(ms), left: Some(true), ..well() });
        (lamps.left, telltales.next_flash(), lamps.right)
    };
    let (lit, dark) = (Lamp::Lit(Colour::Green), Lamp::Dark);
    assert_eq!(left(1_000), (lit, Some(at(1_340)), dark));
    assert_eq!(left(1_339), (lit, Some(at(1_340)), dark));
    assert_eq!(left(1_340), (dark, Some(at(1_680)), dark));
    assert_eq!(left(1_680), (lit, Some(at(2_020)), dark));
    // A gap in the readings leaves the phase alone, and a clock that starts again starts the flasher again.
    assert_eq!(left(2_100), (dark, Some(at(2_360)), dark));
    assert_eq!(left(0), (lit, Some(at(340)), dark));
}

#[test]
fn hazard_flashes_both_sides_at_once_and_rest_is_dark() {
    let mut telltales = Telltales::default();
    let lit = Lamp::Lit(Colour::Green);
    telltales.update(&Inputs { now: at(0), left: Some(true), ..well() });
    let both = telltales.update(&Inputs { now: at(700), hazard: Some(true), ..well() });
    assert_eq!((both.left, both.right), (lit, lit));
    let none = telltales.update(&Inputs { now: at(720), hazard: None, ..well() });
    assert_eq!((none.left, none.right, telltales.next_flash()), (Lamp::Dark, Lamp::Dark, None));
    // The next one starts lit.
    let again = telltales.update(&Inputs { now: at(1_100), right: Some(true), ..well() });
    assert_eq!((again.left, again.right), (Lamp::Dark, lit));
}
