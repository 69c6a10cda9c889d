//! The kernel's refusals, felt from inside. A test binary of its own: what is refused stays refused to all of its threads.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use tandem_player::sandbox;

#[test]
fn neither_the_network_nor_other_programs_can_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback");
    let address = listener.local_addr().expect("its address");
    sandbox::confine(false).expect("a kernel with seccomp");

    let refused = |what: &str, kind: Option<ErrorKind>| assert_eq!(kind, Some(ErrorKind::PermissionDenied), "{what}");
    refused("IPv4 out", TcpStream::connect(address).err().map(|error| error.kind()));
    refused("IPv4 in", TcpListener::bind("127.0.0.1:0").err().map(|error| error.kind()));
    refused("IPv6", UdpSocket::bind("[::1]:0").err().map(|error| error.kind()));
    refused("a program", Command::new("/bin/true").status().err().map(|error| error.kind()));
    let elsewhere = std::thread::spawn(move || TcpStream::connect(address).err().map(|error| error.kind()));
    refused("a thread", elsewhere.join().expect("it ends"));

    UnixDatagram::unbound().expect("sound servers are reached by sockets of this machine");
}
