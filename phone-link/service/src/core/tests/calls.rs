//! Who calls, what may be done about it, and what the music does meanwhile.

use tandem_contracts::calls::Call;
use tandem_kdeconnect::{CallEvent, Telephony};

use super::*;

const ADA: &str = "+49 30 1234567";

fn told(event: CallEvent, name: &str, number: &str) -> Telephony {
    Telephony { event, number: number.into(), name: name.into(), is_over: false }
}

fn over(said: Telephony) -> Message {
    Message::Telephony(Telephony { is_over: true, ..said })
}

fn rings() -> Telephony {
    told(CallEvent::Ringing, "Ada Lovelace", ADA)
}

fn coupled(path: &str, number: &str, phase: Phase) -> HandsFree {
    HandsFree {
        path: path.into(),
        modem: "/phone".into(),
        phone_name: "hands-free".into(),
        name: String::new(),
        number: number.into(),
        phase,
        is_waiting: false,
    }
}

impl World {
    /// A phone that is with somebody in the car.
    fn aboard(&mut self, name: &str) -> LinkId {
        let link = self.paired(name);
        self.wait(3.0);
        assert_eq!(self.phone(name).presence, "in");
        link
    }

    fn hears(&mut self, calls: &[HandsFree]) {
        self.core.hands_free(self.at(), calls);
    }

    fn calls(&mut self) -> Vec<Call> {
        self.core.snapshot().calls.into_iter().map(|shown| shown.call).collect()
    }

    /// Its state, who it is with, over what, and what may be done: one line a call.
    fn lines(&mut self) -> Vec<String> {
        let may = |may, word| if may { word } else { "" };
        let line = |it: Call| {
            let can = [may(it.can_answer, "a"), may(it.can_hang_up, "h"), may(it.can_silence, "s")].concat();
            format!("{} {} <{}> by {} ({}) {can}", it.state, it.name, it.number, it.phone_name, it.source)
        };
        self.calls().into_iter().map(line).collect()
    }

    fn does(&mut self, deed: Deed) -> Result<Option<CallOrder>, Refusal> {
        let call = self.calls().into_iter().next().expect("a call");
        self.core.call(self.at(), &call.id, deed)
    }

    /// What the car's player was told since.
    fn steered(&mut self) -> Vec<Order> {
        let order = |effect| if let Effect::Steer(order) = effect { Some(order) } else { None };
        self.deeds().into_iter().filter_map(order).collect()
    }
}

#[test]
fn a_phone_that_tells_of_a_call_can_be_silenced_and_nothing_else() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.says(link, Message::Telephony(rings()));
    assert_eq!(world.lines(), ["ringing Ada Lovelace <+49 30 1234567> by Ann (kdeconnect) s"]);
    assert!(matches!(world.does(Deed::Answer), Err(Refusal::NotAllowed(_))));
    assert!(matches!(world.does(Deed::HangUp), Err(Refusal::NotAllowed(_))));
    world.deeds();
    assert_eq!(world.does(Deed::Silence), Ok(None));
    assert_eq!(world.told(link), [Message::MuteRinger]);
    assert_eq!(world.lines(), ["ringing Ada Lovelace <+49 30 1234567> by Ann (kdeconnect) "]);
    assert!(matches!(world.does(Deed::Silence), Err(Refusal::NotAllowed(_))), "once is enough");
    world.says(link, Message::Telephony(told(CallEvent::Talking, "", ADA)));
    assert_eq!(world.lines(), ["active Ada Lovelace <+49 30 1234567> by Ann (kdeconnect) "]);
    world.says(link, over(told(CallEvent::Talking, "", ADA)));
    assert_eq!(world.lines(), [""; 0]);
}

#[test]
fn a_call_that_nobody_answered_stays_until_somebody_puts_it_away() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.says(link, Message::Telephony(rings()));
    world.says(link, over(rings()));
    world.says(link, Message::Telephony(told(CallEvent::MissedCall, "Ada Lovelace", ADA)));
    assert_eq!(world.lines(), ["missed Ada Lovelace <+49 30 1234567> by Ann () "]);
    assert!(matches!(world.does(Deed::Answer), Err(Refusal::NotAllowed(_))));
    assert_eq!(world.does(Deed::Dismiss), Ok(None));
    assert!(world.calls().is_empty());
    assert!(matches!(world.core.call(world.at(), "call-1", Deed::Dismiss), Err(Refusal::NotFound(_))));
}

#[test]
fn a_hands_free_call_is_answered_and_hung_up() {
    let mut world = World::new();
    world.hears(&[]);
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    assert_eq!(world.lines(), ["ringing  <+49 30 1234567> by hands-free (hands-free) ah"]);
    let order = |act| Ok(Some(CallOrder { path: "/c1".into(), modem: "/phone".into(), act }));
    assert_eq!(world.does(Deed::Answer), order(Act::Answer));
    world.wait(2.0);
    world.hears(&[coupled("/c1", ADA, Phase::Active)]);
    let shown = world.core.snapshot().calls.remove(0);
    assert_eq!((shown.call.state.as_str(), shown.since), ("active", Some(world.now)), "its length begins here");
    assert!(matches!(world.does(Deed::Answer), Err(Refusal::NotAllowed(_))));
    // Somebody else rings meanwhile.
    let waiting = HandsFree { is_waiting: true, ..coupled("/c2", "110", Phase::Ringing) };
    world.hears(&[coupled("/c1", ADA, Phase::Active), waiting]);
    let held = Ok(Some(CallOrder { path: "/c2".into(), modem: "/phone".into(), act: Act::HoldAndAnswer }));
    assert_eq!(world.does(Deed::Answer), held, "who rings comes first");
    world.hears(&[coupled("/c1", ADA, Phase::Active)]);
    assert_eq!(world.does(Deed::HangUp), order(Act::HangUp));
    world.hears(&[]);
    assert_eq!(world.lines(), ["missed  <110> by hands-free () "]);
}

#[test]
fn what_was_declined_was_not_missed_whatever_the_phone_says() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    world.says(link, Message::Telephony(rings()));
    world.does(Deed::HangUp).unwrap();
    world.hears(&[]);
    assert!(world.calls().is_empty(), "the phone has not said yet that it is over");
    world.says(link, over(rings()));
    world.says(link, Message::Telephony(told(CallEvent::MissedCall, "Ada Lovelace", ADA)));
    assert!(world.calls().is_empty());
    // The next one is another.
    world.wait(5.0);
    world.says(link, Message::Telephony(rings()));
    assert_eq!(world.calls().len(), 1);
}

#[test]
fn a_call_that_two_tell_of_stands_there_once_with_what_both_know() {
    for phone_first in [true, false] {
        for number in ["+49301234567", "0301234567", ""] {
            let mut world = World::new();
            let link = world.aboard("Ann");
            let hands_free = [coupled("/c1", number, Phase::Ringing)];
            if phone_first {
                world.says(link, Message::Telephony(rings()));
                world.hears(&hands_free);
            } else {
                world.hears(&hands_free);
                world.says(link, Message::Telephony(rings()));
            }
            let shown = if number.is_empty() { ADA } else { number };
            let line = format!("ringing Ada Lovelace <{shown}> by Ann (hands-free) ahs");
            assert_eq!(world.lines(), [line], "{phone_first} {number}");
            world.deeds();
            assert_eq!(world.does(Deed::Silence), Ok(None));
            assert_eq!(world.told(link), [Message::MuteRinger]);
            world.hears(&[coupled("/c1", number, Phase::Active)]);
            assert_eq!(world.lines(), [format!("active Ada Lovelace <{shown}> by Ann (hands-free) h")]);
        }
    }
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.hears(&[coupled("/c1", "110", Phase::Ringing)]);
    world.says(link, Message::Telephony(rings()));
    assert_eq!(world.calls().len(), 2, "another number is another call");
}

#[test]
fn a_phone_without_the_grant_or_outside_tells_of_nothing() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.says(link, Message::Telephony(rings()));
    world.core.grant(world.at(), id("Ann").as_str(), "notes", false).unwrap();
    assert!(world.calls().is_empty(), "what it told is taken back with the grant");
    world.says(link, Message::Telephony(rings()));
    assert!(world.calls().is_empty());
    let stranger = world.come("Bob", false, 8);
    world.says(stranger, Message::Telephony(rings()));
    assert!(world.calls().is_empty());
    world.core.grant(world.at(), id("Ann").as_str(), "notes", true).unwrap();
    world.says(link, Message::Telephony(rings()));
    world.core.link_down(world.at(), link);
    assert!(world.calls().is_empty(), "a phone that is away rings for nobody here");
}

#[test]
fn nothing_of_a_call_is_endless() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    let name = format!("\u{202e}evil\n\u{7}{}", "x".repeat(1 << 20));
    world.says(link, Message::Telephony(told(CallEvent::Ringing, &name, &"9".repeat(1 << 20))));
    let call = world.calls().remove(0);
    assert!(call.name.starts_with("evil xxx") && call.name.chars().count() == 80, "{:?}", call.name);
    assert_eq!(call.number.len(), 40);
    world.vehicle(driving());
    let most = Restrictions::ALL.cut(&"x".repeat(200)).chars().count();
    assert_eq!(world.calls()[0].name.chars().count(), most, "no longer than a driver may be shown");
    // It rings for ever.
    world.wait(200.0);
    assert!(world.calls().is_empty());
    // So does a hands-free one, and there are a thousand of them.
    let thousand: Vec<_> =
        (0..1000).map(|number| coupled(&format!("/c{number}"), &number.to_string(), Phase::Ringing)).collect();
    world.hears(&thousand);
    assert_eq!(world.calls().len(), 8);
    world.wait(200.0);
    assert!(world.calls().is_empty());
    world.hears(&[]);
    for number in 0..1000 {
        world.wait(1.0);
        world.says(link, Message::Telephony(told(CallEvent::MissedCall, "", &number.to_string())));
    }
    assert_eq!(world.calls().len(), 8, "the latest");
    assert_eq!(world.calls()[0].number, "999");
    // Not even a phone that changes its mind a thousand times in a second.
    for number in 0..1000 {
        world.says(link, Message::Telephony(told(CallEvent::Ringing, "", &number.to_string())));
    }
    assert_ne!(world.calls()[0].number, "999", "what is beyond its pace is passed over");
    assert!(!format!("{:?}", world.core.snapshot().calls).contains("999"), "who calls is private");
}

#[test]
fn what_goes_on_when_the_service_comes_has_no_length() {
    let mut world = World::new();
    world.hears(&[coupled("/c1", ADA, Phase::Active)]);
    assert_eq!(world.core.snapshot().calls[0].since, None);
    // The same object, and another call: nobody who talks begins to ring.
    world.wait(3.0);
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    let calls = world.core.snapshot().calls;
    assert_eq!((calls.len(), calls[0].since), (1, Some(world.now)));
}

#[test]
fn the_music_waits_and_goes_on() {
    let mut world = World::new();
    world.car("track:1", true, 1_000);
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    assert_eq!(world.steered(), [Order::Pause]);
    world.car("track:1", true, 1_100);
    assert_eq!(world.steered(), [], "it has not heard yet");
    world.car("track:1", false, 1_200);
    world.hears(&[coupled("/c1", ADA, Phase::Active)]);
    assert_eq!(world.steered(), []);
    world.hears(&[]);
    assert_eq!(world.steered(), [Order::Play]);
    world.car("track:1", true, 1_200);
    assert_eq!(world.steered(), []);
}

#[test]
fn nobody_who_decided_otherwise_is_overridden() {
    // It was silent before.
    let mut world = World::new();
    world.car("track:1", false, 0);
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    world.hears(&[]);
    assert_eq!(world.steered(), []);
    // Somebody had it play during the call, and paused it then.
    world.car("track:1", true, 0);
    world.hears(&[coupled("/c2", ADA, Phase::Ringing)]);
    assert_eq!(world.steered(), [Order::Pause]);
    world.car("track:1", false, 0);
    world.car("track:1", true, 0);
    assert_eq!(world.steered(), [], "it is wanted, and is not paused again");
    world.car("track:1", false, 0);
    world.hears(&[]);
    assert_eq!(world.steered(), []);
    // Somebody chose something else, or stopped it.
    for other in ["track:2", ""] {
        world.car("track:1", true, 0);
        world.hears(&[coupled("/c3", ADA, Phase::Ringing)]);
        world.car("track:1", false, 0);
        world.car(other, false, 0);
        world.hears(&[]);
        assert_eq!(world.steered(), [Order::Pause], "{other}");
    }
}

#[test]
fn the_music_goes_on_when_a_phone_that_rang_is_gone() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.car("track:1", true, 0);
    world.says(link, Message::Telephony(rings()));
    world.car("track:1", false, 0);
    assert_eq!(world.steered(), [Order::Pause]);
    world.core.link_down(world.at(), link);
    assert_eq!(world.steered(), [Order::Play]);
    let link = world.come("Ann", true, 8);
    world.wait(3.0);
    world.car("track:1", true, 0);
    world.says(link, Message::Telephony(rings()));
    world.car("track:1", false, 0);
    world.wait(200.0);
    assert_eq!(world.steered(), [Order::Pause, Order::Play], "and when it rings for ever");
}

#[test]
fn the_music_does_not_begin_in_a_car_that_was_left() {
    for (ignition_on, then) in [(Some(false), vec![]), (None, vec![Order::Play]), (Some(true), vec![Order::Play])] {
        let mut world = World::new();
        world.car("track:1", true, 0);
        world.hears(&[coupled("/c1", ADA, Phase::Active)]);
        world.car("track:1", false, 0);
        assert_eq!(world.steered(), [Order::Pause]);
        world.vehicle(Vehicle { cabin: Cabin { ignition_on, ..parked().cabin }, ..parked() });
        world.hears(&[]);
        assert_eq!(world.steered(), then, "{ignition_on:?}");
    }
}

#[test]
fn a_call_that_follows_at_once_pauses_the_music_again() {
    // What the player is seen to do between its orders and after them.
    for seen in [vec![], vec![true], vec![false, true]] {
        let mut world = World::new();
        world.car("track:1", true, 0);
        world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
        if !seen.is_empty() {
            world.car("track:1", false, 0);
        }
        world.hears(&[]);
        assert_eq!(world.steered(), [Order::Pause, Order::Play]);
        world.hears(&[coupled("/c2", "110", Phase::Ringing)]);
        assert_eq!(world.steered(), [Order::Pause], "{seen:?}");
        for sounding in &seen {
            world.car("track:1", *sounding, 0);
        }
        world.car("track:1", false, 0);
        assert_eq!(world.steered(), []);
        world.hears(&[]);
        assert_eq!(world.steered(), [Order::Play], "{seen:?}");
    }
    // One that never went on is left alone by what rings much later.
    let mut world = World::new();
    world.car("track:1", true, 0);
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    world.car("track:1", false, 0);
    world.hears(&[]);
    assert_eq!(world.steered(), [Order::Pause, Order::Play]);
    world.wait(60.0);
    world.hears(&[coupled("/c2", ADA, Phase::Ringing)]);
    world.hears(&[]);
    assert_eq!(world.steered(), []);
}

#[test]
fn the_next_caller_does_not_get_the_last_ones_name() {
    for next in ["110", ""] {
        let mut world = World::new();
        let ada = HandsFree { name: "Ada Lovelace".into(), ..coupled("/c1", ADA, Phase::Ringing) };
        world.hears(std::slice::from_ref(&ada));
        world.hears(&[HandsFree { number: "030 1234567".into(), ..ada }]);
        assert_eq!(world.calls().len(), 1, "the same one, written in another way");
        world.hears(&[coupled("/c1", next, Phase::Ringing)]);
        let ringing = format!("ringing  <{next}> by hands-free (hands-free) ah");
        assert_eq!(world.lines(), [ringing.as_str(), "missed Ada Lovelace <030 1234567> by hands-free () "]);
    }
    // A number that only the phone told has not vanished.
    let mut world = World::new();
    let link = world.aboard("Ann");
    world.hears(&[coupled("/c1", "", Phase::Ringing)]);
    world.says(link, Message::Telephony(rings()));
    world.hears(&[coupled("/c1", "", Phase::Ringing)]);
    assert_eq!(world.lines(), ["ringing Ada Lovelace <+49 30 1234567> by Ann (hands-free) ahs"]);
}

#[test]
fn the_end_of_a_call_is_heard_however_much_was_said_before() {
    let mut world = World::new();
    let link = world.aboard("Ann");
    for _ in 0..1000 {
        world.says(link, Message::Telephony(rings()));
    }
    world.says(link, over(rings()));
    assert_eq!(world.lines(), [""; 0]);
}

#[test]
fn what_the_phone_did_not_decline_was_missed() {
    let mut world = World::new();
    world.hears(&[coupled("/c1", ADA, Phase::Ringing)]);
    world.does(Deed::HangUp).unwrap();
    world.core.not_declined("call-1");
    world.hears(&[]);
    assert_eq!(world.lines(), ["missed  <+49 30 1234567> by hands-free () "]);
}
