//! The shipped binary, headless, on a bus of its own, with a vehicle service of the test's making.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod car;

use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use car::Car;
use tandem_cluster::Leaf;
use tandem_contracts::screen::{CLUSTER, Picture, Screen1Proxy, ScreenError};
use tandem_contracts::signals::LOCKSTEP;
use tandem_scenes::{Daemon, tied};
use tandem_units::{Quality, Value};

const BINARY: &str = env!("CARGO_BIN_EXE_tandem-cluster");
/// Ends a test that would wait for ever.
const FOREVER: Duration = Duration::from_secs(30);

struct Screen(Child);

impl Screen {
    fn start(bus: &Daemon, options: &[&str]) -> Self {
        Self(tied(BINARY).args(options).env("TANDEM_BUS", bus.address()).spawn().unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Tells the process to end, and how it ended.
    fn end(mut self) -> Option<i32> {
        Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The screen's object, once it owns its name.
async fn screen_object(bus: &Daemon) -> Screen1Proxy<'static> {
    let screen = Screen1Proxy::builder(&bus.connect().await).destination(CLUSTER).build().await.unwrap();
    while screen.inner().introspect().await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    screen
}

/// Captures until the picture is as wanted.
async fn capture_until(screen: &Screen1Proxy<'_>, wanted: impl Fn(&Picture) -> bool) -> Picture {
    loop {
        let picture = screen.capture(0).await.unwrap();
        if wanted(&picture) {
            return picture;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Runs a story on a bus of its own.
fn story<F: Future<Output = ()>>(tell: impl FnOnce(Daemon) -> F) {
    let bus = Daemon::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(FOREVER, tell(bus)).await.unwrap() });
}

fn speed(speed: f64) -> [(Leaf, Quality, Value); 1] {
    [(Leaf::Speed, Quality::Valid, Value::Float(speed))]
}

/// Pixels of the speed's full ink: none if there is a dash.
fn ink(picture: &Picture) -> usize {
    pixels(picture, [0xEE, 0xF1, 0xF3])
}

fn pixels(picture: &Picture, colour: [u8; 3]) -> usize {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&picture.png)).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut rgb).unwrap();
    assert_eq!((picture.width, picture.height, rgb.len()), (1920, 720, 1920 * 720 * 3));
    rgb.chunks_exact(3).filter(|pixel| **pixel == colour).count()
}

#[test]
fn in_lockstep_a_picture_is_a_function_of_its_batch() {
    story(|bus| async move {
        let mut pictures = Vec::new();
        for detour in [false, true] {
            let screen = Screen::start(&bus, &["--headless", "--lockstep"]);
            let mut car = Car::start(bus.address(), &[]).await;
            assert_eq!(car.subscriber().await.window, LOCKSTEP);
            let object = screen_object(&bus).await;
            for step in 0..10 {
                car.tells(&speed(f64::from(step))).await;
                if detour {
                    object.capture(0).await.unwrap();
                }
            }
            let wanted = object.capture(12);
            let told = async {
                car.tells(&speed(71.6)).await;
                car.tells(&[]).await;
                car.tells(&speed(99.0)).await;
            };
            let (picture, ()) = tokio::join!(wanted, told);
            let picture = picture.unwrap();
            assert_eq!((picture.sequence, picture.now_ns), (12, 1_240_000_000));
            assert!(ink(&picture) > 5_000);
            pictures.push(picture.png);
            car.leaves().await;
            assert_eq!(screen.end(), Some(0));
        }
        assert!(pictures[0] == pictures[1]);
    });
}

#[test]
fn silence_is_dashes_and_the_next_batch_brings_everything_back() {
    story(|bus| async move {
        let screen = Screen::start(&bus, &["--headless"]);
        let mut car = Car::start(bus.address(), &[]).await;
        car.subscriber().await;
        let object = screen_object(&bus).await;
        car.tells(&speed(71.6)).await;
        let shown = object.capture(1).await.unwrap();
        assert!(ink(&shown) > 5_000);
        // Nothing more comes.
        let silent = capture_until(&object, |picture| picture.sequence == 0).await;
        assert_eq!(ink(&silent), 0);
        // The time alone brings the speed back: nothing of the subscription was lost.
        car.tells(&[]).await;
        let back = object.capture(2).await.unwrap();
        assert!(ink(&back) > 5_000);
        assert_eq!(screen.end(), Some(0));
    });
}

#[test]
fn a_service_that_dies_leaves_dashes_and_its_successor_is_heard() {
    story(|bus| async move {
        let mut screen = Screen::start(&bus, &["--headless"]);
        let mut car = Car::start(bus.address(), &[]).await;
        car.subscriber().await;
        let object = screen_object(&bus).await;
        car.tells(&speed(71.6)).await;
        assert!(ink(&object.capture(1).await.unwrap()) > 5_000);
        car.leaves().await;
        let absent = capture_until(&object, |picture| picture.sequence == 0).await;
        assert_eq!(ink(&absent), 0);

        let mut successor = Car::start(bus.address(), &[]).await;
        successor.subscriber().await;
        successor.tells(&speed(30.0)).await;
        assert!(ink(&object.capture(1).await.unwrap()) > 3_000);
        assert!(screen.is_alive());
    });
}

#[test]
fn a_bus_that_dies_is_outlived_and_its_successor_is_used() {
    story(|mut bus| async move {
        let mut screen = Screen::start(&bus, &["--headless"]);
        let mut car = Car::start(bus.address(), &[]).await;
        car.subscriber().await;
        car.tells(&speed(71.6)).await;
        bus.start_again();
        assert!(screen.is_alive());
        let mut car = Car::start(bus.address(), &[]).await;
        car.subscriber().await;
        car.tells(&speed(71.6)).await;
        let object = screen_object(&bus).await;
        assert!(ink(&object.capture(1).await.unwrap()) > 5_000);
        assert_eq!(screen.end(), Some(0));
    });
}

#[test]
fn a_car_that_lacks_leaves_is_shown_without_them() {
    story(|bus| async move {
        let _screen = Screen::start(&bus, &["--headless", "--lockstep"]);
        let mut car = Car::start(bus.address(), &["Vehicle.TripDuration", "Vehicle.ADAS.ABS.IsError"]).await;
        let subscriber = car.subscriber().await;
        assert_eq!(subscriber.paths.len(), 33);
        let object = screen_object(&bus).await;
        car.tells(&speed(71.6)).await;
        assert!(ink(&object.capture(1).await.unwrap()) > 5_000);
    });
}

#[test]
fn with_every_lamp_lit_each_is_found_to_be_drawn_as_commanded() {
    story(|bus| async move {
        for options in [["--headless"].as_slice(), &["--headless", "--lockstep"]] {
            let screen = Screen::start(&bus, options);
            let mut car = Car::start(bus.address(), &[]).await;
            car.subscriber().await;
            let object = screen_object(&bus).await;
            let on = (Leaf::Power, Quality::Valid, Value::Text("ON".into()));
            car.tells(&[on, (Leaf::Speed, Quality::Valid, Value::Float(0.0))]).await;
            let checked = object.capture(1).await.unwrap();
            let green = pixels(&checked, [0x3D, 0xDC, 0x84]);
            assert!(green > 4_000, "two flashers and three lights have {green} pixels");
            assert_eq!(object.misdrawn().await.unwrap(), Vec::<String>::new());
            car.leaves().await;
            assert_eq!(screen.end(), Some(0));
        }
    });
}

#[test]
fn a_key_of_the_car_turns_the_page_live_and_never_in_lockstep() {
    const AMBER: [u8; 3] = [0xFF, 0xB8, 0x3D];
    story(|bus| async move {
        for lockstep in [false, true] {
            let options = if lockstep { ["--headless", "--lockstep"].as_slice() } else { &["--headless"] };
            let screen = Screen::start(&bus, options);
            let mut car = Car::start(bus.address(), &[]).await;
            car.subscriber().await;
            let object = screen_object(&bus).await;
            let fault = [(Leaf::AbsError, Quality::Valid, Value::Bool(true))];
            car.tells(&fault).await;
            let told = object.capture(1).await.unwrap();
            let (mut number, mut batch) = (0, 1);
            let mut left = pixels(&told, AMBER);
            // Until it follows the keys it hears none: so again and again, and each time what was read comes back or goes.
            while left >= pixels(&told, AMBER) && number < 200 && !(lockstep && number == 5) {
                number += 1;
                car.presses(number, "KEY_INFO").await;
                batch = car.tells(&fault).await.max(batch);
                left = pixels(&object.capture(batch).await.unwrap(), AMBER);
            }
            // The lamp stays.
            assert_eq!(left < pixels(&told, AMBER), !lockstep);
            assert!(left > 300, "{left}");
            car.leaves().await;
            assert_eq!(screen.end(), Some(0));
        }
    });
}

#[test]
fn whoever_calls_the_screen_is_answered_or_refused() {
    story(|bus| async move {
        let _screen = Screen::start(&bus, &["--headless", "--language", "zh_CN", "--theme", "day"]);
        let object = screen_object(&bus).await;
        assert!(matches!(object.set_theme("dusk".to_owned()).await, Err(ScreenError::Unknown(_))));
        assert!(matches!(object.set_language("jp".to_owned()).await, Err(ScreenError::Unknown(_))));
        let day = object.capture(0).await.unwrap();
        object.set_theme("night".to_owned()).await.unwrap();
        let night = object.capture(0).await.unwrap();
        assert!(day.png != night.png);
        object.touch(960.0, 360.0).await.unwrap();
        let six = tokio::join!(
            object.capture(99),
            object.capture(99),
            object.capture(99),
            object.capture(99),
            object.capture(99),
            object.capture(99)
        );
        let refused = [six.0, six.1, six.2, six.3, six.4, six.5]
            .iter()
            .filter(|answer| matches!(answer, Err(ScreenError::CaptureFailed(why)) if why.contains("waiting already")))
            .count();
        assert_eq!(refused, 2);
        // Nobody waits any more: the next one is answered.
        object.capture(0).await.unwrap();
    });
}

fn fails(change: impl FnOnce(&mut Command) -> &mut Command) -> Output {
    let mut command = Command::new(BINARY);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("SLINT_BACKEND").stdin(Stdio::null());
    change(&mut command).output().unwrap()
}

fn one_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), text.lines().count()), (Some(2), 1), "{text}");
    text
}

#[test]
fn a_wrong_set_up_is_one_line_and_code_2() {
    let no_bus = fails(|command| command.arg("--headless").env("TANDEM_BUS", "unix:path=/nowhere/at/all"));
    assert!(one_line(&no_bus).contains("no bus"));
    let bus = Daemon::start();
    let no_display = fails(|command| command.env("TANDEM_BUS", bus.address()));
    assert!(one_line(&no_display).contains("no display"));
    let no_server = fails(|command| command.env("TANDEM_BUS", bus.address()).env("DISPLAY", ":987"));
    assert!(one_line(&no_server).contains("no window"));
}
