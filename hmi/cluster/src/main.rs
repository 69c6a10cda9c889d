use std::process::ExitCode;

use tandem_cluster::Cluster;
use tandem_kit::Options;

fn main() -> ExitCode {
    let about = "The instrument cluster of Tandem. In a window, N changes the light and L the language.";
    tandem_kit::run::<Cluster>(&Options::parse("tandem-cluster", env!("CARGO_PKG_VERSION"), about))
}
