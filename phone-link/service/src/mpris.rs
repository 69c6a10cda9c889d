//! Players of phones as MPRIS players, <https://specifications.freedesktop.org/mpris-spec/latest/>: a connection and a name for each, for as long as its phone is here.
//!
//! `org.mpris.MediaPlayer2.tandem_phone.<app>_<eight hex digits>` is the same player of the same phone every time. What it tells is what the phone said last.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tandem_contracts::connect;
use tandem_contracts::mpris::face::{
    self, Called, Face, PLAYER_MEMBERS, ROOT_MEMBERS, Served, Source, tell_changed, tell_seeked,
};
use tandem_contracts::mpris::{PATH, PHONE_PLAYERS, PREFIX, carried, is_address};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::watch;
use tracing::debug;
use zbus::message::Message;
use zbus::{Connection, ObjectPath, Variant, fdo};

use crate::actor::{Handle, Request};
use crate::core::{Order, PlayerShown};

/// Players of all phones together that have a name on the bus.
const FACES: usize = 16;
/// A position that is another than time alone would have made it, microseconds.
const JUMP_US: i64 = 1_000_000;
/// A name that is taken is asked for again after this, and then ever later.
const RETRY: Duration = Duration::from_millis(250);
const RETRY_SELDOM: Duration = Duration::from_secs(30);
/// Characters of the app in the name.
const APP: usize = 24;
const TRACKS: &str = "/org/tandem/phone/track/";

/// What MPRIS shows of a player.
pub struct View {
    player: PlayerShown,
    handle: Handle,
}

impl View {
    fn position_us(&self) -> i64 {
        self.player.position_us(self.handle.now())
    }
}

#[derive(Clone)]
struct Mirror {
    view: watch::Receiver<Arc<View>>,
    handle: Handle,
}

type Property = face::Property<Mirror>;
type Wish = face::Wish<Mirror>;

impl Source for Mirror {
    type Snapshot = View;
    type Request = Order;

    fn snapshot(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    fn ask(&self, order: Order) -> fdo::Result<()> {
        let session = self.view.borrow().player.session.clone();
        self.handle.requests.try_send(Request::Order(session, order)).map_err(|error| match error {
            TrySendError::Full(_) => fdo::Error::LimitsExceeded("too much is asked of the phones at once".into()),
            TrySendError::Closed(_) => fdo::Error::Failed("the phone service is ending".into()),
        })
    }
}

/// Keeps every player of every phone on the bus until the service ends.
pub async fn serve(mut handle: Handle) {
    let mut faces: BTreeMap<String, watch::Sender<Arc<View>>> = BTreeMap::new();
    loop {
        let snapshot = handle.snapshot.borrow_and_update().clone();
        let shown = || snapshot.players.iter().take(FACES);
        faces.retain(|session, face| !face.is_closed() && shown().any(|player| player.session == *session));
        for player in shown() {
            let view = || Arc::new(View { player: player.clone(), handle: handle.clone() });
            match faces.get(&player.session) {
                Some(face) if face.borrow().player == *player => {}
                Some(face) => drop(face.send_replace(view())),
                None => {
                    let (face, follows) = watch::channel(view());
                    tokio::spawn(show(Mirror { view: follows, handle: handle.clone() }));
                    faces.insert(player.session.clone(), face);
                }
            }
        }
        if handle.snapshot.changed().await.is_err() {
            return;
        }
    }
}

/// Shows one player until it is gone.
async fn show(mirror: Mirror) {
    let name = name(&mirror.view.borrow().player);
    let mut rest = RETRY;
    loop {
        let connection = connect::builder()
            .serve_at(PATH, Served::<Root>::new(&mirror))
            .serve_at(PATH, Served::<Player>::new(&mirror))
            .allow_name_replacements(false)
            .replace_existing_names(false)
            .name(name.clone());
        let told = match connect::reach(connection).await {
            Ok(connection) => {
                match connection.request_name_with_flags(PHONE_PLAYERS, fdo::RequestNameFlags::empty()).await {
                    Ok(_) => tell(&connection, mirror.clone()).await,
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        let Err(error) = told else { return };
        debug!(error = &error as &dyn std::error::Error, "a phone's player is not on the bus");
        // The name may be that of a connection before, which is about to go.
        let mut view = mirror.view.clone();
        let gone = async { while view.changed().await.is_ok() {} };
        tokio::select! {
            () = gone => return,
            () = tokio::time::sleep(rest) => rest = (rest * 2).min(RETRY_SELDOM),
        }
    }
}

async fn tell(connection: &Connection, mirror: Mirror) -> zbus::Result<()> {
    let mut views = mirror.view;
    let mut told = views.borrow_and_update().clone();
    tell_changed::<Player>(connection, face::everything::<Player>(&told)).await?;
    while views.changed().await.is_ok() {
        let now = views.borrow_and_update().clone();
        tell_changed::<Root>(connection, face::difference::<Root>(&told, &now)).await?;
        tell_changed::<Player>(connection, face::difference::<Player>(&told, &now)).await?;
        let (before, after) = (told.player.position_us(now.player.at), now.player.position_us(now.player.at));
        if now.player.is_same_track(&told.player) && (before - after).abs() > JUMP_US {
            tell_seeked::<Player>(connection, after).await?;
        }
        told = now;
    }
    Ok(())
}

/// FNV-1a: the same name for the same player, whatever the version of anything.
fn hash(texts: &[&str]) -> u64 {
    let bytes = texts.iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// A name as the bus takes it: apps are called in every language.
fn name(player: &PlayerShown) -> String {
    let app: String = player.app.chars().filter(char::is_ascii_alphanumeric).take(APP).collect();
    // No part of a name begins with a digit.
    let first = if app.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "player" };
    format!("{PREFIX}tandem_phone.{first}{app}_{:08x}", hash(&[&player.phone, &player.app]) as u32)
}

fn track(player: &PlayerShown) -> ObjectPath<'static> {
    let PlayerShown { session, title, artist, album, url, .. } = player;
    ObjectPath::from_string_unchecked(format!("{TRACKS}{:016x}", hash(&[session, title, artist, album, url])))
}

fn metadata(player: &PlayerShown) -> HashMap<String, Variant<'static>> {
    let mut metadata = HashMap::from([("mpris:trackid".to_owned(), track(player).into())]);
    let mut tell = |key: &str, value: Variant<'static>| drop(metadata.insert(key.to_owned(), value));
    if player.length_us > 0 {
        tell("mpris:length", player.length_us.into());
    }
    for (key, value) in [("xesam:title", &player.title), ("xesam:album", &player.album)] {
        if !value.is_empty() {
            tell(key, carried(value).into());
        }
    }
    if !player.artist.is_empty() {
        tell("xesam:artist", vec![carried(&player.artist)].into());
    }
    if is_address(&player.art, &["file://"]) {
        tell("mpris:artUrl", player.art.clone().into());
    }
    if is_address(&player.url, &["http://", "https://"]) {
        tell("xesam:url", player.url.clone().into());
    }
    metadata
}

/// `org.mpris.MediaPlayer2`.
struct Root;

impl Face for Root {
    type Source = Mirror;
    const NAME: &'static str = "org.mpris.MediaPlayer2";
    const MEMBERS: &'static str = ROOT_MEMBERS;
    const PROPERTIES: &'static [Property] = &[
        Property::fact("CanQuit", "b", |_| false.into()),
        Property::fact("CanRaise", "b", |_| false.into()),
        Property::fact("HasTrackList", "b", |_| false.into()),
        Property::fact("Identity", "s", |view| {
            carried(&format!("{} – {}", view.player.app, view.player.phone_name)).into()
        }),
        Property::fact("SupportedUriSchemes", "as", |_| Vec::<String>::new().into()),
        Property::fact("SupportedMimeTypes", "as", |_| Vec::<String>::new().into()),
    ];

    fn call(_: &Mirror, method: &str, _: &Message) -> Option<Called> {
        // With CanRaise and CanQuit false they have no effect, says the specification.
        matches!(method, "Raise" | "Quit").then_some(Called::Done(Ok(())))
    }
}

/// `org.mpris.MediaPlayer2.Player`. Times are microseconds.
struct Player;

impl Face for Player {
    type Source = Mirror;
    const NAME: &'static str = "org.mpris.MediaPlayer2.Player";
    const MEMBERS: &'static str = PLAYER_MEMBERS;
    const PROPERTIES: &'static [Property] = &[
        Property::fact("PlaybackStatus", "s", |view| if view.player.playing { "Playing" } else { "Paused" }.into()),
        Property::fact("Rate", "d", |_| 1.0.into()),
        Property::fact("Metadata", "a{sv}", |view| metadata(&view.player).into()),
        Property { set: Some(set_volume), ..Property::fact("Volume", "d", |view| view.player.volume.into()) },
        Property { told: false, ..Property::fact("Position", "x", |view| view.position_us().into()) },
        Property::fact("MinimumRate", "d", |_| 1.0.into()),
        Property::fact("MaximumRate", "d", |_| 1.0.into()),
        Property::fact("CanGoNext", "b", |view| view.player.can_go_next.into()),
        Property::fact("CanGoPrevious", "b", |view| view.player.can_go_previous.into()),
        Property::fact("CanPlay", "b", |view| view.player.can_play.into()),
        Property::fact("CanPause", "b", |view| view.player.can_pause.into()),
        Property::fact("CanSeek", "b", |view| view.player.can_seek.into()),
        Property { told: false, ..Property::fact("CanControl", "b", |_| true.into()) },
    ];

    fn call(mirror: &Mirror, method: &str, message: &Message) -> Option<Called> {
        let order = match method {
            "Next" => Order::Next,
            "Previous" => Order::Previous,
            "Pause" => Order::Pause,
            "PlayPause" => Order::PlayPause,
            "Stop" => Order::Stop,
            "Play" => Order::Play,
            "Seek" => match message.body().deserialize::<i64>() {
                Ok(us) => Order::Seek { us },
                Err(error) => return Some(Called::Done(Err(error.into()))),
            },
            "SetPosition" => match message.body().deserialize::<(ObjectPath<'_>, i64)>() {
                // A position of a track of before, or outside this one, has no effect, says the specification.
                Ok((of, us)) if is_within(&mirror.view.borrow().player, &of, us) => {
                    Order::SetPosition { ms: us / 1000 }
                }
                Ok(_) => return Some(Called::Done(Ok(()))),
                Err(error) => return Some(Called::Done(Err(error.into()))),
            },
            "OpenUri" => {
                let refusal = "a phone's player opens what its owner opens there".to_owned();
                return Some(Called::Done(Err(fdo::Error::NotSupported(refusal))));
            }
            _ => return None,
        };
        Some(Called::Done(mirror.ask(order)))
    }
}

fn is_within(player: &PlayerShown, of: &ObjectPath<'_>, us: i64) -> bool {
    *of == track(player) && us >= 0 && (player.length_us == 0 || us <= player.length_us)
}

fn set_volume(value: &Variant<'_>) -> fdo::Result<Wish> {
    let Variant::F64(volume) = *value else { return Err(fdo::Error::InvalidArgs("Volume is a number".into())) };
    if volume.is_nan() {
        return Err(fdo::Error::InvalidArgs("Volume is a number".into()));
    }
    let percent = (volume.clamp(0.0, 1.0) * 100.0).round() as u8;
    let granted = move |view: &View| (view.player.volume * 100.0).round() as u8 == percent;
    Ok(Wish { request: Order::Volume { percent }, granted: Box::new(granted) })
}

#[cfg(test)]
mod tests {
    use tandem_contracts::mpris::MAX_TEXT;

    use super::*;

    fn player(app: &str) -> PlayerShown {
        let title = "Night drive".to_owned();
        PlayerShown { session: "s".into(), phone: "p".into(), app: app.into(), title, ..PlayerShown::default() }
    }

    #[test]
    fn a_name_is_one_that_the_bus_takes_and_stays() {
        for (app, begins) in [
            ("VLC", "VLC_"),
            ("AntennaPod 3!", "AntennaPod3_"),
            ("3 Radio", "player3Radio_"),
            ("网易云音乐", "player_"),
        ] {
            let name = name(&player(app));
            let begins = format!("org.mpris.MediaPlayer2.tandem_phone.{begins}");
            assert!(name.starts_with(&begins) && name.len() == begins.len() + 8, "{name}");
            zbus::names::WellKnownName::try_from(name).expect("the bus takes it");
        }
        assert_ne!(name(&player("网易云音乐")), name(&player("QQ音乐")));
        assert_eq!(name(&player("VLC")), "org.mpris.MediaPlayer2.tandem_phone.VLC_462ae404", "whatever the version");
        assert!(name(&player(&"x".repeat(5_000))).len() <= 255);
    }

    #[test]
    fn what_is_not_known_is_left_out_and_what_a_bus_cannot_carry_is_cut() {
        let mut evil = player("VLC");
        assert_eq!(metadata(&evil).len(), 2, "a track and its title");
        evil.title = format!("a\0{}", "歌".repeat(100_000));
        (evil.art, evil.url) = ("http://elsewhere/x.png".into(), "javascript:alert(1)".into());
        let told = metadata(&evil);
        let title = String::try_from(told["xesam:title"].clone()).unwrap();
        assert!(title.starts_with("a 歌") && title.len() <= MAX_TEXT, "{}", title.len());
        assert_eq!(told.len(), 2, "{told:?}");
    }

    #[test]
    fn a_position_is_one_of_this_track() {
        let mut player = player("VLC");
        let this = track(&player);
        assert!(is_within(&player, &this, i64::MAX), "nobody knows where it ends");
        player.length_us = 5;
        assert!([0, 5].into_iter().all(|us| is_within(&player, &this, us)));
        assert!(![-1, 6].into_iter().any(|us| is_within(&player, &this, us)));
        assert!(!is_within(&player, &ObjectPath::from_static_str_unchecked("/other"), 1));
    }

    #[test]
    fn another_song_is_another_track() {
        let mut other = player("VLC");
        assert_eq!(track(&other), track(&player("VLC")));
        other.title = "Other".into();
        assert_ne!(track(&other), track(&player("VLC")));
    }
}
