//! The stories of units, told in name spaces.

use std::path::Path;

use tandem_machine::Spaces;

use crate::{Ended, Run};

/// Some stories wait for watchdogs, and one for half a minute; what takes so long hangs.
const LIMIT: &str = "290";

/// Tells the stories and powers off.
const STORIES: &str = "\
[Unit]
Description=Stories of the units
After=tandem.target multi-user.target
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart=/usr/bin/tandem-vm units
StandardOutput=append:/told/told
StandardError=journal
ExecStopPost=/bin/sh -c 'echo ended with $EXIT_STATUS >/told/status; journalctl --boot --no-pager >/told/journal'
";

pub fn boot(debian: &Path, run: &Run) -> Ended {
    let ours = tandem_scenes::binary("tandem");
    let unit = ("stories.service", STORIES);
    let spaces = Spaces::make(debian, &tandem_house::root(), ours.parent().unwrap(), unit).unwrap();
    let mut guest = spaces.command(run.path());
    guest.arg(format!("--bind-ro={}:/usr/bin/tandem-vm", env!("CARGO_BIN_EXE_tandem-vm")));
    run.boot(LIMIT, &mut guest)
}
