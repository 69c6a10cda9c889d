//! Who begins to follow the keys while the service changes hands: a bus that says so at that very moment.

#![cfg(test)]

use std::os::unix::net::UnixStream;

use tandem_contracts::input::{Follower, Input1, InputBackend, InputEvent, NAME, News, PATH};
use zbus::connection::Builder;
use zbus::message::Message;
use zbus::{Connection, Guid};

const BUS: &str = "org.freedesktop.DBus";

fn press(number: u64) -> InputEvent {
    InputEvent { number, t_ns: number, key: "KEY_NEXTSONG".into(), action: "press".into(), steps: 0 }
}

async fn changes_hands(bus: &Connection, from: &str, to: &str) {
    let told = Message::signal("/org/freedesktop/DBus", BUS, "NameOwnerChanged").sender(BUS);
    bus.send(&told.build(&(NAME, from, to)).unwrap()).await.unwrap();
}

/// A bus with one client. The second time it is asked who the service is, another one comes before it answers.
struct ChangingBus(u32);

#[zbus::interface(name = "org.freedesktop.DBus")]
impl ChangingBus {
    fn hello(&self) -> &str {
        ":1.1"
    }

    fn add_match(&self, _rule: &str) {}

    fn remove_match(&self, _rule: &str) {}

    async fn get_name_owner(&mut self, #[zbus(connection)] bus: &Connection, _name: &str) -> &str {
        self.0 += 1;
        if self.0 == 2 {
            changes_hands(bus, ":1.7", "").await;
            changes_hands(bus, "", ":1.8").await;
        }
        if self.0 == 1 { ":1.7" } else { ":1.8" }
    }
}

/// A service that has done three things.
struct Keys;

impl InputBackend for Keys {
    async fn since(&self, number: u64) -> zbus::fdo::Result<(u64, Vec<InputEvent>)> {
        Ok((1, (number + 1..=3).map(press).collect()))
    }
}

#[tokio::test]
async fn what_a_service_did_that_came_while_somebody_began_to_follow_is_not_told() {
    let (near, far) = UnixStream::pair().unwrap();
    let bus =
        Builder::unix_stream(far).server(Guid::generate()).p2p().serve_at("/org/freedesktop/DBus", ChangingBus(0));
    let bus = bus.serve_at(PATH, Input1(Keys)).build();
    let (bus, client) = tokio::join!(bus, Builder::unix_stream(near).build());
    let bus = bus.unwrap();
    let mut follower = Follower::open(&client.unwrap()).await.unwrap();
    let told = Message::signal(PATH, NAME, "Event").sender(":1.8");
    bus.send(&told.build(&(press(4),)).unwrap()).await.unwrap();
    assert_eq!(follower.next().await, Some(News::Event(press(4))));
}
