//! `tandem-lifecycle`: how every part of Tandem is.

use std::process::ExitCode;

use clap::Parser;
use tandem_lifecycle::start::{Options, start};
use tandem_runtime::{Supervisor, log, told_to_stop, wrong_setup};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = Options::parse();
    log();
    let service = match start(options).await {
        Ok(service) => service,
        Err(refusal) => return wrong_setup("tandem-lifecycle", &refusal),
    };
    match service.run(Supervisor::of_environment(), told_to_stop()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            tracing::error!(error = &cause as &dyn std::error::Error, "ended");
            ExitCode::FAILURE
        }
    }
}
