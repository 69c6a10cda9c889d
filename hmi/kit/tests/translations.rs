//! Every sentence of every screen stands in its translations, and nothing else does.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A sentence and the component that says it.
type Sentence = (String, String);

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

/// What stands between the first two quotes; no sentence of ours has one in it.
fn quoted(text: &str) -> String {
    text.split('"').nth(1).unwrap().to_owned()
}

fn said(text: &str) -> BTreeSet<Sentence> {
    let mut component = String::new();
    let mut said = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("export ").unwrap_or(line).strip_prefix("component ") {
            component = rest.split_whitespace().next().unwrap().to_owned();
        }
        said.extend(line.split("@tr(").skip(1).map(|rest| (component.clone(), quoted(rest))));
    }
    said
}

fn translated(text: &str) -> BTreeSet<Sentence> {
    let mut translated = BTreeSet::new();
    for entry in text.split("\n\n").filter(|entry| entry.contains("msgctxt ")) {
        let line = |word: &str| entry.lines().find(|line| line.starts_with(word)).map(quoted).unwrap();
        assert!(!line("msgstr").is_empty(), "{entry} is not translated");
        assert!(translated.insert((line("msgctxt "), line("msgid "))), "{entry} stands there twice");
    }
    translated
}

#[test]
fn every_sentence_has_its_translation() {
    let screens = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut languages = 0;
    for screen in fs::read_dir(screens).unwrap().map(|entry| entry.unwrap().path()) {
        let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
        let said: BTreeSet<_> = files(&screen.join("ui"), "slint").iter().flat_map(|path| said(&read(path))).collect();
        for language in files(&screen.join("lang"), "po") {
            languages += 1;
            let translated = translated(&read(&language));
            let missing: Vec<_> = said.difference(&translated).collect();
            let unsaid: Vec<_> = translated.difference(&said).collect();
            assert!(
                missing.is_empty() && unsaid.is_empty(),
                "{language:?} lacks {missing:#?}, and nobody says {unsaid:#?}"
            );
        }
    }
    assert_eq!(languages, 2, "the cluster and the centre speak Chinese");
}
