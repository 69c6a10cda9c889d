//! `tandem-centre`: the centre display's process.

use std::process::ExitCode;

use tandem_centre::Centre;
use tandem_kit::Options;

fn main() -> ExitCode {
    let options = Options::parse("tandem-centre", env!("CARGO_PKG_VERSION"), "The centre display of Tandem.");
    tandem_kit::run::<Centre>(&options)
}
