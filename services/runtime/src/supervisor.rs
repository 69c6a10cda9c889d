//! What systemd is told of this process (sd_notify(3)): that it is ready, that it still works, that it ends.

use std::ffi::OsString;
use std::future::pending;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

#[cfg(test)]
mod tests;

/// How soon a word is said again that could not be said.
const AGAIN: Duration = Duration::from_secs(1);

/// Who started this process and wants to hear of it. At a desk nobody does, and nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    way: Option<Arc<Way>>,
    /// How long it takes silence for work; none if for ever.
    patience: Option<Duration>,
}

#[derive(Debug)]
struct Way {
    socket: UnixDatagram,
    to: SocketAddr,
}

impl Supervisor {
    /// The one that the environment names: `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where that is meant for this process (`WATCHDOG_PID`).
    pub fn of_environment() -> Self {
        Self::by(|name| std::env::var_os(name), std::process::id())
    }

    /// The same by these variables, for the process of this number.
    pub fn by(variable: impl Fn(&str) -> Option<OsString>, own: u32) -> Self {
        let Some(named) = variable("NOTIFY_SOCKET").filter(|named| !named.is_empty()) else { return Self::default() };
        let way = match Way::to(named.as_bytes()) {
            Ok(way) => way,
            Err(cause) => {
                warn!(
                    error = &cause as &dyn std::error::Error,
                    "NOTIFY_SOCKET cannot be used: nobody is told that this works"
                );
                return Self::default();
            }
        };
        let number = |name: &str| variable(name)?.to_str()?.parse::<u64>().ok();
        let is_ours = variable("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(own.into());
        let patience = number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0).map(Duration::from_micros);
        Self { way: Some(Arc::new(way)), patience }
    }

    /// For the one loop that does the work.
    pub fn watchdog(&self) -> Watchdog {
        let every = self.patience.map(|patience| patience / 3);
        Watchdog { supervisor: self.clone(), every, is_ready: self.way.is_none(), next: Instant::now() }
    }

    /// Says that this process has begun to end, so that nobody waits for it to work.
    pub fn stopping(&self) {
        self.say("STOPPING=1");
    }

    /// Whether it was taken. Never waits: a supervisor that hangs must not hang what it watches.
    fn say(&self, word: &str) -> bool {
        let Some(way) = &self.way else { return true };
        let said = way.socket.send_to_addr(word.as_bytes(), &way.to);
        if let Err(cause) = &said {
            debug!(word, error = cause as &dyn std::error::Error, "not told");
        }
        said.is_ok()
    }
}

impl Way {
    fn to(named: &[u8]) -> io::Result<Self> {
        let to = match named.strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(named))?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self { socket, to })
    }
}

/// Fed by the loop that does the work, in its turn: one that hangs feeds it no more, and is ended by its supervisor. Its first turn says that the service is ready.
#[derive(Debug)]
pub struct Watchdog {
    supervisor: Supervisor,
    /// None if nobody watches.
    every: Option<Duration>,
    is_ready: bool,
    next: Instant,
}

impl Watchdog {
    /// Waits until the loop is to be heard of, and feeds. For ever if nobody wants to hear. May be dropped at any time and begun anew.
    pub async fn turn(&mut self) {
        self.due().await;
        self.feed();
    }

    /// The first half of [`Self::turn`], for who has more to ask than itself whether it works.
    pub async fn due(&self) {
        match self.pace() {
            Some(_) => sleep_until(self.next).await,
            None => pending().await,
        }
    }

    /// The other half.
    pub fn feed(&mut self) {
        let word = if self.is_ready { "WATCHDOG=1" } else { "READY=1\nWATCHDOG=1" };
        self.is_ready |= self.supervisor.say(word);
        self.next = Instant::now() + self.pace().unwrap_or_default();
    }

    /// How long it takes silence for work; none if for ever.
    pub fn patience(&self) -> Option<Duration> {
        self.supervisor.patience
    }

    /// How often it is to be fed now; none if nobody wants to hear.
    pub fn pace(&self) -> Option<Duration> {
        self.every.or((!self.is_ready).then_some(AGAIN))
    }
}
