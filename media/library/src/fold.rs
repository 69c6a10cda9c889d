//! How texts are compared, ordered and cut into words.

use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Bytes of a key that orders.
const KEY: usize = 160;
/// Characters of a run of Chinese whose pinyin is indexed.
const RUN: usize = 24;
/// Syllables that one indexed word of pinyin holds.
const SYLLABLES: usize = 5;
/// Initials that one indexed word holds.
const INITIALS: usize = 8;

/// A text as a person reads it: no control characters, no space at its ends, at most `limit` characters.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let text = text.trim();
    if text.len() <= limit && !text.contains(|c: char| c.is_control()) {
        return text.to_owned();
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(limit).collect::<String>().trim().to_owned()
}

/// Small letters and digits in words with one space between them, without accents and signs: what is the same to a listener is the same here.
/// Never longer than three times the text and some bytes; empty for signs only.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    let mut push = |c: char| {
        if c.is_alphanumeric() || is_combining_mark(c) {
            if gap && !folded.is_empty() {
                folded.push(' ');
            }
            gap = false;
            match plain(c) {
                Some(letters) => folded.push_str(letters),
                None => folded.push(c),
            }
        } else {
            gap = true;
        }
    };
    if text.is_ascii() {
        text.chars().filter(|c| !is_apostrophe(*c)).for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        // Lower case first: a capital may become a letter and a mark. Apostrophes go before letters and marks are put together: what stood at their two sides may be one letter.
        text.chars()
            .filter(|c| !is_apostrophe(*c))
            .flat_map(char::to_lowercase)
            .nfkd()
            .filter(|c| !is_accent(*c) && !is_apostrophe(*c))
            .nfc()
            .flat_map(char::to_lowercase)
            .for_each(push);
    }
    folded
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´')
}

/// Marks that a person leaves out when typing. The vowel signs of other scripts stay.
fn is_accent(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f | 0x591..=0x5c7 | 0x64b..=0x65f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f)
}

/// Letters that Unicode does not take apart.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'þ' => "th",
        'ħ' => "h",
        'ŧ' => "t",
        _ => return None,
    })
}

/// Characters that are written without spaces between words: each is a word of its own.
pub(crate) fn stands_alone(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0x2_0000..=0x3_23af)
}

fn syllable(c: char) -> Option<&'static str> {
    if stands_alone(c) { c.to_pinyin().map(|pinyin| pinyin.plain()) } else { None }
}

/// Orders titles and names: accents and case aside, Chinese by its pinyin, numbers by their value. Signs only order by themselves, at the end.
pub(crate) fn sort_key(text: &str) -> String {
    let folded = fold(text);
    if folded.is_empty() {
        return clip(format!("~{}", text.trim()));
    }
    let mut key = String::with_capacity(folded.len() + 8);
    let mut digits = String::new();
    for c in folded.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        push_number(&mut key, &mut digits);
        match syllable(c) {
            Some(syllable) => {
                if !key.is_empty() && !key.ends_with(' ') {
                    key.push(' ');
                }
                key.push_str(syllable);
                key.push(' ');
            }
            None if c == ' ' && key.ends_with(' ') => {}
            None => key.push(c),
        }
    }
    push_number(&mut key, &mut digits);
    key.truncate(key.trim_end().len());
    clip(key)
}

/// A number after how many digits it has, so that 10 comes after 9.
fn push_number(key: &mut String, digits: &mut String) {
    if digits.is_empty() {
        return;
    }
    let number = digits.trim_start_matches('0');
    let number = if number.is_empty() { "0" } else { number };
    key.push(char::from(b'0' + u8::try_from(number.len().min(9)).unwrap_or(9)));
    key.push_str(number);
    digits.clear();
}

fn clip(mut key: String) -> String {
    let mut end = key.len().min(KEY);
    while !key.is_char_boundary(end) {
        end -= 1;
    }
    key.truncate(end);
    key
}

/// Orders paths: a folder comes right before what lies in it.
pub(crate) fn path_key(path: &str) -> String {
    if path.is_empty() { String::new() } else { path.split('/').map(sort_key).collect::<Vec<_>>().join("\u{1}") }
}

/// Adds the words under which a text is found: its words, each Chinese character, and the pinyin from each of these on, written together and as initials.
pub(crate) fn index_words(text: &str, words: &mut String) {
    let folded = fold(text);
    let mut alone = false;
    for c in folded.chars() {
        let stands = stands_alone(c);
        if (stands || alone) && !words.is_empty() && !words.ends_with(' ') {
            words.push(' ');
        }
        alone = stands;
        words.push(c);
    }
    words.push(' ');
    if folded.is_ascii() {
        return;
    }
    let mut run: Vec<&'static str> = Vec::new();
    for c in folded.chars().chain([' ']) {
        match syllable(c) {
            Some(syllable) if run.len() < RUN => run.push(syllable),
            Some(_) => {}
            None => {
                index_pinyin(&run, words);
                run.clear();
            }
        }
    }
}

fn index_pinyin(run: &[&'static str], words: &mut String) {
    for from in 0..run.len() {
        let rest = run.get(from..).unwrap_or_default();
        rest.iter().take(if from == 0 { RUN } else { SYLLABLES }).for_each(|syllable| words.push_str(syllable));
        words.push(' ');
        if rest.len() > 1 {
            rest.iter()
                .take(INITIALS)
                .filter_map(|syllable| syllable.chars().next())
                .for_each(|initial| words.push(initial));
            words.push(' ');
        }
    }
}

#[cfg(test)]
mod tests;
