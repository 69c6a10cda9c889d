//! What becomes of a wish.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use tandem_contracts::sessions::Session;
use tokio::time::{Instant, sleep, sleep_until};

use super::{QUIET, Service, explain, show};
use crate::failure::Status;
use crate::say::{complain, say};

/// The phone pauses, the car starts: each within seconds, or it is given up.
const PATIENCE: Duration = Duration::from_secs(12);

pub async fn claim(service: &Service, session: &Session) -> anyhow::Result<Status> {
    settle(service, session, "the car", false, service.sessions.claim(session.id.clone()), |now| {
        match now.stage.as_str() {
            "held" => Some(Ok(())),
            "offered" if !now.why.is_empty() => Some(Err(now.reason.clone())),
            "offered" | "owed" if now.epoch != session.epoch => Some(Err("it was given back meanwhile".to_owned())),
            _ => None,
        }
    })
    .await
}

pub async fn release(service: &Service, session: &Session) -> anyhow::Result<Status> {
    let is_away = service.phone(Some(&session.phone)).await?.reach == "away";
    settle(service, session, "the phone", true, service.sessions.release(session.id.clone()), |now| {
        // Owed for a moment: until a phone that is here has answered.
        (now.stage == "offered" || now.stage == "owed" && is_away).then_some(Ok(()))
    })
    .await
}

/// Wishes for something, and waits until it is settled; a session that is gone by then has been given back.
async fn settle<E: crate::client::CallError>(
    service: &Service,
    session: &Session,
    who: &str,
    gone_is_done: bool,
    wish: impl Future<Output = Result<(), E>>,
    settled: impl Fn(&Session) -> Option<Result<(), String>>,
) -> anyhow::Result<Status> {
    let listening = Service::connect().await?;
    let mut changes = listening.sessions.receive_changed().await?;
    let mut ends = listening.sessions.receive_gone().await?;
    wish.await.map_err(explain)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let all = service.sessions.list().await.map_err(explain)?;
        let Some(now) = all.iter().find(|it| it.id == session.id) else {
            ensure!(gone_is_done, "{}: it is gone from the phone", show::short(session));
            say(&format!("{}: given to {who}", show::short(session)));
            return Ok(Status::OK);
        };
        match settled(now) {
            Some(Ok(())) => {
                say(&show::line(now));
                return Ok(Status::OK);
            }
            Some(Err(reason)) => bail!("{}: {reason}", show::short(now)),
            None => {}
        }
        tokio::select! {
            change = changes.next() => drop(change.context("the bus is gone")?),
            end = ends.next() => drop(end.context("the bus is gone")?),
            () = sleep_until(deadline.min(Instant::now() + QUIET)) => {
                ensure!(Instant::now() < deadline, "{who} does not say that it has it");
            }
        }
    }
}

pub async fn watch(service: &Service) -> anyhow::Result<Status> {
    let listening = Service::connect().await?;
    let mut changes = listening.sessions.receive_changed().await?;
    let mut ends = listening.sessions.receive_gone().await?;
    let mut owners = listening.sessions.inner().receive_owner_changed().await?;
    tell_all(service).await?;
    let mut was_there = true;
    loop {
        let is_there = tokio::select! {
            change = changes.next() => {
                say(&show::line(&change.context("the bus is gone")?.args()?.session));
                true
            }
            end = ends.next() => {
                say(&format!("{}: over", end.context("the bus is gone")?.args()?.id));
                true
            }
            owner = owners.next() => owner.context("the bus is gone")?.is_some(),
            () = sleep(QUIET) => service.phones.pairing_open().await.is_ok(),
            told = tokio::signal::ctrl_c() => {
                told?;
                return Ok(Status::OK);
            }
        };
        if was_there && !is_there {
            complain("the phone service does not answer; waiting for it to come back");
        }
        if is_there && !was_there && tell_all(service).await.is_ok() {
            complain("the phone service is back");
            was_there = true;
        }
        was_there &= is_there;
    }
}

async fn tell_all(service: &Service) -> anyhow::Result<()> {
    for session in service.sessions.list().await.map_err(explain)? {
        say(&show::line(&session));
    }
    Ok(())
}
