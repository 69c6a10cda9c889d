//! `org.tandem.Charging1`: wishes for charging. The readings themselves, and what became of a wish, come through `Signals1`.

use tandem_units::Value;
use zbus::message::Header;

use crate::actuation::{CommandBackend, Control, ControlPath, command_error};
use crate::connect::sender;

pub const NAME: &str = "org.tandem.Charging1";
pub const PATH: &str = "/org/tandem/Charging1";

const PORTS: &[&str] =
    &["AnyPosition", "FrontLeft", "FrontMiddle", "FrontRight", "RearLeft", "RearMiddle", "RearRight"];
const CHARGE_LIMIT: ControlPath =
    ControlPath::one("charge-limit", "Vehicle.Powertrain.TractionBattery.Charging.ChargeLimit");
const CHARGING: ControlPath =
    ControlPath::one("charging", "Vehicle.Powertrain.TractionBattery.Charging.StartStopCharging");
const CABLE_LOCKED: ControlPath = ControlPath::each(
    "cable-locked",
    "Vehicle.Powertrain.TractionBattery.Charging.ChargingPort.{}.IsChargingCableLocked",
    PORTS,
);

/// Every control of this interface; a car has some of them.
pub const CONTROLS: &[ControlPath] = &[CHARGE_LIMIT, CHARGING, CABLE_LOCKED];

command_error!(ChargingError, "org.tandem.Charging1.Error");

/// The object that serves the interface over a backend. Each method returns the number of its request once it is on its way.
pub struct Charging1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Charging1",
    proxy(default_service = "org.tandem.Charging1", default_path = "/org/tandem/Charging1", visibility = "pub")
)]
impl<B: CommandBackend> Charging1<B> {
    /// Charges up to this and no further: percent of the whole.
    #[zbus(out_args("id"))]
    async fn set_charge_limit(&self, percent: f64, #[zbus(header)] header: Header<'_>) -> Result<u64, ChargingError> {
        Ok(self.0.actuate(sender(&header), CHARGE_LIMIT.path.to_owned(), Value::Float(percent)).await?)
    }

    /// Starts or stops charging, if a cable is in.
    #[zbus(out_args("id"))]
    async fn set_charging(&self, on: bool, #[zbus(header)] header: Header<'_>) -> Result<u64, ChargingError> {
        Ok(self
            .0
            .actuate(sender(&header), CHARGING.path.to_owned(), Value::Text(if on { "START" } else { "STOP" }.into()))
            .await?)
    }

    /// Locks the cable into its port, or lets go of it; `AnyPosition` where there is one port only.
    #[zbus(out_args("id"))]
    async fn set_cable_locked(
        &self,
        port: String,
        locked: bool,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, ChargingError> {
        Ok(self.0.actuate(sender(&header), CABLE_LOCKED.at(&port)?, Value::Bool(locked)).await?)
    }

    /// What this car may be asked for.
    #[zbus(property(emits_changed_signal = "const"))]
    fn controls(&self) -> Vec<Control> {
        self.0.controls(CONTROLS)
    }
}
