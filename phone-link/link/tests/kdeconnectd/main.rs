//! The real peer: kdeconnectd at the other end of a virtual cable, Debian 12's, which speaks protocol 7, and a newer one, which speaks 8.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod link_local;
mod near;
mod player;
mod stage;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use near::{Here, Near, unix, ways};
use sha2::{Digest, Sha256};
use stage::{Daemon, Far, PATIENCE, Peer, is_alone};
use tandem_kdeconnect::{Action, DeviceKind, Message, Mpris, MprisRequest, Packet, Pairing, Share};
use tandem_link::{Ended, Options};
use tokio::net::{TcpListener, UdpSocket};

/// Tells stories with both of them.
macro_rules! with_both {
    ($($story:ident),+ $(,)?) => {
        mod protocol_7 {
            $(#[test] fn $story() { super::tell(concat!("protocol_7::", stringify!($story)), super::Peer::Own, super::$story); })+
        }
        mod protocol_8 {
            $(#[test] fn $story() { super::tell(concat!("protocol_8::", stringify!($story)), super::Peer::Newer, super::$story); })+
        }
    };
}

with_both!(
    they_find_each_other_pair_talk_and_meet_again,
    files_go_both_ways_whole,
    a_player_there_is_seen_and_paused_from_here,
    a_pulled_cable_is_noticed_at_rest,
    a_pulled_cable_is_noticed_with_words_on_the_way,
);

fn tell<S: Future<Output = ()>>(test: &str, peer: Peer, told: impl FnOnce(Peer) -> S) {
    if is_alone(test, peer) {
        story(told(peer));
    }
}

fn story(story: impl Future<Output = ()>) {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(6 * PATIENCE, story).await.expect("the story ends") });
}

/// Pairs, from our side.
async fn pair(near: &mut Near, far: &Daemon<'_>, here: &Here) -> Pairing {
    let mut pairing = Pairing::new(false, here.identity.protocol);
    let key = near.follow(here, pairing.ask(Duration::ZERO, unix(), &near.window)).await.unwrap();
    assert_eq!(key.len(), 8);
    far.is_asked(near.id()).await;
    assert_is_shown(far, near, &key).await;
    far.tell(near.id(), None, "acceptPairing", &()).await;
    near.follow(here, pairing.confirm(Duration::ZERO, &near.window)).await;
    while !pairing.is_paired() {
        near.hear_pair(here, &mut pairing).await;
    }
    far.is_paired(near.id(), true).await;
    pairing
}

/// People compare what both screens show.
async fn assert_is_shown(far: &Daemon<'_>, near: &Near, key: &str) {
    if let Some(theirs) = far.key(near.id()).await {
        assert_eq!(theirs, key);
    }
}

async fn they_find_each_other_pair_talk_and_meet_again(peer: Peer) {
    let machine = Far::new();
    let mut far = Daemon::new(&machine, peer).await;
    let mut near = Near::start().await;
    near.links.admit_strangers(true);

    // It comes, and broadcasts: we dial, and are the TLS server.
    far.start();
    let here = near.up().await;
    assert_eq!((here.identity.name.as_str(), here.identity.protocol, here.pinned), ("Far", peer.protocol(), false));
    assert_eq!(ways(), (false, true));
    pair(&mut near, &far, &here).await;
    assert_eq!(far.devices().await, [near.id()]);

    near.send(&here, Message::Ping { message: Some("hello".into()) }).await;
    far.tell(near.id(), Some("ping"), "sendPing", &("well 晴",)).await;
    let ping = near
        .packet(|packet| if let Message::Ping { message } = &packet.message { Some(message.clone()) } else { None });
    assert_eq!(ping.await.as_deref(), Some("well 晴"));
    for sent in [Share::Url("geo:52.5,13.4".into()), Share::Text("a\nb".into())] {
        let (method, text) = match &sent {
            Share::Url(url) => ("shareUrl", url),
            Share::Text(text) => ("shareText", text),
            _ => unreachable!(),
        };
        far.tell(near.id(), Some("share"), method, &(text,)).await;
        let share =
            near.packet(|packet| if let Message::Share(share) = &packet.message { Some(share.clone()) } else { None });
        assert_eq!(share.await, sent);
    }

    // It dies, and comes again: only the pinned are let in by then.
    near.links.admit_strangers(false);
    far.kill();
    assert_eq!(near.down().await, (here.link, Ended::PeerClosed));
    far.start();
    let again = near.up().await;
    assert!(again.pinned && again.link != here.link && again.certificate == here.certificate);

    // It forgets us, and asks anew.
    far.wait_for(near.id(), None, "isReachable", |here: &bool| *here).await;
    let mut pairing = Pairing::new(true, peer.protocol());
    far.tell(near.id(), None, "unpair", &()).await;
    near.hear_pair(&again, &mut pairing).await;
    assert!(!pairing.is_paired());
    far.ask_to_pair(near.id()).await;
    let key = near.hear_pair(&again, &mut pairing).await.expect("it asks");
    assert_is_shown(&far, &near, &key).await;
    near.follow(&again, pairing.confirm(Duration::ZERO, &near.window)).await;
    assert!(pairing.is_paired());
    far.is_paired(near.id(), true).await;

    // We leave and come: it hears us, and dials; we are the TLS client. So it does when only it is told, and when everybody is.
    let mut third = again;
    for to_all in [false, true] {
        near.links.close(third.link);
        assert_eq!(near.down().await, (third.link, Ended::Closed));
        near.links.admit_strangers(to_all);
        let it: IpAddr = "10.77.0.2".parse().unwrap();
        near.links.announce(if to_all { &[] } else { std::slice::from_ref(&it) });
        third = near.up().await;
        assert!(third.pinned);
        assert_eq!(ways(), (true, false));
    }

    // We forget it.
    near.follow(&third, pairing.refuse()).await;
    far.is_paired(near.id(), false).await;
}

async fn files_go_both_ways_whole(peer: Peer) {
    let machine = Far::new();
    let mut far = Daemon::new(&machine, peer).await;
    let mut near = Near::start().await;
    near.links.admit_strangers(true);
    far.start();
    let here = near.up().await;
    pair(&mut near, &far, &here).await;
    let bytes: Vec<u8> = (0..8 << 20_u32).map(|place: u32| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();

    let path = far.file("to us.bin");
    std::fs::write(&path, &bytes).unwrap();
    far.tell(near.id(), Some("share"), "shareUrl", &(format!("file://{}", path.display()),)).await;
    let (name, payload) = near
        .packet(|packet| match &packet.message {
            Message::Share(Share::File { name, .. }) => Some((name.clone(), packet.payload.unwrap())),
            _ => None,
        })
        .await;
    assert_eq!((name.as_str(), payload.size), ("to us.bin", Some(8 << 20)));
    let mut got = Vec::new();
    assert_eq!(near.links.fetch(here.link, payload, &mut got, 8 << 20).await.unwrap(), 8 << 20);
    assert_eq!(Sha256::digest(&got), Sha256::digest(&bytes));

    let file = Share::File { name: "from us.bin".into(), files: Some(1), all_bytes: Some(8 << 20) };
    let packet = Packet::new(Message::Share(file));
    near.links.send_with_payload(here.link, packet, bytes.as_slice(), 8 << 20).await.unwrap();
    let path = far.file("Downloads/from us.bin");
    let arrived = async {
        while std::fs::metadata(&path).map_or(0, |file| file.len()) < 8 << 20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.unwrap_or_else(|_| panic!("{}", far.log()));
    assert_eq!(Sha256::digest(std::fs::read(path).unwrap()), Sha256::digest(&bytes));
}

async fn a_player_there_is_seen_and_paused_from_here(peer: Peer) {
    let machine = Far::new();
    let mut far = Daemon::new(&machine, peer).await;
    let mut near = Near::start().await;
    near.links.admit_strangers(true);
    far.start();
    let here = near.up().await;
    pair(&mut near, &far, &here).await;

    let (_player, playing) = player::start(&far.bus(), None).await;
    let mpris = |packet: &Packet| if let Message::Mpris(mpris) = &packet.message { Some(mpris.clone()) } else { None };
    let listed = |packet: &Packet| match mpris(packet) {
        Some(Mpris::Players { names, .. }) => names.contains(&player::NAME.to_owned()).then_some(()),
        _ => None,
    };
    // It tells of a player when it has seen it.
    near.packet(listed).await;
    near.send(&here, Message::MprisRequest(MprisRequest::Players)).await;
    near.packet(listed).await;
    let name = || player::NAME.to_owned();
    near.send(&here, Message::MprisRequest(MprisRequest::State { player: name() })).await;
    let playing_state = |packet: &Packet| match mpris(packet) {
        Some(Mpris::State { state, .. }) if state.title.is_some() => Some(*state),
        _ => None,
    };
    let state = near.packet(playing_state).await;
    assert_eq!(state.title.as_deref(), Some(player::TITLE));
    assert_eq!(
        (state.length_ms, state.position_ms),
        (Some(player::LENGTH_US / 1000), Some(player::POSITION_US / 1000))
    );
    assert_eq!(state.playing, Some(true));
    near.send(&here, Message::MprisRequest(MprisRequest::Do { player: name(), action: Action::Pause })).await;
    near.packet(|packet| match mpris(packet) {
        Some(Mpris::State { state, .. }) => (state.playing == Some(false)).then_some(()),
        _ => None,
    })
    .await;
    assert!(!*playing.lock().unwrap());
}

/// The protocol's own peers notice after a minute, or never.
async fn a_pulled_cable_is_noticed(peer: Peer, talks: bool) {
    let machine = Far::new();
    let mut far = Daemon::new(&machine, peer).await;
    let mut near = Near::start().await;
    near.links.admit_strangers(true);
    far.start();
    let here = near.up().await;
    pair(&mut near, &far, &here).await;
    machine.pull_the_cable();
    let pulled = Instant::now();
    if talks {
        near.send(&here, Message::Ping { message: None }).await;
    }
    let (link, why) = near.down().await;
    eprintln!("the loss was noticed after {:?}", pulled.elapsed());
    assert!(matches!(why, Ended::Lost(_)) && link == here.link, "{why:?}");
    assert!(pulled.elapsed() < Duration::from_secs(12));
}

async fn a_pulled_cable_is_noticed_at_rest(peer: Peer) {
    a_pulled_cable_is_noticed(peer, false).await;
}

async fn a_pulled_cable_is_noticed_with_words_on_the_way(peer: Peer) {
    a_pulled_cable_is_noticed(peer, true).await;
}

#[test]
fn only_the_named_interface_is_used_and_it_may_come_later() {
    if !is_alone("only_the_named_interface_is_used_and_it_may_come_later", Peer::Own) {
        return;
    }
    story(async {
        let interfaces = vec!["near".to_owned()];
        let options = Options { interfaces, broadcast: true, ..Options::new("Near", DeviceKind::Tv) };
        let mut near = Near::start_as(options).await;
        near.links.admit_strangers(true);
        let machine = Far::new();
        let mut far = Daemon::new(&machine, Peer::Own).await;
        far.start();
        let here = near.up().await;
        let lo = tokio::net::TcpStream::connect("127.0.0.1:1716").await;
        assert_eq!(lo.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
        machine.lay_another_cable();
        assert!(machine.reaches("10.77.0.1") && !machine.reaches("10.88.0.1"));
        // The interface goes, and another of the same name comes.
        drop(far);
        drop(machine);
        assert_eq!(near.down().await.0, here.link);
        let machine = Far::new();
        let mut far = Daemon::new(&machine, Peer::Own).await;
        far.start();
        let other = near.up().await;
        assert_ne!(other.id(), here.id());
    });
}

#[test]
fn one_that_broadcasts_nothing_is_found_by_mdns() {
    tell("one_that_broadcasts_nothing_is_found_by_mdns", Peer::Newer, async |peer| {
        let machine = Far::new();
        let mut far = Daemon::new(&machine, peer).await;
        // It is not announced: only what mDNS says of it makes the other one know it.
        let mut near = Near::start_as(Options { mdns: true, ..Options::new("Near", DeviceKind::Tv) }).await;
        near.links.admit_strangers(true);
        far.start_with(&[("KDECONNECT_DISABLE_UDP_BROADCAST", "1")]);
        let here = near.up().await;
        assert_eq!((here.identity.name.as_str(), here.identity.protocol), ("Far", 8));
        pair(&mut near, &far, &here).await;
        assert!(far.log().contains("KDECONNECT_DISABLE_UDP_BROADCAST is set"), "{}", far.log());
    });
}

#[test]
fn two_that_know_only_mdns_find_each_other() {
    if !is_alone("two_that_know_only_mdns_find_each_other", Peer::Own) {
        return;
    }
    story(async {
        let _machine = Far::new();
        stage::run(std::process::Command::new("ip").args(["addr", "add", "10.77.0.3/24", "dev", "near"]));
        let at = |at: &str| Options { at: at.parse().ok(), mdns: true, ..Options::new("Near", DeviceKind::Tv) };
        let mut one = Near::start_as(at("10.77.0.1")).await;
        let mut two = Near::start_as(at("10.77.0.3")).await;
        // One of them lets strangers in before it hears of them; the other one as soon as it is told.
        one.links.admit_strangers(true);
        two.links.admit_strangers(true);
        assert_eq!(one.up().await.identity.id, *two.own.id());
        assert_eq!(two.up().await.identity.id, *one.own.id());
    });
}

#[test]
fn only_datagrams_of_near_addresses_and_of_a_sane_length_make_us_dial() {
    if !is_alone("only_datagrams_of_near_addresses_and_of_a_sane_length_make_us_dial", Peer::Own) {
        return;
    }
    story(async {
        stage::run(std::process::Command::new("ip").args(["addr", "add", "8.8.8.8/32", "dev", "lo"]));
        let near = Near::start().await;
        near.links.admit_strangers(true);
        let mut listeners = Vec::new();
        for (last, (address, padding)) in
            [("8.8.8.8", 0), ("127.0.0.2", 8192), ("127.0.0.3", 0)].into_iter().enumerate()
        {
            let listener = TcpListener::bind((address, 1720)).await.unwrap();
            let identity = format!(
                r#"{{"type":"kdeconnect.identity","body":{{"deviceId":"{last:032}","deviceName":"x","protocolVersion":8,"tcpPort":1720,"x":"{}"}}}}"#,
                "y".repeat(padding)
            );
            let socket = UdpSocket::bind((address, 0)).await.unwrap();
            socket.send_to(identity.as_bytes(), "127.0.0.1:1716").await.unwrap();
            listeners.push(listener);
        }
        // They are read in order.
        tokio::time::timeout(PATIENCE, listeners[2].accept()).await.expect("it is dialled").unwrap();
        for listener in &listeners[..2] {
            assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "nobody dials");
        }
    });
}
