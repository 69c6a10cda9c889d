//! What each signal of the demo car's DBC files says: the one place that knows both names and model.

mod adas;
mod battery;
mod body;
mod charging;
mod chassis;
mod comfort;
mod drive;
mod place;

use crate::actuation::Actuation;
use crate::model::Car;
use crate::wheel::Wheel;

/// A physical value of the car; `None` is "not measured".
type Plain = fn(&Car) -> Option<f64>;
/// One of several that are alike, counted from 0.
type Each = fn(&Car, usize) -> Option<f64>;

/// Everything that the control units can speak of.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'a> {
    pub car: &'a Car,
    pub actuation: &'a Actuation,
    pub wheel: &'a Wheel,
}

impl Inside<'_> {
    /// The source of a signal of a bus, if there is one.
    pub fn source(&self, bus: usize, message: &str, signal: &str) -> Option<Source> {
        let answer = || self.actuation.answer(bus, message, signal).map(Source::Answer);
        let input = || self.wheel.input(bus, message, signal).map(Source::Input);
        source(message, signal).or_else(answer).or_else(input)
    }
}

/// Where a signal's physical value comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    Car(Plain),
    Each(Each, usize),
    /// What the car says to the wishes for an actuator, by its number.
    Answer(usize),
    /// A key or knob of the steering wheel, by its number.
    Input(usize),
}

impl Source {
    /// In the signal's unit; `None` is "not measured".
    pub fn value(&self, inside: Inside<'_>) -> Option<f64> {
        match self {
            Self::Car(plain) => plain(inside.car),
            Self::Each(each, at) => each(inside.car, *at),
            Self::Answer(at) => inside.actuation.says(*at),
            Self::Input(at) => inside.wheel.says(*at),
        }
    }

    /// The one with a number in its signal's name, which counts from 1; `None` if there are not so many.
    fn numbered(each: Each, number: &str, count: usize) -> Option<Self> {
        let at = number.parse::<usize>().ok()?.checked_sub(1)?;
        (at < count).then_some(Self::Each(each, at))
    }
}

/// The source of a signal, if the model itself has one.
fn source(message: &str, signal: &str) -> Option<Source> {
    let plain = [
        drive::plain,
        battery::plain,
        charging::plain,
        body::plain,
        comfort::plain,
        place::plain,
        chassis::plain,
        adas::plain,
    ];
    let numbered = [battery::cell, place::letter, adas::echo];
    let of = |domain: &fn(&str, &str) -> Option<Plain>| domain(message, signal).map(Source::Car);
    plain.iter().find_map(of).or_else(|| numbered.iter().find_map(|domain| domain(message, signal)))
}

fn flag(on: bool) -> Option<f64> {
    Some(f64::from(u8::from(on)))
}
