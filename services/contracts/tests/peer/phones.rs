//! A phone link with no phone behind it.

use tandem_contracts::phones::{AUTOMATIC, Entry, GRANTS, MAX_TEXT, Phone, PhoneLinkBackend, PhoneLinkError};
use tandem_contracts::sessions::{Destination, Media, Note, SCHEMA, Session, SessionsBackend, SessionsError};

use super::Echo;

/// A session with something in every field.
pub fn session() -> Session {
    Session {
        id: "0197f0a0-0000-7000-8000-000000000001".into(),
        schema: SCHEMA,
        kind: "media".into(),
        phone: "b1".into(),
        phone_name: "小林的手机".into(),
        owner: "car".into(),
        mode: "resume".into(),
        stage: "held".into(),
        epoch: u64::MAX,
        revision: 7,
        why: "car-did-not-start".into(),
        reason: "The car did not start to play it".into(),
        since: 1_800_000_000,
        media: Media {
            title: "晴天".into(),
            artist: "周杰伦".into(),
            album: "叶惠美".into(),
            app: "AntennaPod".into(),
            art: "file:///art/a.png".into(),
            length_us: 269_000_000,
            position_us: 754_000_000,
            quality: "bounded".into(),
            error_ms: 250,
            playing: true,
            item: "track:17".into(),
        },
        destination: Destination {
            label: "Harbour café".into(),
            target: "point".into(),
            text: "geo".into(),
            latitude: 48.137,
            longitude: -11.575,
            is_located: true,
            distance_m: 3_200.5,
            bearing: 359.5,
        },
        note: Note { app: "Messages".into(), title: "Ana".into(), text: "On my way".into(), is_dismissible: true },
    }
}

/// A phone with something in every field.
pub fn phone() -> Phone {
    Phone {
        id: "b1".into(),
        name: "小林的手机".into(),
        kind: "phone".into(),
        is_paired: true,
        reach: "near".into(),
        presence: "in".into(),
        pairing: "agreed".into(),
        key: "8F3A 11C0".into(),
        reason: "The time is up".into(),
        protocol: 8,
        has_battery: true,
        charge: 78,
        is_charging: true,
        network: "5G".into(),
        strength: 4,
        grants: GRANTS.map(str::to_owned).to_vec(),
        automatic: AUTOMATIC.map(|kind| (kind.to_owned(), "always".to_owned())).into(),
        is_guest: true,
        rank: 1,
        owed: 2,
        seen_at: 1_800_000_000,
        why: "timed-out".into(),
    }
}

/// Answers with the error that its argument calls for, or does what it is told.
impl SessionsBackend for Echo {
    async fn list(&self) -> Result<Vec<Session>, SessionsError> {
        Ok(vec![session(), Session::default()])
    }

    async fn claim(&self, id: String) -> Result<(), SessionsError> {
        if id == session().id { Ok(()) } else { Err(SessionsError::NotFound(id)) }
    }

    async fn release(&self, id: String) -> Result<(), SessionsError> {
        Err(SessionsError::NotNow(id))
    }

    async fn steer(&self, id: String, order: String) -> Result<(), SessionsError> {
        if order == "next" { Err(SessionsError::NotAllowed(id)) } else { Err(SessionsError::Invalid(order)) }
    }

    async fn dismiss(&self, _id: String) -> Result<(), SessionsError> {
        Ok(())
    }
}

impl PhoneLinkBackend for Echo {
    async fn phones(&self) -> Result<Vec<Phone>, PhoneLinkError> {
        Ok(vec![phone(), Phone::default()])
    }

    async fn open_pairing(&self) -> Result<u32, PhoneLinkError> {
        Ok(60)
    }

    async fn close_pairing(&self) -> Result<(), PhoneLinkError> {
        Ok(())
    }

    async fn pair(&self, id: String) -> Result<(), PhoneLinkError> {
        Err(PhoneLinkError::NotParked(id))
    }

    async fn confirm(&self, id: String) -> Result<(), PhoneLinkError> {
        Err(PhoneLinkError::NotNow(id))
    }

    async fn refuse(&self, _id: String) -> Result<(), PhoneLinkError> {
        Ok(())
    }

    async fn forget(&self, id: String) -> Result<(), PhoneLinkError> {
        Err(PhoneLinkError::NotFound(id))
    }

    async fn forget_all(&self) -> Result<u32, PhoneLinkError> {
        Ok(2)
    }

    async fn grant(&self, id: String, what: String, granted: bool) -> Result<(), PhoneLinkError> {
        if granted && GRANTS.contains(&what.as_str()) { Ok(()) } else { Err(PhoneLinkError::Invalid(id + &what)) }
    }

    async fn set_automatic(&self, id: String, kind: String, word: String) -> Result<(), PhoneLinkError> {
        if AUTOMATIC.contains(&kind.as_str()) { Err(PhoneLinkError::Invalid(id + &word)) } else { Ok(()) }
    }

    async fn set_guest(&self, id: String, is_guest: bool) -> Result<(), PhoneLinkError> {
        if is_guest { Ok(()) } else { Err(PhoneLinkError::Storage(id)) }
    }

    async fn prefer(&self, _id: String) -> Result<(), PhoneLinkError> {
        Ok(())
    }

    async fn ring(&self, id: String) -> Result<(), PhoneLinkError> {
        Err(PhoneLinkError::NotNow(id))
    }

    async fn send(&self, _id: String, text: String) -> Result<(), PhoneLinkError> {
        if text.len() > MAX_TEXT { Err(PhoneLinkError::Invalid(text.len().to_string())) } else { Ok(()) }
    }

    async fn send_file(&self, _id: String, path: String) -> Result<(), PhoneLinkError> {
        Err(PhoneLinkError::Storage(path))
    }

    async fn ledger(&self, limit: u32) -> Result<Vec<Entry>, PhoneLinkError> {
        let Phone { id, name, .. } = phone();
        let (deed, kind) = ("wiped".into(), "phone".into());
        Ok(vec![Entry { at: 1_800_000_000, phone: id, phone_name: name, deed, kind, count: limit }])
    }

    fn name(&self) -> String {
        "Tandem".into()
    }

    async fn is_kept(&self) -> bool {
        true
    }

    fn pairing_open(&self) -> bool {
        true
    }
}
