//! Who follows the cameras of a service that says what cannot be read.

#![cfg(test)]

use std::os::unix::net::UnixStream;
use std::time::Duration;

use tandem_contracts::camera::{Camera, Follower, PATH};
use zbus::Guid;
use zbus::connection::Builder;
use zbus::message::Message;

const SERVICE: &str = ":1.7";

/// A bus with one client, and one service.
struct OneService;

#[zbus::interface(name = "org.freedesktop.DBus")]
impl OneService {
    fn hello(&self) -> &str {
        ":1.1"
    }

    fn add_match(&self, _rule: &str) {}

    fn remove_match(&self, _rule: &str) {}

    fn get_name_owner(&self, _name: &str) -> &str {
        SERVICE
    }
}

struct NoCameras;

#[zbus::interface(name = "org.tandem.Camera1")]
impl NoCameras {
    fn list(&self) -> Vec<Camera> {
        Vec::new()
    }
}

#[tokio::test]
async fn cameras_that_cannot_be_read_are_nobodys_and_asked_for_again() {
    let (near, far) = UnixStream::pair().unwrap();
    let bus = Builder::unix_stream(far).server(Guid::generate()).p2p().serve_at("/org/freedesktop/DBus", OneService);
    let bus = bus.serve_at(PATH, NoCameras).build();
    let (bus, client) = tokio::join!(bus, Builder::unix_stream(near).build());
    let (bus, client) = (bus.unwrap(), client.unwrap());
    let mut follower = Follower::open(&client).await.unwrap();
    let mut told =
        async || tokio::time::timeout(Duration::from_secs(20), follower.next()).await.expect("news").unwrap();
    assert_eq!(told().await, Some(Vec::new()));
    let strange = async |sender: &'static str| {
        let told = Message::signal(PATH, "org.tandem.Camera1", "Changed").sender(sender);
        bus.send(&told.build(&"no cameras").unwrap()).await.unwrap();
    };
    // Nobody's word, and then the service's.
    strange(":1.8").await;
    strange(SERVICE).await;
    assert_eq!(told().await, None, "what was told before may be true no longer");
    assert_eq!(told().await, Some(Vec::new()));
}
