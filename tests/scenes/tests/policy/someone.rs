//! Somebody else on the bus: this test's own program, under another user, told by lines what to do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use futures_util::{FutureExt, StreamExt};
use tandem_scenes::{Daemon, answers, tied};
use zbus::fdo::{self, RequestNameFlags};
use zbus::message::Type;
use zbus::{Connection, MessageStream};

/// Before every line that is an answer: the test harness prints, too.
const MARK: &str = "@ ";

/// Where programs lie that any user may run.
pub struct Programs(PathBuf);

impl Programs {
    /// In the folder of a bus, which any user may enter.
    pub fn beside(daemon: &Daemon) -> Self {
        let path = daemon.folder().join("someone");
        std::fs::copy(std::env::current_exe().unwrap(), &path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

pub struct Someone {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Its unique name on the bus.
    pub name: String,
}

impl Someone {
    pub fn start(daemon: &Daemon, programs: &Programs, user: u32) -> Self {
        let user = user.to_string();
        let mut child = tied("setpriv")
            .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
            .args(["--pdeathsig", "KILL", "--"])
            .arg(programs.path())
            .args(["--exact", "someone::does_what_it_is_told", "--ignored", "--nocapture"])
            .env("TANDEM_BUS", daemon.address())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut someone = Self { child, orders, answers, name: String::new() };
        someone.name = someone.answer();
        someone
    }

    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "somebody else on the bus ended");
            // The harness writes "test ... " before the first line of a test, without an end of its own.
            if let Some((_, answer)) = line.trim_end_matches('\n').split_once(MARK) {
                return answer.to_owned();
            }
            eprint!("{line}");
        }
    }

    pub fn told(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        self.answer()
    }

    /// Everything that it heard since it was asked last: how often each signal, as `sender path interface member`, and answers, as `sender answers`.
    pub fn heard(&mut self) -> BTreeMap<String, usize> {
        let all = self.told("heard");
        let mut counts = BTreeMap::new();
        for signal in all.split(';').filter(|signal| !signal.is_empty()) {
            *counts.entry(signal.to_owned()).or_default() += 1;
        }
        counts
    }
}

impl Drop for Someone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "somebody else on the bus, started by the other tests"]
fn does_what_it_is_told() {
    // The bus's replies are read while the next order is awaited.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let connection = runtime.block_on(tandem_contracts::connect::open()).unwrap();
    // Answers calls, if only by an error.
    let _ = connection.object_server();
    let mut messages = MessageStream::from(&connection);
    // Nothing is read between two questions, and a full queue would hold up the answers.
    messages.set_max_queued(const { NonZeroUsize::new(1 << 16).unwrap() });
    println!("{MARK}{}", connection.unique_name().unwrap());
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        println!("{MARK}{}", runtime.block_on(obey(&connection, &mut messages, &words)));
    }
}

async fn obey(connection: &Connection, messages: &mut MessageStream, words: &[&str]) -> String {
    match *words {
        ["own", name] => owned(connection, name, RequestNameFlags::DO_NOT_QUEUE).await,
        ["queue", name] => owned(connection, name, RequestNameFlags::empty()).await,
        ["call", destination, path, interface, member] => {
            match connection.call_method(Some(destination), path, Some(interface), member, &()).await {
                // Whoever serves it answers, if only that it has no such object.
                Ok(_) => "passed".to_owned(),
                Err(error) => match fdo(&error) {
                    Some(fdo::Error::AccessDenied(_)) => "denied".to_owned(),
                    Some(fdo::Error::UnknownObject(_) | fdo::Error::UnknownInterface(_)) => "passed".to_owned(),
                    _ => format!("failed: {error}"),
                },
            }
        }
        ["emit", path, interface, member, ref to @ ..] => {
            connection.emit_signal(None::<&str>, path, interface, member, &()).await.unwrap();
            for to in to {
                connection.emit_signal(Some(*to), path, interface, member, &()).await.unwrap();
            }
            ask_the_bus(connection).await;
            "sent".to_owned()
        }
        ["answer", ref to @ ..] => {
            for answer in to.iter().flat_map(|to| answers(to, &())) {
                connection.send(&answer).await.unwrap();
            }
            ask_the_bus(connection).await;
            "sent".to_owned()
        }
        ["listen"] => {
            let bus = fdo::DBusProxy::new(connection).await.unwrap();
            bus.add_match_rule("type='signal'".try_into().unwrap()).await.unwrap();
            "listens".to_owned()
        }
        ["heard"] => heard(connection, messages).await,
        _ => panic!("{words:?}"),
    }
}

async fn owned(connection: &Connection, name: &str, flags: RequestNameFlags) -> String {
    match connection.request_name_with_flags(name, flags).await {
        Ok(reply) => format!("{reply:?}"),
        Err(zbus::Error::NameTaken) => "taken".to_owned(),
        Err(error) => match fdo(&error) {
            Some(fdo::Error::AccessDenied(_)) => "denied".to_owned(),
            _ => format!("failed: {error}"),
        },
    }
}

fn fdo(error: &zbus::Error) -> Option<&fdo::Error> {
    match error {
        zbus::Error::FDO(fdo) => Some(fdo),
        _ => None,
    }
}

/// When this is answered, the bus has dealt with everything before.
async fn ask_the_bus(connection: &Connection) {
    let bus = "org.freedesktop.DBus";
    connection.call_method(Some(bus), "/org/freedesktop/DBus", Some(bus), "NameHasOwner", &(bus,)).await.unwrap();
}

/// What came before the bus's answer to a question asked now: it is read in its order, so it lies in the queue by then.
async fn heard(connection: &Connection, messages: &mut MessageStream) -> String {
    ask_the_bus(connection).await;
    let mut signals = Vec::new();
    while let Some(Some(Ok(message))) = messages.next().now_or_never() {
        let header = message.header();
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        if !sender.starts_with(':') {
            continue;
        }
        if matches!(message.message_type(), Type::MethodReturn | Type::Error) {
            signals.push(format!("{sender} answers"));
        }
        if message.message_type() == Type::Signal {
            let [path, interface, member] = [
                header.path().map(ToString::to_string),
                header.interface().map(ToString::to_string),
                header.member().map(ToString::to_string),
            ]
            .map(Option::unwrap_or_default);
            signals.push(format!("{sender} {path} {interface} {member}"));
        }
    }
    signals.join(";")
}
