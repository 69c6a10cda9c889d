//! The units that a car starts: systemd understands every line, each part has an account, limits and a sandbox of its own, and none of them can end up dead.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tandem_house::{SHARED, Unit, files, items, text, units, workspace};
use tandem_policy::{Account, TABLE, Table};

/// How much of the system each part may touch, in tenths of what `systemd-analyze security` counts, and how long it may hang. Music sees the nodes of devices, by which
/// sticks are known again.
const BARS: [(&str, u32, u32); 7] = [
    ("tandem-vehicle.service", 15, 3),
    ("tandem-media.service", 12, 5),
    ("tandem-phone-link.service", 15, 5),
    ("tandem-settings.service", 10, 10),
    ("tandem-lifecycle.service", 12, 10),
    ("tandem-cluster.service", 10, 3),
    ("tandem-centre.service", 10, 3),
];

/// What systemd before 254 does not know and passes over. It is told so once for each unit.
const NEWER: [&str; 2] = ["RestartSteps", "RestartMaxDelaySec"];

/// Of the system's own units, those that ours name.
const SYSTEMS: [&str; 8] = [
    "sysinit.target",
    "basic.target",
    "shutdown.target",
    "multi-user.target",
    "dbus.socket",
    "systemd-remount-fs.service",
    "var.mount",
    "data.mount",
];

/// Not a part: it gives each of those that keep something a place to keep it, before they start.
const STATE: &str = "state.service";

/// The programs that are built here.
fn programs() -> BTreeSet<String> {
    let workspace = workspace();
    let targets = items(&workspace["packages"]).iter().flat_map(|package| items(&package["targets"]));
    let is_program = |target: &&serde_json::Value| items(&target["kind"]).iter().any(|kind| kind == "bin");
    targets.filter(is_program).map(|target| text(target, "name").to_owned()).collect()
}

fn made() -> String {
    files().into_iter().find(|file| file.name() == "tandem.sysusers").and_then(|file| file.text).unwrap()
}

/// The accounts that are made, by name.
fn accounts() -> BTreeSet<String> {
    let made = made();
    let user = |line: &str| Some(line.strip_prefix("u ")?.split_whitespace().next()?.to_owned());
    made.lines().filter_map(user).collect()
}

/// A system with these units, and nothing else but what they name of it.
fn stage(units: &BTreeMap<String, Unit>, programs: &BTreeSet<String>) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let place = |path: String, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    };
    for (name, unit) in units {
        place(format!("usr/lib/systemd/system/{name}"), &unit.text);
    }
    for name in SYSTEMS {
        let own = match name {
            "dbus.socket" => "[Socket]\nListenStream=/run/bus\n",
            "data.mount" => "[Mount]\nWhat=/dev/tandem/data\nWhere=/data\n",
            "var.mount" => "[Mount]\nWhat=/dev/disk/by-label/var\nWhere=/var\n",
            "systemd-remount-fs.service" => "[Service]\nType=oneshot\nExecStart=/bin/sh\n",
            _ => "",
        };
        place(format!("usr/lib/systemd/system/{name}"), &format!("[Unit]\nDefaultDependencies=no\n{own}"));
    }
    place("usr/lib/systemd/system/dbus.service".to_owned(), "[Service]\nExecStart=/usr/bin/tandem\n");
    for program in programs.iter().map(|program| format!("usr/bin/{program}")).chain(["bin/sh".to_owned()]) {
        let path = place(program, "");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::create_dir_all(root.path().join("etc")).unwrap();
    root
}

fn analyze(root: &Path, arguments: &[&str]) -> (bool, String) {
    let mut analyze = Command::new("systemd-analyze");
    analyze.arg(arguments[0]).arg(format!("--root={}", root.display())).args(&arguments[1..]);
    let told = analyze.env("SYSTEMD_LOG_LEVEL", "info").output().expect("of the Debian package systemd");
    (told.status.success(), String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned())
}

/// What systemd says of accounts that are to be made, and does not make.
fn accounts_refused(made: &str) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("accounts.conf");
    fs::write(&file, made).unwrap();
    let mut make = Command::new("systemd-sysusers");
    make.arg(format!("--root={}", root.path().display())).arg("--dry-run").arg(&file);
    let told = make.output().expect("of the Debian package systemd");
    let said = String::from_utf8_lossy(&told.stderr).into_owned();
    said.lines().filter(|line| line.contains("accounts.conf:")).map(str::to_owned).collect()
}

/// Everything that is wrong with these units, a sentence each.
fn faults(units: &BTreeMap<String, Unit>) -> Vec<String> {
    let (programs, accounts) = (programs(), accounts());
    let root = stage(units, &programs);
    let mut wrong = Vec::new();

    let names: Vec<&str> = units.keys().map(String::as_str).filter(|name| *name != SHARED).collect();
    let (_, told) = analyze(root.path(), &[&["verify", "--man=no"], &names[..]].concat());
    let is_newer = |line: &&str| NEWER.iter().any(|key| line.contains(&format!("Unknown key '{key}'")));
    wrong.extend(told.lines().filter(|line| !line.is_empty() && !is_newer(line)).map(str::to_owned));

    let is_part = |name: &str| name.ends_with(".service") && name != STATE;
    let services: BTreeMap<_, _> = units.iter().filter(|(name, _)| is_part(name)).collect();
    wrong.extend(
        services
            .keys()
            .filter(|name| !BARS.iter().any(|bar| bar.0 == name.as_str()))
            .map(|name| format!("{name}: how much may it touch?")),
    );
    let shared = &units[SHARED];
    let table = Table::read(TABLE).unwrap();
    let mut taken = BTreeSet::new();
    for (name, exposure, patience) in BARS {
        let Some(unit) = services.get(&name.to_owned()) else {
            wrong.push(format!("{name} is missing"));
            continue;
        };
        let offline = ["security", "--offline=true", "--no-pager", &format!("--threshold={exposure}"), name];
        let (holds, told) = analyze(root.path(), &offline);
        if !holds {
            wrong.push(format!("{name} may touch too much: {}", told.lines().last().unwrap_or_default()));
        }
        if unit.last("WatchdogSec") != Some(&format!("{patience}s")) {
            wrong.push(format!("{name} may hang for {:?} and not {patience}s", unit.last("WatchdogSec")));
        }
        for limit in ["MemoryMax", "TasksMax", "CPUWeight", "LimitNOFILE"] {
            if unit.last(limit).is_none() {
                wrong.push(format!("{name} has no {limit}"));
            }
        }
        if unit.last("IPAddressAllow").is_some() && unit.last("IPAddressDeny") != Some("any") {
            wrong.push(format!("{name} allows addresses and refuses none"));
        }
        if unit.last("WantedBy") != Some("tandem.target") {
            wrong.push(format!("{name} is not part of tandem.target"));
        }
        let waits = |key| unit.all(key).flat_map(str::split_whitespace).any(|unit| unit == STATE);
        if unit.last("StateDirectory").is_some() && !(waits("Wants") && waits("After")) {
            wrong.push(format!("{name} keeps something, and does not wait for its place"));
        }
        let user = unit.last("User").unwrap_or_default();
        let own = name.trim_end_matches(".service");
        let policy = unit.path.replace(".service", ".conf");
        let of_policy = table.roles.values().find(|role| role.file.as_deref() == Some(policy.as_str()));
        let is_of_policy = of_policy.is_some_and(|role| role.account() == Some(Account::User(user)));
        if user != own || !accounts.contains(user) || !is_of_policy || !taken.insert(user) {
            wrong.push(format!(
                "{name} runs as `{user}`, who is not made, is another part's, or is none whom the bus knows by {policy}"
            ));
        }
        let groups = unit.all("SupplementaryGroups").flat_map(str::split_whitespace);
        let missing =
            groups.filter(|group| !made().lines().any(|line| line.split_whitespace().take(2).eq(["g", *group])));
        wrong.extend(missing.map(|group| format!("{name} needs the group {group}, which is not made")));
        let command = unit.command();
        let program = command.first().and_then(|path| path.strip_prefix("/usr/bin/")).unwrap_or_default();
        if program != own || !programs.contains(program) {
            wrong.push(format!("{name} starts `{program}`, which is no program of ours or another part's"));
        }
        // What is shared comes after what is its own, and would be in force.
        let sections = ["[Unit]", "[Service]"];
        let keys = shared.text.lines().filter(|line| !sections.contains(line)).filter_map(|line| line.split_once('='));
        let once = |key: &str| !["SystemCallFilter", "Environment"].contains(&key);
        wrong.extend(
            keys.filter(|(key, _)| once(key) && unit.last(key).is_some())
                .map(|(key, _)| format!("{name}: {key} is {SHARED}'s")),
        );
    }
    let never_dead = [
        ("StartLimitIntervalSec", "0"),
        ("Restart", "always"),
        ("RestartSec", "300ms"),
        ("RestartSteps", "8"),
        ("RestartMaxDelaySec", "10s"),
        ("Type", "notify"),
        ("NotifyAccess", "main"),
    ];
    wrong.extend(
        never_dead
            .iter()
            .filter(|(key, value)| shared.last(key) != Some(value))
            .map(|(key, value)| format!("{SHARED}: {key} is not {value}")),
    );
    // A dependency that fails, or a file that is missing, would keep a part from being tried again.
    let ends = [
        "Requires=",
        "BindsTo=",
        "Requisite=",
        "PartOf=",
        "EnvironmentFile=/",
        "RestartPreventExitStatus=",
        "Condition",
        "Assert",
    ];
    for (name, unit) in units.iter().filter(|(name, _)| *name != STATE) {
        let dead = unit.text.lines().filter(|line| ends.iter().any(|end| line.starts_with(end)));
        wrong.extend(dead.map(|line| format!("{name}: a dead end: {line}")));
    }
    // The instruments wait for nothing of the boot.
    let cluster = services.get(&"tandem-cluster.service".to_owned());
    let waits = cluster.into_iter().flat_map(|unit| {
        ["After", "Requires", "Wants", "PrivateTmp", "StateDirectory"].map(|key| (key, unit.last(key)))
    });
    wrong.extend(waits.filter_map(|(key, value)| Some(format!("the instruments wait: {key}={}", value?))));
    wrong
}

#[test]
fn every_unit_is_understood_confined_and_never_dead() {
    assert_eq!(faults(&units()), Vec::<String>::new());
}

#[test]
fn every_account_is_made() {
    let made = made();
    assert_eq!(accounts_refused(&made), Vec::<String>::new());
    let sown = accounts_refused(&made.replace("Tandem, phones", "Tandem: phones"));
    assert!(sown.len() == 1 && sown[0].contains("not a valid GECOS"), "{sown:?}");
}

#[test]
fn every_fault_that_is_sown_is_found() {
    let sown = [
        ("tandem-vehicle.service", "LimitNOFILE", "LimitNOFILES", "Unknown key 'LimitNOFILES'"),
        ("tandem-vehicle.service", "User=tandem-vehicle", "User=tandem-media", "runs as `tandem-media`"),
        ("tandem-vehicle.service", "User=tandem-vehicle", "User=tandem-nobody", "runs as `tandem-nobody`"),
        ("tandem-centre.service", "video input", "video entry", "needs the group entry"),
        ("tandem-vehicle.service", "/usr/bin/tandem-vehicle ", "/usr/bin/tandem-vehicles ", "tandem-vehicles"),
        ("tandem-vehicle.service", "WatchdogSec=3s", "WatchdogSec=30s", "may hang"),
        ("tandem-vehicle.service", "=-/etc/tandem", "=/etc/tandem", "a dead end"),
        ("tandem-vehicle.service", "Wants=dbus.socket", "Requires=dbus.socket", "a dead end"),
        (
            "tandem-settings.service",
            "After=dbus.socket state.service",
            "After=dbus.socket",
            "does not wait for its place",
        ),
        (
            "tandem-vehicle.service",
            "Wants=dbus.socket state.service",
            "Wants=dbus.socket",
            "does not wait for its place",
        ),
        (STATE, "RemainAfterExit=yes", "RemainsAfterExit=yes", "Unknown key 'RemainsAfterExit'"),
        ("tandem-media.service", "PrivateTmp=yes\n", "", "may touch too much"),
        ("tandem-media.service", "IPAddressDeny=any\n", "", "allows addresses and refuses none"),
        ("tandem-settings.service", "MemoryMax=64M\n", "", "has no MemoryMax"),
        ("tandem-settings.service", "[Install]\nWantedBy=tandem.target\n", "", "is not part of"),
        ("tandem-cluster.service", "Before=shutdown", "After=dbus.socket\nBefore=shutdown", "the instruments wait"),
        ("tandem-media.service", "[Service]\n", "[Service]\nUMask=0022\n", "UMask is"),
        (SHARED, "StartLimitIntervalSec=0", "StartLimitIntervalSec=10", "StartLimitIntervalSec is not 0"),
        (SHARED, "Restart=always", "Restart=on-failure", "Restart is not always"),
        (SHARED, "RestartSteps=8\n", "", "RestartSteps is not 8"),
        (SHARED, "RestartMaxDelaySec=10s\n", "", "RestartMaxDelaySec is not 10s"),
        (SHARED, "SystemCallFilter=@system-service", "SystemCallFilter=@sistem-service", "@sistem-service"),
        (SHARED, "ProtectSystem=strict\n", "", "may touch too much"),
    ];
    for (name, right, wrong, found) in sown {
        let mut units = units();
        let unit = units.get_mut(name).unwrap();
        assert!(unit.text.contains(right), "{name} has no {right}");
        unit.text = unit.text.replace(right, wrong);
        let faults = faults(&units);
        assert!(faults.iter().any(|fault| fault.contains(found)), "{name}: {wrong}: {faults:?}");
    }
    let mut fewer = units();
    fewer.remove("tandem-centre.service");
    assert!(faults(&fewer).iter().any(|fault| fault == "tandem-centre.service is missing"));
}
