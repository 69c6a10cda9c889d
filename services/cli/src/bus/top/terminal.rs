use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Sort;
use crate::failure::SetUp;

/// Another screen, no cursor, lines that are not wrapped; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// How often the terminal is asked for its size.
const ASK: Duration = Duration::from_secs(1);

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Quit,
    Sort(Sort),
    Down(usize),
    Up(usize),
}

/// The terminal while it is ours; dropped, it is as it was.
///
/// Its mode is set by `stty`, which every system has: a crate for it would have to ask the kernel by itself, or have every build of the screens differ.
pub struct Terminal {
    device: File,
    before: String,
    size: (usize, usize),
    asked: Option<Instant>,
    /// Pressed, and not told yet.
    waiting: VecDeque<Key>,
}

impl Terminal {
    /// Takes the terminal of this process, wherever standard input comes from.
    ///
    /// # Errors
    /// There is none.
    pub fn open() -> anyhow::Result<Self> {
        let none = || SetUp("there is no terminal to draw on: send the output through `| cat`".to_owned());
        let device = OpenOptions::new().read(true).write(true).open("/dev/tty").with_context(none)?;
        let before = stty(&device, &["-g"]).with_context(none)?;
        let mut terminal =
            Self { device, before: before.trim().to_owned(), size: (80, 24), asked: None, waiting: VecDeque::new() };
        stty(&terminal.device, &["-icanon", "-echo", "min", "0", "time", "0"]).with_context(none)?;
        terminal.device.write_all(ENTER.as_bytes())?;
        Ok(terminal)
    }

    /// Columns and rows.
    pub fn size(&mut self) -> (usize, usize) {
        if self.asked.is_none_or(|asked| asked.elapsed() >= ASK) {
            self.asked = Some(Instant::now());
            if let Some(size) = stty(&self.device, &["size"]).ok().as_deref().and_then(read_size) {
                self.size = size;
            }
        }
        self.size
    }

    /// Draws over what is there, at once.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, picture: &str) -> io::Result<()> {
        let lines: Vec<_> = picture.lines().collect();
        let picture = lines.join("\x1b[K\r\n");
        // Terminals that know the first and the last show nothing in between.
        self.device.write_all(format!("\x1b[?2026h\x1b[H{picture}\x1b[K\x1b[J\x1b[?2026l").as_bytes())
    }

    /// Waits for a key.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn key(&mut self, patience: Duration) -> io::Result<Option<Key>> {
        if let Some(key) = self.waiting.pop_front() {
            return Ok(Some(key));
        }
        let timeout = Timespec { tv_sec: patience.as_secs() as _, tv_nsec: patience.subsec_nanos() as _ };
        match poll(&mut [PollFd::new(&self.device, PollFlags::IN)], Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut pressed = [0; 64];
        match self.device.read(&mut pressed)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                self.waiting.extend(read_keys(pressed.get(..length).unwrap_or_default()));
                Ok(self.waiting.pop_front())
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _ = self.device.write_all(LEAVE.as_bytes());
        let _ = stty(&self.device, &[&self.before]);
    }
}

fn stty(device: &File, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new("stty").args(arguments).stdin(Stdio::from(device.try_clone()?)).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `24 80`; a terminal that does not know its size says 0.
fn read_size(text: &str) -> Option<(usize, usize)> {
    let (rows, columns) = text.trim().split_once(' ')?;
    let (rows, columns) = (rows.parse().ok()?, columns.parse().ok()?);
    (rows > 0 && columns > 0).then_some((columns, rows))
}

/// Everything that was pressed since the last time.
fn read_keys(mut pressed: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    while !pressed.is_empty() {
        let (key, length) = match pressed {
            [b'q' | b'Q', ..] => (Some(Key::Quit), 1),
            [b'i', ..] => (Some(Key::Sort(Sort::Id)), 1),
            [b'r', ..] => (Some(Key::Sort(Sort::Rate)), 1),
            [b'c', ..] => (Some(Key::Sort(Sort::Count)), 1),
            [b'j', ..] => (Some(Key::Down(1)), 1),
            [b'k', ..] => (Some(Key::Up(1)), 1),
            [b' ', ..] => (Some(Key::Down(10)), 1),
            [0x1B, b'[' | b'O', b'B', ..] => (Some(Key::Down(1)), 3),
            [0x1B, b'[' | b'O', b'A', ..] => (Some(Key::Up(1)), 3),
            [0x1B, b'[', b'6', b'~', ..] => (Some(Key::Down(10)), 4),
            [0x1B, b'[', b'5', b'~', ..] => (Some(Key::Up(10)), 4),
            // Of another key with a sequence of its own, as much as its letters and digits.
            [0x1B, b'[' | b'O', rest @ ..] => {
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
                (None, 3 + digits)
            }
            _ => (None, 1),
        };
        keys.extend(key);
        pressed = pressed.get(length..).unwrap_or_default();
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_sizes_are_read() {
        let sort = Key::Sort(Sort::Rate);
        let pressed = b"jk\x1b[Br\x1bOA\x1b[15~x\x1b[6~\x1bq";
        let keys = [Key::Down(1), Key::Up(1), Key::Down(1), sort, Key::Up(1), Key::Down(10), Key::Quit];
        assert_eq!(read_keys(pressed), keys);
        assert_eq!((read_size("24 80\n"), read_size("0 0"), read_size("x")), (Some((80, 24)), None, None));
    }
}
