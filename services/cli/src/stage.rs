use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::{Status, describe, inherited};
use crate::private_bus::PrivateBus;
use crate::say::complain;
use crate::supervisor::{Happening, OnDeath, Program, Supervisor};

/// Whatever it was built from or replaced by since it started, this is the program that runs.
const OURSELVES: &str = "/proc/self/exe";

/// A private bus with children on it, watched while work is done with them.
pub struct Stage {
    supervisor: Supervisor,
    environment: Vec<(&'static str, OsString)>,
    terminate: Signal,
    interrupt: Signal,
}

/// Why work ended before it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// By Ctrl-C or SIGTERM: the signal's number.
    Told(i32),
    /// By a child that died and does not come back.
    Gone(ExitStatus),
    /// The user closed the last window.
    Closed,
}

impl Cut {
    /// The status of a command that was to run to its end.
    pub fn status(self) -> Status {
        match self {
            Self::Told(signal) => Status::of_signal(signal),
            Self::Gone(status) => inherited(status),
            Self::Closed => Status::OK,
        }
    }
}

impl Stage {
    /// Starts the bus's daemon. The children log at level `log`, unless `TANDEM_LOG` says otherwise.
    ///
    /// # Errors
    /// It cannot be started, or signals cannot be listened for.
    pub fn open(bus: &PrivateBus, on_death: OnDeath, assets: &Path, log: &str) -> anyhow::Result<Self> {
        let address = OsString::from(bus.address());
        let mut environment = vec![
            ("TANDEM_BUS", address.clone()),
            ("DBUS_SESSION_BUS_ADDRESS", address),
            ("TANDEM_ASSETS", assets.into()),
        ];
        if std::env::var_os("TANDEM_LOG").is_none() {
            environment.push(("TANDEM_LOG", log.into()));
        }
        let mut stage = Self {
            supervisor: Supervisor::new(PathBuf::from(OURSELVES), on_death),
            environment,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        stage.start(bus.program())?;
        Ok(stage)
    }

    /// Starts a program on the stage's bus.
    ///
    /// # Errors
    /// This program cannot start itself anew, which is how children are started.
    pub fn start(&mut self, mut program: Program) -> anyhow::Result<()> {
        let name = program.name;
        program.environment.extend(self.environment.iter().cloned());
        self.supervisor.start(program).with_context(|| format!("cannot start {name}"))
    }

    /// Does the work while the children are watched: each death is reported in one line.
    ///
    /// # Errors
    /// [`Cut`] if the work had to be given up.
    pub async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Cut> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                _ = self.terminate.recv() => return Err(Cut::Told(SignalKind::terminate().as_raw_value())),
                _ = self.interrupt.recv() => return Err(Cut::Told(SignalKind::interrupt().as_raw_value())),
                happening = self.supervisor.next() => {
                    if let Some(line) = report(&happening) {
                        complain(&line);
                    }
                    match happening {
                        Happening::Gone { status, .. } => return Err(Cut::Gone(status)),
                        Happening::Closed { windows_left: 0, .. } => return Err(Cut::Closed),
                        _ => {}
                    }
                }
                done = &mut work => return Ok(done),
            }
        }
    }

    /// Ends every child.
    pub async fn end(self) {
        self.supervisor.end().await;
    }
}

fn report(happening: &Happening) -> Option<String> {
    match happening {
        Happening::Dead { name, status, back_in } => {
            Some(format!("{name} died with {}; back in {} ms", describe(*status), back_in.as_millis()))
        }
        Happening::Gone { name, status } => Some(format!("{name} ended with {}: the run ends", describe(*status))),
        Happening::Stuck { name, cause, back_in } => {
            Some(format!("{name} cannot be started: {cause}; next try in {} ms", back_in.as_millis()))
        }
        Happening::Closed { name, windows_left: 0 } => {
            Some(format!("{name} was closed, the last window: the run ends"))
        }
        Happening::Closed { name, .. } => Some(format!("{name} was closed")),
        Happening::Back { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_death_is_told_in_one_line() {
        let back_in = Duration::from_millis(400);
        let dead = |raw| Happening::Dead { name: "tandem-cluster", status: ExitStatus::from_raw(raw), back_in };
        assert_eq!(report(&dead(9)).unwrap(), "tandem-cluster died with signal 9; back in 400 ms");
        assert_eq!(report(&dead(3 << 8)).unwrap(), "tandem-cluster died with status 3; back in 400 ms");
        assert_eq!(report(&Happening::Back { name: "tandem-cluster" }), None);
    }

    #[test]
    fn what_cut_the_work_short_sets_the_exit_status() {
        assert_eq!(Cut::Told(2).status(), Status(130));
        assert_eq!(Cut::Gone(ExitStatus::from_raw(3 << 8)).status(), Status(3));
        assert_eq!(Cut::Gone(ExitStatus::from_raw(9)).status(), Status(137));
        assert_eq!(Cut::Gone(ExitStatus::from_raw(0)).status(), Status::FAILED);
        assert_eq!(Cut::Closed.status(), Status::OK);
    }
}
