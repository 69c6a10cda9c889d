//! A media service with nothing behind it.

use tandem_contracts::media::{
    Entry, Imported, Item, Match, MediaBackend, MediaError, Now, Page, QueuePage, ResumePoint, ScanProgress, Source,
    Wanted,
};

use super::Echo;

/// An item with something in every field.
pub fn item() -> Item {
    Item {
        id: "episode:17".into(),
        kind: "episode".into(),
        title: "晴天".into(),
        artist: "周杰倫".into(),
        album: "葉惠美".into(),
        art: "file:///art/a.png".into(),
        length_us: 269_000_000,
        count: 3,
        heard_us: 5,
        available: false,
        trouble: "away".into(),
        reason: "The stick BLUE is not in the car".into(),
    }
}

/// Returns what it was asked, in the fields that there are for it.
impl MediaBackend for Echo {
    async fn page(&self, view: String, parent: String, offset: u32, limit: u32) -> Result<Page, MediaError> {
        if view != "albums" {
            return Err(MediaError::Invalid(view));
        }
        Ok(Page { generation: 9, total: limit, offset, rows: vec![Item { title: parent, ..item() }], left_out: 3 })
    }

    async fn search(&self, text: String, limit: u32) -> Result<Vec<Item>, MediaError> {
        Ok(vec![Item { title: text, count: limit, ..Item::default() }])
    }

    async fn resolve(&self, wanted: Wanted) -> Result<Vec<Match>, MediaError> {
        let Wanted { title, artist, album, length_us, url } = wanted;
        Ok(vec![Match { item: Item { title, artist, album, length_us, id: url, ..Item::default() }, score: 0.8 }])
    }

    async fn play(&self, id: String, position_us: i64, _caller: String) -> Result<(), MediaError> {
        if position_us < -1 { Err(MediaError::Invalid(position_us.to_string())) } else { Err(MediaError::NotFound(id)) }
    }

    async fn steer_player(&self, id: String, order: String) -> Result<(), MediaError> {
        Err(MediaError::NotAvailable(format!("{id} {order}")))
    }

    async fn play_view(&self, _view: String, _parent: String, index: u32) -> Result<(), MediaError> {
        if index > 0 { Err(MediaError::NotAvailable(index.to_string())) } else { Ok(()) }
    }

    async fn queue(&self, offset: u32, limit: u32) -> Result<QueuePage, MediaError> {
        let entries = vec![Entry { entry: 4, item: item() }];
        Ok(QueuePage { generation: 2, total: limit, offset, current: -1, entries, left_out: 7 })
    }

    async fn enqueue(&self, id: String, place: String) -> Result<u64, MediaError> {
        if place == "next" { Ok(id.len() as u64) } else { Err(MediaError::Busy(place)) }
    }

    async fn jump_to(&self, entry: u64) -> Result<(), MediaError> {
        Err(MediaError::NotFound(entry.to_string()))
    }

    async fn move_entry(&self, _entry: u64, to: u32) -> Result<(), MediaError> {
        Err(MediaError::NotFound(to.to_string()))
    }

    async fn remove_entry(&self, _entry: u64) -> Result<(), MediaError> {
        Ok(())
    }

    async fn clear_queue(&self) -> Result<(), MediaError> {
        Ok(())
    }

    async fn sources(&self) -> Result<Vec<Source>, MediaError> {
        let (id, kind, name) = ("radio".into(), "radio".into(), "Radio".into());
        Ok(vec![Source { id, kind, name, available: true, items: 12, ..Source::default() }])
    }

    async fn add_folder(&self, path: String) -> Result<String, MediaError> {
        Ok(path)
    }

    async fn forget_source(&self, source: String) -> Result<(), MediaError> {
        Err(MediaError::NotFound(source))
    }

    async fn scan(&self, _source: String) -> Result<(), MediaError> {
        Ok(())
    }

    async fn import_stations(&self, text: String) -> Result<Imported, MediaError> {
        Ok(Imported { added: text.len() as u32, known: 1, refused: 2 })
    }

    async fn import_subscriptions(&self, _text: String) -> Result<Imported, MediaError> {
        Err(MediaError::Storage("the disk is full".into()))
    }

    async fn subscribe_podcast(&self, url: String) -> Result<String, MediaError> {
        Ok(url)
    }

    async fn refresh_podcasts(&self) -> Result<(), MediaError> {
        Ok(())
    }

    async fn download(&self, id: String) -> Result<(), MediaError> {
        Err(MediaError::NotFound(id))
    }

    async fn forget(&self, _id: String) -> Result<(), MediaError> {
        Ok(())
    }

    async fn resume_points(&self, limit: u32) -> Result<Vec<ResumePoint>, MediaError> {
        Ok(vec![ResumePoint { item: item(), position_us: i64::from(limit), heard_at: 1_700_000_000 }])
    }

    async fn set_replay_gain(&self, mode: String) -> Result<(), MediaError> {
        Err(MediaError::Invalid(mode))
    }

    fn now(&self) -> Now {
        Now { item: item(), entry: 4, state: "waiting".into(), reason: "why".into(), ..Now::default() }
    }

    fn scan_progress(&self) -> ScanProgress {
        let (source, state) = ("usb".into(), "reading".into());
        ScanProgress { source, state, found: 7, done: 5, unreadable: 1, reason: String::new() }
    }

    fn replay_gain(&self) -> String {
        "album".into()
    }

    fn sound_device(&self) -> String {
        "null".into()
    }

    fn is_kept(&self) -> bool {
        true
    }
}
