use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;
use zbus::Connection;
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;

use super::{ChangedStream, Driving1Proxy, NAME, Status};
use crate::following::answer;

/// A change is told when it comes; so often the service is asked whether it is still there to tell one.
const PULSE: Duration = Duration::from_secs(1);
/// A service that does not answer for so long is none.
const PATIENCE: Duration = Duration::from_secs(2);

/// The one client of [`super::Driving1`]: follows the owner of the name, and is fully restricted while there is none, before its first word, and while it hangs.
/// What others say in its name is not heard.
pub struct Follower {
    proxy: Driving1Proxy<'static>,
    changes: ChangedStream,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    owner: Option<UniqueName<'static>>,
    /// None if there was no answer.
    asking: Option<BoxFuture<'static, Option<Status>>>,
    ask_at: Instant,
    status: Status,
}

impl Follower {
    /// Begins to follow; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection) -> zbus::Result<Self> {
        let proxy = Driving1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let changes = proxy.receive_changed().await?;
        let owners = proxy.inner().receive_owner_changed().await?.boxed();
        // An error says that there is none.
        let owner = zbus::fdo::DBusProxy::new(connection).await?.get_name_owner(NAME.try_into()?).await.ok();
        let owner = owner.map(|owner| owner.into_inner());
        let mut follower =
            Self { proxy, changes, owners, owner, asking: None, ask_at: Instant::now(), status: Status::default() };
        follower.ask();
        Ok(follower)
    }

    /// What holds now.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// The next status that differs from the one before; `None` once the connection to the bus is gone, and with it whatever was known. Cancel safe: a call
    /// dropped half-way loses nothing.
    pub async fn next(&mut self) -> Option<Status> {
        loop {
            let status = tokio::select! {
                // Changes first: on the connection of a subscription, a change is heard before the readings that were told behind it.
                biased;
                change = self.changes.next() => {
                    let change = change?;
                    if change.message().header().sender() != self.owner.as_ref() {
                        continue;
                    }
                    // An answer under way may be older than this.
                    self.settle();
                    change.args().map(|args| args.status).unwrap_or_default()
                }
                owner = self.owners.next() => {
                    self.owner = owner?;
                    self.ask();
                    Status::default()
                }
                answer = answer(&mut self.asking) => {
                    self.settle();
                    answer.unwrap_or_default()
                }
                () = tokio::time::sleep_until(self.ask_at), if self.owner.is_some() && self.asking.is_none() => {
                    self.ask();
                    continue;
                }
            };
            if status != self.status {
                self.status = status.clone();
                return Some(status);
            }
        }
    }

    fn settle(&mut self) {
        self.asking = None;
        self.ask_at = Instant::now() + PULSE;
    }

    fn ask(&mut self) {
        let proxy = self.proxy.clone();
        self.asking = self
            .owner
            .is_some()
            .then(|| async move { tokio::time::timeout(PATIENCE, proxy.status()).await.ok()?.ok() }.boxed());
    }
}
