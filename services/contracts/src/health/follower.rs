use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use zbus::Connection;
use zbus::proxy::CacheProperties;

use super::{Health1Proxy, Report};
use crate::following::{Change, Following};

const AGAIN: Duration = Duration::from_secs(5);

/// Knows how the parts are, for as long as somebody looks after them.
pub struct Follower(Following<Report>);

impl Follower {
    /// Begins to follow; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection) -> zbus::Result<Self> {
        let proxy = Health1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let changes = proxy.receive_changed().await?;
        let changes =
            changes.map(|change| Change::new(change.message(), change.args().ok().map(|args| args.report))).boxed();
        let asked = proxy.clone();
        let question = Box::new(move || {
            let proxy = asked.clone();
            async move { proxy.report().await.ok() }.boxed()
        });
        Ok(Self(Following::open(proxy.inner(), changes, question, AGAIN).await?))
    }

    /// How all is now, each time that it may be otherwise; `Some(None)` if nobody knows, `None` once the connection to the bus is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<Option<Report>> {
        self.0.next().await
    }
}
