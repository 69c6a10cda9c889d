//! The core as everybody around it sees it.

use tandem_contracts::media::Now;
use tokio::time::Instant;

use crate::core::Core;
use crate::state::{Position, Snapshot, Status, Titles};

/// The state of this moment; `began` is when the core's time was 0.
pub fn snapshot(core: &Core, began: Instant) -> Snapshot {
    let queue = &core.queue;
    let entry = queue.current();
    let has_queue = entry.is_some();
    let can_seek = core.can_seek();
    Snapshot {
        status: core.shown_status(),
        entry: entry.unwrap_or(0),
        titles: titles(core),
        position: Position {
            micros: core.anchor.micros,
            at: began + core.anchor.at,
            moves: core.anchor.moves,
            rate: core.sounding_rate(),
        },
        rate: core.rate,
        volume: core.volume,
        shuffle: queue.shuffled(),
        repeat: queue.repeat,
        gain: core.gain,
        sink: core.sink().to_owned(),
        can_go_next: core.neighbours().1,
        can_go_previous: core.neighbours().0 || can_seek,
        can_play: has_queue,
        can_pause: has_queue,
        can_seek,
        now: now(core),
        queue_generation: queue.generation(),
        queue_length: queue.len() as u32,
        queue_current: queue.current_place().map(|place| place as u32),
    }
}

/// A station's own words for what it plays come first, and its name stands where the album would; a file in no library has only its own words.
fn titles(core: &Core) -> Titles {
    let Some(facts) = core.subject() else { return Titles::default() };
    let item = &facts.item;
    let or = |first: &str, second: &str| if first.is_empty() { second.to_owned() } else { first.to_owned() };
    let (title, artist, album) = if facts.live {
        let station = or(&item.title, &core.station);
        (or(&core.stream_title, &station), or(&core.stream_artist, &station), station)
    } else if facts.id.is_some() {
        (item.title.clone(), item.artist.clone(), item.album.clone())
    } else {
        (
            or(&core.stream_title, &item.title),
            or(&core.stream_artist, &item.artist),
            or(&core.stream_album, &item.album),
        )
    };
    Titles {
        title,
        artists: Some(artist).filter(|artist| !artist.is_empty()).into_iter().collect(),
        album,
        art: Some(item.art.clone()).filter(|art| !art.is_empty()),
        length_us: core.length_us,
        url: facts.uri.clone().filter(|_| facts.network),
    }
}

fn now(core: &Core) -> Now {
    let Some(facts) = core.subject() else {
        return Now {
            state: "stopped".into(),
            trouble: core.why.word(),
            reason: core.why.sentence.clone(),
            ..Now::default()
        };
    };
    let state = match core.wish {
        Status::Stopped => "stopped",
        _ if core.waits() => "waiting",
        Status::Playing if core.fills() => "buffering",
        Status::Playing => "playing",
        Status::Paused => "paused",
    };
    let (source, source_kind, source_name) = facts.source.clone();
    Now {
        item: facts.item.clone(),
        entry: core.queue.current().unwrap_or(0),
        state: state.into(),
        trouble: core.why.word(),
        reason: core.why.sentence.clone(),
        source,
        source_kind,
        source_name,
    }
}
