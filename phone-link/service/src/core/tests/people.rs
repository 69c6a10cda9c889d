use super::*;

fn always(world: &mut World, name: &str) {
    world.core.set_automatic(world.at(), id(name).as_str(), "media", "always").unwrap();
}

#[test]
fn who_wished_it_finds_the_podcast_going_on() {
    let mut world = World::new();
    let link = world.paired("pixel");
    always(&mut world, "pixel");
    world.plays(link, 10_000, Some("track:1"));
    assert_eq!(world.session("media").stage, "offered", "nobody is known to be in the car yet");
    world.wait(2.0);
    assert_eq!(world.session("media").stage, "pausing");
}

#[test]
fn who_did_not_wish_it_is_asked() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 10_000, Some("track:1"));
    world.wait(10.0);
    assert_eq!((world.phone("pixel").presence.as_str(), world.session("media").stage.as_str()), ("in", "offered"));
}

#[test]
fn of_two_phones_the_first_in_rank_has_it_and_the_other_is_left_alone() {
    let mut world = World::new();
    let first = world.paired("pixel");
    let second = world.paired("nokia");
    always(&mut world, "pixel");
    always(&mut world, "nokia");
    world.core.prefer(world.at(), id("nokia").as_str()).unwrap();
    assert_eq!((world.phone("nokia").rank, world.phone("pixel").rank), (1, 2));
    world.plays(first, 1_000, Some("track:1"));
    world.plays(second, 2_000, Some("track:2"));
    world.wait(2.0);
    let stages: Vec<_> = world.sessions("media").into_iter().map(|it| (it.phone_name, it.stage)).collect();
    assert!(stages.contains(&("nokia".into(), "pausing".into())), "{stages:?}");
    assert!(stages.contains(&("pixel".into(), "offered".into())), "{stages:?}");
    world.pauses(second, 2_500);
    world.car("track:2", true, 2_500);
    world.wait(30.0);
    let stages: Vec<_> = world.sessions("media").into_iter().map(|it| (it.phone_name, it.stage)).collect();
    assert!(stages.contains(&("pixel".into(), "offered".into())), "nobody grabs: {stages:?}");
}

#[test]
fn who_gets_out_has_it_back_and_silent() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.wait(2.0);
    let held = world.held(link);
    let cabin = Cabin { ignition_on: Some(false), driver_door_open: Some(true), driver_belted: Some(false) };
    world.vehicle(Vehicle { cabin, ..parked() });
    assert_eq!(world.session("media").stage, "releasing");
    let seen = CarSeen { item: "track:1".into(), sounding: false, position_ms: 90_000 };
    world.core.car_paused(world.at(), &held.id, 1, seen);
    let at = asked(MprisRequest::SetPosition { player: PLAYER.into(), position_ms: 90_000 });
    let ask = asked(MprisRequest::State { player: PLAYER.into() });
    assert_eq!(world.told(link), [at, ask], "it is put there, and does not begin to sound in a pocket");
}

#[test]
fn a_phone_is_announced_to_when_somebody_comes() {
    let mut world = World::new();
    world.vehicle(Vehicle {
        cabin: Cabin { ignition_on: Some(false), driver_door_open: Some(false), ..Cabin::default() },
        ..parked()
    });
    world.deeds();
    world.vehicle(Vehicle {
        cabin: Cabin { ignition_on: Some(false), driver_door_open: Some(true), ..Cabin::default() },
        ..parked()
    });
    assert!(world.deeds().contains(&Effect::Announce));
    world.vehicle(parked());
    assert!(world.deeds().contains(&Effect::Announce));
}

#[test]
fn what_nobody_wants_now_is_put_away_until_it_plays_again() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 60_000, Some("track:1"));
    let id = world.session("media").id;
    assert!(matches!(world.core.dismiss(world.at(), &id), Err(Refusal::NotNow(_))), "it sounds");
    world.state(link, false, 61_000);
    world.core.dismiss(world.at(), &id).unwrap();
    assert!(world.sessions("media").is_empty());
    world.state(link, false, 61_000);
    assert!(world.sessions("media").is_empty(), "it has nothing new to say");
    world.state(link, true, 61_000);
    assert_eq!(world.session("media").id, id);
}
