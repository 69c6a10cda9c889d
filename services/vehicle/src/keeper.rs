//! Writes last values down, on a thread of its own: a slow disk keeps nobody waiting.

use std::error::Error;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tandem_runtime::keep;
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::last_values::{self, LARGEST};
use crate::memory::LastValues;

/// How long the end of the service waits for the disk. Who started it waits 2 s.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// What the disk did not take is offered to it again so seldom.
const AGAIN: Duration = Duration::from_secs(60);

/// The way to the thread.
pub struct Keeper {
    desk: Arc<Desk>,
    ended: oneshot::Receiver<()>,
}

#[derive(Default)]
struct Desk {
    tray: Mutex<Tray>,
    news: Condvar,
}

/// What waits for the thread: the newest only.
#[derive(Default)]
struct Tray {
    newest: Option<LastValues>,
    ends: bool,
}

impl Keeper {
    /// Reads what this car's file in the folder holds, and starts the thread that writes it anew. What cannot be read is told, and set aside.
    ///
    /// # Errors
    /// The kernel gives us no thread.
    pub fn open(folder: &Path, car: &str) -> io::Result<(Self, LastValues)> {
        Self::with_patience(folder, car, AGAIN)
    }

    fn with_patience(folder: &Path, car: &str, again: Duration) -> io::Result<(Self, LastValues)> {
        let file = StateFile { path: folder.join(last_values::file_name(car)), car: car.to_owned(), failed: None };
        let known = file.read();
        let desk = Arc::new(Desk::default());
        let (end, ended) = oneshot::channel();
        let theirs = Arc::clone(&desk);
        std::thread::Builder::new().name("keeper".into()).spawn(move || {
            write_all(file, &theirs, again);
            drop(end);
        })?;
        Ok((Self { desk, ended }, known))
    }

    /// Has last values written down; never waits. Older ones that wait still are not needed any more.
    pub fn keep(&self, values: LastValues) {
        self.desk.tray().newest = Some(values);
        self.desk.news.notify_one();
    }

    /// Ends the thread when everything is written, or the disk takes too long.
    pub async fn end(self, rest: Option<LastValues>) {
        {
            let mut tray = self.desk.tray();
            tray.newest = rest.or(tray.newest.take());
            tray.ends = true;
        }
        self.desk.news.notify_one();
        if tokio::time::timeout(PATIENCE, self.ended).await.is_err() {
            warn!("the disk takes too long: the last values are perhaps not kept");
        }
    }
}

impl Desk {
    fn tray(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_all(mut file: StateFile, desk: &Desk, again: Duration) {
    loop {
        let mut tray = desk.tray();
        while tray.newest.is_none() && !tray.ends {
            if file.failed.is_none() {
                tray = desk.news.wait(tray).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (held, waited) = desk.news.wait_timeout(tray, again).unwrap_or_else(PoisonError::into_inner);
            tray = held;
            if waited.timed_out() {
                break;
            }
        }
        let (newest, ends) = (tray.newest.take(), tray.ends);
        drop(tray);
        match newest {
            Some(values) => file.write(values),
            None => file.write_what_failed(),
        }
        if ends {
            return;
        }
    }
}

struct StateFile {
    path: PathBuf,
    car: String,
    /// What the disk did not take.
    failed: Option<LastValues>,
}

impl StateFile {
    fn read(&self) -> LastValues {
        let unfit = match self.content() {
            Ok(None) => return LastValues::new(),
            Ok(Some(bytes)) => match last_values::decode(&self.car, &bytes) {
                Ok(values) => {
                    info!(values = values.len(), "last values are known");
                    return values;
                }
                Err(unfit) => unfit,
            },
            Err(error) => {
                warn!(file = %self.path.display(), error = &error as &dyn Error, "the last values cannot be read: nothing is known");
                return LastValues::new();
            }
        };
        let aside = self.path.with_extension("unfit");
        match std::fs::rename(&self.path, &aside) {
            Ok(()) => {
                warn!(error = &unfit as &dyn Error, aside = %aside.display(), "the file of last values is not taken, and set aside")
            }
            Err(error) => {
                warn!(error = &unfit as &dyn Error, "the file of last values is not taken");
                warn!(file = %self.path.display(), error = &error as &dyn Error, "it cannot be set aside");
            }
        }
        LastValues::new()
    }

    /// None if there is no file. One byte more than may be is enough to see that it is too large.
    fn content(&self) -> io::Result<Option<Vec<u8>>> {
        let facts = match std::fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            facts => facts?,
        };
        // A pipe would keep us waiting for ever.
        if !facts.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        let mut bytes = Vec::new();
        std::fs::File::open(&self.path)?.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn write(&mut self, values: LastValues) {
        match keep(&self.path, &last_values::encode(&self.car, &values)) {
            Ok(()) => {
                if self.failed.take().is_some() {
                    info!("last values are kept again");
                }
            }
            Err(error) => {
                if self.failed.replace(values).is_none() {
                    warn!(
                        file = %self.path.display(),
                        error = &error as &dyn Error,
                        "last values are not kept: is the disk full, and may it be written? Trying on"
                    );
                }
            }
        }
    }

    fn write_what_failed(&mut self) {
        if let Some(values) = self.failed.clone() {
            self.write(values);
        }
    }
}

#[cfg(test)]
mod tests;
