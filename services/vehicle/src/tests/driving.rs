//! Parked, idling, moving: what the readings make of the car, and what nobody knows.

use tandem_contracts::driving::{Restrictions, Status, Zone};
use tandem_units::{Driving, Power};

use super::*;
use crate::region::Region;

const DBC: &str = r#"
BO_ 100 Motion: 2 X
 SG_ Speed : 0|16@1- (0.01,0) [-327.68|327.67] "km/h" X

BO_ 101 Gear: 1 X
 SG_ Selected : 0|8@1+ (1,0) [0|255] "" X

BO_ 102 Brake: 1 X
 SG_ Engaged : 0|8@1+ (1,0) [0|3] "" X

BO_ 103 Power: 1 X
 SG_ State : 0|8@1+ (1,0) [0|7] "" X
"#;

const CAR: &str = r#"
name = "Test"
description = "A car that tells whether it stands."
[buses.can1]
dbc = "test.dbc"
bitrate = 500_000
[[signals]]
leaf = "Vehicle.Speed"
bus = "can1"
message = "Motion"
signal = "Speed"
cycle_ms = 20
not_available = [0x7FFF]
[[signals]]
leaf = "Vehicle.Powertrain.Transmission.SelectedGear"
bus = "can1"
message = "Gear"
signal = "Selected"
cycle_ms = 20
values = { 0 = 126, 3 = 127 }
not_available = [7]
[[signals]]
leaf = "Vehicle.Chassis.ParkingBrake.IsEngaged"
bus = "can1"
message = "Brake"
signal = "Engaged"
cycle_ms = 20
values = { 0 = false, 1 = true }
[[signals]]
leaf = "Vehicle.LowVoltageSystemState"
bus = "can1"
message = "Power"
signal = "State"
cycle_ms = 20
values = { 0 = "LOCK", 3 = "ON" }
"#;

const PARK: u8 = 0;
const DRIVE: u8 = 3;

const REGION: &str = r#"
description = "A region for this test."
[parked]
driver = { restrict = [] }
passenger = { restrict = [] }
[idling]
driver = { restrict = ["NO_VIDEO"] }
passenger = { restrict = [] }
[moving]
driver = { restrict = ["NO_VIDEO", "LIMIT_CONTENT"], max_items = 5 }
passenger = { restrict = [] }
"#;

/// What the car says in each of its messages every 20 ms; none where it is silent.
#[derive(Clone, Copy)]
struct Says {
    kmh: Option<f64>,
    gear: Option<u8>,
    brake: Option<u8>,
    power: Option<u8>,
}

const STANDS: Says = Says { kmh: Some(0.0), gear: Some(PARK), brake: Some(1), power: Some(3) };

struct Road {
    car: Bench,
    ms: u64,
    told: Vec<Status>,
}

impl Road {
    fn new() -> Self {
        Self::of(CAR)
    }

    fn of(car: &str) -> Self {
        let mut car = Bench::bound(DBC, car);
        car.0.set_region(Region::parse("test", "test.toml", REGION).unwrap());
        Self { car, ms: 0, told: Vec::new() }
    }

    fn keep(&mut self, effects: Vec<Effect>) {
        self.told.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Driving(status) => Some(status),
            _ => None,
        }));
    }

    /// So many ticks of 20 ms in which it says this.
    fn says(&mut self, ticks: u64, says: Says) -> (Driving, String) {
        let Says { kmh, gear, brake, power } = says;
        let speed = kmh.map(|kmh| ((kmh * 100.0).round() as i16).to_le_bytes());
        for _ in 0..ticks {
            self.ms += 20;
            let bytes = [(101, gear), (102, brake), (103, power)];
            let bytes = bytes.iter().filter_map(|(id, byte)| Some((*id, vec![(*byte)?])));
            for (id, data) in speed.map(|speed| (100, speed.to_vec())).into_iter().chain(bytes) {
                let effects = self.car.hears(id, &data, self.ms);
                self.keep(effects);
            }
            let effects = self.car.advances(self.ms);
            self.keep(effects);
        }
        self.known()
    }

    fn known(&self) -> (Driving, String) {
        let Status { reading, why, state, .. } = self.car.0.driving_status();
        assert_eq!(state, self.car.0.driving().word());
        (self.car.0.driving(), format!("{} {why}", reading.rsplit('.').next().unwrap()))
    }
}

fn parked() -> Road {
    let mut road = Road::new();
    assert_eq!(road.says(60, STANDS), (Driving::Parked, "SelectedGear in-park".into()));
    road
}

fn is(driving: Driving, why: &str) -> (Driving, String) {
    (driving, why.to_owned())
}

#[test]
fn a_car_moves_until_it_has_stood_for_a_second_and_what_it_restricts_is_told_once_a_change() {
    let mut road = Road::new();
    assert_eq!(road.known(), is(Driving::Moving, " no-car"));
    assert_eq!(road.car.0.driving_status().restrictions(Zone::Driver).most_items(), Some(5));
    assert_eq!(road.says(50, STANDS), is(Driving::Moving, "Speed stopping"), "it stands for 980 ms now");
    assert_eq!(road.says(1, STANDS), is(Driving::Parked, "SelectedGear in-park"));
    assert_eq!(road.says(50, STANDS), is(Driving::Parked, "SelectedGear in-park"));
    let driving_off = Says { gear: Some(DRIVE), ..STANDS };
    assert_eq!(road.says(1, driving_off), is(Driving::Idling, "SelectedGear not-in-park"));
    road.says(1, Says { kmh: Some(5.0), ..driving_off });
    let told: Vec<_> = road.told.iter().map(|status| format!("{} {}", status.state, status.why)).collect();
    assert_eq!(told, ["moving stopping", "parked in-park", "idling not-in-park", "moving moves"]);
    let items: Vec<_> = road.told.iter().map(|status| status.restrictions(Zone::Driver)).collect();
    assert_eq!(items[1], Restrictions::NONE);
    assert!(items[3].covers(items[2]) && items[3].most_items() == Some(5));
}

#[test]
fn to_move_takes_no_time_and_to_stand_takes_a_second_below_half_a_kilometre_an_hour() {
    let mut road = parked();
    let at = |kmh| Says { kmh: Some(kmh), gear: Some(DRIVE), ..STANDS };
    assert_eq!(road.says(500, at(1.0)).0, Driving::Idling, "a crawl between the two speeds changes nothing");
    assert_eq!(road.says(1, at(1.01)), is(Driving::Moving, "Speed moves"), "at once");
    assert_eq!(road.says(500, at(1.0)), is(Driving::Moving, "Speed stopping"), "nor does it the other way round");
    assert_eq!(road.says(50, at(0.5)).0, Driving::Moving);
    assert_eq!(road.says(1, at(0.6)).0, Driving::Moving, "the second begins anew");
    assert_eq!(road.says(50, at(0.5)).0, Driving::Moving);
    assert_eq!(road.says(1, at(0.5)).0, Driving::Idling);
    assert_eq!(road.says(1, at(-3.0)), is(Driving::Moving, "Speed moves"), "backwards as well");
}

#[test]
fn gear_p_is_no_proof_while_the_wheels_turn() {
    let mut road = parked();
    let rolls = Says { kmh: Some(4.0), ..STANDS };
    assert_eq!(road.says(1, rolls), is(Driving::Moving, "Speed moves"));
}

#[test]
fn what_nobody_knows_moves_at_once() {
    // At the tenth tick after the last frame it is 200 ms old.
    for (says, why) in
        [(Says { kmh: None, ..STANDS }, "Speed stale"), (Says { gear: None, ..STANDS }, "SelectedGear stale")]
    {
        let mut road = parked();
        assert_eq!(road.says(10, says).0, Driving::Parked, "{why}");
        assert_eq!(road.says(1, says), is(Driving::Moving, why));
    }
    for (says, why) in [
        (Says { kmh: Some(327.67), ..STANDS }, "Speed absent"),
        (Says { gear: Some(7), ..STANDS }, "SelectedGear absent"),
        (Says { gear: Some(9), ..STANDS }, "SelectedGear invalid"),
    ] {
        assert_eq!(parked().says(1, says), is(Driving::Moving, why));
    }
    let mut road = parked();
    road.says(1, Says { gear: Some(7), ..STANDS });
    assert_eq!(road.says(1, STANDS).0, Driving::Parked, "its speed was never in doubt");
    road.says(1, Says { kmh: Some(327.67), ..STANDS });
    assert_eq!(road.says(50, STANDS), is(Driving::Moving, "Speed stopping"), "it may have driven meanwhile");
    assert_eq!(road.says(1, STANDS).0, Driving::Parked);
}

#[test]
fn a_car_that_does_not_tell_its_speed_or_its_gear_moves_always() {
    for (leaf, why) in
        [("Vehicle.Speed", "Speed unmapped"), ("Vehicle.Powertrain.Transmission.SelectedGear", "SelectedGear unmapped")]
    {
        let signals: Vec<_> = CAR.split("[[signals]]").filter(|signal| !signal.contains(leaf)).collect();
        let mut road = Road::of(&signals.join("[[signals]]"));
        assert_eq!(road.says(100, STANDS), is(Driving::Moving, why));
    }
}

#[test]
fn a_car_without_p_is_parked_by_its_brake() {
    let mut road = Road::of(&format!("{CAR}[driving]\nparked_by = \"parking-brake\"\nstanding_for_ms = 200\n"));
    let manual = Says { gear: None, ..STANDS };
    assert_eq!(road.says(11, manual), is(Driving::Parked, "IsEngaged in-park"));
    assert_eq!(road.says(1, Says { brake: Some(0), ..manual }), is(Driving::Idling, "IsEngaged not-in-park"));
    assert_eq!(road.says(1, Says { brake: Some(2), ..manual }), is(Driving::Moving, "IsEngaged invalid"));
}

#[test]
fn a_lost_or_silent_car_moves_and_everybody_is_told_before_its_readings_go() {
    let mut road = parked();
    assert_eq!(road.car.0.power(), Some(Power::On));
    road.car.subscribes(&[SPEED], MAX_WINDOW);
    let effects = road.car.0.disconnect();
    let driving = effects.iter().position(|effect| matches!(effect, Effect::Driving(_))).unwrap();
    let batch = effects.iter().position(|effect| matches!(effect, Effect::Tell(_))).unwrap();
    assert!(driving < batch, "{effects:?}");
    assert_eq!((road.known(), road.car.0.power()), (is(Driving::Moving, " no-car"), None));
    road.car.0.resume();
    assert_eq!(road.says(50, STANDS), is(Driving::Moving, "Speed stopping"));
    assert_eq!(road.says(1, STANDS).0, Driving::Parked);
}

#[test]
fn nobody_stands_across_a_gap_or_into_another_clock() {
    let mut road = parked();
    road.ms += 86_400_000;
    assert_eq!(road.says(50, STANDS), is(Driving::Moving, "Speed stopping"), "a day passed unseen");
    let mut road = parked();
    road.car.0.connect(&Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] });
    road.ms = 0;
    assert_eq!(road.says(50, STANDS), is(Driving::Moving, "Speed stopping"), "another drive");
    assert_eq!(road.says(1, STANDS).0, Driving::Parked);
}

#[test]
fn the_power_is_known_or_it_is_not() {
    let mut road = Road::new();
    assert_eq!((road.car.0.power(), road.car.0.last_power()), (None, None));
    road.says(1, Says { power: Some(0), ..STANDS });
    assert_eq!(road.car.0.power(), Some(Power::Lock));
    road.says(1, Says { power: Some(5), ..STANDS });
    assert_eq!(road.car.0.power(), None, "the car says what makes no sense");
    road.says(1, STANDS);
    road.says(12, Says { power: None, ..STANDS });
    assert_eq!(road.car.0.power(), None, "stale");
    assert_eq!(road.car.0.last_power(), Some(Power::On), "it said so, however long ago");
}
