//! The power goes at any write. What the shipped service writes and when it waits for the disk is recorded by strace, and done again on a disk that loses its power
//! after each step of that. So what is proven is proven of our own order of writes and syncs, for every disk that keeps what it has synced.

use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use rustix::process::{Signal, kill_process};
use tandem_contracts::settings::Notice;
use tandem_scenes::{child_of, tied, within};
use tandem_settings::store::Kept;
use tandem_units::Value;

use crate::stage::{Dice, SERVICE, Stage, store, value};
use crate::trace::{CALLS, Disk, Fate, Step, steps};

const TURNS: u32 = 50;

/// `None`, and said so, where nobody can be traced.
async fn traced(stage: &mut Stage) -> Option<PathBuf> {
    let probe = std::process::Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        tandem_scenes::skip("cutting the power takes the Debian package strace, and a system that lets it trace");
        return None;
    }
    let trace = stage.folder.path().join("trace");
    let mut command = tied("strace");
    command.args(["-f", "-qq", "-y", "-xx", "-s", "1000000", "-e", &format!("trace={CALLS}"), "-o"]).arg(&trace);
    command.arg(SERVICE).arg("--without-a-car").arg("--state").arg(stage.state());
    stage.start_as(command).await;
    Some(trace)
}

/// Ends the service, and reads what it did. `there` are the files that lay in its folder before.
async fn done(mut stage: Stage, trace: &Path, there: &[&str]) -> Vec<Step> {
    let service = child_of(stage.pid().as_raw_nonzero().get().cast_unsigned()).unwrap();
    kill_process(service, Signal::TERM).unwrap();
    stage.gone().await;
    steps(&std::fs::read_to_string(trace).unwrap(), &stage.state(), there)
}

/// What the next start finds.
async fn opened(disk: &Disk, fate: Fate, dice: &mut Dice) -> (Kept, tempfile::TempDir) {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.unwrap();
    disk.cut(fate, dice, folder.path());
    let (opened, kept) = store(folder.path()).await;
    opened.close().await;
    (kept, folder)
}

/// The turn that followers are told of, if this is how they are told.
fn told(step: &Step) -> Option<u32> {
    let Step::Send(bytes) = step else { return None };
    let text = String::from_utf8_lossy(bytes);
    let (_, turn) = text.split_once("turn ").filter(|_| text.contains("Changed"))?;
    turn.split_once('.')?.0.parse().ok()
}

fn turn(kept: &Kept) -> u32 {
    let name = kept.rows.get("driver.name").map(String::as_str).unwrap_or("turn 0.");
    name.strip_prefix("turn ").unwrap().strip_suffix('.').unwrap().parse().unwrap()
}

async fn life() -> Option<Vec<Step>> {
    let mut stage = Stage::new().await;
    let trace = traced(&mut stage).await?;
    let mut changes = stage.settings.receive_changed().await.unwrap();
    for turn in 1..=TURNS {
        stage.set("driver.name", format!("turn {turn}.").as_str()).await.unwrap();
    }
    // An answer may come before the word to followers: the service is told to end once they have the last.
    let last = Value::from(format!("turn {TURNS}.").as_str());
    within("the last change", async {
        while changes.next().await.is_some_and(|change| value(&change.args().unwrap().value) != last) {}
    })
    .await;
    Some(done(stage, &trace, &[]).await)
}

#[tokio::test]
async fn whatever_was_told_survives_a_cut_at_any_write() {
    let Some(steps) = life().await else { return };
    let (mut dice, mut disk) = (Dice::new(7), Disk::new(&[]));
    let (mut known, mut cuts, mut ahead) = (0, 0, 0);
    for (place, step) in steps.iter().enumerate() {
        disk.does(step);
        if let Some(turn) = told(step) {
            assert_eq!(turn, known + 1, "each is told once");
            known = turn;
        }
        for fate in [Fate::Lost, Fate::Kept, Fate::Torn] {
            let (kept, _folder) = opened(&disk, fate, &mut dice).await;
            assert_eq!(kept.notice, Notice::default(), "{fate:?} at {place}: {step:?}");
            let turn = turn(&kept);
            assert!([known, known + 1].contains(&turn), "{fate:?} at {place}: {turn}, and {known} was told: {step:?}");
            ahead += u32::from(turn > known);
            cuts += 1;
        }
    }
    assert_eq!(known, TURNS);
    let writes = |file: &str| {
        let of = |step: &&Step| matches!(step, Step::Write { name, .. } if name == file);
        steps.iter().filter(of).count()
    };
    let (database, log) = (writes("settings.db"), writes("settings.db-wal"));
    assert!(database > 3 && log > 100 && cuts > 500, "{database} in the database, {log} in its log, {cuts} cuts");
    assert!(ahead > 0, "nothing was ever on the disk before it was told");
}

#[tokio::test]
async fn a_disk_that_lies_about_what_it_wrote_is_noticed_by_this_test() {
    let Some(steps) = life().await else { return };
    let (mut dice, mut disk) = (Dice::new(5), Disk::new(&[]));
    disk.lies = true;
    let (mut known, mut lost) = (0, 0);
    for step in &steps {
        disk.does(step);
        if let Some(told) = told(step) {
            known = told;
            let (kept, _folder) = opened(&disk, Fate::Torn, &mut dice).await;
            lost += u32::from(turn(&kept) < known);
        }
    }
    assert!(lost > TURNS / 2, "{lost} of {known} lost");
}

#[tokio::test]
async fn that_settings_were_set_aside_is_told_whenever_the_power_goes() {
    let mut stage = Stage::new().await;
    std::fs::create_dir(stage.state()).unwrap();
    let broken = b"no settings".repeat(700);
    std::fs::write(stage.database(), &broken).unwrap();
    let Some(trace) = traced(&mut stage).await else { return };
    let mut notices = stage.settings.receive_notice_changed().await.unwrap();
    // Until followers are told of this, nobody has dismissed anything.
    stage.set("display.theme", "day").await.unwrap();
    stage.settings.dismiss_notice().await.unwrap();
    within("the end of the notice", async {
        while notices.next().await.is_some_and(|it| it.args().unwrap().notice != Notice::default()) {}
    })
    .await;
    let steps = done(stage, &trace, &["settings.db"]).await;
    let (mut dice, mut disk) = (Dice::new(9), Disk::new(&[("settings.db", &broken)]));
    let (mut is_asked, mut is_dismissed) = (false, false);
    let mut seen_by = 0;
    for (place, step) in steps.iter().enumerate() {
        disk.does(step);
        if let Step::Send(bytes) = step {
            let text = String::from_utf8_lossy(bytes);
            is_asked |= text.contains("display.theme");
            is_dismissed |= text.contains("NoticeChanged");
        }
        for fate in [Fate::Lost, Fate::Kept, Fate::Torn] {
            let (kept, folder) = opened(&disk, fate, &mut dice).await;
            let aside = std::fs::read(folder.path().join("settings.aside-1.db")).unwrap();
            assert!(aside == broken, "{fate:?} at {place}: it is not what lay there: {step:?}");
            match kept.notice.kind.as_str() {
                "damaged" => assert!(!is_dismissed, "{fate:?} at {place}: told twice: {step:?}"),
                kind => assert!(is_asked && kind.is_empty(), "{fate:?} at {place}: not told: {step:?}"),
            }
            seen_by += u32::from(!kept.notice.kind.is_empty());
        }
    }
    assert!(is_dismissed && seen_by > 50, "{seen_by}");
}
