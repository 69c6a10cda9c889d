//! A stick with music: put in, found, played, and pulled in the middle of a song.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tandem_music::wave;

use crate::car::Car;
use crate::sound::{LEFT_HZ, RIGHT_HZ, Tone};

const LABEL: &str = "ROADTRIP";
/// Where its only partition begins, and where it ends, in sectors of 512 bytes.
const BEGIN: u32 = 2_048;
const END: u32 = 131_072;
/// The kind of a partition: FAT32, found by its sectors' numbers.
const FAT32: u8 = 0x0C;

const RATE: u32 = 44_100;
const SECONDS: u32 = 120;
const SONG: &str = "Two tones";
/// Of the song, seconds: so much is heard before the stick is pulled.
const HEARD: i64 = 6;

/// A stick as shops sell it, a partition of FAT in it, with a song of two tones and a piece of ours.
pub fn make(folder: &Path) -> PathBuf {
    let stick = folder.join("stick.img");
    let mut table = [0; 512];
    table[446 + 4] = FAT32;
    table[446 + 8..446 + 12].copy_from_slice(&BEGIN.to_le_bytes());
    table[446 + 12..446 + 16].copy_from_slice(&(END - BEGIN).to_le_bytes());
    table[510..].copy_from_slice(&[0x55, 0xAA]);
    fs::write(&stick, table).unwrap();
    fs::File::options().write(true).open(&stick).unwrap().set_len(u64::from(END) * 512).unwrap();

    let song = folder.join(format!("{SONG}.wav"));
    let sample = |frame: u32, hertz: f64| (Tone::at(f64::from(frame) / f64::from(RATE), hertz) * 8_000.0) as i16;
    let samples = (0..SECONDS * RATE).flat_map(|frame| [sample(frame, LEFT_HZ), sample(frame, RIGHT_HZ)]);
    fs::write(&song, wave::file(RATE, 2, samples)).unwrap();
    let place = format!("{}@@{}", stick.display(), BEGIN * 512);
    let sectors = ((END - BEGIN) / 2).to_string();
    done(
        Command::new("mkfs.vfat")
            .args(["-F", "32", "-n", LABEL, "--offset", &BEGIN.to_string()])
            .arg(&stick)
            .arg(sectors),
    );
    for files in [&song, &tandem_scenes::root().join("assets/music/山水之间")] {
        done(
            Command::new("mcopy")
                .env("MTOOLS_SKIP_CHECK", "1")
                .env("LC_ALL", "C.UTF-8")
                .args(["-s", "-i", &place])
                .arg(files)
                .arg("::"),
        );
    }
    stick
}

fn done(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The stick among the sources.
fn source(sources: &Value) -> Option<&Value> {
    sources.as_array()?.iter().find(|source| source["kind"] == "usb" && source["name"] == LABEL)
}

const SOURCES: &str = "tandem media sources --json";
const STATUS: &str = "tandem media status --json";

/// It is mounted so that nothing on it does harm, indexed, played, and pulled while it plays.
pub fn plays_until_it_is_pulled(car: &mut Car, image: &Path) {
    let before = fs::read(image).unwrap();
    let stick = car.machine.put_in(image).unwrap();
    let is_read = |sources: &Value| source(sources).filter(|it| it["available"] == true && it["items"] == 2).map(drop);
    car.until_told("a stick with two songs", SOURCES, is_read);
    let mounted = car.does("findmnt --noheadings --output TARGET,FSTYPE,OPTIONS --raw --types vfat");
    let words: Vec<&str> = mounted.split([' ', ',']).collect();
    assert!(words[0].starts_with("/run/media/"), "{mounted}");
    for word in ["ro", "nosuid", "nodev", "noexec"] {
        assert!(words.contains(&word), "{word} of {mounted}");
    }
    let found = car.tells("tandem media search 月光 --json");
    assert!(found[0]["available"] == true, "{found}");

    let id = |told: &Value| told[0]["id"].as_str().map(str::to_owned);
    let song = car.until_told("the song of the stick", &format!("tandem media search '{SONG}' --json"), id);
    car.until("a song that plays", &format!("tandem media play '{song}'"), |done| (done.status == 0).then_some(()));
    let playing = car.tells(STATUS);
    assert_eq!(playing["now"]["source_name"], LABEL, "{playing}");
    let position = |told: &Value| told["position_us"].as_i64().filter(|at| *at > HEARD * 1_000_000);
    car.until_told("some seconds of the song", STATUS, position);

    car.machine.pull(&stick).unwrap();
    let waits = |told: &Value| (told["now"]["state"] == "waiting").then(|| told["now"]["reason"].clone());
    let reason = car.until_told("a song that waits for its stick", STATUS, waits);
    assert_eq!(reason, format!("The stick {LABEL} was taken out"));
    let is_gone = |sources: &Value| source(sources).filter(|it| it["available"] == false).map(drop);
    car.until_told("a stick that is gone", SOURCES, is_gone);
    car.until("no mount of it", "grep vfat /proc/mounts", |done| (done.status == 1).then_some(()));
    assert!(fs::read(image).unwrap() == before, "something was written to the stick");
}

/// What came out of the loudspeaker is the song: its own tone on each side, for half of the time at least.
pub fn was_heard(sound: &[u8]) {
    let heard = Tone::seconds(sound);
    assert!(heard >= HEARD as f64 / 2.0, "of the song's tones {heard:.1} s came out of the loudspeaker");
}
