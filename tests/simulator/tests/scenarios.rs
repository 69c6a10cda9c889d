//! What a driver would see in each scenario: the virtual car's frames through its real DBC files into the store, and from there its readings.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod drive;

use drive::{Drive, assets};
use tandem_signals::Catalogue;
use tandem_sim::folder::Folder;
use tandem_sim::virtual_car::VirtualCar;
use tandem_units::{Nanoseconds, Quality};

const SCENARIOS: [&str; 5] = ["city", "motorway", "reverse-parking", "charging", "night-rain"];
/// Frames a second on each bus: every message at its cycle time.
const FRAMES_A_SECOND: [usize; 3] = [452, 172, 205];
const BITRATE: u64 = 500_000;

const SPEED: &str = "Speed";
const CHARGE: &str = "Powertrain.TractionBattery.StateOfCharge.Current";
const CHARGING: &str = "Powertrain.TractionBattery.Charging";
const OBSTACLES: &str = "ADAS.ObstacleDetection";

#[test]
fn motorway_holds_120_behind_another_car() {
    let mut drive = Drive::new("motorway");
    drive.until("Behind another car").seconds(30.0);
    let (charge, distance) = (drive.number(CHARGE), drive.number("TraveledDistanceSinceStart"));
    for _ in 0..100 {
        drive.seconds(1.0);
        assert!((118.0..=122.0).contains(&drive.number(SPEED)), "{}", drive.number(SPEED));
        let gap = drive.number(&format!("{OBSTACLES}.Front.Center.Distance"));
        assert!((58.0..70.0).contains(&gap), "{gap} m");
        assert!((1700.0..2100.0).contains(&drive.number(&format!("{OBSTACLES}.Front.Center.TimeGap"))));
        assert!((10.0..35.0).contains(&drive.number("Powertrain.ElectricMotor.Power")));
    }
    assert!(drive.is("ADAS.CruiseControl.IsActive") && drive.is("ADAS.CruiseControl.IsAdaptive"));
    assert_eq!(drive.number("ADAS.CruiseControl.SpeedSet"), 120.0);
    assert_eq!(drive.text("ADAS.ActiveAutonomyLevel"), "SAE_2");
    assert_eq!(drive.number("Chassis.Accelerator.PedalPosition"), 0.0, "no foot on it");
    let driven = drive.number("TraveledDistanceSinceStart") - distance;
    assert!((3_250.0..3_400.0).contains(&driven), "{driven} m in 100 s");
    assert!((0.5..2.0).contains(&(charge - drive.number(CHARGE))), "it takes charge");
    for axle in ["Row1", "Row2"] {
        for side in ["Left", "Right"] {
            let wheel = |what: &str| format!("Chassis.Axle.{axle}.Wheel.{side}.{what}");
            assert!((117.0..=123.0).contains(&drive.number(&wheel("Speed"))));
            assert!(drive.number(&wheel("Tire.Temperature")) >= 22.0, "the tyres get warm");
            assert!(drive.number(&wheel("Tire.Pressure")) > 250.0);
        }
    }
    assert!(drive.number("Powertrain.ElectricMotor.Temperature") > 19.0);
    assert!((-2.0..=2.0).contains(&drive.number("AngularVelocity.Yaw")));

    drive.until("It slows down");
    let mut nearest = f64::MAX;
    for _ in 0..25 {
        drive.seconds(1.0);
        nearest = nearest.min(drive.number(&format!("{OBSTACLES}.Front.Center.Distance")));
    }
    assert!(nearest < 57.0 && (96.0..101.0).contains(&drive.number(SPEED)), "{nearest} m");
}

#[test]
fn reverse_parking_goes_backwards_to_the_wall_and_then_a_door_opens() {
    let rear = |side: &str| format!("{OBSTACLES}.Rear.{side}.Distance");
    let mut drive = Drive::new("reverse-parking");
    drive.until("There it is");
    assert!(drive.absent(&rear("Center")), "nobody looks back on the way there");
    drive.until("Back into it").seconds(3.0);
    assert_eq!(drive.number("Powertrain.Transmission.SelectedGear"), -1.0);
    assert_eq!(drive.number("Powertrain.Transmission.CurrentGear"), -1.0);
    assert!(drive.is("Body.Lights.Backup.IsOn") && drive.number("Powertrain.ElectricMotor.Speed") < 0.0);
    assert!(drive.number("Chassis.SteeringWheel.Angle").abs() > 90.0, "the wheel is turned");
    assert!(drive.number("Body.Mirrors.PassengerSide.Tilt") < 0.0, "the mirror looks at the kerb");
    let mut last = f64::MAX;
    while drive.car.car().doing() != Some("Near enough") {
        drive.seconds(0.5);
        if drive.absent(&rear("Center")) {
            continue;
        }
        let [left, centre, right] = ["Left", "Center", "Right"].map(|side| drive.number(&rear(side)));
        assert!(centre <= last + 0.01 && left >= centre && right >= centre, "{left} {centre} {right}, {last} before");
        last = centre;
    }
    drive.seconds(1.9);
    let centre = drive.number(&rear("Center"));
    assert!((0.3..0.6).contains(&centre) && drive.is("ADAS.ObstacleDetection.Rear.Center.IsWarning"), "{centre} m");
    assert_eq!((drive.number(SPEED), drive.is("IsMoving")), (0.0, false));

    drive.until("Slowly").seconds(0.5);
    assert!(drive.absent(&rear("Center")) && drive.number(&format!("{OBSTACLES}.Front.Left.Distance")) < 2.1);
    drive.until("Parked").seconds(2.0);
    assert!(drive.is("Powertrain.Transmission.IsParkLockEngaged") && drive.is("Chassis.ParkingBrake.IsEngaged"));
    assert!(!drive.is("Cabin.Door.Row1.DriverSide.IsOpen"));
    drive.until("The driver gets out").seconds(1.0);
    assert!(drive.is("Cabin.Door.Row1.DriverSide.IsOpen") && drive.is("Cabin.Light.IsDomeOn"));
    assert_eq!(drive.text("Cabin.Seat.Row1.DriverSide.OccupancyStatus"), "EMPTY");
    drive.until("And locks up").seconds(20.0);
    assert!(drive.is("Cabin.Door.Row1.DriverSide.IsLocked") && drive.is("Body.Mirrors.DriverSide.IsFolded"));
    assert!(!drive.is("Cabin.Light.IsDomeOn"));
}

#[test]
fn charging_fills_the_standing_car_up_to_its_limit_and_no_further() {
    let charging = |what: &str| format!("{CHARGING}.{what}");
    let mut drive = Drive::new("charging");
    drive.until("Plug in").seconds(2.0);
    assert!(drive.is(&charging("ChargingPort.RearLeft.IsChargingCableConnected")));
    assert!(drive.is(&charging("ChargingPort.RearLeft.IsFlapOpen")) && !drive.is(&charging("IsCharging")));
    drive.until("Charge").seconds(10.0);
    assert!(drive.is(&charging("IsCharging")) && drive.is(&charging("ChargingPort.AnyPosition.IsChargingCableLocked")));
    let (first, pack) = (drive.number(CHARGE), drive.number("Powertrain.TractionBattery.Temperature.Average"));
    let asked = drive.number(&charging("TimeToComplete"));
    let (mut charge, mut power) = (first, f64::MAX);
    while drive.is(&charging("IsCharging")) {
        drive.frames.clear();
        drive.seconds(10.0);
        assert_eq!((drive.number(SPEED), drive.is("IsMoving")), (0.0, false));
        assert!(drive.number(CHARGE) >= charge, "the charge never falls");
        charge = drive.number(CHARGE);
        if drive.is(&charging("IsCharging")) {
            let now = drive.number("Powertrain.TractionBattery.CurrentPower");
            assert!(now <= power && (30_000.0..70_000.0).contains(&now), "{now} W after {power}");
            assert!(drive.number(&charging("ChargeCurrent.DC")) > 80.0);
            power = now;
        }
    }
    assert!(first < 69.0 && (79.9..80.3).contains(&charge), "{first} to {charge} %");
    assert!(drive.number("Powertrain.TractionBattery.Temperature.Average") > pack);
    assert!((400.0..700.0).contains(&asked), "{asked} s at the power of the beginning");
    assert!(drive.absent(&charging("TimeToComplete")) && drive.number(&charging("ChargeLimit")) == 80.0);
    drive.seconds(30.0);
    assert!(!drive.is(&charging("IsCharging")) && drive.number(CHARGE) <= charge, "it does not begin again");

    drive.until("Charge slowly").seconds(60.0);
    assert!((15.0..17.0).contains(&drive.number(&charging("ChargeCurrent.Phase2"))));
    assert_eq!(drive.number(&charging("ChargeVoltage.Phase1")), 230.0);
    assert_eq!(drive.number(&charging("ChargeCurrent.DC")), 0.0);
}

#[test]
fn night_rain_has_lights_and_wipers_on() {
    let mut drive = Drive::new("night-rain");
    drive.until("The country road").seconds(10.0);
    assert!(drive.is("Body.Lights.Beam.Low.IsOn") && drive.is("Body.Lights.LicensePlate.IsOn"));
    assert!((5.0..8.0).contains(&drive.number("Exterior.AirTemperature")));
    assert!(drive.number("Exterior.LightIntensity") < 5.0 && drive.number("Cabin.RearviewMirror.DimmingLevel") > 0.0);
    assert_eq!(drive.text("Body.Windshield.Front.Wiping.Mode"), "RAIN_SENSOR");
    let drizzle = drive.number("Body.Windshield.Front.Wiping.System.Frequency");
    let grip = drive.number("ADAS.ESC.RoadFriction.MostProbable");
    drive.until("It begins to pour").seconds(20.0);
    assert!(drive.number("Body.Raindetection.Intensity") > 80.0);
    let downpour = drive.number("Body.Windshield.Front.Wiping.System.Frequency");
    assert!((10.0..30.0).contains(&drizzle) && downpour >= 55.0, "{drizzle} and then {downpour} a minute");
    assert!(drive.number("ADAS.ESC.RoadFriction.MostProbable") < grip - 15.0);
    assert!(drive.is("Body.Lights.Fog.Rear.IsOn"));
    assert_eq!(drive.text("Body.Windshield.Rear.Wiping.Mode"), "INTERVAL");
    let (mut least, mut most) = (f64::MAX, f64::MIN);
    for _ in 0..40 {
        drive.seconds(0.1);
        let position = drive.number("Body.Windshield.Front.Wiping.System.ActualPosition");
        (least, most) = (least.min(position), most.max(position));
    }
    assert!(least < 25.0 && most > 70.0, "the wipers go from {least} to {most} degrees");
    drive.until("Water on the road").seconds(0.5);
    assert!(drive.is("ADAS.TCS.IsEngaged"));
    drive.until("Nobody comes").seconds(2.0);
    assert!(drive.is("Body.Lights.Beam.High.IsOn") && !drive.is("Body.Lights.Fog.Rear.IsOn"));
}

#[test]
fn the_city_is_driven_with_everything_that_moves_agreeing() {
    let mut drive = Drive::new("city");
    drive.until("Round the corner").seconds(4.0);
    let speed = drive.number(SPEED);
    let wheel = |side: &str| drive.number(&format!("Chassis.Axle.Row1.Wheel.{side}.Speed"));
    assert!(wheel("Left") > speed && wheel("Right") < speed, "to the right, the left wheel goes the longer way");
    assert!(drive.number("Chassis.SteeringWheel.Angle") < -60.0 && drive.number("AngularVelocity.Yaw") < -5.0);
    assert!(drive.number("Acceleration.Lateral") < -0.5);
    assert!(drive.is("Body.Lights.DirectionIndicator.Right.IsSignaling"));
    drive.until("The tunnel: no satellites").seconds(3.0);
    assert!(drive.absent("CurrentLocation.Latitude") && drive.absent("CurrentLocation.HorizontalAccuracy"));
    assert_eq!(drive.text("CurrentLocation.GNSSReceiver.FixType"), "NONE");
    drive.until("Out of the tunnel").seconds(2.0);
    assert_eq!(drive.text("CurrentLocation.GNSSReceiver.FixType"), "THREE_D");
    assert!(drive.is("Cabin.Door.Row1.DriverSide.IsLocked"), "the doors have locked themselves");
    drive.until("The driver gets out").seconds(2.0);
    assert!(!drive.is("Cabin.Door.Row1.DriverSide.IsLocked") && drive.is("Cabin.Door.Row1.DriverSide.IsOpen"));
}

#[test]
fn the_car_says_which_one_it_is() {
    let mut drive = Drive::new("city");
    drive.seconds(3.0);
    assert_eq!(drive.text("VehicleIdentification.VIN"), "TANDEMDEM0CAR0001");
    assert_eq!(drive.text("VehicleIdentification.Brand"), "Tandem");
    assert_eq!(drive.number("VehicleIdentification.Year"), 2025.0);
    let catalogue = Catalogue::ours();
    for path in ["CurrentLocation.Latitude", "CurrentLocation.Longitude", "CurrentLocation.Altitude"]
        .into_iter()
        .chain(["CurrentLocation.Heading", "VehicleIdentification.VIN"])
    {
        let leaf = catalogue.leaf(catalogue.find(&format!("Vehicle.{path}")).unwrap());
        assert!(leaf.private, "{path} is private");
    }
}

#[test]
fn no_reading_of_any_scenario_is_invalid_and_every_leaf_comes() {
    for scenario in SCENARIOS {
        let mut drive = Drive::new(scenario);
        let leaves: Vec<String> =
            drive.store.car().leaves().map(|leaf| Catalogue::ours().leaf(leaf).path.clone()).collect();
        for _ in 0..120 {
            drive.frames.clear();
            drive.seconds(1.0);
            for (slot, path) in leaves.iter().enumerate() {
                let reading = drive.store.reading(slot, Nanoseconds(drive.car.now_ns()));
                let quality = reading.quality;
                assert!(!matches!(quality, Quality::Invalid), "{scenario}: {path} is invalid");
                assert!(reading.heard.0 > 0 || drive.car.now_ns() < 2_500_000_000, "{scenario}: {path} never comes");
                assert_ne!(quality, Quality::Stale, "{scenario}: {path}");
            }
        }
    }
}

#[test]
fn every_bus_of_every_scenario_is_as_full_as_in_a_car() {
    for scenario in SCENARIOS {
        let mut drive = Drive::new(scenario);
        drive.seconds(20.0);
        for (bus, expected) in FRAMES_A_SECOND.into_iter().enumerate() {
            let own = drive.frames.iter().filter(|frame| usize::from(frame.bus.0) == bus);
            let (frames, bits) =
                own.fold((0, 0), |(frames, bits), frame| (frames + 1, bits + frame.wire_bits().total()));
            assert_eq!(frames / 20, expected, "{scenario}, bus {bus}: frames a second");
            let load = f64::from(bits) / (20 * BITRATE) as f64;
            assert!((0.015..0.60).contains(&load), "{scenario}, bus {bus}: {:.0} % full", load * 100.0);
        }
    }
}

#[test]
fn a_scenario_is_the_same_bytes_every_time_and_others_with_another_seed() {
    let frames = |scenario: &str, seed| {
        let folder = Folder::read(&assets().join("cars/demo")).unwrap();
        let scenario = folder.scenario(scenario).unwrap();
        let mut car = VirtualCar::new(folder, scenario, seed).unwrap();
        let mut frames = Vec::new();
        (0..3000).for_each(|_| car.step(&mut frames).unwrap());
        frames
    };
    for scenario in SCENARIOS {
        let first = frames(scenario, None);
        assert!(first == frames(scenario, None), "{scenario} differs from itself");
        assert!(first != frames(scenario, Some(5)), "{scenario}: the seed changes nothing");
    }
}
