//! The centre display: one page with the trip, the battery, the car as it stands, and the dock with the climate.

mod climate;
mod generated;
mod media;
mod phones;
mod vehicle;

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, PlatformError};
use tandem_contracts::driving::{Flag, Zone};
use tandem_contracts::screen;
use tandem_kit::media::art::Wanted;
use tandem_kit::{Desk, Face, Key, Look, Media, MediaCommand, PhoneCommand, Readings, Update};
use tandem_units::Nanoseconds;

pub use generated::{
    CentreWindow, Choosing, ClimateAdapter, Deed, Denial, Going, Having, Kind, LedgerRow, ListState, MediaAdapter,
    MediaCause, MediaRow, MediaSession, MediaTab, NearPhone, NoteSession, Opening, Page, Pairing, Passing,
    PhoneAdapter, PhoneTab, PhoneView, PlaceSession, PlayState, Quality, Repeating, Scanning, ScreenAdapter, Service,
    SessionsAdapter, Shown, Theme, Thing, Trouble, Tyre, VehicleAdapter, Why, Words,
};

use crate::climate::Wishes;
use crate::media::Music;
use crate::phones::Phones;

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
        Speed = "Vehicle.Speed",
        Gear = "Vehicle.Powertrain.Transmission.SelectedGear",
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
    music: Rc<RefCell<Music>>,
    phones: Rc<RefCell<Phones>>,
}

/// Where the screen's wishes go. Each says whether the wish is under way.
pub struct Asks {
    /// A driver's temperature, degrees Celsius.
    pub temperature: Box<dyn Fn(f64) -> bool>,
    pub media: Rc<dyn Fn(MediaCommand) -> bool>,
    pub phone: Rc<dyn Fn(PhoneCommand) -> bool>,
    pub picture: Rc<dyn Fn(Wanted) -> bool>,
}

impl Centre {
    /// The state behind an open window that asks through `asks`.
    pub fn asking(window: &CentreWindow, asks: Asks) -> Self {
        let wishes = Rc::new(RefCell::new(Wishes::default()));
        climate::connect(window, &wishes, asks.temperature);
        let phones = Rc::new(RefCell::new(Phones::new(asks.phone, Rc::clone(&asks.picture))));
        phones::connect(window, &phones);
        let music = Rc::new(RefCell::new(Music::new(asks.media, asks.picture)));
        media::connect(window, &music);
        Self { wishes, music, phones }
    }
}

impl Face for Centre {
    type Window = CentreWindow;

    const NAME: &'static str = "centre";
    const BUS_NAME: &'static str = screen::CENTRE;
    const SIZE: (u32, u32) = (1920, 1080);
    const FOLLOWS_POSITION: bool = true;
    const FOLLOWS_PHONES: bool = true;

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
        let (climate, music, phones) = (desk.commands.clone(), desk.commands.clone(), desk.commands.clone());
        let pictures = desk.commands;
        let asks = Asks {
            temperature: Box::new(move |celsius| climate.set_driver_temperature(celsius).is_ok()),
            media: Rc::new(move |command| music.media(command).is_ok()),
            phone: Rc::new(move |command| phones.phone(command).is_ok()),
            picture: Rc::new(move |wanted| pictures.picture(wanted).is_ok()),
        };
        Self::asking(window, asks)
    }

    fn set_look(&mut self, window: &CentreWindow, look: Look) {
        let theme = window.global::<Theme>();
        theme.set_night(look.theme == tandem_kit::Theme::Night);
        theme.set_language(look.language.translation().into());
        theme.set_motion(look.motion);
        self.music.borrow_mut().set_night(window, look.theme == tandem_kit::Theme::Night);
    }

    fn apply(&mut self, window: &CentreWindow, update: &Update, readings: &Readings) {
        self.music.borrow_mut().pass(window, readings.now());
        self.phones.borrow_mut().pass(window, readings);
        // Nothing of the car has changed.
        match update {
            Update::Media(news) => {
                if let Media::Picture(picture) = news {
                    self.phones.borrow().hear_picture(window, picture);
                }
                return self.music.borrow_mut().hear(window, news);
            }
            Update::Phone(news) => return self.phones.borrow_mut().hear(window, news),
            Update::Driving(status) => {
                let restrictions = status.restrictions(Zone::Driver);
                window.global::<MediaAdapter>().set_keyboard_allowed(!restrictions.has(Flag::NoKeyboard));
                self.phones.borrow_mut().restrict(window, readings, restrictions);
            }
            Update::Batch | Update::Link(_) | Update::Climate(_) | Update::Time => {}
        }
        let mut wishes = self.wishes.borrow_mut();
        if let Update::Climate(news) = update {
            wishes.hear(news, readings.now());
        }
        wishes.set_confirmed(readings.get(Leaf::DriverTemperature).valid_number(), readings.now());
        window.global::<Theme>().set_parked(self.phones.borrow().may_be_set_up());
        vehicle::show(window, readings);
        climate::show(window, readings, &wishes);
    }

    fn wakes_at(&self) -> Option<Nanoseconds> {
        let (wishes, music, phones) = (self.wishes.borrow(), self.music.borrow(), self.phones.borrow());
        [wishes.forgets_at(), music.forgets_at(), phones.wakes_at()].into_iter().flatten().min()
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
