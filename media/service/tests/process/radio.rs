//! Stations, from a server of our own on the loopback: as they should be, lost in a tunnel, and as bad as servers are.

use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tandem_contracts::media::MediaError;
use tandem_music::hls;

use crate::server::{Server, answer, stall, write};
use crate::stage::{Stage, tone, until};

const SECOND: i64 = 1_000_000;
/// Of the MP3 made here, bytes a second.
const PACE: usize = 32_000;

/// Ten seconds of MP3: 256 kbit/s, 44.1 kHz.
fn mp3(stage: &Stage) -> Vec<u8> {
    let (from, to) = (stage.path("made/tone.wav"), stage.path("made/tone.mp3"));
    tone(&from, 10);
    let mut lame = Command::new("lame");
    lame.args(["--quiet", "-b", "256", "-m", "j", "--resample", "44.1"]).arg(from).arg(&to);
    assert!(lame.status().expect("the Debian package lame").success());
    std::fs::read(to).unwrap()
}

/// A station as it is on the air: a few seconds at once, then as fast as it sounds, a title in each piece, until it is cut.
fn air(stream: &mut TcpStream, mp3: &[u8], cut: &AtomicBool) {
    const PIECE: usize = 4_000;
    write(stream, "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: Test Radio\r\nicy-metaint: 4000\r\n\r\n");
    let mut words = b"StreamTitle='Anna - Blue';".to_vec();
    words.resize(words.len().div_ceil(16) * 16, 0);
    for (number, piece) in mp3.chunks_exact(PIECE).cycle().enumerate() {
        if cut.load(Ordering::Acquire) || std::io::Write::write_all(stream, piece).is_err() {
            return;
        }
        write(stream, [(words.len() / 16) as u8]);
        write(stream, &words);
        if number * PIECE > 4 * PACE {
            std::thread::sleep(Duration::from_millis((PIECE * 1_000 / PACE) as u64));
        }
    }
}

impl Stage {
    /// Takes in a station and plays it.
    async fn tune(&self, name: &str, address: &str) {
        let list = format!("#EXTM3U\n#EXTINF:-1,{name}\n{address}\n");
        assert_eq!(self.media.import_stations(list).await.unwrap().added, 1);
        let stations = self.media.page("stations".into(), String::new(), 0, 99).await.unwrap().rows;
        let station = stations.into_iter().find(|station| station.title == name).unwrap();
        self.media.play(station.id, -1).await.unwrap();
    }

    async fn until_titled(&self, wanted: &str) {
        let player = &self.player;
        until("the title", || async move {
            let metadata = player.metadata().await.ok()?;
            let title = String::try_from(metadata.get("xesam:title")?.try_clone().ok()?).ok()?;
            (title == wanted).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_station_tells_its_song_is_lost_in_a_tunnel_and_comes_back_by_itself() {
    let mut stage = Stage::new().await;
    let (mp3, tunnel) = (mp3(&stage), Arc::new(AtomicBool::new(false)));
    let cut = Arc::clone(&tunnel);
    let server = Server::new(move |_, stream| air(stream, &mp3, &cut));
    stage.start(&[]).await;
    stage.tune("Wave", &server.at("/live")).await;
    stage.until_titled("Anna - Blue").await;
    let now = stage.until_now("the sound", |now| now.state == "playing").await;
    assert_eq!((now.item.title.as_str(), now.source_kind.as_str(), now.trouble.as_str()), ("Wave", "radio", ""));
    assert!(!stage.player.can_seek().await.unwrap(), "it has no end");

    tunnel.store(true, Ordering::Release);
    let lost = stage.until_now("the tunnel", |now| now.state == "waiting").await;
    assert_eq!((lost.entry, lost.trouble.as_str()), (now.entry, "network"));
    assert!(!lost.reason.is_empty() && !lost.reason.ends_with('.'), "{}", lost.reason);
    assert_eq!(stage.player.playback_status().await.unwrap(), "Playing", "it is still wished");

    tunnel.store(false, Ordering::Release);
    let back = stage.until_now("the sound again", |now| now.state == "playing").await;
    assert_eq!((back.entry, back.reason.as_str(), back.trouble.as_str()), (now.entry, "", ""));
    stage.until_titled("Anna - Blue").await;
}

#[tokio::test]
async fn a_station_in_pieces_plays() {
    let mut stage = Stage::new().await;
    let pieces = hls::pieces(&mp3(&stage));
    assert!(pieces.len() > 7, "{} pieces", pieces.len());
    let server = Server::new(move |asked, stream| {
        if asked.path == "/radio.m3u8" {
            let mut list = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n".to_owned();
            for piece in 0..pieces.len() {
                list.push_str(&format!("#EXTINF:{:.5},\n{piece}.mp3\n", hls::SECONDS));
            }
            return answer(stream, "200 OK\r\nContent-Type: application/vnd.apple.mpegurl", list + "#EXT-X-ENDLIST\n");
        }
        let piece = asked.path.trim_start_matches('/').trim_end_matches(".mp3").parse().unwrap_or(usize::MAX);
        match pieces.get(piece) {
            Some(bytes) => answer(stream, "200 OK\r\nContent-Type: audio/mpeg", bytes),
            None => answer(stream, "404 Not Found", ""),
        }
    });
    stage.start(&[]).await;
    stage.tune("Pieces", &server.at("/radio.m3u8")).await;
    let now = stage.until_now("the sound", |now| now.state == "playing").await;
    stage.until_beyond(now.entry, 3 * SECOND).await;
    let asked = server.asked().iter().filter(|asked| asked.path.ends_with(".mp3")).count();
    assert!(asked >= 3, "{asked} pieces were asked for");
}

/// What a bad server is told to be, and that something else plays after it.
async fn told(path: &str, wanted: (&str, &str)) {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 30);
    let server = Server::new(|asked, stream| match asked.path.as_str() {
        "/stalls" => stall(stream),
        "/stalls-in-sound" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n");
            stall(stream);
        }
        "/lies" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 9999999\r\n\r\n");
            write(stream, [0; 4_000]);
        }
        "/page" => answer(stream, "200 OK\r\nContent-Type: text/html", "<html><body>Log in"),
        "/circle.m3u" => answer(stream, "200 OK\r\nContent-Type: audio/x-mpegurl", "circle.m3u\n"),
        "/endless.m3u" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Type: audio/x-mpegurl\r\n\r\n");
            while std::io::Write::write_all(stream, b"# no end\n").is_ok() {}
        }
        _ => answer(stream, "404 Not Found", ""),
    });
    stage.start_with(1).await;
    stage.tune("Bad", &server.at(path)).await;
    let now = stage.until_now("what is wrong", |now| !now.trouble.is_empty()).await;
    assert_eq!((now.state.as_str(), now.trouble.as_str()), wanted, "{path}: {}", now.reason);
    assert!(!now.reason.is_empty() && !now.reason.ends_with('.'), "{path}: {}", now.reason);
    assert!(now.reason.starts_with(char::is_uppercase) && !now.reason.contains("http"), "{path}: {}", now.reason);
    stage.play_all().await;
    let entry = stage.until_now("the song", |now| now.item.title == "one").await.entry;
    stage.until_beyond(entry, 0).await;
}

#[tokio::test]
async fn a_server_that_stalls_is_waited_for() {
    told("/stalls", ("waiting", "network")).await;
}

#[tokio::test]
async fn a_server_that_stalls_in_the_middle_is_waited_for() {
    told("/stalls-in-sound", ("waiting", "network")).await;
}

#[tokio::test]
async fn a_server_that_lies_about_the_length_is_waited_for() {
    told("/lies", ("waiting", "network")).await;
}

#[tokio::test]
async fn a_page_to_log_in_is_waited_for() {
    told("/page", ("waiting", "network")).await;
}

#[tokio::test]
async fn a_list_that_names_itself_ends_with_a_reason() {
    told("/circle.m3u", ("stopped", "unreadable")).await;
}

#[tokio::test]
async fn a_list_without_end_ends_with_a_reason() {
    told("/endless.m3u", ("stopped", "unreadable")).await;
}

#[tokio::test]
async fn a_station_that_is_gone_says_so() {
    told("/gone", ("stopped", "missing")).await;
}

#[tokio::test]
async fn what_is_no_address_of_a_server_is_no_station() {
    let mut stage = Stage::new().await;
    stage.start(&[]).await;
    let list = "#EXTM3U\nftp://a.example/live\nfile:///etc/passwd\ngopher://a.example/\n";
    let refused = stage.media.import_stations(list.into()).await;
    assert!(matches!(refused, Err(MediaError::Invalid(_))), "{refused:?}");
    let imported = stage.media.import_stations(format!("{list}http://a.example/live\n")).await.unwrap();
    assert_eq!((imported.added, imported.refused), (1, 3));
    assert_eq!(stage.media.page("stations".into(), String::new(), 0, 9).await.unwrap().total, 1);
}
