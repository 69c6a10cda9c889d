//! Payloads that are not what they say.

use tandem_kdeconnect::{PAYLOAD_PORTS, Packet, Payload};
use tandem_link::{LinkId, PayloadError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::person::{Person, Talk, listen};
use crate::victim::{PATIENCE, Victim, ping};

/// What the one that offers does after `bytes` of it.
#[derive(Clone, Copy, Debug)]
enum Then {
    Ends,
    /// Without a word that this was all.
    Vanishes,
    Stays,
    GoesOn,
}

async fn paired(network: u8) -> (Victim, Person, Talk, LinkId) {
    let mut victim = Victim::new(network).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let talk = honest.dial(victim.at).await.unwrap();
    let (link, ..) = victim.up().await;
    (victim, honest, talk, link)
}

/// Offers `bytes` and says that they are `size`; what comes of it on the other side.
async fn offer(
    victim: &Victim,
    link: LinkId,
    person: &Person,
    size: Option<u64>,
    bytes: usize,
    then: Then,
) -> Result<u64, PayloadError> {
    let listener = listen(person.address, PAYLOAD_PORTS).await;
    let payload = Payload { size, port: listener.local_addr().unwrap().port() };
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = person.acceptor().accept(stream).await else { return };
        stream.write_all(&vec![7; bytes]).await.ok();
        stream.flush().await.ok();
        match then {
            Then::Ends => drop(stream.shutdown().await),
            Then::Vanishes => drop(stream.get_mut().0.shutdown().await),
            Then::Stays => {}
            Then::GoesOn => while stream.write_all(&[7; 4096]).await.is_ok() {},
        }
        stream.read_to_end(&mut Vec::new()).await.ok();
    };
    let mut got = Vec::new();
    let fetched = async {
        let fetched = victim.links.fetch(link, payload, &mut got, 1 << 20).await;
        assert!(got.len() <= 1 << 20);
        assert!(fetched.as_ref().map_or(true, |bytes| *bytes == got.len() as u64));
        fetched
    };
    let both = async { tokio::join!(fetched, serve).0 };
    timeout(PATIENCE, both).await.unwrap_or_else(|_| panic!("{size:?} {bytes} {then:?}"))
}

#[tokio::test]
async fn lies_in_sizes_are_told_as_what_they_are() {
    let (victim, honest, _talk, link) = paired(40).await;
    let offer = |size, bytes, then| offer(&victim, link, &honest, size, bytes, then);
    assert_eq!(offer(Some(100_000), 100_000, Then::Ends).await.unwrap(), 100_000);
    assert_eq!(offer(Some(100_000), 100_000, Then::Vanishes).await.unwrap(), 100_000);
    assert_eq!(offer(Some(100_000), 100_000, Then::Stays).await.unwrap(), 100_000);
    assert_eq!(offer(None, 100_000, Then::Ends).await.unwrap(), 100_000);
    assert!(matches!(offer(None, 100_000, Then::Vanishes).await, Err(PayloadError::Short { bytes: 100_000 })));
    assert!(matches!(offer(Some(100_000), 99_999, Then::Ends).await, Err(PayloadError::Short { bytes: 99_999 })));
    assert!(matches!(offer(Some(100_000), 5, Then::Vanishes).await, Err(PayloadError::Short { bytes: 5 })));
    assert!(matches!(offer(Some(100_000), 100_001, Then::Ends).await, Err(PayloadError::Long { size: 100_000 })));
    assert!(matches!(offer(Some(100_000), 0, Then::GoesOn).await, Err(PayloadError::Long { size: 100_000 })));
    assert!(matches!(offer(None, 0, Then::GoesOn).await, Err(PayloadError::TooLarge { limit: 1_048_576 })));
    let large = Payload { size: Some((1 << 20) + 1), port: 1739 };
    let large = victim.links.fetch(link, large, &mut Vec::new(), 1 << 20).await;
    assert!(matches!(large, Err(PayloadError::TooLarge { .. })), "it is not even dialled");
}

#[tokio::test]
async fn a_payload_comes_from_the_peer_of_the_link_or_not_at_all() {
    let (mut victim, honest, talk, link) = paired(41).await;
    let thief = Person::named(honest.address, &honest.id);
    let stolen = offer(&victim, link, &thief, Some(5), 5, Then::Ends).await;
    assert!(matches!(stolen, Err(PayloadError::Certificate)), "{stolen:?}");
    let nobody = victim.links.fetch(link, Payload { size: Some(5), port: 1764 }, &mut Vec::new(), 10).await;
    assert!(matches!(nobody, Err(PayloadError::Connection(_))), "{nobody:?}");

    // It goes when the link goes.
    let listener = listen(honest.address, PAYLOAD_PORTS).await;
    let payload = Payload { size: Some(5), port: listener.local_addr().unwrap().port() };
    let mut got = Vec::new();
    let gone = async {
        let silent = listener.accept().await.unwrap();
        drop(talk);
        silent
    };
    let (fetched, _silent) = tokio::join!(victim.links.fetch(link, payload, &mut got, 10), gone);
    assert!(matches!(fetched, Err(PayloadError::Gone)), "{fetched:?}");
    victim.down(link).await;
    let gone = victim.links.fetch(link, payload, &mut got, 10).await;
    assert!(matches!(gone, Err(PayloadError::Gone)), "{gone:?}");
}

/// Fetches what a packet brings, as `person`.
async fn fetch(talk: &mut Talk, victim: &Victim, person: &Person) -> Vec<u8> {
    let payload = talk.packet().await.unwrap().payload.unwrap();
    assert_eq!(payload.size, Some(300_000));
    let stream = person.connect((victim.at.ip(), payload.port).into()).await.unwrap();
    let mut got = Vec::new();
    if let Ok(mut stream) = person.connector().connect(victim.at.ip().into(), stream).await {
        stream.read_to_end(&mut got).await.ok();
    }
    got
}

#[tokio::test]
async fn a_payload_is_given_to_the_peer_of_the_link_and_to_nobody_else() {
    let (victim, honest, mut talk, link) = paired(42).await;
    let bytes = vec![9; 300_000];
    let packet = || Packet::new(ping("with something"));
    let send = || victim.links.send_with_payload(link, packet(), bytes.as_slice(), 300_000);
    let (sent, got) = tokio::join!(send(), fetch(&mut talk, &victim, &honest));
    sent.unwrap();
    assert_eq!(got, bytes);
    let thief = Person::named(honest.address, &honest.id);
    let (sent, got) = tokio::join!(send(), fetch(&mut talk, &victim, &thief));
    assert!(matches!(sent, Err(PayloadError::Certificate)), "{sent:?}");
    assert_eq!(got, b"");
    let short = victim.links.send_with_payload(link, packet(), &bytes[..5], 300_000);
    let (sent, got) = tokio::join!(short, fetch(&mut talk, &victim, &honest));
    assert!(matches!(sent, Err(PayloadError::Short { bytes: 5 })), "{sent:?}");
    assert!(got.len() <= 5);
    // Another address gets nothing, and is not in the way.
    let elsewhere = Person { address: victim.address(3), ..honest.clone() };
    let visitors = async {
        let payload = talk.packet().await.unwrap().payload.unwrap();
        let mut stranger = elsewhere.connect((victim.at.ip(), payload.port).into()).await.unwrap();
        assert_eq!(stranger.read(&mut [0; 10]).await.unwrap_or(0), 0);
        let stream = honest.connect((victim.at.ip(), payload.port).into()).await.unwrap();
        let mut stream = honest.connector().connect(victim.at.ip().into(), stream).await.unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).await.unwrap();
        got
    };
    let (sent, got) = tokio::join!(send(), visitors);
    sent.unwrap();
    assert_eq!(got, bytes);
}
