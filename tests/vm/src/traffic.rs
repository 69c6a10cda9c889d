//! Frames that come and go.

use anyhow::{Result, ensure};
use tandem_can::{Heard, News, SendError, Wanted};
use tandem_frame::text::{parse_line, write_line};
use tandem_frame::{BusIndex, CanId, Flags, Frame};

use crate::Story;
use crate::peers::{Ear, Vcan, frame, run, standard, text, write};

pub const STORIES: &[Story] = &[
    ("candump sees the classic frames that we send", candump_sees_classic_frames),
    ("candump sees the FD frames that we send", candump_sees_fd_frames),
    ("an interface without FD refuses an FD frame and takes a classic one", an_interface_without_fd),
    ("our own frames come back as echoes, and only to us", own_frames_come_back),
    ("frames of two interfaces are told apart", two_interfaces),
    ("cangen floods and nothing is lost", a_flood_is_heard_whole),
    ("what is lost for want of room is counted exactly", losses_are_counted),
    ("canplayer plays a log and what we hear is the log", a_log_is_heard_as_it_was),
    ("the kernel lets through only the ids in use", filters_are_the_kernels),
    ("a clock that is set while frames wait moves none of them", the_clock_is_set),
];

const FD: Flags = Flags { fd: true, brs: false, esi: false, remote: false, error: false };

fn candump_sees_classic_frames() -> Result<()> {
    let vcan = Vcan::new("classic")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    let dump = vcan.dump(5)?;
    let bus = BusIndex(0);
    let sent = [
        frame(0x7FF, &[1, 2, 3, 4, 5, 6, 7, 8])?,
        frame(0, &[])?,
        Frame::new(bus, CanId::extended(0x1FFF_FFFF)?, 0, &[0xAA])?,
        Frame::new(bus, CanId::extended(0x123)?, 0, &[0xBB, 0xCC])?,
        Frame::remote(bus, standard(0x321)?, 0, 4)?,
    ];
    sent.iter().try_for_each(|frame| ear.send(frame))?;
    let seen = dump.frames()?;
    let awaited = ["7FF#0102030405060708", "000#", "1FFFFFFF#AA", "00000123#BBCC", "321#R4"];
    ensure!(seen == awaited, "candump saw {seen:?}");
    for sent in &sent {
        let echo = ear.next()?;
        let same = matches!(echo, Heard::Echo(echo) if text(&echo)? == text(sent)?);
        ensure!(same, "{echo:?} where the echo of {sent:?} was to come");
    }
    Ok(())
}

fn candump_sees_fd_frames() -> Result<()> {
    let vcan = Vcan::new("fd")?;
    let ear = Ear::new(&[&vcan], Wanted::All)?;
    let dump = vcan.dump(4)?;
    let long: Vec<u8> = (0..64).collect();
    let bus = BusIndex(0);
    for frame in [
        Frame::with_flags(bus, standard(0x123)?, 0, FD, &[])?,
        Frame::with_flags(bus, standard(0x123)?, 0, Flags { brs: true, ..FD }, &[1; 12])?,
        Frame::with_flags(bus, CanId::extended(0x123)?, 0, Flags { brs: true, esi: true, ..FD }, &long)?,
        frame(0x124, &[7])?,
    ] {
        ear.send(&frame)?;
    }
    let seen = dump.frames()?;
    let long: String = (0..64).map(|byte| format!("{byte:02X}")).collect();
    // The kernel marks every FD frame with 4.
    let awaited =
        ["123##4".to_owned(), format!("123##5{}", "01".repeat(12)), format!("00000123##7{long}"), "124#07".into()];
    ensure!(seen == awaited, "candump saw {seen:?}");
    Ok(())
}

fn an_interface_without_fd() -> Result<()> {
    let vcan = Vcan::new("nofd")?;
    vcan.set("down")?;
    run("ip", &["link", "set", "dev", vcan.0, "mtu", "16", "up"])?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    let fd = Frame::with_flags(BusIndex(0), standard(0x123)?, 0, FD, &[0; 12])?;
    let refused = ear.sender.try_send(&fd);
    ensure!(refused == Err(SendError::Kind), "{refused:?}");
    ear.send(&frame(0x123, &[1])?)?;
    let echo = ear.next()?;
    ensure!(matches!(echo, Heard::Echo(echo) if text(&echo)? == "123#01"), "{echo:?}");
    Ok(())
}

fn own_frames_come_back() -> Result<()> {
    let vcan = Vcan::new("echo")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    let mut other = Ear::new(&[&vcan], Wanted::All)?;
    // The same frame from three sides: only the one that we sent is ours.
    ear.send(&frame(0x123, &[1])?)?;
    other.send(&frame(0x123, &[1])?)?;
    vcan.send(&["123#01"])?;
    ear.send(&frame(0x123, &[2])?)?;
    for (ear, awaited) in
        [(&mut ear, "own 01, heard 01, heard 01, own 02"), (&mut other, "heard 01, own 01, heard 01, heard 02")]
    {
        let mut heard = Vec::new();
        for _ in 0..4 {
            heard.push(match ear.next()? {
                Heard::Echo(frame) => format!("own {:02X}", frame.padded()[0]),
                Heard::Frame(frame) => format!("heard {:02X}", frame.padded()[0]),
                other => format!("{other:?}"),
            });
        }
        ensure!(heard.join(", ") == awaited, "{heard:?}");
        ear.silence(2)?;
    }
    Ok(())
}

fn two_interfaces() -> Result<()> {
    let (one, two) = (Vcan::new("one")?, Vcan::new("two")?);
    let mut ear = Ear::new(&[&one, &two], Wanted::All)?;
    for bus in [&two, &one, &two] {
        bus.send(&["123#01"])?;
        let heard = ear.frames(1)?;
        let awaited = BusIndex(u8::from(bus.0 == "two"));
        ensure!(heard.iter().all(|frame| frame.bus == awaited), "{heard:?} on {}", bus.0);
    }
    let dump = two.dump(1)?;
    ear.send(&Frame::new(BusIndex(1), standard(0x321)?, 0, &[])?)?;
    let seen = dump.frames()?;
    ensure!(seen == ["321#"], "candump saw {seen:?}");
    one.set("down")?;
    two.send(&["123#02"])?;
    let heard = ear.until(|heard| matches!(heard, Heard::Frame(_)))?;
    let down = |heard: &Heard| matches!(heard, Heard::News(BusIndex(0), News::Down(_)));
    ensure!(heard.iter().any(down), "{heard:?}");
    Ok(())
}

/// Hears up to the frame `7FF#`; the payloads of the others, counted up by cangen, and how many were lost.
fn hear_flood(ear: &mut Ear) -> Result<(Vec<u64>, u64)> {
    let (mut numbers, mut lost) = (Vec::new(), 0);
    let end = standard(0x7FF)?;
    for heard in ear.until(|heard| matches!(heard, Heard::Frame(frame) if frame.id == end))? {
        match heard {
            Heard::Frame(frame) if frame.id == end => {}
            Heard::Frame(frame) => {
                numbers.push(frame.data().iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            Heard::News(_, News::Lost(count)) => lost += u64::from(count),
            other => anyhow::bail!("{other:?} in the flood"),
        }
    }
    ensure!(numbers.is_sorted(), "the frames are not in their order");
    numbers.dedup();
    Ok((numbers, lost))
}

fn a_flood_is_heard_whole() -> Result<()> {
    const COUNT: u32 = 20_000;
    let vcan = Vcan::new("flood")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    let (numbers, lost) = std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            vcan.flood(COUNT, &["-I", "123"])?;
            vcan.send(&["7FF#"])
        });
        let heard = hear_flood(&mut ear);
        flood.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")))?;
        heard
    })?;
    // Every frame is heard once or counted as lost: a machine that is busy enough may lose some.
    ensure!(numbers.len() as u64 + lost == u64::from(COUNT), "{} heard and {lost} lost of {COUNT}", numbers.len());
    ensure!(numbers.len() > 1000, "{} heard", numbers.len());
    println!("   {} frames heard, {lost} lost", numbers.len());
    Ok(())
}

fn losses_are_counted() -> Result<()> {
    const COUNT: u32 = 40_000;
    let vcan = Vcan::new("loss")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    // Nobody reads meanwhile.
    vcan.flood(COUNT, &["-I", "123"])?;
    let before = ear.until(|heard| matches!(heard, Heard::Frame(_)))?.len() as u64;
    // What is told of the losses comes with a frame that is heard after them: there must be room for it, and that one is the end.
    vcan.send(&["7FF#"])?;
    let (numbers, lost) = hear_flood(&mut ear)?;
    let heard = before + numbers.len() as u64;
    ensure!(lost > 0 && heard + lost == u64::from(COUNT), "{heard} heard and {lost} lost of {COUNT}");
    println!("   {heard} frames heard, {lost} lost");
    // What was told once is not told again.
    vcan.send(&["7FF#"])?;
    ear.frames(1)?;
    Ok(())
}

fn a_log_is_heard_as_it_was() -> Result<()> {
    let vcan = Vcan::new("play")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    let mut log = String::new();
    let mut played = Vec::new();
    for at in 0_u32..400 {
        let (bus, t_ns) = (BusIndex(0), 1_000_000_000 + u64::from(at) * 200_000);
        let payload = at.wrapping_mul(0x9E37_79B9).to_le_bytes();
        let frame = match at % 4 {
            0 => Frame::new(bus, standard(at)?, t_ns, &payload)?,
            1 => Frame::new(bus, CanId::extended(at << 16)?, t_ns, &payload)?,
            2 => Frame::with_flags(bus, standard(at)?, t_ns, Flags { brs: true, ..FD }, &payload.repeat(16))?,
            _ => Frame::remote(bus, standard(at)?, t_ns, 0)?,
        };
        write_line(&mut log, &frame, "car")?;
        played.push(frame);
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("car.log");
    write(&path, &log)?;
    run("canplayer", &["-I", &path.to_string_lossy(), "play=car"])?;
    let heard = ear.frames(played.len())?;
    for (heard, played) in heard.iter().zip(&played) {
        let mut heard = *heard;
        heard.t_ns = played.t_ns;
        ensure!(heard == *played, "{heard:?} where {played:?} was played");
    }
    ensure!(heard.is_sorted_by_key(|frame| frame.t_ns), "the times run back");
    // And written as a log again, it reads as what was heard.
    for heard in &heard {
        let mut line = String::new();
        write_line(&mut line, heard, "can0")?;
        ensure!(parse_line(line.as_bytes())?.frame(BusIndex(0)) == *heard, "{line}");
    }
    Ok(())
}

fn filters_are_the_kernels() -> Result<()> {
    let vcan = Vcan::new("filter")?;
    let ids = vec![standard(0x123)?, CanId::extended(0x123)?, standard(0x7FF)?];
    let mut ear = Ear::new(&[&vcan], Wanted::Ids(ids))?;
    let lines = |list: &str| vcan.receivers(list).map(|lines| lines.len());
    let lists = (lines("all")?, lines("sff")?, lines("eff")?, lines("err")?);
    ensure!(lists == (0, 2, 1, 1), "the kernel's lists have {lists:?} lines of ours");
    // More than our socket has room for: if any of it came this far, frames would be lost.
    vcan.flood(40_000, &["-I", "124"])?;
    vcan.send(&["00000124#01", "122#02", "123#R", "123#03", "00000123#04", "00000321#05", "7FF#"])?;
    let heard: Vec<_> = ear.frames(3)?.iter().map(text).collect::<Result<_>>()?;
    ensure!(heard == ["123#03", "00000123#04", "7FF#"], "heard {heard:?}");
    Ok(())
}

/// The boot clock, nanoseconds, in steps of ten milliseconds, rounded up.
pub fn uptime() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/uptime")?;
    let seconds: f64 = text.split(' ').next().unwrap_or_default().parse()?;
    Ok(((seconds + 0.01) * 1e9) as u64)
}

fn the_clock_is_set() -> Result<()> {
    let vcan = Vcan::new("clock")?;
    let mut ear = Ear::new(&[&vcan], Wanted::All)?;
    for day in ["tomorrow", "yesterday"] {
        let Heard::Advance(begin) = ear.link.receive()? else { anyhow::bail!("something else than time") };
        vcan.send(&["001#"])?;
        let first_sent = uptime()?;
        run("date", &["--set", day])?;
        vcan.send(&["002#"])?;
        let second_sent = uptime()?;
        // A distance, so that a frame that were told as heard now would lie behind it.
        std::thread::sleep(std::time::Duration::from_millis(60));
        let [first, second] = ear.frames(2)?[..] else { anyhow::bail!("not two frames") };
        let order = [begin, first.t_ns, first_sent, second.t_ns, second_sent];
        ensure!(begin <= first.t_ns && first.t_ns <= first_sent, "{day}: {order:?}");
        ensure!(first.t_ns <= second.t_ns && second.t_ns <= second_sent, "{day}: {order:?}");
    }
    Ok(())
}
