//! What a proved peer may still do: babble, flood, and go deep.

use std::time::{Duration, Instant};

use tandem_kdeconnect::{LineError, MAX_LINE, MAX_STRANGER_LINE, Packet};
use tandem_link::{Ended, News};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::person::Person;
use crate::victim::{PATIENCE, Victim, ping};

#[tokio::test]
async fn a_line_of_32_mib_ends_the_link_long_before_its_end() {
    let mut victim = Victim::new(20).await;
    let honest = Person::new(victim.address(2));
    for (paired, limit) in [(true, MAX_LINE), (false, MAX_STRANGER_LINE)] {
        victim.links.unpin(&honest.id);
        victim.links.admit_strangers(!paired);
        if paired {
            victim.links.pin(honest.id.clone(), honest.pin());
        }
        let mut talk = honest.dial(victim.at).await.unwrap();
        let (link, ..) = victim.up().await;
        let mut sent = 0;
        while sent < 32 << 20 && talk.write(&[b'x'; 64 << 10]).await.is_ok() {
            sent += 64 << 10;
        }
        assert!(sent < limit + (16 << 20), "{sent}");
        assert_eq!(victim.down(link).await, Ended::Broken(LineError::TooLong { limit }));
    }
}

#[tokio::test]
async fn a_link_that_is_paired_takes_longer_lines() {
    let mut victim = Victim::new(21).await;
    victim.links.admit_strangers(true);
    let honest = Person::new(victim.address(2));
    let mut talk = honest.dial(victim.at).await.unwrap();
    let (link, ..) = victim.up().await;
    victim.links.set_paired(link, true);
    victim.links.admit_strangers(false);
    let long = format!(
        "{{\"type\":\"kdeconnect.ping\",\"body\":{{\"message\":\"long\",\"x\":\"{}\"}}}}\n",
        "y".repeat(MAX_LINE - 100)
    );
    talk.write(long.as_bytes()).await.unwrap();
    assert_eq!(victim.ping().await, (link, "long".to_owned()));
    victim.links.set_paired(link, false);
    talk.write(long.as_bytes()).await.ok();
    assert_eq!(victim.down(link).await, Ended::Broken(LineError::TooLong { limit: MAX_STRANGER_LINE }));
}

#[tokio::test]
async fn depth_ends_a_connection_wherever_it_comes() {
    let mut victim = Victim::new(22).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let deep = format!("{{\"type\":\"kdeconnect.identity\",\"body\":{}\n", "[".repeat(4000));
    let socket = UdpSocket::bind((honest.address, 0)).await.unwrap();
    socket.send_to(deep.as_bytes(), (victim.at.ip(), 1716)).await.unwrap();
    let mut stream = honest.connect(victim.at).await.unwrap();
    stream.write_all(deep.as_bytes()).await.unwrap();
    assert_eq!(timeout(PATIENCE, stream.read(&mut [0; 10])).await.unwrap().unwrap_or(0), 0);
    let mut talk = honest.dial(victim.at).await.unwrap();
    let (link, ..) = victim.up().await;
    talk.write(deep.as_bytes()).await.unwrap();
    assert_eq!(victim.down(link).await, Ended::Broken(LineError::TooDeep));
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn nonsense_is_told_a_few_times_and_then_ends_the_link() {
    let mut victim = Victim::new(23).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let mut talk = honest.dial(victim.at).await.unwrap();
    let (link, ..) = victim.up().await;
    talk.write("no packet\n".repeat(100).as_bytes()).await.unwrap();
    for _ in 0..8 {
        assert!(matches!(victim.next().await, News::Refused { .. }));
    }
    talk.say(ping("sense")).await.unwrap();
    assert_eq!(victim.ping().await, (link, "sense".to_owned()));
    talk.write(b"no packet\n").await.unwrap();
    assert_eq!(victim.down(link).await, Ended::Nonsense);
}

#[tokio::test]
async fn a_flood_waits_in_the_peers_own_buffers_and_loses_nothing() {
    let mut victim = Victim::new(24).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let mut talk = honest.dial(victim.at).await.unwrap();
    let (link, ..) = victim.up().await;
    let begun = Instant::now();
    // Nobody takes the news: at some time the sender cannot send any more.
    let (full, line) = (b"{\"type\":\"kdeconnect.ping\",\"body\":{\"message\":\"full\"}}\n", [b' '; 4096]);
    talk.write(full).await.unwrap();
    let mut sent = 0_u64;
    let stuck = async {
        loop {
            let number = format!("{{\"type\":\"kdeconnect.ping\",\"body\":{{\"message\":\"{sent}\"}}}}");
            talk.0.write_all(number.as_bytes()).await.unwrap();
            talk.0.write_all(&line).await.unwrap();
            talk.0.write_all(b"\n").await.unwrap();
            talk.0.flush().await.unwrap();
            sent += 1;
        }
    };
    assert!(timeout(Duration::from_secs(1), stuck).await.is_err());
    // The buffers of two sockets, and the queue.
    assert!(sent * 4096 < 16 << 20, "{sent} lines were taken");
    assert_eq!(victim.ping().await, (link, "full".to_owned()));
    assert!(sent >= 250, "{sent} lines were taken");
    for number in 0..250 {
        assert_eq!(victim.ping().await, (link, number.to_string()));
    }
    // Each costs one and a half of 200 tokens, of which 100 come back in a second: faster than this it cannot be.
    assert!(begun.elapsed() > Duration::from_millis(1500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_let_go() {
    let mut victim = Victim::new(25).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let _deaf = honest.dial(victim.at).await.unwrap();
    let (link, ..) = victim.up().await;
    let mut sent = 0;
    let flood = async {
        while victim.links.send(link, Packet::new(ping(&"x".repeat(4000)))).await.is_ok() {
            sent += 1;
        }
    };
    timeout(PATIENCE, flood).await.unwrap();
    assert!(sent * 4000 < 32 << 20, "{sent} packets wait");
    let why = victim.down(link).await;
    assert!(matches!(why, Ended::Stuck | Ended::Lost(_)), "{why:?}");
}
