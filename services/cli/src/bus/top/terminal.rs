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
        let mut terminal = Self { device, before: before.trim().to_owned(), size: (80, 24), asked: None };
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
        let timeout = Timespec { tv_sec: patience.as_secs() as _, tv_nsec: patience.subsec_nanos() as _ };
        match poll(&mut [PollFd::new(&self.device, PollFlags::IN)], Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut pressed = [0; 64];
        match self.device.read(&mut pressed)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            length => Ok(read_key(pressed.get(..length).unwrap_or_default())),
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

fn read_key(pressed: &[u8]) -> Option<Key> {
    match pressed {
        [b'q' | b'Q', ..] => Some(Key::Quit),
        [b'i', ..] => Some(Key::Sort(Sort::Id)),
        [b'r', ..] => Some(Key::Sort(Sort::Rate)),
        [b'c', ..] => Some(Key::Sort(Sort::Count)),
        [b'j', ..] | [0x1B, b'[' | b'O', b'B', ..] => Some(Key::Down(1)),
        [b'k', ..] | [0x1B, b'[' | b'O', b'A', ..] => Some(Key::Up(1)),
        [b' ', ..] | [0x1B, b'[', b'6', b'~', ..] => Some(Key::Down(10)),
        [0x1B, b'[', b'5', b'~', ..] => Some(Key::Up(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_sizes_are_read() {
        let keys = [&b"q"[..], b"r", b"\x1b[B", b"\x1bOA", b"\x1b[6~", b"x", b"\x1b"].map(read_key);
        let down = Some(Key::Down(1));
        assert_eq!(
            keys,
            [Some(Key::Quit), Some(Key::Sort(Sort::Rate)), down, Some(Key::Up(1)), Some(Key::Down(10)), None, None]
        );
        assert_eq!((read_size("24 80\n"), read_size("0 0"), read_size("x")), (Some((80, 24)), None, None));
    }
}
