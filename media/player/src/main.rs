//! The player's process: see `protocol.rs` for how it is spoken with.

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::time::Duration;

use clap::Parser;
use gstreamer as gst;

use tandem_player::engine::{Engine, Input};
use tandem_player::orders::{self, Line};
use tandem_player::outlet::{self, Wanted};
use tandem_player::protocol::Event;
use tandem_player::{alac, registry, sandbox};

/// Plays what it is told on its standard input, and tells on its standard output what sounds.
#[derive(Parser)]
#[command(name = "tandem-player", version)]
struct Options {
    /// auto (the first sound device that opens, else nowhere), null (nowhere), record:FILE (raw samples: s16le, 44.1 kHz, stereo) or record-fast:FILE (the same, as fast as it decodes)
    #[arg(long, default_value = "auto")]
    sink: Wanted,
    /// Allow http: and https:
    #[arg(long)]
    network: bool,
    /// Where GStreamer keeps what it knows of its plugins; without it, where GStreamer says
    #[arg(long)]
    registry: Option<PathBuf>,
}

/// Exit code of a player that was set up or spoken to wrongly.
const WRONG_SETUP: u8 = 2;
/// What is left to give back sound devices once the input is closed.
const CLOSING: Duration = Duration::from_millis(500);

const REGISTRY: &str = "GST_REGISTRY_1_0";

fn main() -> ExitCode {
    let options = Options::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("TANDEM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(&options) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = &*error, "cannot play");
            ExitCode::from(WRONG_SETUP)
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, Box<dyn std::error::Error>> {
    if let Some(file) = &options.registry
        && std::env::var_os(REGISTRY).as_deref() != Some(file.as_os_str())
    {
        // GStreamer reads it from the environment, and one's own can only be changed for a new program.
        return Err(Command::new("/proc/self/exe").args(std::env::args_os().skip(1)).env(REGISTRY, file).exec().into());
    }
    sandbox::limit();
    // GStreamer 1.22 complains of itself whenever playbin3 takes a second track; it is of use to who looks for a fault only.
    gst::glib::log_set_default_handler(|domain, level, text| tracing::debug!(domain, ?level, text, "from a library"));
    gst::init()?;
    alac::register()?;
    registry::confine(options.network);
    // From here on, no program can be started: GStreamer looked its plugins over by one.
    sandbox::confine(options.network)?;
    let outlet = outlet::open(&options.sink)?;
    let ready = Event::Ready {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sink: outlet.name.to_owned(),
        missing: registry::missing(options.network),
        heavy: registry::heavy(),
    };

    let (sender, input) = mpsc::channel();
    // What a library prints is nobody's event.
    let mut output = std::fs::File::from(rustix::io::dup(rustix::stdio::stdout())?);
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    orders::write(&mut output, &ready)?;
    let deaf = options.sink.is_missed_by(&outlet);
    let mut engine = Engine::new(outlet, options.network, sender.clone(), input, Box::new(output))?;
    if deaf {
        let sender = sender.clone();
        std::thread::spawn(move || {
            outlet::wait_for_a_device();
            // The next player is started at once, and where this one was.
            tracing::warn!("a sound device has come; this player has none, and ends");
            let _ = sender.send(Input::Line(Line::Closed));
        });
    }
    std::thread::spawn(move || {
        orders::read(std::io::stdin(), |line| {
            let last = matches!(line, Line::Closed | Line::TooLong);
            let code = u8::from(line == Line::TooLong) * WRONG_SETUP;
            let told = sender.send(Input::Line(line)).is_ok();
            if last {
                // Whoever gave the orders is gone: even a device that hangs keeps us no longer.
                std::thread::sleep(CLOSING);
                std::process::exit(code.into());
            }
            told
        });
    });
    let closed = engine.run()?;
    engine.close();
    Ok(if closed { ExitCode::SUCCESS } else { ExitCode::from(WRONG_SETUP) })
}
