use tandem_dbc::integrity::{Checksum, DataIdMode, verify};
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
