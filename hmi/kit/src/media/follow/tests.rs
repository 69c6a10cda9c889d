//! The link against a player and a library of the test's making, on a bus of its own.

use std::collections::HashMap;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tandem_contracts::media::{
    Entry, Imported, Item, Match, Media1, MediaBackend, MediaError, NAME, Now, PATH, Page, QueuePage, ResumePoint,
    ScanProgress, Source, Wanted,
};
use tandem_scenes::Daemon;
use tokio::sync::{Notify, mpsc};
use zbus::object_server::SignalEmitter;
use zbus::{OwnedVariant, Variant};

use super::*;
use crate::MediaCommand;
use crate::media::{Cause, List, ask};

/// A player as plain as MPRIS allows.
#[derive(Default)]
struct Plain {
    asked: Arc<Mutex<Vec<String>>>,
    title: Arc<Mutex<String>>,
}

#[zbus::interface(name = "org.mpris.MediaPlayer2.Player")]
impl Plain {
    fn next(&self) {
        self.asked.lock().unwrap().push("next".to_owned());
    }

    fn set_position(&self, track: zbus::ObjectPath<'_>, position: i64) {
        self.asked.lock().unwrap().push(format!("{track} {position}"));
    }

    #[zbus(signal)]
    async fn seeked(emitter: &SignalEmitter<'_>, position: i64) -> zbus::Result<()>;

    #[zbus(property)]
    fn playback_status(&self) -> String {
        "Playing".to_owned()
    }

    #[zbus(property)]
    fn rate(&self) -> f64 {
        1.0
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, OwnedVariant> {
        let title = Variant::from(self.title.lock().unwrap().clone());
        HashMap::from([("xesam:title".to_owned(), OwnedVariant::try_from(title).unwrap())])
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn position(&self) -> i64 {
        7_000_000
    }
}

/// A library of 250 songs; the rest is not asked for here.
struct Songs;

fn song(place: u32) -> Item {
    Item { id: format!("track:{place}"), title: format!("song {place}"), available: true, ..Item::default() }
}

impl MediaBackend for Songs {
    async fn page(&self, view: String, _parent: String, offset: u32, limit: u32) -> Result<Page, MediaError> {
        if view != "tracks" {
            return Err(MediaError::Invalid(format!("there is no view {view:?}")));
        }
        let rows = (offset..250.min(offset + limit)).map(song).collect();
        Ok(Page { generation: 4, total: 250, offset, rows, left_out: 30 })
    }

    async fn queue(&self, offset: u32, _limit: u32) -> Result<QueuePage, MediaError> {
        let entries = vec![Entry { entry: 9, item: song(1) }];
        Ok(QueuePage { generation: 2, total: 1, offset, current: 0, entries, left_out: 8 })
    }

    async fn sources(&self) -> Result<Vec<Source>, MediaError> {
        Ok(vec![Source { id: "local".into(), ..Source::default() }])
    }

    fn now(&self) -> Now {
        Now { state: "playing".into(), source_name: "ROADTRIP".into(), ..Now::default() }
    }

    fn scan_progress(&self) -> ScanProgress {
        ScanProgress::default()
    }

    fn replay_gain(&self) -> String {
        String::new()
    }

    fn sound_device(&self) -> String {
        String::new()
    }

    fn is_kept(&self) -> bool {
        true
    }

    async fn jump_to(&self, entry: u64) -> Result<(), MediaError> {
        Err(MediaError::NotFound(format!("there is no entry {entry}")))
    }

    fn search(&self, _: String, _: u32) -> impl Future<Output = Result<Vec<Item>, MediaError>> + Send {
        ready(Ok(vec![song(3)]))
    }

    fn resolve(&self, _: Wanted) -> impl Future<Output = Result<Vec<Match>, MediaError>> + Send {
        pending()
    }

    fn play(&self, _: String, _: i64, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn steer_player(&self, _: String, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn play_view(&self, _: String, _: String, _: u32) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn enqueue(&self, _: String, _: String) -> impl Future<Output = Result<u64, MediaError>> + Send {
        pending()
    }

    fn move_entry(&self, _: u64, _: u32) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn remove_entry(&self, _: u64) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn clear_queue(&self) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn add_folder(&self, _: String) -> impl Future<Output = Result<String, MediaError>> + Send {
        pending()
    }

    fn forget_source(&self, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn scan(&self, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn import_stations(&self, _: String) -> impl Future<Output = Result<Imported, MediaError>> + Send {
        pending()
    }

    fn import_subscriptions(&self, _: String) -> impl Future<Output = Result<Imported, MediaError>> + Send {
        pending()
    }

    fn subscribe_podcast(&self, _: String) -> impl Future<Output = Result<String, MediaError>> + Send {
        pending()
    }

    fn refresh_podcasts(&self) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn download(&self, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn forget(&self, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }

    fn resume_points(&self, _: u32) -> impl Future<Output = Result<Vec<ResumePoint>, MediaError>> + Send {
        pending()
    }

    fn set_replay_gain(&self, _: String) -> impl Future<Output = Result<(), MediaError>> + Send {
        pending()
    }
}

/// What the UI thread would find.
struct Screen {
    mailbox: Arc<Mailbox>,
    news: Arc<Notify>,
}

impl Screen {
    fn new() -> Self {
        let news = Arc::new(Notify::new());
        let woken = Arc::clone(&news);
        let mailbox = Arc::new(Mailbox::new(move || woken.notify_one()));
        mailbox.arm();
        Self { mailbox, news }
    }

    /// Waits for something of interest; the rest goes by.
    #[track_caller]
    fn until<T>(&self, wanted: impl Fn(Media) -> Option<T>) -> impl Future<Output = T> {
        let place = std::panic::Location::caller();
        async move {
            loop {
                if let Some(found) = self.mailbox.take().media.into_iter().find_map(&wanted) {
                    return found;
                }
                let news = tokio::time::timeout(Duration::from_secs(20), self.news.notified()).await;
                assert!(news.is_ok(), "nothing comes at {place}");
            }
        }
    }
}

async fn serve(daemon: &Daemon, plain: Plain) -> Connection {
    daemon
        .builder()
        .serve_at(mpris::PATH, plain)
        .serve_at(PATH, Media1(Songs))
        .name(mpris::NAME)
        .name(NAME)
        .build()
        .await
        .unwrap()
}

fn player(news: Media) -> Option<Option<Box<Player>>> {
    if let Media::Player(player) = news { Some(player) } else { None }
}

#[tokio::test]
async fn what_plays_is_followed_asked_and_forgotten_with_its_service() {
    let daemon = Daemon::start();
    let open = async || daemon.builder().method_timeout(Duration::from_secs(3)).build().await.unwrap();
    let (signals, calls, screen) = (open().await, open().await, Screen::new());
    let (sender, mut commands) = mpsc::channel(8);
    let story = async {
        // Nobody is there.
        assert_eq!(screen.until(player).await, None);

        let (asked, title) = (Arc::<Mutex<Vec<String>>>::default(), Arc::new(Mutex::new("One".to_owned())));
        let server = serve(&daemon, Plain { asked: Arc::clone(&asked), title: Arc::clone(&title) }).await;
        let one = screen.until(|news| player(news).flatten().filter(|player| player.title == "One")).await;
        assert_eq!(
            (one.status, one.position.map(|it| (it.position_us, it.moves))),
            (Status::Playing, Some((7_000_000, true)))
        );

        // The same with its titles and positions.
        let emitter = SignalEmitter::new(&server, mpris::PATH).unwrap();
        *title.lock().unwrap() = "Two".to_owned();
        let interface = server.object_server().interface::<_, Plain>(mpris::PATH).await.unwrap();
        interface.get().await.metadata_changed(&emitter).await.unwrap();
        screen.until(|news| player(news).flatten().filter(|player| player.title == "Two")).await;
        Plain::seeked(&emitter, 42_000_000).await.unwrap();
        let at = |player: &Player| player.position.map(|it| it.position_us);
        screen.until(|news| player(news).flatten().filter(|player| at(player) == Some(42_000_000))).await;

        // What Media1 tells; a stick that is awaited stops the clock.
        let waiting = Now { state: "waiting".into(), ..Songs.now() };
        Media1::<Songs>::now_changed(&SignalEmitter::new(&server, PATH).unwrap(), waiting).await.unwrap();
        screen.until(|news| player(news).flatten().filter(|player| player.position.is_some_and(|it| !it.moves))).await;

        // Wishes and their ends.
        sender.send(MediaCommand::Seek { track: "/a/b".into(), position_us: 5 }).await.unwrap();
        sender.send(MediaCommand::Next).await.unwrap();
        let list = List::View { view: "tracks".into(), parent: String::new() };
        sender.send(MediaCommand::Rows { list, offset: 200 }).await.unwrap();
        let rows = screen.until(|news| if let Media::Rows(rows) = news { Some(rows) } else { None }).await;
        let part = rows.answer.unwrap();
        assert_eq!((part.total, part.rows.len(), part.rows[49].item.title.as_str()), (250, 50, "song 249"));
        assert_eq!(part.left_out, 30);
        sender.send(MediaCommand::JumpTo(3)).await.unwrap();
        let denied = screen.until(|news| if let Media::Refused(denied) = news { Some(denied) } else { None }).await;
        assert_eq!((denied.cause, denied.sentence.as_str()), (Cause::NotFound, "there is no entry 3"));
        let mut asked = asked.lock().unwrap().clone();
        asked.sort();
        assert_eq!(asked, ["/a/b 5", "next"]);

        // Both names go with the service, and come back with another.
        server.close().await.unwrap();
        assert_eq!(screen.until(|news| player(news).filter(Option::is_none)).await, None);
        let _again = serve(&daemon, Plain::default()).await;
        let service = |news| if let Media::Service(service) = news { service } else { None };
        let service = screen.until(service).await;
        assert_eq!(
            (service.now.source_name.as_str(), service.queue.generation, service.queue.current),
            ("ROADTRIP", 2, Some(0))
        );
    };
    tokio::select! {
        () = story => {}
        ended = follow(&signals, &calls, &screen.mailbox) => panic!("the link ended: {ended:?}"),
        ended = ask::serve(&calls, &screen.mailbox, &mut commands) => panic!("the calls ended: {ended:?}"),
        () = tokio::time::sleep(Duration::from_secs(30)) => panic!("it takes for ever"),
    }
}
