use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::table::{Account, Table};

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by `cargo xtask policy` from services/policy/table.toml: change that, not this. -->
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
"#;

/// An account as an image has it: by its name.
pub fn named(account: Account<'_>) -> String {
    match account {
        Account::User(name) | Account::Group(name) => name.to_owned(),
        Account::Private => String::new(),
    }
}

/// Every file of the configuration, by its place in the repository, and what stands in it.
pub fn written(table: &Table, named: impl Fn(Account<'_>) -> String) -> BTreeMap<String, String> {
    let file = |(role, who): (&String, &crate::Role)| Some((who.file.clone()?, configuration(table, role, &named)?));
    table.roles.iter().filter_map(file).collect()
}

/// The bus's configuration for one role, or nothing if the bus knows none of it. `named` says how an account is written: as it is in an image, as a number where it does not exist, for dbus-daemon passes over names that it cannot look up.
fn configuration(table: &Table, role: &str, named: impl Fn(Account<'_>) -> String) -> Option<String> {
    let who = table.roles.get(role)?;
    let account = who.account()?;
    let attribute = match account {
        Account::User(_) => "user",
        Account::Group(_) => "group",
        Account::Private => return None,
    };
    let mut text = HEAD.to_owned();
    let others = nobody_else(table, role);
    if !others.is_empty() {
        let _ = write!(
            text,
            "  <!-- What is this role's own is nobody else's. -->\n  <policy context=\"default\">\n{others}  </policy>\n"
        );
    }
    let _ = writeln!(text, "  <policy {attribute}=\"{}\">", named(account));
    if who.is_service() {
        text += "    <!-- What stands below is all that it may do. -->\n    <deny own=\"*\"/>\n    <deny send_type=\"method_call\"/>\n    <deny send_type=\"signal\"/>\n    <deny receive_type=\"signal\"/>\n";
        text += "    <allow receive_type=\"signal\" receive_sender=\"org.freedesktop.DBus\" receive_interface=\"org.freedesktop.DBus\"/>\n";
    }
    for member in &who.asks_the_bus {
        let _ = writeln!(
            text,
            "    <allow send_type=\"method_call\" send_destination=\"org.freedesktop.DBus\" send_interface=\"org.freedesktop.DBus\" send_member=\"{member}\"/>"
        );
    }
    for name in &who.owns {
        let _ = writeln!(text, "    <allow own=\"{name}\"/>");
    }
    for name in &who.owns_below {
        let _ = writeln!(text, "    <allow own_prefix=\"{name}\"/>");
    }
    text += &says(table, role);
    text += &asks_and_hears(table, role);
    for (name, interfaces) in &who.others {
        for (interface, of) in interfaces {
            for member in &of.methods {
                let _ = writeln!(
                    text,
                    "    <allow send_type=\"method_call\" send_destination=\"{name}\" send_interface=\"{interface}\" send_member=\"{member}\"/>"
                );
            }
            for member in &of.signals {
                let _ = writeln!(
                    text,
                    "    <allow receive_type=\"signal\" receive_sender=\"{name}\" receive_interface=\"{interface}\" receive_member=\"{member}\"/>"
                );
            }
        }
    }
    text += "  </policy>\n</busconfig>\n";
    Some(text)
}

/// What everybody is refused with what this role owns and serves.
fn nobody_else(table: &Table, role: &str) -> String {
    let mut text = String::new();
    let Some(who) = table.roles.get(role) else { return text };
    for name in &who.owns {
        let _ = writeln!(
            text,
            "    <deny own=\"{name}\"/>\n    <deny send_type=\"method_call\" send_destination=\"{name}\"/>"
        );
    }
    for name in &who.owns_below {
        let _ = writeln!(text, "    <deny own_prefix=\"{name}\"/>");
    }
    let interfaces = table.served_by(role).flat_map(|(_, served)| &served.interfaces);
    let (mut signals, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for (interface, of) in interfaces {
        paths.extend(&of.paths);
        // Others have properties, too.
        if !interface.starts_with("org.freedesktop.DBus.") {
            signals.insert(interface);
        }
    }
    for path in paths {
        let _ = writeln!(
            text,
            "    <deny send_type=\"signal\" send_path=\"{path}\"/>\n    <deny receive_type=\"signal\" receive_path=\"{path}\"/>"
        );
    }
    for interface in signals {
        let _ = writeln!(
            text,
            "    <deny send_type=\"signal\" send_interface=\"{interface}\"/>\n    <deny receive_type=\"signal\" receive_interface=\"{interface}\"/>"
        );
    }
    text
}

/// The signals that it sends: to whoever may hear them, which their receivers' rules say.
fn says(table: &Table, role: &str) -> String {
    let mut lines = BTreeSet::new();
    for (_, served) in table.served_by(role) {
        for (interface, of) in &served.interfaces {
            for (path, member) in of.paths.iter().flat_map(|path| of.signals.keys().map(move |member| (path, member))) {
                lines.insert(format!("    <allow send_type=\"signal\" send_path=\"{path}\" send_interface=\"{interface}\" send_member=\"{member}\"/>\n"));
            }
        }
    }
    lines.into_iter().collect()
}

fn asks_and_hears(table: &Table, role: &str) -> String {
    let mut text = String::new();
    for served in table.serves.values() {
        let name = &served.name;
        if table.roles.get(&served.role).is_none_or(|owner| owner.account() == Some(Account::Private)) {
            continue;
        }
        for (interface, of) in &served.interfaces {
            for (member, _) in of.methods.iter().filter(|(_, who)| who.contains(role)) {
                let _ = writeln!(
                    text,
                    "    <allow send_type=\"method_call\" send_destination=\"{name}\" send_interface=\"{interface}\" send_member=\"{member}\"/>"
                );
            }
            for (member, _) in of.signals.iter().filter(|(_, who)| who.contains(role)) {
                for path in &of.paths {
                    let _ = writeln!(
                        text,
                        "    <allow receive_type=\"signal\" receive_sender=\"{name}\" receive_path=\"{path}\" receive_interface=\"{interface}\" receive_member=\"{member}\"/>"
                    );
                }
            }
        }
    }
    text
}
