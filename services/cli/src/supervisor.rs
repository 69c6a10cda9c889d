//! Keeps child processes alive, and leaves none behind.

mod backoff;

use std::ffi::OsString;
use std::future::pending;
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::future::{join_all, select_all};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout};

use backoff::Backoff;

/// How long a child may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// The exit status with which a program says that no second try would help.
const WRONG_SETUP: i32 = 2;

/// What a program is to the others: it decides what its end means, and who ends first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The bus that all others talk over: ends last.
    Bus,
    Service,
    /// A window that its user may close (status 0): it stays closed.
    Window,
    /// The same, but nothing hangs on it: a run goes on without it, and ends with the last of the others.
    Tool,
}

/// A program to run.
#[derive(Clone, Debug)]
pub struct Program {
    pub name: &'static str,
    pub role: Role,
    pub path: PathBuf,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(&'static str, OsString)>,
}

/// What becomes of a child that died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDeath {
    /// It comes back, with back-off.
    Restart,
    /// It is reported, and that is all.
    Report,
}

/// Something that happened to a child.
#[derive(Debug, PartialEq, Eq)]
pub enum Happening {
    /// It died and comes back after this long.
    Dead { name: &'static str, status: ExitStatus, back_in: Duration },
    /// It died and does not come back: deaths are only reported, or its first run ended with the status of a wrong set-up.
    Gone { name: &'static str, status: ExitStatus },
    /// It runs again.
    Back { name: &'static str },
    /// It could not be started again; the next try comes after this long.
    Stuck { name: &'static str, cause: String, back_in: Duration },
    /// Its user closed its window.
    Closed { name: &'static str, windows_left: usize },
}

/// The children of this process. Must live on its main thread: the kernel ends children with the thread that spawned them.
pub struct Supervisor {
    launcher: PathBuf,
    on_death: OnDeath,
    slots: Vec<Slot>,
}

struct Slot {
    program: Program,
    state: State,
    backoff: Backoff,
    runs: u32,
}

enum State {
    Running { child: Child, since: Instant },
    Waiting { until: Instant },
    Over,
}

enum Change {
    Ended(io::Result<ExitStatus>),
    Due,
}

impl Supervisor {
    /// `launcher` is the `tandem` program, whose `child` command ties a child to this process.
    pub fn new(launcher: PathBuf, on_death: OnDeath) -> Self {
        Self { launcher, on_death, slots: Vec::new() }
    }

    /// Starts a program and keeps it.
    ///
    /// # Errors
    /// The launcher cannot be started. A program that cannot be started is a child that dies at once.
    pub fn start(&mut self, program: Program) -> io::Result<()> {
        let child = spawn(&self.launcher, &program)?;
        let state = State::Running { child, since: Instant::now() };
        self.slots.push(Slot { program, state, backoff: Backoff::default(), runs: 1 });
        Ok(())
    }

    /// The process ids of the children that run, by name.
    pub fn running(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.slots.iter().filter_map(|slot| match &slot.state {
            State::Running { child, .. } => child.id().map(|id| (slot.program.name, id)),
            _ => None,
        })
    }

    /// Waits until something happens, and brings back who is due. May be dropped at any await.
    pub async fn next(&mut self) -> Happening {
        loop {
            if self.slots.is_empty() {
                pending::<()>().await;
            }
            let changes = self.slots.iter_mut().map(|slot| Box::pin(slot.changed()));
            let (change, index, _) = select_all(changes).await;
            if let Some(happening) = self.apply(index, change) {
                return happening;
            }
        }
    }

    fn apply(&mut self, index: usize, change: Change) -> Option<Happening> {
        let windows_left =
            self.slots.iter().enumerate().filter(|(at, slot)| *at != index && slot.is_open_window()).count();
        let slot = self.slots.get_mut(index)?;
        let name = slot.program.name;
        match change {
            Change::Ended(Ok(status)) if matches!(slot.program.role, Role::Window | Role::Tool) && status.success() => {
                slot.state = State::Over;
                Some(Happening::Closed { name, windows_left })
            }
            Change::Ended(Ok(status))
                if self.on_death == OnDeath::Report || (slot.runs == 1 && status.code() == Some(WRONG_SETUP)) =>
            {
                slot.state = State::Over;
                Some(Happening::Gone { name, status })
            }
            Change::Ended(Ok(status)) => Some(Happening::Dead { name, status, back_in: slot.step_back() }),
            Change::Ended(Err(cause)) => {
                Some(Happening::Stuck { name, cause: cause.to_string(), back_in: slot.step_back() })
            }
            Change::Due => match spawn(&self.launcher, &slot.program) {
                Ok(child) => {
                    slot.state = State::Running { child, since: Instant::now() };
                    slot.runs += 1;
                    Some(Happening::Back { name })
                }
                Err(cause) => Some(Happening::Stuck { name, cause: cause.to_string(), back_in: slot.step_back() }),
            },
        }
    }

    /// Ends every child: asks, waits two seconds, kills. The bus goes last, so that the others can say goodbye.
    pub async fn end(mut self) {
        for last in [false, true] {
            let turn = self.slots.iter_mut().filter(|slot| (slot.program.role == Role::Bus) == last);
            join_all(turn.map(Slot::end)).await;
        }
    }
}

impl Slot {
    async fn changed(&mut self) -> Change {
        match &mut self.state {
            State::Running { child, .. } => Change::Ended(child.wait().await),
            State::Waiting { until } => {
                sleep_until(*until).await;
                Change::Due
            }
            State::Over => pending().await,
        }
    }

    fn step_back(&mut self) -> Duration {
        let now = Instant::now();
        let lived = match &self.state {
            State::Running { since, .. } => now - *since,
            _ => Duration::ZERO,
        };
        let back_in = self.backoff.after(lived);
        self.state = State::Waiting { until: now + back_in };
        back_in
    }

    fn is_open_window(&self) -> bool {
        self.program.role == Role::Window && !matches!(self.state, State::Over)
    }

    async fn end(&mut self) {
        if let State::Running { child, .. } = &mut self.state {
            let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(pid) = pid {
                // It may have ended in this very moment; that is all we want.
                let _ = kill_process(pid, Signal::TERM);
            }
            if timeout(GRACE, child.wait()).await.is_err() {
                let _ = child.kill().await;
            }
        }
        self.state = State::Over;
    }
}

fn spawn(launcher: &PathBuf, program: &Program) -> io::Result<Child> {
    // Standard output belongs to the command's own results.
    let output = Stdio::from(io::stderr().as_fd().try_clone_to_owned()?);
    Command::new(launcher)
        .args(["child", "--parent", &std::process::id().to_string(), "--"])
        .arg(&program.path)
        .args(&program.arguments)
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(output)
        // A group of its own: Ctrl-C in the terminal is for us, and we end the children in their order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}
