//! How long the library takes: `cargo run --example measure -- 100000`.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

#[path = "../tests/store/made.rs"]
mod made;

use std::error::Error;
use std::time::{Duration, Instant};

use tandem_library::{Library, Parent, View, Volume, VolumeId, VolumeKind, Wanted};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let folder = match std::env::args().nth(2) {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let (library, _) = Library::open(folder.path()).await?;
    let volume = Volume {
        id: VolumeId("made".into()),
        kind: VolumeKind::Local,
        name: "Made".into(),
        root: folder.path().to_owned(),
    };
    library.attach(&volume).await?;
    let files = made::files(count);

    let began = Instant::now();
    let mut scan = library.begin_scan(&volume.id).await?;
    for batch in files.chunks(500) {
        scan.put(batch.to_vec()).await?;
    }
    scan.finish().await?;
    let took = began.elapsed();
    println!("{count} files written in {took:.2?}, {:.0} a second", count as f64 / took.as_secs_f64());
    for name in ["library.db", "library.db-wal"] {
        println!("{name}: {} kB", std::fs::metadata(folder.path().join(name)).map_or(0, |file| file.len() / 1024));
    }

    let began = Instant::now();
    let scan = library.begin_scan(&volume.id).await?;
    println!("known {} files in {:.2?}", scan.known().len(), began.elapsed());
    scan.finish().await?;

    for view in [View::Tracks, View::Albums, View::Artists, View::Folders] {
        let began = Instant::now();
        let first = library.page(view, &Parent::All, 0, 100).await?;
        let first_took = began.elapsed();
        let mut times = Vec::new();
        for at in 0..50 {
            let offset = first.total.saturating_sub(100) / 50 * (at + 1);
            let began = Instant::now();
            library.page(view, &Parent::All, offset, 100).await?;
            times.push(began.elapsed());
        }
        println!("page of {} {}: first {first_took:.2?}, then {}", first.total, view.word(), told(&mut times));
    }

    let mut dice = made::Dice::new(99);
    let mut questions: Vec<String> = Vec::new();
    for word in 0..100 {
        questions.push(made::latin(&mut dice, 1 + word % 3));
        questions.push(made::han(&mut dice, 1 + word % 3));
        let whole = made::latin(&mut dice, 2);
        questions.push(whole.chars().take(1 + word % 6).collect());
    }
    questions.extend(
        [
            "a",
            "q",
            "qt",
            "qlx",
            "qi",
            "qilixiang",
            "xiao",
            "zh",
            "1",
            "12",
            "love ro",
            "a b",
            "e",
            "的",
            "th",
            "the",
            "s t r",
        ]
        .map(String::from),
    );
    let mut times = Vec::new();
    // What other programs take of the machine is not ours.
    let mut spent = Vec::new();
    let mut slow: Vec<(Duration, String, usize)> = Vec::new();
    for question in questions {
        let began = Instant::now();
        let before = cpu();
        let found = library.search(&question, 50).await?;
        spent.push(cpu().saturating_sub(before));
        times.push(began.elapsed());
        slow.push((began.elapsed(), question, found.len()));
    }
    println!("search: {}", told(&mut times));
    println!("search, CPU time: {}", told(&mut spent));
    slow.sort();
    for (took, question, found) in slow.iter().rev().take(12) {
        println!("  {took:.2?} {question:?}: {found}");
    }

    let mut times = Vec::new();
    let mut same = 0;
    for file in files.iter().step_by(count / 200 + 1) {
        let Ok(tags) = &file.tags else { continue };
        let wanted = Wanted {
            title: tags.title.clone(),
            artist: tags.artists.join(", "),
            album: tags.album.clone(),
            length_us: tags.length_us,
            url: String::new(),
        };
        let began = Instant::now();
        let found = library.resolve(&wanted).await?;
        times.push(began.elapsed());
        same += usize::from(found.first().is_some_and(|found| found.score >= 0.8));
        let began = Instant::now();
        library.resolve(&Wanted { title: format!("{} nowhere", tags.title), ..wanted }).await?;
        times.push(began.elapsed());
    }
    println!("resolve: {}; {same} found", told(&mut times));
    let began = Instant::now();
    library.close().await?;
    println!("closed in {:.2?}", began.elapsed());
    let began = Instant::now();
    let (_library, opened) = Library::open(folder.path()).await?;
    println!("opened {opened:?} in {:.2?}", began.elapsed());
    Ok(())
}

fn told(times: &mut [Duration]) -> String {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    format!("p50 {:.2?}, p99 {:.2?}, most {:.2?}", at(50), at(99), at(100))
}

fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
