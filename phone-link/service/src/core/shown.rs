//! What everybody outside sees of the phones and their sessions.

use std::collections::BTreeMap;
use std::time::Duration;

use tandem_contracts::driving::{Flag, Restrictions};
use tandem_contracts::phones::Phone as Telling;
use tandem_contracts::sessions::{Destination as Where, Media, Note as Letter, SCHEMA, Session};
use tandem_kdeconnect::{DeviceKind, Note, Talk};
use tandem_session::{Stage, Target, Whereabouts, Why};

use super::players::Quality;
use super::{CallShown, Core, Phone, Place, PlaceStage, Player, PlayerShown};

/// A session, and when its position was that: it goes on from there while it plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub session: Session,
    pub at: Duration,
}

impl Shown {
    /// As of a later moment.
    pub fn now(&self, now: Duration) -> Session {
        let mut session = self.session.clone();
        if session.kind == "media" && session.media.playing {
            let passed = i64::try_from(now.saturating_sub(self.at).as_micros()).unwrap_or(0);
            let media = &mut session.media;
            media.position_us = media.position_us.saturating_add(passed);
            if media.length_us > 0 {
                media.position_us = media.position_us.min(media.length_us);
            }
        }
        session
    }
}

/// Everything that is to be seen, as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub sessions: Vec<Shown>,
    pub phones: Vec<Telling>,
    pub players: Vec<PlayerShown>,
    pub calls: Vec<CallShown>,
    pub pairing_open: bool,
}

/// What was told of each session last, to count its revisions.
#[derive(Clone, Debug, Default)]
pub struct Told(BTreeMap<String, Shown>);

/// A position that moved by so much more or less than time did is another one.
const JUMP_US: i64 = 100_000;

impl Told {
    /// Whether something is another than it was, beside the time that passed.
    fn number(&mut self, shown: &mut Shown) {
        let before = self.0.get(&shown.session.id);
        let revision = match before {
            Some(before) if before.session.epoch == shown.session.epoch => {
                let mut moved = before.now(shown.at);
                let jump = (moved.media.position_us - shown.session.media.position_us).abs() > JUMP_US;
                moved.media.position_us = shown.session.media.position_us;
                let revision = moved.revision;
                moved.revision = shown.session.revision;
                if moved == shown.session && !jump {
                    // The older telling still holds.
                    shown.clone_from(before);
                    return;
                }
                revision + 1
            }
            Some(_) | None => 1,
        };
        shown.session.revision = revision;
        self.0.insert(shown.session.id.clone(), shown.clone());
    }
}

impl Core {
    pub fn snapshot(&mut self) -> Snapshot {
        let rules = self.vehicle.restrictions;
        let mut sessions = Vec::new();
        let mut phones: Vec<&Phone> = self.phones.values().collect();
        phones.sort_by_key(|phone| (phone.rank(), phone.id.clone()));
        for phone in &phones {
            let media = phone.players.values().filter(|it| it.is_named() && !it.put_away || it.has_business());
            sessions.extend(media.map(|player| self.of_player(phone, player)));
            let places = self.places.iter().rev().filter(|place| place.phone == phone.id);
            sessions.extend(places.map(|place| self.of_place(phone, place)));
            sessions.extend(phone.notes.values().filter_map(|(session, note)| of_note(phone, session, note, rules)));
        }
        for shown in &mut sessions {
            self.told.number(shown);
        }
        // What matters most first: what the car has, then what sounds, then the newest.
        sessions.sort_by_key(|Shown { session, .. }| {
            (session.owner != "car", session.owner != "none", !session.media.playing, std::cmp::Reverse(session.since))
        });
        self.told.0.retain(|id, _| sessions.iter().any(|shown| shown.session.id == *id));
        let phones = self.phones.values().map(|phone| self.of_phone(phone));
        let mut phones: Vec<_> = phones.collect();
        phones.sort_by_key(|phone| (!phone.is_paired, phone.rank, phone.id.clone()));
        let (players, calls) = (self.players_shown(), self.calls_shown());
        Snapshot { sessions, phones, players, calls, pairing_open: self.window.is_open(self.at.now) }
    }

    fn of_player(&self, phone: &Phone, player: &Player) -> Shown {
        let (stage, hand) = (player.hand.stage(), &player.hand);
        let has = matches!(stage, Stage::Held | Stage::Releasing { .. });
        let here = has && self.car.item == hand.item();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut media = Media {
            title: text(&player.state.title),
            artist: text(&player.state.artist),
            album: text(&player.state.album),
            app: app(phone, player),
            art: player.art(),
            length_us: player.state.length_ms.unwrap_or(0).max(0).saturating_mul(1000),
            position_us: player.position_ms(self.at.now).saturating_mul(1000),
            quality: String::new(),
            error_ms: 0,
            playing: player.is_playing(),
            item: player.candidate.item().unwrap_or_default(),
        };
        let mut quality = player.quality;
        if here {
            let passed = if self.car.sounding { self.at.now.saturating_sub(self.car_at).as_micros() as i64 } else { 0 };
            media.position_us = self.car.position_ms.saturating_mul(1000).saturating_add(passed);
            media.playing = self.car.sounding;
            quality = Quality::Exact;
            if !self.car.title.is_empty() && player.shared.is_none() {
                // The phone may be at something else by now.
                (media.title, media.artist) = (self.car.title.clone(), self.car.artist.clone());
                (media.album, media.length_us) = (self.car.album.clone(), self.car.length_ms.saturating_mul(1000));
            }
        }
        if !matches!(stage, Stage::Offered) {
            media.item = hand.item().to_owned();
        }
        if let Stage::Owed { position_ms, .. } = stage {
            media.position_us = position_ms.saturating_mul(1000);
            media.playing = false;
            quality = Quality::Exact;
        }
        if media.title.is_empty() {
            // After a restart the journal knows what was claimed, and the phone is still away.
            media.title = player.claimed.lines().next().unwrap_or_default().to_owned();
        }
        (media.quality, media.error_ms) = match quality {
            Quality::Exact => ("exact".to_owned(), 0),
            Quality::Bounded { ms } => ("bounded".to_owned(), ms),
            Quality::Stale => ("stale".to_owned(), 0),
        };
        let mode = if media.item.is_empty() && player.candidate.is_known { "control" } else { "resume" };
        let (why, reason) = player.hand.why().map(told).unwrap_or_default();
        let session = Session {
            id: player.session.clone(),
            schema: SCHEMA,
            kind: "media".to_owned(),
            phone: phone.id.to_string(),
            phone_name: phone.name.clone(),
            owner: owner(stage).to_owned(),
            mode: mode.to_owned(),
            stage: word(stage).to_owned(),
            epoch: hand.epoch(),
            revision: 0,
            why: why.to_owned(),
            reason: reason.to_owned(),
            since: player.since,
            media,
            ..Session::default()
        };
        Shown { session, at: self.at.now }
    }

    fn of_place(&self, phone: &Phone, place: &Place) -> Shown {
        let (owner, stage) = match place.stage {
            PlaceStage::Offered => ("phone", "offered"),
            PlaceStage::Held => ("car", "held"),
            PlaceStage::Owed => ("none", "owed"),
        };
        let from_here = self.seen_from_here(&place.destination);
        let mut shown = Where {
            label: place.destination.label.clone(),
            is_located: from_here.is_some(),
            distance_m: from_here.map_or(0.0, |(metres, _)| metres.round()),
            bearing: from_here.map_or(0.0, |(_, bearing)| bearing.round()),
            ..Where::default()
        };
        match &place.destination.target {
            Target::Point(point) => {
                shown.target = "point".to_owned();
                (shown.latitude, shown.longitude) = (point.latitude(), point.longitude());
            }
            Target::Query(text) => (shown.target, shown.text) = ("query".to_owned(), text.clone()),
            Target::Link(text) => (shown.target, shown.text) = ("link".to_owned(), text.clone()),
        }
        let session = Session {
            id: place.session.clone(),
            schema: SCHEMA,
            kind: "destination".to_owned(),
            phone: phone.id.to_string(),
            phone_name: phone.name.clone(),
            owner: owner.to_owned(),
            mode: "resume".to_owned(),
            stage: stage.to_owned(),
            epoch: place.epoch,
            since: place.since,
            destination: shown,
            ..Session::default()
        };
        Shown { session, at: self.at.now }
    }

    fn of_phone(&self, phone: &Phone) -> Telling {
        let owed = phone.players.values().filter(|it| matches!(it.hand.stage(), Stage::Owed { .. })).count()
            + self.places.iter().filter(|it| it.phone == phone.id && it.stage == PlaceStage::Owed).count();
        let kept = phone.kept.as_ref();
        let protocol = phone.link.as_ref().map(|link| link.protocol).or(kept.map(|kept| kept.protocol));
        Telling {
            id: phone.id.to_string(),
            name: phone.name.clone(),
            kind: kind(phone.kind).to_owned(),
            is_paired: kept.is_some(),
            reach: if phone.link.is_some() { "near" } else { "away" }.to_owned(),
            presence: match phone.presence.whereabouts() {
                Whereabouts::In => "in",
                Whereabouts::Leaving => "leaving",
                Whereabouts::Out => "out",
            }
            .to_owned(),
            pairing: match phone.pairing.talk() {
                Some(Talk::Asking) => "asking",
                Some(Talk::Asked) => "asked",
                Some(Talk::Agreed) => "agreed",
                None => "none",
            }
            .to_owned(),
            key: phone.key.clone(),
            reason: phone.reason.clone(),
            protocol: u32::from(protocol.unwrap_or(0)),
            has_battery: phone.battery.is_some_and(|battery| battery.charge.is_some()),
            charge: phone.battery.and_then(|battery| battery.charge).map_or(0, u32::from),
            is_charging: phone.battery.is_some_and(|battery| battery.charging),
            network: phone.signal.as_ref().map(|signal| signal.network.clone()).unwrap_or_default(),
            strength: phone.signal.as_ref().map_or(0, |signal| u32::from(signal.strength)),
            grants: kept.map(|kept| kept.grants.clone()).unwrap_or_default(),
            automatic: kept.map(|kept| kept.automatic.clone()).unwrap_or_default(),
            is_guest: kept.is_some_and(|kept| kept.is_guest),
            rank: kept.map_or(0, |kept| kept.rank),
            owed: u32::try_from(owed).unwrap_or(u32::MAX),
            seen_at: kept.map_or(0, |kept| kept.seen_at),
            why: phone.why.to_owned(),
        }
    }
}

/// As the phone calls it; of a link, who offers it.
fn app(phone: &Phone, player: &Player) -> String {
    if let Some(shared) = &player.shared {
        return shared.link.host().to_owned();
    }
    let found = phone.players.iter().find(|(_, it)| it.session == player.session);
    found.map_or_else(String::new, |(name, _)| name.clone())
}

/// What a message says is not handed out while it must not be shown.
fn of_note(phone: &Phone, session: &str, note: &Note, rules: Restrictions) -> Option<Shown> {
    let Note::Shown { app, title, text, time_ms, can_be_dismissed, .. } = note else { return None };
    let told = |text: &str| if rules.has(Flag::NoTextMessage) { String::new() } else { rules.cut(text) };
    let letter =
        Letter { app: rules.cut(app), title: told(title), text: told(text), is_dismissible: *can_be_dismissed };
    let session = Session {
        id: session.to_owned(),
        schema: SCHEMA,
        kind: "note".to_owned(),
        phone: phone.id.to_string(),
        phone_name: phone.name.clone(),
        owner: "phone".to_owned(),
        stage: "offered".to_owned(),
        since: time_ms.unwrap_or(0) / 1000,
        note: letter,
        ..Session::default()
    };
    Some(Shown { session, at: Duration::ZERO })
}

fn kind(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Desktop => "desktop",
        DeviceKind::Laptop => "laptop",
        DeviceKind::Phone => "phone",
        DeviceKind::Tablet => "tablet",
        DeviceKind::Tv => "tv",
    }
}

fn owner(stage: Stage) -> &'static str {
    match stage {
        Stage::Offered | Stage::Resolving { .. } | Stage::Pausing { .. } => "phone",
        Stage::Starting { .. } | Stage::Undoing { .. } | Stage::Owed { .. } | Stage::Unsure { .. } => "none",
        Stage::Held | Stage::Releasing { .. } => "car",
    }
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Offered => "offered",
        Stage::Resolving { .. } => "resolving",
        Stage::Pausing { .. } => "pausing",
        Stage::Starting { .. } => "starting",
        Stage::Held => "held",
        Stage::Undoing { .. } => "undoing",
        Stage::Releasing { .. } => "releasing",
        Stage::Owed { .. } => "owed",
        Stage::Unsure { .. } => "unsure",
    }
}

/// A word for a screen, and a sentence for a log.
fn told(why: Why) -> (&'static str, &'static str) {
    match why {
        Why::NotHere => ("not-here", "The car has nothing like it: it is steered on the phone"),
        Why::PhoneDidNotPause => ("phone-did-not-pause", "The phone did not say that it is silent"),
        Why::CarDidNotStart => ("car-did-not-start", "The car could not play it: the phone has it back"),
        Why::Lost => ("lost", "The connection to the phone was lost"),
        Why::PhoneWent => ("phone-went", "It plays on the phone again"),
        Why::CarWent => ("car-went", "Something else was chosen in the car"),
        Why::Expired => ("expired", "The phone was away for too long to be told"),
        Why::Interrupted => ("interrupted", "The service was interrupted: both sides were asked"),
    }
}
