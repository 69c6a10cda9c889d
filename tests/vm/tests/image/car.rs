//! The image of a car in a machine: what it says, shows and feels, and somebody inside who does as he is told.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tandem_machine::{Can, Data, Display, Done, Hand, Machine, Point, Qemu, Setup, Timeline};
use tandem_scenes::{Pixels, Shown, is_stale, speed};
use tempfile::TempDir;

/// An emulated machine takes half a minute to both screens, one beside builds two.
pub const STARTS_WITHIN: Duration = Duration::from_secs(240);
/// From there to what a story waits for.
pub const SOON: Duration = Duration::from_secs(240);
/// What is asked again and again is asked so often: each time is a program of an emulated processor's.
const LOOK: Duration = Duration::from_millis(500);
/// A scenario for pictures: it drives at one speed.
const STEADY: &str = "/usr/share/tandem-machine/steady.toml";

/// How a car of a story is, and what it is told when it is started.
pub struct Journey<'a> {
    /// What the virtual car does: one of the demo car's scenarios, or a file of the image.
    pub scenario: &'a str,
    pub can: Can,
    /// The image's own, which stays as it is, if nothing is said.
    pub data: Option<Data<'a>>,
    /// Paths of which all that changes is said on the serial line.
    pub listens: &'a [&'a str],
    /// What comes out of its loudspeaker is kept.
    pub is_heard: bool,
    /// As [`Setup`] has them.
    pub cable: Option<&'a str>,
    pub clock: Option<&'a str>,
    pub resets: bool,
    pub words: &'a [&'a str],
}

impl Journey<'_> {
    /// A car that drives at 72 km/h, on real CAN.
    pub const DRIVES: Self = Self { scenario: STEADY, can: Can::Kvaser, ..Self::STANDS };
    /// A car that stands, on virtual buses.
    pub const STANDS: Self = Self {
        scenario: "parked",
        can: Can::Virtual,
        data: None,
        listens: &[],
        is_heard: false,
        cable: None,
        clock: None,
        resets: false,
        words: &[],
    };
}

/// The folders of the image and of QEMU; none if they could not be had, or nobody asked for them.
pub fn provided() -> Option<(PathBuf, PathBuf)> {
    let named = |variable| std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let both = named("TANDEM_IMAGE").zip(named("TANDEM_GUEST_MACHINE"));
    if both.is_none() {
        tandem_scenes::skip_even_in_ci("no image of a car; `cargo xtask test --vm` makes one");
    }
    both
}

/// A copy of a disk that takes no more room than what is written on it.
pub fn copy(disk: &Path, to: &Path) {
    let done = Command::new("cp").args(["--sparse=always", "--reflink=auto"]).arg(disk).arg(to).status().unwrap();
    assert!(done.success(), "{}", disk.display());
}

/// Where whoever wants to look or to listen finds what a car showed and said.
fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("image-{name}"))
}

/// Says how far a story is: on its standard error, and in a file beside the build's for whoever waits.
pub fn progress(story: &str, line: &str) {
    eprintln!("{line}");
    let log = std::fs::File::options().create(true).append(true).open(kept(&format!("{story}.log")));
    let _ = log.and_then(|mut log| std::io::Write::write_all(&mut log, format!("{line}\n").as_bytes()));
}

/// A car that was turned on.
pub struct Car {
    pub machine: Machine,
    pub hand: Hand,
    pub began: Instant,
    folder: Folder,
}

/// What the machine writes.
struct Folder(TempDir);

impl Folder {
    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test's thread has its name.
        let thread = std::thread::current();
        let story = thread.name().and_then(|name| name.rsplit("::").next()).unwrap_or("story");
        for name in ["serial.log", "sound.wav"] {
            let _ = std::fs::copy(self.file(name), kept(&format!("{story}-{name}")));
        }
    }
}

impl Car {
    /// Turns it on; none if there is no image.
    pub fn start(journey: &Journey<'_>) -> Option<Self> {
        let (image, qemu) = provided()?;
        let folder = Folder(tempfile::tempdir().unwrap());
        let mut words: Vec<String> = journey.words.iter().map(|word| (*word).to_owned()).collect();
        words.push(format!("tandem.scenario={}", journey.scenario));
        if !journey.listens.is_empty() {
            words.push(format!("tandem.listen={}", journey.listens.join(",")));
        }
        let (own, sound) = (image.join("data.ext4"), folder.file("sound.wav"));
        let setup = Setup {
            image: &image,
            data: journey.data.unwrap_or(Data::Lent(&own)),
            run: folder.0.path(),
            can: journey.can,
            sound: journey.is_heard.then_some(&*sound),
            window: false,
            hand: true,
            cable: journey.cable,
            clock: journey.clock,
            resets: journey.resets,
            words: &words,
        };
        let began = Instant::now();
        let machine = Machine::start(&Qemu::at(&qemu), &setup).unwrap();
        let hand = Machine::hand(folder.0.path()).unwrap();
        Some(Self { machine, hand, began, folder })
    }

    /// Turns it on, and waits until it is up.
    pub fn up(journey: &Journey<'_>) -> Option<Self> {
        let mut car = Self::start(journey)?;
        car.is_up();
        Some(car)
    }

    /// Waits until both screens show something and nothing is being started any more: before that it is too busy to answer in time.
    #[track_caller]
    pub fn is_up(&mut self) {
        let mut timeline = Timeline::default();
        let all = |line: &str| {
            timeline.hear(line);
            let drawn = |display: &Display| timeline.has(&Point::Frame(display.name().to_owned()));
            Display::ALL.iter().all(drawn).then_some(())
        };
        self.machine.wait_for("the first frame of both screens", STARTS_WITHIN, all).unwrap();
        self.tries("systemctl is-system-running --wait");
    }

    /// What it said last, for whoever is to find out what went wrong.
    fn last(&mut self) -> String {
        while let Ok(Some(_)) = self.machine.line(Instant::now()) {}
        self.machine.last()
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

    /// What a display shows once it has been as wished for some pictures. What the car says is there within a frame; an emulated machine takes its time to draw it, and shows
    /// dashes, as it must, while it is too slow for what it is told.
    #[track_caller]
    fn shows_for(&mut self, display: Display, pictures: u32, what: &str, is: impl Fn(&Pixels) -> bool) -> Pixels {
        let until = Instant::now() + SOON;
        let mut times = 0;
        loop {
            let picture = self.shown(display);
            times = if is(&picture) { times + 1 } else { 0 };
            if times == pictures {
                return picture;
            }
            let looked_at = kept(&format!("{}.png", display.name()));
            assert!(
                Instant::now() < until,
                "never {what}, {pictures} times in a row; the last picture is {}; {}",
                looked_at.display(),
                self.last()
            );
            std::thread::sleep(2 * LOOK);
        }
    }

    /// What a display shows once it is as wished.
    #[track_caller]
    pub fn shows(&mut self, display: Display, what: &str, is: impl Fn(&Pixels) -> bool) -> Pixels {
        self.shows_for(display, 1, what, is)
    }

    /// Waits until the cluster shows a speed, and goes on to.
    #[track_caller]
    pub fn drives(&mut self) {
        let is_number = |picture: &Pixels| speed(picture) == Shown::Number && !is_stale(picture);
        self.shows_for(Display::Cluster, 3, "a speed", is_number);
    }

    /// Waits until the cluster shows a speed that is old, and goes on to.
    #[track_caller]
    pub fn drove(&mut self) {
        self.shows_for(Display::Cluster, 3, "a speed of a while ago", is_stale);
    }

    /// A finger at a place of a display, in its pixels.
    pub fn tap(&mut self, display: Display, (x, y): (f64, f64)) {
        let (width, height) = self.shown(display).size();
        self.machine.tap(display, (x / width as f64, y / height as f64)).unwrap();
    }

    /// Has root in the car run a command, however it ends.
    #[track_caller]
    pub fn tries(&mut self, command: &str) -> Done {
        let done = self.hand.does(command, STARTS_WITHIN);
        done.unwrap_or_else(|why| panic!("{why:#}; {}", self.last()))
    }

    /// The same of one that must go well; what it prints.
    #[track_caller]
    pub fn does(&mut self, command: &str) -> String {
        let done = self.tries(command);
        assert_eq!(done.status, 0, "{command}: {}; {}", done.said, self.last());
        done.said
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
                "{what} did not come; `{command}` says ({}): {}\n{}",
                done.status,
                done.said,
                self.last()
            );
            std::thread::sleep(LOOK);
        }
    }

    /// The same of the JSON that it prints.
    #[track_caller]
    pub fn until_told<T>(&mut self, what: &str, command: &str, mut is: impl FnMut(&Value) -> Option<T>) -> T {
        self.until(what, command, |done| is(&serde_json::from_str(&done.said).ok()?))
    }

    /// The JSON that a command prints, which an emulated machine may be too late for the first time: what it asks for must change nothing.
    #[track_caller]
    pub fn tells(&mut self, command: &str) -> Value {
        self.until_told("an answer", command, |told| Some(told.clone()))
    }

    /// The processes of Tandem's parts, each with how often it was started anew.
    #[track_caller]
    pub fn parts(&mut self) -> String {
        self.does("systemctl show --property=Id,MainPID,NRestarts,ActiveState 'tandem-*.service'")
    }

    /// Nothing of the whole system has failed, and every part is there.
    #[track_caller]
    pub fn is_well(&mut self) {
        assert_eq!(self.does("systemctl list-units --failed --plain --no-legend"), "");
        let parts = self.parts();
        assert_eq!(parts.matches("ActiveState=active").count(), 7, "{parts}");
    }

    /// What is set, and whether it is kept.
    #[track_caller]
    pub fn settings(&mut self) -> Value {
        self.tells("tandem settings list --json")
    }

    /// Turns it off as its driver does; what it says meanwhile, until it is off.
    #[track_caller]
    pub fn turns_off(&mut self) -> Vec<String> {
        self.hand.begins("systemctl poweroff").unwrap();
        let until = Instant::now() + SOON;
        let mut said = Vec::new();
        loop {
            match self.machine.line(until) {
                Ok(Some(line)) => said.push(line),
                Ok(None) => panic!("it does not end; {}", self.last()),
                Err(_) if self.machine.ended_by_order().unwrap() => return said,
                Err(why) => panic!("{why:#}"),
            }
        }
    }

    /// Its power goes.
    pub fn stops(self) {
        self.machine.stop().unwrap();
    }

    /// The same; all that came out of its loudspeaker, as a WAV file.
    pub fn stops_and_was_heard(self) -> Vec<u8> {
        self.machine.stop().unwrap();
        std::fs::read(self.folder.file("sound.wav")).unwrap()
    }
}

#[track_caller]
pub fn notice(settings: &Value) -> &str {
    settings["notice"]["kind"].as_str().unwrap_or_default()
}
