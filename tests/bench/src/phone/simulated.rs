//! With simulated phones on this machine.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;
use tandem_scenes::{binary, root, tied};

use super::car::{Car, until};
use super::{CLAIMS, song};
use crate::figure::Figure;
use crate::process::{Kept, cpu_time, proportional_set, quantile, resident_set};

/// Claims come so much later one after the other.
const STALE: Duration = Duration::from_millis(20);
const SETTLES: Duration = Duration::from_secs(3);
const WATCHED: Duration = Duration::from_secs(30);
/// Files each way.
const FILES: usize = 9;
const FILE_BYTES: usize = 8 << 20;
const PATIENCE: Duration = Duration::from_secs(60);

struct Phone {
    _process: Kept,
    orders: ChildStdin,
    events: Receiver<Value>,
}

impl Phone {
    /// At an address of its own beside the car, and paired with it.
    async fn paired(car: &Car, at: &str, arguments: &[&str]) -> Result<(Self, String)> {
        let mut phone = tied(binary("tandem-phone-sim"));
        phone.args(["--at", at, "--car", "127.0.0.1", "--json", "--name", at]).args(arguments);
        phone.arg("--state").arg(car.path(at)).env("TANDEM_PHONES", root().join("assets/phones"));
        let mut process = Kept(phone.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
        let orders = process.0.stdin.take().context("stdin")?;
        let lines = BufReader::new(process.0.stdout.take().context("stdout")?).lines();
        let (teller, events) = channel();
        std::thread::spawn(move || {
            for event in lines.map_while(Result::ok).filter_map(|line| serde_json::from_str(&line).ok()) {
                if teller.send(event).is_err() {
                    break;
                }
            }
        });
        let id = car.ask_to_pair().await?;
        car.confirm(&id).await?;
        Ok((Self { _process: process, orders, events }, id))
    }

    fn order(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.orders, "{line}")?)
    }

    /// The next event that is as wished.
    fn event(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let event = self.events.recv_timeout(PATIENCE).with_context(|| format!("{what} did not come"))?;
            if is_so(&event) {
                return Ok(event);
            }
        }
    }
}

pub async fn figures() -> Result<Vec<Figure>> {
    let mut figures = vec![position().await?];
    figures.extend(idle().await?);
    figures.extend(files().await?);
    Ok(figures)
}

/// Between the place at which the phone truly fell silent and the one at which the car was heard.
async fn position() -> Result<Figure> {
    let car = Car::start(&["--at", "127.0.0.1"]).await?;
    let story = car.path("song.toml");
    let length_ms = song::SECONDS * 1_000;
    let plan = format!(
        "[phone]\nname = \"Ann\"\n[[players]]\nname = \"Music\"\ntracks = [{{ title = \"{}\", length_ms = {length_ms} }}]\n",
        song::TITLE
    );
    std::fs::write(&story, plan)?;
    let (mut phone, _) = Phone::paired(&car, "127.0.0.2", &["--story", &story.display().to_string()]).await?;
    let mut off = Vec::with_capacity(CLAIMS);
    for claim in 0..CLAIMS {
        phone.order("position 10000")?;
        phone.order("play")?;
        // What it says of its place is as old as this by then.
        tokio::time::sleep(STALE * claim as u32).await;
        phone.events.try_iter().for_each(drop);
        let (_, from) = car.claim().await?;
        let is = |event: &Value, key: &str, word: &str| event.get(key).is_some_and(|value| value == word);
        let left = phone.event("the phone's silence", |event| {
            let is_silent = event.get("sounding").is_some_and(|sounding| sounding == false);
            is(event, "what", "player") && is(event, "by", "car") && is_silent
        })?;
        let left = left.get("position_ms").and_then(Value::as_f64).context("a position")? / 1e3;
        // Enough to tell a fade from the song.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let went_on = song::first_place(&car.heard.since(from)?)?;
        off.push((went_on - left).abs() * 1e3);
        car.release().await?;
    }
    let off = quantile(&mut off, 0.99).context("no claim")?;
    Ok(Figure::new("where the car goes on, off by, p99", off, "ms").at_most(250.0))
}

/// Two phones that do nothing, of both protocols.
async fn idle() -> Result<Vec<Figure>> {
    let car = Car::start(&["--at", "127.0.0.1"]).await?;
    let _one = Phone::paired(&car, "127.0.0.2", &[]).await?;
    let _other = Phone::paired(&car, "127.0.0.3", &["--protocol", "7"]).await?;
    tokio::time::sleep(SETTLES).await;
    let service = car.service();
    let (before, begun) = (cpu_time(service)?, Instant::now());
    tokio::time::sleep(WATCHED).await;
    let share = (cpu_time(service)? - before).as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(vec![
        Figure::new("phone link, two phones, idle, PSS", megabytes(proportional_set(service)?), "MB").at_most(20.0),
        Figure::new("phone link, two phones, idle, RSS", megabytes(resident_set(service)?), "MB"),
        Figure::new("phone link, two phones, idle, CPU", share, "% core").at_most(0.5),
    ])
}

/// From the order to send it until it is whole in its place on the other side.
async fn files() -> Result<Vec<Figure>> {
    let car = Car::start(&["--at", "127.0.0.1"]).await?;
    let (mut phone, id) = Phone::paired(&car, "127.0.0.2", &[]).await?;
    car.phones.grant(id.clone(), "files".into(), true).await?;
    let file = car.path("8 MiB.bin");
    let bytes: Vec<u8> = (0..FILE_BYTES as u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&file, bytes)?;
    let speed = |begun: Instant| FILE_BYTES as f64 / 1e6 / begun.elapsed().as_secs_f64();
    let (mut to_car, mut to_phone) = (Vec::new(), Vec::new());
    for count in 1..=FILES {
        let begun = Instant::now();
        phone.order(&format!("share-file {}", file.display()))?;
        until("the file in the car", async || (landed(&car.path("phones/files")) == count).then_some(())).await?;
        to_car.push(speed(begun));
        let begun = Instant::now();
        car.phones.send_file(id.clone(), file.display().to_string()).await?;
        phone.event("the file on the phone", |event| event.get("what").is_some_and(|what| what == "received"))?;
        to_phone.push(speed(begun));
    }
    let median = |speeds: &mut Vec<f64>| quantile(speeds, 0.5).context("no file");
    Ok(vec![
        Figure::new("8 MiB file, phone to car, p50", median(&mut to_car)?, "MB/s").at_least(50.0),
        Figure::new("8 MiB file, car to phone, p50", median(&mut to_phone)?, "MB/s").at_least(50.0),
    ])
}

/// Whole files in the folders of phones.
fn landed(folder: &Path) -> usize {
    let phones = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = phones.filter_map(|phone| std::fs::read_dir(phone.path()).ok()).flatten().flatten();
    files.filter(|file| !file.file_name().as_encoded_bytes().starts_with(b".")).count()
}
