//! A bus of its own, with our player on it before a scripted core, and a client that hears everything.

use std::collections::HashMap;
use std::num::NonZero;
use std::process::Stdio;

use futures_util::StreamExt;
use tandem_contracts::connect;
use tandem_contracts::mpris::{self, MediaPlayer2Proxy, PlayerProxy};
use tandem_media::state::{Handle, Titles};
use tandem_scenes::{Daemon, within};
use tokio::sync::mpsc::UnboundedSender;
use zbus::fdo::PropertiesProxy;
use zbus::proxy::CacheProperties;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant, Variant};

use crate::script::{self, Cue};

/// Signals that may wait until the test listens.
const MANY: NonZero<usize> = NonZero::new(1000).unwrap();

/// Runs the real playerctl against our player: its standard output, or its standard error if it failed.
pub async fn playerctl(daemon: &Daemon, arguments: &[&str]) -> Result<String, String> {
    let run = tokio::process::Command::new("playerctl")
        .args(["--player", "tandem"])
        .args(arguments)
        .env("DBUS_SESSION_BUS_ADDRESS", daemon.address())
        .stdin(Stdio::null())
        .output();
    let output = within("playerctl's end", run).await.expect("the Debian package playerctl");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// A signal of the player, as it came.
#[derive(Debug, PartialEq)]
pub enum Heard {
    Changed(HashMap<String, OwnedVariant>),
    Seeked(i64),
}

/// Hears the player's signals, in their order.
pub struct Ear(MessageStream);

impl Ear {
    pub async fn open(daemon: &Daemon) -> Self {
        let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).path(mpris::PATH).build().unwrap();
        Self(MessageStream::for_match_rule(rule, &daemon.connect().await, Some(MANY)).await.unwrap())
    }

    pub async fn next(&mut self) -> Heard {
        let message = within("a signal", self.0.next()).await.unwrap().unwrap();
        let member = message.header().member().unwrap().to_string();
        match member.as_str() {
            "Seeked" => Heard::Seeked(message.body().deserialize().unwrap()),
            "PropertiesChanged" => {
                let (interface, changed, invalidated): (String, HashMap<String, OwnedVariant>, Vec<String>) =
                    message.body().deserialize().unwrap();
                assert_eq!((interface.as_str(), invalidated.len()), ("org.mpris.MediaPlayer2.Player", 0));
                Heard::Changed(changed)
            }
            other => panic!("{other} is no signal of a player"),
        }
    }

    /// The next change of properties; jumps before it are passed over.
    pub async fn change(&mut self) -> HashMap<String, OwnedVariant> {
        loop {
            if let Heard::Changed(changed) = self.next().await {
                return changed;
            }
        }
    }
}

/// What the tests of the scripted core stand on.
pub struct Stage {
    pub daemon: Daemon,
    pub handle: Handle,
    cues: UnboundedSender<Cue>,
    pub ear: Ear,
    pub player: PlayerProxy<'static>,
    pub root: MediaPlayer2Proxy<'static>,
    pub properties: PropertiesProxy<'static>,
    marks: i64,
}

/// A player of its own, under the player's name.
pub async fn serve(daemon: &Daemon, handle: &Handle) -> zbus::Result<Connection> {
    let connection = tandem_media::mpris::serve(daemon.builder(), handle).build().await?;
    connect::own(&connection, [mpris::NAME]).await?;
    Ok(connection)
}

impl Stage {
    /// With nothing in the queue, and the first signal not yet heard.
    pub async fn bare() -> Self {
        let daemon = Daemon::start();
        let (handle, cues) = script::start();
        let ear = Ear::open(&daemon).await;
        let service = serve(&daemon, &handle).await.unwrap();
        let telling = handle.clone();
        tokio::spawn(async move { tandem_media::mpris::tell(&service, &telling).await });
        let client = daemon.connect().await;
        let player = PlayerProxy::builder(&client).destination(mpris::NAME).cache_properties(CacheProperties::No);
        let root = MediaPlayer2Proxy::builder(&client).destination(mpris::NAME).cache_properties(CacheProperties::No);
        let properties = PropertiesProxy::builder(&client).destination(mpris::NAME).path(mpris::PATH);
        Self {
            handle,
            cues,
            ear,
            player: player.build().await.unwrap(),
            root: root.build().await.unwrap(),
            properties: properties.build().await.unwrap(),
            marks: 0,
            daemon,
        }
    }

    /// With a queue, of which everything was heard.
    pub async fn with(tracks: Vec<Titles>) -> Self {
        let mut stage = Self::bare().await;
        // From its first signal on it tells everything.
        stage.ear.change().await;
        stage.cue(Cue::Load(tracks)).await;
        stage
    }

    /// With a queue that plays.
    pub async fn playing(tracks: Vec<Titles>) -> Self {
        let mut stage = Self::with(tracks).await;
        stage.player.play().await.unwrap();
        stage.heard().await;
        stage
    }

    /// Does something to the core, and returns what was heard of it.
    pub async fn cue(&mut self, cue: Cue) -> Vec<Heard> {
        assert!(self.cues.send(cue).is_ok(), "the core runs");
        self.heard().await
    }

    /// Everything that was heard since the last time.
    pub async fn heard(&mut self) -> Vec<Heard> {
        self.marks -= 1;
        assert!(self.cues.send(Cue::Mark(self.marks)).is_ok(), "the core runs");
        let mut heard = Vec::new();
        loop {
            match self.ear.next().await {
                Heard::Seeked(mark) if mark == self.marks => return heard,
                signal => heard.push(signal),
            }
        }
    }

    /// The names of the properties of the one change that was heard since the last time.
    pub async fn one_change(&mut self) -> Vec<String> {
        let heard = self.heard().await;
        let [Heard::Changed(changed)] = heard.as_slice() else { panic!("not one change: {heard:?}") };
        names(changed)
    }

    pub async fn get(&self, name: &str) -> zbus::fdo::Result<OwnedVariant> {
        self.properties.get("org.mpris.MediaPlayer2.Player".try_into().unwrap(), name).await
    }

    pub async fn set(&self, name: &str, value: impl Into<Variant<'_>>) -> zbus::fdo::Result<()> {
        self.properties.set("org.mpris.MediaPlayer2.Player".try_into().unwrap(), name, &value.into()).await
    }
}

pub fn is_true(value: &OwnedVariant) -> bool {
    matches!(**value, Variant::Bool(true))
}

pub fn names(changed: &HashMap<String, OwnedVariant>) -> Vec<String> {
    let mut names: Vec<_> = changed.keys().cloned().collect();
    names.sort_unstable();
    names
}

/// A track of three minutes.
pub fn track(title: &str) -> Titles {
    Titles {
        title: title.to_owned(),
        artists: vec!["Ann".into(), "Bob".into()],
        album: "Colours".into(),
        art: Some("file:///art/colours.jpg".into()),
        length_us: Some(180_000_000),
        url: None,
    }
}

/// What has no end, no cover and no album.
pub fn stream(title: &str) -> Titles {
    Titles { title: title.to_owned(), url: Some("http://radio.example/live".into()), ..Titles::default() }
}
