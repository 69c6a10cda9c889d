//! `org.tandem.PhoneLink1`: the phones, who is let in, and what each may do here.

use std::collections::BTreeMap;
use std::future::Future;

use serde::{Deserialize, Serialize};
use zbus::object_server::SignalEmitter;
use zbus::{DBusError, Type};

pub const NAME: &str = "org.tandem.PhoneLink1";
pub const PATH: &str = "/org/tandem/PhoneLink1";

/// What a phone may be granted.
pub const GRANTS: [&str; 4] = ["media", "destinations", "notes", "files"];
/// The kinds of sessions that may go on by themselves.
pub const AUTOMATIC: [&str; 2] = ["media", "destination"];
/// The longest text that `Send` takes, bytes.
pub const MAX_TEXT: usize = 4096;

/// A phone, or whatever else speaks to us as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Phone {
    /// Names it for good; opaque.
    pub id: String,
    /// As its owner calls it.
    pub name: String,
    /// `phone`, `tablet`, `laptop`, `desktop` or `tv`.
    pub kind: String,
    pub is_paired: bool,
    /// `near` (connected), or `away`.
    pub reach: String,
    /// Whether it is with somebody in the car: `in`, `leaving` or `out`.
    pub presence: String,
    /// `none`, `asking` (the car asked, the phone has not answered), `asked` (the phone asked), `agreed` (the phone agreed, the key is to be confirmed here).
    pub pairing: String,
    /// The eight letters that both screens show while they pair; empty otherwise.
    pub key: String,
    /// Why the last pairing came to nothing, one English sentence; empty if `why` is.
    pub reason: String,
    /// Of the KDE Connect protocol: 7 or 8.
    pub protocol: u32,
    /// Whether the phone told its battery, so that the next two say something.
    pub has_battery: bool,
    /// Percent.
    pub charge: u32,
    pub is_charging: bool,
    /// The mobile network, such as `5G`, and its strength, 0 to 4; an empty name if the phone did not tell.
    pub network: String,
    pub strength: u32,
    /// Of [`GRANTS`], those that it has.
    pub grants: Vec<String>,
    /// For each of [`AUTOMATIC`]: `ask`, `always` or `never`.
    pub automatic: BTreeMap<String, String>,
    /// Its data are wiped half an hour after the ignition is off, the pairing too.
    pub is_guest: bool,
    /// 1 for the phone that comes first when two are in the car; 0 for one that is not paired.
    pub rank: u32,
    /// What it has not been told yet because it was away: one for each session that is owed.
    pub owed: u32,
    /// When it was last connected, seconds since 1970 by the head unit's clock; 0 if never.
    pub seen_at: i64,
    /// Why the last pairing came to nothing, a word: `refused` (here or there), `timed-out`, `closed` (nobody opened pairing at the screen, or the car moves),
    /// `clocks-differ`, `no-time` (the phone did not say when it asked), `ended` (they were paired); empty otherwise.
    pub why: String,
}

/// A line of the ledger: what was taken from a phone, given to it, or wiped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Entry {
    /// Seconds since 1970 by the head unit's clock.
    pub at: i64,
    pub phone: String,
    pub phone_name: String,
    /// `paired`, `forgotten`, `taken`, `given-back`, `received`, `sent` or `wiped`.
    pub deed: String,
    /// `phone`, `media`, `destination`, `note` or `file`.
    pub kind: String,
    /// How many.
    pub count: u32,
}

#[derive(Debug, DBusError)]
#[zbus(prefix = "org.tandem.PhoneLink1.Error")]
pub enum PhoneLinkError {
    #[zbus(error)]
    Bus(zbus::Error),
    /// Nothing has this id.
    NotFound(String),
    /// An argument that makes no sense.
    Invalid(String),
    /// No phone is paired now: NO_SETUP of `Driving1` is in force, or nobody knows that it is not.
    NotParked(String),
    /// Not as things are: the phone is away, nobody asked to pair, the time is up.
    NotNow(String),
    /// The file cannot be read; or what was asked is done, and the disk does not take it: a restart would undo it. It is tried again until it is written.
    Storage(String),
    /// A restriction of `Driving1` is in force, the sentence says which and why.
    Restricted(String),
}

/// The work behind [`PhoneLink1`].
#[rustfmt::skip]
pub trait PhoneLinkBackend: Send + Sync + 'static {
    fn phones(&self) -> impl Future<Output = Result<Vec<Phone>, PhoneLinkError>> + Send;
    fn open_pairing(&self) -> impl Future<Output = Result<u32, PhoneLinkError>> + Send;
    fn close_pairing(&self) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn pair(&self, id: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn confirm(&self, id: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn refuse(&self, id: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn forget(&self, id: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn forget_all(&self) -> impl Future<Output = Result<u32, PhoneLinkError>> + Send;
    fn grant(&self, id: String, what: String, granted: bool) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn set_automatic(&self, id: String, kind: String, word: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn set_guest(&self, id: String, is_guest: bool) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn prefer(&self, id: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn ring(&self, id: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn send(&self, id: String, text: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn send_file(&self, id: String, path: String) -> impl Future<Output = Result<(), PhoneLinkError>> + Send;
    fn ledger(&self, limit: u32) -> impl Future<Output = Result<Vec<Entry>, PhoneLinkError>> + Send;
    fn name(&self) -> String;
    fn is_kept(&self) -> impl Future<Output = bool> + Send;
    fn pairing_open(&self) -> bool;
}

/// The object that serves the interface over a backend.
pub struct PhoneLink1<B>(pub B);

#[zbus::interface(
    name = "org.tandem.PhoneLink1",
    proxy(default_service = "org.tandem.PhoneLink1", default_path = "/org/tandem/PhoneLink1", visibility = "pub")
)]
impl<B: PhoneLinkBackend> PhoneLink1<B> {
    /// All phones: the paired ones by their rank, then those that are near while pairing is open.
    #[zbus(out_args("phones"))]
    async fn phones(&self) -> Result<Vec<Phone>, PhoneLinkError> {
        self.0.phones().await
    }

    /// Lets phones that are not known come near, so that one can be paired, for as many seconds. Not with NO_SETUP, which also closes it.
    #[zbus(out_args("seconds"))]
    async fn open_pairing(&self) -> Result<u32, PhoneLinkError> {
        self.0.open_pairing().await
    }

    /// Nobody is to be paired any more.
    async fn close_pairing(&self) -> Result<(), PhoneLinkError> {
        self.0.close_pairing().await
    }

    /// Asks a phone that is near to pair. Its key is to be compared and confirmed on both sides. Not with NO_SETUP.
    async fn pair(&self, id: String) -> Result<(), PhoneLinkError> {
        self.0.pair(id).await
    }

    /// Both screens show the same key. Not with NO_SETUP.
    async fn confirm(&self, id: String) -> Result<(), PhoneLinkError> {
        self.0.confirm(id).await
    }

    /// They do not, or nobody wants to pair.
    async fn refuse(&self, id: String) -> Result<(), PhoneLinkError> {
        self.0.refuse(id).await
    }

    /// Ends a pairing and wipes everything that came from the phone. Not with NO_SETUP.
    async fn forget(&self, id: String) -> Result<(), PhoneLinkError> {
        self.0.forget(id).await
    }

    /// The same with all phones, here or away; how many. Not with NO_SETUP.
    #[zbus(out_args("phones"))]
    async fn forget_all(&self) -> Result<u32, PhoneLinkError> {
        self.0.forget_all().await
    }

    /// Allows a phone one of `media`, `destinations`, `notes`, `files`, or takes it back. Not with NO_SETUP.
    async fn grant(&self, id: String, what: String, granted: bool) -> Result<(), PhoneLinkError> {
        self.0.grant(id, what, granted).await
    }

    /// Whether `media` or a `destination` goes on in the car by itself when its owner sits down: `ask`, `always` or `never`. Not with NO_SETUP.
    async fn set_automatic(&self, id: String, kind: String, word: String) -> Result<(), PhoneLinkError> {
        self.0.set_automatic(id, kind, word).await
    }

    /// Whether everything of it is wiped half an hour after the ignition is off. Not with NO_SETUP.
    async fn set_guest(&self, id: String, is_guest: bool) -> Result<(), PhoneLinkError> {
        self.0.set_guest(id, is_guest).await
    }

    /// Puts a phone first. Not with NO_SETUP.
    async fn prefer(&self, id: String) -> Result<(), PhoneLinkError> {
        self.0.prefer(id).await
    }

    /// Makes a phone ring, for it to be found.
    async fn ring(&self, id: String) -> Result<(), PhoneLinkError> {
        self.0.ring(id).await
    }

    /// Sends an address (http, https, geo) or a text. A text not with NO_KEYBOARD: somebody would have typed it.
    async fn send(&self, id: String, text: String) -> Result<(), PhoneLinkError> {
        self.0.send(id, text).await
    }

    /// Sends a file, by its absolute path; returns when the phone has it.
    async fn send_file(&self, id: String, path: String) -> Result<(), PhoneLinkError> {
        self.0.send_file(id, path).await
    }

    /// What was taken, given back and wiped, the latest first.
    #[zbus(out_args("entries"))]
    async fn ledger(&self, limit: u32) -> Result<Vec<Entry>, PhoneLinkError> {
        self.0.ledger(limit).await
    }

    /// As phones show this car.
    #[zbus(property(emits_changed_signal = "const"))]
    fn name(&self) -> String {
        self.0.name()
    }

    /// False while the disk does not take what was done, or its file was taken away: a restart would undo it. It is tried again.
    #[zbus(property(emits_changed_signal = "false"))]
    async fn is_kept(&self) -> bool {
        self.0.is_kept().await
    }

    /// Changes are told by `PairingChanged`.
    #[zbus(property(emits_changed_signal = "false"))]
    fn pairing_open(&self) -> bool {
        self.0.pairing_open()
    }

    /// A phone is new, or another than it was.
    #[zbus(signal)]
    pub async fn phone_changed(emitter: &SignalEmitter<'_>, phone: Phone) -> zbus::Result<()>;

    /// A phone that is not paired is out of reach, or one was forgotten.
    #[zbus(signal)]
    pub async fn phone_gone(emitter: &SignalEmitter<'_>, id: String) -> zbus::Result<()>;

    #[zbus(signal)]
    pub async fn pairing_changed(emitter: &SignalEmitter<'_>, open: bool) -> zbus::Result<()>;
}
