//! Follows the player and `Media1` over one connection, and asks over another, so that unread signals never hold up an answer.
//! While an answer is awaited the signals wait in their streams: what is applied last is always the newest.

use std::time::Instant;

use futures_util::StreamExt;
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::mpris::{self, PlayerProxy};
use zbus::Connection;
use zbus::fdo::PropertiesProxy;
use zbus::proxy::CacheProperties;

use super::{Anchor, Media, Player, Queue, Service, Status};
use crate::mailbox::Mailbox;

const PLAYER: &str = "org.mpris.MediaPlayer2.Player";

/// Tells the mailbox until the connection for signals breaks.
pub(super) async fn follow(signals: &Connection, calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
    let properties = PropertiesProxy::builder(signals)
        .destination(mpris::NAME)
        .path(mpris::PATH)
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let player =
        PlayerProxy::builder(signals).destination(mpris::NAME).cache_properties(CacheProperties::No).build().await?;
    let media = Media1Proxy::builder(signals).cache_properties(CacheProperties::No).build().await?;
    let mut player_owners = player.inner().receive_owner_changed().await?;
    let mut changes = properties.receive_properties_changed_with_args(&[(0, PLAYER)]).await?;
    let mut seeks = player.receive_seeked().await?;
    let mut media_owners = media.inner().receive_owner_changed().await?;
    let mut nows = media.receive_now_changed().await?;
    let mut queues = media.receive_queue_changed().await?;
    let mut libraries = media.receive_library_changed().await?;
    let mut sources = media.receive_sources_changed().await?;
    let mut scans = media.receive_scan_progressed().await?;
    let mut skips = media.receive_skipped().await?;

    let mut state = State { reads: Reads::new(calls).await?, mailbox, player: None, service: None };
    state.meet_service().await;
    state.meet_player().await;
    loop {
        tokio::select! {
            () = signals.closed() => return Ok(()),
            Some(owner) = player_owners.next() => match owner {
                Some(_) => state.meet_player().await,
                None => state.lose_player(),
            },
            Some(change) = changes.next() => if let Ok(change) = change.args() {
                if change.invalidated_properties.is_empty() {
                    state.change_player(change.changed_properties.iter().map(|(name, value)| (*name, value))).await;
                } else {
                    state.meet_player().await;
                }
            },
            Some(seek) = seeks.next() => if let Ok(seek) = seek.args() { state.seeked(seek.position) },
            Some(owner) = media_owners.next() => match owner {
                Some(_) => state.meet_service().await,
                None => state.lose_service(),
            },
            Some(signal) = nows.next() => if let Ok(args) = signal.args() {
                let moved = state.service.as_ref().is_none_or(|service| service.now.state != args.now.state);
                state.change_service(|service| service.now = args.now);
                if moved {
                    state.place_player().await;
                }
            },
            Some(signal) = queues.next() => if let Ok(args) = signal.args() {
                let current = u32::try_from(args.current).ok();
                let queue = Queue { generation: args.generation, total: args.total, current };
                state.change_service(|service| service.queue = queue);
            },
            Some(signal) = libraries.next() => if let Ok(args) = signal.args() {
                state.change_service(|service| service.library = args.generation);
            },
            Some(signal) = sources.next() => if let Ok(args) = signal.args() {
                state.change_service(|service| service.sources = args.sources);
            },
            Some(signal) = scans.next() => if let Ok(args) = signal.args() {
                state.change_service(|service| service.scan = args.progress);
            },
            Some(signal) = skips.next() => if let Ok(args) = signal.args() {
                mailbox.media(Media::Skipped { item: Box::new(args.item), reason: args.reason });
            },
        }
    }
}

/// What is asked, over the connection for calls.
struct Reads {
    properties: PropertiesProxy<'static>,
    player: PlayerProxy<'static>,
    media: Media1Proxy<'static>,
}

impl Reads {
    async fn new(calls: &Connection) -> zbus::Result<Self> {
        let no = CacheProperties::No;
        Ok(Self {
            properties: PropertiesProxy::builder(calls)
                .destination(mpris::NAME)
                .path(mpris::PATH)
                .cache_properties(no)
                .build()
                .await?,
            player: PlayerProxy::builder(calls).destination(mpris::NAME).cache_properties(no).build().await?,
            media: Media1Proxy::builder(calls).cache_properties(no).build().await?,
        })
    }
}

struct State<'a> {
    reads: Reads,
    mailbox: &'a Mailbox,
    player: Option<Player>,
    service: Option<Service>,
}

impl State<'_> {
    /// Asks the player for everything; without an answer there is none.
    async fn meet_player(&mut self) {
        let Ok(interface) = PLAYER.try_into() else { return };
        match self.reads.properties.get_all(interface).await {
            Ok(properties) => {
                let mut player = Player { rate: 1.0, ..Player::default() };
                for (name, value) in &properties {
                    player.take(name, value);
                }
                self.player = Some(player);
                self.place_player().await;
            }
            Err(_) => self.lose_player(),
        }
    }

    async fn change_player<'b>(&mut self, changes: impl Iterator<Item = (&'b str, &'b zbus::Variant<'b>)>) {
        let Some(player) = &mut self.player else { return self.meet_player().await };
        let key = |player: &Player| (player.status, player.track.clone(), player.rate.to_bits());
        let before = key(player);
        for (name, value) in changes {
            player.take(name, value);
        }
        // Where it is, MPRIS tells after a jump alone.
        if key(player) == before { self.tell_player() } else { self.place_player().await }
    }

    /// Asks where playback is.
    async fn place_player(&mut self) {
        if self.player.is_none() {
            return;
        }
        match self.reads.player.position().await {
            Ok(position_us) => self.seeked(position_us),
            Err(_) => {
                if let Some(player) = &mut self.player {
                    player.position = None;
                }
                self.tell_player();
            }
        }
    }

    fn seeked(&mut self, position_us: i64) {
        let waits = self.service.as_ref().is_some_and(|service| {
            matches!(service.now.state.as_str(), "buffering" | "waiting" | "paused" | "stopped")
        });
        if let Some(player) = &mut self.player {
            let moves = player.status == Status::Playing && !waits;
            player.position = Some(Anchor { position_us, at: Instant::now(), rate: player.rate, moves });
        }
        self.tell_player();
    }

    fn lose_player(&mut self) {
        self.player = None;
        self.tell_player();
    }

    fn tell_player(&self) {
        self.mailbox.media(Media::Player(self.player.clone().map(Box::new)));
    }

    /// Asks `Media1` for everything; without an answer there is none.
    async fn meet_service(&mut self) {
        let media = &self.reads.media;
        let sources = async { media.sources().await.map_err(|_| ()) };
        let queue = async { media.queue(0, 1).await.map_err(|_| ()) };
        let now = async { media.now().await.map_err(|_| ()) };
        let scan = async { media.scan_progress().await.map_err(|_| ()) };
        self.service = match tokio::try_join!(now, queue, sources, scan) {
            Ok((now, queue, sources, scan)) => {
                let current = u32::try_from(queue.current).ok();
                let queue = Queue { generation: queue.generation, total: queue.total, current };
                Some(Service { now, queue, library: 0, sources, scan })
            }
            Err(()) => None,
        };
        self.tell_service();
    }

    fn change_service(&mut self, change: impl FnOnce(&mut Service)) {
        if let Some(service) = &mut self.service {
            change(service);
            self.tell_service();
        }
    }

    fn lose_service(&mut self) {
        self.service = None;
        self.tell_service();
    }

    fn tell_service(&self) {
        self.mailbox.media(Media::Service(self.service.clone().map(Box::new)));
    }
}

#[cfg(test)]
mod tests;
