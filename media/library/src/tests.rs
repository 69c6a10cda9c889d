use super::*;
use crate::model::{Parent, Scanned, Tags, View, Volume, VolumeId, VolumeKind};

fn files(from: u32, count: u32) -> Vec<Scanned> {
    let file = |n| Scanned {
        path: format!("{n}.mp3"),
        size: 1,
        mtime_ns: 1,
        tags: Ok(Tags {
            title: format!("Title {n} of many words"),
            artists: vec![format!("Artist {n}")],
            ..Tags::default()
        }),
    };
    (from..from + count).map(file).collect()
}

async fn library() -> (Library, VolumeId, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (library, _) = Library::open(folder.path()).await.unwrap();
    let id = VolumeId("v".into());
    let volume =
        Volume { id: id.clone(), kind: VolumeKind::Local, name: "Music".into(), root: folder.path().to_owned() };
    library.attach(&volume).await.unwrap();
    (library, id, folder)
}

/// SQLite answers to its own bound as it does to a full disk.
#[tokio::test]
async fn a_full_disk_undoes_a_batch_whole() {
    let (library, id, _folder) = library().await;
    let mut scan = library.begin_scan(&id).await.unwrap();
    scan.put(files(0, 100)).await.unwrap();
    let bound = async |pages: &'static str| {
        let mut writer = library.0.writer.lock().await;
        sqlx::query(pages).execute(&mut writer.connection).await.unwrap();
    };
    bound("PRAGMA max_page_count = 1").await;
    let generation = library.generation();
    let refused = scan.put(files(100, 5_000)).await.unwrap_err();
    assert!(matches!(refused, LibraryError::Full(_)), "{refused:?}");
    assert_eq!(scan.known().len(), 100);
    assert_eq!(library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().total, 100);
    assert_eq!(library.search("artist 77", 10).await.unwrap().len(), 2, "the artist and the track");
    assert!(library.generation() >= generation);

    bound("PRAGMA max_page_count = 1000000").await;
    scan.put(files(100, 5_000)).await.unwrap();
    scan.finish().await.unwrap();
    assert_eq!(library.page(View::Artists, &Parent::All, 0, 1).await.unwrap().total, 5_100);
    let mut writer = library.0.writer.lock().await;
    let (whole,): (String,) = sqlx::query_as("PRAGMA integrity_check").fetch_one(&mut writer.connection).await.unwrap();
    assert_eq!(whole, "ok");
}

#[tokio::test]
async fn a_change_that_nobody_awaits_to_its_end_is_undone() {
    let (library, id, _folder) = library().await;
    let mut scan = library.begin_scan(&id).await.unwrap();
    {
        let put = scan.put(files(0, 500));
        tokio::pin!(put);
        // Polled a few times, then dropped in the middle of its transaction.
        for _ in 0..20 {
            tokio::select! {
                biased;
                _ = &mut put => panic!("it was not to end so soon"),
                () = tokio::task::yield_now() => {}
            }
        }
    }
    assert_eq!(library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().total, 0);
    scan.put(files(0, 10)).await.unwrap();
    scan.finish().await.unwrap();
    assert_eq!(library.page(View::Tracks, &Parent::All, 0, 1).await.unwrap().total, 10);
    assert_eq!(library.page(View::Artists, &Parent::All, 0, 1).await.unwrap().total, 10);
}

#[tokio::test]
async fn generations_grow_over_restarts() {
    let (library, _, folder) = library().await;
    let before = library.generation();
    library.close().await.unwrap();
    let (library, _) = Library::open(folder.path()).await.unwrap();
    assert!(library.generation() > before);
}
