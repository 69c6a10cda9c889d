//! Brings the library up to date with a volume: what is new or changed is read, what is the same is not touched.

mod covers;
mod lists;
mod readers;

use crate::Library;
pub use covers::{Covers, covers};

use crate::art::ArtError;
use crate::error::LibraryError;
use crate::model::{Progress, ScanState, Scanned, Volume};
use crate::walk::{Bound, Looks, Root, Walk, WalkError, Walked, unwritten, walk, written};
use crate::writer::ScanWriter;
use readers::{Outcome, Readers};
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::mpsc;

/// Files of the first transaction: something can be played as soon as these are in.
const FIRST: usize = 20;
/// Files of each later one.
const BATCH: usize = 500;
/// Files that the walk hands over at once.
const FOUND: usize = 64;

/// Ends a scan early; clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why a scan ended early. What was written before stays, and nothing was taken for deleted.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("the scan was stopped")]
    Stopped,
    #[error("the volume went away during the scan")]
    Gone,
    #[error("the volume cannot be read")]
    Root(#[source] WalkError),
    #[error("there is no thread to read files with")]
    Thread(#[source] io::Error),
    #[error("the covers cannot be kept")]
    Art(#[source] ArtError),
    #[error(transparent)]
    Library(#[from] LibraryError),
}

impl From<WalkError> for ScanError {
    fn from(error: WalkError) -> Self {
        match error {
            WalkError::Stopped => Self::Stopped,
            WalkError::Gone => Self::Gone,
            WalkError::Root { .. } => Self::Root(error),
        }
    }
}

/// Reads what is new on a volume into the library: the folders nearest to the root first, the first few files at once.
///
/// `progress` is told after every step, up to a few hundred times for a large volume; whoever shows it says how often that is done. A file that
/// was known and is not found any more is taken out only if the whole volume was walked, and not if the volume looks like an empty mount point.
///
/// # Errors
/// [`ScanError`]; the library is then as far as the scan came.
pub async fn scan(
    library: &Library,
    volume: &Volume,
    stop: &Stop,
    progress: impl Fn(Progress) + Send + Sync,
) -> Result<Progress, ScanError> {
    let root = Root::open(&volume.root)?;
    let readers = Readers::start(root.path()).map_err(ScanError::Thread)?;
    let writer = library.begin_scan(&volume.id).await?;
    let state = Progress {
        volume: volume.id.clone(),
        state: ScanState::Walking,
        found: 0,
        done: 0,
        unreadable: 0,
        reason: String::new(),
    };
    let found = Arc::new(AtomicU32::new(0));
    let mut scan = Scan {
        root,
        readers,
        writer,
        stop: stop.clone(),
        progress,
        state,
        found,
        seen: Seen::default(),
        pending: VecDeque::new(),
        put: 0,
        lost: 0,
    };
    scan.tell();
    let ended = scan.run().await;
    let Scan { writer, state, progress, .. } = scan;
    // What was put before a stick went is shown all the same.
    let finished = writer.finish().await;
    ended?;
    finished?;
    progress(state.clone());
    Ok(state)
}

struct Scan<P> {
    root: Root,
    readers: Readers,
    writer: ScanWriter,
    stop: Stop,
    progress: P,
    state: Progress,
    /// Music files, as the walk counts them ahead of the reading.
    found: Arc<AtomicU32>,
    seen: Seen,
    pending: VecDeque<Walked>,
    put: usize,
    /// Found by the walk, and deleted before they were read.
    lost: u32,
}

/// Which files were found: a hash of each path, for a hundred thousand paths are large. Two paths of one hash would at worst keep
/// one deleted file until the next scan.
#[derive(Default)]
struct Seen {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Seen {
    fn add(&mut self, path: &str) {
        self.hashes.insert(self.hasher.hash_one(path));
    }

    fn has(&self, path: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(path))
    }
}

impl<P: Fn(Progress) + Send + Sync> Scan<P> {
    async fn run(&mut self) -> Result<(), ScanError> {
        // Without a bound, so that the count is known soon: at most 200,000 paths, and on a volume that is known next to none of them wait.
        let (sender, mut chunks) = mpsc::unbounded_channel();
        let walking = tokio::task::spawn_blocking({
            let (root, stop, found) = (self.root.clone(), self.stop.clone(), self.found.clone());
            move || walk_in_chunks(&root, &stop, &found, &sender)
        });
        let mut playlists = Vec::new();
        let mut read: Vec<Scanned> = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            self.sort_out(chunk, &mut playlists);
            while self.pending.len() >= self.wanted() {
                let batch = self.pending.drain(..self.wanted()).collect();
                read = self.step(read, batch).await?;
            }
        }
        let walked = match walking.await {
            Ok(walked) => walked?,
            Err(_) => return Err(ScanError::Stopped),
        };
        self.state.state = ScanState::Reading;
        while !self.pending.is_empty() {
            let batch = self.pending.drain(..self.wanted().min(self.pending.len())).collect();
            read = self.step(read, batch).await?;
        }
        self.step(read, Vec::new()).await?;
        self.put_playlists(playlists).await?;
        if !self.root.is_there() {
            return Err(ScanError::Gone);
        }
        self.take_out(&walked).await?;
        self.state.state = ScanState::Done;
        self.state.reason = walked.bound.map(|bound| bound.to_string()).unwrap_or_default();
        Ok(())
    }

    fn wanted(&self) -> usize {
        if self.put == 0 { FIRST } else { BATCH }
    }

    /// What is unchanged is done; the rest waits to be read.
    fn sort_out(&mut self, chunk: Vec<Walked>, playlists: &mut Vec<Walked>) {
        for file in chunk {
            let path = written(&file.path);
            self.seen.add(&path);
            let unchanged = self
                .writer
                .known()
                .get(&path)
                .is_some_and(|known| known.size == file.size && known.mtime_ns == file.mtime_ns);
            match file.looks {
                Looks::Music if unchanged => self.state.done += 1,
                Looks::Music => self.pending.push_back(file),
                Looks::Playlist if unchanged => {}
                Looks::Playlist => playlists.push(file),
            }
        }
    }

    /// Writes what was read while the next files are being read.
    async fn step(&mut self, read: Vec<Scanned>, batch: Vec<Walked>) -> Result<Vec<Scanned>, ScanError> {
        if self.stop.is_stopped() {
            return Err(ScanError::Stopped);
        }
        let first = self.put == 0;
        self.put += batch.len();
        let count = u32::try_from(read.len()).unwrap_or(u32::MAX);
        let writing = async {
            match read.is_empty() {
                true => Ok(()),
                false => self.writer.put(read).await,
            }
        };
        let (written, outcomes) = tokio::join!(writing, self.readers.read(batch));
        written?;
        self.state.done += count;
        let mut read = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            match outcome {
                Outcome::Read(scanned) => {
                    self.state.unreadable += u32::from(scanned.tags.is_err());
                    read.push(scanned);
                }
                Outcome::Gone => self.lost += 1,
                Outcome::Failed(_) if !self.root.is_there() => return Err(ScanError::Gone),
                Outcome::Failed(scanned) => {
                    self.state.unreadable += 1;
                    read.push(scanned);
                }
            }
        }
        if first && !read.is_empty() {
            // Not with the next ones: a listener waits.
            let count = u32::try_from(read.len()).unwrap_or(u32::MAX);
            self.writer.put(std::mem::take(&mut read)).await?;
            self.state.done += count;
        }
        self.tell();
        Ok(read)
    }

    fn tell(&mut self) {
        self.state.found = self.found.load(Ordering::Acquire).saturating_sub(self.lost);
        (self.progress)(self.state.clone());
    }

    async fn put_playlists(&mut self, playlists: Vec<Walked>) -> Result<(), ScanError> {
        for file in playlists {
            if self.stop.is_stopped() {
                return Err(ScanError::Stopped);
            }
            let root = self.root.path().to_owned();
            let path = file.path.clone();
            let list = tokio::task::spawn_blocking(move || lists::read(&root, &path)).await.ok().flatten();
            if let Some(list) = list {
                self.writer.put_playlist(&written(&file.path), file.size, file.mtime_ns, &list).await?;
            } else if !self.root.is_there() {
                return Err(ScanError::Gone);
            }
        }
        Ok(())
    }

    async fn take_out(&mut self, walked: &Walk) -> Result<(), ScanError> {
        // A stick that was unmounted under us leaves its mount point: empty, and nobody deleted anything.
        let partial = matches!(walked.bound, Some(Bound::Files | Bound::Names));
        if partial || walked.names == 0 {
            return Ok(());
        }
        let unread: HashSet<_> = walked.unread.iter().map(|path| unwritten(path)).collect();
        let is_gone =
            |path: &&String| !self.seen.has(path) && !unwritten(path).ancestors().any(|place| unread.contains(place));
        let gone: Vec<String> = self.writer.known().keys().filter(is_gone).cloned().collect();
        for batch in gone.chunks(BATCH) {
            self.writer.gone(batch).await?;
        }
        Ok(())
    }
}

fn walk_in_chunks(
    root: &Root,
    stop: &Stop,
    music: &AtomicU32,
    found: &mpsc::UnboundedSender<Vec<Walked>>,
) -> Result<Walk, WalkError> {
    let mut chunk = Vec::with_capacity(FIRST);
    let mut size = FIRST;
    let walked = walk(root, |file| {
        if file.looks == Looks::Music {
            music.fetch_add(1, Ordering::AcqRel);
        }
        chunk.push(file);
        if chunk.len() < size {
            return true;
        }
        size = FOUND;
        found.send(std::mem::take(&mut chunk)).is_ok() && !stop.is_stopped()
    })?;
    // Nobody listens if the scan failed.
    drop(found.send(chunk));
    Ok(walked)
}
