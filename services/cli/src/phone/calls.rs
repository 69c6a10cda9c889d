//! Telephone calls: who rings, and what is done about it.

use anyhow::bail;
use serde_json::Value;
use tandem_contracts::calls::{Call, Calls1Proxy};
use zbus::proxy::CacheProperties;

use super::explain;
use crate::client;
use crate::failure::Status;
use crate::output::Output;
use crate::table::{Align, Table, cut};

/// The widest that a name may be, columns of a terminal.
const NAME: usize = 40;
/// What only `--private` prints as JSON.
const PRIVATE: [&str; 2] = ["name", "number"];

/// What is to be done about a call.
#[derive(Clone, Copy)]
pub enum Deed {
    Answer,
    HangUp,
    Silence,
}

async fn proxy() -> anyhow::Result<Calls1Proxy<'static>> {
    let connection = client::connect().await?;
    Ok(Calls1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?)
}

pub async fn list(output: Output, private: bool) -> anyhow::Result<Status> {
    let all = proxy().await?.list().await.map_err(explain)?;
    let mut told = serde_json::to_value(&all)?;
    if !private {
        for call in told.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            call.retain(|key, _| !PRIVATE.contains(&key.as_str()));
        }
    }
    output.print(&told, || table(&all))?;
    Ok(Status::OK)
}

/// Does something to the call that is meant: by its id or a part of its name or number, else the first that allows it.
pub async fn act(deed: Deed, meant: Option<&str>) -> anyhow::Result<Status> {
    let calls = proxy().await?;
    let all = calls.list().await.map_err(explain)?;
    let may = |call: &&Call| match (meant, deed) {
        (Some(meant), _) => call.id == meant || who(call).to_lowercase().contains(&meant.to_lowercase()),
        (None, Deed::Answer) => call.can_answer,
        (None, Deed::HangUp) => call.can_hang_up,
        (None, Deed::Silence) => call.can_silence,
    };
    let Some(call) = all.iter().find(may) else {
        bail!("there is no such call: `tandem phone calls` shows what there is, and what may be done about it")
    };
    let id = call.id.clone();
    match deed {
        Deed::Answer => calls.answer(id).await,
        Deed::HangUp => calls.hang_up(id).await,
        Deed::Silence => calls.silence(id).await,
    }
    .map_err(explain)?;
    Ok(Status::OK)
}

fn who(call: &Call) -> String {
    [&call.name, &call.number].map(String::as_str).into_iter().find(|text| !text.is_empty()).unwrap_or("unknown").into()
}

fn table(calls: &[Call]) -> String {
    let mut table = Table::new(["call", "state", "phone", "may be"].map(|title| (title, Align::Left)));
    for call in calls {
        let may = [(call.can_answer, "answered"), (call.can_hang_up, "hung up"), (call.can_silence, "silenced")];
        let may: Vec<_> = may.into_iter().filter(|(may, _)| *may).map(|(_, word)| word).collect();
        table.row([cut(&who(call), NAME), call.state.clone(), cut(&call.phone_name, NAME), may.join(", ")]);
    }
    if table.is_empty() { "Nobody calls, and nobody was missed.\n".to_owned() } else { table.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_row_that_says_what_may_be_done() {
        let ada =
            Call { name: "Ada Lovelace".into(), state: "ringing".into(), phone_name: "Ann".into(), ..Call::default() };
        let unknown = Call { state: "missed".into(), ..Call::default() };
        let shown = table(&[Call { can_answer: true, can_hang_up: true, ..ada }, unknown]);
        let rows: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect())
            .collect();
        assert_eq!(rows[1], ["Ada Lovelace", "ringing", "Ann", "answered, hung up"]);
        assert_eq!(rows[2], ["unknown", "missed"]);
    }
}
