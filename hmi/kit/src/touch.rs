//! A finger on a display without a desktop: the kernel's touch screens, as far as this process may open them. Slint's own way is libinput, which would be linked by
//! every desktop, too, and has every screen feel every finger.

use std::fs;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use evdev::{AbsInfo, AbsoluteAxisCode, Device, EventSummary, KeyCode};
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{LogicalPosition, Window};

use crate::mailbox::{Ask, Mailbox};

const DEVICES: &str = "/dev/input";
/// A touch screen that is not there, or went, is looked for again so often.
const AGAIN: Duration = Duration::from_secs(1);
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

/// The first finger, put together of a device's events: what has changed counts when the device says that it is told.
#[derive(Debug, Default)]
struct Finger {
    at: (f32, f32),
    was: (f32, f32),
    is_down: bool,
    was_down: bool,
}

impl Finger {
    fn told(&mut self) -> Option<Touch> {
        let (x, y) = self.at;
        let moved = self.at != self.was;
        let touch = match (self.was_down, self.is_down) {
            (false, true) => Some(Touch::Down(x, y)),
            (true, false) => Some(Touch::Up(x, y)),
            (true, true) if moved => Some(Touch::Moved(x, y)),
            _ => None,
        };
        (self.was, self.was_down) = (self.at, self.is_down);
        touch
    }
}

/// Where on an axis a value lies, 0 to 1.
fn part(value: i32, from: i32, to: i32) -> f32 {
    let (value, from, to) = (f64::from(value), f64::from(from), f64::from(to));
    if to > from { ((value - from) / (to - from)).clamp(0.0, 1.0) as f32 } else { 0.0 }
}

/// Feels for as long as the process lives.
///
/// # Errors
/// There can be no thread for it.
pub(crate) fn start(mailbox: Arc<Mailbox>) -> io::Result<()> {
    thread::Builder::new().name("touch".to_owned()).spawn(move || {
        loop {
            if let Some((mut device, axes)) = find() {
                tracing::info!(device = device.name().unwrap_or_default(), "touch screen");
                let error = follow(&mut device, axes, |touch| mailbox.ask(Ask::Touched(touch)));
                tracing::info!(%error, "the touch screen is gone");
            }
            thread::sleep(AGAIN);
        }
    })?;
    Ok(())
}

type Axes = [(i32, i32); 2];

/// The first touch screen that this process may open.
fn find() -> Option<(Device, Axes)> {
    let mut paths: Vec<_> = fs::read_dir(DEVICES).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("event")));
    paths.into_iter().find_map(|path| {
        let device = Device::open(path).ok()?;
        let keys = device.supported_keys()?;
        if !CONTACTS.iter().any(|contact| keys.contains(*contact)) {
            return None;
        }
        let infos: Vec<(AbsoluteAxisCode, AbsInfo)> = device.get_absinfo().ok()?.collect();
        let range = |axis| {
            let (_, info) = infos.iter().find(|(known, _)| *known == axis)?;
            Some((info.minimum(), info.maximum()))
        };
        let axes = [range(AbsoluteAxisCode::ABS_X)?, range(AbsoluteAxisCode::ABS_Y)?];
        Some((device, axes))
    })
}

/// Until the device is gone.
fn follow(device: &mut Device, [x, y]: Axes, mut tell: impl FnMut(Touch)) -> io::Error {
    let mut finger = Finger::default();
    loop {
        let events = match device.fetch_events() {
            Ok(events) => events,
            Err(error) => {
                // Whatever was pressed is not pressed by a finger that nobody feels.
                finger.is_down = false;
                finger.told().into_iter().for_each(tell);
                return error;
            }
        };
        for event in events {
            match event.destructure() {
                EventSummary::AbsoluteAxis(_, AbsoluteAxisCode::ABS_X, value) => finger.at.0 = part(value, x.0, x.1),
                EventSummary::AbsoluteAxis(_, AbsoluteAxisCode::ABS_Y, value) => finger.at.1 = part(value, y.0, y.1),
                EventSummary::Key(_, key, value) if CONTACTS.contains(&key) => finger.is_down = value != 0,
                EventSummary::Synchronization(..) => finger.told().into_iter().for_each(&mut tell),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finger_goes_down_moves_and_is_lifted_where_the_device_says() {
        let mut finger = Finger { at: (0.25, 0.5), ..Finger::default() };
        assert_eq!(finger.told(), None, "it hovers");
        finger.is_down = true;
        assert_eq!(finger.told(), Some(Touch::Down(0.25, 0.5)));
        assert_eq!(finger.told(), None);
        finger.at.0 = 0.5;
        assert_eq!(finger.told(), Some(Touch::Moved(0.5, 0.5)));
        finger.is_down = false;
        assert_eq!(finger.told(), Some(Touch::Up(0.5, 0.5)));
        assert_eq!(finger.told(), None);
    }

    #[test]
    fn an_axis_without_a_range_and_a_value_out_of_it_stay_on_the_screen() {
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
