//! The driver's units: what is measured in VSS's becomes the text that this driver reads. "-" is the minus and "." the point; the widgets set them in type.

use tandem_contracts::settings::{
    CLOCK, CONSUMPTION, Clock, ConsumptionUnit, DISTANCE, DistanceUnit, PRESSURE, PressureUnit, TEMPERATURE,
    TemperatureUnit, Values,
};
use tandem_units::{Celsius, Kilometers, KilometersPerHour, Kilopascals, Meters};

use crate::format::{grouped, span, whole_text};

const KILOMETERS_IN_MILE: f64 = 1.609_344;
const METERS_IN_KILOMETER: f64 = 1_000.0;
const METERS_IN_YARD: f64 = 0.9144;
const KILOPASCALS_IN_BAR: f64 = 100.0;
const KILOPASCALS_IN_PSI: f64 = 6.894_757;
const MINUTES_IN_DAY: f64 = 1_440.0;
const MINUTES_IN_HALF_DAY: f64 = 720.0;

/// What readings are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    pub clock: Clock,
    pub distance: DistanceUnit,
    pub temperature: TemperatureUnit,
    pub pressure: PressureUnit,
    pub consumption: ConsumptionUnit,
}

/// The half of the day that a clock of twelve hours means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfDay {
    Morning,
    Afternoon,
}

impl Default for Units {
    fn default() -> Self {
        Self::METRIC
    }
}

impl Units {
    /// What is set where nobody has set anything.
    pub const METRIC: Self = Self {
        clock: Clock::Hours24,
        distance: DistanceUnit::Kilometers,
        temperature: TemperatureUnit::Celsius,
        pressure: PressureUnit::Bar,
        consumption: ConsumptionUnit::PerHundredKilometers,
    };

    /// As they are set.
    pub fn of(values: &Values) -> Self {
        Self {
            clock: values.get(CLOCK),
            distance: values.get(DISTANCE),
            temperature: values.get(TEMPERATURE),
            pressure: values.get(PRESSURE),
            consumption: values.get(CONSUMPTION),
        }
    }

    /// The shown speed is never below the true one (UN R39): up to the next whole km/h or mph. Direction is the gear's to show.
    pub fn speed(self, speed: KilometersPerHour) -> String {
        // A step of a DBC factor, such as 0.01, may come out a hair above the whole number that was meant.
        const NOISE: f64 = 1e-6;
        whole_text((self.long(Kilometers(speed.0.abs())) - NOISE).ceil().max(0.0))
    }

    /// A speed over a way, to the nearest whole km/h or mph.
    pub fn average_speed(self, speed: KilometersPerHour) -> String {
        whole_text(self.long(Kilometers(speed.0)).round())
    }

    pub fn speed_unit(self) -> &'static str {
        match self.distance {
            DistanceUnit::Kilometers => "km/h",
            DistanceUnit::Miles => "mph",
        }
    }

    /// Range, whole kilometres or miles, downwards: the car promises no metre that it has not.
    pub fn range(self, range: Meters) -> String {
        whole_text(self.long(range.into()).floor())
    }

    /// A trip's distance: one decimal below 100, whole above; downwards, as odometers turn.
    pub fn trip(self, distance: Meters) -> String {
        let long = self.long(distance.into());
        if long < 100.0 { format!("{:.1}", (long * 10.0).floor() / 10.0) } else { whole_text(long.floor()) }
    }

    /// The odometer, whole, with thin spaces.
    pub fn odometer(self, distance: Meters) -> String {
        grouped(self.long(distance.into()).floor())
    }

    /// A distance as the crow flies, with its unit: whole tens of metres or yards below one kilometre or mile, then one decimal below 100.
    pub fn away(self, distance: Meters) -> (String, &'static str) {
        let (short, short_unit, most) = match self.distance {
            DistanceUnit::Kilometers => (distance.0, "m", METERS_IN_KILOMETER),
            DistanceUnit::Miles => {
                (distance.0 / METERS_IN_YARD, "yd", KILOMETERS_IN_MILE * METERS_IN_KILOMETER / METERS_IN_YARD)
            }
        };
        let tens = (short.max(0.0) / 10.0).round() * 10.0;
        if tens < most {
            return (whole_text(tens), short_unit);
        }
        let long = self.long(distance.into());
        (if long < 99.95 { format!("{long:.1}") } else { whole_text(long.round()) }, self.distance_unit())
    }

    pub fn distance_unit(self) -> &'static str {
        match self.distance {
            DistanceUnit::Kilometers => "km",
            DistanceUnit::Miles => "mi",
        }
    }

    /// One decimal: the half degrees of a climate control stay apart in Fahrenheit, too.
    pub fn temperature(self, temperature: Celsius) -> String {
        let degrees = match self.temperature {
            TemperatureUnit::Celsius => temperature.0,
            TemperatureUnit::Fahrenheit => temperature.0 * 1.8 + 32.0,
        };
        let tenths = (degrees * 10.0).round() / 10.0;
        if tenths == 0.0 { "0.0".to_owned() } else { format!("{tenths:.1}") }
    }

    pub fn temperature_unit(self) -> &'static str {
        match self.temperature {
            TemperatureUnit::Celsius => "°C",
            TemperatureUnit::Fahrenheit => "°F",
        }
    }

    /// A tyre's pressure: bar with one decimal, psi and kPa whole.
    pub fn pressure(self, pressure: Kilopascals) -> String {
        match self.pressure {
            PressureUnit::Bar => format!("{:.1}", pressure.0 / KILOPASCALS_IN_BAR),
            PressureUnit::Psi => whole_text((pressure.0 / KILOPASCALS_IN_PSI).round()),
            PressureUnit::Kilopascals => whole_text(pressure.0.round()),
        }
    }

    pub fn pressure_unit(self) -> &'static str {
        match self.pressure {
            PressureUnit::Bar => "bar",
            PressureUnit::Psi => "psi",
            PressureUnit::Kilopascals => "kPa",
        }
    }

    /// A consumption, from kilowatt-hours for 100 km, one decimal; none where there is no way for an hour of it.
    pub fn consumption(self, per_hundred_kilometers: f64) -> Option<String> {
        let kilometers = (per_hundred_kilometers > 0.0).then(|| 100.0 / per_hundred_kilometers);
        let number = match self.consumption {
            ConsumptionUnit::PerHundredKilometers => Some(per_hundred_kilometers),
            ConsumptionUnit::KilometersPer => kilometers,
            ConsumptionUnit::MilesPer => kilometers.map(|kilometers| kilometers / KILOMETERS_IN_MILE),
        };
        number.filter(|number| number.is_finite()).map(|number| format!("{number:.1}"))
    }

    pub fn consumption_unit(self) -> &'static str {
        match self.consumption {
            ConsumptionUnit::PerHundredKilometers => "kWh/100 km",
            ConsumptionUnit::KilometersPer => "km/kWh",
            ConsumptionUnit::MilesPer => "mi/kWh",
        }
    }

    /// A time of day from its minute, 0 to 1439: `21:40`, or `9:40` with the half of the day; none outside.
    pub fn time_of_day(self, minute: f64) -> Option<(String, Option<HalfDay>)> {
        if !(0.0..MINUTES_IN_DAY).contains(&minute) {
            return None;
        }
        Some(match self.clock {
            Clock::Hours24 => (format!("{:0>5}", span(minute * 60.0)), None),
            Clock::Hours12 => {
                let in_half = minute % MINUTES_IN_HALF_DAY;
                // Twelve comes before one.
                let on_dial = if in_half < 60.0 { in_half + MINUTES_IN_HALF_DAY } else { in_half };
                let half = if minute < MINUTES_IN_HALF_DAY { HalfDay::Morning } else { HalfDay::Afternoon };
                (span(on_dial * 60.0), Some(half))
            }
        })
    }

    fn long(self, distance: Kilometers) -> f64 {
        match self.distance {
            DistanceUnit::Kilometers => distance.0,
            DistanceUnit::Miles => distance.0 / KILOMETERS_IN_MILE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRIC: Units = Units::METRIC;
    const IMPERIAL: Units = Units {
        clock: Clock::Hours12,
        distance: DistanceUnit::Miles,
        temperature: TemperatureUnit::Fahrenheit,
        pressure: PressureUnit::Psi,
        consumption: ConsumptionUnit::MilesPer,
    };

    #[test]
    fn what_is_set_first_is_metric() {
        assert_eq!(Units::of(&Values::default()), METRIC);
    }

    #[test]
    fn the_shown_speed_is_never_below_the_true_one() {
        for (heard, text) in
            [(0.0, "0"), (0.01, "1"), (71.2, "72"), (72.0, "72"), (72.000_000_000_1, "72"), (72.01, "73"), (-5.5, "6")]
        {
            assert_eq!(METRIC.speed(KilometersPerHour(heard)), text, "{heard}");
        }
        for (units, unit) in [(METRIC, 1.0), (IMPERIAL, 1.609_344)] {
            for raw in 0..=40_000_u32 {
                let true_speed = f64::from(raw) * 0.01;
                let text: f64 = units.speed(KilometersPerHour(true_speed)).parse().unwrap();
                let shown = text * unit;
                assert!(shown >= true_speed - 1e-5 && shown < true_speed + unit, "{true_speed} is shown as {text}");
            }
        }
        assert_eq!(IMPERIAL.speed(KilometersPerHour(1.609_344 * 70.0)), "70");
    }

    #[test]
    fn readings_are_written_in_the_units_of_the_driver() {
        assert_eq!([9.0, -0.04, -12.25, 21.5].map(|t| METRIC.temperature(Celsius(t))), ["9.0", "0.0", "-12.3", "21.5"]);
        assert_eq!(
            [-40.0, 0.0, 21.5, 22.0].map(|t| IMPERIAL.temperature(Celsius(t))),
            ["-40.0", "32.0", "70.7", "71.6"]
        );
        assert_eq!([287_999.0, 0.0].map(|r| METRIC.range(Meters(r))), ["287", "0"]);
        assert_eq!([287_999.0, 1_609.0].map(|r| IMPERIAL.range(Meters(r))), ["178", "0"]);
        assert_eq!(
            [0.0, 12_399.0, 99_999.0, 100_000.0].map(|d| METRIC.trip(Meters(d))),
            ["0.0", "12.3", "99.9", "100"]
        );
        assert_eq!([12_399.0, 161_000.0].map(|d| IMPERIAL.trip(Meters(d))), ["7.7", "100"]);
        assert_eq!(METRIC.odometer(Meters(48_213_900.0)), "48\u{202f}213");
        assert_eq!(IMPERIAL.odometer(Meters(48_213_900.0)), "29\u{202f}958");
        assert_eq!(METRIC.average_speed(KilometersPerHour(71.4)), "71");
        assert_eq!(IMPERIAL.average_speed(KilometersPerHour(72.42)), "45");
        let kilopascals = Units { pressure: PressureUnit::Kilopascals, ..METRIC };
        assert_eq!(
            [METRIC, IMPERIAL, kilopascals].map(|units| units.pressure(Kilopascals(248.2))),
            ["2.5", "36", "248"]
        );
    }

    #[test]
    fn consumption_turns_over_and_has_no_number_where_nothing_was_used() {
        let kilometers = Units { consumption: ConsumptionUnit::KilometersPer, ..METRIC };
        let written = |consumption| [METRIC, kilometers, IMPERIAL].map(|units| units.consumption(consumption));
        assert_eq!(written(16.0), [Some("16.0"), Some("6.2"), Some("3.9")].map(|it| it.map(str::to_owned)));
        assert_eq!(written(-4.0), [Some("-4.0".to_owned()), None, None]);
        assert_eq!(written(0.0), [Some("0.0".to_owned()), None, None]);
        assert_eq!(written(f64::NAN), [None, None, None]);
    }

    #[test]
    fn distances_are_as_fine_as_anybody_needs_them() {
        let written = [0.0, 4.0, 847.0, 994.9, 995.1, 3_240.0, 99_960.0, 412_345.0].map(|it| METRIC.away(Meters(it)));
        let expected = [
            ("0", "m"),
            ("0", "m"),
            ("850", "m"),
            ("990", "m"),
            ("1.0", "km"),
            ("3.2", "km"),
            ("100", "km"),
            ("412", "km"),
        ];
        assert_eq!(written, expected.map(|(text, unit)| (text.to_owned(), unit)));
        let written = [91.4, 1_600.0, 1_605.0, 3_219.0].map(|it| IMPERIAL.away(Meters(it)));
        let expected = [("100", "yd"), ("1750", "yd"), ("1.0", "mi"), ("2.0", "mi")];
        assert_eq!(written, expected.map(|(text, unit)| (text.to_owned(), unit)));
    }

    #[test]
    fn twelve_hours_go_round_twice() {
        let times = [0.0, 59.0, 60.0, 719.0, 720.0, 779.0, 780.0, 1300.0, 1440.0, -1.0, f64::NAN];
        let written = times.map(|minute| METRIC.time_of_day(minute));
        let expected = ["00:00", "00:59", "01:00", "11:59", "12:00", "12:59", "13:00", "21:40"];
        assert_eq!(written[..8], expected.map(|time| Some((time.to_owned(), None))));
        assert_eq!(written[8..], [None, None, None]);
        let written = times.map(|minute| IMPERIAL.time_of_day(minute));
        let (am, pm) = (Some(HalfDay::Morning), Some(HalfDay::Afternoon));
        let expected = [
            ("12:00", am),
            ("12:59", am),
            ("1:00", am),
            ("11:59", am),
            ("12:00", pm),
            ("12:59", pm),
            ("1:00", pm),
            ("9:40", pm),
        ];
        assert_eq!(written[..8], expected.map(|(time, half)| Some((time.to_owned(), half))));
        assert_eq!(written[8..], [None, None, None]);
    }
}
