//! The centre display on a headless stage, fed by hand.

use std::cell::RefCell;
use std::rc::Rc;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{Color, ComponentHandle, LogicalPosition};
use tandem_centre::{Asks, Centre, CentreWindow, Choices, Leaf};
use tandem_contracts::driving::{Restrictions, Status, Zone};
use tandem_kit::headless::{Pace, Screen};
use tandem_kit::media::art::Wanted;
use tandem_kit::{
    Actuation, Actuator, CallCommand, CameraCommand, Face, Fate, Key, Language, Look, MediaCommand, PhoneCommand,
    Reading, Readings, RequestState, Theme, Update,
};
use tandem_likeness::{Album, Picture};
use tandem_units::{Nanoseconds, Quality, Value};

/// No picture has it: where it is seen, nothing covers the window. By day a shadow over it hides it, by night there is none.
const BENEATH: Color = Color::from_rgb_u8(255, 0, 255);

pub struct Stage {
    pub window: CentreWindow,
    pub face: Centre,
    pub readings: Readings,
    /// What was asked of the car.
    pub sent: Rc<RefCell<Vec<(Leaf, Value)>>>,
    pub commands: Rc<RefCell<Vec<MediaCommand>>>,
    pub phone_commands: Rc<RefCell<Vec<PhoneCommand>>>,
    pub call_commands: Rc<RefCell<Vec<CallCommand>>>,
    pub wanted: Rc<RefCell<Vec<Wanted>>>,
    pub watched: Rc<RefCell<Vec<CameraCommand>>>,
    /// What the page of settings chose: of the service, or of this screen alone.
    pub chosen: Rc<RefCell<Vec<String>>>,
    pub screen: Rc<Screen>,
}

/// 21:40, 9 degrees, 64 %, 287 km: the instant of all our pictures.
pub fn instant() -> Vec<(Leaf, Value)> {
    use Value::{Bool, Float, Int};
    let mut values = vec![
        (Leaf::MinuteOfDay, Int(1300)),
        (Leaf::OutsideTemperature, Float(9.0)),
        (Leaf::CabinTemperature, Float(19.0)),
        (Leaf::DriverTemperature, Float(21.5)),
        (Leaf::PassengerTemperature, Float(22.0)),
        (Leaf::RearDriverTemperature, Float(21.0)),
        (Leaf::RearPassengerTemperature, Float(21.0)),
        (Leaf::DriverFan, Int(40)),
        (Leaf::PassengerFan, Int(55)),
        (Leaf::RearDriverFan, Int(20)),
        (Leaf::RearPassengerFan, Int(20)),
        (Leaf::DriverAir, Value::Text("MIDDLE".into())),
        (Leaf::PassengerAir, Value::Text("DOWN".into())),
        (Leaf::DriverSeatHeating, Int(67)),
        (Leaf::PassengerSeatHeating, Int(0)),
        (Leaf::WheelHeating, Int(0)),
        (Leaf::AirConditioning, Bool(true)),
        (Leaf::Recirculation, Bool(false)),
        (Leaf::FrontDefrost, Bool(false)),
        (Leaf::RearDefrost, Bool(true)),
        (Leaf::DriverMirrorHeating, Bool(false)),
        (Leaf::PassengerMirrorHeating, Bool(false)),
        (Leaf::TripDistance, Int(18_650)),
        (Leaf::TripDuration, Float(2_290.0)),
        (Leaf::Charge, Float(64.2)),
        (Leaf::Range, Int(287_400)),
        (Leaf::BatteryPower, Float(-13_900.0)),
        (Leaf::Charging, Bool(false)),
        (Leaf::LowBeam, Bool(true)),
        (Leaf::HighBeam, Bool(false)),
    ];
    let locks = [Leaf::DriverLock, Leaf::PassengerLock, Leaf::RearDriverSideLock, Leaf::RearPassengerSideLock];
    values.extend(locks.map(|leaf| (leaf, Bool(true))));
    let still = [
        Leaf::DriverMirrorFolded,
        Leaf::PassengerMirrorFolded,
        Leaf::ChargeFlap,
        Leaf::DomeLight,
        Leaf::CableIn,
        Leaf::CableLock,
    ];
    values.extend(still.map(|leaf| (leaf, Bool(false))));
    values.push((Leaf::AmbientLight, Bool(true)));
    values.extend(windows().map(|leaf| (leaf, Int(0))));
    values.push((Leaf::DriverWindow, Int(35)));
    let words = [
        (Leaf::LightSwitch, "AUTO"),
        (Leaf::FrontWipers, "OFF"),
        (Leaf::DriveMode, "NORMAL"),
        (Leaf::StartStopCharging, "STOP"),
    ];
    values.extend(words.map(|(leaf, word)| (leaf, Value::from(word))));
    values.push((Leaf::ChargeLimit, Int(80)));
    values.push((Leaf::BatteryTemperature, Float(24.0)));
    values.extend(openings().map(|leaf| (leaf, Bool(false))));
    values.extend(tyres().map(|leaf| (leaf, Int(250))));
    values
}

pub fn openings() -> [Leaf; 6] {
    [
        Leaf::DriverDoor,
        Leaf::PassengerDoor,
        Leaf::RearDriverSideDoor,
        Leaf::RearPassengerSideDoor,
        Leaf::Bonnet,
        Leaf::Boot,
    ]
}

pub fn windows() -> [Leaf; 4] {
    [Leaf::DriverWindow, Leaf::PassengerWindow, Leaf::RearDriverSideWindow, Leaf::RearPassengerSideWindow]
}

pub fn tyres() -> [Leaf; 4] {
    [Leaf::FrontLeftTyre, Leaf::FrontRightTyre, Leaf::RearLeftTyre, Leaf::RearRightTyre]
}

impl Stage {
    /// An open window in a car that restricts nothing; otherwise nothing was heard yet.
    pub fn open(theme: Theme, language: Language) -> Self {
        let mut stage = Self::untold(theme, language);
        stage.restrict(Restrictions::NONE);
        stage
    }

    /// An open window with nothing heard yet.
    pub fn untold(theme: Theme, language: Language) -> Self {
        // Whoever counts what a frame costs wants what is dirty to be drawn, and no more.
        let pace = if tandem_likeness::is_counted() { Pace::Live } else { Pace::OnDemand };
        let screen = Screen::new(Centre::SIZE, pace);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let window = Centre::open().unwrap();
        window.set_beneath(BENEATH);
        let sent = Rc::new(RefCell::new(Vec::new()));
        let commands = Rc::new(RefCell::new(Vec::new()));
        let wanted = Rc::new(RefCell::new(Vec::new()));
        let phone_commands = Rc::new(RefCell::new(Vec::new()));
        let call_commands = Rc::new(RefCell::new(Vec::new()));
        let told_calls = Rc::clone(&call_commands);
        let chosen = Rc::new(RefCell::new(Vec::new()));
        let watched = Rc::new(RefCell::new(Vec::new()));
        let cameras = Rc::clone(&watched);
        let boxes = (Rc::clone(&sent), Rc::clone(&commands), Rc::clone(&wanted), Rc::clone(&phone_commands));
        let asks = Asks {
            car: Box::new(move |path, value| {
                let leaf = Leaf::ALL.iter().find(|leaf| Leaf::PATHS[leaf.slot()] == path).unwrap();
                boxes.0.borrow_mut().push((*leaf, value));
                true
            }),
            media: Rc::new(move |command| {
                boxes.1.borrow_mut().push(command);
                true
            }),
            phone: Rc::new(move |command| {
                boxes.3.borrow_mut().push(command);
                true
            }),
            call: Rc::new(move |command| {
                told_calls.borrow_mut().push(command);
                true
            }),
            picture: Rc::new(move |picture| {
                boxes.2.borrow_mut().push(picture);
                true
            }),
            camera: Rc::new(move |command| {
                cameras.borrow_mut().push(command);
                true
            }),
            settings: choices(&chosen),
        };
        let face = Centre::asking(&window, asks);
        window.show().unwrap();
        let readings = Readings::new(Centre::paths());
        let mut stage = Self {
            window,
            face,
            readings,
            sent,
            commands,
            phone_commands,
            call_commands,
            wanted,
            watched,
            chosen,
            screen,
        };
        stage.set_look(theme, language);
        stage
    }

    pub fn set_look(&mut self, theme: Theme, language: Language) {
        self.wear(Look { theme, language, ..Look::STILL });
    }

    pub fn wear(&mut self, look: Look) {
        slint::select_bundled_translation(look.language.translation()).unwrap();
        self.readings.set_units(look.units);
        self.face.set_look(&self.window, look);
        self.tell(&Update::Time);
    }

    pub fn tell(&mut self, update: &Update) {
        self.face.apply(&self.window, update, &self.readings);
    }

    /// A batch at this second with readings that were heard then.
    pub fn hear(&mut self, second: u64, quality: Quality, values: &[(Leaf, Value)]) {
        let heard = Nanoseconds::from_millis(second * 1_000);
        self.hear_at(second, heard, quality, values);
    }

    /// A batch at this second with readings that were heard earlier.
    pub fn hear_at(&mut self, second: u64, heard: Nanoseconds, quality: Quality, values: &[(Leaf, Value)]) {
        let now = Nanoseconds::from_millis(second * 1_000);
        let changes = values.iter().map(|(leaf, value)| {
            (leaf.slot(), Reading { quality, value: quality.has_value().then(|| value.clone()), heard })
        });
        self.readings.apply(second, now, false, changes);
        self.tell(&Update::Batch);
    }

    /// What `Driving1` says of the driver's displays.
    pub fn restrict(&mut self, driver: Restrictions) {
        self.restrict_as("parked", driver);
    }

    /// The same while the car stands or drives so.
    pub fn restrict_as(&mut self, state: &str, driver: Restrictions) {
        let mut status = Status { state: state.into(), ..Status::default() };
        status.zones.insert(Zone::Driver.word().into(), driver);
        self.tell(&Update::Driving(Box::new(status)));
    }

    /// By night, in English, in a car that says everything and takes every wish.
    pub fn full() -> Self {
        let mut stage = Self::open(Theme::Night, Language::English);
        stage.hear(60, Quality::Valid, &instant());
        stage.offer();
        stage
    }

    /// A car that can be asked for all of its controls.
    pub fn offer(&mut self) {
        self.offer_all_while("any");
    }

    /// The same, while it drives no more than this.
    pub fn offer_all_while(&mut self, driving: &str) {
        let number = |leaf, min, max, step| actuator(leaf, (min, max, step), &[]);
        let mut actuators: Vec<Actuator> = [
            Leaf::DriverTemperature,
            Leaf::PassengerTemperature,
            Leaf::RearDriverTemperature,
            Leaf::RearPassengerTemperature,
        ]
        .map(|leaf| number(leaf, 16.0, 28.0, 0.5))
        .into();
        let fans =
            [Leaf::DriverFan, Leaf::PassengerFan, Leaf::RearDriverFan, Leaf::RearPassengerFan, Leaf::WheelHeating];
        actuators.extend(fans.map(|leaf| number(leaf, 0.0, 100.0, 1.0)));
        let seats = [Leaf::DriverSeatHeating, Leaf::PassengerSeatHeating];
        actuators.extend(seats.map(|leaf| number(leaf, -100.0, 100.0, 1.0)));
        let air = [Leaf::DriverAir, Leaf::PassengerAir];
        actuators.extend(air.map(|leaf| actuator(leaf, (0.0, 0.0, 0.0), &["UP", "MIDDLE", "DOWN"])));
        let switches = [
            Leaf::AirConditioning,
            Leaf::Recirculation,
            Leaf::FrontDefrost,
            Leaf::RearDefrost,
            Leaf::DriverMirrorHeating,
            Leaf::PassengerMirrorHeating,
            Leaf::DriverLock,
            Leaf::PassengerLock,
            Leaf::RearDriverSideLock,
            Leaf::RearPassengerSideLock,
            Leaf::Boot,
            Leaf::DriverMirrorFolded,
            Leaf::PassengerMirrorFolded,
            Leaf::ChargeFlap,
            Leaf::CableLock,
            Leaf::DomeLight,
            Leaf::AmbientLight,
        ];
        actuators.extend(windows().map(|leaf| number(leaf, 0.0, 100.0, 1.0)));
        let words = |leaf, allowed| actuator(leaf, (0.0, 0.0, 0.0), allowed);
        actuators.push(words(Leaf::LightSwitch, &["OFF", "POSITION", "AUTO", "BEAM"]));
        actuators.push(words(Leaf::FrontWipers, &["OFF", "INTERVAL", "SLOW", "FAST", "RAIN_SENSOR"]));
        actuators.push(words(Leaf::StartStopCharging, &["START", "STOP"]));
        actuators.push(number(Leaf::ChargeLimit, 50.0, 100.0, 1.0));
        actuators.push(words(Leaf::DriveMode, &["NORMAL", "ECONOMY", "SPORT", "RAIN", "SNOW"]));
        actuators.extend(switches.map(|leaf| actuator(leaf, (0.0, 0.0, 0.0), &[])));
        actuators.iter_mut().for_each(|one| one.driving = driving.to_owned());
        self.tell(&Update::Actuation(Actuation::Actuators(actuators)));
    }

    /// A car that can be asked for one thing alone, and only while it drives no more than this.
    pub fn offer_when(&mut self, leaf: Leaf, driving: &str) {
        let actuator = Actuator { driving: driving.to_owned(), ..actuator(leaf, (0.0, 0.0, 0.0), &[]) };
        self.tell(&Update::Actuation(Actuation::Actuators(vec![actuator])));
    }

    /// What became of a wish of this screen.
    pub fn told(&mut self, id: u64, leaf: Leaf, value: impl Into<Value>, state: RequestState) {
        let path = Leaf::PATHS[leaf.slot()].to_owned();
        let fate = Fate { id, path, value: Some(value.into()), state, mine: true };
        self.tell(&Update::Actuation(Actuation::Request(fate)));
    }

    /// Opens a page by its tab in the dock.
    pub fn open_page(&self, word: &str) {
        self.tap(&self.control(AccessibleRole::Tab, word));
    }

    /// Everything with this role. A component and the place that it is used in count as one.
    pub fn all(&self, role: AccessibleRole) -> Vec<ElementHandle> {
        let mut found =
            ElementQuery::from_root(&self.window).match_descendants().match_accessible_role(role).find_all();
        let mut seen = Vec::new();
        found.retain(|element| {
            let (corner, size) = (element.absolute_position(), element.size());
            let place = [corner.x, corner.y, size.width, size.height].map(f32::to_bits);
            let known = seen.contains(&place);
            seen.push(place);
            !known
        });
        found
    }

    /// The one control with this role and label.
    pub fn control(&self, role: AccessibleRole, label: &str) -> ElementHandle {
        let mut found = self.all(role);
        found.retain(|element| element.accessible_label().as_deref() == Some(label));
        assert_eq!(found.len(), 1, "{role:?} {label:?}");
        found.remove(0)
    }

    /// The tabs of the dock, from the left.
    pub fn pages(&self) -> Vec<ElementHandle> {
        let mut tabs = self.all(AccessibleRole::Tab);
        tabs.retain(|tab| tab.absolute_position().y > 900.0);
        tabs.sort_by_key(|tab| tab.absolute_position().x as i64);
        tabs
    }

    /// What a reading says, by its name.
    pub fn reading(&self, name: &str) -> String {
        let mut found = self.all(AccessibleRole::Text);
        found.retain(|element| element.accessible_description().as_deref() == Some(name));
        assert_eq!(found.len(), 1, "{name:?}");
        found[0].accessible_label().unwrap().into()
    }

    /// Whether a screen reader would say just this.
    pub fn says(&self, sentence: &str) -> bool {
        self.words().iter().any(|words| words == sentence)
    }

    /// Every sentence and number that a screen reader would say.
    pub fn words(&self) -> Vec<String> {
        self.all(AccessibleRole::Text).iter().filter_map(|text| text.accessible_label().map(Into::into)).collect()
    }

    /// A finger in the middle of a control.
    pub fn tap(&self, control: &ElementHandle) {
        let (corner, size) = (control.absolute_position(), control.size());
        let position = LogicalPosition::new(corner.x + size.width / 2.0, corner.y + size.height / 2.0);
        let button = PointerEventButton::Left;
        for event in [
            WindowEvent::PointerPressed { position, button },
            WindowEvent::PointerReleased { position, button },
            WindowEvent::PointerExited,
        ] {
            self.window.window().dispatch_event(event);
        }
    }

    /// The screen as it stands now: red, green, blue.
    pub fn pixels(&self) -> Vec<u8> {
        self.screen.turn();
        let rgb = self.screen.rgb();
        let (seen, _) = rgb.as_chunks::<3>();
        let hole = seen.iter().position(|seen| *seen == [BENEATH.red(), BENEATH.green(), BENEATH.blue()]);
        let place = hole.map(|at| (at % Centre::SIZE.0 as usize, at / Centre::SIZE.0 as usize));
        assert_eq!(place, None, "neither the background nor a card lies there");
        rgb
    }

    /// Holds the picture against the kept one, and hands it over.
    pub fn picture(&self, name: &str) -> Vec<u8> {
        let rgb = self.pixels();
        let album = Album::new("centre", env!("CARGO_TARGET_TMPDIR"), env!("CARGO_MANIFEST_DIR"));
        album.hold(name, Picture { size: self.screen.size(), rgb: &rgb });
        rgb
    }
}

fn actuator(leaf: Leaf, (min, max, step): (f64, f64, f64), allowed: &[&str]) -> Actuator {
    Actuator {
        path: Leaf::PATHS[leaf.slot()].to_owned(),
        datatype: String::new(),
        unit: String::new(),
        min,
        max,
        step,
        allowed: allowed.iter().map(|word| (*word).to_owned()).collect(),
        driving: "any".to_owned(),
        power: Vec::new(),
        holder: String::new(),
    }
}

fn choices(chosen: &Rc<RefCell<Vec<String>>>) -> Choices {
    let [set, theme, language] = [(); 3].map(|()| Rc::clone(chosen));
    Choices {
        set: Box::new(move |command| {
            set.borrow_mut().push(format!("{command:?}"));
            true
        }),
        theme: Box::new(move |it| theme.borrow_mut().push(it.to_string())),
        language: Box::new(move |it| language.borrow_mut().push(it.to_string())),
    }
}
