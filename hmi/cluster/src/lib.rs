//! The instrument cluster: speed, gear, power and lamps, and what is left to drive.

mod drawn;
mod generated;
mod lamps;
mod place;
mod tile;

use slint::{ComponentHandle, PlatformError};
use tandem_contracts::screen;
use tandem_contracts::settings::{CLUSTER_LAYOUT, ClusterLayout};
use tandem_kit::format::{self, Shown};
use tandem_kit::{Action, Area, Desk, Drawn, Face, Key, Look, Readings, SettingsNews, Update};
use tandem_telltales::LOW_CHARGE;
use tandem_units::{Celsius, KilometersPerHour, Kilowatts, Meters, Nanoseconds, Percent, Quality};

use crate::lamps::Lane;
use crate::place::Place;
use crate::tile::Tile;

pub use generated::{
    CallAdapter, CallState, ClusterWindow, Gear, HalfDay, Icons, LackingAdapter, LampAdapter, LampState, Layout,
    PlaceAdapter, ScreenAdapter, Sentence, Theme, TileAdapter, TileSource, TileState, UnitWords, VehicleAdapter, Words,
};

tandem_kit::leaves! {
    /// What the cluster reads.
    pub enum Leaf {
        Speed = "Vehicle.Speed",
        Power = "Vehicle.LowVoltageSystemState",
        Gear = "Vehicle.Powertrain.Transmission.SelectedGear",
        MotorPower = "Vehicle.Powertrain.ElectricMotor.Power",
        Charge = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current",
        Range = "Vehicle.Powertrain.TractionBattery.Range",
        Odometer = "Vehicle.TraveledDistance",
        TripDistance = "Vehicle.TraveledDistanceSinceStart",
        TripDuration = "Vehicle.TripDuration",
        MinuteOfDay = "Vehicle.Cabin.Infotainment.Clock.MinuteOfDay",
        OutsideTemperature = "Vehicle.Exterior.AirTemperature",
        LeftIndicator = "Vehicle.Body.Lights.DirectionIndicator.Left.IsSignaling",
        RightIndicator = "Vehicle.Body.Lights.DirectionIndicator.Right.IsSignaling",
        Hazard = "Vehicle.Body.Lights.Hazard.IsSignaling",
        LowBeam = "Vehicle.Body.Lights.Beam.Low.IsOn",
        HighBeam = "Vehicle.Body.Lights.Beam.High.IsOn",
        PositionLights = "Vehicle.Body.Lights.Parking.IsOn",
        FrontFog = "Vehicle.Body.Lights.Fog.Front.IsOn",
        RearFog = "Vehicle.Body.Lights.Fog.Rear.IsOn",
        ParkingBrake = "Vehicle.Chassis.ParkingBrake.IsEngaged",
        AbsError = "Vehicle.ADAS.ABS.IsError",
        EscError = "Vehicle.ADAS.ESC.IsError",
        Belt = "Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted",
        DriverDoor = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen",
        PassengerDoor = "Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen",
        RearDriverSideDoor = "Vehicle.Cabin.Door.Row2.DriverSide.IsOpen",
        RearPassengerSideDoor = "Vehicle.Cabin.Door.Row2.PassengerSide.IsOpen",
        Boot = "Vehicle.Body.Trunk.Rear.IsOpen",
        Bonnet = "Vehicle.Body.Hood.IsOpen",
        FrontLeftTyre = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure",
        FrontRightTyre = "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure",
        RearLeftTyre = "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure",
        RearRightTyre = "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure",
        Heading = "Vehicle.CurrentLocation.Heading",
        SpeedLimit = "Vehicle.ADAS.RoadSigns.SpeedLimit",
    }
}

/// The ends of the horizon; its scale is the square root, so that the small powers of a calm drive are seen.
const FULL_POWER: Kilowatts = Kilowatts(160.0);

/// Turns the pages of the warnings, else shows the trip in place of what stands there.
const PAGE_KEY: &str = "KEY_INFO";

/// The state behind the window.
pub struct Cluster {
    lamps: Lane,
    tile: Tile,
    place: Place,
}

impl Face for Cluster {
    type Window = ClusterWindow;

    const NAME: &'static str = "cluster";
    const BUS_NAME: &'static str = screen::CLUSTER;
    const SIZE: (u32, u32) = (1920, 720);
    const FOLLOWS_POSITION: bool = true;
    const LOOKS_AT: Option<Area> = Some(drawn::LANE);
    const FOLLOWS_KEYS: bool = true;
    const FOLLOWS_CALLS: bool = true;
    const FOLLOWS_PHONES: bool = true;

    fn is_dark(readings: &Readings) -> Option<bool> {
        readings.get(Leaf::LowBeam).valid_switch()
    }

    fn paths() -> &'static [&'static str] {
        Leaf::PATHS
    }

    fn open() -> Result<ClusterWindow, PlatformError> {
        let window = ClusterWindow::new()?;
        window.global::<Icons>().on_drawn(tandem_kit::draw_icons());
        Ok(window)
    }

    fn new(window: &ClusterWindow, desk: Desk) -> Self {
        let screen = window.global::<ScreenAdapter>();
        let theme_desk = desk.clone();
        let watch_desk = desk.clone();
        screen.on_toggle_theme(move || theme_desk.toggle_theme());
        let commands = desk.commands.clone();
        screen.on_toggle_language(move || desk.toggle_language());
        // A picture that cannot be asked for is not there: the tile has a note in its place.
        let tile = Tile::new(move |wanted| {
            let _ = commands.picture(wanted);
        });
        Self { lamps: Lane::new(move |words| watch_desk.tell_misdrawn(words)), tile, place: Place::default() }
    }

    fn set_look(&mut self, window: &ClusterWindow, look: Look) {
        tandem_kit::wear!(window, look);
        window.global::<Theme>().set_cluster(true);
    }

    fn apply(&mut self, window: &ClusterWindow, update: &Update, readings: &Readings) {
        match update {
            Update::Media(news) => return self.tile.hear(&window.global::<TileAdapter>(), news),
            Update::Calls(news) => return tile::show_call(&window.global::<CallAdapter>(), news),
            Update::Phone(news) => self.place.hear(news),
            Update::Health(news) => {
                let lacking = window.global::<LackingAdapter>();
                lacking.set_music(news.lacking.music);
                lacking.set_phone(news.lacking.phone);
                return lacking.set_settings(news.lacking.settings);
            }
            // Without the service it stays as it was.
            Update::Settings(SettingsNews::Told(in_force)) => {
                window.global::<LackingAdapter>().set_settings_known(true);
                window.global::<ScreenAdapter>().set_layout(match in_force.values.get(CLUSTER_LAYOUT) {
                    ClusterLayout::Calm => Layout::Calm,
                    ClusterLayout::Guidance => Layout::Guidance,
                });
            }
            _ => {}
        }
        if let Update::Input(event) = update
            && event.key == PAGE_KEY
            && event.action() == Some(Action::Press)
            && !self.lamps.turn_page()
        {
            // Without a warning the key is the trip's.
            let screen = window.global::<ScreenAdapter>();
            screen.set_trip(!screen.get_trip());
        }
        show_vehicle(&window.global::<VehicleAdapter>(), readings);
        self.place.show(&window.global::<PlaceAdapter>(), readings);
        self.lamps.show(&window.global::<LampAdapter>(), readings);
    }

    fn wakes_at(&self) -> Option<Nanoseconds> {
        self.lamps.next_change()
    }

    fn is_unseen(&self) -> bool {
        self.lamps.is_unseen()
    }

    fn look_at(&mut self, drawn: &Drawn<'_>) -> bool {
        self.lamps.look_at(drawn)
    }
}

fn show_vehicle(vehicle: &VehicleAdapter<'_>, readings: &Readings) {
    let units = readings.units();
    let number = |leaf: Leaf, write: &dyn Fn(f64) -> String| to_slint(Shown::number(readings, leaf, write));
    vehicle.set_speed(number(Leaf::Speed, &|speed| units.speed(KilometersPerHour(speed))));
    // An old limit is a false one.
    let limit = readings.get(Leaf::SpeedLimit).valid_number().filter(|limit| *limit >= 1.0);
    vehicle.set_limit(limit.map_or_else(String::new, format::grouped).into());
    vehicle.set_power(number(Leaf::MotorPower, &|power| format::power(Kilowatts(power))));
    vehicle.set_power_share(readings.get(Leaf::MotorPower).number().map_or(0.0, share_of_power));
    vehicle.set_trip(number(Leaf::TripDistance, &|distance| units.trip(Meters(distance))));
    vehicle.set_range(number(Leaf::Range, &|range| units.range(Meters(range))));
    vehicle.set_odometer(number(Leaf::Odometer, &|distance| units.odometer(Meters(distance))));
    vehicle.set_outside_temperature(number(Leaf::OutsideTemperature, &|celsius| units.temperature(Celsius(celsius))));

    let charge = readings.get(Leaf::Charge).number();
    vehicle.set_charge(number(Leaf::Charge, &|charge| format::charge(Percent(charge))));
    vehicle.set_charge_share(charge.map_or(0.0, |charge| (charge / 100.0) as f32));
    vehicle.set_charge_low(charge.is_some_and(|charge| charge < LOW_CHARGE.0));

    let in_hours = readings.get(Leaf::TripDuration).number().is_some_and(|seconds| seconds >= 3600.0);
    vehicle.set_duration_in_hours(in_hours);
    vehicle.set_duration(number(Leaf::TripDuration, &|seconds| {
        if in_hours { format::span(seconds) } else { format::grouped((seconds / 60.0).floor()) }
    }));

    let (time, half) = readings.get(Leaf::MinuteOfDay).number().and_then(|minute| units.time_of_day(minute)).unzip();
    vehicle.set_time(to_slint(Shown::of(readings, Leaf::MinuteOfDay, time)));
    vehicle.set_half_day(match half.flatten() {
        None => HalfDay::None,
        Some(tandem_kit::HalfDay::Morning) => HalfDay::Morning,
        Some(tandem_kit::HalfDay::Afternoon) => HalfDay::Afternoon,
    });

    let gear = readings.get(Leaf::Gear).number().map_or(Gear::None, gear);
    let letter = (gear != Gear::None).then(String::new);
    vehicle.set_gear_reading(to_slint(Shown::of(readings, Leaf::Gear, letter)));
    vehicle.set_gear(gear);
}

/// A power as a share of the horizon's half, -1 to 1, on its square-root scale.
fn share_of_power(kilowatts: f64) -> f32 {
    let share = (kilowatts.abs() / FULL_POWER.0).min(1.0).sqrt();
    share.copysign(kilowatts) as f32
}

/// VSS: 0 is neutral, 1 and up are forward gears, negative ones go back, 126 is park and 127 is drive.
fn gear(number: f64) -> Gear {
    match number as i64 {
        126 => Gear::Park,
        0 => Gear::Neutral,
        ..0 => Gear::Reverse,
        1..=125 | 127 => Gear::Drive,
        _ => Gear::None,
    }
}

fn to_slint(shown: Shown) -> generated::Shown {
    let quality = match shown.quality {
        Quality::Valid => generated::Quality::Valid,
        Quality::Stale => generated::Quality::Stale,
        Quality::Absent => generated::Quality::Absent,
        Quality::Invalid => generated::Quality::Invalid,
    };
    generated::Shown { text: shown.text.into(), quality, age: shown.age.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_horizon_has_a_square_root_scale_and_ends() {
        assert_eq!([0.0, 40.0, 160.0, 900.0, -10.0, -40.0].map(share_of_power), [0.0, 0.5, 1.0, 1.0, -0.25, -0.5]);
    }

    #[test]
    fn gears_are_those_of_vss() {
        let gears = [126.0, -1.0, 0.0, 1.0, 6.0, 127.0, 128.0].map(gear);
        let drive = Gear::Drive;
        assert_eq!(gears, [Gear::Park, Gear::Reverse, Gear::Neutral, drive, drive, drive, Gear::None]);
    }
}
