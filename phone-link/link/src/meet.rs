//! From a TCP connection to a proved peer: whoever accepted it is the TLS client, whoever dialled the server.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tandem_kdeconnect::{Identity, InvalidIdentity, LineError, Lines, MAX_STRANGER_LINE, Message, Packet, PacketError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tracing::{debug, warn};

use crate::certificate::{CertificateError, Shown};
use crate::link;
use crate::shared::{News, Shared, Ticket, locked};
use crate::table::{Proved, TurnedAway, place};
use crate::tls;

/// For the identity in clear.
const CLEAR: Duration = Duration::from_secs(1);
/// For all that proves it.
const PROOF: Duration = Duration::from_secs(4);
/// What a TLS client says first comes together with the last of its handshake, and a desktop reads that only when more comes. So it lets the server begin, for so long.
const COURTESY: Duration = Duration::from_millis(500);
/// Lines that may wait for a peer to take them.
const LINES: usize = 64;

/// Why a meeting comes to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MeetError {
    #[error("it took too long")]
    Late,
    #[error("the connection failed")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error(transparent)]
    Packet(#[from] PacketError),
    #[error("the first packet is no identity")]
    NoIdentity,
    #[error(transparent)]
    Identity(#[from] InvalidIdentity),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("the certificate is another device's")]
    Name,
    #[error("the identity inside of TLS is another than the one outside")]
    Inner,
    #[error(transparent)]
    TurnedAway(#[from] TurnedAway),
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// A dead peer is noticed in about six seconds: by keepalive when nothing is said, by the user timeout when something waits for an answer.
pub(crate) fn set_up(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    let second = Duration::from_secs(1);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(3 * second).with_interval(second).with_retries(3))?;
    socket.set_tcp_user_timeout(Some(6 * second))
}

/// Meets somebody who dialled us, and runs the link.
pub(crate) async fn accepted(ticket: Ticket, mut stream: TcpStream) {
    let shared = Arc::clone(ticket.shared());
    let met = async {
        set_up(&stream)?;
        let line = timeout(CLEAR, clear_line(&mut stream)).await.map_err(|_| MeetError::Late)??;
        let clear = identity(&line)?;
        let is_ours = clear.target.as_ref().is_none_or(|target| target == shared.own.id())
            && clear.target_protocol.is_none_or(|protocol| protocol == shared.options.protocol);
        if !is_ours {
            return Err(InvalidIdentity::Target.into());
        }
        let pinned = locked(&shared.table).greet(shared.own.id(), &clear)?.map(<[u8]>::to_vec);
        let connector = tls::client(&shared.own, pinned)?;
        let name = ServerName::IpAddress(ticket.address.into());
        let proof = async {
            let stream = connector.connect(name, stream).await?;
            prove(&shared, stream.into(), clear, COURTESY).await
        };
        timeout(PROOF, proof).await.map_err(|_| MeetError::Late)?
    };
    conclude(&shared, met.await, ticket).await;
}

/// Meets somebody whom we dialled, and runs the link; `heard` is the identity that it told.
pub(crate) async fn dialled(ticket: Ticket, mut stream: TcpStream, heard: Identity) {
    let shared = Arc::clone(ticket.shared());
    let met = async {
        set_up(&stream)?;
        let pinned = locked(&shared.table).greet(shared.own.id(), &heard)?.map(<[u8]>::to_vec);
        let acceptor = tls::server(&shared.own, pinned)?;
        let line = shared.identity(None, Some((&heard.id, heard.protocol)), true);
        let proof = async {
            stream.write_all(line.as_bytes()).await?;
            let stream = acceptor.accept(stream).await?;
            prove(&shared, stream.into(), heard, Duration::ZERO).await
        };
        timeout(PROOF, proof).await.map_err(|_| MeetError::Late)?
    };
    conclude(&shared, met.await, ticket).await;
}

type Met = (Proved, Shown, TlsStream<TcpStream>, Lines);

async fn conclude(shared: &Shared, met: Result<Met, MeetError>, ticket: Ticket) {
    let admitted = met.and_then(|(peer, shown, stream, lines)| {
        let (sender, waiting) = mpsc::channel(LINES);
        let (link, orders) = locked(&shared.table).admit(shared.own.id(), &peer, sender)?;
        Ok((peer, shown, stream, lines, waiting, link, orders))
    });
    let (peer, shown, stream, lines, waiting, link, orders) = match admitted {
        Ok(admitted) => admitted,
        Err(error) => return tell(shared, &error),
    };
    drop(ticket);
    let pinned = orders.borrow().paired;
    let protocol = peer.identity.protocol;
    let grace = if protocol.min(shared.options.protocol) >= 8 { link::GRACE } else { Duration::ZERO };
    debug!(link = link.0, device = short(&peer.identity), protocol, pinned, "a link is up");
    let up = News::Up {
        link,
        identity: peer.identity,
        certificate: peer.certificate,
        our_key: shared.own.key().to_vec(),
        their_key: shown.key,
        address: peer.address,
        pinned,
    };
    let why = match shared.news.send(up).await {
        Ok(()) => link::run(link, grace, stream, lines, orders, waiting, &shared.news).await,
        Err(_) => link::Ended::Closed,
    };
    locked(&shared.table).links.remove(&link);
    debug!(link = link.0, ?why, "a link is down");
    // Nobody may listen any more.
    drop(shared.news.send(News::Down { link, why }).await);
}

fn tell(shared: &Shared, error: &MeetError) {
    let error_shown = error as &dyn std::error::Error;
    let is_another = match error {
        MeetError::Io(error) => tls::is_another(error),
        MeetError::TurnedAway(why) => matches!(why, TurnedAway::Certificate | TurnedAway::Older { .. }),
        MeetError::Name | MeetError::Inner => true,
        _ => false,
    };
    if is_another && locked(&shared.budget).warnings.may(shared.now(), ()) {
        warn!(error = error_shown, "somebody is not the device that it says it is");
    } else {
        debug!(error = error_shown, "a connection came to nothing");
    }
}

/// Enough of an id to tell two phones apart in a log.
pub(crate) fn short(identity: &Identity) -> &str {
    identity.id.as_str().get(..8).unwrap_or_default()
}

/// Reads the first line, and not a byte more: TLS begins behind it.
async fn clear_line(stream: &mut TcpStream) -> Result<Vec<u8>, MeetError> {
    let mut line = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let seen = stream.peek(&mut piece).await?;
        let seen = piece.get(..seen).unwrap_or_default();
        if seen.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let end = seen.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let taken = end.unwrap_or(seen.len());
        if line.len() + taken > MAX_STRANGER_LINE {
            return Err(LineError::TooLong { limit: MAX_STRANGER_LINE }.into());
        }
        let taken = piece.get_mut(..taken).unwrap_or_default();
        stream.read_exact(taken).await?;
        line.extend_from_slice(taken);
        if end.is_some() {
            return Ok(line);
        }
    }
}

/// Reads a line, or a datagram, as an identity.
pub(crate) fn identity(line: &[u8]) -> Result<Identity, MeetError> {
    let mut lines = Lines::new(MAX_STRANGER_LINE);
    lines.push(line);
    if !line.ends_with(b"\n") {
        lines.push(b"\n");
    }
    let line = lines.next_line()?.ok_or(MeetError::NoIdentity)?;
    match Packet::parse(line)?.message {
        Message::Identity(identity) => Ok(identity),
        _ => Err(MeetError::NoIdentity),
    }
}

/// After the handshake: the certificate is this device's, and from protocol 8 on the identity is told once more, where nobody else can tell it.
async fn prove(
    shared: &Shared,
    mut stream: TlsStream<TcpStream>,
    clear: Identity,
    courtesy: Duration,
) -> Result<Met, MeetError> {
    let (socket, session) = stream.get_ref();
    let ends = (socket.peer_addr()?, socket.local_addr()?);
    let shown = session.peer_certificates().and_then(<[_]>::first).ok_or(CertificateError::Missing)?;
    let certificate = shown.to_vec();
    let shown = Shown::of(&certificate)?;
    if shown.id != clear.id {
        return Err(MeetError::Name);
    }
    let mut lines = Lines::new(MAX_STRANGER_LINE);
    let speaks_8 = clear.protocol >= 8 && shared.options.protocol >= 8;
    let identity = if speaks_8 {
        let ours = shared.identity(None, None, true);
        inner(&ours, &mut stream, &mut lines, &clear, courtesy).await?
    } else {
        clear
    };
    let ((address, scope), (local, _)) = (place(ends.0), place(ends.1));
    let peer = Proved { identity, certificate, address, local, scope };
    Ok((peer, shown, stream, lines))
}

/// Tells our identity, and hears theirs: before, if it comes within the `courtesy`.
async fn inner(
    ours: &str,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    lines: &mut Lines,
    clear: &Identity,
    courtesy: Duration,
) -> Result<Identity, MeetError> {
    let before = timeout(courtesy, hear_inner(stream, lines)).await.ok().transpose()?;
    stream.write_all(ours.as_bytes()).await?;
    stream.flush().await?;
    let inner = match before {
        Some(inner) => inner,
        None => hear_inner(stream, lines).await?,
    };
    if inner.is_same(clear) { Ok(inner) } else { Err(MeetError::Inner) }
}

async fn hear_inner(stream: &mut (impl AsyncRead + Unpin), lines: &mut Lines) -> Result<Identity, MeetError> {
    let mut piece = [0; 4096];
    loop {
        if let Some(line) = lines.next_line()? {
            return identity(line);
        }
        match stream.read(&mut piece).await? {
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            read => lines.push(piece.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tandem_kdeconnect::DeviceKind;
    use tokio::io::duplex;

    use super::*;

    const AN_HOUR: Duration = Duration::from_secs(3600);
    const A_MOMENT: Duration = Duration::from_millis(20);

    fn person(id: char) -> Identity {
        Identity {
            id: id.to_string().repeat(32).parse().unwrap(),
            name: "x".into(),
            kind: DeviceKind::Phone,
            protocol: 8,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            port: None,
            target: None,
            target_protocol: None,
        }
    }

    #[tokio::test]
    async fn whoever_is_courteous_lets_the_other_one_begin() {
        let line = |id| Packet::new(Message::Identity(person(id))).line(1);
        let (mut here, mut there) = duplex(8192);
        let (ours, clear, mut lines) = (line('a'), person('b'), Lines::new(MAX_STRANGER_LINE));
        let meets = inner(&ours, &mut here, &mut lines, &clear, AN_HOUR);
        let other = async {
            let mut said = vec![0; ours.len()];
            assert!(timeout(A_MOMENT, there.read(&mut said)).await.is_err(), "nothing is said yet");
            there.write_all(line('b').as_bytes()).await.unwrap();
            there.read_exact(&mut said).await.unwrap();
            assert_eq!(said, ours.as_bytes());
        };
        assert_eq!(tokio::join!(meets, other).0.unwrap().id, clear.id);
    }

    #[tokio::test]
    async fn courtesy_ends_where_both_are_courteous() {
        let line = |id| Packet::new(Message::Identity(person(id))).line(1);
        let (mut here, mut there) = duplex(8192);
        let (a, b, mut lines) = (line('a'), line('b'), [Lines::new(MAX_STRANGER_LINE), Lines::new(MAX_STRANGER_LINE)]);
        let [lines_here, lines_there] = &mut lines;
        let (clear_a, clear_b) = (person('a'), person('b'));
        let one = inner(&a, &mut here, lines_here, &clear_b, A_MOMENT);
        let other = inner(&b, &mut there, lines_there, &clear_a, A_MOMENT);
        let (one, other) = tokio::join!(one, other);
        assert_eq!((one.unwrap().id, other.unwrap().id), (clear_b.id, clear_a.id));
    }
}
