use std::fmt::Write;

use super::summary::{Reading, Summary};
use crate::table::{Align, Table, counted, number};
use crate::values;

use Align::{Left, Right};

/// The summary for people.
pub fn text(summary: &Summary) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, summary);
    out
}

fn write(out: &mut String, summary: &Summary) -> std::fmt::Result {
    let Summary { car, log, .. } = summary;
    writeln!(out, "{car}: {} in {} s", counted(log.frames, "frame"), number(log.seconds))?;
    match (log.bad_lines, log.first_bad_lines.len() as u64) {
        (0, _) => {}
        (count, told) => {
            let others = if count > told { format!(" (the first {told} of them)") } else { String::new() };
            writeln!(out, "{} left out{others}:", counted(count, "line"))?;
            for bad in &log.first_bad_lines {
                writeln!(out, "  {}, {}", bad.place, bad.reason)?;
            }
        }
    }
    if log.clock_leaps > 0 {
        writeln!(out, "the log's clock was set back {}: time goes on from there", counted(log.clock_leaps, "time"))?;
    }
    for ignored in &summary.ignored {
        writeln!(out, "{} is no bus of this car: {} of the frames were not looked at", ignored.bus, ignored.frames)?;
    }
    let tables = [buses(summary), unknown_ids(summary), errors(summary), readings(&summary.readings)];
    for table in tables.iter().filter(|table| !table.is_empty()) {
        write!(out, "\n{table}")?;
    }
    Ok(())
}

fn buses(summary: &Summary) -> Table {
    let mut table = Table::new([
        ("bus", Left),
        ("frames", Right),
        ("frames/s", Right),
        ("load %", Right),
        ("unknown frames", Right),
    ]);
    for bus in &summary.buses {
        table.row([
            bus.bus.clone(),
            bus.frames.to_string(),
            format!("{:.1}", bus.rate),
            format!("{:.1}", bus.load),
            bus.unknown_frames.to_string(),
        ]);
    }
    table
}

fn unknown_ids(summary: &Summary) -> Table {
    let mut table = Table::new([("bus", Left), ("unknown id", Left), ("frames", Right)]);
    for id in &summary.unknown_ids {
        table.row([id.bus.clone(), id.id.clone(), id.frames.to_string()]);
    }
    table
}

fn errors(summary: &Summary) -> Table {
    let mut table = Table::new([("bus", Left), ("id", Left), ("message", Left), ("error", Left), ("frames", Right)]);
    for fault in &summary.errors {
        table.row([
            fault.bus.clone(),
            fault.id.clone(),
            fault.message.clone(),
            fault.kind.clone(),
            fault.count.to_string(),
        ]);
    }
    table
}

/// Readings as a table; ages in seconds.
pub fn readings(readings: &[Reading]) -> Table {
    let mut table =
        Table::new([("reading", Left), ("value", Right), ("unit", Left), ("quality", Left), ("age s", Right)]);
    for reading in readings {
        let value = match &reading.value {
            _ if reading.withheld => values::WITHHELD.to_owned(),
            Some(value) => values::text(value),
            None => "-".to_owned(),
        };
        table.row([
            reading.path.clone(),
            value,
            reading.unit.clone(),
            reading.quality.to_owned(),
            reading.age.map_or_else(|| "-".to_owned(), |age| format!("{age:.3}")),
        ]);
    }
    table
}

/// The summary as one JSON document, with its line feed.
///
/// # Errors
/// None that its types can have.
pub fn json(summary: &Summary) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(summary)?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests;
