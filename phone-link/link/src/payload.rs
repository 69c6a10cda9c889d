//! Bytes beside a packet, over a connection of their own: whoever offers them listens and is the TLS server, whoever wants them dials.

use std::io;
use std::time::Duration;

use tandem_kdeconnect::{PAYLOAD_PORTS, Packet, Payload};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::meet::set_up;
use crate::shared::{Shared, unix_ms};
use crate::table::{Entry, socket_address};
use crate::tls;

/// For a connection with its proof.
const CONNECT: Duration = Duration::from_secs(5);
/// Until somebody comes for it, as desktops do.
pub(crate) const WAIT: Duration = Duration::from_secs(30);
/// Between two pieces.
const SILENCE: Duration = Duration::from_secs(10);
/// For whoever sends to say that this was all.
const END: Duration = Duration::from_secs(1);
/// A desktop of 2022 now and then loses a file whose last bytes come together with the end, so the end waits, until the peer says that it has everything, or so
/// long. We say so when a sender that closes at once would have.
const LINGER: Duration = Duration::from_millis(500);
const AT_ONCE: Duration = Duration::from_millis(50);
/// All of it: so long, and a second more for each of these bytes.
const TOTAL: Duration = Duration::from_secs(60);
const PER_SECOND: u64 = 32 << 10;
const CHUNK: usize = 64 << 10;

/// Why a payload did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    #[error("the link is gone")]
    Gone,
    #[error("it has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("it ended after {bytes} bytes, and not as it said")]
    Short { bytes: u64 },
    #[error("it has more than the {size} bytes that it said")]
    Long { size: u64 },
    #[error("nothing moved for ten seconds, or all of it took too long")]
    Slow,
    #[error("nobody came for it")]
    Nobody,
    #[error("no port between {} and {} is free", PAYLOAD_PORTS.start(), PAYLOAD_PORTS.end())]
    NoPort(#[source] io::Error),
    #[error("the other end is not the peer of the link: it has another certificate")]
    Certificate,
    #[error("the connection failed")]
    Connection(#[source] io::Error),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// On our own side.
    #[error("what is sent cannot be read, or what comes cannot be written")]
    Local(#[source] io::Error),
}

fn connection(error: io::Error) -> PayloadError {
    if tls::is_another(&error) { PayloadError::Certificate } else { PayloadError::Connection(error) }
}

/// Does it for as long as the link is up, in a time that is enough for so many bytes.
async fn bounded<T>(
    entry: &Entry,
    bytes: u64,
    work: impl Future<Output = Result<T, PayloadError>>,
) -> Result<T, PayloadError> {
    let total = TOTAL + Duration::from_secs(bytes / PER_SECOND);
    let permitted = async {
        let _permit = entry.payloads.acquire().await.map_err(|_| PayloadError::Gone)?;
        work.await
    };
    tokio::select! {
        done = timeout(total, permitted) => done.unwrap_or(Err(PayloadError::Slow)),
        () = entry.lines.closed() => Err(PayloadError::Gone),
    }
}

async fn moving<T>(work: impl Future<Output = io::Result<T>>) -> Result<T, PayloadError> {
    timeout(SILENCE, work).await.map_err(|_| PayloadError::Slow)?.map_err(connection)
}

pub(crate) async fn fetch(
    shared: &Shared,
    entry: &Entry,
    payload: Payload,
    into: &mut (impl AsyncWrite + Unpin),
    limit: u64,
) -> Result<u64, PayloadError> {
    if payload.size.is_some_and(|size| size > limit) {
        return Err(PayloadError::TooLarge { limit });
    }
    let connector = tls::client(&shared.own, Some(entry.certificate.to_vec()))?;
    let name = ServerName::IpAddress(entry.address.into());
    let work = async {
        let connect = async {
            let socket = if entry.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.bind(socket_address(entry.local, entry.scope, 0))?;
            let stream = socket.connect(socket_address(entry.address, entry.scope, payload.port)).await?;
            set_up(&stream)?;
            connector.connect(name, stream).await
        };
        let connected = timeout(CONNECT, connect).await.map_err(|_| PayloadError::Slow)?;
        let mut stream = connected.map_err(connection)?;
        let bytes = take(&mut stream, payload.size, into, limit).await?;
        into.flush().await.map_err(PayloadError::Local)?;
        Ok(bytes)
    };
    bounded(entry, payload.size.unwrap_or(limit), work).await
}

async fn take(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    size: Option<u64>,
    into: &mut (impl AsyncWrite + Unpin),
    limit: u64,
) -> Result<u64, PayloadError> {
    let most = size.unwrap_or(limit);
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let is_whole = size == Some(bytes);
        let read = if is_whole {
            let more = match timeout(AT_ONCE, stream.read(&mut chunk)).await {
                Ok(read) => Some(read),
                Err(_) => {
                    drop(timeout(END, stream.shutdown()).await);
                    timeout(END, stream.read(&mut chunk)).await.ok()
                }
            };
            // It says no more, or it is gone: all is here.
            more.and_then(Result::ok).unwrap_or(0)
        } else {
            match moving(stream.read(&mut chunk)).await {
                // Cut off, or ended: without a size nobody could tell.
                Err(PayloadError::Connection(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(PayloadError::Short { bytes });
                }
                read => read?,
            }
        };
        if read == 0 {
            return if is_whole || size.is_none() { Ok(bytes) } else { Err(PayloadError::Short { bytes }) };
        }
        if read as u64 > most - bytes {
            return Err(size.map_or(PayloadError::TooLarge { limit }, |size| PayloadError::Long { size }));
        }
        into.write_all(chunk.get(..read).unwrap_or_default()).await.map_err(PayloadError::Local)?;
        bytes += read as u64;
    }
}

pub(crate) async fn offer(
    shared: &Shared,
    entry: &Entry,
    mut packet: Packet,
    mut from: impl AsyncRead + Unpin,
    size: u64,
    wait: Duration,
) -> Result<(), PayloadError> {
    let acceptor = tls::server(&shared.own, Some(entry.certificate.to_vec()))?;
    let work = async {
        let (listener, port) = listen(entry)?;
        packet.payload = Some(Payload { size: Some(size), port });
        entry.lines.send(packet.line(unix_ms())).await.map_err(|_| PayloadError::Gone)?;
        let stream = timeout(wait, visitor(&listener, entry)).await.map_err(|_| PayloadError::Nobody)?;
        drop(listener);
        set_up(&stream).map_err(PayloadError::Connection)?;
        let accepted = timeout(CONNECT, acceptor.accept(stream)).await.map_err(|_| PayloadError::Slow)?;
        let mut stream = accepted.map_err(connection)?;
        let mut chunk = vec![0; CHUNK];
        let mut bytes = 0;
        while bytes < size {
            let most = usize::try_from(size - bytes).unwrap_or(CHUNK).min(CHUNK);
            let read = from.read(chunk.get_mut(..most).unwrap_or_default()).await.map_err(PayloadError::Local)?;
            if read == 0 {
                return Err(PayloadError::Short { bytes });
            }
            moving(stream.write_all(chunk.get(..read).unwrap_or_default())).await?;
            bytes += read as u64;
        }
        moving(stream.flush()).await?;
        match timeout(LINGER, stream.read(&mut chunk)).await {
            // It has everything.
            Ok(Ok(_)) => drop(timeout(END, stream.shutdown()).await),
            Ok(Err(error)) => return Err(connection(error)),
            Err(_) => {
                moving(stream.shutdown()).await?;
                // Closing before the peer has read it all could throw the rest away.
                drop(timeout(SILENCE, stream.read(&mut chunk)).await);
            }
        }
        Ok(())
    };
    bounded(entry, size, work).await
}

fn listen(entry: &Entry) -> Result<(TcpListener, u16), PayloadError> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for port in PAYLOAD_PORTS {
        let socket = if entry.local.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let bound = socket.and_then(|socket| {
            socket.set_reuseaddr(true)?;
            socket.bind(socket_address(entry.local, entry.scope, port))?;
            socket.listen(2)
        });
        match bound {
            Ok(listener) => return Ok((listener, port)),
            Err(error) => last = error,
        }
    }
    Err(PayloadError::NoPort(last))
}

/// The first connection of the link's own address; others are closed.
async fn visitor(listener: &TcpListener, entry: &Entry) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, from)) if from.ip().to_canonical() == entry.address => return stream,
            Ok(_) => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, TcpListener as Blocking};
    use std::sync::Arc;

    use tandem_kdeconnect::{DeviceKind, Message};
    use tokio::sync::{Semaphore, mpsc, watch};

    use super::*;
    use crate::link::Orders;
    use crate::{Options, Own};

    #[tokio::test]
    async fn a_payload_for_which_nobody_comes_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let own = Arc::new(Own::open(folder.path()).unwrap());
        let shared = Shared::new(own, Options::new("x", DeviceKind::Tv), "x".into(), mpsc::channel(1).0);
        let address = IpAddr::from(Ipv4Addr::new(127, 17, 0, 1));
        let (lines, mut told) = mpsc::channel(1);
        let entry = Entry {
            id: shared.own.id().clone(),
            certificate: Arc::new(Vec::new()),
            address,
            local: address,
            scope: 0,
            lines,
            orders: watch::channel(Orders { paired: true, end: None }).0,
            payloads: Arc::new(Semaphore::new(1)),
        };
        let packet = Packet::new(Message::Ping { message: None });
        let sent = offer(&shared, &entry, packet, [0; 5].as_slice(), 5, Duration::from_millis(50)).await;
        assert!(matches!(sent, Err(PayloadError::Nobody)), "{sent:?}");
        let line = told.recv().await.unwrap();
        let port = Packet::parse(line.trim().as_bytes()).unwrap().payload.unwrap().port;
        assert!(Blocking::bind((address, port)).is_ok(), "the port is free again");
    }
}
