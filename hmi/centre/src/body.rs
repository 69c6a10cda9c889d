//! What of the car's body can be asked for, on its way to the window.

use slint::ComponentHandle;

use crate::climate::percent;
use crate::control::{Car, Group};
use crate::{BodyAdapter, CentreWindow, Leaf, VehicleAdapter};

/// Writes everything on the body to the window.
pub(crate) fn show(window: &CentreWindow, car: Car<'_>) {
    let adapter = window.global::<BodyAdapter>();
    adapter.set_doors(car.group(Group::DoorLocks));
    adapter.set_boot(car.switch(Leaf::Boot));
    adapter.set_mirrors(car.group(Group::MirrorsFolded));
    adapter.set_flap(car.switch(Leaf::ChargeFlap));
    adapter.set_dome(car.switch(Leaf::DomeLight));
    adapter.set_ambient(car.switch(Leaf::AmbientLight));
    let sides =
        [(Leaf::DriverWindow, Leaf::PassengerWindow), (Leaf::RearDriverSideWindow, Leaf::RearPassengerSideWindow)];
    let right = window.global::<VehicleAdapter>().get_driver_right();
    let [front, rear] = sides.map(|(driver, passenger)| if right { (passenger, driver) } else { (driver, passenger) });
    adapter.set_front_left_window(car.number(front.0, percent));
    adapter.set_front_right_window(car.number(front.1, percent));
    adapter.set_rear_left_window(car.number(rear.0, percent));
    adapter.set_rear_right_window(car.number(rear.1, percent));
    let light = |word| car.choice(Leaf::LightSwitch, word);
    adapter.set_lights_off(light("OFF"));
    adapter.set_lights_position(light("POSITION"));
    adapter.set_lights_auto(light("AUTO"));
    adapter.set_lights_beam(light("BEAM"));
    let wipers = |word| car.choice(Leaf::FrontWipers, word);
    adapter.set_wipers_off(wipers("OFF"));
    adapter.set_wipers_interval(wipers("INTERVAL"));
    adapter.set_wipers_slow(wipers("SLOW"));
    adapter.set_wipers_fast(wipers("FAST"));
    adapter.set_wipers_rain(wipers("RAIN_SENSOR"));
    let mode = |word| car.choice(Leaf::DriveMode, word);
    adapter.set_mode_normal(mode("NORMAL"));
    adapter.set_mode_economy(mode("ECONOMY"));
    adapter.set_mode_sport(mode("SPORT"));
    adapter.set_mode_rain(mode("RAIN"));
    adapter.set_mode_snow(mode("SNOW"));
}
