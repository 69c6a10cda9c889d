use std::time::Duration;

use anyhow::{Context, bail};
use clap::Subcommand;
use futures_util::StreamExt;
use tandem_contracts::actuation::RequestState;
use tandem_contracts::climate::{Climate1Proxy, TemperatureRequest};
use tokio::time::timeout;
use zbus::proxy::CacheProperties;

use crate::client::{connect, explain};
use crate::failure::Status;
use crate::say::say;

/// A car says within seconds whether it does as it was asked; the service says `lapsed` when it does not.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the car's climate for something.
#[derive(Subcommand)]
pub enum Climate {
    /// Asks for a driver's temperature and waits for what becomes of it: confirmed by the car's own echo (status 0), refused or lapsed (status 1).
    SetDriverTemperature {
        /// Degrees Celsius.
        #[arg(allow_hyphen_values = true)]
        celsius: f64,
    },
}

impl Climate {
    pub async fn run(self) -> anyhow::Result<Status> {
        let Self::SetDriverTemperature { celsius } = self;
        let calls = connect().await?;
        // Signals have a connection of their own: unread ones would block the calls behind them.
        let signals = connect().await?;
        let listening = Climate1Proxy::builder(&signals).cache_properties(CacheProperties::No).build().await?;
        let mut changes = listening.receive_request_changed().await?;
        let climate = Climate1Proxy::builder(&calls).cache_properties(CacheProperties::No).build().await?;
        let id = climate.set_driver_temperature(celsius).await.map_err(explain)?;
        let answer = async {
            while let Some(change) = changes.next().await {
                let request = change.args()?.request;
                if let Some(status) = told(id, &request) {
                    return Ok(status);
                }
            }
            bail!("the bus is gone")
        };
        timeout(PATIENCE, answer).await.context("the vehicle service says nothing about it")?
    }
}

/// What became of our wish, if that is what this is about and it is settled.
fn told(id: u64, request: &TemperatureRequest) -> Option<Status> {
    // A newer wish takes the place of ours.
    if request.id > id {
        say(&format!("lapsed: somebody else asked for {} °C", request.celsius));
        return Some(Status::FAILED);
    }
    let state: RequestState = request.state.parse().ok().filter(|_| request.id == id)?;
    match state {
        RequestState::Idle | RequestState::Pending => None,
        RequestState::Confirmed => {
            say(&format!("confirmed: {} °C", request.celsius));
            Some(Status::OK)
        }
        RequestState::Refused | RequestState::Lapsed => {
            say(&format!("{state}: {}", request.reason));
            Some(Status::FAILED)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_settled_about_our_own_wish_ends_the_wait() {
        let request = |id, state: RequestState| TemperatureRequest {
            id,
            celsius: 21.5,
            state: state.to_string(),
            reason: "the car said no".into(),
        };
        assert_eq!(told(3, &request(2, RequestState::Confirmed)), None);
        assert_eq!(told(3, &request(3, RequestState::Pending)), None);
        assert_eq!(told(3, &request(3, RequestState::Confirmed)), Some(Status::OK));
        assert_eq!(told(3, &request(3, RequestState::Refused)), Some(Status::FAILED));
        assert_eq!(told(3, &request(3, RequestState::Lapsed)), Some(Status::FAILED));
        assert_eq!(told(3, &request(4, RequestState::Pending)), Some(Status::FAILED));
    }
}
