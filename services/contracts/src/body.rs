//! `org.tandem.Body1`: wishes for doors, windows, mirrors, lights, wipers, the charge flap and the horn. The readings themselves, and what became of a wish, come through `Signals1`.

use tandem_units::Value;
use zbus::message::Header;

use crate::actuation::{CommandBackend, Control, ControlPath, command_error};
use crate::connect::sender;

pub const NAME: &str = "org.tandem.Body1";
pub const PATH: &str = "/org/tandem/Body1";

const DOORS: &[&str] = &["Row1.DriverSide", "Row1.PassengerSide", "Row2.DriverSide", "Row2.PassengerSide"];
const SIDES: &[&str] = &["DriverSide", "PassengerSide"];
const TRUNKS: &[&str] = &["Front", "Rear"];
const ENDS: &[&str] = &["Front", "Rear"];
const LIGHTS: &[&str] = &["Beam.Low", "Beam.High", "Parking", "Fog.Front", "Fog.Rear"];
const PORTS: &[&str] =
    &["AnyPosition", "FrontLeft", "FrontMiddle", "FrontRight", "RearLeft", "RearMiddle", "RearRight"];
const DOOR_LOCKED: ControlPath = ControlPath::each("door-locked", "Vehicle.Cabin.Door.{}.IsLocked", DOORS);
const DOOR_OPEN: ControlPath = ControlPath::each("door-open", "Vehicle.Cabin.Door.{}.IsOpen", DOORS);
const WINDOW: ControlPath = ControlPath::each("window", "Vehicle.Cabin.Door.{}.Window.Position", DOORS);
const TRUNK_OPEN: ControlPath = ControlPath::each("trunk-open", "Vehicle.Body.Trunk.{}.IsOpen", TRUNKS);
const TRUNK_LOCKED: ControlPath = ControlPath::each("trunk-locked", "Vehicle.Body.Trunk.{}.IsLocked", TRUNKS);
const MIRROR_FOLDED: ControlPath = ControlPath::each("mirror-folded", "Vehicle.Body.Mirrors.{}.IsFolded", SIDES);
const MIRROR_HEATING: ControlPath = ControlPath::each("mirror-heating", "Vehicle.Body.Mirrors.{}.IsHeatingOn", SIDES);
const MIRROR_TILT: ControlPath = ControlPath::each("mirror-tilt", "Vehicle.Body.Mirrors.{}.Tilt", SIDES);
const MIRROR_PAN: ControlPath = ControlPath::each("mirror-pan", "Vehicle.Body.Mirrors.{}.Pan", SIDES);
const LIGHT_SWITCH: ControlPath = ControlPath::one("light-switch", "Vehicle.Body.Lights.LightSwitch");
const LIGHT: ControlPath = ControlPath::each("light", "Vehicle.Body.Lights.{}.IsOn", LIGHTS);
const DOME_LIGHT: ControlPath = ControlPath::one("dome-light", "Vehicle.Cabin.Light.IsDomeOn");
const AMBIENT_LIGHT: ControlPath =
    ControlPath::each("ambient-light", "Vehicle.Cabin.Light.AmbientLight.{}.IsLightOn", DOORS);
const AMBIENT_LEVEL: ControlPath =
    ControlPath::each("ambient-level", "Vehicle.Cabin.Light.AmbientLight.{}.Intensity", DOORS);
const WIPERS: ControlPath = ControlPath::each("wipers", "Vehicle.Body.Windshield.{}.Wiping.Mode", ENDS);
const CHARGE_FLAP: ControlPath =
    ControlPath::each("charge-flap", "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.{}.IsFlapOpen", PORTS);
const HORN: ControlPath = ControlPath::one("horn", "Vehicle.Body.Horn.IsActive");

/// Every control of this interface; a car has some of them.
pub const CONTROLS: &[ControlPath] = &[
    DOOR_LOCKED,
    DOOR_OPEN,
    WINDOW,
    TRUNK_OPEN,
    TRUNK_LOCKED,
    MIRROR_FOLDED,
    MIRROR_HEATING,
    MIRROR_TILT,
    MIRROR_PAN,
    LIGHT_SWITCH,
    LIGHT,
    DOME_LIGHT,
    AMBIENT_LIGHT,
    AMBIENT_LEVEL,
    WIPERS,
    CHARGE_FLAP,
    HORN,
];

command_error!(BodyError, "org.tandem.Body1.Error");

/// The object that serves the interface over a backend. Each method returns the number of its request once it is on its way.
pub struct Body1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Body1",
    proxy(default_service = "org.tandem.Body1", default_path = "/org/tandem/Body1", visibility = "pub")
)]
impl<B: CommandBackend> Body1<B> {
    /// Locks or unlocks a door: `Row1.DriverSide`, `Row1.PassengerSide`, `Row2.DriverSide` or `Row2.PassengerSide`.
    #[zbus(out_args("id"))]
    async fn set_door_locked(
        &self,
        door: String,
        locked: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), DOOR_LOCKED.at(&door)?, Value::Bool(locked)).await?)
    }

    /// Opens or shuts a door that has a motor.
    #[zbus(out_args("id"))]
    async fn set_door_open(
        &self,
        door: String,
        open: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), DOOR_OPEN.at(&door)?, Value::Bool(open)).await?)
    }

    /// Moves the window of a door: 0 is shut, 100 open.
    #[zbus(out_args("id"))]
    async fn set_window(
        &self,
        door: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), WINDOW.at(&door)?, Value::Float(percent)).await?)
    }

    /// Opens or shuts the trunk: `Front` or `Rear`.
    #[zbus(out_args("id"))]
    async fn set_trunk_open(
        &self,
        trunk: String,
        open: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), TRUNK_OPEN.at(&trunk)?, Value::Bool(open)).await?)
    }

    /// Locks or unlocks the trunk.
    #[zbus(out_args("id"))]
    async fn set_trunk_locked(
        &self,
        trunk: String,
        locked: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), TRUNK_LOCKED.at(&trunk)?, Value::Bool(locked)).await?)
    }

    /// Folds a mirror in, or out again: `DriverSide` or `PassengerSide`.
    #[zbus(out_args("id"))]
    async fn set_mirror_folded(
        &self,
        side: String,
        folded: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), MIRROR_FOLDED.at(&side)?, Value::Bool(folded)).await?)
    }

    /// Heats a mirror.
    #[zbus(out_args("id"))]
    async fn set_mirror_heating(
        &self,
        side: String,
        on: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), MIRROR_HEATING.at(&side)?, Value::Bool(on)).await?)
    }

    /// Tilts a mirror: -100 is all the way down, 100 up.
    #[zbus(out_args("id"))]
    async fn set_mirror_tilt(
        &self,
        side: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), MIRROR_TILT.at(&side)?, Value::Float(percent)).await?)
    }

    /// Turns a mirror: -100 is all the way to the left, 100 to the right.
    #[zbus(out_args("id"))]
    async fn set_mirror_pan(
        &self,
        side: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), MIRROR_PAN.at(&side)?, Value::Float(percent)).await?)
    }

    /// Sets the light switch: `OFF`, `POSITION`, `DAYTIME_RUNNING_LIGHTS`, `AUTO` or `BEAM`, as far as `Controls` says.
    #[zbus(out_args("id"))]
    async fn set_light_switch(&self, position: String, #[zbus(header)] header: Header<'_>) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), LIGHT_SWITCH.path.to_owned(), Value::Text(position.into())).await?)
    }

    /// Switches a light outside: `Beam.Low`, `Beam.High`, `Parking`, `Fog.Front` or `Fog.Rear`.
    #[zbus(out_args("id"))]
    async fn set_light(&self, light: String, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), LIGHT.at(&light)?, Value::Bool(on)).await?)
    }

    /// Switches the light at the roof.
    #[zbus(out_args("id"))]
    async fn set_dome_light(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), DOME_LIGHT.path.to_owned(), Value::Bool(on)).await?)
    }

    /// Switches the ambient light at a door.
    #[zbus(out_args("id"))]
    async fn set_ambient_light(
        &self,
        door: String,
        on: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), AMBIENT_LIGHT.at(&door)?, Value::Bool(on)).await?)
    }

    /// Dims the ambient light at a door: 1 to 100 percent.
    #[zbus(out_args("id"))]
    async fn set_ambient_level(
        &self,
        door: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), AMBIENT_LEVEL.at(&door)?, Value::Float(percent)).await?)
    }

    /// Sets the wipers, `Front` or `Rear`: `OFF`, `SLOW`, `MEDIUM`, `FAST`, `INTERVAL` or `RAIN_SENSOR`, as far as `Controls` says.
    #[zbus(out_args("id"))]
    async fn set_wipers(
        &self,
        end: String,
        mode: String,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), WIPERS.at(&end)?, Value::Text(mode.into())).await?)
    }

    /// Opens or shuts the flap of a charging port, `AnyPosition` where there is one only.
    #[zbus(out_args("id"))]
    async fn set_charge_flap(
        &self,
        port: String,
        open: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), CHARGE_FLAP.at(&port)?, Value::Bool(open)).await?)
    }

    /// Sounds the horn, for as long as this car lets it and the caller lives, or stops it.
    #[zbus(out_args("id"))]
    async fn sound_horn(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, BodyError> {
        Ok(self.0.actuate(sender(&header), HORN.path.to_owned(), Value::Bool(on)).await?)
    }

    /// What this car may be asked for.
    #[zbus(property(emits_changed_signal = "const"))]
    fn controls(&self) -> Vec<Control> {
        self.0.controls(CONTROLS)
    }
}
