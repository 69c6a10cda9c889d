//! What units mean, and how a number of one becomes a number of another.

use crate::nearest;

mod table;

use table::KINDS;

/// Something that is measured, and its units.
struct Kind {
    /// With its article: `a speed`.
    name: &'static str,
    units: &'static [Unit],
}

struct Unit {
    /// As VSS writes it, or as is usual where VSS has none.
    name: &'static str,
    /// One of this unit is this fraction of the kind's base unit. A fraction, so that most conversions are one multiplication without rounding error.
    ratio: (f64, f64),
    /// Where this unit's zero lies, in the base unit.
    zero: f64,
    /// How DBC files write it. Upper and lower case are one, and spaces are none.
    others: &'static [&'static str],
}

/// Value x `scale` + `offset` = value in the other unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    pub scale: f64,
    pub offset: f64,
}

impl Conversion {
    pub const NONE: Self = Self { scale: 1.0, offset: 0.0 };
}

/// Why a unit does not become another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    #[error("unknown unit `{unit}`: {hint}")]
    Unknown { unit: String, hint: String },
    #[error("`{unit}` is {kind}, `{target}` is {target_kind}: expected {}", expected.join(", "))]
    OtherKind {
        unit: String,
        kind: &'static str,
        target: String,
        target_kind: &'static str,
        expected: Vec<&'static str>,
    },
    #[error("nothing is known to convert into `{target}`")]
    NoTarget { target: String },
}

/// How to turn a number in `unit`, as a DBC file or a person writes it, into one in `target`, a unit of VSS. The same letters may stand for units of several
/// kinds (`C` for degrees and for coulombs): the kind of the other decides.
///
/// # Errors
/// [`UnitError`] if either is unknown, or they measure different things.
pub fn conversion(unit: &str, target: &str) -> Result<Conversion, UnitError> {
    let meets = |(of, into): (&Kind, &Unit)| {
        let (_, from) = named(unit).find(|(kind, _)| kind.name == of.name)?;
        Some(from.convert_into(into))
    };
    if let Some(found) = named(target).find_map(meets) {
        return Ok(found);
    }
    let (kind, _) = named(target).next().ok_or_else(|| UnitError::NoTarget { target: target.to_owned() })?;
    let expected: Vec<&str> = kind.units.iter().map(|unit| unit.name).collect();
    let (unit, target, target_kind) = (unit.to_owned(), target.to_owned(), kind.name);
    Err(match named(&unit).next() {
        Some((kind, _)) => UnitError::OtherKind { unit, kind: kind.name, target, target_kind, expected },
        None => {
            let hint = match nearest(&unit, kind.units.iter().flat_map(Unit::names)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected {}", expected.join(", ")),
            };
            UnitError::Unknown { unit, hint }
        }
    })
}

fn named(name: &str) -> impl Iterator<Item = (&'static Kind, &'static Unit)> + use<> {
    let wanted = plain(name);
    let units = KINDS.iter().flat_map(|kind| kind.units.iter().map(move |unit| (kind, unit)));
    units.filter(move |(_, unit)| unit.names().any(|name| plain(name) == wanted))
}

impl Unit {
    fn convert_into(&self, other: &Self) -> Conversion {
        Conversion {
            scale: (self.ratio.0 * other.ratio.1) / (self.ratio.1 * other.ratio.0),
            offset: (self.zero - other.zero) * other.ratio.1 / other.ratio.0,
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.others.iter().copied())
    }
}

fn plain(name: &str) -> String {
    // `Â°` is a degree sign in UTF-8 that somebody read as Windows-1252.
    let name = name.replace("Â°", "°").replace('º', "°").replace('²', "^2").replace('³', "^3");
    name.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: f64, unit: &str, target: &str) -> f64 {
        let found = conversion(unit, target).unwrap_or_else(|error| panic!("{unit} to {target}: {error}"));
        number * found.scale + found.offset
    }

    #[test]
    fn units_meet_their_fixed_points() {
        for (number, unit, target, expected) in [
            (100.0, "km/h", "km/h", 100.0),
            (10.0, "m/s", "km/h", 36.0),
            (36.0, "kph", "m/s", 10.0),
            (100.0, "mph", "km/h", 160.9344),
            (1.5, "km", "m", 1500.0),
            (1500.0, "m", "km", 1.5),
            (1.0, "mi", "m", 1609.344),
            (17.0, "inch", "mm", 431.8),
            (0.0, "K", "Celsius", -273.15),
            (212.0, "degF", "Celsius", 100.0),
            (-40.0, "F", "Celsius", -40.0),
            (21.5, "C", "Celsius", 21.5),
            (21.5, "Â°C", "Celsius", 21.5),
            (2.2, "bar", "kPa", 220.0),
            (1013.25, "hPa", "kPa", 101.325),
            (180.0, "deg", "degrees", 180.0),
            (std::f64::consts::PI, "rad", "degrees", 180.0),
            (60.0, "rpm", "degrees/s", 360.0),
            (12_500.0, "mV", "V", 12.5),
            (150_000.0, "W", "kW", 150.0),
            (3.6, "MJ", "kWh", 1.0),
            (72_000.0, "Wh", "kWh", 72.0),
            (3.0, "min", "s", 180.0),
            (1.5, "h", "s", 5400.0),
            (250.0, "ms", "s", 0.25),
            (1.0, "g", "m/s^2", 9.80665),
            (1500.0, "g", "kg", 1.5),
            (50.0, "%", "percent", 50.0),
            (0.5, "ratio", "percent", 50.0),
            (1000.0, "ml", "l", 1.0),
            (150.0, "Wh/km", "kWh/100km", 15.0),
        ] {
            let found = of(number, unit, target);
            assert!((found - expected).abs() <= expected.abs() * 1e-15, "{number} {unit} is {found} {target}");
        }
        assert!((of(32.0, "psi", "kPa") - 220.632_234).abs() < 1e-6);
        assert!((of(100.0, "lb-ft", "Nm") - 135.581_795).abs() < 1e-6);
    }

    #[test]
    fn there_and_back_is_where_it_began_and_no_name_stands_twice_in_a_kind() {
        for kind in KINDS {
            let names: Vec<_> = kind.units.iter().flat_map(Unit::names).map(plain).collect();
            let different: std::collections::HashSet<_> = names.iter().collect();
            assert_eq!(different.len(), names.len(), "{}: {names:?}", kind.name);
            for (one, other) in kind.units.iter().flat_map(|one| kind.units.iter().map(move |other| (one, other))) {
                let there = of(12.5, one.name, other.name);
                let back = of(there, other.name, one.name);
                assert!((back - 12.5).abs() < 1e-9, "{} by {} is {back}", one.name, other.name);
            }
        }
    }

    #[test]
    fn what_does_not_convert_says_what_would() {
        let refusal = |unit, target| conversion(unit, target).unwrap_err().to_string();
        assert_eq!(refusal("kmh", "km/h"), "unknown unit `kmh`: did you mean `km/h`?");
        assert_eq!(refusal("furlong", "m"), "unknown unit `furlong`: expected m, mm, cm, km, inch, ft, mi, yd");
        assert_eq!(refusal("V", "km/h"), "`V` is a voltage, `km/h` is a speed: expected km/h, m/s, mph, kn");
        assert_eq!(refusal("km", "iso8601"), "nothing is known to convert into `iso8601`");
    }
}
