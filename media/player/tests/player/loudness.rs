//! ReplayGain, from the tags of the file.

use super::harness::{Player, track};
use super::sound::{RATE, encoded, level, run, sine};
use tandem_player::protocol::{Order, ReplayGain};

fn decibels(of: f64, to: f64) -> f64 {
    20.0 * (of / to).log10()
}

/// What is heard of one file whose tags say -6 dB for the track and -3 dB for the album.
fn heard(mode: ReplayGain) -> Vec<i16> {
    let mut player = Player::fast();
    let file = encoded(player.folder.path(), "song", "flac", &sine(0, RATE));
    run(
        "metaflac",
        &[
            "--set-tag=REPLAYGAIN_TRACK_GAIN=-6.00 dB",
            "--set-tag=REPLAYGAIN_TRACK_PEAK=0.5",
            "--set-tag=REPLAYGAIN_ALBUM_GAIN=-3.00 dB",
            "--set-tag=REPLAYGAIN_ALBUM_PEAK=0.5",
            file.to_str().unwrap(),
        ],
    );
    player.say(&Order::Gain { mode });
    player.play_through(1, &file);
    player.recording()
}

#[test]
fn replay_gain_is_exact_to_a_tenth_of_a_decibel() {
    let plain = level(&sine(0, RATE));
    assert!(heard(ReplayGain::Off) == sine(0, RATE), "off changes not one sample");
    for (mode, gain) in [(ReplayGain::Track, -6.0), (ReplayGain::Album, -3.0)] {
        let heard = heard(mode);
        assert_eq!(heard.len(), RATE);
        let found = decibels(level(&heard), plain);
        assert!((found - gain).abs() < 0.1, "{mode:?}: {found} dB");
    }
}

#[test]
fn each_track_has_its_own_gain_across_a_join() {
    let mut player = Player::fast();
    let first = encoded(player.folder.path(), "first", "flac", &sine(0, RATE));
    let second = encoded(player.folder.path(), "second", "flac", &sine(RATE, 2 * RATE));
    for (file, gain) in [(&first, "-9.00 dB"), (&second, "-3.00 dB")] {
        run("metaflac", &[&format!("--set-tag=REPLAYGAIN_TRACK_GAIN={gain}"), file.to_str().unwrap()]);
    }
    player.say(&Order::Gain { mode: ReplayGain::Track });
    player.load(1, &first, 0, true);
    player.follow(1, Some(track(2, &second)));
    player.started(2);
    player.follow(2, None);
    player.ended(2);
    let heard = player.recording();
    assert_eq!(heard.len(), 2 * RATE);
    let plain = level(&sine(0, RATE));
    for (part, gain) in [(&heard[..RATE], -9.0), (&heard[RATE..], -3.0)] {
        let found = decibels(level(part), plain);
        assert!((found - gain).abs() < 0.1, "{found} dB instead of {gain}");
    }
}
