mod message;

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use tandem_can::{Errno, Heard, News, SendError, Wanted};
use tandem_frame::text::{parse_line, write_frame};
use tandem_frame::{BusIndex, Frame};

use super::live::{Live, bound};
use crate::dictionary::Meaning;
use crate::failure::{Status, set_up};
use crate::interrupt::{Stop, until_stopped};
use crate::output::Output;
use message::Composer;

/// How long a frame may take to get onto the wire.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon a full queue is asked again.
const AGAIN: Duration = Duration::from_millis(1);

/// Sends a frame to a real interface, once or again and again.
///
/// A developer's tool: it writes to the interface that you name, whatever hangs on it, and asks nobody. What the head unit itself may send is said by the gate and the
/// car's allow-list, which this goes past.
///
/// The frame is candump's text, `123#1122`, or a message of a DBC file with `Signal=value` for each signal: a number in its unit, or a name from its value table.
/// Signals that are not given have their start value, or 0. With --car the message's counter and checksum are filled in as the car.toml says.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tandem bus send can0 123#DEADBEEF\n  tandem bus send can0 --dbc car.dbc --message WheelSpeeds Speed=12.5 --every 20 --count 100"
)]
pub struct Send {
    /// The interface, such as `can0`: the frame goes there and nowhere else.
    interface: String,
    /// The frame; with --message its signals.
    #[arg(value_name = "FRAME|SIGNAL=VALUE")]
    what: Vec<String>,
    /// A message of the DBC file.
    #[arg(long)]
    message: Option<String>,
    #[command(flatten)]
    meaning: Meaning,
    /// Again and again, each so many milliseconds, until Ctrl-C or --count.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    every: Option<u64>,
    /// How often, with --every.
    #[arg(long, value_name = "N", requires = "every", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    output: Output,
}

/// What was done.
#[derive(Debug, Serialize)]
struct Done {
    bus: String,
    /// The last one.
    frame: String,
    /// Frames that the kernel took.
    sent: u64,
    /// Those that it told to be on the wire.
    on_the_wire: u64,
}

impl Send {
    pub async fn run(self) -> anyhow::Result<Status> {
        let output = self.output;
        let done = until_stopped(None, move |stop| self.send(&stop)).await?;
        let told = done.on_the_wire == done.sent;
        output.print(&done, || match told {
            true => format!("{} {}: {} sent\n", done.bus, done.frame, done.sent),
            false => format!(
                "{} {}: {} given to the kernel, {} on the wire: does anybody acknowledge them?\n",
                done.bus, done.frame, done.sent, done.on_the_wire
            ),
        })?;
        Ok(if told { Status::OK } else { Status::FAILED })
    }

    fn send(self, stop: &Stop) -> anyhow::Result<Done> {
        let mut frames = self.frames()?;
        let first = frames.next()?;
        let wanted = if first.flags.remote { Wanted::All } else { Wanted::Ids(vec![first.id]) };
        let mut live = Live::open(&[bound(&self.interface).map_err(set_up)?], &wanted)?;
        let sender = live.sender();
        let (tell, hear) = channel();
        thread::Builder::new().name("ear".into()).spawn(move || while tell.send(live.receive()).is_ok() {})?;

        let mut done = Done { bus: self.interface.clone(), frame: String::new(), sent: 0, on_the_wire: 0 };
        let count = if self.every.is_some() { self.count.unwrap_or(u64::MAX) } else { 1 };
        let period = Duration::from_millis(self.every.unwrap_or(0));
        let (mut frame, mut due) = (first, Instant::now());
        loop {
            let give_up = Instant::now() + PATIENCE;
            loop {
                match sender.try_send(&frame) {
                    Ok(()) => break,
                    Err(SendError::Full) if Instant::now() < give_up => thread::sleep(AGAIN),
                    Err(error) => {
                        return Err(error).with_context(|| format!("{} after {} frames", self.interface, done.sent));
                    }
                }
            }
            done.sent += 1;
            done.frame = text(&frame);
            if done.sent >= count {
                break;
            }
            due += period;
            self.hear_until(&hear, due, stop, |echo| {
                done.on_the_wire += u64::from(echo);
                false
            })?;
            if stop.is_asked() {
                break;
            }
            frame = frames.next()?;
        }
        let (sent, on_the_wire) = (done.sent, &mut done.on_the_wire);
        self.hear_until(&hear, Instant::now() + PATIENCE, &Stop::default(), |echo| {
            *on_the_wire += u64::from(echo);
            *on_the_wire >= sent
        })?;
        Ok(done)
    }

    /// Hears of echoes until it is time, everything was heard, or it is to stop.
    fn hear_until(
        &self,
        hear: &Receiver<anyhow::Result<Heard>>,
        due: Instant,
        stop: &Stop,
        mut done: impl FnMut(bool) -> bool,
    ) -> anyhow::Result<()> {
        if done(false) {
            return Ok(());
        }
        while !stop.is_asked() {
            match hear.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(heard) => match heard? {
                    Heard::News(_, News::Down(Errno::NETDOWN)) => bail!("{} went down", self.interface),
                    Heard::News(_, News::Down(cause)) => {
                        return Err(cause).with_context(|| format!("{} went away", self.interface));
                    }
                    heard if done(matches!(heard, Heard::Echo(_))) => return Ok(()),
                    _ => {}
                },
                Err(RecvTimeoutError::Timeout) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => bail!("nobody hears {} any more", self.interface),
            }
        }
        Ok(())
    }

    fn frames(&self) -> anyhow::Result<Frames> {
        if let Some(message) = &self.message {
            let dictionary = self.meaning.read(None)?;
            return Ok(Frames::Composed(Box::new(Composer::new(&dictionary, &self.interface, message, &self.what)?)));
        }
        if self.meaning.is_given() {
            return Err(set_up("a DBC file or a car is for --message NAME; a frame goes as it is written"));
        }
        match self.what.as_slice() {
            [text] => Ok(Frames::Plain(plain(text)?)),
            [] => Err(set_up("what is to be sent? Say a frame such as 123#1122, or --message NAME with --dbc FILE")),
            _ => Err(set_up("one frame at a time; signals need --message NAME with --dbc FILE or --car NAME")),
        }
    }
}

/// What is sent.
enum Frames {
    Plain(Frame),
    Composed(Box<Composer>),
}

impl Frames {
    fn next(&mut self) -> anyhow::Result<Frame> {
        match self {
            Self::Plain(frame) => Ok(*frame),
            Self::Composed(composer) => composer.next(),
        }
    }
}

/// A frame of candump's text.
fn plain(text: &str) -> anyhow::Result<Frame> {
    let line = format!("(0.0) any {text}");
    let frame = parse_line(line.as_bytes()).ok().map(|line| line.frame(BusIndex(0)));
    match frame {
        Some(frame) if !frame.flags.error => Ok(frame),
        Some(_) => Err(set_up(format!("`{text}` is an error frame, which only a controller says"))),
        None => Err(set_up(format!(
            "`{text}` is no frame: expected such as 123#DEADBEEF, 18FEF100#00 with 8 digits for 29 bits, 123#R, or 123##1112233 for CAN FD"
        ))),
    }
}

fn text(frame: &Frame) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write_frame(&mut text, frame);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_candumps_text() {
        for said in ["123#DEADBEEF", "18FEF100#00", "123#R4", "123##1112233445566778899AABBCC", "123#"] {
            assert_eq!(text(&plain(said).unwrap()), said);
        }
        for wrong in
            ["", "123", "12#00", "1234#00", "800#00", "123#0", "123#112233445566778899", "20000004#0000000000000000"]
        {
            assert!(plain(wrong).is_err(), "{wrong}");
        }
    }
}
