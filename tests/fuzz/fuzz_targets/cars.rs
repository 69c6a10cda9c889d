//! Any text as a car.toml. One that makes sense is bound to a DBC file and hears a few frames of each message.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tandem_dbc::Database;
use tandem_frame::{BusIndex, Frame};
use tandem_signals::{Catalogue, Mistake, Profile};
use tandem_store::{Car, Store};
use tandem_units::Nanoseconds;

/// What `seeds/every-key.toml` speaks of.
const DBC: &str = r#"
BO_ 1 Motion: 8 X
 SG_ Speed : 0|16@1+ (0.01,0) [0|655] "km/h" X
 SG_ SpeedValid : 16|1@1+ (1,0) [0|1] "" X
 SG_ COUNTER : 52|2@1+ (1,0) [0|3] "" X
 SG_ CHECKSUM : 56|4@1+ (1,0) [0|15] "" X
BO_ 2 ClimateStatus: 3 X
 SG_ DriverTemperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ CommandAnswer M : 8|8@1+ (1,0) [0|2] "" X
 SG_ Crc m1 : 16|8@1+ (1,0) [0|255] "" X
BO_ 3 ClimateCommand: 2 X
 SG_ DriverTemperature : 0|8@1+ (0.5,0) [0|127] "degC" X
 SG_ Zone : 8|8@1- (1,0) [0|0] "" X
BO_ 4 Brakes: 8 X
 SG_ CHECKSUM : 0|8@1+ (1,0) [0|255] "" X
 SG_ COUNTER : 8|4@1+ (1,0) [0|15] "" X
BO_ 5 Steering: 8 X
 SG_ CHECKSUM : 0|8@1+ (1,0) [0|255] "" X
 SG_ Angle : 16|32@1- (1,0) [0|0] "" X
SIG_VALTYPE_ 5 Angle : 1;
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 1000;
BA_DEF_DEF_ "GenMsgCycleTime" 20;
"#;

static DATABASE: LazyLock<Database> = LazyLock::new(|| Database::parse(DBC.as_bytes()).expect("our own text loads"));
/// A hundred, and how many there are more.
const MOST: usize = 101;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let profile = match Profile::parse("car.toml", text, Catalogue::ours()) {
        Ok(profile) => profile,
        Err(mistakes) => {
            assert!(mistakes.len() <= MOST);
            return sensible(text, &mistakes);
        }
    };
    let databases = vec![DATABASE.clone(); profile.buses.len()];
    match Car::bind("car.toml", profile, databases, Catalogue::ours()) {
        Ok(car) => hear(Store::new(car)),
        Err(mistakes) => sensible(text, &mistakes),
    }
});

fn sensible(text: &str, mistakes: &[Mistake]) {
    assert!(!mistakes.is_empty());
    let lines = text.split('\n').count();
    assert!(mistakes.iter().all(|mistake| (1..=lines).contains(&mistake.line) && mistake.column > 0));
}

fn hear(mut store: Store) {
    for bus in (0..store.car().buses.len()).filter_map(|at| u8::try_from(at).ok()) {
        for message in &DATABASE.messages {
            for fill in [0x00, 0xA5, 0xFF] {
                let data = [fill; 8];
                let frame = Frame::new(BusIndex(bus), message.id, 1, &data[..message.length.min(8)]);
                store.hear(&frame.expect("at most eight bytes"));
            }
        }
    }
    for slot in 0..store.car().leaves().count() {
        let reading = store.reading(slot, Nanoseconds::SECOND);
        assert_eq!(reading.value.is_some(), reading.quality.has_value());
    }
}
