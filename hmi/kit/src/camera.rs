//! Cameras: which there are, and the pictures of the one that a screen watches. `org.tandem.Camera1` hands over a socket; a thread of its own reads it, and of all that came the newest is shown.

use std::future::Future;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use slint::{Rgb8Pixel, SharedPixelBuffer};
use tandem_contracts::camera::{Camera1Proxy, Follower};
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use zbus::Connection;
use zbus::proxy::CacheProperties;

pub use tandem_contracts::camera::{Camera, Mount, REAR};

use crate::bus::Backoff;
use crate::line::Line;
use crate::mailbox::Mailbox;

mod read;

/// Wishes on cameras that may wait for the bus thread.
pub(crate) const MAX_WAITING: usize = 8;

/// What is new about the cameras. Of each kind only the newest waits for the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum CameraNews {
    /// Those that there are; none of it is known without a service.
    Cameras(Option<Vec<Camera>>),
    /// The newest picture of the camera that is watched. None as soon as half a second brought no new one: what is shown then is over.
    Picture(Option<Picture>),
}

/// One picture.
#[derive(Clone)]
pub struct Picture {
    /// Grows with each.
    pub sequence: u64,
    pub pixels: SharedPixelBuffer<Rgb8Pixel>,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence && self.pixels.as_bytes() == other.pixels.as_bytes()
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        f.debug_struct("Picture").field("sequence", &self.sequence).field("size", &(width, height)).finish()
    }
}

/// What a screen asks of the cameras.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraCommand {
    /// Watches this camera from now on, and no other: pictures of this size, pixels.
    Watch { name: String, width: u32, height: u32 },
    /// Watches none.
    Close,
}

/// The wish outlives the connections over which it is fulfilled.
pub(crate) struct CameraLine {
    mailbox: Arc<Mailbox>,
    wish: Mutex<Option<Wish>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    name: String,
    size: (u32, u32),
}

impl CameraLine {
    pub fn new(mailbox: Arc<Mailbox>) -> Self {
        Self { mailbox, wish: Mutex::default() }
    }

    fn wish(&self) -> Option<Wish> {
        self.wish.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, command: CameraCommand) {
        *self.wish.lock().unwrap_or_else(PoisonError::into_inner) = match command {
            CameraCommand::Watch { name, width, height } => Some(Wish { name, size: (width, height) }),
            CameraCommand::Close => None,
        };
    }
}

impl Line for CameraLine {
    const NAME: &'static str = "cameras";
    type Command = CameraCommand;

    async fn follow(&self, signals: &Connection, _calls: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
        let mut follower = Follower::open(signals).await?;
        while let Some(cameras) = follower.next().await {
            mailbox.camera(CameraNews::Cameras(cameras));
        }
        Ok(())
    }

    async fn serve(
        &self,
        calls: &Connection,
        _mailbox: &Mailbox,
        commands: &mut mpsc::Receiver<CameraCommand>,
    ) -> zbus::Result<()> {
        let proxy = Camera1Proxy::builder(calls).cache_properties(CacheProperties::No).build().await?;
        loop {
            let wish = self.wish();
            let command = tokio::select! {
                () = calls.closed() => return Ok(()),
                command = commands.recv() => command,
                // Never ends by itself.
                () = watch(&proxy, &self.mailbox, wish) => None,
            };
            self.mailbox.camera(CameraNews::Picture(None));
            match command {
                Some(command) => self.take(command),
                None => return Ok(()),
            }
        }
    }

    fn lose(&self, mailbox: &Mailbox) {
        mailbox.camera(CameraNews::Cameras(None));
        mailbox.camera(CameraNews::Picture(None));
    }

    fn refuse(&self, command: CameraCommand, _mailbox: &Mailbox) {
        self.take(command);
    }
}

/// Opens the camera, again and again, and shows what comes. Dropped, it closes it, and nothing comes any more.
async fn watch(proxy: &Camera1Proxy<'_>, mailbox: &Arc<Mailbox>, wish: Option<Wish>) {
    let Some(Wish { name, size: (width, height) }) = wish else { return std::future::pending().await };
    let mut backoff = Backoff::new();
    loop {
        match proxy.open(name.clone(), width, height).await {
            Ok(socket) => {
                let seen = reading(UnixStream::from(OwnedFd::from(socket)), (width, height), mailbox).await;
                mailbox.camera(CameraNews::Picture(None));
                if seen {
                    backoff = Backoff::new();
                }
            }
            Err(error) => tracing::debug!(camera = name, %error, "a camera does not open"),
        }
        sleep(backoff.next()).await;
    }
}

/// Whether pictures of a thread still count. Locked while one is put into the mailbox, so that none comes after the end.
type Counts = Arc<Mutex<bool>>;

/// Ends the thread that reads.
struct End {
    counts: Counts,
    socket: UnixStream,
}

impl Drop for End {
    fn drop(&mut self) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = false;
        // It reads the end then; if that fails, too, it waits no longer than for the next picture.
        drop(self.socket.shutdown(std::net::Shutdown::Both));
    }
}

/// Reads until the camera ends or is of no use; whether a picture came.
fn reading(socket: UnixStream, size: (u32, u32), mailbox: &Arc<Mailbox>) -> impl Future<Output = bool> + use<> {
    let mailbox = Arc::clone(mailbox);
    async move {
        let counts: Counts = Arc::new(Mutex::new(true));
        let Ok(held) = socket.try_clone() else { return false };
        let _end = End { counts: Arc::clone(&counts), socket: held };
        let (sender, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("camera".to_owned()).spawn(move || {
            let mut seen = false;
            let why = read::pictures(socket, size, |picture| {
                seen |= picture.is_some();
                let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
                if *counts {
                    mailbox.camera(CameraNews::Picture(picture));
                }
                *counts
            });
            tracing::info!(%why, "a camera is not watched any more");
            // Whoever waited for it may be gone.
            let _ = sender.send(seen);
        });
        match thread {
            Ok(_) => ended.await.unwrap_or(false),
            Err(_) => false,
        }
    }
}
