//! Other players on the bus, good and bad ones.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tandem_contracts::media::{Item, MediaError};
use tandem_contracts::mpris::{PATH, PREFIX};
use tandem_media::players::{Order, Players};
use tandem_media::state::{Handle, Status};
use tandem_scenes::{Daemon, within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::{Connection, Variant};

use crate::script::{self, Cue};
use crate::stage::track;

struct Root(&'static str);

#[zbus::interface(name = "org.mpris.MediaPlayer2")]
impl Root {
    #[zbus(property)]
    fn identity(&self) -> String {
        self.0.to_owned()
    }
}

/// A player that writes down what it is told.
#[derive(Clone)]
struct Stranger {
    told: UnboundedSender<&'static str>,
    title: Arc<Mutex<String>>,
    reads: Arc<AtomicUsize>,
    hangs: bool,
}

#[zbus::interface(name = "org.mpris.MediaPlayer2.Player")]
impl Stranger {
    async fn play(&self) {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.told.send("play").unwrap();
    }

    fn pause(&self) {
        self.told.send("pause").unwrap();
    }

    fn next(&self) {
        self.told.send("next").unwrap();
    }

    #[zbus(property)]
    async fn playback_status(&self) -> String {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        "Playing".into()
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, Variant<'static>> {
        let title = self.title.lock().unwrap().clone();
        [("xesam:title".to_owned(), title.into()), ("xesam:artist".to_owned(), vec!["Cleo".to_owned()].into())].into()
    }
}

/// A stranger on the bus, and what it is told.
pub struct There {
    connection: Connection,
    stranger: Stranger,
    pub told: UnboundedReceiver<&'static str>,
}

pub async fn comes(daemon: &Daemon, name: &str, hangs: bool) -> There {
    let (sender, told) = unbounded_channel();
    let stranger = Stranger { told: sender, title: Mutex::new("Song".to_owned()).into(), reads: Arc::default(), hangs };
    let builder = daemon.builder().serve_at(PATH, Root("The Other")).serve_at(PATH, stranger.clone());
    let connection = builder.name(format!("{PREFIX}{name}")).build().await.unwrap();
    There { connection, stranger, told }
}

/// The players that a service of ours knows, on a bus of its own.
struct Known {
    daemon: Daemon,
    players: Players,
    ours: Handle,
    cues: UnboundedSender<Cue>,
}

impl Known {
    async fn none() -> Self {
        let daemon = Daemon::start();
        let calls = daemon.connect().await;
        Self::on(daemon, calls).await
    }

    /// Follows the players on this bus, and asks them over this connection.
    async fn on(daemon: Daemon, calls: Connection) -> Self {
        let (ours, cues) = script::start();
        let players = Players::new(calls, &ours);
        let (following, signals) = (players.clone(), daemon.connect().await);
        tokio::spawn(async move { following.follow(&signals).await });
        Self { daemon, players, ours, cues }
    }

    async fn until(&self, what: &'static str, is_so: impl Fn(&[Item]) -> bool) -> Vec<Item> {
        let mut changes = self.players.changes();
        let known = async {
            loop {
                changes.borrow_and_update();
                let items = self.players.items();
                if is_so(&items) {
                    return items;
                }
                changes.changed().await.unwrap();
            }
        };
        within(what, known).await
    }

    async fn ours_is(&self, status: Status) {
        let mut snapshot = self.ours.snapshot.clone();
        within("our status", snapshot.wait_for(|snapshot| snapshot.status == status)).await.unwrap();
    }
}

#[tokio::test]
async fn a_player_is_known_from_when_it_comes_until_it_goes() {
    let known = Known::none().await;
    let there = comes(&known.daemon, "other.instance7", false).await;
    let items = known.until("the player", |items| items.iter().any(|item| item.album == "Song")).await;
    let wanted = Item {
        id: "player:other.instance7".into(),
        kind: "player".into(),
        title: "The Other".into(),
        artist: "Cleo".into(),
        album: "Song".into(),
        available: true,
        ..Item::default()
    };
    assert_eq!(items, [wanted]);
    assert_eq!(known.players.status("player:other.instance7"), Some(Status::Playing));
    let [source] = known.players.sources().try_into().unwrap();
    assert_eq!(
        (source.id.as_str(), source.kind.as_str(), source.name.as_str()),
        ("player:other.instance7", "player", "The Other")
    );

    *there.stranger.title.lock().unwrap() = "Second".into();
    let shown = there.connection.object_server().interface::<_, Stranger>(PATH).await.unwrap();
    shown.get().await.metadata_changed(shown.signal_emitter()).await.unwrap();
    known.until("the new title", |items| items[0].album == "Second").await;
    there.connection.close().await.unwrap();
    known.until("its end", <[Item]>::is_empty).await;
    let gone = known.players.order("player:other.instance7", Order::Play).await;
    assert!(matches!(gone, Err(MediaError::NotFound(_))), "{gone:?}");
}

#[tokio::test]
async fn who_is_there_before_us_is_known_and_we_and_the_mirror_are_not() {
    let daemon = Daemon::start();
    let _there = [
        comes(&daemon, "before", false).await,
        comes(&daemon, "tandem", false).await,
        comes(&daemon, "playerctld", false).await,
    ];
    let calls = daemon.connect().await;
    let known = Known::on(daemon, calls).await;
    let items = known.until("the player", |items| items.iter().any(|item| !item.album.is_empty())).await;
    assert_eq!(items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["player:before"]);
}

#[tokio::test]
async fn the_one_that_is_chosen_plays_and_the_others_make_way() {
    let known = Known::none().await;
    assert!(known.cues.send(Cue::Load(vec![track("Blue")])).is_ok());
    within("our queue", known.ours.snapshot.clone().wait_for(|snapshot| snapshot.can_play)).await.unwrap();
    known.ours.requests.send(tandem_media::state::Request::Play).await.unwrap();
    known.ours_is(Status::Playing).await;
    let mut one = comes(&known.daemon, "one", false).await;
    let mut two = comes(&known.daemon, "two", false).await;
    known.until("both", |items| items.len() == 2).await;

    known.players.order("player:one", Order::Play).await.unwrap();
    assert_eq!(within("play", one.told.recv()).await, Some("play"));
    known.ours_is(Status::Paused).await;
    assert_eq!(known.players.chosen().unwrap().id, "player:one");

    known.players.order("player:two", Order::Play).await.unwrap();
    assert_eq!(within("play", two.told.recv()).await, Some("play"));
    assert_eq!(within("pause", one.told.recv()).await, Some("pause"));
    known.players.order("player:two", Order::Next).await.unwrap();
    assert_eq!(within("next", two.told.recv()).await, Some("next"));

    known.ours.requests.send(tandem_media::state::Request::Play).await.unwrap();
    assert_eq!(within("pause", two.told.recv()).await, Some("pause"));
    assert_eq!(known.players.chosen(), None);
    assert_eq!((one.told.try_recv().ok(), two.told.try_recv().ok()), (None, None), "nothing else was told");
}

#[tokio::test]
async fn one_that_hangs_is_said_to_and_holds_up_nobody() {
    let daemon = Daemon::start();
    // Whoever hangs is given up on soon.
    let calls = daemon.builder().method_timeout(Duration::from_millis(300)).build().await.unwrap();
    let known = Known::on(daemon, calls).await;
    let _hanging = [
        comes(&known.daemon, "a", true).await,
        comes(&known.daemon, "b", true).await,
        comes(&known.daemon, "c", true).await,
        comes(&known.daemon, "d", true).await,
        comes(&known.daemon, "e", true).await,
    ];
    let mut good = comes(&known.daemon, "good", false).await;
    let items = known
        .until("all of them", |items| items.len() == 6 && items.iter().filter(|item| !item.available).count() == 5)
        .await;
    assert_eq!(items[0].reason, "It does not answer");
    let items = known.until("the good one", |items| items[5].album == "Song").await;
    assert!(items[5].available);
    let refused = known.players.order("player:a", Order::Play).await;
    assert!(matches!(refused, Err(MediaError::NotAvailable(_))), "{refused:?}");
    known.players.order("player:good", Order::Play).await.unwrap();
    assert_eq!(within("play", good.told.recv()).await, Some("play"));
}

#[tokio::test]
async fn of_a_thousand_players_thirty_two_are_followed_and_four_of_one_process() {
    let known = Known::none().await;
    // A bus gives one process so many names at most.
    let mut crowds = Vec::new();
    for letter in ["a", "b", "c", "d"] {
        let crowd = comes(&known.daemon, &format!("crowd.{letter}0"), false).await;
        for number in 1..250 {
            crowd.connection.request_name(format!("{PREFIX}crowd.{letter}{number}")).await.unwrap();
        }
        crowds.push(crowd);
    }
    let mut others = Vec::new();
    for number in 0..17 {
        others.push(comes(&known.daemon, &format!("other.n{number}"), false).await);
    }
    let of = |items: &[Item], whose: &str| items.iter().filter(|item| item.id.contains(whose)).count();
    known.until("all that are followed", |items| items.len() == 32).await;
    assert_eq!((of(&known.players.items(), "crowd"), of(&known.players.items(), "other")), (16, 16));
    assert!(known.players.item("player:other.n16").is_none());
    others.remove(0).connection.close().await.unwrap();
    known.until("the one that found no room", |items| items.iter().any(|item| item.id == "player:other.n16")).await;
}

#[tokio::test]
async fn a_title_of_twenty_megabytes_and_a_flood_of_changes_are_borne() {
    let known = Known::none().await;
    let loud = comes(&known.daemon, "loud", false).await;
    known.until("the player", |items| items.iter().any(|item| item.album == "Song")).await;
    let shown = loud.connection.object_server().interface::<_, Stranger>(PATH).await.unwrap();
    *loud.stranger.title.lock().unwrap() = "x".repeat(20_000_000);
    shown.get().await.playback_status_changed(shown.signal_emitter()).await.unwrap();
    let items = known.until("the long title", |items| items[0].album.starts_with('x')).await;
    assert_eq!(items[0].album.len(), 512);

    *loud.stranger.title.lock().unwrap() = "Short".into();
    let before = loud.stranger.reads.load(Ordering::Relaxed);
    for _ in 0..3000 {
        let body = ("org.mpris.MediaPlayer2.Player", HashMap::<&str, Variant<'_>>::new(), vec!["Metadata"]);
        let changed = ("org.freedesktop.DBus.Properties", "PropertiesChanged");
        loud.connection.emit_signal(None::<&str>, PATH, changed.0, changed.1, &body).await.unwrap();
    }
    known.until("the short title", |items| items[0].album == "Short").await;
    let reads = loud.stranger.reads.load(Ordering::Relaxed) - before;
    assert!(reads < 300, "read {reads} times for 3000 changes");
}
