//! Words of the music's: of any length and in any script, as they were found in a file.

/// A text that a screen can lay out, and the face that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub text: String,
    /// It is set in the Chinese face, whatever the language of the screen: left to the fallback, Chinese comes in Japanese shapes.
    pub han: bool,
}

impl Words {
    /// The first `limit` characters of a text, without control characters.
    pub fn new(text: &str, limit: usize) -> Self {
        let text: String = text.chars().filter(|letter| !letter.is_control()).take(limit).collect();
        Self { han: is_chinese(&text), text }
    }

    /// The letter or number under which a list has the text, as a capital; empty for signs alone.
    pub fn initial(text: &str) -> Self {
        let first = text.chars().find(|letter| letter.is_alphanumeric());
        first.map(|letter| Self::new(&letter.to_uppercase().to_string(), 1)).unwrap_or_default()
    }
}

/// Whether a text has Chinese characters and no Japanese ones.
fn is_chinese(text: &str) -> bool {
    let kana = |letter| ('\u{3040}'..='\u{30ff}').contains(&letter);
    let han = |letter| matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    text.chars().any(han) && !text.chars().any(kana)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_has_its_own_face_and_japanese_has_not() {
        let han = ["晴天", "Live 现场", "Sunny", "さくら 桜", ""].map(|text| Words::new(text, 160).han);
        assert_eq!(han, [true, true, false, false, false]);
    }

    #[test]
    fn a_text_of_any_length_is_bounded_and_has_no_control_characters() {
        let words = Words::new(&format!("a\nb\u{7}{}", "x".repeat(5_000)), 160);
        assert!(words.text.starts_with("abx") && words.text.len() == 160);
    }

    #[test]
    fn a_list_has_a_text_under_its_first_letter_or_number() {
        let initials = ["\"élan\"", "周杰伦", "7 years", "ßeta", "…"].map(|text| Words::initial(text).text);
        assert_eq!(initials, ["É", "周", "7", "S", ""]);
    }
}
