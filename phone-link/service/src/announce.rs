//! Tells the signals of all interfaces: each session and each phone when it is another than it was, and all calls when one is.

use futures_util::StreamExt;
use tandem_contracts::calls::{self, Calls1};
use tandem_contracts::phones::{self, PhoneLink1};
use tandem_contracts::sessions::{self, Sessions1};
use zbus::Connection;
use zbus::fdo::DBusProxy;
use zbus::object_server::SignalEmitter;

use crate::bus::Door;
use crate::core::Snapshot;

/// Tells until the bus or the actor is gone.
///
/// # Errors
/// The bus is gone.
pub async fn announce(connection: &Connection, mut door: Door) -> zbus::Result<()> {
    let session = SignalEmitter::new(connection, sessions::PATH)?;
    let phone = SignalEmitter::new(connection, phones::PATH)?;
    let call = SignalEmitter::new(connection, calls::PATH)?;
    let bus = DBusProxy::new(connection).await?;
    let mut owners = bus.receive_name_owner_changed().await?;
    let mut told = Snapshot::default();
    loop {
        let now = door.handle.snapshot.borrow_and_update().clone();
        tell_sessions(&session, &door, &told, &now).await?;
        tell_phones(&phone, &told, &now).await?;
        if told.calls != now.calls {
            Calls1::<Door>::changed(&call, door.calls(&now)).await?;
        }
        told = now.as_ref().clone();
        tokio::select! {
            changed = door.handle.snapshot.changed() => if changed.is_err() {
                return Ok(());
            },
            // Only its end is of interest: the bus is gone.
            () = async { while owners.next().await.is_some() {} } => return Ok(()),
        }
    }
}

async fn tell_sessions(
    emitter: &SignalEmitter<'_>,
    door: &Door,
    before: &Snapshot,
    now: &Snapshot,
) -> zbus::Result<()> {
    for shown in &now.sessions {
        let id = &shown.session.id;
        if !before.sessions.iter().any(|old| old.session.id == *id && old == shown) {
            Sessions1::<Door>::changed(emitter, shown.now(door.handle.now())).await?;
        }
    }
    for old in &before.sessions {
        if !now.sessions.iter().any(|shown| shown.session.id == old.session.id) {
            Sessions1::<Door>::gone(emitter, old.session.id.clone()).await?;
        }
    }
    Ok(())
}

async fn tell_phones(emitter: &SignalEmitter<'_>, before: &Snapshot, now: &Snapshot) -> zbus::Result<()> {
    for phone in &now.phones {
        if !before.phones.contains(phone) {
            PhoneLink1::<Door>::phone_changed(emitter, phone.clone()).await?;
        }
    }
    for old in &before.phones {
        if !now.phones.iter().any(|phone| phone.id == old.id) {
            PhoneLink1::<Door>::phone_gone(emitter, old.id.clone()).await?;
        }
    }
    if before.pairing_open != now.pairing_open {
        PhoneLink1::<Door>::pairing_changed(emitter, now.pairing_open).await?;
    }
    Ok(())
}
