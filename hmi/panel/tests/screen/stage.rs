//! The panel on a headless stage, fed by hand.

use std::cell::RefCell;
use std::rc::Rc;

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{ComponentHandle, LogicalPosition};
use tandem_contracts::simulator::{AnswerState, BusState, MessageState, PhoneState, State};
use tandem_kit::headless::{Pace, Screen};
use tandem_kit::{Face, Key, Language, Look, Reading, Readings, Theme, Update};
use tandem_likeness::{Album, Picture};
use tandem_panel::{Leaf, News, Order, Panel, PanelWindow};
use tandem_units::{Nanoseconds, Quality, Value};

pub struct Stage {
    pub window: PanelWindow,
    pub face: Panel,
    readings: Readings,
    pub sent: Rc<RefCell<Vec<Order>>>,
    pub screen: Rc<Screen>,
}

/// A car that stands in P.
pub fn parked() -> Vec<(Leaf, Value)> {
    let shut = [
        Leaf::DriverDoor,
        Leaf::PassengerDoor,
        Leaf::RearDriverDoor,
        Leaf::RearPassengerDoor,
        Leaf::Bonnet,
        Leaf::Boot,
        Leaf::LowBeam,
        Leaf::HighBeam,
        Leaf::DriverBelt,
        Leaf::PassengerBelt,
    ];
    let none = [
        Leaf::DriverWindow,
        Leaf::PassengerWindow,
        Leaf::RearDriverWindow,
        Leaf::RearPassengerWindow,
        Leaf::Accelerator,
        Leaf::Brake,
        Leaf::Rain,
    ];
    let mut values: Vec<_> = shut.map(|leaf| (leaf, Value::Bool(false))).into();
    values.extend(none.map(|leaf| (leaf, Value::Int(0))));
    values.extend([
        (Leaf::Speed, Value::Float(0.0)),
        (Leaf::Gear, Value::Int(126)),
        (Leaf::Power, Value::Text("ON".into())),
        (Leaf::ParkingBrake, Value::Bool(true)),
        (Leaf::Charge, Value::Float(64.2)),
        (Leaf::MinuteOfDay, Value::Int(1300)),
        (Leaf::Outside, Value::Float(9.0)),
        (Leaf::Daylight, Value::Int(3)),
    ]);
    values
}

/// A hand whose car drives the city.
pub fn state() -> State {
    let answer = |path: &str| AnswerState { path: path.into(), answer: "obey".into(), delay_ms: 100 };
    let message = |name: &str, faults: &[&str]| MessageState {
        name: name.into(),
        muted: false,
        fault: "none".into(),
        faults: faults.iter().map(|fault| (*fault).into()).collect(),
    };
    State {
        scenario: "city".into(),
        doing: "Down the avenue at 50, with the river on the left".into(),
        messages: vec![
            message("VehicleMotion", &["none", "checksum", "counter", "short"]),
            message("TyreStatus", &["none", "short"]),
        ],
        answers: vec![answer("Vehicle.Body.Horn.IsActive"), answer("Vehicle.Cabin.Light.IsDomeOn")],
        keys: vec!["KEY_NEXTSONG".into(), "KEY_PLAYPAUSE".into()],
        knobs: vec!["REL_DIAL".into()],
        buses: ["can0", "can1"].map(|name| BusState { interface: name.into(), dropped: false }).into(),
        phone: PhoneState::default(),
    }
}

pub const SCENARIOS: [&str; 7] = ["charging", "city", "get-out", "motorway", "night-rain", "parked", "reverse-parking"];

impl Stage {
    /// A window in front of a parked car, whose hand drives the city.
    pub fn open(theme: Theme, language: Language) -> Self {
        let mut stage = Self::untold(theme, language);
        stage.hear(60, Quality::Valid, &parked());
        stage.news(News::Scenarios(SCENARIOS.map(str::to_owned).into()));
        stage.news(News::State(Box::new(state())));
        stage
    }

    /// A window that was told nothing yet.
    pub fn untold(theme: Theme, language: Language) -> Self {
        let screen = Screen::new(Panel::SIZE, Pace::OnDemand);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let window = Panel::open().unwrap();
        let sent = Rc::new(RefCell::new(Vec::new()));
        let orders = Rc::clone(&sent);
        let face = Panel::asking(
            &window,
            Rc::new(move |order| {
                orders.borrow_mut().push(order);
                true
            }),
        );
        window.show().unwrap();
        let mut stage = Self { window, face, readings: Readings::new(Panel::paths()), sent, screen };
        stage.set_look(theme, language);
        stage
    }

    pub fn set_look(&mut self, theme: Theme, language: Language) {
        slint::select_bundled_translation(language.translation()).unwrap();
        self.face.set_look(&self.window, Look { theme, language, ..Look::STILL });
        self.tell(&Update::Time);
    }

    pub fn tell(&mut self, update: &Update) {
        self.face.apply(&self.window, update, &self.readings);
    }

    pub fn news(&self, news: News) {
        self.face.hear(&self.window, &news);
    }

    /// A batch at this second with readings that were heard then.
    pub fn hear(&mut self, second: u64, quality: Quality, values: &[(Leaf, Value)]) {
        let now = Nanoseconds::from_millis(second * 1_000);
        let changes = values.iter().map(|(leaf, value)| {
            (leaf.slot(), Reading { quality, value: quality.has_value().then(|| value.clone()), heard: now })
        });
        self.readings.apply(second, now, false, changes);
        self.tell(&Update::Batch);
    }

    /// The one control with this role and label. A component and the place that it is used in count as one.
    pub fn control(&self, role: AccessibleRole, label: &str) -> ElementHandle {
        let mut found = self.all(role);
        found.retain(|element| element.accessible_label().as_deref() == Some(label));
        assert_eq!(found.len(), 1, "{role:?} {label:?}");
        found.remove(0)
    }

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

    /// Every sentence and number that a screen reader would say.
    pub fn words(&self) -> Vec<String> {
        self.all(AccessibleRole::Text).iter().filter_map(|text| text.accessible_label().map(Into::into)).collect()
    }

    pub fn open_page(&self, word: &str) {
        self.tap(&self.control(AccessibleRole::RadioButton, word));
    }

    pub fn tap(&self, control: &ElementHandle) {
        self.down(control);
        self.up(control);
    }

    pub fn down(&self, control: &ElementHandle) {
        self.window.window().dispatch_event(WindowEvent::PointerPressed {
            position: middle(control),
            button: PointerEventButton::Left,
        });
    }

    pub fn up(&self, control: &ElementHandle) {
        let position = middle(control);
        let button = PointerEventButton::Left;
        self.window.window().dispatch_event(WindowEvent::PointerReleased { position, button });
        self.window.window().dispatch_event(WindowEvent::PointerExited);
    }

    pub fn key(&self, key: slint::platform::Key, down: bool) {
        let text = key.into();
        let event = if down { WindowEvent::KeyPressed { text } } else { WindowEvent::KeyReleased { text } };
        self.window.window().dispatch_event(event);
    }

    /// Lets the screen's own clock come to a second.
    pub fn pass(&self, milliseconds: u64) {
        self.screen.set_time(Nanoseconds::from_millis(milliseconds));
        self.screen.turn();
    }

    /// Holds the picture against the kept one, and hands it over.
    pub fn picture(&self, name: &str) -> Vec<u8> {
        self.screen.turn();
        let rgb = self.screen.rgb();
        let album = Album::new("panel", env!("CARGO_TARGET_TMPDIR"), env!("CARGO_MANIFEST_DIR"));
        album.hold(name, Picture { size: self.screen.size(), rgb: &rgb });
        rgb
    }
}

fn middle(control: &ElementHandle) -> LogicalPosition {
    let (corner, size) = (control.absolute_position(), control.size());
    LogicalPosition::new(corner.x + size.width / 2.0, corner.y + size.height / 2.0)
}
