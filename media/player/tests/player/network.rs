//! A server of our own on the loopback: files, radio with titles, HLS; and servers that misbehave.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::harness::Player;
use super::sound::{encoded, sine};
use tandem_music::hls;
use tandem_player::protocol::{Cause, Event, Order, Track};

/// Answers each request by its path, until the test ends.
fn serve(answer: impl Fn(&str, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, answer.clone()) else { return };
            std::thread::spawn(move || {
                let mut request = Vec::new();
                let mut byte = [0];
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
                    request.push(byte[0]);
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                // The player may hang up at any time.
                let _ = answer(&request, &mut stream);
            });
        }
    });
    format!("http://{address}")
}

fn path_of(request: &str) -> &str {
    request.split_whitespace().nth(1).unwrap_or("")
}

fn whole(stream: &mut TcpStream, kind: &str, body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

fn song(folder: &Path, samples: usize) -> Vec<u8> {
    std::fs::read(encoded(folder, "song", "mp3", &sine(0, samples))).unwrap()
}

fn load(player: &mut Player, id: u64, uri: String) {
    player.say(&Order::Load { track: Track { id, uri }, position_us: 0, playing: true });
}

#[test]
fn radio_names_itself_and_its_songs_and_its_end_is_a_loss() {
    let mut player = Player::new("record-fast", &["--network"]);
    let mp3 = song(player.folder.path(), 200_000);
    let server = serve(move |_, stream| {
        stream.write_all(
            b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: Test Radio\r\nicy-metaint: 4000\r\n\r\n",
        )?;
        for (part, bytes) in mp3.chunks_exact(4_000).enumerate() {
            stream.write_all(bytes)?;
            let mut words = format!("StreamTitle='Anna - Song {}';", part / 8).into_bytes();
            words.resize(words.len().div_ceil(16) * 16, 0);
            stream.write_all(&[(words.len() / 16) as u8])?;
            stream.write_all(&words)?;
        }
        Ok(())
    });
    load(&mut player, 1, format!("{server}/"));
    let loaded = player.loaded(1);
    assert_eq!(loaded, Event::Loaded { id: 1, duration_us: None, seekable: false });
    for wanted in ["Anna - Song 0", "Anna - Song 1"] {
        let tags = player.until(wanted, |event| matches!(event, Event::Tags { title, .. } if title == wanted));
        assert!(matches!(tags, Event::Tags { id: 1, ref station, .. } if station == "Test Radio"), "{tags:?}");
    }
    let (cause, sentence) = player.failed(1);
    assert_eq!((cause, sentence.as_str()), (Cause::Network, "The station stopped sending"));
    let filled = player.heard.iter().filter(|event| matches!(event, Event::Buffering { percent: 100, .. })).count();
    assert!(filled >= 1, "the buffer was full once");
    assert!(player.recording().len() > 150_000);
}

#[test]
fn an_episode_has_a_length_and_can_be_jumped_in() {
    let mut player = Player::new("record-fast", &["--network"]);
    let mp3 = song(player.folder.path(), 400_000);
    let server = serve(move |request, stream| {
        let from = request
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned))
            .and_then(|range| range.split('-').next().and_then(|from| from.parse().ok()))
            .unwrap_or(0_usize);
        let (status, rest) = if from > 0 { ("206 Partial Content", &mp3[from..]) } else { ("200 OK", &mp3[..]) };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Type: audio/mpeg\r\nAccept-Ranges: bytes\r\nContent-Range: bytes {from}-{}/{}\r\nContent-Length: {}\r\n\r\n",
            mp3.len() - 1,
            mp3.len(),
            rest.len()
        )?;
        stream.write_all(rest)
    });
    player.say(&Order::Load {
        track: Track { id: 1, uri: format!("{server}/e.mp3") },
        position_us: 5_000_000,
        playing: true,
    });
    let Event::Loaded { duration_us: Some(duration_us), seekable: true, .. } = player.loaded(1) else {
        panic!("{:?}", player.heard)
    };
    assert!((9_070_000..9_100_000).contains(&duration_us), "{duration_us}");
    player.follow(1, None);
    player.ended(1);
    let heard = player.recording();
    assert!(heard.len().abs_diff(400_000 - 220_500) < 3_000, "{}", heard.len());
}

#[test]
fn an_episode_whose_server_knows_no_ranges_is_heard_from_its_start() {
    let mut player = Player::new("record-fast", &["--network"]);
    let mp3 = song(player.folder.path(), 400_000);
    let server = serve(move |_, stream| {
        write!(stream, "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {}\r\n\r\n", mp3.len())?;
        stream.write_all(&mp3)
    });
    let track = Track { id: 1, uri: format!("{server}/e.mp3") };
    player.say(&Order::Load { track, position_us: 5_000_000, playing: true });
    let Event::Loaded { seekable: false, .. } = player.loaded(1) else { panic!("{:?}", player.heard) };
    player.follow(1, None);
    player.ended(1);
    assert!(player.recording().len() > 390_000, "{}", player.recording().len());
}

#[test]
fn servers_that_refuse_hang_up_or_lie_are_told_apart_from_music() {
    let mut player = Player::new("record-fast", &["--network"]);
    let mp3 = song(player.folder.path(), 300_000);
    let server = serve(move |request, stream| match path_of(request) {
        "/hangs-up" => Ok(()),
        "/short" => {
            // Half of what was promised, each time it is asked.
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {}\r\n\r\n", mp3.len())?;
            stream.write_all(&mp3[..mp3.len() / 2])
        }
        "/page" => whole(stream, "audio/mpeg", "<html>please log in</html>".repeat(300).as_bytes()),
        "/forbidden" => stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        "/elsewhere" => {
            stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n")
        }
        _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    });
    for (id, path) in ["/none", "/hangs-up", "/forbidden", "/elsewhere"].iter().enumerate() {
        let id = id as u64;
        load(&mut player, id, format!("{server}{path}"));
        let (cause, sentence) = player.failed(id);
        assert_eq!(cause, Cause::Network, "{path}: {sentence}");
        assert!(!sentence.contains("http") && !sentence.ends_with('.'), "{sentence}");
    }
    load(&mut player, 10, format!("{server}/page"));
    assert_eq!(player.failed(10).0, Cause::Unsupported);
    load(&mut player, 11, format!("{server}/short"));
    player.follow(11, None);
    player.until("its end", |event| {
        matches!(event, Event::Ended { id: 11 } | Event::Failed { id: 11, cause: Cause::Network, .. })
    });
    // Nobody listens there any more.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    load(&mut player, 12, nobody);
    assert_eq!(player.failed(12).0, Cause::Network);
    player.ping(1);
}

/// A tunnel: nothing comes any more, and the service takes something else.
#[test]
fn a_server_that_stalls_does_not_keep_the_player() {
    let mut player = Player::new("record", &["--network"]);
    let file = encoded(player.folder.path(), "local", "flac", &sine(0, 20_000));
    let server = serve(|_, stream| {
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n")?;
        // Held open until the player hangs up.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.read(&mut [0]).map(|_| ())
    });
    load(&mut player, 1, format!("{server}/"));
    player.ping(5);
    player.load(2, &file, 0, true);
    player.follow(2, None);
    player.ended(2);
    assert!(!player.heard.iter().any(|event| matches!(event, Event::Started { id: 1, .. })));
    assert!(player.recording().ends_with(&sine(0, 20_000)));
}

#[test]
fn hls_plays_from_piece_to_piece() {
    let mut player = Player::new("record-fast", &["--network"]);
    let mp3 = song(player.folder.path(), 200_000);
    let pieces = hls::pieces(&mp3);
    assert!(pieces.len() > 3, "{} pieces", pieces.len());
    let count = pieces.len();
    let server = serve(move |request, stream| {
        let path = path_of(request);
        if path == "/radio.m3u8" {
            let mut list = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n".to_owned();
            for piece in 0..count {
                list.push_str(&format!("#EXTINF:{:.5},\n{piece}.mp3\n", hls::SECONDS));
            }
            list.push_str("#EXT-X-ENDLIST\n");
            return whole(stream, "application/vnd.apple.mpegurl", list.as_bytes());
        }
        let piece = path.trim_start_matches('/').trim_end_matches(".mp3").parse().unwrap_or(usize::MAX);
        match pieces.get(piece) {
            Some(bytes) => whole(stream, "audio/mpeg", bytes),
            None => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        }
    });
    load(&mut player, 1, format!("{server}/radio.m3u8"));
    player.started(1);
    player.follow(1, None);
    player.until("its end", |event| matches!(event, Event::Ended { id: 1 } | Event::Failed { id: 1, .. }));
    assert!(player.recording().len() > 150_000, "{:?}", player.heard);
}
