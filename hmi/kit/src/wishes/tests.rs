use super::*;
use crate::update::Refusal;

const WARMTH: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";
const BOOT: &str = "Vehicle.Body.Trunk.Rear.IsOpen";

fn at(seconds: u64) -> Nanoseconds {
    Nanoseconds::from_millis(seconds * 1_000)
}

fn actuator(path: &str, driving: &str) -> Actuator {
    Actuator {
        path: path.into(),
        datatype: "float".into(),
        unit: "celsius".into(),
        min: 16.0,
        max: 28.0,
        step: 0.5,
        allowed: Vec::new(),
        driving: driving.into(),
        power: Vec::new(),
        holder: String::new(),
    }
}

fn wishes() -> Wishes {
    let mut wishes = Wishes::default();
    wishes.hear(&Actuation::Actuators(vec![actuator(WARMTH, "any"), actuator(BOOT, "not-moving")]));
    wishes.pass(at(1));
    wishes
}

fn ask(wishes: &mut Wishes, celsius: f64) {
    wishes.ask(WARMTH, Value::Float(celsius), |_, _| true);
}

fn told(wishes: &mut Wishes, id: u64, celsius: f64, state: RequestState) {
    tell(wishes, id, celsius, state, true);
}

fn tell(wishes: &mut Wishes, id: u64, celsius: f64, state: RequestState, mine: bool) {
    let value = Some(Value::Float(celsius));
    wishes.hear(&Actuation::Request(Fate { id, path: WARMTH.into(), value, state, mine }));
}

fn wish(wishes: &Wishes) -> Option<f64> {
    wishes.wish(WARMTH).and_then(Value::as_f64)
}

fn refusal(cause: RefusalCause) -> Actuation {
    Actuation::Refused(Refusal { path: WARMTH.into(), cause, sentence: String::new() })
}

#[test]
fn steps_count_from_the_wish_that_is_on_its_way() {
    let mut wishes = wishes();
    assert_eq!(wishes.stepped(WARMTH, Some(21.5), 1), Some(22.0));
    ask(&mut wishes, 22.0);
    assert_eq!([1, -1].map(|steps| wishes.stepped(WARMTH, Some(21.5), steps)), [Some(22.5), Some(21.5)]);
    assert_eq!(wish(&wishes), Some(22.0));
}

#[test]
fn nothing_is_offered_that_the_car_cannot_do() {
    let mut wishes = wishes();
    assert_eq!(wishes.stepped(WARMTH, Some(28.0), 1), None);
    assert_eq!(wishes.stepped(WARMTH, Some(16.0), -1), None);
    assert_eq!(wishes.stepped(WARMTH, Some(16.2), 1), Some(16.5), "from between two steps to a step");
    assert_eq!(wishes.stepped(WARMTH, Some(27.0), 9), Some(28.0), "as far as the car goes");
    assert_eq!([15.0, 21.7, 99.0].map(|number| wishes.nearest(WARMTH, number)), [16.0, 21.5, 28.0].map(Some));
    assert_eq!(wishes.nearest(WARMTH, f64::NAN), None);
    assert_eq!(wishes.stepped(WARMTH, None, 1), None, "nobody knows from where");
    assert_eq!(wishes.stepped(WARMTH, Some(f64::NAN), 1), None);
    assert_eq!(wishes.stepped("Vehicle.Speed", Some(1.0), 1), None, "no actuator");
    wishes.hear(&Actuation::Gone);
    assert_eq!(wishes.stepped(WARMTH, Some(21.5), 1), None, "nobody to ask");
}

#[test]
fn a_wish_goes_when_the_car_has_confirmed_this_one() {
    let mut wishes = wishes();
    ask(&mut wishes, 22.0);
    told(&mut wishes, 7, 22.0, RequestState::Pending);
    told(&mut wishes, 6, 21.5, RequestState::Confirmed);
    assert_eq!(wish(&wishes), Some(22.0), "an older one was confirmed");
    told(&mut wishes, 7, 22.0, RequestState::Confirmed);
    assert_eq!((wish(&wishes), wishes.denial(WARMTH), wishes.forgets_at()), (None, None, None));
}

#[test]
fn a_reason_stands_for_four_seconds_of_the_links_time() {
    for (state, denial) in [(RequestState::Lapsed, Denial::Lapsed), (RequestState::Refused, Denial::Refused)] {
        let mut wishes = wishes();
        ask(&mut wishes, 22.0);
        told(&mut wishes, 7, 22.0, RequestState::Pending);
        wishes.pass(at(3));
        told(&mut wishes, 7, 22.0, state);
        assert_eq!((wish(&wishes), wishes.denial(WARMTH), wishes.forgets_at()), (None, Some(denial), Some(at(7))));
        wishes.pass(Nanoseconds(at(7).0 - 1));
        assert_eq!(wishes.denial(WARMTH), Some(denial));
        wishes.pass(at(7));
        assert_eq!((wishes.denial(WARMTH), wishes.forgets_at()), (None, None));
    }
}

#[test]
fn what_replaced_an_own_wish_is_not_denied_by_its_end() {
    let mut wishes = wishes();
    ask(&mut wishes, 22.0);
    told(&mut wishes, 1, 22.0, RequestState::Pending);
    ask(&mut wishes, 22.5);
    told(&mut wishes, 1, 22.0, RequestState::Lapsed);
    assert_eq!((wish(&wishes), wishes.denial(WARMTH)), (Some(22.5), None));
    told(&mut wishes, 2, 22.5, RequestState::Refused);
    assert_eq!((wish(&wishes), wishes.denial(WARMTH)), (None, Some(Denial::Refused)), "its end alone was heard of");
}

#[test]
fn a_newer_wish_takes_the_reason_of_an_older_one_away() {
    for state in [RequestState::Pending, RequestState::Confirmed] {
        let mut wishes = wishes();
        wishes.hear(&refusal(RefusalCause::Held));
        assert_eq!(wishes.denial(WARMTH), Some(Denial::NotTaken(RefusalCause::Held)));
        told(&mut wishes, 9, 23.0, RequestState::Pending);
        told(&mut wishes, 9, 23.0, state);
        assert_eq!(wishes.denial(WARMTH), None, "{state}");
    }
}

#[test]
fn another_clients_wish_is_shown_and_its_end_does_not_end_an_own_one() {
    let mut wishes = wishes();
    tell(&mut wishes, 3, 25.0, RequestState::Pending, false);
    assert_eq!(wish(&wishes), Some(25.0), "whoever asked, the car is on its way there");
    tell(&mut wishes, 3, 25.0, RequestState::Confirmed, false);
    ask(&mut wishes, 22.0);
    tell(&mut wishes, 4, 24.0, RequestState::Refused, false);
    assert_eq!((wish(&wishes), wishes.denial(WARMTH)), (Some(22.0), None));
}

#[test]
fn what_lapsed_before_the_screen_came_is_history() {
    let mut wishes = wishes();
    told(&mut wishes, 3, 30.0, RequestState::Lapsed);
    assert_eq!(wishes.denial(WARMTH), None);
}

#[test]
fn a_wish_that_nobody_takes_is_denied_at_once() {
    let mut wishes = wishes();
    wishes.ask(WARMTH, Value::Float(22.0), |_, _| false);
    assert_eq!((wish(&wishes), wishes.denial(WARMTH)), (None, Some(Denial::NotTaken(RefusalCause::NoAnswer))));
}

#[test]
fn what_may_be_asked_for_depends_on_how_the_car_drives() {
    let mut wishes = wishes();
    let locked = |wishes: &Wishes| [WARMTH, BOOT].map(|path| wishes.is_locked(path));
    assert_eq!(locked(&wishes), [false, true], "nobody said that it stands");
    for (driving, boot) in [(Driving::Parked, false), (Driving::Idling, false), (Driving::Moving, true)] {
        wishes.set_driving(driving);
        assert_eq!(locked(&wishes), [false, boot], "{driving:?}");
    }
    wishes.hear(&Actuation::Actuators(vec![actuator(BOOT, "parked")]));
    wishes.set_driving(Driving::Idling);
    assert!(wishes.is_locked(BOOT));
}

#[test]
fn without_the_service_nothing_goes_on() {
    let mut wishes = wishes();
    ask(&mut wishes, 22.0);
    wishes.hear(&Actuation::Gone);
    assert_eq!((wishes.offer(WARMTH), wish(&wishes), wishes.forgets_at()), (None, None, None));
    told(&mut wishes, 1, 20.0, RequestState::Pending);
    assert_eq!(wish(&wishes), Some(20.0), "a new service counts anew");
}
