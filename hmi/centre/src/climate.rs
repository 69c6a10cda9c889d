//! The climate: readings of the car, and wishes that only the car's own reading can fulfil.

use std::cell::RefCell;
use std::rc::Rc;

use slint::ComponentHandle;
use tandem_contracts::actuation::RequestState;
use tandem_kit::format::{self, Shown};
use tandem_kit::{Climate, Readings, RefusalCause, TemperatureRange, TemperatureRequest};
use tandem_units::{Celsius, Nanoseconds};

use crate::{CentreWindow, ClimateAdapter, Denial, Leaf, shown};

/// How long the screen says why a wish came to nothing.
const REASON_SHOWN: Nanoseconds = Nanoseconds::from_millis(4_000);
/// The cabin counts as having what is asked for within this, kelvin.
const SATISFIED: f64 = 0.5;

/// A wish that is on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wish {
    celsius: f64,
    /// None until the service has numbered it.
    id: Option<u64>,
}

/// What the driver asked for and what became of it.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    range: Option<TemperatureRange>,
    confirmed: Option<f64>,
    wish: Option<Wish>,
    denial: Option<(Denial, Nanoseconds)>,
    now: Nanoseconds,
}

impl Wishes {
    /// What the car reports, if it is to be believed, and when.
    pub fn set_confirmed(&mut self, celsius: Option<f64>, now: Nanoseconds) {
        self.confirmed = celsius;
        self.now = now;
        self.denial = self.denial.filter(|(_, until)| now < *until);
    }

    pub fn hear(&mut self, news: &Climate, now: Nanoseconds) {
        self.now = now;
        match news {
            Climate::Available(range) => self.range = Some(*range),
            Climate::Gone => *self = Self { confirmed: self.confirmed, now, ..Self::default() },
            Climate::Request(request) => self.follow(request),
            Climate::Refused(refusal) => {
                self.deny(match refusal.cause {
                    RefusalCause::OutOfRange => Denial::OutOfRange,
                    RefusalCause::Restricted => Denial::Restricted,
                    RefusalCause::Held => Denial::Held,
                    RefusalCause::NotAvailable => Denial::NotAvailable,
                    RefusalCause::NoAnswer => Denial::NoAnswer,
                });
            }
        }
    }

    fn follow(&mut self, request: &TemperatureRequest) {
        // A request that ended before this screen knew of it is history.
        let known = self.wish.is_some_and(|wish| wish.id.is_none_or(|id| id == request.id));
        match request.state.parse() {
            // Whatever was denied before is not what happens now.
            Ok(RequestState::Pending) => {
                self.denial = None;
                self.wish = Some(Wish { celsius: request.celsius, id: Some(request.id) });
            }
            Ok(RequestState::Refused) if known => self.deny(Denial::Refused),
            Ok(RequestState::Lapsed) if known => self.deny(Denial::Lapsed),
            // That it was on its way may not have been told.
            Ok(RequestState::Confirmed) if known || self.wish.is_none() => (self.wish, self.denial) = (None, None),
            Ok(_) => {}
            Err(word) => tracing::warn!(word, "the climate service tells a state that is unknown"),
        }
    }

    fn deny(&mut self, denial: Denial) {
        self.wish = None;
        self.denial = Some((denial, self.now + REASON_SHOWN));
    }

    /// The temperature so many steps from the wish on its way, else from the one that is; none if that is unknown or this car has no such temperature.
    fn target(&self, steps: i32) -> Option<f64> {
        let TemperatureRange { min, max, step } = self.range?;
        let from = self.wish.map(|wish| wish.celsius).or(self.confirmed)?;
        let target = min + ((from - min) / step).round().mul_add(step, f64::from(steps) * step);
        (target >= min - step * 1e-6 && target <= max + step * 1e-6).then_some(target)
    }

    /// Asks for a temperature through `send`, which says whether the wish is under way.
    fn ask(&mut self, steps: i32, send: impl FnOnce(f64) -> bool) {
        let Some(celsius) = self.target(steps) else { return };
        self.denial = None;
        if send(celsius) {
            self.wish = Some(Wish { celsius, id: None });
        } else {
            self.deny(Denial::NoAnswer);
        }
    }

    /// When the reason goes away.
    pub fn forgets_at(&self) -> Option<Nanoseconds> {
        self.denial.map(|(_, until)| until)
    }
}

/// Lets a tap ask the car through `send`.
pub(crate) fn connect(window: &CentreWindow, wishes: &Rc<RefCell<Wishes>>, send: impl Fn(f64) -> bool + 'static) {
    let (place, wishes) = (window.as_weak(), Rc::clone(wishes));
    window.global::<ClimateAdapter>().on_request_driver_temperature(move |steps| {
        wishes.borrow_mut().ask(steps, &send);
        if let Some(window) = place.upgrade() {
            show_wishes(&window.global(), &wishes.borrow());
        }
    });
}

/// Writes everything on the climate to the window.
pub(crate) fn show(window: &CentreWindow, readings: &Readings, wishes: &Wishes) {
    let adapter = window.global::<ClimateAdapter>();
    let temperature = |leaf| shown(Shown::number(readings, leaf, |celsius| format::temperature(Celsius(celsius))));
    adapter.set_driver_temperature(temperature(Leaf::DriverTemperature));
    adapter.set_passenger_temperature(temperature(Leaf::PassengerTemperature));
    adapter.set_fan(shown(Shown::number(readings, Leaf::FanSpeed, |percent| format!("{percent:.0}"))));
    adapter.set_air_conditioning(readings.get(Leaf::AirConditioning).valid_switch() == Some(true));

    let set = readings.get(Leaf::DriverTemperature).valid_number();
    let cabin = readings.get(Leaf::CabinTemperature).valid_number();
    let lacking = set.zip(cabin).map_or(0.0, |(set, cabin)| set - cabin);
    adapter.set_warming(lacking >= SATISFIED);
    adapter.set_cooling(lacking <= -SATISFIED);
    show_wishes(&adapter, wishes);
}

fn show_wishes(adapter: &ClimateAdapter<'_>, wishes: &Wishes) {
    adapter.set_commandable(wishes.range.is_some());
    adapter.set_can_lower(wishes.target(-1).is_some());
    adapter.set_can_raise(wishes.target(1).is_some());
    adapter.set_wish(wishes.wish.map(|wish| format::temperature(Celsius(wish.celsius))).unwrap_or_default().into());
    adapter.set_denial(wishes.denial.map_or(Denial::None, |(denial, _)| denial));
}

#[cfg(test)]
mod tests {
    use tandem_kit::Refusal;

    use super::*;

    const RANGE: TemperatureRange = TemperatureRange { min: 16.0, max: 28.0, step: 0.5 };

    fn at(seconds: u64) -> Nanoseconds {
        Nanoseconds::from_millis(seconds * 1_000)
    }

    fn at_21_5() -> Wishes {
        let mut wishes = Wishes::default();
        wishes.hear(&Climate::Available(RANGE), at(1));
        wishes.set_confirmed(Some(21.5), at(1));
        wishes
    }

    fn tap(wishes: &mut Wishes, steps: i32) -> Option<f64> {
        let mut sent = None;
        wishes.ask(steps, |celsius| {
            sent = Some(celsius);
            true
        });
        sent
    }

    fn told(id: u64, celsius: f64, state: &str) -> Climate {
        Climate::Request(TemperatureRequest { id, celsius, state: state.into(), reason: String::new() })
    }

    fn wish(wishes: &Wishes) -> Option<f64> {
        wishes.wish.map(|wish| wish.celsius)
    }

    #[test]
    fn taps_count_from_the_wish_that_is_on_its_way() {
        let mut wishes = at_21_5();
        assert_eq!([1, 1, -1].map(|steps| tap(&mut wishes, steps)), [Some(22.0), Some(22.5), Some(22.0)]);
        assert_eq!((wishes.confirmed, wish(&wishes)), (Some(21.5), Some(22.0)));
    }

    #[test]
    fn nothing_is_asked_that_the_car_cannot_do() {
        let mut wishes = at_21_5();
        wishes.set_confirmed(Some(28.0), at(1));
        assert_eq!((tap(&mut wishes, 1), wish(&wishes)), (None, None));
        wishes.set_confirmed(Some(16.2), at(1));
        assert_eq!(tap(&mut wishes, 1), Some(16.5), "from between two steps to a step");
        let mut unknown = at_21_5();
        unknown.set_confirmed(None, at(2));
        assert_eq!(tap(&mut unknown, 1), None, "nobody knows from where");
        assert_eq!(tap(&mut Wishes::default(), 1), None, "no climate service");
    }

    #[test]
    fn the_wish_goes_when_the_car_has_confirmed() {
        let mut wishes = at_21_5();
        tap(&mut wishes, 1);
        wishes.hear(&told(7, 22.0, "pending"), at(1));
        wishes.hear(&told(6, 21.5, "confirmed"), at(1));
        assert_eq!(wish(&wishes), Some(22.0), "an older one was confirmed");
        wishes.hear(&told(7, 22.0, "confirmed"), at(2));
        assert_eq!((wish(&wishes), wishes.forgets_at()), (None, None));
    }

    #[test]
    fn a_reason_stands_for_four_seconds_of_the_links_time() {
        for (news, reason) in [
            (told(7, 22.0, "lapsed"), Denial::Lapsed),
            (told(7, 22.0, "refused"), Denial::Refused),
            (
                Climate::Refused(Refusal { celsius: 22.0, cause: RefusalCause::NoAnswer, sentence: String::new() }),
                Denial::NoAnswer,
            ),
        ] {
            let mut wishes = at_21_5();
            tap(&mut wishes, 1);
            wishes.hear(&told(7, 22.0, "pending"), at(1));
            wishes.hear(&news, at(3));
            assert_eq!((wish(&wishes), wishes.denial, wishes.forgets_at()), (None, Some((reason, at(7))), Some(at(7))));
            wishes.set_confirmed(Some(21.5), Nanoseconds(at(7).0 - 1));
            assert!(wishes.denial.is_some());
            wishes.set_confirmed(Some(21.5), at(7));
            assert_eq!(wishes.forgets_at(), None);
        }
    }

    #[test]
    fn a_newer_wish_ends_what_was_said_of_an_older_one() {
        for news in [told(8, 22.5, "pending"), told(8, 22.5, "confirmed")] {
            let mut wishes = at_21_5();
            tap(&mut wishes, 1);
            tap(&mut wishes, 1);
            wishes.hear(&told(7, 22.0, "pending"), at(1));
            wishes.hear(&told(7, 22.0, "lapsed"), at(1));
            assert_eq!(wishes.denial.map(|(denial, _)| denial), Some(Denial::Lapsed));
            wishes.hear(&news, at(1));
            assert_eq!(wishes.denial, None, "{news:?}");
        }
    }

    #[test]
    fn what_lapsed_before_the_screen_came_is_history() {
        let mut wishes = at_21_5();
        wishes.hear(&told(3, 30.0, "lapsed"), at(1));
        assert_eq!(wishes.denial, None);
    }

    #[test]
    fn a_wish_that_nobody_takes_is_denied_at_once() {
        let mut wishes = at_21_5();
        wishes.ask(1, |_| false);
        assert_eq!((wish(&wishes), wishes.denial), (None, Some((Denial::NoAnswer, at(5)))));
    }

    #[test]
    fn without_the_service_there_is_nothing_to_ask() {
        let mut wishes = at_21_5();
        tap(&mut wishes, 1);
        wishes.hear(&Climate::Gone, at(2));
        assert_eq!((wishes.range, wish(&wishes), wishes.forgets_at()), (None, None, None));
    }
}
