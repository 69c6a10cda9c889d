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
    assert_eq!(warnings(&well()).next(), None);
}

#[test]
fn each_reading_lights_its_own_lamp_in_its_own_colour() {
    type Case = (fn(&mut Inputs), fn(Lamps) -> Lamp, Colour);
    let cases: [Case; 14] = [
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
        (|i| i.fault = true, |l| l.fault, Colour::Red),
    ];
    for (number, (change, lamp, colour)) in cases.into_iter().enumerate() {
        let mut inputs = well();
        change(&mut inputs);
        let lit = lamps(inputs);
        assert_eq!(lamp(lit), Lamp::Lit(colour), "case {number}");
        // And no other.
        let all = Telltale::ALL.map(|telltale| lit.of(telltale));
        assert_eq!(all.iter().filter(|lamp| **lamp != Lamp::Dark).count(), 1, "case {number}");
    }
}

#[test]
fn what_the_car_does_not_say_is_unknown_where_darkness_would_promise() {
    let silent = lamps(Inputs { tyre_limit: Kilopascals(200.0), ..Inputs::default() });
    let unknown = Lamp::Unknown;
    assert_eq!(silent, Lamps { parking_brake: unknown, belt: unknown, abs: unknown, esc: unknown, ..Lamps::default() });
    assert_eq!(warnings(&Inputs::default()).next(), None);
}

#[test]
fn a_car_that_is_off_shows_its_parking_brake_and_no_fault() {
    let off = Inputs { is_on: Some(false), belted: Some(false), abs_error: None, parking_brake: Some(true), ..well() };
    assert_eq!(lamps(off), Lamps { parking_brake: Lamp::Lit(Colour::Red), ..Lamps::default() });
    assert_eq!(warnings(&off).next(), None);
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
            assert_eq!(warnings(&inputs).next().is_some(), speed == DRIVES);
        }
    }
}

#[test]
fn all_warnings_come_the_most_urgent_first() {
    let mut inputs = Inputs {
        bonnet: Some(true),
        doors: [Some(false), Some(false), Some(true), Some(true)],
        boot: Some(true),
        parking_brake: Some(true),
        belted: Some(false),
        abs_error: Some(true),
        esc_error: Some(true),
        tyres: [Some(Kilopascals(250.0)), None, Some(Kilopascals(199.0)), Some(Kilopascals(120.0))],
        charge: Some(Percent(3.0)),
        ..well()
    };
    type Mend = fn(&mut Inputs);
    use Severity::{Advice, Caution, Danger};
    let order: [(Warning, Severity, Mend); 11] = [
        (Warning::BonnetOpen, Danger, |i| i.bonnet = Some(false)),
        (Warning::DoorOpen(2), Danger, |i| i.doors[2] = None),
        (Warning::DoorOpen(3), Danger, |i| i.doors[3] = Some(false)),
        (Warning::BootOpen, Danger, |i| i.boot = None),
        (Warning::ParkingBrakeOn, Danger, |i| i.parking_brake = None),
        (Warning::BeltOpen, Danger, |i| i.belted = Some(true)),
        (Warning::AbsFault, Caution, |i| i.abs_error = None),
        (Warning::EscFault, Caution, |i| i.esc_error = None),
        (Warning::TyreLow(2), Caution, |i| i.tyres[2] = None),
        (Warning::TyreLow(3), Caution, |i| i.tyres[3] = Some(Kilopascals(200.0))),
        (Warning::BatteryLow, Advice, |i| i.charge = None),
    ];
    for (number, (first, severity, mend)) in order.into_iter().enumerate() {
        assert!(warnings(&inputs).eq(order[number..].iter().map(|(warning, ..)| *warning)));
        assert_eq!(first.severity(), severity);
        mend(&mut inputs);
    }
    assert_eq!(warnings(&inputs).next(), None);
    assert!(order.is_sorted_by_key(|(_, severity, _)| severity));
}

fn at(milliseconds: u64) -> Nanoseconds {
    Nanoseconds::from_millis(milliseconds)
}

#[test]
fn the_flasher_starts_lit_and_changes_every_340_ms_of_the_links_time() {
    let mut telltales = Telltales::default();
    let mut left = |ms: u64| {
        let lamps = telltales.update(&Inputs { now: at(ms), left: Some(true), ..well() });
        (lamps.left, telltales.next_change(), lamps.right)
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
    assert_eq!((none.left, none.right, telltales.next_change()), (Lamp::Dark, Lamp::Dark, None));
    // The next one starts lit.
    let again = telltales.update(&Inputs { now: at(1_100), right: Some(true), ..well() });
    assert_eq!((again.left, again.right), (Lamp::Dark, lit));
}

/// A standing car at a point in time, with its power as it says it.
fn stands(ms: u64, is_on: Option<bool>) -> Inputs {
    Inputs { now: at(ms), is_on, speed: STANDS, ..well() }
}

fn all_lit() -> Lamps {
    Lamps::default().checked(false)
}

#[test]
fn switching_on_lights_every_lamp_in_its_colour_for_three_seconds() {
    let mut telltales = Telltales::default();
    assert_eq!(telltales.update(&stands(1_000, Some(false))), Lamps::default());
    assert_eq!((telltales.checks(), telltales.next_change()), (false, None));
    let checked = telltales.update(&stands(1_020, Some(true)));
    for telltale in Telltale::ALL {
        assert_eq!(checked.of(telltale), Lamp::Lit(telltale.colour()), "{telltale:?}");
    }
    assert_eq!((telltales.checks(), telltales.next_change()), (true, Some(at(4_020))));
    assert_eq!(telltales.update(&stands(4_019, Some(true))), all_lit());
    assert_eq!(telltales.update(&stands(4_020, Some(true))), Lamps::default());
    assert_eq!((telltales.checks(), telltales.next_change()), (false, None));
    // Once, until it is off again.
    assert_eq!(telltales.update(&stands(9_000, Some(true))), Lamps::default());
    telltales.update(&stands(9_020, Some(false)));
    assert_eq!(telltales.update(&stands(9_040, Some(true))), all_lit());
}

#[test]
fn instruments_that_start_with_the_car_are_checked_and_those_that_start_anew_on_the_road_are_not() {
    assert_eq!(lamps(stands(500, Some(true))), all_lit());
    assert_eq!(lamps(Inputs { now: at(500), ..well() }), Lamps::default());
    // What is first heard of the power may come late: the bus of a car that is off is silent.
    let mut telltales = Telltales::default();
    telltales.update(&stands(0, None));
    assert!(!telltales.checks());
    assert_eq!(telltales.update(&stands(60_000, Some(true))), all_lit());
}

#[test]
fn silence_is_no_switch_and_a_clock_that_starts_again_is_another_car() {
    let mut telltales = Telltales::default();
    telltales.update(&stands(1_000, Some(true)));
    assert!(telltales.checks());
    // Nobody knows any more whether it is on: the lamps say what is known, and that it comes back is no news.
    let silent = telltales.update(&stands(1_500, None));
    assert_eq!((silent, telltales.checks()), (Lamps::default(), false));
    assert_eq!(telltales.update(&stands(2_000, Some(true))), Lamps::default());
    assert_eq!(telltales.update(&stands(100, Some(true))), all_lit());
}

#[test]
fn a_car_that_drives_off_or_is_switched_off_ends_the_check() {
    for ends in [Inputs { now: at(1_200), ..well() }, stands(1_200, Some(false))] {
        let mut telltales = Telltales::default();
        telltales.update(&stands(1_000, Some(true)));
        assert_eq!(telltales.update(&ends), Lamps::default());
        assert_eq!(telltales.update(&stands(1_220, ends.is_on)), Lamps::default());
    }
}

#[test]
fn the_check_hides_nothing() {
    let fault = |ms| Inputs {
        abs_error: Some(true),
        doors: [Some(true), None, None, None],
        low_beam: Some(true),
        esc_error: None,
        left: Some(true),
        ..stands(ms, Some(true))
    };
    let mut telltales = Telltales::default();
    let (red, amber, green) = (Lamp::Lit(Colour::Red), Lamp::Lit(Colour::Amber), Lamp::Lit(Colour::Green));
    let checked = telltales.update(&fault(1_000));
    // An open door of a standing car is a caution, in the check too.
    assert_eq!((checked.abs, checked.door, checked.low_beam, checked.belt), (amber, amber, green, red));
    assert_eq!((checked.left, checked.right), (green, Lamp::Dark));
    // The flasher flashes, and the warnings are there.
    let dark = telltales.update(&fault(1_340));
    assert_eq!((dark.left, dark.right, telltales.next_change()), (Lamp::Dark, Lamp::Dark, Some(at(1_680))));
    assert_eq!(warnings(&fault(1_340)).next(), Some(Warning::AbsFault));
    let after = telltales.update(&fault(4_000));
    assert!(!telltales.checks());
    assert_eq!((after.abs, after.door, after.low_beam, after.belt), (amber, amber, green, Lamp::Dark));
    assert_eq!(after.esc, Lamp::Unknown);
}
