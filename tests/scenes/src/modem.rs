//! A phone that is coupled hands-free, of the test's making: it speaks the AT commands of that profile over TCP to the real ofonod, whose calls it has.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use zbus::{Connection, Proxy, Variant};

use crate::bus::within;
use crate::{Daemon, tied};

/// The modem's object at oFono.
const PATH: &str = "/phone";

/// What the phone is with its only call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Call {
    #[default]
    None,
    Rings,
    Active,
}

#[derive(Default)]
struct State {
    call: Call,
    number: String,
    wire: Option<TcpStream>,
}

/// See the module. oFono ends with it.
pub struct Modem {
    state: Arc<Mutex<State>>,
    heard: Receiver<String>,
    ofono: Child,
    _folder: TempDir,
}

impl Drop for Modem {
    fn drop(&mut self) {
        let _ = self.ofono.kill();
        let _ = self.ofono.wait();
    }
}

impl Modem {
    /// Starts ofonod on this bus, as if it were the system's, and couples the phone. `None` where there is no ofonod.
    ///
    /// # Panics
    /// It does not start.
    pub async fn coupled(system: &Daemon) -> Option<Self> {
        let Some(program) =
            ["/usr/sbin/ofonod", "/usr/bin/ofonod"].into_iter().find(|path| std::fs::exists(path).unwrap_or(false))
        else {
            crate::skip("hands-free calls take oFono: apt-get install ofono");
            return None;
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let folder = tempfile::tempdir().expect("a folder");
        let configuration = folder.path().join("phonesim.conf");
        std::fs::write(&configuration, format!("[phone]\nAddress=127.0.0.1\nPort={port}\nModem=hfp\n"))
            .expect("a file");
        let (state, (teller, heard)) = (Arc::<Mutex<State>>::default(), channel());
        let phone = Arc::clone(&state);
        thread::spawn(move || speak(&listener, &phone, &teller));
        let ofono = tied(program)
            .args(["-n", "-p", "phonesim,hfpmodem,atmodem"])
            .env("DBUS_SYSTEM_BUS_ADDRESS", system.address())
            .env("OFONO_PHONESIM_CONFIG", &configuration)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let modem = Self { state, heard, ofono, _folder: folder };
        let bus = system.connect().await;
        within("a coupled phone", couple(&bus)).await;
        Some(modem)
    }

    /// Somebody calls the phone.
    pub fn rings(&self, number: &str) {
        let mut state = lock(&self.state);
        (state.call, state.number) = (Call::Rings, number.to_owned());
        state.say("+CIEV: 2,1");
        let line = format!("+CLIP: \"{number}\",145");
        state.say("RING");
        state.say(&line);
    }

    /// The other one hangs up.
    pub fn ends(&self) {
        lock(&self.state).end();
    }

    /// Waits until the phone is told this.
    ///
    /// # Panics
    /// It is not.
    pub async fn hears(&self, command: &'static str) {
        let said = async {
            loop {
                match self.heard.try_recv() {
                    Ok(line) if line == command => return,
                    Ok(_) => {}
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        within(command, said).await;
    }
}

async fn couple(bus: &Connection) {
    let modem = |interface| Proxy::new(bus, "org.ofono", PATH, interface);
    let on = Variant::from(true);
    loop {
        // It has its name before it has its modem.
        let powered: zbus::Result<()> =
            async { modem("org.ofono.Modem").await?.call("SetProperty", &("Powered", &on)).await }.await;
        if powered.is_ok() {
            break;
        }
        tokio::task::yield_now().await;
    }
    loop {
        let calls = async { modem("org.ofono.VoiceCallManager").await?.call_method("GetCalls", &()).await };
        if calls.await.is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn say(&mut self, line: &str) {
        if let Some(wire) = &mut self.wire {
            let _ = write!(wire, "\r\n{line}\r\n");
        }
    }

    fn end(&mut self) {
        let was = std::mem::take(&mut self.call);
        self.say(if was == Call::Active { "+CIEV: 1,0" } else { "+CIEV: 2,0" });
    }

    /// Answers a command as a phone does; the indicators are call and callsetup and no others that change.
    fn answer(&mut self, command: &str) {
        match command {
            "AT+CIND=?" => self.say(
                "+CIND: (\"call\",(0,1)),(\"callsetup\",(0-3)),(\"callheld\",(0-2)),(\"service\",(0,1)),(\"signal\",(0-5)),(\"roam\",(0,1)),(\"battchg\",(0-5))",
            ),
            "AT+CIND?" => self.say("+CIND: 0,0,0,1,4,0,4"),
            "AT+CHLD=?" => self.say("+CHLD: (0,1,2,3)"),
            "AT+CLCC" if self.call != Call::None => {
                let state = if self.call == Call::Active { 0 } else { 4 };
                let line = format!("+CLCC: 1,1,{state},0,0,\"{}\",145", self.number);
                self.say(&line);
            }
            "AT+COPS?" => self.say("+COPS: 0,0,\"Tandem\""),
            _ if command.starts_with("AT+BRSF") => self.say("+BRSF: 511"),
            _ => {}
        }
        self.say("OK");
        match command {
            "ATA" if self.call == Call::Rings => {
                self.call = Call::Active;
                self.say("+CIEV: 1,1");
                self.say("+CIEV: 2,0");
            }
            "AT+CHUP" if self.call != Call::None => self.end(),
            _ => {}
        }
    }
}

fn speak(listener: &TcpListener, state: &Mutex<State>, heard: &Sender<String>) {
    let Ok((wire, _)) = listener.accept() else { return };
    let Ok(reader) = wire.try_clone() else { return };
    lock(state).wire = Some(wire);
    for command in BufReader::new(reader).split(b'\r').map_while(Result::ok) {
        let command = String::from_utf8_lossy(&command).trim().to_owned();
        if command.is_empty() {
            continue;
        }
        lock(state).answer(&command);
        if heard.send(command).is_err() {
            return;
        }
    }
}
