//! Somebody inside the guest who does as he is told: a shell of root's at its second serial line, which only an image for an emulated machine has.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// What the shell says when it is there; `hand.service` says it.
const READY: &str = "hand: ready";
/// Behind it stand the number of what it was told, and how that ended.
const ENDED: &str = "hand: ended ";

/// What came of something that the hand was told to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub status: i32,
    /// What it printed, errors as well.
    pub said: String,
}

pub struct Hand {
    lines: BufReader<UnixStream>,
    /// Of a line whose end has not come.
    begun: Vec<u8>,
    is_there: bool,
    told: u32,
}

impl Hand {
    /// # Errors
    /// Nobody listens there.
    pub fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).with_context(|| format!("cannot reach {}", socket.display()))?;
        Ok(Self { lines: BufReader::new(stream), begun: Vec::new(), is_there: false, told: 0 })
    }

    /// Has a command of the shell run, with nothing to read, and waits for its end.
    ///
    /// # Errors
    /// The guest is gone, or it took longer than the limit: then it may still run, and the hand is good for nothing any more.
    pub fn does(&mut self, command: &str, limit: Duration) -> Result<Done> {
        let until = Instant::now() + limit;
        let late = || format!("the hand in the guest did not end within {} s: {command}", limit.as_secs());
        while !self.is_there {
            // What was there before a reset may have begun a line.
            self.is_there = self.line(until).with_context(late)?.ends_with(READY);
        }
        self.begins(command)?;
        let end = format!("{ENDED}{} ", self.told);
        let mut said = Vec::new();
        loop {
            let line = self.line(until).with_context(late)?;
            if let Some(status) = line.strip_prefix(&end) {
                let status = status.parse().with_context(|| format!("the hand says {line:?}"))?;
                return Ok(Done { status, said: said.join("\n").trim_end().to_owned() });
            }
            said.push(line);
        }
    }

    /// The same, and waits for nothing; somebody was there before.
    ///
    /// # Errors
    /// The guest is gone.
    pub fn begins(&mut self, command: &str) -> Result<()> {
        self.told += 1;
        // What it prints may lack the end of its last line.
        let line = format!("( {command}\n) </dev/null 2>&1; printf '\\n{ENDED}%s %s\\n' {} $?\n", self.told);
        self.lines.get_mut().write_all(line.as_bytes()).context("the hand in the guest is gone")
    }

    /// The machine was reset: who was told something is gone, and another one comes.
    pub fn starts_anew(&mut self) {
        self.is_there = false;
    }

    /// The next line of something that runs on; none if none came until then, or none can come any more.
    pub fn hears(&mut self, until: Instant) -> Option<String> {
        self.line(until).ok()
    }

    fn line(&mut self, until: Instant) -> Result<String> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            bail!("no line");
        }
        self.lines.get_ref().set_read_timeout(Some(left))?;
        if self.lines.read_until(b'\n', &mut self.begun).context("no line")? == 0 || !self.begun.ends_with(b"\n") {
            bail!("the guest is gone");
        }
        let line = std::mem::take(&mut self.begun);
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::process::{Child, Command, Stdio};

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    /// A shell at the other end, that says first what this one does.
    fn hand(folder: &Path, first: &str) -> (Hand, Child) {
        let socket = folder.join("hand");
        let listener = UnixListener::bind(&socket).unwrap();
        let hand = Hand::connect(&socket).unwrap();
        let (guest, _) = listener.accept().unwrap();
        let (input, output) = (guest.try_clone().unwrap(), guest);
        let shell = Command::new("sh")
            .args(["-c", &format!("{first}\nexec sh")])
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(input)))
            .stdout(Stdio::from(std::os::fd::OwnedFd::from(output)))
            .spawn()
            .unwrap();
        (hand, shell)
    }

    #[test]
    fn what_a_hand_is_told_is_done_one_after_the_other_and_its_end_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let (mut hand, mut shell) = hand(folder.path(), "echo booted; echo 'hand: ready'");
        let done = |status, said: &str| Done { status, said: said.to_owned() };
        assert_eq!(hand.does("echo one; echo two", SOON).unwrap(), done(0, "one\ntwo"));
        assert_eq!(hand.does("printf 'no end'; echo worse >&2; exit 7", SOON).unwrap(), done(7, "no endworse"));
        // It has nothing to read: what it is told next is not taken for that.
        assert_eq!(hand.does("cat", SOON).unwrap(), done(0, ""));
        assert_eq!(hand.does("echo 'hand: ended 3 0'", SOON).unwrap(), done(0, "hand: ended 3 0"));
        let late = hand.does("sleep 9", Duration::from_millis(200)).unwrap_err();
        assert!(format!("{late:#}").contains("did not end within 0 s: sleep 9"), "{late:#}");
        shell.kill().unwrap();
        shell.wait().unwrap();
    }

    #[test]
    fn a_hand_that_never_comes_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let (mut hand, mut shell) = hand(folder.path(), "echo something else");
        let late = hand.does("true", Duration::from_millis(200)).unwrap_err();
        assert!(format!("{late:#}").contains("did not end"), "{late:#}");
        shell.kill().unwrap();
        shell.wait().unwrap();
    }
}
