//! What we take from others: under which licence, from where, for which compiler, and built once.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tandem_house::{items, metadata, root, text, tree};

/// The newest compiler that every crate must be content with: the target image's.
const COMPILER: (u64, u64) = (1, 94);

/// The target that the tests run on; `cargo deny` looks at the others, too.
const TARGET: &str = "x86_64-unknown-linux-gnu";

fn deny() -> toml::Table {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap_or_else(|error| panic!("deny.toml: {error}"));
    text.parse().unwrap_or_else(|error| panic!("deny.toml: {error}"))
}

fn strings(table: &toml::Table, path: &[&str]) -> Vec<String> {
    let Some((last, parents)) = path.split_last() else { return Vec::new() };
    let table = parents.iter().try_fold(table, |table, key| table.get(*key)?.as_table());
    let array = table.and_then(|table| table.get(*last)).and_then(toml::Value::as_array);
    array.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Whether an SPDX expression can be met by licences of the list. `/` is the old way to write `OR`.
fn met(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let ok = any(&words, &mut at, allowed);
    ok && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut ok = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        ok |= all(words, at, allowed);
    }
    ok
}

fn all(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let mut ok = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        ok &= one(words, at, allowed);
    }
    ok
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let ok = any(words, at, allowed);
        *at += 1;
        return ok;
    }
    let mut name = (*word).to_owned();
    if words.get(*at) == Some(&"WITH") {
        name = format!("{name} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
    }
    allowed.contains(&name)
}

#[test]
fn licence_expressions_are_read_as_written() {
    let allowed = ["MIT".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    for met_by_it in ["MIT", "GPL-2.0 OR MIT", "Zlib/MIT", "(GPL-2.0 OR MIT) AND MIT", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(met(met_by_it, &allowed), "{met_by_it}");
    }
    for not_met in ["", "GPL-2.0", "MIT AND GPL-2.0", "Apache-2.0", "MIT MIT", "(GPL-2.0 OR MIT) AND Zlib"] {
        assert!(!met(not_met, &allowed), "{not_met}");
    }
}

/// Package id -> the ids that it imports, dev-dependencies left out.
fn graph(metadata: &Value) -> BTreeMap<&str, Vec<&str>> {
    let imports =
        |node: &'_ Value| -> bool { items(&node["dep_kinds"]).iter().any(|kind| text(kind, "kind") != "dev") };
    items(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            (
                text(node, "id"),
                items(&node["deps"]).iter().filter(|dep| imports(dep)).map(|dep| text(dep, "pkg")).collect(),
            )
        })
        .collect()
}

#[test]
fn every_licence_is_one_that_we_may_ship_and_only_the_screens_are_gpl() {
    let deny = deny();
    let allowed = strings(&deny, &["licenses", "allow"]);
    let exceptions: BTreeMap<String, Vec<String>> = deny["licenses"]["exceptions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(toml::Value::as_table)
        .map(|exception| (exception["crate"].as_str().unwrap_or_default().to_owned(), strings(exception, &["allow"])))
        .collect();
    let metadata = metadata(TARGET);
    let packages = items(&metadata["packages"]);
    assert!(packages.len() > 300, "cargo metadata lists {} packages", packages.len());

    let mut refused = Vec::new();
    let mut excepted = BTreeSet::new();
    for package in packages {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        if met(licence, &allowed) {
            continue;
        }
        match exceptions.get(name) {
            Some(more) if met(licence, more) => _ = excepted.insert(text(package, "id")),
            _ => refused.push(format!("{name}: {licence}")),
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");

    let graph = graph(&metadata);
    for package in packages.iter().filter(|package| package["source"].is_null()) {
        // What measures pictures is linked into the tests of the screens alone.
        let hmi = text(package, "manifest_path").contains("/hmi/") || text(package, "name") == "tandem-likeness";
        let mut reached = BTreeSet::new();
        let mut open = vec![text(package, "id")];
        while let Some(id) = open.pop() {
            if reached.insert(id) {
                open.extend(graph.get(id).into_iter().flatten());
            }
        }
        let gpl: Vec<_> = reached.intersection(&excepted).collect();
        assert!(hmi || gpl.is_empty(), "{} would link {gpl:?}", text(package, "name"));
    }
}

#[test]
fn everything_comes_from_the_public_registry_and_nothing_is_banned() {
    let deny = deny();
    let sources = strings(&deny, &["sources", "allow-registry"]);
    let banned: Vec<String> = deny["bans"]["deny"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|ban| ban.get("crate").and_then(toml::Value::as_str).map(str::to_owned))
        .collect();
    assert!(!sources.is_empty() && !banned.is_empty());
    let metadata = metadata(TARGET);
    for package in items(&metadata["packages"]) {
        let name = text(package, "name");
        let source = text(package, "source");
        assert!(
            source.is_empty() || sources.iter().any(|url| source == format!("registry+{url}")),
            "{name} comes from {source}"
        );
        assert!(!banned.iter().any(|ban| ban == name), "{name} is banned; deny.toml says why");
    }
}

#[test]
fn the_target_images_compiler_is_new_enough_for_everything() {
    let metadata = metadata(TARGET);
    let version = |text: &str| {
        let mut numbers = text.split('.').filter_map(|number| number.parse::<u64>().ok());
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    };
    let too_new: Vec<_> = items(&metadata["packages"])
        .iter()
        .filter(|package| version(text(package, "rust_version")) > COMPILER)
        .map(|package| {
            format!("{} {} wants {}", text(package, "name"), text(package, "version"), text(package, "rust_version"))
        })
        .collect();
    assert!(too_new.is_empty(), "{too_new:#?}");
}

#[test]
fn a_build_with_tests_and_one_without_share_what_they_build() {
    let package = |line: &String| line.split(" [").next().unwrap_or_default().to_owned();
    let (without, with) = (tree("normal,build", TARGET), tree("normal,build,dev", TARGET));
    assert!(without.len() > 300, "cargo tree lists {} packages", without.len());
    let names: BTreeSet<_> = without.iter().map(package).collect();
    let differing: Vec<_> = with.difference(&without).filter(|line| names.contains(&package(line))).collect();
    assert!(
        differing.is_empty(),
        "built twice; name what makes the difference in tests/house/Cargo.toml: {differing:#?}"
    );
}
