//! Somebody on the bus who owns no name and speaks in everybody's.

use serde::Serialize;
use tandem_scenes::{Bus, answers};
use zbus::fdo::DBusProxy;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, DynamicType};

pub struct Forger {
    connection: Connection,
    /// Every other connection.
    everybody: Vec<OwnedUniqueName>,
}

impl Forger {
    /// Joins a bus, and knows who is on it by then.
    pub async fn join(bus: &Bus) -> Self {
        let connection = Bus::open(&bus.address).await.connection;
        let mut forger = Self { connection, everybody: Vec::new() };
        forger.look_round().await;
        forger
    }

    /// Learns who is on the bus.
    pub async fn look_round(&mut self) {
        let names = DBusProxy::new(&self.connection).await.unwrap().list_names().await.unwrap();
        let own = self.connection.unique_name().unwrap();
        let unique = names.into_iter().filter_map(|name| OwnedUniqueName::try_from(name.to_string()).ok());
        self.everybody = unique.filter(|name| name.starts_with(':') && name.as_str() != own.as_str()).collect();
    }

    pub fn name(&self) -> String {
        self.connection.unique_name().unwrap().to_string()
    }

    pub fn sees(&self) -> usize {
        self.everybody.len()
    }

    /// Tells something to all, and once more to each one's own address, which meets no match rule.
    pub async fn says<B: Serialize + DynamicType>(&self, path: &str, interface: &str, member: &str, body: &B) {
        self.connection.emit_signal(None::<&str>, path, interface, member, body).await.unwrap();
        for name in &self.everybody {
            self.connection.emit_signal(Some(name.as_str()), path, interface, member, body).await.unwrap();
        }
    }

    /// The bus says that a name has another owner.
    pub async fn moves_name(&self, name: &str, from: &str, to: &str) {
        let bus = "org.freedesktop.DBus";
        self.says("/org/freedesktop/DBus", bus, "NameOwnerChanged", &(name, from, to)).await;
    }

    /// Answers what everybody may be waiting for.
    pub async fn answers<B: Serialize + DynamicType>(&self, body: &B) {
        for name in &self.everybody {
            for answer in answers(name, body) {
                self.connection.send(&answer).await.unwrap();
            }
        }
    }

    /// Waits until the bus has dealt with all that was said.
    pub async fn is_heard(&self) {
        DBusProxy::new(&self.connection).await.unwrap().get_id().await.unwrap();
    }
}
