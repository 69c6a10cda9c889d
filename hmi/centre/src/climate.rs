//! The climate on its way to the window: zone by zone what is, what was asked for, and whether the air warms or cools.

use slint::ComponentHandle;
use tandem_kit::format::Shown;
use tandem_units::Celsius;

use crate::control::{Car, Group};
use crate::{CentreWindow, ClimateAdapter, Leaf, Zone, shown};

/// The cabin counts as having what is asked for within this, kelvin.
const SATISFIED: f64 = 0.5;

pub(crate) fn percent(number: f64) -> String {
    format!("{number:.0}")
}

/// Writes everything on the climate to the window.
pub(crate) fn show(window: &CentreWindow, car: Car<'_>) {
    let adapter = window.global::<ClimateAdapter>();
    let units = car.readings.units();
    let celsius = |number| units.temperature(Celsius(number));
    let zone = |temperature, fan| {
        let set = car.readings.get(temperature).valid_number();
        let cabin = car.readings.get(Leaf::CabinTemperature).valid_number();
        let lacking = set.zip(cabin).map_or(0.0, |(set, cabin)| set - cabin);
        Zone {
            temperature: car.number(temperature, celsius),
            fan: car.number(fan, percent),
            warming: lacking >= SATISFIED,
            cooling: lacking <= -SATISFIED,
            ..Zone::default()
        }
    };
    let front = |temperature, fan, air, seat| Zone {
        up: car.choice(air, "UP"),
        middle: car.choice(air, "MIDDLE"),
        down: car.choice(air, "DOWN"),
        seat: car.number(seat, percent),
        ..zone(temperature, fan)
    };
    adapter.set_driver(front(Leaf::DriverTemperature, Leaf::DriverFan, Leaf::DriverAir, Leaf::DriverSeatHeating));
    adapter.set_passenger(front(
        Leaf::PassengerTemperature,
        Leaf::PassengerFan,
        Leaf::PassengerAir,
        Leaf::PassengerSeatHeating,
    ));
    adapter.set_rear_driver(zone(Leaf::RearDriverTemperature, Leaf::RearDriverFan));
    adapter.set_rear_passenger(zone(Leaf::RearPassengerTemperature, Leaf::RearPassengerFan));
    adapter.set_cabin(shown(Shown::number(car.readings, Leaf::CabinTemperature, celsius)));
    adapter.set_air_conditioning(car.switch(Leaf::AirConditioning));
    adapter.set_recirculation(car.switch(Leaf::Recirculation));
    adapter.set_front_defrost(car.switch(Leaf::FrontDefrost));
    adapter.set_rear_defrost(car.switch(Leaf::RearDefrost));
    adapter.set_mirror_heating(car.group(Group::MirrorsHeated));
    adapter.set_wheel(car.number(Leaf::WheelHeating, percent));
}
