//! Somebody sets something from the command line: whoever follows hears of it, a crash does not undo it, and the next simulation has it.

use std::ffi::OsStr;

use rustix::process::{Signal, kill_process};
use tandem_contracts::screen;
use tandem_scenes::{Bus, Tandem, within};

/// Between the stage and the dock, where the centre shows nothing but its ground.
const GROUND: (usize, usize) = (1_760, 840);

/// Waits until the centre display has a light ground, or a dark one.
async fn lit(bus: &Bus, light: bool) {
    let looks = async { while (bus.capture(screen::CENTRE).await.1.at(GROUND.0, GROUND.1)[1] > 128) != light {} };
    within(if light { "a light screen" } else { "a dark screen" }, looks).await;
}

/// Whether the cluster has a large number in its middle: its top is above all that another layout has there.
async fn has_large_speed(bus: &Bus) -> bool {
    let picture = bus.capture(screen::CLUSTER).await.1;
    (900..1_020).any(|x| picture.at(x, 216)[1] > 128)
}

#[tokio::test]
async fn what_is_set_is_followed_and_outlives_a_crash_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("settings").to_string_lossy().into_owned();
    let arguments = ["--no-media", "--scenario", "parked", "--settings-state", &state];
    let mut tandem = Tandem::sim(&arguments);
    let bus = tandem.bus().await;
    let run = |address: &str, arguments: &[&str]| {
        Tandem::start_with(["settings"].iter().chain(arguments), &[("TANDEM_BUS", OsStr::new(address))])
    };
    let mut follower = run(&bus.address, &["follow", "--json"]);
    let first = follower.hears("\"settings\"");
    lit(&bus, false).await;
    assert!(first.contains(r#""display.theme":"auto""#) && !first.contains("driver.name"), "{first}");

    let set = run(&bus.address, &["set", "display.theme", "day"]).finish().well();
    assert_eq!(set.stdout, "display.theme = day\n");
    assert_eq!(follower.hears("display.theme"), r#"{"key":"display.theme","value":"day"}"#);
    lit(&bus, true).await;
    assert!(has_large_speed(&bus).await);
    run(&bus.address, &["set", "cluster.layout", "guidance"]).finish().well();
    assert_eq!(follower.hears("cluster.layout"), r#"{"key":"cluster.layout","value":"guidance"}"#);
    within("the other instruments", async { while has_large_speed(&bus).await {} }).await;
    // Nobody types a name before the car has stood for long enough.
    let named = async {
        loop {
            let set = run(&bus.address, &["set", "driver.name", "陈静"]).finish();
            if set.code() == Some(0) {
                break set;
            }
            assert!(set.complaint().contains("NO_KEYBOARD is in force"), "{set:?}");
        }
    };
    assert_eq!(
        within("a parked car", named).await.stdout,
        "driver.name is set (private: not shown without --private)\n"
    );
    assert_eq!(follower.hears("driver.name"), r#"{"key":"driver.name","value":null}"#);

    // One that does not get to it in time may do it later, and does.
    let (service, _) = tandem.processes().into_iter().find(|(_, name)| name == "tandem-settings").unwrap();
    kill_process(service, Signal::STOP).unwrap();
    let late = run(&bus.address, &["set", "units.distance", "mi"]).finish();
    assert_eq!(
        (late.code(), late.complaint()),
        (
            Some(3),
            "tandem: the answer is late: nobody knows whether `units.distance` is set. `tandem settings get units.distance` tells what it is."
        )
    );
    kill_process(service, Signal::CONT).unwrap();
    assert_eq!(follower.hears("units.distance"), r#"{"key":"units.distance","value":"mi"}"#);

    kill_process(service, Signal::KILL).unwrap();
    follower.hears("\"gone\"");
    assert!(follower.hears("\"settings\"").contains(r#""display.theme":"day""#), "back, and as it was set");

    let mistyped = run(&bus.address, &["set", "display.teme", "day"]).finish();
    assert_eq!(mistyped.code(), Some(1));
    assert_eq!(mistyped.complaint(), "tandem: there is no setting `display.teme`: did you mean `display.theme`?");
    let withheld = run(&bus.address, &["get", "driver.name"]).finish();
    assert_eq!((withheld.code(), withheld.stdout.as_str()), (Some(2), ""));
    drop(tandem);

    let mut tandem = Tandem::sim(&arguments);
    let bus = tandem.bus().await;
    assert_eq!(run(&bus.address, &["get", "display.theme"]).finish().well().stdout, "day\n");
    lit(&bus, true).await;
    assert_eq!(run(&bus.address, &["get", "driver.name", "--private"]).finish().well().stdout, "陈静\n");
    let list = run(&bus.address, &["--json"]).finish().well().json();
    assert_eq!((&list["kept"], &list["notice"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(run(&bus.address, &["reset", "display.theme"]).finish().well().stdout, "display.theme = auto\n");
    let shown = run(&bus.address, &[]).finish().well().stdout;
    assert!(
        shown.contains("  (private) ")
            && shown.starts_with("setting ")
            && shown.lines().count() == 14
            && !shown.contains("陈静"),
        "{shown}"
    );
}
