//! The shipped service before a car that asks to be waited for and then never reads.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use tandem_can::{Event, Hello, Listener, Pace};
use tandem_scenes::{Daemon, root, tied};

/// Far more than any socket holds.
const TOLD: u64 = 20_000;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_car_that_never_reads_does_not_flood_the_log() {
    let (daemon, folder) = (Daemon::start(), tempfile::tempdir().unwrap());
    let path = folder.path().join("link");
    let listener = Listener::bind(&path).unwrap();
    let mut service = tied(env!("CARGO_BIN_EXE_tandem-vehicle"))
        .args(["--car", "demo", "--link"])
        .arg(&path)
        .env("TANDEM_BUS", daemon.address())
        .env("TANDEM_ASSETS", root().join("assets"))
        .env("TANDEM_LOG", "info")
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(service.stderr.take().unwrap());
    let (told, lines) = mpsc::channel();
    // Read as it comes: a full pipe would stop the service before it says too much.
    std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
    let car = listener.accept().unwrap();
    car.send(&[Event::Hello(Hello { pace: Pace::Lockstep, interfaces: vec!["can0".into()] })]).unwrap();
    for t_ns in 0..TOLD {
        car.send(&[Event::Advance(t_ns)]).unwrap();
    }
    car.close();
    // It hears all of that, and says so at the end; then the bus goes, and it ends.
    let mut log = Vec::new();
    while !log.last().is_some_and(|line: &String| line.contains("the car is gone") || line.contains("to the car broke"))
    {
        log.push(lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it does not hear the end: {log:#?}")));
    }
    drop(daemon);
    log.extend(lines);
    service.wait().unwrap();

    let lines: Vec<_> = log.iter().filter(|line| line.contains("did not take what we sent")).collect();
    let times = |line: &&String| line.split_once("times=")?.1.split(' ').next()?.parse::<u64>().ok();
    let counted: u64 = lines.iter().filter_map(times).sum();
    assert!(counted > TOLD / 2, "the peer took it after all: {log:#?}");
    assert!(lines.len() < 100, "{} lines", lines.len());
}
