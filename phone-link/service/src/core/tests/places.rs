use tandem_kdeconnect::Share;

use super::*;

const CAFE: &str = "geo:52.6,13.5?q=52.6,13.5(Caf%C3%A9)";

fn shares(world: &mut World, link: LinkId, url: &str) {
    world.says(link, Message::Share(Share::Url(url.into())));
}

#[test]
fn an_address_is_a_card_with_its_distance_and_one_tap_takes_it() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.vehicle(driving());
    shares(&mut world, link, CAFE);
    let card = world.session("destination");
    assert_eq!((card.stage.as_str(), card.destination.label.as_str()), ("offered", "Café"));
    assert!(card.destination.is_located && (card.destination.distance_m - 13_020.0).abs() < 100.0);
    assert!((card.destination.bearing - 31.0).abs() < 2.0, "{}", card.destination.bearing);
    world.core.claim(world.at(), &card.id).unwrap();
    assert_eq!(world.session("destination").owner, "car");
}

#[test]
fn the_same_wish_twice_is_one_and_another_place_replaces_the_first() {
    let mut world = World::new();
    let link = world.paired("pixel");
    shares(&mut world, link, CAFE);
    shares(&mut world, link, CAFE);
    let first = world.session("destination");
    world.core.claim(world.at(), &first.id).unwrap();
    shares(&mut world, link, "geo:48.1,11.5");
    let all = world.sessions("destination");
    assert_eq!(all.iter().map(|it| it.stage.as_str()).collect::<Vec<_>>(), ["held", "offered"]);
    world.core.claim(world.at(), &all[1].id).unwrap();
    assert_eq!(world.session("destination").id, all[1].id);
    world.wait(601.0);
    shares(&mut world, link, CAFE);
    assert_eq!(world.sessions("destination").len(), 2, "after ten minutes it is another wish");
}

#[test]
fn what_is_no_place_is_none_and_a_crowd_of_places_is_bounded() {
    let mut world = World::new();
    let link = world.paired("pixel");
    for text in ["https://example.org/", "javascript:alert(1)", "file:///etc/passwd", "hello", "geo:91,0"] {
        shares(&mut world, link, text);
        assert!(world.sessions("destination").is_empty(), "{text}");
    }
    for number in 0..200 {
        world.wait(1.0);
        shares(&mut world, link, &format!("geo:52.{number:03},13.5"));
    }
    assert_eq!(world.sessions("destination").len(), 16);
}

/// The destination is taken, and the car is parked 13 km before it.
fn going(world: &mut World) -> LinkId {
    let link = world.paired("pixel");
    world.wait(3.0);
    assert_eq!(world.phone("pixel").presence, "in");
    shares(world, link, CAFE);
    let card = world.session("destination");
    world.core.claim(world.at(), &card.id).unwrap();
    world.deeds();
    link
}

fn gets_out(world: &mut World) {
    let cabin = Cabin { ignition_on: Some(false), driver_door_open: Some(false), driver_belted: Some(false) };
    world.vehicle(Vehicle { cabin, ..parked() });
    world.vehicle(Vehicle { cabin: Cabin { driver_door_open: Some(true), ..cabin }, ..parked() });
}

fn walk() -> Message {
    Message::Share(Share::Url("geo:52.600000,13.500000?q=52.600000,13.500000(Caf%C3%A9)".into()))
}

#[test]
fn who_gets_out_before_arriving_walks_on_with_the_phone() {
    let mut world = World::new();
    let link = going(&mut world);
    gets_out(&mut world);
    assert_eq!(world.told(link), [walk(), asked(MprisRequest::Players)]);
    assert_eq!(world.session("destination").stage, "owed", "the connection may be dead already");
    world.says(link, Message::Ping { message: None });
    assert!(world.sessions("destination").is_empty());
}

#[test]
fn a_walk_that_went_into_a_dead_connection_is_sent_again() {
    let mut world = World::new();
    let link = going(&mut world);
    gets_out(&mut world);
    assert!(world.told(link).contains(&walk()));
    world.core.link_down(world.at(), link);
    assert_eq!(world.phone("pixel").owed, 1);
    let back = world.come("pixel", true, 8);
    assert!(world.told(back).contains(&walk()));
    world.says(back, Message::Ping { message: None });
    assert_eq!(world.phone("pixel").owed, 0);
}

#[test]
fn the_walk_is_owed_when_the_link_drops_first() {
    let mut world = World::new();
    let link = going(&mut world);
    world.core.link_down(world.at(), link);
    world.wait(2.0);
    gets_out(&mut world);
    assert_eq!((world.session("destination").stage.as_str(), world.phone("pixel").owed), ("owed", 1));
    let owed = world.core.places.clone();
    let back = world.come("pixel", true, 8);
    assert!(world.told(back).contains(&walk()));

    // The service may be started again in between.
    let kept = world.core.phones.values().next().unwrap().kept.clone().unwrap();
    let phones = vec![(id("pixel"), "pixel".into(), kept)];
    let mut later = World::loaded(Loaded { phones, places: owed, ..Loaded::default() });
    let back = later.come("pixel", true, 8);
    assert!(later.told(back).contains(&walk()));
}

#[test]
fn who_has_arrived_needs_no_walk() {
    let mut world = World::new();
    let link = going(&mut world);
    let there = Vehicle { place: Point::new(52.6, 13.5002), ..parked() };
    let cabin = Cabin { ignition_on: Some(false), driver_door_open: Some(true), driver_belted: Some(false) };
    world.vehicle(there);
    world.vehicle(Vehicle { cabin, ..there });
    assert!(!world.told(link).iter().any(|it| matches!(it, Message::Share(_))));
    assert!(world.sessions("destination").is_empty());
}

#[test]
fn a_place_is_taken_by_itself_only_where_that_was_wished_and_nobody_drives() {
    for (word, vehicle, stage) in
        [("always", parked(), "held"), ("always", driving(), "offered"), ("ask", parked(), "offered")]
    {
        let mut world = World::new();
        let link = world.paired("pixel");
        world.core.set_automatic(world.at(), id("pixel").as_str(), "destination", word).unwrap();
        world.vehicle(vehicle);
        shares(&mut world, link, CAFE);
        assert_eq!(world.session("destination").stage, stage, "{word}");
    }
}

#[test]
fn who_walked_away_without_a_word_is_owed_the_walk_too() {
    let mut world = World::new();
    let link = going(&mut world);
    let off = Cabin { ignition_on: Some(false), driver_door_open: Some(false), driver_belted: Some(false) };
    world.vehicle(Vehicle { cabin: off, ..parked() });
    world.core.link_down(world.at(), link);
    world.wait(9.9);
    assert_eq!(world.session("destination").stage, "held");
    world.wait(0.1);
    assert_eq!(world.session("destination").stage, "owed");
}

#[test]
fn a_connection_that_is_lost_on_the_way_ends_nothing() {
    let mut world = World::new();
    let link = going(&mut world);
    world.vehicle(driving());
    world.core.link_down(world.at(), link);
    world.wait(3_600.0);
    assert_eq!(world.session("destination").stage, "held");
}
