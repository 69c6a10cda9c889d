//! `tandem-vehicle`: the vehicle service.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tandem_runtime::{log, told_to_stop, wrong_setup};
use tandem_vehicle::start::{Options, start};

/// Reads the car's buses and tells D-Bus: Signals1, Bus1 and, if the car can be asked, Climate1.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The car: a name under assets/cars, or the path of a folder with a car.toml
    #[arg(long)]
    car: String,
    /// The link to the car: the socket that the simulator or the replay listens at
    #[arg(long)]
    link: PathBuf,
    /// A folder with DBC files, searched before $TANDEM_DBC_PATH and the car's own folder; may be given again
    #[arg(long)]
    dbc_path: Vec<PathBuf>,
    /// The folder that holds cars/
    #[arg(long, env = "TANDEM_ASSETS", default_value = "/usr/share/tandem")]
    assets: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Arguments { car, link, dbc_path, assets } = Arguments::parse();
    log();
    let service = match start(Options { car, link, dbc_path, assets }).await {
        Ok(service) => service,
        Err(refusal) => return wrong_setup("tandem-vehicle", &refusal),
    };
    tokio::select! {
        stopped = told_to_stop() => stopped.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        ended = service => match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(cause) => { tracing::error!(error = &cause as &dyn std::error::Error, "ended"); ExitCode::FAILURE }
        },
    }
}
