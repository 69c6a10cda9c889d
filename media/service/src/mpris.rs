//! `org.mpris.MediaPlayer2.tandem`: what plays, for every client that knows MPRIS, <https://specifications.freedesktop.org/mpris-spec/latest/>.
//!
//! Everything a client reads or hears is made from a [`Snapshot`](crate::state::Snapshot): a property is told when two snapshots differ in it, all that differ in one
//! signal. A property that a client sets is told the same way, once, when the core has made it so. The crate `mpris-server` stands on zbus's glue, which would tell
//! the old value first, and opens a connection of its own: to the session's bus whatever `TANDEM_BUS` says, without a time limit, and with a name that others can take.
//! There is no `TrackList`: the queue may hold 100,000 entries, and `Media1` gives them by the page.

mod metadata;
mod player;
mod properties;
mod root;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tandem_contracts::mpris::PATH;
use tandem_contracts::mpris::face::{self, Served, tell_changed, tell_seeked};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::watch;
use zbus::connection::Builder;
use zbus::{Connection, fdo};

use crate::state::{Handle, Happening, Request, Snapshot};

use player::Player;
use root::Root;

/// Serves the player; who serves it owns its name, too.
pub fn serve(builder: Builder<'static>, handle: &Handle) -> Builder<'static> {
    builder.serve_at(PATH, Served::<Root>::new(handle)).serve_at(PATH, Served::<Player>::new(handle))
}

/// Tells every change until the core has ended; everything at the start.
///
/// # Errors
/// The bus is gone.
pub async fn tell(connection: &Connection, handle: &Handle) -> zbus::Result<()> {
    let mut snapshots = handle.snapshot.clone();
    let mut happenings = handle.happenings.subscribe();
    let mut told = snapshots.borrow_and_update().clone();
    tell_changed::<Player>(connection, face::everything::<Player>(&told)).await?;
    loop {
        // The snapshot first: a jump belongs to the track that was told.
        tokio::select! {
            biased;
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = snapshots.borrow_and_update().clone();
                tell_changed::<Player>(connection, properties::difference(&told, &now)).await?;
                told = now;
            }
            happened = happenings.recv() => match happened {
                Ok(Happening::Seeked(micros)) => {
                    tell_seeked::<Player>(connection, micros).await?;
                }
                // Whoever missed a jump reads the position: only the latest of many matters.
                Ok(Happening::Skipped(..)) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

type Property = face::Property<Handle>;
type Wish = face::Wish<Handle>;

impl face::Source for Handle {
    type Snapshot = Snapshot;
    type Request = Request;

    fn snapshot(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshot.clone()
    }

    fn ask(&self, request: Request) -> fdo::Result<()> {
        self.requests.try_send(request).map_err(|error| match error {
            TrySendError::Full(_) => fdo::Error::LimitsExceeded("too much is asked of the player at once".into()),
            TrySendError::Closed(_) => fdo::Error::Failed("the player is ending".into()),
        })
    }
}
