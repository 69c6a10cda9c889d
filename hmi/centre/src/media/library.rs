//! The library's page: a view, and what was opened in it, one below the other.

use std::path::Path;
use std::rc::Rc;

use slint::{ModelRc, VecModel};
use tandem_kit::MediaCommand;
use tandem_kit::media::{Item, Known, List, Pages, Rows, Source};

use crate::media::rows;
use crate::{MediaRow, Words};

/// The views in the order of the page.
pub(crate) const VIEWS: [&str; 10] =
    ["recent", "artists", ALBUMS, "tracks", "playlists", "genres", "folders", "stations", "podcasts", SOURCES];
const SOURCES: &str = "sources";
pub(crate) const ALBUMS: &str = "albums";
/// Folders in folders that may be open; what lies deeper takes the place of the deepest.
const MAX_LEVELS: usize = 32;

/// Makes the model of a list.
pub(crate) type Make = dyn Fn(List) -> Rc<Pages<MediaRow>>;

/// What a level lists.
enum Level {
    Pages(Rc<Pages<MediaRow>>),
    Sources(Rc<VecModel<MediaRow>>),
}

struct Open {
    place: Words,
    level: Level,
    /// How far it was scrolled when something in it was opened, pixels.
    scroll: f32,
}

/// What a tap on a row comes to.
#[derive(Debug, PartialEq)]
pub(crate) enum Tap {
    /// Another list is shown.
    Opened,
    Ask(MediaCommand),
    /// It cannot be had: what, and why.
    Away(Box<Item>),
    Nothing,
}

/// See the module.
pub(crate) struct Library {
    pub view: usize,
    levels: Vec<Open>,
    sources: Vec<Source>,
    make: Box<Make>,
}

impl Library {
    pub fn new(make: Box<Make>) -> Self {
        let mut library = Self { view: 0, levels: Vec::new(), sources: Vec::new(), make };
        library.open_view(1);
        library
    }

    pub fn open_view(&mut self, view: usize) {
        let Some(word) = VIEWS.get(view) else { return };
        self.view = view;
        let level = if *word == SOURCES {
            Level::Sources(Rc::new(VecModel::from_iter(self.sources.iter().map(rows::draw_source))))
        } else {
            Level::Pages((self.make)(List::View { view: (*word).to_owned(), parent: String::new() }))
        };
        self.levels = vec![Open { place: Words::default(), level, scroll: 0.0 }];
    }

    /// A tap on a row; `scroll` is how far the list was moved.
    pub fn open_row(&mut self, row: usize, scroll: f32) -> Tap {
        match self.levels.last().map(|open| &open.level) {
            Some(Level::Sources(_)) => {
                let Some(source) = self.sources.get(row) else { return Tap::Nothing };
                if source.kind == "player" {
                    return Tap::Ask(MediaCommand::Play(source.id.clone()));
                }
                let view = match source.kind.as_str() {
                    "radio" => "stations",
                    "podcasts" => "podcasts",
                    _ => "folders",
                };
                let (id, name) = (source.id.clone(), rows::words(&source.name));
                self.descend(view, id, name, scroll)
            }
            Some(Level::Pages(pages)) => {
                let index = u32::try_from(row).unwrap_or(u32::MAX);
                let Some(row) = pages.row(index) else { return Tap::Nothing };
                let list = pages.list();
                if rows::holds(&row.item.kind) {
                    return self.open_item(&row.item, scroll);
                }
                match list {
                    _ if !row.item.available => Tap::Away(Box::new(row.item)),
                    List::View { view, parent } => Tap::Ask(match played(pages, index) {
                        Some(index) => MediaCommand::PlayView { view, parent, index },
                        None => MediaCommand::Play(row.item.id),
                    }),
                    _ => Tap::Ask(MediaCommand::Play(row.item.id)),
                }
            }
            None => Tap::Nothing,
        }
    }

    /// The item in a row, if it may be played or queued.
    pub fn item(&self, row: u32) -> Option<Item> {
        match self.levels.last().map(|open| &open.level) {
            Some(Level::Pages(pages)) => pages.row(row).map(|row| row.item),
            Some(Level::Sources(_)) | None => None,
        }
    }

    /// Shows what an item holds.
    pub fn open_item(&mut self, item: &Item, scroll: f32) -> Tap {
        let view = match item.kind.as_str() {
            "artist" => ALBUMS,
            "folder" => "folders",
            "podcast" => "podcasts",
            _ => "tracks",
        };
        self.descend(view, item.id.clone(), rows::words(&item.title), scroll)
    }

    fn descend(&mut self, view: &str, parent: String, place: Words, scroll: f32) -> Tap {
        if self.levels.len() >= MAX_LEVELS {
            self.levels.pop();
        } else if let Some(open) = self.levels.last_mut() {
            open.scroll = scroll;
        }
        let level = Level::Pages((self.make)(List::View { view: view.to_owned(), parent }));
        self.levels.push(Open { place, level, scroll: 0.0 });
        Tap::Opened
    }

    /// One level up. Returns how far its list was moved.
    pub fn back(&mut self) -> f32 {
        if self.levels.len() > 1 {
            self.levels.pop();
        }
        self.levels.last().map_or(0.0, |open| open.scroll)
    }

    pub fn inside(&self) -> bool {
        self.levels.len() > 1
    }

    pub fn place(&self) -> Words {
        self.levels.last().map(|open| open.place.clone()).unwrap_or_default()
    }

    /// The list that is shown.
    pub fn model(&self) -> ModelRc<MediaRow> {
        match self.levels.last().map(|open| &open.level) {
            Some(Level::Pages(pages)) => ModelRc::from(Rc::clone(pages)),
            Some(Level::Sources(rows)) => ModelRc::from(Rc::clone(rows)),
            None => ModelRc::default(),
        }
    }

    /// Whether the list that is shown is one of albums.
    pub fn shows_covers(&self) -> bool {
        let list = self.levels.last().map(|open| &open.level);
        matches!(list, Some(Level::Pages(pages)) if matches!(pages.list(), List::View { view, .. } if view == ALBUMS))
    }

    /// Whether the list that is shown is in the order of its names.
    pub fn is_by_name(&self) -> bool {
        const NAMED: [&str; 7] = ["artists", ALBUMS, "tracks", "playlists", "genres", "stations", "podcasts"];
        match self.levels.last().map(|open| &open.level) {
            Some(Level::Pages(pages)) => {
                matches!(pages.list(), List::View { view, parent } if parent.is_empty() && NAMED.contains(&view.as_str()))
            }
            Some(Level::Sources(_)) | None => false,
        }
    }

    pub fn known(&self) -> Known {
        match self.levels.last().map(|open| &open.level) {
            Some(Level::Pages(pages)) => pages.known(),
            Some(Level::Sources(_)) => Known::Total(u32::try_from(self.sources.len()).unwrap_or(u32::MAX)),
            None => Known::Nothing,
        }
    }

    /// Rows of the list that is shown which may not be while the car moves.
    pub fn left_out(&self) -> u32 {
        match self.levels.last().map(|open| &open.level) {
            Some(Level::Pages(pages)) => pages.left_out(),
            Some(Level::Sources(_)) | None => 0,
        }
    }

    /// What the views show has changed: the levels above are read when they are shown again.
    pub fn reload(&self) {
        for pages in self.pages() {
            pages.reload();
        }
    }

    pub fn hear(&self, rows: &Rows) {
        for pages in self.pages() {
            pages.hear(rows);
            // Songs without an album have an artist all the same.
            if let (List::View { view, parent }, Known::Total(0)) = (pages.list(), pages.known())
                && view == ALBUMS
                && parent.starts_with("artist:")
            {
                pages.show(List::View { view: "tracks".to_owned(), parent });
            }
        }
    }

    pub fn set_sources(&mut self, sources: &[Source]) {
        if self.sources == sources {
            return;
        }
        self.sources = sources.to_vec();
        for open in &self.levels {
            if let Level::Sources(rows) = &open.level {
                rows.set_vec(self.sources.iter().map(rows::draw_source).collect::<Vec<_>>());
            }
        }
    }

    /// A picture came: rows that show it are drawn again.
    pub fn redraw(&self, art: &Path) {
        if let Some(Level::Pages(pages)) = self.levels.last().map(|open| &open.level) {
            pages.redraw(|row| rows::shows(row, art));
        }
    }

    fn pages(&self) -> impl Iterator<Item = &Rc<Pages<MediaRow>>> {
        self.levels.iter().filter_map(|open| match &open.level {
            Level::Pages(pages) => Some(pages),
            Level::Sources(_) => None,
        })
    }
}

/// The place among the rows that play: what holds others stands before them. None if the first rows are not here any more.
fn played(pages: &Pages<MediaRow>, index: u32) -> Option<u32> {
    let List::View { view, .. } = pages.list() else { return None };
    if view != "folders" {
        return Some(index);
    }
    for place in 0..index {
        if !rows::holds(&pages.row(place)?.item.kind) {
            return Some(index - place);
        }
    }
    Some(0)
}
