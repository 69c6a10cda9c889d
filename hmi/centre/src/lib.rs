//! The centre display: one page with the trip, the battery, the car as it stands, and the dock with the climate.

mod climate;
mod generated;
mod vehicle;

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, PlatformError};
use tandem_contracts::screen;
use tandem_kit::{Desk, Face, Key, Look, Readings, Update};
use tandem_units::Nanoseconds;

pub use generated::{
    CentreWindow, ClimateAdapter, Denial, Opening, Quality, ScreenAdapter, Service, Shown, Theme, Tyre, VehicleAdapter,
};

use crate::climate::Wishes;

tandem_kit::leaves! {
    /// What the centre display reads.
    pub enum Leaf {
        MinuteOfDay = "Vehicle.Cabin.Infotainment.Clock.MinuteOfDay",
        OutsideTemperature = "Vehicle.Exterior.AirTemperature",
        CabinTemperature = "Vehicle.Cabin.HVAC.AmbientAirTemperature",
        DriverTemperature = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature",
        PassengerTemperature = "Vehicle.Cabin.HVAC.Station.Row1.Passenger.Temperature",
        FanSpeed = "Vehicle.Cabin.HVAC.Station.Row1.Driver.FanSpeed",
        AirConditioning = "Vehicle.Cabin.HVAC.IsAirConditioningActive",
        TripDistance = "Vehicle.TraveledDistanceSinceStart",
        TripDuration = "Vehicle.TripDuration",
        Charge = "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current",
        Range = "Vehicle.Powertrain.TractionBattery.Range",
        BatteryPower = "Vehicle.Powertrain.TractionBattery.CurrentPower",
        Charging = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging",
        DriverDoor = "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen",
        PassengerDoor = "Vehicle.Cabin.Door.Row1.PassengerSide.IsOpen",
        RearDriverSideDoor = "Vehicle.Cabin.Door.Row2.DriverSide.IsOpen",
        RearPassengerSideDoor = "Vehicle.Cabin.Door.Row2.PassengerSide.IsOpen",
        Bonnet = "Vehicle.Body.Hood.IsOpen",
        Boot = "Vehicle.Body.Trunk.Rear.IsOpen",
        LowBeam = "Vehicle.Body.Lights.Beam.Low.IsOn",
        HighBeam = "Vehicle.Body.Lights.Beam.High.IsOn",
        FrontLeftTyre = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure",
        FrontRightTyre = "Vehicle.Chassis.Axle.Row1.Wheel.Right.Tire.Pressure",
        RearLeftTyre = "Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure",
        RearRightTyre = "Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.Pressure",
    }
}

/// The state behind the window.
pub struct Centre {
    wishes: Rc<RefCell<Wishes>>,
}

impl Centre {
    /// The state behind an open window that asks for a driver's temperature, degrees Celsius, through `send`; it says whether the wish is under way.
    pub fn asking(window: &CentreWindow, send: impl Fn(f64) -> bool + 'static) -> Self {
        let wishes = Rc::new(RefCell::new(Wishes::default()));
        climate::connect(window, &wishes, send);
        Self { wishes }
    }
}

impl Face for Centre {
    type Window = CentreWindow;

    const NAME: &'static str = "centre";
    const BUS_NAME: &'static str = screen::CENTRE;
    const SIZE: (u32, u32) = (1920, 1080);

    fn paths() -> &'static [&'static str] {
        Leaf::PATHS
    }

    fn open() -> Result<CentreWindow, PlatformError> {
        CentreWindow::new()
    }

    fn new(window: &CentreWindow, desk: Desk) -> Self {
        let screen = window.global::<ScreenAdapter>();
        let (lights, words) = (desk.clone(), desk.clone());
        screen.on_toggle_theme(move || lights.toggle_theme());
        screen.on_toggle_language(move || words.toggle_language());
        Self::asking(window, move |celsius| desk.commands.set_driver_temperature(celsius).is_ok())
    }

    fn set_look(&mut self, window: &CentreWindow, look: Look) {
        let theme = window.global::<Theme>();
        theme.set_night(look.theme == tandem_kit::Theme::Night);
        theme.set_language(look.language.translation().into());
        theme.set_motion(look.motion);
    }

    fn apply(&mut self, window: &CentreWindow, update: &Update, readings: &Readings) {
        let mut wishes = self.wishes.borrow_mut();
        if let Update::Climate(news) = update {
            wishes.hear(news, readings.now());
        }
        wishes.set_confirmed(readings.get(Leaf::DriverTemperature).valid_number(), readings.now());
        vehicle::show(window, readings);
        climate::show(window, readings, &wishes);
    }

    fn wakes_at(&self) -> Option<Nanoseconds> {
        self.wishes.borrow().forgets_at()
    }
}

/// A reading as the kit writes it, in the window's own type.
pub(crate) fn shown(written: tandem_kit::format::Shown) -> Shown {
    let quality = match written.quality {
        tandem_units::Quality::Valid => Quality::Valid,
        tandem_units::Quality::Stale => Quality::Stale,
        tandem_units::Quality::Absent => Quality::Absent,
        tandem_units::Quality::Invalid => Quality::Invalid,
    };
    Shown { text: written.text.into(), quality, age: written.age.into() }
}
