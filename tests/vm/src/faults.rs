//! Interfaces that go and come, and controllers that have had enough.

use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tandem_can::{BusState, Errno, Heard, Interface, News, SendError, SocketCan, Wanted};
use tandem_frame::BusIndex;

use crate::Story;
use crate::peers::{Ear, PATIENCE, Vcan, frame, run, text};

pub const STORIES: &[Story] = &[
    ("an interface that is set down is told, and heard again once it is up", down_and_up),
    ("an interface that is taken away is told, and heard again once it is back", gone_and_back),
    ("an interface that is not there yet is opened when it comes", not_there_yet),
    ("error frames drive the bus through warning and passive to bus-off, and a restart brings it back", error_frames),
    ("a real driver tells the states of its controller, and that it cannot restart it", a_real_driver),
    ("a controller that stays off is asked to restart again and again, ever more seldom", restarts),
];

fn heard_again(ear: &mut Ear, vcan: &Vcan) -> Result<()> {
    let news = ear.news()?;
    ensure!(news == News::Up, "{news:?} where the bus was to be up again");
    vcan.send(&["123#01"])?;
    ear.frames(1)?;
    ear.send(&frame(0x321, &[2])?)?;
    let echo = ear.next()?;
    ensure!(matches!(echo, Heard::Echo(_)), "{echo:?}");
    Ok(())
}

fn down_and_up() -> Result<()> {
    let vcan = Vcan::new("down")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    for _ in 0..3 {
        vcan.set("down")?;
        let news = ear.news()?;
        ensure!(news == News::Down(Errno::NETDOWN), "{news:?}");
        let refused = ear.sender.try_send(&frame(0x123, &[])?);
        ensure!(refused == Err(SendError::Down), "{refused:?}");
        // It is told once, however often it is tried again.
        ear.silence(30)?;
        vcan.set("up")?;
        heard_again(&mut ear, &vcan)?;
    }
    Ok(())
}

fn gone_and_back() -> Result<()> {
    let vcan = Vcan::new("gone")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    for _ in 0..3 {
        vcan.delete()?;
        let told = ear.until(|heard| matches!(heard, Heard::News(_, News::Down(Errno::NODEV))))?;
        // An interface goes down before it goes.
        let down = |heard: &Heard| matches!(heard, Heard::News(_, News::Down(_)));
        ensure!(told.len() <= 2 && told.iter().all(down), "{told:?}");
        ear.silence(30)?;
        vcan.add()?;
        // A new interface comes down and is set up then.
        let told = ear.until(|heard| matches!(heard, Heard::News(_, News::Up)))?;
        let (last, before) = told.split_last().context("nothing told")?;
        ensure!(before.iter().all(|heard| *heard == Heard::News(BusIndex(0), News::Down(Errno::NETDOWN))), "{told:?}");
        ensure!(*last == Heard::News(BusIndex(0), News::Up), "{told:?}");
        vcan.send(&["123#01"])?;
        ear.frames(1)?;
    }
    Ok(())
}

fn not_there_yet() -> Result<()> {
    let link = SocketCan::new(vec![Interface { name: "late".into(), wanted: Wanted::All }])?;
    let mut ear = Ear { sender: link.sender(), link };
    let news = ear.news()?;
    ensure!(news == News::Down(Errno::NODEV), "{news:?}");
    let vcan = Vcan::new("late")?;
    let told = ear.until(|heard| matches!(heard, Heard::News(_, News::Up)))?;
    ensure!(told.len() <= 2, "{told:?}");
    vcan.send(&["123#01"])?;
    ear.frames(1)?;
    Ok(())
}

fn error_frames() -> Result<()> {
    let vcan = Vcan::new("errors")?;
    let mut ear = Ear::new(&[&vcan], Wanted::Ids(vec![frame(0x123, &[])?.id]))?;
    let bus = BusIndex(0);
    for (sent, awaited) in [
        ("20000004#0008000000000000", BusState::Warning),
        ("20000004#0020000000000000", BusState::Passive),
        ("20000040#0000000000000000", BusState::BusOff),
    ] {
        // Each twice: a state is told when it changes.
        vcan.send(&[sent, sent])?;
        let news = ear.news()?;
        ensure!(news == News::State(awaited), "{news:?} after {sent}");
        ensure!(ear.link.state(bus) == Some(awaited), "{:?}", ear.link.state(bus));
    }
    let news = ear.news()?;
    ensure!(news == News::Restart(Err(Errno::OPNOTSUPP)), "{news:?}: a virtual bus has no controller to restart");
    vcan.send(&["20000100#0000000000000000", "20000002#0000000000000000", "20000004#0001000000000000", "123#01"])?;
    let told = ear.until(|heard| matches!(heard, Heard::Frame(_)))?;
    let news: Vec<_> = told
        .iter()
        .filter_map(|heard| match heard {
            Heard::News(_, news) if *news != News::Restart(Err(Errno::OPNOTSUPP)) => Some(*news),
            _ => None,
        })
        .collect();
    ensure!(news == [News::State(BusState::Active)], "{told:?}");
    // Back on the bus, nobody asks for a restart any more.
    ear.silence(30)?;
    let counts = ear.link.errors(bus).context("no counts")?;
    let counted = (counts.frames, counts.bus_offs, counts.lost_arbitration, counts.overflows, counts.bus_errors);
    ensure!(counted == (9, 2, 1, 1, 0), "{counts:?}");
    Ok(())
}

fn restarts() -> Result<()> {
    let vcan = Vcan::new("off")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    vcan.send(&["20000040#0000000000000000"])?;
    let news = ear.news()?;
    ensure!(news == News::State(BusState::BusOff), "{news:?}");
    // Heard with the time around it: it was asked after the time before, and before the time after.
    let mut times = Vec::new();
    let mut now = None;
    while times.len() < 4 {
        match ear.link.receive()? {
            Heard::Advance(t_ns) => now = Some(t_ns),
            Heard::News(_, News::Restart(Err(Errno::OPNOTSUPP))) => {
                let before = now.context("no time before it")?;
                let Heard::Advance(after) = ear.link.receive()? else { bail!("something else than time") };
                times.push((before, after));
                now = Some(after);
            }
            other => bail!("{other:?}"),
        }
    }
    for (at, pair) in times.windows(2).enumerate() {
        let [(before, _), (_, after)] = pair else { bail!("no pair") };
        ensure!(after - before >= 200_000_000 << at, "asked again too soon: {times:?}");
    }
    // An interface that goes and comes is no longer off.
    vcan.set("down")?;
    vcan.set("up")?;
    let told = ear.until(|heard| matches!(heard, Heard::News(_, News::Up)))?;
    ensure!(told.len() == 2, "{told:?}");
    ensure!(ear.link.state(BusIndex(0)) == Some(BusState::Active), "still off");
    ear.silence(30)
}

/// A controller of the kernel's own driver for adapters on a serial line. The line is ours, and so is what the adapter says.
struct Adapter {
    line: ChildStdin,
    driver: Child,
}

impl Adapter {
    fn new(name: &str) -> Result<Self> {
        let attach = format!("slcand -F -o \"$(tty)\" {name}");
        let mut script = Command::new("script");
        script.args(["-qec", &attach, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut driver = script.spawn().context("script")?;
        let line = driver.stdin.take().context("its input is piped")?;
        for _ in 0..PATIENCE {
            if Path::new("/sys/class/net").join(name).exists() {
                run("ip", &["link", "set", "dev", name, "up"])?;
                return Ok(Self { line, driver });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("no {name}: slcand did not attach its driver")
    }

    /// What the adapter says: a line of the protocol.
    fn says(&mut self, line: &str) -> Result<()> {
        self.line.write_all(format!("{line}\r").as_bytes())?;
        Ok(self.line.flush()?)
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn a_real_driver() -> Result<()> {
    let mut adapter = Adapter::new("serial")?;
    let link = SocketCan::new(vec![Interface { name: "serial".into(), wanted: Wanted::All }])?;
    let mut ear = Ear { sender: link.sender(), link };
    let news = ear.news()?;
    ensure!(news == News::Up, "{news:?}");
    adapter.says("t1232AABB")?;
    let heard: Vec<_> = ear.frames(1)?.iter().map(text).collect::<Result<_>>()?;
    ensure!(heard == ["123#AABB"], "heard {heard:?}");
    for (said, awaited) in [
        ("sw097000", BusState::Warning),
        ("sp128000", BusState::Passive),
        ("sa000000", BusState::Active),
        ("sb256000", BusState::BusOff),
    ] {
        adapter.says(said)?;
        let news = ear.news()?;
        ensure!(news == News::State(awaited), "{news:?} after {said}");
    }
    let news = ear.news()?;
    ensure!(news == News::Restart(Err(Errno::OPNOTSUPP)), "{news:?}: this driver can restart nothing");
    Ok(())
}
