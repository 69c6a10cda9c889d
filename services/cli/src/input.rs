//! The car's keys and knobs, as the vehicle service numbers them.

use std::io::Write;

use anyhow::{Context, bail};
use clap::Args;
use tandem_contracts::input::{Follower, Input1Proxy, InputEvent, News};
use zbus::proxy::CacheProperties;

use crate::client::connect;
use crate::failure::Status;
use crate::output::Output;
use crate::say::say;

/// Shows what was done with the car's keys and knobs: the newest 64 events, or, with --follow, each as it happens.
#[derive(Args)]
pub struct Input {
    /// Each event as it happens, until interrupted; with --json a line each.
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    output: Output,
}

impl Input {
    pub async fn run(self) -> anyhow::Result<Status> {
        let connection = connect().await?;
        if self.follow {
            return self.follow(Follower::open(&connection).await?).await;
        }
        let keys = Input1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let (_, events) = keys
            .since(0)
            .await
            .context("nobody tells of keys: is the vehicle service running, and does car.toml have [[inputs]]?")?;
        self.output.print(&events, || events.iter().map(|event| line(event) + "\n").collect())?;
        Ok(Status::OK)
    }

    async fn follow(self, mut keys: Follower) -> anyhow::Result<Status> {
        while let Some(news) = keys.next().await {
            match news {
                News::Event(event) if self.output.json => {
                    writeln!(std::io::stdout(), "{}", serde_json::to_string(&event)?)?
                }
                News::Event(event) => writeln!(std::io::stdout(), "{}", line(&event))?,
                News::Lost(events) => say(&format!("{events} events were missed and are not kept any more")),
            }
        }
        bail!("the bus is gone")
    }
}

fn line(event: &InputEvent) -> String {
    let InputEvent { number, t_ns, key, action, steps } = event;
    let seconds = *t_ns as f64 / 1e9;
    if *steps == 0 {
        format!("{number} {seconds:.3} {key} {action}")
    } else {
        format!("{number} {seconds:.3} {key} {action} {steps}")
    }
}
