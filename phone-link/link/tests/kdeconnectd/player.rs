//! A player beside kdeconnectd, on its bus: it plays one episode, and stops when it is told.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use zbus::object_server::SignalEmitter;
use zbus::{Connection, Variant, interface};

pub const NAME: &str = "The Player";
pub const TITLE: &str = "Episode 7: 晴天";
pub const LENGTH_US: i64 = 1_800_000_000;
pub const POSITION_US: i64 = 754_000_000;

struct About;

#[interface(name = "org.mpris.MediaPlayer2")]
impl About {
    #[zbus(property)]
    fn identity(&self) -> &str {
        NAME
    }
}

struct Player {
    playing: Arc<Mutex<bool>>,
    /// A `file://` address.
    art: Option<String>,
}

impl Player {
    async fn set(&self, playing: bool, emitter: SignalEmitter<'_>) {
        *self.playing.lock().unwrap() = playing;
        self.playback_status_changed(&emitter).await.unwrap();
    }
}

#[interface(name = "org.mpris.MediaPlayer2.Player")]
impl Player {
    async fn play(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        self.set(true, emitter).await;
    }

    async fn pause(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        self.set(false, emitter).await;
    }

    #[zbus(property)]
    fn playback_status(&self) -> &str {
        if *self.playing.lock().unwrap() { "Playing" } else { "Paused" }
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<&str, Variant<'_>> {
        let artists = vec!["A Podcast"];
        let art = self.art.as_ref().map(|art| ("mpris:artUrl", art.as_str().into()));
        let facts =
            [("xesam:title", TITLE.into()), ("xesam:artist", artists.into()), ("mpris:length", LENGTH_US.into())];
        facts.into_iter().chain(art).collect()
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> i64 {
        POSITION_US
    }

    #[zbus(property)]
    fn volume(&self) -> f64 {
        0.5
    }

    #[zbus(property)]
    fn can_pause(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_play(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn can_control(&self) -> bool {
        true
    }
}

/// Says whether it plays, for as long as it is held; perhaps with a cover.
pub async fn start(bus: &str, cover: Option<&Path>) -> (Connection, Arc<Mutex<bool>>) {
    let playing = Arc::new(Mutex::new(true));
    let art = cover.map(|path| format!("file://{}", path.display()));
    let connection = zbus::connection::Builder::address(bus)
        .serve_at("/org/mpris/MediaPlayer2", About)
        .serve_at("/org/mpris/MediaPlayer2", Player { playing: playing.clone(), art })
        .name("org.mpris.MediaPlayer2.story")
        .build()
        .await
        .unwrap();
    (connection, playing)
}
