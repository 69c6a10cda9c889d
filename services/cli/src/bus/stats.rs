mod collect;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tandem_can::{Heard, News, Wanted};

use super::live::{Bound, Live, bound, warn_if_nothing_fits};
use super::rates::{Rates, USUAL};
use super::record::seconds;
use super::recording::{self, Skipped};
use crate::dictionary::{Dictionary, Meaning};
use crate::failure::{Status, set_up};
use crate::interrupt::{GRACE, Stop, until_stopped};
use crate::output::Output;
use crate::say::complain;
use crate::table::{Align, Table, counted};
use collect::{Collector, Id};

/// Counts what is on each bus and what each id does: rate, period and its jitter, lengths, and the bytes that change.
///
/// The load is exact: every bit on the wire, stuff bits and pauses included, at the bit rate of the car.toml or of --bitrate. Periods are told as their mean, least and
/// most, and jitter as their standard deviation, all in milliseconds.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tandem bus stats drive.log --dbc car.dbc\n  tandem bus stats --can can0 --seconds 10 --bitrate 250000 --json"
)]
pub struct Stats {
    /// A recording; `-` is standard input.
    #[arg(required_unless_present = "can", conflicts_with = "can")]
    log: Option<PathBuf>,
    /// A real interface instead, such as `can0`, or `can0=vcan0` if the car's bus has another name; may be given again.
    #[arg(long, value_name = "[BUS=]INTERFACE", value_parser = bound)]
    can: Vec<Bound>,
    /// How long the interface is heard; without it until Ctrl-C.
    #[arg(long, value_name = "S", requires = "can", value_parser = seconds)]
    seconds: Option<u64>,
    #[command(flatten)]
    meaning: Meaning,
    #[command(flatten)]
    rates: Rates,
    #[command(flatten)]
    output: Output,
}

/// One bus.
#[derive(Debug, Serialize)]
struct BusRow {
    bus: String,
    frames: u64,
    error_frames: u64,
    ids: usize,
    seconds: f64,
    /// Frames a second.
    rate: f64,
    /// Percent.
    load: f64,
    bitrate: u32,
    /// Neither the car nor the command line says it.
    bitrate_assumed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_bitrate: Option<u32>,
    /// Frames that this machine lost.
    lost: u64,
}

/// One id.
#[derive(Debug, Serialize)]
struct IdRow {
    bus: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    count: u64,
    /// Frames a second.
    rate: f64,
    period_ms: Option<f64>,
    least_ms: Option<f64>,
    most_ms: Option<f64>,
    jitter_ms: Option<f64>,
    /// Bytes, least and most.
    length: [usize; 2],
    changing_bytes: Vec<usize>,
    changing_bits: u32,
}

#[derive(Debug, Serialize)]
struct Document {
    buses: Vec<BusRow>,
    ids: Vec<IdRow>,
    /// Frames of ids that are too many to be told apart.
    uncounted: u64,
    /// Lines that are none.
    skipped: u64,
}

impl Stats {
    pub async fn run(self) -> anyhow::Result<Status> {
        let dictionary = self.meaning.read(self.log.as_deref())?;
        let (rates, output, is_live) = (self.rates, self.output, self.log.is_none());
        warn_if_nothing_fits(&self.can, &dictionary);
        let (collector, skipped) = until_stopped(Some(GRACE), move |stop| self.collect(&stop)).await?;
        if collector.buses.is_empty() {
            let first = skipped.first.first().map(|first| format!("; {first}")).unwrap_or_default();
            skipped.finish()?;
            return Err(set_up(format!("there is no frame in it{first}")));
        }
        let names = collector.buses.iter().map(|bus| bus.name.as_str());
        if !is_live && let Some((_, what)) = dictionary.misfit(names) {
            complain(&what);
        }
        let document = document(&collector, &skipped, &dictionary, rates);
        output.print(&document, || text(&document))?;
        if skipped.count > 0 {
            let _ = writeln!(io::stderr(), "{}", skipped.text().trim_start());
        }
        skipped.finish()?;
        Ok(Status::OK)
    }

    fn collect(self, stop: &Stop) -> anyhow::Result<(Collector, Skipped)> {
        let (mut collector, mut skipped) = (Collector::default(), Skipped::default());
        let Some(log) = &self.log else {
            self.listen(&mut collector, stop)?;
            return Ok((collector, skipped));
        };
        let mut reader = recording::open(log)?;
        while !stop.is_asked()
            && let Some(frame) = reader.next()
        {
            match frame {
                Ok(frame) => collector.hear(&frame, reader.interface(frame.bus)),
                Err(error) => skipped.hear(error),
            }
        }
        Ok((collector, skipped))
    }

    fn listen(&self, collector: &mut Collector, stop: &Stop) -> anyhow::Result<()> {
        let mut live = Live::open(&self.can, &Wanted::All)?;
        live.tell_errors();
        let end = self.seconds.map(|seconds| live.now().saturating_add(seconds));
        while !stop.is_asked() {
            match live.receive()? {
                Heard::Frame(frame) | Heard::Error(frame) => collector.hear(&frame, live.name(frame.bus)),
                Heard::News(bus, News::Lost(frames)) => collector.lose(bus, live.name(bus), frames),
                Heard::Advance(t_ns) if end.is_some_and(|end| t_ns >= end) => break,
                _ => {}
            }
        }
        Ok(())
    }
}

fn document(collector: &Collector, skipped: &Skipped, dictionary: &Dictionary, rates: Rates) -> Document {
    let buses = collector.buses.iter().enumerate().map(|(at, bus)| {
        let (rates, assumed) = rates.of(dictionary, &bus.name);
        BusRow {
            bus: bus.name.clone(),
            frames: bus.counts.frames,
            error_frames: bus.errors,
            ids: collector.ids.keys().filter(|(other, _)| usize::from(other.0) == at).count(),
            seconds: bus.counts.seconds(),
            rate: bus.counts.rate(),
            load: bus.counts.load(rates),
            bitrate: rates.nominal,
            bitrate_assumed: assumed,
            data_bitrate: rates.data,
            lost: bus.lost,
        }
    });
    let ids = collector.ids.iter().map(|((bus, can_id), id)| {
        let bus = collector.buses.get(usize::from(bus.0)).map_or("", |bus| bus.name.as_str());
        let Id { frames, shortest, longest, .. } = id;
        let message = dictionary.book(bus).and_then(|book| book.message(*can_id));
        let periods = id.periods();
        let milliseconds = |nanoseconds: f64| nanoseconds / 1e6;
        IdRow {
            bus: bus.to_owned(),
            id: can_id.to_string(),
            message: message.map(|(_, message)| message.name.clone()),
            count: *frames,
            rate: id.rate(),
            period_ms: periods.map(|periods| milliseconds(periods.mean)),
            least_ms: periods.map(|periods| milliseconds(periods.least)),
            most_ms: periods.map(|periods| milliseconds(periods.most)),
            jitter_ms: periods.map(|periods| milliseconds(periods.deviation)),
            length: [*shortest, *longest],
            changing_bytes: id.changing().collect(),
            changing_bits: id.changing_bits(),
        }
    });
    Document { buses: buses.collect(), ids: ids.collect(), uncounted: collector.uncounted, skipped: skipped.count }
}

fn text(document: &Document) -> String {
    use Align::{Left, Right};
    let mut buses = Table::new([
        ("bus", Left),
        ("frames", Right),
        ("seconds", Right),
        ("frames/s", Right),
        ("kbit/s", Right),
        ("load %", Right),
        ("ids", Right),
        ("error frames", Right),
        ("lost", Right),
    ]);
    for bus in &document.buses {
        let fast = bus.data_bitrate.map(|rate| format!("/{}", rate / 1000)).unwrap_or_default();
        buses.row([
            bus.bus.clone(),
            bus.frames.to_string(),
            format!("{:.3}", bus.seconds),
            format!("{:.1}", bus.rate),
            format!("{}{fast}", bus.bitrate / 1000),
            format!("{:.2}", bus.load),
            bus.ids.to_string(),
            bus.error_frames.to_string(),
            bus.lost.to_string(),
        ]);
    }
    let mut ids = Table::new([
        ("bus", Left),
        ("id", Left),
        ("message", Left),
        ("count", Right),
        ("per s", Right),
        ("period", Right),
        ("least", Right),
        ("most", Right),
        ("jitter ms", Right),
        ("length", Right),
        ("bits", Right),
        ("changing bytes", Left),
    ]);
    let shown = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    for id in &document.ids {
        let [shortest, longest] = id.length;
        let length = if shortest == longest { shortest.to_string() } else { format!("{shortest}-{longest}") };
        ids.row([
            id.bus.clone(),
            id.id.clone(),
            id.message.clone().unwrap_or_else(|| "-".to_owned()),
            id.count.to_string(),
            format!("{:.1}", id.rate),
            shown(id.period_ms),
            shown(id.least_ms),
            shown(id.most_ms),
            shown(id.jitter_ms),
            length,
            id.changing_bits.to_string(),
            ranges(&id.changing_bytes),
        ]);
    }
    let mut text = buses.to_string();
    let assumed: Vec<_> = document.buses.iter().filter(|bus| bus.bitrate_assumed).map(|bus| bus.bus.as_str()).collect();
    if !assumed.is_empty() {
        let assumed = assumed.join(" ");
        text +=
            &format!("The bit rate of {assumed} is assumed: --bitrate says another than {} kbit/s.\n", USUAL / 1000);
    }
    if document.uncounted > 0 {
        text += &format!("{} of still more ids are not told apart.\n", counted(document.uncounted, "frame"));
    }
    format!("{text}\n{ids}")
}

/// `0-2 5`
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let shown: Vec<_> = ranges
        .into_iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use tandem_dbc::{Codec, Database};
    use tandem_frame::text::LogReader;
    use tandem_frame::{BusIndex, Frame};

    use super::*;
    use crate::dictionary::Book;

    fn collected(log: &str) -> Collector {
        let mut collector = Collector::default();
        for (_, line) in LogReader::new(log.as_bytes()) {
            let line = line.unwrap();
            let bus = BusIndex(u8::from(line.interface == "can1"));
            let frame: Frame = line.frame(bus);
            collector.hear(&frame, line.interface);
        }
        collector
    }

    #[test]
    fn what_is_on_the_buses_is_two_tables() {
        let collector = collected(
            "(1.000000) can0 123#0001020304050607\n(1.010000) can0 123#0001020304050608\n(1.030000) can0 123#0F01020304050609\n(1.040000) can1 18FEF100#00\n(1.500000) can0 20000004#0008000000000000\n(2.000000) can0 123#0F0102\n(2.000000) can0 124#R2\n",
        );
        let database = Database::parse(b"BO_ 291 Motion: 3 X\n SG_ Speed : 0|8@1+ (0.5,0) [0|0] \"\" X\n").unwrap();
        let codec = Codec::compile(&database);
        let bitrates = Some(tandem_store::Bitrates { nominal: 250_000, data: None });
        let book = Book { bus: Some("can0".into()), bitrates, database, codec };
        let dictionary = Dictionary { books: vec![book], car: None };
        let found = document(&collector, &Skipped::default(), &dictionary, Rates::default());
        insta::assert_snapshot!(text(&found), @r"
        bus   frames  seconds  frames/s  kbit/s  load %  ids  error frames  lost
        can0       5    1.000       5.0     250    0.19    2             1     0
        can1       1    0.000       0.0     500    0.00    1             0     0
        The bit rate of can1 is assumed: --bitrate says another than 500 kbit/s.

        bus   id        message  count  per s  period  least    most  jitter ms  length  bits  changing bytes
        can0  123       Motion       4    3.0  333.33  10.00  970.00     450.21     3-8     8  0 7
        can0  124       -            1    0.0       -      -       -          -       2     0
        can1  18FEF100  -            1    0.0       -      -       -          -       1     0
        ");
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json["ids"][0]["changing_bytes"], serde_json::json!([0, 7]));
        assert_eq!(json["ids"][0]["most_ms"], 970.0);
    }

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!((ranges(&[0, 1, 2, 5, 7, 8]), ranges(&[])), ("0-2 5 7-8".to_owned(), String::new()));
    }
}
