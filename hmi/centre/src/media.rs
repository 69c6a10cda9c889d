//! The music's pages: what plays, the queue, the library and the search.

mod choices;
pub(crate) mod covers;
mod library;
pub(crate) mod rows;
mod taps;

use std::path::PathBuf;
use std::rc::Rc;

use slint::{ComponentHandle, ModelRc};
use tandem_kit::format;
use tandem_kit::media::art::{Color, Made, Wanted};
use tandem_kit::media::{
    Cause, Denied, Item, Known, List, Media, MediaCommand, Pages, Picture, Place, Player, Repeat, Service, Status,
};
use tandem_units::Nanoseconds;

use self::choices::Chosen;
use self::covers::Covers;
use self::library::{ALBUMS, Library, Tap};
pub(crate) use self::taps::connect;
use crate::{
    CentreWindow, Kind, ListState, MediaAdapter, MediaCause, MediaRow, MediaTab, PlayState, Repeating, Scanning,
    Trouble, Words,
};

/// How long the screen says what went wrong.
const NOTICE_SHOWN: Nanoseconds = Nanoseconds::from_millis(4_000);
/// The art of the page and of the dock, and the radius of their corners, pixels.
const ART: (u32, u32) = (424, 16);
const SMALL_ART: (u32, u32) = (200, 16);
const SCREEN: (u32, u32) = (1920, 1080);
/// The page's base by night and by day, as in the tokens.
const NIGHT: Color = [0x0B, 0x0E, 0x12];
const DAY: Color = [0xE6, 0xE9, 0xEB];
/// The longest text that is searched for, characters.
const MAX_QUERY: usize = 40;

/// What went wrong, and until when it is said.
struct Notice {
    cause: MediaCause,
    title: Words,
    trouble: Trouble,
    until: Nanoseconds,
}

/// Everything on music, behind the window.
pub(crate) struct Music {
    player: Option<Box<Player>>,
    service: Option<Box<Service>>,
    queue: Rc<Pages<MediaRow>>,
    library: Library,
    found: Rc<Pages<MediaRow>>,
    query: String,
    covers: Rc<Covers>,
    /// What the driver may choose something for.
    chosen: Option<Chosen>,
    /// What was put into the queue last.
    queued: Option<Box<Item>>,
    notice: Option<Notice>,
    now: Nanoseconds,
    night: bool,
    /// The file of the art that is shown, and its colours once it came.
    art: Option<PathBuf>,
    colors: Option<[Color; 2]>,
    backdrop: Option<Wanted>,
    send: Rc<dyn Fn(MediaCommand) -> bool>,
    picture: Rc<dyn Fn(Wanted) -> bool>,
}

impl Music {
    pub fn new(send: Rc<dyn Fn(MediaCommand) -> bool>, picture: Rc<dyn Fn(Wanted) -> bool>) -> Self {
        let asked = Rc::clone(&picture);
        let covers = Rc::new(Covers::new(move |wanted| asked(wanted)));
        let make = {
            let (send, covers) = (Rc::clone(&send), Rc::clone(&covers));
            move |list| {
                let (send, covers) = (Rc::clone(&send), Rc::clone(&covers));
                let draw = match &list {
                    List::Queue => rows::draw_entry,
                    List::View { view, .. } if view == ALBUMS => rows::draw_cover,
                    _ => rows::draw,
                };
                let ask = move |list: &List, offset| {
                    // Nothing is searched for by an empty text.
                    let empty = matches!(list, List::Search(text) if text.trim().is_empty());
                    empty || send(MediaCommand::Rows { list: list.clone(), offset })
                };
                Rc::new(Pages::new(list, move |row| draw(row, &covers), MediaRow::default(), ask))
            }
        };
        Self {
            player: None,
            service: None,
            queue: make(List::Queue),
            found: make(List::Search(String::new())),
            library: Library::new(Box::new(make)),
            query: String::new(),
            covers,
            chosen: None,
            queued: None,
            notice: None,
            now: Nanoseconds::ZERO,
            night: true,
            art: None,
            colors: None,
            backdrop: None,
            send,
            picture,
        }
    }

    /// When the notice goes away.
    pub fn forgets_at(&self) -> Option<Nanoseconds> {
        self.notice.as_ref().map(|notice| notice.until)
    }

    /// Time passed.
    pub fn pass(&mut self, window: &CentreWindow, now: Nanoseconds) {
        self.now = now;
        if self.notice.as_ref().is_some_and(|notice| notice.until <= now) {
            self.notice = None;
            self.show_notice(window);
        }
    }

    pub fn set_night(&mut self, window: &CentreWindow, night: bool) {
        self.night = night;
        self.ask_backdrop(window);
    }

    /// Something is new about media.
    pub fn hear(&mut self, window: &CentreWindow, news: &Media) {
        match news {
            Media::Player(player) => {
                self.player.clone_from(player);
                self.show_player(window);
            }
            Media::Position(position) => self.show_position(window, *position),
            Media::Service(service) => self.hear_service(window, service.as_deref()),
            Media::Rows(rows) => {
                self.queue.hear(rows);
                self.library.hear(rows);
                self.found.hear(rows);
                self.show_lists(window);
                self.show_choices(window);
            }
            Media::Picture(picture) => self.hear_picture(window, picture),
            Media::Enqueued { id, place } => self.hear_enqueued(window, id, *place),
            Media::Skipped { item, .. } => {
                self.tell(window, MediaCause::Skipped, &item.title, rows::trouble(false, &item.trouble));
            }
            Media::Refused(Denied { cause, .. }) => self.tell(window, words_for(*cause), "", Trouble::None),
        }
    }

    fn hear_service(&mut self, window: &CentreWindow, service: Option<&Service>) {
        let before = self.service.take();
        self.service = service.map(|service| Box::new(service.clone()));
        if let Some(service) = service {
            if before.as_ref().is_none_or(|before| before.queue.generation != service.queue.generation) {
                self.queue.reload();
            }
            if before.as_ref().is_none_or(|before| before.library != service.library) {
                // A cover may have been found for what has none yet.
                self.covers.retry();
                self.queue.reload();
                self.library.reload();
                self.found.reload();
            }
            self.library.set_sources(&service.sources);
        }
        self.show_player(window);
        self.show_lists(window);
        self.show_choices(window);
    }

    fn hear_enqueued(&mut self, window: &CentreWindow, id: &str, place: Place) {
        let Some(item) = self.queued.take_if(|item| item.id == id) else { return };
        let cause = if place == Place::Next { MediaCause::PlaysNext } else { MediaCause::Queued };
        self.tell(window, cause, &item.title, Trouble::None);
    }

    fn hear_picture(&mut self, window: &CentreWindow, picture: &Picture) {
        let adapter = window.global::<MediaAdapter>();
        let is_small = self.covers.hear(picture);
        match (&picture.wanted, &picture.made) {
            (Wanted::Cover { path, side, .. }, made) if *side == ART.0 && self.art.as_ref() == Some(path) => {
                if let (Made::Cover { colors, .. }, Some(image)) = (made, picture.image()) {
                    self.colors = Some(*colors);
                    adapter.set_art(image);
                    adapter.set_has_art(true);
                    self.ask_backdrop(window);
                }
            }
            (Wanted::Cover { path, .. }, _) if is_small => {
                self.queue.redraw(|row| rows::shows(row, path));
                self.found.redraw(|row| rows::shows(row, path));
                self.library.redraw(path);
                self.show_small_art(window);
            }
            (wanted, _) if self.backdrop.as_ref() == Some(wanted) => {
                if let Some(image) = picture.image() {
                    adapter.set_backdrop(image);
                    adapter.set_has_backdrop(true);
                }
            }
            _ => {}
        }
    }

    fn show_player(&mut self, window: &CentreWindow) {
        let adapter = window.global::<MediaAdapter>();
        let player = self.player.as_deref().cloned().unwrap_or_default();
        adapter.set_state(self.state());
        // A station says its name in place of whatever it does not know.
        let [title, artist, album] = [&player.title, &player.artist, &player.album];
        adapter.set_title(rows::words(title));
        adapter.set_artist(rows::words(if artist == title || artist == album { "" } else { artist }));
        adapter.set_album(rows::words(if album == title { "" } else { album }));
        adapter.set_length(player.length_us.map(rows::time).unwrap_or_default().into());
        adapter.set_can_seek(player.can_seek && player.length_us.is_some());
        adapter.set_can_next(player.can_go_next);
        adapter.set_can_previous(player.can_go_previous);
        adapter.set_can_play(player.can_play || player.can_pause);
        adapter.set_shuffle(player.shuffle);
        adapter.set_repeat(match player.repeat {
            Repeat::None => Repeating::None,
            Repeat::Track => Repeating::One,
            Repeat::Playlist => Repeating::All,
        });
        let now = self.service.as_ref().map(|service| service.now.clone()).unwrap_or_default();
        adapter.set_id(now.item.id.as_str().into());
        adapter.set_live(player.length_us.is_none() && matches!(now.item.kind.as_str(), "station" | "stream"));
        adapter.set_source(rows::words(&now.source_name));
        let by_item = if now.item.kind.is_empty() { Kind::Track } else { rows::kind(&now.item.kind) };
        adapter.set_source_kind(if now.source_kind.is_empty() { by_item } else { rows::source_kind(&now.source_kind) });
        adapter.set_trouble(rows::trouble(now.trouble.is_empty() && now.reason.is_empty(), &now.trouble));
        self.set_art(window, player.art);
        self.show_notice(window);
    }

    fn state(&self) -> PlayState {
        let Some(player) = &self.player else { return PlayState::Absent };
        let now = self.service.as_ref().map_or("", |service| service.now.state.as_str());
        match (now, player.status) {
            _ if player.title.is_empty() && player.track.is_empty() => PlayState::Empty,
            ("waiting", _) => PlayState::Waiting,
            ("buffering", _) => PlayState::Buffering,
            (_, Status::Playing) => PlayState::Playing,
            (_, Status::Paused) => PlayState::Paused,
            (_, Status::Stopped) => PlayState::Stopped,
        }
    }

    /// Another picture: what is shown of the last one goes at once.
    fn set_art(&mut self, window: &CentreWindow, art: Option<PathBuf>) {
        if self.art != art {
            let adapter = window.global::<MediaAdapter>();
            adapter.set_has_art(false);
            self.colors = None;
            if let Some(path) = &art {
                (self.picture)(Wanted::Cover { path: path.clone(), side: ART.0, radius: ART.1 });
            }
            self.art = art;
            self.ask_backdrop(window);
        }
        self.show_small_art(window);
    }

    fn show_small_art(&self, window: &CentreWindow) {
        let small = self.art.as_ref().and_then(|path| self.covers.get(path, SMALL_ART.0, SMALL_ART.1));
        let adapter = window.global::<MediaAdapter>();
        adapter.set_has_small_art(small.is_some());
        adapter.set_small_art(small.unwrap_or_default());
    }

    fn ask_backdrop(&mut self, window: &CentreWindow) {
        let base = if self.night { NIGHT } else { DAY };
        let (width, height) = SCREEN;
        let wanted = self.colors.map(|colors| Wanted::Backdrop { base, colors, width, height });
        if self.backdrop == wanted {
            return;
        }
        window.global::<MediaAdapter>().set_has_backdrop(false);
        if let Some(wanted) = &wanted {
            (self.picture)(wanted.clone());
        }
        self.backdrop = wanted;
    }

    fn show_position(&self, window: &CentreWindow, position: Option<i64>) {
        let adapter = window.global::<MediaAdapter>();
        let length = self.player.as_ref().and_then(|player| player.length_us);
        let position = position.map(|position| position.clamp(0, length.unwrap_or(i64::MAX)));
        adapter.set_elapsed(position.map(rows::time).unwrap_or_default().into());
        let share = position.zip(length).map_or(0.0, |(position, length)| position as f64 / length.max(1) as f64);
        adapter.set_share(share as f32);
    }

    fn show_lists(&self, window: &CentreWindow) {
        let adapter = window.global::<MediaAdapter>();
        let service = self.service.as_deref();
        let queue = service.map(|service| service.queue).unwrap_or_default();
        adapter.set_queue_total(queue.total.try_into().unwrap_or(i32::MAX));
        adapter.set_queue_text(format::grouped(f64::from(queue.total)).into());
        adapter.set_queue_current(queue.current.and_then(|place| place.try_into().ok()).unwrap_or(-1));
        adapter.set_queue_left_out(left_out(self.queue.left_out()));
        adapter.set_queue(if service.is_some() { ModelRc::from(Rc::clone(&self.queue)) } else { ModelRc::default() });

        adapter.set_view(self.library.view.try_into().unwrap_or_default());
        adapter.set_inside(self.library.inside());
        adapter.set_place(self.library.place());
        adapter.set_covers(self.library.shows_covers());
        adapter.set_by_name(self.library.is_by_name());
        let known = self.library.known();
        let total = if let Known::Total(total) = known { total } else { 0 };
        adapter.set_total(total.try_into().unwrap_or(i32::MAX));
        adapter.set_total_text(format::grouped(f64::from(total)).into());
        adapter.set_left_out(left_out(self.library.left_out()));
        adapter.set_list_cause(if let Known::Failed(denied) = &known {
            words_for(denied.cause)
        } else {
            MediaCause::None
        });
        adapter.set_list_state(self.list_state(&known));

        let found = if self.query.trim().is_empty() { Known::Total(0) } else { self.found.known() };
        adapter.set_found_state(self.list_state(&found));
        adapter.set_query(self.query.as_str().into());

        let scan = service.map(|service| service.scan.clone()).unwrap_or_default();
        adapter.set_scanning(match scan.state.as_str() {
            "walking" => Scanning::Walking,
            "reading" => Scanning::Reading,
            "failed" => Scanning::Failed,
            _ => Scanning::None,
        });
        adapter.set_scan_found(format::grouped(f64::from(scan.found)).into());
        adapter.set_scan_done(format::grouped(f64::from(scan.done)).into());
        adapter.set_scan_share((f64::from(scan.done) / f64::from(scan.found.max(1))) as f32);
    }

    fn list_state(&self, known: &Known) -> ListState {
        match known {
            _ if self.service.is_none() => ListState::Absent,
            Known::Nothing => ListState::Waiting,
            Known::Total(0) => ListState::Empty,
            Known::Total(_) => ListState::Filled,
            Known::Failed(_) => ListState::Failed,
        }
    }

    fn tell(&mut self, window: &CentreWindow, cause: MediaCause, title: &str, trouble: Trouble) {
        self.notice = Some(Notice { cause, title: rows::words(title), trouble, until: self.now + NOTICE_SHOWN });
        self.show_notice(window);
    }

    fn show_notice(&self, window: &CentreWindow) {
        let adapter = window.global::<MediaAdapter>();
        let notice = self.notice.as_ref();
        adapter.set_notice(notice.map_or(MediaCause::None, |notice| notice.cause));
        adapter.set_notice_title(notice.map(|notice| notice.title.clone()).unwrap_or_default());
        adapter.set_notice_trouble(notice.map_or(Trouble::None, |notice| notice.trouble));
    }

    fn ask(&mut self, window: &CentreWindow, command: MediaCommand) {
        if !(self.send)(command) {
            self.tell(window, MediaCause::NoAnswer, "", Trouble::None);
        }
    }

    fn tap(&mut self, window: &CentreWindow, tap: Tap) {
        match tap {
            Tap::Opened => {
                let adapter = window.global::<MediaAdapter>();
                adapter.set_rows(self.library.model());
                adapter.set_scroll(0.0);
                self.show_lists(window);
            }
            Tap::Ask(command) => {
                window.global::<MediaAdapter>().set_tab(MediaTab::Now);
                self.ask(window, command);
            }
            Tap::Away(item) => {
                self.tell(window, MediaCause::NotAvailable, &item.title, rows::trouble(false, &item.trouble));
            }
            Tap::Nothing => {}
        }
    }

    fn search(&mut self, window: &CentreWindow, query: String) {
        self.query = query.chars().take(MAX_QUERY).collect();
        self.found.show(List::Search(self.query.clone()));
        self.show_lists(window);
    }
}

/// How many rows a list goes on for once the car is parked; empty if it is whole.
fn left_out(rows: u32) -> slint::SharedString {
    if rows > 0 { format::grouped(f64::from(rows)).into() } else { slint::SharedString::new() }
}

fn words_for(cause: Cause) -> MediaCause {
    match cause {
        Cause::NotFound => MediaCause::NotFound,
        Cause::NotAvailable => MediaCause::NotAvailable,
        Cause::Storage => MediaCause::Storage,
        Cause::Busy => MediaCause::Busy,
        Cause::Restricted => MediaCause::Restricted,
        Cause::Invalid => MediaCause::Invalid,
        Cause::NoAnswer => MediaCause::NoAnswer,
    }
}
