//! What a car may be asked for and what its keys say, each against a DBC file that makes it impossible.

use super::*;

const COMMANDS: &str = r#"
BO_ 256 Command: 8 X
 SG_ Half : 0|8@1+ (0.5,0) [0|100] "" X
 SG_ Share : 8|8@1+ (0.392157,0) [0|100] "%" X
 SG_ Shifted : 16|8@1- (1,0) [-100|100] "" X
 SG_ Horn : 24|1@1+ (1,0) [0|1] "" X
 SG_ Whole : 32|16@1+ (1,0) [0|0] "" X
BO_ 257 Status: 8 X
 SG_ Half : 0|8@1+ (0.5,0) [0|100] "" X
 SG_ Horn : 8|1@1+ (1,0) [0|1] "" X
 SG_ Answer : 9|2@1+ (1,0) [0|2] "" X
 SG_ Signed : 16|4@1- (1,0) [0|0] "" X
 SG_ Key : 24|3@1+ (2,1) [1|9] "" X
 SG_ Bit : 27|1@1+ (1,0) [0|0] "" X
 SG_ Crumb : 28|2@1+ (1,0) [0|0] "" X
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 10000;
BA_ "GenMsgCycleTime" BO_ 257 100;
"#;

const HEAD: &str = r#"
name = "Asked"
description = "A car that is asked for things."
[buses.can0]
dbc = "asked.dbc"
bitrate = 500_000
[[signals]]
leaf = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature"
bus = "can0"
message = "Status"
signal = "Half"
[[signals]]
leaf = "Vehicle.Body.Horn.IsActive"
bus = "can0"
message = "Status"
signal = "Horn"
values = { 0 = false, 1 = true }
[[transmit]]
bus = "can0"
message = "Command"
min_period_ms = 50
cycle_ms = 100
signals = { Half = { min = 0, max = 127 }, Share = { min = 0, max = 101 }, Shifted = { min = -100, max = 100 }, Horn = { min = 0, max = 1 }, Whole = { min = 0, max = 1000 } }
"#;

/// The mistakes and the warnings of a car with these lines, which begin in line 24.
fn told(lines: &str) -> Vec<String> {
    let profile = Profile::parse("car.toml", &format!("{HEAD}{lines}"), Catalogue::ours())
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let database = Database::parse(COMMANDS.as_bytes()).unwrap();
    match Car::bind("car.toml", profile, vec![database], Catalogue::ours()) {
        Ok(car) => car.warnings.iter().map(|warning| format!("warning: {}", warning.message)).collect(),
        Err(mistakes) => {
            assert!(mistakes.iter().all(|mistake| mistake.line == 24), "{mistakes:?}");
            mistakes.into_iter().map(|mistake| mistake.message).collect()
        }
    }
}

fn temperature(signal: &str, range: &str) -> Vec<String> {
    told(&format!(
        "[[actuators]]\nleaf = \"Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature\"\nbus = \"can0\"\nmessage = \"Command\"\nsignal = \"{signal}\"\nanswer_within_ms = 500\n{range}\n"
    ))
}

fn horn(more: &str) -> Vec<String> {
    told(&format!(
        "[[actuators]]\nleaf = \"Vehicle.Body.Horn.IsActive\"\nbus = \"can0\"\nmessage = \"Command\"\nsignal = \"Horn\"\nanswer_within_ms = 500\n{more}\n"
    ))
}

fn key(signal: &str, pressed: i64) -> Vec<String> {
    told(&format!(
        "[[inputs]]\nkey = \"KEY_MUTE\"\nbus = \"can0\"\nmessage = \"Status\"\nsignal = \"{signal}\"\npressed = {pressed}\n"
    ))
}

fn knob(signal: &str) -> Vec<String> {
    told(&format!("[[inputs]]\nknob = \"REL_DIAL\"\nbus = \"can0\"\nmessage = \"Status\"\nsignal = \"{signal}\"\n"))
}

#[test]
fn a_step_that_is_finer_than_the_factor_is_a_mistake() {
    assert_eq!(temperature("Half", "min = 16\nmax = 28\nstep = 0.5"), [""; 0]);
    assert_eq!(temperature("Half", "min = 16\nmax = 28\nstep = 1"), [""; 0]);
    let finer = "`step`: 0.1 is finer than one raw number of `Half`: its factor is 0.5";
    assert_eq!(temperature("Half", "min = 16\nmax = 28\nstep = 0.1"), [finer]);
    let scaled = "`step`: 0.9 is finer than one raw number of `Half`: its factor is 0.5, scaled by -2";
    assert_eq!(temperature("Half", "min = -18\nmax = 0\nstep = 0.9\nscale = -2"), [scaled]);
    assert_eq!(temperature("Half", "min = -18\nmax = 0\nstep = 1\nscale = -2"), [""; 0]);
}

#[test]
fn a_range_ends_at_raw_numbers() {
    let no = |key: &str, end: &str| format!("`{key}`: no raw number of `Half` says {end}: its factor is 0.5");
    assert_eq!(temperature("Half", "min = 16.25\nmax = 28.25\nstep = 0.5"), [no("min", "16.25"), no("max", "28.25")]);
    assert_eq!(temperature("Half", "min = 16.25\nmax = 28.25\nstep = 0.5\noffset = 0.25"), [""; 0]);
    assert_eq!(temperature("Half", "min = 16.25\nmax = 28.25\nstep = 0.5\nscale = -1\noffset = 30.25"), [""; 0]);
    assert_eq!(temperature("Half", "min = 5\nmax = 10\nstep = 1\nscale = 0.3"), [""; 0], "units seldom come out even");
}

#[test]
fn a_step_between_raw_numbers_is_odd_and_no_mistake() {
    let odd = "warning: `step`: 0.75 is no multiple of the factor 0.5 of `Half`: what is sent is rounded";
    assert_eq!(temperature("Half", "min = 16\nmax = 28\nstep = 0.75"), [odd]);
    let odd = "warning: `step`: 1 is no multiple of the factor 0.392157 of `Share`: what is sent is rounded";
    assert_eq!(temperature("Share", "min = 0\nmax = 100\nstep = 1"), [odd], "100 % is raw 254.9999");
}

#[test]
fn a_refusal_that_no_frame_says_is_a_mistake() {
    let horn = |signal: &str, equals: i64| {
        let refusal = format!("refusal = {{ message = \"Status\", signal = \"{signal}\", equals = {equals} }}");
        horn(&format!("values = {{ 0 = false, 1 = true }}\nhold_ms = 500\n{refusal}"))
    };
    assert_eq!(horn("Answer", 2), [""; 0]);
    assert_eq!(horn("Answer", 4), ["`refusal`: `Answer` is never 4: its bits say 0 to 3"]);
    assert_eq!(horn("Answer", -1), ["`refusal`: `Answer` is never -1: its bits say 0 to 3"]);
    let odd = "warning: `refusal`: 3 lies outside the range of `Answer` in the DBC file, 0 to 2";
    assert_eq!(horn("Answer", 3), [odd]);
    assert_eq!(horn("Nothing", 3), ["message `Status` has no signal `Nothing`"]);
}

#[test]
fn a_key_that_no_frame_presses_is_a_mistake() {
    assert_eq!(
        [key("Key", 4), key("Key", 0), key("Signed", -8), key("Signed", 7)],
        [const { Vec::<String>::new() }; 4]
    );
    assert_eq!(key("Key", 8), ["`pressed`: `Key` is never 8: its bits say 0 to 7"]);
    assert_eq!(key("Signed", 8), ["`pressed`: `Signed` is never 8: its bits say -8 to 7"]);
    assert_eq!(key("Signed", -9), ["`pressed`: `Signed` is never -9: its bits say -8 to 7"]);
    let odd = "warning: `pressed`: 5 lies outside the range of `Key` in the DBC file, 1 to 9";
    assert_eq!(key("Key", 5), [odd], "11 in its unit");
}

#[test]
fn a_knob_of_one_bit_turns_nowhere() {
    assert_eq!(knob("Crumb"), [""; 0]);
    assert_eq!(knob("Bit"), ["`REL_DIAL`: `Bit` has one bit, and a count of 0 and 1 has no direction"]);
}

#[test]
fn only_what_is_held_may_end_with_the_start_value() {
    let asks_nothing = "`values`: 0 (false) is the signal's start value, which asks for nothing";
    assert_eq!(horn("values = { 0 = false, 1 = true }"), [asks_nothing]);
    assert_eq!(horn("values = { 0 = false, 1 = true }\nhold_ms = 500"), [""; 0]);
    let asks_nothing = "`values`: 0 (true) is the signal's start value, which asks for nothing";
    assert_eq!(horn("values = { 1 = false, 0 = true }\nhold_ms = 500"), [asks_nothing]);
}
