//! `tandem-panel`: the virtual car's panel, a process of its own.

use std::process::ExitCode;

use clap::Parser;
use tandem_kit::Options;
use tandem_panel::{Panel, gallery};

/// The virtual car's panel: drives it by hand, sets what is around it, and makes it misbehave.
#[derive(Parser)]
#[command(name = "tandem-panel", version, after_help = AFTER_HELP)]
struct CommandLine {
    #[command(flatten)]
    screen: Options,
    /// Shows every widget of the screens in its states instead, by night and by day, in two windows; needs a display and no bus
    #[arg(long, conflicts_with_all = ["headless", "lockstep"])]
    gallery: bool,
}

const AFTER_HELP: &str = "`tandem sim` opens it where there is a display. Environment: TANDEM_BUS is session (the default), system or a D-Bus address; \
    TANDEM_LOG sets the log's filter; SLINT_BACKEND chooses another backend and renderer than winit-software.";

fn main() -> ExitCode {
    let line = CommandLine::parse();
    if !line.gallery {
        return tandem_kit::run::<Panel>(&line.screen);
    }
    match gallery::run(line.screen.language.unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tandem-panel: {error}");
            ExitCode::from(2)
        }
    }
}
