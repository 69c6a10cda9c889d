use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use tandem_can::{Errno, Heard, News, Wanted};
use tandem_frame::Frame;
use tandem_logs::Writer;

use super::live::{Bound, Live, bound};
use crate::failure::{SetUp, Status, set_up};
use crate::interrupt::{Stop, until_stopped};
use crate::output::Output;
use crate::say::complain;
use crate::table::counted;

const SECOND: u64 = 1_000_000_000;
/// So often whoever follows plain text sees what is new, and a terminal how far it is, nanoseconds.
const FLUSH: u64 = 200_000_000;
/// So often what is packed goes to the file: the more often, the worse it packs; the more seldom, the more a power cut takes.
const FLUSH_PACKED: u64 = 2 * SECOND;

/// Records CAN interfaces as candump's text, until Ctrl-C.
///
/// Error frames are recorded as candump does. What comes in until the end is written, also what is still on its way when Ctrl-C comes. Frames that the kernel had to
/// drop are counted and told. An interface that goes is told, and heard again when it is back.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  tandem bus record can0 can1 -o drive.log.zst\n  tandem bus record can0 -o - --frames 100 | tandem bus decode --dbc car.dbc"
)]
pub struct Record {
    /// The interfaces, such as `can0`, or `can0=vcan0` to record one under another name.
    #[arg(required = true, value_name = "[BUS=]INTERFACE", value_parser = bound)]
    interfaces: Vec<Bound>,
    /// The new file; `.gz`, `.xz` or `.zst` at its end compresses it. `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Writes over a file that is there.
    #[arg(long)]
    force: bool,
    /// Ends after so many seconds.
    #[arg(long, value_name = "S", value_parser = seconds)]
    seconds: Option<u64>,
    /// Ends after so many frames.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// At the end.
    #[command(flatten)]
    summary: Output,
}

/// Nanoseconds, from seconds on the command line.
pub fn seconds(text: &str) -> Result<u64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 1e9 => Ok((seconds * SECOND as f64) as u64),
        _ => Err("expected seconds, over 0".to_owned()),
    }
}

/// What was recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Count {
    frames: u64,
    error_frames: u64,
    /// Frames that the kernel had no room for.
    lost: u64,
    seconds: f64,
}

impl Record {
    pub async fn run(self) -> anyhow::Result<Status> {
        let to_stdout = self.output == Path::new("-");
        if to_stdout && self.summary.json {
            return Err(set_up("--json and -o - both want standard output"));
        }
        let (summary, shown) = (self.summary, self.output.display().to_string());
        let count = until_stopped(None, move |stop| self.record(&stop)).await?;
        let text =
            format!("{} to {shown} in {:.1} s{}", counted(count.frames, "frame"), count.seconds, count.besides());
        if summary.json {
            summary.print(&count, String::new)?;
        } else {
            let _ = writeln!(io::stderr(), "{text}");
        }
        Ok(if count.lost == 0 { Status::OK } else { Status::FAILED })
    }

    fn record(self, stop: &Stop) -> anyhow::Result<Count> {
        let mut live = Live::open(&self.interfaces, &Wanted::All)?;
        live.tell_errors();
        let writer = self.writer()?;
        let mut recorder = Recorder::new(writer, self.seconds, self.frames);
        let terminal = io::stderr().is_terminal();
        let mut due = 0;
        let outcome = loop {
            let heard = live.receive()?;
            if stop.is_asked() {
                recorder.stop(live.now());
            }
            match heard {
                Heard::News(bus, news) => self.tell(live.interface(bus), news),
                Heard::Advance(t_ns) if t_ns >= due => {
                    due = t_ns + FLUSH;
                    if let Err(error) = recorder.flush(t_ns) {
                        break Err(error);
                    }
                    if terminal {
                        let Count { frames, seconds, .. } = recorder.count;
                        let _ = write!(
                            io::stderr(),
                            "\r\x1b[K{}, {seconds:.1} s{}",
                            counted(frames, "frame"),
                            recorder.count.besides()
                        );
                    }
                }
                _ => {}
            }
            let name = match heard {
                Heard::Frame(frame) | Heard::Error(frame) => live.name(frame.bus),
                _ => "",
            };
            match recorder.hear(heard, name) {
                Ok(false) => {}
                Ok(true) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        if terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        let Recorder { writer, count, .. } = recorder;
        outcome.and_then(|()| writer.finish()).with_context(|| {
            let heard = counted(count.frames, "frame");
            format!(
                "cannot write {} any more; {heard} were heard, and what was written before stays",
                self.output.display()
            )
        })?;
        Ok(count)
    }

    fn writer(&self) -> anyhow::Result<Writer> {
        if self.output == Path::new("-") {
            return Ok(Writer::new(io::stdout()));
        }
        let shown = self.output.display();
        if !self.force && self.output.exists() {
            return Err(set_up(format!(
                "{shown} is there already: name another file, or say --force to write over it"
            )));
        }
        let cannot = || SetUp(format!("cannot write {shown}"));
        Writer::create(&self.output).with_context(cannot)
    }

    fn tell(&self, name: &str, news: News) {
        match news {
            News::Down(Errno::NETDOWN) => complain(&format!("{name} went down; recording goes on when it is up again")),
            News::Down(_) => complain(&format!("{name} is gone; recording goes on when it is back")),
            News::Up => complain(&format!("{name} is back")),
            News::Lost(frames) => complain(&format!(
                "{name}: {} lost, they came faster than they were read",
                counted(frames.into(), "frame")
            )),
            News::State(_) | News::Restart(_) => {}
        }
    }
}

impl Count {
    /// What is not as it should be.
    fn besides(&self) -> String {
        let mut text = format!(", {} lost", self.lost);
        if self.error_frames > 0 {
            text += &format!(", {}", counted(self.error_frames, "error frame"));
        }
        text
    }
}

/// Writes what is heard, up to its end.
struct Recorder {
    writer: Writer,
    count: Count,
    seconds: Option<u64>,
    frames: Option<u64>,
    begin: Option<u64>,
    now: u64,
    /// What is heard up to this time is still written.
    end: Option<u64>,
    stopped: Option<u64>,
    flush_due: u64,
}

impl Recorder {
    fn new(writer: Writer, seconds: Option<u64>, frames: Option<u64>) -> Self {
        let count = Count::default();
        Self { writer, count, seconds, frames, begin: None, now: 0, end: None, stopped: None, flush_due: 0 }
    }

    /// Comes to an end: with what was on its way by now.
    fn stop(&mut self, now: u64) {
        self.stopped.get_or_insert(now);
    }

    /// Takes in what is heard next; whether that is the end.
    fn hear(&mut self, heard: Heard, interface: &str) -> io::Result<bool> {
        match heard {
            Heard::Frame(frame) | Heard::Error(frame) => {
                self.pass(frame.t_ns);
                if self.end.is_some_and(|end| frame.t_ns > end) {
                    return Ok(false);
                }
                self.write(&frame, interface)?;
                Ok(self.frames.is_some_and(|most| self.count.frames + self.count.error_frames >= most))
            }
            Heard::Advance(t_ns) => {
                self.pass(t_ns);
                // Everything up to `t_ns` is told.
                Ok(self.end.is_some_and(|end| t_ns >= end))
            }
            Heard::News(_, News::Lost(frames)) => {
                self.count.lost += u64::from(frames);
                Ok(false)
            }
            Heard::Echo(_) | Heard::News(..) => Ok(false),
        }
    }

    fn pass(&mut self, t_ns: u64) {
        let begin = *self.begin.get_or_insert(t_ns);
        let planned = self.seconds.map(|seconds| begin.saturating_add(seconds));
        self.end = planned.into_iter().chain(self.stopped).min();
        self.now = self.now.max(self.end.map_or(t_ns, |end| t_ns.min(end)));
        self.count.seconds = self.now.saturating_sub(begin) as f64 / SECOND as f64;
    }

    /// Gives the file what there is, if it is time to.
    fn flush(&mut self, t_ns: u64) -> io::Result<()> {
        if t_ns < self.flush_due {
            return Ok(());
        }
        self.flush_due = t_ns + if self.writer.is_packed() { FLUSH_PACKED } else { FLUSH };
        self.writer.flush()
    }

    fn write(&mut self, frame: &Frame, interface: &str) -> io::Result<()> {
        // candump's stamps have microseconds.
        let mut stamped = *frame;
        stamped.t_ns -= stamped.t_ns % 1000;
        self.writer.write(&stamped, interface)?;
        let count = if frame.flags.error { &mut self.count.error_frames } else { &mut self.count.frames };
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use tandem_frame::{BusIndex, CanId, Flags};

    use super::*;

    fn frame(t_ms: u64, id: u32) -> Frame {
        Frame::new(BusIndex(0), CanId::standard(id).unwrap(), t_ms * 1_000_000 + 7, &[1]).unwrap()
    }

    fn recorded(seconds: Option<u64>, frames: Option<u64>, heard: &[Heard]) -> (String, Count, bool) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut recorder = Recorder::new(Writer::create(&path).unwrap(), seconds, frames);
        let ended = heard.iter().any(|heard| recorder.hear(*heard, "can0").unwrap());
        recorder.writer.finish().unwrap();
        (std::fs::read_to_string(path).unwrap(), recorder.count, ended)
    }

    #[test]
    fn frames_and_error_frames_are_written_and_losses_counted() {
        let flags = Flags { error: true, ..Flags::default() };
        let error =
            Frame::with_flags(BusIndex(0), CanId::standard(4).unwrap(), 2_000_000, flags, &[0, 8, 0, 0, 0, 0, 0, 0]);
        let heard = [
            Heard::Frame(frame(1, 0x123)),
            Heard::Error(error.unwrap()),
            Heard::News(BusIndex(0), News::Lost(3)),
            Heard::Advance(21_000_000),
        ];
        let (text, count, ended) = recorded(None, None, &heard);
        assert_eq!(text, "(0.001000) can0 123#01\n(0.002000) can0 20000004#0008000000000000\n");
        assert_eq!((count, ended), (Count { frames: 1, error_frames: 1, lost: 3, seconds: 0.02 - 7e-9 }, false));
    }

    #[test]
    fn a_recording_ends_after_its_time_or_its_frames_and_not_before_all_of_them_are_told() {
        let heard = [1, 500, 900, 1100, 950].map(|t_ms| Heard::Frame(frame(t_ms, 0x123)));
        let (text, count, ended) =
            recorded(Some(SECOND), None, &[&heard[..], &[Heard::Advance(1_200_000_000)]].concat());
        assert_eq!((text.lines().count(), count.frames, ended, count.seconds), (4, 4, true, 1.0));
        assert_eq!(recorded(None, Some(2), &heard).1.frames, 2);
    }

    #[test]
    fn what_was_on_its_way_when_it_was_to_stop_is_still_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut recorder = Recorder::new(Writer::create(&path).unwrap(), None, None);
        recorder.stop(1_000_000_000);
        let heard = [Heard::Advance(980_000_000), Heard::Frame(frame(990, 1)), Heard::Frame(frame(1001, 2))];
        assert!(!heard.iter().any(|heard| recorder.hear(*heard, "can0").unwrap()));
        assert!(recorder.hear(Heard::Advance(1_020_000_000), "can0").unwrap());
        assert_eq!(recorder.count.frames, 1);
    }

    #[test]
    fn what_is_packed_is_flushed_more_seldom_than_plain_text() {
        let folder = tempfile::tempdir().unwrap();
        let grows = |name: &str| {
            let path = folder.path().join(name);
            let mut recorder = Recorder::new(Writer::create(&path).unwrap(), None, None);
            let mut lengths = vec![0];
            for t_ms in (0..=4000).step_by(200) {
                recorder.hear(Heard::Frame(frame(t_ms, 1)), "can0").unwrap();
                recorder.flush(t_ms * 1_000_000).unwrap();
                lengths.push(std::fs::metadata(&path).unwrap().len());
            }
            lengths.dedup();
            lengths.len() - 1
        };
        assert_eq!((grows("x.log"), grows("x.log.zst")), (21, 3));
    }

    #[test]
    fn a_full_disk_is_an_error_and_not_a_silence() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut recorder = Recorder::new(Writer::new(full), None, None);
        let outcome = (0..100_000).try_for_each(|t_ms| recorder.hear(Heard::Frame(frame(t_ms, 1)), "can0").map(drop));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
