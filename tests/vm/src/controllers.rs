//! Two controllers on one bus, with the kernel's own driver for them. The bus is QEMU's: it hands each frame on at once, whatever the bit rates. It knows no
//! arbitration, no missing acknowledgement and no errors, so no controller goes to bus-off by itself.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tandem_can::{BusState, Errno, Event, Heard, Interface, Local, News, SendError, SocketCan, Wanted};
use tandem_frame::{BusIndex, CanId, Flags, Frame};

use crate::Story;
use crate::car::{Running, Stage, ours, root, speed};
use crate::peers::{Bus, Ear, PATIENCE, frame, run, standard, text};

pub const STORIES: &[Story] = &[
    ("two controllers hear each other, each frame once and in its order", they_hear_each_other),
    ("the bit rate is what ip says, and another one takes the interface down and up", the_bit_rate),
    ("a controller that only listens hears everything and sends nothing", listen_only),
    ("a bus of which the kernel does not say that it is off is not off for long", not_off_for_long),
    ("the vehicle service reads the virtual car through a real driver", the_virtual_car),
    ("the kernel's ISO-TP carries 4095 bytes, and our link hears every frame of it", iso_tp),
];

const FIRST: Bus = Bus("can0");
const SECOND: Bus = Bus("can1");
/// How each story begins.
const USUAL: &[&str] = &["bitrate", "500000", "listen-only", "off", "restart-ms", "0"];

/// Whether this machine has them.
pub fn there() -> bool {
    [FIRST, SECOND].iter().all(|bus| Path::new("/sys/class/net").join(bus.0).join("device/driver").exists())
}

/// Sets an interface down and up, with these settings between.
fn begin(bus: &Bus, other: &Bus, settings: &[&str]) -> Result<()> {
    fill_up(bus, other)?;
    bus.set("down")?;
    run("ip", &[&["link", "set", "dev", bus.0, "type", "can"], settings].concat())?;
    bus.set("up")
}

/// QEMU's controller begins to read at the start of its 64 bytes after a reset, but goes on to write where it was. So they are filled to their end before.
fn fill_up(bus: &Bus, other: &Bus) -> Result<()> {
    let count = |what: &str| -> Result<u64> {
        let text = std::fs::read_to_string(format!("/sys/class/net/{}/statistics/rx_{what}", bus.0))?;
        Ok(text.trim().parse()?)
    };
    // A standard frame takes three bytes beside its payload; 43 threes are one more than 128.
    let frames = count("packets")?;
    let missing = (count("bytes")? + 3 * frames).wrapping_neg().wrapping_mul(43) % 64;
    if missing > 0 {
        other.flood(missing as u32, &["-I", "7FE", "-L", "0", "-p", "10000"])?;
    }
    let mut tries = 0..PATIENCE;
    while count("packets")? < frames + missing {
        ensure!(tries.next().is_some(), "{missing} frames do not come to {}", bus.0);
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

fn begin_both() -> Result<(Bus, Bus)> {
    begin(&FIRST, &SECOND, USUAL)?;
    begin(&SECOND, &FIRST, USUAL)?;
    Ok((FIRST, SECOND))
}

/// What ip knows of a controller.
fn details(bus: &Bus) -> Result<Value> {
    let output = Command::new("ip").args(["-details", "-json", "link", "show", "dev", bus.0]).output()?;
    let links: Value = serde_json::from_slice(&output.stdout)?;
    Ok(links.pointer("/0/linkinfo/info_data").context("ip tells no details")?.clone())
}

fn they_hear_each_other() -> Result<()> {
    const COUNT: u32 = 500;
    let (first, second) = begin_both()?;
    let mut ear = Ear::new(&[&first, &second], Wanted::All)?;
    let heard = std::thread::scope(|scope| {
        let floods = [(&first, "100"), (&second, "200")]
            .map(|(bus, id)| scope.spawn(move || bus.flood(COUNT, &["-I", id, "-p", "10000"])));
        // What another program sends is heard on its own bus, too.
        let heard = ear.frames(4 * COUNT as usize);
        for flood in floods {
            flood.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))?;
        }
        heard
    })?;
    for bus in [BusIndex(0), BusIndex(1)] {
        for id in [0x100, 0x200] {
            let numbers: Vec<_> = heard.iter().filter(|frame| frame.bus == bus && frame.id.number() == id).collect();
            let in_order = numbers.iter().zip(0_u64..).all(|(frame, at)| frame.data() == at.to_le_bytes());
            ensure!(numbers.len() == COUNT as usize && in_order, "{id:X} on {bus:?}: {numbers:?}");
        }
    }
    // Each kind of frame, and our own. An extended one takes two bytes more than a standard one: 32 of them even that out.
    let remote = Frame::remote(BusIndex(0), standard(0x321)?, 0, 0)?;
    let extended = Frame::new(BusIndex(0), CanId::extended(0x1FFF_FFFF)?, 0, &[1])?;
    for sent in [remote, frame(0x7FF, &[1, 2, 3, 4, 5, 6, 7, 8])?].iter().chain(&[extended; 32]) {
        ear.send(sent)?;
        let both = [ear.next()?, ear.next()?];
        let same = |heard: &Frame, bus| heard.bus == BusIndex(bus) && text(heard).ok() == text(sent).ok();
        let echo = both.iter().any(|heard| matches!(heard, Heard::Echo(heard) if same(heard, 0)));
        let other = both.iter().any(|heard| matches!(heard, Heard::Frame(heard) if same(heard, 1)));
        ensure!(echo && other, "{both:?} where {sent:?} was sent");
    }
    let flags = Flags { fd: true, ..Flags::default() };
    let refused = ear.sender.try_send(&Frame::with_flags(BusIndex(0), standard(1)?, 0, flags, &[])?);
    ensure!(refused == Err(SendError::Kind), "{refused:?}: this controller knows no FD");
    ensure!(ear.link.errors(BusIndex(0)) == Some(Default::default()), "{:?}", ear.link.errors(BusIndex(0)));
    Ok(())
}

fn the_bit_rate() -> Result<()> {
    let (first, second) = begin_both()?;
    let mut ear = Ear::new(&[&first], Wanted::All)?;
    for bit_rate in [250_000_u32, 1_000_000, 500_000] {
        let told = bit_rate.to_string();
        let running = run("ip", &["link", "set", "dev", first.0, "type", "can", "bitrate", &told]);
        ensure!(running.is_err(), "a bus that is up has got another bit rate");
        begin(&first, &second, &["bitrate", &told])?;
        begin(&second, &first, &["bitrate", &told])?;
        let details = details(&first)?;
        let says = |path: &str| details.pointer(path).cloned().unwrap_or_default();
        ensure!(says("/bittiming/bitrate") == bit_rate && says("/state") == "ERROR-ACTIVE", "{details}");
        let told = ear.until(|heard| *heard == Heard::News(BusIndex(0), News::Up))?;
        let down = Heard::News(BusIndex(0), News::Down(Errno::NETDOWN));
        ensure!(
            told.iter().filter(|heard| !matches!(heard, Heard::Frame(_))).count() == 2 && told.contains(&down),
            "{told:?}"
        );
        second.send(&["123#01"])?;
        ear.until(|heard| matches!(heard, Heard::Frame(frame) if text(frame).is_ok_and(|text| text == "123#01")))?;
    }
    Ok(())
}

fn listen_only() -> Result<()> {
    let (first, second) = begin_both()?;
    begin(&first, &second, &["listen-only", "on"])?;
    let mut ear = Ear::new(&[&first], Wanted::All)?;
    let mut other = Ear::new(&[&second], Wanted::All)?;
    second.send(&["123#01"])?;
    ear.frames(1)?;
    other.frames(1)?;
    // The kernel takes it and drops it: no echo says that it was sent, and nobody hears it.
    ear.send(&frame(0x321, &[])?)?;
    second.send(&["123#02"])?;
    for ear in [&mut ear, &mut other] {
        let heard: Vec<_> = ear.frames(1)?.iter().map(text).collect::<Result<_>>()?;
        ensure!(heard == ["123#02"], "heard {heard:?}");
    }
    Ok(())
}

/// No controller here goes off by itself, but another program may say that this one did.
fn not_off_for_long() -> Result<()> {
    let (first, second) = begin_both()?;
    for restart_ms in ["0", "100"] {
        begin(&first, &second, &["restart-ms", restart_ms])?;
        let mut ear = Ear::new(&[&first], Wanted::All)?;
        // Anybody may send the word that a controller is off; before a restart the kernel is asked.
        first.send(&["20000040#0000000000000000"])?;
        let news = [ear.news()?, ear.news()?];
        ensure!(news == [BusState::BusOff, BusState::Active].map(News::State), "{news:?} with restart-ms {restart_ms}");
        second.send(&["123#01"])?;
        ear.until(|heard| matches!(heard, Heard::Frame(_)))?;
    }
    Ok(())
}

/// What the virtual car said on its first bus.
#[derive(Default)]
struct Said {
    frames: u64,
    speeds: Vec<f64>,
}

/// Carries what the virtual car says on its first bus to a controller, until the car is gone.
fn carry(mut car: Local, bus: &Bus, said: &Mutex<Said>) -> Result<()> {
    let link = SocketCan::new(vec![Interface { name: bus.0.to_owned(), wanted: Wanted::Ids(Vec::new()) }])?;
    let mut ear = Ear { sender: link.sender(), link };
    let news = ear.news()?;
    ensure!(news == News::Up, "{news:?}");
    while let Some(event) = car.receive()? {
        let Event::Frame(frame) = event else { continue };
        if frame.bus != BusIndex(0) {
            continue;
        }
        let mut tries = 0..PATIENCE;
        // The driver's queue is ten frames long.
        while let Err(refused) = ear.sender.try_send(&frame) {
            ensure!(refused == SendError::Full && tries.next().is_some(), "{frame:?}: {refused}");
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut said = said.lock().map_err(|_| anyhow::anyhow!("a reader panicked"))?;
        said.frames += 1;
        said.speeds.extend(speed(frame.id, frame.data()));
    }
    Ok(())
}

fn the_virtual_car() -> Result<()> {
    let (first, second) = begin_both()?;
    let folder = tempfile::tempdir()?;
    let stage = Stage::new(folder.path(), &["--car", "demo", "--can", first.0])?;
    stage.speed("absent")?;
    let path = folder.path().join("car");
    let mut sim = ours("tandem-sim", "")?;
    sim.args(["--no-bus", "--scenario", "city", "--car"]).arg(root().join("assets/cars/demo")).arg("--link").arg(&path);
    let sim = Running::start(&mut sim)?;
    let car = (0..PATIENCE).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        Local::connect(&path).ok()
    });
    let car = car.context("the virtual car does not come")?;
    let said = Mutex::new(Said::default());
    let speeds = || said.lock().map(|said| said.speeds.clone()).map_err(|_| anyhow::anyhow!("the carrier panicked"));
    std::thread::scope(|scope| {
        let carrier = scope.spawn(|| carry(car, &second, &said));
        let read = || {
            for _ in 0..PATIENCE {
                let before = speeds()?.len();
                let read = stage.speed("valid")?.context("a valid speed without a value")?;
                // What was said in the last half second before, and since.
                let speeds = speeds()?;
                let since = speeds.get(before.saturating_sub(25)..).unwrap_or_default();
                let (low, high) =
                    (since.iter().copied().fold(f64::MAX, f64::min), since.iter().copied().fold(0.0, f64::max));
                ensure!((low - 0.01..=high + 0.01).contains(&read), "{read} km/h, where {low} to {high} was said");
                if read > 5.0 {
                    return Ok(());
                }
            }
            bail!("the car does not drive off")
        };
        let read = read();
        drop(sim);
        let carried = carrier.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")));
        read.and(carried)
    })?;
    let frames = said.lock().map_err(|_| anyhow::anyhow!("the carrier panicked"))?.frames;
    stage.speed("stale")?;
    stage.has_counted(frames)
}

/// Sends so many bytes from one controller to the other by the kernel's ISO-TP, while our link hears the bus.
fn iso_tp() -> Result<()> {
    const LENGTH: usize = 4095;
    let (first, second) = begin_both()?;
    let mut ear = Ear::new(&[&first], Wanted::All)?;
    let payload: Vec<u8> = (0..LENGTH).map(|at| (at * 7 + at / 256) as u8).collect();
    let hex: Vec<_> = payload.iter().map(|byte| format!("{byte:02X}")).collect();
    let mut receiver = Command::new("isotprecv");
    receiver.args(["-s", "7E8", "-d", "7E0", first.0]).stdin(Stdio::null()).stdout(Stdio::piped());
    let receiver = receiver.spawn().context("isotprecv")?;
    let mut tries = 0..PATIENCE;
    while first.receivers("sff")?.is_empty() {
        ensure!(tries.next().is_some(), "isotprecv does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("message");
    std::fs::write(&path, hex.join(" "))?;
    let mut sender = Command::new("isotpsend");
    sender.args(["-s", "7E0", "-d", "7E8", second.0]).stdin(std::fs::File::open(&path)?);
    let _sender = Running(sender.spawn().context("isotpsend")?);
    // One first frame with six bytes, then seven in each; and the receiver's leave to go on.
    let consecutive = (LENGTH - 6).div_ceil(7);
    let frames = ear.frames(1 + 1 + consecutive)?;
    let told = receiver.wait_with_output()?;
    let told = String::from_utf8(told.stdout)?;
    ensure!(
        told.split_whitespace().eq(hex.iter()),
        "isotprecv got {} bytes that differ",
        told.split_whitespace().count()
    );

    let mut heard: Vec<u8> = Vec::new();
    for (at, frame) in frames.iter().filter(|frame| frame.id.number() == 0x7E0).enumerate() {
        let head = if at == 0 { &[0x1F, 0xFF][..] } else { &[0x20 | (at & 15) as u8] };
        let rest = frame.data().strip_prefix(head);
        heard.extend(rest.with_context(|| format!("frame {at} is {frame:?}"))?);
    }
    heard.truncate(LENGTH);
    ensure!(heard == payload, "our link heard {} bytes that differ", heard.len());
    ensure!(frames.iter().filter(|frame| frame.id.number() == 0x7E8).count() == 1, "more than one flow control");
    // And it goes on as before.
    ensure!(ear.link.state(BusIndex(0)) == Some(BusState::Active), "{:?}", ear.link.state(BusIndex(0)));
    ear.send(&frame(0x123, &[1])?)?;
    let echo = ear.next()?;
    ensure!(matches!(echo, Heard::Echo(_)), "{echo:?}");
    Ok(())
}
