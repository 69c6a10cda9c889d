//! Players, of the phone and of the car: `kdeconnect.mpris` and `kdeconnect.mpris.request`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::read;

/// MPRIS's `LoopStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Repeat {
    None,
    Track,
    Playlist,
}

/// What a packet says of a player; of the rest it says nothing, and what was said before stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playing {
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    /// Where it can be had elsewhere. Android says none for the phone's own players.
    pub url: Option<String>,
    pub art_url: Option<String>,
    /// Milliseconds; -1 if it is not known.
    pub length_ms: Option<i64>,
    /// Milliseconds, as of the player's last change of state: while it plays, this is old by an unknown time.
    pub position_ms: Option<i64>,
    pub playing: Option<bool>,
    pub can_play: Option<bool>,
    pub can_pause: Option<bool>,
    pub can_go_next: Option<bool>,
    pub can_go_previous: Option<bool>,
    pub can_seek: Option<bool>,
    /// 0 to 100.
    pub volume: Option<u8>,
    pub repeat: Option<Repeat>,
    pub shuffle: Option<bool>,
}

/// `kdeconnect.mpris`: what the side that plays says.
#[derive(Clone, Debug, PartialEq)]
pub enum Mpris {
    /// All players that there are.
    Players {
        names: Vec<String>,
        sends_art: bool,
    },
    State {
        player: String,
        state: Box<Playing>,
    },
    /// A cover comes as the packet's payload.
    Art {
        player: String,
        url: String,
    },
}

/// What a player is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    Play,
    Pause,
    PlayPause,
    Next,
    Previous,
    Stop,
}

/// `kdeconnect.mpris.request`: what the side that steers wants.
#[derive(Clone, Debug, PartialEq)]
pub enum MprisRequest {
    Players,
    /// The whole state of a player.
    State {
        player: String,
    },
    Do {
        player: String,
        action: Action,
    },
    SetPosition {
        player: String,
        position_ms: i64,
    },
    /// Forward, or back. Desktops take microseconds; Android ignores it.
    Seek {
        player: String,
        offset_us: i64,
    },
    /// 0 to 100.
    SetVolume {
        player: String,
        volume: u8,
    },
    SetRepeat {
        player: String,
        repeat: Repeat,
    },
    SetShuffle {
        player: String,
        shuffle: bool,
    },
    /// The cover that the state named, as a payload.
    Art {
        player: String,
        url: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MprisBody {
    #[serde(deserialize_with = "read::text")]
    player: Option<String>,
    #[serde(deserialize_with = "read::texts")]
    player_list: Option<Vec<String>>,
    #[serde(deserialize_with = "read::flag")]
    support_album_art_payload: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    transferring_album_art: Option<bool>,
    #[serde(deserialize_with = "read::text")]
    title: Option<String>,
    #[serde(deserialize_with = "read::text")]
    artist: Option<String>,
    #[serde(deserialize_with = "read::text")]
    album: Option<String>,
    #[serde(deserialize_with = "read::address")]
    url: Option<String>,
    #[serde(deserialize_with = "read::address")]
    album_art_url: Option<String>,
    #[serde(deserialize_with = "read::number")]
    length: Option<i64>,
    #[serde(deserialize_with = "read::number")]
    pos: Option<i64>,
    #[serde(deserialize_with = "read::flag")]
    is_playing: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    can_play: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    can_pause: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    can_go_next: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    can_go_previous: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    can_seek: Option<bool>,
    #[serde(deserialize_with = "read::number")]
    volume: Option<i64>,
    #[serde(deserialize_with = "read::word")]
    loop_status: Option<Repeat>,
    #[serde(deserialize_with = "read::flag")]
    shuffle: Option<bool>,
}

fn percent(volume: i64) -> u8 {
    u8::try_from(volume.clamp(0, 100)).unwrap_or(0)
}

impl MprisBody {
    pub fn take(self) -> Option<Mpris> {
        if let Some(names) = self.player_list {
            return Some(Mpris::Players { names, sends_art: self.support_album_art_payload.unwrap_or(false) });
        }
        let player = self.player?;
        if self.transferring_album_art == Some(true) {
            return Some(Mpris::Art { player, url: self.album_art_url? });
        }
        let state = Box::new(Playing {
            title: self.title,
            artist: self.artist,
            album: self.album,
            url: self.url,
            art_url: self.album_art_url,
            length_ms: self.length,
            position_ms: self.pos,
            playing: self.is_playing,
            can_play: self.can_play,
            can_pause: self.can_pause,
            can_go_next: self.can_go_next,
            can_go_previous: self.can_go_previous,
            can_seek: self.can_seek,
            volume: self.volume.map(percent),
            repeat: self.loop_status,
            shuffle: self.shuffle,
        });
        Some(Mpris::State { player, state })
    }
}

impl Mpris {
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::Players { names, sends_art } => json!({ "playerList": names, "supportAlbumArtPayload": sends_art }),
            Self::Art { player, url } => json!({ "player": player, "albumArtUrl": url, "transferringAlbumArt": true }),
            Self::State { player, state } => {
                let mut body = Map::from_iter([("player".to_owned(), json!(player))]);
                let said = [
                    ("title", json!(state.title)),
                    ("artist", json!(state.artist)),
                    ("album", json!(state.album)),
                    ("url", json!(state.url)),
                    ("albumArtUrl", json!(state.art_url)),
                    ("length", json!(state.length_ms)),
                    ("pos", json!(state.position_ms)),
                    ("isPlaying", json!(state.playing)),
                    ("canPlay", json!(state.can_play)),
                    ("canPause", json!(state.can_pause)),
                    ("canGoNext", json!(state.can_go_next)),
                    ("canGoPrevious", json!(state.can_go_previous)),
                    ("canSeek", json!(state.can_seek)),
                    ("volume", json!(state.volume)),
                    ("loopStatus", json!(state.repeat)),
                    ("shuffle", json!(state.shuffle)),
                ];
                body.extend(
                    said.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value)),
                );
                Value::Object(body)
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MprisRequestBody {
    #[serde(deserialize_with = "read::text")]
    player: Option<String>,
    #[serde(deserialize_with = "read::flag")]
    request_player_list: Option<bool>,
    #[serde(deserialize_with = "read::word")]
    action: Option<Action>,
    #[serde(rename = "SetPosition", deserialize_with = "read::number")]
    set_position: Option<i64>,
    #[serde(rename = "Seek", deserialize_with = "read::number")]
    seek: Option<i64>,
    #[serde(deserialize_with = "read::number")]
    set_volume: Option<i64>,
    #[serde(deserialize_with = "read::word")]
    set_loop_status: Option<Repeat>,
    #[serde(deserialize_with = "read::flag")]
    set_shuffle: Option<bool>,
    #[serde(deserialize_with = "read::address")]
    album_art_url: Option<String>,
    #[serde(deserialize_with = "read::flag")]
    request_now_playing: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    request_volume: Option<bool>,
}

impl MprisRequestBody {
    /// The first of these that it asks for: peers ask for one thing at a time, beside the state and the volume together.
    pub fn take(self) -> Option<MprisRequest> {
        if self.request_player_list == Some(true) {
            return Some(MprisRequest::Players);
        }
        let player = self.player?;
        Some(if let Some(action) = self.action {
            MprisRequest::Do { player, action }
        } else if let Some(position_ms) = self.set_position {
            MprisRequest::SetPosition { player, position_ms }
        } else if let Some(offset_us) = self.seek {
            MprisRequest::Seek { player, offset_us }
        } else if let Some(volume) = self.set_volume {
            MprisRequest::SetVolume { player, volume: percent(volume) }
        } else if let Some(repeat) = self.set_loop_status {
            MprisRequest::SetRepeat { player, repeat }
        } else if let Some(shuffle) = self.set_shuffle {
            MprisRequest::SetShuffle { player, shuffle }
        } else if let Some(url) = self.album_art_url {
            MprisRequest::Art { player, url }
        } else if self.request_now_playing == Some(true) || self.request_volume == Some(true) {
            MprisRequest::State { player }
        } else {
            return None;
        })
    }
}

impl MprisRequest {
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::Players => json!({ "requestPlayerList": true }),
            Self::State { player } => json!({ "player": player, "requestNowPlaying": true, "requestVolume": true }),
            Self::Do { player, action } => json!({ "player": player, "action": action }),
            Self::SetPosition { player, position_ms } => json!({ "player": player, "SetPosition": position_ms }),
            Self::Seek { player, offset_us } => json!({ "player": player, "Seek": offset_us }),
            Self::SetVolume { player, volume } => json!({ "player": player, "setVolume": volume }),
            Self::SetRepeat { player, repeat } => json!({ "player": player, "setLoopStatus": repeat }),
            Self::SetShuffle { player, shuffle } => json!({ "player": player, "setShuffle": shuffle }),
            Self::Art { player, url } => json!({ "player": player, "albumArtUrl": url }),
        }
    }
}
