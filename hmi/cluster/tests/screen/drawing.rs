//! A cluster on a headless screen, fed by hand.

use std::cell::RefCell;
use std::rc::Rc;

use slint::ComponentHandle;
use slint::platform::WindowEvent;
use tandem_cluster::{Cluster, ClusterWindow, Leaf};
use tandem_kit::headless::{Pace, Screen};
use tandem_kit::{
    CallsNews, Desk, DisplayPixel, Drawn, Face, InputEvent, Key, Language, Link, Media, Reading, Readings, Theme,
    Update,
};
use tandem_likeness::Album;
use tandem_units::{Nanoseconds, Quality, Value};

/// How a drawing looks.
#[derive(Clone, Copy)]
pub struct Look(pub tandem_kit::Look);

impl Look {
    pub const NIGHT: Self = Self(tandem_kit::Look::STILL);
    pub const DAY: Self = Self(tandem_kit::Look { theme: Theme::Day, ..Self::NIGHT.0 });
    pub const GERMAN: Self = Self(tandem_kit::Look { language: Language::German, ..Self::NIGHT.0 });
    /// The longest words in the largest letters, on a plain ground.
    pub const LARGE: Self = Self(tandem_kit::Look { contrast: true, percent: 130, ..Self::GERMAN.0 });
    pub const CHINESE: Self = Self(tandem_kit::Look { language: Language::Chinese, ..Self::NIGHT.0 });
}

pub type Heard = (Leaf, Quality, Value);

pub struct Drawing {
    pub screen: Rc<Screen>,
    pub window: ClusterWindow,
    face: RefCell<Cluster>,
    readings: Readings,
    sequence: u64,
}

impl Drawing {
    pub fn new(look: Look) -> Self {
        Self::at(Pace::OnDemand, look)
    }

    pub fn at(pace: Pace, Look(look): Look) -> Self {
        Self::of_density(1.0, pace, Look(look))
    }

    /// On a display with so many pixels to one of the design.
    pub fn of_density(density: f32, pace: Pace, Look(look): Look) -> Self {
        let (width, height) = Cluster::SIZE;
        let pixels = |design: u32| (design as f32 * density) as u32;
        let screen = Screen::new((pixels(width), pixels(height)), pace);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let window = Cluster::open().unwrap();
        window.window().dispatch_event(WindowEvent::ScaleFactorChanged { scale_factor: density });
        let mut face = Cluster::new(&window, Desk::unattended());
        slint::select_bundled_translation(look.language.translation()).unwrap();
        face.set_look(&window, look);
        window.show().unwrap();
        let mut readings = Readings::new(Cluster::paths());
        readings.set_units(look.units);
        face.apply(&window, &Update::Time, &readings);
        Self { screen, window, face: RefCell::new(face), readings, sequence: 0 }
    }

    /// A batch 20 ms after the last one; what it carries was heard just then, or five seconds ago if it is stale.
    pub fn hear(&mut self, heard: impl IntoIterator<Item = Heard>) {
        self.sequence += 1;
        let now = Nanoseconds::from_millis(60_000 + self.sequence * 20);
        let changes: Vec<_> = heard
            .into_iter()
            .map(|(leaf, quality, value)| {
                let age = if quality == Quality::Stale { 5_000 } else { 0 };
                let value = quality.has_value().then_some(value);
                (leaf.slot(), Reading { quality, value, heard: now.since(Nanoseconds::from_millis(age)) })
            })
            .collect();
        self.apply(self.sequence, now, changes);
    }

    /// A batch of the service: each reading by the slot of its leaf.
    pub fn apply(&mut self, sequence: u64, now: Nanoseconds, changes: Vec<(usize, Reading)>) {
        self.screen.set_time(now);
        self.readings.apply(sequence, now, sequence == 1, changes);
        self.face.get_mut().apply(&self.window, &Update::Batch, &self.readings);
    }

    /// The link is not up (any more).
    pub fn link(&mut self, link: Link) {
        let units = self.readings.units();
        self.readings = Readings::new(Cluster::paths());
        self.readings.set_units(units);
        self.readings.set_link(link.clone());
        self.face.get_mut().apply(&self.window, &Update::Link(link), &self.readings);
    }

    /// News of the music.
    pub fn play(&mut self, news: Media) {
        self.face.get_mut().apply(&self.window, &Update::Media(news), &self.readings);
    }

    /// News of calls.
    pub fn calls(&mut self, news: CallsNews) {
        self.face.get_mut().apply(&self.window, &Update::Calls(news), &self.readings);
    }

    /// News of anything else.
    pub fn tell(&mut self, update: &Update) {
        self.face.get_mut().apply(&self.window, update, &self.readings);
    }

    /// Somebody presses a key of the car.
    pub fn press(&mut self, key: &str) {
        let event = InputEvent { number: 1, t_ns: 1, key: key.into(), action: "press".into(), steps: 0 };
        self.face.get_mut().apply(&self.window, &Update::Input(event), &self.readings);
    }

    pub fn wakes_at(&self) -> Option<Nanoseconds> {
        self.face.borrow().wakes_at()
    }

    /// Lets the cluster look at what is drawn, spoilt by somebody. Returns whether it has found something new.
    pub fn look(&self, spoil: impl FnOnce(&mut [DisplayPixel])) -> bool {
        let mut pixels = self.screen.look(<[DisplayPixel]>::to_vec);
        spoil(&mut pixels);
        self.face.borrow_mut().look_at(&Drawn::new(1920, self.screen.size().0, &pixels))
    }

    /// What is drawn now, with every lamp as it is commanded.
    pub fn pixels(&self) -> Picture {
        self.screen.turn();
        assert!(!self.look(|_| ()), "a lamp is drawn otherwise than commanded");
        Picture { rgb: self.screen.rgb() }
    }

    /// Holds it against the kept picture, too.
    pub fn picture(&self, name: &str) -> Picture {
        let picture = self.pixels();
        let album = Album::new("cluster", env!("CARGO_TARGET_TMPDIR"), env!("CARGO_MANIFEST_DIR"));
        album.hold(name, tandem_likeness::Picture { size: self.screen.size(), rgb: &picture.rgb });
        picture
    }
}

/// Left, top, width, height in pixels.
pub type Area = (usize, usize, usize, usize);
pub type Pixel = [u8; 3];

#[derive(Debug, PartialEq)]
pub struct Picture {
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The pixels of an area, row by row.
    pub fn pixels(&self, (left, top, width, height): Area) -> impl Iterator<Item = Pixel> + '_ {
        (top..top + height)
            .flat_map(move |y| self.rgb[(y * 1920 + left) * 3..(y * 1920 + left + width) * 3].chunks_exact(3))
            .map(|pixel| [pixel[0], pixel[1], pixel[2]])
    }

    pub fn count(&self, area: Area, is: impl Fn(Pixel) -> bool) -> usize {
        self.pixels(area).filter(|pixel| is(*pixel)).count()
    }

    /// The rows of an area that hold such a pixel.
    pub fn rows(&self, (left, top, width, height): Area, is: impl Fn(Pixel) -> bool) -> Vec<usize> {
        (top..top + height).filter(|y| self.pixels((left, *y, width, 1)).any(&is)).collect()
    }
}

/// 72 km/h at 21:40, 9 degrees outside, 64 percent and 287 km left: the instant of all our pictures.
pub fn drive() -> [Heard; 34] {
    let valid = |leaf, value| (leaf, Quality::Valid, value);
    let off = |leaf| (leaf, Quality::Valid, Value::Bool(false));
    let tyre = |leaf| (leaf, Quality::Valid, Value::Int(250));
    [
        valid(Leaf::Speed, Value::Float(71.6)),
        valid(Leaf::Power, Value::Text("ON".into())),
        valid(Leaf::Gear, Value::Int(127)),
        valid(Leaf::MotorPower, Value::Int(18)),
        valid(Leaf::Charge, Value::Float(64.2)),
        valid(Leaf::Range, Value::Int(287_400)),
        valid(Leaf::Odometer, Value::Int(48_213_600)),
        valid(Leaf::TripDistance, Value::Int(12_460)),
        valid(Leaf::TripDuration, Value::Float(1_130.0)),
        valid(Leaf::MinuteOfDay, Value::Int(1_300)),
        valid(Leaf::OutsideTemperature, Value::Float(9.0)),
        off(Leaf::LeftIndicator),
        off(Leaf::RightIndicator),
        off(Leaf::Hazard),
        valid(Leaf::LowBeam, Value::Bool(true)),
        off(Leaf::HighBeam),
        valid(Leaf::PositionLights, Value::Bool(true)),
        off(Leaf::FrontFog),
        off(Leaf::RearFog),
        off(Leaf::ParkingBrake),
        off(Leaf::AbsError),
        off(Leaf::EscError),
        valid(Leaf::Belt, Value::Bool(true)),
        off(Leaf::DriverDoor),
        off(Leaf::PassengerDoor),
        off(Leaf::RearDriverSideDoor),
        off(Leaf::RearPassengerSideDoor),
        off(Leaf::Boot),
        off(Leaf::Bonnet),
        tyre(Leaf::FrontLeftTyre),
        tyre(Leaf::FrontRightTyre),
        tyre(Leaf::RearLeftTyre),
        tyre(Leaf::RearRightTyre),
        valid(Leaf::Heading, Value::Float(30.0)),
    ]
}
