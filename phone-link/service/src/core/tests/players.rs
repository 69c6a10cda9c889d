//! Players of phones, as everybody on the bus sees and steers them.

use tandem_kdeconnect::{Action, Payload};

use super::*;

fn says_more(world: &mut World, link: LinkId, state: Playing) {
    world.says(link, Message::Mpris(Mpris::State { player: PLAYER.into(), state: Box::new(state) }));
}

#[test]
fn a_player_is_shown_as_the_phone_has_it_also_while_the_car_plays_its_song() {
    let mut world = World::new();
    let link = world.paired("pixel");
    let held = world.held(link);
    let player = world.core.snapshot().players.remove(0);
    assert_eq!(
        (player.session.as_str(), player.app.as_str(), player.phone_name.as_str()),
        (held.id.as_str(), PLAYER, "pixel")
    );
    assert!(!player.playing && held.media.playing, "it is silent, and the car is not");
    assert_eq!((player.position_us(world.now), player.length_us), (61_000_000, 3_600_000_000));
    world.wait(5.0);
    let later = world.core.snapshot().players.remove(0);
    assert_eq!(later, player, "time alone changes nothing");

    world.state(link, true, 61_000);
    let plays = world.core.snapshot().players.remove(0);
    assert_eq!(plays.position_us(world.now + Duration::from_secs(3)), 64_000_000);
    assert_eq!(plays.position_us(world.now + Duration::from_secs(9_000)), 3_600_000_000, "no further than its end");
    world.core.link_down(world.at(), link);
    assert!(world.core.snapshot().players.is_empty(), "who is away plays nothing here");
}

#[test]
fn orders_go_to_the_player_and_steps_as_places() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 10_000, Some("track:1"));
    world.deeds();
    let id = world.session("media").id;
    let place = |position_ms| asked(MprisRequest::SetPosition { player: PLAYER.into(), position_ms });
    let state = || asked(MprisRequest::State { player: PLAYER.into() });
    world.wait(2.0);
    for (order, told) in [
        (Order::Pause, vec![ordered(Action::Pause)]),
        (Order::Next, vec![ordered(Action::Next)]),
        (Order::SetPosition { ms: 5_000 }, vec![place(5_000), state()]),
        (Order::Seek { us: 5_000_000 }, vec![place(17_000), state()]),
        (Order::Seek { us: -60_000_000 }, vec![place(0), state()]),
        (Order::Seek { us: i64::MAX }, vec![place(3_600_000), state()]),
        (
            Order::Volume { percent: 30 },
            vec![asked(MprisRequest::SetVolume { player: PLAYER.into(), volume: 30 }), state()],
        ),
    ] {
        world.core.order(world.at(), &id, order).unwrap();
        assert_eq!(world.told(link), told, "{order:?}");
    }
    assert!(matches!(world.core.order(world.at(), "nobody", Order::Play), Err(Refusal::NotFound(_))));
}

#[test]
fn whoever_is_out_makes_no_noise_in_the_car_but_may_end_it() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.car("track:9", true, 5_000);
    world.core.link_down(world.at(), link);
    let off = Cabin { ignition_on: Some(false), driver_door_open: Some(false), driver_belted: Some(false) };
    world.vehicle(Vehicle { cabin: off, ..parked() });
    world.wait(60.0);
    let link = world.come("pixel", true, 8);
    world.plays(link, 1_000, Some("track:1"));
    world.wait(10.0);
    assert_eq!(world.phone("pixel").presence, "out");
    world.deeds();
    let steer = |world: &mut World, request: MprisRequest| {
        world.says(link, asked(request));
        world.deeds()
    };
    let act = |action| MprisRequest::Do { player: "Car".into(), action };
    let loud = MprisRequest::SetVolume { player: "Car".into(), volume: 100 };
    for request in [act(Action::Play), act(Action::Next), act(Action::PlayPause), loud.clone()] {
        assert!(steer(&mut world, request.clone()).is_empty(), "{request:?}");
    }
    world.says(link, Message::RunCommand { key: "continue".into() });
    assert!(world.deeds().is_empty(), "nor does it go on in a car where nobody is");
    assert_eq!(steer(&mut world, act(Action::Pause)), [Effect::Steer(Order::Pause)]);
    // The ignition is on, and it is with somebody.
    world.vehicle(parked());
    world.wait(3.0);
    assert_eq!(world.phone("pixel").presence, "in");
    world.deeds();
    assert_eq!(steer(&mut world, loud), [Effect::Steer(Order::Volume { percent: 100 })]);
}

#[test]
fn a_cover_that_only_the_phone_has_is_asked_for_once_and_shown() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: true }));
    world.state(link, true, 1_000);
    let with = |art: &str| Playing { art_url: Some(art.into()), ..Playing::default() };
    says_more(&mut world, link, with("kdeconnect:///art?1"));
    assert!(
        !world.told(link).iter().any(|it| matches!(it, Message::MprisRequest(MprisRequest::Art { .. }))),
        "the library may have one"
    );
    world.state(link, true, 1_000);
    let session = world.session("media");
    let track = world.core.phones.values().next().unwrap().players[PLAYER].track();
    world.core.resolved(world.at(), &session.id, &track, None);
    let ask = asked(MprisRequest::Art { player: PLAYER.into(), url: "kdeconnect:///art?1".into() });
    assert_eq!(world.told(link), [ask]);
    says_more(&mut world, link, with("kdeconnect:///art?1"));
    assert!(world.told(link).is_empty(), "once");

    let art = |url: &str| Message::Mpris(Mpris::Art { player: PLAYER.into(), url: url.into() });
    let comes = |world: &mut World, url: &str| {
        let mut packet = Packet::new(art(url));
        packet.payload = Some(Payload { size: Some(4), port: 1739 });
        world.core.packet(world.at(), link, packet);
        world.deeds().iter().filter(|it| matches!(it, Effect::ReceiveCover { .. })).count()
    };
    assert_eq!(comes(&mut world, "file:///etc/passwd"), 0, "nobody asked for that");
    assert_eq!(comes(&mut world, "kdeconnect:///art?1"), 1);
    assert_eq!(comes(&mut world, "kdeconnect:///art?1"), 0, "one at a time");
    // It did not come: it is asked for again once the player says something.
    world.core.covered(world.at(), &id("pixel"), &session.id, "kdeconnect:///art?1", None);
    says_more(&mut world, link, with("kdeconnect:///art?1"));
    assert_eq!(world.told(link).len(), 1);
    assert_eq!(comes(&mut world, "kdeconnect:///art?1"), 1);
    world.core.covered(world.at(), &id("pixel"), &session.id, "kdeconnect:///art?1", Some("file:///c.jpg".into()));
    assert_eq!(world.session("media").media.art, "file:///c.jpg");
    assert_eq!(comes(&mut world, "kdeconnect:///art?1"), 0, "it is here");

    // Another song has another cover, and until that is here none.
    says_more(&mut world, link, Playing { title: Some("Next".into()), ..with("kdeconnect:///art?2") });
    assert_eq!(world.session("media").media.art, "");
    world.core.covered(world.at(), &id("pixel"), &session.id, "kdeconnect:///art?1", Some("file:///c.jpg".into()));
    assert_eq!(world.session("media").media.art, "", "a late one is of the song before");
    says_more(&mut world, link, with("https://tracker.example/pixel.png"));
    assert!(world.told(link).is_empty(), "nothing is fetched from the web");
}

#[test]
fn what_lands_after_its_phone_was_forgotten_is_wiped() {
    let mut world = World::new();
    world.paired("pixel");
    world.core.forget(world.at(), id("pixel").as_str()).unwrap();
    world.deeds();
    world.core.received(world.at(), &id("pixel"), Landed::Whole);
    assert_eq!(world.deeds(), [Effect::Wipe(id("pixel"))]);
    world.core.covered(world.at(), &id("pixel"), "s", "u", None);
    assert_eq!(world.deeds(), [Effect::Wipe(id("pixel"))]);
}
