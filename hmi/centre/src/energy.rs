//! Where the energy goes: a history of the power that was heard, as far back as the chart reaches, and what the charging can be asked for.

use std::collections::VecDeque;
use std::fmt::Write;

use slint::ComponentHandle;
use tandem_kit::Readings;
use tandem_kit::Units;
use tandem_kit::format::{self, Shown};
use tandem_units::{Celsius, Nanoseconds};

use crate::climate::percent;
use crate::control::Car;
use crate::{CentreWindow, EnergyAdapter, Leaf, shown};

/// One point of the chart stands for this.
const SLOT: Nanoseconds = Nanoseconds::from_millis(15_000);
/// The chart reaches half an hour back.
const SLOTS: usize = 120;
/// A consumption needs some way, kilometres.
const CONSUMPTION_AFTER: f64 = 1.0;
/// Longer than this without a batch is not known, not bridged.
const LONGEST_STEP: Nanoseconds = Nanoseconds::from_millis(2_000);
/// The chart's width and height, pixels: a path keeps its proportions, so its commands are made in these.
const CHART: (f64, f64) = (1_072.0, 264.0);
/// Where the chart may end, kilowatts.
const SCALES: [f64; 6] = [10.0, 20.0, 40.0, 80.0, 160.0, 320.0];

/// What was heard in one slot of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Slot {
    hours: f64,
    /// Out of the battery; what came back is taken off.
    kilowatt_hours: f64,
    kilometers: f64,
}

impl Slot {
    /// The mean power out of the battery, kilowatts; none if nothing was heard.
    fn power(self) -> Option<f64> {
        (self.hours > 0.0).then(|| self.kilowatt_hours / self.hours)
    }
}

/// The last half hour, slot by slot; the newest is the last.
#[derive(Debug, Default)]
pub(crate) struct History {
    slots: VecDeque<Slot>,
    heard: Option<Nanoseconds>,
}

impl History {
    /// A batch was heard: what it says held since the one before.
    pub fn hear(&mut self, readings: &Readings) {
        let now = readings.now();
        let before = self.heard.replace(now);
        // A clock that went back is another one.
        if before.is_some_and(|before| now < before) {
            self.slots.clear();
        }
        let Some(before) = before.filter(|before| now > *before) else { return };
        let (from, to) = (before.0 / SLOT.0, now.0 / SLOT.0);
        if self.slots.is_empty() {
            self.slots.push_back(Slot::default());
        }
        for _ in 0..(to - from).min(SLOTS as u64) {
            self.slots.push_back(Slot::default());
        }
        while self.slots.len() > SLOTS {
            self.slots.pop_front();
        }
        let step = now.since(before);
        let (Some(slot), true) = (self.slots.back_mut(), step <= LONGEST_STEP) else { return };
        let Some(watts) = readings.get(Leaf::BatteryPower).valid_number() else { return };
        let hours = step.0 as f64 / 3.6e12;
        slot.hours += hours;
        slot.kilowatt_hours -= watts / 1_000.0 * hours;
        slot.kilometers += readings.get(Leaf::Speed).valid_number().unwrap_or_default().abs() * hours;
    }

    /// Kilowatt hours on a hundred kilometres; none before there was some way.
    fn consumption(&self) -> Option<f64> {
        let (energy, way) =
            self.slots.iter().fold((0.0, 0.0), |(energy, way), it| (energy + it.kilowatt_hours, way + it.kilometers));
        (way >= CONSUMPTION_AFTER).then(|| energy / way * 100.0)
    }

    /// The mean of all that was heard, kilowatts.
    fn average(&self) -> Option<f64> {
        let (energy, hours) =
            self.slots.iter().fold((0.0, 0.0), |(energy, hours), it| (energy + it.kilowatt_hours, hours + it.hours));
        (hours > 0.0).then(|| energy / hours)
    }

    /// The largest power, either way.
    fn peak(&self) -> f64 {
        self.slots.iter().filter_map(|slot| slot.power()).fold(0.0, |peak, power| power.abs().max(peak))
    }

    /// Where the chart ends, kilowatts to either side.
    fn scale(&self) -> f64 {
        let peak = self.peak();
        SCALES.into_iter().find(|scale| *scale >= peak).unwrap_or(peak)
    }

    /// The stretches of the chart over which the power is known: its points in pixels, the newest at the right edge. A stretch begins where its first slot does.
    fn stretches(&self) -> Vec<Vec<(f64, f64)>> {
        let (width, height) = CHART;
        let (step, scale) = (width / SLOTS as f64, self.scale());
        let first = SLOTS - self.slots.len();
        let mut stretches: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(stretch) = stretches.last_mut() else { continue };
            match slot.power() {
                Some(power) => {
                    let (x, y) = ((first + index) as f64 * step, (1.0 - power / scale) * height / 2.0);
                    if stretch.is_empty() {
                        stretch.push((x, y));
                    }
                    stretch.push((x + step, y));
                }
                None if stretch.is_empty() => {}
                None => stretches.push(Vec::new()),
            }
        }
        stretches.retain(|stretch| !stretch.is_empty());
        stretches
    }

    /// The line of the chart as commands of a path.
    fn line(&self) -> String {
        self.stretches().iter().map(|stretch| polyline(stretch)).collect::<Vec<_>>().join(" ")
    }

    /// The ground between the line and nothing.
    fn ground(&self) -> String {
        let ground = |stretch: Vec<(f64, f64)>| {
            let (Some((left, _)), Some((right, _))) = (stretch.first(), stretch.last()) else { return String::new() };
            let middle = CHART.1 / 2.0;
            format!("{} L {right:.1} {middle:.1} L {left:.1} {middle:.1} Z", polyline(&stretch))
        };
        self.stretches().into_iter().map(ground).collect::<Vec<_>>().join(" ")
    }
}

fn polyline(points: &[(f64, f64)]) -> String {
    let mut commands = String::new();
    for (x, y) in points {
        let _ = write!(commands, "{}{x:.1} {y:.1}", if commands.is_empty() { "M " } else { " L " });
    }
    commands
}

/// Writes everything on energy to the window.
pub(crate) fn show(window: &CentreWindow, car: Car<'_>) {
    let adapter = window.global::<EnergyAdapter>();
    adapter.set_limit(car.number(Leaf::ChargeLimit, percent));
    adapter.set_start(car.choice(Leaf::StartStopCharging, "START"));
    adapter.set_stop(car.choice(Leaf::StartStopCharging, "STOP"));
    adapter.set_flap(car.switch(Leaf::ChargeFlap));
    adapter.set_cable(car.switch(Leaf::CableLock));
    adapter.set_cable_in(car.readings.get(Leaf::CableIn).valid_switch() == Some(true));
    let temperature = |celsius| car.readings.units().temperature(Celsius(celsius));
    adapter.set_battery_temperature(shown(Shown::number(car.readings, Leaf::BatteryTemperature, temperature)));
    adapter.set_time_to_complete(shown(Shown::number(car.readings, Leaf::TimeToComplete, format::span)));
}

/// Writes the chart to the window.
pub(crate) fn show_history(window: &CentreWindow, history: &History, units: Units) {
    let adapter = window.global::<EnergyAdapter>();
    let average = history.average();
    adapter.set_scale(history.scale() as f32);
    adapter.set_has_history(average.is_some());
    adapter.set_average(average.unwrap_or_default() as f32);
    adapter.set_line(history.line().into());
    adapter.set_ground(history.ground().into());
    let written = history.consumption().and_then(|consumption| units.consumption(consumption));
    let quality = if written.is_some() { crate::Quality::Valid } else { crate::Quality::Absent };
    adapter.set_consumption(crate::Shown { text: written.unwrap_or_default().into(), quality, age: "".into() });
}

#[cfg(test)]
mod tests {
    use tandem_kit::{Key, Reading};
    use tandem_units::{Quality, Value};

    use super::*;

    fn readings(second: u64, watts: Option<f64>, speed: f64) -> Readings {
        let mut readings = Readings::new(Leaf::PATHS);
        let now = Nanoseconds::from_millis(second * 1_000);
        let of = |value| Reading { quality: Quality::Valid, value: Some(Value::Float(value)), heard: now };
        let power = watts.map(|watts| (Leaf::BatteryPower.slot(), of(watts)));
        readings.apply(1, now, true, power.into_iter().chain([(Leaf::Speed.slot(), of(speed))]));
        readings
    }

    fn drive(history: &mut History, seconds: std::ops::Range<u64>, watts: f64, speed: f64) {
        for second in seconds {
            history.hear(&readings(second, Some(watts), speed));
        }
    }

    #[test]
    fn what_leaves_the_battery_over_the_way_is_the_consumption() {
        let mut history = History::default();
        drive(&mut history, 0..30, -18_000.0, 90.0);
        assert_eq!(history.consumption(), None, "too little way");
        drive(&mut history, 30..601, -18_000.0, 90.0);
        assert!((history.consumption().unwrap() - 20.0).abs() < 1e-9);
        assert!((history.average().unwrap() - 18.0).abs() < 1e-9 && (history.peak() - 18.0).abs() < 1e-9);
    }

    #[test]
    fn half_an_hour_is_kept_and_no_more() {
        let mut history = History::default();
        drive(&mut history, 0..4_000, -10_000.0, 50.0);
        assert_eq!(history.slots.len(), SLOTS);
        assert!(history.line().starts_with("M 0.0 0.0 L 8.9 0.0 L 17.9 0.0 "), "{}", history.line());
        history.hear(&readings(1_000_000, Some(-1_000.0), 0.0));
        assert_eq!((history.slots.len(), history.average()), (SLOTS, None), "so long a silence is not bridged");
    }

    #[test]
    fn what_is_not_known_breaks_the_line() {
        let mut history = History::default();
        drive(&mut history, 0..15, -10_000.0, 50.0);
        for second in 15..30 {
            history.hear(&readings(second, None, 50.0));
        }
        drive(&mut history, 30..45, 5_000.0, 50.0);
        assert_eq!(history.line(), "M 1045.2 0.0 L 1054.1 0.0 M 1063.1 198.0 L 1072.0 198.0");
        assert!(history.ground().ends_with("M 1063.1 198.0 L 1072.0 198.0 L 1072.0 132.0 L 1063.1 132.0 Z"));
    }

    #[test]
    fn another_clock_begins_anew() {
        let mut history = History::default();
        drive(&mut history, 100..200, -10_000.0, 50.0);
        history.hear(&readings(5, Some(-10_000.0), 50.0));
        assert_eq!((history.slots.len(), history.average()), (0, None));
    }
}
