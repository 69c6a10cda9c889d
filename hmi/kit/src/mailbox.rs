//! What the bus thread has for the UI thread: a cell of the newest, of fixed size, and one wake-up for as many changes as come before it is read.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};

use tandem_contracts::driving::Status;
use tandem_contracts::input::{self, InputEvent};
use tandem_contracts::screen::{Picture, ScreenError};
use tandem_units::Nanoseconds;
use tokio::sync::oneshot;

use crate::knob::Stroke;
use crate::touch::Touch;
use crate::{
    Actuation, CallsNews, CameraNews, HealthNews, Language, Link, Media, PhoneNews, Reading, SettingsNews, Theme,
};

#[cfg(test)]
mod tests;

/// Asks that may wait at once; `Screen1` refuses before this. Fingers that go down or are lifted may wait beyond it, as many again: one that is lifted must not
/// press for ever.
const MAX_ASKS: usize = 64;
/// News of wishes that may wait at once: two for each of more actuators than a car has.
const MAX_ACTUATION: usize = 1_024;
/// News of media that may wait at once: more than a screen may ask for together with one of each kind.
const MAX_MEDIA: usize = 160;

/// Batches, merged until the UI thread takes them: the newest reading of each slot.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard {
    /// Counts the subscriptions: an acknowledgement counts for its own alone.
    pub epoch: u64,
    pub sequence: u64,
    pub now: Nanoseconds,
    /// The first batch of its subscription is among them: it carries everything.
    pub starts_anew: bool,
    pub changes: BTreeMap<usize, Reading>,
}

/// A question to the UI thread.
#[derive(Debug)]
pub(crate) enum Ask {
    Capture {
        sequence: u64,
        reply: oneshot::Sender<Result<RawPicture, ScreenError>>,
    },
    Touch {
        x: f64,
        y: f64,
        reply: oneshot::Sender<Result<(), ScreenError>>,
    },
    Knob(Stroke),
    /// By a touch screen of the kernel's.
    Touched(Touch),
    Theme(Theme),
    OtherTheme,
    Language(Language),
    OtherLanguage,
}

/// A picture that is not a PNG yet.
#[derive(Debug)]
pub(crate) struct RawPicture {
    /// With `png` still empty.
    pub picture: Picture,
    /// Three bytes a pixel, red, green, blue.
    pub rgb: Vec<u8>,
}

/// Everything that is new for the UI thread, in the order in which it counts.
#[derive(Debug, Default)]
pub(crate) struct Post {
    /// Told before the readings behind it.
    pub driving: Option<Box<Status>>,
    pub heard: Option<Heard>,
    /// The link went down after that.
    pub link: Option<Link>,
    /// The newest of each actuator at most.
    pub actuation: Vec<Actuation>,
    /// What replaces another is here once.
    pub media: Vec<Media>,
    /// One of a kind at most.
    pub phone: Vec<PhoneNews>,
    /// One of a kind at most.
    pub calls: Vec<CallsNews>,
    /// One of a kind at most.
    pub settings: Vec<SettingsNews>,
    pub health: Option<HealthNews>,
    /// One of a kind at most.
    pub camera: Vec<CameraNews>,
    /// In their order.
    pub inputs: Vec<InputEvent>,
    pub asks: Vec<Ask>,
}

#[derive(Debug, Default)]
struct State {
    post: Post,
    /// The UI thread has its window and may be woken.
    armed: bool,
    /// A wake-up is on its way.
    woken: bool,
}

/// See the module.
pub(crate) struct Mailbox {
    state: Mutex<State>,
    /// The other way: what the UI thread has found to be drawn wrong.
    misdrawn: Mutex<Vec<&'static str>>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailbox").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Mailbox {
    /// `wake` makes the UI thread call [`Mailbox::take`] soon.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { state: Mutex::default(), misdrawn: Mutex::default(), wake: Box::new(wake) }
    }

    /// The UI thread can be woken from now on.
    pub fn arm(&self) {
        self.change(|state| state.armed = true);
    }

    /// What is new; the UI thread applies all of it before it takes again.
    pub fn take(&self) -> Post {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.woken = false;
        mem::take(&mut state.post)
    }

    /// The link went down.
    pub fn link(&self, link: Link) {
        self.change(|state| state.post.link = Some(link));
    }

    /// The driving state is another one.
    pub fn driving(&self, status: Status) {
        self.change(|state| state.post.driving = Some(Box::new(status)));
    }

    /// A batch came: the link is up.
    pub fn heard(&self, heard: Heard) {
        self.change(|state| {
            state.post.link = None;
            match &mut state.post.heard {
                Some(earlier) if !heard.starts_anew => {
                    earlier.changes.extend(heard.changes);
                    (earlier.epoch, earlier.sequence, earlier.now) = (heard.epoch, heard.sequence, heard.now);
                }
                place => *place = Some(heard),
            }
        });
    }

    pub fn actuation(&self, news: Actuation) {
        self.change(|state| {
            state.post.actuation.retain(|earlier| !news.replaces(earlier));
            if state.post.actuation.len() < MAX_ACTUATION {
                state.post.actuation.push(news);
            }
        });
    }

    pub fn media(&self, news: Media) {
        self.change(|state| {
            state.post.media.retain(|earlier| !news.replaces(earlier));
            if state.post.media.len() < MAX_MEDIA {
                state.post.media.push(news);
            }
        });
    }

    pub fn phone(&self, news: PhoneNews) {
        self.change(|state| {
            state.post.phone.retain(|earlier| mem::discriminant(earlier) != mem::discriminant(&news));
            state.post.phone.push(news);
        });
    }

    pub fn calls(&self, news: CallsNews) {
        self.change(|state| {
            state.post.calls.retain(|earlier| mem::discriminant(earlier) != mem::discriminant(&news));
            state.post.calls.push(news);
        });
    }

    pub fn settings(&self, news: SettingsNews) {
        self.change(|state| {
            state.post.settings.retain(|earlier| mem::discriminant(earlier) != mem::discriminant(&news));
            state.post.settings.push(news);
        });
    }

    pub fn health(&self, news: HealthNews) {
        self.change(|state| state.post.health = Some(news));
    }

    pub fn camera(&self, news: CameraNews) {
        self.change(|state| {
            state.post.camera.retain(|earlier| mem::discriminant(earlier) != mem::discriminant(&news));
            state.post.camera.push(news);
        });
    }

    pub fn input(&self, event: InputEvent) {
        self.change(|state| {
            if state.post.inputs.len() < input::KEPT {
                state.post.inputs.push(event);
            }
        });
    }

    pub fn ask(&self, ask: Ask) {
        self.change(|state| {
            let asks = &mut state.post.asks;
            let moves = |ask: &Ask| matches!(ask, Ask::Touched(Touch::Moved(..)));
            if moves(&ask) && asks.last().is_some_and(moves) {
                asks.pop();
            }
            let most = match ask {
                // Who is let in to press is let in to lift.
                Ask::Touched(Touch::Down(..)) => 2 * MAX_ASKS - 1,
                Ask::Touched(Touch::Up(..)) => 2 * MAX_ASKS,
                _ => MAX_ASKS,
            };
            if asks.len() < most {
                asks.push(ask);
            }
        });
    }

    pub fn tell_misdrawn(&self, words: Vec<&'static str>) {
        *self.misdrawn.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    pub fn misdrawn(&self) -> Vec<&'static str> {
        self.misdrawn.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let wakes = state.armed && !mem::replace(&mut state.woken, true);
        if !state.armed {
            state.woken = false;
        }
        drop(state);
        if wakes {
            (self.wake)();
        }
    }
}
