//! What a finger asks of the virtual car's hand, and what the panel says until the car has answered.

use i_slint_backend_testing::AccessibleRole;
use slint::platform::Key;
use tandem_contracts::simulator::{PhoneDeed, PhoneState, State};
use tandem_kit::{Language, Theme};
use tandem_panel::{Leaf, News, Order, Why};
use tandem_units::{Quality, Value};

use crate::stage::{Stage, state};

const RADIO: AccessibleRole = AccessibleRole::RadioButton;

fn stage() -> Stage {
    Stage::open(Theme::Night, Language::English)
}

fn sent(stage: &Stage) -> Vec<Order> {
    stage.sent.take()
}

fn pedals(accelerator: f64, brake: f64, milliseconds: u32) -> Order {
    Order::Pedals { accelerator, brake, milliseconds }
}

fn set(key: &'static str, value: &str) -> Order {
    Order::Set { key, value: value.to_owned() }
}

#[test]
fn a_tap_on_a_pedal_is_a_short_press_and_a_foot_that_stays_keeps_it_down() {
    let stage = stage();
    let accelerator = stage.control(AccessibleRole::Button, "Accelerator");
    stage.tap(&accelerator);
    assert_eq!(sent(&stage), [pedals(50.0, 0.0, 600)], "it runs out by itself");
    let brake = stage.control(AccessibleRole::Button, "Brake");
    stage.pass(1_000);
    stage.down(&brake);
    for milliseconds in [1_100, 1_260, 1_520] {
        stage.pass(milliseconds);
    }
    stage.up(&brake);
    assert_eq!(
        sent(&stage),
        [pedals(0.0, 50.0, 600), pedals(0.0, 50.0, 600), pedals(0.0, 50.0, 600), pedals(0.0, 0.0, 0)]
    );
    stage.pass(3_000);
    assert_eq!(sent(&stage), [], "nobody is on a pedal");
}

#[test]
fn the_arrow_keys_are_the_pedals_for_as_long_as_they_are_held() {
    let stage = stage();
    stage.pass(1_000);
    stage.key(Key::UpArrow, true);
    for milliseconds in [1_100, 1_260, 1_520] {
        stage.pass(milliseconds);
    }
    stage.key(Key::UpArrow, false);
    stage.key(Key::DownArrow, true);
    stage.key(Key::DownArrow, false);
    stage.pass(3_000);
    let (accelerates, brakes, off) = (pedals(50.0, 0.0, 600), pedals(0.0, 50.0, 600), pedals(0.0, 0.0, 0));
    let again = accelerates.clone();
    assert_eq!(sent(&stage), [accelerates, again.clone(), again, off.clone(), brakes, off]);
}

#[test]
fn a_scenario_is_begun_and_left_and_the_raised_one_is_what_the_hand_says() {
    let stage = stage();
    let chosen = |word| stage.control(RADIO, word).accessible_checked();
    assert_eq!((chosen("city"), chosen("By hand")), (Some(true), Some(false)));
    stage.tap(&stage.control(RADIO, "night-rain"));
    stage.tap(&stage.control(RADIO, "By hand"));
    assert_eq!(sent(&stage), [Order::Begin("night-rain".into()), Order::TakeOver]);
    assert_eq!(chosen("city"), Some(true), "it was asked for, and is not");
    assert!(stage.words().iter().any(|word| word.starts_with("Down the avenue")));
    stage.news(News::State(Box::new(State { scenario: String::new(), doing: String::new(), ..state() })));
    assert_eq!((chosen("city"), chosen("By hand")), (Some(false), Some(true)));
    assert!(stage.words().contains(&"Driven by hand".to_owned()));
}

#[test]
fn a_gear_is_pending_until_the_car_says_it_and_a_refusal_says_why() {
    let mut stage = stage();
    let gear = |stage: &Stage, word| stage.control(RADIO, word).accessible_checked();
    stage.tap(&stage.control(RADIO, "D"));
    assert_eq!(sent(&stage), [set("gear", "D")]);
    assert_eq!((gear(&stage, "P"), gear(&stage, "D")), (Some(true), Some(false)), "asked, not done");
    stage.hear(61, Quality::Valid, &[(Leaf::Gear, Value::Int(127))]);
    assert_eq!((gear(&stage, "P"), gear(&stage, "D")), (Some(false), Some(true)));
    stage.tap(&stage.control(RADIO, "R"));
    let [order] = sent(&stage).try_into().unwrap();
    let sentence = "That changes only while the car stands";
    stage.news(News::Refused { order, why: Why::NotNow("gear, power and so on".to_owned()) });
    assert!(stage.words().contains(&sentence.to_owned()));
    stage.tap(&stage.control(AccessibleRole::Switch, "Park brake"));
    assert!(!stage.words().contains(&sentence.to_owned()), "another order, another answer");
    assert_eq!(sent(&stage), [set("parking_brake", "false")]);
}

#[test]
fn doors_and_weather_are_what_the_car_says_and_lapse_if_it_says_nothing() {
    let mut stage = stage();
    stage.open_page("Body");
    let door = |stage: &Stage| stage.control(AccessibleRole::Switch, "Driver's door");
    let says = |stage: &Stage| door(stage).accessible_description().unwrap_or_default().to_string();
    stage.tap(&door(&stage));
    assert_eq!((sent(&stage), says(&stage)), (vec![set("driver_door", "true")], "Open".to_owned()));
    assert_eq!(door(&stage).accessible_checked(), Some(false), "asked, not done");
    stage.hear(79, Quality::Valid, &[]);
    assert_eq!(says(&stage), "Open");
    stage.hear(80, Quality::Valid, &[]);
    assert_eq!(says(&stage), "No answer");
    stage.hear(85, Quality::Valid, &[(Leaf::DriverDoor, Value::Bool(true))]);
    assert_eq!((says(&stage), door(&stage).accessible_checked()), ("Open".to_owned(), Some(true)));
    stage.open_page("Around");
    let rain = || AccessibleRole::Slider;
    stage.tap(&stage.control(rain(), "Rain"));
    assert_eq!(sent(&stage), [set("rain_percent", "50")]);
    assert_eq!(stage.control(rain(), "Rain").accessible_value().as_deref(), Some("0"));
    stage.tap(&stage.control(AccessibleRole::Button, "KEY_NEXTSONG"));
    stage.tap(&stage.control(AccessibleRole::Button, "REL_DIAL back"));
    assert_eq!(sent(&stage), [Order::Press("KEY_NEXTSONG".into()), Order::Turn { knob: "REL_DIAL".into(), steps: -1 }]);
}

#[test]
fn answers_messages_and_breakdowns_are_chosen_and_stand_as_the_hand_has_them() {
    let stage = stage();
    stage.open_page("Answers");
    stage.tap(&stage.control(RADIO, "Cabin.Light.IsDomeOn"));
    stage.tap(&stage.control(RADIO, "sticks"));
    stage.tap(&stage.control(RADIO, "2 s"));
    let answer = |answer: &str, delay_ms| Order::Answer {
        path: "Vehicle.Cabin.Light.IsDomeOn".into(),
        answer: answer.into(),
        delay_ms,
    };
    assert_eq!(sent(&stage), [answer("stuck", 100), answer("stuck", 2_000)], "what was ordered before stays");
    // The hand looked before it was told; what comes next still goes on from what was ordered.
    stage.news(News::State(Box::new(state())));
    stage.tap(&stage.control(RADIO, "refuses"));
    assert_eq!(sent(&stage), [answer("refuse", 2_000)]);
    // Somebody else has it otherwise, and keeps it so.
    let mut told = state();
    told.answers[1].answer = "stuck".into();
    told.answers[1].delay_ms = 300;
    for _ in 0..3 {
        stage.news(News::State(Box::new(told.clone())));
    }
    stage.tap(&stage.control(RADIO, "5 s"));
    assert_eq!(sent(&stage), [answer("stuck", 5_000)]);
    told.messages[1].muted = true;
    told.buses[1].dropped = true;
    stage.news(News::State(Box::new(told)));
    assert_eq!(stage.control(RADIO, "sticks").accessible_checked(), Some(true));
    assert_eq!(stage.control(RADIO, "0.1 s").accessible_checked(), Some(false), "300 ms are none of them");
    assert_eq!(stage.control(RADIO, "Cabin.Light.IsDomeOn").accessible_description().as_deref(), Some("sticks"));

    stage.open_page("Messages");
    stage.tap(&stage.control(RADIO, "with a still counter"));
    stage.tap(&stage.control(RADIO, "TyreStatus"));
    assert_eq!(stage.control(RADIO, "with a still counter").accessible_enabled(), Some(false), "it has none");
    stage.tap(&stage.control(AccessibleRole::Switch, "Muted"));
    let spoil = Order::Spoil { message: "VehicleMotion".into(), fault: "counter".into() };
    assert_eq!(sent(&stage), [spoil, Order::Mute { message: "TyreStatus".into(), muted: false }]);

    stage.open_page("Failures");
    stage.tap(&stage.control(AccessibleRole::Switch, "can0"));
    stage.tap(&stage.control(AccessibleRole::Switch, "can1"));
    stage.tap(&stage.control(AccessibleRole::Button, "Kill: Phone service"));
    let bus = |interface: &str, dropped| Order::DropBus { interface: interface.into(), dropped };
    assert_eq!(sent(&stage), [bus("can0", true), bus("can1", false), Order::Kill("phone-link")]);
}

#[test]
fn a_phone_comes_plays_and_walks_away_by_a_finger() {
    let stage = stage();
    stage.open_page("Failures");
    let button = |stage: &Stage, word: &str| stage.control(AccessibleRole::Button, &format!("Phone: {word}"));
    let may = |stage: &Stage| {
        let words = ["Come", "Pair", "Play", "Next song", "Walk away", "Leave"];
        words.map(|word| button(stage, word).accessible_enabled() == Some(true))
    };
    assert_eq!(may(&stage), [false; 6], "no phone comes here");
    assert!(stage.words().contains(&"tandem sim --phone phone has one".to_owned()));
    let phone = |reach: &str, paired| PhoneState {
        reach: reach.into(),
        name: "Ann".into(),
        paired,
        title: "Night".into(),
        ..PhoneState::default()
    };
    let tell = |stage: &Stage, phone| stage.news(News::State(Box::new(State { phone, ..state() })));
    for (told, open, words) in [
        (phone("gone", false), [true, false, false, false, false, false], "not there"),
        (phone("searching", false), [false, false, true, true, true, true], "not connected"),
        (phone("near", false), [false, true, true, true, true, true], "near, not paired"),
        (phone("near", true), [false, false, true, true, true, true], "near, paired"),
        (phone("away", true), [true, false, false, false, false, true], "out of reach"),
        (
            PhoneState { key: "1a2b".into(), ..phone("near", false) },
            [false, true, true, true, true, true],
            "shows the key 1a2b",
        ),
    ] {
        tell(&stage, told);
        assert_eq!(may(&stage), open, "{words}");
        assert!(stage.words().contains(&words.to_owned()), "{words}");
    }
    for word in ["Pair", "Play", "Next song", "Walk away", "Leave"] {
        stage.tap(&button(&stage, word));
    }
    tell(&stage, PhoneState { playing: true, ..phone("near", true) });
    assert!(stage.words().contains(&"plays Night".to_owned()));
    stage.tap(&button(&stage, "Pause"));
    tell(&stage, phone("away", true));
    stage.tap(&button(&stage, "Come"));
    use PhoneDeed::{Come, Leave, Next, Pair, Pause, Play, WalkAway};
    assert_eq!(sent(&stage), [Pair, Play, Next, WalkAway, Leave, Pause, Come].map(Order::Phone));
    stage.news(News::Refused { order: Order::Phone(PhoneDeed::Come), why: Why::NotNow("it is in a bag".into()) });
    assert!(stage.words().contains(&"The phone did not do that".to_owned()));
}

#[test]
fn without_a_hand_nothing_can_be_asked_for_and_the_panel_says_so() {
    let stage = stage();
    stage.news(News::Gone);
    assert!(stage.words().contains(&"No virtual car here".to_owned()));
    for page in ["Drive", "Body", "Around", "Answers", "Messages", "Failures"] {
        stage.open_page(page);
        for role in [AccessibleRole::Button, AccessibleRole::Switch, AccessibleRole::Slider] {
            for control in stage.all(role) {
                let label = control.accessible_label();
                assert_eq!(control.accessible_enabled(), Some(false), "{page}: {label:?}");
                stage.tap(&control);
            }
        }
    }
    assert_eq!(sent(&stage), []);
}

#[test]
fn a_hand_that_lists_nonsense_is_drawn_and_breaks_nothing() {
    let stage = stage();
    let mut told = state();
    told.doing = "\u{202e}🚗 ".repeat(40_000);
    told.scenario = "x".repeat(100_000);
    told.answers = (0..2_000).map(|_| state().answers[0].clone()).collect();
    stage.news(News::Scenarios((0..500).map(|at| format!("scenario {at}")).collect()));
    stage.news(News::State(Box::new(told)));
    for page in ["Drive", "Answers"] {
        stage.open_page(page);
        stage.pass(10);
    }
    stage.news(News::Refused { order: Order::TakeOver, why: Why::Unknown("n".repeat(1 << 20)) });
    stage.pass(20);
    stage.news(News::State(Box::default()));
    stage.pass(30);
}
