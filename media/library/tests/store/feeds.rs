//! Podcasts, stations, and where they were left.

use tandem_library::{ItemId, Kind, LibraryError, Parent, View};

use crate::cast::{fresh, song, titles, with};

fn episode(number: u32) -> tandem_lists::Episode {
    tandem_lists::Episode {
        guid: format!("guid-{number}"),
        title: format!("Episode {number}"),
        url: format!("https://cdn.example/{number}.mp3"),
        bytes: Some(1_000),
        length_us: Some(600_000_000),
        published_unix: Some(i64::from(number)),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_podcast_is_refreshed_downloaded_heard_and_forgotten() {
    let (library, folder) = fresh().await;
    assert!(matches!(library.subscribe("file:///etc/passwd", "").await, Err(LibraryError::Address(_))));
    let podcast = library.subscribe("https://feeds.example/show.xml", "").await.unwrap();
    assert_eq!(library.subscribe("https://feeds.example/show.xml", "Again").await.unwrap(), podcast);
    let mut feed =
        tandem_lists::Feed { title: "Show".into(), episodes: vec![episode(2), episode(1)], ..Default::default() };
    assert_eq!(library.refreshed(podcast, &feed, "\"tag\"", "Monday").await.unwrap(), 2);
    let row = library.page(View::Podcasts, &Parent::All, 0, 1).await.unwrap().rows.remove(0);
    let first = library.page(View::Podcasts, &Parent::Item(podcast), 0, 10).await.unwrap().rows;
    assert_eq!((row.title.as_str(), row.count, first[0].title.as_str()), ("Show", 2, "Episode 2"));

    library.heard(first[1].id, 30_000_000, 1_000).await.unwrap();
    // The feed lists what is new, and names an old one anew; what it dropped stays.
    feed.episodes = vec![episode(3), tandem_lists::Episode { title: "Two, corrected".into(), ..episode(2) }];
    assert_eq!(library.refreshed(podcast, &feed, "", "").await.unwrap(), 1);
    assert_eq!(
        titles(&library, View::Podcasts, &Parent::Item(podcast)).await,
        ["Episode 3", "Two, corrected", "Episode 1"]
    );
    let points = library.resume_points(10).await.unwrap();
    assert_eq!(
        (points.len(), points[0].item.heard_us, points[0].position_us, points[0].heard_at_unix),
        (1, 30_000_000, 30_000_000, 1_000)
    );
    assert_eq!(titles(&library, View::Recent, &Parent::All).await, ["Episode 1"]);
    library.heard(first[1].id, 598_000_000, 1_100).await.unwrap();
    assert!(library.resume_points(10).await.unwrap().is_empty(), "it was heard to its end");

    let file = folder.path().join("1.mp3");
    std::fs::write(&file, b"sound").unwrap();
    library.downloaded(first[1].id, &file).await.unwrap();
    assert_eq!(library.episode(first[1].id).await.unwrap().unwrap().file.as_deref(), Some(file.as_path()));
    assert!(library.item(first[1].id).await.unwrap().unwrap().uri.unwrap().starts_with("file://"));
    library.forget(first[1].id).await.unwrap();
    assert!(!file.exists());
    assert!(library.item(first[1].id).await.unwrap().unwrap().uri.unwrap().starts_with("https://"));

    library.refresh_failed(podcast, "The server does not answer").await.unwrap();
    assert_eq!(library.podcasts().await.unwrap()[0].failed, "The server does not answer");
    library.forget(podcast).await.unwrap();
    assert!(library.podcasts().await.unwrap().is_empty());
    assert_eq!(library.search("episode", 10).await.unwrap(), []);
    assert!(matches!(library.heard(first[1].id, 0, 0).await, Err(LibraryError::NoSuchItem(_))));
}

#[tokio::test]
async fn stations_are_imported_once() {
    let (library, _folder) = fresh().await;
    let station = |uuid: &str, name: &str, url: &str| tandem_lists::Station {
        uuid: uuid.into(),
        name: name.into(),
        url: url.into(),
        ..Default::default()
    };
    let list = [
        station("u1", "Radio Übersee", "http://a.example/1"),
        station("", "", "http://b.example/2"),
        station("u1", "Moved", "http://c.example/3"),
        station("", "Bad", "gopher://d"),
    ];
    let imported = library.import_stations(&list).await.unwrap();
    assert_eq!((imported.added, imported.known, imported.refused), (2, 1, 1));
    assert_eq!(library.import_stations(&list).await.unwrap().added, 0);
    let found = library.search("ubersee", 5).await.unwrap().remove(0);
    assert_eq!((found.id.kind, found.uri.as_deref()), (Kind::Station, Some("http://a.example/1")));
    library.forget(found.id).await.unwrap();
    assert_eq!(library.page(View::Stations, &Parent::All, 0, 5).await.unwrap().total, 1);
    assert_eq!(library.import_stations(&list[..1]).await.unwrap().added, 1, "it can come back");
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let (library, _folder) = with(vec![song("a.mp3", "A", "B", "C")]).await;
    let artist = library.page(View::Artists, &Parent::All, 0, 1).await.unwrap().rows[0].id;
    let nothing = ItemId { kind: Kind::Episode, row: 77 };
    assert!(matches!(library.heard(artist, 0, 0).await, Err(LibraryError::WrongKind(_))));
    assert!(matches!(library.forget(artist).await, Err(LibraryError::WrongKind(_))));
    assert!(matches!(library.mark_unplayable(nothing, "x").await, Err(LibraryError::NoSuchItem(_))));
    assert!(matches!(library.episode(artist).await, Err(LibraryError::WrongKind(_))));
    assert_eq!(library.episode(nothing).await.unwrap(), None);
    assert!(matches!(library.refreshed(artist, &Default::default(), "", "").await, Err(LibraryError::WrongKind(_))));
}
