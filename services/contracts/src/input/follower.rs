use std::collections::VecDeque;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use zbus::Connection;
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;

use super::{EventStream, Input1Proxy, InputEvent, NAME};
use crate::following::answer;

/// What a follower tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Event(InputEvent),
    /// So many events were missed and are not kept any more.
    Lost(u64),
}

type Answer = zbus::fdo::Result<(u64, Vec<InputEvent>)>;

/// The one client of [`super::Input1`]: every event once and in its order, from the moment at which it began to follow. It asks for what it missed, and says what it
/// could not get. What others say in the service's name is not heard.
pub struct Follower {
    connection: Connection,
    events: EventStream,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    owner: Option<UniqueName<'static>>,
    /// Everything up to this number was told, or was done before this began; none if it is not known what was.
    last: Option<u64>,
    asking: Option<BoxFuture<'static, Answer>>,
    /// The event that showed that others are missing: it is told behind them, whatever becomes of the question.
    gap: Option<InputEvent>,
    /// Heard while an answer was awaited.
    waiting: VecDeque<InputEvent>,
    news: VecDeque<News>,
    undecodable: u64,
}

impl Follower {
    /// Begins to follow; the service need not be there yet.
    ///
    /// # Errors
    /// The bus refuses the match rules.
    pub async fn open(connection: &Connection) -> zbus::Result<Self> {
        let proxy = Input1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let events = proxy.receive_event().await?;
        let mut owners = proxy.inner().receive_owner_changed().await?.boxed();
        // An error says that there is none.
        let owner = zbus::fdo::DBusProxy::new(connection).await?.get_name_owner(NAME.try_into()?).await.ok();
        let owner = owner.map(|owner| owner.into_inner());
        // Who came and went until the bus named this one was before: met again, what this one has done would be new.
        let changes: Vec<_> = std::iter::from_fn(|| owners.next().now_or_never().flatten()).collect();
        let known = changes.iter().rposition(|change| *change == owner).map_or(0, |position| position + 1);
        let owners = stream::iter(changes.into_iter().skip(known)).chain(owners).boxed();
        // What a service does that was not there when this began is all new; of one that is there, what it has not done yet.
        let last = match &owner {
            Some(owner) => since(connection, owner, 0).await.ok().map(|(oldest, events)| newest(oldest, &events)),
            None => Some(0),
        };
        let (waiting, news) = (VecDeque::new(), VecDeque::new());
        let connection = connection.clone();
        Ok(Self { connection, events, owners, owner, last, asking: None, gap: None, waiting, news, undecodable: 0 })
    }

    /// How many signals could not be read.
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
                // The answer first: a stream that is never empty would keep it for ever from those who wait for it.
                biased;
                answer = answer(&mut self.asking) => {
                    self.asking = None;
                    self.take(answer);
                }
                event = self.events.next() => {
                    let event = event?;
                    let is_the_owners = |owner: &Option<_>| event.message().header().sender() == owner.as_ref();
                    // A service that has just come: the bus said so before, and it has not been looked at.
                    while !is_the_owners(&self.owner)
                        && let Some(owner) = self.owners.next().now_or_never()
                    {
                        self.meet(owner?);
                    }
                    if !is_the_owners(&self.owner) {
                        continue;
                    }
                    match event.args() {
                        Ok(args) => self.hear(args.event),
                        // The next one shows the gap.
                        Err(_) => self.undecodable += 1,
                    }
                }
                owner = self.owners.next() => self.meet(owner?),
            }
        }
    }

    /// All that another service has done so far is new.
    fn meet(&mut self, owner: Option<UniqueName<'static>>) {
        if owner != self.owner {
            self.owner = owner;
            self.last = Some(0);
            self.gap = None;
            self.waiting.clear();
            self.ask(0);
        }
    }

    fn hear(&mut self, event: InputEvent) {
        if self.asking.is_some() {
            self.waiting.push_back(event);
            // A service that floods while it is asked has nothing kept that would be older.
            if self.waiting.len() > super::KEPT {
                self.waiting.pop_front();
            }
            return;
        }
        match self.last {
            Some(last) if event.number > last.saturating_add(1) => {
                self.gap = Some(event);
                self.ask(last);
            }
            _ => self.tell(event),
        }
    }

    fn take(&mut self, answer: Answer) {
        // A service that does not say what was missed keeps nothing: what was heard is all there is.
        let events = answer.map(|(_, events)| events).unwrap_or_default();
        let gap = self.gap.take();
        events.into_iter().chain(gap).for_each(|event| self.tell(event));
        std::mem::take(&mut self.waiting).into_iter().for_each(|event| self.hear(event));
    }

    /// Tells an event, unless it was told, and what is missing before it as lost.
    fn tell(&mut self, event: InputEvent) {
        // All that is heard was done after this began.
        let last = self.last.unwrap_or(event.number.saturating_sub(1));
        if event.number <= last {
            return;
        }
        let lost = event.number - last - 1;
        if lost > 0 {
            self.news.push_back(News::Lost(lost));
        }
        self.last = Some(event.number);
        self.news.push_back(News::Event(event));
    }

    fn ask(&mut self, number: u64) {
        let connection = self.connection.clone();
        let ask = |owner| async move { since(&connection, &owner, number).await }.boxed();
        self.asking = self.owner.clone().map(ask);
    }
}

/// Asks this very owner, for another one counts from 1 again.
async fn since(connection: &Connection, owner: &UniqueName<'_>, number: u64) -> Answer {
    let builder = Input1Proxy::builder(connection).destination(owner).cache_properties(CacheProperties::No);
    builder.build().await?.since(number).await
}

/// The number of the last event that a service has told of so far.
fn newest(oldest: u64, events: &[InputEvent]) -> u64 {
    events.last().map_or(oldest.saturating_sub(1), |event| event.number)
}
