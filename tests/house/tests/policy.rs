//! The bus's policy: a decision for every member of every contract, and files that say what the table says.

#![cfg(test)]

use std::collections::BTreeSet;

use tandem_house::files;
use tandem_policy::{TABLE, Table, faults, named, written};

fn table() -> Table {
    Table::read(TABLE).unwrap()
}

fn text(path: &str) -> String {
    let file = files().into_iter().find(|file| file.path == path);
    file.and_then(|file| file.text).unwrap_or_else(|| panic!("{path} is missing"))
}

/// What introspection data name: `method`, `signal` or `property`.
fn members(xml: &str, kind: &str) -> BTreeSet<String> {
    let start = format!("<{kind} name=\"");
    xml.split(&start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

/// Every interface of the contracts with the data that it shows to strangers.
fn contracts() -> Vec<(String, String)> {
    let mut contracts: Vec<_> = files()
        .into_iter()
        .filter(|file| file.path.starts_with("services/contracts/snapshots/"))
        .filter_map(|file| Some((file.name().strip_suffix(".xml")?.to_owned(), file.text?)))
        .collect();
    assert!(contracts.len() > 7, "{}", contracts.len());
    // MPRIS has no snapshot: what is served of it is text in the contracts.
    let face = text("services/contracts/src/mpris/face.rs");
    let of = |constant: &str| {
        let (_, rest) = face.split_once(constant).unwrap_or_else(|| panic!("no {constant}"));
        rest.split_once(";\n").unwrap().0.replace("\\\"", "\"")
    };
    contracts.push(("org.mpris.MediaPlayer2".to_owned(), of("pub const ROOT_MEMBERS")));
    contracts.push(("org.mpris.MediaPlayer2.Player".to_owned(), of("pub const PLAYER_MEMBERS")));
    contracts
}

#[test]
fn every_member_of_every_contract_has_its_decision() {
    let table = table();
    let mut wrong = Vec::new();
    for (name, xml) in contracts() {
        let serving: Vec<_> = table.serves.iter().filter(|(_, served)| served.interfaces.contains_key(&name)).collect();
        if serving.is_empty() {
            wrong.push(format!("{name}: nobody serves it"));
        }
        for (key, served) in serving {
            let decided = &served.interfaces[&name];
            for (kind, decided) in [("method", &decided.methods), ("signal", &decided.signals)] {
                let there = members(&xml, kind);
                let decided: BTreeSet<_> = decided.keys().cloned().collect();
                wrong.extend(
                    there.difference(&decided).map(|member| format!("{key}: {name}.{member} ({kind}): who may?")),
                );
                wrong.extend(decided.difference(&there).map(|member| format!("{key}: {name} has no {kind} {member}")));
            }
            let readable = served.interfaces.get("org.freedesktop.DBus.Properties");
            if !members(&xml, "property").is_empty() && readable.is_none_or(|of| of.methods.is_empty()) {
                wrong.push(format!("{key}: {name} has properties: who may read them?"));
            }
        }
    }
    assert!(wrong.is_empty(), "decide in services/policy/table.toml:\n{}", wrong.join("\n"));
}

#[test]
fn every_interface_of_the_table_is_in_a_contract_or_a_standard() {
    let contracts: BTreeSet<_> = contracts().into_iter().map(|(name, _)| name).collect();
    for interface in table().serves.values().flat_map(|served| served.interfaces.keys()) {
        assert!(contracts.contains(interface) || interface.starts_with("org.freedesktop.DBus."), "{interface}");
    }
}

#[test]
fn the_committed_configuration_is_what_the_table_says() {
    let made = written(&table(), named);
    assert!(made.len() > 6);
    for (path, wanted) in &made {
        assert!(text(path) == *wanted, "{path} differs from services/policy/table.toml: cargo xtask policy");
    }
    let stray: Vec<_> = files()
        .into_iter()
        .filter(|file| {
            file.extension() == "conf" && file.text.as_ref().is_some_and(|text| text.contains("<busconfig>"))
        })
        .filter(|file| !made.contains_key(&file.path))
        .map(|file| file.path)
        .collect();
    assert!(stray.is_empty(), "configuration of the bus that the table does not know: {stray:?}");
}

#[test]
fn no_rule_of_the_configuration_lets_more_through_than_it_names() {
    let mut looked_at = 0;
    for (path, _) in written(&table(), named) {
        let configuration = text(&path);
        looked_at += configuration.matches("<allow").count();
        assert_eq!(faults(&configuration), Vec::<String>::new(), "{path}");
    }
    assert!(looked_at > 200, "{looked_at}");
}

#[test]
fn the_instruments_and_the_phones_read_the_car_and_never_move_it() {
    let table = table();
    let reads = [
        "List",
        "Get",
        "Subscribe",
        "Acknowledge",
        "Unsubscribe",
        "Actuators",
        "Requests",
        "Status",
        "Since",
        "Buses",
        "Ids",
    ];
    for (interface, of) in &table.serves["vehicle"].interfaces {
        for (method, who) in of.methods.iter().filter(|(method, _)| !reads.contains(&method.as_str())) {
            if interface.starts_with("org.tandem.") {
                let barred = ["cluster", "phone-link", "media", "settings"].iter().find(|role| who.contains(**role));
                assert_eq!(barred, None, "{interface}.{method}");
            }
        }
    }
}
