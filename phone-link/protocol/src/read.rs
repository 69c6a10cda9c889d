//! How single values are read: peers write numbers as texts, flags as texts, and texts of any length.

use std::fmt;

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use crate::{MAX_ITEMS, MAX_TEXT};

/// One value of JSON; lists and objects are passed over.
enum Scalar {
    Nothing,
    Flag(bool),
    Number(f64),
    Whole(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a value")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
                Ok(Scalar::Flag(flag))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Whole(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(i64::try_from(number).map_or(Scalar::Nothing, Scalar::Whole))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(cleaned(text, MAX_TEXT)))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Nothing)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Nothing)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Nothing)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A text as it may be shown: no control characters but line ends, none that turn the direction of writing, at most `limit` characters.
pub fn cleaned(text: &str, limit: usize) -> String {
    let turns = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| *c == '\n' || !c.is_control()).filter(|c| !turns(*c)).take(limit).collect()
}

pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Text(text) => Some(text),
        Scalar::Whole(number) => Some(number.to_string()),
        Scalar::Nothing | Scalar::Flag(_) | Scalar::Number(_) => None,
    })
}

/// A text that means something else when it is cut: none if it is as long as a cut one.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(deserializer)?.filter(|text| text.chars().nth(MAX_TEXT - 1).is_none()))
}

/// A word of an enum, by serde's names; none if it is another.
pub fn word<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = text(deserializer)?;
    Ok(text.and_then(|text| T::deserialize(IntoDeserializer::<Error>::into_deserializer(text.as_str())).ok()))
}

pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Whole(number) => Some(number),
        // Up to here every whole number has a place of its own.
        Scalar::Number(number) if number.abs() <= 9_007_199_254_740_992.0 => Some(number as i64),
        Scalar::Text(text) => text.trim().parse().ok(),
        Scalar::Nothing | Scalar::Flag(_) | Scalar::Number(_) => None,
    })
}

pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Scalar::Flag(flag) => Some(flag),
        Scalar::Text(text) => text.parse().ok(),
        Scalar::Nothing | Scalar::Number(_) | Scalar::Whole(_) => None,
    })
}

/// Texts of a list, the first [`MAX_ITEMS`]; none if it is no list.
pub fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Option<Vec<String>>;

        fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            formatter.write_str("a list of texts")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while texts.len() < MAX_ITEMS {
                match list.next_element::<Scalar>()? {
                    Some(Scalar::Text(text)) => texts.push(text),
                    Some(_) => {}
                    None => return Ok(Some(texts)),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Some(texts))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
    }
    deserializer.deserialize_any(List)
}
