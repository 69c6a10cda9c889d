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

/// Does something to the call that is meant: by its id or a part of its name or number, else the first that allows it. The one that is active is hung up before one that rings.
pub async fn act(deed: Deed, meant: Option<&str>) -> anyhow::Result<Status> {
    if meant.is_some_and(|word| word.trim().is_empty()) {
        bail!("an empty word means no call: give its id, or a part of its name or number, or nothing at all")
    }
    let calls = proxy().await?;
    let all = calls.list().await.map_err(explain)?;
    let Some(call) = choose(&all, deed, meant) else {
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

fn choose<'a>(all: &'a [Call], deed: Deed, meant: Option<&str>) -> Option<&'a Call> {
    let is_meant = |call: &&Call| {
        meant.map(str::trim).is_none_or(|word| {
            let part = word.to_lowercase();
            call.id == word || [&call.name, &call.number].iter().any(|text| text.to_lowercase().contains(&part))
        })
    };
    let may = |call: &&Call| match deed {
        Deed::Answer => call.can_answer,
        Deed::HangUp => call.can_hang_up,
        Deed::Silence => call.can_silence,
    };
    let able = || all.iter().filter(is_meant).filter(may);
    let is_active = |call: &&Call| call.state == "active";
    // Of one that is meant and does not allow it, the service says why.
    let unable = || all.iter().find(is_meant).filter(|_| meant.is_some());
    able().find(|call| matches!(deed, Deed::HangUp) && is_active(call)).or_else(|| able().next()).or_else(unable)
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

    #[test]
    fn the_call_that_is_meant_is_chosen() {
        let call = |id: &str, name: &str, number: &str, state: &str| Call {
            id: id.into(),
            name: name.into(),
            number: number.into(),
            state: state.into(),
            can_answer: state == "ringing",
            can_hang_up: state != "missed",
            ..Call::default()
        };
        let all = [
            call("call-3", "Bob", "110", "ringing"),
            call("call-1", "Ada Lovelace", "+49 30 1234567", "active"),
            call("call-2", "Eve", "", "missed"),
        ];
        for (deed, meant, chosen) in [
            (Deed::HangUp, None, Some("call-1")),
            (Deed::Answer, None, Some("call-3")),
            (Deed::Silence, None, None),
            (Deed::HangUp, Some("bob"), Some("call-3")),
            (Deed::HangUp, Some("110"), Some("call-3")),
            (Deed::HangUp, Some("30 123"), Some("call-1")),
            (Deed::HangUp, Some("call-3"), Some("call-3")),
            (Deed::HangUp, Some("Eve"), Some("call-2")),
            (Deed::HangUp, Some("Zoe"), None),
        ] {
            assert_eq!(choose(&all, deed, meant).map(|call| call.id.as_str()), chosen, "{meant:?}");
        }
    }
}
