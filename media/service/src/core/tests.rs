mod chance;
mod story;

use insta::assert_snapshot;
use story::{Story, seconds};
use tandem_player::protocol::{Cause, Event, FILE_PATIENCE};

use crate::state::{Place, Repeat, Status};

#[test]
fn a_queue_plays_without_a_gap_and_ends() {
    let mut story = Story::new();
    story.queue(&["one", "two"]);
    story.hear(seconds(100));
    story.hear(seconds(120));
    assert_snapshot!(story.log());
}

#[test]
fn pause_seek_and_previous() {
    let mut story = Story::new();
    story.queue(&["one", "two"]);
    story.hear(seconds(10));
    story.wish("pause", |core, now| core.pause(now));
    story.wish("forward by 20 s", |core, now| core.seek_by(now, 20_000_000));
    story.wish("play", |core, now| core.play(now));
    story.hear(seconds(2));
    story.wish("back beyond the start", |core, now| core.seek_by(now, -99_000_000));
    story.hear(seconds(1));
    story.wish("forward past the end", |core, now| core.seek_by(now, 100_000_000));
    story.hear(seconds(4));
    story.wish("previous", |core, now| core.previous(now));
    story.hear(seconds(1));
    story.wish("previous again", |core, now| core.previous(now));
    story.wish("to a place of another entry", |core, now| core.seek_to(now, 2, 5_000_000));
    story.wish("to a place outside", |core, now| core.seek_to(now, 1, 500_000_000));
    story.wish("to a place", |core, now| core.seek_to(now, 1, 5_000_000));
    assert_snapshot!(story.log());
}

#[test]
fn the_queue_is_changed_after_the_next_was_committed() {
    let mut story = Story::new();
    story.queue(&["one", "two", "three"]);
    story.hear(seconds(1));
    story.wish("remove two", |core, now| core.remove(now, 2).unwrap());
    story.wish("shuffle", |core, _| core.set_shuffle(true));
    story.wish("repeat one", |core, _| core.set_repeat(Repeat::Track));
    story.hear(seconds(100));
    story.wish("repeat none", |core, _| core.set_repeat(Repeat::None));
    story.hear(seconds(100));
    assert_snapshot!(story.log());
}

#[test]
fn what_does_not_decode_is_passed_over_and_told() {
    let mut story = Story::new();
    story.spoil("two", Cause::Damaged);
    story.queue(&["one", "two", "three"]);
    story.hear(seconds(101));
    story.wish("previous", |core, now| core.previous(now));
    story.wish("two all the same", |core, now| core.jump_to(now, 2).unwrap());
    assert_snapshot!(story.log());
}

#[test]
fn a_queue_of_nothing_but_broken_tracks_ends() {
    let mut story = Story::new();
    for name in ["one", "two", "three"] {
        story.spoil(name, Cause::Unsupported);
    }
    story.wish("repeat all", |core, _| core.set_repeat(Repeat::Playlist));
    story.queue(&["one", "two", "three"]);
    story.wish("play", |core, now| core.play(now));
    assert_snapshot!(story.log());
}

#[test]
fn what_is_slow_to_begin_is_passed_over_unmarked_and_plays_when_it_is_asked_for_again() {
    let mut story = Story::new();
    story.spoil("two", Cause::Slow);
    story.queue(&["one", "two", "three"]);
    story.hear(seconds(101));
    story.mend("two");
    story.wish("two all the same", |core, now| core.jump_to(now, 2).unwrap());
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn of_a_queue_of_slow_tracks_three_are_tried() {
    let mut story = Story::new();
    let names = ["usb/one", "two", "three", "four", "five"];
    for name in names {
        story.spoil(name, Cause::Slow);
    }
    story.wish("repeat all", |core, _| core.set_repeat(Repeat::Playlist));
    story.queue(&names);
    for name in names {
        story.mend(name);
    }
    story.wish("play", |core, now| core.play(now));
    story.hear(seconds(350));
    assert_snapshot!(story.log());
}

#[test]
fn slow_tracks_with_one_between_them_that_plays_end_nothing() {
    let mut story = Story::new();
    for name in ["one", "two", "four", "five"] {
        story.spoil(name, Cause::Slow);
    }
    story.queue(&["one", "two", "three", "four", "five", "six"]);
    story.hear(seconds(101));
    assert_eq!((story.core.queue().current(), story.core.shown_status()), (Some(6), Status::Playing));
}

#[test]
fn a_slow_disk_is_not_asked_whether_it_is_there() {
    let mut story = Story::new();
    story.queue(&["usb/one", "two"]);
    story.hear(seconds(1));
    story.pull_unseen();
    story.fail(Cause::Slow, "Slow");
    assert_eq!((story.core.queue().current(), story.core.waits()), (Some(2), false));
}

#[test]
fn a_player_that_hangs_on_a_sleeping_disk_is_waited_for_and_the_file_is_slow() {
    let mut story = Story::new();
    story.lull("one");
    story.queue(&["one", "two"]);
    story.hear(FILE_PATIENCE * 3);
    assert_snapshot!(story.log());
}

#[test]
fn a_player_that_waits_for_the_disk_of_what_failed_is_no_fault_of_what_comes_after() {
    let mut story = Story::new();
    story.stall();
    story.queue(&["one", "two"]);
    story.hear(FILE_PATIENCE);
    story.hang();
    story.hears(Event::Failed { id: 1, cause: Cause::Slow, sentence: "It did not begin".into() });
    story.hear(seconds(5));
    story.die();
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn a_player_that_takes_its_time_with_a_file_hangs_only_if_it_does_not_give_it_up() {
    let mut story = Story::new();
    story.stall();
    story.queue(&["one", "two"]);
    story.hear(FILE_PATIENCE + seconds(1));
    story.hears(Event::Failed { id: 1, cause: Cause::Slow, sentence: "It did not begin".into() });
    story.hear(FILE_PATIENCE + seconds(3));
    assert_snapshot!(story.log());
}

#[test]
fn a_stick_is_pulled_and_comes_back() {
    let mut story = Story::new();
    story.queue(&["usb/one", "usb/two"]);
    story.hear(seconds(12));
    story.pull();
    story.hear(seconds(30));
    story.put_back();
    story.hear(seconds(3));
    assert_snapshot!(story.log());
}

#[test]
fn a_stick_comes_while_the_library_is_asked() {
    let mut story = Story::new();
    story.pull_unseen();
    story.put_back_while_the_library_is_asked();
    story.queue(&["usb/one", "usb/two"]);
    assert_eq!((story.core.shown_status(), story.core.waits()), (Status::Playing, false), "{:?}", story.core.why);
}

#[test]
fn a_stick_is_pulled_and_the_file_fails_before_the_stick_is_missed() {
    let mut story = Story::new();
    story.queue(&["usb/one"]);
    story.hear(seconds(12));
    story.pull_unseen();
    story.fail(Cause::Damaged, "It is cut");
    story.put_back();
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn a_stick_is_pulled_and_something_else_is_chosen() {
    let mut story = Story::new();
    story.queue(&["usb/one", "usb/two", "three"]);
    story.hear(seconds(1));
    story.pull();
    story.wish("next", |core, now| core.next(now));
    story.hear(seconds(1));
    story.put_back();
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn the_player_dies_and_hangs() {
    let mut story = Story::new();
    story.queue(&["one", "two"]);
    story.hear(seconds(20));
    story.die();
    story.hear(seconds(20));
    story.hang();
    story.hear(seconds(3));
    story.die();
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn a_player_that_does_not_start_is_tried_again() {
    let mut story = Story::without_player();
    story.queue(&["one"]);
    story.hear(seconds(9));
    story.mend_player();
    story.hear(seconds(9));
    assert_snapshot!(story.log());
}

#[test]
fn a_sound_device_goes_and_comes() {
    let mut story = Story::new();
    story.queue(&["one"]);
    story.hear(seconds(5));
    story.spoil("one", Cause::Device);
    assert_eq!(story.core.sink(), "pipewire");
    story.fail(Cause::Device, "gone");
    story.hear(seconds(8));
    assert_eq!(story.core.sink(), "null");
    story.wish("pause", |core, now| core.pause(now));
    story.hear(seconds(8));
    story.wish("play", |core, now| core.play(now));
    story.mend("one");
    story.hear(seconds(8));
    assert_eq!(story.core.sink(), "pipewire");
    assert_snapshot!(story.log());
}

#[test]
fn a_station_plays_is_lost_in_a_tunnel_and_comes_back() {
    let mut story = Story::new();
    story.queue(&["radio/wave", "one"]);
    story.title("Somebody - A song");
    story.hear(seconds(30));
    story.spoil("radio/wave", Cause::Network);
    story.fail(Cause::Network, "The server does not answer");
    story.hear(seconds(9));
    story.mend("radio/wave");
    story.hear(seconds(20));
    story.wish("seek", |core, now| core.seek_by(now, -5_000_000));
    story.wish("pause", |core, now| core.pause(now));
    story.wish("play", |core, now| core.play(now));
    story.wish("next", |core, now| core.next(now));
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn an_episode_goes_on_where_it_was_left() {
    let mut story = Story::new();
    story.left_at("episode/one", 40);
    story.left_at("episode/two", 95);
    story.queue(&["episode/one", "episode/two"]);
    story.hear(seconds(6));
    story.wish("next", |core, now| core.next(now));
    assert_snapshot!(story.log());
}

#[test]
fn an_episode_that_cannot_be_jumped_in_stands_at_its_start() {
    let mut story = Story::new();
    story.left_at("episode/one", 40);
    story.queue(&["episode/one"]);
    assert!(story.core.position(story.now) >= 40_000_000);
    story.hears(Event::Loaded { id: 1, duration_us: Some(100_000_000), seekable: false });
    assert_eq!(story.core.position(story.now), 0, "its server sends it from the start");
    assert!(!story.core.can_seek());
}

#[test]
fn a_player_that_has_become_large_is_started_anew_when_nothing_sounds() {
    let mut story = Story::new();
    story.queue(&["one", "two"]);
    story.codec("MPEG-4 AAC");
    story.hear(seconds(70));
    story.wish("pause", |core, now| core.pause(now));
    story.hear(seconds(130));
    story.wish("play", |core, now| core.play(now));
    story.hear(seconds(1));
    story.wish("stop", |core, now| core.stop(now));
    story.hear(seconds(70));
    assert_snapshot!(story.log());
}

#[test]
fn a_small_player_stays() {
    let mut story = Story::new();
    story.queue(&["one"]);
    story.codec("FLAC");
    story.wish("pause", |core, now| core.pause(now));
    story.hear(seconds(200));
    assert_snapshot!(story.log());
}

#[test]
fn a_cover_that_is_found_late_is_asked_for_and_disturbs_nothing() {
    let mut story = Story::new();
    story.track(1);
    story.hear(seconds(3));
    story.look_anew();
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn where_nothing_else_plays_the_first_whose_stick_is_away_is_waited_for() {
    let mut story = Story::new();
    story.pull();
    story.queue(&["three", "usb/one", "usb/two"]);
    story.hear(seconds(1));
    story.wish("next", |core, now| core.next(now));
    story.put_back();
    story.hear(seconds(1));
    assert_snapshot!(story.log());
}

#[test]
fn what_is_to_follow_fails_because_its_stick_is_gone() {
    let mut story = Story::new();
    story.queue(&["three", "usb/one"]);
    story.hear(seconds(1));
    story.pull_unseen();
    story.hears(Event::Failed { id: 2, cause: Cause::Damaged, sentence: "It is cut".into() });
    story.hear(seconds(100));
    assert_snapshot!(story.log());
}

#[test]
fn senseless_wishes_do_nothing() {
    let mut story = Story::new();
    story.wish("play", |core, now| core.play(now));
    story.wish("pause", |core, now| core.pause(now));
    story.wish("next", |core, now| core.next(now));
    story.wish("previous", |core, now| core.previous(now));
    story.wish("stop", |core, now| core.stop(now));
    story.wish("an empty queue", |core, now| {
        assert_eq!(core.enqueue(now, Vec::new(), Place::Instead { index: 3, position_us: i64::MIN }), Ok(0));
    });
    story.wish("no volume", |core, _| core.set_volume(f64::NAN));
    story.wish("too loud", |core, _| core.set_volume(f64::INFINITY));
    story.wish("below nothing", |core, _| core.set_volume(-3.0));
    story.wish("no rate", |core, now| core.set_rate(now, f64::NAN));
    story.wish("too fast", |core, now| core.set_rate(now, 1e300));
    story.queue(&["one"]);
    story.wish("forward for ever", |core, now| core.seek_by(now, i64::MAX));
    assert_snapshot!(story.log());
}

#[test]
fn volume_keys_go_by_steps_and_a_mute_remembers() {
    let mut core = crate::core::Core::new(crate::queue::Queue::new(1), seconds(0));
    core.set_volume(0.9);
    for expected in [0.95, 1.0, 1.0] {
        core.change_volume(0.05);
        assert_eq!(core.volume, expected);
    }
    core.mute();
    assert_eq!(core.volume, 0.0);
    core.mute();
    assert_eq!(core.volume, 1.0);
    // Louder out of silence is one step from where it was; set by somebody else, the mute is forgotten.
    core.mute();
    core.change_volume(-0.05);
    assert_eq!(core.volume, 0.95);
    core.mute();
    core.set_volume(0.3);
    core.mute();
    assert_eq!(core.volume, 0.0);
    core.mute();
    assert_eq!(core.volume, 0.3);
}
