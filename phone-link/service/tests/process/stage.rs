//! A car at this end of the cable and a phone at the other, each with a player whose sound is written down.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use futures_util::StreamExt;
use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::calls::Calls1Proxy;
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::mpris::{self, PlayerProxy};
use tandem_contracts::phones::{Phone as Known, PhoneLink1Proxy};
use tandem_contracts::sessions::{Session, Sessions1Proxy};
use tandem_music::wave;
use tandem_scenes::{Daemon, binary, root, tied};
use tempfile::TempDir;
use zbus::Connection;
use zbus::proxy::CacheProperties;

use crate::far::{self, Far, PATIENCE, Peer};

/// A state is looked at so often.
const LOOK: Duration = Duration::from_millis(5);
/// Of the song and of a recording, which has 16 bits and two channels.
pub const RATE: u32 = 44_100;
/// Seconds of the song, whose samples rise by 1,000 a second from this.
const SECONDS: u32 = 60;
const FIRST: i32 = -30_000;
/// Quieter is silence: the end of a fade, or what is told while nothing plays.
const SILENCE: i16 = 500;

/// A song by whose loudness one hears where it is.
fn song(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let rises =
        (0..SECONDS * RATE).flat_map(|frame| [(FIRST + (u64::from(frame) * 1_000 / u64::from(RATE)) as i32) as i16; 2]);
    std::fs::write(folder.join("Night drive.wav"), wave::file(RATE, 2, rises)).unwrap();
}

/// What a player has played.
pub struct Recording(PathBuf);

impl Recording {
    /// Frames that were played, loud or silent.
    pub fn frames(&self) -> usize {
        std::fs::metadata(&self.0).map_or(0, |facts| facts.len() as usize / 4)
    }

    /// The loudness of what was played from a frame on, but for silence.
    fn loud(&self, from: usize) -> Vec<i16> {
        let bytes = std::fs::read(&self.0).unwrap_or_default();
        let left = bytes.chunks_exact(4).skip(from).map(|frame| i16::from_le_bytes([frame[0], frame[1]]));
        left.filter(|sample| sample.saturating_abs() > SILENCE).collect()
    }

    /// Frames that were heard.
    pub fn heard(&self) -> usize {
        self.loud(0).len()
    }

    /// The places of the song that were heard from a frame on, seconds: by their own loudness, what fades left out.
    pub fn places(&self, from: usize) -> (f64, f64) {
        let loud = self.loud(from);
        // A fade goes towards silence, the song away from the lowest: whatever does not rise evenly is a fade.
        let even: Vec<i16> =
            loud.windows(441).filter(|some| (8..=12).contains(&(some[440] - some[0]))).map(|some| some[0]).collect();
        let place = |sample: Option<&i16>| f64::from(i32::from(*sample.expect("it was heard")) - FIRST) / 1_000.0;
        (place(even.first()), place(even.last()))
    }
}

pub struct Stage<'a> {
    folder: TempDir,
    pub bus: Daemon,
    pub phone: far::Daemon<'a>,
    children: Vec<Child>,
    car: Option<Child>,
    service: Option<Child>,
    pub sessions: Sessions1Proxy<'static>,
    pub phones: PhoneLink1Proxy<'static>,
    pub media: Media1Proxy<'static>,
    /// The phone's own player.
    pub there: PlayerProxy<'static>,
    pub heard_here: Recording,
    pub heard_there: Recording,
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        for child in self.children.iter_mut().chain(&mut self.car).chain(&mut self.service) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn calls(connection: &Connection) -> (Sessions1Proxy<'static>, PhoneLink1Proxy<'static>, Media1Proxy<'static>) {
    (
        Sessions1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await.unwrap(),
        PhoneLink1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await.unwrap(),
        Media1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await.unwrap(),
    )
}

/// Looks until it is so.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looks = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

impl<'a> Stage<'a> {
    /// Everybody is there, and nobody knows anybody.
    pub async fn new(far: &'a Far, peer: Peer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        song(&path("music"));
        let (bus, mut phone) = (Daemon::start(), far::Daemon::new(far, peer).await);
        phone.start();
        let mut children = Vec::new();
        for (bus, name) in [(bus.address().to_owned(), "here"), (phone.bus(), "there")] {
            let mut command = tied(binary("tandem-media"));
            command.args(["--state".as_ref(), path(name).as_os_str(), "--music".as_ref(), path("music").as_os_str()]);
            command.args(["--without-a-car", "--sink", &format!("record:{}", path(&format!("{name}.pcm")).display())]);
            children.push(
                command.args(["--sticks".as_ref(), path("no").as_os_str()]).env("TANDEM_BUS", bus).spawn().unwrap(),
            );
        }
        let connection = bus.connect().await;
        let (sessions, phones, media) = calls(&connection).await;
        let there = PlayerProxy::builder(&phone.connection).destination(mpris::NAME);
        let there = there.cache_properties(CacheProperties::No).build().await.unwrap();
        let (heard_here, heard_there) = (Recording(path("here.pcm")), Recording(path("there.pcm")));
        let car = None;
        let service = None;
        let mut stage = Self {
            folder,
            bus,
            phone,
            children,
            car,
            service,
            sessions,
            phones,
            media,
            there,
            heard_here,
            heard_there,
        };
        stage.vehicle("parked");
        let link = stage.path("link");
        until("the link", async || link.exists().then_some(())).await;
        let vehicle = tied(binary("tandem-vehicle"))
            .args(["--car", "demo", "--link"])
            .arg(&link)
            .env("TANDEM_BUS", stage.bus.address())
            .env("TANDEM_ASSETS", root().join("assets"))
            .spawn();
        stage.children.push(vehicle.unwrap());
        let far =
            Media1Proxy::builder(&stage.phone.connection).cache_properties(CacheProperties::No).build().await.unwrap();
        for media in [&stage.media, &far] {
            until("a library", async || {
                let page = media.page("tracks".into(), String::new(), 0, 1).await.ok()?;
                (page.total == 1).then_some(())
            })
            .await;
        }
        stage.start().await;
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The virtual car does something else.
    pub fn vehicle(&mut self, scenario: &str) {
        if let Some(mut car) = self.car.take() {
            let _ = car.kill();
            let _ = car.wait();
        }
        let car = tied(binary("tandem-sim"))
            .args([
                "--car".as_ref(),
                root().join("assets/cars/demo").as_os_str(),
                "--scenario".as_ref(),
                scenario.as_ref(),
            ])
            .args(["--link".as_ref(), self.path("link").as_os_str()])
            .env("TANDEM_BUS", self.bus.address())
            .spawn();
        self.car = Some(car.unwrap());
    }

    /// Starts the phone service, and waits until it answers.
    pub async fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.path("service.log")).unwrap();
        let service = Command::new(env!("CARGO_BIN_EXE_tandem-phone-link"))
            .args(["--state".as_ref(), self.path("phones").as_os_str()])
            .args(["--no-mdns"])
            .env("TANDEM_BUS", self.bus.address())
            .env("TANDEM_LOG", "debug,zbus=warn,sqlx=warn")
            .env("NO_COLOR", "1")
            .stderr(log)
            .spawn();
        self.service = Some(service.unwrap());
        // Its last name.
        let calls = Calls1Proxy::new(self.phones.inner().connection()).await.unwrap();
        until("the service", async || calls.list().await.ok()).await;
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        let mut service = self.service.take().unwrap();
        kill_process(Pid::from_child(&service), Signal::KILL).unwrap();
        service.wait().unwrap();
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("service.log")).unwrap_or_default()
    }

    pub async fn the_phone(&self) -> Known {
        let phones = self.phones.phones().await.unwrap();
        phones.into_iter().next().unwrap_or_else(|| panic!("there is no phone:\n{}", self.log()))
    }

    /// Pairs the phone, as two people with two screens do; how it calls the car.
    pub async fn pair(&self) -> String {
        until("a parked car", async || self.phones.open_pairing().await.ok()).await;
        let near = until("a phone that is near", async || self.phones.phones().await.ok()?.into_iter().next()).await;
        assert!(!near.is_paired);
        self.phones.pair(near.id.clone()).await.unwrap();
        let us = until("our name on the phone", async || self.phone.devices().await.into_iter().next()).await;
        self.phone.is_asked(&us).await;
        let key = self.the_phone().await.key;
        assert!(key.len() == 8 && self.phone.key(&us).await.is_none_or(|theirs| theirs == key));
        self.phone.tell(&us, None, "acceptPairing", &()).await;
        self.phones.confirm(near.id).await.unwrap();
        until("the pairing", async || self.the_phone().await.is_paired.then_some(())).await;
        self.phone.is_paired(&us, true).await;
        us
    }

    /// The phone's player plays its song, and that is known here.
    pub async fn plays_there(&self) -> Session {
        let media =
            Media1Proxy::builder(&self.phone.connection).cache_properties(CacheProperties::No).build().await.unwrap();
        let track = media.page("tracks".into(), String::new(), 0, 1).await.unwrap().rows.remove(0);
        media.play(track.id, 20_000_000).await.unwrap();
        self.until_session("a song on the phone", |session| session.media.playing && !session.media.item.is_empty())
            .await
    }

    pub async fn until_session(&self, what: &str, is_so: impl Fn(&Session) -> bool) -> Session {
        let mut last = Vec::new();
        let looks = async {
            loop {
                if let Ok(sessions) = self.sessions.list().await {
                    if let Some(found) = sessions.iter().find(|session| is_so(session)) {
                        return found.clone();
                    }
                    last = sessions;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looks).await;
        found.unwrap_or_else(|_| panic!("{what} did not come: {last:#?}\n{}", self.log()))
    }

    /// The stages of a session from now on, while something is done.
    pub async fn stages(&self, work: impl Future<Output = ()>, last: &str) -> Vec<String> {
        let connection = self.bus.connect().await;
        let (sessions, ..) = calls(&connection).await;
        let mut changes = sessions.receive_changed().await.unwrap();
        work.await;
        let mut seen: Vec<String> = Vec::new();
        while seen.last().is_none_or(|stage| stage != last) {
            let change = tokio::time::timeout(PATIENCE, changes.next()).await.expect("a change").unwrap();
            let stage = change.args().unwrap().session.stage;
            if seen.last() != Some(&stage) {
                seen.push(stage);
            }
        }
        seen
    }
}

/// Tells a story on a stage of its own, with a limit of time.
pub fn story(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(5 * PATIENCE, story).await.expect("the story ends") });
}
