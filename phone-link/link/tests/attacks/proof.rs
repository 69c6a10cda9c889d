//! Who gets in, and who does not.

use std::io;

use tandem_kdeconnect::{Message, Packet};
use tandem_link::{Ended, Pin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::person::{Person, Talk};
use crate::victim::{PATIENCE, Victim, announced, ping};

#[derive(Clone, Copy, Debug)]
enum Role {
    Dials,
    IsDialled,
}

async fn meet(person: &Person, victim: &Victim, role: Role) -> io::Result<Talk> {
    let met = async {
        match role {
            Role::Dials => person.dial(victim.at).await,
            Role::IsDialled => person.lure(victim.at.ip()).await,
        }
    };
    timeout(PATIENCE, met).await.unwrap_or_else(|_| panic!("{role:?}"))
}

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[tokio::test]
async fn both_protocols_work_over_both_versions_of_tls_in_both_roles() {
    let mut victim = Victim::new(1).await;
    victim.links.admit_strangers(true);
    let mut last = 1;
    for role in [Role::Dials, Role::IsDialled] {
        for tls in VERSIONS {
            for protocol in [7, 8] {
                last += 1;
                let person = Person { tls, protocol, ..Person::new(victim.address(last)) };
                let mut talk = meet(&person, &victim, role).await.unwrap();
                let (link, identity, pinned) = victim.up().await;
                assert_eq!((identity.id, identity.protocol, pinned), (person.id.clone(), protocol, false));
                talk.say(ping("there?")).await.unwrap();
                assert_eq!(victim.ping().await.1, "there?");
                victim.links.send(link, Packet::new(ping("here"))).await.unwrap();
                assert_eq!(talk.packet().await.unwrap().message, ping("here"));
                // What is sent before it is closed still leaves.
                victim.links.send(link, Packet::new(ping("bye"))).await.unwrap();
                victim.links.close(link);
                assert_eq!(talk.packet().await.unwrap().message, ping("bye"));
                talk.end().await;
                assert_eq!(victim.down(link).await, Ended::Closed);
                assert!(victim.links.send(link, Packet::new(ping("?"))).await.is_err());
            }
        }
    }
}

#[tokio::test]
async fn the_right_certificate_with_a_wrong_key_proves_nothing() {
    let mut victim = Victim::new(2).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let mut last = 2;
    for role in [Role::Dials, Role::IsDialled] {
        for tls in VERSIONS {
            last += 1;
            let address = victim.address(last);
            let thief = Person { certificate: honest.certificate.clone(), tls, ..Person::named(address, &honest.id) };
            assert!(meet(&thief, &victim, role).await.is_err(), "{role:?} {tls:?}");
            // For a stranger, it is the same.
            victim.links.unpin(&honest.id);
            victim.links.admit_strangers(true);
            let thief = Person { address: victim.address(last + 100), ..thief };
            assert!(meet(&thief, &victim, role).await.is_err(), "{role:?} {tls:?}");
            victim.links.admit_strangers(false);
            victim.links.pin(honest.id.clone(), honest.pin());
        }
    }
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn a_second_certificate_for_a_known_id_disturbs_nobody() {
    let mut victim = Victim::new(3).await;
    let honest = Person::new(victim.address(2));
    victim.links.admit_strangers(true);
    for paired in [false, true] {
        if paired {
            victim.links.pin(honest.id.clone(), honest.pin());
        }
        let mut talk = honest.dial(victim.at).await.unwrap();
        let (link, _, pinned) = victim.up().await;
        assert_eq!(pinned, paired);
        for (role, last) in [(Role::Dials, 3), (Role::IsDialled, 4)] {
            let thief = Person::named(victim.address(last + 10 * u8::from(paired)), &honest.id);
            // It may believe that it is in until it listens.
            if let Ok(mut stolen) = meet(&thief, &victim, role).await {
                timeout(PATIENCE, stolen.end()).await.unwrap();
            }
        }
        talk.say(ping("still here")).await.unwrap();
        assert_eq!(victim.ping().await, (link, "still here".to_owned()));
        drop(talk);
        assert_eq!(victim.down(link).await, Ended::PeerClosed);
    }
}

#[tokio::test]
async fn a_newer_connection_of_the_same_device_replaces_the_older() {
    let mut victim = Victim::new(4).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let mut old = honest.dial(victim.at).await.unwrap();
    let (first, ..) = victim.up().await;
    let mut new = Person { address: victim.address(3), ..honest }.dial(victim.at).await.unwrap();
    let (second, ..) = victim.up().await;
    assert_eq!(victim.down(first).await, Ended::Replaced);
    timeout(PATIENCE, old.end()).await.unwrap();
    new.say(ping("new")).await.unwrap();
    assert_eq!(victim.ping().await, (second, "new".to_owned()));
}

#[tokio::test]
async fn whoever_is_not_whom_he_says_is_turned_away() {
    let mut victim = Victim::new(5).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    victim.links.admit_strangers(true);
    let other = Person::new(victim.address(3));
    let liars = [
        // The certificate is another's.
        Person { certificate: other.certificate.clone(), key: other.key.clone(), ..Person::new(victim.address(4)) },
        // Inside of TLS it is somebody else (CVE-2025-66270).
        Person { inner: Person::new(victim.address(5)).id, ..Person::new(victim.address(5)) },
        // Once 8, never 7 again.
        Person { protocol: 7, address: victim.address(6), ..honest.clone() },
        // It means somebody else.
        Person { target: Some(other.id.clone()), ..Person::new(victim.address(7)) },
        // It says that it is the victim.
        Person::named(victim.address(8), victim.own.id()),
    ];
    for liar in &liars {
        if let Ok(mut talk) = timeout(PATIENCE, liar.dial(victim.at)).await.unwrap() {
            timeout(PATIENCE, talk.end()).await.unwrap();
        }
    }
    // In the other role, the first two get as far as TLS; the others are not even dialled.
    for liar in &liars[..2] {
        if let Ok(mut talk) = meet(liar, &victim, Role::IsDialled).await {
            timeout(PATIENCE, talk.end()).await.unwrap();
        }
    }
    let downgraded = liars[2].listen(victim.at.ip()).await;
    let ourselves = liars[4].listen(victim.at.ip()).await;
    // Datagrams are read in order: when this one is dialled, those were passed over.
    drop(meet(&other, &victim, Role::IsDialled).await.unwrap());
    let (link, ..) = victim.up().await;
    assert_eq!(victim.down(link).await, Ended::PeerClosed);
    for listener in [downgraded, ourselves] {
        assert!(timeout(std::time::Duration::ZERO, listener.accept()).await.is_err(), "nobody dials");
    }
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn strangers_are_turned_away_before_tls_while_the_door_is_closed() {
    let mut victim = Victim::new(6).await;
    let (honest, stranger) = (Person::new(victim.address(2)), Person::new(victim.address(3)));
    victim.links.pin(honest.id.clone(), honest.pin());
    let mut stream = stranger.connect(victim.at).await.unwrap();
    stream.write_all(stranger.identity(&stranger.id, None).line(1).as_bytes()).await.unwrap();
    let mut said = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap().unwrap();
    assert_eq!(said, b"", "not a byte");
    let listener = stranger.listen(victim.at.ip()).await;
    drop(meet(&honest, &victim, Role::IsDialled).await.unwrap());
    let (link, ..) = victim.up().await;
    assert_eq!(victim.down(link).await, Ended::PeerClosed);
    assert!(timeout(std::time::Duration::ZERO, listener.accept()).await.is_err(), "nobody dials");

    victim.links.admit_strangers(true);
    let mut talk = stranger.dial(victim.at).await.unwrap();
    let (link, _, pinned) = victim.up().await;
    assert!(!pinned);
    victim.links.admit_strangers(false);
    timeout(PATIENCE, talk.end()).await.unwrap();
    assert_eq!(victim.down(link).await, Ended::Closed);
}

#[tokio::test]
async fn a_pin_rises_with_the_protocol() {
    let mut victim = Victim::new(7).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), Pin { certificate: honest.certificate.clone(), protocol: 7 });
    for protocol in [7, 8] {
        let talk = Person { protocol, ..honest.clone() }.dial(victim.at).await.unwrap();
        let (link, ..) = victim.up().await;
        drop(talk);
        assert_eq!(victim.down(link).await, Ended::PeerClosed);
    }
    assert!(Person { protocol: 7, ..honest.clone() }.dial(victim.at).await.is_err());
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn announcements_are_put_together_and_none_is_lost() {
    let victim = Victim::new(8).await;
    let (one, two) = (victim.address(2), victim.address(3));
    let ears = [UdpSocket::bind((one, 1716)).await.unwrap(), UdpSocket::bind((two, 1716)).await.unwrap()];
    for _ in 0..5 {
        victim.links.announce(&[one]);
        victim.links.announce(&[two]);
        // The announcer has its turn, and waits all the same.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    for ear in &ears {
        let identity = announced(ear).await;
        assert_eq!((&identity.id, identity.port), (victim.own.id(), Some(victim.at.port())));
        assert_eq!((identity.name.as_str(), identity.target), ("Victim", None));
    }
    for ear in &ears {
        assert_eq!(ear.try_recv(&mut [0; 10]).unwrap_err().kind(), io::ErrorKind::WouldBlock, "once");
    }
}

#[tokio::test]
async fn whoever_cannot_be_dialled_is_asked_to_dial() {
    let mut victim = Victim::new(9).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let ear = UdpSocket::bind((honest.address, 1716)).await.unwrap();
    let Message::Identity(identity) = honest.identity(&honest.id, Some(1764)).message else { panic!() };
    let datagram = Packet::new(Message::Identity(identity)).line(1);
    ear.send_to(datagram.as_bytes(), (victim.at.ip(), 1716)).await.unwrap();
    assert_eq!(announced(&ear).await.port, Some(victim.at.port()));
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn two_that_hear_of_each_other_at_once_meet_once() {
    let (mut one, mut two) = (Victim::new(10).await, Victim::new(11).await);
    one.links.admit_strangers(true);
    two.links.admit_strangers(true);
    for _ in 0..5 {
        one.links.announce(&[two.at.ip()]);
        two.links.announce(&[one.at.ip()]);
        let ((first, ..), (second, ..)) = (one.up().await, two.up().await);
        one.links.send(first, Packet::new(ping("to two"))).await.unwrap();
        two.links.send(second, Packet::new(ping("to one"))).await.unwrap();
        assert_eq!((one.ping().await.1.as_str(), two.ping().await.1.as_str()), ("to one", "to two"));
        one.links.close(first);
        assert_eq!((one.down(first).await, two.down(second).await), (Ended::Closed, Ended::PeerClosed));
    }
}

#[tokio::test]
async fn an_older_one_and_a_newer_one_agree() {
    let (mut old, mut new) = (Victim::speaking(12, 7).await, Victim::new(13).await);
    old.links.admit_strangers(true);
    new.links.admit_strangers(true);
    for older_dials in [true, false] {
        let (from, to) = if older_dials { (&new, &old) } else { (&old, &new) };
        from.links.announce(&[to.at.ip()]);
        let ((at_old, newer, _), (at_new, older, _)) = (old.up().await, new.up().await);
        assert_eq!((newer.protocol, older.protocol), (8, 7));
        old.links.close(at_old);
        assert_eq!((old.down(at_old).await, new.down(at_new).await), (Ended::Closed, Ended::PeerClosed));
    }
}
