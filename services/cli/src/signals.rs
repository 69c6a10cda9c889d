use std::collections::HashMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use serde_json::json;
use tandem_contracts::signals::{Leaf, PathReading, Signals1Proxy};
use tandem_contracts::subscription::{News, Subscription, Wish};
use tandem_contracts::wire;
use tandem_units::{Quality, Value};
use tokio::signal::ctrl_c;
use tokio::time::timeout;
use zbus::proxy::CacheProperties;

use crate::actuate::{self, Actuate};
use crate::client::{connect, explain};
use crate::failure::Status;
use crate::output::Output;
use crate::say::complain;
use crate::table::{Align, Table};
use crate::values;

/// Batches that may be on their way: enough for a pipe that is slow for a moment.
const WINDOW: u32 = 16;

/// The service says something several times a second. Without a word for so long it may have dropped us, as it does with whom it takes for dead: a pipe that
/// stood still for two seconds is enough.
const PATIENCE: Duration = Duration::from_secs(3);

/// Lists, reads and watches the car's signals.
///
/// A PATH is a VSS path such as `Vehicle.Speed`, or the beginning of some: `Vehicle.Cabin` is everything in the cabin. Without one it is everything that the
/// car has.
#[derive(Subcommand)]
pub enum Signals {
    /// The leaves that this car has: path, kind, datatype, unit, what they mean.
    List(Choice),
    /// Their readings now: value, unit, quality. Private ones only with --private.
    Get(Choice),
    /// Their readings as they change, a line each, until Ctrl-C. Private ones only with --private.
    Watch(Choice),
    /// What may be asked of this car: values, while it drives and is switched on how, and who holds it now.
    Actuators(Output),
    /// Asks for a value of an actuator and waits for what becomes of it: confirmed by the car's own echo (status 0), refused or lapsed (status 1).
    Actuate(Actuate),
    /// What became of the newest wish for each actuator.
    Requests(Output),
}

#[derive(Args)]
pub struct Choice {
    /// VSS paths, or beginnings of some.
    paths: Vec<String>,
    /// Prints JSON: one document for `list` and `get`, a line a change for `watch`.
    #[arg(long)]
    json: bool,
    /// Tells private readings as well: position, vehicle identification number.
    #[arg(long)]
    private: bool,
}

impl Signals {
    pub async fn run(self) -> anyhow::Result<Status> {
        match self {
            Self::List(choice) => list(&choice).await,
            Self::Get(choice) => get(&choice).await,
            Self::Watch(choice) => watch(&choice).await,
            Self::Actuators(output) => actuate::list(output).await,
            Self::Actuate(actuate) => actuate.run().await,
            Self::Requests(output) => actuate::requests(output).await,
        }
    }
}

impl Choice {
    /// The leaves chosen, and whether their values may be told.
    fn of(&self, leaves: Vec<Leaf>) -> anyhow::Result<Vec<Leaf>> {
        let chosen = |leaf: &Leaf, path: &str| {
            leaf.path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || path.ends_with('.'))
        };
        for path in &self.paths {
            ensure!(
                leaves.iter().any(|leaf| chosen(leaf, path)),
                "this car has no `{path}`: `tandem signals list` shows what it has"
            );
        }
        let wanted = |leaf: &Leaf| self.paths.is_empty() || self.paths.iter().any(|path| chosen(leaf, path));
        Ok(leaves.into_iter().filter(wanted).collect())
    }

    fn withholds(&self, leaf: &Leaf) -> bool {
        !self.private && values::is_private(leaf)
    }
}

async fn list(choice: &Choice) -> anyhow::Result<Status> {
    let connection = connect().await?;
    let leaves = Signals1Proxy::new(&connection).await?.list().await.map_err(explain)?;
    print(&listed(&choice.of(leaves)?, choice.json)?)?;
    Ok(Status::OK)
}

fn listed(leaves: &[Leaf], json: bool) -> anyhow::Result<String> {
    let description = |leaf: &Leaf| match leaf.details.get("description").map(|text| &**text) {
        Some(zbus::Variant::Str(text)) => text.to_string(),
        _ => String::new(),
    };
    if json {
        let leaves: Vec<_> = leaves
            .iter()
            .map(|leaf| {
                json!({"path": leaf.path, "kind": leaf.kind, "datatype": leaf.datatype, "unit": leaf.unit,
                    "private": values::is_private(leaf), "description": description(leaf)})
            })
            .collect();
        return Ok(serde_json::to_string_pretty(&leaves)? + "\n");
    }
    let left = Align::Left;
    let mut table = Table::new([
        ("signal", left),
        ("kind", left),
        ("datatype", left),
        ("unit", left),
        ("", left),
        ("description", left),
    ]);
    for leaf in leaves {
        let private = if values::is_private(leaf) { "private" } else { "" };
        table.row([
            leaf.path.clone(),
            leaf.kind.clone(),
            leaf.datatype.clone(),
            leaf.unit.clone(),
            private.to_owned(),
            description(leaf),
        ]);
    }
    Ok(table.to_string())
}

async fn get(choice: &Choice) -> anyhow::Result<Status> {
    let connection = connect().await?;
    let proxy = Signals1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
    let leaves = choice.of(proxy.list().await.map_err(explain)?)?;
    let told = leaves.iter().filter(|leaf| !choice.withholds(leaf)).map(|leaf| leaf.path.clone()).collect::<Vec<_>>();
    // No paths would ask for all of them.
    let readings = if told.is_empty() { Vec::new() } else { proxy.get(told).await.map_err(explain)? };
    print(&got(&leaves, &readings, choice)?)?;
    Ok(Status::OK)
}

fn got(leaves: &[Leaf], readings: &[PathReading], choice: &Choice) -> anyhow::Result<String> {
    let mut table =
        Table::new([("signal", Align::Left), ("value", Align::Right), ("unit", Align::Left), ("quality", Align::Left)]);
    let mut document = Vec::new();
    for leaf in leaves {
        if choice.withholds(leaf) {
            table.row([leaf.path.clone(), "private".to_owned(), leaf.unit.clone(), String::new()]);
            continue;
        }
        let Some(reading) = readings.iter().find(|reading| reading.path == leaf.path) else { continue };
        let (quality, value) = wire::from_variant(reading.quality, &reading.value)?;
        document.push(json!({"path": leaf.path, "quality": quality.word(), "value": values::json(value.as_ref()),
            "unit": leaf.unit, "heard_ns": reading.heard_ns}));
        table.row([leaf.path.clone(), shown(value.as_ref()), leaf.unit.clone(), quality.word().to_owned()]);
    }
    if choice.json { Ok(serde_json::to_string_pretty(&document)? + "\n") } else { Ok(table.to_string()) }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "-".to_owned(), values::text)
}

async fn watch(choice: &Choice) -> anyhow::Result<Status> {
    let calls = connect().await?;
    let leaves = choice.of(Signals1Proxy::new(&calls).await?.list().await.map_err(explain)?)?;
    let told: HashMap<_, _> = leaves
        .iter()
        .filter(|leaf| !choice.withholds(leaf))
        .map(|leaf| (leaf.path.clone(), leaf.unit.clone()))
        .collect();
    ensure!(!told.is_empty(), "what was asked for is private: --private tells it");
    let mut paths: Vec<_> = told.keys().cloned().collect();
    paths.sort();
    // Signals have a connection of their own: unread ones would block the calls behind them.
    let wish = Wish { paths, min_interval_ms: 0, window: WINDOW };
    let mut subscription = Subscription::open(&connect().await?, wish.clone()).await?;
    let mut handles = HashMap::new();
    loop {
        let news = tokio::select! {
            news = timeout(PATIENCE, subscription.next()) => match news {
                Ok(news) => news,
                Err(_) => {
                    subscription = Subscription::open(&connect().await?, wish.clone()).await?;
                    continue;
                }
            },
            stop = ctrl_c() => return stop.map(|()| Status::OK).map_err(Into::into),
        };
        match news {
            Some(News::Subscribed(all)) => {
                handles = all.into_iter().map(|handle| (handle.handle, handle.path)).collect();
            }
            Some(News::Batch(batch)) => {
                let mut lines = String::new();
                for change in &batch.changes {
                    let Some(path) = handles.get(&change.handle) else { continue };
                    let unit = told.get(path).map(String::as_str).unwrap_or_default();
                    lines += &changed(batch.now.0, path, change.quality, change.value.as_ref(), unit, choice.json);
                }
                print(&lines)?;
                subscription.acknowledge(batch.sequence).await?;
            }
            Some(News::Undecodable(1)) => complain("the vehicle service sends batches that cannot be read"),
            Some(News::Undecodable(_)) => {}
            Some(News::Lost) => complain("the vehicle service is gone; waiting for it to come back"),
            Some(News::Refused(why)) => bail!("the vehicle service refuses: {why}"),
            None => bail!("the bus is gone"),
        }
    }
}

fn changed(now_ns: u64, path: &str, quality: Quality, value: Option<&Value>, unit: &str, json: bool) -> String {
    if json {
        let line = json!({"now_ns": now_ns, "path": path, "quality": quality.word(), "value": values::json(value), "unit": unit});
        return format!("{line}\n");
    }
    let space = if unit.is_empty() || value.is_none() { "" } else { " " };
    let unit = if value.is_none() { "" } else { unit };
    let quality = if quality == Quality::Valid { String::new() } else { format!("  ({quality})") };
    let seconds = now_ns as f64 / 1e9;
    format!("{seconds:10.3}  {path} = {}{space}{unit}{quality}\n", shown(value))
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests;
