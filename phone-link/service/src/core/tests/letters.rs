use tandem_kdeconnect::{Battery, Note, NoteRequest, Share};

use super::*;

pub(super) fn note(number: u32, text: &str) -> Message {
    Message::Note(Note::Shown {
        id: number.to_string(),
        app: "Chat".into(),
        title: "Anna".into(),
        text: text.into(),
        time_ms: Some(i64::from(number) * 1_000),
        can_be_dismissed: true,
        silent: false,
    })
}

#[test]
fn a_note_is_shown_renewed_and_taken_off_the_phone() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, note(1, "Where are you?"));
    let first = world.session("note");
    world.says(link, note(1, "Where are you? Here?"));
    let second = world.session("note");
    assert_eq!((&first.id, second.note.text.as_str()), (&second.id, "Where are you? Here?"));
    world.deeds();
    world.core.dismiss(world.at(), &first.id).unwrap();
    assert_eq!(world.told(link), [Message::NoteRequest(NoteRequest::Dismiss { id: "1".into() })]);
    assert!(world.sessions("note").is_empty());
    world.says(link, note(2, "x"));
    world.says(link, Message::Note(Note::Gone { id: "2".into() }));
    assert!(world.sessions("note").is_empty());
}

#[test]
fn passwords_for_once_are_not_shown_and_a_flood_is_bounded() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, note(1, "Your code is 493021"));
    assert!(world.sessions("note").is_empty());
    for number in 0..1_000 {
        world.says(link, note(number, "hello"));
    }
    let notes = world.sessions("note");
    assert_eq!((notes.len(), notes[0].since), (50, 999), "the newest stay, and come first");
}

#[test]
fn what_was_known_of_a_phone_that_left_is_not_shown() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, Message::Battery(Battery { charge: Some(64), charging: true, low: false }));
    world.says(link, note(1, "x"));
    let phone = world.phone("pixel");
    assert_eq!((phone.has_battery, phone.charge, phone.is_charging), (true, 64, true));
    world.core.link_down(world.at(), link);
    let phone = world.phone("pixel");
    assert_eq!((phone.has_battery, phone.reach.as_str()), (false, "away"));
    assert!(world.sessions("note").is_empty());
}

#[test]
fn files_come_in_only_from_who_may() {
    let mut world = World::new();
    let link = world.paired("pixel");
    let file = || Packet {
        message: Message::Share(Share::File { name: "a.jpg".into(), files: None, all_bytes: None }),
        payload: Some(Payload { size: Some(9), port: 1740 }),
    };
    world.core.packet(world.at(), link, file());
    assert!(matches!(world.deeds().as_slice(), [Effect::Receive { name, .. }] if name == "a.jpg"));
    world.core.grant(world.at(), id("pixel").as_str(), "files", false).unwrap();
    world.deeds();
    world.core.packet(world.at(), link, file());
    assert!(world.deeds().is_empty());
}

#[test]
fn what_is_sent_is_an_address_or_a_text() {
    let mut world = World::new();
    let link = world.paired("pixel");
    let pixel = id("pixel").to_string();
    for (text, share) in [
        ("https://example.org/x", Share::Url("https://example.org/x".into())),
        ("geo:52.5,13.4", Share::Url("geo:52.5,13.4".into())),
        ("javascript:x", Share::Text("javascript:x".into())),
        ("see https://example.org", Share::Text("see https://example.org".into())),
    ] {
        world.core.share(world.at(), &pixel, text).unwrap();
        assert_eq!(world.told(link), [Message::Share(share)]);
    }
    world.core.link_down(world.at(), link);
    assert!(matches!(world.core.share(world.at(), &pixel, "x"), Err(Refusal::NotNow(_))));
    assert!(matches!(world.core.ring(world.at(), "nobody"), Err(Refusal::NotFound(_))));
}
