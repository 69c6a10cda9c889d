//! The camera behind the car: over all else while the car goes backwards, and never a picture that stands still.

use std::cell::RefCell;
use std::rc::Rc;

use slint::{ComponentHandle, Image};
use tandem_kit::camera::{Camera, CameraCommand, CameraNews, REAR};
use tandem_kit::{Face, Readings};
use tandem_pictures::fitted;
use tandem_units::Nanoseconds;

use crate::{CameraAdapter, Centre, CentreWindow, Lacking, Leaf};

mod lines;

/// The layer stays for so long when the lever leaves R: whoever goes forwards and back again sees no flicker.
const HOLD: Nanoseconds = Nanoseconds::from_millis(600);
/// A camera that has shown nothing yet is starting for so long, and lacking from then on.
const START: Nanoseconds = Nanoseconds::from_millis(1_000);

/// Which way the car goes, as far as anybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Backwards,
    Otherwise,
    Unknown,
}

/// Backwards as soon as the lever is in R, and for as long as the gear is.
fn way(readings: &Readings) -> Way {
    let gears = [Leaf::Gear, Leaf::CurrentGear].map(|leaf| readings.get(leaf).valid_number());
    match gears {
        [Some(..0.0), _] | [_, Some(..0.0)] => Way::Backwards,
        [None, None] => Way::Unknown,
        _ => Way::Otherwise,
    }
}

/// What is known of the camera.
pub(crate) struct View {
    ask: Rc<dyn Fn(CameraCommand) -> bool>,
    /// What was told last of the camera behind: that a service is gone does not take it off the car.
    rear: Option<Camera>,
    way: Way,
    /// Until then the layer stays although the lever has left R.
    held: Option<Nanoseconds>,
    /// By a hand, until the lever is in R anew.
    closed: bool,
    opened: Nanoseconds,
    shown: bool,
    /// The camera shows something.
    has_picture: bool,
    /// It has, since the layer came.
    had_picture: bool,
    /// What is watched, as far as the bus thread took it.
    asked: Option<(u32, u32)>,
    now: Nanoseconds,
}

impl View {
    pub fn new(ask: Rc<dyn Fn(CameraCommand) -> bool>) -> Self {
        Self {
            ask,
            rear: None,
            way: Way::Unknown,
            held: None,
            closed: false,
            opened: Nanoseconds::ZERO,
            shown: false,
            has_picture: false,
            had_picture: false,
            asked: None,
            now: Nanoseconds::ZERO,
        }
    }

    /// The car and its time.
    pub fn pass(&mut self, window: &CentreWindow, readings: &Readings) {
        self.now = readings.now();
        let before = std::mem::replace(&mut self.way, way(readings));
        match (before, self.way) {
            (Way::Backwards, Way::Otherwise) if self.shown => self.held = Some(self.now + HOLD),
            (_, Way::Backwards | Way::Unknown) => self.held = None,
            _ => {}
        }
        if self.way == Way::Otherwise {
            self.closed = false;
        }
        // Also if the clock began anew.
        self.held = self.held.filter(|until| self.now < *until && until.since(self.now) <= HOLD);
        self.show(window);
    }

    pub fn hear(&mut self, window: &CentreWindow, news: &CameraNews) {
        match news {
            CameraNews::Cameras(Some(cameras)) => {
                let rear = cameras.iter().find(|camera| camera.name == REAR && camera.state != "wrong").cloned();
                if rear != self.rear {
                    self.rear = rear;
                    self.draw_lines(window);
                }
            }
            CameraNews::Cameras(None) => {}
            CameraNews::Picture(picture) => {
                // One that was on its way when the layer went is nobody's.
                let picture = picture.as_ref().filter(|_| self.shown);
                self.has_picture = picture.is_some();
                self.had_picture |= self.has_picture;
                let image = picture.map(|picture| Image::from_rgb8(picture.pixels.clone())).unwrap_or_default();
                window.global::<CameraAdapter>().set_picture(image);
            }
        }
        self.show(window);
    }

    pub fn close(&mut self, window: &CentreWindow) {
        self.closed = true;
        self.held = None;
        self.show(window);
    }

    pub fn wakes_at(&self) -> Option<Nanoseconds> {
        let lacks = (self.shown && !self.had_picture).then_some(self.opened + START);
        [self.held, lacks.filter(|at| *at > self.now)].into_iter().flatten().min()
    }

    fn show(&mut self, window: &CentreWindow) {
        let wanted = !self.closed && (self.way == Way::Backwards || self.held.is_some());
        let size = self.size().filter(|_| wanted);
        let adapter = window.global::<CameraAdapter>();
        if size.is_some() != self.shown {
            self.shown = size.is_some();
            (self.has_picture, self.had_picture, self.opened) = (false, false, self.now);
            adapter.set_picture(Image::default());
        }
        self.watch(size);
        let is_starting = !self.had_picture && self.now.since(self.opened) < START;
        adapter.set_lacking(match (self.has_picture, is_starting) {
            (true, _) => Lacking::Nothing,
            (false, true) => Lacking::Starting,
            (false, false) => Lacking::Picture,
        });
        adapter.set_shown(self.shown);
    }

    fn size(&self) -> Option<(u32, u32)> {
        self.rear.as_ref().map(|rear| fitted((rear.width, rear.height), Centre::SIZE))
    }

    fn draw_lines(&self, window: &CentreWindow) {
        let adapter = window.global::<CameraAdapter>();
        let Some((width, height)) = self.size() else { return };
        adapter.set_picture_width(width as f32);
        adapter.set_picture_height(height as f32);
        let mount = self.rear.as_ref().and_then(|rear| rear.mount.first());
        adapter.set_lines(mount.map(|mount| lines::on(mount, width, height)).unwrap_or_default());
    }

    /// Tells the bus thread once what is to be watched; again if it did not take it.
    fn watch(&mut self, size: Option<(u32, u32)>) {
        if size == self.asked {
            return;
        }
        let command = match size {
            Some((width, height)) => CameraCommand::Watch { name: REAR.to_owned(), width, height },
            None => CameraCommand::Close,
        };
        if (self.ask)(command) {
            self.asked = size;
        }
    }
}

/// Lets a hand close it.
pub(crate) fn connect(window: &CentreWindow, view: &Rc<RefCell<View>>) {
    let (place, view) = (window.as_weak(), Rc::clone(view));
    window.global::<CameraAdapter>().on_close(move || {
        if let Some(window) = place.upgrade() {
            view.borrow_mut().close(&window);
        }
    });
}
