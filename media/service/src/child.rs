//! The player as a child process: orders in on its standard input, news out of its standard output, one JSON object a line.
//!
//! It ends with us: it is killed when its [`Child`] is dropped, and by itself when its standard input closes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;

use tandem_player::protocol::{Event, MAX_LINE, Order};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{debug, warn};

const NAME: &str = "tandem-player";
/// Orders that may wait for the player; one that leaves more unread hangs.
const ORDERS: usize = 256;

/// How a player is started.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    pub arguments: Vec<OsString>,
}

impl Program {
    /// See [`find`].
    pub fn find(given: Option<PathBuf>, arguments: Vec<OsString>) -> Self {
        Self { path: find(NAME, given), arguments }
    }
}

/// A child's program: the given one, else the one beside our own, else the one that `PATH` finds.
pub fn find(name: &str, given: Option<PathBuf>) -> PathBuf {
    let beside = || std::env::current_exe().ok().map(|ours| ours.with_file_name(name)).filter(|path| path.exists());
    given.or_else(beside).unwrap_or_else(|| PathBuf::from(name))
}

/// What a player tells, or that it is no more.
#[derive(Debug)]
pub enum News {
    Told(Event),
    /// Its last news: how it ended.
    Died(String),
}

/// Why there is no player.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {}", path.display())]
pub struct StartError {
    path: PathBuf,
    source: std::io::Error,
}

/// A player that runs. Dropped, it is killed.
pub struct Child {
    /// Of this player: its news carry it, so that those of one before are known.
    pub number: u64,
    orders: mpsc::Sender<String>,
    tasks: [JoinHandle<()>; 2],
}

impl Drop for Child {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Child {
    /// Starts a player.
    ///
    /// # Errors
    /// [`StartError`]: there is none, or it cannot be run.
    pub fn start(
        program: &Program,
        network: bool,
        number: u64,
        news: mpsc::Sender<(u64, News)>,
    ) -> Result<Self, StartError> {
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).args(network.then_some("--network"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let refused = |source| StartError { path: program.path.clone(), source };
        let mut child = command.spawn().map_err(refused)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(refused(std::io::ErrorKind::BrokenPipe.into()));
        };
        debug!(number, network, pid = child.id(), "a player starts");
        let (orders, waiting) = mpsc::channel(ORDERS);
        let writer = tokio::spawn(write(stdin, waiting));
        let reader = tokio::spawn(async move {
            let told = read(stdout, number, &news).await;
            // Whoever closes its ears and lives is of no use.
            if told.is_some() {
                drop(child.start_kill());
            }
            let how = match (told, child.wait().await) {
                (Some(why), _) => why.to_owned(),
                (None, Ok(status)) => status.to_string(),
                (None, Err(error)) => error.to_string(),
            };
            // The actor is gone only when the service ends.
            drop(news.send((number, News::Died(how))).await);
        });
        Ok(Self { number, orders, tasks: [writer, reader] })
    }

    /// Gives an order; false if the player takes none any more.
    pub fn order(&self, order: &Order) -> bool {
        match serde_json::to_string(order) {
            Ok(mut line) if line.len() < MAX_LINE => {
                line.push('\n');
                self.orders.try_send(line).is_ok()
            }
            _ => {
                warn!("an order was too long for the player");
                true
            }
        }
    }
}

async fn write(mut stdin: ChildStdin, mut orders: mpsc::Receiver<String>) {
    while let Some(line) = orders.recv().await {
        // Its death is told by the reader.
        if stdin.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Reads until the player closes its end; says why if it is not worth listening any longer.
async fn read(stdout: ChildStdout, number: u64, news: &mpsc::Sender<(u64, News)>) -> Option<&'static str> {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return None,
            Ok(_) if line.len() > MAX_LINE => return Some("said more in a line than was agreed"),
            Ok(_) => {}
        }
        match serde_json::from_slice(&line) {
            Ok(event) => {
                if news.send((number, News::Told(event))).await.is_err() {
                    return Some("is not listened to any more");
                }
            }
            Err(error) => warn!(%error, "the player said something that is no event"),
        }
    }
}
