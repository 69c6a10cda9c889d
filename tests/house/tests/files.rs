//! Rules that every file keeps.

#![cfg(test)]

use tandem_house::{File, files, root};

const LONGEST_FILE: usize = 600;
const LONGEST_INLINE_TESTS: usize = 150;

fn texts() -> Vec<(File, String)> {
    let texts: Vec<_> = files()
        .into_iter()
        .filter_map(|mut file| {
            let text = file.text.take()?;
            Some((file, text))
        })
        .collect();
    assert!(texts.len() > 30, "git lists no files");
    texts
}

#[test]
fn no_source_file_has_eaten_the_rest() {
    let long: Vec<_> = texts()
        .iter()
        .filter(|(file, _)| ["rs", "slint"].contains(&file.extension()))
        .filter(|(_, text)| text.lines().count() > LONGEST_FILE)
        .map(|(file, text)| format!("{}: {} lines", file.path, text.lines().count()))
        .collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {long:?}");
}

#[test]
fn long_unit_tests_stand_beside_their_module() {
    let long: Vec<_> = texts()
        .iter()
        .filter(|(file, _)| file.extension() == "rs")
        .filter_map(|(file, text)| {
            let lines = text.lines().skip_while(|line| line.trim() != "mod tests {").count();
            (lines > LONGEST_INLINE_TESTS).then(|| format!("{}: {lines} lines of tests", file.path))
        })
        .collect();
    assert!(long.is_empty(), "move them to tests.rs: {long:?}");
}

#[test]
fn nothing_names_the_machine_it_was_made_on() {
    // Put together here, so that this file does not name them either.
    let banned: Vec<String> = [
        ("/work", "/"),
        ("/root", "/"),
        ("/home", "/"),
        ("index.crates", ".io"),
        ("static.crates", ".io"),
        ("pypi", ".org"),
        ("files.python", "hosted"),
        ("deb.debian", ".org"),
    ]
    .iter()
    .map(|(head, tail)| format!("{head}{tail}"))
    .collect();
    let mut found = Vec::new();
    for (file, text) in texts() {
        for (number, line) in text.lines().enumerate() {
            found.extend(
                banned
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("{}:{}: {word}", file.path, number + 1)),
            );
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_pure_core_of_a_service_names_no_bus_no_file_and_no_clock() {
    let banned = ["zbus", "tokio", "std::fs", "std::env", "std::net", "Instant::now", "SystemTime"];
    let is_core = |path: &str| path.ends_with("/src/core.rs") || path.contains("/src/core/");
    let mut cores = 0;
    let mut found = Vec::new();
    for (file, text) in texts().iter().filter(|(file, _)| file.extension() == "rs" && is_core(&file.path)) {
        cores += 1;
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            found.extend(
                banned
                    .iter()
                    .filter(|word| code.contains(*word))
                    .map(|word| format!("{}:{}: {word}", file.path, number + 1)),
            );
        }
    }
    assert!(cores > 0, "no service has a core");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_crate_takes_the_workspaces_lints_licence_and_versions() {
    let mut crates = 0;
    for (file, text) in texts().iter().filter(|(file, _)| file.name() == "Cargo.toml" && file.path != "Cargo.toml") {
        let manifest: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path));
        if manifest.contains_key("workspace") {
            continue;
        }
        crates += 1;
        let from_workspace = |table: &str, key: &str| {
            let value = manifest.get(table).and_then(|table| table.get(key));
            value.is_some_and(|value| value.as_bool() == Some(true) || value.get("workspace").is_some())
        };
        assert!(from_workspace("lints", "workspace"), "{}: [lints] workspace = true", file.path);
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert!(from_workspace("package", key), "{}: {key}.workspace = true", file.path);
        }
    }
    assert!(crates > 15);
}

#[test]
fn data_is_our_own() {
    // Formats in which other people's work comes along. Each file of ours is listed here, by the one who made it.
    let foreign = [
        "dbc", "kcd", "arxml", "sym", "log", "asc", "blf", "trc", "mf4", "pcap", "ttf", "otf", "ttc", "woff", "woff2",
        "vspec",
    ];
    let ours = [
        "assets/cars/demo/",
        "tests/fixtures/can/demo-city.log",
        "tests/fixtures/can/demo-get-out.log",
        "services/cli/tests/flawed.dbc",
        "vehicle-bus/dbc/tests/features.dbc",
        "vehicle-bus/dbc/tests/odd.dbc",
        "tests/fuzz/seeds/",
        "vehicle-bus/gate/tests/cars/",
    ];
    let strangers: Vec<_> = files()
        .into_iter()
        .filter(|file| foreign.contains(&file.extension().to_lowercase().as_str()))
        .filter(|file| !ours.iter().any(|start| file.path.starts_with(start)))
        .map(|file| file.path)
        .collect();
    assert!(strangers.is_empty(), "not known to be our own work: {strangers:?}");
}

#[test]
fn every_recording_says_where_it_comes_from() {
    let recordings: Vec<_> = files()
        .into_iter()
        .filter(|file| file.path.starts_with("tests/fixtures/can/") && file.extension() == "log")
        .collect();
    assert!(!recordings.is_empty(), "a clone alone must be able to replay something");
    for recording in recordings {
        let notes = root().join(recording.path.replace(".log", ".toml"));
        let text = std::fs::read_to_string(&notes).unwrap_or_else(|error| panic!("{}: {error}", notes.display()));
        let notes: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", recording.path));
        for key in ["car", "origin", "licence"] {
            assert!(notes.get(key).is_some_and(toml::Value::is_str), "{}: `{key}` is missing", recording.path);
        }
    }
}
