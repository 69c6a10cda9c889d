//! Podcasts from the list of an app on a phone to the ear, with the server, the network and the disk getting in the way.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::process::Signal;
use tandem_contracts::media::{Item, MediaError, Wanted};

use crate::server::{Asked, Server, answer, stall, write};
use crate::stage::{Stage, tone, until};

const SECOND: i64 = 1_000_000;

/// A server with a podcast of one episode; `episode` answers for its sound.
fn podcast(episode: impl Fn(&Asked, &mut std::net::TcpStream) + Send + Sync + 'static) -> Server {
    Server::new(move |asked, stream| match asked.path.as_str() {
        "/feed.xml" => {
            let host = asked.header("host").unwrap();
            let item = format!(
                "<item><title>Morning walk</title><guid>walk-1</guid><pubDate>1 Nov 2026 06:00:00 GMT</pubDate>\
                 <enclosure url='http://{host}/walk.wav' type='audio/wav'/></item>"
            );
            answer(stream, "200 OK", format!("<rss><channel><title>Outside</title>{item}</channel></rss>"));
        }
        "/endless.xml" => {
            write(stream, "HTTP/1.1 200 OK\r\n\r\n<rss><channel>");
            while std::io::Write::write_all(stream, b"<item><title>again</title></item>").is_ok() {}
        }
        _ => episode(asked, stream),
    })
}

/// A minute of sound.
fn walk(stage: &Stage) -> Vec<u8> {
    let file = stage.path("made/walk.wav");
    tone(&file, 60);
    std::fs::read(file).unwrap()
}

impl Stage {
    /// Takes in the list of an app, asks for what is new, and finds the episode.
    async fn subscribed(&self, server: &Server) -> Item {
        let list = format!("<opml><body><outline text='Outside' xmlUrl='{}'/></body></opml>", server.at("/feed.xml"));
        let imported = self.media.import_subscriptions(list).await.unwrap();
        assert_eq!((imported.added, imported.refused), (1, 0));
        self.media.refresh_podcasts().await.unwrap();
        let media = &self.media;
        let found = until("the episode", || async move {
            let found = media.search("morning".into(), 9).await.unwrap();
            found.into_iter().find(|item| item.kind == "episode")
        })
        .await;
        assert_eq!((found.title.as_str(), found.artist.as_str()), ("Morning walk", "Outside"));
        found
    }

    fn episodes(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("state/episodes")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Fetches an episode until the library has it; its bytes.
    async fn download(&self, id: String) -> Vec<u8> {
        let media = &self.media;
        let shown = || async { media.page("podcasts".into(), String::new(), 0, 1).await.unwrap().generation };
        let before = shown().await;
        media.download(id).await.unwrap();
        let file = until("the episode, whole and alone", || async {
            let [file] = self.episodes().try_into().ok()?;
            Some(file).filter(|file| file.extension() == Some("audio".as_ref()))
        })
        .await;
        until("the library to have it", || async { (shown().await != before).then_some(()) }).await;
        std::fs::read(file).unwrap()
    }
}

#[tokio::test]
async fn an_episode_is_found_fetched_heard_without_a_network_and_gone_on_with() {
    let mut stage = Stage::new().await;
    let (sound, tunnel) = (walk(&stage), Arc::new(AtomicBool::new(false)));
    let (body, cut) = (sound.clone(), Arc::clone(&tunnel));
    let server = podcast(move |_, stream| {
        if !cut.load(Ordering::Acquire) {
            answer(stream, "200 OK\r\nETag: \"a\"\r\nContent-Type: audio/wav", &body);
        }
    });
    stage.start(&[]).await;
    let episode = stage.subscribed(&server).await;
    let wanted = Wanted { title: "Morning walk".into(), url: server.at("/walk.wav"), ..Wanted::default() };
    let matches = stage.media.resolve(wanted).await.unwrap();
    assert_eq!((matches[0].item.id.as_str(), matches[0].score), (episode.id.as_str(), 1.0));
    assert_eq!(stage.download(episode.id.clone()).await, sound);

    tunnel.store(true, Ordering::Release);
    let asked = server.asked().len();
    stage.media.play(episode.id.clone(), 0).await.unwrap();
    let entry = stage.until_now("the sound", |now| now.state == "playing").await.entry;
    stage.until_beyond(entry, 0).await;
    stage.player.seek(30 * SECOND).await.unwrap();
    let heard = stage.until_beyond(entry, 31 * SECOND).await;
    assert_eq!(stage.now().await.source_kind, "podcasts");
    stage.end(Signal::TERM).await;
    stage.start(&[]).await;
    let points = stage.media.resume_points(9).await.unwrap();
    assert_eq!(points.iter().map(|point| point.item.id.as_str()).collect::<Vec<_>>(), [episode.id.as_str()]);
    stage.media.play(episode.id, -1).await.unwrap();
    let entry = stage.until_now("the sound again", |now| now.state == "playing").await.entry;
    let again = stage.until_beyond(entry, 0).await;
    assert!((30 * SECOND..55 * SECOND).contains(&again), "{heard} was heard, and it went on at {again}");
    assert_eq!(server.asked().len(), asked, "the server was not asked for any of it");
}

/// Fetches an episode that breaks off in the middle; what the server was asked for after that.
async fn cut(knows_ranges: bool) -> Vec<Option<String>> {
    let mut stage = Stage::new().await;
    let (sound, count) = (walk(&stage), AtomicUsize::new(0));
    let body = sound.clone();
    let server = podcast(move |asked, stream| {
        let half = body.len() / 2;
        let range = asked.header("range").filter(|_| knows_ranges);
        let from = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        match (count.fetch_add(1, Ordering::AcqRel), from) {
            (0, _) => {
                write(stream, format!("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: {}\r\n\r\n", body.len()));
                write(stream, &body[..half]);
            }
            (_, Some(from)) => {
                let (last, all) = (body.len() - 1, body.len());
                let head = format!("206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes {from}-{last}/{all}");
                answer(stream, &head, &body[from..]);
            }
            (_, None) => answer(stream, "200 OK\r\nETag: \"a\"", &body),
        }
    });
    stage.start(&[]).await;
    let episode = stage.subscribed(&server).await;
    assert_eq!(stage.download(episode.id).await, sound, "whole, each byte once");
    let asked = server.asked();
    let episodes = asked.iter().filter(|asked| asked.path == "/walk.wav");
    episodes.map(|asked| asked.header("range").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_download_that_is_cut_goes_on_by_itself_where_it_was() {
    let half = (44 + 60 * 8_000 * 2) / 2;
    assert_eq!(cut(true).await, [None, Some(format!("bytes={half}-"))]);
}

#[tokio::test]
async fn an_episode_that_is_forgotten_is_not_fetched_any_more() {
    let mut stage = Stage::new().await;
    let (sound, left) = (walk(&stage), Arc::new(AtomicBool::new(false)));
    let hung_up = left.clone();
    let server = podcast(move |_, stream| {
        write(stream, format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", sound.len()));
        write(stream, &sound[..sound.len() / 2]);
        // The rest does not come: whoever wants it stays on the line.
        let _ = std::io::Read::read(stream, &mut [0]);
        hung_up.store(true, Ordering::Release);
    });
    stage.start(&[]).await;
    let episode = stage.subscribed(&server).await;
    stage.media.download(episode.id.clone()).await.unwrap();
    // Its file is there before anybody is asked.
    let has_some = |file: &PathBuf| std::fs::metadata(file).is_ok_and(|file| file.len() > 0);
    until("the first of it", || async { stage.episodes().iter().any(has_some).then_some(()) }).await;
    stage.media.forget(episode.id).await.unwrap();
    until("the end of the line", || async { left.load(Ordering::Acquire).then_some(()) }).await;
    until("an empty folder", || async { stage.episodes().is_empty().then_some(()) }).await;
    assert_eq!(server.asked().iter().filter(|asked| asked.path == "/walk.wav").count(), 1);
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_sends_it_all_again() {
    assert_eq!(cut(false).await.len(), 2);
}

#[tokio::test]
async fn a_feed_without_end_says_so_and_holds_up_nothing() {
    let mut stage = Stage::new().await;
    let server = podcast(|_, stream| stall(stream));
    stage.start(&[]).await;
    let endless = stage.media.subscribe_podcast(server.at("/endless.xml")).await.unwrap();
    let media = &stage.media;
    let podcast = until("its reason", || async {
        let rows = media.page("podcasts".into(), String::new(), 0, 9).await.unwrap().rows;
        rows.into_iter().find(|row| row.id == endless && !row.reason.is_empty())
    });
    let podcast = podcast.await;
    assert_eq!(
        (podcast.reason.as_str(), podcast.trouble.as_str()),
        ("The podcast's feed or episode has no end", "network")
    );
    assert!(podcast.available, "what is known of it can be heard");
    stage.subscribed(&server).await;
}

/// A disk of so many megabytes, for as long as it is kept.
struct Disk(PathBuf);

impl Disk {
    fn mounted(at: PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tandem-test"]).arg(&at).output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(Self(at))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_library_stays_whole() {
    let mut stage = Stage::new().await;
    let Some(_disk) = Disk::mounted(stage.path("state")) else {
        tandem_scenes::skip("the small disk that this test fills takes a mount: run it as root");
        return;
    };
    tone(&stage.path("music/one.wav"), 30);
    let server = podcast(|_, stream| answer(stream, "200 OK", "sound"));
    stage.start_with(1).await;
    let episode = stage.subscribed(&server).await;
    let refused = stage.media.download(episode.id.clone()).await;
    assert!(matches!(&refused, Err(MediaError::Storage(why)) if why == "The disk is full"), "{refused:?}");
    assert!(stage.episodes().is_empty());

    // Now to the last byte, and more is taken in than fits.
    std::fs::write(stage.path("state/filler"), vec![1; 32 << 20]).unwrap_err();
    let many = |from: u32| {
        let lines = (from..from + 20_000).map(|number| format!("http://a.example/{number}\n"));
        format!("#EXTM3U\n{}", lines.collect::<String>())
    };
    let refused = stage.media.import_stations(many(0)).await;
    assert!(matches!(refused, Err(MediaError::Storage(_))), "{refused:?}");
    let stations = || async { stage.media.page("stations".into(), String::new(), 0, 1).await.unwrap().total };
    assert_eq!(stations().await, 0, "all of it or none");
    let found = stage.media.search("morning".into(), 9).await.unwrap();
    assert_eq!(found.first().map(|item| &item.id), Some(&episode.id));
    stage.play_all().await;
    let entry = stage.until_now("the song", |now| now.item.title == "one").await.entry;
    stage.until_beyond(entry, 0).await;

    // With room again, it takes in again.
    std::fs::remove_file(stage.path("state/filler")).unwrap();
    let imported = stage.media.import_stations("#EXTM3U\nhttp://a.example/1\n".into()).await.unwrap();
    assert_eq!((imported.added, stations().await), (1, 1));
}
