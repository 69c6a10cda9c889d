use std::io;
use std::process::{ExitCode, ExitStatus};

use crate::say::complain;

/// How a command ended: its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u8);

impl Status {
    pub const OK: Self = Self(0);
    pub const FAILED: Self = Self(1);
    pub const WRONG_SETUP: Self = Self(2);
    pub const NOT_KNOWN: Self = Self(3);

    /// 128 + n, as shells count a death by signal.
    pub fn of_signal(signal: i32) -> Self {
        Self(u8::try_from(128 + signal).unwrap_or(u8::MAX))
    }
}

/// A wrong set-up: what is wrong and what to do about it, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetUp(pub String);

/// Nobody knows whether what was asked for was done: why, and where to look, in one line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotKnown(pub String);

/// An error that says that the set-up is wrong.
pub fn set_up(what: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(SetUp(what.into()))
}

/// Prints what went wrong, if something did.
pub fn exit_code(outcome: anyhow::Result<Status>) -> ExitCode {
    let status = match outcome {
        Ok(status) => status,
        // `tandem ... | head` has read what it wanted.
        Err(error) if is_closed_pipe(&error) => Status::OK,
        Err(error) => {
            complain(&format!("{error:#}"));
            if error.downcast_ref::<SetUp>().is_some() {
                Status::WRONG_SETUP
            } else if error.downcast_ref::<NotKnown>().is_some() {
                Status::NOT_KNOWN
            } else {
                Status::FAILED
            }
        }
    };
    ExitCode::from(status.0)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// `status 3` or `signal 9`.
pub fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".to_owned(),
    }
}

/// The status to end with when a child's death ends everything: its own, but never the 0 of a child that nobody asked to end.
pub fn inherited(status: ExitStatus) -> Status {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) if code != 0 => Status(u8::try_from(code).unwrap_or(1)),
        (None, Some(signal)) => Status::of_signal(signal),
        _ => Status::FAILED,
    }
}
