//! Podcasts: what is new in their feeds, and episodes on the disk, to be heard without a network.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use tandem_library::{EpisodeSource, Imported, ItemId, Kind, Library, LibraryError, Subscription};
use tandem_lists::ListError;
use thiserror::Error;
use tokio::sync::{Mutex, Semaphore};
use tracing::{debug, warn};

use crate::fetch::{self, Document, FetchError, Fetched, Fetcher, Limits, Progress, Validators};
use crate::streams::wait_before_retry;

/// How many feeds are asked at once.
const REFRESHED_AT_ONCE: usize = 4;
const DOWNLOADED_AT_ONCE: usize = 2;
/// Tries after the first, of a download that may yet succeed.
const DOWNLOAD_RETRIES: u32 = 40;
const FOLDER: &str = "episodes";

#[derive(Debug, Error)]
pub enum PodcastError {
    #[error("it does not come")]
    Fetch(#[from] FetchError),
    #[error("it is no feed")]
    Feed(#[source] ListError),
    #[error("it is no list of podcasts")]
    Subscriptions(#[source] ListError),
    #[error("the library did not take it")]
    Library(#[from] LibraryError),
    #[error("there is no episode {0}")]
    NoEpisode(ItemId),
    #[error("the podcasts are being refreshed already")]
    Refreshing,
    #[error("it was stopped")]
    Stopped,
}

impl PodcastError {
    /// One sentence for the driver.
    pub fn sentence(&self) -> String {
        match self {
            Self::Fetch(FetchError::TooLarge { .. }) => "The podcast's feed or episode has no end".to_owned(),
            Self::Fetch(error) => error.sentence().to_owned(),
            Self::Feed(ListError::WebPage) => FetchError::WebPage.sentence().to_owned(),
            Self::Feed(_) => "The podcast's feed makes no sense".to_owned(),
            Self::Subscriptions(_) => "This is not a list of podcasts".to_owned(),
            Self::Library(LibraryError::Full(_)) => FetchError::DiskFull.sentence().to_owned(),
            Self::Library(_) => "The library could not be changed".to_owned(),
            Self::NoEpisode(_) => "There is no such episode".to_owned(),
            Self::Refreshing => "The podcasts are being refreshed already".to_owned(),
            Self::Stopped => FetchError::Stopped.sentence().to_owned(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    pub new_episodes: u32,
    /// Podcasts that could not be asked; the library knows why.
    pub failed: u32,
}

#[derive(Clone)]
pub struct Podcasts {
    library: Library,
    fetcher: Fetcher,
    folder: PathBuf,
    /// Of feeds, and of episodes.
    limits: (Limits, Limits),
    downloads: Arc<Semaphore>,
    refresh: Arc<Mutex<()>>,
}

impl Podcasts {
    /// Over a library; episodes lie in a folder below `state`.
    pub fn new(library: Library, state: &Path) -> Self {
        Self::within(library, state, Limits::LIST, Limits::EPISODE)
    }

    fn within(library: Library, state: &Path, feeds: Limits, episodes: Limits) -> Self {
        let downloads = Arc::new(Semaphore::new(DOWNLOADED_AT_ONCE));
        let folder = state.join(FOLDER);
        Self { library, fetcher: Fetcher, folder, limits: (feeds, episodes), downloads, refresh: Arc::default() }
    }

    /// Subscribes; the episodes come with a refresh.
    ///
    /// # Errors
    /// [`PodcastError::Library`], also if this is no http(s) address.
    pub async fn subscribe(&self, url: &str) -> Result<ItemId, PodcastError> {
        Ok(self.library.subscribe(url.trim(), "").await?)
    }

    /// Subscribes to what an OPML list names.
    ///
    /// # Errors
    /// [`PodcastError::Subscriptions`] if it is none.
    pub async fn import(&self, opml: &[u8]) -> Result<Imported, PodcastError> {
        let listed = tandem_lists::opml(opml).map_err(PodcastError::Subscriptions)?;
        let before = self.library.podcasts().await?.len();
        let mut imported = Imported::default();
        for subscription in &listed {
            match self.library.subscribe(&subscription.url, &subscription.title).await {
                Ok(_) => imported.known += 1,
                Err(LibraryError::Address(_)) => imported.refused += 1,
                Err(error) => return Err(error.into()),
            }
        }
        let added = self.library.podcasts().await?.len().saturating_sub(before) as u32;
        imported.added = added.min(imported.known);
        imported.known -= imported.added;
        Ok(imported)
    }

    /// Asks all podcasts for new episodes, each as far as it can be asked.
    ///
    /// # Errors
    /// [`PodcastError::Refreshing`] and those of the library. A podcast that fails is counted, and noted in the library.
    pub async fn refresh_all(&self) -> Result<Refreshed, PodcastError> {
        let _alone = self.refresh.try_lock().map_err(|_| PodcastError::Refreshing)?;
        let podcasts = self.library.podcasts().await?;
        let refreshed = stream::iter(podcasts).map(|podcast| async move { self.refresh(&podcast).await });
        let results = refreshed.buffer_unordered(REFRESHED_AT_ONCE).collect::<Vec<_>>().await;
        let mut told = Refreshed::default();
        for result in results {
            match result {
                Ok(new) => told.new_episodes += new,
                Err(PodcastError::Library(full @ LibraryError::Full(_))) => return Err(full.into()),
                Err(_) => told.failed += 1,
            }
        }
        Ok(told)
    }

    /// Asks one podcast for new episodes; how many there are. Why it failed is noted in the library.
    ///
    /// # Errors
    /// [`PodcastError`].
    pub async fn refresh(&self, podcast: &Subscription) -> Result<u32, PodcastError> {
        let result = self.try_refresh(podcast).await;
        let why = result.as_ref().err().map(PodcastError::sentence).unwrap_or_default();
        if why != podcast.failed {
            self.library.refresh_failed(podcast.id, &why).await?;
        }
        result
    }

    async fn try_refresh(&self, podcast: &Subscription) -> Result<u32, PodcastError> {
        let known = Validators { etag: podcast.etag.clone(), last_modified: podcast.last_modified.clone() };
        let Fetched::Whole(document) = self.fetcher.get(&podcast.url, known, self.limits.0).await? else {
            return Ok(0);
        };
        let Document { bytes, validators, .. } = document;
        let feed = tokio::task::spawn_blocking(move || tandem_lists::feed(&bytes)).await;
        let feed = feed.map_err(|_| PodcastError::Stopped)?.map_err(PodcastError::Feed)?;
        Ok(self.library.refreshed(podcast.id, &feed, &validators.etag, &validators.last_modified).await?)
    }

    /// Fetches an episode; its file. It waits for its turn, goes on where it was cut, and stops when the future is dropped.
    ///
    /// # Errors
    /// [`PodcastError`]; what came is kept, unless the disk is full.
    pub async fn download(
        &self,
        id: ItemId,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<PathBuf, PodcastError> {
        let EpisodeSource { url, file, .. } = self.episode(id).await?.ok_or(PodcastError::NoEpisode(id))?;
        if let Some(file) = file
            && tokio::fs::try_exists(&file).await.unwrap_or(false)
        {
            return Ok(file);
        }
        let _turn = self.downloads.acquire().await.map_err(|_| PodcastError::Stopped)?;
        let made = tokio::fs::create_dir_all(&self.folder).await;
        made.map_err(|source| FetchError::File { path: self.folder.clone(), source })?;
        let file = self.file(id);
        self.fetcher.download(&url, &file, self.limits.1, progress).await?;
        self.library.downloaded(id, &file).await?;
        Ok(file)
    }

    /// The same, and again after a tunnel: what may pass by itself is tried so often that a lost network is outlasted for about ten minutes.
    ///
    /// # Errors
    /// [`PodcastError`] of the last try.
    pub async fn download_patiently(&self, id: ItemId) -> Result<PathBuf, PodcastError> {
        let mut failed = 0;
        loop {
            match self.download(id, |_| {}).await {
                Err(PodcastError::Fetch(error)) if error.may_pass() && failed < DOWNLOAD_RETRIES => {
                    debug!(episode = %id, failed, error = &error as &dyn std::error::Error, "an episode was cut");
                    tokio::time::sleep(wait_before_retry(failed)).await;
                    failed += 1;
                }
                other => return other,
            }
        }
    }

    /// Whether any episode may be fetched at all: some of the disk stays free for the library.
    ///
    /// # Errors
    /// [`FetchError::DiskFull`].
    pub fn check_space(&self) -> Result<(), PodcastError> {
        // The folder is made with the first episode.
        let state = self.folder.parent().unwrap_or(&self.folder);
        Ok(fetch::check_space(state, self.limits.1.keep_free)?)
    }

    /// Forgets a podcast and its episodes, or the file of an episode.
    ///
    /// # Errors
    /// [`PodcastError::Library`]. A file that cannot be deleted is none: [`Podcasts::tidy`] comes back to it.
    pub async fn forget(&self, id: ItemId) -> Result<(), PodcastError> {
        let held = if id.kind == Kind::Podcast { self.library.contents(id).await? } else { vec![id] };
        self.library.forget(id).await?;
        for episode in held {
            if let Err(error) = self.fetcher.remove(&self.file(episode)).await {
                warn!(%episode, %error, "an episode is forgotten but not deleted");
            }
        }
        Ok(())
    }

    /// Makes the folder and the library agree after a power cut: a whole file is taken in, and what nobody knows goes.
    ///
    /// # Errors
    /// Those of the library.
    pub async fn tidy(&self) -> Result<(), PodcastError> {
        let Ok(mut entries) = tokio::fs::read_dir(&self.folder).await else { return Ok(()) };
        while let Ok(Some(entry)) = entries.next_entry().await {
            let path = entry.path();
            let name = entry.file_name();
            let Some((row, end)) = name.to_str().and_then(|name| name.split_once('.')) else { continue };
            let Ok(row) = row.parse() else { continue };
            let id = ItemId { kind: Kind::Episode, row };
            match (self.episode(id).await?, end) {
                (None, _) => {
                    if let Err(error) = tokio::fs::remove_file(&path).await {
                        warn!(path = %path.display(), %error, "what belongs to no episode is not deleted");
                    }
                }
                (Some(EpisodeSource { file: None, .. }), "audio") => self.library.downloaded(id, &path).await?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn episode(&self, id: ItemId) -> Result<Option<EpisodeSource>, PodcastError> {
        if id.kind == Kind::Episode { Ok(self.library.episode(id).await?) } else { Ok(None) }
    }

    /// Named by us: what a feed says becomes no path.
    fn file(&self, id: ItemId) -> PathBuf {
        self.folder.join(format!("{}.audio", id.row))
    }
}
