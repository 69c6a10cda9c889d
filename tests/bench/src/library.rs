//! The library: how fast it fills, beside mpd with the same files in the same run, and how fast it answers.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use tandem_library::{Library, Parent, ScanState, Stop, View, Volume, VolumeId, VolumeKind, scan};
use tandem_scenes::tagged::Seeds;

use crate::crowd::{self, CROWD, title};
use crate::figure::Figure;
use crate::process::{Kept, quantile};

/// As many as mpd takes in the same run.
const FEW: usize = 2_000;
const MANY: usize = 20_000;
const MPD_PATIENCE: Duration = Duration::from_secs(60);

pub fn figures() -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let scraps = tempfile::tempdir()?;
    let seeds = Seeds::encode(scraps.path()).map_err(|error| anyhow!("{error}"))?;
    let few = scraps.path().join("few");
    let many = scraps.path().join("many");
    for (folder, count) in [(&few, FEW), (&many, MANY)] {
        seeds.write(folder, count, None).map_err(|error| anyhow!("{error}"))?;
    }
    // Turns about, so that neither always finds the files warm; the best of three of each.
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for turn in 0..3 {
        ours.push(runtime.block_on(first_scan(&few, &scraps.path().join(format!("few-{turn}")), FEW))?);
        theirs.push(mpd(&few, &scraps.path().join(format!("mpd-{turn}")))?);
    }
    let best = |times: &mut Vec<f64>| quantile(times, 0.0).context("nothing was measured");
    let (ours, theirs) = (best(&mut ours)?, best(&mut theirs)?);
    let state = scraps.path().join("many-state");
    let filled = runtime.block_on(first_scan(&many, &state, MANY))?;
    let again = runtime.block_on(first_scan(&many, &state, MANY))?;
    let mut figures = vec![
        Figure::new(format!("{FEW} files indexed"), FEW as f64 / ours, "files/s")
            .at_least(2.0 * FEW as f64 / theirs)
            .against("mpd", FEW as f64 / theirs),
        Figure::new(format!("{MANY} files indexed"), filled, "s").at_most(10.0),
        Figure::new(format!("{MANY} files, none changed"), again, "s").at_most(1.0),
    ];
    figures.extend(runtime.block_on(answers(&scraps.path().join("crowd")))?);
    Ok(figures)
}

/// Scans a folder into the library at a place, seconds.
async fn first_scan(music: &Path, state: &Path, count: usize) -> Result<f64> {
    let (library, _) = Library::open(state).await?;
    let volume = Volume {
        id: VolumeId("bench".to_owned()),
        kind: VolumeKind::Local,
        name: "Bench".to_owned(),
        root: music.to_path_buf(),
    };
    let begun = Instant::now();
    library.attach(&volume).await?;
    let progress = scan(&library, &volume, &Stop::new(), |_| ()).await?;
    let time = begun.elapsed().as_secs_f64();
    ensure!(progress.state == ScanState::Done && progress.done as usize == count, "{progress:?}");
    let rows = library.page(View::Tracks, &Parent::All, 0, 1).await?.total;
    ensure!(rows as usize == count, "{rows} rows of {count} files");
    library.close().await?;
    Ok(time)
}

/// The update of an mpd that has just started, seconds, as its own protocol tells the end of it.
fn mpd(music: &Path, state: &Path) -> Result<f64> {
    let shelf = state.join("music");
    std::fs::create_dir_all(&shelf)?;
    let socket = state.join("socket");
    let configuration = state.join("mpd.conf");
    std::fs::write(
        &configuration,
        format!(
            "music_directory \"{}\"\ndb_file \"{}\"\nbind_to_address \"{}\"\nlog_file \"{}\"\nauto_update \"no\"\n\
             audio_output {{\n type \"null\"\n name \"none\"\n}}\n",
            shelf.display(),
            state.join("db").display(),
            socket.display(),
            state.join("log").display()
        ),
    )?;
    let _mpd = Kept(
        Command::new("mpd")
            .arg("--no-daemon")
            .arg(&configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("mpd is not installed")?,
    );
    let begun = Instant::now();
    let stream = loop {
        match UnixStream::connect(&socket) {
            Ok(stream) => break stream,
            Err(error) if begun.elapsed() > MPD_PATIENCE => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    stream.set_read_timeout(Some(MPD_PATIENCE))?;
    let mut says = BufReader::new(stream.try_clone()?).lines();
    let mut tell = stream;
    says.next().context("mpd greets")??;
    let until_ok = |says: &mut dyn Iterator<Item = std::io::Result<String>>| -> Result<Vec<String>> {
        let mut answer = Vec::new();
        for line in says {
            let line = line?;
            ensure!(!line.starts_with("ACK"), "{line}");
            if line == "OK" {
                return Ok(answer);
            }
            answer.push(line);
        }
        Err(anyhow!("mpd ended"))
    };
    let wait = |tell: &mut UnixStream, says: &mut dyn Iterator<Item = std::io::Result<String>>| -> Result<()> {
        loop {
            writeln!(tell, "status")?;
            if !until_ok(says)?.iter().any(|line| line.starts_with("updating_db")) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    };
    // It looks through its empty folder of its own accord first.
    wait(&mut tell, &mut says)?;
    let place = shelf.join("few");
    std::fs::rename(music, &place)?;
    let begun = Instant::now();
    writeln!(tell, "update")?;
    until_ok(&mut says)?;
    wait(&mut tell, &mut says)?;
    let time = begun.elapsed().as_secs_f64();
    std::fs::rename(&place, music)?;
    writeln!(tell, "stats")?;
    let songs = until_ok(&mut says)?.iter().find_map(|line| line.strip_prefix("songs: ")?.parse::<usize>().ok());
    ensure!(songs == Some(FEW), "mpd knows {songs:?} songs");
    Ok(time)
}

/// Searching and scrolling among a hundred thousand.
async fn answers(state: &Path) -> Result<Vec<Figure>> {
    let (library, _) = Library::open(state).await?;
    let volume = Volume {
        id: VolumeId("crowd".to_owned()),
        kind: VolumeKind::Usb,
        name: "Crowd".to_owned(),
        root: state.to_path_buf(),
    };
    crowd::fill(&library, &volume, |_| (1, 1)).await?;
    let mut searches = Vec::new();
    let mut fewest = usize::MAX;
    for number in (0..CROWD).step_by(501) {
        let whole = title(number);
        let words: Vec<&str> = whole.split(' ').collect();
        let short = |word: &str, count: usize| word.chars().take(count).collect::<String>();
        let first = words.first().copied().unwrap_or_default();
        let last = words.last().copied().unwrap_or_default();
        for text in [short(first, 3), short(last, 2), format!("{} {}", short(last, 3), short(first, 4)), whole.clone()]
        {
            let begun = Instant::now();
            let found = library.search(&text, 50).await?;
            searches.push(begun.elapsed().as_secs_f64() * 1e3);
            fewest = fewest.min(found.len());
        }
    }
    ensure!(fewest > 0, "a search found nothing of what is there");
    let mut pages = Vec::new();
    for offset in (0..CROWD as u32).step_by(997) {
        let begun = Instant::now();
        let page = library.page(View::Tracks, &Parent::All, offset, 100).await?;
        pages.push(begun.elapsed().as_secs_f64() * 1e3);
        ensure!(page.total as usize == CROWD, "{} rows", page.total);
    }
    library.close().await?;
    let at = |times: &mut Vec<f64>, share| quantile(times, share).context("nothing was measured");
    Ok(vec![
        Figure::new("search among 100,000, p50", at(&mut searches, 0.5)?, "ms"),
        Figure::new("search among 100,000, p99", at(&mut searches, 0.99)?, "ms").at_most(10.0),
        Figure::new("page of 100 among 100,000, p99", at(&mut pages, 0.99)?, "ms"),
    ])
}
