use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;

use super::server::{Asked, Server, answer, stall, write};
use super::*;

const QUICK: Limits = Limits {
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(5),
    total: Duration::from_secs(30),
    bytes: 100_000,
    keep_free: 0,
};
const IMPATIENT: Limits = Limits { silence: Duration::from_millis(50), ..QUICK };

async fn get(address: &str, limits: Limits) -> Result<Document, FetchError> {
    match Fetcher.get(address, Validators::default(), limits).await? {
        Fetched::Whole(document) => Ok(document),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_document_is_fetched_once() {
    let server = Server::new(|asked, stream| match asked.header("if-none-match") {
        Some("\"one\"") => write(stream, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
        _ => {
            let head = "200 OK\r\nETag: \"one\"\r\nLast-Modified: Sun, 22 Nov 2026 06:00:00 GMT\r\nContent-Type: Audio/X-MpegURL; charset=x";
            answer(stream, head, "#EXTM3U");
        }
    });
    let document = get(&server.at("/a?b#c"), QUICK).await.unwrap();
    assert_eq!((document.bytes.as_slice(), document.media_type.as_str()), (b"#EXTM3U".as_slice(), "audio/x-mpegurl"));
    assert_eq!(document.validators.last_modified, "Sun, 22 Nov 2026 06:00:00 GMT");
    let again = Fetcher.get(&server.at("/a?b"), document.validators, QUICK).await.unwrap();
    assert_eq!(again, Fetched::Unchanged);
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].path.as_str()), (2, "/a?b"));
    assert_eq!(asked[0].header("user-agent"), Some(USER_AGENT));
    assert_eq!(asked[1].header("if-modified-since"), Some("Sun, 22 Nov 2026 06:00:00 GMT"));
}

#[tokio::test]
async fn redirections_end() {
    let server = Server::new(|asked, stream| {
        let left: u32 = asked.path.trim_start_matches("/to/").parse().unwrap_or(0);
        let to = match asked.path.as_str() {
            "/circle" => "/circle".to_owned(),
            "/file" => "file:///etc/passwd".to_owned(),
            _ if left > 0 => format!("../to/{}", left - 1),
            _ => return answer(stream, "200 OK", "here"),
        };
        answer(stream, &format!("302 Found\r\nLocation: {to}"), "");
    });
    assert_eq!(get(&server.at("/to/5"), QUICK).await.unwrap().address, server.at("/to/0"));
    for path in ["/to/6", "/circle"] {
        assert!(matches!(get(&server.at(path), QUICK).await, Err(FetchError::Redirected { limit: 5 })));
    }
    assert!(matches!(get(&server.at("/file"), QUICK).await, Err(FetchError::Address { .. })));
    for address in ["file:///etc/passwd", "gopher://x", "", "http://", "/a"] {
        assert!(matches!(get(address, QUICK).await, Err(FetchError::Address { .. })), "{address}");
    }
}

#[test]
fn a_safe_connection_stays_safe() {
    let step = |from: &str, to: &str| redirected(&Url::parse(from).unwrap(), to).map(String::from);
    assert!(matches!(step("https://a.example/x", "http://a.example/"), Err(FetchError::Downgraded)));
    assert_eq!(step("https://a.example/x", "//b.example/y").unwrap(), "https://b.example/y");
    assert_eq!(step("http://a.example/x/y", "https://a.example/").unwrap(), "https://a.example/");
    assert_eq!(step("http://a.example/x/y", "z").unwrap(), "http://a.example/x/z");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let server = Server::new(|asked, stream| match asked.path.as_str() {
        "/head" => stall(stream),
        "/half-head" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Le");
            stall(stream);
        }
        "/body" => {
            write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
            stall(stream);
        }
        _ => {
            write(stream, "HTTP/1.1 200 OK\r\n\r\n");
            stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
            while stream.write_all(b".").is_ok() {
                stall(stream);
            }
        }
    });
    for path in ["/head", "/half-head", "/body"] {
        let result = get(&server.at(path), IMPATIENT).await;
        assert!(matches!(result, Err(FetchError::Silent(_))), "{path}: {result:?}");
    }
    let limits = Limits { total: Duration::from_millis(200), ..QUICK };
    let result = get(&server.at("/drip"), limits).await;
    assert!(matches!(result, Err(FetchError::TooSlow { limit }) if limit == limits.total), "{result:?}");
}

/// A megabyte of zeros, by the real gzip.
fn bomb() -> Vec<u8> {
    let mut gzip = Command::new("gzip").arg("-9").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    gzip.stdin.take().unwrap().write_all(&vec![0; 1 << 20]).unwrap();
    let bomb = gzip.wait_with_output().unwrap().stdout;
    assert!(bomb.len() < 2_000);
    bomb
}

#[tokio::test]
async fn what_has_no_end_is_left() {
    let bomb = bomb();
    let server = Server::new(move |asked, stream| match asked.path.as_str() {
        "/claims" => write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
        "/bomb" => answer(stream, "200 OK\r\nContent-Encoding: gzip", &bomb),
        "/headers" => {
            write(stream, "HTTP/1.1 200 OK\r\n");
            while stream.write_all(b"X-Header: again and again\r\n").is_ok() {}
        }
        _ => {
            write(stream, "HTTP/1.1 200 OK\r\n\r\n");
            while stream.write_all(&[b' '; 1_000]).is_ok() {}
        }
    });
    for path in ["/claims", "/bomb", "/endless"] {
        let result = get(&server.at(path), QUICK).await;
        assert!(matches!(result, Err(FetchError::TooLarge { limit: 100_000 })), "{path}: {result:?}");
    }
    let result = get(&server.at("/headers"), QUICK).await;
    assert!(matches!(result, Err(FetchError::Protocol(_))), "{result:?}");
    let limits = Limits { bytes: 2 << 20, ..QUICK };
    assert_eq!(get(&server.at("/bomb"), limits).await.unwrap().bytes.len(), 1 << 20);
}

#[tokio::test]
async fn what_breaks_off_says_where() {
    let server = Server::new(|asked, stream| match asked.path.as_str() {
        "/short" => write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"),
        "/chunk" => write(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n5\r\n1"),
        "/packed" => answer(stream, "200 OK\r\nContent-Encoding: gzip", "no gzip"),
        "/noise" => write(stream, b"\0\x01\x02 noise\r\n\r\n"),
        "/icy" => write(stream, "ICY 200 OK\r\nicy-name: One\r\n\r\nsound"),
        "/gone" => answer(stream, "410 Gone", "a page"),
        "/not-asked" => write(stream, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
        _ => {}
    });
    assert!(matches!(get(&server.at("/short"), QUICK).await, Err(FetchError::Cut { got: 5 })));
    assert!(matches!(get(&server.at("/nothing"), QUICK).await, Err(FetchError::Cut { got: 0 })));
    let chunk = get(&server.at("/chunk"), QUICK).await;
    assert!(matches!(chunk, Err(FetchError::Cut { got: 5.. })), "{chunk:?}");
    for path in ["/packed", "/noise", "/icy"] {
        let result = get(&server.at(path), QUICK).await;
        assert!(matches!(result, Err(FetchError::Protocol(_))), "{path}: {result:?}");
    }
    assert!(matches!(get(&server.at("/gone"), QUICK).await, Err(FetchError::Status { status: 410 })));
    assert!(matches!(get(&server.at("/not-asked"), QUICK).await, Err(FetchError::Status { status: 304 })));
    let insecure = server.at("/").replace("http:", "https:");
    let result = get(&insecure, QUICK).await;
    assert!(matches!(result, Err(FetchError::NotSecure(_) | FetchError::Cut { .. })), "{result:?}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let result = get(&format!("http://{closed}/"), QUICK).await;
    assert!(matches!(&result, Err(error @ FetchError::Unreachable(_)) if error.may_pass()), "{result:?}");
}

#[tokio::test]
async fn sound_is_not_read() {
    let server = Server::new(|_, stream| {
        write(stream, "HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n");
        while stream.write_all(&[0; 1_000]).is_ok() {}
    });
    let wanted = |_: &str, media_type: &str| media_type != "audio/mpeg";
    let fetched = Fetcher.get_if(&server.at("/live"), Validators::default(), QUICK, wanted).await.unwrap();
    assert_eq!(fetched, Fetched::Other { address: server.at("/live"), media_type: "audio/mpeg".into() });
}

#[tokio::test]
async fn who_stops_waiting_hangs_up() {
    let (came, mut comes) = tokio::sync::mpsc::unbounded_channel();
    let (gone, goes) = mpsc::channel();
    let server = Server::new(move |_, stream| {
        came.send(()).unwrap();
        stall(stream);
        gone.send(()).unwrap();
    });
    tokio::select! {
        result = get(&server.address, QUICK) => panic!("{result:?}"),
        _ = comes.recv() => {}
    }
    goes.recv_timeout(Duration::from_secs(4)).expect("the connection closes before its own timeout");
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("17.audio")
    }

    fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn sound() -> Vec<u8> {
    (0..50_000u32).flat_map(|number| number.to_le_bytes()).collect()
}

const MEGABYTE: Limits = Limits { bytes: 1 << 20, ..QUICK };

async fn download(server: &Server, folder: &Folder, limits: Limits) -> Result<u64, FetchError> {
    Fetcher.download(&server.at("/episode"), &folder.file(), limits, |_| ()).await
}

#[tokio::test]
async fn a_download_appears_when_it_is_whole() {
    let server = Server::new(|_, stream| answer(stream, "200 OK", sound()));
    let folder = Folder::new();
    let (tell, told) = mpsc::channel();
    let (file, whole) = (folder.file(), sound().len() as u64);
    let bytes = Fetcher.download(&server.at("/"), &file, MEGABYTE, move |progress| tell.send(progress).unwrap()).await;
    assert_eq!(bytes.unwrap(), whole);
    assert_eq!(std::fs::read(&file).unwrap(), sound());
    assert_eq!(folder.names(), ["17.audio"]);
    let told: Vec<_> = told.iter().collect();
    assert!(told.is_sorted_by_key(|progress| progress.bytes) && told.iter().all(|told| told.of == Some(whole)));
    assert_eq!((told.first().unwrap().bytes, told.last().unwrap().bytes), (0, whole));
    assert_eq!(server.asked()[0].header("accept-encoding"), Some("identity"));
    Fetcher.remove(&file).await.unwrap();
    Fetcher.remove(&file).await.unwrap();
    assert_eq!(folder.names(), [""; 0]);
}

const HALF: usize = 100_000;

/// Sends half, then as `second` says; what was asked the second time. The file is whole in the end.
async fn cut_then(head: &'static str, second: fn(&Asked, &mut TcpStream)) -> Asked {
    let count = AtomicUsize::new(0);
    let server = Server::new(move |asked, stream| {
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            write(stream, format!("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n{head}\r\n"));
            write(stream, &sound()[..HALF]);
        } else {
            second(asked, stream);
        }
    });
    let folder = Folder::new();
    let result = download(&server, &folder, MEGABYTE).await;
    assert!(matches!(result, Err(FetchError::Cut { got: 100_000 })), "{result:?}");
    assert!(!folder.file().exists());
    assert_eq!(download(&server, &folder, MEGABYTE).await.unwrap(), 200_000);
    assert_eq!(std::fs::read(folder.file()).unwrap(), sound());
    assert_eq!(folder.names(), ["17.audio"]);
    server.asked()[1].clone()
}

fn rest(_: &Asked, stream: &mut TcpStream) {
    let head = "206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 100000-199999/200000";
    answer(stream, head, &sound()[HALF..]);
}

#[tokio::test]
async fn a_cut_download_goes_on_where_it_was() {
    let asked = cut_then("ETag: \"a\"\r\n", rest).await;
    assert_eq!((asked.header("range"), asked.header("if-range")), (Some("bytes=100000-"), Some("\"a\"")));
    let date = "Sun, 22 Nov 2026 06:00:00 GMT";
    let asked = cut_then("ETag: W/\"weak\"\r\nLast-Modified: Sun, 22 Nov 2026 06:00:00 GMT\r\n", |_, stream| {
        let head = "206 Partial Content\r\nContent-Range: bytes 100000-199999/*";
        answer(stream, head, &sound()[HALF..]);
    });
    assert_eq!(asked.await.header("if-range"), Some(date));
}

#[tokio::test]
async fn a_cut_download_of_something_else_begins_anew() {
    fn whole(stream: &mut TcpStream) {
        answer(stream, "200 OK", sound());
    }
    let asked = cut_then("", |_, stream| whole(stream)).await;
    assert_eq!(asked.header("range"), None, "nothing names the answer");
    cut_then("ETag: \"a\"\r\n", |_, stream| whole(stream)).await;
    cut_then("ETag: \"a\"\r\n", |asked, stream| match asked.header("range") {
        Some(_) => answer(stream, "416 Range Not Satisfiable", ""),
        None => whole(stream),
    })
    .await;
    // Servers that do not heed If-Range, or what was asked at all.
    cut_then("ETag: \"a\"\r\n", |asked, stream| match asked.header("range") {
        Some(_) => answer(stream, "206 OK\r\nETag: \"b\"\r\nContent-Range: bytes 100000-199999/200000", "other"),
        None => whole(stream),
    })
    .await;
    cut_then("ETag: \"a\"\r\n", |asked, stream| match asked.header("range") {
        Some(_) => answer(stream, "206 OK\r\nETag: \"a\"\r\nContent-Range: bytes 0-4/200000", "other"),
        None => whole(stream),
    })
    .await;
}

#[tokio::test]
async fn a_note_that_says_more_than_there_is_counts_for_nothing() {
    let server = Server::new(|asked, stream| {
        assert_eq!(asked.header("range"), None);
        answer(stream, "200 OK\r\nETag: \"a\"", sound());
    });
    let note = format!(r#"{{"address":"{}","validator":"\"a\"","safe":9}}"#, server.at("/episode"));
    for (part, note) in [("12345678", note.as_str()), ("", "{"), ("123456789", "{}")] {
        let folder = Folder::new();
        std::fs::write(folder.0.path().join("17.audio.part"), part).unwrap();
        std::fs::write(folder.0.path().join("17.audio.part.json"), note).unwrap();
        assert_eq!(download(&server, &folder, MEGABYTE).await.unwrap(), 200_000);
        assert_eq!(std::fs::read(folder.file()).unwrap(), sound());
    }
}

#[tokio::test]
async fn nothing_useless_stays_on_the_disk() {
    let server = Server::new(|asked, stream| match asked.header("user-agent") {
        Some(_) if asked.path == "/gone" => answer(stream, "404 Not Found", ""),
        Some(_) if asked.path == "/login" => {
            answer(stream, "200 OK\r\nContent-Type: text/html; charset=utf-8", "<html>")
        }
        _ => {
            write(stream, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n\r\n");
            while stream.write_all(&[0; 1_000]).is_ok() {}
        }
    });
    let folder = Folder::new();
    let full = Limits { keep_free: u64::MAX, ..MEGABYTE };
    assert!(matches!(download(&server, &folder, full).await, Err(FetchError::DiskFull)));
    assert_eq!(folder.names(), [""; 0]);
    let result = download(&server, &folder, MEGABYTE).await;
    assert!(matches!(result, Err(FetchError::TooLarge { limit: 0x10_0000 })), "{result:?}");
    assert_eq!(folder.names(), [""; 0]);
    let result = Fetcher.download(&server.at("/gone"), &folder.file(), MEGABYTE, |_| ()).await;
    assert!(matches!(result, Err(FetchError::Status { status: 404 })));
    let result = Fetcher.download(&server.at("/login"), &folder.file(), MEGABYTE, |_| ()).await;
    assert!(matches!(result, Err(FetchError::WebPage)));
    assert_eq!(folder.names(), [""; 0]);
    let result = Fetcher.download(&server.at("/"), &folder.0.path().join("no/17"), MEGABYTE, |_| ()).await;
    assert!(matches!(result, Err(FetchError::File { .. })), "{result:?}");
    let full = FetchError::of_file(std::io::ErrorKind::StorageFull.into(), &folder.file());
    assert!(matches!(full, FetchError::DiskFull));
}

#[tokio::test]
async fn one_file_is_fetched_once_at_a_time() {
    let (came, mut comes) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::new(move |_, stream| {
        write(stream, "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 10\r\n\r\n12345");
        came.send(()).unwrap();
        stall(stream);
    });
    let folder = Folder::new();
    let (address, file) = (server.at("/episode"), folder.file());
    let first = tokio::spawn(async move { Fetcher.download(&address, &file, MEGABYTE, |_| ()).await });
    comes.recv().await.unwrap();
    let again = download(&server, &folder, MEGABYTE).await;
    assert!(matches!(again, Err(FetchError::Busy)), "{again:?}");
    first.abort();
}
