//! Who a device says it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{LINK_PORTS, read};

/// The longest name of a device, characters.
const MAX_NAME: usize = 32;

/// What names a device for good: 32 to 38 letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(String);

impl DeviceId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for DeviceId {
    type Err = InvalidIdentity;

    fn from_str(text: &str) -> Result<Self, InvalidIdentity> {
        let fits = (32..=38).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidIdentity::DeviceId) }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    Desktop,
    Laptop,
    #[default]
    Phone,
    Tablet,
    Tv,
}

/// Why an identity is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentity {
    #[error("the device's id is missing or not 32 to 38 letters, digits, _ and -")]
    DeviceId,
    #[error("the device has no name")]
    Name,
    #[error("the device speaks a protocol other than 7 and 8")]
    Protocol,
    #[error("the port is not between {} and {}", LINK_PORTS.start(), LINK_PORTS.end())]
    Port,
    #[error("the identity is meant for another device")]
    Target,
}

/// `kdeconnect.identity`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub id: DeviceId,
    pub name: String,
    pub kind: DeviceKind,
    /// 7 or 8; a peer that speaks a later one is taken for 8.
    pub protocol: u8,
    /// Packet types that it takes, and those that it sends.
    pub incoming: Vec<String>,
    pub outgoing: Vec<String>,
    /// Where it listens; in datagrams only.
    pub port: Option<u16>,
    /// Whom the device that dials means to reach, and what that one speaks.
    pub target: Option<DeviceId>,
    pub target_protocol: Option<u8>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct IdentityBody {
    #[serde(deserialize_with = "read::text")]
    device_id: Option<String>,
    #[serde(deserialize_with = "read::text")]
    device_name: Option<String>,
    #[serde(deserialize_with = "read::word")]
    device_type: Option<DeviceKind>,
    #[serde(deserialize_with = "read::number")]
    protocol_version: Option<i64>,
    #[serde(deserialize_with = "read::texts")]
    incoming_capabilities: Option<Vec<String>>,
    #[serde(deserialize_with = "read::texts")]
    outgoing_capabilities: Option<Vec<String>>,
    #[serde(deserialize_with = "read::number")]
    tcp_port: Option<i64>,
    #[serde(deserialize_with = "read::text")]
    target_device_id: Option<String>,
    #[serde(deserialize_with = "read::number")]
    target_protocol_version: Option<i64>,
}

/// A name as every peer takes it: without the signs that the protocol forbids, at most 32 characters; none if nothing is left.
pub fn device_name(text: &str) -> Option<String> {
    let forbidden = ['"', '\'', ',', ';', ':', '.', '!', '?', '(', ')', '[', ']', '<', '>', '\n'];
    let name: String =
        read::cleaned(text, crate::MAX_TEXT).replace(forbidden, "").trim().chars().take(MAX_NAME).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

impl TryFrom<IdentityBody> for Identity {
    type Error = InvalidIdentity;

    fn try_from(body: IdentityBody) -> Result<Self, InvalidIdentity> {
        let protocol = |version: i64| match version {
            7 => Some(7),
            8.. => Some(8),
            _ => None,
        };
        let port = match body.tcp_port {
            None => None,
            Some(port) => {
                Some(u16::try_from(port).ok().filter(|port| LINK_PORTS.contains(port)).ok_or(InvalidIdentity::Port)?)
            }
        };
        Ok(Self {
            id: body.device_id.unwrap_or_default().parse()?,
            name: body.device_name.as_deref().and_then(device_name).ok_or(InvalidIdentity::Name)?,
            kind: body.device_type.unwrap_or_default(),
            protocol: body.protocol_version.and_then(protocol).ok_or(InvalidIdentity::Protocol)?,
            incoming: body.incoming_capabilities.unwrap_or_default(),
            outgoing: body.outgoing_capabilities.unwrap_or_default(),
            port,
            // Who means somebody who cannot be does not mean us.
            target: body.target_device_id.map(|id| id.parse().map_err(|_| InvalidIdentity::Target)).transpose()?,
            target_protocol: body.target_protocol_version.and_then(protocol),
        })
    }
}

impl Identity {
    pub(crate) fn body(&self) -> Value {
        let mut body = Map::new();
        let mut put = |key: &str, value| body.insert(key.to_owned(), value);
        put("deviceId", json!(self.id.as_str()));
        put("deviceName", json!(self.name));
        put("deviceType", json!(self.kind));
        put("protocolVersion", json!(self.protocol));
        put("incomingCapabilities", json!(self.incoming));
        put("outgoingCapabilities", json!(self.outgoing));
        self.port.map(|port| put("tcpPort", json!(port)));
        self.target.as_ref().map(|target| put("targetDeviceId", json!(target.as_str())));
        self.target_protocol.map(|protocol| put("targetProtocolVersion", json!(protocol)));
        Value::Object(body)
    }

    /// Whether the identity inside of TLS is the one that was told in clear: another one is somebody else's.
    pub fn is_same(&self, clear: &Self) -> bool {
        self.id == clear.id && self.protocol == clear.protocol
    }
}
