//! The centre display: home, the car, its climate and energy, music, phones, and the dock with the climate below them all.

mod body;
mod cabin;
mod camera;
mod climate;
mod control;
mod energy;
mod generated;
mod health;
mod leaf;
mod media;
mod phones;
mod settings;
mod telephone;
mod vehicle;

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, PlatformError};
use tandem_contracts::driving::{self, Flag};
use tandem_contracts::screen;
use tandem_kit::media::art::Wanted;
use tandem_kit::{
    CallCommand, CameraCommand, Desk, Face, Key, Look, Media, MediaCommand, PhoneCommand, Readings, Update,
};
use tandem_units::Nanoseconds;

pub use control::Ask;
pub use generated::{
    Asking, BodyAdapter, CallAdapter, CallState, CallTrouble, CallView, CallWish, CameraAdapter, CentreWindow,
    Choosing, ClimateAdapter, Colours, Control, Deed, Denial, EnergyAdapter, Going, GuideLines, HalfDay, Having,
    HealthAdapter, Icons, Kind, Lacking, LackingAdapter, LedgerRow, LineAcross, LinePiece, ListState, MediaAdapter,
    MediaCause, MediaRow, MediaSession, MediaTab, MissedCall, NearPhone, NoteSession, Opening, Page, Pairing, PartName,
    PartRow, PartState, Passing, PhoneAdapter, PhoneTab, PhoneView, PlaceSession, PlayState, Quality, Repeating,
    Scanning, ScreenAdapter, Service, SessionsAdapter, SettingDenial, SettingNotice, SettingsAdapter, SettingsTab,
    Shown, Theme, Thing, Trouble, Tyre, UnitSetting, UnitWords, VehicleAdapter, Why, Words, Zone,
};
pub use leaf::Leaf;
pub use settings::Choices;

use crate::control::{Car, Hands};
use crate::energy::History;
use crate::media::Music;
use crate::phones::Phones;
use crate::telephone::Telephone;

/// The state behind the window.
pub struct Centre {
    hands: Rc<RefCell<Hands>>,
    cabin: cabin::Cabin,
    history: History,
    page: Rc<RefCell<settings::Page>>,
    music: Rc<RefCell<Music>>,
    phones: Rc<RefCell<Phones>>,
    telephone: Rc<RefCell<Telephone>>,
    camera: Rc<RefCell<camera::View>>,
}

/// Where the screen's wishes go. Each says whether the wish is under way.
pub struct Asks {
    pub car: Ask,
    pub media: Rc<dyn Fn(MediaCommand) -> bool>,
    pub phone: Rc<dyn Fn(PhoneCommand) -> bool>,
    pub call: Rc<dyn Fn(CallCommand) -> bool>,
    pub picture: Rc<dyn Fn(Wanted) -> bool>,
    pub camera: Rc<dyn Fn(CameraCommand) -> bool>,
    pub settings: Choices,
}

impl Centre {
    /// The state behind an open window that asks through `asks`.
    pub fn asking(window: &CentreWindow, asks: Asks) -> Self {
        let hands = Rc::new(RefCell::new(Hands::new()));
        control::connect(window, &hands, asks.car, show_controls);
        let page = Rc::new(RefCell::new(settings::Page::default()));
        settings::connect(window, &page, asks.settings);
        let phones = Rc::new(RefCell::new(Phones::new(asks.phone, Rc::clone(&asks.picture))));
        phones::connect(window, &phones);
        let telephone = Rc::new(RefCell::new(Telephone::new(asks.call)));
        telephone::connect(window, &telephone);
        let music = Rc::new(RefCell::new(Music::new(asks.media, asks.picture)));
        media::connect(window, &music);
        let camera = Rc::new(RefCell::new(camera::View::new(asks.camera)));
        camera::connect(window, &camera);
        Self {
            hands,
            cabin: cabin::Cabin::default(),
            history: History::default(),
            page,
            music,
            phones,
            telephone,
            camera,
        }
    }
}

impl Face for Centre {
    type Window = CentreWindow;

    const NAME: &'static str = "centre";
    const BUS_NAME: &'static str = screen::CENTRE;
    const SIZE: (u32, u32) = (1920, 1080);
    const ASKS: bool = true;
    const FOLLOWS_POSITION: bool = true;
    const FOLLOWS_PHONES: bool = true;
    const FOLLOWS_CALLS: bool = true;
    const FOLLOWS_CAMERAS: bool = true;
    const HAS_KNOB: bool = true;
    const IS_TOUCHED: bool = true;

    fn is_dark(readings: &Readings) -> Option<bool> {
        readings.get(Leaf::LowBeam).valid_switch()
    }

    fn paths() -> &'static [&'static str] {
        Leaf::PATHS
    }

    fn open() -> Result<CentreWindow, PlatformError> {
        let window = CentreWindow::new()?;
        window.global::<Icons>().on_drawn(tandem_kit::draw_icons());
        Ok(window)
    }

    fn new(window: &CentreWindow, desk: Desk) -> Self {
        let fixed = window.global::<SettingsAdapter>();
        fixed.set_colours_fixed(desk.theme_is_fixed);
        fixed.set_language_fixed(desk.language_is_fixed);
        let (setting, lights, words) = (desk.commands.clone(), desk.clone(), desk.clone());
        let (car, music, phones) = (desk.commands.clone(), desk.commands.clone(), desk.commands.clone());
        let (calls, pictures, cameras) = (desk.commands.clone(), desk.commands.clone(), desk.commands);
        let asks = Asks {
            car: Box::new(move |path, value| car.actuate(path, value).is_ok()),
            media: Rc::new(move |command| music.media(command).is_ok()),
            phone: Rc::new(move |command| phones.phone(command).is_ok()),
            call: Rc::new(move |command| calls.call(command).is_ok()),
            picture: Rc::new(move |wanted| pictures.picture(wanted).is_ok()),
            camera: Rc::new(move |command| cameras.camera(command).is_ok()),
            settings: Choices {
                set: Box::new(move |command| setting.settings(command).is_ok()),
                theme: Box::new(move |theme| lights.set_theme(theme)),
                language: Box::new(move |language| words.set_language(language)),
            },
        };
        Self::asking(window, asks)
    }

    fn set_look(&mut self, window: &CentreWindow, look: Look) {
        tandem_kit::wear!(window, look);
        self.cabin.show(window);
        self.page.borrow_mut().set_look(window, look);
        self.phones.borrow_mut().set_units(window, look.units);
        self.music.borrow_mut().set_night(window, look.theme == tandem_kit::Theme::Night);
    }

    fn apply(&mut self, window: &CentreWindow, update: &Update, readings: &Readings) {
        // A picture comes thirty times a second, and nothing else has changed then.
        if let Update::Camera(news) = update {
            return self.camera.borrow_mut().hear(window, news);
        }
        self.camera.borrow_mut().pass(window, readings);
        self.music.borrow_mut().pass(window, readings.now());
        self.page.borrow_mut().pass(window, readings.now());
        self.phones.borrow_mut().pass(window, readings);
        self.telephone.borrow_mut().pass(window, readings.now());
        // Nothing of the car has changed.
        match update {
            Update::Media(news) => {
                if let Media::Picture(picture) = news {
                    self.phones.borrow().hear_picture(window, picture);
                }
                return self.music.borrow_mut().hear(window, news);
            }
            Update::Settings(news) => return self.page.borrow_mut().hear(window, news),
            Update::Health(news) => return health::show(window, news),
            Update::Phone(news) => return self.phones.borrow_mut().hear(window, news),
            Update::Calls(news) => return self.telephone.borrow_mut().hear(window, news),
            Update::Driving(status) => {
                let restrictions = status.restrictions(driving::Zone::Driver);
                let may_type = !restrictions.has(Flag::NoKeyboard);
                window.global::<MediaAdapter>().set_keyboard_allowed(may_type);
                window.global::<SettingsAdapter>().set_keyboard_allowed(may_type);
                self.phones.borrow_mut().restrict(window, readings, restrictions);
                self.page.borrow_mut().restrict(window, restrictions.has(Flag::NoSetup));
                self.hands.borrow_mut().wishes.set_driving(status.driving());
            }
            // The keys are the cluster's and the music's.
            Update::Input(_) | Update::Camera(_) => return,
            Update::Batch | Update::Link(_) | Update::Actuation(_) | Update::Time => {}
        }
        let mut hands = self.hands.borrow_mut();
        hands.hear(readings);
        if *update == Update::Batch {
            self.history.hear(readings);
        }
        if matches!(update, Update::Batch | Update::Time) {
            energy::show_history(window, &self.history, readings.units());
        }
        if let Update::Actuation(news) = update {
            hands.wishes.hear(news);
        }
        window.global::<Theme>().set_parked(self.phones.borrow().may_be_set_up());
        vehicle::show(window, readings);
        self.cabin.show(window);
        show_controls(window, hands.car());
    }

    fn wakes_at(&self) -> Option<Nanoseconds> {
        let (hands, music, phones) = (self.hands.borrow(), self.music.borrow(), self.phones.borrow());
        let own = [hands.wishes.forgets_at(), self.page.borrow().forgets_at(), self.telephone.borrow().wakes_at()];
        let camera = self.camera.borrow().wakes_at();
        own.into_iter().chain([music.forgets_at(), phones.wakes_at(), camera]).flatten().min()
    }
}

/// Writes everything that can be asked of the car.
fn show_controls(window: &CentreWindow, car: Car<'_>) {
    climate::show(window, car);
    body::show(window, car);
    energy::show(window, car);
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
