//! What a screen tells its supervisor: that it is ready once its first frame is drawn, and that it lives for as long as its event loop turns
//! and the bus thread works.

use std::time::Duration;

use slint::Timer;
use tandem_runtime::Watchdog;

/// Feeds by timers of this thread, which ring only while its event loop turns. `silence` is how long the bus thread was not heard of.
pub(crate) fn begin(watchdog: Watchdog, silence: impl Fn() -> Duration + 'static) {
    if watchdog.pace().is_some() {
        // In a turn of the loop timers come before the drawing: this one in the turn that draws the first frame, the next in the turn after it.
        Timer::single_shot(Duration::ZERO, move || feed_after(watchdog, silence, Duration::ZERO));
    }
}

fn feed_after(mut watchdog: Watchdog, silence: impl Fn() -> Duration + 'static, wait: Duration) {
    Timer::single_shot(wait, move || {
        if watchdog.patience().is_none_or(|patience| silence() <= patience / 2) {
            watchdog.feed();
        }
        if let Some(pace) = watchdog.pace() {
            feed_after(watchdog, silence, pace);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::net::UnixDatagram;
    use std::rc::Rc;

    use slint::ComponentHandle;
    use tandem_runtime::Supervisor;

    use super::*;
    use crate::headless::{Pace, Screen};

    slint::slint! {
        export component Page inherits Window { width: 40px; height: 20px; background: #102030; }
    }

    #[test]
    fn a_screen_is_ready_when_its_first_frame_is_drawn_and_is_heard_of_while_its_loop_turns_and_its_bus_thread_works() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("notify");
        let ear = UnixDatagram::bind(&socket).unwrap();
        ear.set_nonblocking(true).unwrap();
        let heard = || {
            let mut word = [0; 64];
            ear.recv(&mut word).ok().map(|size| String::from_utf8(word[..size].to_vec()).unwrap())
        };
        let of = |name: &str| match name {
            "NOTIFY_SOCKET" => Some(socket.clone().into()),
            "WATCHDOG_USEC" => Some("30000".into()),
            _ => None,
        };
        let screen = Screen::new((40, 20), Pace::Live);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let page = Page::new().unwrap();
        page.show().unwrap();
        let silence = Rc::new(Cell::new(Duration::ZERO));
        let known = Rc::clone(&silence);
        begin(Supervisor::by(of, std::process::id()).watchdog(), move || known.get());
        assert_eq!(heard(), None);
        assert!(screen.turn(), "it draws");
        assert_eq!(heard(), None);
        screen.turn();
        assert_eq!(heard().as_deref(), Some("READY=1\nWATCHDOG=1"));
        // A loop that does not turn.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(heard(), None);
        screen.turn();
        assert_eq!((heard().as_deref(), heard()), (Some("WATCHDOG=1"), None));
        // A loop that turns, and a bus thread that hangs for more than half of what the supervisor bears.
        for (silent, word) in [(15_001, None), (15_000, Some("WATCHDOG=1"))] {
            silence.set(Duration::from_micros(silent));
            std::thread::sleep(Duration::from_millis(100));
            screen.turn();
            assert_eq!(heard().as_deref(), word);
        }
    }
}
