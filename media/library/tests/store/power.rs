//! The power goes at any write.
//!
//! After each acknowledged change the files are copied. Between two of these the disk may hold any mixture of old and new sectors, but for the
//! barriers that SQLite sets: the log is on the disk before the database is touched, and the database before the log is begun anew.

use std::fs;
use std::path::Path;

use tandem_library::{Library, Opened, Parent, View, VolumeId};

use crate::cast::{song, stick};
use crate::made::{self, Dice};

const SECTOR: usize = 512;
const CHANGES: i64 = 40;

struct Disk {
    database: Vec<u8>,
    log: Vec<u8>,
}

impl Disk {
    fn copy(folder: &Path) -> Self {
        let read = |name| fs::read(folder.join(name)).unwrap_or_default();
        Self { database: read("library.db"), log: read("library.db-wal") }
    }

    /// What opens from this disk: how it opened, the position that was saved last, and the tracks.
    async fn opened(&self) -> (Opened, i64, u32) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("library.db"), &self.database).unwrap();
        fs::write(folder.path().join("library.db-wal"), &self.log).unwrap();
        let (library, opened) = Library::open(folder.path()).await.unwrap();
        let position = library.load_session().await.unwrap().map_or(-1, |session| session.position_us);
        let tracks = library.page(View::Tracks, &Parent::All, 0, 1_000).await.unwrap();
        assert_eq!(tracks.rows.len(), 1_000.min(tracks.total as usize));
        (opened, position, tracks.total)
    }
}

/// Each sector that differs is old or new, and so is the length.
fn mixture(old: &[u8], new: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut mixed = if new.len() < old.len() && dice.throw(2) == 0 { old.to_vec() } else { new.to_vec() };
    for (at, sector) in mixed.chunks_mut(SECTOR).enumerate() {
        let from = if dice.throw(2) == 0 { old } else { new };
        let start = at * SECTOR;
        match from.get(start..start + sector.len()) {
            Some(bytes) => sector.copy_from_slice(bytes),
            // Never written: a file that grew has holes.
            None if from.len() <= start => sector.fill(0),
            None => {}
        }
    }
    if dice.throw(3) == 0 && mixed.len() > old.len() {
        let grown = (mixed.len() - old.len()) / SECTOR;
        mixed.truncate(old.len() + dice.throw(grown + 1) * SECTOR);
    }
    mixed
}

/// Changes a library step by step; the disk after each acknowledgement, and what was acknowledged: the position and the tracks.
async fn life() -> Vec<(Disk, (i64, u32))> {
    let folder = tempfile::tempdir().unwrap();
    let (library, _) = Library::open(folder.path()).await.unwrap();
    library.attach(&stick(folder.path())).await.unwrap();
    let session = tandem_library::Session {
        entries: Vec::new(),
        order: Vec::new(),
        current: Some(1),
        position_us: 0,
        playing: true,
        shuffle: false,
        repeat: Default::default(),
        volume: 1.0,
        gain: Default::default(),
        rate: 1.0,
    };
    library.save_session(&session).await.unwrap();
    let mut writer = library.begin_scan(&VolumeId("uuid-1".into())).await.unwrap();
    let mut tracks = 0;
    let mut disks = vec![(Disk::copy(folder.path()), (0, 0))];
    for change in 1..=CHANGES {
        // A big one now and then, so that the log is written back and begun anew.
        let files = match change % 5 {
            0 => made::files(40 * change as usize).split_off(40 * (change as usize - 5)),
            _ => vec![song(&format!("{change}.mp3"), "One", "B", "C")],
        };
        tracks += files.len() as u32;
        writer.put(files).await.unwrap();
        disks.push((Disk::copy(folder.path()), (change - 1, tracks)));
        library.save_position(1, change).await.unwrap();
        disks.push((Disk::copy(folder.path()), (change, tracks)));
    }
    disks
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_cut_at_any_write() {
    let disks = life().await;
    let mut dice = Dice::new(11);
    let (mut written_back, mut begun_anew) = (0, 0);
    for (step, ((old, had), (new, has))) in disks.iter().zip(disks.iter().skip(1)).enumerate() {
        begun_anew += u32::from(old.log.get(..32) != new.log.get(..32));
        for _ in 0..2 {
            let log = mixture(&old.log, &new.log, &mut dice);
            let (opened, position, tracks) = Disk { database: old.database.clone(), log }.opened().await;
            assert_eq!(opened, Opened::Clean, "after step {step}");
            assert!([*had, *has].contains(&(position, tracks)), "after step {step}: {position}, {tracks}");
        }
        if old.database != new.database {
            written_back += 1;
            for _ in 0..3 {
                let database = mixture(&old.database, &new.database, &mut dice);
                let (opened, position, tracks) = Disk { database, log: new.log.clone() }.opened().await;
                assert_eq!(
                    (opened, position, tracks),
                    (Opened::Clean, has.0, has.1),
                    "while step {step} was written back"
                );
            }
        }
    }
    assert!(
        written_back > 0 && begun_anew > 0,
        "the log was written back {written_back} times and begun anew {begun_anew} times"
    );
}

#[tokio::test]
async fn a_disk_that_lies_about_what_it_wrote_is_noticed_by_this_test() {
    let disks = life().await;
    let mut dice = Dice::new(5);
    let mut lost = 0;
    for ((old, _), (new, has)) in disks.iter().zip(disks.iter().skip(1)) {
        let log = mixture(&old.log, &new.log, &mut dice);
        let (_, position, tracks) = Disk { database: old.database.clone(), log }.opened().await;
        lost += u32::from((position, tracks) != *has);
    }
    assert!(lost > 5, "{lost} changes lost");
}
