//! The virtual car's panel: a window to drive it by hand, to set what is around it, and to make it misbehave. It talks D-Bus alone: `Simulator1` for what the
//! car is to do, `Signals1` for what it says. What it shows of the car is what the car says, in the car's units whatever the driver's are.

mod control;
mod desk;
pub mod gallery;
mod generated;
mod hand;
mod leaf;
mod things;

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, PlatformError};
use tandem_contracts::screen;
use tandem_kit::format::{self, Shown};
use tandem_kit::{Face, Key, Link, Look, Readings, Units, Update};
use tandem_units::{KilometersPerHour, Nanoseconds, Percent};

pub use generated::{
    Asking, CarAdapter, Control, Denial, GalleryWindow, HandAdapter, Icons, PanelWindow, PhoneView, Quality, Reach,
    Refused, Row, SettingsAdapter, Shown as WindowShown, Theme, UnitWords, Wire,
};
pub use hand::{News, Order, Why};
pub use leaf::Leaf;

use crate::control::Hands;
use crate::desk::Desk;
use crate::hand::Hand;

/// The state behind the window.
pub struct Panel {
    hands: Rc<RefCell<Hands>>,
    desk: Rc<RefCell<Desk>>,
}

impl Panel {
    /// The state behind an open window that gives its orders through `send`, which says whether an order is under way.
    pub fn asking(window: &PanelWindow, send: Rc<dyn Fn(Order) -> bool>) -> Self {
        let place = window.as_weak();
        let send: Rc<dyn Fn(Order) -> bool> = Rc::new(move |order| {
            // What the last order came to nothing by is no news any more.
            if let Some(window) = place.upgrade() {
                window.global::<HandAdapter>().set_refused(Refused::None);
            }
            send(order)
        });
        let hands = Rc::default();
        let desk = Rc::default();
        control::connect(window, &hands, &send);
        desk::connect(window, &desk, &send);
        Self { hands, desk }
    }

    /// The hand said something.
    pub fn hear(&self, window: &PanelWindow, news: &News) {
        let mut hands = self.hands.borrow_mut();
        match news {
            News::State(_) => hands.set_present(true),
            News::Gone => hands.set_present(false),
            News::Refused { order: Order::Set { key, .. }, why } => hands.refused(key, why),
            News::Scenarios(_) | News::Refused { .. } => {}
        }
        self.desk.borrow_mut().hear(window, news);
        control::show(window, &hands);
    }
}

impl Face for Panel {
    type Window = PanelWindow;

    const NAME: &'static str = "panel";
    const BUS_NAME: &'static str = screen::PANEL;
    const SIZE: (u32, u32) = (1280, 720);

    fn paths() -> &'static [&'static str] {
        Leaf::PATHS
    }

    fn open() -> Result<PanelWindow, PlatformError> {
        let window = PanelWindow::new()?;
        window.global::<Icons>().on_drawn(tandem_kit::draw_icons());
        Ok(window)
    }

    fn new(window: &PanelWindow, _desk: tandem_kit::Desk) -> Self {
        let place = window.as_weak();
        let started = Hand::start(move || {
            let woken = place.upgrade_in_event_loop(|window| window.global::<HandAdapter>().invoke_news());
            // The window may be gone before the thread is.
            drop(woken);
        });
        let hand = match started {
            Ok(hand) => hand,
            Err(error) => {
                tracing::error!(%error, "no way to the virtual car's hand");
                return Self::asking(window, Rc::new(|_| false));
            }
        };
        let orders = hand.clone();
        let panel = Self::asking(window, Rc::new(move |order| orders.order(order)));
        let listens = Self { hands: Rc::clone(&panel.hands), desk: Rc::clone(&panel.desk) };
        let place = window.as_weak();
        window.global::<HandAdapter>().on_news(move || {
            if let Some(window) = place.upgrade() {
                hand.take().iter().for_each(|news| listens.hear(&window, news));
            }
        });
        panel
    }

    fn set_look(&mut self, window: &PanelWindow, look: Look) {
        tandem_kit::wear!(window, look);
    }

    fn apply(&mut self, window: &PanelWindow, update: &Update, readings: &Readings) {
        if matches!(update, Update::Media(_) | Update::Phone(_) | Update::Actuation(_) | Update::Driving(_)) {
            return;
        }
        let mut hands = self.hands.borrow_mut();
        hands.hear(readings);
        control::show(window, &hands);
        show_car(window, readings);
    }

    fn wakes_at(&self) -> Option<Nanoseconds> {
        self.hands.borrow().wakes_at()
    }
}

fn show_car(window: &PanelWindow, readings: &Readings) {
    let adapter = window.global::<CarAdapter>();
    adapter.set_wire(match readings.link() {
        Link::Connecting => Wire::Connecting,
        Link::Up => Wire::Up,
        Link::Silent | Link::NoService | Link::NoBus | Link::Refused(_) => Wire::Down,
    });
    adapter.set_speed(shown(Shown::number(readings, Leaf::Speed, |kmh| Units::METRIC.speed(KilometersPerHour(kmh)))));
    adapter.set_charge(shown(Shown::number(readings, Leaf::Charge, |percent| format::charge(Percent(percent)))));
    let time = readings.get(Leaf::MinuteOfDay).number().and_then(|minute| Units::METRIC.time_of_day(minute));
    adapter.set_time(shown(Shown::of(readings, Leaf::MinuteOfDay, time.map(|(time, _)| time))));
    let pedal = |leaf| shown(Shown::number(readings, leaf, |percent| format!("{percent:.0}")));
    let share = |leaf| readings.get(leaf).number().unwrap_or_default().clamp(0.0, 100.0) as f32 / 100.0;
    adapter.set_accelerator(pedal(Leaf::Accelerator));
    adapter.set_accelerator_share(share(Leaf::Accelerator));
    adapter.set_brake(pedal(Leaf::Brake));
    adapter.set_brake_share(share(Leaf::Brake));
}

/// A reading as the kit writes it, in the window's own type.
pub(crate) fn shown(written: Shown) -> WindowShown {
    let quality = match written.quality {
        tandem_units::Quality::Valid => Quality::Valid,
        tandem_units::Quality::Stale => Quality::Stale,
        tandem_units::Quality::Absent => Quality::Absent,
        tandem_units::Quality::Invalid => Quality::Invalid,
    };
    WindowShown { text: written.text.into(), quality, age: written.age.into() }
}
