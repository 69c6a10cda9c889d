//! The shipped service before a car that asks to be waited for and then never reads.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::process::Stdio;

use tandem_can::{Event, Hello, Listener, Pace};
use tandem_scenes::{Daemon, root, tied};

/// Far more than any socket holds.
const TOLD: u64 = 20_000;

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
    let mut stderr = service.stderr.take().unwrap();
    // Read as it comes: a full pipe would stop the service before it says too much.
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    });
    let car = listener.accept().unwrap();
    car.send(&[Event::Hello(Hello { pace: Pace::Lockstep, interfaces: vec!["can0".into()] })]).unwrap();
    for t_ns in 0..TOLD {
        car.send(&[Event::Advance(t_ns)]).unwrap();
    }
    car.close();
    // It hears all of that, and knocks again: then the bus goes, and it ends.
    listener.accept().unwrap();
    drop(daemon);
    let log = log.join().unwrap();
    service.wait().unwrap();

    let lines: Vec<_> = log.lines().filter(|line| line.contains("did not take what we sent")).collect();
    let times = |line: &&str| line.split_once("times=")?.1.split(' ').next()?.parse::<u64>().ok();
    let counted: u64 = lines.iter().filter_map(times).sum();
    assert!(counted > TOLD / 2, "the peer took it after all: {log}");
    assert!(lines.len() < 100, "{} lines", lines.len());
}
