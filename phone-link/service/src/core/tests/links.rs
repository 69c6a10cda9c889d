//! Links that are no place.

use tandem_kdeconnect::{Action, Share};
use tandem_session::Step as Taken;

use super::songs::steps;
use super::*;

const EPISODE: &str = "https://feeds.example.org/7.mp3";

fn shares(world: &mut World, link: LinkId, text: &str) {
    world.says(link, Message::Share(Share::Text(text.into())));
}

/// The phone has told that nothing plays.
fn is_silent(world: &mut World, link: LinkId) {
    world.says(link, Message::Mpris(Mpris::Players { names: vec![], sends_art: false }));
}

/// What the library says of whatever it is asked.
fn knows(world: &mut World, found: Option<Found>) {
    world.look();
    for effect in world.did.clone() {
        if let Effect::Resolve { session, track, .. } = effect {
            world.core.resolved(world.at(), &session, &track, found.clone());
        }
    }
    world.did.retain(|effect| !matches!(effect, Effect::Resolve { .. }));
}

fn episode() -> Found {
    let (title, artist) = ("Seven".to_owned(), "A podcast".to_owned());
    Found { item: "episode:7".into(), title, artist, length_ms: 1_800_000, ..Found::default() }
}

#[test]
fn a_link_to_an_episode_goes_on_in_the_car_from_its_second_and_back() {
    let mut world = World::new();
    let link = world.paired("pixel");
    is_silent(&mut world, link);
    shares(&mut world, link, &format!("Hear this\n{EPISODE}#t=90"));
    assert!(world.sessions("media").is_empty(), "nobody knows yet what it is");
    knows(&mut world, Some(episode()));
    let offered = world.session("media");
    assert_eq!((offered.stage.as_str(), offered.mode.as_str(), offered.owner.as_str()), ("offered", "resume", "phone"));
    assert_eq!((offered.media.title.as_str(), offered.media.app.as_str()), ("Seven", "feeds.example.org"));
    assert_eq!((offered.media.position_us, offered.media.quality.as_str()), (90_000_000, "exact"));
    world.deeds();

    // Nothing plays on the phone: nothing is waited for.
    world.core.claim(world.at(), &offered.id).unwrap();
    let deeds = world.deeds();
    assert_eq!(steps(&deeds), [Taken::Claiming, Taken::Moved { position_ms: 90_000 }]);
    let play = Effect::Play { session: offered.id.clone(), item: "episode:7".into(), position_ms: 90_000 };
    assert_eq!(deeds.last(), Some(&play));
    world.car("episode:7", true, 90_000);
    assert_eq!(world.session("media").stage, "held");
    world.deeds();

    world.core.release(world.at(), &offered.id).unwrap();
    let deeds = world.deeds();
    let Some(Effect::Pause { number, .. }) = deeds.iter().find(|it| matches!(it, Effect::Pause { .. })) else {
        panic!("the car is not paused: {deeds:?}");
    };
    let seen = CarSeen { item: "episode:7".into(), sounding: false, position_ms: 200_500 };
    world.core.car_paused(world.at(), &offered.id, *number, seen);
    let told = world.told(link);
    let Message::Mpris(Mpris::State { player, state }) = &told[0] else { panic!("{told:?}") };
    assert_eq!((player.as_str(), state.playing, state.position_ms), ("Car", Some(false), Some(200_500)));
    assert_eq!(state.url.as_deref(), Some(EPISODE));
    assert_eq!(told[1], Message::Share(Share::Url(format!("{EPISODE}#t=200"))));
    assert_eq!(world.session("media").stage, "owed", "the connection may be dead already");
    let link = world.come("pixel", true, 8);
    let shared = world.told(link).iter().filter(|it| matches!(it, Message::Share(_))).count();
    assert_eq!(shared, 0, "over another connection it is told again, and not opened twice");
    world.says(link, Message::Mpris(Mpris::Players { names: vec![], sends_art: false }));
    let back = world.session("media");
    assert_eq!((back.stage.as_str(), back.media.position_us), ("offered", 200_500_000));
}

#[test]
fn what_plays_on_the_phone_makes_way_for_its_link_and_has_it_back_if_the_car_fails() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 60_000, None);
    shares(&mut world, link, EPISODE);
    knows(&mut world, Some(episode()));
    let offered = world.sessions("media").into_iter().find(|it| it.media.title == "Seven").unwrap();
    world.deeds();
    world.core.claim(world.at(), &offered.id).unwrap();
    let deeds = world.deeds();
    assert!(!deeds.iter().any(|it| matches!(it, Effect::Play { .. })), "the phone still sounds");
    assert!(deeds.contains(&Effect::Send(link, Packet::new(ordered(Action::Pause)))));
    // It says what it did before it heard.
    world.state(link, true, 60_500);
    assert!(!world.deeds().iter().any(|it| matches!(it, Effect::Play { .. })));
    world.pauses(link, 61_000);
    assert!(world.deeds().iter().any(|it| matches!(it, Effect::Play { .. })));
    // The car does not start.
    world.wait(3.0);
    let deeds = world.deeds();
    let Some(Effect::Pause { number, .. }) = deeds.iter().find(|it| matches!(it, Effect::Pause { .. })) else {
        panic!("the car is not paused: {deeds:?}");
    };
    world.core.car_paused(
        world.at(),
        &offered.id,
        *number,
        CarSeen { item: String::new(), sounding: false, position_ms: 0 },
    );
    assert_eq!(world.told(link), [ordered(Action::Play)]);
    let failed = world.sessions("media").into_iter().find(|it| it.id == offered.id).unwrap();
    assert_eq!((failed.stage.as_str(), failed.why.as_str()), ("offered", "car-did-not-start"));
}

#[test]
fn a_file_plays_by_its_address_and_a_page_that_nobody_knows_is_no_session() {
    let mut world = World::new();
    let link = world.paired("pixel");
    shares(&mut world, link, "https://example.org/article");
    knows(&mut world, None);
    assert!(world.sessions("media").is_empty());
    shares(&mut world, link, "https://example.org/Night%20drive.mp3");
    knows(&mut world, None);
    let file = world.session("media").media;
    assert_eq!((file.title.as_str(), file.item.as_str()), ("Night drive", "https://example.org/Night%20drive.mp3"));
    world.deeds();
    shares(&mut world, link, "https://example.org/Night%20drive.mp3");
    assert!(world.deeds().is_empty(), "the same once more is the same wish");
    let id = world.session("media").id;
    assert!(matches!(world.core.steer(world.at(), &id, "play"), Err(Refusal::NotNow(_))));
    world.core.dismiss(world.at(), &id).unwrap();
    assert!(world.sessions("media").is_empty());
    shares(&mut world, link, "https://example.org/Night%20drive.mp3");
    knows(&mut world, None);
    assert_eq!(world.sessions("media").len(), 1, "what was put away can be shared again");
}

#[test]
fn links_are_few_and_outlive_the_connection_and_a_claimed_one_the_service() {
    let mut world = World::new();
    let link = world.paired("pixel");
    for number in 0..7 {
        shares(&mut world, link, &format!("https://example.org/{number}.mp3"));
        knows(&mut world, None);
        world.wait(1.0);
    }
    let titles = |world: &mut World| world.sessions("media").into_iter().map(|it| it.media.title).collect::<Vec<_>>();
    assert_eq!(titles(&mut world), ["6", "5", "4", "3"]);
    // The same from another second takes its own place, and what was pushed out can be shared again.
    shares(&mut world, link, "https://example.org/3.mp3#t=9");
    knows(&mut world, None);
    world.wait(1.0);
    assert_eq!(titles(&mut world), ["3", "6", "5", "4"]);
    shares(&mut world, link, "https://example.org/0.mp3");
    knows(&mut world, None);
    world.wait(1.0);
    assert_eq!(titles(&mut world), ["0", "3", "6", "5"]);
    shares(&mut world, link, "https://example.org/6.mp3#t=1");
    knows(&mut world, None);
    world.core.link_down(world.at(), link);
    assert_eq!(titles(&mut world).len(), 4);

    let link = world.come("pixel", true, 8);
    is_silent(&mut world, link);
    let claimed = world.sessions("media").remove(0);
    world.core.claim(world.at(), &claimed.id).unwrap();
    world.look();
    let last = world.did.iter().rev().find_map(|effect| match effect {
        Effect::Keep(Change::Step(step)) => Some(step.as_ref().clone()),
        _ => None,
    });
    let kept = world.core.phones.values().find_map(|phone| phone.kept.clone()).unwrap();
    let phones = vec![(id("pixel"), "pixel".into(), kept)];
    let loaded = Loaded { phones, steps: vec![last.unwrap()], ..Loaded::default() };
    let mut again = World::loaded(loaded.clone());
    again.car("https://example.org/6.mp3", true, 5_000);
    let held = again.session("media");
    assert_eq!((held.stage.as_str(), held.media.title.as_str()), ("held", "6"));
    // What waits for its server sounds when nobody expects it any more: it is ended.
    let mut waits = World::loaded(loaded);
    waits.deeds();
    waits.car("https://example.org/6.mp3", false, 0);
    assert!(waits.deeds().iter().any(|it| matches!(it, Effect::Pause { .. })));
    let offered = waits.session("media");
    assert_eq!((offered.stage.as_str(), offered.media.title.as_str()), ("offered", "6"), "and can be claimed again");
    assert_eq!(link, LinkId(2));
}

#[test]
fn without_the_grant_a_link_is_nothing() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.core.grant(world.at(), id("pixel").as_str(), "media", false).unwrap();
    world.deeds();
    shares(&mut world, link, EPISODE);
    assert!(world.deeds().is_empty());
}

#[test]
fn whoever_has_not_said_what_plays_may_sound() {
    let mut world = World::new();
    let link = world.paired("pixel");
    shares(&mut world, link, EPISODE);
    knows(&mut world, Some(episode()));
    let offered = world.session("media");
    world.deeds();
    world.core.claim(world.at(), &offered.id).unwrap();
    let plays = |deeds: &[Effect]| deeds.iter().any(|it| matches!(it, Effect::Play { .. }));
    assert!(!plays(&world.deeds()), "it has not said which players there are");
    world.says(link, Message::Mpris(Mpris::Players { names: vec![PLAYER.into()], sends_art: false }));
    assert!(!plays(&world.deeds()), "nor what this one does");
    world.state(link, false, 5);
    assert!(plays(&world.deeds()));
}

#[test]
fn a_connection_that_is_replaced_makes_nobody_sound() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.plays(link, 60_000, None);
    shares(&mut world, link, EPISODE);
    knows(&mut world, Some(episode()));
    let offered = world.sessions("media").into_iter().find(|it| it.media.title == "Seven").unwrap();
    world.core.claim(world.at(), &offered.id).unwrap();
    world.deeds();
    let newer = world.come("pixel", true, 8);
    let deeds = world.deeds();
    assert!(!deeds.contains(&Effect::Send(newer, Packet::new(ordered(Action::Play)))), "{deeds:?}");
    assert!(!deeds.iter().any(|it| matches!(it, Effect::Play { .. })), "the phone may still sound");
    world.pauses(newer, 61_000);
    assert!(world.deeds().iter().any(|it| matches!(it, Effect::Play { .. })));
    // The car does not start: what was paused over the first connection plays again.
    world.wait(3.0);
    let deeds = world.deeds();
    let number = deeds.iter().find_map(|it| if let Effect::Pause { number, .. } = it { Some(*number) } else { None });
    let silent = CarSeen { item: String::new(), sounding: false, position_ms: 0 };
    world.core.car_paused(world.at(), &offered.id, number.unwrap(), silent);
    assert_eq!(world.told(newer), [ordered(Action::Play)]);
}

#[test]
fn a_phone_that_plays_nothing_the_car_could_hear_of_is_not_waited_for() {
    let mut world = World::new();
    world.paired("pixel");
    world.core.phones.values_mut().for_each(|phone| phone.tells_players = false);
    shares(&mut world, LinkId(1), EPISODE);
    knows(&mut world, Some(episode()));
    let offered = world.session("media");
    world.core.claim(world.at(), &offered.id).unwrap();
    assert_eq!(world.session("media").stage, "starting");
}

#[test]
fn a_link_that_is_over_is_not_offered_again_after_a_restart() {
    let mut world = World::new();
    world.paired("pixel");
    let kept = world.core.phones.values().find_map(|phone| phone.kept.clone()).unwrap();
    let step = |player: &str| Step {
        phone: id("pixel"),
        player: player.into(),
        session: player.into(),
        track: "T\n\n\n".into(),
        at: UNIX as i64,
        record: Record { epoch: 3, item: "track:1".into(), step: Taken::Settled },
    };
    let steps = vec![step("\u{1}https://example.org/6.mp3")];
    let phones = vec![(id("pixel"), "pixel".into(), kept)];
    let mut again = World::loaded(Loaded { phones, steps, ..Loaded::default() });
    again.car("track:1", true, 5_000);
    assert!(again.sessions("media").is_empty());
}
