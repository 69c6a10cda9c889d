//! When a frame of ours is on the bus, and what the car's words mean until then.

use tandem_can::{BusState, News};

use super::wishes::{FAN, HORN, ME, OTHER, WISH_CAR, WISH_DBC, parked, parked_as, said};
use super::*;

const NOTHING: [&str; 0] = [];

/// The frame among these effects that goes out.
fn frame(effects: &[Effect]) -> Frame {
    let sent = |effect: &Effect| if let Effect::Send(frame) = effect { Some(*frame) } else { None };
    effects.iter().find_map(sent).unwrap()
}

#[test]
fn what_the_car_said_before_it_could_hear_of_a_wish_confirms_nothing() {
    let mut car = parked();
    let (_, effects) = car.asks(ME, TEMPERATURE, 22.0).unwrap();
    // The car had come that far when the frame left, and what it said on the way lies in a queue still.
    car.0.handed_over(&frame(&effects), Some(Nanoseconds::from_millis(1550)));
    car.hears(801, &[44, 0, 30], 1510);
    car.hears(801, &[44, 2, 30], 1550);
    assert_eq!(said(&car.advances(1560)), NOTHING, "neither its yes nor its no");
    car.hears(801, &[44, 0, 30], 1570);
    assert_eq!(said(&car.advances(1580)), ["1 confirmed"]);
}

#[test]
fn where_echoes_come_back_only_what_follows_the_echo_is_an_answer() {
    let mut car = parked();
    let (_, effects) = car.asks(ME, TEMPERATURE, 22.0).unwrap();
    let left = frame(&effects);
    car.0.handed_over(&left, None);
    car.hears(801, &[44, 0, 30], 1600);
    let mut other = Frame::new(left.bus, left.id, 1_610_000_000, &[0x2D, 0xFF]).unwrap();
    car.0.hear_echo(&other);
    assert_eq!(said(&car.advances(1620)), NOTHING, "it waits for the bus, and that is the echo of another");
    other = Frame::new(left.bus, left.id, 1_630_000_000, left.data()).unwrap();
    car.0.hear_echo(&other);
    assert_eq!(said(&car.advances(1640)), NOTHING, "what was said before");
    car.hears(801, &[44, 0, 30], 1650);
    assert_eq!(said(&car.advances(1660)), ["1 confirmed"]);

    let (_, effects) = car.asks(ME, TEMPERATURE, 23.0).unwrap();
    car.0.handed_over(&frame(&effects), None);
    car.hears(801, &[46, 0, 30], 2600);
    assert_eq!(said(&car.advances(2680)), ["2 lapsed It did not get onto the bus."]);
}

/// The echo of a frame, so many milliseconds after the start.
fn echo(of: &Frame, ms: u64) -> Frame {
    let mut echo = *of;
    echo.t_ns = ms * 1_000_000;
    echo
}

/// A car whose horn's command has a counter: no frame of it is like the one before.
fn counted() -> Bench {
    let horn = "BO_ 810 HornCommand: 1 X\n";
    let dbc = WISH_DBC.replace(horn, &format!("{horn} SG_ Counter : 4|4@1+ (1,0) [0|15] \"\" X\n"));
    let integrity = "[buses.can1.integrity]\nchecksum = \"sae_j1850\"\nchecksum_signal = \"Checksum\"\ncounter_signal = \"Counter\"\n";
    parked_as(&dbc, &WISH_CAR.replacen("[[signals]]", &format!("{integrity}[[signals]]"), 1))
}

#[test]
fn an_echo_counts_however_many_frames_were_handed_over_since() {
    let mut car = counted();
    let (_, effects) = car.asks(ME, HORN, true).unwrap();
    let first = frame(&effects);
    car.0.handed_over(&first, None);
    let second = frame(&car.advances(1700));
    assert_ne!(second.data(), first.data());
    car.0.handed_over(&second, None);
    car.0.hear_echo(&echo(&first, 1710));
    car.hears(811, &[1, 0], 1720);
    assert_eq!(said(&car.advances(1740)), ["1 confirmed"]);
    car.0.hear_echo(&echo(&second, 1750));
    assert!(!car.0.actuation().unwrap().is_quiet(), "it is held all the same");
}

#[test]
fn an_echo_counts_for_what_its_own_frame_said() {
    let mut car = parked();
    let (_, effects) = car.asks(ME, TEMPERATURE, 22.0).unwrap();
    let first = frame(&effects);
    car.0.handed_over(&first, None);
    car.asks(OTHER, FAN, 50.0).unwrap();
    let second = frame(&car.advances(1600));
    car.0.handed_over(&second, None);
    car.0.hear_echo(&echo(&first, 1610));
    car.hears(801, &[44, 0, 50], 1620);
    assert_eq!(said(&car.advances(1640)), ["1 confirmed"], "the other's frame is on its way still");
    car.0.hear_echo(&echo(&second, 1650));
    assert_eq!(said(&car.advances(1660)), NOTHING);
    car.hears(801, &[44, 0, 50], 1670);
    assert_eq!(said(&car.advances(1680)), ["2 confirmed"]);
}

/// Asks for 22 degrees and has the frame handed over.
fn hands_over(car: &mut Bench) -> Frame {
    let (_, effects) = car.asks(ME, TEMPERATURE, 22.0).unwrap();
    let left = frame(&effects);
    car.0.handed_over(&left, None);
    left
}

#[test]
fn what_was_on_its_way_when_the_bus_went_off_is_not_waited_for() {
    let mut car = parked();
    hands_over(&mut car);
    assert_eq!(said(&car.advances(2520)), ["1 lapsed It did not get onto the bus."]);
    car.0.hear_of_interface("can1", News::State(BusState::BusOff));
    car.0.hear_of_interface("can1", News::State(BusState::Active));
    let again = hands_over(&mut car);
    car.0.hear_echo(&echo(&again, 2600));
    car.hears(801, &[44, 0, 30], 2610);
    assert_eq!(said(&car.advances(2620)), ["2 confirmed"], "it is not the echo of the one before");
}

#[test]
fn an_echo_that_has_not_come_for_ten_seconds_is_not_waited_for() {
    let mut car = parked();
    hands_over(&mut car);
    assert_eq!(said(&car.advances(2520)), ["1 lapsed It did not get onto the bus."]);
    car.hears(102, &[3, 0], 11_500);
    car.advances(11_520);
    let again = hands_over(&mut car);
    car.0.hear_echo(&echo(&again, 11_530));
    car.hears(801, &[44, 0, 30], 11_540);
    assert_eq!(said(&car.advances(11_560)), ["2 confirmed"]);
}

#[test]
fn of_64_frames_of_a_message_an_echo_is_waited_for() {
    let mut car = parked();
    let mut ask_before = |others: u8, celsius: f64, now: u64| {
        let (_, effects) = car.asks(ME, TEMPERATURE, celsius).unwrap();
        let first = frame(&effects);
        car.0.handed_over(&first, None);
        for at in 0..others {
            car.0.handed_over(&Frame::new(first.bus, first.id, first.t_ns, &[at, 0]).unwrap(), None);
        }
        car.0.hear_echo(&echo(&first, now));
        car.hears(801, &[(celsius * 2.0) as u8, 0, 30], now + 10);
        said(&car.advances(now + 1500))
    };
    assert_eq!(ask_before(63, 22.0, 1600), ["1 confirmed"]);
    assert_eq!(ask_before(64, 23.0, 3200), ["2 lapsed It did not get onto the bus."]);
}
