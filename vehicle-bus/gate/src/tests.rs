use tandem_dbc::Database;
use tandem_dbc::integrity::{DataIdMode, verify};
use tandem_signals::ChecksumKind;

use super::*;

const DBC: &str = r#"
BO_ 800 ClimateCommand: 4 X
 SG_ Temperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ Fan : 8|8@1+ (1,0) [0|255] "" X
 SG_ Counter : 16|4@1+ (1,0) [0|15] "" X
 SG_ Checksum : 24|8@1+ (1,0) [0|255] "" X

BO_ 801 Brakes: 8 X
 SG_ Force : 0|8@1+ (1,0) [0|255] "" X
"#;

struct Bench {
    database: Database,
    codec: Codec,
    gate: Gate,
}

const BUS: BusIndex = BusIndex(0);
const TEMPERATURE: usize = 0;

fn profile(counter_exempt: Vec<String>) -> BusProfile {
    BusProfile {
        interface: "can0".into(),
        dbc: "test.dbc".into(),
        dbc_source: None,
        bitrate: 500_000,
        data_bitrate: None,
        private_messages: Vec::new(),
        integrity: Some(tandem_signals::IntegrityProfile {
            checksum: ChecksumKind::find("sae_j1850").unwrap(),
            data_ids: Vec::new(),
            checksum_signal: "Checksum".into(),
            counter_signal: Some("Counter".into()),
            counter_exempt,
        }),
        line: 1,
    }
}

fn line() -> TransmitProfile {
    TransmitProfile {
        bus: 0,
        message: "ClimateCommand".into(),
        signals: vec![("Temperature".into(), 16.0..=28.0)],
        min_period: Nanoseconds::from_millis(100),
        line: 1,
    }
}

impl Bench {
    fn new() -> Self {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let (bus, line) = (profile(vec![]), line());
        let rule = Rule::bind(&line, &bus, &database).unwrap();
        let codec = Codec::compile(&database);
        Self { database, codec, gate: Gate::new(vec![rule]) }
    }

    fn ask(&mut self, message: usize, values: &[(usize, f64)], ms: u64) -> Result<Frame, Refusal> {
        self.gate.admit(BUS, message, values, &self.codec, Nanoseconds::from_millis(ms))
    }
}

#[test]
fn what_is_listed_leaves_with_counter_and_checksum() {
    let mut bench = Bench::new();
    let (_, checksum) = bench.database.messages[0].signal("Checksum").unwrap();
    let checksum = checksum.clone();
    for round in 0..20u64 {
        let frame = bench.ask(0, &[(TEMPERATURE, 21.5)], round * 100).unwrap();
        assert_eq!(frame.id, CanId::standard(800).unwrap());
        assert_eq!(frame.data()[..3], [43, 0, round as u8 & 0xF]);
        assert_eq!(verify(Checksum::SaeJ1850, frame.id, frame.data(), &checksum), Ok(()));
    }
}

#[test]
fn what_is_not_listed_stays() {
    let mut bench = Bench::new();
    assert_eq!(bench.ask(1, &[(0, 1.0)], 0), Err(Refusal::NotListed));
    assert_eq!(bench.ask(99, &[], 0), Err(Refusal::NotListed));
    let other = bench.gate.admit(BusIndex(1), 0, &[(TEMPERATURE, 20.0)], &bench.codec, Nanoseconds::ZERO);
    assert_eq!(other, Err(Refusal::NotListed), "the same message on another bus");
    assert_eq!(bench.ask(0, &[(1, 5.0)], 0), Err(Refusal::SignalNotListed { signal: 1 }));
    assert_eq!(bench.ask(0, &[(TEMPERATURE, 20.0), (1, 5.0)], 0), Err(Refusal::SignalNotListed { signal: 1 }));
}

#[test]
fn a_gate_without_a_list_lets_nothing_out() {
    let mut bench = Bench::new();
    bench.gate = Gate::default();
    for message in 0..bench.database.messages.len() {
        assert_eq!(bench.ask(message, &[], 0), Err(Refusal::NotListed));
    }
}

#[test]
fn ranges_hold_at_both_ends_and_against_what_is_no_number() {
    let mut bench = Bench::new();
    for value in [15.9, 28.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        assert!(matches!(bench.ask(0, &[(TEMPERATURE, value)], 0), Err(Refusal::OutOfRange { .. })), "{value}");
    }
    assert!(bench.ask(0, &[(TEMPERATURE, 16.0)], 0).is_ok());
    assert!(bench.ask(0, &[(TEMPERATURE, 28.0)], 100).is_ok());
}

#[test]
fn the_minimum_period_holds_and_a_refusal_does_not_stretch_it() {
    let mut bench = Bench::new();
    assert!(bench.ask(0, &[(TEMPERATURE, 20.0)], 1000).is_ok());
    let wait = Nanoseconds::from_millis(1);
    assert_eq!(bench.ask(0, &[(TEMPERATURE, 20.0)], 1099), Err(Refusal::TooSoon { wait }));
    assert!(bench.ask(0, &[(TEMPERATURE, 20.0)], 1100).is_ok());
    let backwards = bench.ask(0, &[(TEMPERATURE, 20.0)], 500);
    assert!(matches!(backwards, Err(Refusal::TooSoon { .. })), "a clock that runs back opens nothing");
}

#[test]
fn another_clock_keeps_the_pace_and_shuts_nobody_out() {
    let mut bench = Bench::new();
    assert!(bench.ask(0, &[(TEMPERATURE, 20.0)], 600_000).is_ok());
    bench.gate.begin_clock(Nanoseconds::from_millis(40));
    let wait = Nanoseconds::from_millis(1);
    assert_eq!(bench.ask(0, &[(TEMPERATURE, 20.0)], 139), Err(Refusal::TooSoon { wait }));
    assert!(bench.ask(0, &[(TEMPERATURE, 20.0)], 140).is_ok());
}

#[test]
fn a_message_without_room_for_its_value_or_checksum_stays() {
    let mut bench = Bench::new();
    let wide = TransmitProfile {
        bus: 0,
        message: "ClimateCommand".into(),
        signals: vec![("Fan".into(), 0.0..=1000.0)],
        min_period: Nanoseconds::ZERO,
        line: 1,
    };
    let rule = Rule::bind(&wide, &profile(vec![]), &bench.database).unwrap();
    let sealed = rule.checksum.clone();
    bench.gate = Gate::new(vec![rule.clone()]);
    assert!(matches!(bench.ask(0, &[(1, 999.0)], 0), Err(Refusal::Encode(EncodeError::OutOfRange { .. }))));
    bench.gate = Gate::new(vec![Rule { length: 3, ..rule.clone() }]);
    assert!(matches!(bench.ask(0, &[(1, 9.0)], 0), Err(Refusal::Checksum(ChecksumError::TooShort { .. }))));
    bench.gate = Gate::new(vec![Rule { length: 9, checksum: None, ..rule }]);
    assert!(matches!(bench.ask(0, &[(1, 9.0)], 0), Err(Refusal::Length(_))));
    assert!(sealed.is_some());
}

#[test]
fn a_counter_that_the_profile_exempts_is_not_written() {
    let mut bench = Bench::new();
    let line = TransmitProfile {
        bus: 0,
        message: "ClimateCommand".into(),
        signals: vec![("Fan".into(), 0.0..=255.0)],
        min_period: Nanoseconds::ZERO,
        line: 1,
    };
    let exempt = profile(vec!["ClimateCommand".into()]);
    bench.gate = Gate::new(vec![Rule::bind(&line, &exempt, &bench.database).unwrap()]);
    for ms in 0..3 {
        assert_eq!(bench.ask(0, &[(1, 9.0)], ms).unwrap().data()[2], 0);
    }
    let absent = TransmitProfile { message: "Nothing".into(), ..line };
    assert!(Rule::bind(&absent, &exempt, &bench.database).is_none());
}

#[test]
fn a_checksum_that_needs_a_data_id_has_it_and_profile_1_counts_to_14() {
    let mut bench = Bench::new();
    let mut protected = profile(vec![]);
    let integrity = protected.integrity.as_mut().unwrap();
    integrity.checksum = ChecksumKind::find("e2e_p01_both").unwrap();
    assert!(Rule::bind(&line(), &protected, &bench.database).is_none(), "no data id");
    protected.integrity.as_mut().unwrap().data_ids = vec![("ClimateCommand".into(), vec![0x1234])];
    bench.gate = Gate::new(vec![Rule::bind(&line(), &protected, &bench.database).unwrap()]);
    let checksum = bench.database.messages[0].signal("Checksum").unwrap().1.clone();
    let kind = Checksum::E2eProfile1 { data_id: 0x1234, mode: DataIdMode::Both };
    for round in 0..32u64 {
        let frame = bench.ask(0, &[(TEMPERATURE, 21.5)], round * 100).unwrap();
        assert_eq!(u64::from(frame.data()[2]), round % 15);
        assert_eq!(verify(kind, frame.id, frame.data(), &checksum), Ok(()));
    }
}
