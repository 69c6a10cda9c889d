//! Two players on one bus never sound at the same time: ours, and a stranger that speaks MPRIS.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tandem_contracts::media::MediaError;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedVariant};

use crate::stage::{Stage, tone, until};

const PATH: &str = "/org/mpris/MediaPlayer2";

/// A player as others have it, with what it was told.
#[derive(Clone, Default)]
struct Other {
    status: Arc<Mutex<&'static str>>,
    told: Arc<Mutex<Vec<&'static str>>>,
}

impl Other {
    fn hears(&self, order: &'static str, status: Option<&'static str>) {
        self.told.lock().unwrap().push(order);
        if let Some(status) = status {
            *self.status.lock().unwrap() = status;
        }
    }
}

struct Root;

#[zbus::interface(name = "org.mpris.MediaPlayer2")]
impl Root {
    #[zbus(property)]
    fn identity(&self) -> String {
        "The Other".into()
    }
}

#[zbus::interface(name = "org.mpris.MediaPlayer2.Player")]
impl Other {
    async fn play(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        self.hears("play", Some("Playing"));
        self.playback_status_changed(&emitter).await.unwrap();
    }

    async fn pause(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        self.hears("pause", Some("Paused"));
        self.playback_status_changed(&emitter).await.unwrap();
    }

    fn next(&self) {
        self.hears("next", None);
    }

    fn previous(&self) {
        self.hears("previous", None);
    }

    #[zbus(property)]
    fn playback_status(&self) -> String {
        self.status.lock().unwrap().to_string()
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, OwnedVariant> {
        HashMap::new()
    }
}

/// The other player, on the stage's bus.
async fn other(stage: &Stage) -> (Connection, Other) {
    let other = Other { status: Arc::new(Mutex::new("Paused")), ..Other::default() };
    let connection = stage
        .bus
        .builder()
        .serve_at(PATH, Root)
        .serve_at(PATH, other.clone())
        .name("org.mpris.MediaPlayer2.other")
        .build()
        .await
        .unwrap();
    (connection, other)
}

#[tokio::test]
async fn of_two_players_one_sounds() {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 60);
    stage.start_with(1).await;
    let (_connection, other) = other(&stage).await;
    let media = &stage.media;
    until("the other player", || async move {
        let rows = media.page("players".into(), String::new(), 0, 9).await.unwrap().rows;
        rows.into_iter().find(|row| row.id == "player:other" && row.title == "The Other")
    })
    .await;
    let theirs = || *other.status.lock().unwrap();
    stage.play_all().await;
    stage.until_beyond(1, 0).await;

    stage.media.play("player:other".into(), -1).await.unwrap();
    let now = stage.until_now("the other's sound", |now| now.item.id == "player:other" && now.state == "playing").await;
    assert_eq!((now.source_kind.as_str(), now.source_name.as_str()), ("player", "The Other"));
    let player = &stage.player;
    until("our pause", || async move { (player.playback_status().await.unwrap() == "Paused").then_some(()) }).await;
    assert_eq!(theirs(), "Playing");

    // It is steered, and stays what is heard.
    for order in ["next", "previous", "pause"] {
        stage.media.steer_player("player:other".into(), order.into()).await.unwrap();
    }
    assert_eq!(*other.told.lock().unwrap(), ["play", "next", "previous", "pause"]);
    stage.until_now("its pause", |now| now.item.id == "player:other" && now.state == "paused").await;
    stage.media.steer_player("player:other".into(), "play".into()).await.unwrap();
    stage.until_now("it again", |now| now.item.id == "player:other" && now.state == "playing").await;

    // Ours plays again: it makes way.
    stage.player.play().await.unwrap();
    until("its pause", || async { (theirs() == "Paused").then_some(()) }).await;
    stage.until_beyond(1, 0).await;
    assert_eq!(stage.now().await.source_kind, "local");

    for (id, order) in [("player:other", "louder"), ("player:other", ""), ("player:other", "Play")] {
        let refused = stage.media.steer_player(id.into(), order.into()).await;
        assert!(matches!(refused, Err(MediaError::Invalid(_))), "{order:?}: {refused:?}");
    }
    for id in ["player:", "player:nobody", "track:1", "", "tandem"] {
        let refused = stage.media.steer_player(id.into(), "pause".into()).await;
        assert!(matches!(refused, Err(MediaError::NotFound(_))), "{id:?}: {refused:?}");
    }
    assert!(stage.media.steer_player("x".repeat(5_000), "pause".into()).await.is_err());
}
