use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tandem_library::{Parent, View};
use tempfile::TempDir;

use super::*;
use crate::fetch::server::{Asked, Server, answer, stall, write};

const QUICK: Limits = Limits { silence: Duration::from_secs(5), bytes: 1 << 20, keep_free: 0, ..Limits::LIST };

struct Stage {
    folder: TempDir,
    server: Server,
    library: Library,
    podcasts: Podcasts,
}

impl Stage {
    async fn new(answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (library, _) = Library::open(folder.path()).await.unwrap();
        let podcasts = Podcasts::within(library.clone(), folder.path(), QUICK, QUICK);
        Self { folder, server: Server::new(answer), library, podcasts }
    }

    async fn subscribed(&self, path: &str) -> ItemId {
        self.podcasts.subscribe(&self.server.at(path)).await.unwrap()
    }

    async fn titles(&self, podcast: ItemId) -> Vec<String> {
        let page = self.library.page(View::Podcasts, &Parent::Item(podcast), 0, 100).await.unwrap();
        page.rows.into_iter().map(|item| item.title).collect()
    }

    async fn failed(&self) -> Vec<String> {
        self.library.podcasts().await.unwrap().into_iter().map(|podcast| podcast.failed).collect()
    }

    fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join(FOLDER)) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn only_episode(&self) -> ItemId {
        let podcast = self.subscribed("/feed").await;
        self.podcasts.refresh_all().await.unwrap();
        self.library.contents(podcast).await.unwrap()[0]
    }
}

fn feed(stream: &mut TcpStream, host: &str, titles: &[&str]) {
    let items: String = titles
        .iter()
        .enumerate()
        .map(|(day, title)| {
            let date = format!("<pubDate>{} Nov 2026 06:00:00 GMT</pubDate>", day + 1);
            format!("<item><title>{title}</title>{date}<guid>../../{title}</guid><enclosure url='http://{host}/{title}.mp3'/></item>")
        })
        .collect();
    let head = format!("200 OK\r\nETag: \"{}\"", titles.len());
    answer(stream, &head, format!("<rss><channel><title>Pod</title>{items}</channel></rss>"));
}

fn host(asked: &Asked) -> &str {
    asked.header("host").unwrap()
}

#[tokio::test]
async fn new_episodes_come_with_a_refresh() {
    let count = AtomicUsize::new(0);
    let stage = Stage::new(move |asked, stream| match count.fetch_add(1, Ordering::Relaxed) {
        0 => feed(stream, host(asked), &["One"]),
        1 => answer(stream, "304 Not Modified", ""),
        2 => answer(stream, "500 Oh", ""),
        3 => answer(stream, "304 Not Modified", ""),
        _ => feed(stream, host(asked), &["One", "Two"]),
    })
    .await;
    let podcast = stage.subscribed("/feed").await;
    assert_eq!(stage.subscribed("/feed").await, podcast);
    let new = |new_episodes, failed| Refreshed { new_episodes, failed };
    assert_eq!(stage.podcasts.refresh_all().await.unwrap(), new(1, 0));
    assert_eq!(stage.podcasts.refresh_all().await.unwrap(), new(0, 0));
    assert_eq!(stage.podcasts.refresh_all().await.unwrap(), new(0, 1));
    assert_eq!(stage.failed().await, ["The server has a problem"]);
    assert_eq!(stage.titles(podcast).await, ["One"], "what was known stays");
    assert_eq!(stage.podcasts.refresh_all().await.unwrap(), new(0, 0));
    assert_eq!(stage.failed().await, [""]);
    assert_eq!(stage.podcasts.refresh_all().await.unwrap(), new(1, 0));
    assert_eq!(stage.titles(podcast).await, ["Two", "One"]);
    let asked: Vec<_> = stage.server.asked().iter().map(|asked| asked.header("if-none-match").is_some()).collect();
    assert_eq!(asked, [false, true, true, true, true]);
}

#[tokio::test]
async fn a_bad_feed_says_why_and_stops_no_other() {
    let stage = Stage::new(|asked, stream| match asked.path.as_str() {
        "/endless" => {
            write(stream, "HTTP/1.1 200 OK\r\n\r\n<rss><channel>");
            let item = "<item><enclosure url='http://a.example/1.mp3'/></item>";
            while stream.write_all(item.as_bytes()).is_ok() {}
        }
        "/login" => answer(stream, "200 OK", "<!DOCTYPE html><html><body>Log in</body></html>"),
        "/noise" => answer(stream, "200 OK", "\0\0\0"),
        _ => feed(stream, host(asked), &["One"]),
    })
    .await;
    let good = stage.subscribed("/good").await;
    for path in ["/endless", "/login", "/noise"] {
        stage.subscribed(path).await;
    }
    assert_eq!(stage.podcasts.refresh_all().await.unwrap(), Refreshed { new_episodes: 1, failed: 3 });
    assert_eq!(stage.titles(good).await, ["One"]);
    let mut failed = stage.failed().await;
    failed.sort();
    assert_eq!(
        failed,
        [
            "",
            "A web page came instead: this network may ask for a login",
            "The podcast's feed makes no sense",
            "The podcast's feed or episode has no end",
        ]
    );
}

#[tokio::test]
async fn an_episode_is_on_the_disk_or_not_at_all() {
    let count = AtomicUsize::new(0);
    let stage = Stage::new(move |asked, stream| match (asked.path.as_str(), asked.header("range")) {
        ("/feed", _) => feed(stream, host(asked), &["One"]),
        (_, None) if count.fetch_add(1, Ordering::Relaxed) == 0 => {
            write(stream, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 10\r\n\r\n12345");
        }
        (_, Some(_)) => answer(stream, "206 Partial Content\r\nContent-Range: bytes 5-9/10", "67890"),
        (_, None) => answer(stream, "200 OK", "whole"),
    })
    .await;
    let episode = stage.only_episode().await;
    let name = format!("{}.audio", episode.row);
    let cut = stage.podcasts.download(episode, |_| ()).await;
    assert!(matches!(cut, Err(PodcastError::Fetch(FetchError::Cut { got: 5 }))), "{cut:?}");
    assert_eq!(stage.library.episode(episode).await.unwrap().unwrap().file, None);
    let file = stage.podcasts.download(episode, |_| ()).await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"1234567890");
    assert_eq!(stage.library.episode(episode).await.unwrap().unwrap().file.as_deref(), Some(file.as_path()));
    let asked = stage.server.asked().len();
    assert_eq!(stage.podcasts.download(episode, |_| ()).await.unwrap(), file);
    assert_eq!(stage.server.asked().len(), asked, "what is here is not fetched again");
    assert_eq!(stage.files(), [name]);
    stage.podcasts.forget(episode).await.unwrap();
    assert_eq!(stage.files(), [""; 0]);
    assert_eq!(stage.library.episode(episode).await.unwrap().unwrap().file, None);
    assert_eq!(std::fs::read(stage.podcasts.download(episode, |_| ()).await.unwrap()).unwrap(), b"whole");
}

#[tokio::test]
async fn a_full_disk_keeps_no_half_episode() {
    let stage = Stage::new(|asked, stream| match asked.path.as_str() {
        "/feed" => feed(stream, host(asked), &["One"]),
        _ => answer(stream, "200 OK", "sound"),
    })
    .await;
    let episode = stage.only_episode().await;
    let full = Limits { keep_free: u64::MAX, ..QUICK };
    let podcasts = Podcasts::within(stage.library.clone(), stage.folder.path(), QUICK, full);
    let error = podcasts.download(episode, |_| ()).await.unwrap_err();
    assert_eq!(error.sentence(), "The disk is full");
    assert_eq!(stage.files(), [""; 0]);
}

#[tokio::test]
async fn a_forgotten_podcast_leaves_nothing() {
    let stage = Stage::new(|asked, stream| match asked.path.as_str() {
        "/feed" => feed(stream, host(asked), &["One", "Two"]),
        "/One.mp3" => answer(stream, "200 OK", "sound"),
        _ => {
            write(stream, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 10\r\n\r\n12345");
        }
    })
    .await;
    let podcast = stage.subscribed("/feed").await;
    stage.podcasts.refresh_all().await.unwrap();
    let mut cut = 0;
    for episode in stage.library.contents(podcast).await.unwrap() {
        cut += u32::from(stage.podcasts.download(episode, |_| ()).await.is_err());
    }
    assert_eq!((cut, stage.files().len()), (1, 3));
    stage.podcasts.forget(podcast).await.unwrap();
    assert_eq!(stage.files(), [""; 0]);
    assert_eq!(stage.library.podcasts().await.unwrap(), []);
}

#[tokio::test]
async fn after_a_power_cut_folder_and_library_agree() {
    let stage = Stage::new(|asked, stream| feed(stream, host(asked), &["One"])).await;
    let episode = stage.only_episode().await;
    let folder = stage.folder.path().join(FOLDER);
    std::fs::create_dir(&folder).unwrap();
    let (name, other) = (format!("{}.audio", episode.row), episode.row + 1);
    for file in [name.clone(), format!("{other}.audio"), format!("{other}.audio.part"), "notes.txt".to_owned()] {
        std::fs::write(folder.join(file), "sound").unwrap();
    }
    stage.podcasts.tidy().await.unwrap();
    assert_eq!(stage.files(), [name.as_str(), "notes.txt"]);
    assert_eq!(stage.library.episode(episode).await.unwrap().unwrap().file, Some(folder.join(name)));
}

#[tokio::test]
async fn subscriptions_of_a_phone_are_taken_in_once() {
    let stage = Stage::new(|_, _| ()).await;
    let text = r#"<opml><body><outline text="One" xmlUrl="http://one.example/feed"/><outline text="Two" xmlUrl="http://two.example/feed"/></body></opml>"#;
    let imported = stage.podcasts.import(text.as_bytes()).await.unwrap();
    assert_eq!((imported.added, imported.known, imported.refused), (2, 0, 0));
    let imported = stage.podcasts.import(text.as_bytes()).await.unwrap();
    assert_eq!((imported.added, imported.known, imported.refused), (0, 2, 0));
    let titles: Vec<_> = stage.library.podcasts().await.unwrap().into_iter().map(|podcast| podcast.title).collect();
    assert_eq!(titles, ["One", "Two"]);
    assert!(matches!(stage.podcasts.import(b"<rss/>").await, Err(PodcastError::Subscriptions(_))));
    assert!(matches!(stage.podcasts.subscribe("file:///etc/passwd").await, Err(PodcastError::Library(_))));
    let station = ItemId { kind: Kind::Station, row: 1 };
    assert!(matches!(stage.podcasts.download(station, |_| ()).await, Err(PodcastError::NoEpisode(_))));
}

#[tokio::test]
async fn who_refreshes_refreshes_alone() {
    let (came, mut comes) = tokio::sync::mpsc::unbounded_channel();
    let stage = Stage::new(move |_, stream| {
        came.send(()).unwrap();
        stall(stream);
    })
    .await;
    stage.subscribed("/feed").await;
    let podcasts = stage.podcasts.clone();
    let first = tokio::spawn(async move { podcasts.refresh_all().await });
    comes.recv().await.unwrap();
    assert!(matches!(stage.podcasts.refresh_all().await, Err(PodcastError::Refreshing)));
    first.abort();
}
