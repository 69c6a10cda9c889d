//! Pictures of what phones share, in each of its states. They are left in the target directory's `tmp`, for a person to look at.

use i_slint_backend_testing::AccessibleRole;
use tandem_kit::media::Picture;
use tandem_kit::phone::{Phone, PhoneCause, PhoneDenied, Session};
use tandem_kit::{Face, Language, Look, PhoneCommand, PhoneNews, Theme, Update};
use tandem_units::{Nanoseconds, Quality, Value};

use crate::music_service::covers;
use crate::phone_service::{LONG_NAME, LONG_TITLE, address, cafe, entries, message, phone, podcast};
use crate::phones::{PARK, parked};
use crate::stage::Stage;

/// Pixels of a colour on the card's top edge.
fn edge(picture: &[u8], top: usize, color: [u8; 3]) -> usize {
    let row = ((top + 2) * 1920 + 32) * 3;
    picture[row..row + 608 * 3].chunks_exact(3).filter(|pixel| **pixel == color).count()
}

const LILAC: [u8; 3] = [0xB9, 0xA8, 0xFF];
const GLACIER: [u8; 3] = [0x6F, 0xD3, 0xE3];
const CARD: usize = 72;

fn with_art(folder: &std::path::Path, stage: &str) -> Session {
    let mut session = podcast(stage);
    session.media.art = address(&folder.join("0.png"));
    session
}

/// Answers the pictures that the screen asked for.
fn paint(stage: &mut Stage) {
    for wanted in stage.wanted.take() {
        stage.tell(&Update::Media(tandem_kit::Media::Picture(Picture::make(wanted))));
    }
}

#[test]
fn lilac_becomes_glacier_as_far_as_the_session_is() {
    let folder = covers();
    let mut stage = parked(Theme::Night, Language::English);
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], false);
    for (step, glacier) in
        [("offered", 0), ("resolving", 165), ("pausing", 165), ("starting", 331), ("held", 552), ("owed", 0)]
    {
        stage.sessions(&[with_art(folder.path(), step)]);
        paint(&mut stage);
        let picture = stage.picture(&format!("session-{step}"));
        let (found, lilac) = (edge(&picture, CARD, GLACIER), edge(&picture, CARD, LILAC));
        assert!(found.abs_diff(glacier) <= 6 && lilac.abs_diff(552 - glacier) <= 6, "{step}: {found} and {lilac}");
    }
}

#[test]
fn art_that_is_gone_or_no_picture_or_too_large_leaves_the_card_as_one_without() {
    let folder = covers();
    let mut stage = parked(Theme::Night, Language::English);
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text.png"), "no picture").unwrap();
    image::RgbImage::new(10_001, 1).save(path("wide.png")).unwrap();
    stage.sessions(&[podcast("offered")]);
    let bare = stage.pixels();
    let mut shows = |art: &str| {
        let mut session = podcast("offered");
        session.media.art = art.into();
        stage.sessions(&[session]);
        paint(&mut stage);
        stage.pixels() != bare
    };
    let local = |name: &str| address(&path(name));
    assert!(shows(&local("0.png")), "what a phone sent is shown as what the car has");
    for art in [local("none.png"), local("text.png"), local("wide.png"), address(folder.path())] {
        assert!(!shows(&art), "{art}");
    }
    for art in ["", "nonsense", "file://elsewhere/0.png", "http://127.0.0.1/0.png", "file:///"] {
        assert!(!shows(art), "{art}");
    }
    std::fs::copy(path("0.png"), path("none.png")).unwrap();
    assert!(shows(&local("none.png")), "it is there by now");
    assert!(shows(&local("1.png")) && !shows(""));
}

#[test]
fn the_line_fills_in_600_ms_in_a_parked_car_and_at_once_in_one_that_moves() {
    let mut stage = parked(Theme::Night, Language::English);
    stage.face.set_look(&stage.window, Look { motion: true, ..Look::STILL });
    stage.sessions(&[podcast("offered")]);
    let at = |stage: &Stage, milliseconds: u64| {
        stage.screen.set_time(Nanoseconds::from_millis(60_000 + milliseconds));
        edge(&stage.pixels(), CARD, GLACIER)
    };
    assert_eq!(at(&stage, 0), 0);
    stage.sessions(&[podcast("held")]);
    let filling = [0, 100, 200, 400, 600].map(|milliseconds| at(&stage, milliseconds));
    assert!(filling.windows(2).all(|pair| pair[0] < pair[1]), "{filling:?}");
    let full = filling[4];
    assert!(full >= 546, "{full}");
    stage.sessions(&[podcast("offered")]);
    let back = [600, 700, 800].map(|milliseconds| at(&stage, milliseconds));
    assert!(back[0] >= back[1] && back[1] > 0 && back[2] == 0, "{back:?}");

    stage.hear(61, Quality::Valid, &[(tandem_centre::Leaf::Gear, Value::Int(127))]);
    stage.sessions(&[podcast("held")]);
    assert_eq!(at(&stage, 1_000), full, "no frame in between");
}

#[test]
fn the_home_page_in_every_light_and_language() {
    let folder = covers();
    let mut stage = parked(Theme::Day, Language::English);
    stage.phones(&[phone("ana", "Ana's Pixel", 1)], false);
    let offered = [with_art(folder.path(), "offered"), cafe("offered")];
    stage.sessions(&offered);
    paint(&mut stage);
    let day = stage.picture("session-day");
    stage.set_look(Theme::Night, Language::English);
    let night = stage.picture("session-night");
    assert_ne!(day, night);
    stage.set_look(Theme::Night, Language::Chinese);
    assert_ne!(stage.picture("session-zh"), night);
    stage.set_look(Theme::Day, Language::Chinese);
    let mut chinese = with_art(folder.path(), "held");
    (chinese.media.title, chinese.media.artist, chinese.phone_name) =
        ("湖上的月光与归来的河流：第十二集".into(), "慢行之路".into(), "小林的手机".into());
    stage.sessions(&[chinese, Session { phone_name: "小林的手机".into(), ..cafe("held") }]);
    paint(&mut stage);
    stage.picture("session-held-day-zh");

    stage.set_look(Theme::Night, Language::English);
    let mut long = podcast("offered");
    (long.media.title, long.phone_name, long.media.playing) = (LONG_TITLE.into(), LONG_NAME.into(), true);
    long.media.position_us = 7_384_000_000;
    long.media.length_us = 9_000_000_000;
    let mut far = cafe("offered");
    (far.destination.label, far.phone_name) = (LONG_TITLE.into(), LONG_NAME.into());
    (far.destination.distance_m, far.destination.bearing) = (412_345.0, 200.0);
    stage.sessions(&[long.clone(), far]);
    stage.picture("session-long");
    long.mode = "control".into();
    let mut query = cafe("offered");
    query.destination.target = "query".into();
    stage.sessions(&[long, query]);
    let steered = stage.picture("session-control");
    assert_ne!(steered, night);
    stage.sessions(&[with_art(folder.path(), "pausing")]);
    let failed = Session { why: "phone-did-not-pause".into(), revision: 9, ..with_art(folder.path(), "offered") };
    stage.sessions(&[failed]);
    stage.picture("session-refused");
    let owed = Session { phone_name: LONG_NAME.into(), ..with_art(folder.path(), "owed") };
    stage.sessions(&[owed, Session { phone_name: LONG_NAME.into(), ..cafe("owed") }]);
    stage.picture("session-owed-long");
    stage.sessions(&[with_art(folder.path(), "held"), message(0)]);
    stage.picture("session-message");
    let mut lost = cafe("offered");
    lost.destination.is_located = false;
    stage.sessions(&[lost]);
    stage.picture("place-alone");
    stage.sessions(&[cafe("held")]);
    assert!(edge(&stage.picture("place-held"), 512, GLACIER) >= 546);
}

#[test]
fn the_phones_page_in_each_of_its_states() {
    let mut stage = parked(Theme::Night, Language::English);
    stage.tap(&stage.control(AccessibleRole::Tab, "Phone"));
    let absent = stage.picture("phone-absent");
    stage.phones(&[], false);
    assert_ne!(stage.picture("phone-none"), absent);
    let guest = Phone {
        is_guest: true,
        owed: 2,
        charge: 9,
        is_charging: true,
        presence: "leaving".into(),
        ..phone("lin", "小林的手机", 2)
    };
    let away = Phone { reach: "away".into(), owed: 1, ..phone("old", LONG_NAME, 3) };
    let three = [phone("ana", "Ana's Pixel", 1), guest, away];
    stage.phones(&three, false);
    let night = stage.picture("phone-night");
    stage.set_look(Theme::Day, Language::English);
    stage.picture("phone-day");
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("phone-day-zh");
    stage.sessions(&[message(0), message(1), message(2)]);
    stage.picture("phone-notes-day-zh");
    stage.set_look(Theme::Night, Language::English);
    stage.phones(&three[..1], false);
    stage.picture("phone-notes");
    stage.sessions(&[]);
    stage.phones(&three, false);
    stage.hear(61, Quality::Valid, &[(tandem_centre::Leaf::Speed, Value::Float(72.0))]);
    stage.picture("phone-locked");
    stage.set_look(Theme::Day, Language::English);
    stage.picture("phone-locked-day");
    stage.set_look(Theme::Night, Language::Chinese);
    stage.picture("phone-locked-zh");
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("phone-locked-day-zh");
    stage.set_look(Theme::Night, Language::English);
    stage.sessions(&[message(0), message(1), message(2)]);
    stage.phones(&three[..1], false);
    stage.hear(61, Quality::Valid, &[(tandem_centre::Leaf::Gear, Value::Int(127))]);
    stage.picture("phone-notes-moving");
    let denied =
        PhoneDenied { command: PhoneCommand::OpenPairing, cause: PhoneCause::NotParked, sentence: String::new() };
    stage.tell(&Update::Phone(PhoneNews::Refused(denied)));
    stage.picture("phone-not-parked");
    stage.sessions(&[]);
    stage.hear(66, Quality::Valid, &PARK);
    stage.tap(&stage.control(AccessibleRole::Button, "Forget"));
    assert_ne!(stage.picture("phone-forget"), night);
}

#[test]
fn pairing_and_the_ledger() {
    let mut stage = parked(Theme::Night, Language::English);
    stage.tap(&stage.control(AccessibleRole::Tab, "Phone"));
    let known = phone("ana", "Ana's Pixel", 1);
    stage.phones(std::slice::from_ref(&known), true);
    stage.tell(&Update::Phone(PhoneNews::PairingOpened(58)));
    stage.picture("pairing-nobody");
    let failed = |id, why: &str, name| Phone { why: why.into(), ..phone(id, name, 0) };
    let near = [known.clone(), phone("a", "小林的手机", 0)];
    let failed = [failed("b", "clocks-differ", LONG_NAME), failed("c", "timed-out", "Nova")];
    stage.phones(&[near, failed].concat(), true);
    stage.picture("pairing-near");
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("pairing-near-day-zh");
    for (number, word) in ["asking", "asked", "agreed"].into_iter().enumerate() {
        let being = Phone { pairing: word.into(), key: "8F3A11C0".into(), ..phone("a", "小林的手机", 0) };
        stage.phones(&[known.clone(), being], true);
        let (theme, language) =
            [(Theme::Night, Language::English), (Theme::Day, Language::English), (Theme::Day, Language::Chinese)]
                [number];
        stage.set_look(theme, language);
        stage.picture(&format!("pairing-{word}"));
    }
    stage.set_look(Theme::Night, Language::English);
    stage.phones(&[known], false);
    stage.tap(&stage.control(AccessibleRole::Tab, "What was shared"));
    stage.tell(&Update::Phone(PhoneNews::Ledger { entries: Vec::new(), read_at: 0 }));
    let empty = stage.picture("ledger-empty");
    stage.tell(&Update::Phone(PhoneNews::Ledger { entries: entries(), read_at: 1_795_470_000 }));
    assert_ne!(stage.picture("ledger"), empty);
    stage.set_look(Theme::Day, Language::Chinese);
    stage.picture("ledger-day-zh");
}
