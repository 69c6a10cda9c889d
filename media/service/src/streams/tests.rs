use std::io::Write as _;
use std::net::TcpStream;

use super::*;
use crate::fetch::server::{Server, answer, write};

const QUICK: Limits = Limits { silence: Duration::from_secs(5), bytes: 100_000, ..Limits::LIST };

fn sound(stream: &mut TcpStream) {
    write(stream, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: One\r\n\r\n");
    while stream.write_all(&[0; 1_000]).is_ok() {}
}

fn server() -> Server {
    Server::new(|asked, stream| {
        let list = |stream: &mut TcpStream, kind: &str, body: &str| {
            answer(stream, &format!("200 OK\r\nContent-Type: {kind}"), body);
        };
        match asked.path.as_str() {
            "/live" | "/live.mp3" => sound(stream),
            "/one.m3u" => list(stream, "audio/x-mpegurl", "#EXTM3U\n#EXTINF:-1,One\nlive\n"),
            "/two.pls" => list(stream, "text/plain", "[playlist]\nFile1=/gone\nFile2=/one.m3u\nTitle2=Two\n"),
            "/three" => {
                let track = "<track><location>two.pls</location></track>";
                list(stream, "application/xspf+xml", &format!("<playlist><trackList>{track}</trackList></playlist>"));
            }
            "/moved" => answer(stream, "302 Found\r\nLocation: /list/", ""),
            "/list/" => list(stream, "application/pls+xml", "[playlist]\nFile1=../live.mp3\n"),
            "/hls.m3u8" => list(stream, "application/vnd.apple.mpegurl", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n1.ts\n"),
            "/self.m3u" => list(stream, "audio/mpegurl", "self.m3u\nself.m3u?again\n"),
            "/self.m3u?again" => list(stream, "audio/mpegurl", "self.m3u\n"),
            "/icy" => write(stream, "ICY 200 OK\r\n\r\n"),
            "/page.m3u" => list(stream, "text/html", "<html><body>Log in"),
            "/noise.pls" => list(stream, "application/octet-stream", "\0\0"),
            "/gone" => answer(stream, "404 Not Found", ""),
            path if path.starts_with("/deep") => {
                let depth: u32 = path["/deep".len()..].trim_end_matches(".m3u").parse().unwrap();
                let next = if depth == 0 { "live".to_owned() } else { format!("deep{}.m3u", depth - 1) };
                list(stream, "audio/mpegurl", &next);
            }
            path if path.starts_with("/wide") => {
                let names: Vec<_> = (0..50).map(|number| format!("{path}{number}.m3u")).collect();
                list(stream, "audio/mpegurl", &names.join("\n"));
            }
            _ => {}
        }
    })
}

async fn told(server: &Server, path: &str) -> String {
    match find(&Fetcher, &server.at(path), QUICK).await {
        Ok(Stream { address, title, hls }) => {
            format!("{} \"{title}\"{}", address.replace(&server.address, ""), if hls { " hls" } else { "" })
        }
        Err(error) => format!("{error:?} {}", error.may_pass()).replace(&server.address, ""),
    }
}

#[tokio::test]
async fn playlists_are_followed_to_the_sound() {
    let server = server();
    assert_eq!(told(&server, "/live").await, "/live \"\"");
    assert_eq!(told(&server, "/one.m3u").await, "/live \"One\"");
    assert_eq!(told(&server, "/two.pls").await, "/live \"One\"", "the first server of the list is gone");
    assert_eq!(told(&server, "/three").await, "/live \"One\"");
    assert_eq!(told(&server, "/moved").await, "/live.mp3 \"\"");
    assert_eq!(told(&server, "/hls.m3u8").await, "/hls.m3u8 \"\" hls");
    assert_eq!(told(&server, "/icy").await, "/icy \"\"");
}

#[tokio::test]
async fn playlists_that_lead_nowhere_say_so() {
    let server = server();
    assert_eq!(told(&server, "/self.m3u").await, "Circle false");
    assert_eq!(told(&server, "/page.m3u").await, "List { address: \"/page.m3u\", source: WebPage } true");
    assert_eq!(told(&server, "/noise.pls").await, "List { address: \"/noise.pls\", source: Unknown } false");
    assert_eq!(told(&server, "/gone").await, "Fetch { address: \"/gone\", source: Status { status: 404 } } false");
    assert_eq!(told(&server, "/cut").await, "Fetch { address: \"/cut\", source: Cut { got: 0 } } true");
    assert_eq!(told(&server, "/deep3.m3u").await, "/live \"\"");
    assert_eq!(told(&server, "/deep9.m3u").await, "TooDeep false");
}

#[tokio::test]
async fn a_list_of_everything_is_not_asked_for_everything() {
    let server = server();
    let before = server.asked().len();
    assert_eq!(told(&server, "/wide").await, "TooDeep false");
    assert_eq!(server.asked().len() - before, MAX_ASKED);
}

#[test]
fn a_lost_stream_is_asked_for_soon_and_then_for_ever() {
    let waits: Vec<_> = (0..9).map(|failed| wait_before_retry(failed).as_millis()).collect();
    assert_eq!(waits, [100, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    assert_eq!(wait_before_retry(u32::MAX), Duration::from_secs(15));
}
