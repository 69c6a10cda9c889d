//! Asks the car for a value of an actuator, and waits for what becomes of it.

use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use futures_util::StreamExt;
use serde_json::json;
use tandem_contracts::actuation::{Actuator, Request, RequestState};
use tandem_contracts::signals::{Signals1Proxy, SignalsError};
use tandem_contracts::wire;
use tandem_units::{Quality, Value};
use tokio::time::timeout;
use zbus::proxy::CacheProperties;

use crate::client::{connect, explain, explain_wish};
use crate::failure::Status;
use crate::output::Output;
use crate::say::say;
use crate::table::{Align, Table, number};
use crate::values;

/// A car says within seconds whether it does as it was asked; the service says `lapsed` when it does not.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct Actuate {
    /// The VSS path of an actuator; `tandem signals actuators` lists them.
    path: String,
    /// A number in the actuator's unit, `true` or `false`, or a word.
    #[arg(allow_hyphen_values = true)]
    value: String,
    #[command(flatten)]
    output: Output,
}

impl Actuate {
    pub async fn run(self) -> anyhow::Result<Status> {
        let calls = connect().await?;
        // Signals have a connection of their own: unread ones would block the calls behind them.
        let signals = connect().await?;
        let listening = Signals1Proxy::builder(&signals).cache_properties(CacheProperties::No).build().await?;
        let mut changes = listening.receive_request_changed().await?;
        let asking = Signals1Proxy::builder(&calls).cache_properties(CacheProperties::No).build().await?;
        let value = wire::to_variant(Some(&read(&self.value)));
        let id: Result<u64, SignalsError> = asking.actuate(self.path.clone(), value).await;
        let look = format!("`tandem signals get {}` tells what the car has.", self.path);
        let id = id.map_err(|error| explain_wish(error, "the car was asked", &look))?;
        let answer = async {
            while let Some(change) = changes.next().await {
                let request = change.args()?.request;
                if let Some(status) = told(id, &request) {
                    return self.output.print(&described(&request), || sentence(&request)).map(|()| status);
                }
            }
            bail!("the bus is gone")
        };
        let status = timeout(PATIENCE, answer).await.context("the vehicle service says nothing about it")??;
        Ok(status)
    }
}

/// What becomes of our wish, once it is settled.
fn told(id: u64, request: &Request) -> Option<Status> {
    let state: RequestState = request.state.parse().ok().filter(|_| request.id == id)?;
    match state {
        RequestState::Idle | RequestState::Pending => None,
        RequestState::Confirmed => Some(Status::OK),
        RequestState::Refused | RequestState::Lapsed => Some(Status::FAILED),
    }
}

fn asked(request: &Request) -> Option<Value> {
    wire::from_variant(Quality::Valid as u8, &request.value).ok().and_then(|(_, value)| value)
}

fn described(request: &Request) -> serde_json::Value {
    let value = values::json(asked(request).as_ref());
    json!({"id": request.id, "path": request.path, "value": value, "state": request.state, "reason": request.reason,
        "client": request.client})
}

fn sentence(request: &Request) -> String {
    let value = asked(request).as_ref().map(values::text).unwrap_or_default();
    let reason = if request.reason.is_empty() { String::new() } else { format!(": {}", request.reason) };
    format!("{} {value}, {}{reason}\n", request.path, request.state)
}

/// A number, a flag or a word, as a person writes it.
fn read(text: &str) -> Value {
    match text.parse() {
        Ok(flag) => Value::Bool(flag),
        Err(_) => text.parse().map_or_else(|_| Value::from(text), Value::Float),
    }
}

/// What may be asked of this car, and who holds it.
pub async fn list(output: Output) -> anyhow::Result<Status> {
    let connection = connect().await?;
    let actuators = Signals1Proxy::new(&connection).await?.actuators().await.map_err(explain)?;
    if actuators.is_empty() && !output.json {
        say("this car cannot be asked for anything: it is only listened to");
        return Ok(Status::OK);
    }
    output.print(&actuators, || table(&actuators))?;
    Ok(Status::OK)
}

fn table(actuators: &[Actuator]) -> String {
    let left = Align::Left;
    let mut table =
        Table::new([("actuator", left), ("values", left), ("driving", left), ("power", left), ("holder", left)]);
    for one in actuators {
        let range =
            || format!("{} to {} in steps of {} {}", number(one.min), number(one.max), number(one.step), one.unit);
        let values = match one.datatype.as_str() {
            "boolean" => "false, true".to_owned(),
            _ if !one.allowed.is_empty() => one.allowed.join(", "),
            _ => range().trim_end().to_owned(),
        };
        let power = if one.power.is_empty() { "any".to_owned() } else { one.power.join(", ") };
        table.row([one.path.clone(), values, one.driving.clone(), power, one.holder.clone()]);
    }
    table.to_string()
}

/// The newest wish for each actuator.
pub async fn requests(output: Output) -> anyhow::Result<Status> {
    let connection = connect().await?;
    let requests = Signals1Proxy::new(&connection).await?.requests().await.map_err(explain)?;
    let described: Vec<_> = requests.iter().map(described).collect();
    output.print(&described, || requests.iter().map(sentence).collect())?;
    Ok(Status::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_settled_about_our_own_wish_ends_the_wait() {
        let request = |id, state: RequestState| Request {
            id,
            path: "Vehicle.Body.Horn.IsActive".into(),
            value: wire::to_variant(Some(&Value::Bool(true))),
            state: state.to_string(),
            reason: if state == RequestState::Lapsed { "The car did not answer.".into() } else { String::new() },
            client: ":1.4".into(),
        };
        assert_eq!(told(3, &request(2, RequestState::Confirmed)), None);
        assert_eq!(told(3, &request(3, RequestState::Pending)), None);
        assert_eq!(told(3, &request(3, RequestState::Confirmed)), Some(Status::OK));
        assert_eq!(told(3, &request(3, RequestState::Refused)), Some(Status::FAILED));
        assert_eq!(told(3, &request(3, RequestState::Lapsed)), Some(Status::FAILED));
        let sentences = [RequestState::Confirmed, RequestState::Lapsed].map(|state| sentence(&request(3, state)));
        assert_eq!(sentences[0], "Vehicle.Body.Horn.IsActive true, confirmed\n");
        assert_eq!(sentences[1], "Vehicle.Body.Horn.IsActive true, lapsed: The car did not answer.\n");
    }

    #[test]
    fn a_value_may_begin_with_a_hyphen_and_options_stay_options() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            actuate: Actuate,
        }
        let line = |words: &str| {
            let Line { actuate } = <Line as clap::Parser>::try_parse_from(words.split(' ')).ok()?;
            Some((actuate.value, actuate.output.json))
        };
        for value in ["-5", "-7.5", "-inf", "-NaN", "-1e308"] {
            assert_eq!(line(&format!("actuate Vehicle.X {value}")), Some((value.to_owned(), false)));
            assert_eq!(line(&format!("actuate Vehicle.X --json {value}")), Some((value.to_owned(), true)));
            assert_eq!(line(&format!("actuate Vehicle.X {value} --json")), Some((value.to_owned(), true)));
        }
        assert_eq!(line("actuate Vehicle.X"), None);
    }

    #[test]
    fn values_are_read_as_people_write_them() {
        assert_eq!(read("true"), Value::Bool(true));
        assert_eq!(read("-7.5"), Value::Float(-7.5));
        assert_eq!(read("AUTO"), Value::Text("AUTO".into()));
    }

    #[test]
    fn what_may_be_asked_stands_in_columns() {
        let one = Actuator {
            path: "Vehicle.Cabin.HVAC.Station.Row1.Driver.Temperature".into(),
            datatype: "float".into(),
            unit: "Celsius".into(),
            min: 16.0,
            max: 28.0,
            step: 0.5,
            allowed: Vec::new(),
            driving: "any".into(),
            power: vec!["ON".into(), "START".into()],
            holder: String::new(),
        };
        let horn = Actuator { datatype: "boolean".into(), power: Vec::new(), holder: ":1.4".into(), ..one.clone() };
        let switch = Actuator { datatype: "string".into(), allowed: vec!["OFF".into(), "AUTO".into()], ..one.clone() };
        let shown = table(&[one, horn, switch]);
        let rows: Vec<_> = shown.lines().skip(1).map(|row| row.split_once("  ").unwrap().1.trim()).collect();
        assert_eq!(rows[0], "16 to 28 in steps of 0.5 Celsius  any      ON, START");
        assert!(rows[1].starts_with("false, true") && rows[1].ends_with("any        :1.4"), "{}", rows[1]);
        assert!(rows[2].starts_with("OFF, AUTO"), "{}", rows[2]);
    }
}
