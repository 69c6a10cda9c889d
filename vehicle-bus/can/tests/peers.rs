//! Programs that are not ours, on a bus of ours: python-can with can-cannelloni, can-isotp and udsoncan.

#![cfg(test)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tandem_can::{Cannelloni, PeerNews, Port, Told};
use tandem_frame::BusIndex;
use tandem_scenes::peer_python;

/// Runs a script of the peers against a bus, and returns what it said and what was heard of the bus.
fn on_a_bus(script: &str) -> Option<(String, Vec<Told>)> {
    let python = peer_python()?;
    let port = Port { name: "can0".into(), address: "127.0.0.1:0".parse().unwrap(), fd: false };
    let mut link = Cannelloni::new(vec![port]).unwrap();
    let address: SocketAddr = link.address(BusIndex(0)).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&over);
    let hearing = thread::spawn(move || {
        let mut heard = Vec::new();
        loop {
            match link.receive().unwrap() {
                // Only once everything before it is told.
                Told::Advance(_) if seen.load(Ordering::Relaxed) => return heard,
                Told::Advance(_) => {}
                told => heard.push(told),
            }
        }
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer").join(script);
    let output = Command::new(python).arg(script).arg(address.to_string()).output().unwrap();
    over.store(true, Ordering::Relaxed);
    let heard = hearing.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let dropped = |told: &Told| matches!(told, Told::Peer(_, _, PeerNews::Dropped(_) | PeerNews::Refused));
    assert!(!heard.iter().any(dropped), "{:?}", heard.iter().find(|told| dropped(told)));
    Some((String::from_utf8(output.stdout).unwrap(), heard))
}

fn frames(heard: &[Told]) -> usize {
    heard.iter().filter(|told| matches!(told, Told::Frame(_))).count()
}

#[test]
fn two_stacks_of_iso_tp_exchange_all_lengths_over_our_bus() {
    let Some((said, heard)) = on_a_bus("isotp_pair.py") else { return };
    assert_eq!(said.trim(), "7 of 7");
    // 4095 bytes alone are 585 frames and 73 of flow control, there and back.
    assert!(frames(&heard) > 1500, "only {} frames", frames(&heard));
}

#[test]
fn a_tester_asks_a_control_unit_over_our_bus() {
    let Some((said, heard)) = on_a_bus("diagnosis.py") else { return };
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "session 3",
            "number TANDEM-0123456789-THAT-IS-LONG",
            "present True",
            "refused ServiceNotSupported",
            "reset True"
        ]
    );
    assert_eq!(frames(&heard), 15);
}
