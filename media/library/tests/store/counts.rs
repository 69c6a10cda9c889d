//! What lists show as counts is what there is, whichever way it came.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tandem_library::{Scanned, VolumeId};

use crate::cast::{scan, song, with};
use crate::made;

/// Lists that count wrongly, with what they say and what there is.
const WRONG: &str = "
    SELECT 'folder ' || path, children, (SELECT count(*) FROM track WHERE folder = folder.row)
        + (SELECT count(*) FROM folder AS below WHERE below.parent = folder.row)
        + (SELECT count(*) FROM playlist WHERE folder = folder.row) AS there FROM folder WHERE children <> there
    UNION ALL SELECT 'album ' || title, tracks, (SELECT count(*) FROM track WHERE album = album.row) AS there FROM album WHERE tracks <> there
    UNION ALL SELECT 'artist ' || artist, tracks, (SELECT count(*) FROM track_artist AS of WHERE of.artist = artist_share.artist) AS there
        FROM artist_share WHERE tracks <> there
    UNION ALL SELECT 'genre ' || genre, tracks, (SELECT count(*) FROM track WHERE track.genre = genre_share.genre) AS there
        FROM genre_share WHERE tracks <> there
    UNION ALL SELECT 'nothing is counted', 0, 0 WHERE NOT EXISTS (SELECT 1 FROM artist_share) OR NOT EXISTS (SELECT 1 FROM genre_share)";

#[tokio::test]
async fn tracks_that_come_change_and_go_are_counted() {
    let mut files = made::files(700);
    let (library, folder) = with(files.clone()).await;
    let options = SqliteConnectOptions::new().filename(folder.path().join("library.db")).read_only(true);
    let mut look = options.connect().await.unwrap();
    let mut wrong = async |when: &str| {
        let wrong: Vec<(String, i64, i64)> = sqlx::query_as(WRONG).fetch_all(&mut look).await.unwrap();
        assert_eq!(wrong, [], "{when}");
    };
    wrong("all are new").await;

    let more = |n: usize| song(&format!("more/{}/{n}.mp3", n % 7), &format!("More {n}"), "Duo;Solo", "Élan");
    files.extend((0..90).map(more));
    scan(&library, files.clone()).await.unwrap();
    wrong("all came again, and some that are new").await;

    for file in files.iter_mut().step_by(3) {
        *file = Scanned { mtime_ns: 2, ..song(&file.path, "Other", "Solo;Duo;Trio", "Elsewhere") };
    }
    scan(&library, files.clone()).await.unwrap();
    wrong("every third is another song").await;

    let mut again = library.begin_scan(&VolumeId("uuid-1".into())).await.unwrap();
    let gone: Vec<String> = files.iter().step_by(2).map(|file| file.path.clone()).collect();
    again.gone(&gone).await.unwrap();
    again.finish().await.unwrap();
    wrong("every second is gone").await;
    look.close().await.unwrap();
}
