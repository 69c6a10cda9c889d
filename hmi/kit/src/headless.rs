//! A screen without a display: Slint's software renderer into memory, with an event loop that sleeps unless there is something to do.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::mem;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{EventLoopProxy, Platform, WindowAdapter};
use slint::{ComponentHandle, EventLoopError, PhysicalPosition, PhysicalSize, PlatformError};
use tandem_pictures::boot_clock;
use tandem_units::Nanoseconds;

use crate::{Area, DisplayPixel, Face, Look, Readings, Update};

/// The shortest time from one frame to the next when the screen draws by itself: 60 frames a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// When a headless screen draws, and by which clock it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// When something is dirty, 60 times a second at most, and only what is dirty; by the monotonic clock.
    Live,
    /// When a picture is asked for, and all of it, so that no earlier picture leaves a trace; by the time that [`Screen::set_time`] sets.
    OnDemand,
}

/// The memory that a headless window is drawn into. Lives on the UI thread.
pub struct Screen {
    window: OnceCell<Rc<MinimalSoftwareWindow>>,
    size: PhysicalSize,
    pace: Pace,
    pixels: RefCell<Vec<DisplayPixel>>,
    time: Cell<Duration>,
    started: Instant,
    frames: RefCell<FrameTimes>,
    drawn: Cell<Option<Instant>>,
    watcher: OnceCell<Watcher>,
    queue: Arc<Queue>,
}

type See = Box<dyn Fn(&[DisplayPixel], bool)>;

/// Sees the pixels after each turn, and whether any of its own area was painted in it.
struct Watcher {
    area: Area,
    see: See,
}

/// How long the frames took, the newest thousand of them.
#[derive(Clone, Debug, Default)]
pub struct FrameTimes {
    /// Frames drawn since the start: those in which at least a pixel was painted.
    pub drawn: u64,
    newest: VecDeque<Duration>,
}

impl FrameTimes {
    const KEPT: usize = 1000;

    /// The time that this share of the newest frames stayed under, 0 to 1; none before the first frame.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let mut times: Vec<_> = self.newest.iter().copied().collect();
        times.sort_unstable();
        let last = times.len().checked_sub(1)?;
        times.get((share.clamp(0.0, 1.0) * last as f64).round() as usize).copied()
    }

    fn add(&mut self, time: Duration) {
        self.drawn += 1;
        self.newest.truncate(Self::KEPT - 1);
        self.newest.push_front(time);
    }
}

impl Screen {
    /// A screen of this size in pixels, for one window.
    pub fn new((width, height): (u32, u32), pace: Pace) -> Rc<Self> {
        Rc::new(Self {
            window: OnceCell::new(),
            size: PhysicalSize::new(width, height),
            pace,
            pixels: RefCell::new(vec![DisplayPixel::new(0, 0, 0); width as usize * height as usize]),
            time: Cell::default(),
            started: Instant::now(),
            frames: RefCell::default(),
            drawn: Cell::default(),
            watcher: OnceCell::new(),
            queue: Arc::default(),
        })
    }

    /// The platform for `slint::platform::set_platform`, with an event loop that other threads can wake. One a process.
    pub fn platform(self: &Rc<Self>) -> Box<dyn Platform> {
        Box::new(Headless { screen: Rc::clone(self), answers_threads: true })
    }

    /// A platform that no other thread can wake: one for each thread that draws, as in tests and benchmarks. Drive it with [`Screen::turn`].
    pub fn platform_of_one_thread(self: &Rc<Self>) -> Box<dyn Platform> {
        Box::new(Headless { screen: Rc::clone(self), answers_threads: false })
    }

    /// Moves the clock of a screen that draws on demand. It never goes back.
    pub fn set_time(&self, now: Nanoseconds) {
        self.time.set(self.time.get().max(Duration::from_nanos(now.0)));
    }

    /// One turn of the event loop without waiting: timers, animations, and what is dirty is drawn. Returns whether a pixel was painted.
    pub fn turn(&self) -> bool {
        slint::platform::update_timers_and_animations();
        self.draw()
    }

    /// Shows the pixels after each turn, and says whether any of this area was painted. One watcher a screen.
    pub(crate) fn watch(&self, area: Area, see: impl Fn(&[DisplayPixel], bool) + 'static) {
        let _ = self.watcher.set(Watcher { area, see: Box::new(see) });
    }

    /// Looks at the pixels as they stand.
    pub fn look<T>(&self, look: impl FnOnce(&[DisplayPixel]) -> T) -> T {
        look(&self.pixels.borrow())
    }

    /// Width and height, pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.size.width, self.size.height)
    }

    /// The pixels as they stand, row by row: three bytes each, red, green, blue.
    pub fn rgb(&self) -> Vec<u8> {
        self.pixels.borrow().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect()
    }

    /// When a pixel was painted last, on the boot clock; zero if none was.
    pub fn drawn(&self) -> Nanoseconds {
        let Some(drawn) = self.drawn.get() else { return Nanoseconds::ZERO };
        let ago = u64::try_from(drawn.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Nanoseconds(boot_clock().saturating_sub(ago))
    }

    /// What was drawn so far and how long it took.
    pub fn frames(&self) -> FrameTimes {
        self.frames.borrow().clone()
    }

    fn draw(&self) -> bool {
        let Some(window) = self.window.get() else { return false };
        let (mut painted, mut seen) = (false, false);
        window.draw_if_needed(|renderer| {
            let begun = Instant::now();
            let region = renderer.render(&mut self.pixels.borrow_mut(), self.size.width as usize);
            let size = region.bounding_box_size();
            painted = size.width > 0 && size.height > 0;
            seen = self.watcher.get().is_some_and(|watcher| region.iter().any(|it| watcher.area.meets(area(it))));
            if painted {
                self.frames.borrow_mut().add(begun.elapsed());
                self.drawn.set(Some(Instant::now()));
            }
        });
        if let Some(watcher) = self.watcher.get() {
            self.look(|pixels| (watcher.see)(pixels, seen));
        }
        painted
    }

    fn run(&self) {
        let mut next_frame = self.started;
        loop {
            if self.queue.run_events() {
                return;
            }
            slint::platform::update_timers_and_animations();
            let wait = match self.pace {
                Pace::OnDemand => None,
                Pace::Live => {
                    let now = Instant::now();
                    if now < next_frame {
                        Some(next_frame - now)
                    } else {
                        if self.draw() {
                            next_frame = now + FRAME;
                        }
                        let moves = self.window.get().is_some_and(|window| window.has_active_animations());
                        if moves { Some(FRAME) } else { slint::platform::duration_until_next_timer_update() }
                    }
                }
            };
            self.queue.wait(wait);
        }
    }
}

/// A screen of this size in pixels that was told nothing yet, drawn once: three bytes a pixel. A thread has one screen; this is its.
///
/// # Errors
/// Slint has a screen on this thread already, or no renderer.
pub fn untold<F: Face>(size: (u32, u32), new: impl FnOnce(&F::Window) -> F) -> Result<Vec<u8>, PlatformError> {
    let screen = Screen::new(size, Pace::OnDemand);
    slint::platform::set_platform(screen.platform_of_one_thread())
        .map_err(|error| PlatformError::Other(error.to_string()))?;
    let window = F::open()?;
    let mut face = new(&window);
    face.set_look(&window, Look::STILL);
    window.show()?;
    face.apply(&window, &Update::Time, &Readings::new(F::paths()));
    screen.turn();
    Ok(screen.rgb())
}

fn area((position, size): (PhysicalPosition, PhysicalSize)) -> Area {
    let at = |pixels: i32| u32::try_from(pixels).unwrap_or_default();
    Area { x: at(position.x), y: at(position.y), width: size.width, height: size.height }
}

struct Headless {
    screen: Rc<Screen>,
    answers_threads: bool,
}

impl Platform for Headless {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        let repaint = match self.screen.pace {
            Pace::Live => RepaintBufferType::ReusedBuffer,
            Pace::OnDemand => RepaintBufferType::NewBuffer,
        };
        let window = MinimalSoftwareWindow::new(repaint);
        window.set_size(self.screen.size);
        self.screen
            .window
            .set(Rc::clone(&window))
            .map_err(|_| PlatformError::Other("a headless screen has one window".into()))?;
        Ok(window)
    }

    fn run_event_loop(&self) -> Result<(), PlatformError> {
        self.screen.run();
        Ok(())
    }

    fn new_event_loop_proxy(&self) -> Option<Box<dyn EventLoopProxy>> {
        let proxy: Box<dyn EventLoopProxy> = Box::new(Proxy(Arc::clone(&self.screen.queue)));
        self.answers_threads.then_some(proxy)
    }

    fn duration_since_start(&self) -> Duration {
        match self.screen.pace {
            Pace::Live => self.screen.started.elapsed(),
            Pace::OnDemand => self.screen.time.get(),
        }
    }
}

type Event = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Event>,
    ends: bool,
}

impl Queue {
    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Runs what waits. Returns whether the loop is to end.
    fn run_events(&self) -> bool {
        let (events, ends) = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            (mem::take(&mut waiting.events), mem::take(&mut waiting.ends))
        };
        for event in events {
            event();
        }
        ends
    }

    fn wait(&self, at_most: Option<Duration>) {
        let idle = |waiting: &mut Waiting| waiting.events.is_empty() && !waiting.ends;
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match at_most {
            Some(time) => {
                drop(self.changed.wait_timeout_while(waiting, time, idle).unwrap_or_else(PoisonError::into_inner));
            }
            None => drop(self.changed.wait_while(waiting, idle).unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

struct Proxy(Arc<Queue>);

impl EventLoopProxy for Proxy {
    fn quit_event_loop(&self) -> Result<(), EventLoopError> {
        self.0.change(|waiting| waiting.ends = true);
        Ok(())
    }

    fn invoke_from_event_loop(&self, event: Event) -> Result<(), EventLoopError> {
        self.0.change(|waiting| waiting.events.push(event));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use slint::ComponentHandle;

    use super::*;

    slint::slint! {
        export component Page inherits Window {
            in property <length> mark;
            width: 40px;
            height: 20px;
            background: #102030;
            Rectangle { x: root.mark; y: 0; width: 4px; height: 4px; background: #ffffff; }
        }
    }

    fn page(pace: Pace) -> (Rc<Screen>, Page) {
        let screen = Screen::new((40, 20), pace);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let page = Page::new().unwrap();
        page.show().unwrap();
        (screen, page)
    }

    #[test]
    fn what_changes_is_drawn_once_and_what_rests_never() {
        let (screen, page) = page(Pace::Live);
        assert!(screen.turn());
        assert!(!screen.turn());
        page.set_mark(8.0);
        assert!(screen.turn());
        page.set_mark(8.0);
        assert!(!screen.turn());
        assert_eq!(screen.frames().drawn, 2);
        assert_eq!(screen.rgb().get(8 * 3..9 * 3), Some([255; 3].as_slice()));
        assert_eq!(screen.rgb().get(..3), Some([0x10, 0x20, 0x30].as_slice()));
    }

    #[test]
    fn the_clock_of_a_screen_on_demand_is_set_and_never_goes_back() {
        let (screen, _page) = page(Pace::OnDemand);
        let rung = Rc::new(Cell::new(0));
        let count = Rc::clone(&rung);
        let timer = slint::Timer::default();
        timer.start(slint::TimerMode::Repeated, Duration::from_millis(100), move || count.set(count.get() + 1));
        for (milliseconds, expected) in [(50, 0), (100, 1), (60, 1), (210, 2)] {
            screen.set_time(Nanoseconds::from_millis(milliseconds));
            screen.turn();
            assert_eq!(rung.get(), expected, "at {milliseconds} ms");
        }
    }

    #[test]
    fn the_loop_runs_what_other_threads_send_until_it_is_told_to_end() {
        let screen = Screen::new((40, 20), Pace::OnDemand);
        slint::platform::set_platform(screen.platform()).unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            for number in 0..100 {
                let sender = sender.clone();
                slint::invoke_from_event_loop(move || sender.send(number).unwrap()).unwrap();
            }
            slint::invoke_from_event_loop(|| slint::quit_event_loop().unwrap()).unwrap();
        });
        slint::run_event_loop().unwrap();
        other.join().unwrap();
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert_eq!(screen.frames().drawn, 0, "nobody asked for a picture");
    }

    #[test]
    fn frame_times_keep_the_newest_thousand() {
        let mut times = FrameTimes::default();
        assert_eq!(times.quantile(0.5), None);
        for milliseconds in 0..2_000 {
            times.add(Duration::from_millis(milliseconds));
        }
        assert_eq!(times.drawn, 2_000);
        assert_eq!(times.quantile(0.0), Some(Duration::from_millis(1_000)));
        assert_eq!(times.quantile(1.0), Some(Duration::from_millis(1_999)));
    }
}
