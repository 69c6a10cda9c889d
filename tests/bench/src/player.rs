//! The player: how soon a song sounds, whether two joined ones stay joined, and what it costs while it plays.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Pid;
use tandem_contracts::media::{self, Item, Media1Proxy};
use tandem_contracts::mpris::PlayerProxy;
use tandem_music::wave;
use tandem_player::protocol::{Event, Order, Track};
use tandem_scenes::{Daemon, binary, child_of, root};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zbus::proxy::CacheProperties;

use crate::figure::Figure;
use crate::process::{Kept, cpu_time, proportional_set, quantile};

/// Songs begun, one after another.
const STARTS: usize = 60;
const WATCHED: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(30);
const RATE: usize = 44_100;

pub fn figures() -> Result<Vec<Figure>> {
    let mut figures = gapless()?;
    figures.extend(service()?);
    Ok(figures)
}

/// One tone, cut in mid-wave into two files and played as two songs: samples that are missing or too many.
fn gapless() -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let halves = [folder.path().join("a.wav"), folder.path().join("b.wav")];
    let frames = 2 * RATE;
    for (half, path) in halves.iter().enumerate() {
        std::fs::write(path, tone(half * frames, frames))?;
    }
    let encoders: [(&str, &[&str]); 3] =
        [("wav", &[]), ("flac", &["flac", "--silent", "-f", "-o"]), ("ogg", &["oggenc", "--quiet", "-q", "6", "-o"])];
    encoders
        .iter()
        .map(|(kind, encoder)| {
            let songs: Vec<PathBuf> = halves.iter().map(|half| half.with_extension(kind)).collect();
            if let [program, options @ ..] = encoder {
                for (song, half) in songs.iter().zip(&halves) {
                    let done =
                        Command::new(program).args(options).arg(song).arg(half).stderr(Stdio::null()).status()?;
                    anyhow::ensure!(done.success(), "{program} ended with {done}");
                }
            }
            let heard = played(&songs, &folder.path().join("heard.raw"))?;
            let off = heard.abs_diff(2 * frames) as f64;
            Ok(Figure::new(format!("gapless {kind}, samples off of {}", 2 * frames), off, "samples").at_most(0.0))
        })
        .collect()
}

/// A player that is spoken to as the service does.
struct Player {
    child: Child,
    orders: ChildStdin,
    events: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Player {
    fn start(sink: &str) -> Result<Self> {
        let mut child = Command::new(binary("tandem-player"))
            .args(["--sink", sink])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let orders = child.stdin.take().context("stdin")?;
        let events = BufReader::new(child.stdout.take().context("stdout")?).lines();
        Ok(Self { child, orders, events })
    }

    fn order(&mut self, order: &Order) -> Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        Ok(self.orders.write_all(&line)?)
    }

    fn next(&mut self) -> Result<Event> {
        Ok(serde_json::from_str(&self.events.next().context("the player ended")??)?)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sample frames that the sink got of these songs, played without a gap.
fn played(songs: &[PathBuf], record: &Path) -> Result<usize> {
    let track = |place: usize| {
        songs.get(place).map(|song| Track { id: place as u64 + 1, uri: format!("file://{}", song.display()) })
    };
    let mut player = Player::start(&format!("record-fast:{}", record.display()))?;
    player.order(&Order::Load { track: track(0).context("no songs")?, position_us: 0, playing: true })?;
    loop {
        match player.next()? {
            Event::WantsNext { id } => {
                let follow = Order::Follow { after: id, track: track(usize::try_from(id)?) };
                player.order(&follow)?;
            }
            Event::Ended { .. } => break,
            Event::Failed { sentence, .. } => bail!("{sentence}"),
            _ => {}
        }
    }
    drop(player);
    Ok(usize::try_from(std::fs::metadata(record)?.len())? / 4)
}

/// A WAV file of a stereo tone of 440 Hz, from a sample frame on.
fn tone(from: usize, frames: usize) -> Vec<u8> {
    let tone = wave::tone(RATE as u32, from as u32..(from + frames) as u32);
    wave::file(RATE as u32, 2, tone.flat_map(|sample| [sample, sample]))
}

/// The service and its player, over our own six pieces.
struct Service {
    process: Kept,
    daemon: Daemon,
    folder: TempDir,
    runtime: Runtime,
}

impl Service {
    /// `sink` is made of the place for scraps.
    fn start(sink: impl FnOnce(&Path) -> String) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let daemon = Daemon::start();
        let process = Command::new(binary("tandem-media"))
            .args(["--without-a-car", "--sink", &sink(folder.path()), "--state"])
            .arg(folder.path().join("state"))
            .arg("--music")
            .arg(root().join("assets/music"))
            .env("TANDEM_BUS", daemon.address())
            .env("TANDEM_LOG", "warn")
            .stdin(Stdio::null())
            .spawn()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { process: Kept(process), daemon, folder, runtime })
    }

    /// The interfaces, once all six are known.
    async fn media(&self) -> Result<(Media1Proxy<'static>, PlayerProxy<'static>, Vec<Item>)> {
        let connection = self.daemon.builder().build().await?;
        let media = Media1Proxy::builder(&connection).cache_properties(CacheProperties::No).build().await?;
        let player = PlayerProxy::builder(&connection)
            .destination("org.mpris.MediaPlayer2.tandem")
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let begun = Instant::now();
        loop {
            match media.page("tracks".into(), String::new(), 0, media::MAX_ROWS).await {
                Ok(page) if page.rows.len() >= 6 => return Ok((media, player, page.rows)),
                other => ensure!(begun.elapsed() < PATIENCE, "the six pieces are not found: {other:?}"),
            }
            // The service is starting, or reading its first folder.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn service() -> Result<Vec<Figure>> {
    let mut figures = starts()?;
    figures.extend(cost()?);
    Ok(figures)
}

/// From the call of `Play` to the first bytes at the sink, which writes what it gets to a file at the pace of a sound card.
fn starts() -> Result<Vec<Figure>> {
    let service = Service::start(|folder| format!("record:{}", folder.join("heard.raw").display()))?;
    let heard = service.folder.path().join("heard.raw");
    let length = || std::fs::metadata(&heard).map_or(0, |file| file.len());
    let mut times = service.runtime.block_on(async {
        let (media, player, songs) = service.media().await?;
        let mut times = Vec::with_capacity(STARTS);
        for song in songs.iter().cycle().take(STARTS) {
            player.stop().await?;
            // What was on its way to the sink has arrived.
            tokio::time::sleep(Duration::from_millis(150)).await;
            let (before, begun) = (length(), Instant::now());
            media.play(song.id.clone(), 0).await?;
            while length() == before {
                ensure!(begun.elapsed() < PATIENCE, "the song does not begin");
                std::thread::sleep(Duration::from_micros(200));
            }
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        anyhow::Ok(times)
    })?;
    let at = |times: &mut Vec<f64>, share| quantile(times, share).context("no song began");
    Ok(vec![
        Figure::new("play to first sample, p50", at(&mut times, 0.5)?, "ms"),
        Figure::new("play to first sample, p99", at(&mut times, 0.99)?, "ms").at_most(150.0),
    ])
}

/// What the service and its player take while Ogg Vorbis plays.
fn cost() -> Result<Vec<Figure>> {
    let service = Service::start(|_| "null".to_owned())?;
    service.runtime.block_on(async {
        let (media, _, songs) = service.media().await?;
        let longest = songs.iter().max_by_key(|song| song.length_us).context("no songs")?;
        media.play(longest.id.clone(), 0).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        anyhow::Ok(())
    })?;
    let player = child_of(service.process.0.id()).context("the service has no player")?;
    let media = Pid::from_child(&service.process.0);
    let used = || -> Result<Duration> { Ok(cpu_time(media)? + cpu_time(player)?) };
    let (before, begun) = (used()?, Instant::now());
    std::thread::sleep(WATCHED);
    let share = (used()? - before).as_secs_f64() / begun.elapsed().as_secs_f64() * 100.0;
    let memory = (proportional_set(media)? + proportional_set(player)?) as f64 / 1e6;
    Ok(vec![
        Figure::new("media and player while playing, PSS", memory, "MB").at_most(60.0),
        Figure::new("media and player while playing, CPU", share, "% core").at_most(3.0),
    ])
}
