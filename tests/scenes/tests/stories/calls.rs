//! A phone rings: the real ofonod has it from a phone's AT commands, the screen shows it, a finger answers, and the music waits until it is over.

use std::ffi::OsStr;

use futures_util::StreamExt;
use tandem_contracts::calls::{Call, Calls1Proxy, CallsError};
use tandem_contracts::driving::Driving1Proxy;
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_scenes::modem::Modem;
use tandem_scenes::{Bus, Daemon, Outcome, Region, Tandem, within};
use zbus::proxy::CacheProperties;

use crate::music::{media, songs, until};

/// The middle of the button that answers.
const ANSWER: (f64, f64) = (1_066.0, 182.0);
/// The card's buttons, on the centre.
const CARD: Region = Region { x: 500, y: 80, width: 920, height: 204 };
/// The cluster's left wing.
const WING: Region = Region { x: 48, y: 152, width: 480, height: 288 };

async fn calls(bus: &Bus) -> Calls1Proxy<'static> {
    Calls1Proxy::builder(&bus.connection).cache_properties(CacheProperties::No).build().await.expect("a proxy")
}

/// Waits until the calls are as wished.
async fn told(bus: &Bus, what: &'static str, is_so: impl Fn(&[Call]) -> bool) -> Vec<Call> {
    let listening = Bus::open(&bus.address).await;
    let proxy = calls(&listening).await;
    let mut changes = proxy.receive_changed().await.expect("signals");
    let seen = async {
        let mut now = proxy.list().await.expect("calls");
        while !is_so(&now) {
            now = changes.next().await.expect("the bus is there").args().expect("calls").calls;
        }
        now
    };
    within(what, seen).await
}

/// Waits until a part of a screen is, or is not, as it was.
async fn shows(bus: &Bus, screen: &'static str, region: Region, before: &[u8], same: bool) {
    let looks = async { while (bus.capture(screen).await.1.cut(region) == before) != same {} };
    within("another picture", looks).await;
}

/// `tandem phone`, which does well.
async fn phone(bus: &Bus, words: &[&str]) -> Outcome {
    let address = OsStr::new(&bus.address);
    Tandem::start_with(["phone"].iter().chain(words), &[("TANDEM_BUS", address)]).finish().well()
}

#[tokio::test]
async fn a_phone_rings_is_answered_on_the_screen_and_hung_up_and_the_music_goes_on() {
    let system = Daemon::start();
    let Some(modem) = Modem::coupled(&system).await else { return };
    let arguments = ["sim", "--headless", "--phone", "phone", "--scenario", "parked"];
    let mut tandem = Tandem::start_with(arguments, &[("DBUS_SYSTEM_BUS_ADDRESS", OsStr::new(system.address()))]);
    tandem.hears("Everything is up.");
    let bus = tandem.bus().await;
    let song = songs(&bus).await.remove(0);
    media(&bus).await.play(song.id.clone(), 0).await.expect("it plays");
    until(&bus, "the song", |now| now.state == "playing").await;
    let wing = bus.capture(CLUSTER).await.1.cut(WING);

    modem.rings("+49301234567");
    let ringing = told(&bus, "a call", |calls| calls.iter().any(|call| call.state == "ringing")).await;
    assert_eq!((ringing[0].number.as_str(), ringing[0].source.as_str()), ("+49301234567", "hands-free"));
    assert!(ringing[0].can_answer && ringing[0].since_ns > 0);
    until(&bus, "silence", |now| now.state == "paused").await;
    // The card has come to rest: whatever is under it is covered.
    let glacier = |pixel: &[u8]| [[0x6F, 0xD3, 0xE3], [0x00, 0x6A, 0x80]].iter().any(|hue| pixel == hue);
    let card = async {
        loop {
            let card = bus.capture(CENTRE).await.1.cut(CARD);
            if card.chunks_exact(3).filter(|pixel| glacier(pixel)).count() > 10_000 {
                return card;
            }
        }
    };
    let card = within("the card", card).await;
    shows(&bus, CLUSTER, WING, &wing, false).await;

    bus.screen(CENTRE).await.touch(ANSWER.0, ANSWER.1).await.expect("a finger");
    modem.hears("ATA").await;
    let active = told(&bus, "a conversation", |calls| calls.iter().any(|call| call.state == "active")).await;
    assert!(active[0].can_hang_up && !active[0].can_answer && active[0].id == ringing[0].id);
    shows(&bus, CENTRE, CARD, &card, false).await;
    assert_eq!(media(&bus).await.now().await.expect("what plays").state, "paused", "it waits for the end of it");

    phone(&bus, &["hang-up"]).await;
    modem.hears("AT+CHUP").await;
    told(&bus, "the end of it", <[Call]>::is_empty).await;
    until(&bus, "the song again", |now| now.state == "playing" && now.item.id == song.id).await;

    // The next one is not answered.
    modem.rings("+49301234567");
    told(&bus, "another call", |calls| calls.iter().any(|call| call.state == "ringing")).await;
    modem.ends();
    told(&bus, "one that was missed", |calls| matches!(calls, [call] if call.state == "missed")).await;
    until(&bus, "the song after all", |now| now.state == "playing").await;
}

/// Rings once somebody sits in the car with it, and goes on ringing until it is told not to.
const RINGS: &str = r#"
[phone]
name = "Zoe"

[[steps]]
after = "paired"
wait = "4s"
call = { name = "Ada Lovelace", number = "+49 30 1234567" }

[[steps]]
after = "silenced"
do = "end-call"
"#;

#[tokio::test]
async fn a_phone_that_only_tells_who_rings_is_silenced() {
    let folder = tempfile::tempdir().unwrap();
    let story = folder.path().join("rings.toml");
    std::fs::write(&story, RINGS).unwrap();
    // No system's bus: nobody speaks hands-free, and nobody minds.
    let nowhere = OsStr::new("unix:path=/nowhere");
    let arguments = ["sim", "--headless", "--scenario", "parked", "--phone"].map(OsStr::new);
    let arguments = arguments.into_iter().chain([story.as_os_str()]);
    let mut tandem = Tandem::start_with(arguments, &[("DBUS_SYSTEM_BUS_ADDRESS", nowhere)]);
    tandem.hears("Everything is up.");
    let bus = tandem.bus().await;
    let driving = Driving1Proxy::new(&bus.connection).await.unwrap();
    within("a parked car", async { while driving.status().await.unwrap().state != "parked" {} }).await;
    phone(&bus, &["pair", "--yes", "Zoe"]).await;

    let rings = told(&bus, "a call", |calls| calls.iter().any(|call| call.state == "ringing")).await.remove(0);
    assert_eq!((rings.source.as_str(), rings.phone_name.as_str()), ("kdeconnect", "Zoe"));
    assert_eq!((rings.name.as_str(), rings.number.as_str()), ("Ada Lovelace", "+49 30 1234567"));
    assert!(rings.can_silence && !rings.can_answer && !rings.can_hang_up);
    let refused = calls(&bus).await.answer(rings.id.clone()).await;
    assert!(matches!(refused, Err(CallsError::NotPossible(_))), "{refused:?}");
    let listed = phone(&bus, &["calls", "--json"]).await.json();
    assert_eq!((&listed[0]["state"], listed[0].get("name")), (&"ringing".into(), None), "who calls is private");
    phone(&bus, &["silence"]).await;
    // The phone heard it, or its story would not go on.
    told(&bus, "one that was missed", |calls| matches!(calls, [call] if call.state == "missed")).await;
}
