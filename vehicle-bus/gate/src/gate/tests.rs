use tandem_dbc::integrity::{Checksum, DataIdMode, fill, verify};
use tandem_frame::Flags;
use tandem_signals::Catalogue;
use tandem_units::{Driving, Power};

use super::*;

/// A message of each kind: 800 with counter and checksum, 801 not listed, 802 Motorola and signed, 803 CAN FD, 804 and 805 of one id of each kind.
const DBC: &str = r#"
BO_ 800 ClimateCommand: 5 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ Fan : 8|8@1+ (1,0) [0|255] "" X
 SG_ Counter : 16|4@1+ (1,0) [0|15] "" X
 SG_ Checksum : 24|8@1+ (1,0) [0|255] "" X
 SG_ Zone : 32|4@1+ (1,0) [0|15] "" X

BO_ 801 Brakes: 8 X
 SG_ Force : 0|8@1+ (1,0) [0|255] "" X

BO_ 802 Mirror: 3 X
 SG_ Tilt : 3|12@0- (-0.1,5) [0|0] "" X
 SG_ Pan : 16|8@1- (1,0) [0|0] "" X

BO_ 803 Ambience: 12 X
 SG_ Colour : 64|24@1+ (1,0) [0|0] "" X

BO_ 2147484448 Extended: 1 X
 SG_ Level : 0|8@1+ (1,0) [0|0] "" X

BA_DEF_ SG_ "GenSigStartValue" FLOAT -100000 100000;
BA_DEF_DEF_ "GenSigStartValue" 0;
BA_ "GenSigStartValue" SG_ 800 Temperature 255;
BA_ "GenSigStartValue" SG_ 800 Zone 9;
BA_ "GenSigStartValue" SG_ 802 Tilt -2048;
"#;

const BUSES: &str = r#"
name = "Test"
description = "A car."
[buses.can0]
dbc = "test.dbc"
bitrate = 500_000
data_bitrate = 2_000_000
integrity = { checksum = "sae_j1850", checksum_signal = "Checksum", counter_signal = "Counter" }
[buses.can1]
dbc = "test.dbc"
bitrate = 500_000
"#;

const CLIMATE: &str = r#"
[[transmit]]
bus = "can0"
message = "ClimateCommand"
min_period_ms = 100
signals = { Temperature = { min = 16.0, max = 28.0 }, Fan = { min = 1, max = 5 } }
"#;

/// Of [`CLIMATE`].
const RANGES: &str = "Temperature = { min = 16.0, max = 28.0 }, Fan = { min = 1, max = 5 }";

const CAN0: BusIndex = BusIndex(0);
const ON: VehicleState = VehicleState { driving: Driving::Moving, power: Some(Power::On) };

fn bound(buses: &str, lines: &str) -> Result<Gate, Vec<String>> {
    let profile = Profile::parse("car.toml", &format!("{buses}{lines}"), Catalogue::ours()).unwrap();
    let database = Database::parse(DBC.as_bytes()).unwrap();
    bind("car.toml", &profile, [&database, &database])
        .map_err(|mistakes| mistakes.iter().map(Mistake::to_string).collect())
}

fn gate(lines: &str) -> Gate {
    bound(BUSES, lines).unwrap()
}

fn standard(id: u32) -> CanId {
    CanId::standard(id).unwrap()
}

fn ms(ms: u64) -> Nanoseconds {
    Nanoseconds::from_millis(ms)
}

fn called(id: CanId, mut frame: Frame) -> Frame {
    frame.id = id;
    frame
}

fn on(bus: u8, mut frame: Frame) -> Frame {
    frame.bus = BusIndex(bus);
    frame
}

fn fast(mut frame: Frame) -> Frame {
    frame.flags.fd = true;
    frame
}

/// A blank frame with other bytes at its beginning.
fn wanted(gate: &Gate, id: u32, bytes: &[u8]) -> Frame {
    let mut frame = gate.blank(CAN0, standard(id)).unwrap();
    frame.data_mut().iter_mut().zip(bytes).for_each(|(byte, wish)| *byte = *wish);
    frame
}

#[test]
fn what_is_listed_leaves_with_counter_and_checksum() {
    let mut gate = gate(CLIMATE);
    let database = Database::parse(DBC.as_bytes()).unwrap();
    let checksum = database.messages[0].signal("Checksum").unwrap().1;
    for round in 0..20u64 {
        // What the wish says of counter and checksum does not count.
        let wish = wanted(&gate, 800, &[43, 3, round as u8 & 7, 0xEE]);
        let frame = gate.admit(&wish, ON, ms(round * 100)).unwrap();
        assert_eq!((frame.bus, frame.id, frame.t_ns), (CAN0, standard(800), round * 100_000_000));
        assert_eq!((&frame.data()[..3], frame.data()[4]), ([43, 3, round as u8 & 0xF].as_slice(), 9));
        assert_eq!(verify(Checksum::SaeJ1850, frame.id, frame.data(), checksum), Ok(()));
    }
}

#[test]
fn a_profile_1_counter_ends_at_14() {
    let buses = BUSES.replace("sae_j1850\"", "e2e_p01_both\", data_ids = { ClimateCommand = 0x1234 }");
    let mut gate = bound(&buses, CLIMATE).unwrap();
    let database = Database::parse(DBC.as_bytes()).unwrap();
    let checksum = database.messages[0].signal("Checksum").unwrap().1;
    let kind = Checksum::E2eProfile1 { data_id: 0x1234, mode: DataIdMode::Both };
    for round in 0..32u64 {
        let frame = gate.admit(&wanted(&gate, 800, &[40, 2]), ON, ms(round * 100)).unwrap();
        assert_eq!(u64::from(frame.data()[2]), round % 15);
        assert_eq!(verify(kind, frame.id, frame.data(), checksum), Ok(()));
    }
}

#[test]
fn what_is_not_listed_stays() {
    let mut gate = gate(CLIMATE);
    let listed = wanted(&gate, 800, &[43, 3]);
    let refused = |frame: Frame| Err(Refusal::NotListed { bus: frame.bus, id: frame.id });
    for frame in
        [called(standard(801), listed), called(CanId::extended(800).unwrap(), listed), on(1, listed), on(2, listed)]
    {
        assert_eq!(gate.admit(&frame, ON, ms(0)), refused(frame), "{frame:?}");
        assert_eq!(gate.blank(frame.bus, frame.id), None);
        gate.hear(&frame);
    }
    assert!(gate.admit(&listed, ON, ms(0)).is_ok());
    assert!(!gate.is_read_only() && gate.rules().count() == 1);
    assert_eq!(gate.rules().next().unwrap().message, 0);
}

#[test]
fn a_gate_without_a_list_lets_nothing_out() {
    let listed = wanted(&gate(CLIMATE), 800, &[43, 3]);
    for mut gate in [Gate::default(), gate("")] {
        assert!(gate.is_read_only());
        assert_eq!(gate.admit(&listed, ON, ms(0)), Err(Refusal::NotListed { bus: CAN0, id: standard(800) }));
    }
}

#[test]
fn only_data_frames_of_the_message_s_own_format_and_length_leave() {
    let mut gate = gate(&format!(
        "{CLIMATE}{}",
        CLIMATE.replace("ClimateCommand", "Ambience").replace(RANGES, "Colour = { min = 0, max = 9 }")
    ));
    let listed = wanted(&gate, 800, &[43, 3]);
    let of = |id, flags, data: &[u8]| Frame::with_flags(CAN0, standard(id), 0, flags, data).unwrap();
    let (classic, fd) = (Flags::default(), Flags { fd: true, ..Flags::default() });
    for frame in [
        Frame::remote(CAN0, standard(800), 0, 5).unwrap(),
        of(800, Flags { error: true, ..classic }, listed.data()),
        of(800, fd, listed.data()),
        of(803, fd, &[0; 12]),
        of(803, Flags { brs: true, esi: true, ..fd }, &[0; 12]),
        of(803, classic, &[0; 8]),
    ] {
        assert_eq!(gate.admit(&frame, ON, ms(0)), Err(Refusal::WrongKind), "{frame:?} {:?}", frame.flags);
    }
    for got in [0, 4, 6, 8] {
        let frame = of(800, classic, &[43, 3, 0, 0, 9, 0, 0, 0][..got]);
        assert_eq!(gate.admit(&frame, ON, ms(0)), Err(Refusal::WrongLength { expected: 5, got }));
    }
    assert!(gate.admit(&of(803, Flags { brs: true, ..fd }, &[0; 12]), ON, ms(0)).is_ok());
    assert!(gate.admit(&listed, ON, ms(0)).is_ok());
}

#[test]
fn no_bit_is_set_that_no_listed_signal_covers() {
    let mut gate = gate(CLIMATE);
    let listed = wanted(&gate, 800, &[43, 3]);
    for bit in 0..40 {
        let mut frame = listed;
        frame.data_mut()[bit / 8] ^= 1 << (bit % 8);
        let foreign = matches!(bit, 20..24 | 32..40);
        let refused = gate.clone().admit(&frame, ON, ms(0));
        assert_eq!(refused == Err(Refusal::NotOurs { byte: bit / 8, bits: 1 << (bit % 8) }), foreign, "{bit}");
    }
    let frame = wanted(&gate, 800, &[43, 3, 0xF5, 0, 0x16]);
    assert_eq!(gate.admit(&frame, ON, ms(0)), Err(Refusal::NotOurs { byte: 2, bits: 0xF0 }));
}

#[test]
fn a_listed_signal_keeps_to_its_range_and_to_its_start_value() {
    let gate = gate(CLIMATE);
    for raw in 0..=u8::MAX {
        let temperature = gate.clone().admit(&wanted(&gate, 800, &[raw, 0]), ON, ms(0));
        let fan = gate.clone().admit(&wanted(&gate, 800, &[255, raw]), ON, ms(0));
        let value = i128::from(raw);
        match raw {
            32..=56 | 255 => assert!(temperature.is_ok(), "{raw}"),
            _ => assert_eq!(temperature, Err(Refusal::OutOfRange { signal: 0, value, least: 32, most: 56 })),
        }
        match raw {
            0..=5 => assert!(fan.is_ok(), "{raw}"),
            _ => assert_eq!(fan, Err(Refusal::OutOfRange { signal: 1, value, least: 1, most: 5 })),
        }
    }
}

#[test]
fn signed_signals_of_either_byte_order_keep_to_theirs() {
    let gate = gate(
        &CLIMATE
            .replace("ClimateCommand", "Mirror")
            .replace(RANGES, "Tilt = { min = -4.95, max = 7.04 }, Pan = { min = -3, max = 2 }"),
    );
    for raw in -2048i128..2048 {
        let [.., high, low] = raw.to_be_bytes();
        let admitted = gate.clone().admit(&wanted(&gate, 802, &[high & 0xF, low]), ON, ms(0));
        match raw {
            // 5 - 0.1 * raw lies between the two; -2048 is where it starts.
            -20..=99 | -2048 => assert!(admitted.is_ok(), "{raw}"),
            _ => assert_eq!(admitted, Err(Refusal::OutOfRange { signal: 0, value: raw, least: -20, most: 99 })),
        }
    }
    for raw in i8::MIN..=i8::MAX {
        let admitted = gate.clone().admit(&wanted(&gate, 802, &[0, 0, raw.cast_unsigned()]), ON, ms(0));
        assert_eq!(admitted.is_ok(), (-3..=2).contains(&raw), "{raw}");
    }
}

#[test]
fn what_the_car_does_decides() {
    let states = [None].into_iter().chain(Power::ALL.iter().copied().map(Some));
    let states: Vec<_> = states
        .flat_map(|power| Driving::ALL.iter().map(move |driving| VehicleState { driving: *driving, power }))
        .collect();
    for (key, admits) in [
        ("", (|_, power| matches!(power, Some(Power::On | Power::Start))) as fn(Driving, Option<Power>) -> bool),
        ("power = \"any\"", |_, _| true),
        ("power = [\"LOCK\", \"ACC\"]", |_, power| matches!(power, Some(Power::Lock | Power::Acc))),
        ("driving = \"not-moving\"\npower = \"any\"", |driving, _| driving != Driving::Moving),
        ("driving = \"parked\"\npower = \"any\"", |driving, _| driving == Driving::Parked),
        ("driving = \"parked\"", |driving, power| {
            driving == Driving::Parked && matches!(power, Some(Power::On | Power::Start))
        }),
    ] {
        let gate = gate(&format!("{CLIMATE}{key}"));
        for state @ VehicleState { driving, power } in &states {
            let admitted = gate.clone().admit(&wanted(&gate, 800, &[43, 3]), *state, ms(0));
            assert_eq!(admitted.is_ok(), admits(*driving, *power), "{key}: {state:?}: {admitted:?}");
        }
    }
    assert!(states.contains(&VehicleState::default()));
    assert_eq!(VehicleState::default(), VehicleState { driving: Driving::Moving, power: None });
}

#[test]
fn reasons_come_in_their_order_and_in_words() {
    let mut gate = gate(&format!("{CLIMATE}driving = \"not-moving\""));
    let ask = |gate: &mut Gate, bytes: &[u8], driving, power, at| {
        let wish = wanted(gate, 800, bytes);
        gate.admit(&wish, VehicleState { driving, power }, ms(at)).map(|_| ()).map_err(|refusal| refusal.to_string())
    };
    assert_eq!(ask(&mut gate, &[43, 3], Driving::Parked, Some(Power::On), 1000), Ok(()));
    let said = [
        ask(&mut gate, &[1, 3, 0xF0], Driving::Moving, None, 1001),
        ask(&mut gate, &[1, 3], Driving::Moving, None, 1001),
        ask(&mut gate, &[43, 3], Driving::Moving, None, 1001),
        ask(&mut gate, &[43, 3], Driving::Idling, None, 1001),
        ask(&mut gate, &[43, 3], Driving::Idling, Some(Power::Acc), 1001),
        ask(&mut gate, &[43, 3], Driving::Idling, Some(Power::Start), 1001),
        ask(&mut gate, &[43, 3], Driving::Idling, Some(Power::Start), 1099),
    ];
    let of = |refusal: Refusal| Err(refusal.to_string());
    let more = [
        of(Refusal::NotListed { bus: CAN0, id: standard(801) }),
        of(Refusal::WrongKind),
        of(Refusal::WrongLength { expected: 8, got: 7 }),
        of(Refusal::Driving { is: Driving::Idling, worst: Driving::Parked }),
        of(Refusal::TooSoon { wait: Nanoseconds(1) }),
    ];
    let told: Vec<_> = said.into_iter().chain(more).map(Result::unwrap_err).collect();
    assert_eq!(
        told.join("\n"),
        "\
this car's allow-list does not let bits 0xF0 of byte 2 be set
signal 0 is 1 raw, which lies outside the allow-list's 32 to 56
it may not leave while the car is moving, only while it is idling or parked
it may not leave while nobody knows how the car is switched on
it may not leave while the car is switched to ACC
too soon after the last one: 99 ms to wait
too soon after the last one: 1 ms to wait
this car's allow-list has no message 321 on its bus 0
only data frames leave, and each in the one format of its message
the message has 8 bytes, the frame 7
it may not leave while the car is idling, only while it is parked
too soon after the last one: 1 ms to wait"
    );
}

#[test]
fn the_minimum_period_holds_and_a_refusal_leaves_no_trace() {
    let mut gate = gate(&format!("{CLIMATE}driving = \"not-moving\""));
    let state = VehicleState { driving: Driving::Idling, ..ON };
    let wish = wanted(&gate, 800, &[43, 3]);
    let shape = |gate: &Gate| format!("{gate:?}");
    for round in 0..3u64 {
        let at = ms(1000 + 100 * round);
        let before = shape(&gate);
        for (frame, state, at) in [
            (called(standard(801), wish), state, at),
            (fast(wish), state, at),
            (Frame::new(CAN0, standard(800), 0, &[43, 3]).unwrap(), state, at),
            (wanted(&gate, 800, &[43, 3, 0, 0, 0]), state, at),
            (wanted(&gate, 800, &[57, 3]), state, at),
            (wish, ON, at),
            (wish, VehicleState { power: None, ..state }, at),
        ] {
            assert!(gate.admit(&frame, state, at).is_err(), "{frame:?}");
        }
        assert_eq!(shape(&gate), before);
        let frame = gate.admit(&wish, state, at).unwrap();
        assert_eq!(u64::from(frame.data()[2]), round, "no counter was spent on what stayed");
        let before = shape(&gate);
        let next = at + ms(100);
        assert_eq!(gate.admit(&wish, state, next - Nanoseconds(1)), Err(Refusal::TooSoon { wait: Nanoseconds(1) }));
        assert_eq!(shape(&gate), before);
    }
    let backwards = gate.admit(&wish, state, ms(500));
    assert_eq!(backwards, Err(Refusal::TooSoon { wait: ms(800) }), "a clock that runs back opens nothing");
}

#[test]
fn each_message_has_its_own_pace_and_counter() {
    let both = format!("{CLIMATE}burst = 2\n{}", CLIMATE.replace("can0", "can1"));
    let mut gate = gate(&both);
    let wish = wanted(&gate, 800, &[43, 3]);
    let other = on(1, wish);
    let counters: Vec<_> = (0..2).map(|_| gate.admit(&wish, ON, ms(5)).unwrap().data()[2]).collect();
    assert_eq!(counters, [0, 1]);
    assert_eq!(gate.admit(&wish, ON, ms(5)), Err(Refusal::TooSoon { wait: ms(100) }));
    // Nobody says that this bus has counters; there those bits are nobody's.
    assert_eq!(gate.admit(&other, ON, ms(5)).unwrap().data(), [43, 3, 0, 0, 9]);
    assert_eq!(gate.admit(&other, ON, ms(104)), Err(Refusal::TooSoon { wait: ms(1) }));
    assert_eq!(gate.admit(&wish, ON, ms(105)).unwrap().data()[2], 2);
}

#[test]
fn another_clock_keeps_the_pace_and_forgets_what_was_heard() {
    let mut gate = gate(&format!("{CLIMATE}burst = 3\nothers = \"received\"\n{}", CLIMATE.replace("can0", "can1")));
    let wish = wanted(&gate, 800, &[43, 3]);
    assert!(gate.admit(&wish, ON, ms(600_000)).is_ok());
    gate.hear(&sealed(&[50, 4, 7, 0, 5]));
    assert_eq!(gate.blank(CAN0, wish.id).unwrap().data()[4], 5);
    gate.begin_clock(ms(40));
    assert_eq!(gate.blank(CAN0, wish.id), Some(wanted(&gate, 800, &[255, 0, 0, 0, 9])));
    assert_eq!(gate.admit(&wish, ON, ms(139)), Err(Refusal::TooSoon { wait: ms(1) }));
    assert!(gate.admit(&wish, ON, ms(140)).is_ok());
    assert_eq!(gate.admit(&wish, ON, ms(140)), Err(Refusal::TooSoon { wait: ms(100) }), "the burst was spent");
    assert!(gate.admit(&on(1, wish), ON, ms(40)).is_ok(), "what never left may leave at once");
}

/// The climate message as somebody else sends it.
fn sealed(data: &[u8]) -> Frame {
    let database = Database::parse(DBC.as_bytes()).unwrap();
    let checksum = database.messages[0].signal("Checksum").unwrap().1;
    let mut frame = Frame::new(CAN0, standard(800), 0, data).unwrap();
    fill(Checksum::SaeJ1850, frame.id, frame.data_mut(), checksum).unwrap();
    frame
}

#[test]
fn bits_that_are_not_ours_are_as_they_were_last_heard() {
    let mut gate = gate(&format!("{CLIMATE}others = \"received\""));
    let start = gate.blank(CAN0, standard(800)).unwrap();
    assert_eq!(start.data(), [255, 0, 0, 0, 9]);
    let mut wrong = sealed(&[40, 4, 7, 0, 5]);
    wrong.data_mut()[3] ^= 1;
    let classic = sealed(&[40, 4, 7, 0, 5]);
    for frame in [
        wrong,
        fast(classic),
        Frame::remote(CAN0, standard(800), 0, 5).unwrap(),
        Frame::new(CAN0, standard(800), 0, &[0; 4]).unwrap(),
        sealed(&[40, 4, 7, 0, 5, 0]),
        on(1, classic),
        called(standard(801), classic),
    ] {
        gate.hear(&frame);
        assert_eq!(gate.blank(CAN0, standard(800)), Some(start), "{frame:?}");
    }
    gate.hear(&classic);
    let blank = gate.blank(CAN0, standard(800)).unwrap();
    assert_eq!(blank.data(), classic.data());
    let left = gate.admit(&wanted(&gate, 800, &[44]), ON, ms(0)).unwrap();
    assert_eq!((&left.data()[..3], left.data()[4]), ([44, 4, 0].as_slice(), 5));
    // Somebody else may say what we may not: it is not repeated.
    gate.hear(&sealed(&[99, 200, 7, 0, 0xF5]));
    assert_eq!(gate.blank(CAN0, standard(800)).unwrap().data()[4], 0xF5);
    let left = gate.admit(&gate.blank(CAN0, standard(800)).unwrap(), ON, ms(100)).unwrap();
    assert_eq!((&left.data()[..3], left.data()[4]), ([255, 0, 1].as_slice(), 0xF5));
}

#[test]
fn what_is_heard_changes_nothing_unless_the_list_says_so() {
    let mut gate = gate(CLIMATE);
    let start = gate.blank(CAN0, standard(800));
    gate.hear(&sealed(&[40, 4, 7, 0, 5]));
    assert_eq!(gate.blank(CAN0, standard(800)), start);
    let mut unsealed = bound(BUSES, &format!("{}others = \"received\"", CLIMATE.replace("can0", "can1"))).unwrap();
    let heard = Frame::new(BusIndex(1), standard(800), 0, &[40, 4, 1, 2, 5]).unwrap();
    unsealed.hear(&heard);
    assert_eq!(
        unsealed.blank(BusIndex(1), standard(800)),
        Some(heard),
        "a message without a checksum is taken as it is"
    );
}

#[test]
fn every_line_that_cannot_be_kept_is_told() {
    let line = |message: &str, signals: &str| CLIMATE.replace("ClimateCommand", message).replace(RANGES, signals);
    let lines = [
        line("Brake", "Force = { min = 0, max = 1 }"),
        CLIMATE.to_owned(),
        line("Mirror", "Pan = { min = 0.2, max = 0.8 }"),
    ]
    .concat();
    let told = bound(BUSES, &lines).unwrap_err().join("\n");
    assert_eq!(
        told,
        "\
car.toml:13:1: the DBC file has no message `Brake`
car.toml:25:1: `Pan`: no raw number lies between 0.2 and 0.8"
    );
    let profile = Profile::parse("car.toml", &format!("{BUSES}{CLIMATE}"), Catalogue::ours()).unwrap();
    assert_eq!(bind("car.toml", &profile, []).unwrap_err().len(), 1, "a bus without its DBC file");
}

#[test]
fn two_messages_of_one_id_are_not_both_listed() {
    let profile = Profile::parse(
        "car.toml",
        &format!(
            "{BUSES}{CLIMATE}{}",
            CLIMATE.replace("ClimateCommand", "Brakes").replace(RANGES, "Force = { min = 0, max = 1 }")
        ),
        Catalogue::ours(),
    )
    .unwrap();
    let mut database = Database::parse(DBC.as_bytes()).unwrap();
    assert!(bind("car.toml", &profile, [&database, &database]).is_ok());
    database.messages[1].id = standard(800);
    let mistakes = bind("car.toml", &profile, [&database, &database]).unwrap_err();
    assert_eq!(
        mistakes[0].to_string(),
        "car.toml:19:1: message `Brakes` has the same id as `ClimateCommand`, which is listed already"
    );
}
