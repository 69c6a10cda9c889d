//! Play, pause and their like: by MPRIS, as every other program does it.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use tandem_contracts::media::{Item, Now};
use tandem_contracts::mpris::track_id;
use tokio::time::{Instant, timeout_at};

use super::what::What;
use super::{Output, Service, explain, show};
use crate::failure::Status;
use crate::say::complain;

/// A stream may take a while until it is heard.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long a position is watched for going on.
const LOOK: Duration = Duration::from_millis(20);
/// What may change nothing, such as *next* at the end, is not waited for longer.
const MOMENT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Pause,
    Toggle,
    Next,
    Previous,
    Stop,
}

/// A place in what plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// Microseconds from the start.
    At(i64),
    /// Microseconds from here.
    By(i64),
    /// 0 to 1 of the whole.
    Share(f64),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no position: 90, 1:30, 1:02:03, 50%, +10 or -10");
        let micros = |seconds: f64| (seconds * 1e6) as i64;
        let number = |text: &str| {
            let number: f64 = text.parse().map_err(|_| wrong())?;
            (number.is_finite() && (0.0..1e9).contains(&number)).then_some(number).ok_or_else(wrong)
        };
        if let Some(share) = text.strip_suffix('%') {
            let share = number(share)? / 100.0;
            return (share <= 1.0).then_some(Self::Share(share)).ok_or_else(wrong);
        }
        if let Some(ahead) = text.strip_prefix('+') {
            return Ok(Self::By(micros(number(ahead)?)));
        }
        if let Some(back) = text.strip_prefix('-') {
            return Ok(Self::By(-micros(number(back)?)));
        }
        let parts: Vec<&str> = text.split(':').collect();
        if parts.len() > 3 {
            return Err(wrong());
        }
        let mut seconds = 0.0;
        for (place, part) in parts.iter().enumerate() {
            let part = number(part)?;
            if place > 0 && part >= 60.0 {
                return Err(wrong());
            }
            seconds = seconds * 60.0 + part;
        }
        Ok(Self::At(micros(seconds)))
    }
}

pub async fn play(what: Option<&str>, output: Output) -> anyhow::Result<Status> {
    let what = what.map(What::of).transpose()?;
    let service = Service::connect().await?;
    let listening = Service::listen().await?;
    let mut changes = listening.receive_now_changed().await?;
    let mut skips = listening.receive_skipped().await?;
    let before = service.media.now().await.map_err(explain)?;
    // What is chosen becomes another entry; until it is the current one, what is told is of the song before.
    let chosen = what.is_some();
    match what {
        None => {
            let now = &before;
            ensure!(now.entry != 0, "the queue is empty: `tandem media play TEXT` plays what a text finds");
            service.player.play().await.map_err(explain)?;
        }
        Some(What::Id(id)) => service.media.play(id, -1).await.map_err(explain)?,
        Some(What::Address(address)) => service.player.open_uri(&address).await.map_err(explain)?,
        Some(What::Text(text)) => {
            let item = What::item(&text, &service).await?;
            service.media.play(item.id, -1).await.map_err(explain)?;
        }
    }
    let deadline = Instant::now() + PATIENCE;
    let mut skipped: Option<(Item, String)> = None;
    let mut begun = false;
    loop {
        let now = service.media.now().await.map_err(explain)?;
        let told = if chosen { now.entry != before.entry } else { now != before || now.state == "playing" };
        match now.state.as_str() {
            _ if !told => {}
            "playing" if moves(&service).await? => break,
            "playing" if Instant::now() < deadline => {
                begun = true;
                continue;
            }
            // It was over before one could look.
            "stopped" if begun && now.reason.is_empty() => break,
            "waiting" => bail!("{}", reason_of(&now)),
            "stopped" if !now.reason.is_empty() => bail!("{}", reason_of(&now)),
            "stopped" if skipped.is_some() => bail!("nothing of it can be played"),
            _ => {}
        }
        tokio::select! {
            change = timeout_at(deadline, changes.next()) => {
                change.context("the media service does not say that it plays")?.context("the bus is gone")?;
            }
            skip = skips.next() => {
                let skip = skip.context("the bus is gone")?;
                let skip = skip.args()?;
                complain(&format!("passed over {}: {}", skip.item.title, skip.reason));
                skipped = Some((skip.item, skip.reason));
            }
        }
    }
    tell(&service, output).await
}

/// Whether its position goes on: it sounds, and is not about to. Asked for a moment.
async fn moves(service: &Service) -> anyhow::Result<bool> {
    let from = service.player.position().await.map_err(explain)?;
    tokio::time::sleep(LOOK).await;
    Ok(service.player.position().await.map_err(explain)? > from)
}

fn reason_of(now: &Now) -> String {
    if now.reason.is_empty() { format!("it is {}", now.state) } else { now.reason.clone() }
}

pub async fn order(order: Order, output: Output) -> anyhow::Result<Status> {
    let service = Service::connect().await?;
    let listening = Service::listen().await?;
    let mut changes = listening.receive_now_changed().await?;
    let before = service.media.now().await.map_err(explain)?;
    let player = &service.player;
    match order {
        Order::Pause => player.pause().await,
        Order::Toggle => player.play_pause().await,
        Order::Stop => player.stop().await,
        Order::Previous => player.previous().await,
        Order::Next => {
            ensure!(player.can_go_next().await.map_err(explain)?, "there is nothing next");
            player.next().await
        }
    }
    .map_err(explain)?;
    let deadline = Instant::now() + MOMENT;
    while !is_settled(order, &before, &service.media.now().await.map_err(explain)?) {
        match timeout_at(deadline, changes.next()).await {
            Ok(change) => drop(change.context("the bus is gone")?),
            Err(_) => break,
        }
    }
    tell(&service, output).await
}

/// Whether what was asked for shows.
fn is_settled(order: Order, before: &Now, now: &Now) -> bool {
    match order {
        Order::Pause => !["playing", "buffering"].contains(&now.state.as_str()),
        Order::Stop => now.state == "stopped",
        Order::Toggle => now.state != before.state && now.state != "buffering",
        Order::Next | Order::Previous => now.entry != before.entry,
    }
}

pub async fn seek(target: Target, output: Output) -> anyhow::Result<Status> {
    let service = Service::connect().await?;
    let player = &service.player;
    let now = service.media.now().await.map_err(explain)?;
    ensure!(now.entry != 0, "nothing plays");
    ensure!(player.can_seek().await.map_err(explain)?, "what plays has no positions to go to");
    let metadata = player.metadata().await.map_err(explain)?;
    let length = show::length(&metadata, &now);
    let track = track_id(&metadata).context("the player does not name what plays")?;
    let position = match target {
        Target::By(offset) => player.position().await.map_err(explain)?.saturating_add(offset).max(0),
        Target::At(position) => position,
        Target::Share(share) => (share * length as f64) as i64,
    };
    ensure!(length == 0 || position <= length, "it is only {} long", show::clock(length));
    let listening = Service::connect().await?;
    let mut jumps = listening.player.receive_seeked().await?;
    player.set_position(&track, position).await.map_err(explain)?;
    // It settles within milliseconds; without a word of it, `status` shows where it is.
    let _ = timeout_at(Instant::now() + MOMENT, jumps.next()).await;
    tell(&service, output).await
}

async fn tell(service: &Service, output: Output) -> anyhow::Result<Status> {
    let told = service.told().await?;
    output.print(&told, || show::line(&told))?;
    Ok(Status::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_people_write_it() {
        let of = |text: &str| text.parse::<Target>();
        assert_eq!(of("90"), Ok(Target::At(90_000_000)));
        assert_eq!(of("1:30.5"), Ok(Target::At(90_500_000)));
        assert_eq!(of("1:02:03"), Ok(Target::At(3_723_000_000)));
        assert_eq!(of("+10"), Ok(Target::By(10_000_000)));
        assert_eq!(of("-0.5"), Ok(Target::By(-500_000)));
        assert_eq!(of("50%"), Ok(Target::Share(0.5)));
        for wrong in ["", "x", "1:60", "1:2:3:4", "101%", "nan", "inf", "--1", "+-1", "1e12"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_order_is_settled_when_it_shows() {
        let now = |state: &str, entry| Now { state: state.into(), entry, ..Now::default() };
        let playing = now("playing", 3);
        assert!(!is_settled(Order::Pause, &playing, &playing));
        assert!(is_settled(Order::Pause, &playing, &now("paused", 3)));
        assert!(!is_settled(Order::Toggle, &now("paused", 3), &now("buffering", 3)));
        assert!(is_settled(Order::Toggle, &now("paused", 3), &playing));
        assert!(!is_settled(Order::Next, &playing, &now("buffering", 3)));
        assert!(is_settled(Order::Next, &playing, &now("buffering", 4)));
        assert!(is_settled(Order::Stop, &playing, &now("stopped", 3)));
    }
}
