//! What a stranger says of itself, cut to what a screen can show.

use std::collections::HashMap;

use zbus::{OwnedVariant, Variant};

use crate::state::Status;

/// The longest text that is kept, bytes.
const MAX_TEXT: usize = 512;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub identity: String,
    pub status: Status,
    pub title: String,
    pub artist: String,
    /// Microseconds; 0 if not told.
    pub length_us: i64,
}

impl Facts {
    /// From the properties of its `Player`. Covers are not taken: an address of a stranger's would make the screen read any file.
    pub fn new(identity: &str, properties: &HashMap<String, OwnedVariant>) -> Self {
        let status = match properties.get("PlaybackStatus").map(|status| &**status) {
            Some(Variant::Str(word)) => word.parse().unwrap_or_default(),
            _ => Status::Stopped,
        };
        let metadata = properties.get("Metadata").map(|metadata| &**metadata);
        let told = |key: &str| {
            let Some(Variant::Dict(metadata)) = metadata else { return None };
            metadata.iter().find(|(name, _)| is_text(name, key)).map(|(_, value)| bare(value))
        };
        Self {
            identity: cut(identity),
            status,
            title: told("xesam:title").map(words).unwrap_or_default(),
            artist: told("xesam:artist").map(words).unwrap_or_default(),
            length_us: told("mpris:length").map_or(0, micros),
        }
    }
}

fn is_text(value: &Variant<'_>, text: &str) -> bool {
    matches!(value, Variant::Str(word) if word.as_str() == text)
}

/// What is in a variant in a variant.
fn bare<'a>(value: &'a Variant<'a>) -> &'a Variant<'a> {
    let mut value = value;
    while let Variant::Variant(inner) = value {
        value = inner;
    }
    value
}

/// A text, or the first ones of a list: players send artists either way.
fn words(value: &Variant<'_>) -> String {
    match value {
        Variant::Str(word) => cut(word.as_str()),
        Variant::Array(list) => {
            let mut all = String::new();
            for word in list.iter().take(8) {
                let Variant::Str(word) = bare(word) else { continue };
                if !all.is_empty() {
                    all.push_str(", ");
                }
                all.push_str(&cut(word.as_str()));
            }
            cut(&all)
        }
        _ => String::new(),
    }
}

/// Specified as x; others are sent.
fn micros(value: &Variant<'_>) -> i64 {
    let micros = match *value {
        Variant::I64(micros) => micros,
        Variant::U64(micros) => i64::try_from(micros).unwrap_or(0),
        Variant::I32(micros) => micros.into(),
        Variant::U32(micros) => micros.into(),
        Variant::F64(micros) => micros as i64,
        _ => 0,
    };
    micros.max(0)
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_TEXT);
    text.get(..end).unwrap_or_default().replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(metadata: Variant<'static>) -> HashMap<String, OwnedVariant> {
        let all = [("PlaybackStatus", Variant::from("Playing")), ("Metadata", metadata)];
        all.into_iter().map(|(name, value)| (name.to_owned(), value.try_into().unwrap())).collect()
    }

    fn facts(metadata: &[(&str, Variant<'static>)]) -> Facts {
        let metadata: HashMap<String, Variant<'static>> =
            metadata.iter().map(|(key, value)| ((*key).to_owned(), value.try_clone().unwrap())).collect();
        Facts::new("Other", &properties(metadata.into()))
    }

    #[test]
    fn what_a_good_player_says_is_taken() {
        let facts = facts(&[
            ("xesam:title", "Blue".into()),
            ("xesam:artist", vec!["Ann".to_owned(), "Bob".to_owned()].into()),
            ("mpris:length", 180_000_000_i64.into()),
        ]);
        let wanted = Facts {
            identity: "Other".into(),
            status: Status::Playing,
            title: "Blue".into(),
            artist: "Ann, Bob".into(),
            length_us: 180_000_000,
        };
        assert_eq!(facts, wanted);
    }

    #[test]
    fn other_types_are_understood_or_passed_over() {
        assert_eq!(facts(&[("xesam:artist", "Ann".into()), ("mpris:length", 5u64.into())]).artist, "Ann");
        assert_eq!(facts(&[("mpris:length", f64::NAN.into())]).length_us, 0);
        assert_eq!(facts(&[("mpris:length", i64::MIN.into()), ("xesam:title", 7.into())]).length_us, 0);
        let none = Facts::new("", &properties("no metadata".into()));
        assert_eq!(none, Facts { status: Status::Playing, ..Facts::default() });
        assert_eq!(Facts::new("", &HashMap::new()), Facts::default());
    }

    #[test]
    fn a_text_without_end_is_cut() {
        let facts = facts(&[
            ("xesam:title", "歌".repeat(1_000_000).into()),
            ("xesam:artist", vec!["a\nb".to_owned(); 9999].into()),
        ]);
        assert!(facts.title.len() <= MAX_TEXT && facts.title.starts_with('歌'));
        assert_eq!(facts.artist, ["a b"; 8].join(", "));
    }
}
