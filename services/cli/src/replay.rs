//! `tandem replay`: a recording drives the vehicle service and the screens, as the car would.

pub mod decode;
mod feed;
pub mod log;
mod pace;
mod report;
mod summary;
pub mod which_car;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tandem_can::Listener;
use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::signals;
use tandem_logs::{LogError, Place, Reader};
use tandem_store::{Car, Places};
use tandem_units::Nanoseconds;
use zbus::Connection;

use crate::dictionary;
use crate::failure::{SetUp, Status, set_up};
use crate::labels::Form;
use crate::places;
use crate::private_bus::PrivateBus;
use crate::progress;
use crate::published::Published;
use crate::say::complain;
use crate::screens::{self, Look, Screen, Shown};
use crate::stage::{Cut, Stage};
use crate::supervisor::{OnDeath, Program, Role};
use crate::values::Privacy;
use crate::vss::Vss;
use decode::AtBadLine;
use feed::{Feed, Speed};
use log::{Log, Source};
use pace::tick_at;
use summary::{Answers, Summary};

/// The service tells every subscriber the time at least this often.
const HEARTBEAT: Nanoseconds = Nanoseconds::from_millis(200);
/// Screens draw their first picture in this time, however busy the machine is.
const START_UP: Duration = Duration::from_secs(60);
/// The most that is replayed with a car and comes through a pipe, bytes: which buses there are is told before the first frame, so the recording is read twice.
const LARGEST_PIPE: u64 = 1 << 30;
/// By the wall's clock nobody says when the last frame is worked off: this long is waited for it.
const SETTLE: Duration = Duration::from_secs(2);

/// Replays a recording: through the vehicle service and the screens with a car, or decoded by a DBC file alone.
///
/// Read are candump's log text, Vector ASC and Vector BLF, and each of them packed by gzip, xz or zstd; which it is, its first bytes say.
///
/// With a car, the service and the screens run as they do in the car, only that time comes from the log. At `--speed max` time waits for everybody, and the same
/// log gives the same readings and the same pictures, byte for byte. At the end the summary goes to standard output: per bus frames, rate, load and unknown
/// frames; unknown ids; errors by kind and id; every reading with value, unit, quality and age.
///
/// The car is the one that `--car` names, or `car = "..."` in the TOML file beside the log (drive.toml beside drive.log).
///
/// With `--dbc` and no car each frame's signals are printed as they stand in the DBC file: `(time) can0 MESSAGE: Signal=1.5 km/h, ...`, or with `--json` one
/// line a frame: `{"t":..,"bus":..,"id":..,"message":..,"signals":{..}}`; the summary goes to standard error.
#[derive(clap::Args)]
pub struct Replay {
    /// The recording; `-` is standard input.
    log: PathBuf,
    /// The car: a name in the assets, or a folder with a car.toml.
    #[arg(long, conflicts_with = "dbc")]
    car: Option<String>,
    /// 1 as recorded, 2 twice as fast, ...; `max`: as fast as everybody can follow.
    #[arg(long, default_value = "1", value_name = "1|max|X", value_parser = speed)]
    speed: Speed,
    /// Prints the summary as one JSON document.
    #[arg(long)]
    json: bool,
    /// Leaves cluster.png and centre.png there.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["dbc", "no_screens"])]
    screenshots: Option<PathBuf>,
    /// When the pictures are taken, seconds of log time; without it at the end.
    #[arg(long, value_name = "SECONDS", requires = "screenshots", value_parser = seconds)]
    screenshot_at: Option<Nanoseconds>,
    /// Decodes by this DBC file alone: no car, no service, no screens. What is private only a car says, so every signal is told.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vss", "dbc_path", "private"])]
    dbc: Option<PathBuf>,
    /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again.
    #[arg(long, value_name = "DIR")]
    dbc_path: Vec<PathBuf>,
    /// Stops at a bad line with status 1, instead of leaving it out.
    #[arg(long)]
    strict: bool,
    /// Tells private readings as well: position, vehicle identification number.
    #[arg(long)]
    private: bool,
    /// Opens no windows.
    #[arg(long)]
    no_screens: bool,
    #[command(flatten)]
    vss: Vss,
    #[command(flatten)]
    look: Look,
}

fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    match text.parse::<f64>() {
        Ok(times) if times.is_finite() && times > 0.0 => Ok(Speed::Times(times)),
        _ => Err("expected `max` or a number over 0".to_owned()),
    }
}

fn seconds(text: &str) -> Result<Nanoseconds, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..1e9).contains(&seconds) => Ok(Nanoseconds((seconds * 1e9).round() as u64)),
        _ => Err("expected seconds of log time, 0 or more".to_owned()),
    }
}

/// What a replay is made of, found before anything is started.
struct Plan {
    log: Arc<Log>,
    car: Car,
    shown: Option<Shown>,
    pictures: Option<PathBuf>,
}

impl Replay {
    pub async fn run(self) -> anyhow::Result<Status> {
        if let Some(dbc) = &self.dbc {
            return self.decode(dbc);
        }
        let places = places::places(&self.dbc_path)?;
        let log = self.log()?;
        let (name, car) = self.car(&log, &places)?;
        let pictures = self.screenshots.as_deref().map(screens::picture_folder).transpose()?;
        let plan = Plan { log: Arc::new(log), car, shown: self.shown(), pictures };
        warn_if_nothing_fits(&plan);
        let bus = PrivateBus::prepare()?;
        let vehicle = self.vehicle(&places::car_folder(&places, &name)?, &bus.link())?;
        let screens = plan.shown.map(|shown| Screen::ALL.map(|screen| screen.program(shown, &self.look)));
        let screens = screens.into_iter().flatten().collect::<anyhow::Result<Vec<_>>>()?;
        let listener = Listener::bind(&bus.link())?;
        let feed = Feed::start(listener, Arc::clone(&plan.log), self.speed)?;
        // A new service would know nothing of what was: at full speed a death ends the replay.
        let on_death = if self.speed == Speed::Max { OnDeath::Report } else { OnDeath::Restart };
        // Faults of the recording are counted in the summary.
        let mut stage = Stage::open(&bus, on_death, &places.assets, "error")?;
        let outcome = self.play(&mut stage, &bus, &plan, feed, vehicle, screens).await;
        stage.end().await;
        match outcome? {
            Ok(summary) => {
                let text = if self.json { report::json(&summary.without_withheld())? } else { report::text(&summary) };
                io::stdout().write_all(text.as_bytes())?;
                Ok(Status::OK)
            }
            Err(cut) => Ok(cut.status()),
        }
    }

    fn log(&self) -> anyhow::Result<Log> {
        let shown = self.log_name();
        let source = if self.is_piped() {
            Source::keep_pipe(io::stdin().lock(), LARGEST_PIPE)
        } else {
            Source::keep(self.log.clone(), LARGEST_PIPE)
        };
        let log = source.map_err(anyhow::Error::new).and_then(|source| Ok(Log::read(source)?));
        let log = log.with_context(|| SetUp(format!("cannot read the recording {shown}")))?;
        if let (true, Some(error)) = (self.strict, log.bad.first.first()) {
            bail!("{} (--strict stops here)", placed(&shown, error));
        }
        if log.frames == 0 {
            let reason = log.bad.first.first().map(|error| format!("; {error}"));
            return Err(set_up(format!(
                "{shown} has no frame: record one with `candump -l can0`, or give a Vector ASC or BLF file{}",
                reason.unwrap_or_default()
            )));
        }
        if let Some(error) = log.bad.first.last().filter(|error| error.breaks_off()) {
            complain(&format!("{}; what is before it is replayed", placed(&shown, error)));
        }
        Ok(log)
    }

    fn is_piped(&self) -> bool {
        self.log == Path::new("-")
    }

    fn log_name(&self) -> String {
        if self.is_piped() { "standard input".to_owned() } else { self.log.display().to_string() }
    }

    fn car(&self, log: &Log, places: &Places) -> anyhow::Result<(String, Car)> {
        let name = match &self.car {
            Some(name) => Some(name.clone()),
            None => which_car::named_beside(&self.log)?,
        };
        let catalogue = self.vss.catalogue()?;
        let name = name.ok_or_else(|| which_car::ask_for_one(log, places, catalogue))?;
        let car = which_car::load(&name, places, catalogue)?;
        Ok((name, car))
    }

    /// Whether there are screens, and where they are drawn.
    fn shown(&self) -> Option<Shown> {
        match (self.speed, &self.screenshots) {
            _ if self.no_screens => None,
            (Speed::Max, Some(_)) => Some(Shown::Lockstep),
            (Speed::Max, None) => None,
            _ if screens::has_display() => Some(Shown::Windows),
            (_, Some(_)) => Some(Shown::Headless),
            (_, None) => None,
        }
    }

    fn vehicle(&self, car: &Path, link: &Path) -> anyhow::Result<Program> {
        // A recording is not asked for anything.
        let mut arguments = vec!["--car".into(), car.into(), "--link".into(), link.into(), "--listen-only".into()];
        for folder in &self.dbc_path {
            arguments.extend(["--dbc-path".into(), folder.into()]);
        }
        arguments.extend(self.vss.arguments());
        let name = "tandem-vehicle";
        Ok(Program { name, role: Role::Service, path: places::program(name)?, arguments, environment: Vec::new() })
    }

    async fn play(
        &self,
        stage: &mut Stage,
        bus: &PrivateBus,
        plan: &Plan,
        mut feed: Feed,
        vehicle: Program,
        screens: Vec<Program>,
    ) -> anyhow::Result<Result<Summary, Cut>> {
        let connection = match stage.during(bus.connect()).await {
            Ok(connection) => connection?,
            Err(cut) => return Ok(Err(cut)),
        };
        stage.start(vehicle)?;
        // The service knows what time it is before anybody else is there: a screen that came earlier would be told everything twice.
        match stage
            .during(async { (screens::wait_for_name(&connection, signals::NAME).await, feed.meet().await) })
            .await
        {
            Ok((named, met)) => (named?, met?),
            Err(cut) => return Ok(Err(cut)),
        };
        for screen in screens {
            stage.start(screen)?;
        }
        let published = if self.speed == Speed::Max { None } else { Published::publish(bus.address()).ok() };
        let work = self.work(&connection, plan, feed);
        let outcome = stage.during(work).await;
        drop(published);
        Ok(match outcome {
            Ok(summary) => Ok(summary?),
            Err(cut) => Err(cut),
        })
    }

    async fn work(&self, connection: &Connection, plan: &Plan, mut feed: Feed) -> anyhow::Result<Summary> {
        if plan.shown.is_some() {
            let drawn = screens::wait_until_subscribed(connection);
            tokio::time::timeout(START_UP, drawn).await.context("the screens did not come up within 60 s")??;
        }
        // Time 0 is told before the first frame, so there is a tick behind it at least.
        let end = tick_at(plan.log.last).max(tick_at(Nanoseconds(1)));
        let time = feed.time();
        let progress = progress::show(&time, end);
        let replay = async {
            let at = self.screenshot_at.map_or(end, |at| tick_at(at).min(end));
            if let Some(folder) = &plan.pictures {
                feed.run_to(at).await?;
                let oldest = screens::capture_both(connection, folder).await?;
                let late = oldest.map_or(Nanoseconds::ZERO, |shown| at - shown);
                // A screen that time did not wait for has a picture of another moment: no picture is better.
                ensure!(
                    plan.shown != Some(Shown::Lockstep) || late <= HEARTBEAT,
                    "a screen was left behind by {late}: this machine is too busy"
                );
            }
            feed.run_to(end).await?;
            feed.end().await?;
            anyhow::Ok(())
        };
        tokio::select! {
            done = replay => done?,
            () = progress => {}
        }
        if self.speed != Speed::Max {
            // A service that died and came back never gets there.
            let _ = tokio::time::timeout(SETTLE, settled(connection, plan)).await;
        }
        let privacy = if self.private { Privacy::Told } else { Privacy::Kept };
        let answers = Answers::ask(connection).await?;
        // Without a link the service forgets every reading.
        drop(feed);
        Ok(Summary::new(plan.car.profile.name.clone(), &plan.log, answers, end, privacy))
    }

    fn decode(&self, dbc: &Path) -> anyhow::Result<Status> {
        let database = dictionary::read_dbc(dbc)?;
        let log = if self.is_piped() { Reader::new(io::stdin()) } else { tandem_logs::open(&self.log) };
        let log = log.with_context(|| SetUp(format!("cannot read the recording {}", self.log_name())))?;
        let form = if self.json { Form::Json } else { Form::Text };
        let at_bad_line = if self.strict { AtBadLine::Stop } else { AtBadLine::GoOn };
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let tally = decode::decode(log, &database, form, at_bad_line, &mut out).with_context(|| self.log_name())?;
        let _ = writeln!(io::stderr(), "{}", tally.text());
        Ok(Status::OK)
    }
}

/// Where in which recording, and what.
fn placed(shown: &str, LogError { place, reason }: &LogError) -> String {
    match place {
        Place::Line(line) => format!("{shown}:{line}: {reason}"),
        Place::Byte(_) => format!("{shown}: {place}, {reason}"),
    }
}

/// A log of `vcan0` and a car with `can0` would give a summary of nothing, and nobody would know why.
fn warn_if_nothing_fits(plan: &Plan) {
    let car: Vec<_> = plan.car.buses.iter().map(|bus| bus.interface.as_str()).collect();
    let log: Vec<_> = plan.log.interfaces.iter().map(|interface| interface.name.as_str()).collect();
    if !log.iter().any(|name| car.contains(name)) {
        complain(&format!(
            "nothing in this log is on a bus of this car: the log has {}, the car has {}",
            log.join(" "),
            car.join(" ")
        ));
    }
}

/// Waits until the service has heard every frame that is on a bus of its car.
async fn settled(connection: &Connection, plan: &Plan) -> zbus::Result<()> {
    let bus = Bus1Proxy::new(connection).await?;
    let known = |name: &str| plan.car.buses.iter().any(|bus| bus.interface == name);
    let expected: u64 =
        plan.log.interfaces.iter().filter(|interface| known(&interface.name)).map(|interface| interface.frames).sum();
    while bus.buses().await?.iter().map(|bus| bus.frames).sum::<u64>() < expected {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_and_times_are_read() {
        assert_eq!(speed("max"), Ok(Speed::Max));
        assert_eq!(speed("2.5"), Ok(Speed::Times(2.5)));
        assert!(["0", "-1", "NaN", "inf", "fast"].iter().all(|text| speed(text).is_err()));
        assert_eq!(seconds("1.52"), Ok(Nanoseconds::from_millis(1520)));
        assert!(["-1", "NaN", "1e300", ""].iter().all(|text| seconds(text).is_err()));
    }
}
