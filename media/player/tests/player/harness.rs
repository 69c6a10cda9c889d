//! One player, its events, and what it recorded.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tandem_player::protocol::{Cause, Event, Order, Track};
use tempfile::TempDir;

/// Far beyond anything that is right; only so that a test that fails does end.
const FOREVER: Duration = Duration::from_secs(20);

pub struct Player {
    child: Child,
    orders: Option<ChildStdin>,
    events: mpsc::Receiver<Event>,
    /// All events so far.
    pub heard: Vec<Event>,
    pub folder: TempDir,
    complaints: Option<std::thread::JoinHandle<String>>,
}

pub fn uri(path: &Path) -> String {
    gstreamer::glib::filename_to_uri(path, None).unwrap().into()
}

pub fn track(id: u64, path: &Path) -> Track {
    Track { id, uri: uri(path) }
}

impl Player {
    /// Records as fast as it decodes.
    pub fn fast() -> Self {
        Self::new("record-fast", &[])
    }

    /// Records at the pace of the music.
    pub fn paced() -> Self {
        Self::new("record", &[])
    }

    pub fn new(sink: &str, args: &[&str]) -> Self {
        Self::among(&[], sink, args)
    }

    /// With these words in its environment.
    pub fn among(words: &[(&str, &str)], sink: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sink = match sink {
            "record" | "record-fast" => format!("{sink}:{}", folder.path().join("heard.raw").display()),
            other => other.to_owned(),
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_tandem-player"))
            .args(["--sink", &sink])
            .args(args)
            .envs(words.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, events) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        let mut errors = child.stderr.take().unwrap();
        let complaints = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let orders = child.stdin.take();
        let mut player = Self { child, orders, events, heard: Vec::new(), folder, complaints: Some(complaints) };
        player.until("ready", |event| matches!(event, Event::Ready { .. }));
        player
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn say(&mut self, order: &Order) {
        let mut line = serde_json::to_vec(order).unwrap();
        line.push(b'\n');
        self.raw(&line);
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.orders.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// The next event that fits, and everything before it into `heard`.
    pub fn until(&mut self, what: &str, fits: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self
                .events
                .recv_timeout(FOREVER)
                .unwrap_or_else(|error| panic!("waiting for {what}: {error}; heard {:#?}", self.heard));
            self.heard.push(event.clone());
            if fits(&event) {
                return event;
            }
        }
    }

    pub fn load(&mut self, id: u64, path: &Path, position_us: i64, playing: bool) {
        self.say(&Order::Load { track: track(id, path), position_us, playing });
    }

    pub fn follow(&mut self, after: u64, next: Option<Track>) {
        self.say(&Order::Follow { after, track: next });
    }

    pub fn started(&mut self, id: u64) -> Event {
        self.until("started", |event| matches!(event, Event::Started { id: of, .. } if *of == id))
    }

    pub fn loaded(&mut self, id: u64) -> Event {
        self.until("loaded", |event| matches!(event, Event::Loaded { id: of, .. } if *of == id))
    }

    pub fn ended(&mut self, id: u64) {
        self.until("ended", |event| matches!(event, Event::Ended { id: of } if *of == id));
    }

    pub fn wants_next(&mut self, id: u64) {
        self.until("wants_next", |event| matches!(event, Event::WantsNext { id: of } if *of == id));
    }

    pub fn sounding(&mut self, id: u64, playing: bool) {
        self.until("sounding", |event| *event == Event::Sounding { id, playing });
    }

    /// Plays on until it is there.
    pub fn position(&mut self, id: u64, at_least_us: i64) {
        self.until("position", |event| {
            matches!(event, Event::Position { id: of, position_us } if *of == id && *position_us >= at_least_us)
        });
    }

    pub fn seeked(&mut self, id: u64) -> i64 {
        match self.until("seeked", |event| matches!(event, Event::Seeked { id: of, .. } if *of == id)) {
            Event::Seeked { position_us, .. } => position_us,
            other => panic!("{other:?}"),
        }
    }

    pub fn failed(&mut self, id: u64) -> (Cause, String) {
        match self.until("failed", |event| matches!(event, Event::Failed { id: of, .. } if *of == id)) {
            Event::Failed { cause, sentence, .. } => (cause, sentence),
            other => panic!("{other:?}"),
        }
    }

    /// Answers once everything before has been taken up.
    pub fn ping(&mut self, number: u64) {
        self.say(&Order::Ping { number });
        self.until("alive", |event| *event == Event::Alive { number });
    }

    /// Plays one file to its end, with nothing after it.
    pub fn play_through(&mut self, id: u64, path: &Path) {
        self.load(id, path, 0, true);
        self.follow(id, None);
        self.ended(id);
    }

    /// Closes its input; how it ended, and what it said on its standard error.
    pub fn close(&mut self) -> (ExitStatus, String) {
        drop(self.orders.take());
        self.wait()
    }

    pub fn wait(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.complaints.take().unwrap().join().unwrap())
    }

    /// Ends it, and reads what it recorded.
    pub fn recording(&mut self) -> Vec<i16> {
        let (status, complaints) = self.close();
        assert!(status.success(), "{status}: {complaints}");
        super::sound::recorded(&self.path("heard.raw"))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
