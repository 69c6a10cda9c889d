//! What a guest says on its serial line: kept in a file, and told line by line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

/// So many of its last lines are told with an error.
const LAST: usize = 24;
/// So many lines wait for whoever looks at pictures meanwhile; then the guest waits.
const WAITING: usize = 32_768;
/// A line that is longer is cut: a guest gone mad takes no memory without end.
const LONGEST: u64 = 16 * 1024;

pub struct Serial {
    lines: Receiver<String>,
    last: VecDeque<String>,
}

/// What came of waiting for a line.
#[derive(Debug)]
pub enum Heard {
    Line(String),
    /// None came in time.
    Nothing,
    /// Nothing will come any more.
    End,
}

impl Serial {
    /// # Errors
    /// The file cannot be made.
    pub fn listen(to: impl Read + Send + 'static, log: &Path) -> Result<Self> {
        let mut log = File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
        let (told, lines) = mpsc::sync_channel(WAITING);
        thread::spawn(move || {
            let mut from = BufReader::new(to);
            let mut line = Vec::new();
            loop {
                line.clear();
                match (&mut from).take(LONGEST).read_until(b'\n', &mut line) {
                    Ok(0) | Err(_) => return,
                    Ok(_) => {}
                }
                // A full disk ends the log, not the guest.
                let _ = log.write_all(&line);
                if told.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { lines, last: VecDeque::new() })
    }

    pub fn next(&mut self, until: Instant) -> Heard {
        match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if self.last.len() == LAST {
                    self.last.pop_front();
                }
                self.last.push_back(line.clone());
                Heard::Line(line)
            }
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// The last lines, for whoever is to find out what went wrong.
    pub fn last(&self) -> String {
        if self.last.is_empty() {
            return "nothing came on the serial line".to_owned();
        }
        let lines: Vec<_> = self.last.iter().map(|line| format!("\n  {line}")).collect();
        format!("the last lines on the serial line:{}", lines.concat())
    }
}
