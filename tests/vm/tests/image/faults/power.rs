//! The power goes at any moment while settings and the library are written.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tandem_machine::{Chance, Cut, Data, KERNEL_DONE, after_cut};

use crate::car::{Car, Journey, SOON, STARTS_WITHIN, copy, notice, progress, provided};

const STORY: &str = "power";
/// What keeps nothing is not started: each cut is a boot.
const WORDS: [&str; 3] = [
    "systemd.mask=tandem-cluster.service",
    "systemd.mask=tandem-centre.service",
    "systemd.mask=tandem-phone-link.service",
];
/// So many acknowledgements at most are waited for before a cut.
const WRITES: u64 = 6;

/// Two who write without a pause and say so once it was acknowledged. The number counts on, whatever was lost.
fn writers(settings: u64, library: u64) -> String {
    format!(
        "(n={settings}; while n=$((n+1)); do tandem settings set display.brightness $((n % 100 + 1)) >/dev/null && echo settings $n; done) & \
         (n={library}; while n=$((n+1)); do printf '#EXTM3U\\n#EXTINF:-1,Station %s\\nhttp://radio.example/%s\\n' $n $n | tandem media import - >/dev/null && echo library $n; done) &"
    )
}

/// What the display's brightness is after so many writes; before the first it is its default.
fn brightness(number: u64) -> u64 {
    if number == 0 { 80 } else { number % 100 + 1 }
}

/// The last number of each writer that was acknowledged. The one behind it may be there, or not.
#[derive(Clone, Copy, Debug, Default)]
struct Acknowledged {
    settings: u64,
    library: u64,
}

impl Acknowledged {
    /// Whether the line is an acknowledgement.
    fn hear(&mut self, line: &str) -> bool {
        let mut words = line.split(' ');
        let of = match words.next() {
            Some("settings") => &mut self.settings,
            Some("library") => &mut self.library,
            _ => return false,
        };
        match words.next().map(str::parse) {
            Some(Ok(number)) => {
                *of = number;
                true
            }
            _ => false,
        }
    }

    /// Holds what a machine has against what was acknowledged, and goes on from there.
    fn hold(&mut self, car: &mut Car, what: &str) {
        let settings = car.settings();
        assert_eq!((notice(&settings), &settings["kept"]), ("", &true.into()), "{what}: {settings}");
        let is: u64 = car.does("tandem settings get display.brightness").parse().unwrap();
        let found = [self.settings, self.settings + 1].into_iter().find(|number| is == brightness(*number));
        self.settings = found.unwrap_or_else(|| {
            panic!("{what}: brightness is {is}, and {} was acknowledged", brightness(self.settings))
        });
        let list = "tandem media list stations --limit 500 --json";
        let stations = car.until("the whole list", list, |done| {
            let page: Value = serde_json::from_str(&done.said).ok()?;
            (page["left_out"] == 0).then_some(page)
        });
        let mut numbers: Vec<u64> = stations["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row["title"].as_str()?.strip_prefix("Station ")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        let all: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert_eq!(numbers, all, "{what}: one is missing that was written before others");
        let count = numbers.len() as u64;
        assert!(
            [self.library, self.library + 1].contains(&count),
            "{what}: {count} stations, and {} were acknowledged",
            self.library
        );
        self.library = count;
        let aside = car.does("find /data/lib -name '*aside*'");
        assert_eq!(aside, "", "{what}: a database was broken");
    }
}

struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    fn before(&self) -> PathBuf {
        self.folder.path().join("before")
    }

    /// Turns the machine on; what it writes is recorded.
    fn start(&self) -> Car {
        copy(&self.path(), &self.before());
        std::fs::write(self.record(), "").unwrap();
        let (disk, record) = (self.path(), self.record());
        let data = Data::Recorded { disk: &disk, record: &record };
        // Whoever drives is shown no whole lists.
        Car::start(&Journey { data: Some(data), words: &WORDS, ..Journey::STANDS }).unwrap()
    }

    /// What is left on it after the cut.
    fn cut(&self, chance: &mut Chance) -> Cut {
        let cut = after_cut(&self.before(), &self.record(), chance).unwrap();
        std::fs::rename(self.before(), self.path()).unwrap();
        cut
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn whole(disk: &Path) {
    let told = std::process::Command::new("e2fsck").args(["-f", "-n"]).arg(disk).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stdout));
}

#[test]
fn nothing_that_was_acknowledged_is_lost_by_a_power_cut_at_any_moment() {
    let Some((image, _)) = provided() else { return };
    let cuts = number("TANDEM_POWER_CUTS").unwrap_or(20);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = number("TANDEM_POWER_SEED").unwrap_or(now.as_secs());
    progress(STORY, &format!("{cuts} cuts; TANDEM_POWER_SEED={seed} repeats the moments, as far as a machine repeats"));
    let mut chance = Chance::of(seed);
    let disk = Disk { folder: tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap() };
    copy(&image.join("data.ext4"), &disk.path());
    let (mut acknowledged, mut writes, mut behind) = (Acknowledged::default(), 0, 0);
    for cut in 1..=cuts {
        let what = format!("cut {cut} of {cuts}");
        let mut car = disk.start();
        let mut written = 0;
        // A quarter of them go before anybody has written, while the disk of the last cut is being mended.
        if chance.below(4) == 0 {
            let kernel = |line: &str| line.contains(KERNEL_DONE).then_some(());
            car.machine.wait_for("the kernel", STARTS_WITHIN, kernel).unwrap();
            std::thread::sleep(Duration::from_millis(1_000 + chance.below(9_000)));
        } else {
            acknowledged.hold(&mut car, &what);
            car.does(&writers(acknowledged.settings, acknowledged.library));
            let (wanted, until) = (1 + chance.below(WRITES), Instant::now() + SOON);
            while written < wanted {
                let line = car
                    .hand
                    .hears(until)
                    .unwrap_or_else(|| panic!("{what}: nothing is written; {}", car.machine.last()));
                written += u64::from(acknowledged.hear(&line));
            }
            std::thread::sleep(Duration::from_millis(chance.below(500)));
        }
        let (took, mut hand) = (car.began.elapsed(), car.hand);
        car.machine.cut().unwrap();
        // What came out of it before it ended was acknowledged, too.
        while let Some(line) = hand.hears(Instant::now() + Duration::from_secs(1)) {
            written += u64::from(acknowledged.hear(&line));
        }
        let left = disk.cut(&mut chance);
        writes += written;
        behind += left.kept + left.lost + left.torn;
        progress(STORY, &format!("{what} after {:.0} s: {written} acknowledged, {left:?}", took.as_secs_f64()));
    }
    let mut car = disk.start();
    acknowledged.hold(&mut car, "after the last cut");
    assert_eq!(car.does("systemctl list-units --failed --plain --no-legend"), "");

    // Its driver turns it off while all of that goes on.
    car.does(&writers(acknowledged.settings, acknowledged.library));
    let until = Instant::now() + SOON;
    while !acknowledged.hear(&car.hand.hears(until).expect("somebody writes")) {}
    let said = car.turns_off();
    while let Some(line) = car.hand.hears(Instant::now() + Duration::from_secs(1)) {
        acknowledged.hear(&line);
    }
    // The shell of the story's own hand is deaf to it; a line without a unit is said at each end.
    let is_killed = |line: &&String| {
        (line.contains("timed out") || line.contains("SIGKILL"))
            && line.contains(".service: ")
            && !line.contains("hand.service: ")
    };
    let killed: Vec<_> = said.iter().filter(is_killed).collect();
    assert_eq!(killed, Vec::<&String>::new(), "all of it ends when it is told to");
    progress(STORY, &format!("turned off: {}", said.last().map(String::as_str).unwrap_or_default()));
    whole(&disk.path());
    let mut car = disk.start();
    acknowledged.hold(&mut car, "after it was turned off");
    car.stops();
    progress(
        STORY,
        &format!("{writes} writes acknowledged, {behind} behind the last flush at a cut, {acknowledged:?}"),
    );
    assert!(cuts < 8 || writes > cuts, "{writes} writes prove nothing");
}
