//! The connection for calls: what is asked of the car, and the served `Screen1`.

use std::sync::Arc;

use futures_util::StreamExt;
use tandem_contracts::actuation::Request;
use tandem_contracts::part::{self, Part1};
use tandem_contracts::screen::{PATH, Screen1};
use tandem_contracts::signals::Signals1Proxy;
use tandem_contracts::{connect, wire};
use tandem_units::Quality;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use zbus::Connection;
use zbus::fdo::RequestNameFlags;
use zbus::proxy::CacheProperties;

use crate::bus::Backoff;
use crate::commands::Command;
use crate::mailbox::Mailbox;
use crate::screen::Backend;
use crate::update::{Actuation, Fate, Refusal};

/// What a car may be asked for is less than this, many times.
const MOST_ACTUATORS: usize = 4_096;

pub(crate) struct Calls {
    bus_name: &'static str,
    asks: bool,
    mailbox: Arc<Mailbox>,
    commands: mpsc::Receiver<Command>,
}

impl Calls {
    pub fn new(bus_name: &'static str, asks: bool, mailbox: Arc<Mailbox>, commands: mpsc::Receiver<Command>) -> Self {
        Self { bus_name, asks, mailbox, commands }
    }

    pub async fn run(mut self, mut first: Option<Connection>) {
        let mut backoff = Backoff::new();
        loop {
            let connection = match first.take() {
                Some(connection) => Ok(connection),
                None => connect::open().await,
            };
            if let Ok(connection) = connection {
                backoff = Backoff::new();
                if let Err(error) = self.session(&connection).await {
                    tracing::debug!(%error, "the connection for calls ended");
                }
                self.mailbox.actuation(Actuation::Gone);
            }
            self.refuse_until(Instant::now() + backoff.next()).await;
        }
    }

    async fn session(&mut self, connection: &Connection) -> zbus::Result<()> {
        connection.object_server().at(PATH, Screen1(Backend::new(Arc::clone(&self.mailbox)))).await?;
        connection.object_server().at(part::PATH, Part1).await?;
        let flags = RequestNameFlags::DO_NOT_QUEUE;
        if let Err(error) = connection.request_name_with_flags(self.bus_name, flags).await {
            tracing::warn!(name = self.bus_name, %error, "this screen cannot be captured: its name is not free");
        }
        if !self.asks {
            connection.closed().await;
            return Ok(());
        }
        let car = Signals1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let mut owners = car.inner().receive_owner_changed().await?;
        let mut requests = car.receive_request_changed().await?;
        let own = connection.unique_name().map(ToString::to_string).unwrap_or_default();
        tokio::spawn(introduce(car.clone(), own.clone(), Arc::clone(&self.mailbox)));
        loop {
            tokio::select! {
                () = connection.closed() => return Ok(()),
                Some(owner) = owners.next() => match owner {
                    Some(_) => drop(tokio::spawn(introduce(car.clone(), own.clone(), Arc::clone(&self.mailbox)))),
                    None => self.mailbox.actuation(Actuation::Gone),
                },
                Some(signal) = requests.next() => {
                    if let Some(fate) = signal.args().ok().and_then(|args| fate(&args.request, &own)) {
                        self.mailbox.actuation(Actuation::Request(fate));
                    }
                }
                Some(command) = self.commands.recv() => {
                    drop(tokio::spawn(ask(car.clone(), command, Arc::clone(&self.mailbox))));
                }
            }
        }
    }

    /// Without a connection a wish is refused at once.
    async fn refuse_until(&mut self, deadline: Instant) {
        loop {
            tokio::select! {
                () = sleep_until(deadline) => return,
                Some(Command { path, .. }) = self.commands.recv() => {
                    self.mailbox.actuation(Actuation::Refused(Refusal::unconnected(path)));
                }
            }
        }
    }
}

/// What a request says; none if its state is no word of ours.
fn fate(request: &Request, own: &str) -> Option<Fate> {
    let Ok(state) = request.state.parse() else {
        tracing::warn!(word = request.state, "the vehicle service tells a state that is unknown");
        return None;
    };
    let value = wire::from_variant(Quality::Valid as u8, &request.value).ok().and_then(|(_, value)| value);
    Some(Fate { id: request.id, path: request.path.clone(), value, state, mine: request.client == own })
}

/// Asks what may be wished for and what was wished last; without an answer there is nobody to ask.
async fn introduce(car: Signals1Proxy<'static>, own: String, mailbox: Arc<Mailbox>) {
    match tokio::try_join!(car.actuators(), car.requests()) {
        Ok((mut actuators, mut requests)) => {
            actuators.truncate(MOST_ACTUATORS);
            requests.truncate(MOST_ACTUATORS);
            mailbox.actuation(Actuation::Actuators(actuators));
            for fate in requests.iter().filter_map(|request| fate(request, &own)) {
                mailbox.actuation(Actuation::Request(fate));
            }
        }
        Err(_) => mailbox.actuation(Actuation::Gone),
    }
}

async fn ask(car: Signals1Proxy<'static>, Command { path, value }: Command, mailbox: Arc<Mailbox>) {
    if let Err(error) = car.actuate(path.to_owned(), wire::to_variant(Some(&value))).await {
        mailbox.actuation(Actuation::Refused(Refusal::new(path, &error)));
    }
}
