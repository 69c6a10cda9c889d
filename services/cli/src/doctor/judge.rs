//! What was found, and what to do about it. It asks nobody.

use serde::Serialize;
use tandem_contracts::bus::BusStatistics;
use tandem_contracts::settings::Table as Settings;
use tandem_units::plain;

use crate::table::{Align, Table};

/// Below this a library that grows or a log may fill the disk before anybody looks again.
const LEAST_ROOM: u64 = 32 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Well,
    /// Not started, and need not be.
    Away,
    Ill,
}

impl Health {
    fn word(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Away => "away",
            Self::Ill => "ILL",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub part: String,
    pub health: Health,
    pub says: String,
    /// What to do; empty if it is well.
    pub remedy: String,
}

impl Finding {
    pub fn well(part: &str, says: String) -> Self {
        Self { part: part.to_owned(), health: Health::Well, says, remedy: String::new() }
    }

    pub fn ill(part: &str, says: String, remedy: String) -> Self {
        Self { part: part.to_owned(), health: Health::Ill, says, remedy }
    }
}

/// How a part is started anew, and where it says why it has to be.
pub fn anew(unit: &str, in_a_car: bool) -> String {
    if in_a_car {
        format!("`journalctl -b -u {unit}` says why; `systemctl restart {unit}` starts it anew")
    } else {
        // The kernel keeps fifteen letters of a process's name.
        let process = unit.get(..15).unwrap_or(unit);
        format!("the simulation starts it anew when it ends: `pkill -KILL {process}`; its shell says why")
    }
}

pub fn absent(part: &str, unit: &str, option: Option<&str>, in_a_car: bool) -> Finding {
    let says = "is not on the bus".to_owned();
    match option {
        _ if in_a_car => {
            Finding::ill(part, says, format!("`systemctl status {unit}` and `journalctl -b -u {unit}` say why"))
        }
        Some(option) => {
            let remedy = format!("`tandem sim` {option} has it");
            Finding { part: part.to_owned(), health: Health::Away, says, remedy }
        }
        None => Finding::ill(
            part,
            says,
            "if it has just died it is back in a moment; else start `tandem sim` anew".to_owned(),
        ),
    }
}

pub fn bus(bus: &BusStatistics) -> Finding {
    let part = format!("bus {}", bus.name);
    let name = &bus.name;
    let frames = format!("{} frames, load {:.1} %, {} lost", bus.frames, bus.load_last_second, bus.lost);
    let (says, remedy) = match bus.state.as_str() {
        "active" => return Finding::well(&part, frames),
        // A replay or the virtual car has no controller that could be asked.
        "unknown" => return Finding::well(&part, format!("{frames}; no controller to ask")),
        "warning" | "passive" | "bus-off" => (
            format!("the controller is {}: {frames}", bus.state),
            format!("wiring, termination, bit rate: `ip -details -statistics link show {name}` counts what went wrong"),
        ),
        "down" => {
            ("is down".to_owned(), format!("`ip link set {name} up type can bitrate RATE`, with car.toml's rate"))
        }
        "absent" => (
            "there is no interface of this name".to_owned(),
            format!(
                "`ip link show type can` lists those that are here; `--can {name}=OTHER` in TANDEM_VEHICLE of /etc/tandem/vehicle.env takes another"
            ),
        ),
        other => (format!("is {other}"), "`journalctl -b -u tandem-vehicle` says what the kernel answered".to_owned()),
    };
    Finding::ill(&part, says, remedy)
}

pub fn settings(table: &Settings) -> Finding {
    let notice = table.notice.sentence();
    let remedy = match table.notice.kind.as_str() {
        "" if table.is_kept => return Finding::well("settings", format!("{} are kept", table.settings.len())),
        "" | "not-kept" => {
            "in a car `journalctl -b -u data.mount` says why the data partition is not mounted; at a desk give the service a folder by `--state`"
        }
        "unwritable" => "the disk is full, read-only or broken: look at the rooms below, and at `dmesg`",
        _ => "set anew what was set; `tandem settings dismiss-notice` when this was read",
    };
    let says = if notice.is_empty() { "Settings are not kept.".to_owned() } else { notice };
    Finding::ill("settings", says, remedy.to_owned())
}

pub fn screen(part: &str, wrong: &[String]) -> Finding {
    if wrong.is_empty() {
        return Finding::well(part, "answers, and draws what it is told".to_owned());
    }
    let remedy = "switch the car off and on; if it is said again, this display is not to be trusted".to_owned();
    Finding::ill(part, format!("drew otherwise than it was told: {}", wrong.join(", ")), remedy)
}

pub fn room(folder: &str, free: u64, no_files: bool, read_only: bool) -> Finding {
    let says = format!("{} MiB free", free >> 20);
    if read_only {
        return Finding::ill(
            folder,
            format!("{says}, and is read-only"),
            "`findmnt` and `dmesg` say why: the disk may be broken".to_owned(),
        );
    }
    if no_files || free < LEAST_ROOM {
        let says = if no_files { format!("{says}, and takes no further file") } else { says };
        return Finding::ill(
            folder,
            says,
            "make room on that disk: downloads (`tandem media forget`), recordings, logs".to_owned(),
        );
    }
    Finding::well(folder, says)
}

/// A line a finding, then what to do.
pub fn text(findings: &[Finding]) -> String {
    let mut table = Table::bare([Align::Left, Align::Left, Align::Left]);
    for finding in findings {
        table.row([finding.health.word().to_owned(), plain(&finding.part).into(), plain(&finding.says).into()]);
    }
    let mut text = table.to_string();
    let ill = findings.iter().filter(|finding| finding.health == Health::Ill).count();
    for finding in findings.iter().filter(|finding| !finding.remedy.is_empty()) {
        text += &format!("\n{}: {}", plain(&finding.part), plain(&finding.remedy));
    }
    if findings.iter().any(|finding| !finding.remedy.is_empty()) {
        text += "\n";
    }
    let of = findings.len();
    text + &if ill == 0 { "\nall is well\n".to_owned() } else { format!("\n{ill} of {of} are not well\n") }
}

#[cfg(test)]
mod tests {
    use tandem_contracts::settings::Notice;

    use super::*;

    fn is(state: &str) -> Finding {
        bus(&BusStatistics { name: "can0".into(), state: state.into(), frames: 9, ..BusStatistics::default() })
    }

    #[test]
    fn a_bus_is_well_while_its_controller_has_nothing_to_complain_of() {
        assert_eq!((is("active").health, is("unknown").health), (Health::Well, Health::Well));
        for state in ["warning", "passive", "bus-off", "down", "absent", "unreadable"] {
            let found = is(state);
            assert!(found.health == Health::Ill && !found.remedy.is_empty(), "{found:?}");
        }
        assert!(is("bus-off").remedy.contains("link show can0"));
    }

    #[test]
    fn settings_that_are_not_kept_or_were_damaged_are_told_with_what_to_do() {
        let table = |kind: &str, is_kept| Settings {
            is_kept,
            notice: Notice { kind: kind.into(), file: "/x".into(), reason: "why".into() },
            ..Settings::default()
        };
        assert_eq!(settings(&table("", true)).health, Health::Well);
        for (kind, is_kept) in
            [("", false), ("not-kept", false), ("unwritable", false), ("damaged", true), ("newer", true)]
        {
            let found = settings(&table(kind, is_kept));
            assert!(found.health == Health::Ill && !found.remedy.is_empty() && !found.says.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn a_disk_is_ill_when_it_is_full_has_no_file_left_or_takes_nothing() {
        assert_eq!(room("/x", LEAST_ROOM, false, false).health, Health::Well);
        for (free, no_files, read_only) in
            [(LEAST_ROOM - 1, false, false), (LEAST_ROOM, true, false), (LEAST_ROOM, false, true)]
        {
            assert_eq!(room("/x", free, no_files, read_only).health, Health::Ill);
        }
    }

    #[test]
    fn in_a_car_every_part_has_to_be_there_and_at_a_desk_what_was_started() {
        assert_eq!(absent("phone service", "tandem-phone-link", Some("with --phones"), false).health, Health::Away);
        assert_eq!(absent("phone service", "tandem-phone-link", Some("with --phones"), true).health, Health::Ill);
        assert_eq!(absent("vehicle service", "tandem-vehicle", None, false).health, Health::Ill);
    }

    #[test]
    fn a_report_says_what_is_ill_and_then_what_to_do() {
        let findings = [Finding::well("vehicle service", "answers".into()), is("down")];
        insta::assert_snapshot!(text(&findings), @r"
        well  vehicle service  answers
        ILL   bus can0         is down

        bus can0: `ip link set can0 up type can bitrate RATE`, with car.toml's rate

        1 of 2 are not well
        ");
        assert!(text(&findings[..1]).ends_with("\nall is well\n"));
    }
}
