//! Players of phones that are here, as the phones tell them: for whoever knows MPRIS.

use std::time::Duration;

use super::{Core, Phone, Player};

/// A player of a phone, wherever its session is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlayerShown {
    pub session: String,
    pub phone: String,
    pub phone_name: String,
    /// As the phone names it.
    pub app: String,
    pub title: String,
    pub artist: String,
    pub album: String,
    pub url: String,
    /// A `file://` address.
    pub art: String,
    /// Microseconds; 0 if not known or endless.
    pub length_us: i64,
    /// Microseconds, as of `at`: while it plays, it goes on from there.
    pub position_us: i64,
    pub at: Duration,
    pub playing: bool,
    /// 0 to 1.
    pub volume: f64,
    pub can_play: bool,
    pub can_pause: bool,
    pub can_go_next: bool,
    pub can_go_previous: bool,
    pub can_seek: bool,
}

impl PlayerShown {
    fn new(phone: &Phone, app: &str, player: &Player) -> Self {
        let state = &player.state;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            session: player.session.clone(),
            phone: phone.id.to_string(),
            phone_name: phone.name.clone(),
            app: app.to_owned(),
            title: text(&state.title),
            artist: text(&state.artist),
            album: text(&state.album),
            url: text(&state.url),
            art: player.art(),
            length_us: state.length_ms.unwrap_or(0).max(0).saturating_mul(1000),
            position_us: state.position_ms.unwrap_or(0).max(0).saturating_mul(1000),
            at: player.heard_at,
            playing: player.is_playing(),
            volume: f64::from(state.volume.unwrap_or(100).min(100)) / 100.0,
            // Who says nothing of it can what every player can.
            can_play: state.can_play.unwrap_or(true),
            can_pause: state.can_pause.unwrap_or(true),
            can_go_next: state.can_go_next.unwrap_or(false),
            can_go_previous: state.can_go_previous.unwrap_or(false),
            can_seek: state.can_seek.unwrap_or(false),
        }
    }

    /// Microseconds at a later moment, and no further than its end.
    pub fn position_us(&self, now: Duration) -> i64 {
        let passed = if self.playing { now.saturating_sub(self.at).as_micros() as i64 } else { 0 };
        let position = self.position_us.saturating_add(passed);
        if self.length_us > 0 { position.min(self.length_us) } else { position }
    }

    /// Whether this is what it played before.
    pub fn is_same_track(&self, before: &Self) -> bool {
        (&self.title, &self.artist, &self.album, &self.url)
            == (&before.title, &before.artist, &before.album, &before.url)
    }
}

impl Core {
    pub(super) fn players_shown(&self) -> Vec<PlayerShown> {
        let here = self.phones.values().filter(|phone| phone.link.is_some() && phone.may("media"));
        here.flat_map(|phone| {
            let named = phone.players.iter().filter(|(_, player)| player.is_named() && player.shared.is_none());
            named.map(|(app, player)| PlayerShown::new(phone, app, player))
        })
        .collect()
    }
}
