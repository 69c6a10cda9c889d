//! Views, a page at a time.

use std::path::Path;

use tandem_library::{ItemId, Kind, LibraryError, Parent, Scanned, Tags, View, VolumeId};

use crate::cast::{said, scan, song, stick, titles, with};
use crate::made;

fn numbered(path: &str, title: &str, album: &str, disc: u32, track: u32) -> Scanned {
    let mut scanned = song(path, title, "Band", album);
    if let Ok(tags) = &mut scanned.tags {
        (tags.disc, tags.track, tags.genre) = (Some(disc), Some(track), "Rock".into());
    }
    scanned
}

#[tokio::test]
async fn a_collection_is_seen_from_all_sides() {
    let (library, _folder) = with(vec![
        numbered("Band/Long/CD 2/01.flac", "Fifth", "Long", 2, 1),
        numbered("Band/Long/CD 1/10.flac", "Tenth", "Long", 1, 10),
        numbered("Band/Long/CD 1/02.flac", "Second", "Long", 1, 2),
        song("Other/晴天.mp3", "晴天", "周杰伦;Élan", ""),
        song("Other/2.mp3", "Zebra 10", "Élan", "Mixed"),
        song("Other/1.mp3", "Zebra 9", "elan", "Mixed"),
        Scanned { path: "broken.mp3".into(), size: 1, mtime_ns: 1, tags: Err("the file is cut off".into()) },
    ])
    .await;
    let all = async |view| titles(&library, view, &Parent::All).await;
    assert_eq!(all(View::Artists).await, ["Band", "Élan", "周杰伦"], "accents aside, Chinese by its pinyin");
    assert_eq!(all(View::Albums).await, ["Long", "Mixed"], "the discs of an album are one album");
    assert_eq!(all(View::Tracks).await, ["broken", "Fifth", "晴天", "Second", "Tenth", "Zebra 9", "Zebra 10"]);
    assert_eq!(all(View::Genres).await, ["Rock"]);
    assert_eq!(all(View::Folders).await, ["MUSIC"]);

    let page = library.page(View::Albums, &Parent::All, 0, 10).await.unwrap();
    let long = &page.rows[0];
    assert_eq!((long.artist.as_str(), long.count), ("Band", 3));
    let contents = library.contents(long.id).await.unwrap();
    assert_eq!(said(library.items(&contents).await.unwrap()), ["Second", "Tenth", "Fifth"], "by disc and number");
    assert_eq!(titles(&library, View::Tracks, &Parent::Item(long.id)).await, ["Second", "Tenth", "Fifth"]);

    let artists = library.page(View::Artists, &Parent::All, 0, 10).await.unwrap().rows;
    assert_eq!(artists.iter().map(|artist| artist.count).collect::<Vec<_>>(), [3, 3, 1]);
    assert_eq!(titles(&library, View::Albums, &Parent::Item(artists[1].id)).await, ["Mixed"]);

    let root = library.page(View::Folders, &Parent::All, 0, 1).await.unwrap().rows[0].id;
    assert_eq!(
        titles(&library, View::Folders, &Parent::Item(root)).await,
        ["Band", "Other", "broken"],
        "folders first"
    );
    assert_eq!(
        titles(&library, View::Folders, &Parent::Volume(VolumeId("uuid-1".into()))).await,
        ["Band", "Other", "broken"]
    );
    let deep = library.contents(root).await.unwrap();
    let deep = said(library.items(&deep).await.unwrap());
    assert_eq!(
        deep,
        ["broken", "Second", "Tenth", "Fifth", "Zebra 9", "Zebra 10", "晴天"],
        "all that lies in it, folder by folder"
    );

    let broken = library.search("broken", 1).await.unwrap().remove(0);
    assert!(!broken.available);
    assert_eq!(broken.reason, "the file is cut off");
    let clear = library.search("晴天", 1).await.unwrap().remove(0);
    assert_eq!(clear.uri.as_deref(), Some("file:///media/stick/Other/%E6%99%B4%E5%A4%A9.mp3"));
}

#[tokio::test]
async fn a_pulled_stick_keeps_its_rows() {
    let (library, _folder) = with(vec![song("a.mp3", "A", "Band", "One")]).await;
    let track = library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().rows.remove(0);
    let before = library.generation();
    library.detach(&VolumeId("uuid-1".into())).await.unwrap();
    assert!(library.generation() > before);
    for view in [View::Tracks, View::Albums, View::Artists, View::Folders] {
        let item = library.page(view, &Parent::All, 0, 1).await.unwrap().rows.remove(0);
        assert!(!item.available && !item.reason.is_empty(), "{view:?}");
    }
    let away = library.item(track.id).await.unwrap().unwrap();
    assert_eq!((away.uri, away.reason.as_str()), (None, "The stick MUSIC is not in the car"));

    library.attach(&stick(Path::new("/run/media/elsewhere"))).await.unwrap();
    let back = library.item(track.id).await.unwrap().unwrap();
    assert_eq!((back.uri.as_deref(), back.available), (Some("file:///run/media/elsewhere/a.mp3"), true));
    let volumes = library.volumes().await.unwrap();
    assert_eq!((volumes.len(), volumes[0].tracks, volumes[0].present), (1, 1, true));

    library.forget_volume(&VolumeId("uuid-1".into())).await.unwrap();
    for view in View::ALL {
        assert_eq!(library.page(view, &Parent::All, 0, 10).await.unwrap().total, 0, "{view:?}");
    }
    assert_eq!(library.search("band", 10).await.unwrap(), []);
    assert!(library.volumes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_that_changes_stays_the_same_item() {
    let (library, _folder) =
        with(vec![song("x/a.mp3", "Old", "Band", "One"), song("x/b.mp3", "Stays", "Band", "One")]).await;
    let old = library.search("old", 1).await.unwrap().remove(0);
    library.mark_unplayable(old.id, "it does not decode").await.unwrap();
    assert!(!library.item(old.id).await.unwrap().unwrap().available);

    let mut scan = library.begin_scan(&VolumeId("uuid-1".into())).await.unwrap();
    assert_eq!(scan.known().len(), 2);
    assert!(matches!(library.begin_scan(&VolumeId("uuid-1".into())).await, Err(LibraryError::ScanRuns(_))));
    // The same path twice in a batch counts as it came last.
    let mut new = song("x/a.mp3", "New", "Singer", "Two");
    new.mtime_ns = 2;
    scan.put(vec![song("x/a.mp3", "Between", "", ""), new]).await.unwrap();
    assert_eq!(scan.known()["x/a.mp3"].mtime_ns, 2);
    scan.gone(&["x/b.mp3".into(), "never/was.mp3".into()]).await.unwrap();
    scan.finish().await.unwrap();

    let new = library.item(old.id).await.unwrap().unwrap();
    assert_eq!(
        (new.title.as_str(), new.artist.as_str(), new.album.as_str(), new.available),
        ("New", "Singer", "Two", true)
    );
    assert_eq!(titles(&library, View::Artists, &Parent::All).await, ["Singer"], "who has nothing left is gone");
    assert_eq!(titles(&library, View::Albums, &Parent::All).await, ["Two"]);
    assert_eq!(library.search("old", 5).await.unwrap(), []);
    assert_eq!(library.search("stays", 5).await.unwrap(), []);
}

#[tokio::test]
async fn playlists_find_their_files() {
    let (library, _folder) = with(vec![song("Pop/Ünö.mp3", "One", "A", ""), song("b.mp3", "Two", "B", "")]).await;
    let entry = |address: &str| tandem_lists::Entry { address: address.into(), ..Default::default() };
    let list = tandem_lists::Playlist {
        title: String::new(),
        entries: vec![
            entry("ÜNÖ.MP3"),
            entry("../b.mp3"),
            entry("E:\\b.mp3"),
            entry("/media/stick/b.mp3"),
            entry("../../../etc/passwd"),
            entry("missing.mp3"),
            entry("mine.m3u"),
            entry("http://radio.example/live"),
        ],
        refused: 0,
    };
    let mut writer = library.begin_scan(&VolumeId("uuid-1".into())).await.unwrap();
    writer.put_playlist("Pop/mine.m3u", 10, 20, &list).await.unwrap();
    assert!(writer.known().contains_key("Pop/mine.m3u"));
    writer.finish().await.unwrap();
    let playlist = library.page(View::Playlists, &Parent::All, 0, 5).await.unwrap().rows.remove(0);
    assert_eq!(playlist.title, "mine");
    let contents = library.contents(playlist.id).await.unwrap();
    assert_eq!(
        said(library.items(&contents).await.unwrap()),
        ["One", "Two", "Two", "Two", "http://radio.example/live"],
        "whatever the case and the system it was written on; what is not there is left out"
    );
    assert_eq!(
        library.page(View::Stations, &Parent::All, 0, 5).await.unwrap().total,
        0,
        "an address in a list is no station"
    );

    let mut again = library.begin_scan(&VolumeId("uuid-1".into())).await.unwrap();
    again.gone(&["Pop/mine.m3u".into()]).await.unwrap();
    again.finish().await.unwrap();
    assert_eq!(library.page(View::Playlists, &Parent::All, 0, 5).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_hundred_thousand_tracks_are_paged() {
    const ALL: u32 = 100_000;
    let (library, _folder) = with(made::files(ALL as usize)).await;
    let mut before = String::new();
    let mut count = 0;
    for offset in (0..ALL).step_by(1_000) {
        let page = library.page(View::Tracks, &Parent::All, offset, 1_000).await.unwrap();
        assert_eq!(page.total, ALL);
        for item in page.rows {
            let folded = item.title.to_lowercase();
            // Words of plain letters order as they are; the rest is ordered by unit tests of the keys.
            if folded.is_ascii() {
                assert!(before <= folded, "{before:?} before {folded:?}");
                before = folded;
            }
            count += 1;
        }
    }
    assert_eq!(count, ALL);
    let last = library.page(View::Tracks, &Parent::All, ALL - 100, 100).await.unwrap();
    assert_eq!(last.rows.len(), 100);
    assert_eq!(library.page(View::Tracks, &Parent::All, ALL, 100).await.unwrap().rows, []);
    assert_eq!(library.page(View::Tracks, &Parent::All, u32::MAX, u32::MAX).await.unwrap().rows, []);
    assert_eq!(library.page(View::Albums, &Parent::All, 0, 1).await.unwrap().total, ALL.div_ceil(12));
    let ids = library.ids(View::Tracks, &Parent::All).await.unwrap();
    assert_eq!(ids.len(), ALL as usize);
    assert_eq!(ids[(ALL - 1) as usize], last.rows[99].id);
    let root = library.page(View::Folders, &Parent::All, 0, 1).await.unwrap().rows.remove(0);
    assert_eq!(library.contents(root.id).await.unwrap().len(), ALL as usize);
}

#[tokio::test]
async fn everything_asked_has_an_answer() {
    let (library, _folder) = with(vec![song("a.mp3", "A", "B", "C")]).await;
    for view in View::ALL {
        for kind in Kind::ALL {
            for row in [1, 0, -1, 999, i64::MAX, i64::MIN] {
                let id = ItemId { kind, row };
                for outcome in [
                    library.page(view, &Parent::Item(id), 0, 10).await.map(drop),
                    library.ids(view, &Parent::Item(id)).await.map(drop),
                    library.contents(id).await.map(drop),
                ] {
                    assert!(matches!(outcome, Ok(()) | Err(LibraryError::NoSuchItem(_))), "{view:?} {id} {outcome:?}");
                }
            }
        }
        let nowhere = Parent::Volume(VolumeId("nowhere".into()));
        assert!(matches!(library.page(view, &nowhere, 0, 10).await, Err(LibraryError::NoSuchVolume(_))));
    }
    let evil = Scanned {
        path: format!("{}/\u{0}\u{202e}{}.mp3", "d".repeat(300), "é".repeat(400)),
        size: u64::MAX,
        mtime_ns: i64::MIN,
        tags: Ok(Tags {
            title: "\u{0}x".repeat(10_000),
            artists: vec!["\u{1}".into(), "a\u{0}b".into(), "!!!".into(), "z".repeat(100_000)],
            album: "'; DROP TABLE track; --".into(),
            track: Some(u32::MAX),
            year: Some(i32::MIN),
            length_us: Some(i64::MIN),
            ..Tags::default()
        }),
    };
    scan(&library, vec![evil.clone()]).await.unwrap();
    let writer = library.begin_scan(&VolumeId("uuid-1".into())).await.unwrap();
    let known = writer.known()[&evil.path];
    assert_eq!((known.size, known.mtime_ns), (u64::MAX, i64::MIN));
    drop(writer);
    assert_eq!(titles(&library, View::Artists, &Parent::All).await.len(), 4);
}
