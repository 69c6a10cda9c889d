//! The car's keys, for a screen that follows them: each once and in its order, from when it began to follow.

use std::sync::Arc;

use tandem_contracts::connect;
use tandem_contracts::input::{Follower, News};
use tokio::time::sleep;
use zbus::Connection;

use crate::bus::Backoff;
use crate::mailbox::Mailbox;

/// Follows for as long as the process lives.
pub(crate) async fn run(mailbox: Arc<Mailbox>) {
    let mut backoff = Backoff::new();
    loop {
        if let Ok(connection) = connect::open().await
            && let Ok(()) = follow(&connection, &mailbox).await
        {
            backoff = Backoff::new();
        }
        sleep(backoff.next()).await;
    }
}

/// Until the connection breaks.
async fn follow(connection: &Connection, mailbox: &Mailbox) -> zbus::Result<()> {
    let mut keys = Follower::open(connection).await?;
    while let Some(news) = keys.next().await {
        match news {
            News::Event(event) => mailbox.input(event),
            News::Lost(events) => tracing::warn!(events, "keys were pressed that were not heard of"),
        }
    }
    Ok(())
}
