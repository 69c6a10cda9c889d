use super::*;

const OFF: Cabin = Cabin { ignition_on: Some(false), driver_door_open: Some(false), driver_belted: Some(false) };

#[test]
fn half_an_hour_after_the_ignition_is_off_nothing_of_a_guest_is_left() {
    let mut world = World::new();
    world.paired("pixel");
    world.paired("guest");
    world.core.set_guest(world.at(), id("guest").as_str(), true).unwrap();
    world.vehicle(Vehicle { cabin: OFF, ..parked() });
    world.deeds();
    world.wait(1_799.0);
    assert!(world.phone("guest").is_paired);
    world.wait(1.0);
    let deeds = world.deeds();
    assert!(deeds.contains(&Effect::Wipe(id("guest"))));
    let wiped = |it: &Effect| matches!(it, Effect::Keep(Change::Ledger(entry)) if entry.deed == "wiped" && entry.phone_name == "guest");
    assert!(deeds.iter().any(wiped), "the ledger says so");
    let left: Vec<_> = world.core.snapshot().phones.into_iter().map(|phone| phone.name).collect();
    assert_eq!(left, ["pixel"]);
}

#[test]
fn who_drives_on_stays_a_guest() {
    let mut world = World::new();
    world.paired("guest");
    world.core.set_guest(world.at(), id("guest").as_str(), true).unwrap();
    world.vehicle(Vehicle { cabin: OFF, ..parked() });
    world.wait(1_700.0);
    world.vehicle(parked());
    world.wait(3_600.0);
    assert!(world.phone("guest").is_paired);
}

#[test]
fn a_guest_is_gone_even_if_the_power_was_in_between() {
    let mut world = World::new();
    world.paired("guest");
    let mut kept = world.core.phones.values().next().unwrap().kept.clone().unwrap();
    kept.is_guest = true;
    let loaded = |off: i64| Loaded {
        phones: vec![(id("guest"), "guest".into(), kept.clone())],
        ignition_off: Some(UNIX as i64 - off),
        ..Loaded::default()
    };
    assert!(World::loaded(loaded(1_800)).core.snapshot().phones.is_empty());
    let mut early = World::loaded(loaded(1_000));
    assert!(early.phone("guest").is_paired);
    early.wait(799.0);
    assert!(early.phone("guest").is_paired);
    early.wait(1.0);
    assert!(early.core.snapshot().phones.is_empty());
}
