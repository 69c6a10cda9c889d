//! The car's readings on their way to the window: rounded, converted, and only where they can be believed.

use slint::ComponentHandle;
use tandem_kit::format::{self, Shown};
use tandem_kit::{Link, Readings};
use tandem_units::{Celsius, KilometersPerHour, Kilopascals, Kilowatts, Meters, Percent, Quality};

use crate::{CentreWindow, HalfDay, Leaf, Opening, Service, Tyre, VehicleAdapter, shown};

/// The power at the end of the bar, kilowatts.
const FULL_POWER: f64 = 160.0;
/// A tyre is low below this share of the hardest tyre.
const LOW_SHARE: f64 = 0.85;
/// An average needs some driving, seconds.
const AVERAGE_AFTER: f64 = 10.0;
const WATTS_IN_KILOWATT: f64 = 1_000.0;
const SECONDS_IN_HOUR: f64 = 3_600.0;
/// The selected gear in which the car stays where it is.
const PARK: f64 = 126.0;
/// No faster than this it stands, km/h: the phone service takes the same for standing.
const STANDS: f64 = 0.5;

/// Whether the car stands in P. One of which that is not known, or not any more, may move.
pub(crate) fn is_parked(readings: &Readings) -> bool {
    let stands = readings.get(Leaf::Speed).valid_number().is_some_and(|speed| speed.abs() < STANDS);
    stands && readings.get(Leaf::Gear).valid_number() == Some(PARK)
}

/// Writes everything on the car to the window.
pub(crate) fn show(window: &CentreWindow, readings: &Readings) {
    let adapter = window.global::<VehicleAdapter>();
    // In a car that falls silent the driver sits where he sat.
    if let Some(position) = readings.get(Leaf::DriverPosition).text() {
        adapter.set_driver_right(position == "RIGHT");
    }
    adapter.set_service(match readings.link() {
        Link::Connecting => Service::Connecting,
        Link::Up => Service::Up,
        Link::Silent => Service::Silent,
        Link::NoService | Link::NoBus => Service::Missing,
        Link::Refused(_) => Service::Refused,
    });
    let units = readings.units();
    let (time, half) = readings.get(Leaf::MinuteOfDay).number().and_then(|minute| units.time_of_day(minute)).unzip();
    adapter.set_time(shown(Shown::of(readings, Leaf::MinuteOfDay, time)));
    adapter.set_half_day(match half.flatten() {
        None => HalfDay::None,
        Some(tandem_kit::HalfDay::Morning) => HalfDay::Morning,
        Some(tandem_kit::HalfDay::Afternoon) => HalfDay::Afternoon,
    });
    adapter.set_outside_temperature(shown(Shown::number(readings, Leaf::OutsideTemperature, |celsius| {
        units.temperature(Celsius(celsius))
    })));
    show_trip(&adapter, readings);
    show_energy(&adapter, readings);
    show_body(&adapter, readings);
    show_tyres(&adapter, readings);
}

fn show_trip(adapter: &VehicleAdapter<'_>, readings: &Readings) {
    adapter.set_distance(shown(Shown::number(readings, Leaf::TripDistance, |meters| {
        readings.units().trip(Meters(meters))
    })));
    let in_hours = readings.get(Leaf::TripDuration).number().is_some_and(|seconds| seconds >= SECONDS_IN_HOUR);
    adapter.set_duration_in_hours(in_hours);
    adapter.set_duration(shown(Shown::number(readings, Leaf::TripDuration, |seconds| {
        if in_hours { format::span(seconds) } else { format!("{:.0}", (seconds / 60.0).floor()) }
    })));
    adapter.set_average_speed(shown(average_speed(readings)));
}

/// The trip's distance by its duration.
fn average_speed(readings: &Readings) -> Shown {
    let duration = readings.get(Leaf::TripDuration);
    let Some(seconds) = duration.number().filter(|seconds| *seconds >= AVERAGE_AFTER) else {
        return Shown { quality: duration.quality.max(Quality::Absent), ..Shown::default() };
    };
    let average = |meters: f64| readings.units().average_speed(KilometersPerHour(meters / seconds * 3.6));
    Shown::number(readings, Leaf::TripDistance, average).with(duration.quality)
}

fn show_energy(adapter: &VehicleAdapter<'_>, readings: &Readings) {
    adapter.set_charge(shown(Shown::number(readings, Leaf::Charge, |percent| format::charge(Percent(percent)))));
    adapter.set_charge_share(readings.get(Leaf::Charge).number().unwrap_or_default() as f32 / 100.0);
    adapter.set_range(shown(Shown::number(readings, Leaf::Range, |meters| readings.units().range(Meters(meters)))));
    adapter.set_charging(readings.get(Leaf::Charging).valid_switch() == Some(true));

    // VSS counts what enters the battery; the bar's right is what leaves it.
    let kilowatts = |watts: f64| Kilowatts(-watts / WATTS_IN_KILOWATT);
    adapter.set_power(shown(Shown::number(readings, Leaf::BatteryPower, |watts| {
        format::power(Kilowatts(kilowatts(watts).0.abs()))
    })));
    let share = readings.get(Leaf::BatteryPower).number().map_or(0.0, |watts| power_share(kilowatts(watts)));
    adapter.set_power_share(share as f32);
}

/// Where a power stands on the bar, -1 to 1; a square root, so that rolling along is not lost beside full power.
fn power_share(Kilowatts(power): Kilowatts) -> f64 {
    // What is shown as 0 kW shows no bar either.
    if power.abs() < 0.5 { 0.0 } else { (power.abs() / FULL_POWER).sqrt().min(1.0).copysign(power) }
}

fn show_body(adapter: &VehicleAdapter<'_>, readings: &Readings) {
    let opening = |leaf| match readings.get(leaf).valid_switch() {
        Some(true) => Opening::Open,
        Some(false) => Opening::Closed,
        None => Opening::Unknown,
    };
    adapter.set_driver_door(opening(Leaf::DriverDoor));
    adapter.set_passenger_door(opening(Leaf::PassengerDoor));
    adapter.set_rear_driver_side_door(opening(Leaf::RearDriverSideDoor));
    adapter.set_rear_passenger_side_door(opening(Leaf::RearPassengerSideDoor));
    adapter.set_bonnet(opening(Leaf::Bonnet));
    adapter.set_boot(opening(Leaf::Boot));
    let is_on = |leaf| readings.get(leaf).valid_switch() == Some(true);
    adapter.set_low_beam(is_on(Leaf::LowBeam));
    adapter.set_high_beam(is_on(Leaf::HighBeam));
}

fn show_tyres(adapter: &VehicleAdapter<'_>, readings: &Readings) {
    const LEAVES: [Leaf; 4] = [Leaf::FrontLeftTyre, Leaf::FrontRightTyre, Leaf::RearLeftTyre, Leaf::RearRightTyre];
    let hardest = LEAVES.iter().filter_map(|leaf| readings.get(*leaf).valid_number()).fold(0.0, f64::max);
    let [front_left, front_right, rear_left, rear_right] = LEAVES.map(|leaf| Tyre {
        pressure: shown(Shown::number(readings, leaf, |kilopascals| {
            readings.units().pressure(Kilopascals(kilopascals))
        })),
        low: readings.get(leaf).valid_number().is_some_and(|pressure| pressure < LOW_SHARE * hardest),
    });
    adapter.set_front_left_tyre(front_left);
    adapter.set_front_right_tyre(front_right);
    adapter.set_rear_left_tyre(rear_left);
    adapter.set_rear_right_tyre(rear_right);
}
