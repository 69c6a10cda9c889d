//! The car's own player: what it does, and what it is told. `Media1` finds and plays, MPRIS steers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::media::{Media1Proxy, Now, Wanted};
use tandem_contracts::mpris::{self, PlayerProxy, track_id};
use tandem_contracts::{connect, media};
use tokio::sync::{Notify, watch};
use tracing::{debug, warn};
use zbus::Connection;
use zbus::proxy::CacheProperties;

use crate::core::{CarPlays, Found, Order};

/// From here on it is the same for a listener.
const SAME: f64 = 0.8;
/// How often a position is asked for while it sounds: nobody tells it.
const POSITION_EVERY: Duration = Duration::from_secs(5);
/// A media service that is gone for so long plays nothing; one that was started again holds what it had.
const GONE: Duration = Duration::from_secs(5);
/// How often a player that was told to pause is asked whether it has.
const ASK_EVERY: Duration = Duration::from_millis(20);
const PAUSES_WITHIN: Duration = Duration::from_secs(2);

/// A player says that it is silent when it begins to fade.
pub const FADES: Duration = Duration::from_millis(120);

/// A way to the car's player.
#[derive(Clone)]
pub struct Car {
    media: Media1Proxy<'static>,
    player: PlayerProxy<'static>,
    asked: Arc<Notify>,
    /// How often it was told to pause and has said what it did then.
    paused: Arc<AtomicU64>,
}

/// What the player was seen to do, and how many of its pauses that is after: what was asked in several turns may be of before the next.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub pauses: u64,
    pub plays: CarPlays,
}

impl Car {
    /// `calls` should have a time limit.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn new(calls: &Connection) -> zbus::Result<Self> {
        let media = Media1Proxy::builder(calls).cache_properties(CacheProperties::No).build().await?;
        let player =
            PlayerProxy::builder(calls).destination(mpris::NAME).cache_properties(CacheProperties::No).build().await?;
        Ok(Self { media, player, asked: Arc::default(), paused: Arc::default() })
    }

    /// What the car has of what the phone plays: an item that can be played now.
    pub async fn resolve(&self, wanted: Wanted) -> Option<Found> {
        match self.media.resolve(wanted).await {
            Ok(matches) => {
                matches.into_iter().find(|found| found.score >= SAME && found.item.available).map(|found| Found {
                    item: found.item.id,
                    art: found.item.art,
                    title: found.item.title,
                    artist: found.item.artist,
                    album: found.item.album,
                    length_ms: found.item.length_us / 1000,
                })
            }
            Err(error) => {
                debug!(error = &error as &dyn std::error::Error, "the library cannot be asked");
                None
            }
        }
    }

    /// Plays an item from a position; what becomes of it is seen by [`Car::follow`].
    pub async fn play(&self, item: String, position_ms: i64) {
        if let Err(error) = self.media.play(item, position_ms.max(0).saturating_mul(1000)).await {
            warn!(error = &error as &dyn std::error::Error, "the car does not play what it was asked for");
        }
    }

    /// Pauses, if it plays this item, and says what it does then.
    pub async fn pause(&self, item: &str) -> Option<Reading> {
        let plays = self.fall_silent(item).await?;
        let pauses = self.paused.fetch_add(1, Ordering::SeqCst) + 1;
        self.ask();
        Some(Reading { pauses, plays })
    }

    async fn fall_silent(&self, item: &str) -> Option<CarPlays> {
        let by = tokio::time::Instant::now() + PAUSES_WITHIN;
        let mut told = false;
        loop {
            let plays = self.plays().await.ok()?;
            if plays.item != item {
                return Some(plays);
            }
            if !plays.sounding && told {
                tokio::time::sleep(FADES).await;
                return self.plays().await.ok();
            }
            if !told {
                self.player.pause().await.ok()?;
                told = true;
                continue;
            }
            if tokio::time::Instant::now() >= by {
                return Some(plays);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// What the phone wants the car's player to do.
    pub async fn steer(&self, order: Order) {
        let told = match order {
            Order::Play => self.player.play().await,
            Order::Pause => self.player.pause().await,
            Order::PlayPause => self.player.play_pause().await,
            Order::Next => self.player.next().await,
            Order::Previous => self.player.previous().await,
            Order::Stop => self.player.stop().await,
            Order::Seek { us } => self.player.seek(us).await,
            Order::Volume { percent } => self.player.set_volume(f64::from(percent.min(100)) / 100.0).await,
            Order::SetPosition { ms } => self.set_position(ms).await,
        };
        if let Err(error) = told {
            debug!(error = &error as &dyn std::error::Error, "the car's player does not do what the phone wants");
        }
    }

    async fn set_position(&self, ms: i64) -> zbus::Result<()> {
        let metadata = self.player.metadata().await?;
        match track_id(&metadata) {
            Some(track) => self.player.set_position(&track, ms.saturating_mul(1000)).await,
            None => Ok(()),
        }
    }

    async fn plays(&self) -> zbus::Result<CarPlays> {
        let now = self.media.now().await?;
        if now.item.id.is_empty() || now.source_kind == "player" {
            return Ok(CarPlays::default());
        }
        let (position, volume) = tokio::try_join!(self.player.position(), self.player.volume())?;
        let (next, previous, seek) =
            tokio::try_join!(self.player.can_go_next(), self.player.can_go_previous(), self.player.can_seek())?;
        let metadata = self.player.metadata().await?;
        let url =
            metadata.get("xesam:url").and_then(|url| url.try_clone().ok()).and_then(|url| String::try_from(url).ok());
        let Now { item, state, .. } = now;
        Ok(CarPlays {
            sounding: state == "playing",
            item: item.id,
            title: item.title,
            artist: item.artist,
            album: item.album,
            url: url.filter(|url| url.starts_with("http")).unwrap_or_default(),
            length_ms: item.length_us / 1000,
            position_ms: position / 1000,
            can_go_next: next,
            can_go_previous: previous,
            can_seek: seek,
            volume: (volume.clamp(0.0, 1.0) * 100.0).round() as u8,
        })
    }

    /// Wants to know what it does now.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Tells what it does, whenever that changes or somebody asks, until nobody listens. Signals come over a connection of their own.
    pub async fn follow(&self, told: watch::Sender<Reading>) {
        loop {
            if let Err(error) = self.listen(&told).await {
                debug!(error = &error as &dyn std::error::Error, "the car's player cannot be heard");
            }
            tokio::select! {
                () = told.closed() => return,
                () = tokio::time::sleep(GONE) => {}
            }
            self.tell_nothing(&told);
        }
    }

    fn tell_nothing(&self, told: &watch::Sender<Reading>) {
        drop(told.send_replace(Reading { pauses: self.paused.load(Ordering::SeqCst), plays: CarPlays::default() }));
    }

    async fn listen(&self, told: &watch::Sender<Reading>) -> zbus::Result<()> {
        let signals = connect::open().await?;
        let media = Media1Proxy::builder(&signals).cache_properties(CacheProperties::No).build().await?;
        let player = PlayerProxy::builder(&signals).destination(mpris::NAME).build().await?;
        let mut changes = media.receive_now_changed().await?;
        let mut jumps = player.receive_seeked().await?;
        let mut owners = media.inner().receive_owner_changed().await?;
        let mut present = zbus::fdo::DBusProxy::new(&signals).await?.name_has_owner(media::NAME.try_into()?).await?;
        loop {
            if present {
                let pauses = self.paused.load(Ordering::SeqCst);
                match self.plays().await {
                    // Each telling counts, even if it is the same again: somebody may have asked.
                    Ok(plays) => drop(told.send_replace(Reading { pauses, plays })),
                    Err(error) => debug!(error = &error as &dyn std::error::Error, "the car's player does not answer"),
                }
            }
            tokio::select! {
                changed = changes.next() => if changed.is_none() { return Ok(()) },
                jumped = jumps.next() => if jumped.is_none() { return Ok(()) },
                () = self.asked.notified() => {}
                () = tokio::time::sleep(POSITION_EVERY), if present => {}
                () = tokio::time::sleep(GONE), if !present => self.tell_nothing(told),
                owner = owners.next() => match owner {
                    Some(owner) => present = owner.is_some(),
                    None => return Ok(()),
                },
                () = told.closed() => return Ok(()),
            }
        }
    }
}
