use std::fs;

use tandem_units::Value;

use super::*;

fn odometer(metres: i64) -> LastValues {
    vec![("Vehicle.TraveledDistance".to_owned(), Value::Int(metres))]
}

fn file(folder: &Path) -> PathBuf {
    folder.join(last_values::file_name("Demo"))
}

/// Writes these one after the other and ends; what is known then.
fn keeps(folder: &Path, all: &[LastValues], rest: Option<LastValues>) -> LastValues {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (keeper, _) = Keeper::open(folder, "Demo").unwrap();
    all.iter().for_each(|values| keeper.keep(values.clone()));
    runtime.block_on(keeper.end(rest));
    known(folder)
}

fn known(folder: &Path) -> LastValues {
    Keeper::open(folder, "Demo").unwrap().1
}

#[test]
fn the_newest_is_there_when_the_end_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    assert_eq!(known(&state), [], "there was nothing yet");
    assert_eq!(keeps(&state, &[odometer(1), odometer(2)], None), odometer(2));
    assert_eq!(keeps(&state, &[odometer(3)], Some(odometer(4))), odometer(4));
    assert_eq!(keeps(&state, &[], None), odometer(4));
}

#[test]
fn what_is_not_taken_is_set_aside_and_the_next_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (file, aside) = (file(folder.path()), file(folder.path()).with_extension("unfit"));
    let whole = last_values::encode("Demo", &odometer(1));
    let other = last_values::encode("Other", &odometer(1));
    for bytes in [&[][..], &whole[..20], b"\0\xFF", &other, &vec![b' '; LARGEST + 1]] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(known(folder.path()), []);
        assert!(fs::read(&aside).unwrap() == bytes && !file.exists());
        assert_eq!(keeps(folder.path(), &[odometer(5)], None), odometer(5));
    }
}

#[test]
fn what_the_disk_did_not_take_is_offered_to_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::write(&state, "").unwrap();
    let (keeper, _) = Keeper::with_patience(&state, "Demo", Duration::from_millis(5)).unwrap();
    keeper.keep(odometer(1));
    while keeper.desk.tray().newest.is_some() {
        std::thread::yield_now();
    }
    fs::remove_file(&state).unwrap();
    // Nobody says anything new.
    while !file(&state).exists() {
        std::thread::yield_now();
    }
    assert_eq!(known(&state), odometer(1));
}

#[test]
fn what_is_no_file_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(folder.path());
    rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(known(folder.path()), []);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(keeps(folder.path(), &[odometer(1)], None), []);
    assert!(file.is_dir());
}

#[test]
fn a_disk_that_takes_nothing_is_no_end_and_what_failed_is_tried_again_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be stands for a disk that cannot be written.
    let state = folder.path().join("state");
    fs::write(&state, "").unwrap();
    let mut file = StateFile { path: file(&state), car: "Demo".into(), failed: None };
    file.write(odometer(1));
    file.write(odometer(2));
    assert_eq!(file.failed, Some(odometer(2)));
    fs::remove_file(&state).unwrap();
    file.write_what_failed();
    assert_eq!((file.failed, known(&state)), (None, odometer(2)));
}
