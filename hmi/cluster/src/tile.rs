//! The left wing's tile: who calls, else what plays. Without music the wing shows the trip.

use std::path::PathBuf;

use tandem_contracts::media::Trouble;
use tandem_kit::media::art::{Picture, Wanted};
use tandem_kit::media::{Player, Service, Status};
use tandem_kit::{CallsNews, Media};

use crate::{CallAdapter, CallState, TileAdapter, TileSource, TileState, Words};

/// The art's side and the radius of its corners, pixels.
const ART: (u32, u32) = (160, 16);
/// The same where it stands in a line.
const SMALL_ART: (u32, u32) = (64, 8);
/// Pixels of the progress: between two of them nothing is drawn.
const STEPS: f64 = 480.0;
/// The longest text that is laid out, characters; no line shows more.
const MAX_CHARACTERS: usize = 120;

/// Everything about the tile that outlasts an update.
pub(crate) struct Tile {
    player: Option<Box<Player>>,
    service: Option<Box<Service>>,
    art: Option<PathBuf>,
    ask: Box<dyn Fn(Wanted)>,
}

impl Tile {
    /// A tile that asks for its pictures by `ask`.
    pub fn new(ask: impl Fn(Wanted) + 'static) -> Self {
        Self { player: None, service: None, art: None, ask: Box::new(ask) }
    }

    pub fn hear(&mut self, adapter: &TileAdapter<'_>, news: &Media) {
        match news {
            Media::Player(player) => {
                self.player.clone_from(player);
                self.show(adapter);
            }
            Media::Service(service) => {
                self.service.clone_from(service);
                self.show(adapter);
            }
            Media::Position(position) => adapter.set_share(self.share(*position)),
            Media::Picture(picture) => self.hear_picture(adapter, picture),
            // Lists are not the cluster's, and what was passed over is said where it can be looked at.
            Media::Rows(_) | Media::Enqueued { .. } | Media::Skipped { .. } | Media::Refused(_) => {}
        }
    }

    fn show(&mut self, adapter: &TileAdapter<'_>) {
        let state = self.state();
        adapter.set_state(state);
        let player = self.player.as_deref().filter(|_| state != TileState::Absent);
        adapter.set_title(words(player.map_or("", |player| player.title.as_str())));
        // A station says its name in place of whatever it does not know.
        let artist = player.filter(|player| player.artist != player.title).map_or("", |player| player.artist.as_str());
        adapter.set_artist(words(artist));
        adapter.set_endless(player.is_some_and(|player| player.length_us.is_none()));
        let now = self.service.as_deref().map(|service| &service.now).filter(|_| player.is_some());
        adapter.set_source(words(now.map_or("", |now| now.source_name.as_str())));
        adapter.set_source_kind(match now.map_or("", |now| now.source_kind.as_str()) {
            "radio" => TileSource::Radio,
            "podcasts" => TileSource::Podcasts,
            _ => TileSource::Named,
        });

        let art = player.and_then(|player| player.art.clone());
        if self.art != art {
            // What is shown of the last one goes at once.
            adapter.set_has_art(false);
            adapter.set_has_small_art(false);
            adapter.set_share(0.0);
            for (path, (side, radius)) in art.iter().flat_map(|path| [(path, ART), (path, SMALL_ART)]) {
                (self.ask)(Wanted::Cover { path: path.clone(), side, radius });
            }
            self.art = art;
        }
    }

    fn hear_picture(&self, adapter: &TileAdapter<'_>, picture: &Picture) {
        let Wanted::Cover { path, side, .. } = &picture.wanted else { return };
        let Some(image) = picture.image().filter(|_| self.art.as_ref() == Some(path)) else { return };
        if *side == ART.0 {
            adapter.set_art(image);
            adapter.set_has_art(true);
        } else if *side == SMALL_ART.0 {
            adapter.set_small_art(image);
            adapter.set_has_small_art(true);
        }
    }

    fn state(&self) -> TileState {
        let Some(player) = self.player.as_deref().filter(|player| !player.title.is_empty()) else {
            return TileState::Absent;
        };
        let now = self.service.as_deref().map(|service| &service.now);
        match now.map(|now| (now.state.as_str(), now)) {
            Some(("buffering", _)) => TileState::Loading,
            Some(("waiting", now)) => waits(&now.trouble, &now.source_kind),
            _ => match player.status {
                Status::Playing => TileState::Playing,
                Status::Paused => TileState::Paused,
                Status::Stopped => TileState::Absent,
            },
        }
    }

    /// How much was heard, 0 to 1, in steps that can be seen.
    fn share(&self, position: Option<i64>) -> f32 {
        let length = self.player.as_ref().and_then(|player| player.length_us);
        position.zip(length).map_or(0.0, |(position, length)| {
            let share = (position as f64 / length.max(1) as f64).clamp(0.0, 1.0);
            ((share * STEPS).floor() / STEPS) as f32
        })
    }
}

/// What it waits for, by the service's word and by where it comes from.
fn waits(trouble: &str, source_kind: &str) -> TileState {
    match (trouble.parse(), source_kind) {
        (Ok(Trouble::Away), "usb") => TileState::WaitsForStick,
        (Ok(Trouble::Away), _) => TileState::WaitsForFolder,
        (Ok(Trouble::Network), _) => TileState::WaitsForNetwork,
        (Ok(Trouble::Device), _) => TileState::WaitsForSound,
        (Ok(Trouble::Player), _) => TileState::WaitsForPlayer,
        _ => TileState::Waits,
    }
}

/// Who calls, or else who is talked to.
pub(crate) fn show_call(adapter: &CallAdapter<'_>, news: &CallsNews) {
    // This screen asks for nothing.
    let CallsNews::Calls(calls, _) = news else { return };
    let first = calls.iter().find(|call| call.state != "missed");
    adapter.set_state(match first.map(|call| call.state.as_str()) {
        None => CallState::None,
        Some("ringing") => CallState::Ringing,
        Some(_) => CallState::GoingOn,
    });
    let party = first.map_or("", |call| if call.name.is_empty() { &call.number } else { &call.name });
    adapter.set_party(words(party));
}

/// A text that is not the screen's own, with its face.
pub(crate) fn words(text: &str) -> Words {
    let tandem_kit::Words { text, han } = tandem_kit::Words::new(text, MAX_CHARACTERS);
    Words { text: text.into(), han }
}
