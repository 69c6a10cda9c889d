//! A phone and a bare peer that plays the car, over loopback.

#![cfg(test)]

mod peer;

use std::time::Duration;

use peer::{Car, Held, Meeting, unix, window};
use tandem_kdeconnect::{
    Action, Command, Ended as Unpaired, Message, Mpris, MprisRequest, Note, NoteRequest, Packet, Pairing, Playing,
    Share, Step,
};
use tandem_link::Ended;
use tandem_phone_sim::event::{PlayerNow, What};
use tandem_phone_sim::player::By;

const STORY: &str = "
[phone]
name = 'Pixel'
battery = { percent = 40 }

[[players]]
name = 'Podcasts'
playing = true
position_ms = 5000
tracks = [{ title = 'Night', artist = 'Tandem', album = 'Two lights', length_ms = 25000000 }]
";

/// A car and a phone that are paired.
async fn paired(story: &str) -> (Car, Held, Meeting) {
    let mut car = Car::start().await;
    let mut phone = Held::start(&car, story).await;
    let meeting = car.meets().await;
    let key = car.pairs(&meeting).await;
    let asked = What::PairAsked { by: By::Car, key };
    phone.tells_this(&asked).await;
    phone.tells_this(&What::Paired).await;
    (car, phone, meeting)
}

fn state(packet: &Packet) -> Option<Playing> {
    match &packet.message {
        Message::Mpris(Mpris::State { state, .. }) => Some(state.as_ref().clone()),
        _ => None,
    }
}

fn ping(packet: &Packet) -> Option<String> {
    if let Message::Ping { message } = &packet.message { message.clone() } else { None }
}

fn podcasts() -> String {
    "Podcasts".to_owned()
}

#[tokio::test]
async fn a_car_asks_and_the_phone_greets_it_as_androids_app_does() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    assert_eq!((meeting.protocol, meeting.pinned), (8, false));
    let players = |packet: &Packet| match &packet.message {
        Message::Mpris(Mpris::Players { names, .. }) => Some(names.clone()),
        _ => None,
    };
    assert_eq!(car.hears("players", players).await, ["Podcasts"]);
    let charge = |packet: &Packet| if let Message::Battery(it) = packet.message { it.charge } else { None };
    assert_eq!(car.hears("battery", charge).await, Some(40).into_iter().next().unwrap());
    phone.does("unpair");
    assert!(!car.hears_pairing().await.pair);
    let why = "the pairing was ended".to_owned();
    phone.tells_this(&What::Unpaired { why }).await;
}

#[tokio::test]
async fn a_phone_asks_and_an_older_one_too() {
    for protocol in [8, 7] {
        let mut car = Car::start().await;
        let story = STORY.replace("[phone]", &format!("[phone]\nprotocol = {protocol}"));
        let mut phone = Held::start(&car, &story).await;
        let meeting = car.meets().await;
        assert_eq!(meeting.protocol, protocol);
        phone.tells("a car", |what| matches!(what, What::Connected { .. }).then_some(())).await;
        phone.does("pair");
        let mut pairing = Pairing::new(false, protocol);
        let said = car.hears_pairing().await;
        assert_eq!(said.timestamp.is_some(), protocol == 8);
        let key = car.follows(&meeting, pairing.hear(Duration::ZERO, unix(), &window(), said)).await.unwrap();
        car.follows(&meeting, pairing.confirm(Duration::ZERO, &window())).await;
        phone.tells_this(&What::PairAsked { by: By::Hand, key }).await;
        phone.tells_this(&What::Paired).await;
    }
}

#[tokio::test]
async fn a_phone_with_a_wrong_clock_asks_in_vain() {
    let mut car = Car::start().await;
    let mut phone = Held::start(&car, &format!("{STORY}\n[faults]\nclock_off_seconds = -86400")).await;
    car.meets().await;
    phone.tells("a car", |what| matches!(what, What::Connected { .. }).then_some(())).await;
    phone.does("pair");
    let said = car.hears_pairing().await;
    let steps = Pairing::new(false, 8).hear(Duration::ZERO, unix(), &window(), said);
    let apart = steps.iter().find_map(|step| match step {
        Step::Ended(Unpaired::Clocks { seconds_apart }) => Some(*seconds_apart),
        _ => None,
    });
    assert!(apart.is_some_and(|apart| (86_000..87_000).contains(&apart)), "{steps:?}");
}

#[tokio::test]
async fn players_are_listed_steered_and_exact_when_they_pause() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    car.says(&meeting, Message::MprisRequest(MprisRequest::State { player: podcasts() })).await;
    let playing = car.hears("a state", state).await;
    assert_eq!((playing.title.as_deref(), playing.playing), (Some("Night"), Some(true)));
    assert_eq!(playing.position_ms, Some(5000), "as old as the last change");
    let pause = MprisRequest::Do { player: podcasts(), action: Action::Pause };
    car.says(&meeting, Message::MprisRequest(pause)).await;
    let paused = car.hears("silence", |packet| state(packet).filter(|it| it.playing == Some(false))).await;
    let by_car = |what: &What| match what {
        What::Player { by: By::Car, now } => Some(now.clone()),
        _ => None,
    };
    let truth: PlayerNow = phone.tells("what it does", by_car).await;
    assert_eq!((truth.sounding, Some(truth.position_ms)), (false, paused.position_ms));
    assert!(truth.position_ms > 5000);
    let there = MprisRequest::SetPosition { player: podcasts(), position_ms: 90_000 };
    car.says(&meeting, Message::MprisRequest(there)).await;
    let moved = car.hears("the place", |packet| state(packet).filter(|it| it.position_ms == Some(90_000))).await;
    assert_eq!(moved.playing, Some(false));
    phone.does("play");
    assert_eq!(car.hears("sound", state).await.playing, Some(true));
}

#[tokio::test]
async fn what_is_shared_arrives_on_both_sides() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    phone.does("share geo:1,2");
    phone.does("share-text Pier\\nhttps://example.org/pier");
    let share = |packet: &Packet| if let Message::Share(share) = &packet.message { Some(share.clone()) } else { None };
    assert_eq!(car.hears("an address", share).await, Share::Url("geo:1,2".to_owned()));
    assert_eq!(car.hears("a text", share).await, Share::Text("Pier\nhttps://example.org/pier".to_owned()));

    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at * 7 % 251) as u8).collect();
    let path = phone.folder.path().join("photo.jpg");
    std::fs::write(&path, &bytes).unwrap();
    phone.does(&format!("share-file {}", path.display()));
    let file =
        |packet: &Packet| packet.payload.filter(|_| matches!(packet.message, Message::Share(Share::File { .. })));
    let payload = car.hears("a file", file).await;
    let mut came = Vec::new();
    car.links.fetch(meeting.link, payload, &mut came, 1 << 20).await.unwrap();
    assert!(came == bytes);
    phone.tells_this(&What::Sent { file: "photo.jpg".to_owned() }).await;

    let url = "geo:-48.87,-123.38?q=-48.87,-123.38(Lighthouse)";
    car.says(&meeting, Message::Share(Share::Url(url.to_owned()))).await;
    let content = url.to_owned();
    phone.tells_this(&What::Received { kind: "url", bytes: content.len() as u64, content }).await;
    let name = Share::File { name: "map.png".to_owned(), files: None, all_bytes: None };
    let packet = Packet::new(Message::Share(name));
    car.links.send_with_payload(meeting.link, packet, &bytes[..], bytes.len() as u64).await.unwrap();
    let came = phone.folder.path().join("received/map.png");
    let content = came.display().to_string();
    phone.tells_this(&What::Received { kind: "file", content, bytes: 300_000 }).await;
    assert!(std::fs::read(came).unwrap() == bytes);
}

#[tokio::test]
async fn notifications_buttons_and_ringing() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    phone.does("note 7 Mail Ann \"See you\"");
    let note = |packet: &Packet| if let Message::Note(note) = &packet.message { Some(note.clone()) } else { None };
    let Note::Shown { id, title, silent: false, .. } = car.hears("a note", note).await else { panic!("not shown") };
    assert_eq!((id.as_str(), title.as_str()), ("7", "Ann"));
    car.says(&meeting, Message::NoteRequest(NoteRequest::All)).await;
    assert!(matches!(car.hears("it again", note).await, Note::Shown { silent: true, .. }));
    car.says(&meeting, Message::NoteRequest(NoteRequest::Dismiss { id })).await;
    assert_eq!(car.hears("its end", note).await, Note::Gone { id: "7".to_owned() });
    phone.tells_this(&What::NoteDismissed { id: "7".to_owned() }).await;

    let button = Command { key: "continue".to_owned(), name: "Continue in car".to_owned() };
    car.says(&meeting, Message::Commands(vec![button])).await;
    phone.tells("buttons", |what| matches!(what, What::Buttons { .. }).then_some(())).await;
    phone.does("press continue");
    let pressed =
        |packet: &Packet| if let Message::RunCommand { key } = &packet.message { Some(key.clone()) } else { None };
    assert_eq!(car.hears("a button", pressed).await, "continue");
    car.says(&meeting, Message::FindMyPhone).await;
    phone.tells_this(&What::Ringing).await;
}

#[tokio::test]
async fn a_phone_that_dies_comes_back_as_itself_or_as_another() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    phone.does("die");
    assert_eq!(car.loses(&meeting).await, Ended::PeerClosed);
    phone.does("come");
    let again = car.meets().await;
    assert!(again.pinned && again.certificate == meeting.certificate);
    phone.tells("the car", |what| matches!(what, What::Connected { paired: true, .. }).then_some(())).await;
    phone.does("die");
    car.loses(&again).await;
    phone.does("come-as-another");
    phone.tells_this(&What::Air { is: "came-as-another" }).await;
    car.links.unpin(phone.phone.id());
    let thief = car.meets().await;
    assert!(!thief.pinned && thief.certificate != meeting.certificate);
    phone.does("come");
    while car.meets().await.certificate != meeting.certificate {}
}

#[tokio::test]
async fn a_phone_that_hangs_goes_on_late_where_it_was() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    phone.does("hang");
    phone.tells_this(&What::Air { is: "hung" }).await;
    car.says(&meeting, Message::FindMyPhone).await;
    phone.does("ping late");
    phone.does("wake");
    let mut told = Vec::new();
    let until_it_rings = |what: &What| {
        told.push(what.to_string());
        (*what == What::Ringing).then_some(())
    };
    phone.tells("what it does", until_it_rings).await;
    assert_eq!(told, ["> ping late", "> wake", "The phone woke", "RINGING"]);
    assert_eq!(car.hears("a ping", ping).await, "late");

    phone.does("hang");
    phone.tells_this(&What::Air { is: "hung" }).await;
    car.says(&meeting, Message::FindMyPhone).await;
    phone.does("ping lost");
    phone.does("come");
    car.loses(&meeting).await;
    assert!(car.meets().await.pinned);
    let rang = |what: &What| match what {
        What::Connected { .. } => Some(false),
        What::Ringing => Some(true),
        _ => None,
    };
    assert!(!phone.tells("the car", rang).await, "an app that is started anew knows nothing of what came before");
    phone.does("ping here");
    assert_eq!(car.hears("a ping", ping).await, "here");
}

#[tokio::test]
async fn a_phone_that_was_out_of_reach_for_a_moment_has_missed_nothing() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    phone.does("vanish");
    phone.tells_this(&What::Air { is: "vanished" }).await;
    car.says(&meeting, Message::FindMyPhone).await;
    phone.does("ping late");
    phone.does("wake");
    phone.tells_this(&What::Ringing).await;
    assert_eq!(car.hears("a ping", ping).await, "late");
}

#[tokio::test]
async fn a_phone_out_of_reach_is_noticed_by_nothing_but_its_silence() {
    let (mut car, mut phone, meeting) = paired(STORY).await;
    phone.does("vanish");
    phone.tells_this(&What::Air { is: "vanished" }).await;
    let began = std::time::Instant::now();
    assert_eq!(car.loses(&meeting).await, Ended::Lost(std::io::ErrorKind::TimedOut), "{:?}", began.elapsed());
    phone.does("come");
    assert!(car.meets().await.pinned);
}

#[tokio::test]
async fn faults_change_what_is_said_and_not_what_is() {
    let (mut car, phone, _meeting) = paired(STORY).await;
    phone.does("faults twice=true answer_delay_ms=5");
    phone.does("ping twice");
    phone.does("faults");
    phone.does("ping once");
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(car.hears("pings", ping).await);
    }
    assert_eq!(heard, ["twice", "twice", "once"]);
    phone.does("faults drop_every=2");
    (0..6).for_each(|number| phone.does(&format!("ping {number}")));
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(car.hears("pings", ping).await.parse::<u8>().unwrap());
    }
    assert!(heard.windows(2).all(|pair| pair[1] == pair[0] + 2), "{heard:?}");
}

#[tokio::test]
async fn a_story_goes_its_way_beside_the_car() {
    let steps = "
        [[steps]]
        after = 'paused'
        do = 'die'
        [[steps]]
        after = 'away'
        do = 'come'
        [[steps]]
        after = 'paired'
        share = 'geo:1,2'
    ";
    let (mut car, mut phone, meeting) = paired(&format!("{STORY}{steps}")).await;
    let pause = MprisRequest::Do { player: podcasts(), action: Action::Pause };
    car.says(&meeting, Message::MprisRequest(pause)).await;
    assert_eq!(car.loses(&meeting).await, Ended::PeerClosed);
    car.meets().await;
    let share =
        |packet: &Packet| if let Message::Share(Share::Url(url)) = &packet.message { Some(url.clone()) } else { None };
    assert_eq!(car.hears("an address", share).await, "geo:1,2");
    phone.tells_this(&What::StoryEnd).await;
}
