//! The camera's process: see `camera.rs` of the library for how it is spoken with.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use gstreamer as gst;
use tandem_pictures::{Mount, fits};
use tandem_player::camera::outlet::{Counts, Outlet};
use tandem_player::camera::pipeline::Pipeline;
use tandem_player::camera::{Event, Source, Wish, scene};
use tandem_player::{registry, sandbox};

/// Sends a camera's pictures into the socket that is its standard input, and tells on its standard output how that goes.
#[derive(Parser)]
#[command(name = "tandem-camera", version)]
struct Options {
    /// v4l2:/dev/video0 or another device, test or scene
    #[arg(long)]
    source: Source,
    /// Of the camera's own pictures, pixels
    #[arg(long, default_value_t = 1280)]
    width: u32,
    #[arg(long, default_value_t = 720)]
    height: u32,
    /// The most pictures a second
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=60))]
    rate: u32,
    /// Of the pictures that are sent, pixels: a multiple of 4 and a number
    #[arg(long, num_args = 2, value_names = ["WIDTH", "HEIGHT"], required = true)]
    wanted: Vec<u32>,
    /// As in a mirror
    #[arg(long)]
    mirrored: bool,
    /// Height in metres, tilt and field in degrees: how a scene is seen
    #[arg(long, num_args = 3, value_names = ["HEIGHT", "TILT", "FIELD"])]
    mount: Option<Vec<f64>>,
}

/// Exit code of a camera that was set up wrongly.
const WRONG_SETUP: u8 = 2;
/// So often it says that it lives.
const PULSE: Duration = Duration::from_millis(250);
/// A camera that shows nothing for so long hangs; the first picture may take longer.
const HANGS: Duration = Duration::from_secs(2);
const STARTS: Duration = Duration::from_secs(4);

fn main() -> ExitCode {
    let options = Options::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("TANDEM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run(options) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = &*error, "no camera");
            ExitCode::from(WRONG_SETUP)
        }
    }
}

fn run(options: Options) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let Options { source, width, height, rate, wanted, mirrored, mount } = options;
    let &[across, down] = wanted.as_slice() else { return Err("--wanted takes two numbers".into()) };
    if !fits(across, down) {
        return Err(format!("there are no pictures of {across} x {down}: the width is a multiple of 4").into());
    }
    let mount = match mount.as_deref() {
        Some(&[height_m, tilt_deg, field_deg]) => Some(Mount { height_m, tilt_deg, field_deg }),
        _ => None,
    };
    let wish = Wish { source, width, height, rate, wanted: (across, down), mirrored, mount };
    // Whoever started this is gone: nobody would end it.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    sandbox::limit();
    let socket = UnixStream::from(rustix::io::dup(rustix::stdio::stdin())?);
    // What a library prints is nobody's event.
    let output = File::from(rustix::io::dup(rustix::stdio::stdout())?);
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    socket.peer_addr().map_err(|error| format!("the standard input is no socket: {error}"))?;
    let is_drawn = wish.source == Source::Scene;
    if !is_drawn {
        gst::glib::log_set_default_handler(|domain, level, text| {
            tracing::debug!(domain, ?level, text, "from a library")
        });
        gst::init()?;
        registry::confine_camera();
    }
    sandbox::confine(false)?;
    let outlet = Outlet::open(socket, wish.wanted, || std::process::exit(0))?;
    let pipeline = if is_drawn {
        let (wish, outlet) = (wish.clone(), outlet.clone());
        std::thread::spawn(move || scene::run(&wish, &outlet));
        None
    } else {
        match Pipeline::start(&wish, outlet.clone()) {
            Ok(pipeline) => Some(pipeline),
            Err(error) => return Ok(failed(&output, error.to_string())),
        }
    };
    let reason = watch(pipeline.as_ref(), &outlet, &output);
    Ok(failed(&output, reason))
}

/// Tells that it lives until something is wrong; says what.
fn watch(pipeline: Option<&Pipeline>, outlet: &Outlet, output: &File) -> String {
    let (mut came, mut since) = (0, Instant::now());
    loop {
        match pipeline {
            Some(pipeline) => {
                if let Some(reason) = pipeline.trouble(gst::ClockTime::from_mseconds(PULSE.as_millis() as u64)) {
                    return reason;
                }
            }
            None => std::thread::sleep(PULSE),
        }
        let Counts { came: now, sent, dropped } = outlet.counts();
        if now != came {
            (came, since) = (now, Instant::now());
        }
        let patience = if came == 0 { STARTS } else { HANGS };
        if since.elapsed() > patience {
            return format!("the camera sent no picture for {} s", patience.as_secs());
        }
        tell(output, &Event::Alive { sent, dropped });
    }
}

fn failed(output: &File, reason: String) -> ExitCode {
    tell(output, &Event::Failed { reason });
    ExitCode::FAILURE
}

/// One line; without anybody to hear it, there is nobody to do this for.
fn tell(mut output: &File, event: &Event) {
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    if output.write_all(&line).is_err() {
        std::process::exit(0);
    }
}
