//! `org.tandem.Climate1`: wishes for the cabin's climate. The readings themselves come through `Signals1`.

use serde::{Deserialize, Serialize};
use tandem_units::Value;
use zbus::Type;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use crate::actuation::{CommandBackend, Control, ControlPath, command_error};
use crate::connect::sender;

pub const NAME: &str = "org.tandem.Climate1";
pub const PATH: &str = "/org/tandem/Climate1";

/// The leaf that this interface began with.
pub const DRIVER_TEMPERATURE: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";

const STATIONS: &[&str] = &["Row1.Driver", "Row1.Passenger", "Row2.Driver", "Row2.Passenger"];
const SEATS: &[&str] = &["Row1.DriverSide", "Row1.PassengerSide", "Row2.DriverSide", "Row2.PassengerSide"];
const TEMPERATURE: ControlPath =
    ControlPath::each("temperature", "Vehicle.Cabin.HVAC.Station.{}.Temperature", STATIONS);
const FAN_SPEED: ControlPath = ControlPath::each("fan-speed", "Vehicle.Cabin.HVAC.Station.{}.FanSpeed", STATIONS);
const AIR_DISTRIBUTION: ControlPath =
    ControlPath::each("air-distribution", "Vehicle.Cabin.HVAC.Station.{}.AirDistribution", STATIONS);
const AIR_CONDITIONING: ControlPath =
    ControlPath::one("air-conditioning", "Vehicle.Cabin.HVAC.IsAirConditioningActive");
const RECIRCULATION: ControlPath = ControlPath::one("recirculation", "Vehicle.Cabin.HVAC.IsRecirculationActive");
const FRONT_DEFROST: ControlPath = ControlPath::one("front-defrost", "Vehicle.Cabin.HVAC.IsFrontDefrosterActive");
const REAR_DEFROST: ControlPath = ControlPath::one("rear-defrost", "Vehicle.Cabin.HVAC.IsRearDefrosterActive");
const SEAT: ControlPath = ControlPath::each("seat", "Vehicle.Cabin.Seat.{}.HeatingCooling", SEATS);
const STEERING_WHEEL: ControlPath = ControlPath::one("steering-wheel", "Vehicle.Chassis.SteeringWheel.HeatingCooling");

/// Every control of this interface; a car has some of them.
pub const CONTROLS: &[ControlPath] = &[
    TEMPERATURE,
    FAN_SPEED,
    AIR_DISTRIBUTION,
    AIR_CONDITIONING,
    RECIRCULATION,
    FRONT_DEFROST,
    REAR_DEFROST,
    SEAT,
    STEERING_WHEEL,
];

/// A wish for the driver's temperature and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct TemperatureRequest {
    /// Counts from 1; 0 is "nothing was asked yet".
    pub id: u64,
    /// The temperature asked for, degrees Celsius.
    pub celsius: f64,
    /// `idle`, `pending`, `confirmed`, `refused` or `lapsed`.
    pub state: String,
    /// Why it was refused or lapsed, one sentence; empty otherwise.
    pub reason: String,
}

/// What may be asked for, degrees Celsius.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct TemperatureRange {
    pub min: f64,
    pub max: f64,
    pub step: f64,
}

command_error!(ClimateError, "org.tandem.Climate1.Error");

/// The work behind [`Climate1`], beside what every interface with commands has: the driver's temperature as the first version had it.
pub trait ClimateBackend: CommandBackend {
    fn driver_temperature_range(&self) -> TemperatureRange;
    fn driver_temperature_request(&self) -> TemperatureRequest;
}

/// The object that serves the interface over a backend.
pub struct Climate1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Climate1",
    proxy(default_service = "org.tandem.Climate1", default_path = "/org/tandem/Climate1", visibility = "pub")
)]
impl<B: ClimateBackend> Climate1<B> {
    /// The same as `SetTemperature` at `Row1.Driver`. What the car makes of it, a lost frame included, follows as a `RequestChanged` here, too.
    #[zbus(out_args("id"))]
    async fn set_driver_temperature(
        &self,
        celsius: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), DRIVER_TEMPERATURE.to_owned(), Value::Float(celsius)).await?)
    }

    /// Asks for a temperature at a station, `Row1.Driver`, `Row1.Passenger`, `Row2.Driver` or `Row2.Passenger`: degrees Celsius.
    #[zbus(out_args("id"))]
    async fn set_temperature(
        &self,
        station: String,
        celsius: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), TEMPERATURE.at(&station)?, Value::Float(celsius)).await?)
    }

    /// Sets the fan of a station: 0 to 100 percent.
    #[zbus(out_args("id"))]
    async fn set_fan_speed(
        &self,
        station: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), FAN_SPEED.at(&station)?, Value::Float(percent)).await?)
    }

    /// Says where the air of a station goes: `UP`, `MIDDLE` or `DOWN`, as far as `Controls` says.
    #[zbus(out_args("id"))]
    async fn set_air_distribution(
        &self,
        station: String,
        direction: String,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), AIR_DISTRIBUTION.at(&station)?, Value::Text(direction.into())).await?)
    }

    /// Switches the air conditioning.
    #[zbus(out_args("id"))]
    async fn set_air_conditioning(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), AIR_CONDITIONING.path.to_owned(), Value::Bool(on)).await?)
    }

    /// Keeps the air of the cabin in it, or takes air from outside.
    #[zbus(out_args("id"))]
    async fn set_recirculation(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), RECIRCULATION.path.to_owned(), Value::Bool(on)).await?)
    }

    /// Clears the windscreen.
    #[zbus(out_args("id"))]
    async fn set_front_defrost(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), FRONT_DEFROST.path.to_owned(), Value::Bool(on)).await?)
    }

    /// Heats the rear window.
    #[zbus(out_args("id"))]
    async fn set_rear_defrost(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), REAR_DEFROST.path.to_owned(), Value::Bool(on)).await?)
    }

    /// Heats a seat (up to 100 percent) or ventilates it (down to -100): `Row1.DriverSide`, `Row1.PassengerSide`, `Row2.DriverSide` or `Row2.PassengerSide`.
    #[zbus(out_args("id"))]
    async fn set_seat(
        &self,
        seat: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), SEAT.at(&seat)?, Value::Float(percent)).await?)
    }

    /// Heats the steering wheel: 0 to 100 percent.
    #[zbus(out_args("id"))]
    async fn set_steering_wheel(&self, percent: f64, #[zbus(header)] header: Header<'_>) -> Result<u64, ClimateError> {
        Ok(self.0.actuate(sender(&header), STEERING_WHEEL.path.to_owned(), Value::Float(percent)).await?)
    }

    /// What this car may be asked for.
    #[zbus(property(emits_changed_signal = "const"))]
    fn controls(&self) -> Vec<Control> {
        self.0.controls(CONTROLS)
    }

    /// What may be asked for in this car: minimum, maximum and step, degrees Celsius.
    #[zbus(property(emits_changed_signal = "const"))]
    fn driver_temperature_range(&self) -> TemperatureRange {
        self.0.driver_temperature_range()
    }

    /// The newest wish and its state, for a client that comes late. Changes are told by `RequestChanged`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn driver_temperature_request(&self) -> TemperatureRequest {
        self.0.driver_temperature_request()
    }

    /// A wish for the driver's temperature has a new state. Those of every control are told by `Signals1.RequestChanged`.
    #[zbus(signal)]
    pub async fn request_changed(emitter: &SignalEmitter<'_>, request: TemperatureRequest) -> zbus::Result<()>;
}
