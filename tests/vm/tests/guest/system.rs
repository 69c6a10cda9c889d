//! A Debian whose systemd runs in name spaces of this machine's kernel, at native speed, with the units that a car starts and the programs that were built. It has no
//! CAN, which the vehicle service waits for, and no display, so the screens draw into memory.

use std::fs;
use std::path::Path;
use std::process::Command;

use tandem_house::{files, units};

use crate::{Ended, Run};

/// Some stories wait for watchdogs, and one for half a minute; what takes so long hangs.
const LIMIT: &str = "290";
const PROGRAMS: [&str; 10] = [
    "tandem",
    "tandem-vehicle",
    "tandem-media",
    "tandem-player",
    "tandem-camera",
    "tandem-phone-link",
    "tandem-settings",
    "tandem-lifecycle",
    "tandem-cluster",
    "tandem-centre",
];

/// What is put elsewhere than under its own name: by its ending, from a `dist` folder.
const PLACES: [(&str, &str); 5] = [
    (".sysusers", "usr/lib/sysusers.d/{}.conf"),
    (".tmpfiles", "usr/lib/tmpfiles.d/{}.conf"),
    (".sysctl", "usr/lib/sysctl.d/50-{}.conf"),
    (".journald", "usr/lib/systemd/journald.conf.d/{}.conf"),
    (".env", "etc/tandem/{}.env"),
];

/// Tells the stories and powers off.
const STORIES: &str = "\
[Unit]
Description=Stories of the units
After=tandem.target multi-user.target
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart=/usr/bin/tandem-vm units
StandardOutput=append:/told/told
StandardError=journal
ExecStopPost=/bin/sh -c 'echo ended with $EXIT_STATUS >/told/status; journalctl --boot --no-pager >/told/journal'
";

pub fn boot(root: &Path, run: &Run) -> Ended {
    let home = tempfile::tempdir().unwrap();
    let system = home.path().join("system");
    does(Command::new("cp").args(["-a", "--reflink=auto"]).args([root, &system]));
    let place = |path: &str, text: &str| {
        let path = system.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let units = units();
    for (name, unit) in &units {
        place(&format!("usr/lib/systemd/system/{name}"), &unit.text);
    }
    for file in files().into_iter().filter(|file| file.path.contains("/dist/")) {
        let text = file.text.as_deref().unwrap_or_default();
        if text.contains("<busconfig>") {
            place(&format!("usr/share/dbus-1/system.d/{}", file.name()), text);
        }
        for (ending, to) in PLACES {
            if let Some(name) = file.name().strip_suffix(ending) {
                place(&to.replace("{}", name), text);
            }
        }
    }
    place("etc/tandem/cluster.env", "TANDEM_CLUSTER=--headless\n");
    place("etc/tandem/centre.env", "TANDEM_CENTRE=--headless\n");
    place("etc/systemd/system/stories.service", STORIES);
    does(Command::new("systemd-sysusers").arg(format!("--root={}", system.display())));
    let ours = units.keys().map(String::as_str).filter(|name| name.starts_with("tandem") && !name.contains('/'));
    let mut enable = Command::new("systemctl");
    enable.arg(format!("--root={}", system.display())).arg("enable").args(ours);
    does(&mut enable);
    let wants = system.join("etc/systemd/system/multi-user.target.wants/stories.service");
    std::os::unix::fs::symlink("../stories.service", wants).unwrap();
    for nobodys in ["console-getty.service", "systemd-networkd.service", "systemd-resolved.service"] {
        let _ = std::os::unix::fs::symlink("/dev/null", system.join("etc/systemd/system").join(nobodys));
    }

    let mut guest = Command::new("systemd-nspawn");
    guest.args(["--quiet", "--register=no", "--keep-unit", "--boot", "--private-network", "--console=pipe"]);
    guest.args(["--machine=tandem-units", "--resolv-conf=off", "--timezone=off"]).arg("--directory").arg(&system);
    guest.arg(format!("--bind={}:/told", run.path().display()));
    guest.arg(format!("--bind-ro={}:/usr/share/tandem", tandem_house::root().join("assets").display()));
    let ours = PROGRAMS.map(|program| (program, tandem_scenes::binary(program)));
    for (program, path) in ours
        .iter()
        .map(|(name, path)| (*name, path.as_path()))
        .chain([("tandem-vm", Path::new(env!("CARGO_BIN_EXE_tandem-vm")))])
    {
        guest.arg(format!("--bind-ro={}:/usr/bin/{program}", path.display()));
    }
    run.boot(LIMIT, &mut guest)
}

fn does(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
