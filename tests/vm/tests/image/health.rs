//! The car says of itself that all is well.

use serde_json::Value;

use crate::car::Car;

/// Each part is examined, and nothing is ill. A part may take a moment after its screen does.
pub fn all_is_well(car: &mut Car) {
    let well = |told: &Value| (told["well"] == true).then(|| told["findings"].clone());
    let findings = car.until_told("a doctor who finds all well", "tandem doctor --json", well);
    assert!(findings.as_array().is_some_and(|findings| findings.len() > 6), "{findings}");
    car.until("a doctor who ends well", "tandem doctor", |done| (done.status == 0).then_some(()));
}

/// Nothing has ended by itself since the start.
pub fn nothing_was_started_again(car: &mut Car) {
    let told = car.does("systemctl show --property=Id,NRestarts 'tandem-*.service'");
    let again: Vec<&str> =
        told.lines().filter(|line| line.starts_with("NRestarts=") && *line != "NRestarts=0").collect();
    assert!(told.contains("Id=tandem-media.service") && again.is_empty(), "{told}");
    assert_eq!(car.does("systemctl --failed --no-legend --plain"), "");
}
