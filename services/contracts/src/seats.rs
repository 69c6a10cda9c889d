//! `org.tandem.Seats1`: wishes for how the seats are set. The readings themselves, and what became of a wish, come through `Signals1`.

use tandem_units::Value;
use zbus::message::Header;

use crate::actuation::{CommandBackend, Control, ControlPath, command_error};
use crate::connect::sender;

pub const NAME: &str = "org.tandem.Seats1";
pub const PATH: &str = "/org/tandem/Seats1";

const SEATS: &[&str] = &["Row1.DriverSide", "Row1.PassengerSide"];
const POSITION: ControlPath = ControlPath::each("position", "Vehicle.Cabin.Seat.{}.Position", SEATS);
const HEIGHT: ControlPath = ControlPath::each("height", "Vehicle.Cabin.Seat.{}.Height", SEATS);
const TILT: ControlPath = ControlPath::each("tilt", "Vehicle.Cabin.Seat.{}.Tilt", SEATS);
const RECLINE: ControlPath = ControlPath::each("recline", "Vehicle.Cabin.Seat.{}.Backrest.Recline", SEATS);
const LUMBAR_SUPPORT: ControlPath =
    ControlPath::each("lumbar-support", "Vehicle.Cabin.Seat.{}.Backrest.LumbarSupport", SEATS);
const HEADREST: ControlPath = ControlPath::each("headrest", "Vehicle.Cabin.Seat.{}.Headrest.Height", SEATS);

/// Every control of this interface; a car has some of them.
pub const CONTROLS: &[ControlPath] = &[POSITION, HEIGHT, TILT, RECLINE, LUMBAR_SUPPORT, HEADREST];

command_error!(SeatsError, "org.tandem.Seats1.Error");

/// The object that serves the interface over a backend. Each method returns the number of its request once it is on its way.
pub struct Seats1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.Seats1",
    proxy(default_service = "org.tandem.Seats1", default_path = "/org/tandem/Seats1", visibility = "pub")
)]
impl<B: CommandBackend> Seats1<B> {
    /// Moves a seat, `Row1.DriverSide` or `Row1.PassengerSide`: millimetres from the foremost.
    #[zbus(out_args("id"))]
    async fn set_position(
        &self,
        seat: String,
        millimetres: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SeatsError> {
        Ok(self.0.actuate(sender(&header), POSITION.at(&seat)?, Value::Float(millimetres)).await?)
    }

    /// Raises a seat: millimetres from the lowest.
    #[zbus(out_args("id"))]
    async fn set_height(
        &self,
        seat: String,
        millimetres: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SeatsError> {
        Ok(self.0.actuate(sender(&header), HEIGHT.at(&seat)?, Value::Float(millimetres)).await?)
    }

    /// Tilts the cushion: degrees, the front up is positive.
    #[zbus(out_args("id"))]
    async fn set_tilt(
        &self,
        seat: String,
        degrees: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SeatsError> {
        Ok(self.0.actuate(sender(&header), TILT.at(&seat)?, Value::Float(degrees)).await?)
    }

    /// Reclines the backrest: degrees from upright, back is positive.
    #[zbus(out_args("id"))]
    async fn set_recline(
        &self,
        seat: String,
        degrees: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SeatsError> {
        Ok(self.0.actuate(sender(&header), RECLINE.at(&seat)?, Value::Float(degrees)).await?)
    }

    /// Sets the lumbar support: 0 to 100 percent.
    #[zbus(out_args("id"))]
    async fn set_lumbar_support(
        &self,
        seat: String,
        percent: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SeatsError> {
        Ok(self.0.actuate(sender(&header), LUMBAR_SUPPORT.at(&seat)?, Value::Float(percent)).await?)
    }

    /// Raises the headrest: millimetres from the lowest.
    #[zbus(out_args("id"))]
    async fn set_headrest(
        &self,
        seat: String,
        millimetres: f64,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u64, SeatsError> {
        Ok(self.0.actuate(sender(&header), HEADREST.at(&seat)?, Value::Float(millimetres)).await?)
    }

    /// What this car may be asked for.
    #[zbus(property(emits_changed_signal = "const"))]
    fn controls(&self) -> Vec<Control> {
        self.0.controls(CONTROLS)
    }
}
