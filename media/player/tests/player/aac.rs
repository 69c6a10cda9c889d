//! AAC, by whichever decoder is here.

use super::gapless::{CUT, END, joined};
use super::harness::Player;
use super::sound::{AMPLITUDE, encoded, sine};
use tandem_player::protocol::Order;

/// Samples that are decoded together.
const BLOCK: usize = 1_024;

/// How far these samples are from those of the sine from there on.
#[track_caller]
fn is_sine(heard: &[i16], from: usize) {
    let expected = sine(from, from + heard.len());
    let worst = heard.iter().zip(&expected).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()).max().unwrap();
    assert!(f64::from(worst) < AMPLITUDE / 20.0, "off by {worst}");
}

/// What of an M4A file is music, its edit list says: the encoder's run-up before it and the rest of the last block are not heard. The join itself is no part of the
/// format: the encoder of the second file did not hear the first.
#[test]
fn two_m4a_files_are_joined_to_the_sample() {
    let heard = joined("m4a");
    assert!(heard.len().abs_diff(END) <= 2, "{} of {END} samples", heard.len());
    for at in [4 * BLOCK, CUT / 2, CUT - 4 * BLOCK, CUT + 4 * BLOCK, END - 4 * BLOCK] {
        is_sine(&heard[at..at + BLOCK], at);
    }
    let silent = heard.windows(200).any(|window| window.iter().all(|sample| sample.unsigned_abs() < 300));
    assert!(!silent, "a hole");
}

/// Without a container nobody says what is music; nothing of it is lost, and what the encoder needed is less than two blocks.
#[test]
fn two_files_without_a_container_follow_each_other_whole() {
    let heard = joined("aac");
    assert!((END..END + 4 * BLOCK).contains(&heard.len()), "{} of {END} samples", heard.len());
    let silent = heard.windows(2 * BLOCK).any(|window| window.iter().all(|sample| sample.unsigned_abs() < 300));
    assert!(!silent, "a hole");
}

/// The first block after a jump has nothing before it to be decoded with.
#[test]
fn a_jump_is_in_time_and_a_block_late_at_most() {
    let mut player = Player::fast();
    let end = 300_000;
    let file = encoded(player.folder.path(), "song", "m4a", &sine(0, end));
    player.load(1, &file, 0, false);
    player.loaded(1);
    for position_us in [1_000_000, 0, 5_000_000] {
        player.say(&Order::Seek { position_us });
        assert_eq!(player.seeked(1), position_us);
    }
    player.follow(1, None);
    player.say(&Order::Play);
    player.ended(1);
    let heard = player.recording();
    let whole = end - 220_500;
    assert!((whole - 2 * BLOCK..=whole + 2).contains(&heard.len()), "{} of {whole} samples", heard.len());
    let rest = heard.len().min(whole) - 8 * BLOCK;
    is_sine(&heard[heard.len() - rest..heard.len() - BLOCK], end - rest);
}
