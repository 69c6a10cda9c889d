//! A player and a library that answer what the screen asks, without a bus.

use std::path::{Path, PathBuf};
use std::time::Instant;

use image::{Rgb, RgbImage};
use tandem_kit::media::{
    Anchor, Item, List, Now, PAGE_ROWS, Part, Picture, Player, Queue, Repeat, Row, Rows, Service, Source, Status,
};
use tandem_kit::{Media, MediaCommand, Update};

use crate::stage::Stage;

pub const ALBUMS: [(&str, &str); 6] = [
    ("Long way home", "Harbour & Pine"),
    ("Two lights", "Ana Solís"),
    ("山水之间", "林晚"),
    ("Nothing but weather", "The Slow Machines"),
    ("七里香", "周杰伦"),
    ("Élan", "Céline Fauré"),
];
const TITLES: [&str; 8] = [
    "Night drive by the ocean",
    "Morning fog",
    "湖上的月光",
    "Rain on the windscreen",
    "晴天",
    "Dusk",
    "A very long title that nobody would ever give to a song but that somebody has on a stick all the same",
    "Étoile",
];

/// A folder with six covers, made here.
pub fn covers() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let palettes: [[[u8; 3]; 3]; 6] = [
        [[18, 52, 78], [232, 168, 96], [240, 224, 196]],
        [[74, 36, 92], [236, 120, 110], [250, 210, 160]],
        [[22, 74, 64], [150, 190, 160], [230, 236, 220]],
        [[60, 64, 72], [176, 184, 190], [228, 96, 60]],
        [[210, 190, 150], [90, 60, 40], [180, 60, 50]],
        [[30, 60, 150], [245, 245, 240], [250, 200, 60]],
    ];
    for (number, [back, shape, light]) in palettes.into_iter().enumerate() {
        let picture = RgbImage::from_fn(600, 600, |x, y| {
            let (x, y) = (f64::from(x) / 600.0, f64::from(y) / 600.0);
            let disc = (x - 0.62).hypot(y - 0.38) < 0.2;
            let hill = y > 0.68 + 0.1 * (x * 6.0 + number as f64).sin();
            Rgb(if hill {
                shape
            } else if disc {
                light
            } else {
                back
            })
        });
        picture.save(folder.path().join(format!("{number}.png"))).unwrap();
    }
    folder
}

/// What the screen talks to.
pub struct Library {
    pub folder: Option<PathBuf>,
    pub tracks: u32,
    pub rows_asked: usize,
    /// The places of its songs in the library.
    pub queue: Vec<u32>,
    /// The most rows that may be shown.
    pub most: Option<u32>,
}

impl Library {
    pub fn of(tracks: u32) -> Self {
        Self { folder: None, tracks, rows_asked: 0, queue: (0..14).collect(), most: None }
    }

    pub fn with_covers(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()), ..Self::of(1_248) }
    }

    pub fn track(&self, place: u32) -> Item {
        let index = place as usize;
        let (album, artist) = ALBUMS[index % 6];
        let away = index % 9 == 7;
        Item {
            id: format!("track:{place}"),
            kind: "track".into(),
            title: TITLES[index % 8].into(),
            artist: artist.into(),
            album: album.into(),
            art: self.art(index % 6),
            length_us: 125_000_000 + i64::from(place % 200) * 1_000_000,
            available: !away,
            trouble: if away { "away".into() } else { String::new() },
            ..Item::default()
        }
    }

    fn art(&self, number: usize) -> String {
        let file = |folder: &PathBuf| format!("file://{}", folder.join(format!("{number}.png")).display());
        self.folder.as_ref().filter(|_| number != 3).map(file).unwrap_or_default()
    }

    fn row(&self, view: &str, parent: &str, place: u32) -> Item {
        let index = place as usize;
        let (album, artist) = ALBUMS[index % 6];
        let holder = |kind: &str, title: &str, artist: &str, art: String| Item {
            id: format!("{kind}:{place}"),
            kind: kind.into(),
            title: title.into(),
            artist: artist.into(),
            art,
            count: 3 + place % 14,
            available: true,
            ..Item::default()
        };
        match (view, parent) {
            ("artists", "") => holder("artist", artist, "", String::new()),
            ("albums", _) => holder("album", album, artist, self.art(index % 6)),
            ("folders", "") => holder("folder", album, "", String::new()),
            ("podcasts", "") => holder("podcast", "Slow roads", "Studio Nord", String::new()),
            ("podcasts", _) => Item {
                id: format!("episode:{place}"),
                kind: "episode".into(),
                title: format!("Part {}: the pass in winter", 40 - place % 40),
                artist: "Slow roads".into(),
                length_us: 2_520_000_000,
                heard_us: if place == 1 { 1_500_000_000 } else { 0 },
                available: true,
                ..Item::default()
            },
            ("stations", _) => Item {
                id: format!("station:{place}"),
                kind: "station".into(),
                title: ["Radio Alpin", "晨间音乐台", "FIP"][index % 3].into(),
                artist: ["Switzerland", "中国", "France"][index % 3].into(),
                available: true,
                ..Item::default()
            },
            _ => self.track(place),
        }
    }

    fn total(&self, view: &str, parent: &str) -> u32 {
        match (view, parent) {
            ("tracks" | "recent", "") => self.tracks,
            _ if self.tracks == 0 => 0,
            ("playlists", _) => 0,
            ("stations", _) => 3,
            ("podcasts", "") => 1,
            ("artists" | "albums" | "folders", "") => 6,
            _ => 14,
        }
    }

    /// Answers everything that was asked so far, pictures too.
    pub fn answer(&mut self, stage: &mut Stage) {
        loop {
            let asked: Vec<_> = stage
                .commands
                .borrow_mut()
                .extract_if(.., |command| matches!(command, MediaCommand::Rows { .. }))
                .collect();
            let wanted = stage.wanted.take();
            if asked.is_empty() && wanted.is_empty() {
                return;
            }
            for command in asked {
                let MediaCommand::Rows { list, offset } = command else { continue };
                self.rows_asked += 1;
                stage.tell(&Update::Media(Media::Rows(self.rows(list, offset))));
            }
            for wanted in wanted {
                stage.tell(&Update::Media(Media::Picture(Picture::make(wanted))));
            }
            stage.pixels();
        }
    }

    fn rows(&self, list: List, offset: u32) -> Rows {
        let (total, rows): (u32, Vec<Row>) = match &list {
            List::View { view, parent } => {
                let total = self.total(view, parent);
                let row = |place| Row { entry: 0, item: self.row(view, parent, place) };
                (total, (offset..total.min(offset + PAGE_ROWS)).map(row).collect())
            }
            List::Search(text) => {
                let folded = text.to_lowercase();
                let all = (0..48).map(|place| self.track(place));
                let found: Vec<_> = all
                    .filter(|item| {
                        item.title.to_lowercase().contains(&folded) || folded == "qlx" && item.album == "七里香"
                    })
                    .map(|item| Row { entry: 0, item })
                    .collect();
                (found.len() as u32, found)
            }
            List::Queue => {
                let row = |place: &u32| Row { entry: 100 + u64::from(*place), item: self.track(*place) };
                let part = self.queue.iter().skip(offset as usize).take(PAGE_ROWS as usize);
                (self.queue.len() as u32, part.map(row).collect())
            }
        };
        let shown = self.most.unwrap_or(total).min(total);
        let rows = rows.into_iter().take(shown.saturating_sub(offset) as usize).collect();
        Rows { list, offset, answer: Ok(Part { generation: 1, total: shown, rows, left_out: total - shown }) }
    }

    pub fn player(&self, place: u32, status: Status) -> Player {
        let item = self.track(place);
        let anchor =
            Anchor { position_us: 83_000_000, at: Instant::now(), rate: 1.0, moves: status == Status::Playing };
        Player {
            status,
            track: format!("/org/tandem/track/{}", 100 + place),
            title: item.title,
            artist: item.artist,
            album: item.album,
            art: tandem_kit::media::file(&item.art),
            length_us: Some(245_000_000),
            position: Some(anchor),
            rate: 1.0,
            shuffle: true,
            repeat: Repeat::Playlist,
            can_go_next: true,
            can_go_previous: true,
            can_play: true,
            can_pause: true,
            can_seek: true,
        }
    }

    pub fn service(&self) -> Service {
        let source = |id: &str, kind: &str, name: &str, items, trouble: &str| Source {
            id: id.into(),
            kind: kind.into(),
            name: name.into(),
            available: trouble.is_empty(),
            trouble: trouble.into(),
            items,
            ..Source::default()
        };
        Service {
            now: Now {
                state: "playing".into(),
                source_kind: "usb".into(),
                source_name: "ROADTRIP".into(),
                ..Now::default()
            },
            queue: Queue { generation: 3, total: self.queue.len() as u32, current: Some(0) },
            library: 1,
            sources: vec![
                source("local", "local", "Music", 312, ""),
                source("usb:1", "usb", "ROADTRIP", 936, ""),
                source("usb:2", "usb", "ALEX", 211, "away"),
                source("radio", "radio", "", 3, ""),
                source("podcasts", "podcasts", "", 40, ""),
            ],
            ..Service::default()
        }
    }

    /// Says that a song plays, and where it is.
    pub fn plays(&mut self, stage: &mut Stage, player: Player, service: Service) {
        let position = player.position.map(|anchor| anchor.position_us);
        stage.tell(&Update::Media(Media::Service(Some(Box::new(service)))));
        stage.tell(&Update::Media(Media::Player(Some(Box::new(player)))));
        stage.tell(&Update::Media(Media::Position(position)));
        stage.pixels();
        self.answer(stage);
    }
}
