//! The shipped binary, headless, on a bus of its own, with a phone link of the test's making.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Cursor;
use std::process::Child;
use std::time::Duration;

use tandem_contracts::phones::Phone;
use tandem_contracts::screen::{CENTRE, Screen1Proxy};
use tandem_contracts::sessions::{Media, SCHEMA, Session};
use tandem_scenes::phones::{Hanging, Link};
use tandem_scenes::{Daemon, tied};

const BINARY: &str = env!("CARGO_BIN_EXE_tandem-centre");
/// Ends a test that would wait for ever.
const FOREVER: Duration = Duration::from_secs(30);

const LILAC: [u8; 3] = [0xB9, 0xA8, 0xFF];
const GLACIER: [u8; 3] = [0x6F, 0xD3, 0xE3];
/// Where a finger finds them: the card's large button, the phones' page, its ledger, the first phone and what makes it ring.
const BUTTON: (f64, f64) = (300.0, 380.0);
const PHONE_TAB: (f64, f64) = (1_184.0, 1_016.0);
const LEDGER_TAB: (f64, f64) = (420.0, 112.0);
const PHONES_TAB: (f64, f64) = (140.0, 112.0);
const RING: (f64, f64) = (149.0, 864.0);
/// The line on the card's top edge, that of the card below it, the sentence under its button, the status bar's right end, the ledger's first row, the place of a notice: x, y, width, height.
const LINE: Area = (60, 73, 552, 2);
const PLACE_LINE: Area = (60, 513, 552, 2);
const REASON: Area = (64, 436, 544, 40);
const STATUS: Area = (1_500, 0, 420, 64);
const ROW: Area = (60, 180, 1_200, 80);
const NOTICE: Area = (900, 76, 640, 72);

type Area = (usize, usize, usize, usize);

struct Screen {
    process: Child,
    object: Screen1Proxy<'static>,
}

impl Screen {
    async fn start(bus: &Daemon) -> Self {
        let process = tied(BINARY).arg("--headless").env("TANDEM_BUS", bus.address()).spawn().unwrap();
        let object = Screen1Proxy::builder(&bus.connect().await).destination(CENTRE).build().await.unwrap();
        while object.inner().introspect().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Self { process, object }
    }

    /// The pixels inside an area, red, green, blue.
    async fn pixels(&self, (x, y, width, height): Area) -> Vec<[u8; 3]> {
        let picture = self.object.capture(0).await.unwrap();
        let mut reader = png::Decoder::new(Cursor::new(picture.png)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgb).unwrap();
        let row = |y: usize| (y * 1920 + x) * 3..(y * 1920 + x + width) * 3;
        (y..y + height)
            .flat_map(|y| rgb[row(y)].chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect::<Vec<_>>())
            .collect()
    }

    /// Waits until an area is as wanted.
    async fn until(&self, area: Area, wanted: impl Fn(&[[u8; 3]]) -> bool) -> Vec<[u8; 3]> {
        loop {
            let pixels = self.pixels(area).await;
            if wanted(&pixels) {
                return pixels;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until so much of the line is glacier and all else lilac, percent.
    async fn line_is(&self, percent: usize) {
        self.until(LINE, |line| {
            let share = |color| line.iter().filter(|pixel| **pixel == color).count() * 100 / line.len();
            share(GLACIER).abs_diff(percent) <= 2 && share(LILAC).abs_diff(100 - percent) <= 2
        })
        .await;
    }

    async fn line_is_gone(&self) {
        self.until(LINE, |line| !line.contains(&LILAC) && !line.contains(&GLACIER)).await;
    }

    async fn tap(&self, (x, y): (f64, f64)) {
        self.object.touch(x, y).await.unwrap();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn session(stage: &str, epoch: u64, revision: u64) -> Session {
    let media = Media { title: "The river that came back".into(), position_us: 754_000_000, ..Media::default() };
    Session {
        id: "podcast".into(),
        schema: SCHEMA,
        kind: "media".into(),
        phone_name: "Ana's Pixel".into(),
        mode: "resume".into(),
        stage: stage.into(),
        epoch,
        revision,
        media,
        ..Session::default()
    }
}

fn phone(reach: &str) -> Phone {
    Phone {
        id: "ana".into(),
        name: "Ana's Pixel".into(),
        is_paired: true,
        reach: reach.into(),
        rank: 1,
        ..Phone::default()
    }
}

/// Runs a story on a bus of its own.
fn story<F: Future<Output = ()>>(tell: impl FnOnce(Daemon) -> F) {
    let bus = Daemon::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(FOREVER, tell(bus)).await.unwrap() });
}

#[test]
fn a_session_goes_from_the_phone_to_the_car_and_with_its_service() {
    story(|bus| async move {
        let screen = Screen::start(&bus).await;
        screen.line_is_gone().await;
        let bare = screen.pixels(STATUS).await;
        let mut link = Link::start(&bus, &[session("offered", 1, 1)], &[phone("near")]).await;
        screen.line_is(0).await;
        let named = screen.until(STATUS, |pixels| pixels != bare).await;
        screen.tap(BUTTON).await;
        assert_eq!(link.asked().await, "claim podcast");
        link.changes(session("starting", 1, 3)).await;
        screen.line_is(60).await;

        // Older ones come late, and after each a destination that shows that it was read.
        let place = |stage| Session { id: "cafe".into(), kind: "destination".into(), ..session(stage, 1, 1) };
        link.changes(session("offered", 1, 2)).await;
        link.changes(place("offered")).await;
        screen.until(PLACE_LINE, |line| line.contains(&LILAC)).await;
        assert!(screen.pixels(LINE).await.contains(&GLACIER), "an older revision counts for nothing");
        link.changes(session("held", 2, 0)).await;
        screen.line_is(100).await;
        link.changes(session("offered", 1, 9)).await;
        link.changes(place("held")).await;
        screen.until(PLACE_LINE, |line| line.contains(&GLACIER) && !line.contains(&LILAC)).await;
        assert!(!screen.pixels(LINE).await.contains(&LILAC), "an older owner counts for nothing");
        link.phone_changes(phone("away")).await;
        screen.until(STATUS, |pixels| *pixels == bare).await;
        link.phone_changes(phone("near")).await;
        screen.until(STATUS, |pixels| *pixels == named).await;

        let quiet = screen.pixels(REASON).await;
        link.refuses();
        screen.tap(BUTTON).await;
        assert_eq!(link.asked().await, "release podcast");
        screen.until(REASON, |pixels| *pixels != quiet).await;

        link.ends("podcast").await;
        screen.line_is_gone().await;
        link.changes(session("offered", 3, 0)).await;
        screen.line_is(0).await;
        link.leaves().await;
        screen.line_is_gone().await;
        screen.until(STATUS, |pixels| *pixels == bare).await;
        let _again = Link::start(&bus, &[session("held", 4, 0)], &[phone("near")]).await;
        screen.line_is(100).await;
    });
}

#[test]
fn the_ledger_is_read_and_a_refusal_is_said() {
    story(|bus| async move {
        let screen = Screen::start(&bus).await;
        let bare = screen.pixels(STATUS).await;
        let mut link = Link::start(&bus, &[], &[phone("near")]).await;
        screen.until(STATUS, |pixels| *pixels != bare).await;
        screen.tap(PHONE_TAB).await;
        screen.tap(LEDGER_TAB).await;
        assert_eq!(link.asked().await, "ledger 50");
        let ink = |pixels: &[[u8; 3]]| pixels.iter().filter(|pixel| **pixel == [0xEE, 0xF1, 0xF3]).count();
        screen.until(ROW, |row| ink(row) > 200).await;
        link.refuses();
        screen.tap(PHONES_TAB).await;
        screen.tap(RING).await;
        assert_eq!(link.asked().await, "ring ana");
        screen
            .until(NOTICE, |notice| notice.iter().filter(|pixel| **pixel == [0xFF, 0xB8, 0x3D]).count() > 10_000)
            .await;
    });
}

#[test]
fn a_service_that_hangs_stands_behind_nothing_until_it_goes_on() {
    story(|bus| async move {
        let screen = Screen::start(&bus).await;
        let bare = screen.pixels(STATUS).await;
        let mut link = Hanging::start(&bus, &[session("offered", 1, 1)], &[phone("near")]);
        screen.line_is(0).await;
        let named = screen.until(STATUS, |pixels| pixels != bare).await;
        for _ in 0..2 {
            link.hangs();
            screen.line_is_gone().await;
            screen.until(STATUS, |pixels| *pixels == bare).await;
            link.goes_on();
            screen.line_is(0).await;
            screen.until(STATUS, |pixels| *pixels == named).await;
        }
    });
}
