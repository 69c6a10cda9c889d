//! One proved connection: lines in, lines out, until it ends.

use std::io;
use std::time::Duration;

use tandem_kdeconnect::{LineError, Lines, MAX_LINE, MAX_STRANGER_LINE, Packet};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsStream;

use crate::budget::Bucket;
use crate::shared::News;
use crate::table::LinkId;

/// A peer that takes none of a line for so long is of no use.
const WRITE: Duration = Duration::from_secs(10);
/// What was sent before the link was closed has so long to leave.
const LEAVE: Duration = Duration::from_secs(2);
/// Bytes read at a time.
const CHUNK: usize = 16 << 10;
/// Lines that are no packets: the first are told, the last ends the link.
const TOLD: u32 = 8;
const NONSENSE: u32 = 100;

/// Why a link is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// We closed it.
    Closed,
    PeerClosed,
    /// The same device has a newer one.
    Replaced,
    /// Nothing came back for about six seconds, or the network said no.
    Lost(io::ErrorKind),
    /// The peer took nothing for ten seconds.
    Stuck,
    /// The stream cannot be read on.
    Broken(LineError),
    /// The hundredth line that was no packet.
    Nonsense,
}

/// What a link is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Orders {
    pub paired: bool,
    pub end: Option<Ended>,
}

/// Runs a link to its end. `lines` holds what came with the handshake.
pub(crate) async fn run(
    link: LinkId,
    stream: TlsStream<TcpStream>,
    lines: Lines,
    orders: watch::Receiver<Orders>,
    waiting: mpsc::Receiver<String>,
    news: &mpsc::Sender<News>,
) -> Ended {
    let (reader, writer) = tokio::io::split(stream);
    let hear = Hear { link, lines, orders: orders.clone(), news };
    tokio::select! {
        why = hear.run(reader) => why,
        why = write(writer, orders, waiting) => why,
    }
}

struct Hear<'a> {
    link: LinkId,
    lines: Lines,
    orders: watch::Receiver<Orders>,
    news: &'a mpsc::Sender<News>,
}

impl Hear<'_> {
    async fn run(mut self, mut reader: impl AsyncRead + Unpin) -> Ended {
        let start = Instant::now();
        let mut bucket = Bucket::new(Duration::ZERO);
        let mut nonsense = 0;
        let mut chunk = vec![0; CHUNK];
        loop {
            loop {
                let limit = if self.orders.borrow().paired { MAX_LINE } else { MAX_STRANGER_LINE };
                self.lines.set_limit(limit);
                let (packet, bytes) = match self.lines.next_line() {
                    Ok(Some(line)) => (Packet::parse(line), line.len()),
                    Ok(None) => break,
                    Err(error) => return Ended::Broken(error),
                };
                let told = match packet {
                    Ok(packet) => Some(News::Packet { link: self.link, packet }),
                    Err(_) if nonsense >= NONSENSE => return Ended::Nonsense,
                    Err(why) => {
                        nonsense += 1;
                        (nonsense <= TOLD).then_some(News::Refused { link: self.link, why })
                    }
                };
                if let Some(told) = told
                    && self.news.send(told).await.is_err()
                {
                    return Ended::Closed;
                }
                // While this waits, the peer's own buffers fill: it is slowed down, and nothing is lost.
                let wait = bucket.pay(start.elapsed(), bytes);
                if !wait.is_zero() {
                    sleep(wait).await;
                }
            }
            match reader.read(&mut chunk).await {
                Ok(0) => return Ended::PeerClosed,
                Ok(read) => self.lines.push(chunk.get(..read).unwrap_or_default()),
                // It left without a word, as programs that are killed do.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ended::PeerClosed,
                Err(error) => return Ended::Lost(error.kind()),
            }
        }
    }
}

async fn write(
    mut writer: impl AsyncWrite + Unpin,
    mut orders: watch::Receiver<Orders>,
    mut waiting: mpsc::Receiver<String>,
) -> Ended {
    loop {
        let line = tokio::select! {
            biased;
            why = told_to_end(&mut orders) => {
                waiting.close();
                let leave = async {
                    while let Some(line) = waiting.recv().await {
                        writer.write_all(line.as_bytes()).await?;
                    }
                    writer.shutdown().await
                };
                // Whoever does not take it now will not have it.
                drop(timeout(LEAVE, leave).await);
                return why;
            }
            line = waiting.recv() => line,
        };
        let Some(line) = line else { return Ended::Closed };
        let written = async {
            writer.write_all(line.as_bytes()).await?;
            writer.flush().await
        };
        tokio::select! {
            // Half a line is no line: nothing can be said behind it.
            why = told_to_end_late(&mut orders) => return why,
            written = timeout(WRITE, written) => match written {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Ended::Lost(error.kind()),
                Err(_) => return Ended::Stuck,
            },
        }
    }
}

/// The same, for who is in the middle of a line: it has as long to leave as what waits behind it.
async fn told_to_end_late(orders: &mut watch::Receiver<Orders>) -> Ended {
    let why = told_to_end(orders).await;
    tokio::time::sleep(LEAVE).await;
    why
}

async fn told_to_end(orders: &mut watch::Receiver<Orders>) -> Ended {
    let end = orders.wait_for(|orders| orders.end.is_some()).await.ok().and_then(|orders| orders.end.clone());
    end.unwrap_or(Ended::Closed)
}
