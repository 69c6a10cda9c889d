//! The command line, and what follows from it.

use std::io::{self, BufRead, Write, stdout};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::command::{Command, HELP};
use crate::event::Event;
use crate::phone::{Phone, PhoneError, Setup};
use crate::story::{Story, StoryError};

/// A simulated phone: it speaks KDE Connect with a car, plays a story, and does what it is told on standard input (help lists it)
#[derive(Debug, Parser)]
#[command(name = "tandem-phone-sim", version)]
pub struct Options {
    /// A story by its name, or the path of a .toml file
    #[arg(long, value_name = "NAME", default_value = "phone")]
    story: String,
    /// Where stories are found by their name
    #[arg(long, value_name = "DIR", default_value = "assets/phones", env = "TANDEM_PHONES")]
    stories: PathBuf,
    /// The only address to listen at and to send from, such as 127.0.0.2 beside a car on the same machine
    #[arg(long, value_name = "ADDRESS")]
    at: Option<IpAddr>,
    /// Where the car is [default: everybody on the network is told of the phone]
    #[arg(long, value_name = "ADDRESS")]
    car: Option<IpAddr>,
    /// Who the phone is, its cars, and files that it received [default: a new phone, which is forgotten at the end]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Of KDE Connect, instead of the story's: 7 or 8
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(7..=8))]
    protocol: Option<u8>,
    /// How cars show the phone, instead of the story's name
    #[arg(long)]
    name: Option<String>,
    /// Tells what happens as JSON, one object a line
    #[arg(long)]
    json: bool,
    /// Ends with its standard input: with the program that holds it
    #[arg(long)]
    tied: bool,
}

/// The exit code of a wrong set-up, as in every program of Tandem.
const WRONG_SETUP: u8 = 2;

#[derive(Debug, thiserror::Error)]
enum SetupError {
    #[error(transparent)]
    Story(#[from] StoryError),
    #[error("there is no story {name} in {}: expected {known}", folder.display())]
    NoStory { name: String, folder: PathBuf, known: String },
    #[error("{0:?} is no name that a car could show")]
    Name(String),
    #[error("cannot make a folder for the phone")]
    State(#[source] io::Error),
    #[error(transparent)]
    Phone(#[from] PhoneError),
    #[error("cannot listen for the word to stop")]
    Stop(#[source] io::Error),
}

/// What `tandem-phone-sim` does.
pub async fn run(options: Options) -> ExitCode {
    match live(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut said = format!("tandem-phone-sim: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(error) = cause {
                said += &format!(": {error}");
                cause = error.source();
            }
            eprintln!("{said}");
            ExitCode::from(WRONG_SETUP)
        }
    }
}

/// The path of a story: what looks like one is one.
fn path(options: &Options) -> Result<PathBuf, SetupError> {
    let name = &options.story;
    if name.ends_with(".toml") || name.contains('/') {
        return Ok(name.into());
    }
    let (folder, path) = (options.stories.clone(), options.stories.join(format!("{name}.toml")));
    if path.is_file() {
        return Ok(path);
    }
    let files = folder.read_dir().into_iter().flatten().flatten().map(|file| file.path());
    let stories = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let mut known: Vec<_> = stories.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    known.sort();
    let known = if known.is_empty() { "one by its path, or --stories".to_owned() } else { known.join(", ") };
    Err(SetupError::NoStory { name: name.clone(), folder, known })
}

async fn live(options: Options) -> Result<(), SetupError> {
    let mut story = Story::read(&path(&options)?)?;
    story.phone.protocol = options.protocol.unwrap_or(story.phone.protocol);
    if let Some(name) = options.name {
        story.phone.name = tandem_kdeconnect::device_name(&name).ok_or(SetupError::Name(name))?;
    }
    let mut passing = None;
    let state = match options.state {
        Some(state) => state,
        None => passing.insert(tempfile::tempdir().map_err(SetupError::State)?).path().to_owned(),
    };
    let mut stop = signal(SignalKind::terminate()).map_err(SetupError::Stop)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(SetupError::Stop)?;
    let (mut phone, mut events) = Phone::start(Setup { story, at: options.at, car: options.car, state }).await?;
    let (mut lines, mut over) = (standard_input(), false);
    loop {
        tokio::select! {
            _ = stop.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            event = events.recv() => match event {
                Some(event) if print(&event, options.json).is_ok() => {}
                // Nobody reads any more.
                _ => return Ok(()),
            },
            line = lines.recv(), if !over => match line.as_deref().map(Command::parse) {
                Some(Ok(Some(Command::Do(deed)))) => drop(phone.order(deed)),
                Some(Ok(Some(Command::Help))) => eprint!("{HELP}"),
                Some(Ok(Some(Command::Quit))) => phone.end(),
                Some(Ok(None)) => {}
                Some(Err(error)) => eprintln!("tandem-phone-sim: {error}"),
                None if options.tied => return Ok(()),
                None => over = true,
            },
        }
    }
}

fn print(event: &Event, json: bool) -> io::Result<()> {
    let mut out = stdout().lock();
    match json {
        true => {
            serde_json::to_writer(&mut out, event)?;
            writeln!(out)
        }
        false => writeln!(out, "{event}"),
    }?;
    out.flush()
}

/// Lines as they are typed. Its end is no end of the phone unless that was asked for: a phone without a person plays its story.
fn standard_input() -> mpsc::UnboundedReceiver<String> {
    let (typed, lines) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if typed.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
