use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::anyhow;
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// Becomes another program that the kernel kills when the process that started it is gone, however that went.
#[derive(clap::Args)]
pub struct Child {
    /// The process that must be our parent.
    #[arg(long)]
    parent: i32,
    /// The program to become.
    program: PathBuf,
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Child {
    /// Returns only if it could not be done.
    pub fn become_it(self) -> anyhow::Error {
        if let Err(error) = set_parent_process_death_signal(Some(Signal::KILL)) {
            return anyhow!(error).context("cannot tie this process to its parent");
        }
        // The parent may have gone before the kernel was asked to watch it.
        if getppid() != Pid::from_raw(self.parent) {
            return anyhow!("process {}, which wanted {}, is gone", self.parent, self.program.display());
        }
        let error = Command::new(&self.program).args(self.arguments).exec();
        anyhow!(error).context(format!("cannot start {}", self.program.display()))
    }
}
