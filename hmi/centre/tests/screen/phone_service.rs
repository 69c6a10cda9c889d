//! Phones and what goes on with them, without a bus.

use std::path::Path;

use tandem_kit::phone::{Destination, Entry, Media, Note, Phone, PhoneLink, Session};
use tandem_kit::{PhoneNews, Update};

use crate::stage::Stage;

pub const LONG_NAME: &str = "Annabelle-Sophie's Galaxy S28 Ul";
pub const LONG_TITLE: &str =
    "A very long title that nobody would ever give to an episode but that somebody has on a phone all the same";

/// A podcast on Ana's phone at 12:34.
pub fn podcast(stage: &str) -> Session {
    let owner = if stage == "held" { "car" } else { "phone" };
    Session {
        id: "0197-podcast".into(),
        schema: 1,
        kind: "media".into(),
        phone: "ana".into(),
        phone_name: "Ana's Pixel".into(),
        owner: owner.into(),
        mode: "resume".into(),
        stage: stage.into(),
        epoch: 1,
        media: Media {
            title: "The river that came back".into(),
            artist: "Slow roads".into(),
            app: "AntennaPod".into(),
            length_us: 2_700_000_000,
            position_us: 754_000_000,
            quality: "exact".into(),
            item: "episode:7".into(),
            ..Media::default()
        },
        ..Session::default()
    }
}

/// A café that a friend sent.
pub fn cafe(stage: &str) -> Session {
    Session {
        id: "0197-cafe".into(),
        kind: "destination".into(),
        stage: stage.into(),
        mode: "resume".into(),
        media: Media::default(),
        destination: Destination {
            label: "Harbour café, Quay Street 12".into(),
            target: "point".into(),
            latitude: 48.1,
            longitude: 11.6,
            is_located: true,
            distance_m: 3_240.0,
            bearing: 52.0,
            ..Destination::default()
        },
        ..podcast(stage)
    }
}

pub fn message(number: i64) -> Session {
    let (title, text) = [
        ("Ana", "We are at the harbour already, come down when you have parked. The table is outside."),
        ("Jonas", "On my way"),
        ("", "Your parcel is at the door"),
    ][number as usize % 3];
    Session {
        id: format!("note-{number}"),
        kind: "note".into(),
        stage: "offered".into(),
        since: number,
        media: Media::default(),
        note: Note { app: "Messages".into(), title: title.into(), text: text.into(), is_dismissible: true },
        ..podcast("offered")
    }
}

pub fn phone(id: &str, name: &str, rank: u32) -> Phone {
    Phone {
        id: id.into(),
        name: name.into(),
        kind: "phone".into(),
        is_paired: rank > 0,
        reach: "near".into(),
        presence: "in".into(),
        pairing: "none".into(),
        protocol: 8,
        has_battery: true,
        charge: 78,
        network: "5G".into(),
        strength: 3,
        grants: vec!["media".into(), "destinations".into()],
        automatic: [("media".to_owned(), "always".to_owned()), ("destination".to_owned(), "ask".to_owned())].into(),
        rank,
        seen_at: 1_795_470_000,
        ..Phone::default()
    }
}

pub fn entries() -> Vec<Entry> {
    let of = |at: i64, name: &str, deed: &str, kind: &str, count| Entry {
        at: 1_795_470_000 - at,
        phone: "ana".into(),
        phone_name: name.into(),
        deed: deed.into(),
        kind: kind.into(),
        count,
    };
    vec![
        of(0, "Ana's Pixel", "taken", "media", 1),
        of(420, "Ana's Pixel", "received", "destination", 1),
        of(3_600, "小林的手机", "received", "note", 4),
        of(90_000, LONG_NAME, "wiped", "phone", 1),
        of(90_060, LONG_NAME, "forgotten", "phone", 1),
        of(90_400, LONG_NAME, "given-back", "media", 2),
        of(180_000, "Ana's Pixel", "sent", "file", 3),
        of(200_000, "Ana's Pixel", "paired", "phone", 1),
    ]
}

impl Stage {
    pub fn sessions(&mut self, sessions: &[Session]) {
        self.tell(&Update::Phone(PhoneNews::Sessions(Some(sessions.into()))));
    }

    pub fn phones(&mut self, phones: &[Phone], pairing_open: bool) {
        let link = PhoneLink { phones: phones.to_vec(), pairing_open };
        self.tell(&Update::Phone(PhoneNews::Link(Some(Box::new(link)))));
    }
}

/// The address of a picture as the bus tells it.
pub fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}
