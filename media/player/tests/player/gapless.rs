//! One sine, cut in the middle of a wave into two files, is one sine again.

use super::harness::{Player, track};
use super::sound::{self, encoded, largest_step, natural_step, sine};
use tandem_player::protocol::Event;

/// No multiple of any codec's block.
pub const CUT: usize = 88_211;
pub const END: usize = 176_407;

pub fn joined(format: &str) -> Vec<i16> {
    let mut player = Player::fast();
    let first = encoded(player.folder.path(), "first", format, &sine(0, CUT));
    let second = encoded(player.folder.path(), "second", format, &sine(CUT, END));
    player.load(1, &first, 0, true);
    player.wants_next(1);
    player.follow(1, Some(track(2, &second)));
    player.started(2);
    player.follow(2, None);
    player.ended(2);
    let order: Vec<_> = player
        .heard
        .iter()
        .filter_map(|event| match event {
            Event::Started { id, .. } => Some(("started", *id)),
            Event::Ended { id } => Some(("ended", *id)),
            Event::Failed { id, .. } => Some(("failed", *id)),
            _ => None,
        })
        .collect();
    assert_eq!(order, [("started", 1), ("started", 2), ("ended", 2)]);
    player.recording()
}

#[test]
fn wav_flac_and_apple_lossless_are_joined_to_the_bit() {
    for format in ["wav", "flac", "alac"] {
        let heard = joined(format);
        assert_eq!(heard.len(), END, "{format}: samples missing or added");
        assert!(heard == sine(0, END), "{format}: not the samples that were cut");
    }
}

#[test]
fn vorbis_is_joined_to_the_sample() {
    let heard = joined("ogg");
    assert_eq!(heard.len(), END, "samples missing or added");
    assert!(largest_step(&heard) < natural_step() * 5 / 4, "a click at the join: {}", largest_step(&heard));
}

/// Both carry how much their encoder padded, but a join is not part of either format: the encoder of the second file did not hear the first.
#[test]
fn mp3_and_opus_lose_and_add_next_to_nothing() {
    for format in ["mp3", "opus"] {
        let heard = joined(format);
        assert!(heard.len().abs_diff(END) <= 2, "{format}: {} of {END} samples", heard.len());
        let silent = heard.windows(200).any(|window| window.iter().all(|sample| sample.unsigned_abs() < 300));
        assert!(!silent, "{format}: a hole");
    }
}

/// GStreamer asks for the third before the first has been heard.
#[test]
fn files_that_are_shorter_than_what_is_read_ahead_stay_in_order() {
    let mut player = Player::fast();
    let pieces = 12;
    let length = 3_001;
    let files: Vec<_> = (0..pieces)
        .map(|piece| {
            encoded(player.folder.path(), &format!("p{piece}"), "flac", &sine(piece * length, (piece + 1) * length))
        })
        .collect();
    player.load(0, &files[0], 0, true);
    for piece in 0..pieces as u64 {
        player.wants_next(piece);
        player.follow(piece, files.get(piece as usize + 1).map(|file| track(piece + 1, file)));
    }
    player.ended(pieces as u64 - 1);
    let started: Vec<_> = player
        .heard
        .iter()
        .filter_map(|event| if let Event::Started { id, .. } = event { Some(*id) } else { None })
        .collect();
    assert_eq!(started, (0..pieces as u64).collect::<Vec<_>>());
    let heard = player.recording();
    assert_eq!(heard.len(), pieces * length);
    assert!(heard == sine(0, pieces * length));
}

/// The rule above the sample: what the service said last is what follows, even if another was committed.
#[test]
fn a_change_of_mind_after_the_commitment_is_heard() {
    let mut player = Player::paced();
    let first = encoded(player.folder.path(), "first", "flac", &sine(0, 44_100));
    let second = encoded(player.folder.path(), "second", "flac", &sine(44_100, 88_200));
    let silence = encoded(player.folder.path(), "silence", "flac", &vec![0; 22_050]);
    player.follow(1, Some(track(9, &second)));
    player.load(1, &first, 0, true);
    player.wants_next(1);
    player.follow(1, Some(track(2, &silence)));
    // It asks once more only for what follows what follows, so the wrong one is committed by now.
    player.wants_next(2);
    player.follow(1, Some(track(3, &second)));
    player.started(3);
    player.follow(3, None);
    player.ended(3);
    assert!(!player.heard.iter().any(|event| matches!(event, Event::Started { id: 2 | 9, .. })), "{:?}", player.heard);
    let heard = player.recording();
    assert!(heard.len() >= 88_200, "nothing of either is lost: {}", heard.len());
    assert!(largest_step(&heard) <= natural_step() + 2, "a click: {}", largest_step(&heard));
    assert!(heard.ends_with(&sine(44_100, 88_200)[2_000..]), "the second is whole");
}

#[test]
fn the_successor_may_be_withdrawn_after_it_was_committed() {
    let mut player = Player::fast();
    let first = encoded(player.folder.path(), "first", "wav", &sine(0, 200_000));
    let second = encoded(player.folder.path(), "second", "wav", &sine(0, 40_000));
    player.load(1, &first, 0, false);
    player.loaded(1);
    player.follow(1, Some(track(2, &second)));
    player.ping(1);
    player.follow(1, None);
    player.say(&tandem_player::protocol::Order::Play);
    player.ended(1);
    assert_eq!(player.recording().len(), 200_000);
}

/// The rate of a device is one; files come in several.
#[test]
fn a_file_of_another_rate_follows_without_a_gap() {
    let mut player = Player::fast();
    let first = encoded(player.folder.path(), "first", "wav", &sine(0, 44_100));
    let second = player.path("second.wav");
    let mut bytes = std::fs::read(sound::wav(&second, &sine(0, 48_000))).unwrap();
    bytes[24..28].copy_from_slice(&48_000_u32.to_le_bytes());
    bytes[28..32].copy_from_slice(&192_000_u32.to_le_bytes());
    std::fs::write(&second, bytes).unwrap();
    player.load(1, &first, 0, true);
    player.wants_next(1);
    player.follow(1, Some(track(2, &second)));
    player.follow(2, None);
    player.ended(2);
    let heard = player.recording();
    assert!(heard.len().abs_diff(88_200) <= 2, "{}", heard.len());
}
