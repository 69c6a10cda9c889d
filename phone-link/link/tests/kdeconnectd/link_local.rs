//! Two of ours, where nobody has any other address than link-local ones of IPv6: the same on every interface, so they mean nothing without one.

use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use tandem_kdeconnect::{DeviceKind, Message, Packet, Payload, Share};
use tandem_link::Options;
use tokio::time::timeout;

use crate::near::Near;
use crate::stage::{Far, PATIENCE, Peer, is_alone, run};
use crate::story;

/// The interfaces that the far half may use.
const INTERFACES: &str = "TANDEM_FAR_INTERFACES";
const SIZE: u64 = 1 << 20;

async fn start(interfaces: Vec<String>) -> Near {
    let near = Near::start_as(Options { interfaces, ..Options::new("Near", DeviceKind::Tv) }).await;
    near.links.admit_strangers(true);
    near
}

fn file() -> Packet {
    Packet::new(Message::Share(Share::File { name: "x".into(), files: Some(1), all_bytes: Some(SIZE) }))
}

fn payload(packet: &Packet) -> Option<Payload> {
    packet.payload
}

#[test]
#[ignore = "the other half of the stories below, which run it in the far network"]
fn the_far_half() {
    story(async {
        let interfaces = std::env::var(INTERFACES).unwrap();
        let mut far = start(interfaces.split_whitespace().map(str::to_owned).collect()).await;
        let here = far.up().await;
        let payload = far.packet(payload).await;
        let mut got = Vec::new();
        far.links.fetch(here.link, payload, &mut got, SIZE).await.unwrap();
        far.links.send_with_payload(here.link, file(), got.as_slice(), SIZE).await.unwrap();
        far.down().await;
    });
}

/// A file goes there and comes back.
fn there_and_back(near_interfaces: &[&str], far_interfaces: &str) {
    story(async {
        let machine = Far::new();
        for arguments in ["flush dev near", "add fe80::1/64 dev near nodad"] {
            run(Command::new("ip").arg("addr").args(arguments.split(' ')));
        }
        for arguments in ["flush dev far", "add fe80::2/64 dev far nodad"] {
            run(machine.command("ip").arg("addr").args(arguments.split(' ')));
        }
        let mut near = start(near_interfaces.iter().map(|name| (*name).to_owned()).collect()).await;
        let mut far = machine
            .command(std::env::current_exe().unwrap())
            .args(["--exact", "link_local::the_far_half", "--ignored", "--nocapture"])
            .env(INTERFACES, far_interfaces)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let it: IpAddr = "fe80::2".parse().unwrap();
        let here = loop {
            near.links.announce(&[it]);
            if let Ok(here) = timeout(Duration::from_millis(500), near.up()).await {
                break here;
            }
        };
        assert_eq!(here.address, it);
        let bytes: Vec<u8> = (0..SIZE as u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        near.links.send_with_payload(here.link, file(), bytes.as_slice(), SIZE).await.unwrap();
        let payload = near.packet(payload).await;
        let mut got = Vec::new();
        near.links.fetch(here.link, payload, &mut got, SIZE).await.unwrap();
        assert!(got == bytes);
        near.links.close(here.link);
        let ended = tokio::task::spawn_blocking(move || far.wait().unwrap());
        assert!(timeout(PATIENCE, ended).await.unwrap().unwrap().success());
    });
}

#[test]
fn files_go_both_ways_between_named_interfaces() {
    if is_alone("link_local::files_go_both_ways_between_named_interfaces", Peer::Own) {
        there_and_back(&["near"], "far");
    }
}

#[test]
fn files_go_both_ways_between_interfaces_that_nobody_named() {
    if is_alone("link_local::files_go_both_ways_between_interfaces_that_nobody_named", Peer::Own) {
        there_and_back(&[], "");
    }
}
