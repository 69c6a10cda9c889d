//! `tandem-bench`: Tandem's figures, measured on this machine and, where there is a peer, in the same run as the peer's.

mod camera;
mod codec;
mod commands;
mod crowd;
mod fanout;
mod figure;
mod full_bus;
mod gate;
mod latency;
mod library;
mod loading;
mod made;
mod phone;
mod pixels;
mod player;
mod process;
mod running;
mod screens;
mod service;
mod store;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use figure::Figure;

/// Measures Tandem's figures and prints them as a table.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Only these
    names: Vec<Name>,
    /// A JSON line a figure instead: name, value, unit, bar, peer, `peer_value`, ratio
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Decoding frames by a DBC file, and reading candump text
    Codec,
    /// From the text of a DBC file to a compiled codec
    Loading,
    /// A decision of the gate, for frames that leave and for frames that stay
    Gate,
    /// Updates a second through the vehicle service's core, to ten subscribers
    Store,
    /// Values a second through D-Bus to one client, and how late immediate ones are
    Fanout,
    /// From a wish to its frame, and from the car's echo to confirmed
    Commands,
    /// CPU of the vehicle service with 4,400 frames a second
    FullBus,
    /// From a frame on the link to a client's hands
    Latency,
    /// From a frame on a full bus to the pixels of the cluster
    Pixels,
    /// CPU, memory and frame times of a running simulation
    Running,
    /// From the start of a screen to its first frame; from the service's silence to dashes
    Screens,
    /// From gear R to the first picture, and what pictures cost
    Camera,
    /// Filling the library beside mpd, searching and scrolling in it
    Library,
    /// From a wish to the first sample, gapless joins, memory and CPU while playing
    Player,
    /// From a claim to the first sound, losses, files, and what two idle phones cost
    Phone,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let wanted = if arguments.names.is_empty() { Name::value_variants() } else { arguments.names.as_slice() };
    if !arguments.json {
        println!("{}", machine());
        println!("{}", Figure::head());
    }
    let mut status = ExitCode::SUCCESS;
    for name in wanted {
        match measure(*name) {
            Ok(figures) => {
                for figure in figures {
                    let line =
                        if arguments.json { serde_json::to_string(&figure).unwrap_or_default() } else { figure.row() };
                    println!("{line}");
                }
            }
            Err(error) => {
                eprintln!("tandem-bench: {error:#}");
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

fn measure(name: Name) -> Result<Vec<Figure>> {
    match name {
        Name::Codec => codec::figures(),
        Name::Loading => loading::figures(),
        Name::Gate => gate::figures(),
        Name::Store => store::figures(),
        Name::Fanout => fanout::figures(),
        Name::Commands => commands::figures(),
        Name::FullBus => full_bus::figures(),
        Name::Pixels => pixels::figures(),
        Name::Latency => latency::figures(),
        Name::Running => running::figures(),
        Name::Screens => screens::figures(),
        Name::Camera => camera::figures(),
        Name::Library => library::figures(),
        Name::Player => player::figures(),
        Name::Phone => phone::figures(),
    }
}

/// What this was measured on.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus.lines().filter_map(|line| line.strip_prefix("model name")).collect();
    let model = models.first().map_or("unknown CPU", |model| model.trim_start_matches([' ', '\t', ':']));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    let profile = if cfg!(debug_assertions) { "dev (optimised, debug assertions on)" } else { "release" };
    format!("{} x {model}; load {load}; profile {profile}", models.len())
}
