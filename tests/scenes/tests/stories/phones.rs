//! A phone service that hangs is told as one that does not answer, and no command waits for it for ever.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tandem_contracts::phones::Phone;
use tandem_contracts::sessions::{Media, SCHEMA, Session};
use tandem_scenes::phones::Hanging;
use tandem_scenes::{Daemon, Tandem, binary, tied};

fn podcast() -> Session {
    let media = Media { title: "The river that came back".into(), quality: "exact".into(), ..Media::default() };
    Session {
        id: "podcast".into(),
        schema: SCHEMA,
        kind: "media".into(),
        phone: "ana".into(),
        phone_name: "Ana's Pixel".into(),
        owner: "phone".into(),
        mode: "resume".into(),
        stage: "offered".into(),
        media,
        ..Session::default()
    }
}

fn link(bus: &Daemon) -> Hanging {
    let phone = Phone { id: "ana".into(), name: "Ana's Pixel".into(), is_paired: true, rank: 1, ..Phone::default() };
    Hanging::start(bus, &[podcast()], &[phone])
}

const LINE: &str = "The river that came back: on the phone, paused at 0:00, from Ana's Pixel";
const HANGS: &str = "tandem: the phone service does not answer: it hangs, or the machine is too busy";

/// `tandem phone watch`, with what it says and what it complains of as they come.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_watch_says_that_the_service_hangs_and_goes_on_with_it() {
    let bus = Daemon::start();
    let mut link = link(&bus);
    let mut command = tied(binary("tandem"));
    command.args(["phone", "watch"]).env("TANDEM_BUS", bus.address());
    let mut watch = Watch(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts"));
    let mut said = BufReader::new(watch.0.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
    let mut complained = BufReader::new(watch.0.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
    assert_eq!(said.next().as_deref(), Some(LINE));
    for _ in 0..2 {
        link.hangs();
        let sentence = "tandem: the phone service does not answer; waiting for it to come back";
        assert_eq!(complained.next().as_deref(), Some(sentence));
        link.goes_on();
        assert_eq!(said.next().as_deref(), Some(LINE));
        assert_eq!(complained.next().as_deref(), Some("tandem: the phone service is back"));
    }
}

#[test]
fn nobody_waits_for_a_service_that_hangs() {
    let bus = Daemon::start();
    let mut link = link(&bus);
    let start = |arguments: &[&str]| {
        Tandem::start_with(["phone"].iter().chain(arguments), &[("TANDEM_BUS", OsStr::new(bus.address()))])
    };
    // Once it has begun: a claim that nothing becomes of, and a pairing that nobody comes to.
    let mut pairing = start(&["pair", "--yes", "Nova"]);
    pairing.hears("Pairing is open");
    let claim = start(&["claim"]);
    while link.asked() != "claim podcast" {}
    link.hangs();
    let others =
        [["list"].as_slice(), &["sessions"], &["claim"], &["release", "podcast"], &["watch"], &["pair", "--yes"]];
    let others = others.map(start);
    for waiting in [pairing, claim].into_iter().chain(others) {
        let outcome = waiting.finish();
        assert_eq!((outcome.code(), outcome.complaint()), (Some(1), HANGS), "{}", outcome.stdout);
    }
}

#[test]
fn a_service_that_is_not_there_is_a_wrong_set_up() {
    let bus = Daemon::start();
    let outcome = Command::new(binary("tandem")).args(["phone", "watch"]).env("TANDEM_BUS", bus.address()).output();
    let outcome = outcome.expect("it runs");
    assert_eq!(outcome.status.code(), Some(2), "{outcome:?}");
}
