//! Words of the music's: of any length and in any script, as they were found in a file.

use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

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

    /// The first letter or number, as a capital: what stands for a name. Empty for signs alone.
    pub fn initial(text: &str) -> Self {
        first(text).map(|letter| Self::new(&letter.to_uppercase().to_string(), 1)).unwrap_or_default()
    }

    /// The letter or number under which the library's lists have the text: without its accent, Chinese by its pinyin. Empty for signs alone.
    pub fn place(text: &str) -> Self {
        let letter = first(text)
            .map(|letter| letter.to_pinyin().map_or(letter, |pinyin| first(pinyin.plain()).unwrap_or(letter)));
        let bare = |letter| std::iter::once(letter).nfkd().filter(|c| !is_combining_mark(*c)).nfc().next();
        letter
            .and_then(bare)
            .map(unstroked)
            .map(|letter| Self::new(&letter.to_uppercase().to_string(), 1))
            .unwrap_or_default()
    }
}

/// Letters that Unicode does not take apart, as the library orders them.
fn unstroked(letter: char) -> char {
    match letter {
        'æ' | 'Æ' => 'a',
        'œ' | 'Œ' | 'ø' | 'Ø' => 'o',
        'đ' | 'Đ' | 'ð' | 'Ð' => 'd',
        'ł' | 'Ł' => 'l',
        'ı' => 'i',
        'þ' | 'Þ' | 'ŧ' | 'Ŧ' => 't',
        'ħ' | 'Ħ' => 'h',
        letter => letter,
    }
}

fn first(text: &str) -> Option<char> {
    text.chars().find(|letter| letter.is_alphanumeric())
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
    fn a_letter_stands_for_a_name_and_another_for_its_place_in_a_list() {
        let names = ["\"élan\"", "周杰伦", "7 years", "ßeta", "Ökonomie", "…"];
        assert_eq!(names.map(|text| Words::initial(text).text), ["É", "周", "7", "S", "Ö", ""]);
        assert_eq!(names.map(|text| Words::place(text).text), ["E", "Z", "7", "S", "O", ""]);
        let others = ["Øya", "Æon", "Łódź", "한국", "Ёлка"];
        assert_eq!(others.map(|text| Words::place(text).text), ["O", "A", "L", "한", "Е"]);
    }
}
