//! What looks well and is not: a bus that was cut, a library that nothing keeps, one who looks after the others and is not understood, a bus of messages that goes.

use std::ffi::OsStr;
use std::process::Stdio;

use serde_json::Value;
use tandem_contracts::health::{Health1Proxy, NAME, PATH};
use tandem_scenes::{Bus, Daemon, Outcome, Tandem, binary, root, tied, within};

fn ask(bus: &str, arguments: &[&str]) -> Outcome {
    Tandem::start_with(arguments, &[("TANDEM_BUS", OsStr::new(bus))]).finish()
}

fn finding(report: &Value, kind: &str, name: &str) -> Value {
    let mut findings = report["findings"].as_array().unwrap().iter();
    findings.find(|one| one["kind"] == kind && (name.is_empty() || one["name"] == name)).unwrap().clone()
}

#[tokio::test]
async fn a_bus_that_was_cut_is_told_until_it_is_mended() {
    let mut tandem = Tandem::sim(&["--no-media", "--scenario", "parked"]);
    let bus = tandem.bus().await;
    let told = async |health: &str| loop {
        let outcome = ask(&bus.address, &["doctor", "--json"]);
        let found = finding(&outcome.json(), "bus", "can1");
        if found["health"] == health {
            break (outcome.code(), found);
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(within("a bus that is well", told("well")).await.0, Some(0));
    let power = ["signals", "get", "Vehicle.LowVoltageSystemState", "--json"];
    let said = async {
        while ask(&bus.address, &power).json()[0]["quality"] != "valid" {
            tokio::task::yield_now().await;
        }
    };
    within("how far the car is switched on", said).await;
    ask(&bus.address, &["sim", "ctl", "drop-bus", "can1"]).well();
    let (code, found) = within("a bus that fell silent", told("ill")).await;
    assert_eq!(code, Some(1));
    // It is the bus that says how far the car is switched on, and was on when that was said last.
    let says = found["says"].as_str().unwrap();
    assert!(says.starts_with("silent for ") && says.contains("the car said last that it is ON"), "{says}");
    assert!(found["remedy"].as_str().unwrap().contains("drop-bus can1 --off"), "{found:#}");
    ask(&bus.address, &["sim", "ctl", "drop-bus", "can1", "--off"]).well();
    assert_eq!(within("a bus that is well again", told("well")).await.0, Some(0));
}

#[tokio::test]
async fn a_library_whose_folder_can_never_be_is_told_with_its_disk() {
    let folder = tempfile::tempdir().unwrap();
    let never = folder.path().join("file/media");
    std::fs::write(never.parent().unwrap(), "").unwrap();
    let mut tandem = Tandem::sim(&["--scenario", "parked", "--media-state", never.to_str().unwrap()]);
    let bus = tandem.bus().await;
    let outcome = ask(&bus.address, &["doctor", "--json"]);
    assert_eq!(outcome.code(), Some(1));
    let report = outcome.json();
    let library = finding(&report, "database", "library");
    assert!(library["health"] == "ill" && library["says"].as_str().unwrap().contains("not kept"), "{library:#}");
    let disk = finding(&report, "disk", never.to_str().unwrap());
    assert!(disk["says"].as_str().unwrap().ends_with("/file is no folder"), "{disk:#}");
    assert_eq!(finding(&report, "database", "settings")["health"], "well");
}

/// `Health1` of another time.
struct Older;

#[zbus::interface(name = "org.tandem.Health1")]
impl Older {
    async fn report(&self) -> (u64, String) {
        (1, "all is well".to_owned())
    }
}

// It answers while the doctor is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn one_who_looks_after_the_others_and_is_not_understood_is_told_in_our_words() {
    let daemon = Daemon::start();
    let _older = daemon.builder().serve_at(PATH, Older).name(NAME).build().await.unwrap();
    let outcome = ask(daemon.address(), &["doctor"]);
    assert_eq!(outcome.code(), Some(1));
    assert!(outcome.stdout.starts_with("ILL  lifecycle    is not understood: it is of another version"), "{outcome:?}");
    assert!(outcome.stdout.contains("`tandem-lifecycle --version`"), "{outcome:?}");
}

#[tokio::test]
async fn a_bus_that_goes_is_told_in_one_line() {
    let mut daemon = Daemon::start();
    let bus = Bus::open(daemon.address()).await;
    let mut lifecycle = tied(binary("tandem-lifecycle"));
    lifecycle.env("TANDEM_BUS", daemon.address()).env("TANDEM_ASSETS", root()).env("TANDEM_LOG", "warn");
    let lifecycle = lifecycle.stderr(Stdio::piped()).spawn().unwrap();
    within("who looks", async { while bus.owner(NAME).await.is_none() {} }).await;
    Health1Proxy::new(&bus.connection).await.unwrap().report().await.unwrap();
    daemon.stop();
    let left = lifecycle.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&left.stderr);
    assert_eq!(left.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 1 && said.contains("the bus is gone"), "{said}");
}
