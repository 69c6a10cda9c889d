use tandem_dbc::{Database, padded};
use tandem_signals::{BusProfile, ChecksumKind, IntegrityProfile, Others, TransmitProfile};
use tandem_units::{Driving, Nanoseconds};

use super::*;

fn bus(word: Option<&str>) -> BusProfile {
    let integrity = word.map(|word| IntegrityProfile {
        checksum: ChecksumKind::find(word).unwrap(),
        data_ids: Vec::new(),
        checksum_signal: "Checksum".into(),
        counter_signal: Some("Counter".into()),
        counter_exempt: Vec::new(),
    });
    BusProfile {
        interface: "can0".into(),
        dbc: "test.dbc".into(),
        dbc_source: None,
        bitrate: 500_000,
        data_bitrate: None,
        private_messages: Vec::new(),
        integrity,
        line: 1,
    }
}

fn line(signals: &[(&str, f64, f64)]) -> TransmitProfile {
    TransmitProfile {
        bus: 0,
        message: "M".into(),
        signals: signals.iter().map(|(name, min, max)| ((*name).to_owned(), *min..=*max)).collect(),
        min_period: Nanoseconds::from_millis(100),
        burst: 1,
        driving: Driving::Moving,
        power: None,
        others: Others::Start,
        cycle: None,
        line: 1,
    }
}

/// A message `M` of so many bytes; `also` is what else the file says of it.
fn database(length: usize, signals: &[&str], also: &str) -> Database {
    let signals: String = signals.iter().map(|signal| format!(" SG_ {signal} [0|0] \"\" X\n")).collect();
    let starts = "BA_DEF_ SG_ \"GenSigStartValue\" FLOAT -1e300 1e300;\n";
    Database::parse(format!("BO_ 5 M: {length} X\n{signals}\n{starts}{also}").as_bytes()).unwrap()
}

fn start(signal: &str, value: &str) -> String {
    format!("BA_ \"GenSigStartValue\" SG_ 5 {signal} {value};\n")
}

fn bind(database: &Database, signals: &[(&str, f64, f64)]) -> Result<Rule, String> {
    Rule::bind(&line(signals), &bus(None), database).map_err(|error| error.to_string())
}

/// The raw range of a signal `S` laid out so, of these physical limits.
fn range(layout: &str, min: f64, max: f64) -> Result<(i128, i128), String> {
    bind(&database(8, &[&format!("S : {layout}")], ""), &[("S", min, max)]).map(|rule| rule.limits[0].range())
}

#[test]
fn physical_ranges_become_raw_ones_inward() {
    assert_eq!(range("0|8@1+ (1,0)", 16.0, 28.0), Ok((16, 28)));
    assert_eq!(range("0|8@1+ (1,0)", 15.1, 28.9), Ok((16, 28)));
    assert_eq!(range("0|8@1+ (0.5,0)", 16.0, 28.2), Ok((32, 56)));
    assert_eq!(range("0|8@1+ (0.1,0)", 0.3, 0.7), Ok((3, 7)));
    assert_eq!(range("0|8@1+ (0.1,-40)", -39.9, -39.71), Ok((1, 2)));
    assert_eq!(range("0|8@1- (1,0)", -1.5, 1.5), Ok((-1, 1)));
    assert_eq!(range("0|8@1- (2,1)", -5.0, 8.0), Ok((-3, 3)));
    assert_eq!(range("7|8@0- (2,1)", -5.0, 8.0), Ok((-3, 3)));
    assert_eq!(range("0|8@1+ (-1,100)", 16.0, 28.0), Ok((72, 84)));
    assert_eq!(range("0|8@1- (-0.5,0)", -1.2, 1.0), Ok((-2, 2)));
    assert_eq!(range("0|8@1+ (1,0)", 5.0, 5.0), Ok((5, 5)));
    assert_eq!(range("0|1@1+ (1,0)", 0.0, 1.0), Ok((0, 1)));
    assert_eq!(range("0|1@1- (1,0)", -1.0, 0.0), Ok((-1, 0)));
}

#[test]
fn a_range_ends_where_the_bits_do_at_the_latest() {
    assert_eq!(range("0|8@1+ (1,0)", 0.0, 255.0), Ok((0, 255)));
    assert_eq!(range("0|8@1- (1,0)", -128.0, 127.0), Ok((-128, 127)));
    let (lowest, highest) = (i64::MIN as f64, i64::MAX as f64);
    assert_eq!(range("0|64@1- (1,0)", lowest, highest), Ok((i64::MIN.into(), i64::MAX.into())), "as floats have them");
    assert_eq!(range("0|64@1+ (1,0)", 0.0, u64::MAX as f64), Ok((0, u64::MAX.into())));
    assert_eq!(range("0|64@1+ (0.5,0)", 0.0, 4e18), Ok((0, 8_000_000_000_000_000_000)));
    assert_eq!(range("0|8@1+ (1,0)", -0.9, 255.9), Ok((0, 255)), "what lies between two raw numbers moves inward");
    let past = |min: f64, max: f64, least: i128, most: i128, bits: &str| {
        Err(format!("`S`: {min} to {max} would be raw {least} to {most}, and its bits say only {bits}"))
    };
    assert_eq!(range("0|8@1+ (1,0)", -1.0, 100.0), past(-1.0, 100.0, -1, 100, "0 to 255"));
    assert_eq!(range("0|8@1+ (1,0)", 0.0, 256.0), past(0.0, 256.0, 0, 256, "0 to 255"));
    assert_eq!(range("0|8@1+ (1,-40)", -41.0, 0.0), past(-41.0, 0.0, -1, 40, "0 to 255"));
    assert_eq!(range("0|8@1+ (-1,0)", -1.0, 1.0), past(-1.0, 1.0, -1, 1, "0 to 255"));
    assert_eq!(range("0|8@1- (1,0)", -129.0, 0.0), past(-129.0, 0.0, -129, 0, "-128 to 127"));
    assert_eq!(range("7|8@0- (1,0)", 0.0, 128.0), past(0.0, 128.0, 0, 128, "-128 to 127"));
    assert_eq!(range("0|8@1+ (1,0)", -5.0, -1.0), past(-5.0, -1.0, -5, -1, "0 to 255"));
    assert_eq!(range("0|8@1+ (1,0)", 256.0, 300.0), past(256.0, 300.0, 256, 300, "0 to 255"));
    let widest = "0 to 18446744073709551615";
    assert_eq!(range("0|64@1+ (1,0)", -1.0, 1.0), past(-1.0, 1.0, -1, 1, widest));
    assert_eq!(range("0|64@1+ (1,0)", 0.0, 1e30), past(0.0, 1e30, 0, 10i128.pow(30), widest));
}

#[test]
fn a_range_just_past_the_bits_is_no_wide_one() {
    let power = |bits| 2.0_f64.powi(bits);
    for (layout, end) in [
        ("0|64@1+ (1,0)", power(64)),
        ("7|64@0+ (1,0)", power(64)),
        ("0|64@1- (1,0)", power(63)),
        ("0|60@1+ (1,0)", power(60)),
        ("0|60@1- (1,0)", power(59)),
        ("0|54@1+ (1,0)", power(54)),
    ] {
        let none = Err(format!("`S`: no raw number lies between {end} and {end}"));
        assert_eq!(range(layout, end, end), none, "{layout}");
        assert!(range(layout, end, 2.0 * end).is_err(), "{layout}");
        let (_, last) = range(layout, 0.0, end).unwrap();
        assert_eq!(last as f64, end, "{layout}: the last number, as a float has it");
        assert!(last < end as i128, "{layout}");
    }
    for (layout, end) in [("0|64@1- (1,0)", -power(63)), ("0|60@1- (1,0)", -power(59))] {
        assert_eq!(range(layout, end, 0.0), Ok((end as i128, 0)), "{layout}");
        assert!(range(layout, 2.0 * end, end).is_err(), "{layout}");
    }
    // 53 bits are said to the last one.
    assert!(range("0|53@1+ (1,0)", 0.0, power(53)).is_err());
    assert_eq!(range("0|53@1+ (1,0)", 0.0, power(53) - 1.0), Ok((0, (1 << 53) - 1)));
}

#[test]
fn a_range_without_a_raw_number_is_none() {
    let empty = |min: f64, max: f64| Err(format!("`S`: no raw number lies between {min} and {max}"));
    assert_eq!(range("0|8@1+ (1,0)", 0.2, 0.8), empty(0.2, 0.8));
    assert_eq!(range("0|8@1+ (1,0)", 9.0, 3.0), empty(9.0, 3.0));
    let none = |factor: &str, min: &str, max: &str| {
        Err(format!("`S`: {min} to {max} is no range of raw numbers with the factor {factor} and the offset 0"))
    };
    assert_eq!(range("0|8@1+ (0,0)", 0.0, 1.0), none("0", "0", "1"));
    assert_eq!(range("0|8@1+ (1e-20,0)", 0.0, 1e25), none("0.00000000000000000001", "0", "1e25"));
    assert_eq!(range("0|8@1+ (1,0)", f64::NAN, 1.0), none("1", "not a number", "1"));
    assert_eq!(range("0|8@1+ (1,0)", 0.0, f64::INFINITY), none("1", "0", "infinity"));
}

#[test]
fn raw_values_are_read_and_reset_in_their_own_order() {
    for (layout, bytes) in [("3|12@0- (1,0)", [0x0F, 0xFE]), ("0|12@1- (1,0)", [0xFE, 0x0F])] {
        let also = start("S", "-2048");
        let rule = bind(&database(2, &[&format!("S : {layout}")], &also), &[("S", -3.0, 2.0)]).unwrap();
        let limit = rule.limits[0];
        assert_eq!((limit.signal, limit.range(), limit.start()), (0, (-3, 2), -2048));
        assert_eq!(limit.value(&padded(&bytes)), -2);
        assert!(limit.allows(&padded(&bytes)) && limit.allows(&padded(rule.start.data())));
        let mut payload = [0xFF; 2];
        limit.reset(&mut payload);
        assert_eq!(limit.value(&padded(&payload)), -2048);
        assert_eq!(payload.map(|byte| byte & 0xF0).iter().filter(|high| **high == 0xF0).count(), 1, "no other bit");
    }
}

#[test]
fn a_start_value_comes_back_whatever_its_sign() {
    for (kind, value) in [("-", 5), ("-", 0), ("-", -1), ("-", -128), ("-", 127), ("+", 0), ("+", 200)] {
        let database = database(1, &[&format!("S : 0|8@1{kind} (1,0)")], &start("S", &value.to_string()));
        let limit = bind(&database, &[("S", 1.0, 2.0)]).unwrap().limits[0];
        let mut payload = [0x55];
        limit.reset(&mut payload);
        assert_eq!((limit.start(), limit.value(&padded(&payload))), (value, value), "{kind}");
    }
    let widest = |kind: &str, value: &str| {
        let database = database(8, &[&format!("S : 0|64@1{kind} (1,0)")], &start("S", value));
        bind(&database, &[("S", 1.0, 2.0)]).unwrap().limits[0].start()
    };
    assert_eq!(widest("+", "18446744073709551615"), u64::MAX.into());
    assert_eq!(widest("+", "9223372036854775808"), 1 << 63);
    assert_eq!(widest("-", "9223372036854775807"), i64::MAX.into());
    assert_eq!(widest("-", "-9223372036854775808"), i64::MIN.into());
}

#[test]
fn start_values_of_any_kind_are_in_the_blank() {
    let signals =
        ["A : 0|8@1+ (0.5,3)", "B : 8|8@1- (1,0)", "C : 16|32@1- (1,0)", "D : 48|64@1+ (1,0)", "E : 56|8@1- (1,0)"];
    let also = [start("A", "7"), start("B", "-2"), start("C", "1.5"), "SIG_VALTYPE_ 5 C : 1;\n".into()].concat();
    let rule = bind(&database(8, &signals, &also), &[("A", 3.0, 4.0)]).unwrap();
    assert_eq!(rule.start.data(), [&[7, 0xFE], &1.5f32.to_le_bytes()[..], &[0, 0]].concat());
}

#[test]
fn start_values_that_the_bits_cannot_say_are_refused() {
    for (kind, value) in [
        ("+", "256"),
        ("+", "-1"),
        ("+", "1.5"),
        ("-", "128"),
        ("-", "-129"),
        ("-", "-0.5"),
        ("+", "1e25"),
        ("-", "-1e25"),
    ] {
        for name in ["S", "T"] {
            let signals = [format!("S : 0|8@1{kind} (1,0)"), format!("T : 8|8@1{kind} (1,0)")];
            let database = database(2, &signals.each_ref().map(String::as_str), &start(name, value));
            let told = bind(&database, &[("S", 0.0, 1.0)]).unwrap_err();
            assert!(
                told.starts_with("message `M` cannot be sent: the start value") && told.contains(&format!("`{name}`")),
                "{told}"
            );
        }
    }
    let wide = database(8, &["S : 0|64@1+ (1,0)"], &start("S", "1e25"));
    assert!(bind(&wide, &[("S", 0.0, 1.0)]).is_err());
}

#[test]
fn what_is_not_in_the_file_or_cannot_be_judged_is_refused() {
    let plain = "S : 0|8@1+ (1,0)";
    let refused =
        |length, signals: &[&str], also: &str| bind(&database(length, signals, also), &[("S", 0.0, 1.0)]).unwrap_err();
    let elsewhere = TransmitProfile { message: "N".into(), ..line(&[]) };
    let far = TransmitProfile { bus: 256, ..line(&[]) };
    let other =
        |line: TransmitProfile| Rule::bind(&line, &bus(None), &database(8, &[plain], "")).unwrap_err().to_string();
    let told = [
        other(elsewhere),
        other(far),
        refused(8, &["T : 0|8@1+ (1,0)"], ""),
        refused(8, &["S : 0|32@1+ (1,0)"], "SIG_VALTYPE_ 5 S : 1;\n"),
        refused(8, &["S : 0|64@1+ (1,0)"], "SIG_VALTYPE_ 5 S : 2;\n"),
        refused(8, &["S : 60|8@1+ (1,0)"], ""),
        refused(8, &[plain, "T M : 8|8@1+ (1,0)", "U m1 : 16|8@1+ (1,0)"], ""),
        refused(8, &[plain, "T : 7|8@1+ (1,0)"], ""),
        refused(65, &[plain], ""),
        refused(10, &[plain], ""),
    ];
    assert_eq!(told.join("\n"), "\
the DBC file has no message `N`
message `M` cannot be sent: its bus is none of the first 256
message `M` has no signal `S`
`S` cannot be listed: it is a float, and only integers are judged
`S` cannot be listed: it is a float, and only integers are judged
`S` cannot be listed: it reaches past the end of its message
message `M` cannot be sent: `T` is multiplexed, and what the bits mean would hang on what is in them
`S` cannot be listed: it shares bits with `T`
message `M` cannot be sent: 65 bytes do not fit: a classic frame carries 0 to 8, an FD frame 0 to 8, 12, 16, 20, 24, 32, 48 or 64
message `M` cannot be sent: 10 bytes do not fit: a classic frame carries 0 to 8, an FD frame 0 to 8, 12, 16, 20, 24, 32, 48 or 64");
    assert!(bind(&database(8, &[plain, "T : 8|8@1+ (1,0)", "U : 60|8@1+ (1,0)"], ""), &[("S", 0.0, 1.0)]).is_ok());
}

#[test]
fn a_message_is_sent_in_its_own_format() {
    let fd = database(12, &["S : 64|8@1+ (1,0)"], "");
    let rule = |bus: &BusProfile, database| Rule::bind(&line(&[("S", 0.0, 1.0)]), bus, database).unwrap();
    let flags = rule(&bus(None), &fd).start.flags;
    assert!(flags.fd && !flags.brs);
    let fast = BusProfile { data_bitrate: Some(2_000_000), ..bus(None) };
    let flags = rule(&fast, &fd).start.flags;
    assert!(flags.fd && flags.brs);
    let flags = rule(&fast, &database(8, &["S : 0|8@1+ (1,0)"], "")).start.flags;
    assert!(!flags.fd && !flags.brs);
}

#[test]
fn counter_and_checksum_are_the_gate_s_own() {
    let signals = ["S : 0|4@1+ (1,0)", "Counter : 8|4@1+ (1,0)", "Checksum : 16|8@1+ (1,0)"];
    let of = |word: &str, length, signals: &[&str], listed: &str, ids: &[u16]| {
        let mut bus = bus(Some(word));
        bus.integrity.as_mut().unwrap().data_ids = vec![("M".into(), ids.to_vec())];
        Rule::bind(&line(&[(listed, 0.0, 1.0)]), &bus, &database(length, signals, ""))
            .map_err(|error| error.to_string())
    };
    let rule = of("sae_j1850", 3, &signals, "S", &[]).unwrap();
    assert_eq!(
        (&rule.loose[..4], rule.counter.is_some(), rule.seal.is_some()),
        ([0x0F, 0x0F, 0xFF, 0].as_slice(), true, true)
    );
    // E2E profile 1 puts a nibble of the data id above the counter, which it takes behind the checksum.
    let nibble = ["S : 0|4@1+ (1,0)", "Checksum : 8|8@1+ (1,0)", "Counter : 16|4@1+ (1,0)", "Id : 20|4@1+ (1,0)"];
    let rule = of("e2e_p01_nibble", 3, &nibble, "S", &[0x123]).unwrap();
    assert_eq!(rule.loose[..4], [0x0F, 0xFF, 0xFF, 0]);
    let told = [
        of("sae_j1850", 3, &signals, "Counter", &[]),
        of("sae_j1850", 3, &signals, "Checksum", &[]),
        of("e2e_p01_nibble", 3, &nibble, "Id", &[0x123]),
        of("e2e_p01_both", 3, &signals, "S", &[]),
        of("honda", 3, &signals, "S", &[]),
        of("sae_j1850", 2, &signals, "S", &[]),
        of("sae_j1850", 3, &["S : 0|4@1+ (1,0)", "Counter : 8|9@1+ (1,0)"], "S", &[]),
        of("sae_j1850", 1, &["S : 0|4@1+ (1,0)", "Counter : 8|4@1+ (1,0)"], "S", &[]),
    ];
    let told: Vec<_> = told.into_iter().map(|told| told.map(|_| ()).unwrap_err()).collect();
    assert_eq!(
        told.join("\n"),
        "\
`Counter` cannot be listed: it is the message's counter or checksum, which the gate fills in
`Checksum` cannot be listed: it is the message's counter or checksum, which the gate fills in
`Id` cannot be listed: it shares bits with `Checksum`
message `M` has a checksum `e2e_p01_both`, which needs its data id in `data_ids`
message `M` cannot be sent: the checksum has 4 bits, its signal 8
message `M` cannot be sent: the checksum and what belongs to it end in byte 3, the payload has 2
message `M` cannot be sent: its counter `Counter` is none of 1 to 8 bits within it
message `M` cannot be sent: its counter `Counter` is none of 1 to 8 bits within it"
    );
    assert!(of("sae_j1850", 2, &["S : 0|4@1+ (1,0)", "Counter : 8|8@1+ (1,0)"], "S", &[]).is_ok());
}

#[test]
fn a_counter_that_the_profile_exempts_stays_as_it_starts() {
    let mut bus = bus(Some("sae_j1850"));
    bus.integrity.as_mut().unwrap().counter_exempt = vec!["M".into()];
    let also = start("Counter", "3");
    let database = database(1, &["S : 0|4@1+ (1,0)", "Counter : 4|4@1+ (1,0)"], &also);
    let rule = Rule::bind(&line(&[("S", 0.0, 1.0)]), &bus, &database).unwrap();
    assert_eq!((rule.start.data()[0], rule.loose[0], rule.counter.is_none()), (0x30, 0x0F, true));
}
