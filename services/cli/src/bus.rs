mod decode;
mod lint;
mod live;
mod plot;
pub mod rates;
mod record;
mod recording;
mod send;
mod stats;
mod tally;
mod top;

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use serde_json::json;
use tandem_contracts::bus::{Bus1Proxy, BusStatistics, IdStatistics};
use tandem_frame::CanId;

use crate::client::{connect, explain_plain};
use crate::failure::Status;
use crate::table::{Align, Table};

/// Tells what is on the car's buses, and what is wrong with a DBC file.
#[derive(Subcommand)]
pub enum Bus {
    /// Frames, rate and load of each bus, and the ids heard with their errors.
    ///
    /// On a real interface the vehicle service hears only the ids that the car's DBC file knows: load and unknown frames are of them and of what the service sent. `tandem bus
    /// top --can can0` and `tandem bus stats --can can0` hear everything.
    Show {
        /// Prints one JSON document.
        #[arg(long)]
        json: bool,
    },
    Stats(stats::Stats),
    Top(top::Top),
    Decode(decode::Decode),
    Plot(plot::Plot),
    Send(send::Send),
    Record(record::Record),
    /// Everything in a DBC file that breaks the format or is odd, by its line; status 0 if there is nothing, 1 if there is, 2 if the file cannot be read.
    Lint {
        /// The DBC file.
        file: PathBuf,
        /// Prints one JSON document.
        #[arg(long)]
        json: bool,
    },
}

impl Bus {
    pub async fn run(self) -> anyhow::Result<Status> {
        match self {
            Self::Show { json } => show(json).await,
            Self::Decode(decode) => decode.run(),
            Self::Send(send) => send.run().await,
            Self::Record(record) => record.run().await,
            Self::Stats(stats) => stats.run().await,
            Self::Plot(plot) => plot.run(),
            Self::Top(top) => top.run().await,
            Self::Lint { file, json } => lint::run(&file, json),
        }
    }
}

async fn show(json: bool) -> anyhow::Result<Status> {
    let connection = connect().await?;
    let bus = Bus1Proxy::new(&connection).await?;
    let (buses, ids) = (bus.buses().await.map_err(explain_plain)?, bus.ids().await.map_err(explain_plain)?);
    let shown = if json { document(&buses, &ids).context("the answer is no JSON")? } else { text(&buses, &ids) };
    std::io::Write::write_all(&mut std::io::stdout(), shown.as_bytes())?;
    Ok(Status::OK)
}

/// An id as the log has it; a number that is none as it is.
pub fn id_text(id: u32) -> String {
    CanId::from_raw(id).map_or_else(|_| format!("{id:X}"), |id| id.to_string())
}

fn errors(id: &IdStatistics) -> Vec<(&str, u64)> {
    let mut errors: Vec<_> = id.errors.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    errors.sort_unstable();
    errors
}

fn text(buses: &[BusStatistics], ids: &[IdStatistics]) -> String {
    use Align::{Left, Right};
    let mut table = Table::new([
        ("bus", Left),
        ("frames", Right),
        ("frames/s", Right),
        ("load %", Right),
        ("last s %", Right),
        ("unknown frames", Right),
        ("sent", Right),
        ("lost", Right),
        ("state", Left),
        ("error frames", Right),
        ("restarts", Right),
    ]);
    for bus in buses {
        table.row([
            bus.name.clone(),
            bus.frames.to_string(),
            format!("{:.1}", bus.rate),
            format!("{:.1}", bus.load),
            format!("{:.1}", bus.load_last_second),
            bus.unknown.to_string(),
            bus.sent.to_string(),
            bus.lost.to_string(),
            bus.state.clone(),
            bus.error_frames.to_string(),
            bus.restarts.to_string(),
        ]);
    }
    let mut heard = Table::new([("bus", Left), ("id", Left), ("message", Left), ("frames", Right), ("errors", Left)]);
    for id in ids {
        let message = if id.message.is_empty() { "unknown" } else { &id.message };
        let errors: Vec<_> = errors(id).into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        heard.row([id.bus.clone(), id_text(id.id), message.to_owned(), id.frames.to_string(), errors.join(", ")]);
    }
    format!("{table}\n{heard}")
}

fn document(buses: &[BusStatistics], ids: &[IdStatistics]) -> serde_json::Result<String> {
    let ids: Vec<_> = ids
        .iter()
        .map(|id| {
            let errors: serde_json::Map<_, _> =
                errors(id).into_iter().map(|(kind, count)| (kind.to_owned(), count.into())).collect();
            json!({"bus": id.bus, "id": id_text(id.id), "message": id.message, "frames": id.frames, "errors": errors})
        })
        .collect();
    Ok(serde_json::to_string_pretty(&json!({"buses": buses, "ids": ids}))? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_the_buses_is_two_tables() {
        let bus = BusStatistics {
            name: "can0".into(),
            frames: 9,
            unknown: 2,
            sent: 1,
            rate: 45.05,
            load: 1.2,
            load_last_second: 3.4,
            state: "bus-off".into(),
            lost: 5,
            error_frames: 6,
            restarts: 7,
        };
        let id = |id, message: &str, errors: &[(&str, u64)]| IdStatistics {
            bus: "can0".into(),
            id,
            message: message.into(),
            frames: 3,
            errors: errors.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect(),
        };
        let ids = [id(0x19F, "Wheels", &[("short", 1), ("checksum", 2)]), id(0x98FE_CA00, "", &[])];
        insta::assert_snapshot!(text(std::slice::from_ref(&bus), &ids), @r"
        bus   frames  frames/s  load %  last s %  unknown frames  sent  lost  state    error frames  restarts
        can0       9      45.0     1.2       3.4               2     1     5  bus-off             6         7

        bus   id        message  frames  errors
        can0  19F       Wheels        3  2 checksum, 1 short
        can0  18FECA00  unknown       3
        ");
        let document: serde_json::Value = serde_json::from_str(&document(&[bus], &ids).unwrap()).unwrap();
        assert_eq!(document["ids"][0]["errors"], json!({"checksum": 2, "short": 1}));
        assert_eq!(document["buses"][0]["frames"], 9);
    }
}
