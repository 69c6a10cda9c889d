use super::*;
use crate::Desk;
use crate::headless::{Pace, Screen};

slint::slint! {
    export component Page inherits Window {
        in property <color> mark: #102030;
        width: 40px;
        height: 20px;
        background: #102030;
        Rectangle { x: 0; y: 0; width: 4px; height: 4px; background: root.mark; }
        in property <length> elsewhere: 10px;
        Rectangle { x: root.elsewhere; y: 8px; width: 4px; height: 4px; background: #ffffff; }
    }
}

/// A face that is content with what is blue, and paints it so once it saw something else.
#[derive(Default)]
struct Watcher {
    unseen: bool,
    seen: Vec<[u8; 3]>,
    mends: bool,
    link: Link,
    /// How often it was told anything.
    told: u32,
}

thread_local! {
    static WATCHER: RefCell<Watcher> = RefCell::default();
}

struct Eyes;

impl Face for Eyes {
    type Window = Page;
    const NAME: &'static str = "eyes";
    const BUS_NAME: &'static str = "org.tandem.Screen1.eyes";
    const SIZE: (u32, u32) = (40, 20);
    const LOOKS_AT: Option<crate::Area> = Some(crate::Area { x: 0, y: 0, width: 4, height: 4 });

    fn paths() -> &'static [&'static str] {
        &[]
    }

    fn open() -> Result<Page, slint::PlatformError> {
        Page::new()
    }

    fn new(_window: &Page, _desk: Desk) -> Self {
        Self
    }

    fn set_look(&mut self, _window: &Page, _look: Look) {}

    fn apply(&mut self, window: &Page, _update: &Update, readings: &Readings) {
        WATCHER.with_borrow_mut(|watcher| {
            watcher.link.clone_from(readings.link());
            watcher.told += 1;
        });
        if WATCHER.with_borrow(|watcher| watcher.mends) {
            window.set_mark(slint::Color::from_rgb_u8(0, 0, 255));
        }
    }

    fn is_unseen(&self) -> bool {
        WATCHER.with_borrow(|watcher| watcher.unseen)
    }

    fn look_at(&mut self, drawn: &Drawn<'_>) -> bool {
        let first = drawn.pixels(crate::Area { x: 0, y: 0, width: 1, height: 1 }).next().unwrap();
        WATCHER.with_borrow_mut(|watcher| {
            watcher.unseen = false;
            watcher.seen.push(first);
            watcher.mends = first == [255, 0, 0];
            watcher.mends
        })
    }
}

fn line() -> Line {
    Line {
        mailbox: Arc::new(Mailbox::new(|| {})),
        beat: Arc::new(Beat::new()),
        applied: watch::channel(Applied::default()).0,
    }
}

#[test]
fn what_a_bus_thread_said_does_not_count_once_it_is_heard_of_no_more_until_it_says_something_again() {
    for (lockstep, is_mute) in [(false, Link::Silent), (true, Link::Up)] {
        std::thread::spawn(move || {
            let screen = Screen::new(Eyes::SIZE, Pace::Live);
            slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
            let line = line();
            let (mailbox, beat) = (Arc::clone(&line.mailbox), Arc::clone(&line.beat));
            let fixed = Fixed { lockstep, ..Fixed::default() };
            Stage::set(Page::new().unwrap(), Eyes, fixed, Some(screen), line);
            let link = || WATCHER.with_borrow(|watcher| watcher.link.clone());
            let say = |sequence| {
                mailbox.heard(Heard { epoch: 1, sequence, starts_anew: sequence == 1, ..Heard::default() });
                turn();
            };
            say(1);
            assert_eq!(link(), Link::Up);
            beat.stop();
            turn();
            assert_eq!(link(), is_mute);
            beat.beat();
            turn();
            assert_eq!(link(), is_mute);
            say(2);
            assert_eq!(link(), Link::Up);
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_heartbeat_is_acknowledged_and_writes_nothing_anew_unless_a_second_is_over_or_each_batch_is_a_picture() {
    for (lockstep, told) in [(false, [1, 1, 2]), (true, [1, 2, 3])] {
        std::thread::spawn(move || {
            let screen = Screen::new(Eyes::SIZE, Pace::Live);
            slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
            let line = line();
            let (mailbox, applied) = (Arc::clone(&line.mailbox), line.applied.subscribe());
            let fixed = Fixed { lockstep, ..Fixed::default() };
            Stage::set(Page::new().unwrap(), Eyes, fixed, Some(screen), line);
            let before = WATCHER.with_borrow(|watcher| watcher.told);
            for (sequence, millis) in [(1, 5_100), (2, 5_900), (3, 6_000)] {
                let now = Nanoseconds::from_millis(millis);
                mailbox.heard(Heard { epoch: 1, sequence, now, starts_anew: sequence == 1, ..Heard::default() });
                turn();
                assert_eq!(applied.borrow().sequence, sequence);
                let so_far = WATCHER.with_borrow(|watcher| watcher.told) - before;
                assert_eq!(so_far, told[sequence as usize - 1], "{sequence} in lockstep: {lockstep}");
            }
        })
        .join()
        .unwrap();
    }
}

#[test]
fn each_frame_is_looked_at_and_what_is_wrong_is_drawn_in_the_next_one() {
    let screen = Screen::new(Eyes::SIZE, Pace::Live);
    slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
    let page = Page::new().unwrap();
    page.show().unwrap();
    let held = page.clone_strong();
    Stage::set(page, Eyes, Fixed::default(), Some(Rc::clone(&screen)), line());
    let seen = || WATCHER.with_borrow(|watcher| watcher.seen.clone());
    let (ground, red, blue) = ([0x10, 0x20, 0x30], [255, 0, 0], [0, 0, 255]);

    assert!(screen.turn());
    assert_eq!(seen(), [ground]);
    // Nothing drawn, nothing to look at, unless something was commanded that no picture has shown.
    assert!(!screen.turn());
    assert_eq!(seen(), [ground]);
    WATCHER.with_borrow_mut(|watcher| watcher.unseen = true);
    assert!(!screen.turn());
    assert_eq!(seen(), [ground, ground]);
    // What is drawn elsewhere is none of its business.
    held.set_elsewhere(20.0);
    assert!(screen.turn());
    assert_eq!(seen(), [ground, ground]);
    held.set_mark(slint::Color::from_rgb_u8(255, 0, 0));
    assert!(screen.turn() && screen.turn());
    assert!(!screen.turn());
    assert_eq!(seen(), [ground, ground, red, blue]);
}

#[test]
fn who_waits_for_a_picture_while_a_timer_rings_has_it_after_that() {
    std::thread::spawn(|| {
        let screen = Screen::new(Eyes::SIZE, Pace::Live);
        slint::platform::set_platform(screen.platform()).unwrap();
        let line = line();
        let mailbox = Arc::clone(&line.mailbox);
        Stage::set(Page::new().unwrap(), Eyes, Fixed::default(), Some(Rc::clone(&screen)), line);
        turn();
        let (reply, mut picture) = oneshot::channel();
        mailbox.ask(Ask::Capture { sequence: 0, reply });
        // The vigil's timer, and another that is due again whenever timers are looked at: from within them they may not be.
        let busy = slint::Timer::default();
        busy.start(TimerMode::Repeated, Duration::ZERO, || {});
        std::thread::sleep(SILENCE + Duration::from_millis(50));
        screen.turn();
        slint::invoke_from_event_loop(|| slint::quit_event_loop().unwrap()).unwrap();
        slint::run_event_loop().unwrap();
        let picture = picture.try_recv().unwrap().unwrap();
        assert_eq!((picture.picture.width, picture.rgb.len()), (40, 40 * 20 * 3));
    })
    .join()
    .unwrap();
}
