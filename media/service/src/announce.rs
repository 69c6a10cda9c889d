//! Tells `Media1`'s signals: what plays, the queue, the library, the sources and the scan, each when it has changed and no oftener than the contract says.

use std::time::Duration;

use futures_util::StreamExt;
use tandem_contracts::media::{Media1, Now, PATH, Source};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior};
use tracing::warn;
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::object_server::SignalEmitter;

use crate::bus::{self, Door};
use crate::sources;
use crate::state::{Happening, Snapshot};

/// Of a scan's progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// Of what the views show.
const LIBRARY_EVERY: Duration = Duration::from_secs(1);

/// Tells until the bus or the actor is gone.
///
/// # Errors
/// The bus is gone.
pub async fn announce(connection: &Connection, mut door: Door) -> zbus::Result<()> {
    let emitter = SignalEmitter::new(connection, PATH)?;
    let bus = DBusProxy::new(connection).await?;
    let mut owners = bus.receive_name_owner_changed().await?;
    let mut happenings = door.handle.happenings.subscribe();
    let mut players = door.players.changes();
    let mut told = door.handle.snapshot.borrow_and_update().clone();
    let mut heard = door.heard();
    let mut rules = door.handle.rules.clone();
    let mut generation = door.generation();
    let mut listed: Vec<Source> = Vec::new();
    let mut scan_told = Instant::now();
    let mut scan_waits = false;
    let mut looks = tokio::time::interval(LIBRARY_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            changed = door.handle.snapshot.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = door.handle.snapshot.borrow_and_update().clone();
                tell_queue(&emitter, &door, &told, &now).await?;
                told = now;
                tell_now(&emitter, &door, &mut heard).await?;
            }
            happened = happenings.recv() => match happened {
                Ok(Happening::Skipped(item, reason)) => Media1::<Door>::skipped(&emitter, *item, reason).await?,
                Ok(Happening::Seeked(_)) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            },
            Ok(()) = door.volumes.progress.changed(), if !scan_waits => scan_waits = true,
            () = tokio::time::sleep_until(scan_told + PROGRESS_EVERY), if scan_waits => {
                (scan_told, scan_waits) = (Instant::now(), false);
                let progress = bus::progress(&door.volumes.progress.borrow_and_update());
                Media1::<Door>::scan_progressed(&emitter, progress).await?;
            }
            Ok(()) = door.volumes.here.changed() => {
                door.volumes.here.borrow_and_update();
                list(&emitter, &door, &mut listed).await?;
            }
            Ok(()) = players.changed() => {
                players.borrow_and_update();
                tell_now(&emitter, &door, &mut heard).await?;
                list(&emitter, &door, &mut listed).await?;
            }
            // What was cut is longer now, or the other way round.
            () = rules.changed() => {
                generation = door.generation();
                Media1::<Door>::library_changed(&emitter, generation).await?;
                tell_queue_as_it_is(&emitter, &door, &told).await?;
            }
            _ = looks.tick() => {
                let now = door.generation();
                if std::mem::replace(&mut generation, now) != now {
                    Media1::<Door>::library_changed(&emitter, now).await?;
                    list(&emitter, &door, &mut listed).await?;
                }
            }
            // Only its end is of interest: the bus is gone.
            owner = owners.next() => if owner.is_none() {
                return Ok(());
            },
        }
    }
}

async fn tell_queue(emitter: &SignalEmitter<'_>, door: &Door, before: &Snapshot, now: &Snapshot) -> zbus::Result<()> {
    let queue = |snapshot: &Snapshot| (snapshot.queue_generation, snapshot.queue_length, snapshot.queue_current);
    if queue(before) == queue(now) {
        return Ok(());
    }
    tell_queue_as_it_is(emitter, door, now).await
}

async fn tell_queue_as_it_is(emitter: &SignalEmitter<'_>, door: &Door, now: &Snapshot) -> zbus::Result<()> {
    let current = now.queue_current.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1);
    let (generation, total) = door.shown_queue(now.queue_generation, now.queue_length, current);
    Media1::<Door>::queue_changed(emitter, generation, total, current).await
}

async fn tell_now(emitter: &SignalEmitter<'_>, door: &Door, heard: &mut Now) -> zbus::Result<()> {
    let now = door.heard();
    if *heard == now {
        return Ok(());
    }
    heard.clone_from(&now);
    Media1::<Door>::now_changed(emitter, now).await
}

async fn list(emitter: &SignalEmitter<'_>, door: &Door, listed: &mut Vec<Source>) -> zbus::Result<()> {
    match sources::all(&door.library, &door.players).await {
        Ok(now) if *listed != now => {
            listed.clone_from(&now);
            Media1::<Door>::sources_changed(emitter, now).await
        }
        Ok(_) => Ok(()),
        Err(error) => {
            warn!(error = &error as &dyn std::error::Error, "the sources cannot be listed");
            Ok(())
        }
    }
}
