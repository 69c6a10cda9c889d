use std::borrow::Cow;
use std::fmt;

/// A text that somebody else wrote (a file, a peer, a person), as one line of an error or of a log quotes it: what ends the line, turns its letters round, commands a
/// terminal or is not seen at all stands as its code, such as `\n` or `\u{202e}`.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_seen) {
        return Cow::Borrowed(text);
    }
    let code = |letter: char| if is_seen(letter) { letter.to_string() } else { letter.escape_default().to_string() };
    Cow::Owned(text.chars().map(code).collect())
}

/// Letters that are seen: no controls, none of the spaces that look like others, and none that Unicode calls ignorable by default or a format.
fn is_seen(letter: char) -> bool {
    match letter {
        // The space of Chinese and Japanese is as wide as a letter.
        ' ' | '\u{3000}' => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => false,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => false,
        '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' => false,
        '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => false,
        '\u{e0000}'..='\u{e0fff}' => false,
        letter => !letter.is_control() && !letter.is_whitespace(),
    }
}

/// The first letter of a name that nobody sees, that turns others round or that commands a terminal. Joiners and variation selectors are no such letter behind one that
/// they may shape: names in Persian, in the scripts of India, in Japanese and in Mongolian have them.
pub fn hidden(text: &str) -> Option<char> {
    let mut before = ' ';
    text.chars().find(|letter| {
        // The selector of a picture got through behind one.
        let is_picture = before == '\u{fe0f}' && *letter == '\u{200d}';
        let has_shape = is_picture || !before.is_ascii() && is_seen(before) && before != '\u{3000}';
        before = *letter;
        let is_fine = is_seen(*letter) || has_shape && is_shaping(*letter);
        !is_fine
    })
}

/// Letters that only shape those beside them.
fn is_shaping(letter: char) -> bool {
    let selectors =
        matches!(letter, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    selectors || matches!(letter, '\u{200c}' | '\u{200d}')
}

/// From here to there a number stands with all its digits.
const SHORTEST: f64 = 1e-9;
const LONGEST: f64 = 1e15;

/// A number as an error says it, also one that is none. One of very many digits is short: `1e308`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said(pub f64);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            number if number.is_nan() => f.write_str("not a number"),
            f64::INFINITY => f.write_str("infinity"),
            f64::NEG_INFINITY => f.write_str("minus infinity"),
            number if number != 0.0 && !(SHORTEST..LONGEST).contains(&number.abs()) => write!(f, "{number:e}"),
            number => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_stands_as_its_code() {
        assert_eq!(plain("速度 `Türe` 😀\u{3000}e\u{301} \\ '"), "速度 `Türe` 😀\u{3000}e\u{301} \\ '");
        assert_eq!(plain("a\u{202e}b\n\t\u{1b}[31m\0"), r"a\u{202e}b\n\t\u{1b}[31m\u{0}");
        for hidden in [
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{2028}',
            '\u{2029}',
            '\u{202f}',
            '\u{2066}',
            '\u{2069}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0041}',
        ] {
            assert_eq!(plain(&format!("x{hidden}")), format!("x\\u{{{:x}}}", u32::from(hidden)));
        }
    }

    #[test]
    fn a_name_hides_no_letter_and_keeps_what_shapes_it() {
        // Persian with a non-joiner, Marathi and Malayalam with a joiner, Japanese and an emoji with a variation selector.
        for name in [
            "",
            "José Müller-Lüdenscheidt",
            "陈静",
            "مه\u{200c}سا",
            "र\u{94d}\u{200d}हाने",
            "അനില\u{d4d}\u{200d}",
            "葛\u{e0100}城",
            "Ada ❤\u{fe0f}\u{200d}🔥",
        ] {
            assert_eq!(hidden(name), None, "{name:?}");
        }
        let letters = [
            '\0',
            '\n',
            '\u{1b}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{feff}',
            '\u{e0041}',
        ];
        for letter in letters {
            assert_eq!(hidden(&format!("مه{letter}سا")), Some(letter), "{letter:?}");
        }
        for letter in ['\u{200c}', '\u{200d}', '\u{fe0f}'] {
            for name in
                [format!("{letter}"), format!("A{letter}da"), format!("陈 {letter}静"), format!("陈\u{200d}{letter}静")]
            {
                assert!(hidden(&name).is_some(), "nothing is shaped in {name:?}");
            }
        }
    }

    #[test]
    fn a_number_that_is_none_says_so() {
        let said = [1.5, -0.25, f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|number| Said(number).to_string());
        assert_eq!(said, ["1.5", "-0.25", "not a number", "infinity", "minus infinity"]);
        let said = [1e308, -1.25e-300, 999_999_999_999_999.0, 0.0, 1e-9].map(|number| Said(number).to_string());
        assert_eq!(said, ["1e308", "-1.25e-300", "999999999999999", "0", "0.000000001"], "nobody counts 309 digits");
    }
}
