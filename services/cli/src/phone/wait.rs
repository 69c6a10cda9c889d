//! What becomes of a wish.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use tandem_contracts::sessions::Session;
use tokio::time::{Instant, timeout_at};

use super::{Service, explain, show};
use crate::failure::Status;
use crate::say::say;

/// The phone pauses, the car starts: each within seconds, or it is given up.
const PATIENCE: Duration = Duration::from_secs(12);

pub async fn claim(service: &Service, session: &Session) -> anyhow::Result<Status> {
    settle(service, session, "the car", false, service.sessions.claim(session.id.clone()), |now| {
        match now.stage.as_str() {
            "held" => Some(Ok(())),
            "offered" if now.epoch != session.epoch || !now.why.is_empty() => Some(Err(now.reason.clone())),
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
            ensure!(gone_is_done, "{}: it is gone from the phone", show::title(session));
            say(&format!("{}: given to {who}", show::title(session)));
            return Ok(Status::OK);
        };
        match settled(now) {
            Some(Ok(())) => {
                say(&show::line(now));
                return Ok(Status::OK);
            }
            Some(Err(reason)) => bail!("{}: {reason}", show::title(now)),
            None => {}
        }
        tokio::select! {
            change = timeout_at(deadline, changes.next()) => {
                change.with_context(|| format!("{who} does not say that it has it"))?.context("the bus is gone")?;
            }
            end = ends.next() => drop(end.context("the bus is gone")?),
        }
    }
}

pub async fn watch(service: &Service) -> anyhow::Result<Status> {
    let listening = Service::connect().await?;
    let mut changes = listening.sessions.receive_changed().await?;
    let mut ends = listening.sessions.receive_gone().await?;
    for session in service.sessions.list().await.map_err(explain)? {
        say(&show::line(&session));
    }
    loop {
        tokio::select! {
            change = changes.next() => say(&show::line(&change.context("the bus is gone")?.args()?.session)),
            end = ends.next() => say(&format!("{}: over", end.context("the bus is gone")?.args()?.id)),
            told = tokio::signal::ctrl_c() => {
                told?;
                return Ok(Status::OK);
            }
        }
    }
}
