//! Somebody asks whether all is well: it is; then a service hangs, and the answer says which, and what to do.

use std::ffi::OsStr;

use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tandem_scenes::{Tandem, within};

fn finding<'a>(report: &'a Value, part: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["part"] == part).unwrap_or_else(|| panic!("no {part} in {report:#}"))
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
    for part in ["vehicle service", "bus can0", "settings service", "settings", "cluster", "centre display"] {
        assert_eq!(finding(&report, part)["health"], "well", "{report:#}");
    }
    // What this simulation was told to go without is no illness.
    assert_eq!(finding(&report, "media service")["health"], "away");
    assert!(ask(&[]).well().stdout.ends_with("\nall is well\n"));

    let (service, _) = tandem.processes().into_iter().find(|(_, name)| name == "tandem-settings").unwrap();
    kill_process(service, Signal::STOP).unwrap();
    let hangs = ask(&["--json"]);
    assert_eq!(hangs.code(), Some(1));
    let ill = finding(&hangs.json(), "settings service").clone();
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

    assert_eq!(ask(&["--no-such-option"]).code(), Some(2));
    let nowhere = [("TANDEM_BUS", OsStr::new("unix:path=/nowhere"))];
    let nobody = Tandem::start_with(["doctor"], &nowhere).finish();
    assert_eq!(nobody.code(), Some(2), "{nobody:?}");
}
