//! Pictures of the music's pages in each of their states.

use i_slint_backend_testing::AccessibleRole;
use tandem_kit::media::{Item, Now, Player, ScanProgress, Service, Status};
use tandem_kit::{Language, Media, Theme, Update};
use tandem_units::Quality;

use crate::music_service::{Library, covers};
use crate::stage::{Stage, instant};

fn open(theme: Theme, language: Language) -> Stage {
    let mut stage = Stage::open(theme, language);
    stage.hear(60, Quality::Valid, &instant());
    stage.offer();
    stage
}

fn tab(stage: &mut Stage, library: &mut Library, label: &str) {
    stage.tap(&stage.control(AccessibleRole::Tab, label));
    stage.pixels();
    library.answer(stage);
}

#[test]
fn what_plays_in_every_light_language_and_state() {
    let folder = covers();
    let mut library = Library::with_covers(folder.path());
    let mut stage = open(Theme::Night, Language::English);
    library.plays(&mut stage, library.player(0, Status::Playing), library.service());
    let home = stage.picture("music-home");
    tab(&mut stage, &mut library, "Music");
    let night = stage.picture("music-night");
    assert_ne!(home, night);
    let more = |stage: &Stage, label: &str, place: usize| {
        let mut dots = stage.all(AccessibleRole::Button);
        dots.retain(|button| button.accessible_label().as_deref() == Some(label));
        stage.tap(&dots[place]);
    };
    more(&stage, "More", 3);
    stage.picture("music-choices-night");
    stage.tap(&stage.control(AccessibleRole::Button, "Close"));
    stage.set_look(Theme::Day, Language::Chinese);
    library.answer(&mut stage);
    more(&stage, "清空播放队列", 0);
    stage.picture("music-empty-queue-day-zh");
    stage.tap(&stage.control(AccessibleRole::Button, "保留"));
    library.plays(&mut stage, library.player(4, Status::Paused), library.service());
    stage.picture("music-day-zh-paused");
    stage.set_look(Theme::Day, Language::English);
    stage.picture("music-day-chinese-song");
    let long = Player {
        album: "An album with a name as long as the road from Lisbon to Vladivostok and back again, remastered".into(),
        ..library.player(6, Status::Playing)
    };
    library.plays(&mut stage, long, library.service());
    stage.picture("music-day-long");
    stage.set_look(Theme::Night, Language::English);
    let waiting = Now { state: "waiting".into(), trouble: "away".into(), ..library.service().now };
    library.plays(&mut stage, library.player(3, Status::Paused), Service { now: waiting, ..library.service() });
    let item = Box::new(Item { trouble: "unreadable".into(), ..library.track(5) });
    stage.tell(&Update::Media(Media::Skipped { item, reason: String::new() }));
    stage.picture("music-waiting");
    let radio = Now {
        state: "buffering".into(),
        source_kind: "radio".into(),
        item: Item { id: "station:1".into(), kind: "station".into(), ..Item::default() },
        ..Now::default()
    };
    let stream = Player {
        title: "Radio Alpin".into(),
        artist: "Radio Alpin".into(),
        album: "Radio Alpin".into(),
        art: None,
        length_us: None,
        can_seek: false,
        can_go_previous: false,
        ..library.player(0, Status::Playing)
    };
    stage.hear(70, Quality::Valid, &[]);
    library.plays(&mut stage, stream.clone(), Service { now: radio.clone(), ..library.service() });
    stage.picture("music-radio-loading");
    let song = Player { title: "Snow over the high road".into(), artist: "Ana Solís".into(), ..stream };
    let playing = Now { state: "playing".into(), ..radio };
    library.plays(&mut stage, song, Service { now: playing, ..library.service() });
    stage.picture("music-radio");
    stage.tell(&Update::Media(Media::Player(None)));
    stage.picture("music-absent");
    library.plays(&mut stage, Player::default(), Service::default());
    stage.picture("music-empty");
}

#[test]
fn the_library_and_the_search() {
    let folder = covers();
    let mut library = Library::with_covers(folder.path());
    let mut stage = open(Theme::Night, Language::English);
    library.plays(&mut stage, library.player(0, Status::Playing), library.service());
    tab(&mut stage, &mut library, "Music");
    tab(&mut stage, &mut library, "Library");
    stage.picture("library-artists");
    tab(&mut stage, &mut library, "Songs");
    let reading = ScanProgress { state: "reading".into(), found: 5_600, done: 1_240, ..ScanProgress::default() };
    let service = Service { scan: reading, ..library.service() };
    library.plays(&mut stage, library.player(0, Status::Playing), service);
    stage.picture("library-songs-scanning");
    tab(&mut stage, &mut library, "Albums");
    stage.picture("library-albums");
    stage.tap(&stage.all(AccessibleRole::ListItem)[2]);
    stage.pixels();
    library.answer(&mut stage);
    stage.picture("library-inside");
    tab(&mut stage, &mut library, "Podcasts");
    stage.tap(&stage.all(AccessibleRole::ListItem)[0]);
    stage.pixels();
    library.answer(&mut stage);
    stage.picture("library-podcast");
    stage.set_look(Theme::Day, Language::Chinese);
    library.answer(&mut stage);
    tab(&mut stage, &mut library, "音源");
    stage.picture("library-sources-day-zh");
    tab(&mut stage, &mut library, "播放列表");
    stage.picture("library-empty-zh");
    tab(&mut stage, &mut library, "歌曲");
    stage.picture("library-songs-day-zh");
    tab(&mut stage, &mut library, "搜索");
    stage.picture("search-day-zh");
    stage.set_look(Theme::Night, Language::English);
    library.answer(&mut stage);
    for letter in ["n", "i", "g"] {
        stage.tap(&stage.control(AccessibleRole::Button, letter));
    }
    library.answer(&mut stage);
    stage.picture("search-found");
    let mut empty = Library::of(0);
    stage.tell(&Update::Media(Media::Service(Some(Box::new(Service { library: 2, ..Service::default() })))));
    tab(&mut stage, &mut empty, "Library");
    tab(&mut stage, &mut empty, "Artists");
    stage.picture("library-empty");
}
