use tandem_kdeconnect::{Battery, Command, Note, NoteRequest, Share};

use super::*;

#[test]
fn a_phone_is_paired_in_the_parked_car_when_both_have_said_so() {
    let mut world = World::new();
    world.vehicle(parked());
    assert_eq!(world.core.open_pairing(world.at()), Ok(60));
    assert!(world.deeds().contains(&Effect::Admit(true)));
    let link = world.come("pixel", false, 8);
    world.says(link, yes(Some(UNIX)));
    let phone = world.phone("pixel");
    assert_eq!((phone.pairing.as_str(), phone.key.len(), phone.is_paired), ("asked", 8, false));
    world.core.confirm(world.at(), &phone.id).unwrap();
    let deeds = world.deeds();
    let place = |wanted: &dyn Fn(&Effect) -> bool| deeds.iter().position(wanted).expect("it was done");
    let kept = place(&|it| matches!(it, Effect::Keep(Change::Phone { .. })));
    assert!(place(&|it| matches!(it, Effect::Pin(..))) < kept);
    assert!(place(&|it| *it == Effect::Admit(false)) > kept, "nobody else comes in after it");
    assert!(world.phone("pixel").is_paired);
}

#[test]
fn nobody_pairs_while_the_car_is_not_known_to_be_parked() {
    let mut world = World::new();
    assert!(matches!(world.core.open_pairing(world.at()), Err(Refusal::NotParked(_))));
    world.vehicle(driving());
    assert!(matches!(world.core.open_pairing(world.at()), Err(Refusal::NotParked(_))));
    let link = world.come("thief", false, 8);
    assert_eq!(world.deeds().last(), Some(&Effect::Close(link)));

    // Who begins in the parked car has to be done before it is driven off.
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    let link = world.come("slow", false, 8);
    world.says(link, yes(Some(UNIX)));
    world.deeds();
    world.vehicle(driving());
    let deeds = world.deeds();
    assert!(deeds.contains(&Effect::Send(link, Packet::new(no()))) && deeds.contains(&Effect::Close(link)));
    assert!(world.core.confirm(world.at(), id("slow").as_str()).is_err());
    let slow = world.phone("slow");
    assert_eq!((slow.is_paired, slow.why.as_str()), (false, "closed"));
}

#[test]
fn the_window_closes_by_itself() {
    let mut world = World::new();
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    let link = world.come("late", false, 8);
    world.wait(59.9);
    assert!(world.core.snapshot().pairing_open);
    world.wait(0.1);
    assert!(!world.core.snapshot().pairing_open);
    assert!(world.deeds().ends_with(&[Effect::Admit(false), Effect::Close(link)]));
    world.says(link, yes(Some(UNIX + 60)));
    assert_eq!(world.told(link), [no()]);
}

#[test]
fn a_phone_that_is_not_paired_is_told_so_whatever_it_says() {
    let player = || PLAYER.to_owned();
    let state =
        Mpris::State { player: player(), state: Box::new(Playing { playing: Some(true), ..Playing::default() }) };
    let shown = Note::Shown {
        id: "1".into(),
        app: String::new(),
        title: "t".into(),
        text: String::new(),
        time_ms: None,
        can_be_dismissed: true,
        silent: false,
    };
    let everything = [
        Message::Mpris(Mpris::Players { names: vec![player()], sends_art: false }),
        Message::Mpris(state),
        Message::MprisRequest(MprisRequest::Players),
        ordered(tandem_kdeconnect::Action::Play),
        Message::Share(Share::Url("geo:52.5,13.4".into())),
        Message::Share(Share::Text("https://maps.app.goo.gl/x".into())),
        Message::Share(Share::File { name: "x".into(), files: None, all_bytes: None }),
        Message::Share(Share::Update { files: 1, bytes: 1 }),
        Message::Note(shown),
        Message::Note(Note::Gone { id: "1".into() }),
        Message::NoteRequest(NoteRequest::All),
        Message::Battery(Battery { charge: Some(5), charging: false, low: true }),
        Message::Connectivity([].into()),
        Message::Ping { message: None },
        Message::FindMyPhone,
        Message::Commands(vec![Command { key: "k".into(), name: "n".into() }]),
        Message::CommandsRequest,
        Message::RunCommand { key: "continue".into() },
        Message::Other("kdeconnect.sms.messages".into()),
    ];
    for message in everything {
        let mut world = World::new();
        world.vehicle(parked());
        world.core.open_pairing(world.at()).unwrap();
        let link = world.come("stranger", false, 8);
        let before = world.core.snapshot();
        world.deeds();
        let payload = Some(Payload { size: Some(4), port: 1739 });
        let kind = format!("{message:?}");
        world.core.packet(world.at(), link, Packet { message, payload });
        assert_eq!(world.deeds(), [Effect::Send(link, Packet::new(no()))], "{kind}");
        assert_eq!(world.core.snapshot(), before, "{kind}");
    }
}

#[test]
fn a_clock_that_is_off_by_a_day_pairs_nobody_and_says_why() {
    let mut world = World::new();
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    let link = world.come("late", false, 8);
    world.deeds();
    world.says(link, yes(Some(UNIX - 86_400)));
    assert_eq!(world.told(link), [no()]);
    let late = world.phone("late");
    let told = (late.why.as_str(), late.reason.as_str());
    assert_eq!(told, ("clocks-differ", "The clocks of the phone and of the car are 1440 minutes apart"));
}

#[test]
fn a_pairing_that_came_to_nothing_has_a_word_and_a_sentence_until_the_next_key() {
    let mut world = World::new();
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    let mut told = |name: &str, asked: &[Message], seconds: f64| {
        let link = world.come(name, false, 8);
        for message in asked {
            world.says(link, message.clone());
        }
        world.wait(seconds);
        let phone = world.phone(name);
        (phone.why, phone.reason)
    };
    let words = |word: &str, sentence: &str| (word.to_owned(), sentence.to_owned());
    let asks = || yes(Some(UNIX));
    assert_eq!(told("no", &[asks(), no()], 0.0), words("refused", "Pairing was refused"));
    assert_eq!(told("old", &[yes(None)], 0.0), words("no-time", "The phone did not say when it asked"));
    assert_eq!(told("slow", &[asks()], 30.0), words("timed-out", "Nobody answered in time"));
    assert_eq!(told("again", &[asks(), no(), yes(Some(UNIX + 30))], 0.0), words("", ""));
}

#[test]
fn another_certificate_under_a_known_name_is_let_go_and_disturbs_nobody() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.core.open_pairing(world.at()).unwrap();
    world.deeds();
    let thief = world.come("pixel", false, 8);
    assert_eq!(world.deeds(), [Effect::Close(thief)]);
    world.core.link_down(world.at(), thief);
    assert_eq!(world.phone("pixel").reach, "near");
    world.says(link, Message::CommandsRequest);
    assert_eq!(world.told(link).len(), 1);
}

#[test]
fn a_phone_that_dials_again_while_it_pairs_goes_on_with_it() {
    let mut world = World::new();
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    let first = world.come("pixel", false, 7);
    world.says(first, yes(None));
    let key = world.phone("pixel").key;
    let second = world.come("pixel", false, 7);
    world.core.link_down(world.at(), first);
    assert_eq!(world.phone("pixel").key, key);
    world.deeds();
    world.core.confirm(world.at(), id("pixel").as_str()).unwrap();
    assert_eq!(world.told(second).first(), Some(&yes(None)));
}

#[test]
fn a_crowd_is_not_let_in() {
    let mut world = World::new();
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    for number in 0..100 {
        world.come(&format!("p{number}"), false, 8);
    }
    assert_eq!(world.core.snapshot().phones.len(), STRANGERS);
    let closed = world.deeds().iter().filter(|it| matches!(it, Effect::Close(_))).count();
    assert_eq!(closed, 100 - STRANGERS);
}

#[test]
fn a_forgotten_phone_leaves_nothing() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, Message::Share(Share::Url("geo:52.6,13.5".into())));
    world.plays(link, 0, None);
    world.core.forget(world.at(), id("pixel").as_str()).unwrap();
    let deeds = world.deeds();
    for done in [
        Effect::Unpin(id("pixel")),
        Effect::Keep(Change::Forgotten(id("pixel"))),
        Effect::Wipe(id("pixel")),
        Effect::Send(link, Packet::new(no())),
        Effect::Close(link),
    ] {
        assert!(deeds.contains(&done), "{done:?}");
    }
    assert_eq!(world.core.snapshot(), Snapshot::default());
}

#[test]
fn a_phone_that_ends_the_pairing_is_forgotten_here_too() {
    let mut world = World::new();
    let link = world.paired("pixel");
    world.says(link, no());
    let deeds = world.deeds();
    assert!(deeds.contains(&Effect::Keep(Change::Forgotten(id("pixel")))) && deeds.contains(&Effect::Close(link)));
    assert!(!deeds.contains(&Effect::Send(link, Packet::new(no()))), "it knows");
}

#[test]
fn what_a_phone_says_between_its_agreement_and_ours_is_heard_once_we_agree() {
    let mut world = World::new();
    world.vehicle(parked());
    world.core.open_pairing(world.at()).unwrap();
    let link = world.come("pixel", false, 7);
    world.core.pair(world.at(), id("pixel").as_str()).unwrap();
    world.says(link, yes(None));
    world.deeds();
    world.says(link, Message::CommandsRequest);
    world.says(link, Message::Battery(Battery { charge: Some(64), charging: false, low: false }));
    assert!(world.deeds().is_empty(), "to say no would unpair it there");
    assert!(!world.phone("pixel").has_battery);
    world.core.confirm(world.at(), id("pixel").as_str()).unwrap();
    assert!(world.phone("pixel").has_battery);
    assert!(world.told(link).iter().any(|it| matches!(it, Message::Commands(_))));
}
