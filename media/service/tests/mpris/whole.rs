//! The whole service as it is shipped, with its player and real music into a null sink, steered by the real playerctl.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::media::{self, Media1Proxy};
use tandem_contracts::mpris::{self, track_id};
use tandem_scenes::{Daemon, within};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

use crate::stage::{Ear, Heard, playerctl};
use crate::strangers;

const SECONDS: usize = 20;

/// A tone as FLAC, with tags.
fn flac(folder: &Path, title: &str, hertz: f64) {
    const RATE: u32 = 44_100;
    let samples = (0..SECONDS * RATE as usize).map(|at| {
        let phase = at as f64 / f64::from(RATE) * hertz * std::f64::consts::TAU;
        (phase.sin() * 8000.0) as i16
    });
    let raw: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let file = folder.join("raw");
    std::fs::write(&file, raw).unwrap();
    let made = std::process::Command::new("flac")
        .args(["--silent", "--force-raw-format", "--endian=little", "--channels=1", "--bps=16", "--sign=signed"])
        .args([format!("--sample-rate={RATE}"), format!("--tag=TITLE={title}")])
        .args(["--tag=ARTIST=Ann", "--tag=ALBUM=Tones", "-o"])
        .arg(folder.join(format!("{title}.flac")))
        .arg(&file)
        .status()
        .expect("the Debian package flac");
    assert!(made.success());
    std::fs::remove_file(file).unwrap();
}

struct Whole {
    daemon: Daemon,
    folder: TempDir,
    service: Child,
    connection: Connection,
    ear: Ear,
}

fn service(daemon: &Daemon, folder: &Path) -> Command {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_tandem-media"));
    let player = program.with_file_name("tandem-player");
    assert!(player.is_file(), "no tandem-player: cargo build --workspace --bins");
    let mut command = Command::new(program);
    command.arg("--player").arg(player).args(["--sink", "null", "--without-a-car"]);
    for (option, name) in [("--state", "state"), ("--music", "music"), ("--sticks", "sticks")] {
        command.arg(option).arg(folder.join(name));
    }
    command.env("TANDEM_BUS", daemon.address()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

impl Whole {
    /// With three tracks in its library.
    async fn start() -> Self {
        let daemon = Daemon::start();
        let folder = tempfile::tempdir().unwrap();
        for name in ["music", "sticks"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for (title, hertz) in [("A one", 440.0), ("B two", 550.0), ("C three", 660.0)] {
            flac(&folder.path().join("music"), title, hertz);
        }
        let ear = Ear::open(&daemon).await;
        let connection = daemon.connect().await;
        let bus = DBusProxy::new(&connection).await.unwrap();
        let mut owners = bus.receive_name_owner_changed().await.unwrap();
        let service = service(&daemon, folder.path()).spawn().unwrap();
        // It asks for its names in any order.
        let served = async {
            let mut missing = vec![mpris::NAME, media::NAME];
            while !missing.is_empty() {
                let change = owners.next().await.unwrap();
                missing.retain(|name| *name != change.args().unwrap().name().as_str());
            }
        };
        within("the service", served).await;
        let whole = Self { daemon, folder, service, connection, ear };
        let media = whole.media().await;
        let scanned = async {
            while media.page("tracks".into(), String::new(), 0, 10).await.unwrap().total < 3 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        within("the library", scanned).await;
        whole
    }

    async fn media(&self) -> Media1Proxy<'static> {
        Media1Proxy::builder(&self.connection).cache_properties(CacheProperties::No).build().await.unwrap()
    }

    async fn does(&self, arguments: &[&str]) -> String {
        playerctl(&self.daemon, arguments).await.unwrap()
    }

    /// Asks playerctl until it says so.
    async fn until(&self, arguments: &[&str], is_so: impl Fn(&str) -> bool) -> String {
        let asked = async {
            loop {
                let said = self.does(arguments).await;
                if is_so(&said) {
                    return said;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        within("what playerctl is to say", asked).await
    }

    async fn says(&self, arguments: &[&str], wanted: &str) {
        self.until(arguments, |said| said == wanted).await;
    }

    async fn position(&self) -> f64 {
        self.does(&["position"]).await.parse().unwrap()
    }

    async fn jumped(&mut self) -> i64 {
        loop {
            if let Heard::Seeked(micros) = self.ear.next().await {
                return micros;
            }
        }
    }
}

#[tokio::test]
async fn playerctl_steers_real_music() {
    let mut whole = Whole::start().await;
    let media = whole.media().await;
    media.play_view("tracks".into(), String::new(), 0).await.unwrap();
    whole.says(&["status"], "Playing").await;
    whole
        .says(&["metadata", "--format", "{{title}}|{{artist}}|{{album}}|{{mpris:length}}"], "A one|Ann|Tones|20000000")
        .await;
    assert!(whole.does(&["metadata", "mpris:trackid"]).await.contains("/org/tandem/track/"));
    whole.until(&["position"], |position| position.parse::<f64>().unwrap() > 0.2).await;

    whole.does(&["position", "12"]).await;
    assert_eq!(whole.jumped().await, 12_000_000);
    assert!(whole.position().await >= 12.0);
    whole.does(&["pause"]).await;
    whole.says(&["status"], "Paused").await;
    let held = whole.position().await;
    whole.does(&["position", "5-"]).await;
    let jumped = whole.jumped().await;
    assert!((held - 5.0 - jumped as f64 / 1e6).abs() < 0.5, "5 s back from {held} is {jumped}");
    assert_eq!((whole.position().await * 1e6).round() as i64, jumped, "it is held where it jumped to");

    whole.does(&["next"]).await;
    whole.says(&["metadata", "title"], "B two").await;
    whole.does(&["previous"]).await;
    whole.says(&["metadata", "title"], "A one").await;
    whole.does(&["play"]).await;
    whole.says(&["status"], "Playing").await;

    whole.does(&["volume", "0.4"]).await;
    assert_eq!(whole.does(&["volume"]).await, "0.400000");
    whole.does(&["volume", "1.0+"]).await;
    assert_eq!(whole.does(&["volume"]).await, "1.000000");
    for word in ["On", "Off"] {
        whole.does(&["shuffle", word]).await;
        assert_eq!(whole.does(&["shuffle"]).await, word);
    }
    for word in ["Track", "Playlist", "None"] {
        whole.does(&["loop", word]).await;
        assert_eq!(whole.does(&["loop"]).await, word);
    }
    whole.does(&["stop"]).await;
    whole.says(&["status"], "Stopped").await;
    let file = whole.folder.path().join("music/C three.flac");
    whole.does(&["open", url::Url::from_file_path(file).unwrap().as_str()]).await;
    whole.says(&["metadata", "title"], "C three").await;
    whole.says(&["status"], "Playing").await;
}

#[tokio::test]
async fn a_real_gapless_switch_is_told_while_the_status_stays() {
    let mut whole = Whole::start().await;
    let media = whole.media().await;
    media.play_view("tracks".into(), String::new(), 0).await.unwrap();
    whole.says(&["status"], "Playing").await;
    whole.says(&["metadata", "title"], "A one").await;
    whole.does(&["position", "19"]).await;
    assert_eq!(whole.jumped().await, 19_000_000);
    let changed = loop {
        match whole.ear.next().await {
            Heard::Changed(changed) if changed.contains_key("Metadata") => break changed,
            Heard::Changed(changed) => assert!(!changed.contains_key("PlaybackStatus"), "{changed:?}"),
            Heard::Seeked(micros) => panic!("a switch is no jump to {micros}"),
        }
    };
    assert!(!changed.contains_key("PlaybackStatus"), "{changed:?}");
    let metadata: mpris::Metadata = changed["Metadata"].try_clone().unwrap().try_into().unwrap();
    assert_eq!(String::try_from(metadata["xesam:title"].try_clone().unwrap()).unwrap(), "B two");
    assert!(track_id(&metadata).is_some());
    assert_eq!(whole.does(&["status"]).await, "Playing");
}

#[tokio::test]
async fn one_service_at_a_time_and_it_makes_way_for_a_player_that_is_chosen() {
    let mut whole = Whole::start().await;
    let second = TempDir::new().unwrap();
    let second = service(&whole.daemon, second.path()).stderr(Stdio::piped()).output();
    let second = within("the end of the second", second).await.unwrap();
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("is no other media service running"), "{said}");

    let media = whole.media().await;
    media.play_view("tracks".into(), String::new(), 1).await.unwrap();
    whole.says(&["status"], "Playing").await;
    let mut other = strangers::comes(&whole.daemon, "other", false).await;
    let known = async {
        while media
            .page("players".into(), String::new(), 0, 10)
            .await
            .unwrap()
            .rows
            .iter()
            .all(|row| row.album != "Song")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within("the other player", known).await;
    media.play("player:other".into(), 0).await.unwrap();
    assert_eq!(within("play", other.told.recv()).await, Some("play"));
    whole.says(&["status"], "Paused").await;
    whole.does(&["play"]).await;
    assert_eq!(within("pause", other.told.recv()).await, Some("pause"));

    rustix::process::kill_process(
        rustix::process::Pid::from_raw(whole.service.id().unwrap().cast_signed()).unwrap(),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    let ended = within("its end", whole.service.wait()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    let bus = DBusProxy::new(&whole.connection).await.unwrap();
    assert!(!bus.name_has_owner(mpris::NAME.try_into().unwrap()).await.unwrap());
}
