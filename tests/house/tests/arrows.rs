//! Who may import whom. The table is the floor plan: a new crate takes its place here first.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use tandem_house::{items, text, workspace};

const VEHICLE_BUS: &[&str] =
    &["tandem-frame", "tandem-can", "tandem-dbc", "tandem-signals", "tandem-store", "tandem-gate", "tandem-logs"];

/// Crate, and the crates of ours that it may import.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let with = |more: &[&'static str]| [VEHICLE_BUS, more].concat();
    BTreeMap::from([
        ("tandem-likeness", vec![]),
        ("tandem-units", vec![]),
        ("tandem-frame", vec![]),
        ("tandem-runtime", vec![]),
        ("tandem-can", vec!["tandem-frame"]),
        ("tandem-logs", vec!["tandem-frame"]),
        ("tandem-dbc", vec!["tandem-units", "tandem-frame"]),
        ("tandem-signals", vec!["tandem-units", "tandem-frame"]),
        ("tandem-store", vec!["tandem-units", "tandem-frame", "tandem-signals", "tandem-dbc"]),
        ("tandem-gate", vec!["tandem-units", "tandem-frame", "tandem-signals", "tandem-dbc"]),
        ("tandem-contracts", vec!["tandem-units"]),
        ("tandem-vehicle", with(&["tandem-contracts", "tandem-runtime", "tandem-units"])),
        ("tandem-policy", vec![]),
        ("tandem-lists", vec![]),
        ("tandem-database", vec![]),
        ("tandem-settings", vec!["tandem-contracts", "tandem-database", "tandem-runtime", "tandem-units"]),
        ("tandem-lifecycle", vec!["tandem-contracts", "tandem-runtime"]),
        ("tandem-library", vec!["tandem-database", "tandem-lists"]),
        ("tandem-pictures", vec![]),
        ("tandem-player", vec!["tandem-pictures"]),
        ("tandem-kdeconnect", vec![]),
        ("tandem-session", vec![]),
        ("tandem-link", vec!["tandem-kdeconnect", "tandem-runtime"]),
        (
            "tandem-phone-link",
            vec![
                "tandem-contracts",
                "tandem-runtime",
                "tandem-units",
                "tandem-kdeconnect",
                "tandem-link",
                "tandem-session",
            ],
        ),
        (
            "tandem-media",
            vec![
                "tandem-contracts",
                "tandem-runtime",
                "tandem-units",
                "tandem-lists",
                "tandem-library",
                "tandem-pictures",
                "tandem-player",
            ],
        ),
        ("tandem-telltales", vec!["tandem-units"]),
        (
            "tandem-kit",
            vec!["tandem-contracts", "tandem-runtime", "tandem-units", "tandem-telltales", "tandem-pictures"],
        ),
        ("tandem-cluster", vec!["tandem-kit", "tandem-contracts", "tandem-units", "tandem-telltales"]),
        (
            "tandem-centre",
            vec!["tandem-kit", "tandem-contracts", "tandem-units", "tandem-telltales", "tandem-pictures"],
        ),
        ("tandem-panel", vec!["tandem-kit", "tandem-contracts", "tandem-units"]),
        ("tandem", with(&["tandem-contracts", "tandem-units"])),
        (
            "tandem-sim",
            vec!["tandem-frame", "tandem-can", "tandem-dbc", "tandem-signals", "tandem-units", "tandem-contracts"],
        ),
        ("tandem-phone-sim", vec!["tandem-kdeconnect", "tandem-link"]),
        ("tandem-scenes", vec!["tandem-contracts", "tandem-units", "tandem-music", "tandem-policy"]),
        (
            "tandem-bench",
            with(&[
                "tandem-scenes",
                "tandem-music",
                "tandem-vehicle",
                "tandem-contracts",
                "tandem-units",
                "tandem-library",
                "tandem-player",
            ]),
        ),
        ("tandem-house", vec!["tandem-policy"]),
        ("tandem-music", vec![]),
        ("tandem-vm", vec!["tandem-can", "tandem-frame"]),
        ("tandem-machine", vec![]),
        ("xtask", vec!["tandem-machine", "tandem-policy"]),
    ])
}

/// Ours and all others that each crate of the workspace imports, dev-dependencies left out.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let workspace = workspace();
    items(&workspace["packages"])
        .iter()
        .map(|package| {
            let names = items(&package["dependencies"])
                .iter()
                .filter(|dependency| text(dependency, "kind") != "dev")
                .map(|dependency| text(dependency, "name").to_owned());
            (text(package, "name").to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn every_crate_imports_only_what_the_floor_plan_lets_it() {
    let imports = imports();
    let table = table();
    assert_eq!(imports.keys().map(String::as_str).collect::<Vec<_>>(), table.keys().copied().collect::<Vec<_>>());
    let mut wrong = Vec::new();
    for (importer, imported) in &imports {
        for name in imported.iter().filter(|name| imports.contains_key(*name)) {
            if !table[importer.as_str()].contains(&name.as_str()) {
                wrong.push(format!("{importer} -> {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the floor plan lacks: {wrong:?}");
}

#[test]
fn only_the_screens_know_slint_and_only_what_speaks_on_the_bus_knows_zbus() {
    let imports = imports();
    let who = |crates: &[&str]| {
        let knows = |imported: &BTreeSet<String>| crates.iter().any(|name| imported.contains(*name));
        imports.iter().filter(|(_, imported)| knows(imported)).map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        who(&["slint", "slint-build", "i-slint-core"]),
        ["tandem-centre", "tandem-cluster", "tandem-kit", "tandem-likeness", "tandem-panel"]
    );
    let silent = [VEHICLE_BUS, &["tandem-units", "tandem-telltales"]].concat();
    let speakers = who(&["zbus", "tokio"]);
    assert!(
        silent.iter().all(|name| !speakers.contains(name)),
        "a library with no I/O that knows the bus: {speakers:?}"
    );
}
