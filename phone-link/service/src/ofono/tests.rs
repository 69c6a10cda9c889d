//! An oFono of the test's making, behind a bus of its making.

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard};

use zbus::connection::Builder;
use zbus::{Guid, ObjectPath, Variant};

use super::*;

/// Who oFono is on that bus.
const OWNER: &str = ":1.7";

#[derive(Default)]
struct State {
    /// As the bus has it.
    is_there: bool,
    is_coupled: bool,
    rings: bool,
    /// So many calls come to nothing, and the phone is then gone or not.
    failures: u32,
    goes: bool,
    asked: u32,
}

#[derive(Clone, Default)]
struct Ofono(Arc<Mutex<State>>);

impl Ofono {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

struct Bus(Ofono);
struct Manager(Ofono);
struct Phone(Ofono);

#[zbus::interface(name = "org.freedesktop.DBus")]
impl Bus {
    fn hello(&self) -> &str {
        ":1.42"
    }

    fn add_match(&self, _rule: &str) {}

    fn remove_match(&self, _rule: &str) {}

    fn get_name_owner(&self, _name: &str) -> fdo::Result<&str> {
        let is_there = self.0.state().is_there;
        is_there.then_some(OWNER).ok_or_else(|| fdo::Error::NameHasNoOwner(String::new()))
    }
}

type Objects = Vec<(ObjectPath<'static>, HashMap<&'static str, Variant<'static>>)>;

#[zbus::interface(name = "org.ofono.Manager")]
impl Manager {
    fn get_modems(&self) -> Objects {
        let facts = HashMap::from([("Interfaces", Variant::from(vec![CALLS]))]);
        let phone = (ObjectPath::from_static_str_unchecked("/phone"), facts);
        if self.0.state().is_coupled { vec![phone] } else { Vec::new() }
    }
}

#[zbus::interface(name = "org.ofono.VoiceCallManager")]
impl Phone {
    fn get_calls(&self) -> fdo::Result<Objects> {
        let mut state = self.0.state();
        state.asked += 1;
        if state.failures > 0 {
            state.failures -= 1;
            state.is_coupled = !state.goes;
            return Err(fdo::Error::Failed("busy".into()));
        }
        let facts = HashMap::from([("State", Variant::from("incoming"))]);
        let call = (ObjectPath::from_static_str_unchecked("/phone/voicecall01"), facts);
        Ok(if state.rings { vec![call] } else { Vec::new() })
    }
}

impl Ofono {
    fn ringing() -> Self {
        let ofono = Self::default();
        *ofono.state() = State { is_there: true, is_coupled: true, rings: true, ..State::default() };
        ofono
    }

    /// The bus's end, and ours.
    async fn connect(&self) -> (Connection, Connection) {
        let (near, far) = UnixStream::pair().unwrap();
        let bus = Builder::unix_stream(far).server(Guid::generate()).p2p();
        let bus = bus.serve_at("/org/freedesktop/DBus", Bus(self.clone())).serve_at("/", Manager(self.clone()));
        let bus = bus.serve_at("/phone", Phone(self.clone())).build();
        tokio::try_join!(bus, Builder::unix_stream(near).build()).unwrap()
    }
}

fn signal(sender: &str, interface: &str) -> zbus::Message {
    zbus::Message::signal("/phone", interface, "CallAdded").sender(sender).build(&()).unwrap()
}

async fn says(bus: &Connection) {
    bus.send(&signal(OWNER, CALLS)).await.unwrap();
}

async fn changes_hands(bus: &Connection, old: &str, new: &str) {
    let changed = zbus::Message::signal("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged");
    bus.send(&changed.sender("org.freedesktop.DBus").build(&(NAME, old, new)).unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_phone_that_does_not_tell_its_calls_has_them_still_and_one_that_went_has_none() {
    let ofono = Ofono::ringing();
    let (_bus, calls) = ofono.connect().await;
    assert_eq!(all(&calls).await.unwrap().len(), 1);
    ofono.state().failures = 1;
    assert!(all(&calls).await.is_err());
    assert_eq!(all(&calls).await.unwrap().len(), 1);
    (ofono.state().failures, ofono.state().goes) = (1, true);
    assert!(all(&calls).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_call_rings_on_while_ofono_is_busy_and_ends_with_it() {
    let ofono = Ofono::ringing();
    let ((signals_end, signals), (_calls_end, calls)) = (ofono.connect().await, ofono.connect().await);
    let (teller, mut told) = watch::channel(Vec::new());
    let hearing = tokio::spawn(async move { hear(&teller, &signals, &calls).await });
    told.wait_for(|calls| calls.len() == 1).await.unwrap();
    told.borrow_and_update();
    ofono.state().failures = 1;
    says(&signals_end).await;
    while ofono.state().failures > 0 {
        tokio::task::yield_now().await;
    }
    // It is asked again without another word; only then is the end of the call known.
    ofono.state().rings = false;
    told.changed().await.unwrap();
    assert_eq!((told.borrow_and_update().len(), ofono.state().asked), (0, 3));

    ofono.state().rings = true;
    says(&signals_end).await;
    told.wait_for(|calls| calls.len() == 1).await.unwrap();
    ofono.state().is_there = false;
    changes_hands(&signals_end, OWNER, "").await;
    told.wait_for(Vec::is_empty).await.unwrap();
    drop(told);
    hearing.await.unwrap().unwrap();
}

#[test]
fn only_ofono_tells_and_only_what_means_a_call() {
    let owner = OwnedUniqueName::try_from(OWNER).unwrap();
    let is_heard = |sender: &str, interface: &str, owner: Option<&OwnedUniqueName>| {
        let signal = signal(sender, interface);
        is_telling(&signal.header(), owner)
    };
    assert!(is_heard(OWNER, CALLS, Some(&owner)));
    assert!(!is_heard(":1.8", CALLS, Some(&owner)), "a stranger");
    assert!(!is_heard(OWNER, CALLS, None), "oFono is not there");
    assert!(!is_heard(OWNER, "org.ofono.NetworkRegistration", Some(&owner)));
}
