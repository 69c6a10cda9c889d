//! However a simulation ends, no process of it stays.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use tandem_scenes::Tandem;

/// The bus, the car, four services and the player of one of them, two screens, the car's panel, and the one that watches them.
const CAST: [&str; 11] = [
    "dbus-daemon",
    "tandem",
    "tandem-centre",
    "tandem-cluster",
    // The kernel keeps fifteen letters of a name.
    "tandem-lifecycl",
    "tandem-media",
    "tandem-panel",
    "tandem-player",
    "tandem-settings",
    "tandem-sim",
    "tandem-vehicle",
];

fn cast(tandem: &Tandem) -> Vec<String> {
    let mut names: Vec<_> = tandem.processes().into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

#[test]
fn not_after_sigkill_which_cannot_be_caught() {
    let tandem = Tandem::sim(&["--panel"]);
    // The player may be on its way still: until it becomes its own program it has its service's name.
    let end = Instant::now() + Duration::from_secs(20);
    while cast(&tandem) != CAST && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(cast(&tandem), CAST);
    tandem.signal(Signal::KILL);
    tandem.leaves_nothing_behind();
}

#[test]
fn not_after_ctrl_c_and_that_is_a_good_end() {
    let tandem = Tandem::sim(&[]);
    tandem.signal(Signal::INT);
    let mark = tandem.mark().to_owned();
    let outcome = tandem.finish();
    assert_eq!(outcome.code(), Some(0), "{outcome:?}");
    assert_eq!(tandem_scenes::processes(&mark), []);
}

#[test]
fn not_after_a_death_that_ends_everything() {
    let tandem = Tandem::sim(&["--fail-fast"]);
    let (pid, _) = tandem.processes().into_iter().find(|(_, name)| name == "tandem-cluster").unwrap();
    rustix::process::kill_process(pid, Signal::KILL).unwrap();
    let mark = tandem.mark().to_owned();
    let outcome = tandem.finish();
    assert_eq!(outcome.code(), Some(128 + 9), "{outcome:?}");
    assert!(outcome.stderr.contains("tandem-cluster"), "{outcome:?}");
    assert_eq!(tandem_scenes::processes(&mark), []);
}
