//! One line, one packet.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::{BatteryFields, NoteFields, NoteRequestFields, PairFields, ShareFields, TelephonyFields};
use crate::identity::IdentityBody;
use crate::media::{MprisBody, MprisRequestBody};
use crate::{
    Battery, Command, Identity, InvalidIdentity, MAX_ITEMS, Mpris, MprisRequest, Note, NoteRequest, PAYLOAD_PORTS,
    PairBody, Share, Signal, Telephony, read,
};

/// Why a line is not a packet.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    #[error("the line is not JSON, or not of a packet's shape")]
    Json(#[from] serde_json::Error),
    #[error("{0}: the body lacks what it must have")]
    Body(&'static str),
    #[error(transparent)]
    Identity(#[from] InvalidIdentity),
    #[error("a payload of {size} bytes on port {port}")]
    Payload { size: i64, port: i64 },
}

/// Bytes that come beside a packet, on a connection of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// None: until the connection ends.
    pub size: Option<u64>,
    /// Where the sender listens.
    pub port: u16,
}

#[derive(Clone, PartialEq)]
pub struct Packet {
    pub message: Message,
    pub payload: Option<Payload>,
}

#[derive(Clone, PartialEq)]
pub enum Message {
    Identity(Identity),
    Pair(PairBody),
    Mpris(Mpris),
    MprisRequest(MprisRequest),
    Share(Share),
    Note(Note),
    NoteRequest(NoteRequest),
    Battery(Battery),
    /// By the name of the SIM's slot.
    Connectivity(BTreeMap<String, Signal>),
    Ping {
        message: Option<String>,
    },
    FindMyPhone,
    Telephony(Telephony),
    /// Stop ringing.
    MuteRinger,
    Commands(Vec<Command>),
    CommandsRequest,
    RunCommand {
        key: String,
    },
    /// A type that is not understood here; its body was not looked at.
    Other(String),
}

const IDENTITY: &str = "kdeconnect.identity";
const PAIR: &str = "kdeconnect.pair";
const MPRIS: &str = "kdeconnect.mpris";
const MPRIS_REQUEST: &str = "kdeconnect.mpris.request";
const SHARE: &str = "kdeconnect.share.request";
const SHARE_UPDATE: &str = "kdeconnect.share.request.update";
const NOTE: &str = "kdeconnect.notification";
const NOTE_REQUEST: &str = "kdeconnect.notification.request";
const BATTERY: &str = "kdeconnect.battery";
const CONNECTIVITY: &str = "kdeconnect.connectivity_report";
const PING: &str = "kdeconnect.ping";
const FIND: &str = "kdeconnect.findmyphone.request";
const TELEPHONY: &str = "kdeconnect.telephony";
const MUTE: &str = "kdeconnect.telephony.request_mute";
const COMMANDS: &str = "kdeconnect.runcommand";
const COMMANDS_REQUEST: &str = "kdeconnect.runcommand.request";

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Whole<T> {
    body: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Foot {
    #[serde(default, deserialize_with = "read::number")]
    payload_size: Option<i64>,
    payload_transfer_info: Option<Transfer>,
}

#[derive(Deserialize)]
struct Transfer {
    #[serde(default, deserialize_with = "read::number")]
    port: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PingFields {
    #[serde(deserialize_with = "read::text")]
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct CommandFields {
    #[serde(deserialize_with = "read::text")]
    command_list: Option<String>,
    #[serde(deserialize_with = "read::flag")]
    request_command_list: Option<bool>,
    #[serde(deserialize_with = "read::text")]
    key: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReportFields {
    signal_strengths: BTreeMap<String, SignalFields>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct SignalFields {
    #[serde(deserialize_with = "read::text")]
    network_type: Option<String>,
    #[serde(deserialize_with = "read::number")]
    signal_strength: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NameField {
    #[serde(deserialize_with = "read::text")]
    name: Option<String>,
}

/// What people write to each other is private: a log shows the type.
impl fmt::Debug for Packet {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.kind())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(self.kind())
    }
}

impl Packet {
    pub fn new(message: Message) -> Self {
        Self { message, payload: None }
    }

    /// Reads a line that [`crate::Lines`] cut.
    ///
    /// # Errors
    /// [`PacketError`]; the next line may be read all the same.
    pub fn parse(line: &[u8]) -> Result<Self, PacketError> {
        let Head { kind } = serde_json::from_slice(line)?;
        let message = match kind.as_ref() {
            IDENTITY => Message::Identity(Identity::try_from(body::<IdentityBody>(line)?)?),
            PAIR => Message::Pair(body::<PairFields>(line)?.take().ok_or(PacketError::Body(PAIR))?),
            MPRIS => Message::Mpris(body::<MprisBody>(line)?.take().ok_or(PacketError::Body(MPRIS))?),
            MPRIS_REQUEST => {
                let request = body::<MprisRequestBody>(line)?.take();
                Message::MprisRequest(request.ok_or(PacketError::Body(MPRIS_REQUEST))?)
            }
            SHARE => Message::Share(body::<ShareFields>(line)?.request().ok_or(PacketError::Body(SHARE))?),
            SHARE_UPDATE => Message::Share(body::<ShareFields>(line)?.update().ok_or(PacketError::Body(SHARE_UPDATE))?),
            NOTE => Message::Note(body::<NoteFields>(line)?.take().ok_or(PacketError::Body(NOTE))?),
            NOTE_REQUEST => {
                let request = body::<NoteRequestFields>(line)?.take();
                Message::NoteRequest(request.ok_or(PacketError::Body(NOTE_REQUEST))?)
            }
            BATTERY => Message::Battery(body::<BatteryFields>(line)?.take()),
            CONNECTIVITY => Message::Connectivity(signals(body(line)?)),
            PING => Message::Ping { message: body::<PingFields>(line)?.message },
            FIND => Message::FindMyPhone,
            TELEPHONY => match body::<TelephonyFields>(line)?.take() {
                Some(call) => Message::Telephony(call),
                None => Message::Other(kind.into_owned()),
            },
            MUTE => Message::MuteRinger,
            COMMANDS => Message::Commands(commands(body(line)?)?),
            COMMANDS_REQUEST => match body::<CommandFields>(line)? {
                CommandFields { key: Some(key), .. } => Message::RunCommand { key },
                CommandFields { request_command_list: Some(true), .. } => Message::CommandsRequest,
                _ => return Err(PacketError::Body(COMMANDS_REQUEST)),
            },
            other => Message::Other(read::cleaned(other, 100)),
        };
        Ok(Self { message, payload: payload(serde_json::from_slice(line)?)? })
    }

    /// The packet's type.
    pub fn kind(&self) -> &str {
        self.message.kind()
    }

    /// The line that goes out, with its end. `at_ms` is the time that the protocol wants as an id, milliseconds since 1970.
    pub fn line(&self, at_ms: u64) -> String {
        let mut packet = json!({ "id": at_ms, "type": self.kind(), "body": self.body() });
        if let (Some(payload), Some(packet)) = (self.payload, packet.as_object_mut()) {
            packet.insert("payloadSize".to_owned(), payload.size.map_or(json!(-1), |size| json!(size)));
            packet.insert("payloadTransferInfo".to_owned(), json!({ "port": payload.port }));
        }
        format!("{packet}\n")
    }

    fn body(&self) -> Value {
        match &self.message {
            Message::Identity(identity) => identity.body(),
            Message::Pair(pair) => pair.body(),
            Message::Mpris(mpris) => mpris.body(),
            Message::MprisRequest(request) => request.body(),
            Message::Share(share) => share.body(),
            Message::Note(note) => note.body(),
            Message::NoteRequest(request) => request.body(),
            Message::Battery(battery) => battery.body(),
            Message::Connectivity(signals) => {
                let signal =
                    |signal: &Signal| json!({ "networkType": signal.network, "signalStrength": signal.strength });
                json!({ "signalStrengths": BTreeMap::from_iter(signals.iter().map(|(slot, it)| (slot, signal(it)))) })
            }
            Message::Ping { message: Some(message) } => json!({ "message": message }),
            Message::Telephony(call) => call.body(),
            Message::Ping { message: None } | Message::FindMyPhone | Message::MuteRinger | Message::Other(_) => {
                json!({})
            }
            Message::Commands(commands) => {
                let list = commands.iter().map(|it| (it.key.as_str(), json!({ "name": it.name, "command": "" })));
                // The list is a text within the text.
                json!({ "commandList": json!(BTreeMap::from_iter(list)).to_string() })
            }
            Message::CommandsRequest => json!({ "requestCommandList": true }),
            Message::RunCommand { key } => json!({ "key": key }),
        }
    }
}

impl Message {
    fn kind(&self) -> &str {
        match self {
            Self::Identity(_) => IDENTITY,
            Self::Pair(_) => PAIR,
            Self::Mpris(_) => MPRIS,
            Self::MprisRequest(_) => MPRIS_REQUEST,
            Self::Share(Share::Update { .. }) => SHARE_UPDATE,
            Self::Share(_) => SHARE,
            Self::Note(_) => NOTE,
            Self::NoteRequest(_) => NOTE_REQUEST,
            Self::Battery(_) => BATTERY,
            Self::Connectivity(_) => CONNECTIVITY,
            Self::Ping { .. } => PING,
            Self::FindMyPhone => FIND,
            Self::Telephony(_) => TELEPHONY,
            Self::MuteRinger => MUTE,
            Self::Commands(_) => COMMANDS,
            Self::CommandsRequest | Self::RunCommand { .. } => COMMANDS_REQUEST,
            Self::Other(kind) => kind,
        }
    }
}

fn body<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice::<Whole<T>>(line).map(|whole| whole.body)
}

fn payload(foot: Foot) -> Result<Option<Payload>, PacketError> {
    let port = foot.payload_transfer_info.and_then(|transfer| transfer.port);
    let (Some(size), Some(port)) = (foot.payload_size.filter(|size| *size != 0), port) else { return Ok(None) };
    let fits = u16::try_from(port).ok().filter(|port| PAYLOAD_PORTS.contains(port));
    match (fits, u64::try_from(size)) {
        (Some(port), Ok(size)) => Ok(Some(Payload { size: Some(size), port })),
        (Some(port), Err(_)) if size == -1 => Ok(Some(Payload { size: None, port })),
        _ => Err(PacketError::Payload { size, port }),
    }
}

fn signals(fields: ReportFields) -> BTreeMap<String, Signal> {
    let signal = |signal: SignalFields| Signal {
        network: signal.network_type.unwrap_or_default(),
        strength: signal.signal_strength.map_or(0, |strength| u8::try_from(strength.clamp(0, 4)).unwrap_or(0)),
    };
    let slots = fields.signal_strengths.into_iter().take(MAX_ITEMS);
    slots.map(|(slot, fields)| (read::cleaned(&slot, 40), signal(fields))).collect()
}

fn commands(fields: CommandFields) -> Result<Vec<Command>, PacketError> {
    let list = fields.command_list.ok_or(PacketError::Body(COMMANDS))?;
    let named: BTreeMap<String, NameField> = serde_json::from_str(&list)?;
    let command = |(key, field): (String, NameField)| Command {
        key: read::cleaned(&key, 100),
        name: field.name.unwrap_or_default(),
    };
    Ok(named.into_iter().take(MAX_ITEMS).map(command).collect())
}
