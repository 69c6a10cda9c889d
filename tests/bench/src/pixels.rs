//! From a frame on the link to the pixels of the cluster: this process is the car, and the screen says when it drew. On a full bus, beside a client that was
//! stopped, while speed and power move.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use tandem_can::{Event, Local};
use tandem_dbc::{Codec, Database};
use tandem_frame::{BusIndex, Frame};
use tandem_scenes::{binary, demo_log, root};

use crate::codec::frames;
use crate::figure::Figure;
use crate::process::{Kept, quantile};
use crate::service::Service;

const INTERFACES: [&str; 2] = ["can0", "can1"];
const FRAMES_A_SECOND: u32 = 4_400;
/// The bulb check is over by then, and a stopped client was dropped once.
const WARM_UP: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(25);
/// A door opens or shuts; no whole number of ticks, so that each place between two ticks has its turn.
const TOGGLE: Duration = Duration::from_millis(113);

pub fn figures() -> Result<Vec<Figure>> {
    let mut service = Service::start("demo", &INTERFACES)?;
    let mut cluster = Command::new(binary("tandem-cluster"));
    cluster
        .arg("--headless")
        .env("TANDEM_BUS", service.daemon.address())
        .env("TANDEM_LOG", "tandem_kit=trace")
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped());
    let mut screen = Kept(cluster.spawn()?);
    let told = screen.0.stderr.take().context("it is piped")?;
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(told).lines().map_while(Result::ok);
        lines.filter_map(|line| drawn(&line)).collect::<Vec<(u64, u64)>>()
    });
    // Nobody reads it, or the service would wait for the pipe.
    let complaints = service.stderr.take().context("the service's words")?;
    let deaf = std::thread::spawn(move || BufReader::new(complaints).read_to_end(&mut Vec::new()));
    let mut stopped = Command::new(binary("tandem"));
    stopped.args(["signals", "watch"]).env("TANDEM_BUS", service.daemon.address()).stdout(Stdio::piped());
    let mut stopped = Kept(stopped.spawn()?);
    let (sender, toggles) = mpsc::channel();
    let link = service.link.clone();
    let recording = frames(&std::fs::read(demo_log())?, &INTERFACES);
    let car = std::thread::spawn(move || drive(&link, &recording, &sender));
    BufReader::new(stopped.0.stdout.take().context("stdout")?).read_line(&mut String::new())?;
    kill_process(Pid::from_child(&stopped.0), Signal::STOP)?;
    car.join().map_err(|_| anyhow::anyhow!("the car's thread panicked"))??;
    kill_process(Pid::from_child(&screen.0), Signal::TERM)?;
    let drawn = reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))?;
    drop((stopped, service));
    let _ = deaf.join();

    let mut drawn = drawn.into_iter().peekable();
    let mut latencies = Vec::new();
    for (t_ns, sent_ns) in toggles {
        while drawn.next_if(|(now_ns, _)| *now_ns < t_ns).is_some() {}
        let Some((_, boot_ns)) = drawn.peek() else { break };
        latencies.push(boot_ns.saturating_sub(sent_ns) as f64 / 1e6);
    }
    anyhow::ensure!(latencies.len() > 150, "only {} doors were drawn", latencies.len());
    let mut at = |share| quantile(&mut latencies, share).context("no doors");
    Ok(vec![
        Figure::new("lamp: frame on a full bus to pixels, p50", at(0.5)?, "ms"),
        Figure::new("lamp: frame on a full bus to pixels, p99", at(0.99)?, "ms").at_most(25.0),
    ])
}

/// The time of the batch and the time on the boot clock of a picture whose lamps are other ones.
fn drawn(line: &str) -> Option<(u64, u64)> {
    let number = |key: &str| line.split_once(key)?.1.split(' ').next()?.parse().ok();
    line.contains(" drawn ").then_some(())?;
    Some((number("now_ns=")?, number("boot_ns=")?))
}

fn boot_ns() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// The recorded drive at a pace of its own, and a door. When each of the door's frames was sent: by the link's time, and by the boot clock.
fn drive(link: &Local, recording: &[Frame], sender: &mpsc::Sender<(u64, u64)>) -> Result<()> {
    let dbc = std::fs::read(root().join("assets/cars/demo/body.dbc"))?;
    let database = Database::parse(&dbc)?;
    let message = database.message("DoorStatus").context("the demo car has no DoorStatus")?;
    let (door, _) = message.signal("DriverDoor").context("DoorStatus has no DriverDoor")?;
    let codec = Codec::compile(&database);
    let index = codec.index(message.id).context("the codec has no DoorStatus")?;

    let begun = Instant::now();
    let (mut sent, mut toggled) = (0, 0);
    for frame in recording.iter().filter(|frame| frame.id != message.id).collect::<Vec<_>>().into_iter().cycle() {
        let elapsed = begun.elapsed();
        if elapsed >= WARM_UP + WATCHED {
            break;
        }
        let t_ns = u64::try_from(elapsed.as_nanos())?;
        if elapsed >= TOGGLE * (toggled + 1) {
            toggled += 1;
            let mut data = [0; 2];
            codec.encode(index, &mut data, door, f64::from(toggled % 2))?;
            let sent_ns = boot_ns();
            link.send(&[Event::Frame(Frame::new(BusIndex(1), message.id, t_ns, &data)?), Event::Advance(t_ns)])?;
            if elapsed >= WARM_UP {
                sender.send((t_ns, sent_ns))?;
            }
        }
        let mut frame = *frame;
        frame.t_ns = t_ns;
        link.send(&[Event::Frame(frame)])?;
        // Time comes after a frame now and then, as a real interface tells it.
        sent += 1;
        if sent % 5 == 0 {
            link.send(&[Event::Advance(t_ns)])?;
        }
        let next = begun + Duration::from_secs(1) * sent / FRAMES_A_SECOND;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    // Time for the last picture.
    std::thread::sleep(Duration::from_millis(200));
    link.close();
    Ok(())
}
