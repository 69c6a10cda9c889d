//! Follows the players as they come, change and go.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::mpris::{MediaPlayer2Proxy, NAME_SPACE, PATH};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;
use tracing::debug;
use zbus::fdo::{DBusProxy, NameOwnerChanged, PropertiesProxy};
use zbus::names::BusName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant};

use super::{Board, Facts, MAX_OF_ONE, MAX_PLAYERS, Player, Players, is_foreign};
use crate::state::Status;

/// A player is not read again sooner, however often it says that it changed.
const SPACING: Duration = Duration::from_millis(200);
/// One that did not answer is left alone for so long.
const AFTER_SILENCE: Duration = Duration::from_secs(10);
const PLAYER: &str = "org.mpris.MediaPlayer2.Player";

/// Those who follow: a task for each player.
struct Followers<'a> {
    players: &'a Players,
    signals: &'a Connection,
    bus: DBusProxy<'static>,
    tasks: JoinSet<()>,
    of: HashMap<String, AbortHandle>,
    /// Players that are not followed, because there were too many.
    passed_over: usize,
}

impl Players {
    /// Keeps [`Players::items`] true until the bus or our own player goes; signals come over this connection.
    ///
    /// # Errors
    /// The bus refuses us.
    pub async fn follow(&self, signals: &Connection) -> zbus::Result<()> {
        let coming_and_going = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .sender("org.freedesktop.DBus")
            .interface("org.freedesktop.DBus")
            .member("NameOwnerChanged")
            .arg0ns(NAME_SPACE)
            .build()?;
        let mut coming_and_going = MessageStream::for_match_rule(coming_and_going, signals, None).await?;
        let bus = DBusProxy::builder(&self.calls).cache_properties(CacheProperties::No).build().await?;
        let mut followers =
            Followers { players: self, signals, bus, tasks: JoinSet::new(), of: HashMap::new(), passed_over: 0 };
        followers.meet_all().await?;
        let mut ours = self.ours.snapshot.clone();
        let mut played = ours.borrow_and_update().status == Status::Playing;
        loop {
            tokio::select! {
                message = coming_and_going.next() => match message {
                    Some(Ok(message)) => match NameOwnerChanged::from_message(message) {
                        Some(change) => followers.changed(&change).await?,
                        None => debug!("a change of owner that is none"),
                    },
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                changed = ours.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let plays = ours.borrow_and_update().status == Status::Playing;
                    if plays && !played {
                        let players = self.clone();
                        followers.tasks.spawn(async move { players.make_way().await });
                    }
                    played = plays;
                }
                Some(_) = followers.tasks.join_next() => {}
            }
        }
    }
}

impl Followers<'_> {
    /// Meets everybody who is there.
    async fn meet_all(&mut self) -> zbus::Result<()> {
        self.passed_over = 0;
        for name in self.bus.list_names().await? {
            if !is_foreign(name.as_str()) {
                continue;
            }
            if self.of.len() >= MAX_PLAYERS {
                self.passed_over += 1;
            } else if let Ok(owner) = self.bus.get_name_owner(BusName::from(name.clone())).await {
                self.meet(name.as_str(), owner.as_str());
            }
        }
        if self.passed_over > 0 {
            debug!(passed_over = self.passed_over, most = MAX_PLAYERS, "more players on the bus than are followed");
        }
        Ok(())
    }

    async fn changed(&mut self, change: &NameOwnerChanged) -> zbus::Result<()> {
        let change = change.args()?;
        let name = change.name().as_str();
        if !is_foreign(name) {
            return Ok(());
        }
        let is_gone = self.leave(name);
        if let Some(owner) = change.new_owner().as_ref() {
            self.meet(name, owner.as_str());
        } else if is_gone && self.passed_over > 0 {
            // There is room for one who found none.
            self.meet_all().await?;
        }
        Ok(())
    }

    fn meet(&mut self, name: &str, owner: &str) {
        if self.of.contains_key(name) {
            return;
        }
        let of_this = self.players.board.borrow().players.values().filter(|player| player.owner == owner).count();
        if self.of.len() >= MAX_PLAYERS || of_this >= MAX_OF_ONE {
            self.passed_over += 1;
            return;
        }
        self.players.board.send_modify(|board| {
            let player = Player { owner: owner.to_owned(), answers: true, facts: Facts::default() };
            board.players.insert(name.to_owned(), player);
        });
        let follower = follow_one(self.players.clone(), self.signals.clone(), name.to_owned(), owner.to_owned());
        self.of.insert(name.to_owned(), self.tasks.spawn(follower));
    }

    /// Forgets a player; true if it was known.
    fn leave(&mut self, name: &str) -> bool {
        let Some(follower) = self.of.remove(name) else { return false };
        follower.abort();
        self.players.board.send_modify(|board| {
            board.players.remove(name);
            board.chosen.take_if(|chosen| chosen == name);
        });
        true
    }
}

/// Reads a player whenever it says that it changed, but not too often.
async fn follow_one(players: Players, signals: Connection, name: String, owner: String) {
    let has_changed = Notify::new();
    let hear = async {
        let rule = MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .sender(owner.as_str())
            .path(PATH)
            .interface("org.freedesktop.DBus.Properties")
            .member("PropertiesChanged")
            .arg(0, PLAYER)
            .build()?;
        let mut told = MessageStream::for_match_rule(rule, &signals, None).await?;
        // From here on nothing is missed.
        has_changed.notify_one();
        // Always drained: what waits here would hold up the signals of others.
        while told.next().await.is_some() {
            has_changed.notify_one();
        }
        zbus::Result::Ok(())
    };
    let read = async {
        loop {
            has_changed.notified().await;
            let rest = match read(&players, &owner).await {
                Ok(facts) => {
                    players.learn(&name, Some(facts));
                    SPACING
                }
                Err(error) => {
                    debug!(error = &error as &dyn Error, "another player does not answer");
                    players.learn(&name, None);
                    AFTER_SILENCE
                }
            };
            sleep(rest).await;
        }
    };
    tokio::select! {
        heard = hear => if let Err(error) = heard {
            debug!(error = &error as &dyn Error, "another player cannot be heard");
        },
        () = read => {}
    }
}

async fn read(players: &Players, owner: &str) -> zbus::Result<Facts> {
    let _turn = players.readers.acquire().await.map_err(|_| zbus::Error::Failure("we are ending".into()))?;
    let properties = PropertiesProxy::builder(&players.calls).destination(owner.to_owned()).path(PATH);
    let properties = properties.cache_properties(CacheProperties::No).build().await?;
    let all: HashMap<String, OwnedVariant> = properties.get_all(PLAYER.try_into()?).await?;
    let root = MediaPlayer2Proxy::builder(&players.calls).destination(owner.to_owned());
    let root = root.cache_properties(CacheProperties::No).build().await?;
    let identity = root.identity().await.unwrap_or_default();
    Ok(Facts::new(&identity, &all))
}

impl Players {
    /// What a player said of itself, or that it did not answer.
    fn learn(&self, name: &str, facts: Option<Facts>) {
        self.board.send_if_modified(|board: &mut Board| {
            let Some(player) = board.players.get_mut(name) else { return false };
            let before = player.clone();
            player.answers = facts.is_some();
            if let Some(facts) = facts {
                player.facts = facts;
            }
            *player != before
        });
    }
}
