//! `org.tandem.Media1`: reads go to the library, wishes to the actor and the volumes. Everything from the bus is hostile until it is looked at here.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tandem_contracts::driving::Flag;
use tandem_contracts::media::{
    self, Entry, Imported, Item, MAX_IMPORT, MAX_ROWS, MAX_TEXT, Match, MediaBackend, MediaError, Now, Page, QueuePage,
    ResumePoint, ScanProgress, Source, Trouble, Wanted,
};
use tandem_contracts::sessions;
use tandem_library::{ItemId, Kind, Library, Parent, View, VolumeId};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{info, warn};
use url::Url;

use crate::fetch::FetchError;
use crate::finder::{shown, told};
use crate::players::{self, Players};
use crate::podcasts::{PodcastError, Podcasts};
use crate::sources;
use crate::state::{Answer, Handle, Place, Playable, Request, Status};
use crate::volumes::{self, Wish};

/// Of one search.
const MOST_FOUND: u32 = 200;
/// Matches of a song from elsewhere.
const MATCHES: usize = 5;

/// The backend of `Media1`.
#[derive(Clone)]
pub struct Door {
    pub handle: Handle,
    pub library: Library,
    pub podcasts: Podcasts,
    pub players: Players,
    pub volumes: volumes::Door,
    /// Episodes that are being fetched.
    pub downloads: Arc<Mutex<HashMap<ItemId, JoinHandle<()>>>>,
}

fn ending() -> MediaError {
    MediaError::Bus(zbus::Error::Failure("the media service is ending".into()))
}

fn invalid(sentence: impl Into<String>) -> MediaError {
    MediaError::Invalid(sentence.into())
}

/// A text of a size that is looked at at all.
fn bounded(what: &str, text: &str) -> Result<(), MediaError> {
    let size = text.len();
    if size > MAX_TEXT {
        Err(invalid(format!("{what} of {size} bytes is longer than the {MAX_TEXT} that are taken")))
    } else {
        Ok(())
    }
}

fn item_id(id: &str) -> Result<ItemId, MediaError> {
    bounded("an id", id)?;
    id.parse().map_err(|()| MediaError::NotFound(format!("there is no {id:?}")))
}

fn view(word: &str) -> Result<View, MediaError> {
    bounded("a view", word)?;
    word.parse().map_err(|()| invalid(format!("there is no view {word:?}")))
}

fn podcasts_told(error: PodcastError) -> MediaError {
    let sentence = error.sentence();
    match error {
        PodcastError::Library(error) => told(error),
        PodcastError::NoEpisode(_) => MediaError::NotFound(sentence),
        PodcastError::Refreshing => MediaError::Busy(sentence),
        PodcastError::Feed(_) | PodcastError::Subscriptions(_) => MediaError::Invalid(sentence),
        PodcastError::Fetch(FetchError::DiskFull | FetchError::File { .. }) => MediaError::Storage(sentence),
        PodcastError::Fetch(_) | PodcastError::Stopped => MediaError::NotAvailable(sentence),
    }
}

impl Door {
    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, MediaError> {
        let (answer, reply) = oneshot::channel();
        self.handle.requests.send(request(answer)).await.map_err(|_| ending())?;
        reply.await.map_err(|_| ending())?
    }

    async fn wish<T>(&self, wish: impl FnOnce(Answer<T>) -> Wish) -> Result<T, MediaError> {
        let (answer, reply) = oneshot::channel();
        self.volumes.wishes.send(wish(answer)).await.map_err(|_| ending())?;
        reply.await.map_err(|_| ending())?
    }

    /// What is heard: our own, or another player that was chosen for as long as ours does not play.
    pub fn heard(&self) -> Now {
        let snapshot = self.handle.snapshot.borrow().clone();
        let Some(item) = self.players.chosen().filter(|_| snapshot.status != Status::Playing) else {
            return snapshot.now.clone();
        };
        let state = match self.players.status(&item.id) {
            Some(Status::Playing) => "playing",
            Some(Status::Paused) => "paused",
            Some(Status::Stopped) | None => "stopped",
        };
        let (source, source_kind, source_name) = (item.id.clone(), item.kind.clone(), item.title.clone());
        Now { item, state: state.into(), source, source_kind, source_name, ..Now::default() }
    }

    /// # Errors
    /// A flag of the rules that hold now forbids it.
    fn admit(&self, flag: Flag) -> Result<(), MediaError> {
        self.handle.rules.admit(flag).map_err(MediaError::Restricted)
    }

    /// Of what the views show: another one, too, when they are cut otherwise.
    pub fn generation(&self) -> u64 {
        self.seen_now(self.library.generation())
    }

    /// What was read under other rules is to be read again.
    fn seen_now(&self, generation: u64) -> u64 {
        generation.saturating_add(self.handle.rules.changes())
    }

    /// A queue's generation, and its length as far as it is shown: to `max_items` behind what plays.
    pub fn shown_queue(&self, generation: u64, total: u32, current: i32) -> (u64, u32) {
        let before = u32::try_from(current).unwrap_or(0);
        let most = self.handle.rules.restrictions().most_items();
        let shown = most.map_or(total, |most| total.min(before.saturating_add(most)));
        (self.seen_now(generation), shown)
    }

    /// How many rows there are of a list, and from a place on, as far as it is shown.
    fn shown_rows(&self, total: u32, offset: u32, limit: u32) -> (u32, u32) {
        let most = self.handle.rules.restrictions().most_items().unwrap_or(u32::MAX);
        (total.min(most), limit.min(most.saturating_sub(offset)))
    }

    /// The texts of an item as far as they are shown.
    fn shown_item(&self, item: Item) -> Item {
        let rules = self.handle.rules.restrictions();
        let Item { title, artist, album, .. } = &item;
        Item { title: rules.cut(title), artist: rules.cut(artist), album: rules.cut(album), ..item }
    }

    /// The phone service plays what was shared with it, and nobody typed that.
    async fn admit_address(&self, caller: &str) -> Result<(), MediaError> {
        match self.admit(Flag::NoKeyboard) {
            Err(_) if self.players.is_of(caller, sessions::NAME).await => Ok(()),
            admitted => admitted,
        }
    }

    async fn parent(&self, view: View, parent: &str) -> Result<Parent, MediaError> {
        bounded("an id", parent)?;
        match (view, parent) {
            (_, "") | (View::Stations, sources::RADIO) | (View::Podcasts, sources::PODCASTS) => return Ok(Parent::All),
            _ => {}
        }
        if let Ok(id) = parent.parse::<ItemId>() {
            return match id.kind.plays() {
                true => Err(invalid(format!("{parent:?} holds nothing"))),
                false => Ok(Parent::Item(id)),
            };
        }
        let known = self.library.volumes().await.map_err(told)?;
        let known = known.into_iter().any(|volume| volume.id.0 == parent);
        known
            .then(|| Parent::Volume(VolumeId(parent.to_owned())))
            .ok_or_else(|| MediaError::NotFound(format!("there is no {parent:?}")))
    }

    /// What an id plays, in playing order; at least one.
    async fn playables(&self, id: &str) -> Result<Vec<Playable>, MediaError> {
        bounded("an id", id)?;
        if let Ok(id) = id.parse::<ItemId>() {
            let item = self.library.item(id).await.map_err(told)?;
            let item = item.ok_or_else(|| MediaError::NotFound(format!("there is no {id}")))?;
            if id.kind.plays() {
                return match item.uri {
                    Some(_) => Ok(vec![Playable::Item(id)]),
                    None => Err(MediaError::NotAvailable(item.reason)),
                };
            }
            let held = self.library.contents(id).await.map_err(told)?;
            if held.is_empty() {
                return Err(MediaError::NotAvailable(format!("{} holds nothing that plays", item.title)));
            }
            return Ok(held.into_iter().map(Playable::Item).collect());
        }
        match Url::parse(id) {
            Ok(url) if matches!(url.scheme(), "http" | "https" | "file") => Ok(vec![Playable::Address(url.into())]),
            _ => Err(MediaError::NotFound(format!("there is no {id:?}"))),
        }
    }

    /// Podcasts whose feeds did not come say why; what is known of them plays all the same.
    async fn tell_failed(&self, rows: &mut [Item]) -> Result<(), MediaError> {
        let podcasts = self.library.podcasts().await.map_err(told)?;
        let failed: HashMap<String, String> =
            podcasts.into_iter().map(|podcast| (podcast.id.to_string(), podcast.failed)).collect();
        for row in rows {
            if let Some(why) = failed.get(&row.id).filter(|why| !why.is_empty()) {
                (row.trouble, row.reason) = (Trouble::Network.word().to_owned(), why.clone());
            }
        }
        Ok(())
    }

    async fn enqueue_all(&self, playables: Vec<Playable>, place: Place) -> Result<u64, MediaError> {
        self.ask(|answer| Request::Queue { playables, place, answer }).await
    }

    /// Does something that takes long; how it goes is told elsewhere.
    fn start(
        what: &'static str,
        work: impl Future<Output = Result<(), PodcastError>> + Send + 'static,
    ) -> JoinHandle<()> {
        tokio::spawn(async move {
            match work.await {
                Ok(()) => info!(what, "done"),
                Err(error) => warn!(what, error = &error as &dyn std::error::Error, "failed"),
            }
        })
    }

    fn downloads(&self) -> MutexGuard<'_, HashMap<ItemId, JoinHandle<()>>> {
        self.downloads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is forgotten is not fetched any more.
    async fn stop_downloads(&self, id: ItemId) -> Result<(), MediaError> {
        let held = if id.kind == Kind::Podcast { self.library.contents(id).await.map_err(told)? } else { vec![id] };
        let running: Vec<_> = held.iter().filter_map(|id| self.downloads().remove(id)).collect();
        for download in running {
            download.abort();
            // It ended, or was ended.
            let _ = download.await;
        }
        Ok(())
    }
}

impl MediaBackend for Door {
    async fn page(&self, word: String, parent: String, offset: u32, limit: u32) -> Result<Page, MediaError> {
        let limit = limit.min(MAX_ROWS);
        let depth = if parent.is_empty() { 1 } else { 2 };
        if self.handle.rules.restrictions().most_depth().is_some_and(|most| depth > most) {
            self.admit(Flag::LimitContent)?;
        }
        if word == "players" {
            let items = self.players.items();
            let all = items.len() as u32;
            let (total, limit) = self.shown_rows(all, offset, limit);
            let rows = items.into_iter().skip(offset as usize).take(limit as usize);
            let rows = rows.map(|item| self.shown_item(item)).collect();
            return Ok(Page { generation: self.generation(), total, offset, rows, left_out: all - total });
        }
        let view = view(&word)?;
        let parent = self.parent(view, &parent).await?;
        let page = self.library.page(view, &parent, offset, limit).await.map_err(told)?;
        let (total, limit) = self.shown_rows(page.total, offset, limit);
        let rows = page.rows.into_iter().take(limit as usize);
        let mut rows: Vec<Item> = rows.map(|item| self.shown_item(shown(item))).collect();
        if view == View::Podcasts {
            self.tell_failed(&mut rows).await?;
        }
        Ok(Page { generation: self.seen_now(page.generation), total, offset, rows, left_out: page.total - total })
    }

    async fn search(&self, text: String, limit: u32) -> Result<Vec<Item>, MediaError> {
        bounded("a text", &text)?;
        self.admit(Flag::NoKeyboard)?;
        let (_, limit) = self.shown_rows(0, 0, limit.min(MOST_FOUND));
        let found = self.library.search(&text, limit).await.map_err(told)?;
        Ok(found.into_iter().map(|item| self.shown_item(shown(item))).collect())
    }

    async fn resolve(&self, wanted: Wanted) -> Result<Vec<Match>, MediaError> {
        for text in [&wanted.title, &wanted.artist, &wanted.album, &wanted.url] {
            bounded("a text", text)?;
        }
        let wanted = tandem_library::Wanted {
            title: wanted.title,
            artist: wanted.artist,
            album: wanted.album,
            length_us: (wanted.length_us > 0).then_some(wanted.length_us),
            url: wanted.url,
        };
        let found = self.library.resolve(&wanted).await.map_err(told)?;
        Ok(found.into_iter().take(MATCHES).map(|found| Match { item: shown(found.item), score: found.score }).collect())
    }

    async fn play(&self, id: String, position_us: i64, caller: String) -> Result<(), MediaError> {
        bounded("an id", &id)?;
        if id.starts_with("player:") {
            return self.players.order(&id, players::Order::Play).await;
        }
        if position_us < -1 {
            return Err(invalid("a position before the start is no position"));
        }
        let playables = self.playables(&id).await?;
        if has_address(&playables) {
            self.admit_address(&caller).await?;
        }
        self.enqueue_all(playables, Place::Instead { index: 0, position_us }).await.map(drop)
    }

    async fn steer_player(&self, id: String, order: String) -> Result<(), MediaError> {
        bounded("an id", &id)?;
        let order = match order.as_str() {
            "play" => players::Order::Play,
            "pause" => players::Order::Pause,
            "next" => players::Order::Next,
            "previous" => players::Order::Previous,
            _ => return Err(invalid("a player is told to `play`, `pause`, or go to the `next` or `previous`")),
        };
        self.players.order(&id, order).await
    }

    async fn play_view(&self, word: String, parent: String, index: u32) -> Result<(), MediaError> {
        let view = view(&word)?;
        let parent = self.parent(view, &parent).await?;
        let ids = self.library.ids(view, &parent).await.map_err(told)?;
        if index as usize >= ids.len() {
            return Err(invalid(format!("the view plays {} items, and none at {index}", ids.len())));
        }
        let playables = ids.into_iter().map(Playable::Item).collect();
        self.enqueue_all(playables, Place::Instead { index: index as usize, position_us: -1 }).await.map(drop)
    }

    async fn queue(&self, offset: u32, limit: u32) -> Result<QueuePage, MediaError> {
        let page = self.ask(|answer| Request::QueuePage { offset, limit: limit.min(MAX_ROWS), answer }).await?;
        let (generation, total) = self.shown_queue(page.generation, page.total, page.current);
        let entries = page.entries.into_iter().take(total.saturating_sub(offset) as usize);
        let entries = entries.map(|Entry { entry, item }| Entry { entry, item: self.shown_item(item) }).collect();
        Ok(QueuePage { generation, total, entries, left_out: page.total - total, ..page })
    }

    async fn enqueue(&self, id: String, place: String) -> Result<u64, MediaError> {
        let place = match place.as_str() {
            "next" => Place::Next,
            "last" => Place::Last,
            _ => return Err(invalid("the place is `next` or `last`")),
        };
        let playables = self.playables(&id).await?;
        if has_address(&playables) {
            self.admit(Flag::NoKeyboard)?;
        }
        self.enqueue_all(playables, place).await
    }

    async fn jump_to(&self, entry: u64) -> Result<(), MediaError> {
        self.ask(|answer| Request::JumpTo { entry, answer }).await
    }

    async fn move_entry(&self, entry: u64, to: u32) -> Result<(), MediaError> {
        self.ask(|answer| Request::Move { entry, to, answer }).await
    }

    async fn remove_entry(&self, entry: u64) -> Result<(), MediaError> {
        self.ask(|answer| Request::Remove { entry, answer }).await
    }

    async fn clear_queue(&self) -> Result<(), MediaError> {
        self.ask(|answer| Request::Clear { answer }).await
    }

    async fn sources(&self) -> Result<Vec<Source>, MediaError> {
        sources::all(&self.library, &self.players).await.map_err(told)
    }

    async fn add_folder(&self, path: String) -> Result<String, MediaError> {
        bounded("a path", &path)?;
        self.admit(Flag::NoSetup)?;
        let folder = tokio::task::spawn_blocking(move || volumes::folder(&path)).await.map_err(|_| ending())??;
        self.wish(|answer| Wish::Add { folder, answer }).await
    }

    async fn forget_source(&self, source: String) -> Result<(), MediaError> {
        bounded("an id", &source)?;
        self.admit(Flag::NoSetup)?;
        self.wish(|answer| Wish::Forget { volume: source, answer }).await
    }

    async fn scan(&self, source: String) -> Result<(), MediaError> {
        bounded("an id", &source)?;
        let volume = Some(source).filter(|source| !source.is_empty());
        if let Some(id) = &volume {
            let known = self.library.volumes().await.map_err(told)?;
            if !known.iter().any(|volume| volume.id.0 == *id) {
                return Err(MediaError::NotFound(format!("there is no source {id:?}")));
            }
        }
        self.wish(|answer| Wish::Scan { volume, answer }).await
    }

    async fn import_stations(&self, text: String) -> Result<Imported, MediaError> {
        self.admit(Flag::NoSetup)?;
        let text = importable(text)?;
        let read = tokio::task::spawn_blocking(move || tandem_lists::stations(&text)).await.map_err(|_| ending())?;
        let (stations, refused) = read.map_err(|error| invalid(format!("this is no list of stations: {error}")))?;
        let imported = self.library.import_stations(&stations).await.map_err(told)?;
        Ok(Imported { added: imported.added, known: imported.known, refused: imported.refused.saturating_add(refused) })
    }

    async fn import_subscriptions(&self, text: String) -> Result<Imported, MediaError> {
        self.admit(Flag::NoSetup)?;
        let text = importable(text)?;
        let imported = self.podcasts.import(&text).await.map_err(podcasts_told)?;
        Ok(Imported { added: imported.added, known: imported.known, refused: imported.refused })
    }

    async fn subscribe_podcast(&self, url: String) -> Result<String, MediaError> {
        bounded("an address", &url)?;
        self.admit(Flag::NoSetup)?;
        self.admit(Flag::NoKeyboard)?;
        let id = self.podcasts.subscribe(&url).await.map_err(podcasts_told)?;
        let podcasts = self.podcasts.clone();
        let library = self.library.clone();
        Self::start("refreshing a new podcast", async move {
            let all = library.podcasts().await?;
            match all.iter().find(|podcast| podcast.id == id) {
                Some(podcast) => podcasts.refresh(podcast).await.map(drop),
                None => Ok(()),
            }
        });
        Ok(id.to_string())
    }

    async fn refresh_podcasts(&self) -> Result<(), MediaError> {
        let podcasts = self.podcasts.clone();
        Self::start("refreshing the podcasts", async move { podcasts.refresh_all().await.map(drop) });
        Ok(())
    }

    async fn download(&self, id: String) -> Result<(), MediaError> {
        let id = item_id(&id)?;
        let known = self.library.item(id).await.map_err(told)?;
        if id.kind != Kind::Episode || known.is_none() {
            return Err(MediaError::NotFound(format!("there is no episode {id}")));
        }
        self.podcasts.check_space().map_err(podcasts_told)?;
        let mut running = self.downloads();
        running.entry(id).or_insert_with(|| {
            let (podcasts, downloads) = (self.podcasts.clone(), Arc::clone(&self.downloads));
            Self::start("fetching an episode", async move {
                let fetched = podcasts.download_patiently(id).await;
                downloads.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                fetched.map(drop)
            })
        });
        Ok(())
    }

    async fn forget(&self, id: String) -> Result<(), MediaError> {
        self.admit(Flag::NoSetup)?;
        let id = item_id(&id)?;
        if self.library.item(id).await.map_err(told)?.is_none() {
            return Err(MediaError::NotFound(format!("there is no {id}")));
        }
        match id.kind {
            Kind::Station => self.library.forget(id).await.map_err(told),
            Kind::Podcast | Kind::Episode => {
                self.stop_downloads(id).await?;
                self.podcasts.forget(id).await.map_err(podcasts_told)
            }
            _ => Err(invalid("only stations, podcasts and episodes are forgotten one by one")),
        }
    }

    async fn resume_points(&self, limit: u32) -> Result<Vec<ResumePoint>, MediaError> {
        let (_, limit) = self.shown_rows(0, 0, limit.min(MAX_ROWS));
        let points = self.library.resume_points(limit).await.map_err(told)?;
        let point = |point: tandem_library::ResumePoint| ResumePoint {
            item: self.shown_item(shown(point.item)),
            position_us: point.position_us,
            heard_at: point.heard_at_unix,
        };
        Ok(points.into_iter().map(point).collect())
    }

    async fn set_replay_gain(&self, mode: String) -> Result<(), MediaError> {
        let mode = mode.parse().map_err(|()| invalid("loudness is evened `off`, `track` or `album`"))?;
        self.handle.requests.send(Request::ReplayGain(mode)).await.map_err(|_| ending())
    }

    fn now(&self) -> Now {
        self.heard()
    }

    fn scan_progress(&self) -> ScanProgress {
        progress(&self.volumes.progress.borrow())
    }

    fn replay_gain(&self) -> String {
        self.handle.snapshot.borrow().gain.word().to_owned()
    }

    fn sound_device(&self) -> String {
        self.handle.snapshot.borrow().sink.clone()
    }

    fn is_kept(&self) -> bool {
        self.library.is_kept()
    }
}

/// Whether somebody named an address in place of something that is known.
fn has_address(playables: &[Playable]) -> bool {
    playables.iter().any(|playable| matches!(playable, Playable::Address(_)))
}

fn importable(text: String) -> Result<Vec<u8>, MediaError> {
    let size = text.len();
    if size > MAX_IMPORT {
        return Err(invalid(format!("a list of {size} bytes is larger than the {MAX_IMPORT} that are taken")));
    }
    Ok(text.into_bytes())
}

/// A scan's progress as the bus tells it.
pub fn progress(progress: &tandem_library::Progress) -> media::ScanProgress {
    use tandem_library::ScanState;
    let state = match progress.state {
        ScanState::Idle => "idle",
        ScanState::Walking => "walking",
        ScanState::Reading => "reading",
        ScanState::Done => "done",
        ScanState::Failed => "failed",
    };
    ScanProgress {
        source: progress.volume.0.clone(),
        state: state.into(),
        found: progress.found,
        done: progress.done,
        unreadable: progress.unreadable,
        reason: progress.reason.clone(),
    }
}
