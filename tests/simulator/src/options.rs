//! The command line, and what follows from it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::thread;

use anyhow::{Context, Result, ensure};
use clap::{ArgGroup, Parser, ValueEnum};
use tandem_can::{Listener, Pace};
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::folder::Folder;
use crate::link::{self, Interfaces, Said};
use crate::phone::{Pocket, Setup};
use crate::virtual_car::VirtualCar;
use crate::{hand, log};

/// A virtual car: it drives a scenario and says so on its buses, which are a socket, real CAN interfaces or a log.
#[derive(Debug, Parser)]
#[command(name = "tandem-sim", version, group = ArgGroup::new("out").required(true))]
pub struct Options {
    /// The car's folder, with car.toml, DBC files and scenarios
    #[arg(long, value_name = "DIR", default_value = "assets/cars/demo", env = "TANDEM_CAR")]
    car: PathBuf,
    /// The signals of VSS as COVESA releases them, as JSON, if the car maps leaves of them
    #[arg(long, value_name = "FILE")]
    vss: Option<PathBuf>,
    /// A scenario of the car by its name, or the path of a .toml file. The demo car: charging, city, get-out, motorway, night-rain, parked, reverse-parking
    #[arg(long, value_name = "NAME", default_value = "city")]
    scenario: String,
    /// Where chance begins, instead of the scenario's own seed
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Listens for the vehicle service at this socket
    #[arg(long, value_name = "PATH", group = "out")]
    link: Option<PathBuf>,
    /// Speaks and listens on a real CAN interface instead: a bus of the car, and its interface here if that has another name, such as can0=vcan0; may be given again
    #[arg(long, value_name = "BUS[=INTERFACE]", group = "out", conflicts_with_all = ["link", "write_log", "pace"])]
    can: Vec<String>,
    /// Writes a candump log to this file (- is standard output), with neither clock nor link; needs --seconds
    #[arg(long, value_name = "FILE", group = "out", requires = "seconds", conflicts_with = "pace")]
    write_log: Option<PathBuf>,
    /// Ends after so many seconds of the car's time
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<f64>,
    /// Who sets the speed of time
    #[arg(long, value_enum, default_value = "live")]
    pace: PaceOption,
    /// The program of a phone, tandem-phone-sim, which comes and goes by Simulator1.Phone; it is near from the start
    #[arg(long, value_name = "PROGRAM", conflicts_with = "no_bus")]
    phone: Option<PathBuf>,
    /// An argument for that program; may be given again
    #[arg(long, value_name = "ARGUMENT", requires = "phone", allow_hyphen_values = true)]
    phone_argument: Vec<OsString>,
    /// Goes without a D-Bus: nobody can then make the car misbehave
    #[arg(long)]
    no_bus: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PaceOption {
    /// The car's own clock; it drives on whether or not somebody listens
    Live,
    /// The service, by saying how far it has come; without one the car waits
    Lockstep,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 1e6 => Ok(seconds),
        _ => Err("expected a number of seconds above 0, at most 1000000".to_owned()),
    }
}

/// The exit code of a wrong set-up, as in every program of Tandem.
const WRONG_SETUP: u8 = 2;

/// What `tandem-sim` does.
pub fn run(options: &Options) -> ExitCode {
    let told = |error: anyhow::Error, code| {
        eprintln!("tandem-sim: {error:#}");
        ExitCode::from(code)
    };
    match prepare(options) {
        Err(error) => told(error, WRONG_SETUP),
        Ok(drive) => match drive() {
            Err(error) => told(error, 1),
            Ok(()) => ExitCode::SUCCESS,
        },
    }
}

type Drive = Box<dyn FnOnce() -> Result<()>>;

/// Everything that can be set up wrongly, done before the first step.
fn prepare(options: &Options) -> Result<Drive> {
    let folder = match &options.vss {
        Some(vss) => Folder::with_vss(&options.car, vss)?,
        None => Folder::read(&options.car)?,
    };
    let scenario = folder.scenario(&options.scenario)?;
    let name = folder.profile.name.clone();
    let car = VirtualCar::new(folder.clone(), scenario, options.seed)?;
    let until_ns = options.seconds.map(|seconds| (seconds * 1e9).round() as u64);
    if let Some(log) = &options.write_log {
        return write_log(car, log.clone(), until_ns.context("--write-log needs --seconds")?);
    }
    let (voice, mailbox) = channel();
    if !options.can.is_empty() {
        let at = places(&options.can, &car.interfaces())?;
        on_the_side(voice.clone(), bus_for(folder, options))?;
        let interfaces = Interfaces::open(at, &car.hears(), voice.clone()).context("cannot read CAN interfaces")?;
        return Ok(Box::new(move || {
            info!(car = name, "the car is ready");
            Ok(link::drive_on(interfaces, car, until_ns, &mailbox, &voice)?)
        }));
    }
    let path = options.link.clone().context("expected --link, --can or --write-log")?;
    on_the_side(voice.clone(), bus_for(folder, options))?;
    let listener = Listener::bind(&path)?;
    link::accept(listener, voice.clone());
    let pace = match options.pace {
        PaceOption::Live => Pace::Live,
        PaceOption::Lockstep => Pace::Lockstep,
    };
    Ok(Box::new(move || {
        info!(car = name, link = %path.display(), ?pace, "the car is ready");
        let driven = link::drive(car, pace, until_ns, &mailbox, &voice);
        // Somebody may have tidied up before us.
        let _ = std::fs::remove_file(&path);
        Ok(driven?)
    }))
}

/// The interface of each of the car's buses, in their order, as `--can` has them.
fn places(given: &[String], buses: &[String]) -> Result<Vec<Option<String>>> {
    let mut at = vec![None; buses.len()];
    for word in given {
        let (bus, interface) = word.split_once('=').unwrap_or((word, word));
        let place = buses.iter().position(|known| known == bus).and_then(|place| at.get_mut(place));
        let place =
            place.with_context(|| format!("--can {word}: the car has no bus {bus}, but {}", buses.join(", ")))?;
        ensure!(!interface.is_empty(), "--can {word}: expected an interface behind the =");
        ensure!(place.is_none(), "--can {word}: the bus {bus} has an interface already");
        *place = Some(interface.to_owned());
    }
    Ok(at)
}

fn write_log(mut car: VirtualCar, path: PathBuf, until_ns: u64) -> Result<Drive> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(move || {
            log::write(&mut car, until_ns, &mut stdout().lock())?;
            Ok(())
        }));
    }
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Box::new(move || {
        let frames = log::write(&mut car, until_ns, &mut BufWriter::new(file))?;
        info!(frames, log = %path.display(), "the log is written");
        Ok(())
    }))
}

/// What is told and begun on a bus, if there is to be one: the car's scenarios and its phone.
fn bus_for(folder: Folder, options: &Options) -> Option<(Folder, Pocket)> {
    let setup = options
        .phone
        .as_ref()
        .map(|program| Setup { program: program.clone(), arguments: options.phone_argument.clone() });
    (!options.no_bus).then(|| (folder, Pocket::new(setup)))
}

/// A thread for what is asynchronous: the bus, if there is something to tell on it, and the word to end. Comes back once the bus is there.
fn on_the_side(mailbox: Sender<Said>, on_bus: Option<(Folder, Pocket)>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ready, is_ready) = sync_channel(1);
    thread::spawn(move || {
        runtime.block_on(async move {
            let set_up = async {
                let stop = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
                let bus = match on_bus {
                    Some((folder, phone)) => {
                        if phone.may_come() {
                            phone.order("come").await.context("no phone comes")?;
                        }
                        Some(hand::serve(mailbox.clone(), folder, phone).await.context(
                            "cannot offer org.tandem.Simulator1 on the bus (TANDEM_BUS names another, --no-bus goes without)",
                        )?)
                    }
                    None => None,
                };
                anyhow::Ok((stop, bus))
            };
            match set_up.await {
                Err(error) => {
                    // The other end waits for exactly this.
                    let _ = ready.send(Err(error));
                }
                Ok(((mut term, mut interrupt), _bus)) => {
                    let _ = ready.send(Ok(()));
                    tokio::select! {
                        _ = term.recv() => {}
                        _ = interrupt.recv() => {}
                    }
                    let _ = mailbox.send(Said::Enough);
                }
            }
        });
    });
    is_ready.recv().context("the thread for the bus broke")?
}
