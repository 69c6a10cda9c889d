//! The camera behind the car: over everything in reverse, gone otherwise, and never a picture that stands still.

use i_slint_backend_testing::AccessibleRole::{Button, Image};
use slint::platform::Key;
use slint::{Rgb8Pixel, SharedPixelBuffer};
use tandem_centre::Leaf;
use tandem_contracts::driving::Restrictions;
use tandem_kit::camera::{Camera, CameraCommand, CameraNews, Mount, Picture};
use tandem_kit::{Language, Link, Theme, Update};
use tandem_units::{Quality, Value};

use crate::calls::ada;
use crate::stage::{Stage, instant};

const MISSING: &str = "No picture from the camera – look around";
const CHECK: &str = "Check your surroundings";

fn rear() -> Camera {
    let mount = Mount { height_m: 0.95, tilt_deg: 32.0, field_deg: 110.0, car_width_m: 1.85 };
    let (state, reason) = ("off".into(), String::new());
    Camera { name: "rear".into(), width: 1280, height: 720, rate: 30, state, reason, mount: vec![mount] }
}

/// Grey ground below a sky, and something that was at another place in another picture.
fn picture(sequence: u64, (width, height): (u32, u32)) -> Picture {
    let mut pixels = SharedPixelBuffer::<Rgb8Pixel>::new(width, height);
    let at = 300 + 40 * sequence as u32;
    for (index, pixel) in pixels.make_mut_slice().iter_mut().enumerate() {
        let (x, y) = (index as u32 % width, index as u32 / width);
        let grey = |level: u32| Rgb8Pixel { r: level as u8, g: level as u8, b: level as u8 + 4 };
        *pixel = match (x, y) {
            _ if x.abs_diff(at) < 60 && (520..680).contains(&y) => Rgb8Pixel { r: 200, g: 80, b: 40 },
            (_, ..200) => Rgb8Pixel { r: 140, g: 160, b: 185 },
            _ => grey(72 + y / 24),
        };
    }
    Picture { sequence, pixels }
}

impl Stage {
    fn cameras(&mut self, cameras: Option<Vec<Camera>>) {
        self.tell(&Update::Camera(CameraNews::Cameras(cameras)));
    }

    fn show(&mut self, sequence: u64) {
        self.tell(&Update::Camera(CameraNews::Picture(Some(picture(sequence, (1920, 1080))))));
    }

    fn lose_picture(&mut self) {
        self.tell(&Update::Camera(CameraNews::Picture(None)));
    }

    fn gear(&mut self, second: u64, gear: i64) {
        self.hear(second, Quality::Valid, &[(Leaf::Gear, Value::Int(gear))]);
    }

    /// What was asked of the cameras since the last look.
    fn asked(&self) -> Vec<CameraCommand> {
        self.watched.take()
    }

    fn is_over_all(&self) -> bool {
        self.words().iter().any(|word| word == CHECK)
    }

    fn press_key(&self, key: Key) {
        use slint::ComponentHandle;
        use slint::platform::WindowEvent;

        for event in [WindowEvent::KeyPressed { text: key.into() }, WindowEvent::KeyReleased { text: key.into() }] {
            self.window.window().dispatch_event(event);
        }
    }
}

/// A whole car in R, with a camera that shows its first picture.
fn reversing(theme: Theme, language: Language) -> Stage {
    let mut stage = Stage::open(theme, language);
    stage.hear(60, Quality::Valid, &instant());
    stage.offer();
    stage.cameras(Some(vec![rear()]));
    stage.gear(61, -1);
    stage.show(1);
    stage
}

fn watch() -> CameraCommand {
    CameraCommand::Watch { name: "rear".into(), width: 1920, height: 1080 }
}

#[test]
fn in_reverse_it_is_over_everything_and_gone_with_the_gear() {
    let mut stage = Stage::full();
    stage.cameras(Some(vec![rear()]));
    let before = stage.pixels();
    stage.gear(61, -1);
    assert_eq!(stage.asked(), [watch()]);
    assert!(stage.is_over_all() && stage.says("The camera is starting"));
    stage.show(1);
    assert_eq!(stage.all(Image).len(), 1);
    assert_eq!(stage.all(Button).len(), 1, "nothing below it can be reached");
    assert!(stage.pages().is_empty(), "the dock is gone");
    let first = stage.pixels();
    stage.show(2);
    let second = stage.pixels();
    assert_ne!(first, second);
    // Through N to D: half a second later it is gone, and the camera is closed.
    stage.gear(62, 0);
    assert!(stage.is_over_all() && stage.asked().is_empty(), "no flicker on the way through N");
    stage.gear(63, 127);
    assert!(!stage.is_over_all());
    assert_eq!(stage.asked(), [CameraCommand::Close]);
    assert_eq!(stage.pixels(), before, "nothing of it is left");
    // One that was on its way is not shown.
    stage.show(3);
    assert_eq!(stage.pixels(), before);
}

#[test]
fn nobody_answers_a_call_that_the_camera_covers() {
    let mut stage = reversing(Theme::Night, Language::English);
    stage.restrict(Restrictions::NONE);
    stage.turn(1);
    stage.calls(&[ada("ringing")]);
    assert_eq!(stage.all(Button).len(), 1, "the call is not seen");
    stage.strike();
    assert!(stage.call_commands.borrow().is_empty(), "a press closes the camera");
    assert!(!stage.is_over_all());
    stage.strike();
    assert_eq!(stage.call_commands.take().len(), 1, "now it is there, and the ring on its first button");
}

#[test]
fn a_press_closes_the_camera_over_a_call_that_rang_before() {
    let mut stage = Stage::full();
    stage.cameras(Some(vec![rear()]));
    stage.turn(1);
    stage.calls(&[ada("ringing")]);
    stage.gear(61, -1);
    stage.show(1);
    assert!(stage.is_over_all());
    stage.strike();
    assert!(!stage.is_over_all() && stage.call_commands.borrow().is_empty());
}

#[test]
fn from_r_to_n_and_back_it_stays() {
    let mut stage = reversing(Theme::Night, Language::English);
    stage.asked();
    stage.gear(62, 0);
    stage.gear(62, -1);
    stage.gear(64, -1);
    assert!(stage.is_over_all() && stage.asked().is_empty());
}

#[test]
fn it_follows_the_gear_that_is_in_as_well_as_the_lever() {
    let mut stage = Stage::full();
    stage.cameras(Some(vec![rear()]));
    stage.hear(61, Quality::Valid, &[(Leaf::CurrentGear, Value::Int(-1))]);
    assert!(stage.is_over_all());
    stage.hear(62, Quality::Valid, &[(Leaf::CurrentGear, Value::Int(0)), (Leaf::Gear, Value::Int(-1))]);
    assert!(stage.is_over_all(), "with the parking brake on no gear is in");
    stage.gear(63, 126);
    stage.gear(64, 126);
    assert!(!stage.is_over_all());
}

#[test]
fn an_old_gear_or_none_shows_nothing() {
    let mut stage = Stage::full();
    stage.cameras(Some(vec![rear()]));
    stage.hear(61, Quality::Stale, &[(Leaf::Gear, Value::Int(-1)), (Leaf::CurrentGear, Value::Int(-1))]);
    assert!(!stage.is_over_all());
    stage.gear(62, -1);
    assert!(stage.is_over_all());
    stage.hear(63, Quality::Stale, &[(Leaf::Gear, Value::Int(-1))]);
    assert!(!stage.is_over_all(), "not for a moment");
    stage.gear(64, -1);
    assert!(stage.is_over_all());
    stage.readings.set_link(Link::Silent);
    stage.tell(&Update::Link(Link::Silent));
    assert!(!stage.is_over_all());
}

#[test]
fn without_a_camera_behind_there_is_no_layer() {
    let mut stage = Stage::full();
    let wrong = Camera { state: "wrong".into(), ..rear() };
    let front = Camera { name: "front".into(), ..rear() };
    for cameras in [None, Some(vec![]), Some(vec![wrong, front])] {
        stage.cameras(cameras);
        stage.gear(61, -1);
        assert!(!stage.is_over_all() && stage.asked().is_empty());
    }
}

#[test]
fn without_a_new_picture_the_last_one_goes_and_a_sentence_says_so() {
    let mut stage = reversing(Theme::Night, Language::English);
    let first = stage.pixels();
    stage.lose_picture();
    assert!(stage.says(MISSING) && stage.all(Image).is_empty());
    let lacking = stage.pixels();
    assert_ne!(first, lacking);
    // The service is gone with it: the car still has its camera.
    stage.cameras(None);
    assert!(stage.is_over_all() && stage.says(MISSING));
    stage.cameras(Some(vec![rear()]));
    stage.show(1);
    assert!(!stage.says(MISSING));
    assert_eq!(stage.pixels(), first, "it is back");
}

#[test]
fn a_camera_that_never_shows_anything_is_not_starting_for_ever() {
    let mut stage = Stage::full();
    stage.cameras(Some(vec![rear()]));
    stage.gear(61, -1);
    stage.lose_picture();
    assert!(stage.says("The camera is starting"));
    stage.hear(63, Quality::Valid, &[]);
    assert!(stage.says(MISSING));
}

#[test]
fn a_finger_or_the_knob_closes_it_until_the_next_reverse() {
    let close = |stage: &Stage| stage.tap(&stage.control(Button, "Close the camera"));
    let press: fn(&Stage) = |stage| stage.press_key(Key::Return);
    let back: fn(&Stage) = |stage| stage.press_key(Key::Escape);
    let ring: fn(&Stage) = |stage| {
        stage.press_key(Key::Tab);
        stage.press_key(Key::Return);
    };
    let mut stage = reversing(Theme::Night, Language::English);
    let mut second = 61;
    for close in [close, press, back, ring] {
        assert_eq!(stage.asked().last(), Some(&watch()));
        close(&stage);
        assert!(!stage.is_over_all());
        assert_eq!(stage.asked(), [CameraCommand::Close]);
        stage.gear(second + 1, -1);
        assert!(!stage.is_over_all(), "it stays closed");
        stage.gear(second + 2, 127);
        assert!(!stage.is_over_all());
        stage.gear(second + 3, -1);
        assert!(stage.is_over_all());
        second += 3;
    }
}

#[test]
fn pictures_of_another_shape_stand_in_the_middle() {
    let mut stage = Stage::full();
    stage.cameras(Some(vec![Camera { width: 640, height: 480, mount: Vec::new(), ..rear() }]));
    stage.gear(61, -1);
    let asked = CameraCommand::Watch { name: "rear".into(), width: 1440, height: 1080 };
    assert_eq!(stage.asked(), [asked]);
    stage.tell(&Update::Camera(CameraNews::Picture(Some(picture(1, (1440, 1080))))));
    let shown = stage.all(Image)[0].clone();
    assert_eq!((shown.absolute_position().x, shown.size().width), (240.0, 1440.0));
    stage.picture("camera-narrow-without-lines");
}

#[test]
fn what_no_camera_is_asks_for_nothing_that_cannot_be() {
    let mut stage = Stage::full();
    stage.gear(61, -1);
    let mount = Mount { height_m: f64::NAN, tilt_deg: f64::INFINITY, field_deg: -1.0, car_width_m: 1e300 };
    for (width, height) in [(0, 0), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
        let (name, state) = ("rear".into(), "\u{202e}".repeat(1_000));
        let reason = "x".repeat(1 << 20);
        stage.cameras(Some(vec![Camera { name, width, height, rate: 0, state, reason, mount: vec![mount; 3] }]));
        stage.show(1);
        stage.pixels();
    }
    for asked in stage.asked() {
        let CameraCommand::Watch { width, height, .. } = asked else { continue };
        assert!(width <= 1920 && height <= 1080, "{width} x {height}");
    }
}

#[test]
fn the_layer_by_night_and_by_day_in_three_languages() {
    let mut stage = reversing(Theme::Night, Language::English);
    for (theme, language, name) in [
        (Theme::Night, Language::English, "night"),
        (Theme::Day, Language::Chinese, "day-zh"),
        (Theme::Night, Language::German, "night-de"),
    ] {
        stage.set_look(theme, language);
        stage.show(1);
        stage.picture(&format!("camera-{name}"));
        stage.lose_picture();
        stage.picture(&format!("camera-lacking-{name}"));
    }
    stage.set_look(Theme::Day, Language::English);
    stage.show(1);
    stage.press_key(Key::Tab);
    stage.picture("camera-knob-day");
}
