//! The image in a machine that something is to happen to, and a hand in it.

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
pub const STEADY: &str = "tandem.scenario=/usr/share/tandem-machine/steady.toml";

/// What of a machine differs from one story to the next.
pub struct Wish<'a> {
    pub data: Data<'a>,
    pub words: &'a [&'a str],
    pub clock: Option<&'a str>,
    pub resets: bool,
}

impl Wish<'_> {
    /// A car that drives.
    pub fn driving(data: Data<'_>) -> Wish<'_> {
        Wish { data, words: &[STEADY], clock: None, resets: false }
    }
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

/// Says how far a story is: on its standard error, and in a file beside the build's for whoever waits.
pub fn progress(story: &str, line: &str) {
    eprintln!("{line}");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{story}.log"));
    let log = std::fs::File::options().create(true).append(true).open(file);
    let _ = log.and_then(|mut log| std::io::Write::write_all(&mut log, format!("{line}\n").as_bytes()));
}

pub struct Car {
    pub machine: Machine,
    pub hand: Hand,
    folder: TempDir,
    pub began: Instant,
}

impl Car {
    /// Turns it on; none if there is no image.
    pub fn start(wish: &Wish<'_>) -> Option<Self> {
        let (image, qemu) = provided()?;
        let folder = tempfile::tempdir().unwrap();
        let words: Vec<String> = wish.words.iter().map(|word| (*word).to_owned()).collect();
        let setup = Setup {
            image: &image,
            data: wish.data,
            run: folder.path(),
            can: Can::Kvaser,
            sound: None,
            window: false,
            hand: true,
            cable: None,
            clock: wish.clock,
            resets: wish.resets,
            words: &words,
        };
        let began = Instant::now();
        let machine = Machine::start(&Qemu::at(&qemu), &setup).unwrap();
        let hand = Machine::hand(folder.path()).unwrap();
        Some(Self { machine, hand, folder, began })
    }

    /// What it said last, for whoever is to find out what went wrong.
    fn last(&mut self) -> String {
        while let Ok(Some(_)) = self.machine.line(Instant::now()) {}
        self.machine.last()
    }

    /// Waits until both screens show something.
    #[track_caller]
    pub fn is_up(&mut self) {
        let mut timeline = Timeline::default();
        let all = |line: &str| {
            timeline.hear(line);
            let drawn = |display: &Display| timeline.has(&Point::Frame(display.name().to_owned()));
            Display::ALL.iter().all(drawn).then_some(())
        };
        self.machine.wait_for("the first frame of both screens", STARTS_WITHIN, all).unwrap();
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

    /// The JSON that a command prints.
    #[track_caller]
    pub fn tells(&mut self, command: &str) -> Value {
        let said = self.does(command);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{command}: no JSON ({error}): {said}"))
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
            assert!(Instant::now() < until, "{what} did not come; `{command}` says: {}\n{}", done.said, self.last());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until the cluster shows that.
    #[track_caller]
    pub fn shows(&mut self, wished: Shown) {
        self.shows_what(&format!("{wished:?}"), |picture| speed(picture) == wished && !is_stale(picture));
    }

    /// Waits until the cluster shows something for three pictures: an emulated machine shows dashes, as it must, while it is too slow for what it is told.
    #[track_caller]
    pub fn shows_what(&mut self, what: &str, is: impl Fn(&Pixels) -> bool) {
        let file = self.folder.path().join("cluster.png");
        let until = Instant::now() + SOON;
        let mut times = 0;
        while times < 3 {
            assert!(Instant::now() < until, "never {what} for three pictures; {}", self.last());
            std::thread::sleep(Duration::from_secs(1));
            self.machine.picture(Display::Cluster, &file).unwrap();
            std::fs::copy(&file, Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-cluster.png")).unwrap();
            times = if is(&Pixels::of_file(&file)) { times + 1 } else { 0 };
        }
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
}

#[track_caller]
pub fn notice(settings: &Value) -> &str {
    settings["notice"]["kind"].as_str().unwrap_or_default()
}
