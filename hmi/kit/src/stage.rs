//! The UI thread's end: takes what the mailbox has, hands it to the face, answers what was asked.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use slint::ComponentHandle;
use slint::platform::{PointerEventButton, WindowEvent};
use slint::{LogicalPosition, TimerMode};
use tandem_contracts::screen::{Picture, ScreenError};
use tandem_units::Nanoseconds;
use tokio::sync::{oneshot, watch};

use crate::beat::Beat;
use crate::bus::SILENCE;
use crate::dress::{Dress, Fixed};
use crate::mailbox::{Ask, Heard, Mailbox, RawPicture};
use crate::media::Anchor;
use crate::{DisplayPixel, Drawn, Face, Link, Look, Media, Readings, SettingsNews, Update, headless};

/// How soon a window looks at what it drew: each look costs as much as drawing all of it anew.
const LOOK_AFTER: Duration = Duration::from_secs(2);

thread_local! {
    static STAGE: OnceCell<Rc<dyn Turn>> = const { OnceCell::new() };
}

/// Runs on the UI thread when the mailbox woke it.
pub(crate) fn turn() {
    let stage = STAGE.with(|stage| stage.get().cloned());
    if let Some(stage) = stage {
        stage.turn();
    }
}

/// Runs when a timer rings. Slint is in the midst of its timers, which no picture can be drawn from: whoever waits for one has it in a turn of its own.
fn ring() {
    let stage = STAGE.with(|stage| stage.get().cloned());
    if let Some(stage) = stage {
        stage.advance();
        if stage.is_waited_for() {
            drop(slint::invoke_from_event_loop(turn));
        }
    }
}

trait Turn {
    /// Takes what has come.
    fn advance(&self);
    fn is_waited_for(&self) -> bool;
    /// The same, and answers whoever waits for a picture.
    fn turn(&self);
}

/// A batch that is on the screen: of which subscription, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    pub epoch: u64,
    pub sequence: u64,
}

/// What lies between the bus thread and the stage.
pub(crate) struct Line {
    pub mailbox: Arc<Mailbox>,
    pub beat: Arc<Beat>,
    pub applied: watch::Sender<Applied>,
}

struct Waiter {
    sequence: u64,
    reply: oneshot::Sender<Result<RawPicture, ScreenError>>,
}

/// A face with its window and its readings.
pub(crate) struct Stage<F: Face> {
    window: F::Window,
    face: RefCell<F>,
    readings: RefCell<Readings>,
    dress: Cell<Dress>,
    screen: Option<Rc<headless::Screen>>,
    waiters: RefCell<Vec<Waiter>>,
    timer: slint::Timer,
    /// The point in time that the timer rang for.
    rung: Rc<Cell<Option<Nanoseconds>>>,
    /// When the link's clock was set last: without batches every other news would put the alarm off.
    clock_set: Cell<Instant>,
    /// Where playback was when it was told last.
    anchor: Cell<Option<Anchor>>,
    progress: slint::Timer,
    /// The next second of what plays has come.
    progressed: Rc<Cell<bool>>,
    /// When a window looks at itself next.
    glance: slint::Timer,
    glances: Rc<Cell<bool>>,
    /// When to look again whether the bus thread works.
    vigil: slint::Timer,
    line: Line,
}

impl<F: Face> Stage<F> {
    /// Puts a face on the stage of this thread; `screen` is where a headless one draws.
    pub fn set(window: F::Window, face: F, fixed: Fixed, screen: Option<Rc<headless::Screen>>, line: Line) {
        let stage = Rc::new(Self {
            window,
            face: RefCell::new(face),
            readings: RefCell::new(Readings::new(F::paths())),
            dress: Cell::new(Dress::new(fixed)),
            screen,
            waiters: RefCell::default(),
            timer: slint::Timer::default(),
            rung: Rc::default(),
            clock_set: Cell::new(Instant::now()),
            anchor: Cell::default(),
            progress: slint::Timer::default(),
            progressed: Rc::default(),
            glance: slint::Timer::default(),
            glances: Rc::default(),
            vigil: slint::Timer::default(),
            line,
        });
        if let (Some(screen), Some(area)) = (&stage.screen, F::LOOKS_AT) {
            let watching = Rc::downgrade(&stage);
            screen.watch(area, move |pixels, painted| {
                if let Some(stage) = watching.upgrade().filter(|stage| painted || stage.is_unseen()) {
                    stage.tell_when_drawn();
                    stage.look_at(&Drawn::new(F::SIZE.0, F::SIZE.0, pixels));
                }
            });
        }
        stage.set_dress(stage.dress.get());
        stage.keep_vigil();
        STAGE.with(|place| place.set(stage as Rc<dyn Turn>).is_ok());
    }

    /// For whoever measures: from a frame of the car to the pixels that are watched.
    fn tell_when_drawn(&self) {
        if let Some(screen) = &self.screen {
            tracing::trace!(now_ns = self.readings.borrow().now().0, boot_ns = screen.drawn().0, "drawn");
        }
    }

    fn hear(&self, heard: Heard) {
        let is_heartbeat = self.is_heartbeat(&heard);
        let Heard { epoch, sequence, now, starts_anew, changes } = heard;
        if let Some(screen) = &self.screen {
            screen.set_time(now);
        }
        if is_heartbeat {
            let mut readings = self.readings.borrow_mut();
            let now = readings.now();
            readings.apply(sequence, now, false, None);
        } else {
            self.readings.borrow_mut().apply(sequence, now, starts_anew, changes);
            self.clock_set.set(Instant::now());
            self.tell(&Update::Batch);
            let mut dress = self.dress.get();
            let turned = dress.light(F::is_dark(&self.readings.borrow()), now);
            if turned { self.set_dress(dress) } else { self.dress.set(dress) }
        }
        self.serve_waiters();
        self.line.applied.send_replace(Applied { epoch, sequence });
    }

    /// Whether it says that the service lives, and no more: what is written holds, for the ages that are shown count seconds. In lockstep each batch is a picture.
    fn is_heartbeat(&self, heard: &Heard) -> bool {
        let readings = self.readings.borrow();
        let says_nothing = !heard.starts_anew && heard.changes.is_empty() && *readings.link() == Link::Up;
        let second = |time: Nanoseconds| time.0 / Nanoseconds::SECOND.0;
        says_nothing && self.dress.get().is_live() && second(heard.now) == second(readings.now())
    }

    fn tell(&self, update: &Update) {
        self.face.borrow_mut().apply(&self.window, update, &self.readings.borrow());
        self.set_alarm();
        if F::LOOKS_AT.is_some() && self.screen.is_none() && !self.glance.running() && self.is_unseen() {
            let glances = Rc::clone(&self.glances);
            self.glance.start(TimerMode::SingleShot, LOOK_AFTER, move || {
                glances.set(true);
                ring();
            });
        }
    }

    fn is_unseen(&self) -> bool {
        self.face.try_borrow().is_ok_and(|face| face.is_unseen())
    }

    fn look_at(&self, drawn: &Drawn<'_>) {
        let changed = self.face.try_borrow_mut().is_ok_and(|mut face| face.look_at(drawn));
        if changed {
            self.tell(&Update::Time);
            // The loop that has just drawn would sleep over it.
            drop(slint::invoke_from_event_loop(turn));
        }
    }

    /// Draws a window once more, to look at that.
    fn glance(&self) {
        match self.window.window().take_snapshot() {
            Ok(pixels) => {
                let rgb: Vec<_> = pixels.as_slice().iter().map(|it| DisplayPixel::new(it.r, it.g, it.b)).collect();
                self.look_at(&Drawn::new(F::SIZE.0, pixels.width(), &rgb));
            }
            Err(error) => tracing::debug!(%error, "nobody can look at what is drawn"),
        }
    }

    /// Nothing counts that was said by a bus thread that is heard of no more, until it says something again. In lockstep time comes with the batches.
    fn keep_vigil(&self) {
        if !self.dress.get().is_live() {
            return;
        }
        let age = self.line.beat.age();
        let left = SILENCE.saturating_sub(age);
        if left.is_zero() && *self.readings.borrow().link() == Link::Up {
            tracing::error!("the bus thread hangs or has ended: the readings are absent");
            self.readings.borrow_mut().set_link(Link::Silent);
            self.tell(&Update::Link(Link::Silent));
        }
        // Put off by each turn: while the service lives, it wakes nobody.
        self.vigil.start(TimerMode::SingleShot, if left.is_zero() { SILENCE } else { left }, ring);
    }

    /// Asks for an update at the next point at which the face changes by time alone.
    fn set_alarm(&self) {
        self.timer.stop();
        if !self.dress.get().is_live() {
            return;
        }
        let now = self.readings.borrow().now();
        let Some(at) = self.face.borrow().wakes_at().filter(|at| *at > now) else { return };
        let rung = Rc::clone(&self.rung);
        let wait = Duration::from_nanos(at.since(now).0).saturating_sub(self.clock_set.get().elapsed());
        self.timer.start(TimerMode::SingleShot, wait, move || {
            rung.set(Some(at));
            ring();
        });
    }

    fn hear_media(&self, news: Media) {
        let anchor =
            if let Media::Player(player) = &news { Some(player.as_ref().and_then(|it| it.position)) } else { None };
        self.tell(&Update::Media(news));
        if let Some(anchor) = anchor {
            self.anchor.set(anchor);
            self.tell_position();
        }
    }

    /// Says where playback is, and again when the next second of it has come. In lockstep it stays where it was told to be: a picture knows no clock but
    /// its batch's.
    fn tell_position(&self) {
        self.progress.stop();
        if !F::FOLLOWS_POSITION {
            return;
        }
        let (now, anchor, live) = (Instant::now(), self.anchor.get(), self.dress.get().is_live());
        let position = anchor.map(|anchor| if live { anchor.position(now) } else { anchor.position_us });
        self.tell(&Update::Media(Media::Position(position)));
        if let Some(wait) = anchor.filter(|_| live).and_then(|anchor| anchor.next_second(now)) {
            let progressed = Rc::clone(&self.progressed);
            self.progress.start(TimerMode::SingleShot, wait, move || {
                progressed.set(true);
                ring();
            });
        }
    }

    fn set_dress(&self, dress: Dress) {
        self.dress.set(dress);
        let look = dress.look();
        if let Err(error) = slint::select_bundled_translation(look.language.translation()) {
            tracing::debug!(%error, "no translation is bundled");
        }
        self.readings.borrow_mut().set_units(look.units);
        self.face.borrow_mut().set_look(&self.window, look);
        self.tell(&Update::Time);
    }

    fn answer(&self, ask: Ask) {
        let mut dress = self.dress.get();
        let Look { theme, language, .. } = dress.look();
        match ask {
            Ask::Knob(stroke) => {
                if let Err(error) = stroke.strike(self.window.window()) {
                    tracing::debug!(%error, "the knob reaches no window");
                }
                return;
            }
            Ask::Touched(touch) => {
                if let Err(error) = touch.apply(self.window.window()) {
                    tracing::debug!(%error, "the finger reaches no window");
                }
                return;
            }
            Ask::Theme(theme) => dress.wear(Some(theme), None),
            Ask::OtherTheme => dress.wear(Some(theme.other()), None),
            Ask::Language(language) => dress.wear(None, Some(language)),
            Ask::OtherLanguage => dress.wear(None, Some(language.other())),
            // Whoever asked may be gone by now; then nobody misses the answer.
            Ask::Touch { x, y, reply } => return drop(reply.send(self.touch(x, y))),
            Ask::Capture { sequence, reply } => {
                let mut waiters = self.waiters.borrow_mut();
                waiters.retain(|waiter| !waiter.reply.is_closed());
                return waiters.push(Waiter { sequence, reply });
            }
        }
        self.set_dress(dress);
    }

    fn hear_settings(&self, news: SettingsNews) {
        if let SettingsNews::Told(in_force) = &news {
            let mut dress = self.dress.get();
            let before = dress.look();
            dress.follow(in_force);
            if dress.look() == before { self.dress.set(dress) } else { self.set_dress(dress) }
        }
        self.tell(&Update::Settings(news));
    }

    fn touch(&self, x: f64, y: f64) -> Result<(), ScreenError> {
        if self.screen.is_none() {
            return Err(ScreenError::NotHeadless("this screen is a window: touch it by hand".to_owned()));
        }
        let position = LogicalPosition::new(x as f32, y as f32);
        let button = PointerEventButton::Left;
        for event in [
            WindowEvent::PointerMoved { position },
            WindowEvent::PointerPressed { position, button },
            WindowEvent::PointerReleased { position, button },
            WindowEvent::PointerExited,
        ] {
            self.window.window().dispatch_event_with_result(event).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Answers the captures whose batch is applied.
    fn serve_waiters(&self) {
        let sequence = self.readings.borrow().sequence();
        let ready: Vec<_> = self.waiters.borrow_mut().extract_if(.., |waiter| waiter.sequence <= sequence).collect();
        for waiter in ready {
            if !waiter.reply.is_closed() {
                drop(waiter.reply.send(self.picture()));
            }
        }
    }

    fn picture(&self) -> Result<RawPicture, ScreenError> {
        let (width, height, rgb) = match &self.screen {
            Some(screen) => {
                // What the first shows to be wrong is said in the second, which draws nothing if all is well.
                screen.turn();
                screen.turn();
                let (width, height) = screen.size();
                (width, height, screen.rgb())
            }
            None => {
                let pixels = self.window.window().take_snapshot().map_err(|error| failed(&error))?;
                let rgb = pixels.as_slice().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
                (pixels.width(), pixels.height(), rgb)
            }
        };
        let readings = self.readings.borrow();
        let picture =
            Picture { sequence: readings.sequence(), now_ns: readings.now().0, width, height, png: Vec::new() };
        Ok(RawPicture { picture, rgb })
    }
}

impl<F: Face> Turn for Stage<F> {
    fn turn(&self) {
        self.advance();
        self.serve_waiters();
    }

    fn is_waited_for(&self) -> bool {
        !self.waiters.borrow().is_empty()
    }

    fn advance(&self) {
        if let Some(at) = self.rung.take() {
            self.readings.borrow_mut().set_now(at);
            self.clock_set.set(Instant::now());
            self.tell(&Update::Time);
        }
        if self.progressed.take() {
            self.tell_position();
        }
        if self.glances.take() {
            self.glance();
        }
        self.keep_vigil();
        let post = self.line.mailbox.take();
        if let Some(status) = post.driving {
            self.tell(&Update::Driving(status));
        }
        if let Some(heard) = post.heard {
            self.hear(heard);
        }
        if let Some(link) = post.link {
            self.readings.borrow_mut().set_link(link.clone());
            self.tell(&Update::Link(link));
        }
        for news in post.media {
            self.hear_media(news);
        }
        for news in post.phone {
            self.tell(&Update::Phone(news));
        }
        for news in post.calls {
            self.tell(&Update::Calls(news));
        }
        for news in post.settings {
            self.hear_settings(news);
        }
        if let Some(news) = post.health {
            self.tell(&Update::Health(news));
        }
        for news in post.camera {
            self.tell(&Update::Camera(news));
        }
        for news in post.actuation {
            self.tell(&Update::Actuation(news));
        }
        for event in post.inputs {
            self.tell(&Update::Input(event));
        }
        for ask in post.asks {
            self.answer(ask);
        }
    }
}

fn failed(error: &slint::PlatformError) -> ScreenError {
    ScreenError::CaptureFailed(error.to_string())
}

#[cfg(test)]
mod tests;
