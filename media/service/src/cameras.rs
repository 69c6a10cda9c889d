//! `org.tandem.Camera1`: the cameras of the car, each a child process for as long as somebody watches it. Pictures go from the child to the screen, past this service.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tandem_contracts::camera::{Camera, Camera1, CameraBackend, CameraError, PATH};
use tandem_pictures::{MAX_HEIGHT, MAX_WIDTH, fits};
use tandem_player::camera::Event;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{info, warn};
use zbus::Connection;
use zbus::object_server::SignalEmitter;

pub mod setup;

use setup::Setup;

const NAME: &str = "tandem-camera";
/// A camera says that it lives four times a second; one that is silent for so long hangs, and is killed.
const SILENCE: Duration = Duration::from_secs(2);
/// The longest line that a camera says, bytes.
const LINE: u64 = 4096;

/// The backend of `Camera1`.
#[derive(Clone)]
pub struct Cameras(Arc<Shared>);

struct Shared {
    program: PathBuf,
    setups: BTreeMap<String, Setup>,
    told: watch::Sender<Vec<Camera>>,
    /// Those that run, each with the number of its start. To abort one kills its process.
    running: Mutex<BTreeMap<String, (u64, JoinHandle<()>)>>,
}

impl Cameras {
    /// Cameras that are off. The program is the given one, else the one beside our own, else the one that `PATH` finds.
    pub fn new(setups: BTreeMap<String, Setup>, program: Option<PathBuf>) -> Self {
        let cameras = setups.iter().map(|(name, setup)| setup.told(name)).collect();
        let program = crate::child::find(NAME, program);
        let running = Mutex::default();
        Self(Arc::new(Shared { program, setups, told: watch::Sender::new(cameras), running }))
    }

    /// Tells every change until the bus is gone.
    ///
    /// # Errors
    /// The bus does not take a signal.
    pub async fn announce(&self, connection: &Connection) -> zbus::Result<()> {
        let emitter = SignalEmitter::new(connection, PATH)?;
        let mut told = self.0.told.subscribe();
        while told.changed().await.is_ok() {
            let cameras = told.borrow_and_update().clone();
            Camera1::<Self>::changed(&emitter, cameras).await?;
        }
        Ok(())
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<String, (u64, JoinHandle<()>)>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, name: &str, state: &str, reason: &str) {
        self.0.told.send_if_modified(|cameras| {
            let Some(camera) = cameras.iter_mut().find(|camera| camera.name == name) else { return false };
            let is_other = camera.state != state || camera.reason != reason;
            (camera.state, camera.reason) = (state.to_owned(), reason.to_owned());
            is_other
        });
    }

    fn start(&self, name: &str, setup: &Setup, size: (u32, u32)) -> Result<OwnedFd, CameraError> {
        let mut running = self.running();
        // A camera cannot be opened twice; who opened it last is who watches.
        let number = running.remove(name).map_or(0, |(number, before)| {
            before.abort();
            number + 1
        });
        let not_started = |error: std::io::Error| {
            let sentence = format!("cannot start {}: {error}", self.0.program.display());
            warn!(camera = name, sentence);
            self.set(name, "failed", &sentence);
            CameraError::NotAvailable(sentence)
        };
        let (theirs, ours) = UnixStream::pair().map_err(not_started)?;
        let mut command = Command::new(&self.0.program);
        command.args(setup.arguments(size)).stdin(Stdio::from(OwnedFd::from(ours))).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().map_err(not_started)?;
        let Some(stdout) = child.stdout.take() else { return Err(not_started(std::io::ErrorKind::BrokenPipe.into())) };
        info!(camera = name, width = size.0, height = size.1, "a camera starts");
        self.set(name, "starting", "");
        let (this, of) = (self.clone(), name.to_owned());
        let task = tokio::spawn(async move {
            let why = this.hear(&of, stdout).await;
            // Whoever is silent or speaks nonsense is of no use alive.
            drop(child.start_kill());
            let ended = child.wait().await;
            let mut running = this.running();
            if running.get(&of).is_none_or(|(newest, _)| *newest != number) {
                return;
            }
            running.remove(&of);
            match (why, ended) {
                // Its watcher has gone.
                (None, Ok(status)) if status.success() => this.set(&of, "off", ""),
                (why, ended) => {
                    let how = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                    let reason = why.unwrap_or_else(|| format!("its program ended with {how}"));
                    warn!(camera = of, reason, "a camera ended");
                    this.set(&of, "failed", &reason);
                }
            }
        });
        running.insert(name.to_owned(), (number, task));
        Ok(theirs.into())
    }

    /// Listens until the camera closes its end or is silent; says why it is of no use, if it said or showed that.
    async fn hear(&self, name: &str, stdout: ChildStdout) -> Option<String> {
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        loop {
            line.clear();
            match timeout(SILENCE, (&mut reader).take(LINE).read_until(b'\n', &mut line)).await {
                Err(_) => return Some("its program hung".to_owned()),
                Ok(Ok(0) | Err(_)) => return None,
                Ok(Ok(_)) => {}
            }
            match serde_json::from_slice(&line) {
                Ok(Event::Alive { sent: 0, .. }) => {}
                Ok(Event::Alive { .. }) => self.set(name, "live", ""),
                Ok(Event::Failed { reason }) => return Some(reason),
                Err(error) => return Some(format!("its program said what is no event: {error}")),
            }
        }
    }
}

impl CameraBackend for Cameras {
    async fn list(&self) -> Result<Vec<Camera>, CameraError> {
        Ok(self.0.told.borrow().clone())
    }

    async fn open(&self, name: String, width: u32, height: u32) -> Result<zbus::OwnedFd, CameraError> {
        let Some(setup) = self.0.setups.get(&name) else {
            let known: Vec<_> = self.0.setups.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none is set up".to_owned() } else { known.join(", ") };
            return Err(CameraError::NotFound(format!("there is no camera {name:?}; those here: {known}")));
        };
        if let Some(wrong) = &setup.wrong {
            return Err(CameraError::NotAvailable(wrong.clone()));
        }
        if !fits(width, height) {
            return Err(CameraError::Invalid(format!(
                "pictures are 16 to {MAX_WIDTH} pixels wide, a multiple of 4, and 16 to {MAX_HEIGHT} high; not {width} x {height}"
            )));
        }
        self.start(&name, setup, (width, height)).map(Into::into)
    }
}
