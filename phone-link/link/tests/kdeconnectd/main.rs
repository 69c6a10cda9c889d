//! The real peer: Debian's kdeconnectd at the other end of a virtual cable.

mod near;
mod stage;

use std::net::IpAddr;
use std::time::Duration;

use near::{Here, Near, unix, ways};
use stage::{Daemon, Far, PATIENCE, is_alone};
use tandem_kdeconnect::{Message, Pairing, Share};
use tandem_link::Ended;

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
    far.wait_for(near.id(), None, "hasPairingRequests", |asked: &bool| *asked).await;
    far.tell(near.id(), None, "acceptPairing", &()).await;
    near.follow(here, pairing.confirm(Duration::ZERO, &near.window)).await;
    while !pairing.is_paired() {
        near.hear_pair(here, &mut pairing).await;
    }
    far.wait_for(near.id(), None, "isTrusted", |trusted: &bool| *trusted).await;
    pairing
}

#[test]
fn they_find_each_other_pair_talk_and_meet_again() {
    if !is_alone("they_find_each_other_pair_talk_and_meet_again") {
        return;
    }
    story(async {
        let machine = Far::new();
        let mut far = Daemon::new(&machine).await;
        let mut near = Near::start().await;
        near.links.admit_strangers(true);

        // It comes, and broadcasts: we dial, and are the TLS server.
        far.start();
        let here = near.up().await;
        assert_eq!((here.identity.name.as_str(), here.identity.protocol, here.pinned), ("Far", 7, false));
        assert_eq!(ways(), (false, true));
        pair(&mut near, &far, &here).await;

        near.send(&here, Message::Ping { message: Some("hello".into()) }).await;
        far.tell(near.id(), Some("ping"), "sendPing", &("well 晴",)).await;
        let ping =
            near.packet(
                |packet| if let Message::Ping { message } = &packet.message { Some(message.clone()) } else { None },
            );
        assert_eq!(ping.await.as_deref(), Some("well 晴"));
        for sent in [Share::Url("geo:52.5,13.4".into()), Share::Text("a\nb".into())] {
            let (method, text) = match &sent {
                Share::Url(url) => ("shareUrl", url),
                Share::Text(text) => ("shareText", text),
                _ => unreachable!(),
            };
            far.tell(near.id(), Some("share"), method, &(text,)).await;
            let share = near
                .packet(|packet| if let Message::Share(share) = &packet.message { Some(share.clone()) } else { None });
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
        let mut pairing = Pairing::new(true, 7);
        far.tell(near.id(), None, "unpair", &()).await;
        near.hear_pair(&again, &mut pairing).await;
        assert!(!pairing.is_paired());
        far.tell(near.id(), None, "requestPair", &()).await;
        let key = near.hear_pair(&again, &mut pairing).await;
        assert!(key.is_some(), "it asks");
        near.follow(&again, pairing.confirm(Duration::ZERO, &near.window)).await;
        assert!(pairing.is_paired());
        far.wait_for(near.id(), None, "isTrusted", |trusted: &bool| *trusted).await;

        // We leave and come: it hears us, and dials; we are the TLS client.
        near.links.close(again.link);
        assert_eq!(near.down().await, (again.link, Ended::Closed));
        near.links.announce(&["10.77.0.2".parse::<IpAddr>().unwrap()]);
        let third = near.up().await;
        assert!(third.pinned);
        assert_eq!(ways(), (true, false));

        // We forget it.
        near.follow(&third, pairing.refuse()).await;
        far.wait_for(near.id(), None, "isTrusted", |trusted: &bool| !*trusted).await;
    });
}
