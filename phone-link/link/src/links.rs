//! The handle to all links.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use tandem_kdeconnect::{DeviceId, Packet, Payload, device_name};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::certificate::Own;
use crate::discovery;
use crate::door::{self, Open};
use crate::link::Ended;
use crate::mdns::Mdns;
use crate::payload::{self, PayloadError};
use crate::shared::{News, Options, Shared, locked, unix_ms};
use crate::table::{Entry, LinkId, Pin};

/// News that may wait to be taken; then the links wait.
const NEWS: usize = 32;

/// Why a device cannot be reached by others.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the device has no name that the protocol allows")]
    Name,
    #[error("there is no protocol {0}: 7 and 8 are")]
    Protocol(u8),
    #[error("cannot listen on ports 1716 to 1764")]
    Listen(#[source] io::Error),
    #[error("cannot start mDNS")]
    Mdns(#[source] mdns_sd::Error),
}

/// The link is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link is gone")]
pub struct Gone;

/// All links of a device. When the last clone is dropped, they end, and so does everything that listens.
#[derive(Clone)]
pub struct Links(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    _mdns: Option<Mdns>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// Begins to listen. Nobody is let in before [`Links::pin`] or [`Links::admit_strangers`], and nobody is told of us before [`Links::announce`], but by mDNS.
///
/// Call it within a tokio runtime; the news have to be taken, or the links stand still.
///
/// # Errors
/// [`StartError`]. An interface that is not there is none: it may come.
pub async fn start(own: Arc<Own>, options: Options) -> Result<(Links, mpsc::Receiver<News>), StartError> {
    let name = device_name(&options.name).ok_or(StartError::Name)?;
    if !(7..=8).contains(&options.protocol) {
        return Err(StartError::Protocol(options.protocol));
    }
    let (news, receiver) = mpsc::channel(NEWS);
    let shared = Arc::new(Shared::new(own, options, name, news));
    if shared.options.interfaces.is_empty() || shared.options.at.is_some() {
        let door = Open::new(None, shared.options.at).map_err(StartError::Listen)?;
        door.put_up(&shared);
        shared.spawn(door.serve(Arc::clone(&shared)));
    } else {
        shared.spawn(door::keep(Arc::clone(&shared)));
    }
    shared.spawn(discovery::announce(Arc::clone(&shared)));
    let mut inner = Inner { shared, _mdns: None };
    if inner.shared.options.mdns {
        inner._mdns = Some(Mdns::start(&inner.shared).map_err(StartError::Mdns)?);
    }
    Ok((Links(Arc::new(inner)), receiver))
}

impl Links {
    /// Whoever says it is this device has to show this certificate. It stands in the place of an older pin.
    pub fn pin(&self, device: DeviceId, pin: Pin) {
        locked(&self.0.shared.table).pins.insert(device, pin);
    }

    /// The device is a stranger again; its link stays as it is.
    pub fn unpin(&self, device: &DeviceId) {
        locked(&self.0.shared.table).pins.remove(device);
    }

    /// Lets strangers in, or no more. Closed from the start: then who is not pinned is turned away before TLS, and is not dialled. Closing ends the links of
    /// those that are not paired.
    pub fn admit_strangers(&self, admit: bool) {
        let mut table = locked(&self.0.shared.table);
        if admit {
            table.admits_strangers = true;
        } else {
            table.close_to_strangers();
        }
    }

    /// Tells these addresses of us, and everybody on the network while strangers are let in, if [`Options::broadcast`] is set, or if 255.255.255.255 is among them. They dial us if they want.
    ///
    /// At most every 1.5 s; what is asked for in between is done then, for up to 64 addresses.
    pub fn announce(&self, addresses: &[IpAddr]) {
        self.0.shared.announce_to(addresses);
    }

    /// Sends a packet: it is handed to the socket's writer. Waits while 64 packets wait to leave, at most ten seconds: then the link ends.
    ///
    /// # Errors
    /// [`Gone`]. Of what was sent just before a link ended, nobody knows whether it arrived.
    pub async fn send(&self, link: LinkId, packet: Packet) -> Result<(), Gone> {
        let entry = self.entry(link).ok_or(Gone)?;
        entry.lines.send(packet.line(unix_ms())).await.map_err(|_| Gone)
    }

    /// The same without waiting: a link whose writer has fallen 64 packets behind ends.
    ///
    /// # Errors
    /// [`Gone`]
    pub fn try_send(&self, link: LinkId, packet: &Packet) -> Result<(), Gone> {
        let entry = self.entry(link).ok_or(Gone)?;
        entry.lines.try_send(packet.line(unix_ms())).map_err(|refused| {
            if matches!(refused, mpsc::error::TrySendError::Full(_)) {
                entry.end(Ended::Stuck);
            }
            Gone
        })
    }

    /// Ends a link, when what was sent has left, or after two seconds.
    pub fn close(&self, link: LinkId) {
        if let Some(entry) = self.entry(link) {
            entry.end(Ended::Closed);
        }
    }

    /// Whether the device is paired: then lines may have 1 MiB instead of 8 KiB, and the link stays when strangers have to go.
    pub fn set_paired(&self, link: LinkId, paired: bool) {
        if let Some(entry) = self.entry(link) {
            entry.orders.send_modify(|orders| orders.paired = paired);
        }
    }

    /// Fetches what a packet brought beside it, and says how many bytes there were. At most `limit` bytes are taken, and of a payload that is longer than it says
    /// none beyond.
    ///
    /// # Errors
    /// [`PayloadError`]; what was written until then is to be thrown away.
    pub async fn fetch(
        &self,
        link: LinkId,
        payload: Payload,
        into: &mut (impl AsyncWrite + Unpin),
        limit: u64,
    ) -> Result<u64, PayloadError> {
        let entry = self.entry(link).ok_or(PayloadError::Gone)?;
        payload::fetch(&self.0.shared, &entry, payload, into, limit).await
    }

    /// Sends a packet with `size` bytes beside it, which the peer has to fetch within 30 s.
    ///
    /// # Errors
    /// [`PayloadError`]
    pub async fn send_with_payload(
        &self,
        link: LinkId,
        packet: Packet,
        from: impl AsyncRead + Unpin,
        size: u64,
    ) -> Result<(), PayloadError> {
        let entry = self.entry(link).ok_or(PayloadError::Gone)?;
        payload::offer(&self.0.shared, &entry, packet, from, size, payload::WAIT).await
    }

    fn entry(&self, link: LinkId) -> Option<Entry> {
        locked(&self.0.shared.table).links.get(&link).cloned()
    }
}
