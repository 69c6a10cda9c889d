//! Seek, pause, rate and volume, by what was heard.

use super::harness::{Player, track};
use super::sound::{AMPLITUDE, FREQUENCY, RATE, amplitude_at, encoded, largest_step, level, natural_step, sine};
use tandem_player::protocol::{Event, Order};

/// Samples of the longest fade that follows a jump.
const FADED: usize = RATE / 20 + 1;

#[test]
fn a_load_in_the_middle_begins_at_the_very_sample() {
    for format in ["wav", "flac", "ogg"] {
        let mut player = Player::fast();
        let end = 300_000;
        let file = encoded(player.folder.path(), "song", format, &sine(0, end));
        // 4.321 s is sample 190,556.1; the first whole one inside is the next.
        player.load(1, &file, 4_321_000, true);
        let loaded = player.loaded(1);
        assert_eq!(loaded, Event::Loaded { id: 1, duration_us: Some(6_802_721), seekable: true }, "{format}");
        player.follow(1, None);
        player.ended(1);
        let heard = player.recording();
        assert!(heard.len().abs_diff(end - 190_556) <= 1, "{format}: {}", heard.len());
        let rest = &sine(0, end)[end - heard.len() + FADED..];
        let worst = heard[FADED..].iter().zip(rest).map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs()).max().unwrap();
        assert!(worst <= if format == "ogg" { 600 } else { 1 }, "{format}: off by {worst}");
        assert!(largest_step(&heard) <= natural_step() * 5 / 4, "{format}: a click");
    }
}

#[test]
fn a_jump_while_held_is_to_the_sample_in_every_format() {
    for format in ["wav", "flac", "ogg", "mp3", "opus"] {
        let mut player = Player::fast();
        let end = 300_000;
        let file = encoded(player.folder.path(), "song", format, &sine(0, end));
        player.load(1, &file, 0, false);
        player.loaded(1);
        for position_us in [1_000_000, 0, 5_000_000] {
            player.say(&Order::Seek { position_us });
            assert_eq!(player.seeked(1), position_us, "{format}");
        }
        player.follow(1, None);
        player.say(&Order::Play);
        player.ended(1);
        let heard = player.recording();
        assert!(heard.len().abs_diff(end - 220_500) <= 2, "{format}: {}", heard.len());
        let expected = sine(220_500, end);
        if matches!(format, "wav" | "flac") {
            assert_eq!(heard[FADED..], expected[FADED..], "{format}");
        }
    }
}

#[test]
fn a_jump_past_the_end_ends_and_one_before_the_start_is_the_start() {
    let mut player = Player::fast();
    let file = encoded(player.folder.path(), "song", "flac", &sine(0, 44_100));
    player.load(1, &file, 0, false);
    player.loaded(1);
    player.say(&Order::Seek { position_us: -5 });
    assert_eq!(player.seeked(1), 0);
    player.follow(1, None);
    player.say(&Order::Seek { position_us: i64::MAX });
    assert_eq!(player.seeked(1), 1_000_000);
    player.say(&Order::Play);
    player.ended(1);
}

#[test]
fn pause_and_play_fade_and_lose_nothing() {
    let mut player = Player::paced();
    let end = 100_000;
    let file = encoded(player.folder.path(), "song", "flac", &sine(0, end));
    player.load(1, &file, 0, true);
    player.follow(1, None);
    player.position(1, 400_000);
    player.say(&Order::Pause);
    player.sounding(1, false);
    player.say(&Order::Play);
    player.sounding(1, true);
    player.ended(1);
    let heard = player.recording();
    assert!(largest_step(&heard) <= natural_step() + 2, "a click: {}", largest_step(&heard));
    // The silence that was played while the order to hold was under way comes on top.
    assert!(heard.len() >= end, "samples lost: {}", heard.len());
    let quiet = heard.windows(RATE / 100).map(level).fold(f64::MAX, f64::min);
    assert!(quiet < AMPLITUDE / 20.0, "it never fell silent: {quiet}");
    let tail = &sine(0, end)[end - 30_000..];
    assert_eq!(heard[heard.len() - 30_000..], *tail, "what comes after the pause is in its place");
}

#[test]
fn a_pause_near_the_end_keeps_the_successor() {
    let mut player = Player::paced();
    let first = encoded(player.folder.path(), "first", "wav", &sine(0, 40_000));
    let second = encoded(player.folder.path(), "second", "wav", &sine(40_000, 80_000));
    player.load(1, &first, 0, true);
    player.follow(1, Some(track(2, &second)));
    player.started(1);
    player.wants_next(2);
    player.say(&Order::Pause);
    player.sounding(1, false);
    player.say(&Order::Play);
    player.started(2);
    player.follow(2, None);
    player.ended(2);
    let heard = player.recording();
    assert!(heard.len() >= 80_000, "{}", heard.len());
    assert!(largest_step(&heard) <= natural_step() + 2, "a click: {}", largest_step(&heard));
    assert_eq!(heard[heard.len() - 38_000..], sine(42_000, 80_000));
}

#[test]
fn twice_as_fast_is_half_as_long_at_the_same_pitch() {
    for rate in [2.0, 0.5] {
        let mut player = Player::fast();
        let end = 176_400;
        let file = encoded(player.folder.path(), "talk", "flac", &sine(0, end));
        player.say(&Order::Rate { rate });
        player.play_through(1, &file);
        let heard = player.recording();
        let expected = (end as f64 / rate) as usize;
        // The stretcher works in strides of 30 ms and keeps what it would overlap with.
        assert!(heard.len().abs_diff(expected) <= RATE / 12, "{rate}: {} of {expected}", heard.len());
        let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
        let kept = amplitude_at(middle, FREQUENCY);
        assert!(kept > AMPLITUDE * 0.7, "{rate}: the pitch is gone, {kept}");
        for wrong in [FREQUENCY * 2.0, FREQUENCY / 2.0] {
            assert!(amplitude_at(middle, wrong) < AMPLITUDE * 0.1, "{rate}: shifted");
        }
    }
}

#[test]
fn the_rate_may_change_while_it_sounds_and_back() {
    let mut player = Player::paced();
    let file = encoded(player.folder.path(), "talk", "flac", &sine(0, 6 * RATE));
    player.load(1, &file, 0, true);
    player.follow(1, None);
    player.position(1, 300_000);
    player.say(&Order::Rate { rate: 2.0 });
    player.position(1, 3_000_000);
    player.say(&Order::Rate { rate: 1.0 });
    player.position(1, 3_500_000);
    player.say(&Order::Rate { rate: 99.0 });
    player.ended(1);
    let positions: Vec<_> = player
        .heard
        .iter()
        .filter_map(|event| if let Event::Position { position_us, .. } = event { Some(*position_us) } else { None })
        .collect();
    assert!(positions.is_sorted(), "it never went back: {positions:?}");
    let started = player.heard.iter().filter(|event| matches!(event, Event::Started { .. })).count();
    assert_eq!(started, 1, "the same track does not start again");
    let heard = player.recording();
    assert!(heard.len() < 5 * RATE, "{}", heard.len());
}

#[test]
fn the_volume_is_cubic_and_changes_without_a_click() {
    let mut player = Player::paced();
    let file = encoded(player.folder.path(), "song", "wav", &sine(0, 2 * RATE));
    player.load(1, &file, 0, true);
    player.follow(1, None);
    player.position(1, 500_000);
    player.say(&Order::Volume { volume: 0.5 });
    player.ended(1);
    let heard = player.recording();
    assert_eq!(heard.len(), 2 * RATE);
    assert!(largest_step(&heard) <= natural_step() + 2, "a click");
    let ratio = level(&heard[heard.len() - RATE / 2..]) / level(&heard[..RATE / 4]);
    assert!((ratio - 0.125).abs() < 0.002, "{ratio}");
}

#[test]
fn a_skip_while_it_sounds_is_no_click_and_the_new_one_is_whole() {
    let mut player = Player::paced();
    let first = encoded(player.folder.path(), "first", "flac", &sine(0, 4 * RATE));
    let second = encoded(player.folder.path(), "second", "flac", &sine(0, 20_000));
    player.load(1, &first, 0, true);
    player.position(1, 300_000);
    player.load(2, &second, 0, true);
    player.follow(2, None);
    player.ended(2);
    let heard = player.recording();
    assert!(largest_step(&heard) <= natural_step() + 2, "a click: {}", largest_step(&heard));
    assert!(heard.ends_with(&sine(0, 20_000)));
}

#[test]
fn a_finger_on_the_skip_button_does_not_stop_it() {
    let mut player = Player::paced();
    let songs = ["flac", "ogg"].map(|kind| encoded(player.folder.path(), "song", kind, &sine(0, 2 * RATE)));
    for id in 1..=200 {
        player.load(id, &songs[id as usize % 2], 0, true);
        // Each of them is given up at another moment of its load.
        for ping in 0..id % 40 {
            player.ping(1_000 * id + ping);
        }
        if id % 7 == 0 {
            player.say(&Order::Stop);
        }
    }
    player.load(201, &songs[0], 0, true);
    player.started(201);
}

#[test]
fn orders_to_nothing_do_nothing() {
    let mut player = Player::fast();
    for order in [
        Order::Play,
        Order::Pause,
        Order::Stop,
        Order::Seek { position_us: 5 },
        Order::Rate { rate: 0.0 },
        Order::Volume { volume: 7.0 },
        Order::Follow { after: 3, track: None },
    ] {
        player.say(&order);
    }
    player.ping(9);
    assert_eq!(player.heard.len(), 2, "{:?}", player.heard);
    assert_eq!(player.recording().len(), 0);
}
