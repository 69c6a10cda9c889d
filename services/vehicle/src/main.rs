//! `tandem-vehicle`: the vehicle service.

use std::process::ExitCode;

use clap::Parser;
use tandem_runtime::{Supervisor, log, told_to_stop, wrong_setup};
use tandem_vehicle::start::{Options, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    log();
    let service = match start(options, Supervisor::of_environment(), told_to_stop()).await {
        Ok(service) => service,
        Err(refusal) => return wrong_setup("tandem-vehicle", &refusal),
    };
    match service.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            tracing::error!(error = &cause as &dyn std::error::Error, "ended");
            ExitCode::FAILURE
        }
    }
}
