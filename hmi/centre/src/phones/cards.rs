//! A phone, a message and a line of the ledger, as the phones' page shows them.

use tandem_kit::phone::{Entry, Phone, Session};

use super::SECONDS_IN_DAY;
use crate::media::rows::words;
use crate::{Deed, Going, LedgerRow, NearPhone, NoteSession, Pairing, PhoneView, Thing, Why};

/// The reach of a phone that is connected.
pub(super) const NEAR: &str = "near";
const MINUTES_IN_DAY: i64 = 1_440;
/// Clocks differ by whole quarters of an hour around the world.
const QUARTER: i64 = 15;

pub(super) fn card(phone: &Phone) -> PhoneView {
    let has = |grant: &str| phone.grants.iter().any(|granted| granted == grant);
    let going = |kind: &str| match phone.automatic.get(kind).map(String::as_str) {
        Some("always") => Going::Always,
        Some("never") => Going::Never,
        _ => Going::Ask,
    };
    PhoneView {
        id: phone.id.as_str().into(),
        name: words(&phone.name),
        near: phone.reach == NEAR,
        inside: phone.presence == "in",
        leaving: phone.presence == "leaving",
        has_battery: phone.has_battery,
        charge: phone.charge.min(100) as i32,
        charging: phone.is_charging,
        network: words(&phone.network),
        strength: phone.strength.min(4) as i32,
        media: has("media"),
        destinations: has("destinations"),
        notes: has("notes"),
        files: has("files"),
        going_media: going("media"),
        going_destination: going("destination"),
        guest: phone.is_guest,
        rank: phone.rank.try_into().unwrap_or(i32::MAX),
        owed: phone.owed.try_into().unwrap_or(i32::MAX),
    }
}

pub(super) fn near(phone: &Phone) -> NearPhone {
    NearPhone { id: phone.id.as_str().into(), name: words(&phone.name), why: unpaired(&phone.why) }
}

/// Why a pairing came to nothing, by its word.
fn unpaired(word: &str) -> Why {
    match word {
        "" => Why::None,
        "refused" => Why::Refused,
        "timed-out" => Why::TimedOut,
        "closed" => Why::Closed,
        "clocks-differ" => Why::ClocksDiffer,
        "no-time" => Why::NoTime,
        "ended" => Why::Ended,
        _ => Why::Other,
    }
}

pub(super) fn pairing(word: &str) -> Pairing {
    match word {
        "asking" => Pairing::Asking,
        "asked" => Pairing::Asked,
        "agreed" => Pairing::Agreed,
        _ => Pairing::None,
    }
}

pub(super) fn note(session: &Session) -> NoteSession {
    let note = &session.note;
    NoteSession {
        id: session.id.as_str().into(),
        app: words(&note.app),
        phone: words(&session.phone_name),
        title: words(&note.title),
        text: words(&note.text),
        has_title: !note.title.is_empty(),
        has_text: !note.text.is_empty(),
    }
}

/// How far the car's clock is ahead of UTC, seconds, by the minute of its day at a moment, seconds since 1970.
pub(super) fn ahead_of_utc(minute_of_day: f64, at: i64) -> i64 {
    let apart = minute_of_day as i64 - at.rem_euclid(SECONDS_IN_DAY) / 60;
    // From twelve hours behind to twelve ahead.
    let apart = (apart + MINUTES_IN_DAY / 2).rem_euclid(MINUTES_IN_DAY) - MINUTES_IN_DAY / 2;
    (apart + QUARTER / 2).div_euclid(QUARTER) * QUARTER * 60
}

/// A moment, seconds since 1970, as it is written everywhere: `2026-11-23 21:40`.
fn moment(at: i64) -> String {
    let (days, seconds) = (at.div_euclid(SECONDS_IN_DAY), at.rem_euclid(SECONDS_IN_DAY));
    // The calendar repeats itself every 400 years, which are 146,097 days; a year of it begins in March, so that a leap day comes last.
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", seconds / 3_600, seconds / 60 % 60)
}

/// A line of the ledger, by a clock so many seconds ahead of UTC.
pub(super) fn entry(entry: &Entry, ahead: i64) -> LedgerRow {
    LedgerRow {
        time: moment(entry.at.saturating_add(ahead)).into(),
        phone: words(&entry.phone_name),
        deed: match entry.deed.as_str() {
            "paired" => Deed::Paired,
            "forgotten" => Deed::Forgotten,
            "taken" => Deed::Taken,
            "given-back" => Deed::GivenBack,
            "received" => Deed::Received,
            "sent" => Deed::Sent,
            "wiped" => Deed::Wiped,
            _ => Deed::Other,
        },
        thing: match entry.kind.as_str() {
            "phone" => Thing::Phone,
            "media" => Thing::Media,
            "destination" => Thing::Destination,
            "note" => Thing::Note,
            "file" => Thing::File,
            _ => Thing::Other,
        },
        count: entry.count.try_into().unwrap_or(i32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_by_the_calendar() {
        let written = [0, 951_782_400, 1_709_164_799, 1_795_470_000, 1_772_323_200, -86_400].map(moment);
        assert_eq!(
            written,
            [
                "1970-01-01 00:00",
                "2000-02-29 00:00",
                "2024-02-28 23:59",
                "2026-11-23 21:40",
                "2026-03-01 00:00",
                "1969-12-31 00:00"
            ]
        );
    }

    #[test]
    fn the_cars_clock_says_how_far_it_is_ahead() {
        let noon = 43_200;
        assert_eq!(ahead_of_utc(720.0, noon + 59), 0);
        assert_eq!(ahead_of_utc(1_199.0, noon), 8 * 3_600, "a minute slow");
        assert_eq!(ahead_of_utc(1_051.0, noon), 5 * 3_600 + 1_800, "a minute fast, in India");
        assert_eq!(ahead_of_utc(20.0, 23 * 3_600), 3_600 + 1_200 - 300, "past midnight there: the nearest quarter");
        assert_eq!(ahead_of_utc(1_380.0, 4 * 3_600), -5 * 3_600, "the evening before");
    }
}
