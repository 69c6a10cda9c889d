//! With kdeconnectd, at the other end of a cable.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::CLAIMS;
use tandem_contracts::mpris::{self, PlayerProxy};

use super::car::{self, Car, until};
use super::far::{Daemon, Far, Peer};
use crate::figure::Figure;
use crate::process::quantile;

/// Nobody gives a song back with its first sound.
const LISTENS: Duration = Duration::from_millis(300);
/// Losses of each kind.
const LOSSES: u32 = 5;
/// The cable comes back at so many moments between two announcements.
const LATER: Duration = Duration::from_millis(300);

pub async fn figures() -> Result<Vec<Figure>> {
    let far = Far::new();
    let mut phone = Daemon::new(&far, Peer::Own).await;
    phone.start();
    let car = Car::start(&[]).await?;
    let _player = car::player(car.folder.path(), "there", &phone.bus())?;
    let there = car::library(&phone.connection).await?;
    let id = car.ask_to_pair().await?;
    let us = until("our name on the phone", async || phone.devices().await.into_iter().next()).await?;
    phone.is_asked(&us).await;
    phone.tell(&us, None, "acceptPairing", &()).await;
    car.confirm(&id).await?;

    let track = there.page("tracks".into(), String::new(), 0, 1).await?.rows.into_iter().next().context("no song")?;
    let mut times = Vec::with_capacity(CLAIMS);
    for _ in 0..CLAIMS {
        // Far from the middle of the song, which is silence.
        there.play(track.id.clone(), 10_000_000).await?;
        times.push(car.claim().await?.0);
        tokio::time::sleep(LISTENS).await;
        car.release().await?;
    }
    PlayerProxy::builder(&phone.connection).destination(mpris::NAME).build().await?.pause().await?;
    let mut figures = vec![
        Figure::new("claim to sound, kdeconnectd, p50", quantile(&mut times, 0.5).context("no claim")?, "ms")
            .at_most(400.0),
        Figure::new("claim to sound, kdeconnectd, p99", quantile(&mut times, 0.99).context("no claim")?, "ms")
            .at_most(900.0),
    ];

    let mut back: f64 = 0.0;
    for (what, talks) in [("idle", false), ("sending", true)] {
        let mut longest: f64 = 0.0;
        for loss in 0..LOSSES {
            far.pull_the_cable();
            let pulled = Instant::now();
            if talks {
                car.phones.send(id.clone(), "on the way".into()).await?;
            }
            until("the loss", async || car.phone(|phone| phone.reach == "away").await).await?;
            longest = longest.max(pulled.elapsed().as_secs_f64());
            tokio::time::sleep(LATER * loss).await;
            far.plug_the_cable_in();
            let plugged = Instant::now();
            until("the phone", async || car.phone(|phone| phone.reach == "near").await).await?;
            back = back.max(plugged.elapsed().as_secs_f64());
        }
        figures.push(Figure::new(format!("loss noticed, {what}, worst of {LOSSES}"), longest, "s").between(6.0, 8.0));
    }
    figures.push(Figure::new(format!("link back, phone back, worst of {}", 2 * LOSSES), back, "s").at_most(2.0));
    Ok(figures)
}
