use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use tandem_units::Value;
use tokio::time::Instant;
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, Variant};

use super::{ChangedStream, NAME, Notice, NoticeChangedStream, Settings1Proxy, Table, Values};
use crate::following::{answer, due};
use crate::wire::from_variant;

/// A service that did not answer is asked again so much later.
const AGAIN: Duration = Duration::from_secs(1);
/// Changes that may wait for an answer that is older than they are. Where there are more, the table is asked for again.
const WAITING: usize = 64;

/// What a follower tells.
#[derive(Clone, Debug)]
pub enum News {
    /// Everything: at first, after changes were missed, with another notice, and when the service was started anew.
    Table(Table),
    Changed {
        key: String,
        value: Value,
    },
    /// The service is gone. What was set last stays in force.
    Gone,
}

/// A signal of the service.
struct Heard {
    generation: u64,
    sequence: u64,
    key: String,
    value: Value,
}

/// The one client of [`super::Settings1`]: the whole table first, then every change. What it missed it asks for. What others say in the service's name is not heard.
pub struct Follower {
    proxy: Settings1Proxy<'static>,
    changes: ChangedStream,
    notices: NoticeChangedStream,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    owner: Option<UniqueName<'static>>,
    /// None if there was no answer.
    asking: Option<BoxFuture<'static, Option<Table>>>,
    /// The table is missing, and is asked for then.
    ask_at: Option<Instant>,
    waiting: VecDeque<Heard>,
    /// Generation and sequence of what was told.
    known: Option<(u64, u64)>,
    news: VecDeque<News>,
    values: Values,
    notice: Option<Notice>,
    undecodable: u64,
}

impl Follower {
    /// Begins to follow; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection) -> zbus::Result<Self> {
        let proxy = Settings1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let changes = proxy.receive_changed().await?;
        let notices = proxy.receive_notice_changed().await?;
        let owners = proxy.inner().receive_owner_changed().await?.boxed();
        // An error says that there is none.
        let owner = zbus::fdo::DBusProxy::new(connection).await?.get_name_owner(NAME.try_into()?).await.ok();
        let owner = owner.map(|owner| owner.into_inner());
        let mut follower = Self {
            proxy,
            changes,
            notices,
            owners,
            owner,
            asking: None,
            ask_at: None,
            waiting: VecDeque::new(),
            known: None,
            news: VecDeque::new(),
            values: Values::default(),
            notice: None,
            undecodable: 0,
        };
        follower.ask();
        Ok(follower)
    }

    /// What is in force as far as it was told: defaults before the first word. It outlives the service.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// What the driver is to be told, if there is something.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// Whether somebody has the service's name.
    pub fn is_owned(&self) -> bool {
        self.owner.is_some()
    }

    /// How many signals and values could not be read.
    pub fn undecodable(&self) -> u64 {
        self.undecodable
    }

    /// The next thing to know; `None` once the connection to the bus is gone. Cancel safe: a call dropped half-way loses nothing.
    pub async fn next(&mut self) -> Option<News> {
        loop {
            if let Some(news) = self.news.pop_front() {
                return Some(news);
            }
            tokio::select! {
                biased;
                owner = self.owners.next() => {
                    let owner = owner?;
                    if owner != self.owner {
                        self.owner = owner;
                        self.waiting.clear();
                        if self.known.take().is_some() {
                            self.news.push_back(News::Gone);
                        }
                        self.ask();
                    }
                }
                change = self.changes.next() => {
                    let change = change?;
                    if change.message().header().sender() == self.owner.as_ref() {
                        let read = change.args().ok().and_then(|args| {
                            let value = value(&args.value)?;
                            Some(Heard { generation: args.generation, sequence: args.sequence, key: args.key.clone(), value })
                        });
                        match read {
                            Some(heard) => self.hear(heard),
                            None => {
                                self.undecodable += 1;
                                self.ask();
                            }
                        }
                    }
                }
                notice = self.notices.next() => {
                    // It stands in the table, too, in its place among the changes.
                    if notice?.message().header().sender() == self.owner.as_ref() {
                        self.ask();
                    }
                }
                answer = answer(&mut self.asking) => {
                    self.asking = None;
                    match answer {
                        Some(table) => self.take(table),
                        None => self.ask_at = Some(Instant::now() + AGAIN),
                    }
                }
                () = due(self.ask_at) => self.ask(),
            }
        }
    }

    fn hear(&mut self, heard: Heard) {
        if self.asking.is_some() || self.ask_at.is_some() {
            self.waiting.push_back(heard);
            if self.waiting.len() > WAITING {
                self.waiting.pop_front();
            }
            return;
        }
        match self.known {
            Some((generation, last)) if heard.generation == generation && heard.sequence <= last => {}
            Some((generation, last)) if heard.generation == generation && heard.sequence == last + 1 => {
                self.known = Some((generation, heard.sequence));
                self.values.take(&heard.key, heard.value.clone());
                self.news.push_back(News::Changed { key: heard.key, value: heard.value });
            }
            _ => self.ask(),
        }
    }

    fn take(&mut self, table: Table) {
        self.known = Some((table.generation, table.sequence));
        self.values = Values::default();
        for setting in &table.settings {
            match value(&setting.value) {
                Some(value) => drop(self.values.take(&setting.key, value)),
                None => self.undecodable += 1,
            }
        }
        self.notice = table.notice.clone().some();
        self.news.push_back(News::Table(table));
        for heard in std::mem::take(&mut self.waiting) {
            self.hear(heard);
        }
    }

    fn ask(&mut self) {
        self.ask_at = None;
        let proxy = self.proxy.clone();
        self.asking = self.owner.is_some().then(|| async move { proxy.list().await.ok() }.boxed());
    }
}

fn value(variant: &Variant<'_>) -> Option<Value> {
    from_variant(0, variant).ok()?.1
}
