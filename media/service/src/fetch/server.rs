//! A server for tests that behaves as badly as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a client asked: the path, and the headers in lower case.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub struct Server {
    pub address: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers every request with what `answer` writes; the connection closes after it.
    pub fn new(answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1", answer)
    }

    /// The same, at another address of this machine.
    pub fn on(host: &str, answer: impl Fn(&Asked, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (log, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, log, answer) = (stream.unwrap(), log.clone(), answer.clone());
                std::thread::spawn(move || {
                    let Some(asked) = read(&stream) else { return };
                    log.lock().unwrap().push(asked.clone());
                    answer(&asked, &mut stream);
                });
            }
        });
        Self { address, asked }
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines.filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        Some((key.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Some(Asked { path, headers: headers.collect() })
}

/// Writes as long as the client listens.
pub fn write(stream: &mut TcpStream, bytes: impl AsRef<[u8]>) {
    // A client that hangs up is what some tests are about.
    let _ = stream.write_all(bytes.as_ref());
}

/// A whole answer, with its length.
pub fn answer(stream: &mut TcpStream, head: &str, body: impl AsRef<[u8]>) {
    let body = body.as_ref();
    write(stream, format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
    write(stream, body);
}

/// Says nothing until the client goes.
pub fn stall(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 64]);
}
