use tandem_signals::{ActuatorRange, Catalogue, Conversion};
use tandem_units::{Nanoseconds, Value};

use super::*;
use crate::model::Car;
use crate::tests::scenario;

const MS: u64 = 1_000_000;

fn deed(takes_ms: u64) -> Deed {
    Deed {
        thinks_ns: 300 * MS,
        takes_ns: takes_ms * MS,
        may: |car, _| !car.body.hood,
        does: |car, value| car.air.driver = value,
    }
}

/// Of 16 to 28 by halves, or of the raw numbers 1, 2 and 4.
fn asked(numbers: bool) -> Asked {
    let path = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";
    let profile = ActuatorProfile {
        leaf: Catalogue::ours().find(path).unwrap(),
        bus: 0,
        message: "Request".to_owned(),
        signal: "Temperature".to_owned(),
        conversion: Conversion::NONE,
        values: if numbers { Vec::new() } else { [1, 2, 4].map(|raw| (raw, Value::Int(raw))).to_vec() },
        range: numbers.then_some(ActuatorRange { min: 16.0, max: 28.0, step: 0.5 }),
        refusal: Some(("Answers".to_owned(), "Temperature".to_owned(), 2)),
        answer_within: Nanoseconds::from_millis(1000),
        hold: None,
        line: 1,
    };
    Asked::new(&profile, (1.0, 0.0), Catalogue::ours())
}

struct Bench {
    car: Car,
    wished: Wished,
}

impl Bench {
    fn new(takes_ms: u64, held_ms: Option<u64>) -> Self {
        let mut car = Car::new(scenario(), None);
        car.air.driver = 0.0;
        Self { car, wished: Wished::new(deed(takes_ms), Some(asked(true)), held_ms.map(|ms| ms * MS)) }
    }

    fn at(&mut self, ms: u64) -> (f64, Said) {
        self.wished.step(&mut self.car, ms * MS);
        (self.car.air.driver, self.wished.said())
    }
}

#[test]
fn an_answer_takes_its_time_and_does_not_stand_for_ever() {
    let mut bench = Bench::new(0, None);
    bench.wished.wish(22.5, 1000 * MS);
    assert_eq!(bench.at(1299), (0.0, Said::None));
    assert_eq!(bench.at(1300), (22.5, Said::Accepted));
    assert_eq!(bench.at(1799), (22.5, Said::Accepted));
    assert_eq!(bench.at(1800), (22.5, Said::None));
}

#[test]
fn what_takes_longer_is_accepted_before_it_is_done() {
    let mut bench = Bench::new(200, None);
    bench.wished.wish(22.5, 0);
    assert_eq!(bench.at(300), (0.0, Said::Accepted));
    assert_eq!(bench.at(499), (0.0, Said::Accepted));
    assert_eq!(bench.at(500), (22.5, Said::Accepted));
}

#[test]
fn refusals_silence_and_what_no_car_can_do() {
    let mut bench = Bench::new(0, None);
    bench.wished.wish(40.0, 0);
    assert_eq!(bench.at(300), (0.0, Said::Refused));
    bench.wished.answer_with(Answer::Refuse, 50 * MS);
    bench.wished.wish(20.0, 400 * MS);
    assert_eq!(bench.wished.said(), Said::None, "a new wish takes the old answer away");
    assert_eq!(bench.at(450), (0.0, Said::Refused));
    bench.wished.answer_with(Answer::Silent, 0);
    bench.wished.wish(20.0, 2000 * MS);
    assert_eq!(bench.at(2000), (0.0, Said::None));
    bench.wished.answer_with(Answer::Obey, 0);
    bench.car.body.hood = true;
    bench.wished.wish(20.0, 3000 * MS);
    assert_eq!(bench.at(3000), (0.0, Said::Refused), "not now");
}

#[test]
fn a_wrong_echo_is_another_value_that_the_car_could_have_been_asked_for() {
    let mut bench = Bench::new(0, None);
    bench.wished.answer_with(Answer::Wrong, 0);
    bench.wished.wish(20.0, 0);
    assert_eq!(bench.at(0), (20.5, Said::Accepted));
    bench.wished.wish(28.0, 0);
    assert_eq!(bench.at(0), (27.5, Said::Accepted));
    bench.wished.actuator = Some(asked(false));
    bench.wished.wish(2.0, 0);
    assert_eq!(bench.at(0), (4.0, Said::Accepted));
    bench.wished.wish(4.0, 0);
    assert_eq!(bench.at(0), (1.0, Said::Accepted));
}

#[test]
fn a_stuck_actuator_says_yes_and_does_not_move() {
    let mut bench = Bench::new(0, None);
    bench.wished.answer_with(Answer::Stuck, 100 * MS);
    bench.wished.wish(20.0, 0);
    assert_eq!(bench.at(100), (0.0, Said::Accepted));
    assert_eq!(bench.at(9000), (0.0, Said::None));
}

#[test]
fn the_last_wish_counts() {
    let mut bench = Bench::new(0, None);
    bench.wished.wish(20.0, 0);
    bench.wished.wish(21.0, 100 * MS);
    assert_eq!(bench.at(300).0, 0.0);
    assert_eq!(bench.at(400).0, 21.0);
}

#[test]
fn what_is_held_lasts_while_it_is_asked_for_again() {
    let mut bench = Bench::new(0, Some(250));
    for ms in [0, 100, 200, 300, 400] {
        bench.wished.wish(20.0, ms * MS);
        bench.at(ms);
    }
    assert_eq!(bench.at(649).0, 20.0, "asking again does not begin anew");
    assert_eq!(bench.at(650).0, RELEASED);
    bench.wished.wish(20.0, 700 * MS);
    bench.at(1000);
    assert_eq!(bench.car.air.driver, RELEASED, "nobody asked again within a quarter of a second");
    bench.wished.answer_with(Answer::Obey, 0);
    bench.wished.wish(20.0, 2000 * MS);
    assert_eq!(bench.at(2000).0, 20.0);
    bench.wished.release(&mut bench.car);
    assert_eq!(bench.at(2010).0, RELEASED);
}
