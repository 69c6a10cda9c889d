//! The one mapping between a [`Value`] and the variant that stands for it on the bus.

use tandem_units::{Quality, Value};
use zbus::{Array, OwnedVariant, Variant};

/// A variant that is none of the shapes of a reading's value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WireError {
    #[error("a value of type {0} is no reading: expected b, n, q, i, u, x, t, d or s")]
    Type(String),
    #[error("not a number")]
    NotANumber,
    #[error("{0} is too large: the largest integer is {most}", most = i64::MAX)]
    TooLarge(u64),
    #[error("{0} is no quality: expected 0 valid, 1 stale, 2 absent, 3 invalid")]
    Quality(u8),
}

/// What stands in the place of a value that there is not: an empty array of variants.
pub fn nothing() -> Variant<'static> {
    Variant::Array(Array::new(&zbus::wire::Signature::Variant))
}

/// The variant of a value, or [`nothing`].
pub fn to_variant(value: Option<&Value>) -> OwnedVariant {
    let variant = match value {
        Some(Value::Bool(flag)) => Variant::from(*flag),
        Some(Value::Int(number)) => Variant::from(*number),
        Some(Value::Float(number)) => Variant::from(*number),
        Some(Value::Text(text)) => Variant::from(text.to_string()),
        None => nothing(),
    };
    // Only a file descriptor can fail to be owned.
    OwnedVariant::try_from(variant).unwrap_or_else(|_| OwnedVariant::from(0u8))
}

/// The value of a variant; `None` if the quality has none.
///
/// # Errors
/// [`WireError`] if the quality is unknown or the variant has a type that no reading has.
pub fn from_variant(quality: u8, variant: &Variant<'_>) -> Result<(Quality, Option<Value>), WireError> {
    let quality = Quality::try_from(quality).map_err(WireError::Quality)?;
    if !quality.has_value() {
        return Ok((quality, None));
    }
    let value = match variant {
        Variant::Bool(flag) => Value::Bool(*flag),
        Variant::U8(number) => Value::Int(i64::from(*number)),
        Variant::I16(number) => Value::Int(i64::from(*number)),
        Variant::U16(number) => Value::Int(i64::from(*number)),
        Variant::I32(number) => Value::Int(i64::from(*number)),
        Variant::U32(number) => Value::Int(i64::from(*number)),
        Variant::I64(number) => Value::Int(*number),
        Variant::U64(number) => i64::try_from(*number).map(Value::Int).map_err(|_| WireError::TooLarge(*number))?,
        Variant::F64(number) if number.is_nan() => return Err(WireError::NotANumber),
        Variant::F64(number) => Value::Float(*number),
        Variant::Str(text) => Value::Text(text.as_str().into()),
        other => return Err(WireError::Type(other.value_signature().to_string())),
    };
    Ok((quality, Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_reading_can_have_says_which_it_is() {
        let read = |variant: Variant<'static>| from_variant(0, &variant).map_err(|error| error.to_string());
        assert_eq!(read(Variant::U64(7)), Ok((Quality::Valid, Some(Value::Int(7)))));
        assert_eq!(
            read(Variant::U64(1 << 63)).unwrap_err(),
            "9223372036854775808 is too large: the largest integer is 9223372036854775807"
        );
        assert_eq!(read(Variant::F64(f64::NAN)).unwrap_err(), "not a number");
        assert_eq!(read(Variant::F64(f64::INFINITY)), Ok((Quality::Valid, Some(Value::Float(f64::INFINITY)))));
    }

    #[test]
    fn every_shape_comes_back() {
        for value in [Value::Bool(true), Value::Int(-7), Value::Float(0.25), Value::Text("D".into())] {
            let wire = to_variant(Some(&value));
            assert_eq!(from_variant(0, &wire), Ok((Quality::Valid, Some(value))));
        }
        assert_eq!(from_variant(2, &to_variant(None)), Ok((Quality::Absent, None)));
        assert_eq!(from_variant(9, &to_variant(None)), Err(WireError::Quality(9)));
        assert_eq!(from_variant(0, &to_variant(None)), Err(WireError::Type("av".into())));
    }
}
