//! `org.mpris.MediaPlayer2.Player`: what plays, and how it is steered. Times are microseconds.

use std::time::Duration;

use tandem_contracts::driving::Flag;
use tandem_contracts::media::MediaError;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use url::Url;
use zbus::message::Message;
use zbus::{ObjectPath, Variant, fdo};

use tandem_contracts::mpris::face::{Called, Face, PLAYER_MEMBERS, Source};

use super::{Property, Wish, metadata};
use crate::state::{Handle, Place, Playable, Repeat, Request, Snapshot, Status};

/// The slowest and the fastest that the player plays, times the recorded speed.
const RATES: (f64, f64) = (0.5, 2.0);
/// The longest address that is opened, bytes.
const MAX_URI: usize = 4096;
/// By then the core has taken a new entry, or hangs.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Player;

impl Face for Player {
    type Source = Handle;
    const NAME: &'static str = "org.mpris.MediaPlayer2.Player";

    const MEMBERS: &'static str = PLAYER_MEMBERS;
    const PROPERTIES: &'static [Property] = &[
        Property::fact("PlaybackStatus", "s", |snapshot| snapshot.status.word().into()),
        Property {
            set: Some(set_repeat),
            ..Property::fact("LoopStatus", "s", |snapshot| snapshot.repeat.word().into())
        },
        Property { set: Some(set_rate), ..Property::fact("Rate", "d", |snapshot| snapshot.rate.into()) },
        Property { set: Some(set_shuffle), ..Property::fact("Shuffle", "b", |snapshot| snapshot.shuffle.into()) },
        Property::fact("Metadata", "a{sv}", |snapshot| metadata::metadata(snapshot).into()),
        Property { set: Some(set_volume), ..Property::fact("Volume", "d", |snapshot| snapshot.volume.into()) },
        Property { told: false, ..Property::fact("Position", "x", |snapshot| position(snapshot).into()) },
        Property::fact("MinimumRate", "d", |_| RATES.0.into()),
        Property::fact("MaximumRate", "d", |_| RATES.1.into()),
        Property::fact("CanGoNext", "b", |snapshot| snapshot.can_go_next.into()),
        Property::fact("CanGoPrevious", "b", |snapshot| snapshot.can_go_previous.into()),
        Property::fact("CanPlay", "b", |snapshot| snapshot.can_play.into()),
        Property::fact("CanPause", "b", |snapshot| snapshot.can_pause.into()),
        Property::fact("CanSeek", "b", |snapshot| snapshot.can_seek.into()),
        Property { told: false, ..Property::fact("CanControl", "b", |_| true.into()) },
    ];

    fn call(handle: &Handle, method: &str, message: &Message) -> Option<Called> {
        let request = match method {
            "Next" => Request::Next,
            "Previous" => Request::Previous,
            "Pause" => Request::Pause,
            "PlayPause" => Request::PlayPause,
            "Stop" => Request::Stop,
            "Play" => Request::Play,
            "Seek" => match message.body().deserialize::<i64>() {
                Ok(offset) => Request::SeekBy(offset),
                Err(error) => return Some(Called::Done(Err(error.into()))),
            },
            "SetPosition" => match message.body().deserialize::<(ObjectPath<'_>, i64)>() {
                Ok((track, micros)) => match metadata::entry(&track) {
                    Some(entry) => Request::SeekTo { entry, micros },
                    // A track of before, or of another player: no effect, says the specification.
                    None => return Some(Called::Done(Ok(()))),
                },
                Err(error) => return Some(Called::Done(Err(error.into()))),
            },
            "OpenUri" => {
                if let Err(why) = handle.rules.admit(Flag::NoKeyboard) {
                    return Some(Called::Done(Err(fdo::Error::AccessDenied(why))));
                }
                let uri = message.body().deserialize::<String>().map_err(fdo::Error::from);
                return Some(match uri.and_then(|uri| playable(&uri)) {
                    Ok(playable) => Called::Later(Box::new(Box::pin(open(handle.clone(), playable)))),
                    Err(error) => Called::Done(Err(error)),
                });
            }
            _ => return None,
        };
        Some(Called::Done(handle.ask(request)))
    }
}

/// Where playback is now; never outside the track, whatever a late snapshot would have it.
fn position(snapshot: &Snapshot) -> i64 {
    let position = snapshot.position.now(Instant::now()).max(0);
    snapshot.titles.length_us.filter(|length| *length > 0).map_or(position, |length| position.min(length))
}

fn invalid(why: &str) -> fdo::Error {
    fdo::Error::InvalidArgs(why.to_owned())
}

fn set_repeat(value: &Variant<'_>) -> fdo::Result<Wish> {
    let Variant::Str(word) = value else { return Err(invalid("LoopStatus is a string")) };
    let repeat: Repeat = word.parse().map_err(|()| invalid("LoopStatus is None, Track or Playlist"))?;
    Ok(Wish { request: Request::Repeat(repeat), granted: Box::new(move |snapshot| snapshot.repeat == repeat) })
}

fn set_shuffle(value: &Variant<'_>) -> fdo::Result<Wish> {
    let Variant::Bool(shuffle) = *value else { return Err(invalid("Shuffle is a boolean")) };
    Ok(Wish { request: Request::Shuffle(shuffle), granted: Box::new(move |snapshot| snapshot.shuffle == shuffle) })
}

fn set_volume(value: &Variant<'_>) -> fdo::Result<Wish> {
    let volume = number(value).ok_or_else(|| invalid("Volume is a number"))?.clamp(0.0, 1.0);
    Ok(Wish { request: Request::Volume(volume), granted: Box::new(move |snapshot| snapshot.volume == volume) })
}

fn set_rate(value: &Variant<'_>) -> fdo::Result<Wish> {
    let rate = number(value).filter(|rate| *rate >= 0.0).ok_or_else(|| invalid("Rate is a number from 0"))?;
    if rate == 0.0 {
        let granted = Box::new(|snapshot: &Snapshot| snapshot.status != Status::Playing);
        return Ok(Wish { request: Request::Pause, granted });
    }
    let rate = rate.clamp(RATES.0, RATES.1);
    Ok(Wish { request: Request::Rate(rate), granted: Box::new(move |snapshot| snapshot.rate == rate) })
}

fn number(value: &Variant<'_>) -> Option<f64> {
    match value {
        Variant::F64(number) if !number.is_nan() => Some(*number),
        _ => None,
    }
}

fn playable(uri: &str) -> fdo::Result<Playable> {
    if uri.len() > MAX_URI {
        return Err(invalid("the address is too long"));
    }
    let url = Url::parse(uri).map_err(|error| fdo::Error::InvalidArgs(format!("no address: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(Playable::Address(url.into())),
        "file" => url.to_file_path().map(Playable::File).map_err(|()| invalid("no file of this machine")),
        _ => Err(fdo::Error::NotSupported("only file, http and https are played".into())),
    }
}

/// Plays it at once, and what was queued after it.
async fn open(handle: Handle, playable: Playable) -> fdo::Result<()> {
    let (answer, reply) = oneshot::channel();
    handle.ask(Request::Queue { playables: vec![playable], place: Place::Next, answer })?;
    let entry = answered(reply).await?;
    let (answer, reply) = oneshot::channel();
    handle.ask(Request::JumpTo { entry, answer })?;
    answered(reply).await
}

async fn answered<T>(reply: oneshot::Receiver<Result<T, MediaError>>) -> fdo::Result<T> {
    match timeout(PATIENCE, reply).await {
        Ok(Ok(Ok(done))) => Ok(done),
        Ok(Ok(Err(refused))) => Err(fdo::Error::Failed(refused.to_string())),
        Ok(Err(_)) => Err(fdo::Error::Failed("the player is ending".into())),
        Err(_) => Err(fdo::Error::TimedOut("the player does not answer".into())),
    }
}
