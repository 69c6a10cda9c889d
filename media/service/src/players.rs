//! Other MPRIS players on the bus, as things to play from. They are strangers: they may hang, lie, go, or be a thousand.

mod facts;
mod follow;

use std::collections::BTreeMap;
use std::sync::Arc;

use tandem_contracts::media::{Item, MediaError, Source, Trouble};
use tandem_contracts::mpris::{NAME, PREFIX, PlayerProxy};
use tokio::sync::{Semaphore, watch};
use tracing::debug;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

use crate::state::{Handle, Request, Status};
use crate::why::Why;
use facts::Facts;

/// The most players that are followed, and of these the most of one process.
const MAX_PLAYERS: usize = 32;
const MAX_OF_ONE: usize = 4;
/// Players that are read at the same time: an answer may be as long as the bus lets it be.
const READERS: usize = 4;
/// What the id of a player begins with.
const ID: &str = "player:";

/// What a player can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is the chosen one from now on: what played before, here or there, pauses.
    Play,
    Pause,
    Next,
    Previous,
}

/// A player of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Player {
    /// The unique name of its process on the bus.
    owner: String,
    /// False while it does not answer.
    answers: bool,
    facts: Facts,
}

/// What is known of all.
#[derive(Debug, Default)]
pub struct Board {
    /// By their names on the bus.
    players: BTreeMap<String, Player>,
    chosen: Option<String>,
}

/// The players as they are now, and a way to them.
#[derive(Clone, Debug)]
pub struct Players {
    board: Arc<watch::Sender<Board>>,
    /// Unread signals must not hold up answers: signals come over another connection.
    calls: Connection,
    readers: Arc<Semaphore>,
    ours: Handle,
}

/// Whether a name is one of a player that may be followed: not ours, and not playerctld, which mirrors all others.
fn is_foreign(name: &str) -> bool {
    name.starts_with(PREFIX) && name != NAME && name.strip_prefix(PREFIX) != Some("playerctld")
}

fn id(name: &str) -> String {
    format!("{ID}{}", name.strip_prefix(PREFIX).unwrap_or(name))
}

impl Players {
    /// `calls` should have a time limit; nothing is known before [`Players::follow`] runs.
    pub fn new(calls: Connection, ours: &Handle) -> Self {
        let board = Arc::new(watch::Sender::new(Board::default()));
        Self { board, calls, readers: Arc::new(Semaphore::new(READERS)), ours: ours.clone() }
    }

    /// Whether a caller is of the process that owns a name: a service has more than one connection.
    pub async fn is_of(&self, caller: &str, name: &str) -> bool {
        let found = async {
            let bus = DBusProxy::new(&self.calls).await?;
            let caller = bus.get_connection_unix_process_id(caller.try_into()?).await?;
            Ok::<_, zbus::Error>(caller == bus.get_connection_unix_process_id(name.try_into()?).await?)
        };
        found.await.unwrap_or(false)
    }

    /// Changes with every change of [`Players::items`], [`Players::sources`] or [`Players::chosen`].
    pub fn changes(&self) -> watch::Receiver<Board> {
        self.board.subscribe()
    }

    /// Every player, by its id `player:<name>`: its own name is the title; what it plays, the album; of whom, the artist.
    pub fn items(&self) -> Vec<Item> {
        self.board.borrow().players.iter().map(|(name, player)| player.item(name)).collect()
    }

    pub fn item(&self, wanted: &str) -> Option<Item> {
        self.items().into_iter().find(|item| item.id == wanted)
    }

    pub fn sources(&self) -> Vec<Source> {
        let source = |Item { id, kind, title, available, trouble, reason, .. }| Source {
            id,
            kind,
            name: title,
            available,
            trouble,
            reason,
            items: 0,
        };
        self.items().into_iter().map(source).collect()
    }

    /// Whether a player plays, by its id.
    pub fn status(&self, wanted: &str) -> Option<Status> {
        let board = self.board.borrow();
        board.players.iter().find(|(name, _)| id(name) == wanted).map(|(_, player)| player.facts.status)
    }

    /// The player that was told last to play, for as long as nothing else was.
    pub fn chosen(&self) -> Option<Item> {
        let board = self.board.borrow();
        let name = board.chosen.as_ref()?;
        Some(board.players.get(name)?.item(name))
    }

    /// Tells a player what to do.
    ///
    /// # Errors
    /// [`MediaError::NotFound`]: there is none of this id. [`MediaError::NotAvailable`]: it does not answer, or refuses.
    pub async fn order(&self, wanted: &str, order: Order) -> Result<(), MediaError> {
        let (name, owner) = self.find(wanted)?;
        let before = self.board.borrow().chosen.clone().filter(|before| *before != name);
        let refused = |error: zbus::Error| {
            debug!(error = &error as &dyn std::error::Error, ?order, "another player refuses");
            MediaError::NotAvailable(
                self.item(wanted).map_or(wanted.to_owned(), |item| item.title) + " does not answer",
            )
        };
        let player = self.proxy(owner).await.map_err(refused)?;
        let told = match order {
            Order::Play => player.play().await,
            Order::Pause => player.pause().await,
            Order::Next => player.next().await,
            Order::Previous => player.previous().await,
        };
        told.map_err(refused)?;
        if order == Order::Play {
            self.board.send_if_modified(|board| {
                let is_there = board.players.contains_key(&name);
                board.chosen = is_there.then_some(name);
                is_there
            });
            let ours = self.ours.requests.send(Request::Pause).await;
            ours.map_err(|_| MediaError::NotAvailable("The player is ending".into()))?;
            if let Some(before) = before {
                self.pause(&before).await;
            }
        }
        Ok(())
    }

    fn find(&self, wanted: &str) -> Result<(String, String), MediaError> {
        let board = self.board.borrow();
        let found = board.players.iter().find(|(name, _)| id(name) == wanted);
        let (name, player) = found.ok_or_else(|| MediaError::NotFound(format!("There is no player `{wanted}`")))?;
        Ok((name.clone(), player.owner.clone()))
    }

    async fn proxy(&self, owner: String) -> zbus::Result<PlayerProxy<'static>> {
        PlayerProxy::builder(&self.calls).destination(owner).cache_properties(CacheProperties::No).build().await
    }

    /// Pauses a player that makes way for another; whether it does is its own matter.
    async fn pause(&self, name: &str) {
        let owner = self.board.borrow().players.get(name).map(|player| player.owner.clone());
        let Some(owner) = owner else { return };
        let paused = async { self.proxy(owner).await?.pause().await };
        if let Err(error) = paused.await {
            debug!(error = &error as &dyn std::error::Error, "a player does not make way");
        }
    }

    /// Our own player plays: the one that was chosen makes way.
    async fn make_way(&self) {
        let mut chosen = None;
        self.board.send_if_modified(|board| {
            chosen = board.chosen.take();
            chosen.is_some()
        });
        if let Some(chosen) = chosen {
            self.pause(&chosen).await;
        }
    }
}

impl Player {
    fn item(&self, name: &str) -> Item {
        let Facts { identity, title, artist, length_us, .. } = self.facts.clone();
        let identity =
            if identity.is_empty() { name.strip_prefix(PREFIX).unwrap_or(name).to_owned() } else { identity };
        let item = Item {
            id: id(name),
            kind: "player".into(),
            title: identity,
            artist,
            album: title,
            length_us,
            available: self.answers,
            ..Item::default()
        };
        if self.answers { item } else { Why::new(Trouble::Player, "It does not answer").on(item) }
    }
}
