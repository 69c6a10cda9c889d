use std::fmt;
use std::sync::Arc;

use crate::Said;

/// The value of a reading: one of the shapes that a VSS leaf can have.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    /// VSS `int8` to `int64` and `uint8` to `uint32`.
    Int(i64),
    /// VSS `float` and `double`. Never NaN: what is not a number is absent.
    Float(f64),
    /// VSS `string`; for a leaf with `allowed` values, one of them. Shared, so that whoever passes it on copies no text.
    Text(Arc<str>),
}

impl Value {
    /// The number, if it is one; a bool or a text is none.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(flag) = self { Some(*flag) } else { None }
    }

    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(flag) => flag.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Float(number) => Said(*number).fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
