//! `org.tandem.Sessions1`, `org.tandem.PhoneLink1` and `org.tandem.Calls1`: what is to be seen comes from the snapshot, wishes go to the actor. Everything from the bus is looked at here first.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tandem_contracts::calls::{Call, CallsBackend, CallsError};
use tandem_contracts::phones::{Entry, MAX_TEXT, Phone, PhoneLinkBackend, PhoneLinkError};
use tandem_contracts::sessions::{Session, SessionsBackend, SessionsError};
use tandem_kdeconnect::{Message, Packet, Share};
use tandem_link::Links;
use tokio::fs::File;
use tokio::sync::oneshot;

use crate::actor::{Answer, Handle, Request, Word};
use crate::core::{Deed, Refusal, Snapshot};
use crate::ofono;
use crate::store::Store;

/// Lines of the ledger that one call returns.
/// How long the disk may take to say whether a file is there.
const LOOKS_WITHIN: Duration = Duration::from_secs(1);
const MAX_ENTRIES: u32 = 500;

/// The backend of all interfaces.
#[derive(Clone)]
pub struct Door {
    pub handle: Handle,
    pub store: Arc<Store>,
    pub links: Links,
    /// As phones show this car.
    pub name: String,
    pub began: Began,
}

fn ending() -> zbus::Error {
    zbus::Error::Failure("the phone service is ending".into())
}

/// Why a wish did not get as far as a refusal.
struct Gone;

impl Door {
    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<Result<T, Refusal>, Gone> {
        let (answer, reply) = oneshot::channel();
        self.handle.requests.send(request(answer)).await.map_err(|_| Gone)?;
        reply.await.map_err(|_| Gone)
    }

    async fn session<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, SessionsError> {
        self.ask(request).await.map_err(|Gone| SessionsError::Bus(ending()))?.map_err(|refusal| match refusal {
            Refusal::NotFound(sentence) => SessionsError::NotFound(sentence),
            Refusal::Invalid(sentence) => SessionsError::Invalid(sentence),
            Refusal::NotNow(sentence)
            | Refusal::NotParked(sentence)
            | Refusal::Restricted(sentence)
            | Refusal::NotKept(sentence) => SessionsError::NotNow(sentence),
            Refusal::NotAllowed(sentence) => SessionsError::NotAllowed(sentence),
        })
    }

    async fn phone<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, PhoneLinkError> {
        self.ask(request).await.map_err(|Gone| PhoneLinkError::Bus(ending()))?.map_err(|refusal| match refusal {
            Refusal::NotFound(sentence) => PhoneLinkError::NotFound(sentence),
            Refusal::Invalid(sentence) => PhoneLinkError::Invalid(sentence),
            Refusal::NotNow(sentence) | Refusal::NotAllowed(sentence) => PhoneLinkError::NotNow(sentence),
            Refusal::NotParked(sentence) => PhoneLinkError::NotParked(sentence),
            Refusal::Restricted(sentence) => PhoneLinkError::Restricted(sentence),
            Refusal::NotKept(sentence) => PhoneLinkError::Storage(sentence),
        })
    }
}

/// What both clocks may differ by between two looks without the machine having slept.
const SLEPT: Duration = Duration::from_secs(1);

/// When the core's clock began, by the boot clock: looked at once, so that a moment is told the same each time. Sleep passes by the core's clock, and it is looked at again.
#[derive(Clone)]
pub struct Began(Arc<Mutex<Duration>>);

impl Began {
    /// At the moment that the core's clock shows `now`.
    pub fn new(now: Duration) -> Self {
        Self(Arc::new(Mutex::new(boot_clock().saturating_sub(now))))
    }

    fn at(&self, boot: Duration, now: Duration) -> Duration {
        let began = boot.saturating_sub(now);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.abs_diff(began) >= SLEPT {
            *kept = began;
        }
        *kept
    }
}

/// Since the machine was started, sleep included.
fn boot_clock() -> Duration {
    let now = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

impl Door {
    /// The calls of a snapshot, by the boot clock.
    pub fn calls(&self, snapshot: &Snapshot) -> Vec<Call> {
        let began = self.began.at(boot_clock(), self.handle.now());
        let by_boot = |since: Duration| u64::try_from((began + since).as_nanos()).unwrap_or(u64::MAX);
        let told = snapshot.calls.iter();
        told.map(|shown| Call { since_ns: shown.since.map_or(0, by_boot), ..shown.call.clone() }).collect()
    }

    async fn call(&self, id: String, deed: Deed) -> Result<(), CallsError> {
        let order = self.ask(|answer| Request::Call(id.clone(), deed, answer)).await;
        let order = order.map_err(|Gone| CallsError::Bus(ending()))?.map_err(|refusal| match refusal {
            Refusal::NotFound(sentence) => CallsError::NotFound(sentence),
            Refusal::NotNow(sentence) | Refusal::NotParked(sentence) | Refusal::NotKept(sentence) => {
                CallsError::NotNow(sentence)
            }
            Refusal::NotAllowed(sentence) | Refusal::Invalid(sentence) | Refusal::Restricted(sentence) => {
                CallsError::NotPossible(sentence)
            }
        })?;
        let Some(order) = order else { return Ok(()) };
        let Err(why) = ofono::tell(&order).await else { return Ok(()) };
        if deed == Deed::HangUp {
            self.handle.words.send(Word::NotDeclined(id)).await.map_err(|_| CallsError::Bus(ending()))?;
        }
        Err(CallsError::NotNow(format!("the phone does not take it: {why}")))
    }
}

impl CallsBackend for Door {
    async fn list(&self) -> Result<Vec<Call>, CallsError> {
        let snapshot = Arc::clone(&self.handle.snapshot.borrow());
        Ok(self.calls(&snapshot))
    }

    async fn answer(&self, id: String) -> Result<(), CallsError> {
        self.call(id, Deed::Answer).await
    }

    async fn hang_up(&self, id: String) -> Result<(), CallsError> {
        self.call(id, Deed::HangUp).await
    }

    async fn silence(&self, id: String) -> Result<(), CallsError> {
        self.call(id, Deed::Silence).await
    }

    async fn dismiss(&self, id: String) -> Result<(), CallsError> {
        self.call(id, Deed::Dismiss).await
    }
}

impl SessionsBackend for Door {
    async fn list(&self) -> Result<Vec<Session>, SessionsError> {
        let now = self.handle.now();
        Ok(self.handle.snapshot.borrow().sessions.iter().map(|shown| shown.now(now)).collect())
    }

    async fn claim(&self, id: String) -> Result<(), SessionsError> {
        self.session(|answer| Request::Claim(id, answer)).await
    }

    async fn release(&self, id: String) -> Result<(), SessionsError> {
        self.session(|answer| Request::Release(id, answer)).await
    }

    async fn steer(&self, id: String, order: String) -> Result<(), SessionsError> {
        self.session(|answer| Request::Steer(id, order, answer)).await
    }

    async fn dismiss(&self, id: String) -> Result<(), SessionsError> {
        self.session(|answer| Request::Dismiss(id, answer)).await
    }
}

impl PhoneLinkBackend for Door {
    async fn phones(&self) -> Result<Vec<Phone>, PhoneLinkError> {
        Ok(self.handle.snapshot.borrow().phones.clone())
    }

    async fn open_pairing(&self) -> Result<u32, PhoneLinkError> {
        self.phone(Request::OpenPairing).await
    }

    async fn close_pairing(&self) -> Result<(), PhoneLinkError> {
        self.phone(Request::ClosePairing).await
    }

    async fn pair(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Pair(id, answer)).await
    }

    async fn confirm(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Confirm(id, answer)).await
    }

    async fn refuse(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Refuse(id, answer)).await
    }

    async fn forget(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Forget(id, answer)).await
    }

    async fn forget_all(&self) -> Result<u32, PhoneLinkError> {
        self.phone(Request::ForgetAll).await
    }

    async fn grant(&self, id: String, what: String, granted: bool) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Grant(id, what, granted, answer)).await
    }

    async fn set_automatic(&self, id: String, kind: String, word: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Automatic(id, kind, word, answer)).await
    }

    async fn set_guest(&self, id: String, is_guest: bool) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Guest(id, is_guest, answer)).await
    }

    async fn prefer(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Prefer(id, answer)).await
    }

    async fn ring(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(|answer| Request::Ring(id, answer)).await
    }

    async fn send(&self, id: String, text: String) -> Result<(), PhoneLinkError> {
        let size = text.len();
        if size > MAX_TEXT {
            let sentence = format!("a text of {size} bytes is longer than the {MAX_TEXT} that are sent");
            return Err(PhoneLinkError::Invalid(sentence));
        }
        self.phone(|answer| Request::Share(id, text, answer)).await
    }

    async fn send_file(&self, id: String, path: String) -> Result<(), PhoneLinkError> {
        let path = Path::new(&path);
        let unreadable = |why: String| PhoneLinkError::Storage(format!("{} cannot be read: {why}", path.display()));
        let name = path.file_name().filter(|_| path.is_absolute()).and_then(|name| name.to_str());
        let Some(name) = name else {
            return Err(PhoneLinkError::Invalid("a file is sent by its absolute path".into()));
        };
        // To open a pipe waits for somebody at its other end.
        let facts = tokio::fs::metadata(path).await.map_err(|why| unreadable(why.to_string()))?;
        if !facts.is_file() || facts.len() == 0 {
            return Err(unreadable("it is no file, or an empty one".into()));
        }
        let file = File::open(path).await.map_err(|why| unreadable(why.to_string()))?;
        let size = facts.len();
        let (phone, link) = self.phone(|answer| Request::Way(id, answer)).await?;
        let share = Share::File { name: name.to_owned(), files: Some(1), all_bytes: Some(size) };
        let sent = self.links.send_with_payload(link, Packet::new(Message::Share(share)), file, size).await;
        sent.map_err(|why| PhoneLinkError::NotNow(format!("the phone did not take it: {why}")))?;
        self.handle.words.send(Word::Sent(phone)).await.map_err(|_| PhoneLinkError::Bus(ending()))
    }

    async fn ledger(&self, limit: u32) -> Result<Vec<Entry>, PhoneLinkError> {
        let entries = self.store.ledger(limit.min(MAX_ENTRIES)).await;
        entries.map_err(|error| PhoneLinkError::Storage(error.to_string()))
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    async fn is_kept(&self) -> bool {
        // A disk that does not answer takes nothing, and is no reason not to answer.
        let is_there = tokio::time::timeout(LOOKS_WITHIN, self.store.is_there());
        self.handle.is_written.load(Ordering::Relaxed) && is_there.await.unwrap_or(false)
    }

    fn pairing_open(&self) -> bool {
        self.handle.snapshot.borrow().pairing_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_the_same_until_the_machine_has_slept() {
        let at = |ms| Duration::from_millis(ms);
        let began = Began(Arc::new(Mutex::new(at(7_000))));
        let looks = [(8_000, 1_000), (9_003, 2_000), (9_900, 3_000), (70_000, 4_000), (71_001, 5_000)];
        let told = looks.map(|(boot, now)| began.at(at(boot), at(now)));
        assert_eq!(told, [7_000, 7_000, 7_000, 66_000, 66_000].map(at));
    }
}
