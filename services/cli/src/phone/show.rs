//! Phones, sessions and the ledger as people read them.

use anyhow::Context;
use jiff::Timestamp;
use serde_json::Value;
use tandem_contracts::phones::{Entry, Phone};
use tandem_contracts::sessions::Session;

use crate::table::{Align, Table, cut};

/// The widest that a title may be in a sentence, columns of a terminal.
const WIDEST: usize = 60;
/// In a table a title has less room, and the name of a phone or an app less still: so a row of any session fits into 120 columns.
const TITLE: usize = 40;
const NAME: usize = 20;

/// What a session is called; never where it is.
pub fn title(session: &Session) -> String {
    let first = |texts: [&str; 3]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or("(no name)").to_owned();
    match session.kind.as_str() {
        "destination" => first([&session.destination.label, "a place", ""]),
        "note" => first([&session.note.title, &session.note.app, &session.note.text]),
        _ => first([&session.media.title, &session.media.app, ""]),
    }
}

/// A phone's name in a sentence.
pub fn name(name: &str) -> String {
    cut(name, WIDEST)
}

/// A title in a sentence.
pub fn short(session: &Session) -> String {
    cut(&title(session), WIDEST)
}

/// Minutes and seconds.
fn clock(micros: i64) -> String {
    let seconds = micros.max(0) / 1_000_000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Where it stands: a position, or how far away it is.
fn place(session: &Session) -> String {
    match session.kind.as_str() {
        "media" => {
            let about = if session.media.quality == "exact" { "" } else { "about " };
            let state = if session.media.playing { "plays" } else { "paused" };
            format!("{state} at {about}{}", clock(session.media.position_us))
        }
        "destination" if session.destination.is_located && session.destination.distance_m >= 1000.0 => {
            format!("{:.1} km away", session.destination.distance_m / 1000.0)
        }
        "destination" if session.destination.is_located => format!("{} m away", session.destination.distance_m),
        "destination" if session.destination.target != "point" => "has to be looked up".to_owned(),
        _ => String::new(),
    }
}

/// Whose it is, in words.
fn whose(session: &Session) -> String {
    match (session.stage.as_str(), session.mode.as_str()) {
        ("offered", "control") => "stays on the phone".to_owned(),
        ("offered", _) => "on the phone".to_owned(),
        ("held", _) => "in the car".to_owned(),
        ("owed", _) => "owed to the phone".to_owned(),
        (stage, _) => stage.to_owned(),
    }
}

pub fn line(session: &Session) -> String {
    let place = place(session);
    let place = if place.is_empty() { place } else { format!(", {place}") };
    let reason = if session.reason.is_empty() { String::new() } else { format!(" ({})", session.reason) };
    let phone = cut(&session.phone_name, WIDEST);
    format!("{}: {}{place}, from {phone}{reason}", short(session), whose(session))
}

pub fn sessions(all: &[Session]) -> String {
    let columns = ["kind", "title", "whose", "where it is", "phone"].map(|title| (title, Align::Left));
    let mut table = Table::new(columns);
    for session in all {
        let (title, phone) = (cut(&title(session), TITLE), cut(&session.phone_name, NAME));
        table.row([session.kind.clone(), title, whose(session), place(session), phone]);
    }
    if table.is_empty() { "Nothing goes on.\n".to_owned() } else { table.to_string() }
}

/// Sessions for a script, and where they are only if that was asked for.
pub fn discreet(all: &[Session], private: bool) -> anyhow::Result<Value> {
    let mut told = serde_json::to_value(all).context("the answer is no JSON")?;
    if !private {
        let destinations = told.as_array_mut().into_iter().flatten().filter_map(|it| it.get_mut("destination"));
        for destination in destinations.filter_map(Value::as_object_mut) {
            destination
                .retain(|key, _| !["latitude", "longitude", "text", "bearing", "distance_m"].contains(&key.as_str()));
        }
    }
    Ok(told)
}

pub fn phones(all: &[Phone]) -> String {
    let columns = ["name", "paired", "reach", "where", "battery", "may", "id"].map(|title| (title, Align::Left));
    let mut table = Table::new(columns);
    for phone in all {
        let charging = if phone.is_charging { ", charging" } else { "" };
        let battery = if phone.has_battery { format!("{} %{charging}", phone.charge) } else { String::new() };
        let paired = match (phone.is_paired, phone.is_guest) {
            (true, true) => "as a guest",
            (true, false) => "yes",
            (false, _) => "no",
        };
        table.row([
            cut(&phone.name, NAME),
            paired.to_owned(),
            phone.reach.clone(),
            phone.presence.clone(),
            battery,
            phone.grants.join(", "),
            phone.id.clone(),
        ]);
    }
    if table.is_empty() { "No phone is paired: `tandem phone pair` pairs one.\n".to_owned() } else { table.to_string() }
}

pub fn ledger(entries: &[Entry]) -> String {
    let columns = ["when", "phone", "deed", "what"].map(|title| (title, Align::Left));
    let mut table = Table::new(columns);
    for entry in entries {
        let when = Timestamp::from_second(entry.at).map(|at| at.to_string()).unwrap_or_default();
        let what = if entry.count == 1 { entry.kind.clone() } else { format!("{} x {}", entry.count, entry.kind) };
        table.row([when, cut(&entry.phone_name, NAME), entry.deed.clone(), what]);
    }
    if table.is_empty() { "Nothing was taken yet.\n".to_owned() } else { table.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tandem_contracts::sessions::{Destination, Media};

    fn podcast() -> Session {
        let media = Media {
            title: "Night drive".into(),
            position_us: 754_000_000,
            quality: "bounded".into(),
            playing: true,
            ..Media::default()
        };
        let kind = "media".to_owned();
        Session {
            kind,
            stage: "offered".into(),
            mode: "resume".into(),
            phone_name: "Pixel".into(),
            media,
            ..Session::default()
        }
    }

    fn place() -> Session {
        let destination = Destination {
            label: "Café".into(),
            target: "point".into(),
            latitude: 52.5,
            longitude: 13.4,
            is_located: true,
            distance_m: 3_240.0,
            ..Destination::default()
        };
        let kind = "destination".to_owned();
        Session { kind, stage: "held".into(), phone_name: "Pixel".into(), destination, ..Session::default() }
    }

    #[test]
    fn a_session_is_a_line() {
        assert_eq!(line(&podcast()), "Night drive: on the phone, plays at about 12:34, from Pixel");
        assert_eq!(line(&place()), "Café: in the car, 3.2 km away, from Pixel");
        insta::assert_snapshot!(sessions(&[podcast(), place()]), @r"
        kind         title        whose         where it is           phone
        media        Night drive  on the phone  plays at about 12:34  Pixel
        destination  Café         in the car    3.2 km away           Pixel
        ");
    }

    #[test]
    fn a_title_stays_on_its_line() {
        let mut session = podcast();
        session.media.title = format!("a\nb\u{1b}[31m{}", "x".repeat(100));
        assert_eq!(short(&session), format!("a b [31m{}…", "x".repeat(51)));
    }

    #[test]
    fn strangers_names_widen_no_table() {
        let wide = |mut session: Session| {
            session.phone_name = "很长的名字\u{1b}[31m".repeat(20);
            session.media.title = "湖上的月光与归来的河流".repeat(20);
            session.destination.label = session.media.title.clone();
            session.media.position_us = 36_000_000_000;
            session
        };
        let phone = Phone { name: "Annabelle ".repeat(20), is_paired: true, reach: "near".into(), ..Phone::default() };
        let entry = Entry { phone_name: "Annabelle ".repeat(20), deed: "given-back".into(), ..Entry::default() };
        for table in [sessions(&[wide(podcast()), wide(place())]), phones(&[phone]), ledger(&[entry])] {
            let widest = table.lines().map(crate::table::width).max();
            assert!(widest.is_some_and(|widest| widest <= 120) && !table.contains('\u{1b}'), "{table}");
        }
        assert!(line(&wide(podcast())).chars().count() < 160);
    }

    #[test]
    fn where_somebody_goes_is_told_only_if_that_was_asked_for() {
        let told = |private| discreet(&[place()], private).unwrap().to_string();
        assert!(told(true).contains("52.5") && told(true).contains("3240"));
        assert!(!told(false).contains("52.5") && !told(false).contains("3240") && told(false).contains("Café"));
    }
}
