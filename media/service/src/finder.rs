//! Asks the library what the entries of the queue are, on tasks of their own, and sends the answers where they are wanted.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tandem_contracts::media::{Entry, Item, MediaError, QueuePage, Trouble};
use tandem_library::{ItemId, Kind, Library, LibraryError, Volume, VolumeKind};
use tokio::sync::{mpsc, watch};
use tracing::warn;
use url::Url;

use crate::actor::Word;
use crate::core::{Facts, Obstacle, OnVolume};
use crate::facts;
use crate::fetch::{Fetcher, Limits};
use crate::queue::{Queue, Slot};
use crate::state::{Answer, Playable};
use crate::streams;
use crate::why::Why;

/// A library that takes longer is answered for.
const PATIENCE: Duration = Duration::from_secs(2);
/// So long a stick that fails may take to be seen as gone.
const CHECK_PATIENCE: Duration = Duration::from_secs(1);

/// The volumes that are here.
pub type Here = watch::Receiver<Arc<Vec<Volume>>>;

/// See the module.
#[derive(Clone)]
pub struct Finder {
    library: Library,
    volumes: Here,
}

impl Finder {
    pub fn new(library: Library, volumes: Here) -> Self {
        Self { library, volumes }
    }

    /// Looks an entry up; the answer is a [`Word::Found`], whatever happens.
    pub fn find(&self, entry: u64, what: Playable, words: mpsc::Sender<Word>) {
        let finder = self.clone();
        tokio::spawn(async move {
            let facts = finder.facts(&what).await;
            let stream = facts.uri.clone().filter(|_| facts.unresolved);
            // Without an actor nobody wants to know.
            drop(words.send(Word::Found { entry, facts: Box::new(facts.clone()) }).await);
            if let Some(address) = stream {
                let facts = Box::new(resolved(facts, &address).await);
                drop(words.send(Word::Found { entry, facts }).await);
            }
        });
    }

    async fn facts(&self, what: &Playable) -> Facts {
        let Playable::Item(id) = what else { return self.on_volume(facts::without_library(what).unwrap_or_default()) };
        let item = match tokio::time::timeout(PATIENCE, self.library.item(*id)).await {
            Ok(Ok(Some(item))) => item,
            Ok(Ok(None)) => return unknown(*id, forgotten()),
            Ok(Err(error)) => {
                warn!(error = &error as &dyn std::error::Error, "the library did not answer");
                return unknown(*id, Why::new(Trouble::Storage, "The library cannot be read"));
            }
            Err(_) => return unknown(*id, Why::new(Trouble::Storage, "The library does not answer")),
        };
        let network = item.uri.as_deref().is_some_and(|uri| uri.starts_with("http"));
        let source = match id.kind {
            Kind::Station => ("radio".to_owned(), "radio".to_owned(), String::new()),
            Kind::Episode => ("podcasts".to_owned(), "podcasts".to_owned(), String::new()),
            _ => Default::default(),
        };
        let resume_us = if id.kind == Kind::Episode { item.heard_us } else { 0 };
        let facts = Facts {
            id: Some(*id),
            uri: item.uri.clone(),
            network,
            live: id.kind == Kind::Station,
            unresolved: id.kind == Kind::Station,
            resume_us,
            source,
            item: shown(item),
            ..Facts::default()
        };
        self.on_volume(facts)
    }

    /// Adds the volume that a file lies on.
    fn on_volume(&self, mut facts: Facts) -> Facts {
        let path = facts.uri.as_deref().and_then(|uri| Url::parse(uri).ok()).and_then(|url| url.to_file_path().ok());
        let volumes = self.volumes.borrow().clone();
        let longest = |volume: &&Volume| volume.root.components().count();
        if let Some(volume) =
            path.and_then(|path| volumes.iter().filter(|volume| path.starts_with(&volume.root)).max_by_key(longest))
        {
            let usb = volume.kind == VolumeKind::Usb;
            if facts.source.0.is_empty() {
                let kind = if usb { "usb" } else { "local" };
                facts.source = (volume.id.0.clone(), kind.to_owned(), volume.name.clone());
            }
            facts.volume = Some(OnVolume { id: volume.id.0.clone(), name: volume.name.clone(), usb });
        }
        facts
    }

    /// Sees whether a volume is still here; the answer is a [`Word::Checked`], a stick that does not answer is gone.
    pub fn check(&self, entry: u64, volume: String, words: mpsc::Sender<Word>) {
        let root = self.volumes.borrow().iter().find(|known| known.id.0 == volume).map(|volume| volume.root.clone());
        tokio::spawn(async move {
            let looked = root.map(|root| tokio::task::spawn_blocking(move || has_anything(&root)));
            let present = match looked {
                Some(looked) => matches!(tokio::time::timeout(CHECK_PATIENCE, looked).await, Ok(Ok(true))),
                None => false,
            };
            drop(words.send(Word::Checked { entry, present }).await);
        });
    }

    /// Answers with a part of the queue.
    pub fn page(&self, queue: &Queue, offset: u32, limit: u32, answer: Answer<QueuePage>) {
        let start = (offset as usize).min(queue.len());
        let slots: Vec<Slot> = queue.slots().iter().skip(start).take(limit as usize).cloned().collect();
        let current = queue.current_place().and_then(|place| i32::try_from(place).ok()).unwrap_or(-1);
        let page = QueuePage {
            generation: queue.generation(),
            total: queue.len() as u32,
            offset,
            current,
            ..QueuePage::default()
        };
        let library = self.library.clone();
        tokio::spawn(async move {
            let entries = entries(&library, slots).await;
            drop(answer.send(entries.map(|entries| QueuePage { entries, ..page }).map_err(told)));
        });
    }
}

async fn entries(library: &Library, slots: Vec<Slot>) -> Result<Vec<Entry>, LibraryError> {
    let ids: Vec<ItemId> =
        slots.iter().filter_map(|slot| if let Playable::Item(id) = slot.what { Some(id) } else { None }).collect();
    let known: HashMap<ItemId, Item> =
        library.items(&ids).await?.into_iter().map(|item| (item.id, shown(item))).collect();
    let entry = |slot: Slot| {
        let item = match &slot.what {
            Playable::Item(id) => known.get(id).cloned().unwrap_or_else(|| gone(*id, &forgotten())),
            other => facts::without_library(other).unwrap_or_default().item,
        };
        Entry { entry: slot.entry, item }
    };
    Ok(slots.into_iter().map(entry).collect())
}

/// What the player is to open, after all the playlists that stations hide behind.
async fn resolved(facts: Facts, address: &str) -> Facts {
    let mut facts = Facts { unresolved: false, ..facts };
    match streams::find(&Fetcher, address, Limits::LIST).await {
        Ok(stream) => facts.uri = Some(stream.address),
        Err(error) => {
            let why = Why::new(error.trouble(), error.sentence());
            facts.obstacle = Some(if error.may_pass() { Obstacle::Passing(why) } else { Obstacle::Lasting(why) });
        }
    }
    facts
}

/// A pulled stick leaves its mount point empty, or takes it along.
fn has_anything(root: &Path) -> bool {
    std::fs::read_dir(root).is_ok_and(|mut entries| entries.any(|entry| entry.is_ok()))
}

fn forgotten() -> Why {
    Why::new(Trouble::Missing, "The library does not have it any more")
}

fn gone(id: ItemId, why: &Why) -> Item {
    why.on(Item { id: id.to_string(), kind: id.kind.word().into(), ..Item::default() })
}

fn unknown(id: ItemId, why: Why) -> Facts {
    Facts { item: gone(id, &why), id: Some(id), ..Facts::default() }
}

/// An item as the bus tells it.
pub fn shown(item: tandem_library::Item) -> Item {
    let trouble = match item.id.kind {
        _ if item.available => "",
        // What was marked as broken has a file.
        Kind::Track if item.uri.is_some() => Trouble::Unreadable.word(),
        Kind::Station | Kind::Episode => Trouble::Network.word(),
        _ => Trouble::Away.word(),
    };
    Item {
        trouble: trouble.to_owned(),
        id: item.id.to_string(),
        kind: item.id.kind.word().to_owned(),
        title: item.title,
        artist: item.artist,
        album: item.album,
        art: item.art.and_then(|path| Url::from_file_path(path).ok()).map(String::from).unwrap_or_default(),
        length_us: item.length_us.unwrap_or(0),
        count: item.count,
        heard_us: item.heard_us,
        available: item.available,
        reason: item.reason,
    }
}

/// A library's refusal as the bus tells it.
pub fn told(error: LibraryError) -> MediaError {
    let sentence = crate::actor::full(&error);
    match error {
        LibraryError::NoSuchItem(_) | LibraryError::NoSuchVolume(_) => MediaError::NotFound(sentence),
        LibraryError::Address(_) | LibraryError::TooLong { .. } | LibraryError::WrongKind(_) => {
            MediaError::Invalid(sentence)
        }
        LibraryError::Busy(_) | LibraryError::ScanRuns(_) => MediaError::Busy(sentence),
        _ => MediaError::Storage(sentence),
    }
}
