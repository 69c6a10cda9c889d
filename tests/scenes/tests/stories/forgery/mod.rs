//! What somebody else on the bus says in the names of the services, to all and to each program's own address, moves nothing: no value, no lamp, no song, no restriction.

mod forger;

use std::ffi::OsStr;

use futures_util::StreamExt;
use rustix::process::Signal;
use tandem_contracts::actuation::Request;
use tandem_contracts::climate::{self, TemperatureRequest};
use tandem_contracts::driving::{self, Driving1Proxy, Restrictions, Status, Zone};
use tandem_contracts::input::{self, InputEvent};
use tandem_contracts::media::{self, Item, MediaError, Now, ScanProgress, Source};
use tandem_contracts::mpris;
use tandem_contracts::phones::{self, Phone, PhoneLink1Proxy, PhoneLinkError};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_contracts::sessions::{self, SCHEMA, Session, Sessions1Proxy};
use tandem_contracts::signals::{self, Change};
use tandem_contracts::wire;
use tandem_scenes::{Bus, Daemon, Outcome, Pixels, Region, Shown, Tandem, speed, within};
use tandem_units::{Quality, Value};
use zbus::Variant;

use crate::garage::{Client, Garage};
use crate::music;
use forger::Forger;

const SPEED: &str = "Vehicle.Speed";
const DOME: &str = "Vehicle.Cabin.Light.IsDomeOn";
/// Nothing says this but a forger.
const LIE: &str = "A lie";

/// What stands still while a parked car does: the lamps, the speed and the gear; the dock with the temperature; the page.
const LAMPS: Region = Region { x: 0, y: 0, width: 1920, height: 200 };
/// In the middle of the left arrow, which a parked car lights for its check alone.
const ARROW: (usize, usize) = (704, 52);
const LIT: [u8; 3] = [0x3D, 0xDC, 0x84];
const MIDDLE: Region = Region { x: 600, y: 200, width: 720, height: 400 };
const TILE: Region = Region { x: 40, y: 200, width: 520, height: 200 };
const DOCK: Region = Region { x: 0, y: 960, width: 1920, height: 120 };
const PAGE: Region = Region { x: 0, y: 64, width: 1920, height: 890 };
/// The line on top of a session's card, at home.
const CARD: Region = Region { x: 60, y: 70, width: 552, height: 8 };

const HOME: (f64, f64) = (624.0, 1016.0);
const MUSIC: (f64, f64) = (1072.0, 1016.0);
const PHONES: (f64, f64) = (1184.0, 1016.0);

/// A page of the centre, once it has come to rest.
async fn page(bus: &Bus, (x, y): (f64, f64)) -> Pixels {
    bus.screen(CENTRE).await.touch(x, y).await.unwrap();
    let mut before = bus.capture(CENTRE).await.1;
    loop {
        let now = bus.capture(CENTRE).await.1;
        if now.rgb == before.rgb {
            return now;
        }
        before = now;
    }
}

/// What the screens show of what a forger would move, by name.
async fn shown(bus: &Bus) -> Vec<(&'static str, Vec<u8>)> {
    let cluster = bus.capture(CLUSTER).await.1;
    let mut shown = vec![("lamps", cluster.cut(LAMPS)), ("speed", cluster.cut(MIDDLE)), ("tile", cluster.cut(TILE))];
    for (name, tab, region) in [("music", MUSIC, PAGE), ("phones", PHONES, PAGE), ("home", HOME, CARD)] {
        let centre = page(bus, tab).await;
        shown.extend([(name, centre.cut(region)), ("dock", centre.cut(DOCK))]);
    }
    shown
}

/// The same, once nothing new comes in and the lamps' check at the start, which begins with the first speed, is over.
async fn settled(bus: &Bus) -> Vec<(&'static str, Vec<u8>)> {
    loop {
        let cluster = bus.capture(CLUSTER).await.1;
        if speed(&cluster) == Shown::Number && cluster.at(ARROW.0, ARROW.1) != LIT {
            break;
        }
    }
    let mut before = shown(bus).await;
    loop {
        let now = shown(bus).await;
        if now == before {
            return now;
        }
        before = now;
    }
}

/// What the services know of what a forger would move.
#[derive(Debug, PartialEq)]
struct Facts {
    now: Now,
    sources: Vec<Source>,
    volume: f64,
    driving: Status,
    sessions: Vec<Session>,
    pairing_open: bool,
    requests: usize,
}

async fn facts(bus: &Bus) -> Facts {
    let media = music::media(bus).await;
    Facts {
        now: media.now().await.unwrap(),
        sources: media.sources().await.unwrap(),
        volume: music::player(bus).await.volume().await.unwrap(),
        driving: Driving1Proxy::new(&bus.connection).await.unwrap().status().await.unwrap(),
        sessions: Sessions1Proxy::new(&bus.connection).await.unwrap().list().await.unwrap(),
        pairing_open: PhoneLink1Proxy::new(&bus.connection).await.unwrap().pairing_open().await.unwrap(),
        requests: bus.signals().await.requests().await.unwrap().len(),
    }
}

/// The number of a subscription: one more than that of the one before, whoever asked for that.
async fn subscribe(bus: &Bus) -> u32 {
    let (id, _) = bus.signals().await.subscribe(vec![SPEED.to_owned()], 0, 1).await.unwrap();
    bus.signals().await.unsubscribe(id).await.unwrap();
    id
}

/// The generation of the service's batches.
async fn generation(bus: &Bus) -> u64 {
    let listening = Bus::open(&bus.address).await;
    let mut batches = listening.signals().await.receive_batch().await.unwrap();
    listening.signals().await.subscribe(vec![SPEED.to_owned()], 0, 1).await.unwrap();
    within("a batch", batches.next()).await.unwrap().args().unwrap().generation
}

async fn lie_of_the_car(forger: &Forger, generation: u64, subscription: u32) {
    // Whichever number the next batch of whichever subscription has, one of these has it.
    for (id, sequence) in (0..=subscription).flat_map(|id| (1..=3).map(move |sequence| (id, sequence))) {
        let change = |handle| Change {
            handle,
            quality: Quality::Valid as u8,
            heard_ns: 1,
            value: wire::to_variant(Some(&Value::Float(222.0))),
        };
        let changes: Vec<_> = (0..32).map(change).collect();
        let batch = (id, generation, sequence, 1_u64, changes);
        forger.says(signals::PATH, signals::NAME, "Batch", &batch).await;
    }
    let free = Zone::ALL.map(|zone| (zone.word().to_owned(), Restrictions::NONE)).into();
    let drives = Status { state: "moving".into(), reading: LIE.into(), why: "moves".into(), ..Status::default() };
    let stands = Status { state: "parked".into(), zones: free, ..drives.clone() };
    for status in [stands, drives] {
        forger.says(driving::PATH, driving::NAME, "Changed", &status).await;
    }
    for (number, key) in (1..=8).zip(["KEY_NEXTSONG", "KEY_PLAYPAUSE", "KEY_MUTE", "KEY_VOLUMEDOWN"].iter().cycle()) {
        let (key, action) = ((*key).to_owned(), "press".to_owned());
        let event = InputEvent { number, t_ns: 1, key, action, steps: 0 };
        forger.says(input::PATH, input::NAME, "Event", &(event,)).await;
    }
    for state in ["pending", "refused"] {
        let wish = TemperatureRequest { id: 9, celsius: 27.5, state: state.into(), reason: LIE.into() };
        forger.says(climate::PATH, climate::NAME, "RequestChanged", &(wish,)).await;
    }
    for (path, interface) in [(climate::PATH, climate::NAME), (signals::PATH, signals::NAME)] {
        let changed = [("Controls", Variant::from(Vec::<u32>::new()))];
        properties_change(forger, path, interface, &changed).await;
    }
}

async fn lie_of_the_music(forger: &Forger) {
    let item = Item { id: LIE.into(), title: LIE.into(), artist: LIE.into(), ..Item::default() };
    let now = Now { item: item.clone(), entry: 1, state: "playing".into(), ..Now::default() };
    let source = Source { id: LIE.into(), kind: "usb".into(), name: LIE.into(), available: true, ..Source::default() };
    let (path, name) = (media::PATH, media::NAME);
    forger.says(path, name, "NowChanged", &(now,)).await;
    forger.says(path, name, "QueueChanged", &(99_u64, 0_u32, -1_i32)).await;
    forger.says(path, name, "LibraryChanged", &(99_u64,)).await;
    forger.says(path, name, "SourcesChanged", &(vec![source],)).await;
    forger.says(path, name, "ScanProgressed", &(ScanProgress { source: LIE.into(), ..ScanProgress::default() },)).await;
    forger.says(path, name, "Skipped", &(item, LIE)).await;
    let metadata = std::collections::HashMap::from([
        ("mpris:trackid", Variant::from(zbus::ObjectPath::try_from("/a/lie").unwrap())),
        ("xesam:title", Variant::from(LIE)),
    ]);
    let changed = [
        ("PlaybackStatus", Variant::from("Playing")),
        ("Metadata", Variant::from(metadata)),
        ("Volume", Variant::from(0.1)),
        ("Shuffle", Variant::from(true)),
    ];
    let player = "org.mpris.MediaPlayer2.Player";
    properties_change(forger, mpris::PATH, player, &changed).await;
    forger.says(mpris::PATH, player, "Seeked", &(1_000_000_i64,)).await;
}

async fn lie_of_the_phone(forger: &Forger) {
    let phone =
        Phone { id: LIE.into(), name: LIE.into(), is_paired: true, reach: "near".into(), rank: 1, ..Phone::default() };
    let media = sessions::Media { title: LIE.into(), playing: true, ..sessions::Media::default() };
    let session = Session {
        id: LIE.into(),
        schema: SCHEMA,
        kind: "media".into(),
        mode: "resume".into(),
        stage: "offered".into(),
        epoch: 9,
        media,
        ..Session::default()
    };
    forger.says(phones::PATH, phones::NAME, "PhoneChanged", &(phone,)).await;
    forger.says(phones::PATH, phones::NAME, "PairingChanged", &(true,)).await;
    forger.says(sessions::PATH, sessions::NAME, "Changed", &(session,)).await;
}

/// The bus says that the services are gone, that the forger is one of them, that a stranger's player came, and that everybody left.
async fn lie_of_the_bus(forger: &Forger, bus: &Bus) {
    let names = zbus::fdo::DBusProxy::new(&bus.connection).await.unwrap();
    for name in [
        signals::NAME,
        driving::NAME,
        input::NAME,
        climate::NAME,
        media::NAME,
        mpris::NAME,
        phones::NAME,
        sessions::NAME,
    ] {
        let owner = names.get_name_owner(name.try_into().unwrap()).await.unwrap();
        forger.moves_name(name, owner.as_str(), &forger.name()).await;
        forger.moves_name(name, owner.as_str(), "").await;
    }
    forger.moves_name("org.mpris.MediaPlayer2.lie", "", &forger.name()).await;
    for name in names.list_names().await.unwrap() {
        forger.moves_name(name.as_str(), name.as_str(), "").await;
    }
}

async fn properties_change(forger: &Forger, path: &str, interface: &str, changed: &[(&str, Variant<'_>)]) {
    let changed: std::collections::HashMap<_, _> = changed.iter().map(|(name, value)| (*name, value)).collect();
    let body = (interface, changed, Vec::<&str>::new());
    forger.says(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", &body).await;
}

/// A program of the command line on this bus.
fn command(bus: &Bus, arguments: &[&str]) -> Tandem {
    Tandem::start_with(arguments, &[("TANDEM_BUS", OsStr::new(&bus.address))])
}

/// What it printed until now.
fn printed(command: Tandem) -> String {
    command.signal(Signal::INT);
    command.finish().stdout
}

#[tokio::test]
async fn nothing_moves_by_what_somebody_else_says() {
    let mut tandem = Tandem::sim(&["--scenario", "parked", "--phone", "podcast"]);
    let bus = tandem.bus().await;
    let songs = music::songs(&bus).await;
    let media = music::media(&bus).await;
    media.play_view("tracks".into(), String::new(), 0).await.unwrap();
    music::until(&bus, "the first song", |now| now.item.id == songs[0].id && now.state == "playing").await;
    music::player(&bus).await.pause().await.unwrap();
    music::until(&bus, "the pause", |now| now.state == "paused").await;
    let mut driving = command(&bus, &["driving", "--follow"]);
    driving.hears("parked");
    let mut speed = command(&bus, &["signals", "watch", SPEED]);
    speed.hears(SPEED);
    let generation = generation(&bus).await;
    let screens = within("screens that stand still", settled(&bus)).await;
    let known = facts(&bus).await;
    let subscription = subscribe(&bus).await;
    let forger = Forger::join(&bus).await;
    assert!(forger.sees() > 15, "every program is on the bus, most of them twice");
    lie_of_the_car(&forger, generation, subscription).await;
    lie_of_the_music(&forger).await;
    lie_of_the_phone(&forger).await;
    lie_of_the_bus(&forger, &bus).await;
    forger.is_heard().await;

    assert_eq!(facts(&bus).await, known);
    for ((name, now), (_, before)) in shown(&bus).await.iter().zip(&screens) {
        assert!(now == before, "the screens show another {name}");
    }
    assert_eq!(subscribe(&bus).await, subscription + 1, "somebody subscribed anew");
    let (id, _) = bus.signals().await.subscribe(vec![SPEED.to_owned()], 0, 64).await.unwrap();
    let us = bus.connection.unique_name().unwrap().as_str();
    forger.moves_name(us, us, "").await;
    forger.is_heard().await;
    bus.signals().await.unsubscribe(id).await.expect("nobody left, whatever was said");
    let phones = PhoneLink1Proxy::new(&bus.connection).await.unwrap();
    phones.open_pairing().await.expect("the car is parked, whatever was said");
    phones.close_pairing().await.unwrap();
    media.search("night".into(), 10).await.expect("the car is parked, whatever was said");

    // Now nobody knows whether the car stands, and who says that it does is not heard.
    bus.simulator().await.mute("VehicleMotion".into(), true).await.unwrap();
    driving.hears("moving");
    speed.hears("stale");
    within("the restriction", async { while media.search("night".into(), 10).await.is_ok() {} }).await;
    within("the restriction", async { while phones.open_pairing().await.is_ok() {} }).await;
    lie_of_the_car(&forger, generation, subscription).await;
    lie_of_the_bus(&forger, &bus).await;
    forger.is_heard().await;
    assert!(matches!(media.search("night".into(), 10).await, Err(MediaError::Restricted(_))));
    assert!(matches!(phones.open_pairing().await, Err(PhoneLinkError::NotParked(_))));
    assert_eq!(media.now().await.unwrap(), known.now);

    bus.simulator().await.mute("VehicleMotion".into(), false).await.unwrap();
    driving.hears("parked");
    let (driving, speed) = (printed(driving), printed(speed));
    assert!(!driving.contains(LIE) && driving.matches("parked:").count() == 2, "{driving}");
    assert!(!speed.contains("222"), "{speed}");
}

#[tokio::test]
async fn a_wish_is_what_the_car_makes_of_it_whatever_somebody_else_says() {
    let garage = Garage::new("parked").await;
    garage.answers(DOME, "silent").await;
    garage.answers(climate::DRIVER_TEMPERATURE, "silent").await;
    let mut watcher = Client::new(&garage).await;
    let mut forger = Forger::join(&garage.bus).await;
    let wishes = [vec!["signals", "actuate", DOME, "true"], vec!["climate", "set-driver-temperature", "24.5"]];
    for (id, arguments) in (1..).zip(wishes) {
        let wish = command(&garage.bus, &arguments);
        let pending = watcher.hears(id, "pending").await;
        forger.look_round().await;
        let done = Request { state: "confirmed".into(), ..pending };
        forger.says(signals::PATH, signals::NAME, "RequestChanged", &(done,)).await;
        let done = TemperatureRequest { id, celsius: 24.5, state: "confirmed".into(), reason: String::new() };
        forger.says(climate::PATH, climate::NAME, "RequestChanged", &(done,)).await;
        let outcome = wish.finish();
        assert!(outcome.code() == Some(1) && outcome.stdout.contains("lapsed"), "{outcome:?}");
    }
}

/// A service that does not answer: `tandem media sources` waits for it, and somebody else answers. What it makes of that.
async fn replies(bus: &Bus) -> Outcome {
    let service = Bus::open(&bus.address).await.connection;
    for name in [media::NAME, mpris::NAME] {
        service.request_name(name).await.unwrap();
    }
    let mut asked = zbus::MessageStream::from(&service);
    let sources = command(bus, &["media", "sources"]);
    let forge = async {
        let is_call = |message: &zbus::Message| message.message_type() == zbus::message::Type::MethodCall;
        while !is_call(&asked.next().await.unwrap().unwrap()) {}
        let forger = Forger::join(bus).await;
        let source = Source { id: LIE.into(), kind: "usb".into(), name: LIE.into(), ..Source::default() };
        forger.answers(&(vec![source],)).await;
        forger.is_heard().await;
    };
    within("a question", forge).await;
    sources.finish()
}

fn is_not_heard(outcome: &Outcome) {
    assert!(outcome.code() == Some(1) && outcome.stdout.is_empty(), "{outcome:?}");
    assert!(outcome.stderr.contains("timed out"), "{outcome:?}");
}

#[tokio::test]
async fn a_reply_of_somebody_who_was_not_asked_is_heard_where_anybody_listens_in_and_nowhere_else() {
    // So it is right in all but its sender, and in time.
    let daemon = Daemon::where_anybody_listens_in();
    let outcome = replies(&Bus::open(daemon.address()).await).await;
    assert!(outcome.stdout.contains(LIE), "{outcome:?}");
    let daemon = Daemon::start();
    is_not_heard(&replies(&Bus::open(daemon.address()).await).await);
    let mut tandem = Tandem::sim(&["--no-media"]);
    is_not_heard(&replies(&tandem.bus().await).await);
}
