//! The one that is attacked, at a loopback address of its own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tandem_kdeconnect::{DeviceKind, Identity, Message, Packet};
use tandem_link::{Ended, LinkId, Links, News, Options, Own, start};
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::person::Person;

/// For what takes a moment; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Victim {
    pub own: Arc<Own>,
    pub links: Links,
    pub news: mpsc::Receiver<News>,
    pub at: SocketAddr,
    /// Of the others.
    network: u8,
    _folder: TempDir,
}

impl Victim {
    /// Each test has a `network` for itself.
    pub async fn new(network: u8) -> Self {
        Self::speaking(network, 8).await
    }

    pub async fn speaking(network: u8, protocol: u8) -> Self {
        let address = IpAddr::from([127, 16, network, 1]);
        let folder = tempfile::tempdir().unwrap();
        let own = Arc::new(Own::open(folder.path()).unwrap());
        let options = Options { at: Some(address), protocol, ..Options::new("Victim", DeviceKind::Tv) };
        let (links, news) = start(own.clone(), options).await.unwrap();
        let ear = IpAddr::from([127, 16, network, 250]);
        let socket = UdpSocket::bind((ear, 1716)).await.unwrap();
        links.announce(&[ear]);
        let port = announced(&socket).await.port.unwrap();
        Self { own, links, news, at: SocketAddr::new(address, port), network, _folder: folder }
    }

    pub fn address(&self, last: u8) -> IpAddr {
        IpAddr::from([127, 16, self.network, last])
    }

    pub async fn next(&mut self) -> News {
        timeout(PATIENCE, self.news.recv()).await.unwrap_or_else(|_| panic!("no news")).unwrap()
    }

    /// The next news are that somebody is here.
    pub async fn up(&mut self) -> (LinkId, Identity, bool) {
        match self.next().await {
            News::Up { link, identity, pinned, .. } => (link, identity, pinned),
            other => panic!("{other:?}"),
        }
    }

    pub async fn down(&mut self, of: LinkId) -> Ended {
        match self.next().await {
            News::Down { link, why } if link == of => why,
            other => panic!("{other:?}"),
        }
    }

    /// The next news are a ping.
    pub async fn ping(&mut self) -> (LinkId, String) {
        match self.next().await {
            News::Packet { link, packet: Packet { message: Message::Ping { message: Some(message) }, .. } } => {
                (link, message)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Whatever was tried before: nothing of it made news, and an honest one gets in.
    pub async fn is_well(&mut self, honest: &Person) {
        let mut talk = timeout(PATIENCE, honest.dial(self.at)).await.unwrap().unwrap();
        let (link, identity, _) = self.up().await;
        assert_eq!(identity.id, honest.id);
        talk.say(ping("honest")).await.unwrap();
        assert_eq!(self.ping().await, (link, "honest".to_owned()));
        drop(talk);
        assert_eq!(self.down(link).await, Ended::PeerClosed);
    }
}

pub fn ping(words: &str) -> Message {
    Message::Ping { message: Some(words.to_owned()) }
}

/// The identity of the next datagram.
pub async fn announced(socket: &UdpSocket) -> Identity {
    let mut datagram = [0; 8192];
    let (size, _) = timeout(PATIENCE, socket.recv_from(&mut datagram)).await.unwrap().unwrap();
    let Message::Identity(identity) = Packet::parse(&datagram[..size]).unwrap().message else { panic!("no identity") };
    identity
}
