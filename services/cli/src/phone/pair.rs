//! Two devices come to know each other, and a person compares two keys.

use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use tandem_contracts::phones::Phone as Known;
use tokio::time::{Instant, timeout_at};

use super::{Service, explain};
use crate::failure::Status;
use crate::say::say;

/// A phone that asks or is asked answers within half a minute.
const GRACE: Duration = Duration::from_secs(5);
/// How long a phone that is alone is waited for to stay alone.
const ALONE: Duration = Duration::from_secs(3);

pub async fn pair(service: &Service, meant: Option<&str>, yes: bool) -> anyhow::Result<Status> {
    ensure!(yes || std::io::stdin().is_terminal(), "somebody has to compare the keys: run it in a terminal");
    let listening = Service::connect().await?;
    let mut changes = listening.phones.receive_phone_changed().await?;
    let before = service.phones.phones().await.map_err(explain)?;
    let known: Vec<String> = before.into_iter().filter(|phone| phone.is_paired).map(|phone| phone.id).collect();
    let seconds = service.phones.open_pairing().await.map_err(explain)?;
    let name = service.phones.name().await.map_err(explain)?;
    say(&format!("Pairing is open for {seconds} s: the phone finds this car as `{name}` in KDE Connect."));
    let deadline = Instant::now() + Duration::from_secs(seconds.into()) + GRACE;
    let is_meant = |phone: &Known| {
        meant.is_none_or(|meant| phone.id == meant || phone.name.to_lowercase().starts_with(&meant.to_lowercase()))
    };
    let mut alone: Option<Instant> = None;
    let (mut asked, mut confirmed) = (false, false);
    loop {
        let phones = service.phones.phones().await.map_err(explain)?;
        let near: Vec<&Known> = phones.iter().filter(|phone| !known.contains(&phone.id) && is_meant(phone)).collect();
        if let Some(paired) = near.iter().find(|phone| phone.is_paired) {
            say(&format!("{} is paired.", paired.name));
            return Ok(Status::OK);
        }
        if let Some(phone) = near.iter().find(|phone| !phone.key.is_empty() && !confirmed) {
            say(&format!("{} shows the key {}", phone.name, phone.key));
            if yes || same()? {
                service.phones.confirm(phone.id.clone()).await.map_err(explain)?;
                confirmed = true;
                say("Confirm it on the phone, too.");
            } else {
                service.phones.refuse(phone.id.clone()).await.map_err(explain)?;
                bail!("the keys are not the same");
            }
            continue;
        }
        if let Some(failed) = near.iter().find(|phone| (asked || confirmed) && !phone.reason.is_empty()) {
            bail!("{}: {}", failed.name, failed.reason);
        }
        // Only one is near, or it was named: it is asked. Who would rather ask from the phone has a moment.
        match near.as_slice() {
            [phone] if !asked && phone.pairing == "none" => {
                let since = *alone.get_or_insert_with(Instant::now);
                if meant.is_some() || since.elapsed() >= ALONE {
                    service.phones.pair(phone.id.clone()).await.map_err(explain)?;
                    asked = true;
                    continue;
                }
            }
            _ => alone = None,
        }
        let wake = alone.filter(|_| !asked).map_or(deadline, |since| (since + ALONE).min(deadline));
        match timeout_at(wake, changes.next()).await {
            Ok(change) => drop(change.context("the bus is gone")?),
            Err(_) if Instant::now() < deadline => {}
            Err(_) => bail!("no phone was paired in time: both have to be in the same network"),
        }
    }
}

fn same() -> anyhow::Result<bool> {
    write!(std::io::stdout(), "The same on the phone? [y/N] ")?;
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
