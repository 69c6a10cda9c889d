//! The volumes of this machine in the library: taken in when they come, let go when they go, and scanned one at a time.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tandem_contracts::media::MediaError;
use tandem_library::{Covers, Library, Progress, ScanState, Stop, Volume, VolumeId, VolumeKind, covers, scan};
use tokio::sync::{mpsc, watch};
use tracing::{debug, info, warn};

use crate::actor::{Word, full};
use crate::finder::told;
use crate::mounts::{self, Change, Places};
use crate::state::Answer;

/// Wishes that may wait.
const WISHES: usize = 32;

/// What may be asked.
#[derive(Debug)]
pub enum Wish {
    /// Take a folder of this machine in and scan it; the id of its volume.
    Add { folder: PathBuf, answer: Answer<String> },
    /// Forget a volume and all that is known of it.
    Forget { volume: String, answer: Answer<()> },
    /// Scan one volume, or all that are here.
    Scan { volume: Option<String>, answer: Answer<()> },
}

/// The way to the volumes, for everybody around them.
#[derive(Clone)]
pub struct Door {
    pub wishes: mpsc::Sender<Wish>,
    /// The volumes that are here.
    pub here: watch::Receiver<Arc<Vec<Volume>>>,
    /// How far the scan is; of the last one if none runs.
    pub progress: watch::Receiver<Progress>,
}

/// See the module.
pub struct Volumes {
    library: Library,
    places: Places,
    changes: mpsc::Receiver<Change>,
    wishes: mpsc::Receiver<Wish>,
    here: watch::Sender<Arc<Vec<Volume>>>,
    progress: Arc<watch::Sender<Progress>>,
    words: mpsc::Sender<Word>,
    /// Volumes to be scanned, the next one first.
    queue: VecDeque<VolumeId>,
    scanning: Option<(VolumeId, Stop)>,
    finished: (mpsc::Sender<()>, mpsc::Receiver<()>),
    adding: Vec<(PathBuf, Answer<String>)>,
}

/// The two ends of the volumes, before there is anything behind them.
pub fn channels() -> (Door, Ends) {
    let (wishes, asked) = mpsc::channel(WISHES);
    let (here_sender, here) = watch::channel(Arc::new(Vec::new()));
    let nothing = Progress {
        volume: VolumeId(String::new()),
        state: ScanState::Idle,
        found: 0,
        done: 0,
        unreadable: 0,
        reason: String::new(),
    };
    let (progress_sender, progress) = watch::channel(nothing);
    (Door { wishes, here, progress }, Ends { wishes: asked, here: here_sender, progress: progress_sender })
}

/// The volumes' ends of the channels.
pub struct Ends {
    wishes: mpsc::Receiver<Wish>,
    here: watch::Sender<Arc<Vec<Volume>>>,
    progress: watch::Sender<Progress>,
}

impl Volumes {
    /// Begins to watch. Folders that were taken in earlier count as well as those of `places`; nothing else of the library is here before it is seen.
    ///
    /// # Errors
    /// The kernel does not tell of mounts.
    pub async fn new(library: Library, mut places: Places, ends: Ends, words: mpsc::Sender<Word>) -> io::Result<Self> {
        match library.volumes().await {
            Ok(known) => {
                for volume in known {
                    if volume.kind == VolumeKind::Local && !places.music.contains(&volume.root) {
                        places.music.push(volume.root.clone());
                    }
                    if volume.present
                        && let Err(error) = library.detach(&volume.id).await
                    {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "a volume of the last time is taken for present"
                        );
                    }
                }
            }
            Err(error) => warn!(error = &error as &dyn std::error::Error, "the known volumes cannot be read"),
        }
        let changes = mounts::watch(places.clone())?;
        let Ends { wishes, here, progress } = ends;
        Ok(Self {
            library,
            places,
            changes,
            wishes,
            here,
            progress: Arc::new(progress),
            words,
            queue: VecDeque::new(),
            scanning: None,
            finished: mpsc::channel(1),
            adding: Vec::new(),
        })
    }

    /// Runs until nobody is left to ask.
    pub async fn run(mut self) {
        loop {
            tokio::select! {
                Some(change) = self.changes.recv() => match change {
                    Change::Attached(volume) => self.attach(volume).await,
                    Change::Detached(id) => self.detach(&id).await,
                },
                Some(()) = self.finished.1.recv() => self.scanning = None,
                wish = self.wishes.recv() => match wish {
                    Some(wish) => self.grant(wish).await,
                    None => break,
                },
            }
            self.scan_next();
        }
        if let Some((_, stop)) = self.scanning {
            stop.stop();
        }
    }

    async fn attach(&mut self, volume: Volume) {
        if !self.here.borrow().contains(&volume) {
            info!(kind = ?volume.kind, "a volume is here");
            if let Err(error) = self.library.attach(&volume).await {
                warn!(error = &error as &dyn std::error::Error, "a volume is not taken into the library");
            }
            self.here.send_modify(|here| {
                let here = Arc::make_mut(here);
                here.retain(|known| known.id != volume.id);
                here.push(volume.clone());
            });
            self.enqueue(volume.id.clone());
            // The actor ends only with the service.
            drop(self.words.send(Word::Came).await);
        }
        let (answered, waiting) =
            std::mem::take(&mut self.adding).into_iter().partition(|(root, _)| *root == volume.root);
        self.adding = waiting;
        let answered: Vec<(PathBuf, Answer<String>)> = answered;
        for (_, answer) in answered {
            drop(answer.send(Ok(volume.id.0.clone())));
        }
    }

    async fn detach(&mut self, id: &VolumeId) {
        info!("a volume is gone");
        self.leave(id).await;
        if let Err(error) = self.library.detach(id).await {
            warn!(error = &error as &dyn std::error::Error, "the library still takes a volume for present");
        }
    }

    /// Stops using a volume.
    async fn leave(&mut self, id: &VolumeId) {
        self.queue.retain(|queued| queued != id);
        if let Some((_, stop)) = self.scanning.as_ref().filter(|(scanned, _)| scanned == id) {
            stop.stop();
        }
        self.here.send_modify(|here| Arc::make_mut(here).retain(|volume| volume.id != *id));
        drop(self.words.send(Word::Gone { volume: id.0.clone() }).await);
    }

    async fn grant(&mut self, wish: Wish) {
        // Whoever does not wait for the answer any more needs none.
        match wish {
            Wish::Add { folder, answer } => self.add(folder, answer),
            Wish::Forget { volume, answer } => drop(answer.send(self.forget(&VolumeId(volume)).await)),
            Wish::Scan { volume, answer } => drop(answer.send(self.ask_for_scan(volume))),
        }
    }

    fn add(&mut self, folder: PathBuf, answer: Answer<String>) {
        if !self.places.music.contains(&folder) {
            self.places.music.push(folder.clone());
        }
        if let Err(refused) = self.watch_anew() {
            return drop(answer.send(Err(refused)));
        }
        self.adding.retain(|(_, answer)| !answer.is_closed());
        self.adding.push((folder, answer));
    }

    /// All that is here is told again.
    fn watch_anew(&mut self) -> Result<(), MediaError> {
        let watched = mounts::watch(self.places.clone());
        self.changes =
            watched.map_err(|error| MediaError::NotAvailable(format!("the folders cannot be watched: {error}")))?;
        Ok(())
    }

    async fn forget(&mut self, id: &VolumeId) -> Result<(), MediaError> {
        let known = self.library.volumes().await.map_err(told)?;
        let volume = known.into_iter().find(|volume| volume.id == *id);
        let volume = volume.ok_or_else(|| MediaError::NotFound(format!("there is no source {:?}", id.0)))?;
        if self.scanning.as_ref().is_some_and(|(scanned, _)| scanned == id) {
            self.leave(id).await;
            // Its last batch may still be written.
            self.finished.1.recv().await;
            self.scanning = None;
        } else {
            self.leave(id).await;
        }
        if volume.kind == VolumeKind::Local {
            self.places.music.retain(|folder| *folder != volume.root);
            self.watch_anew()?;
        }
        self.library.forget_volume(id).await.map_err(told)
    }

    fn ask_for_scan(&mut self, volume: Option<String>) -> Result<(), MediaError> {
        let here = self.here.borrow().clone();
        match volume {
            None => here.iter().for_each(|volume| self.enqueue(volume.id.clone())),
            Some(id) if here.iter().any(|volume| volume.id.0 == id) => self.enqueue(VolumeId(id)),
            Some(id) => return Err(MediaError::NotAvailable(format!("the source {id:?} is not here"))),
        }
        Ok(())
    }

    fn enqueue(&mut self, id: VolumeId) {
        if !self.queue.contains(&id) {
            self.queue.push_back(id);
        }
    }

    fn scan_next(&mut self) {
        if self.scanning.is_some() {
            return;
        }
        let here = self.here.borrow().clone();
        while let Some(id) = self.queue.pop_front() {
            let Some(volume) = here.iter().find(|volume| volume.id == id).cloned() else { continue };
            let stop = Stop::new();
            self.scanning = Some((id, stop.clone()));
            let (library, progress, finished) =
                (self.library.clone(), Arc::clone(&self.progress), self.finished.0.clone());
            let words = self.words.clone();
            tokio::spawn(async move {
                scan_one(&library, &volume, &stop, &progress).await;
                // Nobody waits for it when the service ends.
                let _ = finished.send(()).await;
                // The next volume's music does not wait for the covers of this one; a pulled stick ends them by itself.
                if find_covers(&library, &volume, &stop).await {
                    drop(words.send(Word::Covered).await);
                }
            });
            return;
        }
    }
}

async fn scan_one(library: &Library, volume: &Volume, stop: &Stop, progress: &Arc<watch::Sender<Progress>>) {
    let teller = Arc::clone(progress);
    match scan(library, volume, stop, move |progress| drop(teller.send_replace(progress))).await {
        Ok(done) => {
            info!(found = done.found, unreadable = done.unreadable, "a scan is done");
            progress.send_replace(done);
        }
        Err(error) => {
            warn!(error = &error as &dyn std::error::Error, "a scan ended early");
            let reason = sentence(&full(&error));
            progress.send_modify(|progress| {
                (progress.volume, progress.state, progress.reason) = (volume.id.clone(), ScanState::Failed, reason);
            });
        }
    }
}

/// Whether there may be covers that were not there before.
async fn find_covers(library: &Library, volume: &Volume, stop: &Stop) -> bool {
    match covers(library, volume, stop).await {
        Ok(Covers { looked, found, refused }) => {
            debug!(looked, found, refused, "covers were looked for");
            found > 0
        }
        Err(error) => {
            debug!(error = &error as &dyn std::error::Error, "the search for covers ended early");
            true
        }
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The folder that a path names, as the volumes know it.
///
/// # Errors
/// [`MediaError::Invalid`] or [`MediaError::NotFound`].
pub fn folder(path: &str) -> Result<PathBuf, MediaError> {
    let path = Path::new(path);
    if !path.is_absolute() {
        return Err(MediaError::Invalid(format!("{} is no absolute path", path.display())));
    }
    let root = path.canonicalize().map_err(|error| MediaError::NotFound(format!("{}: {error}", path.display())))?;
    std::fs::read_dir(&root).map_err(|error| MediaError::NotFound(format!("{}: {error}", path.display())))?;
    if root.parent().is_none() {
        return Err(MediaError::Invalid("the whole machine is no folder of music".into()));
    }
    Ok(root)
}
