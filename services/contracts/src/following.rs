use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::time::Instant;
use zbus::names::{OwnedUniqueName, UniqueName};
use zbus::{Connection, Proxy};

/// A signal, and who sent it.
pub struct Change<T> {
    pub sender: Option<OwnedUniqueName>,
    /// None if it cannot be read.
    pub told: Option<T>,
}

impl<T> Change<T> {
    pub fn new(message: &zbus::Message, told: Option<T>) -> Self {
        Self { sender: message.header().sender().map(|sender| sender.to_owned().into()), told }
    }
}

/// Asks the service; none if there was no answer that can be read.
type Question<T> = Box<dyn Fn() -> BoxFuture<'static, Option<T>> + Send>;

/// Knows the one thing that a service tells whole, in an answer and in each signal. What others say in the service's name is not heard.
pub struct Following<T> {
    changes: BoxStream<'static, Change<T>>,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    owner: Option<UniqueName<'static>>,
    question: Question<T>,
    /// A service that has not answered is asked again after so long.
    again: Duration,
    asking: Option<BoxFuture<'static, Option<T>>>,
    ask_at: Option<Instant>,
}

impl<T> Following<T> {
    /// Begins to follow whom the proxy is for; the service need not be there yet. The changes are heard already.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(
        proxy: &Proxy<'static>,
        changes: BoxStream<'static, Change<T>>,
        question: Question<T>,
        again: Duration,
    ) -> zbus::Result<Self> {
        let owners = proxy.receive_owner_changed().await?.boxed();
        let bus: &Connection = proxy.connection();
        // An error says that there is none.
        let owner = zbus::fdo::DBusProxy::new(bus).await?.get_name_owner(proxy.destination().to_owned()).await.ok();
        let owner = owner.map(|owner| owner.into_inner());
        let mut following = Self { changes, owners, owner, question, again, asking: None, ask_at: None };
        following.ask();
        Ok(following)
    }

    /// What is so now, each time that it may be otherwise; `Some(None)` if nobody knows, `None` once the connection to the bus is gone. Cancel safe.
    pub async fn next(&mut self) -> Option<Option<T>> {
        loop {
            tokio::select! {
                biased;
                change = self.changes.next() => {
                    let Change { sender, told } = change?;
                    if sender.as_deref() != self.owner.as_ref() {
                        continue;
                    }
                    // An answer under way may be older than this.
                    (self.asking, self.ask_at) = (None, None);
                    return Some(self.known(told));
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
                    return Some(self.known(answer));
                }
                () = due(self.ask_at) => self.ask(),
            }
        }
    }

    /// If nothing is, what was told before may be true no longer: it is asked for again after a while.
    fn known(&mut self, told: Option<T>) -> Option<T> {
        self.ask_at = told.is_none().then(|| Instant::now() + self.again);
        told
    }

    fn ask(&mut self) {
        self.ask_at = None;
        self.asking = self.owner.is_some().then(|| (self.question)());
    }
}

/// The answer that is under way; never comes if none is.
pub async fn answer<A>(asking: &mut Option<BoxFuture<'static, A>>) -> A {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}

/// Comes at its time; never if there is none.
pub async fn due(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
