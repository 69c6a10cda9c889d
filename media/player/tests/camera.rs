//! The shipped camera's process, with a test at the other end of its socket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tandem_pictures::{HEADER, Header, boot_clock};
use tandem_player::camera::Event;

const BINARY: &str = env!("CARGO_BIN_EXE_tandem-camera");

struct Camera {
    child: Child,
    events: Option<BufReader<ChildStdout>>,
    socket: UnixStream,
}

impl Drop for Camera {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Camera {
    fn start(source: &str, more: &[&str]) -> Self {
        let (socket, theirs) = UnixStream::pair().unwrap();
        let mut command = Command::new(BINARY);
        command.args(["--source", source, "--width", "320", "--height", "240", "--wanted", "640", "480"]).args(more);
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The end that went into it is not ours any more: else its end would never be seen.
        drop(command);
        let events = child.stdout.take().map(BufReader::new);
        Self { child, events, socket }
    }

    fn picture(&mut self) -> (Header, Vec<u8>) {
        let mut bytes = [0; HEADER];
        self.socket.read_exact(&mut bytes).unwrap();
        let header = Header::decode(&bytes).unwrap();
        let mut pixels = vec![0; header.pixels()];
        self.socket.read_exact(&mut pixels).unwrap();
        (header, pixels)
    }

    fn event(&mut self) -> Option<Event> {
        let mut line = String::new();
        self.events.as_mut().unwrap().read_line(&mut line).unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap())
    }

    fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

#[test]
fn pictures_that_move_come_in_the_size_that_was_asked_for() {
    for (source, more) in [("test", &[][..]), ("test", &["--mirrored"]), ("scene", &["--mount", "0.95", "32", "110"])] {
        let mut camera = Camera::start(source, more);
        let (first, pixels) = camera.picture();
        assert_eq!((first.width, first.height), (640, 480));
        let mut now = first;
        let mut moved = false;
        while !moved {
            let (next, other) = camera.picture();
            assert!(next.sequence > now.sequence && next.captured_ns >= now.captured_ns, "{now:?} {next:?}");
            assert!(next.captured_ns <= boot_clock());
            (now, moved) = (next, other != pixels);
        }
        loop {
            match camera.event() {
                Some(Event::Alive { sent, .. }) if sent > 0 => break,
                Some(Event::Alive { .. }) => {}
                other => panic!("{source}: {other:?}"),
            }
        }
    }
}

#[test]
fn it_ends_when_nobody_watches_or_listens() {
    for source in ["test", "scene"] {
        let mut camera = Camera::start(source, &[]);
        camera.picture();
        camera.socket.shutdown(std::net::Shutdown::Both).unwrap();
        assert!(camera.ended().success(), "{source}");
    }
    let mut camera = Camera::start("scene", &[]);
    camera.picture();
    camera.events = None;
    assert!(camera.ended().success());
}

#[test]
fn a_reader_that_is_slow_is_not_shown_what_is_over() {
    let mut camera = Camera::start("scene", &[]);
    let (first, _) = camera.picture();
    let dropped = loop {
        match camera.event() {
            Some(Event::Alive { dropped, .. }) if dropped > 10 => break dropped,
            Some(Event::Alive { .. }) => {}
            other => panic!("{other:?}"),
        }
    };
    // One was on its way, and what follows is the newest there is.
    camera.picture();
    let (next, _) = camera.picture();
    assert!(next.sequence > first.sequence + dropped / 2, "{} after {}", next.sequence, first.sequence);
}

#[test]
fn a_camera_that_is_not_there_says_so_and_ends() {
    let mut camera = Camera::start("v4l2:/dev/no-camera-of-this-name", &[]);
    let Some(Event::Failed { reason }) = camera.event() else { panic!("it did not fail") };
    assert!(reason.contains("/dev/no-camera-of-this-name"), "{reason}");
    assert_eq!(camera.ended().code(), Some(1));
    assert_eq!(camera.socket.read(&mut [0; 1]).unwrap(), 0, "whoever watches is told by the end");
}

#[test]
fn wrong_options_are_refused_and_the_right_ones_explained() {
    let said = |arguments: &[&str]| Command::new(BINARY).args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(String::from_utf8_lossy(&said(&["--help"]).stdout).contains("--source"));
    for wrong in [
        &["--source", "rtsp://10.0.0.1/", "--wanted", "640", "480"][..],
        &["--source", "test"],
        &["--source", "test", "--wanted", "642", "480"],
        &["--source", "test", "--wanted", "640", "99999"],
        &["--source", "test", "--wanted", "640", "480", "--rate", "1000"],
        // The standard input is no socket.
        &["--source", "test", "--wanted", "640", "480"],
    ] {
        let refused = said(wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(!refused.stderr.is_empty(), "{wrong:?}");
    }
}

/// The kernel's own word on what is left to this process.
#[test]
fn it_cannot_call_what_pictures_do_not_need() {
    let mut camera = Camera::start("test", &[]);
    camera.picture();
    let status = std::fs::read_to_string(format!("/proc/{}/status", camera.child.id())).unwrap();
    let field =
        |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().nth(1).unwrap();
    assert_eq!((field("Seccomp:"), field("NoNewPrivs:")), ("2", "1"));
    kill_process(Pid::from_child(&camera.child), Signal::KILL).unwrap();
    let mut rest = Vec::new();
    camera.socket.read_to_end(&mut rest).unwrap();
}
