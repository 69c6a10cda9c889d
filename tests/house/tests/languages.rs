//! Every text of a screen is there in every language, and every language has no other.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SCREENS: [&str; 3] = ["centre", "cluster", "panel"];
const LANGUAGES: [&str; 2] = ["de", "zh_CN"];

/// The component that a text stands in, and the English text.
type Key = (String, String);

fn hmi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hmi")
}

fn slint_files(folder: &Path) -> Vec<String> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "slint"));
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// What follows a quote, up to the next one.
fn quoted(text: &str) -> &str {
    text.split_once('"').map_or(text, |(quoted, _)| quoted)
}

/// The component that begins in this line.
fn component(line: &str) -> Option<&str> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.strip_prefix("component ")?.split([' ', '{']).next()
}

fn texts(source: &str) -> Vec<Key> {
    let mut inside = "";
    let mut found = Vec::new();
    for line in source.lines() {
        inside = component(line).unwrap_or(inside);
        found.extend(line.split("@tr(\"").skip(1).map(|rest| (inside.to_owned(), quoted(rest).to_owned())));
    }
    found
}

/// What a catalogue says for each text: its forms.
fn catalogue(path: &Path) -> BTreeMap<Key, Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut entries = BTreeMap::new();
    for entry in text.split("\n\n").filter(|entry| entry.contains("msgctxt ")) {
        let line = |word: &str| {
            let found = entry.lines().find_map(|line| line.strip_prefix(word));
            quoted(found.unwrap_or_else(|| panic!("{path:?} has no {word}in {entry}"))).to_owned()
        };
        let forms = entry.lines().filter(|line| line.starts_with("msgstr"));
        let forms: Vec<String> =
            forms.filter_map(|line| line.split_once('"')).map(|(_, form)| quoted(form).to_owned()).collect();
        let key = (line("msgctxt \""), line("msgid \""));
        assert!(!forms.is_empty() && forms.iter().all(|form| !form.is_empty()), "{path:?}: {key:?} is empty");
        assert!(entries.insert(key.clone(), forms).is_none(), "{path:?}: {key:?} stands there twice");
    }
    entries
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn every_text_of_a_screen_is_there_in_every_language() {
    let kit: BTreeSet<Key> = slint_files(&hmi().join("kit/ui")).iter().flat_map(|source| texts(source)).collect();
    assert!(kit.len() > 10, "the kit's controls have words");
    for screen in SCREENS {
        let own: BTreeSet<Key> =
            slint_files(&hmi().join(screen).join("ui")).iter().flat_map(|source| texts(source)).collect();
        assert!(own.len() > 50, "{screen}");
        for language in LANGUAGES {
            let said = catalogue(&hmi().join(format!("{screen}/lang/{language}/LC_MESSAGES/tandem-{screen}.po")));
            let missing: Vec<&Key> = own.iter().filter(|key| !said.contains_key(key)).collect();
            assert!(missing.is_empty(), "{screen} in {language} lacks {missing:#?}");
            let idle: Vec<&Key> = said.keys().filter(|key| !own.contains(key) && !kit.contains(key)).collect();
            assert!(idle.is_empty(), "{screen} in {language} says what no screen shows: {idle:#?}");
            // The centre uses all of the kit; the cluster asks for nothing.
            let lacks: Vec<&Key> = kit.iter().filter(|key| screen == "centre" && !said.contains_key(key)).collect();
            assert!(lacks.is_empty(), "{screen} in {language} lacks the kit's {lacks:#?}");
            for ((component, text), forms) in &said {
                for form in forms {
                    assert_eq!(placeholders(text), placeholders(form), "{component} in {language}: {form:?}");
                }
            }
        }
    }
}

#[test]
fn chinese_is_chinese() {
    for screen in SCREENS {
        let said = catalogue(&hmi().join(format!("{screen}/lang/zh_CN/LC_MESSAGES/tandem-{screen}.po")));
        for (key, forms) in said {
            let han = |form: &String| form.chars().any(|letter| ('\u{4e00}'..'\u{9fff}').contains(&letter));
            assert!(forms.iter().all(han), "{key:?} is {forms:?}");
        }
    }
}
