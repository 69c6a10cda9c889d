//! The disk hangs: strace holds up whoever waits for it. The process runs, and its supervisor hears that its work does not.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tandem_scenes::tied;

use crate::stage::{SERVICE, Stage};

/// How long the supervisor takes silence for work.
const PATIENCE: Duration = Duration::from_millis(300);
/// By then it has hung, and the words from before it did are read.
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_starves_the_watchdog_although_the_process_answers() {
    let mut stage = Stage::new().await;
    let socket = stage.folder.path().join("notify");
    let ear = UnixDatagram::bind(&socket).unwrap();
    ear.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut command = tied(SERVICE);
    command.arg("--without-a-car").arg("--state").arg(stage.state());
    command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", PATIENCE.as_micros().to_string());
    stage.start_as(command).await;
    stage.set("units.distance", "mi").await.unwrap();
    for _ in 0..3 {
        ear.recv(&mut [0; 64]).unwrap();
    }

    let mut holder = tied("strace")
        .args(["-f", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:delay_enter=60000000"])
        .args(["-p", &stage.pid().as_raw_nonzero().to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(holder.stderr.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("attached"));
    if told.is_none() {
        holder.wait().unwrap();
        return tandem_scenes::skip(
            "a disk that hangs takes the Debian package strace, and a system that lets it trace",
        );
    }
    let settings = stage.settings.clone();
    let set = tokio::spawn(async move {
        let value = tandem_contracts::wire::to_variant(Some(&tandem_units::Value::from("km")));
        settings.set("units.distance".to_owned(), value).await
    });
    // What was said before it hung is read, however much it is, and then nothing comes any more.
    ear.set_read_timeout(Some(PATIENCE * 10)).unwrap();
    let until = Instant::now() + LIMIT;
    let falls_silent = || loop {
        if ear.recv(&mut [0; 64]).is_err() {
            break true;
        }
        if Instant::now() > until {
            break false;
        }
    };
    assert!(tokio::task::block_in_place(falls_silent), "it is fed although nothing is written");
    assert!(!set.is_finished(), "the disk does not hang");
    assert!(stage.settings.list().await.is_ok(), "the process does not answer");
    holder.kill().unwrap();
    holder.wait().unwrap();
    set.abort();
}
