//! A stranger owns the names of our services and says whatever he likes. Each screen lives, draws and keeps its size, and shows what is true once the car is back.
//! Nothing to write with is said, too.

mod peer;
mod words;

use std::process::Child;
use std::time::Duration;

use peer::{Hostile, Malice};
use tandem_contracts::screen::{CENTRE, CLUSTER, PANEL};
use tandem_contracts::signals;
use tandem_scenes::{Bus, Daemon, Pixels, Region, Shown, binary, can_raise, root, speed, tied, within};

/// What a screen may have at its most, KiB: messages with lists of 20,000 rows are read whole, and not kept.
const LARGEST: u64 = 640 << 10;
/// How often names come and go.
const COMINGS: usize = 20;
/// The panel's speed: digits of 96 px.
const PANEL_SPEED: Region = Region { x: 32, y: 24, width: 200, height: 96 };

/// A process that ends with the story.
struct Program(Child);

impl Program {
    fn start(bus: &Daemon, name: &str, arguments: &[&str]) -> Self {
        let mut command = tied(binary(name));
        command.args(arguments).env("TANDEM_BUS", bus.address()).env("TANDEM_LOG", "error");
        Self(command.env("TANDEM_ASSETS", root().join("assets")).spawn().unwrap())
    }

    #[track_caller]
    fn lives(&mut self) {
        assert_eq!(self.0.try_wait().unwrap(), None, "it has ended");
    }

    /// The most memory that it ever had, KiB.
    fn most(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A screen among strangers, until it shows what is true.
async fn survives(program: &'static str, name: &'static str, shows: impl Fn(&Pixels) -> bool) {
    let daemon = Daemon::start();
    let bus = Bus::open(daemon.address()).await;
    let mut screen = Program::start(&daemon, program, &["--headless"]);
    within("the screen", async { while bus.owner(name).await.is_none() {} }).await;
    for malice in Malice::ALL {
        let stranger = Hostile::start(&daemon, malice).await;
        within("what the screen asks", stranger.goes_on(3, 20)).await;
        screen.lives();
        let drawn = bus.capture(name).await.1;
        assert!(!shows(&drawn) || malice == Malice::WrongWords || malice == Malice::Endless, "{malice:?}");
        stranger.leaves().await;
    }
    for coming in 0..COMINGS {
        let stranger = Hostile::start(&daemon, Malice::ALL[coming % Malice::ALL.len()]).await;
        within("what a stranger says", stranger.goes_on(0, 1)).await;
        stranger.leaves().await;
    }
    screen.lives();
    bus.capture(name).await;
    let most = screen.most();
    assert!(most < LARGEST, "{program} had {most} KiB");

    let folder = tempfile::tempdir().unwrap();
    let (car, link) = (root().join("assets/cars/demo"), folder.path().join("link"));
    let (car, link) = (car.to_str().unwrap(), link.to_str().unwrap());
    let _car = Program::start(&daemon, "tandem-sim", &["--car", car, "--scenario", "parked", "--link", link]);
    within("the car", async { while !std::path::Path::new(link).exists() {} }).await;
    let _service = Program::start(&daemon, "tandem-vehicle", &["--car", car, "--link", link]);
    within("the service", async { while bus.owner(signals::NAME).await.is_none() {} }).await;
    let recovered = async {
        while !shows(&bus.capture(name).await.1) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("what is true", recovered).await;
    screen.lives();
}

#[tokio::test]
async fn the_cluster_lives_among_strangers() {
    survives("tandem-cluster", CLUSTER, |drawn| speed(drawn) == Shown::Number).await;
}

#[tokio::test]
async fn the_centre_lives_among_strangers() {
    survives("tandem-centre", CENTRE, can_raise).await;
}

#[tokio::test]
async fn the_panel_lives_among_strangers() {
    survives("tandem-panel", PANEL, |drawn| drawn.ink_height(PANEL_SPEED, 110) > 50).await;
}

#[test]
fn a_screen_on_a_machine_without_fonts_says_what_to_install() {
    let empty = tempfile::tempdir().unwrap();
    let file = empty.path().join("fonts.conf");
    std::fs::write(&file, "<fontconfig></fontconfig>").unwrap();
    let bus = Daemon::start();
    for program in ["tandem-cluster", "tandem-centre", "tandem-panel"] {
        let mut command = tied(binary(program));
        command.arg("--headless").env("TANDEM_BUS", bus.address()).env("FONTCONFIG_FILE", &file);
        let ended = command.output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{program}: {said}");
        let sentence = "no fonts at all: install the Debian packages fonts-inter and fonts-noto-cjk\n";
        assert_eq!(said, format!("{program}: {sentence}"));
    }
}
