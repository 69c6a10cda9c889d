//! The car's keys and its knob, for a screen that follows them: each event once and in its order, from when it began to follow.

use tandem_contracts::connect;
use tandem_contracts::input::{Follower, InputEvent, News};
use tokio::time::sleep;
use zbus::Connection;

use crate::bus::Backoff;

/// Follows for as long as the process lives.
pub(crate) async fn run(hear: impl Fn(InputEvent)) {
    let mut backoff = Backoff::new();
    loop {
        if let Ok(connection) = connect::open().await
            && let Ok(()) = follow(&connection, &hear).await
        {
            backoff = Backoff::new();
        }
        sleep(backoff.next()).await;
    }
}

/// Until the connection breaks.
async fn follow(connection: &Connection, hear: &impl Fn(InputEvent)) -> zbus::Result<()> {
    let mut keys = Follower::open(connection).await?;
    while let Some(news) = keys.next().await {
        match news {
            News::Event(event) => hear(event),
            // What was lost is not made up for: nobody waits for it any more.
            News::Lost(events) => tracing::warn!(events, "keys were pressed that were not heard of"),
        }
    }
    Ok(())
}
