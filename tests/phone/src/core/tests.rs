use std::time::Duration;

use tandem_kdeconnect::{Action, CallEvent, Message, Mpris, MprisRequest, NoteRequest, Packet, PairBody, Telephony};

use super::{Arrival, Core, Moment, Out};
use crate::command::Command;
use crate::event::What;
use crate::story::Story;

fn at(ms: u64) -> Moment {
    Moment { now: Duration::from_millis(ms), unix_ms: 1_700_000_000_000 + ms }
}

fn phone(more: &str) -> Core {
    let player = "name = 'Podcasts'\nplaying = true\ntracks = [{ title = 'Night', length_ms = 25000 }]";
    let story = format!("[phone]\nname = 'Pixel'\n{more}\n[[players]]\n{player}");
    Core::new(at(0), &Story::parse(&story, "story").unwrap())
}

fn up(core: &mut Core, paired: bool) {
    let arrival = Arrival { name: "Car".to_owned(), protocol: 8, our_key: vec![1], their_key: vec![2], paired };
    core.up(at(1000), arrival);
}

fn does(core: &mut Core, ms: u64, line: &str) {
    match Command::parse(line).unwrap() {
        Some(Command::Do(deed)) => core.deed(at(ms), deed),
        other => panic!("{other:?}"),
    }
}

/// What was done since this was asked last: packets by their type, and what was told.
fn done(core: &mut Core) -> Vec<String> {
    let word = |out: Out| match out {
        Out::Send(packet) => match packet.message {
            Message::Pair(PairBody { pair, .. }) => format!("send pair {pair}"),
            _ => format!("send {}", packet.kind().trim_start_matches("kdeconnect.")),
        },
        Out::Tell(what) => what.to_string(),
        other => format!("{other:?}"),
    };
    core.take().into_iter().map(word).collect()
}

fn hears(core: &mut Core, ms: u64, message: Message) {
    core.packet(at(ms), Packet::new(message));
}

fn asks(pair: bool) -> Message {
    Message::Pair(PairBody { pair, timestamp: pair.then_some(1_700_000_000) })
}

#[test]
fn a_car_that_asks_is_answered_as_the_story_says() {
    let mut polite = phone("");
    up(&mut polite, false);
    hears(&mut polite, 1100, asks(true));
    let greets = ["send mpris", "send mpris.request", "send runcommand.request"];
    let asked = ["Connected to Car, protocol 8, not paired", "The car asks to pair, key DDC750AD"];
    assert_eq!(done(&mut polite), [&asked[..], &["send pair true", "Keep", "Paired"], &greets].concat());

    let mut rude = phone("pairing = 'refuse'");
    up(&mut rude, false);
    hears(&mut rude, 1100, asks(true));
    assert_eq!(done(&mut rude)[2..], ["send pair false", "Forget", "Not paired: it was refused"]);

    let mut slow = phone("pairing = 'wait'");
    up(&mut slow, false);
    hears(&mut slow, 1100, asks(true));
    assert_eq!(done(&mut slow).len(), 2);
    does(&mut slow, 1200, "accept");
    assert_eq!(done(&mut slow)[..4], ["> accept", "send pair true", "Keep", "Paired"]);
    hears(&mut slow, 1300, asks(false));
    assert_eq!(done(&mut slow), ["Forget", "Not paired: the pairing was ended"]);
}

#[test]
fn a_phone_asks_by_its_own_clock() {
    let mut core = phone("[faults]\nclock_off_seconds = 86400");
    up(&mut core, false);
    done(&mut core);
    does(&mut core, 1100, "pair");
    let out: Vec<Out> = core.take().into();
    let sent = |out: &Out| matches!(out, Out::Send(Packet { message: Message::Pair(body), .. }) if body.timestamp == Some(1_700_086_401));
    assert!(out.iter().any(sent), "{out:?}");
    hears(&mut core, 1200, asks(true));
    assert_eq!(done(&mut core)[..2], ["Keep", "Paired"]);
}

#[test]
fn nothing_is_said_to_a_car_that_is_not_paired() {
    let mut core = phone("");
    up(&mut core, false);
    hears(&mut core, 1100, Message::MprisRequest(MprisRequest::Players));
    does(&mut core, 1200, "pause");
    does(&mut core, 1300, "share geo:1,2");
    does(&mut core, 1400, "share https://example.org/a");
    assert_eq!(
        done(&mut core)[1..],
        [
            "send pair false",
            "> pause",
            "By hand: Podcasts is silent at 0:01.200: Night",
            "> share geo:1,2: no paired car is there",
            "> share https://example.org/a",
        ]
    );
    core.down(at(1500), "gone".to_owned());
    up(&mut core, true);
    assert!(done(&mut core).contains(&"send share.request".to_owned()), "a link is kept for the car");
    up(&mut core, true);
    assert!(!done(&mut core).contains(&"send share.request".to_owned()), "and sent once");
}

#[test]
fn the_car_steers_the_players_and_hears_of_each_change_once() {
    let mut core = phone("");
    up(&mut core, true);
    done(&mut core);
    let pause = || MprisRequest::Do { player: "Podcasts".to_owned(), action: Action::Pause };
    hears(&mut core, 2000, Message::MprisRequest(pause()));
    hears(&mut core, 2100, Message::MprisRequest(pause()));
    hears(&mut core, 2200, Message::MprisRequest(MprisRequest::State { player: "Podcasts".to_owned() }));
    hears(&mut core, 2200, Message::MprisRequest(MprisRequest::State { player: "Radio".to_owned() }));
    let paused = "The car: Podcasts is silent at 0:02.000: Night";
    let ignored = "Podcasts was told Do(Pause), which changed nothing";
    assert_eq!(done(&mut core), [paused, "send mpris", ignored, "send mpris"]);
    does(&mut core, 3000, "play");
    core.tick(at(25_999));
    assert_eq!(core.due(), Some(Duration::from_millis(26_000)));
    done(&mut core);
    core.tick(at(26_000));
    assert_eq!(done(&mut core), ["Podcasts is silent at 0:00.000: Night", "send mpris"]);
}

#[test]
fn notifications_buttons_and_the_cars_player_are_kept() {
    let mut core = phone("");
    up(&mut core, true);
    does(&mut core, 1100, "note 7 Mail Ann \"See you\"");
    done(&mut core);
    hears(&mut core, 1200, Message::NoteRequest(NoteRequest::All));
    hears(&mut core, 1300, Message::NoteRequest(NoteRequest::Dismiss { id: "8".to_owned() }));
    hears(&mut core, 1300, Message::NoteRequest(NoteRequest::Dismiss { id: "7".to_owned() }));
    hears(&mut core, 1300, Message::NoteRequest(NoteRequest::All));
    assert_eq!(
        done(&mut core),
        [
            "The car asked for all notifications",
            "send notification",
            "The car dismissed the notification 7",
            "send notification",
            "The car asked for all notifications",
        ]
    );
    let command = tandem_kdeconnect::Command { key: "back".to_owned(), name: "Give back".to_owned() };
    hears(&mut core, 1400, Message::Commands(vec![command]));
    does(&mut core, 1500, "press give back");
    does(&mut core, 1600, "press bank");
    let state = Box::new(super::Playing { playing: Some(true), ..super::Playing::default() });
    let said = Mpris::State { player: "Tandem".to_owned(), state };
    hears(&mut core, 1700, Message::Mpris(said.clone()));
    hears(&mut core, 1800, Message::Mpris(said));
    does(&mut core, 1900, "car pause");
    assert_eq!(
        done(&mut core),
        [
            "The car offers: Give back (back)",
            "> press give back",
            "send runcommand.request",
            "> press bank: there is no button bank: did you mean back?",
            "The car's Tandem plays at 0:00.000:  ",
            "> car pause",
            "send mpris.request",
        ]
    );
    does(&mut core, 2000, "die");
    does(&mut core, 2100, "press back");
    assert_eq!(done(&mut core)[2..], ["> press back: there is no button back"]);
}

#[test]
fn a_phone_rings_and_takes_what_the_car_gives_back() {
    let mut core = phone("");
    up(&mut core, true);
    done(&mut core);
    hears(&mut core, 1100, Message::FindMyPhone);
    hears(&mut core, 1200, Message::Share(super::Share::Url("geo:1,2?q=1,2(Home)".to_owned())));
    assert_eq!(
        core.take(),
        [
            Out::Tell(What::Ringing),
            Out::Tell(What::Received { kind: "url", content: "geo:1,2?q=1,2(Home)".to_owned(), bytes: 19 }),
        ]
    );
}

#[test]
fn a_call_rings_is_silenced_taken_in_the_hand_and_over() {
    let mut core = phone("");
    up(&mut core, true);
    done(&mut core);
    let said = |core: &mut Core| -> Vec<Message> {
        let sent = |out| if let Out::Send(packet) = out { Some(packet.message) } else { None };
        core.take().into_iter().filter_map(sent).collect()
    };
    let ada =
        |event, is_over| Message::Telephony(Telephony { event, number: "+4930".into(), name: "Ada".into(), is_over });
    does(&mut core, 1100, "call Ada +4930");
    assert_eq!(said(&mut core), [ada(CallEvent::Ringing, false)]);
    hears(&mut core, 1200, Message::MuteRinger);
    assert_eq!(core.take(), [Out::Tell(What::Silenced)]);
    does(&mut core, 1300, "talk");
    assert_eq!(said(&mut core), [ada(CallEvent::Talking, false)]);
    does(&mut core, 1400, "end-call");
    assert_eq!(said(&mut core), [ada(CallEvent::Talking, true)]);
    does(&mut core, 1500, "call Ada +4930");
    does(&mut core, 1600, "end-call");
    let missed = [ada(CallEvent::Ringing, false), ada(CallEvent::Ringing, true), ada(CallEvent::MissedCall, false)];
    assert_eq!(said(&mut core), missed);
    does(&mut core, 1700, "talk");
    assert_eq!(done(&mut core), ["> talk: nobody calls"]);
}
