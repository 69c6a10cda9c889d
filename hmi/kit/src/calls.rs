//! The connection for calls: the climate's proxy and the served `Screen1`.

use std::sync::Arc;

use futures_util::StreamExt;
use tandem_contracts::climate::{Climate1Proxy, ClimateError};
use tandem_contracts::connect;
use tandem_contracts::screen::{PATH, Screen1};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use zbus::Connection;
use zbus::fdo::RequestNameFlags;
use zbus::proxy::CacheProperties;

use crate::bus::Backoff;
use crate::commands::Command;
use crate::mailbox::Mailbox;
use crate::screen::Backend;
use crate::update::{Climate, Refusal};

pub(crate) struct Calls {
    bus_name: &'static str,
    mailbox: Arc<Mailbox>,
    commands: mpsc::Receiver<Command>,
}

impl Calls {
    pub fn new(bus_name: &'static str, mailbox: Arc<Mailbox>, commands: mpsc::Receiver<Command>) -> Self {
        Self { bus_name, mailbox, commands }
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
                self.mailbox.climate(Climate::Gone);
            }
            self.refuse_until(Instant::now() + backoff.next()).await;
        }
    }

    async fn session(&mut self, connection: &Connection) -> zbus::Result<()> {
        connection.object_server().at(PATH, Screen1(Backend::new(Arc::clone(&self.mailbox)))).await?;
        let flags = RequestNameFlags::DO_NOT_QUEUE;
        if let Err(error) = connection.request_name_with_flags(self.bus_name, flags).await {
            tracing::warn!(name = self.bus_name, %error, "this screen cannot be captured: its name is not free");
        }
        let climate = Climate1Proxy::builder(connection).cache_properties(CacheProperties::No).build().await?;
        let mut owners = climate.inner().receive_owner_changed().await?;
        let mut requests = climate.receive_request_changed().await?;
        tokio::spawn(introduce(climate.clone(), Arc::clone(&self.mailbox)));
        loop {
            tokio::select! {
                () = connection.closed() => return Ok(()),
                Some(owner) = owners.next() => match owner {
                    Some(_) => drop(tokio::spawn(introduce(climate.clone(), Arc::clone(&self.mailbox)))),
                    None => self.mailbox.climate(Climate::Gone),
                },
                Some(signal) = requests.next() => {
                    if let Ok(args) = signal.args() {
                        self.mailbox.climate(Climate::Request(args.request.clone()));
                    }
                }
                Some(Command::SetDriverTemperature(celsius)) = self.commands.recv() => {
                    drop(tokio::spawn(ask(climate.clone(), celsius, Arc::clone(&self.mailbox))));
                }
            }
        }
    }

    /// Without a connection a wish is refused at once.
    async fn refuse_until(&mut self, deadline: Instant) {
        loop {
            tokio::select! {
                () = sleep_until(deadline) => return,
                Some(Command::SetDriverTemperature(celsius)) = self.commands.recv() => {
                    self.mailbox.climate(Climate::Refused(Refusal::unconnected(celsius)));
                }
            }
        }
    }
}

/// Asks what may be wished for and what was wished last; without an answer there is no climate service.
async fn introduce(climate: Climate1Proxy<'static>, mailbox: Arc<Mailbox>) {
    match tokio::try_join!(climate.driver_temperature_range(), climate.driver_temperature_request()) {
        Ok((range, request)) => {
            mailbox.climate(Climate::Available(range));
            mailbox.climate(Climate::Request(request));
        }
        Err(_) => mailbox.climate(Climate::Gone),
    }
}

async fn ask(climate: Climate1Proxy<'static>, celsius: f64, mailbox: Arc<Mailbox>) {
    if let Err(error) = climate.set_driver_temperature(celsius).await {
        let error: ClimateError = error;
        mailbox.climate(Climate::Refused(Refusal::new(celsius, &error)));
    }
}
