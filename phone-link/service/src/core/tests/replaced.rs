//! Connections that a newer one of the same phone replaces in the middle of something: phones dial again whenever they hear of the car.

use tandem_kdeconnect::Action;

use super::*;

fn paused_at(world: &mut World, session: &str, position_ms: i64) {
    let deeds = world.deeds();
    let number = deeds.iter().find_map(|it| if let Effect::Pause { number, .. } = it { Some(*number) } else { None });
    let seen = CarSeen { item: "track:1".into(), sounding: false, position_ms };
    world.core.car_paused(world.at(), session, number.expect("the car is told to pause"), seen);
}

#[test]
fn a_give_back_goes_on_over_the_newer_connection() {
    let place = asked(MprisRequest::SetPosition { player: PLAYER.into(), position_ms: 80_000 });
    let mut world = World::new();
    let link = world.paired("pixel");
    let held = world.held(link);
    world.core.release(world.at(), &held.id).unwrap();
    // Before the car was seen silent.
    let newer = world.come("pixel", true, 8);
    paused_at(&mut world, &held.id, 80_000);
    let told = world.told(newer);
    assert!(told.contains(&place) && told.contains(&ordered(Action::Play)), "{told:?}");

    // And after the phone was told, over a connection that was dead already.
    let newest = world.come("pixel", true, 8);
    assert_eq!(world.session("media").stage, "owed");
    world.deeds();
    world.pauses(newest, 61_000);
    let told = world.told(newest);
    assert!(told.contains(&place) && told.contains(&ordered(Action::Play)), "{told:?}");
    world.state(newest, true, 80_000);
    assert_eq!(world.session("media").stage, "offered");
}

#[test]
fn a_phone_that_plays_already_is_not_told_to_again() {
    let mut world = World::new();
    let link = world.paired("pixel");
    let held = world.held(link);
    world.core.release(world.at(), &held.id).unwrap();
    paused_at(&mut world, &held.id, 80_000);
    let newer = world.come("pixel", true, 8);
    world.deeds();
    world.says(newer, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
    world.state(newer, true, 80_100);
    assert!(!world.told(newer).contains(&ordered(Action::Play)));
    assert_eq!(world.session("media").stage, "offered");
}

#[test]
fn two_taps_on_give_back_are_one_wish_and_who_gets_out_wants_silence() {
    for (gets_out, sounds) in [(false, true), (true, false)] {
        let mut world = World::new();
        let link = world.paired("pixel");
        let held = world.held(link);
        world.core.release(world.at(), &held.id).unwrap();
        world.core.release(world.at(), &held.id).unwrap();
        if gets_out {
            world.core.release_all(&id("pixel"), false);
        }
        paused_at(&mut world, &held.id, 80_000);
        assert_eq!(world.told(link).contains(&ordered(Action::Play)), sounds);
    }
}

#[test]
fn a_claim_is_made_again_over_the_newer_connection() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 60_000, Some("track:1"));
    let offered = world.session("media");
    world.core.claim(world.at(), &offered.id).unwrap();
    assert_eq!(world.session("media").stage, "pausing");
    world.deeds();
    let newer = world.come("pixel", true, 8);
    assert_eq!(world.session("media").stage, "pausing", "nobody here lost anything");
    assert!(world.told(newer).contains(&ordered(Action::Pause)));
    world.pauses(newer, 61_000);
    assert!(world.deeds().iter().any(|it| matches!(it, Effect::Play { position_ms: 61_000, .. })));
    // One that is lost is lost.
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 60_000, Some("track:1"));
    let offered = world.session("media");
    world.core.claim(world.at(), &offered.id).unwrap();
    world.core.link_down(world.at(), link);
    world.deeds();
    let newer = world.come("pixel", true, 8);
    assert!(!world.told(newer).contains(&ordered(Action::Pause)));
}

#[test]
fn a_claim_that_was_made_again_and_fails_lets_the_phone_play_again() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 60_000, Some("track:1"));
    let offered = world.session("media");
    world.core.claim(world.at(), &offered.id).unwrap();
    let newer = world.come("pixel", true, 8);
    world.pauses(newer, 61_000);
    world.deeds();
    // The car does not start.
    world.wait(3.0);
    paused_at(&mut world, &offered.id, 0);
    assert!(world.told(newer).contains(&ordered(Action::Play)), "it was paused for nothing");
}
