use tandem_units::{Nanoseconds, Quality, Value};

use crate::Units;

/// A leaf that a screen reads. [`crate::leaves!`] makes one.
pub trait Key: Copy + 'static {
    /// The VSS path of each key, in the order of [`Key::slot`].
    const PATHS: &'static [&'static str];

    /// The place of the key in `PATHS`.
    fn slot(self) -> usize;
}

/// Declares the leaves that a screen reads, as an enum that is a [`Key`]:
///
/// ```
/// tandem_kit::leaves! {
///     /// What this screen reads.
///     pub enum Leaf {
///         Speed = "Vehicle.Speed",
///     }
/// }
/// ```
#[macro_export]
macro_rules! leaves {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident { $($leaf:ident = $path:literal,)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name { $($leaf,)+ }

        impl $name {
            /// Every leaf, in the order of their slots.
            #[allow(dead_code, reason = "a screen that names its leaves one by one needs no list")]
            pub const ALL: &'static [Self] = &[$(Self::$leaf,)+];
        }

        impl $crate::Key for $name {
            const PATHS: &'static [&'static str] = &[$($path,)+];

            fn slot(self) -> usize {
                self as usize
            }
        }
    };
}

/// One reading as it was heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub quality: Quality,
    /// None where the quality has none.
    pub value: Option<Value>,
    /// When the value was heard, on the link's clock; zero if never.
    pub heard: Nanoseconds,
}

impl Reading {
    const ABSENT: Self = Self { quality: Quality::Absent, value: None, heard: Nanoseconds::ZERO };

    /// The number, valid or stale.
    pub fn number(&self) -> Option<f64> {
        self.value.as_ref().and_then(Value::as_f64)
    }

    /// The switch, valid or stale.
    pub fn switch(&self) -> Option<bool> {
        self.value.as_ref().and_then(Value::as_bool)
    }

    /// The word, valid or stale.
    pub fn text(&self) -> Option<&str> {
        self.value.as_ref().and_then(Value::as_text)
    }

    /// The number, if it is valid: what a gauge or a rule may act on.
    pub fn valid_number(&self) -> Option<f64> {
        self.number().filter(|_| self.quality == Quality::Valid)
    }

    /// The switch, if it is valid.
    pub fn valid_switch(&self) -> Option<bool> {
        self.switch().filter(|_| self.quality == Quality::Valid)
    }
}

/// The state of the link to the vehicle service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// The screen has just started.
    #[default]
    Connecting,
    /// Batches come.
    Up,
    /// The service is on the bus and no batch came for 500 ms.
    Silent,
    /// No service owns the name.
    NoService,
    /// The service is there and does not serve this screen; the sentence says why.
    Refused(String),
    /// The bus itself is gone.
    NoBus,
}

/// The newest reading of every leaf of a screen. Unless the link is up, every reading is absent: never the last value of a service that fell silent.
#[derive(Clone, Debug)]
pub struct Readings {
    slots: Vec<Reading>,
    link: Link,
    now: Nanoseconds,
    sequence: u64,
    units: Units,
}

impl Readings {
    /// A table in which everything is absent.
    pub fn new(paths: &[&str]) -> Self {
        Self {
            slots: vec![Reading::ABSENT; paths.len()],
            link: Link::Connecting,
            now: Nanoseconds::ZERO,
            sequence: 0,
            units: Units::default(),
        }
    }

    /// The reading of a leaf; absent unless the link is up.
    pub fn get(&self, key: impl Key) -> &Reading {
        static ABSENT: Reading = Reading::ABSENT;
        if self.link == Link::Up { self.slots.get(key.slot()).unwrap_or(&ABSENT) } else { &ABSENT }
    }

    /// What they are written in.
    pub fn units(&self) -> Units {
        self.units
    }

    pub fn set_units(&mut self, units: Units) {
        self.units = units;
    }

    /// How long ago a reading was heard, by the link's clock; none if there is no value, or if it was heard before this clock began.
    pub fn age(&self, key: impl Key) -> Option<Nanoseconds> {
        let reading = self.get(key);
        reading.value.as_ref().filter(|_| reading.heard > Nanoseconds::ZERO).map(|_| self.now.since(reading.heard))
    }

    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The link's clock: the time of the newest batch, or the point that a [`crate::Update::Time`] stands for.
    pub fn now(&self) -> Nanoseconds {
        self.now
    }

    /// The sequence of the newest batch that is shown; 0 if none is.
    pub fn sequence(&self) -> u64 {
        if self.link == Link::Up { self.sequence } else { 0 }
    }

    /// Applies a batch: the link is up, and a batch that `starts_anew` carries everything.
    pub fn apply(
        &mut self,
        sequence: u64,
        now: Nanoseconds,
        starts_anew: bool,
        changes: impl IntoIterator<Item = (usize, Reading)>,
    ) {
        if starts_anew {
            self.slots.fill(Reading::ABSENT);
        }
        for (slot, reading) in changes {
            if let Some(place) = self.slots.get_mut(slot) {
                *place = reading;
            }
        }
        (self.link, self.sequence, self.now) = (Link::Up, sequence, now);
    }

    /// The link is another one: unless it is up, every reading is absent.
    pub fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    pub(crate) fn set_now(&mut self, now: Nanoseconds) {
        self.now = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::leaves! {
        enum Leaf {
            Speed = "Vehicle.Speed",
            Gear = "Vehicle.Powertrain.Transmission.SelectedGear",
        }
    }

    fn valid(value: Value, heard: u64) -> Reading {
        Reading { quality: Quality::Valid, value: Some(value), heard: Nanoseconds::from_millis(heard) }
    }

    #[test]
    fn a_leaf_keeps_its_value_until_another_comes() {
        let mut readings = Readings::new(Leaf::PATHS);
        assert_eq!((readings.get(Leaf::Speed).quality, readings.sequence()), (Quality::Absent, 0));
        readings.apply(1, Nanoseconds::from_millis(20), true, [(0, valid(Value::Float(72.0), 15))]);
        readings.apply(2, Nanoseconds::from_millis(40), false, [(1, valid(Value::Int(127), 33))]);
        assert_eq!(readings.get(Leaf::Speed).number(), Some(72.0));
        assert_eq!(readings.age(Leaf::Speed), Some(Nanoseconds::from_millis(25)));
        assert_eq!((readings.get(Leaf::Gear).number(), readings.sequence()), (Some(127.0), 2));
    }

    #[test]
    fn nobody_knows_how_old_a_last_value_is_that_was_kept_over_a_power_cut() {
        let mut readings = Readings::new(Leaf::PATHS);
        let kept = Reading { quality: Quality::Stale, ..valid(Value::Float(72.0), 0) };
        readings.apply(1, Nanoseconds::SECOND, true, [(0, kept)]);
        assert_eq!((readings.get(Leaf::Speed).number(), readings.age(Leaf::Speed)), (Some(72.0), None));
    }

    #[test]
    fn a_link_that_is_not_up_hides_every_value() {
        let mut readings = Readings::new(Leaf::PATHS);
        readings.apply(7, Nanoseconds::SECOND, true, [(0, valid(Value::Float(72.0), 990))]);
        readings.set_link(Link::Silent);
        assert_eq!(readings.get(Leaf::Speed), &Reading::ABSENT);
        assert_eq!((readings.age(Leaf::Speed), readings.sequence()), (None, 0));
        // The same subscription goes on: its values still stand.
        readings.apply(8, Nanoseconds::SECOND, false, []);
        assert_eq!(readings.get(Leaf::Speed).number(), Some(72.0));
        // A new one carries everything; what it does not carry is absent.
        readings.apply(1, Nanoseconds::SECOND, true, []);
        assert_eq!(readings.get(Leaf::Speed).quality, Quality::Absent);
    }

    #[test]
    fn a_slot_that_no_key_has_is_left_alone() {
        let mut readings = Readings::new(Leaf::PATHS);
        readings.apply(1, Nanoseconds::SECOND, true, [(9, valid(Value::Bool(true), 1))]);
        assert_eq!(readings.get(Leaf::Gear).quality, Quality::Absent);
    }

    #[test]
    fn only_a_valid_value_may_be_acted_on() {
        let stale = Reading { quality: Quality::Stale, ..valid(Value::Bool(true), 1) };
        assert_eq!((stale.switch(), stale.valid_switch()), (Some(true), None));
    }
}
