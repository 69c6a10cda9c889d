//! A volume comes into the library: in order, in batches, again, cut short, and with everything that a stick can hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use tandem_library::{
    Covers, Item, Library, Opened, Parent, Progress, ScanError, ScanState, Stop, View, Volume, VolumeId, VolumeKind,
    covers, scan,
};
use tandem_scenes::tagged::{self, Seeds};
use tempfile::TempDir;

struct Car {
    folder: TempDir,
    library: Library,
    stick: Volume,
}

impl Car {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("stick");
        fs::create_dir(&root).unwrap();
        let (library, opened) = Library::open(&folder.path().join("state")).await.unwrap();
        assert_eq!(opened, Opened::New);
        let stick = Volume {
            id: VolumeId(String::from("1234-ABCD")),
            kind: VolumeKind::Usb,
            name: String::from("STICK"),
            root,
        };
        library.attach(&stick).await.unwrap();
        Self { folder, library, stick }
    }

    fn put(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.stick.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    async fn scan(&self) -> Result<Progress, ScanError> {
        scan(&self.library, &self.stick, &Stop::new(), |_| {}).await
    }

    async fn covers(&self) -> Covers {
        covers(&self.library, &self.stick, &Stop::new()).await.unwrap()
    }

    async fn rows(&self, view: View) -> Vec<Item> {
        self.library.page(view, &Parent::All, 0, 1_000).await.unwrap().rows
    }

    async fn tracks(&self) -> u32 {
        self.library.volumes().await.unwrap()[0].tracks
    }

    fn music(&self, count: usize) {
        Seeds::encode(self.folder.path()).unwrap().write(&self.stick.root, count, None).unwrap();
    }
}

fn wav() -> Vec<u8> {
    tagged::wav(50)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_fills_the_library_the_first_files_first() {
    let car = Car::new().await;
    car.music(1_100);
    for song in ["a.wav", "b.wav", "z.wav"] {
        car.put(song, wav());
    }
    let told = Mutex::new(Vec::new());
    let done =
        scan(&car.library, &car.stick, &Stop::new(), |progress| told.lock().unwrap().push(progress)).await.unwrap();
    assert_eq!((done.state, done.found, done.done, done.unreadable), (ScanState::Done, 1_103, 1_103, 0));
    assert_eq!(car.tracks().await, 1_103);
    let told = told.into_inner().unwrap();
    let steps: Vec<u32> = told.iter().map(|progress| progress.done).collect();
    assert_eq!(steps[..2], [0, 20], "{steps:?}");
    assert!(steps.is_sorted() && steps.len() < 10, "{steps:?}");
    assert_eq!(told.last(), Some(&done));
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_files_are_not_read_again() {
    let car = Car::new().await;
    car.music(60);
    car.scan().await.unwrap();
    let before = car.library.generation();
    // With the same size and time, nobody looks into it.
    let song = car.stick.root.join("Artist 0000/Album 00000/01 song.flac");
    let time = fs::metadata(&song).unwrap().modified().unwrap();
    let length = fs::metadata(&song).unwrap().len();
    fs::write(&song, vec![0; usize::try_from(length).unwrap()]).unwrap();
    fs::File::options().append(true).open(&song).unwrap().set_modified(time).unwrap();
    let again = car.scan().await.unwrap();
    assert_eq!((again.found, again.done, again.unreadable), (60, 60, 0));
    // With another time, it is read, and kept with the reason why it does not play.
    fs::File::options()
        .append(true)
        .open(&song)
        .unwrap()
        .set_modified(time + std::time::Duration::from_secs(1))
        .unwrap();
    let changed = car.scan().await.unwrap();
    assert_eq!((changed.found, changed.done, changed.unreadable), (60, 60, 1));
    assert_eq!(car.tracks().await, 60);
    assert!(car.library.generation() > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_goes_after_a_whole_walk_only() {
    let car = Car::new().await;
    for song in ["a/1.wav", "a/2.wav", "b/3.wav"] {
        car.put(song, wav());
    }
    car.scan().await.unwrap();
    fs::remove_file(car.stick.root.join("a/1.wav")).unwrap();
    car.put("b/new.wav", wav());
    let stop = Stop::new();
    stop.stop();
    assert!(matches!(scan(&car.library, &car.stick, &stop, |_| {}).await, Err(ScanError::Stopped)));
    assert_eq!(car.tracks().await, 3);
    car.scan().await.unwrap();
    assert_eq!(car.tracks().await, 3, "one went, one came");
    // An unmounted stick leaves an empty folder behind.
    fs::rename(&car.stick.root, car.folder.path().join("pulled")).unwrap();
    fs::create_dir(&car.stick.root).unwrap();
    assert_eq!(car.scan().await.unwrap().found, 0);
    assert_eq!(car.tracks().await, 3);
    fs::remove_dir(&car.stick.root).unwrap();
    assert!(matches!(car.scan().await, Err(ScanError::Root(_))));
    assert_eq!(car.tracks().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_pulled_in_mid_scan_loses_nothing() {
    let car = Car::new().await;
    car.music(600);
    car.scan().await.unwrap();
    car.put("new/one.wav", wav());
    for song in ["01 song.flac", "02 song.mp3"] {
        fs::remove_file(car.stick.root.join("Artist 0000/Album 00000").join(song)).unwrap();
    }
    // It goes as soon as the scan says that it began.
    let pulled = car.folder.path().join("pulled");
    let stop = Stop::new();
    let ended = scan(&car.library, &car.stick, &stop, |_| {
        if !pulled.exists() {
            fs::rename(&car.stick.root, &pulled).unwrap();
            fs::create_dir(&car.stick.root).unwrap();
        }
    });
    assert!(matches!(ended.await, Err(ScanError::Gone)));
    assert_eq!(car.tracks().await, 600);
    fs::remove_dir(&car.stick.root).unwrap();
    fs::rename(&pulled, &car.stick.root).unwrap();
    car.scan().await.unwrap();
    assert_eq!(car.tracks().await, 599);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_that_is_stopped_keeps_what_it_wrote() {
    let car = Car::new().await;
    car.music(1_200);
    let stop = Stop::new();
    let ended = scan(&car.library, &car.stick, &stop, |progress| {
        if progress.done > 0 {
            stop.stop();
        }
    });
    assert!(matches!(ended.await, Err(ScanError::Stopped)));
    assert_eq!(car.tracks().await, 20);
    let done = car.scan().await.unwrap();
    assert_eq!((done.found, done.done), (1_200, 1_200));
    assert_eq!(car.tracks().await, 1_200);
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_sticks_come_in_whole() {
    use std::os::unix::ffi::OsStrExt;
    let car = Car::new().await;
    let latin = Path::new(std::ffi::OsStr::from_bytes(b"Bj\xF6rk")).to_owned();
    fs::create_dir(car.stick.root.join(&latin)).unwrap();
    fs::write(car.stick.root.join(&latin).join(std::ffi::OsStr::from_bytes(b"J\xF3ga.wav")), wav()).unwrap();
    car.put("100%41.wav", wav());
    car.put("empty.mp3", "");
    car.put("text.flac", "no music at all");
    car.put("list.m3u", "#EXTM3U\r\n100%41.wav\r\nlist.m3u\r\n../../etc/passwd\r\nBj\u{f6}rk/none.wav\r\n");
    std::os::unix::fs::symlink(".", car.stick.root.join("loop")).unwrap();
    let done = car.scan().await.unwrap();
    assert_eq!((done.found, done.done, done.unreadable, done.reason.as_str()), (4, 4, 2, ""));
    let rows = car.rows(View::Tracks).await;
    let told: Vec<(&str, &str)> = rows.iter().map(|item| (item.title.as_str(), item.reason.as_str())).collect();
    let latin = "J\u{fffd}ga";
    for expected in [("100%41", ""), (latin, ""), ("empty", "The file is empty")] {
        assert!(told.contains(&expected), "{told:?}");
    }
    // A name of any bytes is a file that the player can open.
    let uri = rows.iter().find(|item| item.title == latin).unwrap().uri.clone().unwrap();
    assert!(uri.ends_with("/Bj%F6rk/J%F3ga.wav"), "{uri}");
    assert!(url::Url::parse(&uri).unwrap().to_file_path().unwrap().is_file());
    let lists = car.rows(View::Playlists).await;
    assert_eq!(lists.len(), 1);
    let played = car.library.contents(lists[0].id).await.unwrap();
    assert_eq!(
        car.library.items(&played).await.unwrap().iter().map(|item| item.title.as_str()).collect::<Vec<_>>(),
        ["100%41"]
    );
    assert_eq!(car.scan().await.unwrap().unreadable, 0, "the second time nobody reads them");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_cannot_be_read_keep_their_files() {
    use std::os::unix::fs::PermissionsExt;
    let car = Car::new().await;
    car.put("open/1.wav", wav());
    car.put("shut/2.wav", wav());
    car.scan().await.unwrap();
    let shut = car.stick.root.join("shut");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o0)).unwrap();
    let readable = fs::read_dir(&shut).is_ok();
    fs::remove_file(car.stick.root.join("open/1.wav")).unwrap();
    car.put("open/3.wav", wav());
    let done = car.scan().await.unwrap();
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o700)).unwrap();
    // The administrator reads it all the same.
    assert_eq!(done.found, if readable { 2 } else { 1 });
    assert_eq!(car.tracks().await, 2);
}

fn picture(shade: u8) -> Vec<u8> {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(500, 600, image::Rgb([shade, 0, 0]))
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    jpeg.into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn covers_come_after_the_music() {
    let car = Car::new().await;
    Seeds::encode(car.folder.path()).unwrap().write(&car.stick.root, 24, Some(&picture(1))).unwrap();
    car.put("Artist 0000/Album 00001/Folder.JPG", picture(2));
    car.put("bare/song.wav", wav());
    car.put("bomb/song.wav", wav());
    car.put("bomb/cover.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x10\0\0\0\x10\0\0\x08\x02\0\0\0");
    car.scan().await.unwrap();
    assert!(car.rows(View::Tracks).await.iter().all(|item| item.art.is_none()));
    // Every second song of the albums has its own; in the second album the folder's is for the others.
    assert_eq!(car.covers().await, Covers { looked: 26, found: 18, refused: 1 });
    assert_eq!(fs::read_dir(car.library.art_folder()).unwrap().count(), 2, "two pictures, however often they come");
    let albums = car.rows(View::Albums).await;
    assert_eq!(albums.iter().filter(|album| album.art.as_ref().is_some_and(|art| art.is_file())).count(), 2);
    assert!(car.rows(View::Artists).await[0].art.is_some());
    let tracks = car.rows(View::Tracks).await;
    assert_eq!(tracks.iter().filter(|track| track.art.is_some()).count(), 24, "an album's cover is its songs'");
    assert_eq!(car.covers().await, Covers::default(), "nobody looks twice");
    // A song that changes is looked at again, and its album shows what its songs have now.
    let song = car.stick.root.join("bare/song.wav");
    fs::write(&song, tagged::wav(60)).unwrap();
    car.put("bare/cover.jpg", picture(3));
    car.scan().await.unwrap();
    assert_eq!(car.covers().await, Covers { looked: 1, found: 1, refused: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_for_covers_ends_when_it_must() {
    let car = Car::new().await;
    car.music(40);
    car.scan().await.unwrap();
    let stop = Stop::new();
    stop.stop();
    assert!(matches!(covers(&car.library, &car.stick, &stop).await, Err(ScanError::Stopped)));
    fs::rename(&car.stick.root, car.folder.path().join("pulled")).unwrap();
    assert!(matches!(covers(&car.library, &car.stick, &Stop::new()).await, Err(ScanError::Root(_))));
}
