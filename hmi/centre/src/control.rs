//! Everything that the car can be asked for, on its way to the window and back.

use std::cell::RefCell;
use std::rc::Rc;

use slint::ComponentHandle;
use tandem_kit::format::Shown;
use tandem_kit::{Key, Readings, RefusalCause, Wishes};
use tandem_units::{Quality, Value};

use crate::{Asking, CentreWindow, Control, Denial, Leaf, shown};

/// The readings and the wishes that a page is written from.
#[derive(Clone, Copy)]
pub(crate) struct Car<'a> {
    pub readings: &'a Readings,
    pub wishes: &'a Wishes,
}

impl Car<'_> {
    /// A control with a number, as `write` writes it.
    pub fn number(&self, leaf: Leaf, write: impl Fn(f64) -> String) -> Control {
        let Self { readings, wishes } = self;
        let path = path(leaf);
        let reading = readings.get(leaf);
        let is = reading.number().filter(|number| number.is_finite());
        let wish = wishes.wish(path).and_then(Value::as_f64);
        let (min, max) = wishes.offer(path).map_or((0.0, 0.0), |offer| (offer.min, offer.max));
        let share = |number: f64| if max > min { ((number - min) / (max - min)).clamp(0.0, 1.0) as f32 } else { 0.0 };
        let valid = is.filter(|_| reading.quality == Quality::Valid);
        Control {
            shown: shown(Shown::number(readings, leaf, &write)),
            number: is.unwrap_or_default() as f32,
            share: is.map_or(0.0, share),
            on: valid.is_some_and(|number| number != 0.0),
            can_less: wishes.stepped(path, valid, -1).is_some(),
            can_more: wishes.stepped(path, valid, 1).is_some(),
            wish: wish.map(&write).unwrap_or_default().into(),
            least: min as f32,
            most: max as f32,
            wish_number: wish.unwrap_or_default() as f32,
            wish_share: wish.map_or(0.0, share),
            wish_on: wish.is_some_and(|number| number != 0.0),
            ..self.control(leaf)
        }
    }

    /// A control that is on or off.
    pub fn switch(&self, leaf: Leaf) -> Control {
        let written = Shown::of(self.readings, leaf, self.readings.get(leaf).switch().map(|on| on.to_string()));
        Control {
            shown: shown(written),
            on: self.readings.get(leaf).valid_switch() == Some(true),
            wish_on: self.wishes.wish(path(leaf)).and_then(Value::as_bool) == Some(true),
            ..self.control(leaf)
        }
    }

    /// One of the words that a leaf may say. It is pending if this word was asked for, or if it holds and another was.
    pub fn choice(&self, leaf: Leaf, word: &str) -> Control {
        let reading = self.readings.get(leaf);
        let is = reading.text().filter(|_| reading.quality == Quality::Valid);
        let wish = self.wishes.wish(path(leaf)).and_then(Value::as_text);
        let control = self.control(leaf);
        let offered = self.wishes.offer(path(leaf)).is_some_and(|offer| offer.allowed.iter().any(|it| it == word));
        Control {
            word: word.into(),
            shown: shown(Shown::of(self.readings, leaf, reading.text().map(str::to_owned))),
            on: is == Some(word),
            commandable: offered,
            pending: wish == Some(word),
            wish_on: wish == Some(word),
            ..control
        }
    }

    /// Several that are switched together: on if all of them are, and asked for all at once.
    pub fn group(&self, group: Group) -> Control {
        let all = group.leaves().iter().map(|leaf| self.switch(*leaf));
        let Some(mut one) = all.clone().next() else { return Control::default() };
        for other in all.skip(1) {
            if one.shown.text != other.shown.text {
                one.shown.text = "mixed".into();
            }
            if one.shown.quality == crate::Quality::Valid {
                one.shown.quality = other.shown.quality;
            }
            one.on &= other.on;
            one.commandable &= other.commandable;
            one.locked |= other.locked;
            one.wish_on |= other.wish_on;
            one.pending |= other.pending;
            if one.denial == Denial::None {
                one.denial = other.denial;
            }
        }
        Control { id: group.id(), ..one }
    }

    fn control(&self, leaf: Leaf) -> Control {
        let path = path(leaf);
        Control {
            id: leaf.slot() as i32,
            commandable: self.wishes.offer(path).is_some(),
            locked: self.wishes.is_locked(path),
            pending: self.wishes.wish(path).is_some(),
            denial: denial(self.wishes.denial(path)),
            ..Control::default()
        }
    }
}

/// What a hand moves together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    DoorLocks,
    MirrorsFolded,
    MirrorsHeated,
}

impl Group {
    const ALL: [Self; 3] = [Self::DoorLocks, Self::MirrorsFolded, Self::MirrorsHeated];

    fn leaves(self) -> &'static [Leaf] {
        match self {
            Self::DoorLocks => {
                &[Leaf::DriverLock, Leaf::PassengerLock, Leaf::RearDriverSideLock, Leaf::RearPassengerSideLock]
            }
            Self::MirrorsFolded => &[Leaf::DriverMirrorFolded, Leaf::PassengerMirrorFolded],
            Self::MirrorsHeated => &[Leaf::DriverMirrorHeating, Leaf::PassengerMirrorHeating],
        }
    }

    /// Below zero, where no leaf is.
    fn id(self) -> i32 {
        -1 - self as i32
    }
}

/// The leaves that an id of the window stands for.
fn leaves(id: i32) -> &'static [Leaf] {
    let one = usize::try_from(id).ok().and_then(|slot| Leaf::ALL.get(slot..=slot));
    one.or_else(|| Group::ALL.into_iter().find(|group| group.id() == id).map(Group::leaves)).unwrap_or_default()
}

fn path(leaf: Leaf) -> &'static str {
    Leaf::PATHS.get(leaf.slot()).copied().unwrap_or_default()
}

fn denial(denial: Option<tandem_kit::Denial>) -> Denial {
    use tandem_kit::Denial as Why;
    match denial {
        None => Denial::None,
        Some(Why::NotTaken(RefusalCause::OutOfRange)) => Denial::OutOfRange,
        Some(Why::NotTaken(RefusalCause::Restricted)) => Denial::Restricted,
        Some(Why::NotTaken(RefusalCause::Held)) => Denial::Held,
        Some(Why::NotTaken(RefusalCause::NotAvailable)) => Denial::NotAvailable,
        Some(Why::NotTaken(RefusalCause::NoAnswer)) => Denial::NoAnswer,
        Some(Why::Refused) => Denial::Refused,
        Some(Why::Lapsed) => Denial::Lapsed,
    }
}

/// What stands behind the window's hands: what was heard last, from which a step counts, and the wishes.
#[derive(Debug)]
pub(crate) struct Hands {
    pub wishes: Wishes,
    readings: Readings,
}

impl Hands {
    pub fn new() -> Self {
        Self { wishes: Wishes::default(), readings: Readings::new(Leaf::PATHS) }
    }

    pub fn hear(&mut self, readings: &Readings) {
        self.wishes.pass(readings.now());
        self.readings.clone_from(readings);
    }

    pub fn car(&self) -> Car<'_> {
        Car { readings: &self.readings, wishes: &self.wishes }
    }
}

/// Where a hand's wishes go, by the actuator's VSS path: whether the wish is under way.
pub type Ask = Box<dyn Fn(&'static str, Value) -> bool>;

/// Lets a hand ask; `show` writes what comes of it to the window.
pub(crate) fn connect(window: &CentreWindow, hands: &Rc<RefCell<Hands>>, ask: Ask, show: fn(&CentreWindow, Car<'_>)) {
    let (place, asking) = (window.as_weak(), window.global::<Asking>());
    let hands = Rc::clone(hands);
    let wish = Rc::new(move |id: i32, value: &dyn Fn(Car<'_>, Leaf) -> Option<Value>| {
        for leaf in leaves(id) {
            let value = value(hands.borrow().car(), *leaf);
            if let Some(value) = value {
                hands.borrow_mut().wishes.ask(path(*leaf), value, &ask);
            }
        }
        if let Some(window) = place.upgrade() {
            show(&window, hands.borrow().car());
        }
    });
    let by = Rc::clone(&wish);
    asking.on_step(move |id, steps| {
        by(id, &|car, leaf| {
            car.wishes.stepped(path(leaf), car.readings.get(leaf).valid_number(), steps).map(Value::Float)
        });
    });
    let by = Rc::clone(&wish);
    asking.on_set(move |id, share| {
        by(id, &|car, leaf| {
            let offer = car.wishes.offer(path(leaf))?;
            let number = f64::from(share).mul_add(offer.max - offer.min, offer.min);
            car.wishes.nearest(path(leaf), number).map(Value::Float)
        });
    });
    let by = Rc::clone(&wish);
    asking.on_switch(move |id, on| by(id, &|car, leaf| car.wishes.offer(path(leaf)).map(|_| Value::Bool(on))));
    asking.on_choose(move |id, word| {
        wish(id, &|car, leaf| {
            let offer = car.wishes.offer(path(leaf))?;
            offer.allowed.iter().any(|it| word == *it).then(|| Value::Text(word.as_str().into()))
        });
    });
}
