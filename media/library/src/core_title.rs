//! What of a title names the song, and what names the version of it.

use std::collections::BTreeSet;

use crate::fold::fold;

/// A title taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Title {
    /// Folded, without guests, editions and versions; the whole title if nothing else is in it.
    pub core: String,
    /// In which versions a listener hears something else: `live`, `remix`.
    pub versions: BTreeSet<&'static str>,
}

/// Words that tell a version apart, as the folded text has them.
const VERSIONS: [(&str, &str); 34] = [
    ("live", "live"),
    ("concert", "live"),
    ("现场", "live"),
    ("演唱会", "live"),
    ("remix", "remix"),
    ("rmx", "remix"),
    ("mix", "remix"),
    ("dub", "remix"),
    ("mashup", "remix"),
    ("bootleg", "remix"),
    ("dj", "remix"),
    ("vip", "remix"),
    ("混音", "remix"),
    ("acoustic", "acoustic"),
    ("unplugged", "acoustic"),
    ("不插电", "acoustic"),
    ("instrumental", "instrumental"),
    ("karaoke", "instrumental"),
    ("伴奏", "instrumental"),
    ("纯音乐", "instrumental"),
    ("a cappella", "a cappella"),
    ("acapella", "a cappella"),
    ("demo", "demo"),
    ("cover", "cover"),
    ("翻唱", "cover"),
    ("edit", "edit"),
    ("extended", "extended"),
    ("sped up", "speed"),
    ("slowed", "speed"),
    ("nightcore", "speed"),
    ("orchestral", "orchestral"),
    ("reprise", "reprise"),
    ("rehearsal", "rehearsal"),
    ("session", "session"),
];

/// Words that tell of an edition in which a listener hears the same.
const EDITIONS: [&str; 15] = [
    "remaster",
    "remastered",
    "remastering",
    "mono",
    "stereo",
    "bonus track",
    "bonus",
    "deluxe",
    "explicit",
    "clean",
    "anniversary",
    "original mix",
    "original version",
    "album version",
    "single version",
];

const BRACKETS: [(char, char); 5] = [('(', ')'), ('[', ']'), ('（', '）'), ('【', '】'), ('［', '］')];

/// The part of a title that names the song: equal for all its editions and versions.
pub(crate) fn core(title: &str) -> String {
    take_apart(title).core
}

pub(crate) fn take_apart(title: &str) -> Title {
    let mut versions = BTreeSet::new();
    let mut rest = String::with_capacity(title.len());
    let mut text = title;
    while let Some((at, (open, close))) =
        text.char_indices().find_map(|(at, c)| Some((at, *BRACKETS.iter().find(|(open, _)| *open == c)?)))
    {
        let (before, after) = text.split_at(at);
        let after = after.strip_prefix(open).unwrap_or_default();
        let Some((inside, behind)) = after.split_once(close) else { break };
        rest.push_str(before);
        // `(I Can't Get No) Satisfaction`: what stands in front, or says nothing of a version, is a part of the name.
        if fold(&rest).is_empty() || !is_remark(&fold(inside), &mut versions) {
            rest.push(' ');
            rest.push_str(inside);
        }
        rest.push(' ');
        text = behind;
    }
    rest.push_str(text);
    let mut name = rest.as_str();
    for dash in [" - ", " – ", " — "] {
        while let Some((before, after)) = name.rsplit_once(dash) {
            if fold(before).is_empty() || !is_remark(&fold(after), &mut versions) {
                break;
            }
            name = before;
        }
    }
    let folded = fold(name);
    let core = without_guests(&folded);
    let core = if core.is_empty() { fold(title) } else { core.to_owned() };
    // A title of signs only names itself.
    Title { core: if core.is_empty() { title.trim().to_owned() } else { core }, versions }
}

/// Whether a folded remark speaks of guests, an edition or a version; the versions are noted.
fn is_remark(remark: &str, versions: &mut BTreeSet<&'static str>) -> bool {
    if remark.is_empty() || is_guest(remark) || remark.starts_with("with ") || remark.starts_with("prod ") {
        return true;
    }
    if EDITIONS.iter().any(|words| has_words(remark, words)) {
        // `Live, Remastered` is live all the same; `Original Mix` is no mix.
        let of_edition = ["original mix", "original version"].iter().any(|words| has_words(remark, words));
        if !of_edition {
            note(remark, versions);
        }
        return true;
    }
    if note(remark, versions) {
        return true;
    }
    if has_words(remark, "version") || remark.ends_with('版') {
        versions.insert("version");
        return true;
    }
    // A year alone is an edition.
    remark.len() == 4 && remark.chars().all(|c| c.is_ascii_digit())
}

/// Notes the versions that a remark names; whether it names any.
fn note(remark: &str, versions: &mut BTreeSet<&'static str>) -> bool {
    let mut any = false;
    for (_, version) in VERSIONS.iter().filter(|(word, _)| has_words(remark, word)) {
        versions.insert(version);
        any = true;
    }
    any
}

/// Whether whole words stand in a folded text. Chinese has no words to be whole.
fn has_words(text: &str, words: &str) -> bool {
    if !words.is_ascii() {
        return text.contains(words);
    }
    text.match_indices(words).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + words.len()..).unwrap_or_default();
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        apart(before.chars().next_back()) && apart(after.chars().next())
    })
}

fn is_guest(text: &str) -> bool {
    ["feat", "ft", "featuring"]
        .iter()
        .any(|word| text == *word || text.strip_prefix(word).is_some_and(|rest| rest.starts_with(' ')))
}

/// Cuts `song feat somebody` before its guests.
fn without_guests(folded: &str) -> &str {
    let ends = folded
        .match_indices(' ')
        .find(|(at, _)| folded.get(at + 1..).is_some_and(|rest| is_guest(rest) && rest.contains(' ')));
    ends.map_or(folded, |(at, _)| folded.get(..at).unwrap_or(folded))
}

#[cfg(test)]
mod tests;
