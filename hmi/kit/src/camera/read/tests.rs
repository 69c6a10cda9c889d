use std::io::Write;
use std::sync::mpsc;
use std::thread::JoinHandle;

use super::*;

const SIZE: (u32, u32) = (64, 32);
const BYTES: usize = 64 * 32 * 3;

/// A camera's end, and what the reader at the other one shows.
struct Camera {
    socket: UnixStream,
    shown: mpsc::Receiver<Option<Picture>>,
    reader: JoinHandle<End>,
}

impl Camera {
    fn new() -> Self {
        let (socket, theirs) = UnixStream::pair().unwrap();
        let (sender, shown) = mpsc::channel();
        let reader = std::thread::spawn(move || pictures(theirs, SIZE, |picture| sender.send(picture).is_ok()));
        Self { socket, shown, reader }
    }

    fn header(sequence: u64, age: Duration) -> Header {
        let captured_ns = boot_clock() - age.as_nanos() as u64;
        Header { sequence, captured_ns, width: SIZE.0, height: SIZE.1 }
    }

    fn send(&mut self, header: Header, grey: u8) {
        self.socket.write_all(&header.encode()).unwrap();
        self.socket.write_all(&vec![grey; BYTES]).unwrap();
    }

    fn picture(&mut self, sequence: u64, grey: u8) {
        self.send(Self::header(sequence, Duration::ZERO), grey);
    }

    /// The grey of the next picture that is shown; none if one is taken away.
    fn next(&self) -> Option<u8> {
        self.shown.recv().unwrap().map(|picture| picture.pixels.as_bytes()[0])
    }

    fn end(self) -> (Vec<Option<u64>>, End) {
        drop(self.socket);
        let end = self.reader.join().unwrap();
        (self.shown.try_iter().map(|picture| picture.map(|it| it.sequence)).collect(), end)
    }
}

#[test]
fn each_new_picture_is_shown_until_the_camera_ends() {
    let mut camera = Camera::new();
    for (sequence, grey) in [(1, 10), (2, 20), (7, 70)] {
        camera.picture(sequence, grey);
        assert_eq!(camera.next(), Some(grey));
    }
    assert!(matches!(camera.end(), (shown, End::Closed) if shown.is_empty()));
}

#[test]
fn what_is_old_or_was_there_before_is_not_shown() {
    let mut camera = Camera::new();
    camera.send(Camera::header(5, Duration::from_secs(3)), 1);
    camera.picture(6, 6);
    camera.picture(6, 7);
    camera.picture(4, 4);
    let ahead = boot_clock() + 3_000_000_000;
    camera.send(Header { captured_ns: ahead, ..Camera::header(8, Duration::ZERO) }, 8);
    camera.picture(9, 9);
    assert_eq!((camera.next(), camera.next()), (Some(6), Some(9)));
}

#[test]
fn half_a_second_without_a_new_picture_takes_the_last_one_away_and_a_new_one_brings_it_back() {
    let mut camera = Camera::new();
    camera.picture(1, 10);
    assert_eq!(camera.next(), Some(10));
    // The same again and again is a picture that stands still.
    camera.picture(1, 10);
    assert_eq!(camera.next(), None);
    camera.picture(2, 20);
    assert_eq!(camera.next(), Some(20));
    // Half a picture is none.
    camera.socket.write_all(&Camera::header(3, Duration::ZERO).encode()).unwrap();
    camera.socket.write_all(&[0; 100]).unwrap();
    assert_eq!(camera.next(), None);
    assert!(matches!(camera.reader.join().unwrap(), End::Silent), "after two seconds another one may do better");
}

#[test]
fn nonsense_ends_it_and_asks_for_no_room() {
    let spoiled = |spoil: &dyn Fn(&mut [u8; HEADER])| {
        let mut camera = Camera::new();
        let mut header = Camera::header(1, Duration::ZERO).encode();
        spoil(&mut header);
        camera.socket.write_all(&header).unwrap();
        let end = camera.reader.join().unwrap();
        assert_eq!(camera.shown.try_iter().count(), 0);
        end
    };
    assert!(matches!(spoiled(&|bytes| bytes.fill(b'x')), End::Nonsense(HeaderError::NoPicture)));
    let huge = |bytes: &mut [u8; HEADER]| bytes[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(spoiled(&huge), End::Nonsense(HeaderError::Size { .. })));
    let other = |bytes: &mut [u8; HEADER]| {
        *bytes = Header { width: 128, ..Camera::header(1, Duration::ZERO) }.encode();
    };
    assert!(matches!(spoiled(&other), End::Size(128, 32)));
}

#[test]
fn a_cut_picture_is_never_shown() {
    let mut camera = Camera::new();
    camera.socket.write_all(&Camera::header(1, Duration::ZERO).encode()).unwrap();
    camera.socket.write_all(&[200; BYTES - 1]).unwrap();
    assert!(matches!(camera.end(), (shown, End::Closed) if shown.is_empty()));
}

#[test]
fn a_flood_is_read_no_faster_than_a_camera_can_be() {
    let mut camera = Camera::new();
    let writer = std::thread::spawn(move || {
        let mut sent = 0;
        while sent < 40 {
            sent += 1;
            camera.picture(sent, 1);
        }
        camera
    });
    let began = Instant::now();
    let camera = writer.join().unwrap();
    let (shown, _) = camera.end();
    assert!(shown.len() <= 40 && began.elapsed() >= PACE * 20, "{} in {:?}", shown.len(), began.elapsed());
}

#[test]
fn nobody_watches_and_the_reader_ends() {
    let mut camera = Camera::new();
    drop(camera.shown);
    camera.socket.write_all(&Camera::header(1, Duration::ZERO).encode()).unwrap();
    camera.socket.write_all(&[0; BYTES]).unwrap();
    assert!(matches!(camera.reader.join().unwrap(), End::Unwatched));
}

#[test]
fn half_a_second_begins_when_the_camera_saw_it() {
    let mut shown = Vec::new();
    let show = |picture: Option<Picture>| {
        shown.push(picture.is_some());
        true
    };
    let mut clock = Clock { show, since: Instant::now(), patience: START, shown: false };
    let pixels = SharedPixelBuffer::<Rgb8Pixel>::new(1, 1);
    clock.picture(Picture { sequence: 1, pixels }, FRESH).unwrap();
    clock.look().unwrap();
    assert_eq!(shown, [true, false], "seen half a second ago, it is over as soon as it is looked at");
}
