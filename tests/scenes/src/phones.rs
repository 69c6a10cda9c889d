//! A phone link of the test's making: it says what it is told to say, notes what it is asked, and hangs when it is told to.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use tandem_contracts::phones::{self, Entry, Phone, PhoneLink1, PhoneLinkBackend, PhoneLinkError};
use tandem_contracts::sessions::{self, Session, Sessions1, SessionsBackend, SessionsError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::Connection;
use zbus::connection::Builder;
use zbus::object_server::SignalEmitter;

use crate::Daemon;

#[derive(Default)]
struct State {
    sessions: Vec<Session>,
    phones: Vec<Phone>,
    /// Every wish is refused.
    refuses: bool,
    is_open: bool,
}

#[derive(Clone)]
struct Desk {
    state: Arc<Mutex<State>>,
    asked: UnboundedSender<String>,
}

/// The service on its bus.
pub struct Link {
    connection: Connection,
    desk: Desk,
    asked: UnboundedReceiver<String>,
}

impl Link {
    /// Serves both interfaces with these sessions and phones.
    pub async fn start(bus: &Daemon, sessions: &[Session], phones: &[Phone]) -> Self {
        Self::serve(bus.builder(), sessions.to_vec(), phones.to_vec()).await
    }

    async fn serve(builder: Builder<'_>, sessions: Vec<Session>, phones: Vec<Phone>) -> Self {
        let (sender, asked) = unbounded_channel();
        let state = State { sessions, phones, refuses: false, is_open: false };
        let desk = Desk { state: Arc::new(Mutex::new(state)), asked: sender };
        let connection = builder
            .serve_at(sessions::PATH, Sessions1(desk.clone()))
            .serve_at(phones::PATH, PhoneLink1(desk.clone()))
            .name(sessions::NAME)
            .name(phones::NAME)
            .build()
            .await
            .unwrap();
        Self { connection, desk, asked }
    }

    /// The next wish, in words.
    pub async fn asked(&mut self) -> String {
        self.asked.recv().await.unwrap()
    }

    pub async fn changes(&self, session: Session) {
        let emitter = SignalEmitter::new(&self.connection, sessions::PATH).unwrap();
        Sessions1::<Desk>::changed(&emitter, session).await.unwrap();
    }

    pub async fn ends(&self, id: &str) {
        let emitter = SignalEmitter::new(&self.connection, sessions::PATH).unwrap();
        Sessions1::<Desk>::gone(&emitter, id.to_owned()).await.unwrap();
    }

    pub async fn phone_changes(&self, phone: Phone) {
        let emitter = SignalEmitter::new(&self.connection, phones::PATH).unwrap();
        PhoneLink1::<Desk>::phone_changed(&emitter, phone).await.unwrap();
    }

    pub fn refuses(&self) {
        self.desk.state.lock().unwrap().refuses = true;
    }

    pub async fn leaves(self) {
        self.connection.close().await.unwrap();
    }
}

/// The same on a thread of its own, for stories of a service that is there and does not answer.
pub struct Hanging {
    orders: UnboundedSender<Order>,
    asked: UnboundedReceiver<String>,
    /// Its end lets it go on.
    hold: Option<Sender<()>>,
}

/// Says that it hangs, until the other end of this is gone.
type Order = (Sender<()>, Receiver<()>);

impl Hanging {
    /// Serves these sessions and phones until it is dropped.
    #[must_use]
    pub fn start(bus: &Daemon, sessions: &[Session], phones: &[Phone]) -> Self {
        let (builder, sessions, phones) = (bus.builder(), sessions.to_vec(), phones.to_vec());
        let (orders, mut inbox) = unbounded_channel::<Order>();
        let (ready, is_ready) = channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let Link { connection, desk, asked } = Link::serve(builder, sessions, phones).await;
                ready.send(asked).unwrap();
                while let Some((hangs, hold)) = inbox.recv().await {
                    hangs.send(()).unwrap();
                    // All of this thread waits, as a process that was stopped: what comes in is neither read nor answered.
                    let _ = hold.recv();
                }
                drop((connection, desk));
            });
        });
        let asked = is_ready.recv().unwrap();
        Self { orders, asked, hold: None }
    }

    /// The next wish, in words. Waits for it: not for a runtime's thread.
    pub fn asked(&mut self) -> String {
        self.asked.blocking_recv().unwrap()
    }

    /// Returns once it answers nobody any more.
    pub fn hangs(&mut self) {
        let (hangs, does_hang) = channel();
        let (hold, held) = channel();
        self.orders.send((hangs, held)).unwrap();
        does_hang.recv().unwrap();
        self.hold = Some(hold);
    }

    pub fn goes_on(&mut self) {
        self.hold = None;
    }
}

impl Desk {
    fn note(&self, wish: String) -> bool {
        self.asked.send(wish).unwrap();
        !self.state.lock().unwrap().refuses
    }

    fn session(&self, wish: String) -> Result<(), SessionsError> {
        if self.note(wish) { Ok(()) } else { Err(SessionsError::NotNow("It is passed on just now".into())) }
    }

    fn phone(&self, wish: String) -> Result<(), PhoneLinkError> {
        if self.note(wish) { Ok(()) } else { Err(PhoneLinkError::NotParked("The car moves".into())) }
    }
}

impl SessionsBackend for Desk {
    async fn list(&self) -> Result<Vec<Session>, SessionsError> {
        Ok(self.state.lock().unwrap().sessions.clone())
    }

    async fn claim(&self, id: String) -> Result<(), SessionsError> {
        self.session(format!("claim {id}"))
    }

    async fn release(&self, id: String) -> Result<(), SessionsError> {
        self.session(format!("release {id}"))
    }

    async fn steer(&self, id: String, order: String) -> Result<(), SessionsError> {
        self.session(format!("steer {id} {order}"))
    }

    async fn dismiss(&self, id: String) -> Result<(), SessionsError> {
        self.session(format!("dismiss {id}"))
    }
}

impl PhoneLinkBackend for Desk {
    async fn phones(&self) -> Result<Vec<Phone>, PhoneLinkError> {
        Ok(self.state.lock().unwrap().phones.clone())
    }

    async fn open_pairing(&self) -> Result<u32, PhoneLinkError> {
        self.phone("open pairing".into())?;
        self.state.lock().unwrap().is_open = true;
        Ok(60)
    }

    async fn close_pairing(&self) -> Result<(), PhoneLinkError> {
        self.phone("close pairing".into())?;
        self.state.lock().unwrap().is_open = false;
        Ok(())
    }

    async fn pair(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("pair {id}"))
    }

    async fn confirm(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("confirm {id}"))
    }

    async fn refuse(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("refuse {id}"))
    }

    async fn forget(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("forget {id}"))
    }

    async fn forget_all(&self) -> Result<u32, PhoneLinkError> {
        self.phone("forget all".into()).map(|()| 0)
    }

    async fn grant(&self, id: String, what: String, granted: bool) -> Result<(), PhoneLinkError> {
        self.phone(format!("grant {id} {what} {granted}"))
    }

    async fn set_automatic(&self, id: String, kind: String, word: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("automatic {id} {kind} {word}"))
    }

    async fn set_guest(&self, id: String, is_guest: bool) -> Result<(), PhoneLinkError> {
        self.phone(format!("guest {id} {is_guest}"))
    }

    async fn prefer(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("prefer {id}"))
    }

    async fn ring(&self, id: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("ring {id}"))
    }

    async fn send(&self, id: String, text: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("send {id} {text}"))
    }

    async fn send_file(&self, id: String, path: String) -> Result<(), PhoneLinkError> {
        self.phone(format!("send file {id} {path}"))
    }

    async fn ledger(&self, limit: u32) -> Result<Vec<Entry>, PhoneLinkError> {
        self.phone(format!("ledger {limit}"))?;
        let entry =
            Entry { at: 1_795_470_000, phone_name: "Ana's Pixel".into(), deed: "taken".into(), ..Entry::default() };
        Ok(vec![Entry { kind: "media".into(), count: 1, ..entry }])
    }

    fn name(&self) -> String {
        "Tandem".into()
    }

    async fn is_kept(&self) -> bool {
        true
    }

    fn pairing_open(&self) -> bool {
        self.state.lock().unwrap().is_open
    }
}
