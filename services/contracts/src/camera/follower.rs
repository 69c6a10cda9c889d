use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use zbus::Connection;
use zbus::proxy::CacheProperties;

use super::{Camera, Camera1Proxy};
use crate::following::{Change, Following};

const AGAIN: Duration = Duration::from_secs(2);

/// Knows the cameras, for as long as there is a service that has some.
pub struct Follower(Following<Vec<Camera>>);

impl Follower {
    /// Begins to follow; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection) -> zbus::Result<Self> {
        let proxy = Camera1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let changes = proxy.receive_changed().await?;
        let changes =
            changes.map(|change| Change::new(change.message(), change.args().ok().map(|args| args.cameras))).boxed();
        let asked = proxy.clone();
        let question = Box::new(move || {
            let proxy = asked.clone();
            async move { proxy.list().await.ok() }.boxed()
        });
        Ok(Self(Following::open(proxy.inner(), changes, question, AGAIN).await?))
    }

    /// The cameras now, each time that they may be others; `Some(None)` if nobody knows, `None` once the connection to the bus is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<Option<Vec<Camera>>> {
        self.0.next().await
    }
}
