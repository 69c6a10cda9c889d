mod draw;
mod png;
mod scale;
mod series;
mod wanted;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use tandem_frame::BusIndex;

use super::record::seconds;
use super::recording::{self, Skipped};
use crate::dictionary::{Meaning, Private};
use crate::failure::{SetUp, Status, set_up};
use crate::output::Output;
use crate::say::complain;
use crate::table::counted;
use series::Series;
use wanted::Wanted;

/// Draws signals over a recording: an SVG or a PNG file.
///
/// Signals of one unit share a panel; one with a name for each of its values is drawn in steps, with the names at the side. Where its message fell silent a line is
/// interrupted. A recording may be longer than memory: of what lies closer than can be seen the lowest and the highest value stay.
///
/// A VSS path is drawn as the car's readings tell it: by its car.toml, with nothing where the car measures nothing, and interrupted where the reading would be stale. A
/// `Message.Signal` is drawn as it stands in the DBC file.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tandem bus plot drive.log --dbc car.dbc --signal WheelSpeeds.Speed --signal Gearbox.Gear -o drive.svg\n  tandem bus plot drive.log --car demo --signal Vehicle.Speed --from 10 --to 40 -o drive.png"
)]
pub struct Plot {
    /// A recording; `-` is standard input.
    log: PathBuf,
    #[command(flatten)]
    meaning: Meaning,
    #[command(flatten)]
    private: Private,
    /// `Message.Signal`, or a car's VSS path; may be given again.
    #[arg(long, required = true, value_name = "SIGNAL")]
    signal: Vec<String>,
    /// Where it begins, seconds from the recording's first frame.
    #[arg(long, value_name = "S", default_value = "0", hide_default_value = true, value_parser = moment)]
    from: u64,
    /// Where it ends.
    #[arg(long, value_name = "S", value_parser = seconds)]
    to: Option<u64>,
    /// The picture: a file that ends in .svg or .png. One that is there is drawn over.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Width, pixels.
    #[arg(long, default_value_t = 1200, value_parser = clap::value_parser!(u32).range(300..=10_000))]
    width: u32,
    #[command(flatten)]
    summary: Output,
}

fn moment(text: &str) -> Result<u64, String> {
    if text.parse() == Ok(0.0) { Ok(0) } else { seconds(text).map_err(|_| "expected seconds, 0 or more".to_owned()) }
}

/// What was drawn.
#[derive(Debug, Serialize)]
struct Drawn {
    signal: String,
    unit: String,
    points: u64,
    least: Option<f64>,
    most: Option<f64>,
    gaps: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
}

impl Plot {
    pub fn run(self) -> anyhow::Result<Status> {
        let kind = match self.output.extension().and_then(|end| end.to_str()) {
            Some("svg") => Kind::Svg,
            Some("png") => Kind::Png,
            _ => return Err(set_up(format!("{}: a picture ends in .svg or .png", self.output.display()))),
        };
        if self.to.is_some_and(|to| self.from >= to) {
            return Err(set_up("--from lies behind --to"));
        }
        let log = Some(self.log.as_path()).filter(|log| *log != Path::new("-"));
        let dictionary = self.meaning.read(log)?;
        let same = |log: &Path| log.canonicalize().ok().zip(self.output.canonicalize().ok());
        if log.and_then(same).is_some_and(|(log, output)| log == output) {
            return Err(set_up(format!("{}: the picture would be drawn over the recording", self.output.display())));
        }
        let (privacy, mut store) = (self.private.privacy(), dictionary.store());
        let find = |name| Wanted::find(&dictionary, store.as_ref(), privacy, name);
        let mut wanted: Vec<_> = self.signal.iter().map(|name| find(name)).collect::<anyhow::Result<_>>()?;
        let mut series: Vec<_> = wanted.iter().map(Wanted::series).collect();

        let mut skipped = Skipped::default();
        let mut reader = recording::open(&self.log)?;
        let asked = self.from..=self.to.unwrap_or(u64::MAX);
        let (mut begin, mut end) = (None, 0);
        while let Some(frame) = reader.next() {
            let mut frame = match frame {
                Ok(frame) => frame,
                Err(error) => {
                    skipped.hear(error);
                    continue;
                }
            };
            // A recording of several interfaces may be a little out of order.
            let book = dictionary.index(reader.interface(frame.bus));
            frame.t_ns = frame.t_ns.saturating_sub(*begin.get_or_insert(frame.t_ns));
            if asked.contains(&frame.t_ns) {
                end = end.max(frame.t_ns);
            }
            let Some(book) = book.and_then(|book| u8::try_from(book).ok()) else { continue };
            frame.bus = BusIndex(book);
            if let Some(store) = &mut store {
                store.hear(&frame);
            }
            for (wanted, series) in wanted.iter_mut().zip(&mut series) {
                wanted.hear(&dictionary, store.as_ref(), &frame, &asked, series);
            }
        }
        if skipped.count > 0 {
            complain(&format!("{} without a frame", counted(skipped.count, "part")));
        }
        let silent: Vec<_> =
            series.iter().filter(|series| series.points == 0).map(|series| series.name.as_str()).collect();
        if silent.len() == series.len() {
            skipped.finish()?;
            anyhow::bail!("{} is not in this part of the recording", silent.join(", "));
        }
        for name in silent {
            complain(&format!("{name} is not in this part of the recording"));
        }
        let span = (self.from, self.to.unwrap_or(end).min(end.max(1)));
        let picture = draw::svg(&series, span, self.width);
        let bytes = match kind {
            Kind::Svg => picture.into_bytes(),
            Kind::Png => png::render(&picture)?,
        };
        let shown = self.output.display();
        std::fs::write(&self.output, bytes).with_context(|| SetUp(format!("cannot write {shown}")))?;
        let drawn: Vec<_> = series.iter().map(drawn).collect();
        self.summary.print(&drawn, || {
            let points = drawn.iter().map(|drawn| drawn.points).sum();
            format!("{shown}: {} of {}\n", counted(points, "value"), counted(drawn.len() as u64, "signal"))
        })?;
        skipped.finish()?;
        Ok(Status::OK)
    }
}

fn drawn(series: &Series) -> Drawn {
    let range = series.range();
    Drawn {
        signal: series.name.clone(),
        unit: series.unit.clone(),
        points: series.points,
        least: range.map(|(least, _)| least),
        most: range.map(|(_, most)| most),
        gaps: series.gaps().count(),
    }
}
