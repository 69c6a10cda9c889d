//! What every service's `main()` is made of: the log, the word to stop, what its supervisor is told, and exit codes.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

mod keep;
mod supervisor;

pub use keep::keep;
pub use supervisor::{Supervisor, Watchdog};

/// Exit code of a service that was set up wrongly: nothing it could do would mend it.
pub const WRONG_SETUP: u8 = 2;

/// Logs to standard error, at `info` unless `TANDEM_LOG` says otherwise (for instance `TANDEM_LOG=tandem_vehicle=debug`).
pub fn log() {
    let filter = EnvFilter::try_from_env("TANDEM_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call in one process (a test) keeps the first log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}

/// Waits until somebody asks this process to stop: SIGTERM or SIGINT.
///
/// # Errors
/// The kernel does not let us listen.
pub async fn told_to_stop() -> std::io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Where a service of this name keeps its state: the folder that systemd made for it (`$STATE_DIRECTORY`), else `$XDG_STATE_HOME/tandem/NAME` or the same below
/// `~/.local/state`; none without a home.
pub fn state_folder(name: &str) -> Option<PathBuf> {
    folder_by(name, |variable| std::env::var_os(variable))
}

fn folder_by(name: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: PathBuf| Some(path).filter(|path| path.is_absolute());
    let named = |name: &str| absolute(variable(name)?.into());
    // A unit may name several folders; its first is the one to write to.
    let made = || absolute(std::env::split_paths(&variable("STATE_DIRECTORY")?).next()?);
    let base = || named("XDG_STATE_HOME").or_else(|| Some(named("HOME")?.join(".local/state")));
    made().or_else(|| Some(base()?.join("tandem").join(name)))
}

/// One clear line on standard error for an error and its causes, and the exit code for a wrong set-up.
pub fn wrong_setup(program: &str, error: &dyn std::error::Error) -> ExitCode {
    // Where it cannot be said, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "{program}: {}", whole(error));
    ExitCode::from(WRONG_SETUP)
}

/// An error and its causes, less those that it says itself.
fn whole(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let said = deeper.to_string();
        if !line.ends_with(&said) {
            line.push_str(": ");
            line.push_str(&said);
        }
        cause = deeper.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Said(&'static str, Option<Box<Said>>);

    impl std::fmt::Display for Said {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Said {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn a_cause_is_said_once() {
        let deepest = Said("the bus says nothing", None);
        let told = Said("I/O error: the bus says nothing", Some(Box::new(deepest)));
        let error = Said("cannot serve", Some(Box::new(told)));
        assert_eq!(whole(&error), "cannot serve: I/O error: the bus says nothing");
    }

    #[test]
    fn state_lies_where_systemd_or_the_user_says() {
        let folder = |variables: &[(&str, &str)]| {
            let found = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            folder_by("vehicle", found).map(|folder| folder.display().to_string()).unwrap_or_default()
        };
        let home = ("HOME", "/users/me");
        assert_eq!(folder(&[home]), "/users/me/.local/state/tandem/vehicle");
        assert_eq!(folder(&[home, ("XDG_STATE_HOME", "/state")]), "/state/tandem/vehicle");
        assert_eq!(folder(&[home, ("XDG_STATE_HOME", "not/absolute")]), "/users/me/.local/state/tandem/vehicle");
        assert_eq!(folder(&[home, ("STATE_DIRECTORY", "/var/lib/tandem/vehicle:/other")]), "/var/lib/tandem/vehicle");
        assert_eq!(folder(&[("STATE_DIRECTORY", ""), ("HOME", "")]), "");
    }
}
