use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;
use tokio::time::Instant;
use zbus::Connection;
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;

use super::{ChangedStream, Health1Proxy, NAME, Report};

/// A service that has not answered is asked again.
const AGAIN: Duration = Duration::from_secs(5);

/// Knows how the parts are, for as long as somebody looks after them.
pub struct Follower {
    proxy: Health1Proxy<'static>,
    changes: ChangedStream,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    owner: Option<UniqueName<'static>>,
    /// None if there was no answer.
    asking: Option<BoxFuture<'static, Option<Report>>>,
    ask_at: Option<Instant>,
}

impl Follower {
    /// Begins to follow; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection) -> zbus::Result<Self> {
        let proxy = Health1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let changes = proxy.receive_changed().await?;
        let owners = proxy.inner().receive_owner_changed().await?.boxed();
        // An error says that there is none.
        let owner = zbus::fdo::DBusProxy::new(connection).await?.get_name_owner(NAME.try_into()?).await.ok();
        let owner = owner.map(|owner| owner.into_inner());
        let mut follower = Self { proxy, changes, owners, owner, asking: None, ask_at: None };
        follower.ask();
        Ok(follower)
    }

    /// How all is now, each time that it may be otherwise; `Some(None)` if nobody knows, `None` once the connection to the bus is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<Option<Report>> {
        loop {
            tokio::select! {
                biased;
                change = self.changes.next() => {
                    let change = change?;
                    if change.message().header().sender() != self.owner.as_ref() {
                        continue;
                    }
                    // An answer under way may be older than this.
                    (self.asking, self.ask_at) = (None, None);
                    match change.args() {
                        Ok(args) => return Some(Some(args.report)),
                        Err(_) => return Some(self.nobody_knows()),
                    }
                }
                owner = self.owners.next() => {
                    self.owner = owner?;
                    self.ask();
                    if self.owner.is_none() {
                        return Some(None);
                    }
                }
                answer = answer(&mut self.asking) => {
                    self.asking = None;
                    match answer {
                        Some(report) => return Some(Some(report)),
                        None => return Some(self.nobody_knows()),
                    }
                }
                () = at(self.ask_at) => self.ask(),
            }
        }
    }

    /// What was told before may be true no longer: it is asked for again after a while.
    fn nobody_knows(&mut self) -> Option<Report> {
        self.ask_at = Some(Instant::now() + AGAIN);
        None
    }

    fn ask(&mut self) {
        let proxy = self.proxy.clone();
        self.ask_at = None;
        self.asking = self.owner.is_some().then(|| async move { proxy.report().await.ok() }.boxed());
    }
}

/// The answer that is under way; never comes if none is.
async fn answer(asking: &mut Option<BoxFuture<'static, Option<Report>>>) -> Option<Report> {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}

async fn at(point: Option<Instant>) {
    match point {
        Some(point) => tokio::time::sleep_until(point).await,
        None => std::future::pending().await,
    }
}
