//! The data partition is full, cannot be mounted, or is not there.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tandem_machine::Data;

use crate::car::{Car, Journey, copy, notice, provided};

const FILL: &str = "cat /dev/zero >/data/filler 2>/dev/null; sync; test $(stat -f -c %a /data) = 0";

#[test]
fn a_car_whose_data_partition_is_full_drives_says_so_once_and_keeps_again_when_there_is_room() {
    let Some((image, _)) = provided() else { return };
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("data");
    copy(&image.join("data.ext4"), &disk);
    let mut car = Car::up(&Journey { data: Some(Data::Kept(&disk)), ..Journey::DRIVES }).unwrap();
    car.drives();
    car.does("tandem settings set display.theme day");
    car.does(FILL);
    car.turns_off();

    let mut car = Car::up(&Journey { data: Some(Data::Kept(&disk)), ..Journey::DRIVES }).unwrap();
    car.drives();
    car.is_well();
    assert_eq!(car.does("tandem settings get display.theme"), "day");
    // What it writes first may find room that was left in its files; then there is none.
    let refused = car.until(
        "a refusal",
        "for n in 1 2 3 4 5 6 7 8 9; do tandem settings set display.brightness 3$n || exit; done; false",
        |done| done.said.contains("full disk: nothing was changed").then(|| done.said.clone()),
    );
    assert!(refused.contains("Make room there"), "{refused}");
    let settings = car.settings();
    assert_eq!((notice(&settings), &settings["kept"]), ("unwritable", &false.into()), "{settings}");
    let told = car
        .does("journalctl --boot --output=cat --unit=tandem-settings.service | grep -c 'Settings cannot be changed'");
    assert_eq!(told, "1", "told once");

    car.does("rm /data/filler");
    car.does("tandem settings set display.brightness 66");
    let settings = car.settings();
    assert_eq!((notice(&settings), &settings["kept"]), ("", &true.into()), "{settings}");
    car.is_well();
    car.turns_off();
}

/// The car drives on defaults, takes what is set for as long as the power lasts, and its driver is told once.
fn drives_without(car: &mut Car) {
    car.is_up();
    car.drives();
    let parts = car.parts();
    assert_eq!(parts.matches("ActiveState=active").count(), 7, "{parts}");
    assert_eq!(car.does("systemctl is-active emergency.target rescue.target || true"), "inactive\ninactive");
    let is_default = |it: &Value| it["private"] == true || it["value"] == it["default"];
    let settings = car.settings();
    assert_eq!((notice(&settings), &settings["kept"]), ("not-kept", &false.into()), "{settings}");
    assert!(settings["settings"].as_array().is_some_and(|all| all.iter().all(is_default)), "{settings}");
    let doctor = car.tries("tandem doctor");
    assert!(doctor.status != 0 && doctor.said.contains("data partition"), "{}", doctor.said);

    car.does("tandem settings set display.theme day");
    car.does("tandem settings dismiss-notice");
    car.does("systemctl restart tandem-settings.service");
    assert_eq!(car.does("tandem settings get display.theme"), "day");
    assert_eq!(notice(&car.settings()), "", "told twice");
    let told =
        car.does("journalctl --boot --output=cat --unit=tandem-settings.service | grep -c 'Settings are not kept'");
    assert_eq!(told, "1", "told once");
    car.drives();
}

#[test]
fn a_car_without_its_data_partition_drives_on_defaults_and_says_once_that_nothing_is_kept() {
    let Some(mut car) = Car::start(&Journey { data: Some(Data::Missing), ..Journey::DRIVES }) else { return };
    // Somebody's stick that is called like it is not taken for it.
    let folder = tempfile::tempdir().unwrap();
    let stick = folder.path().join("stick");
    std::fs::File::create(&stick).unwrap().set_len(64 << 20).unwrap();
    let named =
        Command::new("mke2fs").args(["-q", "-F", "-t", "ext4", "-L", "tandem-data"]).arg(&stick).status().unwrap();
    assert!(named.success());
    car.machine.put_in(&stick).unwrap();
    drives_without(&mut car);
    let mounts = car
        .until("the stick", "cat /proc/mounts", |done| done.said.contains(" /run/media/").then(|| done.said.clone()));
    assert!(!mounts.contains(" /data "), "{mounts}");
    car.stops();
}

#[test]
fn a_car_whose_data_partition_is_damaged_drives_on_defaults_and_says_once_that_nothing_is_kept() {
    let Some((image, _)) = provided() else { return };
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("data");
    copy(&image.join("data.ext4"), &disk);
    break_groups(&disk);
    let mut car = Car::start(&Journey { data: Some(Data::Kept(&disk)), ..Journey::DRIVES }).unwrap();
    drives_without(&mut car);
    car.stops();
}

/// Overwrites the table of the file system's groups behind its superblock: it is known by its name and cannot be mounted.
fn break_groups(disk: &Path) {
    let disk = std::fs::File::options().write(true).open(disk).unwrap();
    disk.write_all_at(&[0xa5; 6144], 2048).unwrap();
}
