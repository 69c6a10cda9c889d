//! The image of a car in a machine: what it says, shows and feels, and somebody inside who does as he is told.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tandem_machine::{Can, Display, Done, Hand, Machine, Point, Qemu, Setup, Stick, Timeline};
use tandem_scenes::Pixels;
use tempfile::TempDir;

/// An emulated machine takes half a minute to both screens, one beside builds two.
pub const STARTS_WITHIN: Duration = Duration::from_secs(240);
/// From there to what a story waits for.
pub const SOON: Duration = Duration::from_secs(150);
/// What is asked again and again is asked so often: each time is a program of an emulated processor's.
const LOOK: Duration = Duration::from_millis(500);

/// A folder that xtask names; none if it could not be had, or was not asked for.
pub fn provided(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// What a car is told when it is started.
pub struct Journey<'a> {
    /// What the virtual car does: one of the demo car's scenarios, or a file of the image.
    pub scenario: &'a str,
    pub can: Can,
    /// Paths of which all that changes is said on the serial line.
    pub listens: &'a [&'a str],
    /// See [`Setup`].
    pub cable: Option<&'a str>,
}

/// A car that has started. What it writes down is gone with it.
pub struct Car {
    machine: Machine,
    hand: Hand,
    folder: Folder,
}

/// What the machine writes; the last of it is kept for whoever wants to know what went wrong.
struct Folder(TempDir);

impl Folder {
    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for name in ["serial.log", "sound.wav"] {
            let _ = std::fs::copy(self.file(name), kept(name));
        }
    }
}

impl Car {
    /// Starts it and waits until both screens show something and every service is there; none if there is no image.
    pub fn start(journey: &Journey<'_>) -> Option<Self> {
        let (Some(image), Some(qemu)) = (provided("TANDEM_IMAGE"), provided("TANDEM_GUEST_MACHINE")) else {
            tandem_scenes::skip_even_in_ci("no image of a car; `cargo xtask test --vm` makes one");
            return None;
        };
        let folder = Folder(tempfile::tempdir().unwrap());
        let mut words = vec![format!("tandem.scenario={}", journey.scenario)];
        if !journey.listens.is_empty() {
            words.push(format!("tandem.listen={}", journey.listens.join(",")));
        }
        let setup = Setup {
            image: &image,
            data: &image.join("data.ext4"),
            forgets: true,
            run: folder.0.path(),
            can: journey.can,
            sound: Some(&folder.file("sound.wav")),
            window: false,
            hand: true,
            cable: journey.cable,
            words: &words,
        };
        let mut machine = Machine::start(&Qemu::at(&qemu), &setup).unwrap();
        let mut hand = Machine::hand(folder.0.path()).unwrap();
        let mut timeline = Timeline::default();
        let drawn = |display: Display| Point::Frame(display.name().to_owned());
        let all = |line: &str| {
            timeline.hear(line);
            Display::ALL.iter().all(|display| timeline.has(&drawn(*display))).then_some(())
        };
        machine.wait_for("the first frame of both screens", STARTS_WITHIN, all).unwrap();
        // As long as it starts it is too busy to answer in time.
        hand.does("systemctl is-system-running --wait", STARTS_WITHIN)
            .unwrap_or_else(|why| panic!("{why:#}; {}", machine.last()));
        Some(Self { machine, hand, folder })
    }

    /// Waits for a line of the serial line.
    #[track_caller]
    pub fn hears<T>(&mut self, what: &str, is: impl FnMut(&str) -> Option<T>) -> T {
        self.machine.wait_for(what, SOON, is).unwrap()
    }

    /// The same within this time; none if it did not come.
    pub fn hears_soon<T>(&mut self, limit: Duration, mut is: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let until = Instant::now() + limit;
        while let Some(line) = self.machine.line(until).unwrap() {
            if let Some(found) = is(&line) {
                return Some(found);
            }
        }
        None
    }

    /// What a display shows now; it is kept, too, for whoever wants to look.
    pub fn shown(&mut self, display: Display) -> Pixels {
        let file = self.folder.file(&format!("{}.png", display.name()));
        self.machine.picture(display, &file).unwrap();
        std::fs::copy(&file, kept(&format!("{}.png", display.name()))).unwrap();
        Pixels::of_file(&file)
    }

    /// What a display shows once it is as wished. What the car says is there within a frame; an emulated machine takes its time to draw it, and shows dashes, as it must,
    /// while it is too slow for what it is told.
    #[track_caller]
    pub fn shows(&mut self, display: Display, what: &str, is: impl Fn(&Pixels) -> bool) -> Pixels {
        let until = Instant::now() + SOON;
        while Instant::now() < until {
            let picture = self.shown(display);
            if is(&picture) {
                return picture;
            }
            std::thread::sleep(LOOK);
        }
        let looked_at = kept(&format!("{}.png", display.name()));
        panic!("within {} s never {what}; the last picture is {}", SOON.as_secs(), looked_at.display());
    }

    /// A finger at a place of a display, in its pixels.
    pub fn tap(&mut self, display: Display, (x, y): (f64, f64)) {
        let (width, height) = self.shown(display).size();
        self.machine.tap(display, (x / width as f64, y / height as f64)).unwrap();
    }

    pub fn put_in(&mut self, stick: &Path) -> Stick {
        self.machine.put_in(stick).unwrap()
    }

    pub fn pull(&mut self, stick: &Stick) {
        self.machine.pull(stick).unwrap();
    }

    /// Has root in the car run a command, however it ends.
    #[track_caller]
    pub fn tries(&mut self, command: &str) -> Done {
        self.hand.does(command, SOON).unwrap_or_else(|why| panic!("{why:#}; {}", self.machine.last()))
    }

    /// Has root in the car run a command, which must go well; what it prints.
    #[track_caller]
    pub fn does(&mut self, command: &str) -> String {
        let done = self.tries(command);
        assert_eq!(done.status, 0, "{command}: {}; {}", done.said, self.machine.last());
        done.said
    }

    /// The JSON that a command prints, which may be too early, or late, the first time: what it asks for must change nothing.
    #[track_caller]
    pub fn tells(&mut self, command: &str) -> Value {
        self.until_told("an answer", command, |told| Some(told.clone()))
    }

    /// Runs a command again and again until what it prints is as wished.
    #[track_caller]
    pub fn until<T>(&mut self, what: &str, command: &str, mut is: impl FnMut(&Done) -> Option<T>) -> T {
        let until = Instant::now() + SOON;
        loop {
            let done = self.tries(command);
            if let Some(found) = is(&done) {
                return found;
            }
            assert!(
                Instant::now() < until,
                "{what} did not come within {} s; `{command}` says ({}): {}\n{}",
                SOON.as_secs(),
                done.status,
                done.said,
                self.machine.last()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// The same of the JSON that it prints.
    #[track_caller]
    pub fn until_told<T>(&mut self, what: &str, command: &str, mut is: impl FnMut(&Value) -> Option<T>) -> T {
        self.until(what, command, |done| is(&serde_json::from_str(&done.said).ok()?))
    }

    /// Its power goes; everything that came out of its loudspeaker, as a WAV file. It is kept for whoever wants to listen.
    pub fn stop(self) -> Vec<u8> {
        self.machine.stop().unwrap();
        let sound = std::fs::read(self.folder.file("sound.wav")).unwrap();
        std::fs::write(kept("sound.wav"), &sound).unwrap();
        sound
    }
}

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("image-{name}"))
}
