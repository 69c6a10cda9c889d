//! How the parts of Tandem are, for a screen: what its user has to go without, and which parts there are. `org.tandem.Health1` tells it.

use std::time::Duration;

use tandem_contracts::connect;
use tandem_contracts::health::{Follower, Health, Report};
use tokio::time::{Instant, sleep, sleep_until};
use zbus::Connection;

pub use tandem_contracts::health::Part;

use crate::bus::Backoff;

/// What dies is back sooner, as a rule: only what stays away for so long is missed.
const CALM: Duration = Duration::from_secs(2);

/// Tandem has fewer.
const MOST_PARTS: usize = 16;

/// What the car's user has to go without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    pub music: bool,
    pub phone: bool,
    pub settings: bool,
}

/// How it all is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthNews {
    /// What has been ill for a while.
    pub lacking: Lacking,
    /// Every part; none while nobody looks after them.
    pub parts: Vec<Part>,
}

/// Follows for as long as the process lives.
pub(crate) async fn run(hear: impl Fn(HealthNews)) {
    let mut backoff = Backoff::new();
    loop {
        if let Ok(connection) = connect::open().await {
            if follow(&connection, &hear).await.is_ok() {
                backoff = Backoff::new();
            }
            hear(HealthNews::default());
        }
        sleep(backoff.next()).await;
    }
}

/// Until the connection breaks.
async fn follow(connection: &Connection, hear: &impl Fn(HealthNews)) -> zbus::Result<()> {
    let mut follower = Follower::open(connection).await?;
    let mut patience = Patience::default();
    let mut parts = Vec::new();
    // The same for what is told and for when to tell more, or what ends between the two is never told.
    let mut now = Instant::now();
    loop {
        tokio::select! {
            report = follower.next() => {
                let Some(report) = report else { return Ok(()) };
                now = Instant::now();
                patience.hear(report.as_ref(), now);
                parts = report.unwrap_or_default().parts;
                parts.truncate(MOST_PARTS);
            }
            () = at(patience.ends(now)) => now = Instant::now(),
        }
        hear(HealthNews { lacking: patience.lacking(now), parts: parts.clone() });
    }
}

async fn at(point: Option<Instant>) {
    match point {
        Some(point) => sleep_until(point).await,
        None => std::future::pending().await,
    }
}

/// Since when each of these parts is ill, and since when nobody says so.
#[derive(Debug, Default)]
struct Patience {
    ill: [Option<Instant>; 3],
    unknown: Option<Instant>,
}

const PARTS: [&str; 3] = ["media", "phone-link", "settings"];

impl Patience {
    fn hear(&mut self, report: Option<&Report>, now: Instant) {
        let Some(report) = report else {
            self.unknown.get_or_insert(now);
            return;
        };
        if self.unknown.take().is_some_and(|since| now >= since + CALM) {
            // What was ill before nobody knew may be well by now.
            self.ill = [None; 3];
        }
        for (since, name) in self.ill.iter_mut().zip(PARTS) {
            let part = report.parts.iter().find(|part| part.name == name);
            *since = match part.and_then(|part| Health::of(&part.health)) {
                Some(Health::Ill) => Some(since.unwrap_or(now)),
                // Who looks has just begun to, or the part has: what was missed is missed until it answers.
                Some(Health::Starting) => *since,
                _ => None,
            };
        }
    }

    fn lacking(&self, now: Instant) -> Lacking {
        let is_over = |since: Option<Instant>| since.is_some_and(|since| now >= since + CALM);
        let is_unknown = is_over(self.unknown);
        let [music, phone, settings] = self.ill.map(|since| is_over(since) && !is_unknown);
        Lacking { music, phone, settings }
    }

    /// When the next of them is missed, or no longer known.
    fn ends(&self, now: Instant) -> Option<Instant> {
        let all = self.ill.into_iter().chain([self.unknown]);
        all.flatten().map(|since| since + CALM).filter(|end| *end > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(ill: &[&str]) -> Report {
        let part = |name: &str| {
            let health = if ill.contains(&name) { Health::Ill } else { Health::Away };
            Part { name: name.into(), health: health.word().into(), ..Part::default() }
        };
        Report { parts: ["vehicle", "media", "phone-link", "settings"].map(part).into(), ..Report::default() }
    }

    #[test]
    fn what_stays_ill_is_lacking_and_what_comes_back_soon_never_was() {
        let start = Instant::now();
        let mut patience = Patience::default();
        patience.hear(Some(&report(&["media", "vehicle"])), start);
        assert_eq!(patience.lacking(start), Lacking::default());
        assert_eq!(patience.ends(start), Some(start + CALM));
        let later = start + CALM / 2;
        patience.hear(Some(&report(&["media", "settings"])), later);
        assert_eq!(patience.ends(later), Some(start + CALM), "it was ill all the time");
        assert_eq!(patience.lacking(start + CALM), Lacking { music: true, ..Lacking::default() });
        assert_eq!(patience.ends(start + CALM), Some(later + CALM));
        patience.hear(Some(&report(&["phone-link"])), later);
        assert_eq!(patience.lacking(later + CALM), Lacking { phone: true, ..Lacking::default() });
    }

    #[test]
    fn who_looks_may_die_and_look_again_before_what_is_missed_is_no_longer_known() {
        let start = Instant::now();
        let mut patience = Patience::default();
        patience.hear(Some(&report(&["media"])), start);
        let missed = start + CALM;
        let music = Lacking { music: true, ..Lacking::default() };
        patience.hear(None, missed);
        assert_eq!((patience.lacking(missed), patience.ends(missed)), (music, Some(missed + CALM)));
        let mut anew = report(&[]);
        for part in &mut anew.parts {
            part.health = Health::Starting.word().into();
        }
        patience.hear(Some(&anew), missed + CALM / 2);
        assert_eq!(patience.lacking(missed + CALM), music, "it has not come since");
        patience.hear(None, missed + CALM);
        patience.hear(None, missed + CALM * 3 / 2);
        assert_eq!(patience.lacking(missed + 2 * CALM), Lacking::default(), "nobody knows");
        patience.hear(Some(&anew), missed + 2 * CALM);
        assert_eq!(patience.lacking(missed + 3 * CALM), Lacking::default(), "it may have come meanwhile");
        patience.hear(Some(&report(&["media"])), missed + 3 * CALM);
        patience.hear(Some(&report(&[])), missed + 4 * CALM);
        patience.hear(Some(&anew), missed + 4 * CALM);
        assert_eq!(patience.lacking(missed + 5 * CALM), Lacking::default(), "it was well in between");
    }
}
