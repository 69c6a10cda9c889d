//! A car that phones meet: the shipped services on a bus of their own, parked, with the song in its library and a sink that writes down what is heard.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Pid;
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::phones::{Phone, PhoneLink1Proxy};
use tandem_contracts::sessions::{Session, Sessions1Proxy};
use tandem_scenes::{Daemon, binary, root, tied};
use tempfile::TempDir;
use zbus::proxy::CacheProperties;

use super::song::{self, Recording};
use crate::process::Kept;

/// For what does not come at all.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(1);

/// Looks until it is so.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return Ok(seen);
        }
        if begun.elapsed() > PATIENCE {
            bail!("{what} did not come");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// tandem-media with the song, on a bus; what it plays is written to `NAME.pcm`.
pub fn player(folder: &Path, name: &str, bus: &str) -> Result<Kept> {
    let path = |name: &str| folder.join(name);
    let mut media = tied(binary("tandem-media"));
    media.args(["--state".as_ref(), path(name).as_os_str(), "--music".as_ref(), path("music").as_os_str()]);
    media.args(["--without-a-car", "--sink", &format!("record:{}", path(&format!("{name}.pcm")).display())]);
    media.args(["--sticks".as_ref(), path("no").as_os_str()]).env("TANDEM_BUS", bus).env("TANDEM_LOG", "warn");
    Ok(Kept(media.stdin(Stdio::null()).spawn()?))
}

pub async fn library(connection: &zbus::Connection) -> Result<Media1Proxy<'static>> {
    let media = Media1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
    until("the song in the library", async || {
        let page = media.page("tracks".into(), String::new(), 0, 1).await.ok()?;
        (page.total == 1).then_some(())
    })
    .await?;
    Ok(media)
}

pub struct Car {
    pub folder: TempDir,
    service: Kept,
    _others: Vec<Kept>,
    _bus: Daemon,
    pub sessions: Sessions1Proxy<'static>,
    pub phones: PhoneLink1Proxy<'static>,
    pub heard: Recording,
}

impl Car {
    /// `arguments` are the phone link's.
    pub async fn start(arguments: &[&str]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        song::write(&path("music"))?;
        let bus = Daemon::start();
        let mut others = vec![player(folder.path(), "here", bus.address())?];
        let mut sim = tied(binary("tandem-sim"));
        sim.arg("--car").arg(root().join("assets/cars/demo")).args(["--scenario", "parked", "--link"]);
        others.push(Kept(sim.arg(path("link")).env("TANDEM_BUS", bus.address()).env("TANDEM_LOG", "warn").spawn()?));
        until("the link", async || path("link").exists().then_some(())).await?;
        let mut vehicle = tied(binary("tandem-vehicle"));
        vehicle.args(["--car", "demo", "--link"]).arg(path("link")).env("TANDEM_ASSETS", root().join("assets"));
        others.push(Kept(vehicle.env("TANDEM_BUS", bus.address()).env("TANDEM_LOG", "error").spawn()?));
        let mut service = tied(binary("tandem-phone-link"));
        service.arg("--state").arg(path("phones")).arg("--no-mdns").args(arguments);
        let service = Kept(service.env("TANDEM_BUS", bus.address()).env("TANDEM_LOG", "warn").spawn()?);

        let connection = bus.connect().await;
        library(&connection).await?;
        let sessions = Sessions1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let phones = PhoneLink1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let heard = Recording(path("here.pcm"));
        Ok(Self { folder, service, _others: others, _bus: bus, sessions, phones, heard })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The phone link's process.
    pub fn service(&self) -> Pid {
        Pid::from_child(&self.service.0)
    }

    pub async fn phone(&self, is_so: impl Fn(&Phone) -> bool) -> Option<Phone> {
        self.phones.phones().await.ok()?.into_iter().find(is_so)
    }

    /// Asks a phone that is near and not paired to pair; its id. Somebody there has to agree, then [`Car::confirm`] follows.
    pub async fn ask_to_pair(&self) -> Result<String> {
        until("a parked car", async || self.phones.open_pairing().await.ok()).await?;
        let near = until("a phone that is near", async || self.phone(|phone| !phone.is_paired).await).await?;
        self.phones.pair(near.id.clone()).await?;
        Ok(near.id)
    }

    pub async fn confirm(&self, id: &str) -> Result<()> {
        let agreed = |phone: &Phone| phone.id == id && phone.pairing == "agreed";
        until("the phone's yes", async || self.phone(agreed).await).await?;
        self.phones.confirm(id.to_owned()).await?;
        let paired = |phone: &Phone| phone.id == id && phone.is_paired;
        until("the pairing", async || self.phone(paired).await).await.map(drop)
    }

    pub async fn session(&self, what: &str, is_so: impl Fn(&Session) -> bool) -> Result<Session> {
        let mut last = Vec::new();
        let found = until(what, async || {
            last = self.sessions.list().await.ok()?;
            last.iter().find(|session| is_so(session)).cloned()
        })
        .await;
        found.with_context(|| format!("of {last:?}"))
    }

    /// Claims what the phone plays; how long it took until it was heard here, milliseconds, and from which byte of the recording on it is to be heard.
    pub async fn claim(&self) -> Result<(f64, u64)> {
        let offered =
            |session: &Session| session.stage == "offered" && session.media.playing && !session.media.item.is_empty();
        let id = self.session("a song on the phone", offered).await?.id;
        let from = self.heard.end();
        let begun = Instant::now();
        self.sessions.claim(id).await?;
        let mut seen = from;
        until("sound in the car", async || {
            let more = self.heard.since(seen).ok()?;
            seen += 4 * more.len() as u64;
            more.into_iter().any(song::is_loud).then_some(())
        })
        .await?;
        Ok((begun.elapsed().as_secs_f64() * 1e3, from))
    }

    /// Gives it back: the phone plays on.
    pub async fn release(&self) -> Result<()> {
        let held = self.session("the car's song", |session| session.stage == "held").await?;
        self.sessions.release(held.id).await?;
        let back = |session: &Session| session.stage == "offered" && session.media.playing;
        self.session("the song back on the phone", back).await.map(drop)
    }
}
