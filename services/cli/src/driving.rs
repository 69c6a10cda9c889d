use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use tandem_contracts::driving::{Flag, Follower, NO_LIMIT, Restrictions, Status as Driving};
use tokio::signal::ctrl_c;
use zbus::fdo::DBusProxy;

use crate::client::{HINT, absent, connect};
use crate::failure::{Status, set_up};
use crate::say::say;

/// Whether the car is parked, idling or moving, which reading decided, and what is restricted for whom.
#[derive(Args)]
pub struct Show {
    /// Prints JSON, one line for each status with --follow.
    #[arg(long)]
    json: bool,
    /// Goes on with every change, until Ctrl-C. Says so if the service goes, and goes on when it is back.
    #[arg(long)]
    follow: bool,
}

impl Show {
    pub async fn run(self) -> anyhow::Result<Status> {
        let connection = connect().await?;
        let name = tandem_contracts::driving::NAME.try_into()?;
        if !self.follow && !DBusProxy::new(&connection).await?.name_has_owner(name).await? {
            return Err(set_up(absent("vehicle service", HINT)));
        }
        let mut follower = Follower::open(&connection).await?;
        if self.follow {
            self.print(follower.status())?;
        }
        loop {
            let status = tokio::select! {
                status = follower.next() => status,
                _ = ctrl_c() => return Ok(Status::OK),
                // Whoever knows nothing says what holds without a word.
                () = tokio::time::sleep(tandem_contracts::connect::METHOD_TIMEOUT), if !self.follow => {
                    Some(follower.status().clone())
                }
            };
            let Some(status) = status else { bail!("the bus is gone") };
            self.print(&status)?;
            if !self.follow {
                return Ok(Status::OK);
            }
        }
    }

    fn print(&self, status: &Driving) -> anyhow::Result<()> {
        let shown = match (self.json, self.follow) {
            (true, true) => as_json(status).to_string(),
            (true, false) => serde_json::to_string_pretty(&as_json(status))?,
            (false, _) => in_words(status),
        };
        say(&shown);
        Ok(())
    }
}

fn limit(limit: u32) -> Option<u32> {
    (limit != NO_LIMIT).then_some(limit)
}

fn as_json(status: &Driving) -> Value {
    let zone = |(name, rules): (&String, &Restrictions)| {
        let flags: Vec<_> = rules.flags().map(Flag::word).collect();
        let (characters, items, depth) = (limit(rules.max_characters), limit(rules.max_items), limit(rules.max_depth));
        let rules = json!({ "flags": flags, "max_characters": characters, "max_items": items, "max_depth": depth });
        (name.clone(), rules)
    };
    let zones: serde_json::Map<_, _> = status.zones.iter().map(zone).collect();
    let Driving { state, region, reading, why, .. } = status;
    json!({ "state": state, "region": region, "reading": reading, "why": why, "zones": zones })
}

fn in_words(status: &Driving) -> String {
    let region = if status.region.is_empty() { "none" } else { &status.region };
    let mut lines = vec![format!("{}: {}", status.state, status.because()), format!("  region     {region}")];
    lines.extend(status.zones.iter().map(|(name, rules)| format!("  {name:<10} {}", restricted(*rules))));
    lines.join("\n")
}

fn restricted(rules: Restrictions) -> String {
    let words: Vec<_> = rules
        .flags()
        .filter_map(|flag| {
            Some(match flag {
                Flag::NoDialpad => "no dial pad".to_owned(),
                Flag::NoFiltering => "no filtering".to_owned(),
                Flag::LimitStringLength => format!("texts up to {} characters", rules.most_characters()?),
                Flag::NoKeyboard => "no keyboard".to_owned(),
                Flag::NoVideo => "no video".to_owned(),
                Flag::LimitContent => match (rules.most_items(), rules.most_depth()) {
                    (Some(items), Some(depth)) => format!("lists up to {items} rows, {depth} deep"),
                    (Some(items), None) => format!("lists up to {items} rows"),
                    (None, depth) => format!("lists {} deep", depth?),
                },
                Flag::NoSetup => "no set-up".to_owned(),
                Flag::NoTextMessage => "no message texts".to_owned(),
                Flag::NoVoiceTranscription => "no transcripts of speech".to_owned(),
            })
        })
        .collect();
    if words.is_empty() { "nothing is restricted".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use tandem_contracts::driving::Zone;

    use super::*;

    #[test]
    fn a_status_is_told_in_words_and_as_json() {
        let mut status =
            Driving { region: "us".into(), reading: "Vehicle.Speed".into(), why: "stale".into(), ..Driving::default() };
        status.zones.insert(Zone::Passenger.word().into(), Restrictions::NONE);
        assert_eq!(
            in_words(&status),
            "moving: Vehicle.Speed is stale\n  region     us\n  driver     no dial pad, no filtering, texts up to 80 characters, no keyboard, \
             no video, lists up to 50 rows, 3 deep, no set-up, no message texts, no transcripts of speech\n  \
             passenger  nothing is restricted"
        );
        let shown = as_json(&status);
        assert_eq!(
            (&shown["state"], &shown["why"], &shown["reading"]),
            (&json!("moving"), &json!("stale"), &json!("Vehicle.Speed"))
        );
        assert_eq!(shown["zones"]["driver"]["flags"][3], "NO_KEYBOARD");
        assert_eq!(shown["zones"]["driver"]["max_items"], 50);
        assert_eq!(
            shown["zones"]["passenger"],
            json!({ "flags": [], "max_characters": null, "max_items": null, "max_depth": null })
        );
    }
}
