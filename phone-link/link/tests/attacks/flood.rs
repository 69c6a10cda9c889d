//! Many, and silent ones: what they cost, and that it is given back.

use std::time::Duration;

use tandem_link::{Ended, Pin};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use crate::person::Person;
use crate::victim::{PATIENCE, Victim, ping};

/// Tests that count what the process has open run in one of their own.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

async fn settle(what: impl Fn() -> usize, most: usize) {
    let settled = async {
        while what() > most {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, settled).await.unwrap_or_else(|_| panic!("{} and not {most}", what()));
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_is_shown_out() {
    let mut victim = Victim::new(60).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    let silent = Person::new(victim.address(3));
    let mut streams = Vec::new();
    for said in ["", "{", "{\"type\":\"kdeconnect.identity\",\"body\":{\"deviceId\":"] {
        let mut stream = silent.connect(victim.at).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    // A known name, and then nothing.
    let mut stream = Person { address: victim.address(4), ..honest.clone() }.connect(victim.at).await.unwrap();
    stream.write_all(honest.identity(&honest.id, None).line(1).as_bytes()).await.unwrap();
    streams.push(stream);
    victim.is_well(&honest).await;
    for mut stream in streams {
        let mut said = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut said)).await.unwrap().ok();
    }
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn a_flood_of_identities_costs_a_few_sockets_and_the_honest_get_in() {
    let mut victim = Victim::new(61).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    victim.links.admit_strangers(true);
    let (files, tasks) = (open_files(), Handle::current().metrics().num_alive_tasks());
    for number in 0..1000_u32 {
        let somebody = Person::named(victim.address(10 + (number % 100) as u8), &Person::new(honest.address).id);
        let socket = UdpSocket::bind((somebody.address, 0)).await.unwrap();
        let datagram = somebody.identity(&somebody.id, Some(1716 + (number % 40) as u16)).line(1);
        socket.send_to(datagram.as_bytes(), (victim.at.ip(), 1716)).await.unwrap();
        if number % 50 == 0 {
            // Those that are not dialled now are never dialled: there is no list of them.
            assert!(Handle::current().metrics().num_alive_tasks() <= tasks + 8);
        }
    }
    let mut connected = Vec::new();
    for number in 0..200_u8 {
        let somebody = Person::new(victim.address(10 + number));
        connected.push(somebody.connect(victim.at).await.unwrap());
    }
    sleep(Duration::from_millis(50)).await;
    assert!(Handle::current().metrics().num_alive_tasks() <= tasks + 8, "eight sockets of strangers");
    assert!(open_files() <= files + connected.len() + 8);
    for mut stream in connected {
        assert_eq!(timeout(PATIENCE, stream.read(&mut [0; 10])).await.unwrap().unwrap_or(0), 0);
    }
    settle(open_files, files).await;
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn a_thousand_that_connect_and_vanish_leave_nothing() {
    let mut victim = Victim::new(62).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), honest.pin());
    victim.is_well(&honest).await;
    let (files, tasks) = (open_files(), Handle::current().metrics().num_alive_tasks());
    for number in 0..1000 {
        let clear = honest.identity(&honest.id, None).line(1);
        match number % 4 {
            0 => drop(honest.connect(victim.at).await.unwrap()),
            1 => {
                let mut stream = honest.connect(victim.at).await.unwrap();
                stream.write_all(clear.as_bytes()).await.unwrap();
            }
            2 => {
                // Its own certificate, and another inner name: as far as one can get.
                drop(Person { inner: Person::new(honest.address).id, ..honest.clone() }.dial(victim.at).await);
            }
            _ => {
                // The doorway may be full of those before.
                while honest.dial(victim.at).await.is_err() {}
                let (link, ..) = victim.up().await;
                let why = victim.down(link).await;
                assert!(matches!(why, Ended::PeerClosed | Ended::Lost(_)), "{why:?}");
            }
        }
    }
    settle(open_files, files).await;
    settle(|| Handle::current().metrics().num_alive_tasks(), tasks).await;
    victim.is_well(&honest).await;
}

#[tokio::test]
async fn when_the_last_handle_goes_everything_goes() {
    let files = open_files();
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut victim = Victim::new(63).await;
    let honest = Person::new(victim.address(2));
    victim.links.pin(honest.id.clone(), Pin { certificate: honest.certificate.clone(), protocol: 8 });
    let mut talk = honest.dial(victim.at).await.unwrap();
    victim.up().await;
    let silent = honest.connect(victim.at).await.unwrap();
    let clone = victim.links.clone();
    let at = victim.at;
    drop(victim);
    talk.say(ping("still here")).await.unwrap();
    drop(clone);
    timeout(PATIENCE, talk.end()).await.unwrap();
    drop((talk, silent));
    settle(|| Handle::current().metrics().num_alive_tasks(), tasks).await;
    settle(open_files, files).await;
    assert!(honest.connect(at).await.is_err());
}
