//! What is no music, and orders that are none.

use std::io::Write;
use std::path::Path;

use super::harness::Player;
use super::sound::{encoded, sine};
use tandem_player::protocol::{Cause, Event, MAX_LINE, Order, Track};

/// No driver reads GStreamer's words, or a path.
fn is_for_a_driver(sentence: &str) -> bool {
    let lower = sentence.to_lowercase();
    !sentence.ends_with('.')
        && sentence.chars().next().is_some_and(char::is_uppercase)
        && !["gst", "element", "plugin", "stream error", "resource", "/", "pipeline"]
            .iter()
            .any(|word| lower.contains(word))
}

fn fails(player: &mut Player, id: u64, path: &Path) -> Cause {
    player.load(id, path, 0, true);
    let (cause, sentence) = player.failed(id);
    assert!(is_for_a_driver(&sentence), "{sentence:?}");
    player.ping(id);
    cause
}

#[test]
fn what_is_no_music_says_so_and_the_next_one_plays() {
    let mut player = Player::fast();
    let put = |name: &str, bytes: &[u8]| {
        let path = player.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc```\0\0\0\x04\0\x01\xf6\x178U\0\0\0\0IEND\xaeB`\x82";
    let picture = put("picture.mp3", png);
    let text = put("text.flac", "not a song, but many words about one\n".repeat(400).as_bytes());
    let empty = put("empty.mp3", b"");
    let zeros = put("zeros.wav", &[0; 100_000]);
    let riff = put("riff.wav", b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff");
    let fifo = player.path("fifo.mp3");
    super::sound::run("mkfifo", &[fifo.to_str().unwrap()]);
    let folder = player.path("folder.mp3");
    std::fs::create_dir(&folder).unwrap();
    let good = encoded(player.folder.path(), "good", "flac", &sine(0, 5_000));
    let hidden = player.path("none.mp3");

    assert_eq!(fails(&mut player, 1, &picture), Cause::Unsupported);
    assert_eq!(fails(&mut player, 2, &text), Cause::Unsupported);
    assert_eq!(fails(&mut player, 3, &empty), Cause::Damaged);
    assert!(matches!(fails(&mut player, 4, &zeros), Cause::Unsupported | Cause::Damaged));
    assert!(matches!(fails(&mut player, 5, &riff), Cause::Unsupported | Cause::Damaged));
    assert_eq!(fails(&mut player, 6, &fifo), Cause::NotAllowed);
    assert_eq!(fails(&mut player, 7, &folder), Cause::NotAllowed);
    assert_eq!(fails(&mut player, 8, &hidden), Cause::NotFound);
    for (id, uri) in
        ["file:///dev/zero", "file:///proc/self/mem", "http://127.0.0.1/a.mp3", "cdda://1", ""].iter().enumerate()
    {
        let id = 20 + id as u64;
        player.say(&Order::Load { track: Track { id, uri: (*uri).to_owned() }, position_us: 0, playing: true });
        let (cause, sentence) = player.failed(id);
        assert_eq!(cause, Cause::NotAllowed, "{uri}");
        assert!(is_for_a_driver(&sentence), "{sentence:?}");
    }
    player.play_through(99, &good);
    assert_eq!(player.recording().len(), 5_000);
}

#[test]
fn a_wrong_extension_plays_by_what_is_inside() {
    let mut player = Player::fast();
    for (id, (format, extension)) in
        [("flac", "mp3"), ("ogg", "wav"), ("wav", "flac"), ("opus", "txt")].iter().enumerate()
    {
        let id = id as u64;
        let file = encoded(player.folder.path(), &format!("s{id}"), format, &sine(0, 44_100));
        let renamed = file.with_extension(format!("x.{extension}"));
        std::fs::rename(&file, &renamed).unwrap();
        player.play_through(id, &renamed);
    }
    assert!(player.recording().len().abs_diff(4 * 44_100) <= 4);
}

/// A stick that was pulled too early while it was written.
#[test]
fn a_cut_file_plays_as_far_as_it_goes_or_fails() {
    let mut player = Player::fast();
    let mut id = 0;
    for format in ["wav", "flac", "ogg", "mp3", "opus"] {
        let whole = std::fs::read(encoded(player.folder.path(), "whole", format, &sine(0, 400_000))).unwrap();
        for cut in [1, 20, 40, whole.len() / 2, whole.len() - 1] {
            id += 1;
            let file = player.path(&format!("cut{cut}.{format}"));
            std::fs::write(&file, &whole[..cut]).unwrap();
            player.load(id, &file, 0, true);
            player.follow(id, None);
            player.until(
                "an end",
                |event| matches!(event, Event::Ended { id: of } | Event::Failed { id: of, .. } if *of == id),
            );
            let began = player.heard.iter().any(|event| matches!(event, Event::Started { id: of, .. } if *of == id));
            assert_eq!(began, cut >= whole.len() / 2, "{format} cut at {cut} of {}", whole.len());
        }
    }
}

/// A disk that sleeps, or a machine that has too much to do: nothing is wrong with the file.
#[test]
fn a_file_that_does_not_begin_in_time_is_slow_and_not_damaged() {
    let mut player = Player::fast();
    let good = encoded(player.folder.path(), "good", "flac", &sine(0, 44_100));
    let slow = player.path("slow.flac");
    std::fs::copy(&good, &slow).unwrap();
    // At this rate what follows is opened only once its turn comes; until then a pipe takes the place of what was admitted.
    player.say(&Order::Rate { rate: 2.0 });
    player.load(1, &good, 0, false);
    player.follow(1, Some(super::harness::track(2, &slow)));
    player.loaded(1);
    player.ping(1);
    std::fs::remove_file(&slow).unwrap();
    super::sound::run("mkfifo", &[slow.to_str().unwrap()]);
    let mut pipe = std::fs::File::options().read(true).write(true).open(&slow).unwrap();
    player.say(&Order::Play);
    let (cause, sentence) = player.failed(2);
    assert_eq!(cause, Cause::Slow, "{sentence}");
    assert!(is_for_a_driver(&sentence), "{sentence:?}");
    // Told while the disk sleeps on; the player is of use again once it wakes.
    pipe.write_all(&std::fs::read(&good).unwrap()).unwrap();
    drop(pipe);
    player.play_through(3, &good);
}

/// Bits that flipped in the middle are heard, but do not end it.
#[test]
fn a_spoilt_middle_is_passed_over() {
    let mut player = Player::fast();
    for (id, format) in ["flac", "ogg", "mp3"].iter().enumerate() {
        let id = id as u64;
        let file = encoded(player.folder.path(), "spoilt", format, &sine(0, 400_000));
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 3_000] {
            *byte = byte.wrapping_mul(29).wrapping_add(101);
        }
        std::fs::write(&file, bytes).unwrap();
        player.load(id, &file, 0, true);
        player.follow(id, None);
        player.until(
            "an end",
            |event| matches!(event, Event::Ended { id: of } | Event::Failed { id: of, .. } if *of == id),
        );
        player.ping(id);
    }
}

/// The one that sounds goes on when the one that should follow is none.
#[test]
fn a_bad_successor_is_told_and_does_not_harm_what_sounds() {
    let mut player = Player::fast();
    let good = encoded(player.folder.path(), "good", "flac", &sine(0, 200_000));
    let bad = player.path("bad.mp3");
    std::fs::write(&bad, "no song at all, in many words\n".repeat(900)).unwrap();
    player.load(1, &good, 0, true);
    player.follow(1, Some(super::harness::track(2, &bad)));
    let (cause, _) = player.failed(2);
    assert_eq!(cause, Cause::Unsupported);
    player.follow(1, None);
    player.until("the end", |event| matches!(event, Event::Ended { .. } | Event::Failed { .. }));
    assert_eq!(player.heard.last(), Some(&Event::Ended { id: 1 }), "{:?}", player.heard);

    player.load(3, &good, 0, false);
    player.loaded(3);
    player.follow(3, Some(super::harness::track(4, Path::new("/nowhere/at/all.mp3"))));
    assert_eq!(player.failed(4).0, Cause::NotFound);
    let heard = player.recording();
    assert!(heard.len() >= 200_000, "{}", heard.len());
}

#[test]
fn garbage_is_told_in_one_line_each_and_orders_go_on() {
    let mut player = Player::fast();
    player.raw(b"\n\xff\xfe\0\n{}\n[1,2]\n{\"order\":\"explode\"}\n{\"order\":\"seek\",\"position_us\":1e400}\n");
    player.ping(1);
    let (status, complaints) = player.close();
    assert!(status.success());
    assert_eq!(complaints.lines().count(), 5, "{complaints}");
}

#[test]
fn a_line_too_long_ends_the_conversation() {
    let mut player = Player::fast();
    player.raw(&vec![b'x'; MAX_LINE + 1]);
    let (status, complaints) = player.wait();
    assert_eq!(status.code(), Some(2));
    assert_eq!(complaints.lines().count(), 1, "{complaints}");
}
