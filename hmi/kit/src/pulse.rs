//! What a screen tells its supervisor: that it is ready once its first frame is drawn, and that it lives for as long as its event loop turns.

use std::time::Duration;

use slint::Timer;
use tandem_runtime::Watchdog;

/// Feeds by timers of this thread, which ring only while its event loop turns.
pub(crate) fn begin(watchdog: Watchdog) {
    if watchdog.pace().is_some() {
        // In a turn of the loop timers come before the drawing: this one in the turn that draws the first frame, the next in the turn after it.
        Timer::single_shot(Duration::ZERO, move || feed_after(watchdog, Duration::ZERO));
    }
}

fn feed_after(mut watchdog: Watchdog, wait: Duration) {
    Timer::single_shot(wait, move || {
        watchdog.feed();
        if let Some(pace) = watchdog.pace() {
            feed_after(watchdog, pace);
        }
    });
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use slint::ComponentHandle;
    use tandem_runtime::Supervisor;

    use super::*;
    use crate::headless::{Pace, Screen};

    slint::slint! {
        export component Page inherits Window { width: 40px; height: 20px; background: #102030; }
    }

    #[test]
    fn a_screen_is_ready_when_its_first_frame_is_drawn_and_is_heard_of_while_its_loop_turns() {
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
        begin(Supervisor::by(of, std::process::id()).watchdog());
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
    }
}
