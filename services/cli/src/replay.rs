//! `tandem replay`: a recording drives the vehicle service and the screens, as the car would.

mod decode;
mod feed;
mod log;
mod pace;
mod report;
mod summary;
mod which_car;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tandem_can::Listener;
use tandem_contracts::bus::Bus1Proxy;
use tandem_contracts::signals;
use tandem_dbc::Database;
use tandem_store::{Car, Places};
use tandem_units::Nanoseconds;
use zbus::Connection;

use crate::failure::{SetUp, Status, set_up};
use crate::places;
use crate::private_bus::PrivateBus;
use crate::progress;
use crate::published::Published;
use crate::say::complain;
use crate::screens::{self, Look, Screen, Shown};
use crate::stage::{Cut, Stage};
use crate::supervisor::{OnDeath, Program, Role};
use decode::{AtBadLine, Form};
use feed::{Feed, Speed};
use log::Log;
use pace::tick_at;
use summary::{Answers, Privacy, Summary};

/// The service tells every subscriber the time at least this often.
const HEARTBEAT: Nanoseconds = Nanoseconds::from_millis(200);
/// Screens draw their first picture in this time, however busy the machine is.
const START_UP: Duration = Duration::from_secs(60);
/// The most that is replayed with a car, bytes: which buses there are is told before the first frame, so the recording is read as a whole.
const LARGEST_LOG: u64 = 1 << 30;
/// By the wall's clock nobody says when the last frame is worked off: this long is waited for it.
const SETTLE: Duration = Duration::from_secs(2);

/// Replays a candump log: through the vehicle service and the screens with a car, or decoded by a DBC file alone.
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
    /// The recording, as `candump -l` writes it; `-` is standard input.
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
    /// Decodes by this DBC file alone: no car, no service, no screens.
    #[arg(long, value_name = "FILE")]
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
        let text =
            whole(self.open()?, LARGEST_LOG).with_context(|| SetUp(format!("cannot read the recording {shown}")))?;
        let log = Log::read(text);
        if let (true, Some((number, reason))) = (self.strict, log.bad.first.first()) {
            bail!("{shown}:{number}: {reason} (--strict stops here)");
        }
        if log.frames == 0 {
            let reason = log.bad.first.first().map(|(line, reason)| format!("; line {line}, {reason}"));
            return Err(set_up(format!(
                "{shown} has no line like `(1436509052.249713) can0 0F2#3A00`: record one with `candump -l can0`{}",
                reason.unwrap_or_default()
            )));
        }
        Ok(log)
    }

    fn log_name(&self) -> String {
        if self.log == Path::new("-") { "standard input".to_owned() } else { self.log.display().to_string() }
    }

    /// The recording, of which something can be read.
    fn open(&self) -> anyhow::Result<Box<dyn BufRead>> {
        let open = || -> io::Result<Box<dyn BufRead>> {
            let mut log: Box<dyn BufRead> = if self.log == Path::new("-") {
                Box::new(io::stdin().lock())
            } else {
                Box::new(BufReader::with_capacity(1 << 16, File::open(&self.log)?))
            };
            log.fill_buf()?;
            Ok(log)
        };
        open().with_context(|| SetUp(format!("cannot read the recording {}", self.log_name())))
    }

    fn car(&self, log: &Log, places: &Places) -> anyhow::Result<(String, Car)> {
        let name = match &self.car {
            Some(name) => Some(name.clone()),
            None => which_car::named_beside(&self.log)?,
        };
        let name = name.ok_or_else(|| which_car::ask_for_one(log, places))?;
        let car = which_car::load(&name, places)?;
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
        let mut arguments = vec!["--car".into(), car.into(), "--link".into(), link.into()];
        for folder in &self.dbc_path {
            arguments.extend(["--dbc-path".into(), folder.into()]);
        }
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
        let cannot_read = || SetUp(format!("cannot read the DBC file {}", dbc.display()));
        let text = File::open(dbc).and_then(tandem_dbc::read).with_context(cannot_read)?;
        let database = Database::parse(&text).with_context(|| SetUp(dbc.display().to_string()))?;
        let log = self.open()?;
        let form = if self.json { Form::Json } else { Form::Text };
        let at_bad_line = if self.strict { AtBadLine::Stop } else { AtBadLine::GoOn };
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let tally = decode::decode(log, &database, form, at_bad_line, &mut out).with_context(|| self.log_name())?;
        let _ = writeln!(io::stderr(), "{}", tally.text());
        Ok(Status::OK)
    }
}

/// Everything that is to be read, but not more than `limit` bytes.
fn whole(log: impl Read, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    log.take(limit + 1).read_to_end(&mut text)?;
    ensure!(
        text.len() as u64 <= limit,
        "it is larger than the {} MiB that are replayed with a car: `split -C {limit}` cuts it between two lines",
        limit >> 20
    );
    Ok(text)
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
    fn a_recording_that_is_too_large_is_refused_before_it_is_read() {
        assert_eq!(whole(io::repeat(b'x').take(1 << 20), 1 << 20).map(|text| text.len()).ok(), Some(1 << 20));
        let endless = whole(io::repeat(b'x'), 1 << 20).unwrap_err();
        assert_eq!(
            endless.to_string(),
            "it is larger than the 1 MiB that are replayed with a car: `split -C 1048576` cuts it between two lines"
        );
    }

    #[test]
    fn speeds_and_times_are_read() {
        assert_eq!(speed("max"), Ok(Speed::Max));
        assert_eq!(speed("2.5"), Ok(Speed::Times(2.5)));
        assert!(["0", "-1", "NaN", "inf", "fast"].iter().all(|text| speed(text).is_err()));
        assert_eq!(seconds("1.52"), Ok(Nanoseconds::from_millis(1520)));
        assert!(["-1", "NaN", "1e300", ""].iter().all(|text| seconds(text).is_err()));
    }
}
