//! Values of readings as text and as JSON.

use serde::Serializer;
use tandem_contracts::signals::Leaf;
use tandem_units::Value;
use zbus::Variant;

use crate::table::number;

/// Whether a leaf says something about a person.
pub fn is_private(leaf: &Leaf) -> bool {
    leaf.details.get("private").is_some_and(|flag| matches!(&**flag, Variant::Bool(true)))
}

/// Whether values that say something about a person are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    Kept,
    Told,
}

/// What stands in the place of a value that is kept.
pub const WITHHELD: &str = "private";

/// A value for people.
pub fn text(value: &Value) -> String {
    match value {
        Value::Float(value) => number(*value),
        other => other.to_string(),
    }
}

/// A value as JSON says it: a number, a word, true, false, or null where there is none.
pub fn json(value: Option<&Value>) -> serde_json::Value {
    match value {
        None => serde_json::Value::Null,
        Some(Value::Bool(flag)) => (*flag).into(),
        Some(Value::Int(number)) => (*number).into(),
        Some(Value::Float(number)) => (*number).into(),
        Some(Value::Text(text)) => (&**text).into(),
    }
}

/// For `#[serde(serialize_with)]`: as [`json`].
pub fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        None => serializer.serialize_none(),
        Some(Value::Bool(flag)) => serializer.serialize_bool(*flag),
        Some(Value::Int(number)) => serializer.serialize_i64(*number),
        Some(Value::Float(number)) => serializer.serialize_f64(*number),
        Some(Value::Text(text)) => serializer.serialize_str(text),
    }
}
