use tandem_kdeconnect::Action;
use tandem_session::Step as Taken;

use super::*;

/// What was written down of hand-overs, in order.
pub(super) fn steps(deeds: &[Effect]) -> Vec<Taken> {
    let step = |effect: &Effect| match effect {
        Effect::Keep(Change::Step(step)) => Some(step.record.step),
        _ => None,
    };
    deeds.iter().filter_map(step).collect()
}

#[test]
fn a_podcast_goes_on_in_the_car_at_the_same_second_and_back() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 754_000, Some("episode:4"));
    let offered = world.session("media");
    assert_eq!((offered.stage.as_str(), offered.mode.as_str(), offered.owner.as_str()), ("offered", "resume", "phone"));
    assert_eq!((offered.media.item.as_str(), offered.media.art.as_str()), ("episode:4", "file:///cover.png"));
    world.deeds();

    world.core.claim(world.at(), &offered.id).unwrap();
    let deeds = world.deeds();
    assert_eq!(steps(&deeds), [Taken::Claiming]);
    let sent = deeds.iter().skip_while(|it| !matches!(it, Effect::Keep(_))).filter(|it| matches!(it, Effect::Send(..)));
    assert_eq!(sent.count(), 3, "told and asked after it was written down");
    assert!(!deeds.iter().any(|it| matches!(it, Effect::Play { .. })), "the phone may still sound");

    // It says what it did before it heard.
    world.state(link, true, 754_000);
    assert!(world.deeds().is_empty());
    world.pauses(link, 755_300);
    let deeds = world.deeds();
    assert_eq!(steps(&deeds), [Taken::Moved { position_ms: 755_300 }]);
    let play = Effect::Play { session: offered.id.clone(), item: "episode:4".into(), position_ms: 755_300 };
    assert_eq!(deeds.last(), Some(&play));
    assert_eq!(world.session("media").stage, "starting");

    world.car("episode:4", true, 755_300);
    let held = world.session("media");
    assert_eq!((held.stage.as_str(), held.owner.as_str(), held.media.playing), ("held", "car", true));
    assert!(held.epoch > offered.epoch);
    world.deeds();

    world.core.release(world.at(), &held.id).unwrap();
    let deeds = world.deeds();
    assert_eq!(steps(&deeds), [Taken::Releasing]);
    let Some(Effect::Pause { number, .. }) = deeds.iter().find(|it| matches!(it, Effect::Pause { .. })) else {
        panic!("the car is not paused: {deeds:?}");
    };
    let seen = CarSeen { item: "episode:4".into(), sounding: false, position_ms: 800_000 };
    world.core.car_paused(world.at(), &held.id, *number, seen);
    let at = asked(MprisRequest::SetPosition { player: PLAYER.into(), position_ms: 800_000 });
    let ask = asked(MprisRequest::State { player: PLAYER.into() });
    assert_eq!(world.told(link), [at, ordered(Action::Play), ask]);
    assert_eq!(world.session("media").stage, "owed", "the connection may be dead already");
    world.state(link, true, 800_000);
    assert_eq!(world.session("media").stage, "offered");
}

#[test]
fn what_the_car_has_not_stays_on_the_phone_and_is_steered_from_here() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, None);
    let session = world.session("media");
    assert_eq!(session.mode, "control");
    world.core.claim(world.at(), &session.id).unwrap();
    world.answer(None);
    let refused = world.session("media");
    assert_eq!((refused.stage.as_str(), refused.why.as_str()), ("offered", "not-here"));
    assert!(!world.told(link).contains(&ordered(Action::Pause)));
    world.core.steer(world.at(), &session.id, "next").unwrap();
    assert_eq!(world.told(link), [ordered(Action::Next)]);
    assert!(matches!(world.core.steer(world.at(), &session.id, "explode"), Err(Refusal::Invalid(_))));
}

#[test]
fn a_phone_that_does_not_pause_keeps_it() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, Some("track:1"));
    let session = world.session("media");
    world.core.claim(world.at(), &session.id).unwrap();
    world.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
    world.state(link, true, 100);
    world.wait(1.5);
    let refused = world.session("media");
    assert_eq!((refused.stage.as_str(), refused.why.as_str()), ("offered", "phone-did-not-pause"));
    assert!(!world.deeds().iter().any(|it| matches!(it, Effect::Play { .. })));
}

#[test]
fn the_car_plays_on_when_the_phone_dies_and_owes_it_the_place() {
    let mut world = World::new();
    let link = world.paired("pixel");
    let session = world.held(link);
    world.core.link_down(world.at(), link);
    let alone = world.session("media");
    assert_eq!((alone.stage.as_str(), alone.media.title.as_str()), ("held", "Night drive"));
    assert!(world.deeds().is_empty(), "nothing is done to what plays");

    world.core.release(world.at(), &session.id).unwrap();
    let seen = CarSeen { item: "track:1".into(), sounding: false, position_ms: 90_000 };
    world.core.car_paused(world.at(), &session.id, 1, seen);
    assert_eq!((world.session("media").stage.as_str(), world.phone("pixel").owed), ("owed", 1));
    world.deeds();

    let back = world.come("pixel", true, 8);
    let at = asked(MprisRequest::SetPosition { player: PLAYER.into(), position_ms: 90_000 });
    let told = world.told(back);
    assert!(!told.contains(&ordered(Action::Play)), "who comes back an hour later does not want it loud");
    // What its player has now is not known yet: it is asked first.
    assert!(told.contains(&asked(MprisRequest::State { player: PLAYER.into() })) && !told.contains(&at));
    assert_eq!(world.phone("pixel").owed, 1);
    world.state(back, false, 61_000);
    let told = world.told(back);
    assert!(
        told.contains(&at) && !told.contains(&ordered(Action::Play)),
        "who comes back an hour later does not want it loud"
    );
    assert_eq!(world.phone("pixel").owed, 0);
}

#[test]
fn a_phone_that_has_gone_on_to_something_else_is_not_moved() {
    let mut world = World::new();
    let link = world.paired("pixel");
    let session = world.held(link);
    world.core.link_down(world.at(), link);
    world.core.release(world.at(), &session.id).unwrap();
    let seen = CarSeen { item: "track:1".into(), sounding: false, position_ms: 90_000 };
    world.core.car_paused(world.at(), &session.id, 1, seen);
    let back = world.come("pixel", true, 8);
    world.deeds();
    let state =
        Playing { title: Some("News".into()), playing: Some(false), position_ms: Some(5), ..Playing::default() };
    world.says(back, Message::Mpris(Mpris::State { player: PLAYER.into(), state: Box::new(state) }));
    assert!(!world.told(back).iter().any(|it| matches!(it, Message::MprisRequest(MprisRequest::SetPosition { .. }))));
    assert_eq!(world.phone("pixel").owed, 0);
}

#[test]
fn after_a_crash_nothing_is_believed_but_what_both_say() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.held(link);
    world.look();
    let kept = |world: &World| match world.core.phones.values().next() {
        Some(phone) => phone.kept.clone().unwrap(),
        None => panic!("no phone"),
    };
    let step = Step {
        phone: id("pixel"),
        player: PLAYER.into(),
        session: "s".into(),
        track: "Night drive\nSomebody\n\n".into(),
        at: UNIX as i64,
        record: Record { epoch: 3, item: "track:1".into(), step: Taken::Moved { position_ms: 61_000 } },
    };
    let loaded = |step: Step| Loaded {
        phones: vec![(id("pixel"), "pixel".into(), kept(&world))],
        steps: vec![step],
        ..Loaded::default()
    };
    let mut sounds = World::loaded(loaded(step.clone()));
    assert_eq!(sounds.session("media").stage, "unsure");
    assert!(sounds.deeds().contains(&Effect::AskCar));
    sounds.car("track:1", true, 70_000);
    assert_eq!(sounds.session("media").stage, "held");

    let mut silent = World::loaded(loaded(step));
    silent.car("", false, 0);
    assert!(silent.sessions("media").is_empty() || silent.session("media").owner == "phone");
}

#[test]
fn a_debt_of_before_the_clock_was_set_is_owed_still() {
    let mut world = World::new();
    world.paired("pixel");
    let kept = world.core.phones.values().find_map(|phone| phone.kept.clone()).unwrap();
    let step = Step {
        phone: id("pixel"),
        player: PLAYER.into(),
        session: "s".into(),
        track: "Night drive\nSomebody\n\n".into(),
        at: 60,
        record: Record { epoch: 3, item: "track:1".into(), step: Taken::Owed { position_ms: 61_000 } },
    };
    let phones = vec![(id("pixel"), "pixel".into(), kept)];
    let mut again = World::loaded(Loaded { phones, steps: vec![step], ..Loaded::default() });
    again.wait(60.0);
    assert_eq!(again.session("media").stage, "owed");
}

#[test]
fn the_cars_player_appears_on_the_phone_and_obeys_it() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.wait(3.0);
    world.deeds();
    world.says(link, Message::MprisRequest(MprisRequest::Players));
    assert_eq!(world.told(link), [Message::Mpris(Mpris::Players { names: vec![], sends_art: false })]);
    world.car("track:9", true, 5_000);
    let told = world.told(link);
    assert_eq!(told[0], Message::Mpris(Mpris::Players { names: vec!["Car".into()], sends_art: false }));
    assert!(
        matches!(&told[1], Message::Mpris(Mpris::State { player, state }) if player == "Car" && state.playing == Some(true))
    );
    let orders = [
        (MprisRequest::Do { player: "Car".into(), action: Action::Pause }, Order::Pause),
        (MprisRequest::SetPosition { player: "Car".into(), position_ms: -5 }, Order::SetPosition { ms: 0 }),
        (MprisRequest::SetVolume { player: "Car".into(), volume: 40 }, Order::Volume { percent: 40 }),
    ];
    for (request, order) in orders {
        world.says(link, Message::MprisRequest(request));
        assert_eq!(world.deeds(), [Effect::Steer(order)]);
    }
    world.says(link, Message::MprisRequest(MprisRequest::Do { player: "Brakes".into(), action: Action::Play }));
    assert!(world.deeds().is_empty());
    // What comes back from the phone is the car's own player.
    world.says(link, Message::Mpris(Mpris::Players { names: vec!["Car".into()], sends_art: false }));
    assert!(world.sessions("media").is_empty());
}

#[test]
fn a_position_is_told_with_how_far_it_can_be_trusted() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 10_000, Some("track:1"));
    assert_eq!(world.session("media").media.quality, "stale", "nobody here saw it begin");
    world.state(link, false, 9_000);
    world.state(link, true, 10_000);
    let fresh = world.session("media").media;
    assert_eq!((fresh.quality.as_str(), fresh.error_ms, fresh.position_us), ("bounded", 500, 10_000_000));
    world.wait(5.0);
    assert_eq!(world.session("media").media.position_us, 15_000_000, "it goes on");
    world.state(link, true, 10_000);
    assert_eq!(world.session("media").media.quality, "stale");
    world.state(link, false, 16_000);
    let silent = world.session("media").media;
    assert_eq!((silent.quality.as_str(), silent.position_us), ("exact", 16_000_000));
    world.wait(60.0);
    assert_eq!(world.session("media").media.position_us, 16_000_000);
}

#[test]
fn a_change_counts_and_time_alone_is_none() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 10_000, Some("track:1"));
    let first = world.session("media").revision;
    world.wait(3.0);
    assert_eq!(world.session("media").revision, first);
    world.state(link, false, 13_000);
    assert_eq!(world.session("media").revision, first + 1);
}

#[test]
fn a_phone_that_may_not_is_not_heard() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, Some("track:1"));
    let session = world.session("media");
    world.core.grant(world.at(), id("pixel").as_str(), "media", false).unwrap();
    assert!(world.sessions("media").is_empty());
    assert!(world.core.claim(world.at(), &session.id).is_err());
    world.plays(link, 0, Some("track:1"));
    assert!(world.sessions("media").is_empty());
    world.says(link, Message::MprisRequest(MprisRequest::Players));
    world.deeds();
    world.core.grant(world.at(), id("pixel").as_str(), "media", true).unwrap();
    assert!(world.told(link).contains(&asked(MprisRequest::Players)), "it is asked again");
}

#[test]
fn buttons_on_the_phone_do_two_things_and_no_others() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.wait(3.0);
    world.deeds();
    world.says(link, Message::CommandsRequest);
    let told = world.told(link);
    let Some(Message::Commands(buttons)) = told.first() else { panic!("{told:?}") };
    let keys: Vec<_> = buttons.iter().map(|button| button.key.as_str()).collect();
    assert_eq!(keys, ["continue", "give-back"]);
    assert_eq!(buttons[0].name, "Continue in car");
    world.core.us.language = Language::Chinese;
    world.says(link, Message::CommandsRequest);
    let told = world.told(link);
    assert!(matches!(&told[0], Message::Commands(buttons) if buttons[1].name == "还给手机"), "{told:?}");
    world.plays(link, 0, Some("track:1"));
    world.deeds();
    for key in ["unlock", "continue; rm -rf /", ""] {
        world.says(link, Message::RunCommand { key: key.into() });
        assert!(world.deeds().is_empty(), "{key}");
    }
    world.says(link, Message::RunCommand { key: "continue".into() });
    assert_eq!(world.session("media").stage, "pausing");
    world.pauses(link, 50);
    world.car("track:1", true, 50);
    world.says(link, Message::RunCommand { key: "give-back".into() });
    assert_eq!(world.session("media").stage, "releasing");
}

#[test]
fn a_phone_that_hangs_is_asked_and_then_let_go() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, Some("track:1"));
    world.deeds();
    world.wait(29.9);
    assert!(world.deeds().is_empty());
    world.wait(0.1);
    assert_eq!(world.told(link), [asked(MprisRequest::Players)]);
    world.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
    world.wait(30.0);
    assert_eq!(world.told(link), [asked(MprisRequest::Players)]);
    world.wait(10.0);
    assert_eq!(world.deeds(), [Effect::Close(link)]);
    // One that was never heard to answer is left alone.
    let quiet = world.come("pixel", true, 8);
    world.deeds();
    world.wait(300.0);
    assert!(!world.deeds().contains(&Effect::Close(quiet)));
}

#[test]
fn an_answer_to_the_question_whether_it_is_there_is_none_to_the_order_to_pause() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, Some("track:1"));
    world.wait(30.0);
    let session = world.session("media");
    world.core.claim(world.at(), &session.id).unwrap();
    world.deeds();
    // This was asked before the order, and so was the state behind it.
    world.pauses(link, 10);
    assert_eq!(world.session("media").stage, "pausing");
    world.pauses(link, 20);
    assert_eq!(world.session("media").stage, "starting");
}

#[test]
fn an_answer_that_was_lost_spoils_one_claim_and_not_the_next() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, Some("track:1"));
    let session = world.session("media");
    world.core.claim(world.at(), &session.id).unwrap();
    world.state(link, false, 10);
    world.wait(1.5);
    assert_eq!(world.session("media").why, "phone-did-not-pause");
    world.state(link, true, 20);
    world.wait(9.0);
    world.core.claim(world.at(), &session.id).unwrap();
    world.pauses(link, 30);
    assert_eq!(world.session("media").stage, "starting");
}

#[test]
fn what_the_car_has_is_called_as_it_is_there_and_goes_on() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.held(link);
    let car = CarPlays {
        item: "track:1".into(),
        title: "Night drive".into(),
        sounding: true,
        position_ms: 70_000,
        ..CarPlays::default()
    };
    world.core.car(world.at(), car);
    world.wait(4.0);
    let state =
        Playing { title: Some("News".into()), playing: Some(false), position_ms: Some(5), ..Playing::default() };
    world.says(link, Message::Mpris(Mpris::State { player: PLAYER.into(), state: Box::new(state) }));
    let held = world.session("media").media;
    assert_eq!((held.title.as_str(), held.position_us), ("Night drive", 74_000_000));
}

#[test]
fn a_phone_that_comes_claims_and_vanishes_a_thousand_times_leaves_nothing_behind() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.core.link_down(world.at(), link);
    for round in 0..1_000 {
        let link = world.come("pixel", true, 8);
        world.plays(link, round, Some("track:1"));
        let session = world.session("media");
        world.core.claim(world.at(), &session.id).unwrap();
        if round % 2 == 0 {
            world.pauses(link, round);
        }
        world.core.link_down(world.at(), link);
        world.wait(4.0);
        world.wait(9.0);
        let deeds = world.deeds();
        let steps = steps(&deeds);
        assert_eq!(steps.last(), Some(&Taken::Settled), "{round}: {steps:?}");
        let paused = deeds.iter().any(|it| matches!(it, Effect::Pause { .. }));
        assert_eq!(paused, round % 2 == 0, "{round}: who was told to play and is not heard is told to be silent");
        assert!(world.sessions("media").is_empty(), "{round}");
    }
    assert_eq!((world.core.phones.len(), world.core.phones[&id("pixel")].players.len()), (1, 0));
}

#[test]
fn what_one_phone_gave_is_not_the_song_of_another_that_had_it_before() {
    let mut world = World::new();
    let second = world.paired("nokia");
    let had = world.held(second);
    world.core.release(world.at(), &had.id).unwrap();
    let seen = CarSeen { item: "track:1".into(), sounding: false, position_ms: 90_000 };
    world.core.car_paused(world.at(), &had.id, 1, seen);
    world.state(second, false, 90_000);
    world.car("track:1", false, 90_000);

    let first = world.paired("pixel");
    world.plays(first, 60_000, Some("track:1"));
    let session = world.sessions("media").into_iter().find(|it| it.phone_name == "pixel").unwrap();
    world.core.claim(world.at(), &session.id).unwrap();
    world.pauses(first, 61_000);
    world.deeds();
    world.car("track:1", true, 61_000);
    world.car("track:1", true, 62_000);
    let stages: Vec<_> = world.sessions("media").into_iter().map(|it| (it.phone_name, it.stage)).collect();
    assert_eq!(stages, [("pixel".into(), "held".into()), ("nokia".into(), "offered".into())]);
    assert!(!world.deeds().iter().any(|it| matches!(it, Effect::Pause { .. })));
}

#[test]
fn another_song_that_began_before_the_pause_was_heard_is_not_taken_for_the_claimed_one() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 3_599_000, Some("track:1"));
    let session = world.session("media");
    world.core.claim(world.at(), &session.id).unwrap();
    world.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
    let next = Playing { title: Some("News".into()), playing: Some(false), position_ms: Some(0), ..Playing::default() };
    world.says(link, Message::Mpris(Mpris::State { player: PLAYER.into(), state: Box::new(next) }));
    assert!(!world.deeds().iter().any(|it| matches!(it, Effect::Play { .. })));
    assert_eq!(world.session("media").stage, "offered");
}

#[test]
fn a_wish_that_was_taken_back_does_not_make_the_phone_sound_later() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 0, Some("track:1"));
    let session = world.session("media");
    world.core.claim(world.at(), &session.id).unwrap();
    world.core.release(world.at(), &session.id).unwrap();
    world.pauses(link, 10);
    world.state(link, true, 20);
    world.held(link);
    world.car("station:1", true, 0);
    let told = world.told(link);
    assert!(told.iter().any(|it| matches!(it, Message::MprisRequest(MprisRequest::SetPosition { .. }))));
    assert!(!told.contains(&ordered(Action::Play)), "the radio sounds");
}

#[test]
fn a_phone_that_steers_is_held_to_a_pace() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.wait(3.0);
    world.deeds();
    for _ in 0..100 {
        world.says(link, Message::MprisRequest(MprisRequest::Do { player: "Car".into(), action: Action::Next }));
    }
    assert_eq!(world.deeds().iter().filter(|it| matches!(it, Effect::Steer(_))).count(), 20);
}
