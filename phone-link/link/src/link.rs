//! One proved connection: lines in, lines out, until it ends.

use std::io;
use std::time::Duration;

use tandem_kdeconnect::{LineError, Lines, MAX_LINE, MAX_STRANGER_LINE, Packet};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::budget::Bucket;
use crate::shared::News;
use crate::table::LinkId;

/// A peer that takes none of a line for so long is of no use.
const WRITE: Duration = Duration::from_secs(10);
/// What was sent before the link was closed has so long to leave.
const LEAVE: Duration = Duration::from_secs(2);
/// A desktop that speaks protocol 8 reads our identity inside of TLS, and what has come with it only when more comes; if all that is long, it hangs up. So nothing is
/// said before it has spoken, which it does behind our identity, or for so long.
pub(crate) const GRACE: Duration = Duration::from_millis(200);
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

/// Runs a link to its end. `lines` holds what came with the handshake, and before the peer
/// has spoken nothing is said for the time of `grace`.
pub(crate) async fn run(
    link: LinkId,
    grace: Duration,
    stream: impl AsyncRead + AsyncWrite,
    lines: Lines,
    orders: watch::Receiver<Orders>,
    waiting: mpsc::Receiver<String>,
    news: &mpsc::Sender<News>,
) -> Ended {
    let (reader, writer) = tokio::io::split(stream);
    let spoken = Notify::new();
    let hear = Hear { link, lines, orders: orders.clone(), news, spoken: &spoken };
    let write = async {
        drop(timeout(grace, spoken.notified()).await);
        write(writer, orders, waiting).await
    };
    tokio::select! {
        why = hear.run(reader) => why,
        why = write => why,
    }
}

struct Hear<'a> {
    link: LinkId,
    lines: Lines,
    orders: watch::Receiver<Orders>,
    news: &'a mpsc::Sender<News>,
    /// Told of each line.
    spoken: &'a Notify,
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
                self.spoken.notify_one();
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

#[cfg(test)]
mod tests {
    use tandem_kdeconnect::{Message, Packet};
    use tokio::io::duplex;

    use super::*;

    const AN_HOUR: Duration = Duration::from_secs(3600);
    const A_MOMENT: Duration = Duration::from_millis(20);
    const PATIENCE: Duration = Duration::from_secs(60);

    /// Whether a line reaches a peer that says nothing, and then one that has spoken.
    async fn arrives(grace: Duration, at_once: Duration) -> (bool, bool) {
        let (here, mut there) = duplex(8192);
        let (told, orders) = watch::channel(Orders { paired: true, end: None });
        let (lines, waiting) = mpsc::channel(1);
        let (news, _heard) = mpsc::channel(8);
        let ping = || Packet::new(Message::Ping { message: None }).line(1);
        lines.send(ping()).await.unwrap();
        let link = run(LinkId(1), grace, here, Lines::new(MAX_STRANGER_LINE), orders, waiting, &news);
        let peer = async {
            let mut said = vec![0; ping().len()];
            let at_once = timeout(at_once, there.read_exact(&mut said)).await.is_ok();
            there.write_all(ping().as_bytes()).await.unwrap();
            let later = at_once || timeout(PATIENCE, there.read_exact(&mut said)).await.is_ok();
            told.send_modify(|orders| orders.end = Some(Ended::Closed));
            (at_once, later)
        };
        tokio::join!(link, peer).1
    }

    #[tokio::test]
    async fn nothing_is_said_before_the_peer_has_spoken_or_the_grace_is_over() {
        assert_eq!(arrives(AN_HOUR, A_MOMENT).await, (false, true));
        assert_eq!(arrives(Duration::ZERO, PATIENCE).await, (true, true));
    }
}
