//! A finger on a display without a desktop: the kernel's touch screens, as far as this process may open them. Slint's own way is libinput, which would be linked by
//! every desktop, too, and has every screen feel every finger.

use std::env;
use std::fs;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use evdev::{AbsInfo, AbsoluteAxisCode, AttributeSetRef, Device, EventSummary, InputEvent, KeyCode, PropType};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{LogicalPosition, Window};

use crate::mailbox::{Ask, Mailbox};

const DEVICES: &str = "/dev/input";
/// How soon a touch screen that went is looked for.
const AGAIN: Duration = Duration::from_secs(1);
/// How often one is looked for that is not there: each time every device is opened.
const SOMETIME: Duration = Duration::from_secs(5);
/// How it says that it is touched; the second is a tablet's, as emulated machines have it.
const CONTACTS: [KeyCode; 2] = [KeyCode::BTN_TOUCH, KeyCode::BTN_LEFT];

/// What a finger does, at a part of the screen's width and height, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Touch {
    Down(f32, f32),
    Moved(f32, f32),
    Up(f32, f32),
}

impl Touch {
    /// Does it to a window.
    ///
    /// # Errors
    /// The window takes no events.
    pub fn apply(self, window: &Window) -> Result<(), slint::PlatformError> {
        let size = window.size().to_logical(window.scale_factor());
        let at = |x: f32, y: f32| LogicalPosition::new(x * size.width, y * size.height);
        let button = PointerEventButton::Left;
        match self {
            Self::Down(x, y) => {
                window.dispatch_event_with_result(WindowEvent::PointerMoved { position: at(x, y) })?;
                window.dispatch_event_with_result(WindowEvent::PointerPressed { position: at(x, y), button })?;
            }
            Self::Moved(x, y) => {
                window.dispatch_event_with_result(WindowEvent::PointerMoved { position: at(x, y) })?;
            }
            Self::Up(x, y) => {
                window.dispatch_event_with_result(WindowEvent::PointerReleased { position: at(x, y), button })?;
                // A finger that is lifted hovers over nothing.
                window.dispatch_event_with_result(WindowEvent::PointerExited)?;
            }
        }
        Ok(())
    }
}

/// How far the picture is turned on the glass, to the right: Slint's `SLINT_KMS_ROTATION`. A finger is told of by the glass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    None,
    Right,
    Over,
    Left,
}

impl Turn {
    /// What Slint does not know it does not start with.
    fn of(degrees: &str) -> Self {
        match degrees.parse() {
            Ok(90) => Self::Right,
            Ok(180) => Self::Over,
            Ok(270) => Self::Left,
            _ => Self::None,
        }
    }

    /// Where in the picture a place on the glass is.
    fn in_picture(self, (x, y): (f32, f32)) -> (f32, f32) {
        match self {
            Self::None => (x, y),
            Self::Right => (y, 1.0 - x),
            Self::Over => (1.0 - x, 1.0 - y),
            Self::Left => (1.0 - y, x),
        }
    }
}

/// An axis of a device: its ends and where it stands.
#[derive(Clone, Copy, Debug)]
struct Axis {
    from: i32,
    to: i32,
    at: i32,
}

impl Axis {
    /// Where on it that is, 0 to 1.
    fn part(self) -> f32 {
        let (value, from, to) = (f64::from(self.at), f64::from(self.from), f64::from(self.to));
        if to > from { ((value - from) / (to - from)).clamp(0.0, 1.0) as f32 } else { 0.0 }
    }
}

/// The first finger, put together of a device's events: what has changed counts when the device says that it is told. What does not change is never told, so it begins
/// with what the device knows.
#[derive(Debug)]
struct Finger {
    x: Axis,
    y: Axis,
    turn: Turn,
    was: (f32, f32),
    is_down: bool,
    was_down: bool,
    /// It was down before anybody felt it: it pressed nothing.
    is_old: bool,
}

impl Finger {
    fn new([x, y]: [Axis; 2], is_down: bool, turn: Turn) -> Self {
        let was = turn.in_picture((x.part(), y.part()));
        Self { x, y, turn, was, is_down, was_down: false, is_old: is_down }
    }

    fn feel(&mut self, event: InputEvent) -> Option<Touch> {
        match event.destructure() {
            EventSummary::AbsoluteAxis(_, AbsoluteAxisCode::ABS_X, value) => self.x.at = value,
            EventSummary::AbsoluteAxis(_, AbsoluteAxisCode::ABS_Y, value) => self.y.at = value,
            EventSummary::Key(_, key, value) if CONTACTS.contains(&key) => self.is_down = value != 0,
            EventSummary::Synchronization(..) => return self.told(),
            _ => {}
        }
        None
    }

    fn told(&mut self) -> Option<Touch> {
        self.is_old &= self.is_down;
        let (at, is_down) = (self.turn.in_picture((self.x.part(), self.y.part())), self.is_down && !self.is_old);
        let (x, y) = at;
        let touch = match (self.was_down, is_down) {
            (false, true) => Some(Touch::Down(x, y)),
            (true, false) => Some(Touch::Up(x, y)),
            (true, true) if at != self.was => Some(Touch::Moved(x, y)),
            _ => None,
        };
        (self.was, self.was_down) = (at, is_down);
        touch
    }
}

/// Feels for as long as the process lives.
///
/// # Errors
/// There can be no thread for it.
pub(crate) fn start(mailbox: Arc<Mailbox>) -> io::Result<()> {
    let turn = Turn::of(&env::var("SLINT_KMS_ROTATION").unwrap_or_default());
    thread::Builder::new().name("touch".to_owned()).spawn(move || {
        loop {
            let Some((mut device, finger)) = find(turn) else {
                thread::sleep(SOMETIME);
                continue;
            };
            tracing::info!(device = device.name().unwrap_or_default(), "touch screen");
            let error = follow(&mut device, finger, |touch| mailbox.ask(Ask::Touched(touch)));
            tracing::info!(%error, "the touch screen is gone");
            thread::sleep(AGAIN);
        }
    })?;
    Ok(())
}

/// The first touch screen that this process may open, with the finger on it.
fn find(turn: Turn) -> Option<(Device, Finger)> {
    let mut paths: Vec<_> = fs::read_dir(DEVICES).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("event")));
    paths.into_iter().find_map(|path| {
        let device = Device::open(path).ok()?;
        if !is_screen(device.properties(), device.supported_keys()?) {
            return None;
        }
        let infos: Vec<(AbsoluteAxisCode, AbsInfo)> = device.get_absinfo().ok()?.collect();
        let axis = |axis| {
            let (_, info) = infos.iter().find(|(known, _)| *known == axis)?;
            Some(Axis { from: info.minimum(), to: info.maximum(), at: info.value() })
        };
        let axes = [axis(AbsoluteAxisCode::ABS_X)?, axis(AbsoluteAxisCode::ABS_Y)?];
        let keys = device.get_key_state().ok()?;
        let finger = Finger::new(axes, CONTACTS.iter().any(|contact| keys.contains(*contact)), turn);
        Some((device, finger))
    })
}

/// Whether it is touched where it shows. A touchpad is touched as well, and tells a finger as a tool; not every touch screen says that it is direct, nor need
/// the tablet of an emulated machine.
fn is_screen(properties: &AttributeSetRef<PropType>, keys: &AttributeSetRef<KeyCode>) -> bool {
    CONTACTS.iter().any(|contact| keys.contains(*contact))
        && (properties.contains(PropType::DIRECT) || !keys.contains(KeyCode::BTN_TOOL_FINGER))
}

/// Until the device is gone.
fn follow(device: &mut Device, mut finger: Finger, mut tell: impl FnMut(Touch)) -> io::Error {
    loop {
        match device.fetch_events() {
            Ok(events) => events.filter_map(|event| finger.feel(event)).for_each(&mut tell),
            Err(error) => {
                // Whatever was pressed is not pressed by a finger that nobody feels.
                finger.is_down = false;
                finger.told().into_iter().for_each(tell);
                return error;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use evdev::{AttributeSet, EventType};

    use super::*;

    const SIDE: Axis = Axis { from: 0, to: 100, at: 0 };

    fn finger(is_down: bool, turn: Turn) -> Finger {
        Finger::new([Axis { at: 25, ..SIDE }, Axis { at: 50, ..SIDE }], is_down, turn)
    }

    fn key(contact: KeyCode, value: i32) -> InputEvent {
        InputEvent::new(EventType::KEY.0, contact.0, value)
    }

    fn x(value: i32) -> InputEvent {
        InputEvent::new(EventType::ABSOLUTE.0, AbsoluteAxisCode::ABS_X.0, value)
    }

    fn feel(finger: &mut Finger, events: &[InputEvent]) -> Option<Touch> {
        let told = InputEvent::new(EventType::SYNCHRONIZATION.0, 0, 0);
        events.iter().for_each(|event| assert_eq!(finger.feel(*event), None));
        finger.feel(told)
    }

    #[test]
    fn a_finger_goes_down_moves_and_is_lifted_where_the_device_says() {
        for contact in CONTACTS {
            let mut finger = finger(false, Turn::None);
            assert_eq!(feel(&mut finger, &[]), None, "it hovers");
            let down = Some(Touch::Down(0.25, 0.5));
            assert_eq!(feel(&mut finger, &[key(contact, 1)]), down, "where it stood before");
            assert_eq!(feel(&mut finger, &[]), None);
            assert_eq!(feel(&mut finger, &[x(50)]), Some(Touch::Moved(0.5, 0.5)));
            assert_eq!(feel(&mut finger, &[key(contact, 0)]), Some(Touch::Up(0.5, 0.5)));
            assert_eq!(feel(&mut finger, &[x(75)]), None);
        }
    }

    #[test]
    fn a_finger_that_was_down_before_it_was_felt_presses_nothing_until_it_is_lifted() {
        let mut finger = finger(true, Turn::None);
        assert_eq!(feel(&mut finger, &[x(50)]), None);
        assert_eq!(feel(&mut finger, &[key(KeyCode::BTN_TOUCH, 0)]), None);
        assert_eq!(feel(&mut finger, &[key(KeyCode::BTN_TOUCH, 1)]), Some(Touch::Down(0.5, 0.5)));
    }

    #[test]
    fn a_picture_that_is_turned_is_touched_where_it_shows() {
        // What is seen at one and the same place of the glass.
        for (degrees, place) in [
            ("", (0.25, 0.5)),
            ("0", (0.25, 0.5)),
            ("90", (0.5, 0.75)),
            ("180", (0.75, 0.5)),
            ("270", (0.5, 0.25)),
            ("45", (0.25, 0.5)),
        ] {
            let touch = feel(&mut finger(false, Turn::of(degrees)), &[key(KeyCode::BTN_TOUCH, 1)]);
            assert_eq!(touch, Some(Touch::Down(place.0, place.1)), "{degrees}");
        }
        // Turned to the right the first corner is at the right above, to the left it is at the left below.
        assert_eq!(Turn::Right.in_picture((1.0, 0.0)), (0.0, 0.0));
        assert_eq!(Turn::Left.in_picture((0.0, 1.0)), (0.0, 0.0));
    }

    #[test]
    fn a_touchpad_is_no_screen_and_an_emulated_tablet_is_one() {
        let none = AttributeSet::new();
        let direct: AttributeSet<PropType> = [PropType::DIRECT].into_iter().collect();
        let keys = |keys: &[KeyCode]| keys.iter().copied().collect::<AttributeSet<KeyCode>>();
        let (tablet, pad) =
            (keys(&[KeyCode::BTN_LEFT, KeyCode::BTN_RIGHT]), keys(&[KeyCode::BTN_TOUCH, KeyCode::BTN_TOOL_FINGER]));
        assert!(is_screen(&none, &tablet));
        assert!(is_screen(&none, &keys(&[KeyCode::BTN_TOUCH])));
        assert!(is_screen(&direct, &pad));
        assert!(!is_screen(&none, &pad));
        assert!(!is_screen(&direct, &keys(&[KeyCode::KEY_A])));
    }

    #[test]
    fn an_axis_without_a_range_and_a_value_out_of_it_stay_on_the_screen() {
        let part = |at, from, to| Axis { from, to, at }.part();
        assert_eq!([part(0, 0, 32_767), part(32_767, 0, 32_767)], [0.0, 1.0]);
        assert_eq!([part(-5, 0, 10), part(11, 0, 10), part(5, 0, 10)], [0.0, 1.0, 0.5]);
        assert_eq!([part(7, 3, 3), part(i32::MAX, i32::MIN, i32::MAX)], [0.0, 1.0]);
    }

    slint::slint! {
        export component Page inherits Window {
            width: 40px;
            height: 20px;
            out property <int> taps;
            out property <bool> hovered: area.has-hover;
            area := TouchArea { x: 20px; width: 20px; clicked => { root.taps += 1; } }
        }
    }

    #[test]
    fn a_tap_reaches_what_lies_under_it_and_leaves_nothing_behind() {
        use slint::ComponentHandle;
        let screen = crate::headless::Screen::new((40, 20), crate::headless::Pace::Live);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let page = Page::new().unwrap();
        page.show().unwrap();
        screen.turn();
        let tap = |x, y| [Touch::Down(x, y), Touch::Up(x, y)].map(|touch| touch.apply(page.window()).unwrap());
        tap(0.75, 0.5);
        assert_eq!(page.get_taps(), 1);
        assert!(!page.get_hovered());
        tap(0.25, 0.5);
        assert_eq!(page.get_taps(), 1, "beside it");
    }
}
