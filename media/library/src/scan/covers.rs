//! The second pass over a volume: covers. The music can be played long before, so this waits for everything else.

use super::{ScanError, Stop};
use crate::Library;
use crate::art::{self, ArtError, Bare, Cache};
use crate::model::Volume;
use crate::tags::{self, Unreadable};
use crate::walk::{Root, unwritten};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use tokio::sync::oneshot;

/// Bytes of all covers.
const ROOM: u64 = 256 << 20;
/// Tracks of a transaction, after a first small one.
const FIRST: u32 = 24;
const BATCH: u32 = 240;
/// What a thread's share of the processor is worth less than the sound's.
const NICE: i32 = 10;

/// How a search for covers went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Covers {
    /// Tracks that were looked at.
    pub looked: u32,
    /// Tracks that have a cover now.
    pub found: u32,
    /// Pictures that cannot be used: damaged, or too large.
    pub refused: u32,
}

/// Looks for the covers of the tracks of a volume that were scanned since this was done last: the picture in the file, else the one in its folder.
///
/// One search at a time; another one waits.
///
/// # Errors
/// [`ScanError`]; what was found before stays.
pub async fn covers(library: &Library, volume: &Volume, stop: &Stop) -> Result<Covers, ScanError> {
    let _turn = library.0.painting.lock().await;
    let root = Root::open(&volume.root)?;
    let folder = library.art_folder().to_owned();
    let cache = on_thread(move || Cache::open(&folder, ROOM)).await?.map_err(ScanError::Art)?;
    let mut painter = Painter { root, cache, folder: None, covers: Covers::default(), stop: stop.clone() };
    let (mut after, mut limit) = (0, FIRST);
    loop {
        let tracks = library.bare(&volume.id, after, limit).await?;
        let Some(last) = tracks.last() else { return Ok(painter.covers) };
        (after, limit) = (last.row, BATCH);
        let (back, found) = on_thread(move || {
            // If it is refused, the search is no slower for it.
            let _ = rustix::process::setpriority_process(None, NICE);
            let found = tracks.iter().map(|track| painter.paint(track)).collect::<Result<Vec<_>, _>>();
            (painter, found)
        })
        .await?;
        painter = back;
        library.put_art(&found?).await?;
        let dropped = painter.cache.dropped();
        if !dropped.is_empty() {
            library.drop_art(&dropped).await?;
        }
    }
}

/// A thread for tags, with the stack that they need.
async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ScanError> {
    let (answer, answered) = oneshot::channel();
    let named = thread::Builder::new().name(String::from("covers")).stack_size(tags::STACK);
    named.spawn(move || drop(answer.send(work()))).map_err(ScanError::Thread)?;
    answered.await.map_err(|_| ScanError::Thread(io::Error::other("it ended without a result")))
}

struct Painter {
    root: Root,
    cache: Cache,
    /// The cover of the folder that was looked at last.
    folder: Option<(PathBuf, Option<String>)>,
    covers: Covers,
    stop: Stop,
}

impl Painter {
    fn paint(&mut self, track: &Bare) -> Result<(i64, Option<String>), ScanError> {
        if self.stop.is_stopped() {
            return Err(ScanError::Stopped);
        }
        let path = self.root.path().join(unwritten(&track.path));
        let inside = match tags::picture(&path) {
            Ok(picture) => picture,
            Err(Unreadable::Io(_)) if !self.root.is_there() => return Err(ScanError::Gone),
            Err(_) => None,
        };
        let mut name = inside.map(|picture| self.keep(&picture)).transpose()?.flatten();
        if name.is_none() {
            name = self.of_folder(path.parent().unwrap_or(&path))?;
        }
        self.covers.looked += 1;
        self.covers.found += u32::from(name.is_some());
        Ok((track.row, name))
    }

    fn of_folder(&mut self, folder: &Path) -> Result<Option<String>, ScanError> {
        if let Some((_, name)) = self.folder.as_ref().filter(|(known, _)| known == folder) {
            return Ok(name.clone());
        }
        let name = match art::of_folder(folder).map(|path| art::read(&path)) {
            None => None,
            Some(Ok(picture)) => self.keep(&picture)?,
            Some(Err(_)) if !self.root.is_there() => return Err(ScanError::Gone),
            Some(Err(_)) => {
                self.covers.refused += 1;
                None
            }
        };
        self.folder = Some((folder.to_owned(), name.clone()));
        Ok(name)
    }

    /// A picture that cannot be used costs nobody his music.
    fn keep(&mut self, picture: &[u8]) -> Result<Option<String>, ScanError> {
        match self.cache.keep(picture) {
            Ok(name) => Ok(name),
            Err(error @ ArtError::Io(_)) => Err(ScanError::Art(error)),
            Err(_) => {
                self.covers.refused += 1;
                Ok(None)
            }
        }
    }
}
