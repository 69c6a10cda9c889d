use tandem_contracts::driving::Flag;

use super::*;

fn with(flags: &[Flag]) -> Vehicle {
    let bits = flags.iter().fold(0, |bits, flag| bits | flag.bit());
    Vehicle { restrictions: Restrictions { flags: bits, ..Restrictions::ALL }, ..driving() }
}

#[test]
fn what_a_message_says_is_handed_out_only_while_it_may_be_shown() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, super::letters::note(1, &"long ".repeat(30)));
    let texts = |world: &mut World| {
        let note = world.session("note").note;
        (note.app, note.title, note.text.chars().count())
    };
    assert_eq!(texts(&mut world), ("Chat".into(), "Anna".into(), 150));
    let before = world.session("note").revision;
    world.vehicle(driving());
    assert_eq!(texts(&mut world), ("Chat".into(), String::new(), 0));
    assert_eq!(world.session("note").revision, before + 1, "who has read it hears that it is gone");
    world.vehicle(with(&[Flag::LimitStringLength]));
    assert_eq!(texts(&mut world), ("Chat".into(), "Anna".into(), 80), "cut at its limit");
    world.vehicle(with(&[Flag::NoVideo, Flag::NoKeyboard, Flag::NoSetup]));
    assert_eq!(texts(&mut world).2, 150, "other flags are no matter of messages");
}

#[test]
fn phones_are_not_set_up_under_no_setup_and_nothing_else_stands_in_its_way() {
    let mut world = World::new();
    world.paired("pixel");
    let pixel = id("pixel");
    let set_up = |world: &mut World| {
        let (at, id) = (world.at(), pixel.as_str());
        let grant = world.core.grant(at, id, "notes", true);
        let automatic = world.core.set_automatic(at, id, "media", "always");
        let guest = world.core.set_guest(at, id, false);
        [grant, automatic, guest, world.core.prefer(at, id), world.core.open_pairing(at).map(drop)]
    };
    world.vehicle(with(&[Flag::NoVideo, Flag::NoKeyboard]));
    assert!(set_up(&mut world).iter().all(Result::is_ok));
    world.vehicle(with(&[Flag::NoSetup]));
    let refused = set_up(&mut world);
    assert!(refused[..4].iter().all(|refused| matches!(refused, Err(Refusal::Restricted(_)))), "{refused:?}");
    assert!(matches!(&refused[4], Err(Refusal::NotParked(why)) if why.contains("NO_SETUP")), "{refused:?}");
    assert!(!world.core.snapshot().pairing_open, "it was open");
    let forgotten = [world.core.forget(world.at(), pixel.as_str()), world.core.forget_all(world.at()).map(drop)];
    assert!(forgotten.iter().all(|refused| matches!(refused, Err(Refusal::Restricted(_)))), "{forgotten:?}");
    assert!(world.phone("pixel").is_paired);
    assert!(world.core.ring(world.at(), pixel.as_str()).is_ok(), "one tap");
}

#[test]
fn who_cannot_type_sends_addresses_and_no_texts() {
    let mut world = World::new();
    world.paired("pixel");
    let share = |world: &mut World, text| world.core.share(world.at(), id("pixel").as_str(), text);
    assert!(share(&mut world, "hello").is_ok());
    world.vehicle(with(&[Flag::NoKeyboard]));
    assert!(matches!(share(&mut world, "hello"), Err(Refusal::Restricted(why)) if why.contains("NO_KEYBOARD")));
    assert!(share(&mut world, "geo:52.5,13.4").is_ok());
}
