//! `tandem sim` with stand-ins for its programs: who ends whom, and that nothing is left behind.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const STAYS: &str = "exec sleep 1000";
/// The virtual car's stand-in makes the link's file, which the others wait for.
const CAR: &str = "touch \"$2\"; exec sleep 1000";

/// A stand-in that tells how it was called.
const CALLED: &str = "echo \"$@\" > \"$0.called\"; exec sleep 1000";

/// A folder with `tandem` and stand-ins beside it, and an invented car.
fn stage(vehicle: &str, cluster: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(env!("CARGO_BIN_EXE_tandem"), folder.path().join("tandem")).unwrap();
    let programs = [
        ("tandem-sim", CAR),
        ("tandem-vehicle", vehicle),
        ("tandem-settings", STAYS),
        ("tandem-lifecycle", CALLED),
        ("tandem-media", CALLED),
        ("tandem-cluster", cluster),
        ("tandem-centre", STAYS),
        ("tandem-panel", "exit 9"),
    ];
    for (name, script) in programs {
        let file = folder.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let car = folder.path().join("assets/cars/demo");
    fs::create_dir_all(&car).unwrap();
    fs::write(car.join("car.toml"), "").unwrap();
    fs::create_dir(folder.path().join("run")).unwrap();
    folder
}

fn sim(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(folder.join("tandem"));
    command
        .arg("sim")
        .args(arguments)
        .env("TANDEM_ASSETS", folder.join("assets"))
        .env("XDG_RUNTIME_DIR", folder.join("run"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn left_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("run")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != "tandem").collect()
}

#[test]
fn fail_fast_ends_everything_with_the_childs_status() {
    let folder = stage(STAYS, "exit 7");
    let output = sim(folder.path(), &["--fail-fast"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "tandem: tandem-cluster ended with status 7: the run ends\n");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.starts_with("No display (neither DISPLAY nor WAYLAND_DISPLAY is set): running headless.\n"), "{told}");
    assert_eq!(left_in(folder.path()), Vec::<String>::new());
}

#[test]
fn the_media_service_gets_its_folders_or_stays_away() {
    let folder = stage(STAYS, "while [ ! -s \"${0%cluster}media.called\" ]; do sleep 0.01; done; exit 7");
    fs::create_dir_all(folder.path().join("assets/music")).unwrap();
    fs::create_dir_all(folder.path().join("mine")).unwrap();
    let called = folder.path().join("tandem-media.called");
    let call = |arguments: &[&str]| {
        let _ = fs::remove_file(&called);
        let output = sim(folder.path(), &[&["--headless", "--fail-fast"], arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
        let home = folder.path().canonicalize().unwrap().display().to_string();
        fs::read_to_string(&called).unwrap().trim().replace(&home, "HOME")
    };
    let own = call(&[]);
    assert!(own.starts_with("--state HOME/run/tandem-") && own.ends_with("/media --music HOME/assets/music"), "{own}");
    let (mine, state) = (folder.path().join("mine"), folder.path().join("state"));
    let mine = mine.to_str().unwrap();
    let asked = call(&["--music", mine, "--music", mine, "--media-state", state.to_str().unwrap()]);
    assert_eq!(asked, "--state HOME/state --music HOME/mine --music HOME/mine");
    assert_eq!(left_in(folder.path()), Vec::<String>::new());

    let _ = fs::remove_file(&called);
    fs::write(folder.path().join("tandem-cluster"), "#!/bin/sh\nexit 7\n").unwrap();
    let output = sim(folder.path(), &["--headless", "--fail-fast", "--no-media"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        told.contains("vehicle service, settings service, lifecycle service, cluster and centre headless.")
            && !told.contains("music"),
        "{told}"
    );
    assert!(!called.exists());
    let output = sim(folder.path(), &["--headless", "--music", "nowhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "tandem: --music: nowhere is no folder\n");
}

#[test]
fn who_looks_after_the_others_looks_where_they_keep_what_they_keep() {
    let folder = stage(STAYS, "while [ ! -s \"${0%cluster}lifecycle.called\" ]; do sleep 0.01; done; exit 7");
    let call = |arguments: &[&str]| {
        let called = folder.path().join("tandem-lifecycle.called");
        let _ = fs::remove_file(&called);
        let output = sim(folder.path(), &[&["--headless", "--fail-fast"], arguments].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(&called).unwrap().trim().to_owned()
    };
    let own = call(&["--no-media"]);
    let own: Vec<_> = own.split(' ').collect();
    let ["--state", settings, "--without", "media", "--without", "phone-link"] = own[..] else { panic!("{own:?}") };
    assert!(settings.contains("/run/tandem-") && settings.ends_with("/settings"), "{settings}");
    let kept = call(&["--settings-state", "/a", "--media-state", "/b", "--vehicle-state", "/c"]);
    assert_eq!(kept, "--state /a --state /b --state /c --without phone-link");
}

#[test]
fn the_panel_stays_away_headless_unless_it_is_asked_for() {
    let folder = stage(STAYS, "exit 7");
    let with = |arguments: &[&str]| {
        let output = sim(folder.path(), &[&["--headless", "--fail-fast"], arguments].concat()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).contains("cluster, centre and panel headless"))
    };
    assert_eq!(with(&[]), (Some(7), false));
    fs::write(folder.path().join("tandem-cluster"), format!("#!/bin/sh\n{STAYS}\n")).unwrap();
    assert_eq!(with(&["--panel"]), (Some(9), true), "it is there, and ends the run as any other");
}

#[test]
fn a_death_is_reported_and_sigterm_ends_all() {
    let folder = stage(STAYS, "exit 7");
    let mut tandem = sim(folder.path(), &["--headless"]).spawn().unwrap();
    let mut errors = BufReader::new(tandem.stderr.take().unwrap());
    let mut told = String::new();
    errors.read_line(&mut told).unwrap();
    errors.read_line(&mut told).unwrap();
    let line = |ms| format!("tandem: tandem-cluster died with status 7; back in {ms} ms\n");
    assert_eq!(told, line(200) + &line(400));
    let pid = rustix::process::Pid::from_child(&tandem);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(tandem.wait().unwrap().code(), Some(0));
    // All children hold the other end: it ends when the last of them is gone.
    errors.read_to_string(&mut String::new()).unwrap();
    assert_eq!(left_in(folder.path()), Vec::<String>::new());
}

#[test]
fn even_sigkill_leaves_no_process_behind() {
    let folder = stage("echo up >&2; exec sleep 1000", STAYS);
    let mut tandem = sim(folder.path(), &["--headless"]).spawn().unwrap();
    let mut errors = BufReader::new(tandem.stderr.take().unwrap());
    let mut line = String::new();
    errors.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    tandem.kill().unwrap();
    tandem.wait().unwrap();
    errors.read_to_string(&mut String::new()).unwrap();
}

#[test]
fn what_is_missing_is_said_in_one_line() {
    let folder = stage(STAYS, STAYS);
    fs::remove_file(folder.path().join("tandem-centre")).unwrap();
    let output = sim(folder.path(), &["--headless"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.starts_with("tandem: tandem-centre is missing: it should lie in /"), "{errors}");
    assert_eq!(errors.lines().count(), 1);
    let output = sim(folder.path(), &["--headless", "--car", "nonesuch"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains("there is no car `nonesuch`") && errors.contains("the cars here are: demo"), "{errors}");
    assert_eq!(errors.lines().count(), 1);
}
