use slint::{ComponentHandle, PlatformError};
use tandem_units::Nanoseconds;

use crate::{Area, Desk, Drawn, Look, Readings, Update};

/// One screen: what it reads and how an update reaches its window. All of it runs on the UI thread.
pub trait Face: Sized + 'static {
    /// The component of the window.
    type Window: ComponentHandle + 'static;

    /// The word of the screen: `cluster`, `centre`. It is the end of its names on the bus and of its Wayland application id.
    const NAME: &'static str;
    /// The well-known name that the screen owns, such as [`tandem_contracts::screen::CLUSTER`].
    const BUS_NAME: &'static str;
    /// Width and height of the screen, pixels.
    const SIZE: (u32, u32);

    /// Whether the screen asks anything of the car: then an [`Update::Actuation`] comes with what it may ask for and with what becomes of it.
    const ASKS: bool = false;

    /// Whether the screen shows where playback is: then a [`crate::Media::Position`] comes at each second of it.
    const FOLLOWS_POSITION: bool = false;

    /// Whether the screen shows phones and what goes on with them: then an [`Update::Phone`] comes with each change.
    const FOLLOWS_PHONES: bool = false;

    /// Whether the screen shows telephone calls: then an [`Update::Calls`] comes with each change.
    const FOLLOWS_CALLS: bool = false;
    /// Whether the screen shows cameras: then an [`Update::Camera`] comes with those that there are and with each picture of the one that is watched. In lockstep none comes.
    const FOLLOWS_CAMERAS: bool = false;

    /// Whether the screen follows the car's keys: then an [`Update::Input`] comes with each event. In lockstep none comes: a picture is a function of its batch.
    const FOLLOWS_KEYS: bool = false;

    /// The part of it that the screen looks at once it was drawn: then [`Face::look_at`] is told.
    const LOOKS_AT: Option<Area> = None;

    /// Whether the car's knob moves over this screen: its controls are then reached by Tab, too.
    const HAS_KNOB: bool = false;

    /// Whether a finger on its display is the screen's to feel. Only where there is no desktop, which hands fingers to its windows.
    const IS_TOUCHED: bool = false;

    /// Whether it is dark outside, as far as the car says: colours that go by themselves go by it.
    fn is_dark(readings: &Readings) -> Option<bool> {
        let _ = readings;
        None
    }

    /// The VSS paths that the screen reads: usually `Leaf::PATHS` of its [`crate::leaves!`].
    fn paths() -> &'static [&'static str];

    /// Opens the window; [`crate::run`] shows it.
    ///
    /// # Errors
    /// Slint finds no display or no renderer.
    fn open() -> Result<Self::Window, PlatformError>;

    /// The state behind an open window. Connect the window's callbacks here; `desk` is what they may ask for.
    fn new(window: &Self::Window, desk: Desk) -> Self;

    /// The theme, the language or the permission to move has changed: write it to the window's `Theme`. The translation is already selected, and an
    /// [`Update::Time`] follows, so that texts made in Rust are made anew.
    fn set_look(&mut self, window: &Self::Window, look: Look);

    /// Something is new. Whatever came with one batch comes with one call.
    fn apply(&mut self, window: &Self::Window, update: &Update, readings: &Readings);

    /// The next point on the link's clock at which the screen changes by time alone, such as the edge of a blink. Live, an [`Update::Time`] comes then;
    /// in lockstep time passes with batches only.
    fn wakes_at(&self) -> Option<Nanoseconds> {
        None
    }

    /// Whether something was commanded that no picture has shown yet. A turn in which nothing is drawn does not hide it then.
    fn is_unseen(&self) -> bool {
        false
    }

    /// The screen as its renderer has left it, before anything else is commanded. Headless: after each frame that painted there, the very memory that was drawn into. In a
    /// window: within two seconds of what [`Face::is_unseen`], drawn once more, for what a window shows cannot be read back. Returns whether the screen
    /// has to be drawn anew for what was found; then an [`Update::Time`] follows.
    fn look_at(&mut self, drawn: &Drawn<'_>) -> bool {
        let _ = drawn;
        false
    }
}
