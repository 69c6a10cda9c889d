//! The car says of itself that all is well.

use serde_json::Value;

use crate::car::Car;

/// Each part is examined, and nothing is ill. A part may take a moment after its screen does.
pub fn all_is_well(car: &mut Car) {
    let well = |told: &Value| (told["well"] == true).then(|| told.clone());
    let told = car.until_told("a doctor who finds all well", "tandem doctor --json", well);
    let names = |of: &str| -> Vec<String> {
        told[of].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("parts"), ["vehicle", "settings", "media", "phone-link", "cluster", "centre", "lifecycle"]);
    assert_eq!(names("findings")[..6], ["can0", "can1", "can2", "settings", "library", "phones"], "and the disks");
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
