//! The left wing while music plays.

use std::path::PathBuf;

use tandem_cluster::Leaf;
use tandem_kit::Media;
use tandem_kit::headless::Pace;
use tandem_kit::media::art::{Picture as Art, Wanted};
use tandem_kit::media::{Now, Player, Service, Status};
use tandem_music::cover::Cover;
use tandem_units::{Quality, Value};

use crate::drawing::{Area, Drawing, Look, drive};
use crate::words::{numbers, words};

const ART: Area = (48, 192, 160, 160);
const BAR: Area = (48, 376, 480, 4);
const WING: Area = (48, 152, 480, 288);
const GLACIER: [u8; 3] = [0x6F, 0xD3, 0xE3];

pub fn player(title: &str, artist: &str, status: Status) -> Media {
    Media::Player(Some(Box::new(Player {
        status,
        track: "/org/tandem/track/1".into(),
        title: title.into(),
        artist: artist.into(),
        art: Some(PathBuf::from("cover.png")),
        length_us: Some(28_000_000),
        ..Player::default()
    })))
}

pub fn service(state: &str, source_kind: &str, source_name: &str, trouble: &str) -> Media {
    let now = Now {
        state: state.into(),
        source_kind: source_kind.into(),
        source_name: source_name.into(),
        trouble: trouble.into(),
        ..Now::default()
    };
    Media::Service(Some(Box::new(Service { now, ..Service::default() })))
}

/// A cover as the kit would bring it, under the name that the player gave it.
fn art(cover: Cover) -> Media {
    cover_of(cover, 160, 16)
}

/// The same for a line.
pub fn small_art(cover: Cover) -> Media {
    cover_of(cover, 64, 8)
}

fn cover_of(cover: Cover, side: u32, radius: u32) -> Media {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cover.png");
    std::fs::write(&path, cover.png().unwrap()).unwrap();
    let made = Art::make(Wanted::Cover { path, side, radius }).made;
    Media::Picture(Art { wanted: Wanted::Cover { path: "cover.png".into(), side, radius }, made })
}

/// The drive, and music with it.
fn drawing(look: Look, news: impl IntoIterator<Item = Media>) -> Drawing {
    let mut drawing = Drawing::new(look);
    drawing.hear(drive());
    for news in news {
        drawing.play(news);
    }
    drawing
}

pub fn ocean() -> [Media; 4] {
    [
        player("Night drive by the ocean", "Tandem", Status::Playing),
        service("playing", "local", "Music", ""),
        Media::Position(Some(12_000_000)),
        art(Cover::Ocean),
    ]
}

pub fn lake() -> [Media; 4] {
    [
        player("湖上的月光", "两盏灯", Status::Playing),
        service("playing", "usb", "蓝色 U 盘", ""),
        Media::Position(Some(20_000_000)),
        art(Cover::Lake),
    ]
}

fn said(drawing: &Drawing) -> Vec<(String, String)> {
    numbers(drawing).into_iter().skip(3).take(2).collect()
}

fn pairs(pairs: [(&str, &str); 2]) -> Vec<(String, String)> {
    pairs.map(|(name, label)| (name.to_owned(), label.to_owned())).into()
}

#[test]
fn what_plays_takes_the_place_of_the_trip() {
    let drawing = drawing(Look::NIGHT, ocean());
    assert_eq!(said(&drawing), pairs([("Playing", "Night drive by the ocean"), ("Artist", "Tandem")]));
    assert_eq!(words(&drawing), ["Range"]);
    let picture = drawing.picture("music");
    // The cover's own orange, with its corners cut.
    assert!(picture.count(ART, |pixel| pixel == [0xE4, 0x6A, 0x4F]) > 3_000);
    assert!(picture.count((48, 192, 2, 2), |pixel| pixel == [0x16, 0x24, 0x3E]) == 0);
    // 12 of 28 s, in a bar of 480 pixels.
    let heard = picture.count(BAR, |pixel| pixel == GLACIER);
    assert!((205 * 4 - 24..=205 * 4).contains(&heard), "{heard}");
}

#[test]
fn a_chinese_title_is_drawn_in_its_own_face_on_every_screen() {
    let chinese = drawing(Look::CHINESE, lake());
    assert_eq!(said(&chinese), pairs([("正在播放", "湖上的月光"), ("艺术家", "两盏灯")]));
    let picture = chinese.picture("music-zh");
    drop(chinese);
    assert!(picture.count(ART, |pixel| pixel == [0xF4, 0xEB, 0xD0]) > 2_000);
    let english = std::thread::spawn(|| drawing(Look::NIGHT, lake()).picture("music-zh-on-english")).join().unwrap();
    // The same title, in the same face: only its line may lie a pixel elsewhere.
    let title: Area = (232, 192, 296, 160);
    let ink = |picture: &crate::drawing::Picture| picture.count(title, |pixel| pixel == [0xEE, 0xF1, 0xF3]);
    assert!(ink(&english) > 500 && ink(&english).abs_diff(ink(&picture)) < ink(&picture) / 10);
}

#[test]
fn by_day_it_is_as_dark_and_a_long_title_ends_in_two_lines() {
    let mut news = ocean();
    news[0] = player(
        "Symphony No. 9 in D minor, Op. 125, “Choral”: IV. Presto – Allegro assai – Alla marcia – Andante maestoso",
        "An orchestra of a very long name, its choir, four soloists and a conductor",
        Status::Playing,
    );
    let drawing = drawing(Look::DAY, news);
    let picture = drawing.picture("music-long-day");
    // Beside the picture and nowhere below it: in the column of the title, the bar and the source have no such ink.
    let is_ink = |pixel: [u8; 3]| pixel.iter().all(|channel| *channel > 0x70);
    let text: Area = (232, 152, 296, 288);
    let rows = picture.rows(text, is_ink);
    assert!(rows.first() >= Some(&192) && rows.last() < Some(&360), "{rows:?}");
    assert_eq!(picture.count((530, 152, 40, 288), is_ink), 0, "it leaves the wing");
    assert!(picture.count(text, is_ink) > 1_000);
}

#[test]
fn a_pause_and_a_wait_are_said_in_the_screens_language() {
    let title = |state: &'static str| (state, "Dusk");
    let rests = |look, status, news: Media| {
        let drawing =
            drawing(look, [player("Dusk", "Tandem", status), news, Media::Position(Some(0)), art(Cover::Dusk)]);
        (said(&drawing).remove(0), drawing)
    };
    let own = |(name, label): (&str, &str)| (name.to_owned(), label.to_owned());
    let (said, paused) = rests(Look::NIGHT, Status::Paused, service("paused", "local", "Music", ""));
    assert_eq!(said, own(title("Paused")));
    // Nothing glows that does not move.
    assert_eq!(paused.picture("music-paused").count(WING, |pixel| pixel == GLACIER), 0);
    drop(paused);

    for (state, kind, trouble, english, chinese) in [
        ("waiting", "usb", "away", "The stick Blue is not in the car", "U 盘“Blue”不在车上"),
        ("waiting", "local", "away", "The folder Blue is not there", "文件夹“Blue”不存在"),
        ("waiting", "radio", "network", "Waiting for the network", "正在等待网络"),
        ("waiting", "local", "device", "Waiting for the sound system", "正在等待音响"),
        ("waiting", "local", "player", "The player does not answer", "播放器没有响应"),
        ("waiting", "local", "", "Waiting to go on", "等待恢复播放"),
        ("buffering", "radio", "", "Loading", "正在加载"),
    ] {
        for (look, sentence) in [(Look::NIGHT, english), (Look::CHINESE, chinese)] {
            let said = std::thread::spawn(move || {
                let (said, drawing) = rests(look, Status::Playing, service(state, kind, "Blue", trouble));
                drawing.picture(&format!(
                    "music-{state}-{kind}-{trouble}-{}",
                    if sentence == english { "en" } else { "zh" }
                ));
                said
            });
            assert_eq!(said.join().unwrap(), own(title(sentence)));
        }
    }
}

#[test]
fn without_a_picture_a_length_or_a_player_nothing_is_left_of_them() {
    let mut drawing = drawing(Look::NIGHT, ocean());
    drawing.picture("music");
    // A station: no length, no art.
    let station = Player { status: Status::Playing, title: "Radio on the hill".into(), ..Player::default() };
    drawing.play(Media::Player(Some(Box::new(station))));
    drawing.play(Media::Position(Some(90_000_000)));
    let picture = drawing.picture("music-station");
    assert_eq!(picture.count(WING, |pixel| pixel == GLACIER || pixel == [0xE4, 0x6A, 0x4F]), 0);
    // A picture that comes too late is not this one's.
    drawing.play(art(Cover::Fog));
    assert!(picture == drawing.picture("music-station"));
    // Stopped, or gone: the trip again.
    drawing.play(player("Dusk", "Tandem", Status::Stopped));
    assert_eq!(words(&drawing), ["Since start", "Range"]);
    drawing.play(player("Dusk", "Tandem", Status::Playing));
    assert_eq!(words(&drawing), ["Range"]);
    drawing.play(Media::Player(None));
    drawing.play(Media::Service(None));
    assert_eq!(words(&drawing), ["Since start", "Range"]);
    let trip = drawing.picture("music-gone");
    drop(drawing);
    let never = std::thread::spawn(|| crate::music::drawing(Look::NIGHT, []).picture("music-never")).join().unwrap();
    assert!(trip == never);
}

#[test]
fn progress_is_drawn_when_it_can_be_seen() {
    let mut drawing = Drawing::at(Pace::Live, Look::NIGHT);
    drawing.hear(drive());
    for news in ocean() {
        drawing.play(news);
    }
    assert!(drawing.screen.turn());
    // A 480th of 28 s is 58 ms: the next one is seen, the same one is not.
    drawing.play(Media::Position(Some(12_001_000)));
    assert!(!drawing.screen.turn());
    drawing.play(Media::Position(Some(13_000_000)));
    assert!(drawing.screen.turn());
}

#[test]
fn a_key_brings_up_the_trip_while_music_plays_unless_there_is_a_warning_to_read() {
    let mut drawing = drawing(Look::NIGHT, ocean());
    assert_eq!(words(&drawing), ["Range"]);
    drawing.press("KEY_INFO");
    assert_eq!(words(&drawing), ["Since start", "Range"]);
    drawing.picture("music-trip");
    let fault = |is| [(Leaf::AbsError, Quality::Valid, Value::Bool(is))];
    drawing.hear(fault(true));
    for shown in [1, 0, 1] {
        assert_eq!(words(&drawing).len(), 2 + shown, "the key is the warnings'");
        drawing.press("KEY_INFO");
    }
    drawing.hear(fault(false));
    drawing.press("KEY_INFO");
    assert_eq!(words(&drawing), ["Range"]);
}
