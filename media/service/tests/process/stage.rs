//! The shipped service with its player, on a bus of its own, over music made here.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tandem_contracts::camera::Camera1Proxy;
use tandem_contracts::media::{Media1Proxy, Now};
use tandem_contracts::mpris::PlayerProxy;
use tandem_music::wave;
use tandem_scenes::{Daemon, child_of};
use tempfile::TempDir;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

/// By then what was waited for does not come, and the test fails. None passes or fails by a shorter time.
const PATIENCE: Duration = Duration::from_secs(60);
/// A state is looked at so often.
const LOOK: Duration = Duration::from_millis(10);
const RATE: u32 = 8_000;

/// Looks until it is so.
#[track_caller]
pub fn until<T, F: Future<Output = Option<T>>>(
    what: &'static str,
    mut look: impl FnMut() -> F,
) -> impl Future<Output = T> {
    let at = std::panic::Location::caller();
    async move {
        let looks = async {
            loop {
                if let Some(seen) = look().await {
                    return seen;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, looks).await.unwrap_or_else(|_| panic!("{at}: {what} did not come"))
    }
}

/// A tone of so many seconds, as a WAV file.
pub fn tone(file: &Path, seconds: u32) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, wave::file(RATE, 1, wave::tone(RATE, 0..seconds * RATE))).unwrap();
}

/// A folder, a bus, and perhaps the service.
pub struct Stage {
    pub folder: TempDir,
    pub bus: Daemon,
    service: Option<Child>,
    pub connection: Connection,
    pub media: Media1Proxy<'static>,
    pub player: PlayerProxy<'static>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(service) = &mut self.service {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

impl Stage {
    /// A stage without a service; `music/` and `sticks/` are its folders.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["music", "sticks"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let bus = Daemon::start();
        let connection = bus.connect().await;
        let media = Media1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await.unwrap();
        let player = PlayerProxy::builder(&connection).destination(tandem_contracts::mpris::NAME);
        let player = player.cache_properties(CacheProperties::No).build().await.unwrap();
        Self { folder, bus, service: None, connection, media, player }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the service without a car, and waits until it answers.
    pub async fn start(&mut self, arguments: &[&str]) {
        self.start_in_a_car(&[arguments, &["--without-a-car"]].concat()).await;
    }

    /// Starts the service and waits until it answers.
    pub async fn start_in_a_car(&mut self, arguments: &[&str]) {
        let binary = Path::new(env!("CARGO_BIN_EXE_tandem-media"));
        assert!(binary.with_file_name("tandem-player").exists(), "`cargo build --workspace --bins` makes the player");
        let service = Command::new(binary)
            .args(["--sink", "null", "--state"])
            .arg(self.path("state"))
            .arg("--music")
            .arg(self.path("music"))
            .arg("--sticks")
            .arg(self.path("sticks"))
            .args(arguments)
            .env("TANDEM_BUS", self.bus.address())
            .spawn()
            .unwrap();
        self.service = Some(service);
        let connection = &self.connection;
        // Its last name.
        until("the service", || async move {
            let cameras = Camera1Proxy::new(connection).await.unwrap();
            cameras.list().await.ok()
        })
        .await;
    }

    /// Starts it, and waits until so many tracks are in the library.
    pub async fn start_with(&mut self, tracks: u32) {
        self.start(&[]).await;
        let media = &self.media;
        let all = || async move {
            (media.page("tracks".into(), String::new(), 0, 0).await.ok()?.total == tracks).then_some(())
        };
        until("the library", all).await;
    }

    /// Ends the service: told to, or killed.
    pub async fn end(&mut self, signal: Signal) {
        let mut service = self.service.take().unwrap();
        kill_process(Pid::from_child(&service), signal).unwrap();
        let ended = tokio::task::spawn_blocking(move || service.wait().unwrap()).await.unwrap();
        assert!(signal == Signal::KILL || ended.success(), "it ended with {ended}");
        let bus = DBusProxy::new(&self.connection).await.unwrap();
        until("the end of its name", || async {
            let owned = bus.name_has_owner(tandem_contracts::media::NAME.try_into().unwrap()).await.unwrap();
            (!owned).then_some(())
        })
        .await;
    }

    /// The process that plays now.
    pub fn player_process(&self) -> Option<Pid> {
        child_of(self.service.as_ref()?.id())
    }

    /// The camera that runs now.
    pub fn camera_process(&self) -> Option<Pid> {
        let service = self.service.as_ref()?.id().to_string();
        let is_ours = |pid: &i32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // `pid (name) state ppid`
            let fields: Vec<_> = stat.split(' ').take(4).collect();
            matches!(fields[..], [_, "(tandem-camera)", state, parent] if parent == service && state != "Z")
        };
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is_ours).and_then(Pid::from_raw)
    }

    pub async fn now(&self) -> Now {
        self.media.now().await.unwrap()
    }

    pub async fn until_now(&self, what: &'static str, is_so: impl Fn(&Now) -> bool + Copy) -> Now {
        until(what, || async move { Some(self.now().await).filter(|now| is_so(now)) }).await
    }

    /// Waits until the entry has played beyond a position, microseconds, and tells where it is.
    pub async fn until_beyond(&self, entry: u64, micros: i64) -> i64 {
        until("the position", || async move {
            let (now, position) = (self.now().await, self.player.position().await.unwrap());
            (now.entry == entry && now.state == "playing" && position > micros).then_some(position)
        })
        .await
    }

    pub async fn play_all(&self) {
        self.media.play_view("tracks".into(), String::new(), 0).await.unwrap();
    }
}
