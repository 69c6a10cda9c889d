//! Somebody asks whether all is well: it is; then a service hangs, and the answer says which, and what to do.

use std::ffi::OsStr;

use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tandem_scenes::{Tandem, within};

/// A part by its name, else what is found by its kind and name.
fn finding<'a>(report: &'a Value, name: &str) -> &'a Value {
    let listed = |list: &str| report[list].as_array().unwrap().iter();
    let part = listed("parts").find(|part| part["name"] == name);
    let is_found =
        |one: &&Value| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap()) == name;
    part.or_else(|| listed("findings").find(is_found)).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

#[tokio::test]
async fn the_doctor_finds_all_well_and_then_who_is_ill() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("settings").to_string_lossy().into_owned();
    let mut tandem = Tandem::sim(&["--no-media", "--scenario", "parked", "--settings-state", &state]);
    let bus = tandem.bus().await;
    let ask = |arguments: &[&str]| {
        let environment = [("TANDEM_BUS", OsStr::new(&bus.address)), ("XDG_STATE_HOME", folder.path().as_os_str())];
        Tandem::start_with(["doctor"].iter().chain(arguments), &environment).finish()
    };
    let report = ask(&["--json"]).well().json();
    assert_eq!(report["well"], true, "{report:#}");
    let parts = ["vehicle", "settings", "cluster", "centre", "lifecycle"];
    for name in parts.into_iter().chain(["bus can0", "database settings"]) {
        assert_eq!(finding(&report, name)["health"], "well", "{report:#}");
    }
    for name in parts {
        assert_eq!(finding(&report, name)["version"], env!("CARGO_PKG_VERSION"), "{report:#}");
        assert_eq!(finding(&report, name)["missing"].as_array().unwrap().len(), 0, "{report:#}");
    }
    // What this simulation was told to go without is no illness.
    assert_eq!(finding(&report, "media")["health"], "away");
    assert!(ask(&[]).well().stdout.ends_with("\nall is well\n"));

    let process = |wanted: &str| tandem.processes().into_iter().find(|(_, name)| name == wanted).unwrap().0;
    let service = process("tandem-settings");
    kill_process(service, Signal::STOP).unwrap();
    let hangs = ask(&["--json"]);
    assert_eq!(hangs.code(), Some(1));
    let ill = finding(&hangs.json(), "settings").clone();
    assert!(ill["says"].as_str().unwrap().starts_with("does not answer"), "{ill:#}");
    assert!(ill["remedy"].as_str().unwrap().contains("pkill -KILL tandem-settings"), "{ill:#}");
    kill_process(service, Signal::CONT).unwrap();
    let again = async {
        while ask(&[]).code() != Some(0) {
            // For the limit to be looked at.
            tokio::task::yield_now().await;
        }
    };
    within("all well again", again).await;

    // Nobody looks after the others: that is what is found, and who is on the bus.
    let supervision = process("tandem-lifecycl");
    kill_process(supervision, Signal::STOP).unwrap();
    let alone = ask(&["--json"]);
    kill_process(supervision, Signal::CONT).unwrap();
    assert_eq!(alone.code(), Some(1));
    let report = alone.json();
    assert_eq!(finding(&report, "lifecycle")["health"], "ill", "{report:#}");
    assert_eq!(finding(&report, "lifecycle")["says"], "does not answer: nothing came within 3 s, it hangs");
    assert!(report["names"].as_array().unwrap().contains(&"org.tandem.Settings1".into()), "{report:#}");

    assert_eq!(ask(&["--no-such-option"]).code(), Some(2));
    let nowhere = [("TANDEM_BUS", OsStr::new("unix:path=/nowhere"))];
    let nobody = Tandem::start_with(["doctor"], &nowhere).finish();
    assert_eq!(nobody.code(), Some(2), "{nobody:?}");
}
