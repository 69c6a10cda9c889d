//! What phones share, as a driver and a screen reader meet it.

use i_slint_backend_testing::AccessibleRole;
use tandem_centre::Leaf;
use tandem_kit::media::{Now, Player, Service, Status};
use tandem_kit::phone::{Entry, Media, Order, Phone, PhoneCause, PhoneDenied, Session};
use tandem_kit::{Face, Language, PhoneCommand, PhoneNews, Theme, Update};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::phone_service::{cafe, message, phone, podcast};
use crate::stage::{Stage, instant};

/// A car that is parked stands in P.
pub const PARK: [(Leaf, Value); 2] = [(Leaf::Gear, Value::Int(126)), (Leaf::Speed, Value::Float(0.0))];
/// The smallest target that a finger finds, pixels.
const SMALLEST_TARGET: f32 = 80.0;

pub fn parked(theme: Theme, language: Language) -> Stage {
    let mut stage = Stage::open(theme, language);
    stage.hear(60, Quality::Valid, &instant());
    stage.hear(60, Quality::Valid, &PARK);
    stage.offer();
    stage
}

pub fn home() -> Stage {
    parked(Theme::Night, Language::English)
}

pub fn page(phones: &[Phone]) -> Stage {
    let mut stage = home();
    stage.phones(phones, false);
    stage.tap(&stage.control(AccessibleRole::Tab, "Phone"));
    stage
}

pub fn press(stage: &Stage, label: &str) -> Vec<PhoneCommand> {
    stage.tap(&stage.control(AccessibleRole::Button, label));
    stage.phone_commands.take()
}

pub fn has(stage: &Stage, role: AccessibleRole, label: &str) -> bool {
    stage.all(role).iter().any(|control| control.accessible_label().as_deref() == Some(label))
}

fn refused(stage: &mut Stage, command: PhoneCommand, cause: PhoneCause) {
    let denied = PhoneDenied { command, cause, sentence: "Because".into() };
    stage.tell(&Update::Phone(PhoneNews::Refused(denied)));
}

fn line(stage: &Stage) -> String {
    let lines = stage.all(AccessibleRole::ProgressIndicator);
    lines[0].accessible_value().unwrap().into()
}

fn id() -> String {
    podcast("offered").id
}

#[test]
fn a_session_is_claimed_followed_and_given_back() {
    let mut stage = home();
    assert!(stage.all(AccessibleRole::ProgressIndicator).is_empty() && stage.words().contains(&"18.6 km".to_owned()));
    stage.sessions(&[podcast("offered")]);
    assert_eq!(stage.reading("Session"), "The river that came back");
    assert!(stage.says("from Ana's Pixel"));
    assert_eq!(press(&stage, "Continue at 12:34"), [PhoneCommand::Claim(id())]);
    assert_eq!(line(&stage), "0 %", "nothing moves before the service says so");
    for (step, share, sentence) in [
        ("resolving", "30 %", "Looking for it in the car"),
        ("pausing", "30 %", "Pausing the phone"),
        ("starting", "60 %", "Starting here"),
    ] {
        stage.sessions(&[podcast(step)]);
        assert_eq!((line(&stage).as_str(), stage.reading("State").as_str()), (share, sentence));
        assert_eq!(press(&stage, "Leave it on the phone"), [PhoneCommand::Release(id())]);
    }
    stage.sessions(&[podcast("held")]);
    assert_eq!((line(&stage).as_str(), stage.reading("State").as_str()), ("100 %", "Plays in the car"));
    assert_eq!(press(&stage, "Back to the phone"), [PhoneCommand::Release(id())]);
    stage.sessions(&[podcast("releasing")]);
    assert!(!has(&stage, AccessibleRole::Button, "Back to the phone"));
    stage.sessions(&[podcast("owed")]);
    assert!(stage.says("Owed to Ana's Pixel: tells it where you stopped when it is back"));
    stage.sessions(&[]);
    assert!(stage.all(AccessibleRole::ProgressIndicator).is_empty(), "home is as it was");
}

#[test]
fn what_waits_can_be_put_away_and_what_plays_cannot() {
    let mut stage = home();
    for having in ["resume", "control"] {
        let with = |playing: bool| {
            let mut session = Session { mode: having.into(), ..podcast("offered") };
            session.media.playing = playing;
            session
        };
        stage.sessions(&[with(true)]);
        assert!(!has(&stage, AccessibleRole::Button, "Put it away"), "{having}");
        stage.sessions(&[with(false)]);
        let button = stage.control(AccessibleRole::Button, "Put it away");
        assert!(button.size().width.min(button.size().height) >= SMALLEST_TARGET);
        assert_eq!(press(&stage, "Put it away"), [PhoneCommand::Dismiss(id())]);
    }
}

#[test]
fn a_claim_that_comes_to_nothing_says_why_for_four_seconds() {
    let mut stage = home();
    let offered = |why: &str, revision| Session { why: why.into(), revision, ..podcast("offered") };
    for (why, sentence) in [
        ("not-here", "The car has nothing like it"),
        ("phone-did-not-pause", "The phone did not fall silent"),
        ("car-did-not-start", "The car could not play it"),
        ("lost", "Nobody knows where it is by now"),
        ("phone-went", "The phone is gone"),
        ("car-went", "The player in the car is gone"),
        ("expired", "It took too long"),
        ("interrupted", "It was interrupted"),
        ("sunspots", "It did not work"),
    ] {
        stage.hear(60, Quality::Valid, &[]);
        stage.sessions(&[podcast("pausing")]);
        stage.sessions(&[offered(why, 2)]);
        assert_eq!((line(&stage).as_str(), stage.reading("State").as_str()), ("0 %", sentence));
        assert_eq!(stage.face.wakes_at(), Some(Nanoseconds::from_millis(64_000)));
        stage.hear(63, Quality::Valid, &[]);
        assert!(stage.says(sentence));
        stage.hear(64, Quality::Valid, &[]);
        assert!(!stage.says(sentence));
        stage.readings.apply(1, Nanoseconds::from_millis(60_000), false, []);
    }
    for (cause, sentence) in [
        (PhoneCause::NotFound, "It is over already"),
        (PhoneCause::NotNow, "Not possible just now"),
        (PhoneCause::NotAllowed, "The phone is not allowed to: see its switches"),
        (PhoneCause::Invalid, "It did not work"),
        (PhoneCause::NoAnswer, "The phone link does not answer"),
    ] {
        refused(&mut stage, PhoneCommand::Claim(id()), cause);
        assert_eq!(stage.reading("State"), sentence);
    }
}

#[test]
fn a_position_goes_on_while_the_phone_plays() {
    let mut stage = home();
    let mut playing = podcast("offered");
    playing.media.playing = true;
    stage.sessions(&[playing]);
    assert_eq!(stage.face.wakes_at(), Some(Nanoseconds::from_millis(61_000)));
    stage.hear(66, Quality::Valid, &[]);
    stage.control(AccessibleRole::Button, "Continue at 12:40");
    let nameless = Session { media: Media { app: "Radio app".into(), ..Media::default() }, ..podcast("offered") };
    stage.sessions(&[nameless]);
    stage.control(AccessibleRole::Button, "Continue here");
    assert_eq!(stage.reading("Session"), "Radio app", "a player that says nothing is known by its name");
}

#[test]
fn what_stays_on_the_phone_is_steered_there() {
    let mut stage = home();
    let mut session = Session { mode: "control".into(), why: "not-here".into(), ..podcast("offered") };
    stage.sessions(&[session.clone()]);
    assert!(stage.says("It stays on the phone and is steered from here"));
    assert!(!stage.all(AccessibleRole::Button).iter().any(|it| it.accessible_label().unwrap().starts_with("Continue")));
    let steer = |order| [PhoneCommand::Steer { session: id(), order }];
    assert_eq!(press(&stage, "Play on the phone"), steer(Order::Play));
    assert_eq!(press(&stage, "Next on the phone"), steer(Order::Next));
    assert_eq!(press(&stage, "Previous on the phone"), steer(Order::Previous));
    session.media.playing = true;
    stage.sessions(&[session.clone()]);
    assert_eq!(press(&stage, "Pause the phone"), steer(Order::Pause));
    refused(&mut stage, PhoneCommand::Steer { session: id(), order: Order::Play }, PhoneCause::NotAllowed);
    assert!(stage.says("The phone is not allowed to: see its switches"));
    session.mode = "route".into();
    stage.sessions(&[session]);
    assert!(has(&stage, AccessibleRole::Button, "Continue here"));
}

#[test]
fn a_song_has_one_card() {
    let mut stage = home();
    let player = Player {
        title: "The river that came back".into(),
        can_pause: true,
        status: Status::Playing,
        ..Player::default()
    };
    let plays = |stage: &mut Stage, player: Player, item: &str| {
        let now = Now {
            item: tandem_kit::media::Item { id: item.into(), ..Default::default() },
            state: "playing".into(),
            ..Now::default()
        };
        stage.tell(&Update::Media(tandem_kit::Media::Player(Some(Box::new(player)))));
        stage.tell(&Update::Media(tandem_kit::Media::Service(Some(Box::new(Service { now, ..Service::default() })))));
    };
    plays(&mut stage, player.clone(), "track:1");
    assert!(has(&stage, AccessibleRole::Button, "Open the player"));
    stage.sessions(&[podcast("held")]);
    assert!(!has(&stage, AccessibleRole::Button, "Open the player"));
    stage.tap(&stage.control(AccessibleRole::Button, "Pause"));
    assert_eq!(stage.commands.borrow().last(), Some(&tandem_kit::MediaCommand::PlayPause));
    stage.sessions(&[podcast("offered")]);
    assert!(has(&stage, AccessibleRole::Button, "Open the player"), "the phone's own, and it plays here too");
    stage.sessions(&[podcast("held")]);
    let other = Player { title: "Dusk".into(), ..player };
    plays(&mut stage, other.clone(), "track:1");
    assert!(has(&stage, AccessibleRole::Button, "Open the player"), "the car plays something else by now");
    plays(&mut stage, other, "episode:7");
    assert!(!has(&stage, AccessibleRole::Button, "Open the player"), "the same item under another title");
}

#[test]
fn a_destination_is_one_tap_while_the_car_moves() {
    let mut stage = home();
    stage.hear(61, Quality::Valid, &[(Leaf::Gear, Value::Int(127))]);
    stage.sessions(&[cafe("offered")]);
    assert_eq!(stage.reading("Destination"), "Harbour café, Quay Street 12");
    assert_eq!((stage.reading("Distance to it").as_str(), stage.reading("Direction").as_str()), ("3.2 km", "NE"));
    let id = cafe("offered").id;
    assert_eq!(press(&stage, "Go there"), [PhoneCommand::Claim(id.clone())]);
    assert_eq!(press(&stage, "Not now"), [PhoneCommand::Dismiss(id.clone())]);
    stage.sessions(&[cafe("held")]);
    assert!(stage.says("The car's destination") && line(&stage) == "100 %");
    assert_eq!(press(&stage, "Give to the phone"), [PhoneCommand::Release(id.clone())]);
    refused(&mut stage, PhoneCommand::Release(id), PhoneCause::NotNow);
    assert!(stage.says("Not possible just now"));
    stage.sessions(&[cafe("owed")]);
    assert!(stage.says("Owed to Ana's Pixel: has the rest of the way when it is back"));
    let mut query = cafe("offered");
    (query.destination.target, query.destination.label, query.destination.text) =
        ("query".into(), String::new(), "Quay Street 12".into());
    stage.sessions(&[query]);
    assert_eq!(stage.reading("Destination"), "Quay Street 12");
    assert!(stage.says("It takes a network to find it") && !stage.words().iter().any(|words| words == "3.2 km"));
    let mut lost = cafe("offered");
    lost.destination.is_located = false;
    stage.sessions(&[lost]);
    assert!(stage.says("The car does not know where it is itself"));
}

#[test]
fn every_switch_of_a_phone_asks_and_shows_what_the_service_says() {
    let stage = page(&[phone("ana", "Ana's Pixel", 1), phone("lin", "小林的手机", 2)]);
    assert!(stage.says("In the car · first") && stage.says("Battery 78 %"));
    let grant = |what: &str, granted| PhoneCommand::Grant { phone: "ana".into(), what: what.into(), granted };
    let first = |role, label: &str| {
        let mut found = stage.all(role);
        found.retain(|control| control.accessible_label().as_deref() == Some(label));
        found.remove(0)
    };
    for (label, what, granted) in [
        ("Music", "media", true),
        ("Destinations", "destinations", true),
        ("Messages", "notes", false),
        ("Files", "files", false),
    ] {
        let switch = first(AccessibleRole::Switch, label);
        assert_eq!(switch.accessible_checked(), Some(granted), "{label}");
        stage.tap(&switch);
        assert_eq!(stage.phone_commands.take(), [grant(what, !granted)]);
        assert_eq!(switch.accessible_checked(), Some(granted), "{label} moves when the service says so");
    }
    stage.tap(&first(AccessibleRole::Switch, "Guest: wiped after the drive"));
    assert_eq!(stage.phone_commands.take(), [PhoneCommand::SetGuest { phone: "ana".into(), is_guest: true }]);
    let chosen: Vec<_> =
        stage.all(AccessibleRole::RadioButton).into_iter().filter(|it| it.accessible_checked() == Some(true)).collect();
    assert_eq!(chosen.len(), 4);
    for (about, word, kind, going) in
        [("Music goes on", "Never", "media", "never"), ("A destination goes on", "Always", "destination", "always")]
    {
        let mut radios = stage.all(AccessibleRole::RadioButton);
        radios.retain(|it| {
            it.accessible_label().as_deref() == Some(word) && it.accessible_description().as_deref() == Some(about)
        });
        stage.tap(&radios[0]);
        let (kind, word) = (kind.into(), going.into());
        assert_eq!(stage.phone_commands.take(), [PhoneCommand::SetAutomatic { phone: "ana".into(), kind, word }]);
    }
    stage.tap(&first(AccessibleRole::Button, "Ring"));
    assert_eq!(press(&stage, "Put first"), [PhoneCommand::Ring("ana".into()), PhoneCommand::Prefer("lin".into())]);
}

#[test]
fn a_phone_is_forgotten_after_a_second_question() {
    let mut stage = page(&[phone("ana", "Ana's Pixel", 1)]);
    assert_eq!(press(&stage, "Forget"), []);
    assert_eq!(press(&stage, "Keep it"), []);
    press(&stage, "Forget");
    assert_eq!(press(&stage, "Forget and wipe"), [PhoneCommand::Forget("ana".into())]);
    press(&stage, "Forget");
    stage.phones(&[], false);
    assert!(!has(&stage, AccessibleRole::Button, "Forget and wipe"), "it is gone already");
    assert!(stage.says("No phone is paired yet"));
    stage.tell(&Update::Phone(PhoneNews::Link(None)));
    assert!(stage.says("The phone link is not there") && !has(&stage, AccessibleRole::Button, "Pair a phone"));
}

#[test]
fn a_phone_is_paired_by_a_key_that_both_show() {
    let mut stage = page(&[]);
    assert_eq!(press(&stage, "Pair a phone"), [PhoneCommand::OpenPairing]);
    refused(&mut stage, PhoneCommand::OpenPairing, PhoneCause::NotParked);
    assert!(stage.says("Phones are paired in a parked car only"));
    stage.hear(64, Quality::Valid, &[]);
    assert!(!stage.says("Phones are paired in a parked car only"));

    stage.phones(&[], true);
    stage.tell(&Update::Phone(PhoneNews::PairingOpened(60)));
    assert!(stage.says("No phone is near yet") && stage.says("1:00 left"));
    assert_eq!(stage.face.wakes_at(), Some(Nanoseconds::from_millis(65_000)));
    stage.hear(65, Quality::Valid, &[]);
    assert!(stage.says("0:59 left"));
    let stranger = phone("ana", "Ana's Pixel", 0);
    stage.phones(std::slice::from_ref(&stranger), true);
    assert_eq!(press(&stage, "Pair"), [PhoneCommand::Pair("ana".into())]);
    let being = |pairing: &str| Phone { pairing: pairing.into(), key: "8F3A11C0".into(), ..stranger.clone() };
    stage.phones(&[being("asking")], true);
    assert_eq!(stage.reading("Key"), "8F3A11C0");
    assert!(!has(&stage, AccessibleRole::Button, "Same on the phone"), "the phone is first");
    assert_eq!(press(&stage, "Cancel"), [PhoneCommand::Refuse("ana".into())]);
    for word in ["asked", "agreed"] {
        stage.phones(&[being(word)], true);
        assert_eq!(press(&stage, "Same on the phone"), [PhoneCommand::Confirm("ana".into())]);
        assert_eq!(press(&stage, "No"), [PhoneCommand::Refuse("ana".into())]);
    }
    for (why, sentence, chinese) in [
        ("refused", "Pairing was refused", "配对被拒绝"),
        ("timed-out", "Nobody answered in time", "未及时确认"),
        ("closed", "Pairing was closed already", "配对已关闭"),
        ("clocks-differ", "The clocks of the phone and the car differ", "手机与车辆的时间不一致"),
        ("no-time", "The phone did not say when it asked", "手机未提供请求时间"),
        ("ended", "The phone has ended the pairing", "手机已解除配对"),
        ("sunspots", "It did not work", "操作未成功"),
    ] {
        let failed = Phone { why: why.into(), reason: "In English alone".into(), ..stranger.clone() };
        stage.phones(&[failed], true);
        assert!(stage.says(sentence), "{why}");
        stage.set_look(Theme::Night, Language::Chinese);
        assert!(stage.says(chinese), "{why}");
        stage.set_look(Theme::Night, Language::English);
        assert!(!stage.says("In English alone"));
    }
    stage.phones(&[being("agreed")], true);
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], true);
    assert_eq!(stage.phone_commands.take(), [PhoneCommand::ClosePairing], "whoever was looked for is here");
    assert_eq!(press(&stage, "Close"), [PhoneCommand::ClosePairing]);
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], false);
    assert!(!has(&stage, AccessibleRole::Button, "Close"));
    assert_eq!(stage.reading("Name"), "Ana's Pixel");
}

#[test]
fn a_message_is_read_in_a_parked_car_alone() {
    let mut stage = page(&[phone("ana", "Ana's Pixel", 1)]);
    stage.sessions(&[message(0), message(1), message(2), message(3)]);
    assert!(stage.says("Ana") && stage.says("Jonas") && stage.says("Your parcel is at the door"));
    let put_away = |stage: &Stage| {
        let mut found = stage.all(AccessibleRole::Button);
        found.retain(|button| button.accessible_label().as_deref() == Some("Put away"));
        found
    };
    let away = put_away(&stage);
    assert_eq!(away.len(), 3, "the newest three");
    stage.tap(&away[0]);
    assert_eq!(stage.phone_commands.take(), [PhoneCommand::Dismiss("note-3".into())]);
    for moving in [Quality::Valid, Quality::Absent] {
        stage.hear(61, moving, &[(Leaf::Gear, Value::Int(127))]);
        assert!(stage.says("New message") && stage.says("Messages"));
        let words = stage.words().join(" ");
        assert!(["Ana ", "Jonas", "parcel", "harbour"].iter().all(|secret| !words.contains(secret)), "{words}");
    }
    stage.tap(&stage.control(AccessibleRole::Tab, "Home"));
    assert_eq!(put_away(&stage).len(), 1, "the newest has a card");
    stage.sessions(&[message(3), cafe("offered")]);
    assert!(put_away(&stage).is_empty(), "a destination comes first");
}

#[test]
fn the_ledger_says_what_was_done_when_by_the_cars_clock() {
    let mut stage = page(&[phone("ana", "Ana's Pixel", 1)]);
    stage.tap(&stage.control(AccessibleRole::Tab, "What was shared"));
    assert_eq!(stage.phone_commands.take(), [PhoneCommand::Ledger]);
    stage.tell(&Update::Phone(PhoneNews::Ledger { entries: Vec::new(), read_at: 0 }));
    assert!(stage.says("Nothing was shared yet"));
    let entry = |deed: &str, kind: &str, count| Entry {
        at: 1_795_470_000,
        phone_name: "Ana's Pixel".into(),
        deed: deed.into(),
        kind: kind.into(),
        count,
        ..Entry::default()
    };
    let entries = vec![
        entry("taken", "media", 1),
        entry("given-back", "media", 2),
        entry("received", "note", 4),
        entry("sent", "file", 1),
        entry("wiped", "phone", 1),
        entry("paired", "phone", 1),
    ];
    stage.tell(&Update::Phone(PhoneNews::Ledger { entries, read_at: 1_795_470_000 }));
    stage.pixels();
    let rows = crate::music::rows(&stage);
    assert_eq!(
        rows,
        [
            "Taken: music",
            "Given back: 2 titles",
            "Received: 4 messages",
            "Sent: a file",
            "Wiped: everything of the phone",
            "Paired"
        ]
    );
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], false);
    assert_eq!(stage.phone_commands.take(), [PhoneCommand::Ledger], "something may have been written");
}

#[test]
fn the_status_bar_has_the_phone_that_is_near() {
    let mut stage = home();
    let away = Phone { reach: "away".into(), ..phone("lin", "小林的手机", 1) };
    stage.phones(&[away, phone("ana", "Ana's Pixel", 2)], false);
    assert_eq!(stage.reading("Phone"), "Ana's Pixel, 78 %");
    let mute = Phone { has_battery: false, ..phone("ana", "Ana's Pixel", 2) };
    stage.phones(&[mute], false);
    assert_eq!(stage.reading("Phone"), "Ana's Pixel");
}

#[test]
fn every_target_is_large_enough() {
    let mut stage = page(&[phone("ana", "Ana's Pixel", 1), phone("lin", "小林的手机", 2)]);
    let check = |stage: &Stage| {
        for role in [AccessibleRole::Button, AccessibleRole::Switch, AccessibleRole::RadioButton] {
            for control in stage.all(role) {
                let (label, size) = (control.accessible_label().unwrap_or_default(), control.size());
                // The dock has its own test.
                let in_dock = control.absolute_position().y > 940.0;
                assert!(
                    in_dock || !label.is_empty() && size.width >= SMALLEST_TARGET && size.height >= SMALLEST_TARGET,
                    "{label}: {size:?}"
                );
            }
        }
    };
    stage.sessions(&[podcast("held"), cafe("offered"), message(1)]);
    check(&stage);
    stage.phones(&[Phone { pairing: "asked".into(), ..phone("new", "New", 0) }], true);
    check(&stage);
    stage.phones(&[phone("new", "New", 0)], true);
    check(&stage);
    stage.tap(&stage.control(AccessibleRole::Tab, "Home"));
    for step in ["offered", "pausing", "held"] {
        stage.sessions(&[podcast(step), cafe(step)]);
        check(&stage);
    }
}
