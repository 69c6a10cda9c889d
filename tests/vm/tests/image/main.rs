//! Boots the image that a car would have, and looks at its displays and puts a finger on them from outside.

#![cfg(test)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tandem_machine::{Can, Data, Display, Machine, Point, Qemu, Setup, Timeline};
use tandem_scenes::{PLUS, Pixels, Shown, can_raise, speed};

/// An emulated machine takes half a minute to both screens, one beside builds two.
const STARTS_WITHIN: Duration = Duration::from_secs(240);
/// From there to what a test waits for.
const SOON: Duration = Duration::from_secs(90);
/// A scenario for pictures.
const STEADY: &str = "usr/share/tandem-machine/steady.toml";
const STEADY_KMH: f64 = 72.0;
const DRIVER: &str = "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature";

/// A folder that xtask names; none if it could not be had, or was not asked for.
fn provided(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// The image in a machine that drives steadily, both screens drawn, with all that somebody hears of these paths on its line.
fn driving(run: &Path, paths: &str) -> Option<Machine> {
    let (Some(image), Some(qemu)) = (provided("TANDEM_IMAGE"), provided("TANDEM_GUEST_MACHINE")) else {
        tandem_scenes::skip_even_in_ci("no image of a car; `cargo xtask test --vm` makes one");
        return None;
    };
    let words = [format!("tandem.scenario=/{STEADY}"), format!("tandem.listen={paths}")];
    let setup = Setup {
        image: &image,
        data: Data::Lent(&image.join("data.ext4")),
        run,
        can: Can::Kvaser,
        sound: None,
        window: false,
        hand: false,
        cable: None,
        clock: None,
        resets: false,
        words: &words,
    };
    let mut machine = Machine::start(&Qemu::at(&qemu), &setup).unwrap();
    let mut timeline = Timeline::default();
    let drawn = |display: Display| Point::Frame(display.name().to_owned());
    let all = |line: &str| {
        timeline.hear(line);
        Display::ALL.iter().all(|display| timeline.has(&drawn(*display))).then_some(())
    };
    machine.wait_for("the first frame of both screens", STARTS_WITHIN, all).unwrap();
    Some(machine)
}

/// The value of a path, if this line tells it as valid.
fn told(line: &str, path: &str) -> Option<f64> {
    let json: Value = serde_json::from_str(line.split_once(": ")?.1).ok()?;
    (json["path"] == path && json["quality"] == "valid").then(|| json["value"].as_f64())?
}

fn shown(machine: &mut Machine, display: Display, folder: &Path, name: &str) -> Pixels {
    let file = folder.join(name);
    machine.picture(display, &file).unwrap();
    // For whoever wants to look.
    std::fs::copy(&file, Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("image-{name}"))).unwrap();
    Pixels::of_file(&file)
}

/// What a display shows once it is as wished, and for some frames longer. What the car says is there within one; an emulated machine takes its time to draw it, and shows
/// dashes, as it must, while it is too slow for what it is told.
fn until(machine: &mut Machine, display: Display, folder: &Path, what: &str, is: impl Fn(&Pixels) -> bool) -> Pixels {
    let name = format!("{}.png", display.name());
    let mut times = 0;
    for _ in 0..SOON.as_secs() {
        std::thread::sleep(Duration::from_secs(1));
        let picture = shown(machine, display, folder, &name);
        times = if is(&picture) { times + 1 } else { 0 };
        if times == 3 {
            return picture;
        }
    }
    panic!("within {} s never for three pictures: {what}; {}", SOON.as_secs(), machine.last());
}

#[test]
fn the_image_of_a_car_shows_a_speed_from_real_can_and_a_finger_on_its_climate_control_changes_the_car() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut machine) = driving(folder.path(), &format!("Vehicle.Speed,{DRIVER}")) else { return };
    let mut warmth = None;
    let drives = |line: &str| {
        warmth = told(line, DRIVER).or(warmth);
        let speed = told(line, "Vehicle.Speed")?;
        warmth.filter(|_| (speed - STEADY_KMH).abs() < 0.05)
    };
    let before = machine.wait_for("72 km/h and a temperature", SOON, drives).unwrap();
    let is_number = |picture: &Pixels| speed(picture) == Shown::Number;
    let cluster = until(&mut machine, Display::Cluster, folder.path(), "the cluster shows a speed", is_number);
    let centre = until(&mut machine, Display::Centre, folder.path(), "the driver's plus can be touched", can_raise);
    assert_eq!((cluster.size(), centre.size()), ((1920, 720), (1920, 1080)));

    machine.tap(Display::Centre, (PLUS.0 / 1920.0, PLUS.1 / 1080.0)).unwrap();
    let raised = |line: &str| told(line, DRIVER).filter(|now| *now > before);
    let after = machine.wait_for("a higher temperature", SOON, raised).unwrap();
    assert_eq!(after - before, 0.5, "one step, by the car's own word");
    machine.stop().unwrap();
}
