use std::collections::VecDeque;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use zbus::Connection;
use zbus::names::UniqueName;
use zbus::proxy::CacheProperties;

use super::{EventStream, Input1Proxy, InputEvent, NAME};

/// What a follower tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Event(InputEvent),
    /// So many events were missed and are not kept any more.
    Lost(u64),
}

type Answer = zbus::fdo::Result<(u64, Vec<InputEvent>)>;

/// What is known of the service's numbers.
enum Known {
    /// Nothing was heard of it yet; what it did before is not told.
    Nothing,
    /// Everything up to this number was told.
    UpTo(u64),
}

/// The one client of [`super::Input1`]: every event once and in its order, from the moment at which it began to follow. It asks for what it missed, and says what it
/// could not get. What others say in the service's name is not heard.
pub struct Follower {
    proxy: Input1Proxy<'static>,
    events: EventStream,
    owners: BoxStream<'static, Option<UniqueName<'static>>>,
    owner: Option<UniqueName<'static>>,
    known: Known,
    asking: Option<BoxFuture<'static, Answer>>,
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
        let owners = proxy.inner().receive_owner_changed().await?.boxed();
        // An error says that there is none.
        let owner = zbus::fdo::DBusProxy::new(connection).await?.get_name_owner(NAME.try_into()?).await.ok();
        let owner = owner.map(|owner| owner.into_inner());
        // What a service does that was not there when this began is all new; of one that is there, what it has not done yet.
        let known = match owner {
            Some(_) => proxy.since(0).await.map_or(Known::Nothing, |(oldest, events)| newest(oldest, &events)),
            None => Known::UpTo(0),
        };
        let (waiting, news) = (VecDeque::new(), VecDeque::new());
        Ok(Self { proxy, events, owners, owner, known, asking: None, waiting, news, undecodable: 0 })
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
                biased;
                event = self.events.next() => {
                    let event = event?;
                    if event.message().header().sender() != self.owner.as_ref() {
                        continue;
                    }
                    match event.args() {
                        Ok(args) => self.hear(args.event),
                        // The next one shows the gap.
                        Err(_) => self.undecodable += 1,
                    }
                }
                owner = self.owners.next() => {
                    let owner = owner?;
                    if owner != self.owner {
                        self.owner = owner;
                        self.known = Known::UpTo(0);
                        self.waiting.clear();
                        self.ask();
                    }
                }
                answer = answer(&mut self.asking) => {
                    self.asking = None;
                    self.take(answer);
                }
            }
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
        match self.known {
            Known::Nothing => self.ask(),
            Known::UpTo(last) if event.number <= last => {}
            Known::UpTo(last) if event.number == last + 1 => {
                self.known = Known::UpTo(event.number);
                self.news.push_back(News::Event(event));
            }
            // It is among those that are asked for.
            Known::UpTo(_) => self.ask(),
        }
    }

    fn take(&mut self, answer: Answer) {
        let mut heard: Vec<InputEvent> = std::mem::take(&mut self.waiting).into();
        if let Ok((oldest, events)) = answer {
            match self.known {
                Known::Nothing => self.known = newest(oldest, &events),
                Known::UpTo(last) => {
                    let lost = oldest.saturating_sub(last.saturating_add(1));
                    if lost > 0 {
                        self.news.push_back(News::Lost(lost));
                        self.known = Known::UpTo(last + lost);
                    }
                    heard.splice(0..0, events);
                }
            }
        } else if let (Known::UpTo(last), Some(first)) = (&mut self.known, heard.first())
            && first.number > *last + 1
        {
            // It does not say what was missed: what came since is all there is.
            self.news.push_back(News::Lost(first.number - *last - 1));
            *last = first.number - 1;
        }
        heard.into_iter().for_each(|event| self.hear(event));
    }

    fn ask(&mut self) {
        let number = match self.known {
            Known::Nothing => 0,
            Known::UpTo(last) => last,
        };
        let proxy = self.proxy.clone();
        self.asking = self.owner.is_some().then(|| async move { proxy.since(number).await }.boxed());
    }
}

/// Everything that a service has done so far.
fn newest(oldest: u64, events: &[InputEvent]) -> Known {
    Known::UpTo(events.last().map_or(oldest.saturating_sub(1), |event| event.number))
}

/// The answer that is under way; never comes if none is.
async fn answer(asking: &mut Option<BoxFuture<'static, Answer>>) -> Answer {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}
