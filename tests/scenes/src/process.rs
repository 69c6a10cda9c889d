use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::{Bus, root};

/// By then whatever hangs is killed, and the story fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// Every process of a stage carries this in its environment.
const MARK: &str = "TANDEM_SCENE";

/// A run of one of the shipped binaries, with everything that it starts.
pub struct Tandem {
    child: Child,
    mark: String,
    lines: Receiver<String>,
    told: Vec<String>,
    stderr: Option<JoinHandle<String>>,
    /// Its own runtime folder, so that it meets no other run.
    runtime: tempfile::TempDir,
}

/// What a run left.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The last line of standard error.
    pub fn complaint(&self) -> &str {
        self.stderr.trim_end().lines().next_back().unwrap_or_default()
    }

    /// The run, which must have gone well.
    #[track_caller]
    pub fn well(self) -> Self {
        assert!(self.status.success(), "ended with {}:\n{}\n{}", self.status, self.stdout, self.stderr);
        self
    }

    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.stdout))
    }
}

impl Tandem {
    /// Starts `tandem` with these arguments: no display, our assets, a runtime folder of its own.
    pub fn start<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        Self::start_with(arguments, &[])
    }

    /// The same with more in its environment; an empty value takes a name away.
    pub fn start_with<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, environment: &[(&str, &OsStr)]) -> Self {
        let runtime = tempfile::Builder::new().prefix("scene-").tempdir().expect("a runtime folder");
        let mark = runtime.path().file_name().expect("it has a name").to_string_lossy().into_owned();
        let mut command = Command::new(binary("tandem"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in
            ["DISPLAY", "WAYLAND_DISPLAY", "TANDEM_BUS", "TANDEM_DBC_PATH", "TANDEM_LOG", "DBUS_SESSION_BUS_ADDRESS"]
        {
            command.env_remove(name);
        }
        command.env("TANDEM_ASSETS", root().join("assets")).env("XDG_RUNTIME_DIR", runtime.path()).env(MARK, &mark);
        for (name, value) in environment {
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("it is piped");
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, mark, lines, told: Vec::new(), stderr: Some(stderr), runtime }
    }

    /// Starts the simulator with everything headless, and waits until all is up.
    pub fn sim(arguments: &[&str]) -> Self {
        let mut tandem = Self::start(["sim", "--headless"].iter().chain(arguments));
        tandem.hears("Everything is up.");
        tandem
    }

    /// Runs to the end.
    pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Outcome {
        Self::start(arguments).finish()
    }

    /// Waits for a line of standard output that contains the words, and returns it.
    #[track_caller]
    pub fn hears(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.told.push(line.clone());
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(_) => {
                    self.kill();
                    let stderr = self.stderr.take().map(|reader| reader.join().unwrap_or_default());
                    panic!("`{words}` was not said, but:\n{}\n{}", self.told.join("\n"), stderr.unwrap_or_default());
                }
            }
        }
    }

    /// The bus that it made.
    pub async fn bus(&mut self) -> Bus {
        let told = |line: &String| line.trim().strip_prefix("bus ").map(|rest| rest.trim().to_owned());
        let address = self.told.iter().find_map(told).unwrap_or_else(|| {
            let line = self.hears("  bus ");
            told(&line).expect("the line that was waited for")
        });
        Bus::open(&address).await
    }

    /// The bus that it published for others to find, as a replay does, whose output is its own.
    pub async fn published(&mut self) -> String {
        let folder = self.runtime.path().join("tandem");
        let read = async {
            loop {
                let mut files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
                let file = files.find(|file| file.file_name().to_string_lossy().starts_with("bus."));
                if let Some(Ok(address)) = file.map(|file| std::fs::read_to_string(file.path())) {
                    break address;
                }
                let ended = self.child.try_wait().expect("it is our child");
                assert!(ended.is_none(), "it ended before it published a bus");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        crate::within("the address of the bus", read).await
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it runs");
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Outcome {
        let status = self.wait().unwrap_or_else(|| {
            self.kill();
            panic!("it did not end:\n{}", self.lines.try_iter().collect::<Vec<_>>().join("\n"))
        });
        let rest = self.lines.iter();
        let mut stdout: String =
            self.told.iter().cloned().chain(rest).flat_map(|line| [line, "\n".to_owned()]).collect();
        if stdout == "\n" {
            stdout.clear();
        }
        let stderr = self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        Outcome { status, stdout, stderr }
    }

    fn wait(&mut self) -> Option<ExitStatus> {
        wait_for(self.pid(), PATIENCE).then(|| self.child.wait().expect("it ended"))
    }

    /// What its processes carry in their environment; [`processes`] finds them by it.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The processes of this run that live, itself included: `(pid, name)`.
    pub fn processes(&self) -> Vec<(Pid, String)> {
        processes(&self.mark)
    }

    /// Waits until nothing of this run lives.
    ///
    /// # Panics
    /// Something does not go.
    #[track_caller]
    pub fn leaves_nothing_behind(self) {
        let mark = self.mark.clone();
        drop(self.child_reaped());
        for (pid, name) in processes(&mark) {
            assert!(wait_for(pid, Duration::from_secs(20)), "{name} stayed behind");
        }
        assert_eq!(processes(&mark), [], "something was started late");
    }

    fn child_reaped(mut self) -> Self {
        assert!(self.wait().is_some(), "it did not end");
        self
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Tandem {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A program where cargo puts them: beside this one, or above it if this is a test.
pub fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("this program has a path");
    let found = here.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("no {name} beside {}: cargo build --workspace --bins", here.display()))
}

/// Waits for the end of a process that need not be our child. True if it ended in time.
pub fn wait_for(pid: Pid, patience: Duration) -> bool {
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return true };
    is_ready(&handle, patience)
}

/// Waits until there is something to read, or the end of it. True if it came in time.
pub fn is_ready(handle: &impl AsFd, patience: Duration) -> bool {
    let limit = Timespec { tv_sec: patience.as_secs().cast_signed(), tv_nsec: 0 };
    let mut handles = [PollFd::new(handle, PollFlags::IN)];
    poll(&mut handles, Some(&limit)).is_ok_and(|ready| ready > 0)
}

/// A child of a process that lives: not every kernel lists them with their parent.
pub fn child_of(parent: u32) -> Option<Pid> {
    let is_child = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // `pid (name) state ppid`; a name may hold anything.
        let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        !matches!(fields.next(), None | Some("" | "Z" | "X")) && fields.next() == Some(&parent.to_string())
    };
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(is_child).and_then(Pid::from_raw)
}

/// The processes that carry this mark: `(pid, name)`.
pub fn processes(mark: &str) -> Vec<(Pid, String)> {
    let wanted = format!("{MARK}={mark}");
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid: i32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
        let marked = environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        marked.then(|| Some((Pid::from_raw(pid)?, name.trim().to_owned()))).flatten()
    })
    .collect()
}
