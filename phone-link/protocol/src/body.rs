//! What all packets but players' carry.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::read;

/// `kdeconnect.pair`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairBody {
    /// False refuses, takes back, or ends a pairing.
    pub pair: bool,
    /// Of a request, from protocol 8 on: seconds since 1970.
    pub timestamp: Option<u64>,
}

/// `kdeconnect.share.request` and `.update`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    Url(String),
    Text(String),
    /// A file comes as the packet's payload. The name is the last part of what the peer called it.
    File {
        name: String,
        files: Option<u32>,
        all_bytes: Option<u64>,
    },
    /// How much is still to come.
    Update {
        files: u32,
        bytes: u64,
    },
}

/// `kdeconnect.notification`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A new one, or a newer state of the one with this id.
    Shown {
        id: String,
        app: String,
        title: String,
        text: String,
        time_ms: Option<i64>,
        can_be_dismissed: bool,
        silent: bool,
    },
    Gone {
        id: String,
    },
}

/// `kdeconnect.notification.request`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteRequest {
    /// All that there are, silently.
    All,
    Dismiss {
        id: String,
    },
}

/// `kdeconnect.battery`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Battery {
    /// Percent; none if the phone does not know.
    pub charge: Option<u8>,
    pub charging: bool,
    pub low: bool,
}

/// A phone's mobile network, of `kdeconnect.connectivity_report`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Such as `5G`.
    pub network: String,
    /// 0 to 4.
    pub strength: u8,
}

/// A button that the car offers on the phone: `kdeconnect.runcommand`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub key: String,
    pub name: String,
}

/// What a phone is with a call, of `kdeconnect.telephony`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallEvent {
    Ringing,
    Talking,
    /// It rang, and nobody answered.
    MissedCall,
}

/// `kdeconnect.telephony`: a phone has one call at a time as far as it tells, and does not name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telephony {
    pub event: CallEvent,
    /// Empty if it is not known; so is `name`.
    pub number: String,
    /// As the phone's book has it.
    pub name: String,
    /// The event is over.
    pub is_over: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct PairFields {
    #[serde(deserialize_with = "read::flag")]
    pair: Option<bool>,
    #[serde(deserialize_with = "read::number")]
    timestamp: Option<i64>,
}

impl PairFields {
    pub fn take(self) -> Option<PairBody> {
        Some(PairBody { pair: self.pair?, timestamp: self.timestamp.and_then(|at| u64::try_from(at).ok()) })
    }
}

impl PairBody {
    pub(crate) fn body(&self) -> Value {
        match self.timestamp {
            Some(at) => json!({ "pair": self.pair, "timestamp": at }),
            None => json!({ "pair": self.pair }),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ShareFields {
    #[serde(deserialize_with = "read::address")]
    url: Option<String>,
    #[serde(deserialize_with = "read::address")]
    text: Option<String>,
    #[serde(deserialize_with = "read::text")]
    filename: Option<String>,
    #[serde(deserialize_with = "read::number")]
    number_of_files: Option<i64>,
    #[serde(deserialize_with = "read::number")]
    total_payload_size: Option<i64>,
}

impl ShareFields {
    fn files(&self) -> Option<u32> {
        self.number_of_files.and_then(|files| u32::try_from(files).ok())
    }

    fn bytes(&self) -> Option<u64> {
        self.total_payload_size.and_then(|bytes| u64::try_from(bytes).ok())
    }

    pub fn request(self) -> Option<Share> {
        let (files, all_bytes) = (self.files(), self.bytes());
        Some(match (self.filename, self.url, self.text) {
            (Some(name), ..) => Share::File { name: last_part(&name), files, all_bytes },
            (None, Some(url), _) => Share::Url(url),
            // A text may end in an address.
            (None, None, text) => Share::Text(text?),
        })
    }

    pub fn update(self) -> Option<Share> {
        Some(Share::Update { files: self.files()?, bytes: self.bytes()? })
    }
}

/// Bytes of a name that every file system takes, with room for what is put behind it.
const MAX_NAME: usize = 200;

/// A name for a file in a folder of ours: never a path, never hidden, never empty.
fn last_part(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().replace('\n', " ");
    let name = last.trim_start_matches(|c: char| c == '.' || c.is_whitespace()).trim_end();
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 10 && !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let stem = stem.get(..stem.floor_char_boundary(MAX_NAME - ending.len())).unwrap_or_default();
    if stem.is_empty() { "file".to_owned() } else { format!("{stem}{ending}") }
}

impl Share {
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::Url(url) => json!({ "url": url }),
            Self::Text(text) => json!({ "text": text }),
            Self::File { name, files, all_bytes } => {
                json!({ "filename": name, "numberOfFiles": files.unwrap_or(1), "totalPayloadSize": all_bytes.unwrap_or(0) })
            }
            Self::Update { files, bytes } => json!({ "numberOfFiles": files, "totalPayloadSize": bytes }),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct NoteFields {
    #[serde(deserialize_with = "read::text")]
    id: Option<String>,
    #[serde(deserialize_with = "read::text")]
    app_name: Option<String>,
    #[serde(deserialize_with = "read::text")]
    title: Option<String>,
    #[serde(deserialize_with = "read::text")]
    text: Option<String>,
    #[serde(deserialize_with = "read::text")]
    ticker: Option<String>,
    #[serde(deserialize_with = "read::number")]
    time: Option<i64>,
    #[serde(deserialize_with = "read::flag")]
    is_clearable: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    silent: Option<bool>,
    #[serde(deserialize_with = "read::flag")]
    is_cancel: Option<bool>,
}

impl NoteFields {
    pub fn take(self) -> Option<Note> {
        let id = self.id?;
        if self.is_cancel == Some(true) {
            return Some(Note::Gone { id });
        }
        let words = |text: Option<String>| text.unwrap_or_default();
        let (title, text) = (words(self.title), words(self.text));
        // Older peers say everything in one line.
        let text = if title.is_empty() && text.is_empty() { words(self.ticker) } else { text };
        Some(Note::Shown {
            id,
            app: words(self.app_name),
            title,
            text,
            time_ms: self.time,
            can_be_dismissed: self.is_clearable.unwrap_or(false),
            silent: self.silent.unwrap_or(false),
        })
    }
}

impl Note {
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::Gone { id } => json!({ "id": id, "isCancel": true }),
            Self::Shown { id, app, title, text, time_ms, can_be_dismissed, silent } => json!({
                "id": id, "appName": app, "title": title, "text": text, "ticker": format!("{title}: {text}"),
                "time": time_ms.unwrap_or(0).to_string(), "isClearable": can_be_dismissed, "silent": silent,
            }),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct NoteRequestFields {
    #[serde(deserialize_with = "read::flag")]
    request: Option<bool>,
    #[serde(deserialize_with = "read::text")]
    cancel: Option<String>,
}

impl NoteRequestFields {
    pub fn take(self) -> Option<NoteRequest> {
        match (self.request, self.cancel) {
            (_, Some(id)) => Some(NoteRequest::Dismiss { id }),
            (Some(true), None) => Some(NoteRequest::All),
            _ => None,
        }
    }
}

impl NoteRequest {
    pub(crate) fn body(&self) -> Value {
        match self {
            Self::All => json!({ "request": true }),
            Self::Dismiss { id } => json!({ "cancel": id }),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct BatteryFields {
    #[serde(deserialize_with = "read::number")]
    current_charge: Option<i64>,
    #[serde(deserialize_with = "read::flag")]
    is_charging: Option<bool>,
    #[serde(deserialize_with = "read::number")]
    threshold_event: Option<i64>,
}

impl BatteryFields {
    pub fn take(self) -> Battery {
        let charge = self.current_charge.and_then(|charge| u8::try_from(charge).ok()).filter(|charge| *charge <= 100);
        Battery { charge, charging: self.is_charging.unwrap_or(false), low: self.threshold_event == Some(1) }
    }
}

impl Battery {
    pub(crate) fn body(&self) -> Value {
        json!({
            "currentCharge": self.charge.map_or(-1, i64::from), "isCharging": self.charging, "thresholdEvent": u8::from(self.low),
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct TelephonyFields {
    #[serde(deserialize_with = "read::word")]
    event: Option<CallEvent>,
    #[serde(deserialize_with = "read::text")]
    phone_number: Option<String>,
    #[serde(deserialize_with = "read::text")]
    contact_name: Option<String>,
    #[serde(deserialize_with = "read::flag")]
    is_cancel: Option<bool>,
}

impl TelephonyFields {
    /// None for an event of another kind: old phones tell of short messages, too.
    pub fn take(self) -> Option<Telephony> {
        let (number, name) = (self.phone_number.unwrap_or_default(), self.contact_name.unwrap_or_default());
        Some(Telephony { event: self.event?, number, name, is_over: self.is_cancel == Some(true) })
    }
}

impl Telephony {
    pub(crate) fn body(&self) -> Value {
        let event = match self.event {
            CallEvent::Ringing => "ringing",
            CallEvent::Talking => "talking",
            CallEvent::MissedCall => "missedCall",
        };
        let mut body = json!({ "event": event });
        let texts = [("phoneNumber", &self.number), ("contactName", &self.name)];
        if let Some(body) = body.as_object_mut() {
            for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
                body.insert(key.to_owned(), json!(text));
            }
            if self.is_over {
                // A text, as phones with Android say it.
                body.insert("isCancel".to_owned(), json!("true"));
            }
        }
        body
    }
}
