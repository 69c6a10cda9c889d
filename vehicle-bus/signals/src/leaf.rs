use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use tandem_units::{Said, Value, plain};

/// What VSS says a leaf is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The car measures it; nobody sets it.
    Sensor,
    /// The car reports it and can be asked to change it.
    Actuator,
    /// Fixed while the car is in use.
    Attribute,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Sensor, Self::Actuator, Self::Attribute];

    /// The word that VSS uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sensor => "sensor",
            Self::Actuator => "actuator",
            Self::Attribute => "attribute",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The VSS datatypes that a reading can have. Arrays and structs are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Datatype {
    Boolean,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    /// As far as [`Value::Int`] reaches: 0 to 2^63 - 1.
    Uint64,
    Float,
    Double,
    String,
}

impl Datatype {
    pub(crate) const ALL: [Self; 12] = [
        Self::Boolean,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Float,
        Self::Double,
        Self::String,
    ];

    /// The word that VSS uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
        }
    }

    pub fn is_number(self) -> bool {
        !matches!(self, Self::Boolean | Self::String)
    }

    /// The numbers of an integer type; none for the other types.
    fn integers(self) -> Option<RangeInclusive<i64>> {
        Some(match self {
            Self::Int8 => i8::MIN.into()..=i8::MAX.into(),
            Self::Int16 => i16::MIN.into()..=i16::MAX.into(),
            Self::Int32 => i32::MIN.into()..=i32::MAX.into(),
            Self::Int64 => i64::MIN..=i64::MAX,
            Self::Uint8 => 0..=u8::MAX.into(),
            Self::Uint16 => 0..=u16::MAX.into(),
            Self::Uint32 => 0..=u32::MAX.into(),
            Self::Uint64 => 0..=i64::MAX,
            Self::Boolean | Self::Float | Self::Double | Self::String => return None,
        })
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Why a value cannot stand in a leaf.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RangeError {
    #[error("not a number")]
    NotANumber,
    #[error("{} does not fit {datatype}", Said(*value))]
    OutsideDatatype { value: f64, datatype: Datatype },
    #[error("{} is below the minimum of {min}", Said(*value))]
    BelowMinimum { value: f64, min: f64 },
    #[error("{} is above the maximum of {max}", Said(*value))]
    AboveMaximum { value: f64, max: f64 },
    #[error("`{}` is not one of {}", plain(value), plain(&allowed.join(", ")))]
    NotAllowed { value: String, allowed: Vec<String> },
    #[error("{value} is not one of the leaf's allowed numbers")]
    NumberNotAllowed { value: f64 },
    #[error("`{}` does not match {}", plain(value), plain(pattern))]
    NoMatch { value: String, pattern: String },
    #[error("expected {expected}, found {found}")]
    WrongShape { expected: Datatype, found: &'static str },
}

/// A regular expression; two are equal if they are written alike.
#[derive(Clone, Debug)]
pub struct Pattern(pub(crate) regex_lite::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

/// One VSS leaf as the catalogue has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The whole VSS path, `Vehicle.Speed`.
    pub path: String,
    pub kind: Kind,
    pub datatype: Datatype,
    /// The leaf holds any number of `datatype`, as a list: no reading is one.
    pub is_array: bool,
    /// As VSS 6.0 writes it (`km/h`, `Celsius`, `percent`); empty if the leaf has none.
    pub unit: String,
    /// In `unit`.
    pub min: Option<f64>,
    /// In `unit`.
    pub max: Option<f64>,
    /// The only values of a string leaf; empty if any will do.
    pub allowed: Vec<String>,
    /// The only values of a number leaf; empty if any will do.
    pub allowed_numbers: Vec<f64>,
    /// The regular expression that a string leaf's values match.
    pub pattern: Option<Pattern>,
    /// Since when it is out of use and what takes its place, in VSS's words.
    pub deprecation: Option<String>,
    pub description: String,
    /// Says where the car is, which car it is, or something of a person: kept out of logs, summaries and JSON unless asked for.
    pub private: bool,
    /// Our own addition: not a leaf of VSS.
    pub overlay: bool,
}

impl Leaf {
    /// The value as this leaf holds it.
    ///
    /// * Integer leaves round half away from zero, and never wrap or saturate.
    /// * `float` and `double` keep the precision of the number that came in; `float` has the range of an f32. Minus zero becomes zero.
    /// * Boolean leaves take 0 and 1 for false and true.
    ///
    /// # Errors
    /// [`RangeError`] if the value has the wrong shape, is no finite number, does not fit the datatype, lies outside
    /// `min` to `max` after rounding, is none of the `allowed` ones, or does not match the `pattern`.
    pub fn admit(&self, value: Value) -> Result<Value, RangeError> {
        match value {
            Value::Float(number) => self.value_from_number(number),
            Value::Int(number) => self.value_from_integer(number),
            Value::Bool(flag) if self.datatype == Datatype::Boolean => Ok(Value::Bool(flag)),
            Value::Text(text) if self.datatype == Datatype::String => self.admit_text(text),
            Value::Bool(_) => Err(RangeError::WrongShape { expected: self.datatype, found: "a bool" }),
            Value::Text(_) => Err(RangeError::WrongShape { expected: self.datatype, found: "a text" }),
        }
    }

    /// [`Self::admit`] for a physical number in the leaf's unit.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub fn value_from_number(&self, number: f64) -> Result<Value, RangeError> {
        if number.is_nan() {
            return Err(RangeError::NotANumber);
        }
        match self.datatype {
            Datatype::Float | Datatype::Double => {
                let limit = if self.datatype == Datatype::Float { f64::from(f32::MAX) } else { f64::MAX };
                if number.abs() > limit {
                    return Err(RangeError::OutsideDatatype { value: number, datatype: self.datatype });
                }
                self.check_limits(number)?;
                Ok(Value::Float(number + 0.0))
            }
            Datatype::String => Err(RangeError::WrongShape { expected: self.datatype, found: "a number" }),
            _ => {
                let rounded = number.round();
                // 2^63 itself is an f64, i64::MAX is not.
                if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
                    return Err(RangeError::OutsideDatatype { value: number, datatype: self.datatype });
                }
                if self.datatype == Datatype::Boolean && rounded != number {
                    return Err(RangeError::OutsideDatatype { value: number, datatype: self.datatype });
                }
                self.value_from_integer(rounded as i64)
            }
        }
    }

    fn value_from_integer(&self, number: i64) -> Result<Value, RangeError> {
        let outside = || RangeError::OutsideDatatype { value: number as f64, datatype: self.datatype };
        if let Some(integers) = self.datatype.integers() {
            if !integers.contains(&number) {
                return Err(outside());
            }
            self.check_limits(number as f64)?;
            return Ok(Value::Int(number));
        }
        match (self.datatype, number) {
            (Datatype::Boolean, 0) => Ok(Value::Bool(false)),
            (Datatype::Boolean, 1) => Ok(Value::Bool(true)),
            (Datatype::Boolean, _) => Err(outside()),
            _ => self.value_from_number(number as f64),
        }
    }

    fn admit_text(&self, text: Arc<str>) -> Result<Value, RangeError> {
        if !self.allowed.is_empty() && !self.allowed.iter().any(|allowed| **allowed == *text) {
            return Err(RangeError::NotAllowed { value: text.to_string(), allowed: self.allowed.clone() });
        }
        match &self.pattern {
            Some(pattern) if !pattern.0.is_match(&text) => {
                Err(RangeError::NoMatch { value: text.to_string(), pattern: pattern.0.as_str().to_owned() })
            }
            _ => Ok(Value::Text(text)),
        }
    }

    fn check_limits(&self, number: f64) -> Result<(), RangeError> {
        match (self.min, self.max) {
            (Some(min), _) if number < min => Err(RangeError::BelowMinimum { value: number, min }),
            (_, Some(max)) if number > max => Err(RangeError::AboveMaximum { value: number, max }),
            _ if !self.allowed_numbers.is_empty() && !self.allowed_numbers.contains(&number) => {
                Err(RangeError::NumberNotAllowed { value: number })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
