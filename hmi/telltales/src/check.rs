use tandem_units::Nanoseconds;

use crate::Inputs;

/// When the car is switched on, all lamps are lit for this long, so that the driver sees that each of them can be.
pub const CHECK: Nanoseconds = Nanoseconds::from_millis(3_000);

/// The check of all lamps. It begins when the car goes from off to on, or when *on* is the first thing that is heard of its power: then the instruments have
/// just started with it. It ends after [`CHECK`], and at once when the car drives, when it is off, and when nobody says any more that it is on: a lamp then
/// means what it says. So it never begins in a moving car, where the instruments may have been started anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Check {
    heard: Nanoseconds,
    /// The last that was known.
    was_on: Option<bool>,
    since: Option<Nanoseconds>,
}

impl Check {
    pub fn update(&mut self, inputs: &Inputs) {
        let now = inputs.now;
        // A clock that jumped back belongs to another drive.
        if now < self.heard {
            *self = Self::default();
        }
        self.heard = now;
        let is_on = inputs.is_on == Some(true);
        if is_on && self.was_on != Some(true) {
            self.since = Some(now);
        }
        self.was_on = inputs.is_on.or(self.was_on);
        let goes_on = is_on && inputs.drives() != Some(true);
        self.since = self.since.filter(|since| goes_on && now.since(*since) < CHECK);
    }

    pub fn is_on(&self) -> bool {
        self.since.is_some()
    }

    pub fn ends(&self) -> Option<Nanoseconds> {
        self.since.map(|since| since + CHECK)
    }
}
