//! `org.mpris.MediaPlayer2.tandem`: what plays, for every client that knows MPRIS, <https://specifications.freedesktop.org/mpris-spec/latest/>.
//!
//! Everything a client reads or hears is made from a [`Snapshot`](crate::state::Snapshot): a property is told when two snapshots differ in it, all that differ in one
//! signal. A property that a client sets is told the same way, once, when the core has made it so. The crate `mpris-server` stands on zbus's glue, which would tell
//! the old value first, and opens a connection of its own: to the session's bus whatever `TANDEM_BUS` says, without a time limit, and with a name that others can take.
//! There is no `TrackList`: the queue may hold 100,000 entries, and `Media1` gives them by the page.

mod face;
mod metadata;
mod player;
mod properties;
mod root;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tandem_contracts::mpris::{NAME, PATH};
use tokio::sync::broadcast::error::RecvError;
use zbus::connection::Builder;
use zbus::names::BusName;
use zbus::{Connection, Variant};

use crate::state::{Handle, Happening};

use face::{Face, Served};
use player::Player;
use root::Root;

/// Serves the player and asks for its name: who is there first keeps it, and whoever comes second fails with [`zbus::Error::NameTaken`].
pub fn serve(builder: Builder<'static>, handle: &Handle) -> Builder<'static> {
    builder
        .serve_at(PATH, Served::<Root>::new(handle))
        .serve_at(PATH, Served::<Player>::new(handle))
        .allow_name_replacements(false)
        .replace_existing_names(false)
        .name(NAME)
}

/// Tells every change until the core has ended; everything at the start.
///
/// # Errors
/// The bus is gone.
pub async fn tell(connection: &Connection, handle: &Handle) -> zbus::Result<()> {
    let mut snapshots = handle.snapshot.clone();
    let mut happenings = handle.happenings.subscribe();
    let mut told = snapshots.borrow_and_update().clone();
    tell_changed(connection, properties::everything(&told)).await?;
    loop {
        // The snapshot first: a jump belongs to the track that was told.
        tokio::select! {
            biased;
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = snapshots.borrow_and_update().clone();
                tell_changed(connection, properties::difference(&told, &now)).await?;
                told = now;
            }
            happened = happenings.recv() => match happened {
                Ok(Happening::Seeked(micros)) => {
                    connection.emit_signal(None::<BusName<'_>>, PATH, Player::NAME, "Seeked", &(micros,)).await?;
                }
                // Whoever missed a jump reads the position: only the latest of many matters.
                Ok(Happening::Skipped(..)) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
        }
    }
}

async fn tell_changed(connection: &Connection, changed: HashMap<&'static str, Variant<'static>>) -> zbus::Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    let nothing_invalidated: [&str; 0] = [];
    let body = (Player::NAME, changed, nothing_invalidated.as_slice());
    connection
        .emit_signal(None::<BusName<'_>>, PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged", &body)
        .await
}
