//! Rain and light, and the wipers that answer them.

use serde::Deserialize;

use super::STEP_SECONDS;
use super::body::Body;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wipers {
    Off,
    Slow,
    Medium,
    Fast,
    Interval,
    /// As the rain sensor has it.
    Auto,
}

/// How long the sensors take to see a change, s.
const SEES: f64 = 3.0;
/// Below this, percent, nobody wipes.
const DRY: f64 = 4.0;
/// Degrees from the resting place to the other end.
const SWEEP: f64 = 96.0;
/// Sweeps there and back a minute at which the blades never rest, and how long one takes when they do, s.
const STEADY: f64 = 40.0;
const ONE_WIPE: f64 = 1.5;

#[derive(Clone, Debug, PartialEq)]
pub struct Sky {
    /// 0 to 100.
    pub rain: f64,
    pub light: f64,
    /// Since this wipe began, s; `None` at rest.
    wipe: Option<f64>,
    /// Since the last one began, s.
    waited: f64,
    frequency: f64,
}

impl Sky {
    pub fn new(body: &Body) -> Self {
        Self { rain: body.rain_percent, light: body.daylight_percent, wipe: None, waited: 0.0, frequency: 0.0 }
    }

    pub fn step(&mut self, body: &Body, is_on: bool) {
        self.rain += (body.rain_percent - self.rain) * STEP_SECONDS / SEES;
        self.light += (body.daylight_percent - self.light) * STEP_SECONDS / SEES;
        self.frequency = if is_on { wished(body.wipers, self.rain) } else { 0.0 };
        self.waited += STEP_SECONDS;
        let takes = self.takes();
        self.wipe = self.wipe.map(|since| since + STEP_SECONDS).filter(|since| *since < takes);
        if self.wipe.is_none() && self.frequency > 0.0 && self.waited >= 60.0 / self.frequency {
            (self.wipe, self.waited) = (Some(0.0), 0.0);
        }
    }

    /// s, for a wipe there and back.
    fn takes(&self) -> f64 {
        if self.frequency > STEADY { 60.0 / self.frequency } else { ONE_WIPE }
    }

    pub fn wipes(&self) -> bool {
        self.wipe.is_some()
    }

    /// Wipes a minute; pauses count.
    pub fn frequency(&self) -> f64 {
        self.frequency
    }

    /// Degrees from the resting place.
    pub fn position(&self) -> f64 {
        let half = self.takes() / 2.0;
        self.wipe.map_or(0.0, |since| SWEEP * (1.0 - (since - half).abs() / half).max(0.0))
    }
}

/// Wipes a minute.
fn wished(wipers: Wipers, rain: f64) -> f64 {
    match wipers {
        Wipers::Off => 0.0,
        Wipers::Interval => 12.0,
        Wipers::Slow => 40.0,
        Wipers::Medium => 50.0,
        Wipers::Fast => 60.0,
        Wipers::Auto if rain < DRY => 0.0,
        Wipers::Auto => (10.0 + rain * 0.6).min(60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wipes_a_minute(wipers: Wipers, rain_percent: f64) -> usize {
        let body = Body { wipers, rain_percent, ..Body::default() };
        let mut sky = Sky::new(&body);
        let mut wipes = 0;
        for _ in 0..6000 {
            let before = sky.wipes();
            sky.step(&body, true);
            assert!((0.0..=SWEEP).contains(&sky.position()));
            wipes += usize::from(sky.wipes() && (!before || sky.position() == 0.0));
        }
        wipes
    }

    #[test]
    fn the_wipers_follow_the_switch_and_the_rain() {
        assert_eq!(wipes_a_minute(Wipers::Off, 80.0), 0);
        assert!((11..=12).contains(&wipes_a_minute(Wipers::Interval, 0.0)));
        assert_eq!(wipes_a_minute(Wipers::Auto, 0.0), 0);
        let (drizzle, downpour) = (wipes_a_minute(Wipers::Auto, 15.0), wipes_a_minute(Wipers::Auto, 90.0));
        assert!((15..=20).contains(&drizzle) && (52..=61).contains(&downpour), "{drizzle} {downpour}");
    }
}
