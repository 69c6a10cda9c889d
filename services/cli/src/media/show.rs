//! Answers of the media service as text.

use std::fmt::Write;

use serde::Serialize;
use tandem_contracts::camera::Camera;
use tandem_contracts::media::{Imported, Item, Now, Page, QueuePage, ScanProgress, Source};
use tandem_contracts::mpris::Metadata;
use zbus::Variant;

use crate::table::{Align, Table, counted};

/// Everything that `status` tells.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Told {
    pub now: Now,
    pub title: String,
    pub artist: String,
    pub album: String,
    pub position_us: i64,
    /// 0 if it is endless or not known.
    pub length_us: i64,
    pub rate: f64,
    pub volume: f64,
    pub shuffle: bool,
    pub repeat: String,
    pub replay_gain: String,
    /// Of the entry that plays, from 0.
    pub place: Option<u32>,
    pub entries: u32,
    pub scan: ScanProgress,
}

/// A word of MPRIS's metadata, if it says one.
pub fn word(metadata: &Metadata, key: &str) -> Option<String> {
    match metadata.get(key).map(|value| &**value) {
        Some(Variant::Str(text)) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    }
}

pub fn artists(metadata: &Metadata) -> Option<String> {
    let names: Vec<String> = metadata.get("xesam:artist")?.try_clone().ok()?.try_into().ok()?;
    (!names.is_empty()).then(|| names.join(", "))
}

/// Microseconds: what the player found out, else what the library knows.
pub fn length(metadata: &Metadata, now: &Now) -> i64 {
    match metadata.get("mpris:length").map(|value| &**value) {
        Some(Variant::I64(length)) if *length > 0 => *length,
        _ => now.item.length_us,
    }
}

/// `3:07`, `1:02:03`.
pub fn clock(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

pub fn status(told: &Told) -> String {
    let mut table = Table::bare([Align::Left, Align::Left]);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            table.row([name.to_owned(), value]);
        }
    };
    let with_reason = |state: &str, reason: &str| match reason {
        "" => state.to_owned(),
        reason => format!("{state}: {reason}"),
    };
    row("state", with_reason(&told.now.state, &told.now.reason));
    row("title", told.title.clone());
    row("artist", told.artist.clone());
    row("album", told.album.clone());
    let position = clock(told.position_us);
    let speed = if (told.rate - 1.0).abs() > 1e-9 { format!(" at {:.2}x", told.rate) } else { String::new() };
    let moves = told.now.state != "stopped" && !told.title.is_empty();
    row(
        "position",
        match told.length_us {
            _ if !moves => String::new(),
            0 => format!("{position}{speed}"),
            length => format!("{position} of {}{speed}", clock(length)),
        },
    );
    row("source", told.now.source_name.clone());
    let order = [
        told.shuffle.then_some("shuffled"),
        (told.repeat == "track").then_some("this one again and again"),
        (told.repeat == "playlist").then_some("again and again"),
    ];
    let place = match told.place {
        Some(place) => format!("{} of {}", place + 1, told.entries),
        None => counted(told.entries.into(), "track"),
    };
    row("queue", std::iter::once(place.as_str()).chain(order.into_iter().flatten()).collect::<Vec<_>>().join(", "));
    row("volume", format!("{:.0} %", told.volume * 100.0));
    row("gain", told.replay_gain.clone());
    if !["", "idle"].contains(&told.scan.state.as_str()) {
        row("scan", progress(&told.scan));
    }
    table.to_string()
}

/// One line about what plays.
pub fn line(told: &Told) -> String {
    if told.title.is_empty() {
        return format!("{}\n", told.now.state);
    }
    let artist = if told.artist.is_empty() { String::new() } else { format!(" - {}", told.artist) };
    let position = match (told.now.state.as_str(), told.length_us) {
        ("stopped", _) => String::new(),
        (_, 0) => format!(", {}", clock(told.position_us)),
        (_, length) => format!(", {} of {}", clock(told.position_us), clock(length)),
    };
    let reason = if told.now.reason.is_empty() { String::new() } else { format!(" ({})", told.now.reason) };
    plain(&format!("{}: {}{artist}{position}{reason}", told.now.state, told.title)) + "\n"
}

/// One line about a scan.
pub fn progress(scan: &ScanProgress) -> String {
    let mut line = match scan.state.as_str() {
        "walking" => format!("{}: {} so far", scan.source, counted(scan.found.into(), "file")),
        "reading" => format!("{}: {} of {} read", scan.source, scan.done, counted(scan.found.into(), "file")),
        "done" => format!("{}: {}", scan.source, counted(scan.found.into(), "file")),
        other => format!("{}: {other}", scan.source),
    };
    if scan.unreadable > 0 {
        let _ = write!(line, ", {} unreadable", scan.unreadable);
    }
    if !scan.reason.is_empty() {
        let _ = write!(line, ": {}", scan.reason);
    }
    line
}

/// What an item says of itself behind its title.
fn remark(item: &Item) -> String {
    if !item.available {
        return if item.reason.is_empty() { "not available".to_owned() } else { item.reason.clone() };
    }
    if item.heard_us > 0 { format!("heard to {}", clock(item.heard_us)) } else { String::new() }
}

fn size(item: &Item) -> String {
    match (item.count, item.length_us) {
        (0, 0) => String::new(),
        (0, length) => clock(length),
        (count, _) => count.to_string(),
    }
}

pub fn items(items: &[Item]) -> String {
    use Align::{Left, Right};
    if items.is_empty() {
        return "Nothing.\n".to_owned();
    }
    let mut table =
        Table::new([("id", Left), ("title", Left), ("artist", Left), ("album", Left), ("holds", Right), ("", Left)]);
    for item in items {
        let cells = [&item.id, &item.title, &item.artist, &item.album].map(|text| plain(text));
        let [id, title, artist, album] = cells;
        table.row([id, title, artist, album, size(item), plain(&remark(item))]);
    }
    table.to_string()
}

pub fn page(page: &Page) -> String {
    let mut text = items(&page.rows);
    let shown = page.offset + page.rows.len() as u32;
    if shown < page.total {
        let _ = writeln!(text, "{} more: --offset {shown}", page.total - shown);
    }
    text + &left_out(page.left_out)
}

pub fn queue(queue: &QueuePage) -> String {
    use Align::{Left, Right};
    if queue.entries.is_empty() {
        return "The queue is empty.\n".to_owned();
    }
    let mut table =
        Table::new([("", Left), ("", Right), ("id", Left), ("title", Left), ("artist", Left), ("", Right), ("", Left)]);
    for (place, entry) in (queue.offset..).zip(&queue.entries) {
        let plays = u32::try_from(queue.current).is_ok_and(|current| current == place);
        table.row([
            if plays { ">" } else { "" }.to_owned(),
            (place + 1).to_string(),
            plain(&entry.item.id),
            plain(&entry.item.title),
            plain(&entry.item.artist),
            size(&entry.item),
            plain(&remark(&entry.item)),
        ]);
    }
    let mut text = table.to_string();
    let shown = queue.offset + queue.entries.len() as u32;
    if shown < queue.total {
        let _ = writeln!(text, "{} more: --offset {shown}", queue.total - shown);
    }
    text + &left_out(queue.left_out)
}

/// What driving cuts a list by.
fn left_out(rows: u32) -> String {
    if rows > 0 { format!("{rows} more when parked\n") } else { String::new() }
}

pub fn sources(sources: &[Source]) -> String {
    use Align::{Left, Right};
    let mut table = Table::new([("id", Left), ("kind", Left), ("name", Left), ("items", Right), ("", Left)]);
    for source in sources {
        let remark = match (source.available, source.reason.as_str()) {
            (true, _) => String::new(),
            (false, "") => "not available".to_owned(),
            (false, reason) => plain(reason),
        };
        table.row([plain(&source.id), source.kind.clone(), plain(&source.name), source.items.to_string(), remark]);
    }
    table.to_string()
}

pub fn cameras(cameras: &[Camera]) -> String {
    use Align::{Left, Right};
    if cameras.is_empty() {
        return "no cameras: the media service was started without --cameras, or its file has none\n".to_owned();
    }
    let columns =
        [("camera", Left), ("pictures", Left), ("a second", Right), ("lines", Left), ("state", Left), ("", Left)];
    let mut table = Table::new(columns);
    for Camera { name, width, height, rate, state, reason, mount } in cameras {
        let lines = if mount.is_empty() { "none" } else { "measured" };
        let size = format!("{width} x {height}");
        table.row([plain(name), size, rate.to_string(), lines.to_owned(), plain(state), plain(reason)]);
    }
    table.to_string()
}

pub fn imported(imported: &Imported) -> String {
    let Imported { added, known, refused } = imported;
    format!("{added} added, {known} known already, {refused} refused\n")
}

/// Tags and file names hold what they like: nothing of it reaches the terminal's commands.
pub fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests;
