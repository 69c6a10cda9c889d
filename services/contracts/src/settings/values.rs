use std::collections::BTreeMap;

use tandem_units::Value;

use super::keys::SCHEMA;
use super::schema::{Key, Typed, find};

/// What every setting is: its default until something else is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Default for Values {
    fn default() -> Self {
        Self(SCHEMA.iter().map(|spec| (spec.key, spec.default())).collect())
    }
}

impl Values {
    /// What one is.
    pub fn get<T: Typed>(&self, key: Key<T>) -> T {
        // Nothing but what the schema admits is in here, and of that there is a type for each.
        self.0.get(key.name).and_then(T::of).unwrap_or_default()
    }

    /// Takes a value for a key. One that this make of Tandem does not know, or that it cannot be, changes nothing: whoever says so is newer. Whether it was taken.
    pub fn take(&mut self, key: &str, value: Value) -> bool {
        match find(key) {
            Ok(spec) if spec.admit(&value).is_ok() => {
                self.0.insert(spec.key, value);
                true
            }
            _ => false,
        }
    }
}
