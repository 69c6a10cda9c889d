//! Phones that are connected and do nothing cost no frame.

use i_slint_backend_testing::AccessibleRole;
use tandem_kit::media::Picture;
use tandem_kit::phone::{Phone, Session};
use tandem_kit::{Face, Media, Update};
use tandem_units::{Nanoseconds, Quality};

use crate::music_service::covers;
use crate::phone_service::{address, cafe, phone, podcast};
use crate::phones::home;
use crate::stage::Stage;

fn two() -> [Phone; 2] {
    [phone("ana", "Ana's Pixel", 1), phone("lin", "小林的手机", 2)]
}

/// The service's heartbeat at a second, and whatever the screen wants to be woken for.
fn pass(stage: &mut Stage, second: u64) {
    stage.screen.set_time(Nanoseconds::from_millis(second * 1_000));
    stage.hear(second, Quality::Valid, &[]);
    stage.screen.turn();
    stage.tell(&Update::Time);
    stage.screen.turn();
}

/// How many frames ten seconds cost, once the screen has come to rest: what was begun ends with the next tick of its clock.
fn frames(stage: &mut Stage, from: u64) -> u64 {
    stage.screen.turn();
    pass(stage, from);
    let drawn = stage.screen.frames().drawn;
    for second in from + 1..=from + 10 {
        pass(stage, second);
    }
    stage.screen.frames().drawn - drawn
}

#[test]
fn two_phones_a_paused_session_and_a_destination_draw_nothing() {
    let folder = covers();
    let mut stage = home();
    stage.phones(&two(), false);
    let mut paused = podcast("offered");
    paused.media.art = address(&folder.path().join("0.png"));
    let sessions = [paused, cafe("offered")];
    stage.sessions(&sessions);
    for wanted in stage.wanted.take() {
        stage.tell(&Update::Media(Media::Picture(Picture::make(wanted))));
    }
    assert_eq!((frames(&mut stage, 61), stage.face.wakes_at()), (0, None), "nobody wakes the screen either");

    // What is told again and is the same draws nothing, on either page; what is another is seen.
    for (second, tab, charge) in [(80, "Home", 77), (120, "Phone", 76)] {
        stage.tap(&stage.control(AccessibleRole::Tab, tab));
        // The page comes up.
        frames(&mut stage, second);
        let drawn = stage.screen.frames().drawn;
        let [ana, lin] = two();
        stage.phones(&[ana.clone(), lin.clone()], false);
        stage.sessions(&sessions);
        assert_eq!((frames(&mut stage, second + 11), stage.screen.frames().drawn), (0, drawn), "{tab}");
        stage.phones(&[Phone { charge, ..ana }, lin], false);
        assert_eq!(frames(&mut stage, second + 22), 0, "{tab}");
        let seen = stage.screen.frames().drawn - drawn;
        assert!((1..=2).contains(&seen), "{tab}: {seen} frames, the second if something of the page eases");
        stage.phones(&two(), false);
        frames(&mut stage, second + 33);
    }
}

#[test]
fn a_session_that_plays_is_drawn_once_a_second() {
    let mut stage = home();
    let mut playing: Session = podcast("offered");
    playing.media.playing = true;
    stage.sessions(&[playing]);
    assert_eq!(frames(&mut stage, 61), 10);
}
