use std::time::Duration;

use proptest::prelude::*;

use crate::*;

const ID: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";

fn parse(line: &str) -> Message {
    Packet::parse(line.as_bytes()).unwrap().message
}

#[test]
fn what_real_peers_send_is_understood() {
    // The id is a text up to 22.12 and a number since; Android writes a protocol as a text, a desktop an end as a text.
    let identity = format!(
        r#"{{"id":"1700000000000","type":"kdeconnect.identity","body":{{"deviceId":"{ID}","deviceName":"Ann's <Phone>","deviceType":"phone","protocolVersion":8,
        "incomingCapabilities":["kdeconnect.ping"],"outgoingCapabilities":["kdeconnect.mpris"],"tcpPort":1716,"targetDeviceId":"{ID}","targetProtocolVersion":"8","new":{{"x":[1]}}}}}}"#
    );
    let Message::Identity(identity) = parse(&identity) else { panic!() };
    assert_eq!((identity.id.as_str(), identity.name.as_str(), identity.kind), (ID, "Anns Phone", DeviceKind::Phone));
    assert_eq!((identity.protocol, identity.port, identity.target_protocol), (8, Some(1716), Some(8)));
    assert_eq!(identity.outgoing, ["kdeconnect.mpris"]);

    let state = r#"{"id":1,"type":"kdeconnect.mpris","body":{"player":"AntennaPod","title":"Episode 7","isPlaying":true,"pos":754000,"length":-1,"volume":130}}"#;
    let Message::Mpris(Mpris::State { player, state }) = parse(state) else { panic!() };
    assert_eq!((player.as_str(), state.title.as_deref()), ("AntennaPod", Some("Episode 7")));
    assert_eq!(
        (state.position_ms, state.length_ms, state.playing, state.volume),
        (Some(754_000), Some(-1), Some(true), Some(100))
    );
    assert_eq!(state.artist, None, "what is not said stays as it was");

    let gone = r#"{"id":1,"type":"kdeconnect.notification","body":{"id":"0|x","isCancel":"true"}}"#;
    assert_eq!(parse(gone), Message::Note(Note::Gone { id: "0|x".into() }));
    let rings = r#"{"id":1,"type":"kdeconnect.telephony","body":{"event":"ringing","phoneNumber":"+4930","contactName":"Ada","phoneThumbnail":"AAAA","isCancel":"true"}}"#;
    let ada = Telephony { event: CallEvent::Ringing, number: "+4930".into(), name: "Ada".into(), is_over: true };
    assert_eq!(parse(rings), Message::Telephony(ada));
    let letter = r#"{"id":1,"type":"kdeconnect.telephony","body":{"event":"sms","messageBody":"Hello"}}"#;
    assert_eq!(parse(letter), Message::Other("kdeconnect.telephony".into()), "what old phones told so, too");
    let file = r#"{"id":1,"type":"kdeconnect.share.request","body":{"filename":"../../.ssh/authorized_keys"},"payloadSize":8388608,"payloadTransferInfo":{"port":1739}}"#;
    let file = Packet::parse(file.as_bytes()).unwrap();
    assert_eq!(file.payload, Some(Payload { size: Some(8_388_608), port: 1739 }));
    assert_eq!(
        file.message,
        Message::Share(Share::File { name: "authorized_keys".into(), files: None, all_bytes: None })
    );
}

#[test]
fn words_that_nobody_knows_are_nothing() {
    let odd = r#"{"type":"kdeconnect.mpris.request","body":{"player":"p","action":"Explode"}}"#;
    assert!(matches!(Packet::parse(odd.as_bytes()), Err(PacketError::Body(_))));
    let odd = r#"{"type":"kdeconnect.mpris","body":{"player":"p","loopStatus":7,"title":"t"}}"#;
    let Message::Mpris(Mpris::State { state, .. }) = parse(odd) else { panic!() };
    assert_eq!((state.repeat, state.title.as_deref()), (None, Some("t")));
    let odd = format!(
        r#"{{"type":"kdeconnect.identity","body":{{"deviceId":"{ID}","deviceName":"P","deviceType":"toaster","protocolVersion":8}}}}"#
    );
    let Message::Identity(identity) = parse(&odd) else { panic!() };
    assert_eq!(identity.kind, DeviceKind::Phone);
}

#[test]
fn a_name_is_never_a_path_and_an_address_is_never_cut() {
    let name = |name: &str| match parse(&format!(
        r#"{{"type":"kdeconnect.share.request","body":{{"filename":{}}}}}"#,
        serde_json::json!(name)
    )) {
        Message::Share(Share::File { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    let names =
        ["..", " ..", " .bashrc", "/", "a/../..", "C:\\x\\y.txt", ".bashrc", "ordinary name.pdf", "a\u{202e}fdp.exe"]
            .map(name);
    assert_eq!(names, ["file", "file", "bashrc", "file", "file", "y.txt", "bashrc", "ordinary name.pdf", "afdp.exe"]);
    let long =
        format!(r#"{{"type":"kdeconnect.share.request","body":{{"url":"https://x/{}"}}}}"#, "a".repeat(MAX_TEXT));
    assert!(matches!(Packet::parse(long.as_bytes()), Err(PacketError::Body(_))));
}

#[test]
fn an_identity_that_breaks_a_rule_says_which() {
    let of = |change: &str, by: &str| {
        let whole = format!(
            r#"{{"type":"kdeconnect.identity","body":{{"deviceId":"{ID}","deviceName":"Phone","protocolVersion":7,"tcpPort":1716}}}}"#
        );
        match Packet::parse(whole.replace(change, by).as_bytes()) {
            Err(PacketError::Identity(why)) => Some(why),
            _ => None,
        }
    };
    assert_eq!(of("7", "7"), None);
    assert_eq!(of(ID, "../../etc/passwd_______________________"), Some(InvalidIdentity::DeviceId));
    assert_eq!(of(ID, "short"), Some(InvalidIdentity::DeviceId));
    assert_eq!(of("Phone", "<(.)>"), Some(InvalidIdentity::Name));
    assert_eq!(of(":7", ":6"), Some(InvalidIdentity::Protocol));
    assert_eq!(of("1716", "22"), Some(InvalidIdentity::Port));
    assert_eq!(of("\"tcpPort\":1716", "\"targetDeviceId\":\"somebody else\""), Some(InvalidIdentity::Target));
}

#[test]
fn payloads_that_lie_are_refused() {
    let of = |size: &str, port: &str| {
        let line = format!(
            r#"{{"type":"kdeconnect.ping","body":{{}},"payloadSize":{size},"payloadTransferInfo":{{"port":{port}}}}}"#
        );
        Packet::parse(line.as_bytes()).map(|packet| packet.payload).map_err(|error| error.to_string())
    };
    assert_eq!(of("-1", "1764"), Ok(Some(Payload { size: None, port: 1764 })));
    assert_eq!(of("0", "1739"), Ok(None));
    for (size, port) in [("-2", "1739"), ("5", "22"), ("5", "-1"), ("5", "70000")] {
        assert!(of(size, port).is_err(), "{size} {port}");
    }
}

#[test]
fn a_stream_is_cut_into_lines_wherever_it_breaks() {
    let stream = b"{\"a\":1}\n\n  \n{\"b\":\"\\\"]]\"}\n{\"c\"";
    for size in 1..stream.len() {
        let mut lines = Lines::new(100);
        let mut got = Vec::new();
        for piece in stream.chunks(size) {
            lines.push(piece);
            while let Some(line) = lines.next_line().unwrap() {
                got.push(String::from_utf8(line.to_vec()).unwrap());
            }
        }
        assert_eq!(got, ["{\"a\":1}", "{\"b\":\"\\\"]]\"}"], "{size}");
    }
}

#[test]
fn a_line_without_end_and_one_too_deep_end_the_link() {
    let mut lines = Lines::new(64);
    lines.push(&[b'x'; 64]);
    assert_eq!(lines.next_line(), Ok(None));
    lines.push(b"x");
    assert_eq!(lines.next_line(), Err(LineError::TooLong { limit: 64 }));
    let mut lines = Lines::new(64);
    lines.push(&[vec![b'x'; 65], vec![b'\n']].concat());
    assert_eq!(lines.next_line(), Err(LineError::TooLong { limit: 64 }));
    let mut lines = Lines::new(1000);
    lines.push(format!("{}\n{}\n", "[".repeat(MAX_DEPTH), "[".repeat(MAX_DEPTH + 1)).as_bytes());
    assert!(lines.next_line().unwrap().is_some());
    assert_eq!(lines.next_line(), Err(LineError::TooDeep));
}

fn every_message() -> Vec<Message> {
    let text = || "晴天 \"x\"".to_owned();
    let identity = Identity {
        id: ID.parse().unwrap(),
        name: "Car".into(),
        kind: DeviceKind::Tv,
        protocol: 8,
        incoming: vec!["kdeconnect.ping".into()],
        outgoing: vec![],
        port: Some(1716),
        target: Some(ID.parse().unwrap()),
        target_protocol: Some(7),
    };
    let state = Playing {
        title: Some(text()),
        url: Some("https://example.org/7".into()),
        length_ms: Some(5),
        position_ms: Some(4),
        playing: Some(false),
        volume: Some(30),
        repeat: Some(Repeat::Track),
        shuffle: Some(true),
        ..Playing::default()
    };
    let player = text;
    vec![
        Message::Identity(identity),
        Message::Pair(PairBody { pair: true, timestamp: Some(1_700_000_000) }),
        Message::Pair(PairBody { pair: false, timestamp: None }),
        Message::Mpris(Mpris::Players { names: vec![text()], sends_art: true }),
        Message::Mpris(Mpris::State { player: player(), state: Box::new(state) }),
        Message::Mpris(Mpris::Art { player: player(), url: "kdeconnect:///x".into() }),
        Message::MprisRequest(MprisRequest::Players),
        Message::MprisRequest(MprisRequest::State { player: player() }),
        Message::MprisRequest(MprisRequest::Do { player: player(), action: Action::PlayPause }),
        Message::MprisRequest(MprisRequest::SetPosition { player: player(), position_ms: -3 }),
        Message::MprisRequest(MprisRequest::Seek { player: player(), offset_us: -5_000 }),
        Message::MprisRequest(MprisRequest::SetVolume { player: player(), volume: 100 }),
        Message::MprisRequest(MprisRequest::SetRepeat { player: player(), repeat: Repeat::Playlist }),
        Message::MprisRequest(MprisRequest::SetShuffle { player: player(), shuffle: false }),
        Message::MprisRequest(MprisRequest::Art { player: player(), url: text() }),
        Message::Share(Share::Url("geo:52.5,13.4".into())),
        Message::Share(Share::Text("name\nhttps://example.org".into())),
        Message::Share(Share::File { name: "a.pdf".into(), files: Some(2), all_bytes: Some(9) }),
        Message::Share(Share::Update { files: 1, bytes: 5 }),
        Message::Note(Note::Gone { id: text() }),
        Message::NoteRequest(NoteRequest::All),
        Message::NoteRequest(NoteRequest::Dismiss { id: text() }),
        Message::Battery(Battery { charge: None, charging: true, low: false }),
        Message::Battery(Battery { charge: Some(7), charging: false, low: true }),
        Message::Connectivity([("0".into(), Signal { network: "5G".into(), strength: 4 })].into()),
        Message::Ping { message: Some(text()) },
        Message::Ping { message: None },
        Message::FindMyPhone,
        Message::Telephony(Telephony {
            event: CallEvent::Ringing,
            number: "+49 30 1234567".into(),
            name: text(),
            is_over: false,
        }),
        Message::Telephony(Telephony {
            event: CallEvent::Talking,
            number: String::new(),
            name: String::new(),
            is_over: true,
        }),
        Message::MuteRinger,
        Message::Commands(vec![Command { key: "continue".into(), name: text() }]),
        Message::CommandsRequest,
        Message::RunCommand { key: "continue".into() },
    ]
}

#[test]
fn what_is_written_is_read_back() {
    for message in every_message() {
        let packet = Packet { message, payload: Some(Payload { size: Some(3), port: 1740 }) };
        let line = packet.line(1_700_000_000_000);
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        assert_eq!(Packet::parse(line.trim_end().as_bytes()).unwrap(), packet);
    }
}

#[test]
fn texts_and_lists_are_bounded_and_show_no_tricks() {
    let flood = format!(r#"{{"type":"kdeconnect.mpris","body":{{"playerList":[{}"x"]}}}}"#, "\"p\",".repeat(100_000));
    let Message::Mpris(Mpris::Players { names, .. }) = parse(&flood) else { panic!() };
    assert_eq!(names.len(), MAX_ITEMS);
    let trick = serde_json::json!(format!("a\u{202e}\u{0}b\u{1b}[31m{}", "x".repeat(10 * MAX_TEXT)));
    let Message::Ping { message: Some(shown) } =
        parse(&format!(r#"{{"type":"kdeconnect.ping","body":{{"message":{trick}}}}}"#))
    else {
        panic!()
    };
    assert!(shown.starts_with("ab[31mx") && shown.chars().count() == MAX_TEXT);
}

/// A person, a peer and a clock.
#[derive(Clone, Debug)]
enum Deed {
    Open,
    Drive,
    Park,
    Ask,
    Confirm,
    Refuse,
    Hear(bool, Option<u64>),
    Wait(u64),
    Tick,
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Open),
        1 => Just(Deed::Drive),
        3 => Just(Deed::Park),
        3 => Just(Deed::Ask),
        3 => Just(Deed::Confirm),
        1 => Just(Deed::Refuse),
        4 => (any::<bool>(), proptest::option::of(0..5_000_u64)).prop_map(|(pair, at)| Deed::Hear(pair, at)),
        2 => (0..40_u64).prop_map(Deed::Wait),
        1 => Just(Deed::Tick),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_a_packet_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Packet::parse(&bytes);
        let mut lines = Lines::new(100);
        lines.push(&bytes);
        while let Ok(Some(_)) = lines.next_line() {}
    }

    #[test]
    fn any_shape_of_a_body_is_a_packet_or_an_error(
        message in proptest::sample::select(every_message()),
        at in 0..200_usize,
        with in proptest::sample::select(vec!["null", "[]", "{}", "-1", "1e999", "\"\"", "true", "[[{}]]", "99999999999999999999"]),
    ) {
        let line = Packet::new(message).line(1);
        let places: Vec<usize> = line.match_indices(':').map(|(place, _)| place).collect();
        let from = places[at % places.len()] + 1;
        let to = line[from..].find([',', '}']).map_or(line.len(), |end| from + end);
        let _ = Packet::parse(format!("{}{with}{}", &line[..from], &line[to..]).as_bytes());
    }

    #[test]
    fn nobody_is_paired_but_by_both_and_in_the_window(protocol in 7..=8_u8, deeds in proptest::collection::vec(deeds(), 1..60)) {
        let mut window = Window::default();
        let mut pairing = Pairing::new(false, protocol);
        let (mut now, mut parked) = (0, false);
        // Since the two last were strangers: whether the person confirmed, and the peer agreed or asked.
        let (mut confirmed, mut agreed) = (false, false);
        for deed in deeds {
            let time = Duration::from_secs(now);
            let open = window.is_open(time);
            let before = pairing.is_paired();
            let steps = match deed {
                Deed::Open => { window.open(time); Vec::new() }
                Deed::Drive | Deed::Park => {
                    parked = matches!(deed, Deed::Park);
                    window.set_parked(parked);
                    Vec::new()
                }
                Deed::Ask => pairing.ask(time, 2_000 + now, &window),
                Deed::Confirm => { confirmed |= open; pairing.confirm(time, &window) }
                Deed::Refuse => pairing.refuse(),
                Deed::Hear(pair, timestamp) => { agreed |= pair; pairing.hear(time, 2_000 + now, &window, PairBody { pair, timestamp }) }
                Deed::Wait(seconds) => { now += seconds; Vec::new() }
                Deed::Tick => pairing.tick(time, &window),
            };
            prop_assert!(!window.is_open(time) || parked, "a window of a car that is not parked");
            if steps.contains(&Step::Paired) {
                prop_assert!(open && confirmed && agreed && !before);
            }
            let asks = |step: &Step| matches!(step, Step::Send(PairBody { pair: true, timestamp: Some(_) }));
            prop_assert!(!(before && steps.iter().any(asks)), "a paired peer is never asked again");
            if steps.iter().any(|step| matches!(step, Step::Ended(_))) {
                prop_assert!(!pairing.is_paired());
                // Paired, it may have asked anew.
                (confirmed, agreed) = (false, steps.iter().any(|step| matches!(step, Step::ShowKey { .. })));
            }
        }
    }
}

#[test]
fn a_phone_pairs_when_both_people_agree() {
    let (mut window, mut pairing) = (Window::default(), Pairing::new(false, 8));
    let at = Duration::from_secs;
    let said = |pair, timestamp| PairBody { pair, timestamp };
    assert_eq!(pairing.ask(at(0), 1_700_000_000, &window), [Step::Ended(Ended::NoWindow)]);
    assert!(!window.open(at(0)), "not parked");
    window.set_parked(true);
    assert!(window.open(at(0)));
    let time = Some(1_700_000_000);
    assert_eq!(
        pairing.ask(at(1), 1_700_000_000, &window),
        [Step::Send(said(true, time)), Step::ShowKey { requested_at: time }]
    );
    assert_eq!(pairing.hear(at(5), 1_700_000_005, &window, said(true, None)), [], "the key is not confirmed here yet");
    assert_eq!(pairing.confirm(at(6), &window), [Step::Paired]);
    assert_eq!(pairing.hear(at(9), 0, &window, said(false, None)), [Step::Ended(Ended::Unpaired)]);

    let late = Some(1_700_000_000 + 1_801);
    let refused = [Step::Send(said(false, None)), Step::Ended(Ended::Clocks { seconds_apart: 1_801 })];
    assert_eq!(pairing.hear(at(10), 1_700_000_000, &window, said(true, late)), refused);
    assert_eq!(pairing.hear(at(10), 1_700_000_000, &window, said(true, None))[1], Step::Ended(Ended::NoTime));
    assert_eq!(pairing.hear(at(11), 1_700_000_000, &window, said(true, time)), [Step::ShowKey { requested_at: time }]);
    assert_eq!(pairing.tick(at(35), &window), []);
    assert_eq!(pairing.tick(at(36), &window), [Step::Send(said(false, None)), Step::Ended(Ended::TimedOut)]);
    assert_eq!(pairing.hear(at(60), 1_700_000_000, &window, said(true, time))[1], Step::Ended(Ended::NoWindow));
}
