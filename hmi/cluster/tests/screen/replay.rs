//! From a recording to the screen: what the cluster says and shows at moments of it, and that `tandem replay` shows the same.

use tandem_scenes::{Pixels, Tandem, corpus, demo_log, root};

use crate::drawing::Look;
use crate::tape::{Recording, Tape};
use crate::words::{lamps, numbers, words};

/// What is looked at: when, the numbers by their names, and all that is said by words and by lamps.
struct Moment {
    seconds: f64,
    numbers: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
    lamps: &'static [&'static str],
}

fn city() -> Recording {
    Recording { log: demo_log(), car: "demo", dbc: None }
}

fn get_out() -> Recording {
    Recording { log: root().join("tests/fixtures/can/demo-get-out.log"), car: "demo", dbc: None }
}

impl Tape {
    /// Plays on to a moment and holds what is said there; the pixels.
    fn look_at(&mut self, name: &str, moment: &Moment) -> Vec<u8> {
        self.play_to(moment.seconds);
        let at = format!("{name} at {} s", moment.seconds);
        let told = numbers(&self.drawing);
        for (number, label) in moment.numbers {
            let found: Vec<_> = told.iter().filter(|(known, _)| known == number).map(|it| it.1.as_str()).collect();
            assert_eq!(found, [*label], "{number}, {at}: {told:?}");
        }
        assert_eq!(words(&self.drawing), moment.words, "{at}");
        assert_eq!(lamps(&self.drawing), moment.lamps, "{at}");
        self.drawing.pixels().rgb
    }
}

/// Plays a recording to each moment, and holds what is said and shown there; the pixels.
fn hold(name: &str, recording: &Recording, moments: &[Moment], look: Look) -> Vec<Vec<u8>> {
    let mut tape = Tape::start(recording, look);
    let pictures = moments.iter().map(|moment| {
        let seen = tape.look_at(name, moment);
        tape.drawing.picture(&format!("replay-{name}-{}", (moment.seconds * 1e3).round()));
        seen
    });
    pictures.collect()
}

/// The picture that `tandem replay` leaves of the cluster at a moment.
fn replayed(recording: &Recording, seconds: f64, more: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (log, pictures) = (recording.log.to_string_lossy(), folder.path().to_string_lossy());
    let at = seconds.to_string();
    let mut words = vec!["replay", &log, "--car", recording.car, "--speed", "max", "--json"];
    words.extend(["--screenshot-at", &at, "--screenshots", &pictures]);
    words.extend(more);
    let dbc = recording.dbc.as_ref().map(|folder| folder.to_string_lossy());
    words.extend(dbc.iter().flat_map(|folder| ["--dbc-path", folder]));
    Tandem::run(words).well();
    Pixels::of_file(&folder.path().join("cluster.png")).rgb
}

/// Each test has a thread of its own, and a thread has one screen.
fn twice(name: &'static str, recording: fn() -> Recording, moments: &'static [Moment], look: Look) -> Vec<Vec<u8>> {
    let play = move || std::thread::spawn(move || hold(name, &recording(), moments, look)).join().unwrap();
    let first = play();
    assert!(first == play(), "{name}: the second run draws another picture");
    first
}

/// While the lamps are checked.
const ALL_LIT: &[&str] = &[
    "Parking brake",
    "Seat belt",
    "Door open",
    "ABS",
    "Stability control",
    "Tyre pressure",
    "Battery low",
    "Fault of the instruments",
    "Left indicator",
    "Right indicator",
    "Rear fog light",
    "Front fog lights",
    "High beam",
    "Position lights",
    "Low beam",
];
const AT_REST: &[&str] = &["Since start", "Range"];

/// Off it goes; then 72 km/h at 21:40.
const CITY: &[Moment] = &[
    Moment {
        seconds: 4.0,
        numbers: &[("Speed", "34 km/h"), ("Power", "53 kW"), ("Distance since start", "0.0 km"), ("Charge", "64 %")],
        words: AT_REST,
        lamps: &["Low beam"],
    },
    Moment {
        seconds: 8.0,
        numbers: &[("Speed", "70 km/h"), ("Power", "56 kW"), ("Gear", "D"), ("Time", "21:40")],
        words: AT_REST,
        lamps: &["Low beam"],
    },
    Moment {
        seconds: 12.5,
        numbers: &[
            ("Speed", "72 km/h"),
            ("Power", "7 kW"),
            ("Gear", "D"),
            ("Distance since start", "0.1 km"),
            ("Range", "287 km"),
            ("Outside temperature", "9.0 °C"),
            ("Odometer", "12\u{202f}480 km"),
        ],
        words: AT_REST,
        lamps: &["Low beam"],
    },
];

/// Switched on; switched off, which ends the check of the lamps; the door is opened, and shut.
const GET_OUT: &[Moment] = &[
    Moment {
        seconds: 0.5,
        numbers: &[("Speed", "0 km/h"), ("Gear", "P"), ("Time", "18:25")],
        words: AT_REST,
        lamps: ALL_LIT,
    },
    Moment {
        seconds: 1.5,
        numbers: &[("Speed", "0 km/h"), ("Range", "340 km"), ("Charge", "78 %")],
        words: AT_REST,
        lamps: &["Parking brake"],
    },
    Moment {
        seconds: 4.0,
        numbers: &[("Gear", "P"), ("Outside temperature", "12.0 °C")],
        words: AT_REST,
        lamps: &["Parking brake", "Door open"],
    },
    Moment { seconds: 8.0, numbers: &[("Gear", "P"), ("Time", "18:25")], words: AT_REST, lamps: &["Parking brake"] },
];

/// Of what a car does not say nothing is made up.
const UNKNOWN: &[&str] =
    &["Parking brake: unknown", "Seat belt: unknown", "ABS: unknown", "Stability control: unknown"];

const HONDA: &[Moment] = &[Moment {
    seconds: 3.2,
    numbers: &[("Speed", "0 km/h"), ("Gear", "–"), ("Charge", "–"), ("Time", "–"), ("Odometer", "–")],
    words: AT_REST,
    lamps: UNKNOWN,
}];

const DRIVE: &[Moment] = &[
    Moment { seconds: 60.0, numbers: &[("Speed", "–"), ("Gear", "–")], words: AT_REST, lamps: UNKNOWN },
    Moment {
        seconds: 300.0,
        numbers: &[("Speed", "72 km/h"), ("Distance since start", "1.9 km"), ("Gear", "–"), ("Range", "–")],
        words: AT_REST,
        lamps: UNKNOWN,
    },
];

#[test]
fn a_drive_through_the_city_is_shown_as_it_was_and_twice_alike() {
    let pictures = twice("city", city, CITY, Look::NIGHT);
    for (moment, picture) in CITY.iter().zip(pictures) {
        assert!(replayed(&city(), moment.seconds, &[]) == picture, "tandem replay differs at {} s", moment.seconds);
    }
}

#[test]
fn somebody_gets_out_by_day_and_each_lamp_follows() {
    let pictures = twice("get-out", get_out, GET_OUT, Look::DAY);
    for (moment, picture) in GET_OUT.iter().zip(pictures) {
        let shown = replayed(&get_out(), moment.seconds, &["--theme", "day"]);
        assert!(shown == picture, "tandem replay differs at {} s", moment.seconds);
    }
}

/// They are not in the repository, so no picture of them is kept either.
#[test]
fn recordings_of_real_cars_are_shown_with_dashes_for_what_they_do_not_say() {
    let Some(corpus) = corpus() else { return };
    let of = |log: &str, car, dbc: &str| Recording { log: corpus.join(log), car, dbc: Some(corpus.join(dbc)) };
    let honda = of("logs/icsim_honda_2014.log", "honda-2014", "dbc/opendbc");
    let drive = of("logs/css_obd2_gnss_3BA199E2.log", "css-gnss", "dbc/css");
    for (recording, moments) in [(honda, HONDA), (drive, DRIVE)] {
        let last = moments[moments.len() - 1].seconds;
        let shown = replayed(&recording, last, &[]);
        let played = std::thread::spawn(move || {
            let mut tape = Tape::start(&recording, Look::NIGHT);
            moments.iter().map(|moment| tape.look_at(recording.car, moment)).last()
        });
        assert!(played.join().unwrap() == Some(shown), "tandem replay differs");
    }
}
