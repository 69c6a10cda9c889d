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
use crate::{Actuation, CallsNews, CameraNews, Language, Link, Media, PhoneNews, Reading, SettingsNews, Theme};

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tandem_contracts::actuation::RequestState;
    use tandem_units::{Quality, Value};

    use super::*;
    use crate::media::Picture;
    use crate::media::art::{Made, Wanted};
    use crate::update::Fate;

    fn reading(number: i64) -> Reading {
        Reading { quality: Quality::Valid, value: Some(Value::Int(number)), heard: Nanoseconds::SECOND }
    }

    fn heard(sequence: u64, changes: &[(usize, i64)]) -> Heard {
        let changes = changes.iter().map(|(slot, number)| (*slot, reading(*number))).collect();
        Heard { epoch: 1, sequence, now: Nanoseconds(sequence), starts_anew: sequence == 1, changes }
    }

    fn mailbox() -> (Mailbox, Arc<AtomicUsize>) {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wakes);
        let mailbox = Mailbox::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        mailbox.arm();
        mailbox.take();
        wakes.store(0, Ordering::Relaxed);
        (mailbox, wakes)
    }

    fn request(path: &str, id: u64) -> Actuation {
        let state = RequestState::Pending;
        Actuation::Request(Fate { id, path: path.to_owned(), value: None, state, mine: false })
    }

    #[test]
    fn a_service_with_endless_actuators_takes_no_endless_room() {
        let (mailbox, _) = mailbox();
        for id in 0..5_000 {
            mailbox.actuation(request(&id.to_string(), id));
        }
        assert_eq!(mailbox.take().actuation.len(), MAX_ACTUATION);
    }

    #[test]
    fn a_burst_is_one_wake_up_with_the_newest_of_each() {
        let (mailbox, wakes) = mailbox();
        mailbox.heard(heard(1, &[(0, 10), (1, 20)]));
        mailbox.heard(heard(2, &[(0, 11)]));
        mailbox.heard(heard(3, &[]));
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
        let merged = mailbox.take().heard.unwrap();
        assert_eq!(merged, Heard { starts_anew: true, ..heard(3, &[(0, 11), (1, 20)]) });
        assert!(mailbox.take().heard.is_none());
        mailbox.heard(heard(4, &[]));
        assert_eq!(wakes.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_change_is_not_lost_when_the_link_goes_down_and_comes_back_unread() {
        let (mailbox, _) = mailbox();
        mailbox.heard(heard(1, &[(0, 10)]));
        mailbox.link(Link::Silent);
        mailbox.heard(heard(2, &[(1, 20)]));
        let post = mailbox.take();
        assert_eq!((post.link, post.heard), (None, Some(Heard { starts_anew: true, ..heard(2, &[(0, 10), (1, 20)]) })));
        mailbox.heard(heard(3, &[]));
        mailbox.link(Link::NoService);
        assert_eq!(mailbox.take().link, Some(Link::NoService));
    }

    #[test]
    fn nothing_grows_while_nobody_reads() {
        let (mailbox, _) = mailbox();
        for id in 0..1000 {
            mailbox.actuation(Actuation::Gone);
            mailbox.actuation(request("Vehicle.Body.Horn.IsActive", id));
            mailbox.ask(Ask::OtherTheme);
            mailbox.input(InputEvent {
                number: id,
                t_ns: id,
                key: "KEY_INFO".into(),
                action: "press".into(),
                steps: 0,
            });
            mailbox.media(Media::Position(Some(id as i64)));
            mailbox.phone(PhoneNews::Sessions(None));
            mailbox.phone(PhoneNews::PairingOpened(id as u32));
            mailbox.calls(CallsNews::Calls(Vec::new(), crate::telephone::Heard(id)));
            mailbox.settings(SettingsNews::Gone);
            mailbox.camera(CameraNews::Cameras(None));
            mailbox.camera(CameraNews::Picture(None));
            let picture = Wanted::Cover { path: "/none".into(), side: id as u32, radius: 0 };
            mailbox.media(Media::Picture(Picture { wanted: picture, made: Made::Nothing }));
        }
        let post = mailbox.take();
        assert_eq!(post.actuation, [Actuation::Gone, request("Vehicle.Body.Horn.IsActive", 999)]);
        assert_eq!(post.inputs.len(), input::KEPT);
        assert_eq!((post.asks.len(), post.media.len()), (MAX_ASKS, MAX_MEDIA));
        assert_eq!(post.phone, [PhoneNews::Sessions(None), PhoneNews::PairingOpened(999)]);
        assert_eq!(post.calls, [CallsNews::Calls(Vec::new(), crate::telephone::Heard(999))]);
        assert_eq!(post.settings, [SettingsNews::Gone]);
        assert_eq!(post.camera, [CameraNews::Cameras(None), CameraNews::Picture(None)]);
        assert_eq!(post.media.last(), Some(&Media::Position(Some(999))), "the newest of a kind is always there");
    }

    fn touches(mailbox: &Mailbox) -> Vec<Touch> {
        let touch = |ask| if let Ask::Touched(touch) = ask { Some(touch) } else { None };
        mailbox.take().asks.into_iter().filter_map(touch).collect()
    }

    #[test]
    fn a_finger_that_moves_waits_once_and_one_that_is_lifted_is_never_lost() {
        let (mailbox, _) = mailbox();
        mailbox.ask(Ask::Touched(Touch::Down(0.0, 0.5)));
        for step in 0..200_u8 {
            mailbox.ask(Ask::Touched(Touch::Moved(f32::from(step), 0.5)));
        }
        mailbox.ask(Ask::Touched(Touch::Up(199.0, 0.5)));
        assert_eq!(touches(&mailbox), [Touch::Down(0.0, 0.5), Touch::Moved(199.0, 0.5), Touch::Up(199.0, 0.5)]);
        // Among as much else as may wait, and without end.
        for _ in 0..MAX_ASKS {
            mailbox.ask(Ask::OtherTheme);
        }
        for _ in 0..1_000 {
            mailbox.ask(Ask::Touched(Touch::Down(0.0, 0.0)));
            mailbox.ask(Ask::Touched(Touch::Moved(1.0, 1.0)));
            mailbox.ask(Ask::Touched(Touch::Up(1.0, 1.0)));
        }
        let pair = [Touch::Down(0.0, 0.0), Touch::Up(1.0, 1.0)];
        assert_eq!(touches(&mailbox), pair.repeat(MAX_ASKS / 2));
    }

    #[test]
    fn a_press_that_has_no_room_to_be_lifted_is_not_let_in() {
        let (mailbox, _) = mailbox();
        mailbox.ask(Ask::Touched(Touch::Up(0.0, 0.0)));
        for _ in 0..1_000 {
            mailbox.ask(Ask::Touched(Touch::Down(0.0, 0.0)));
            mailbox.ask(Ask::Touched(Touch::Up(0.0, 0.0)));
        }
        let touches = touches(&mailbox);
        assert_eq!((touches.len(), touches.last()), (2 * MAX_ASKS, Some(&Touch::Up(0.0, 0.0))));
    }

    #[test]
    fn before_there_is_a_window_nothing_is_woken() {
        let wakes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&wakes);
        let mailbox = Mailbox::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        mailbox.link(Link::NoService);
        assert_eq!(wakes.load(Ordering::Relaxed), 0);
        mailbox.arm();
        assert_eq!((wakes.load(Ordering::Relaxed), mailbox.take().link), (1, Some(Link::NoService)));
    }
}
