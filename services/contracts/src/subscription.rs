//! The one client of `Signals1`: subscribes, follows the owner of the name, notices gaps, asks for everything again.

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tandem_units::{Nanoseconds, Quality, Value};
use zbus::Connection;
use zbus::names::UniqueName;

use crate::signals::{BatchStream, Handle, NAME, Signals1Proxy, SignalsError};
use crate::wire;

/// What a client wants to hear.
#[derive(Clone, Debug)]
pub struct Wish {
    pub paths: Vec<String>,
    /// At least this long between two batches, milliseconds.
    pub min_interval_ms: u32,
    /// Batches that may be unacknowledged; [`crate::signals::LOCKSTEP`] asks for lockstep.
    pub window: u32,
}

/// What a subscription tells its holder.
#[derive(Debug)]
pub enum News {
    /// Subscribed, at first or anew: handles of a former subscription mean nothing now, and the next batch carries everything.
    Subscribed(Vec<Handle>),
    Batch(Batch),
    /// A batch came that cannot be read, so many of them since the subscription was opened. The next one shows the gap.
    Undecodable(u64),
    /// The service left the bus: every reading is absent until the next `Subscribed`.
    Lost,
    /// The service is there and refuses; the sentence says why.
    Refused(String),
}

/// The changes of one tick.
#[derive(Debug)]
pub struct Batch {
    pub sequence: u64,
    pub now: Nanoseconds,
    pub changes: Vec<Reading>,
    /// Changes that did not decode, left out of `changes`.
    pub spoiled: usize,
}

/// One reading of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub handle: u32,
    pub quality: Quality,
    pub heard: Nanoseconds,
    /// None where the quality has none.
    pub value: Option<Value>,
}

type Answer = Result<(u32, Vec<Handle>), SignalsError>;

struct Active {
    id: u32,
    generation: Option<u64>,
    sequence: u64,
}

/// A subscription that lives as long as its connection. Give it a connection of its own, and call [`Subscription::next`] without pause.
pub struct Subscription {
    proxy: Signals1Proxy<'static>,
    wish: Wish,
    batches: BatchStream,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    active: Option<Active>,
    wants: bool,
    /// A subscription that showed a gap: to be ended before the next one.
    left_behind: Option<u32>,
    undecodable: u64,
    asking: Option<BoxFuture<'static, Answer>>,
}

impl Subscription {
    /// Prepares the subscription; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection, wish: Wish) -> zbus::Result<Self> {
        let proxy =
            Signals1Proxy::builder(connection).cache_properties(zbus::proxy::CacheProperties::No).build().await?;
        let batches = proxy.receive_batch().await?;
        let owners = proxy.inner().receive_owner_changed().await?.boxed();
        let present = zbus::fdo::DBusProxy::new(connection).await?.name_has_owner(NAME.try_into()?).await?;
        Ok(Self {
            proxy,
            wish,
            batches,
            owners,
            active: None,
            wants: present,
            left_behind: None,
            undecodable: 0,
            asking: None,
        })
    }

    /// The next thing to know; `None` once the connection to the bus is gone. Cancel safe: a call dropped half-way loses nothing.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            if std::mem::take(&mut self.wants) {
                self.asking = Some(self.subscribe());
            }
            if let Some(asking) = &mut self.asking {
                let answer = asking.await;
                self.asking = None;
                return Some(self.settle(answer));
            }
            tokio::select! {
                biased;
                owner = self.owners.next() => match owner? {
                    Some(_) => self.wants = true,
                    None => {
                        self.active = None;
                        return Some(News::Lost);
                    }
                },
                signal = self.batches.next() => {
                    if let Some(news) = self.take(&signal?) {
                        return Some(news);
                    }
                }
            }
        }
    }

    /// Says that everything up to this batch is done with.
    ///
    /// # Errors
    /// The bus is gone.
    pub async fn acknowledge(&self, sequence: u64) -> zbus::Result<()> {
        match &self.active {
            Some(active) => self.proxy.acknowledge(active.id, sequence).await,
            None => Ok(()),
        }
    }

    fn subscribe(&mut self) -> BoxFuture<'static, Answer> {
        let (proxy, wish, old) = (self.proxy.clone(), self.wish.clone(), self.left_behind.take());
        async move {
            if let Some(id) = old {
                // It may have ended already; what matters is that nobody waits for it.
                let _ = proxy.unsubscribe(id).await;
            }
            proxy.subscribe(wish.paths, wish.min_interval_ms, wish.window).await
        }
        .boxed()
    }

    fn settle(&mut self, answer: Answer) -> News {
        match answer {
            Ok((id, handles)) => {
                self.active = Some(Active { id, generation: None, sequence: 0 });
                News::Subscribed(handles)
            }
            Err(refusal) => News::Refused(refusal.to_string()),
        }
    }

    fn take(&mut self, signal: &crate::signals::Batch) -> Option<News> {
        let Ok(args) = signal.args() else {
            self.undecodable += 1;
            return Some(News::Undecodable(self.undecodable));
        };
        let active = self.active.as_mut().filter(|active| active.id == args.id)?;
        let expected = *active.generation.get_or_insert(args.generation) == args.generation
            && args.sequence == active.sequence + 1;
        if !expected {
            self.left_behind = self.active.take().map(|active| active.id);
            self.wants = true;
            return None;
        }
        active.sequence = args.sequence;
        let mut spoiled = 0;
        let changes = args
            .changes
            .iter()
            .filter_map(|change| match wire::from_variant(change.quality, &change.value) {
                Ok((quality, value)) => {
                    Some(Reading { handle: change.handle, quality, heard: Nanoseconds(change.heard_ns), value })
                }
                Err(_) => {
                    spoiled += 1;
                    None
                }
            })
            .collect();
        Some(News::Batch(Batch { sequence: args.sequence, now: Nanoseconds(args.now_ns), changes, spoiled }))
    }
}
