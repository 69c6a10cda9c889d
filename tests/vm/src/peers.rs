//! The others: an interface, the programs on it, and our own link as a story hears it.

use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tandem_can::{Heard, Interface, News, Sender, SocketCan, Wanted};
use tandem_frame::{BusIndex, CanId, Frame};

/// Our link says that time goes on each 20 ms. After so many times without what is waited for, it does not come: 20 s.
pub const PATIENCE: u32 = 1000;
/// Bytes of a classic frame, as the kernel's queues count them.
const CLASSIC: u32 = 16;

/// A virtual bus, up and with room for FD frames, that goes with its story.
pub struct Vcan {
    bus: Bus,
}

impl Vcan {
    pub fn new(name: &'static str) -> Result<Self> {
        let vcan = Self { bus: Bus(name) };
        vcan.add()?;
        Ok(vcan)
    }

    pub fn add(&self) -> Result<()> {
        run("ip", &["link", "add", "dev", self.0, "type", "vcan"])?;
        run("ip", &["link", "set", "dev", self.0, "mtu", "72", "up"])
    }

    pub fn delete(&self) -> Result<()> {
        run("ip", &["link", "del", "dev", self.0])
    }
}

impl Drop for Vcan {
    fn drop(&mut self) {
        // A story that took its bus away itself has nothing left to take.
        let _ = Command::new("ip").args(["link", "del", "dev", self.0]).stderr(Stdio::null()).status();
    }
}

impl Deref for Vcan {
    type Target = Bus;

    fn deref(&self) -> &Bus {
        &self.bus
    }
}

/// A cable with an interface at each end, both up: what the one sends the other hears, once it is let out.
pub struct Cable {
    pub near: Bus,
    pub far: Bus,
}

impl Cable {
    pub fn new(near: &'static str, far: &'static str) -> Result<Self> {
        run("ip", &["link", "add", "dev", near, "type", "vxcan", "peer", "name", far])?;
        let cable = Self { near: Bus(near), far: Bus(far) };
        cable.near.set("up")?;
        cable.far.set("up")?;
        Ok(cable)
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["link", "del", "dev", self.near.0]).stderr(Stdio::null()).status();
    }
}

/// An interface, and the others on it.
pub struct Bus(pub &'static str);

impl Bus {
    pub fn set(&self, state: &str) -> Result<()> {
        run("ip", &["link", "set", "dev", self.0, state])
    }

    /// How many frames went out by this interface.
    pub fn sent(&self) -> Result<usize> {
        let text = std::fs::read_to_string(format!("/sys/class/net/{}/statistics/tx_packets", self.0))?;
        Ok(text.trim().parse()?)
    }

    /// Its queue takes so many frames and lets none out, as when nobody on the bus acknowledges.
    pub fn shut(&self, frames: u32) -> Result<()> {
        // The one from before counts what it refused, and is open.
        let _ = Command::new("tc").args(["qdisc", "del", "dev", self.0, "root"]).stderr(Stdio::null()).status();
        run("tc", &["qdisc", "add", "dev", self.0, "root", "plug", "limit", &(frames * CLASSIC).to_string()])
    }

    /// What waits in a queue that was shut goes out, and everything after it.
    pub fn open(&self) -> Result<()> {
        [&["limit", "1000000"][..], &["release_indefinite"]]
            .iter()
            .try_for_each(|change| run("tc", &[&["qdisc", "change", "dev", self.0, "root", "plug"], *change].concat()))
    }

    /// Waits until a queue that is shut has refused so many frames.
    pub fn refuses(&self, frames: u64) -> Result<()> {
        for _ in 0..PATIENCE {
            let told = Command::new("tc").args(["-json", "-statistics", "qdisc", "show", "dev", self.0]).output()?;
            let queues: Value = serde_json::from_slice(&told.stdout).with_context(|| format!("{told:?}"))?;
            if queues.pointer("/0/drops").and_then(Value::as_u64).is_some_and(|refused| refused >= frames) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("nobody sends {frames} frames to {}", self.0)
    }

    /// Another program sends frames: `123#1122`.
    pub fn send(&self, frames: &[&str]) -> Result<()> {
        frames.iter().try_for_each(|frame| run("cansend", &[self.0, frame]))
    }

    /// Another program that is up to no good sends many.
    pub fn flood(&self, frames: u32, more: &[&str]) -> Result<()> {
        run("cangen", &[&[self.0, "-g", "0", "-n", &frames.to_string(), "-L", "8", "-D", "i"], more].concat())
    }

    /// candump, once it listens; it ends after so many frames.
    pub fn dump(&self, frames: u32) -> Result<Dump> {
        self.candump(self.0, frames)
    }

    /// candump, once it listens to this standard id alone.
    pub fn dump_of(&self, id: u32, frames: u32) -> Result<Dump> {
        self.candump(&format!("{},{id:X}:C00007FF", self.0), frames)
    }

    fn candump(&self, what: &str, frames: u32) -> Result<Dump> {
        let mut candump = Command::new("candump");
        candump.args(["-L", "-n", &frames.to_string(), what]).stdout(Stdio::piped());
        Ok(Dump(self.listens(&mut candump)?))
    }

    /// A program that hears everything or one id, once it listens.
    pub fn listens(&self, program: &mut Command) -> Result<Child> {
        let lines = || Ok::<_, anyhow::Error>(self.listeners()? + self.receivers("sff")?.len());
        let before = lines()?;
        let child = program.stdin(Stdio::null()).spawn().with_context(|| format!("{program:?}"))?;
        for _ in 0..PATIENCE {
            if lines()? > before {
                return Ok(child);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{program:?} does not listen to {}", self.0)
    }

    /// The kernel's lines of those who hear everything on this bus.
    pub fn listeners(&self) -> Result<usize> {
        Ok(self.receivers("all")?.len())
    }

    /// The kernel's lines of one of its lists: who hears what on this bus.
    pub fn receivers(&self, list: &str) -> Result<Vec<String>> {
        let text = std::fs::read_to_string(format!("/proc/net/can/rcvlist_{list}"))?;
        Ok(text.lines().filter(|line| line.split_whitespace().next() == Some(self.0)).map(str::to_owned).collect())
    }
}

/// A candump that listens.
pub struct Dump(Child);

impl Dump {
    /// What it wrote of each frame, behind the interface: `123#1122`.
    pub fn frames(self) -> Result<Vec<String>> {
        let Output { status, stdout, .. } = self.0.wait_with_output()?;
        ensure!(status.success(), "candump ended with {status}");
        let text = String::from_utf8(stdout)?;
        Ok(text.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned).collect())
    }
}

/// Our own link, as a story hears it.
pub struct Ear {
    pub link: SocketCan,
    pub sender: Sender,
}

impl Ear {
    /// A link to interfaces that are up.
    pub fn new(buses: &[&Bus], wanted: Wanted) -> Result<Self> {
        let interfaces = buses.iter().map(|bus| Interface { name: bus.0.to_owned(), wanted: wanted.clone() }).collect();
        let link = SocketCan::new(interfaces)?;
        let mut ear = Self { sender: link.sender(), link };
        for _ in buses {
            let news = ear.news()?;
            ensure!(news == News::Up, "{news:?} where the bus was to be up");
        }
        Ok(ear)
    }

    /// The next thing that is no time.
    pub fn next(&mut self) -> Result<Heard> {
        for _ in 0..PATIENCE {
            match self.link.receive()? {
                Heard::Advance(_) => {}
                heard => return Ok(heard),
            }
        }
        bail!("nothing was heard")
    }

    /// Everything up to and with the first thing that is so.
    pub fn until(&mut self, mut last: impl FnMut(&Heard) -> bool) -> Result<Vec<Heard>> {
        let mut heard = Vec::new();
        loop {
            let next = self.next().with_context(|| format!("after {} things", heard.len()))?;
            heard.push(next);
            if last(&next) {
                return Ok(heard);
            }
        }
    }

    /// So many frames of others, and nothing else.
    pub fn frames(&mut self, count: usize) -> Result<Vec<Frame>> {
        (0..count)
            .map(|at| match self.next().with_context(|| format!("frame {at} of {count}"))? {
                Heard::Frame(frame) => Ok(frame),
                other => bail!("{other:?} where frame {at} of {count} was to come"),
            })
            .collect()
    }

    /// News, and nothing else.
    pub fn news(&mut self) -> Result<News> {
        match self.next()? {
            Heard::News(_, news) => Ok(news),
            other => bail!("{other:?} where news was to come"),
        }
    }

    /// Time alone, so many times.
    pub fn silence(&mut self, times: usize) -> Result<()> {
        for _ in 0..times {
            let heard = self.link.receive()?;
            ensure!(matches!(heard, Heard::Advance(_)), "{heard:?} where nothing was to come");
        }
        Ok(())
    }

    pub fn send(&self, frame: &Frame) -> Result<()> {
        self.sender.try_send(frame).with_context(|| format!("{frame:?}"))
    }
}

/// A frame as it would be written, without its time and its bus.
pub fn text(frame: &Frame) -> Result<String> {
    let mut line = String::new();
    tandem_frame::text::write_line(&mut line, frame, "any")?;
    Ok(line.trim_end().split(' ').nth(2).unwrap_or_default().to_owned())
}

pub fn standard(id: u32) -> Result<CanId> {
    Ok(CanId::standard(id)?)
}

pub fn frame(id: u32, payload: &[u8]) -> Result<Frame> {
    Ok(Frame::new(BusIndex(0), standard(id)?, 0, payload)?)
}

/// Runs a program to its end.
pub fn run(program: &str, args: &[&str]) -> Result<()> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().with_context(|| program.to_owned())?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {} ended with {}: {told}", args.join(" "), output.status);
    Ok(())
}

/// A log for canplayer.
pub fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}
