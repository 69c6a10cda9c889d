//! Everything that a hand sets, on its way to the window and back.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use slint::ComponentHandle;
use tandem_kit::Units;
use tandem_kit::format::Shown;
use tandem_kit::{Actuation, Fate, Readings, Refusal, RefusalCause, RequestState, Wishes};
use tandem_units::{Celsius, Nanoseconds, Quality, Value};

use crate::hand::{Order, Why};
use crate::things::{self, Kind, Thing};
use crate::{Asking, Control, Denial, PanelWindow, SettingsAdapter, shown};

/// The slowest that comes about is the rain: its sensor is wet for a while. Then the car has not done it.
const LAPSES_AFTER: Nanoseconds = Nanoseconds::from_millis(20_000);

/// What was asked of the hand, and what the car says.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    wishes: Wishes,
    /// By key: the number of the wish, and when it lapses.
    asked: BTreeMap<&'static str, (u64, Nanoseconds)>,
    last: u64,
    readings: Option<Readings>,
}

impl Hands {
    /// The hand is there, or not.
    pub fn set_present(&mut self, present: bool) {
        let offers = || things::ALL.iter().map(|thing| thing.offer()).collect();
        self.wishes.hear(&if present { Actuation::Actuators(offers()) } else { Actuation::Gone });
        if !present {
            self.asked.clear();
        }
    }

    pub fn hear(&mut self, readings: &Readings) {
        let now = readings.now();
        self.wishes.pass(now);
        let mut over = Vec::new();
        for (key, (id, until)) in &self.asked {
            let thing = things::ALL.iter().find(|thing| thing.key == *key);
            let is = thing.is_some_and(|thing| self.wishes.wish(key).is_some_and(|wish| thing.is(wish, readings)));
            if is || now >= *until {
                over.push((*key, *id, if is { RequestState::Confirmed } else { RequestState::Lapsed }));
            }
        }
        for (key, id, state) in over {
            self.asked.remove(key);
            self.wishes.hear(&Actuation::Request(Fate { id, path: key.to_owned(), value: None, state, mine: true }));
        }
        self.readings = Some(readings.clone());
    }

    fn ask(&mut self, thing: Thing, value: Value, send: &dyn Fn(Order) -> bool) {
        let order = Order::Set { key: thing.key, value: Thing::said(&value) };
        self.wishes.ask(thing.key, value.clone(), |_, _| send(order));
        if self.wishes.wish(thing.key).is_some() {
            self.last += 1;
            let now = self.readings.as_ref().map_or(Nanoseconds::ZERO, Readings::now);
            self.asked.insert(thing.key, (self.last, Nanoseconds(now.0 + LAPSES_AFTER.0)));
            let (id, path, state) = (self.last, thing.key.to_owned(), RequestState::Pending);
            self.wishes.hear(&Actuation::Request(Fate { id, path, value: Some(value), state, mine: true }));
        }
    }

    /// The hand did not do it.
    pub fn refused(&mut self, key: &'static str, why: &Why) {
        self.asked.remove(key);
        let cause = match why {
            Why::Unknown(_) => RefusalCause::OutOfRange,
            Why::NotNow(_) => RefusalCause::Restricted,
            Why::NoAnswer => RefusalCause::NoAnswer,
        };
        self.wishes.hear(&Actuation::Refused(Refusal { path: key.to_owned(), cause, sentence: String::new() }));
    }

    /// When something changes by time alone.
    pub fn wakes_at(&self) -> Option<Nanoseconds> {
        let lapses = self.asked.values().map(|(_, until)| *until).min();
        [lapses, self.wishes.forgets_at()].into_iter().flatten().min()
    }

    fn number(&self, thing: Thing, write: fn(f64) -> String) -> Control {
        let Some(readings) = &self.readings else { return self.control(thing) };
        let Kind::Number { least, most, .. } = thing.kind else { return self.control(thing) };
        let share = |number: f64| ((number - least) / (most - least)).clamp(0.0, 1.0) as f32;
        let is = readings.get(thing.leaf).number().filter(|number| number.is_finite());
        let wish = self.wishes.wish(thing.key).and_then(Value::as_f64);
        Control {
            shown: shown(Shown::number(readings, thing.leaf, write)),
            number: is.unwrap_or_default() as f32,
            share: is.map_or(0.0, share),
            least: least as f32,
            most: most as f32,
            wish: wish.map(write).unwrap_or_default().into(),
            wish_number: wish.unwrap_or_default() as f32,
            wish_share: wish.map_or(0.0, share),
            ..self.control(thing)
        }
    }

    fn switch(&self, thing: Thing) -> Control {
        let Some(readings) = &self.readings else { return self.control(thing) };
        let reading = readings.get(thing.leaf);
        let written = Shown::of(readings, thing.leaf, reading.switch().map(|on| on.to_string()));
        Control {
            shown: shown(written),
            on: reading.valid_switch() == Some(true),
            wish_on: self.wishes.wish(thing.key).and_then(Value::as_bool) == Some(true),
            ..self.control(thing)
        }
    }

    /// One of the words that the thing may be.
    fn word(&self, thing: Thing, word: &str) -> Control {
        let Kind::Words(words) = thing.kind else { return self.control(thing) };
        let wished = self.wishes.wish(thing.key).and_then(Value::as_text) == Some(word);
        let reading = self.readings.as_ref().map(|readings| readings.get(thing.leaf));
        let quality = reading.map_or(Quality::Absent, |reading| reading.quality);
        let says = words.iter().find(|(known, _)| *known == word).map(|(_, says)| says);
        Control {
            word: word.into(),
            shown: shown(Shown { quality, ..Shown::default() }),
            on: reading.zip(says).is_some_and(|(reading, says)| says.holds(reading)),
            wish_on: wished,
            pending: wished,
            ..self.control(thing)
        }
    }

    fn control(&self, thing: Thing) -> Control {
        Control {
            id: thing.id(),
            commandable: self.wishes.offer(thing.key).is_some(),
            pending: self.wishes.wish(thing.key).is_some(),
            denial: denial(self.wishes.denial(thing.key)),
            ..Control::default()
        }
    }
}

fn denial(denial: Option<tandem_kit::Denial>) -> Denial {
    use tandem_kit::Denial as Why;
    match denial {
        None => Denial::None,
        Some(Why::NotTaken(RefusalCause::OutOfRange)) => Denial::OutOfRange,
        Some(Why::NotTaken(RefusalCause::Restricted)) => Denial::Restricted,
        Some(Why::NotTaken(_)) => Denial::NoAnswer,
        Some(Why::Refused) => Denial::Refused,
        Some(Why::Lapsed) => Denial::Lapsed,
    }
}

/// Lets a finger ask.
pub(crate) fn connect(window: &PanelWindow, hands: &Rc<RefCell<Hands>>, send: &Rc<dyn Fn(Order) -> bool>) {
    let (place, asking) = (window.as_weak(), window.global::<Asking>());
    let (hands, send) = (Rc::clone(hands), Rc::clone(send));
    let wish = Rc::new(move |id: i32, value: &dyn Fn(&Hands, Thing) -> Option<Value>| {
        let Some(thing) = Thing::of(id) else { return };
        let value = value(&hands.borrow(), thing);
        if let Some(value) = value {
            hands.borrow_mut().ask(thing, value, &*send);
        }
        if let Some(window) = place.upgrade() {
            show(&window, &hands.borrow());
        }
    });
    let by = Rc::clone(&wish);
    asking.on_set(move |id, share| {
        by(id, &|hands, thing| {
            let offer = hands.wishes.offer(thing.key)?;
            let number = f64::from(share).mul_add(offer.max - offer.min, offer.min);
            hands.wishes.nearest(thing.key, number).map(Value::Float)
        });
    });
    let by = Rc::clone(&wish);
    asking.on_switch(move |id, on| by(id, &|hands, thing| hands.wishes.offer(thing.key).map(|_| Value::Bool(on))));
    asking.on_choose(move |id, word| {
        wish(id, &|hands, thing| {
            let offer = hands.wishes.offer(thing.key)?;
            offer.allowed.iter().any(|it| word == *it).then(|| Value::Text(word.as_str().into()))
        });
    });
}

/// Writes every control to the window.
pub(crate) fn show(window: &PanelWindow, hands: &Hands) {
    let adapter = window.global::<SettingsAdapter>();
    adapter.set_gear_p(hands.word(things::GEAR, "P"));
    adapter.set_gear_r(hands.word(things::GEAR, "R"));
    adapter.set_gear_n(hands.word(things::GEAR, "N"));
    adapter.set_gear_d(hands.word(things::GEAR, "D"));
    adapter.set_power_off(hands.word(things::POWER, "OFF"));
    adapter.set_power_acc(hands.word(things::POWER, "ACC"));
    adapter.set_power_on(hands.word(things::POWER, "ON"));
    adapter.set_parking_brake(hands.switch(things::PARKING_BRAKE));
    adapter.set_driver_door(hands.switch(things::DRIVER_DOOR));
    adapter.set_passenger_door(hands.switch(things::PASSENGER_DOOR));
    adapter.set_rear_left_door(hands.switch(things::REAR_DRIVER_DOOR));
    adapter.set_rear_right_door(hands.switch(things::REAR_PASSENGER_DOOR));
    adapter.set_bonnet(hands.switch(things::BONNET));
    adapter.set_boot(hands.switch(things::BOOT));
    let percent = |number: f64| format!("{number:.0}");
    adapter.set_driver_window(hands.number(things::DRIVER_WINDOW, percent));
    adapter.set_passenger_window(hands.number(things::PASSENGER_WINDOW, percent));
    adapter.set_rear_left_window(hands.number(things::REAR_DRIVER_WINDOW, percent));
    adapter.set_rear_right_window(hands.number(things::REAR_PASSENGER_WINDOW, percent));
    adapter.set_outside(hands.number(things::OUTSIDE, |celsius| Units::METRIC.temperature(Celsius(celsius))));
    adapter.set_rain(hands.number(things::RAIN, percent));
    adapter.set_daylight(hands.number(things::DAYLIGHT, percent));
    adapter.set_low_beam(hands.switch(things::LOW_BEAM));
    adapter.set_high_beam(hands.switch(things::HIGH_BEAM));
    adapter.set_driver_belt(hands.switch(things::DRIVER_BELT));
    adapter.set_passenger_belt(hands.switch(things::PASSENGER_BELT));
}
