//! What the stories share.

use std::path::Path;

use tandem_library::{Item, Library, LibraryError, Opened, Parent, Scanned, Tags, View, Volume, VolumeId, VolumeKind};
use tempfile::TempDir;

pub fn stick(root: &Path) -> Volume {
    Volume { id: VolumeId("uuid-1".into()), kind: VolumeKind::Usb, name: "MUSIC".into(), root: root.to_owned() }
}

pub async fn fresh() -> (Library, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (library, opened) = Library::open(folder.path()).await.unwrap();
    assert_eq!(opened, Opened::New);
    (library, folder)
}

/// A library with a stick in the car that has these files.
pub async fn with(files: Vec<Scanned>) -> (Library, TempDir) {
    let (library, folder) = fresh().await;
    library.attach(&stick(Path::new("/media/stick"))).await.unwrap();
    scan(&library, files).await.unwrap();
    (library, folder)
}

pub async fn scan(library: &Library, files: Vec<Scanned>) -> Result<(), LibraryError> {
    let mut scan = library.begin_scan(&VolumeId("uuid-1".into())).await?;
    for batch in files.chunks(500) {
        scan.put(batch.to_vec()).await?;
    }
    scan.finish().await
}

pub fn song(path: &str, title: &str, artist: &str, album: &str) -> Scanned {
    let tags = Tags {
        title: title.into(),
        artists: artist.split(';').filter(|artist| !artist.is_empty()).map(String::from).collect(),
        album: album.into(),
        length_us: Some(200_000_000),
        ..Tags::default()
    };
    Scanned { path: path.into(), size: 1, mtime_ns: 1, tags: Ok(tags) }
}

pub async fn titles(library: &Library, view: View, parent: &Parent) -> Vec<String> {
    said(library.page(view, parent, 0, 500).await.unwrap().rows)
}

pub fn said(items: Vec<Item>) -> Vec<String> {
    items.into_iter().map(|item| item.title).collect()
}
