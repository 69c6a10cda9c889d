use std::net::Shutdown;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{io::Read, io::Write, net::TcpStream, thread};

use tandem_frame::{CanId, Flags};

use super::wire::{BANNER, Step, WireError};
use super::*;

const BUS: BusIndex = BusIndex(0);

fn standard(id: u32) -> CanId {
    CanId::standard(id).unwrap()
}

fn frame(id: u32, data: &[u8]) -> Frame {
    Frame::new(BUS, standard(id), 0, data).unwrap()
}

fn bytes(frame: &Frame) -> Vec<u8> {
    let (bytes, length) = wire::write(frame).unwrap();
    bytes[..length].to_vec()
}

/// Two buses, the second of them with FD, that are read by a thread of their own.
struct Stage {
    addresses: [SocketAddr; 2],
    sender: PeerSender,
    told: Receiver<Told>,
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

fn stage() -> Stage {
    let any = "127.0.0.1:0".parse().unwrap();
    let ports = [("can0", false), ("can1", true)].map(|(name, fd)| Port { name: name.into(), address: any, fd });
    let mut link = Cannelloni::new(ports.into()).unwrap();
    assert_eq!(link.hello(), Hello { pace: Pace::Live, interfaces: vec!["can0".into(), "can1".into()] });
    let addresses = [0, 1].map(|bus| link.address(BusIndex(bus)).unwrap());
    let sender = link.sender();
    let (tell, told) = channel();
    let (stop, stopped) = channel();
    let thread = thread::spawn(move || {
        while stopped.try_recv().is_err() {
            let heard = link.receive().unwrap();
            // Nobody listens for the last of it.
            let _ = tell.send(heard);
        }
    });
    Stage { addresses, sender, told, stop, thread }
}

impl Stage {
    /// Somebody who has said the banner and heard ours.
    fn joins(&self, bus: usize) -> TcpStream {
        let mut stream = TcpStream::connect(self.addresses[bus]).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(BANNER).unwrap();
        let mut banner = [0; 12];
        stream.read_exact(&mut banner).unwrap();
        assert_eq!(&banner, BANNER);
        assert!(matches!(self.next_news(), PeerNews::Joined));
        stream
    }

    fn next(&self) -> Told {
        self.told.recv_timeout(Duration::from_secs(20)).expect("nothing is told")
    }

    fn next_news(&self) -> PeerNews {
        loop {
            if let Told::Peer(_, _, news) = self.next() {
                return news;
            }
        }
    }

    fn next_frame(&self) -> Frame {
        loop {
            if let Told::Frame(frame) = self.next() {
                return frame;
            }
        }
    }

    /// Until its words are heard, for whoever joined is heard from then on only.
    fn settles(&self, stream: &mut TcpStream) {
        stream.write_all(&bytes(&frame(0x7FF, &[]))).unwrap();
        assert_eq!(self.next_frame().id, standard(0x7FF));
    }

    fn ends(self) {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

fn hears(stream: &mut TcpStream, wanted: &[u8]) {
    let mut heard = vec![0; wanted.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(heard, wanted);
}

#[test]
fn the_bytes_are_cannellonis() {
    assert_eq!(bytes(&frame(0x123, &[0xAA, 0xBB])), [0, 0, 1, 0x23, 2, 0xAA, 0xBB]);
    let extended = Frame::new(BUS, CanId::extended(0x18FE_CA00).unwrap(), 0, &[]).unwrap();
    assert_eq!(bytes(&extended), [0x98, 0xFE, 0xCA, 0, 0]);
    assert_eq!(bytes(&Frame::remote(BUS, standard(1), 0, 4).unwrap()), [0x40, 0, 0, 1, 0]);
    let flags = Flags { fd: true, brs: true, esi: true, ..Flags::default() };
    assert_eq!(bytes(&Frame::with_flags(BUS, standard(1), 0, flags, &[9]).unwrap()), [0, 0, 0, 1, 0x81, 3, 9]);
    let error = Frame::with_flags(BUS, standard(1), 0, Flags { error: true, ..Flags::default() }, &[]).unwrap();
    assert_eq!(wire::write(&error), None);
}

#[test]
fn what_is_written_is_read_as_it_was_however_it_is_cut() {
    let fd = Flags { fd: true, ..Flags::default() };
    let frames = [
        frame(0x7FF, &[1, 2, 3, 4, 5, 6, 7, 8]),
        Frame::remote(BUS, standard(3), 0, 0).unwrap(),
        Frame::with_flags(BUS, standard(4), 0, fd, &[]).unwrap(),
        Frame::with_flags(BUS, standard(5), 0, Flags { brs: true, ..fd }, &[7; 64]).unwrap(),
    ];
    for frame in frames {
        let bytes = bytes(&frame);
        assert_eq!(wire::read(&bytes, BUS, 0, true), Ok(Step::Frame(frame, bytes.len())));
        for end in 0..bytes.len() {
            assert_eq!(wire::read(&bytes[..end], BUS, 0, true), Ok(Step::More), "{frame:?} cut at {end}");
        }
    }
}

#[test]
fn what_is_no_frame_is_refused_by_its_head() {
    let read = |bytes: &[u8]| wire::read(bytes, BUS, 0, true);
    assert_eq!(read(&[0, 0, 0, 1, 9]), Err(WireError::Length(9)));
    assert_eq!(read(&[0, 0, 0, 1, 0x7F]), Err(WireError::Length(0x7F)));
    assert_eq!(read(&[0, 0, 0, 1, 0xFF, 0]), Err(WireError::Length(0x7F)));
    assert_eq!(read(&[0, 0, 8, 0, 0]), Err(WireError::Id(0x800)));
    assert_eq!(read(&[0x40, 0, 0, 1, 0x80, 0]), Err(WireError::Remote));
    let odd = [&[0, 0, 0, 1, 0x80 | 9, 0][..], &[0; 9]].concat();
    assert_eq!(read(&odd), Err(WireError::Length(9)));
    assert_eq!(wire::read(&[0, 0, 0, 1, 0x81, 0, 0], BUS, 0, false), Err(WireError::Fd));
    let error = [0x20, 0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&error), Ok(Step::Nothing(13)));
}

#[test]
fn what_one_says_the_others_of_its_bus_and_we_hear() {
    let stage = stage();
    let (mut one, mut two, mut other) = (stage.joins(0), stage.joins(0), stage.joins(1));
    stage.settles(&mut one);
    hears(&mut two, &bytes(&frame(0x7FF, &[])));
    stage.settles(&mut two);
    hears(&mut one, &bytes(&frame(0x7FF, &[])));
    stage.settles(&mut other);
    let said = frame(0x123, &[1, 2, 3]);
    let before = boot();
    one.write_all(&bytes(&said)).unwrap();
    let heard = stage.next_frame();
    assert_eq!((heard.bus, heard.id, heard.data()), (BUS, said.id, said.data()));
    assert!((before..=boot()).contains(&heard.t_ns));
    hears(&mut two, &bytes(&said));

    stage.sender.try_send(&frame(0x456, &[4])).unwrap();
    hears(&mut one, &bytes(&frame(0x456, &[4])));
    hears(&mut two, &bytes(&frame(0x456, &[4])));

    let fd = Flags { fd: true, ..Flags::default() };
    let long = |bus| Frame::with_flags(BusIndex(bus), standard(1), 0, fd, &[6; 48]).unwrap();
    assert_eq!(stage.sender.try_send(&long(0)), Err(SendError::Kind));
    assert_eq!(stage.sender.try_send(&long(2)), Err(SendError::NoBus(BusIndex(2))));
    stage.sender.try_send(&long(1)).unwrap();
    // Nothing else reached the other bus.
    hears(&mut other, &bytes(&long(1)));

    drop((one, two));
    assert_eq!((stage.next_news(), stage.next_news()), (PeerNews::Left, PeerNews::Left));
    assert_eq!(stage.sender.try_send(&frame(1, &[])), Err(SendError::Down));
    stage.ends();
}

#[test]
fn who_makes_no_sense_is_dropped_with_a_reason_and_the_others_go_on() {
    let stage = stage();
    let (mut one, mut two) = (stage.joins(0), stage.joins(0));
    stage.settles(&mut two);
    for (said, fault) in [
        (&[0, 0, 0, 1, 9][..], Fault::Wire(WireError::Length(9))),
        (&[0, 0, 8, 0, 0], Fault::Wire(WireError::Id(0x800))),
        (&[0, 0, 0, 1, 0x81, 0, 0], Fault::Wire(WireError::Fd)),
    ] {
        let mut bad = stage.joins(0);
        bad.write_all(said).unwrap();
        assert_eq!(stage.next_news(), PeerNews::Dropped(fault));
        // Its end hears of it.
        let mut rest = Vec::new();
        let _ = bad.read_to_end(&mut rest);
    }
    let mut cut = stage.joins(0);
    cut.write_all(&[0, 0, 0]).unwrap();
    cut.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stage.next_news(), PeerNews::Dropped(Fault::Cut));
    let mut stranger = TcpStream::connect(stage.addresses[0]).unwrap();
    stranger.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    assert_eq!((stage.next_news(), stage.next_news()), (PeerNews::Joined, PeerNews::Dropped(Fault::Banner)));
    let silent = TcpStream::connect(stage.addresses[0]).unwrap();
    assert_eq!((stage.next_news(), stage.next_news()), (PeerNews::Joined, PeerNews::Dropped(Fault::Silent)));
    drop(silent);

    hears(&mut one, &bytes(&frame(0x7FF, &[])));
    two.write_all(&bytes(&frame(0x2, &[2]))).unwrap();
    hears(&mut one, &bytes(&frame(0x2, &[2])));
    stage.ends();
}

#[test]
fn who_does_not_read_is_dropped_and_who_floods_keeps_nobody_from_being_heard() {
    let stage = stage();
    let (mut flood, mut reader, deaf) = (stage.joins(1), stage.joins(1), stage.joins(1));
    stage.settles(&mut flood);
    hears(&mut reader, &bytes(&frame(0x7FF, &[])));
    let fd = Flags { fd: true, ..Flags::default() };
    let frames = bytes(&Frame::with_flags(BUS, standard(0x111), 0, fd, &[1; 64]).unwrap()).repeat(1000);
    let flooding = thread::spawn(move || {
        // Until it is told to stop by the link's end.
        while flood.write_all(&frames).is_ok() {}
    });
    let mut others = reader.try_clone().unwrap();
    let (done, is_done) = channel();
    let reading = thread::spawn(move || {
        let mut piece = [0; 65536];
        while is_done.try_recv().is_err() && others.read(&mut piece).is_ok_and(|length| length > 0) {}
    });
    // The one that does not read is dropped once the kernel's room and ours are full, and only that one.
    let mut heard = 0;
    loop {
        match stage.next() {
            Told::Frame(_) => heard += 1,
            _ if heard > 500_000 => panic!("the deaf one is still there"),
            Told::Peer(.., news) => {
                assert_eq!(news, PeerNews::Dropped(Fault::Slow));
                break;
            }
            Told::Advance(_) | Told::News(..) => {}
        }
    }
    assert!(heard > 1000);
    assert!(matches!(stage.next(), Told::News(BusIndex(1), News::Lost(1..))));
    // The one that reads is heard among the flood.
    reader.write_all(&bytes(&frame(0x5, &[5]))).unwrap();
    while stage.next_frame().id != standard(0x5) {}
    done.send(()).unwrap();
    stage.ends();
    flooding.join().unwrap();
    reading.join().unwrap();
    drop(deaf);
}

#[test]
fn a_flood_is_read_no_faster_than_a_bus_could_carry_it() {
    let stage = stage();
    let mut flood = stage.joins(0);
    let frames = bytes(&frame(0x111, &[1; 8])).repeat(10 * CAPACITY);
    flood.write_all(&frames).unwrap();
    let (mut frames, mut most) = (0, 0);
    while frames < 10 * CAPACITY {
        let mut since = 0;
        while let Told::Frame(_) = stage.next() {
            since += 1;
        }
        frames += since;
        most = most.max(since);
    }
    // A turn may begin on one tick and end on the next.
    assert!(most <= 2 * CAPACITY, "{most} frames between two ticks");
    stage.ends();
}

#[test]
fn there_is_room_for_some_and_no_more() {
    let stage = stage();
    let some: Vec<_> = (0..MOST_PEERS).map(|_| stage.joins(0)).collect();
    let mut further = TcpStream::connect(stage.addresses[0]).unwrap();
    assert_eq!(stage.next_news(), PeerNews::Refused);
    assert!(matches!(further.read(&mut [0; 12]), Ok(0) | Err(_)));
    let elsewhere = stage.joins(1);
    drop((some, elsewhere));
    stage.ends();
}

/// Buses that are read as the test goes.
fn link(buses: usize) -> Cannelloni {
    let port = |at| Port { name: format!("can{at}"), address: "127.0.0.1:0".parse().unwrap(), fd: false };
    Cannelloni::new((0..buses).map(port).collect()).unwrap()
}

fn next_of_bus(link: &mut Cannelloni) -> News {
    loop {
        if let Told::News(BUS, news) = link.receive().unwrap() {
            return news;
        }
    }
}

#[test]
fn a_bus_is_up_from_the_first_who_greets_to_the_last_who_leaves() {
    let mut link = link(1);
    let sender = link.sender();
    assert_eq!(next_of_bus(&mut link), News::Down(Errno::NETDOWN));
    let mut one = TcpStream::connect(link.address(BUS).unwrap()).unwrap();
    while !matches!(link.receive().unwrap(), Told::Peer(.., PeerNews::Joined)) {}
    assert_eq!(sender.try_send(&frame(1, &[])), Err(SendError::Down), "nobody has greeted");
    one.write_all(BANNER).unwrap();
    assert_eq!(next_of_bus(&mut link), News::Up);
    for _ in 0..OWN {
        sender.try_send(&frame(1, &[])).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(sender.try_send(&frame(1, &[])), Err(SendError::Full));
    }
    assert_eq!(next_of_bus(&mut link), News::Lost(3));
    drop(one);
    assert_eq!(next_of_bus(&mut link), News::Down(Errno::NETDOWN));
}

#[test]
fn a_crowd_is_let_in_by_turns() {
    let mut link = link(1);
    let address = link.address(BUS).unwrap();
    let crowd: Vec<_> = (0..3 * TURN).map(|_| TcpStream::connect(address).unwrap()).collect();
    for _ in 0..3 {
        link.turn();
        let told = link.told.drain(..).filter(|told| matches!(told, Told::Peer(..))).count();
        assert_eq!(told, TURN);
    }
    drop(crowd);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let stage = stage();
    let port = Port { name: "can0".into(), address: stage.addresses[0], fd: false };
    let refused = Cannelloni::new(vec![port]).err().unwrap();
    assert_eq!(refused.to_string(), format!("cannot listen at {} (is another program there?)", stage.addresses[0]));
    stage.ends();
}
