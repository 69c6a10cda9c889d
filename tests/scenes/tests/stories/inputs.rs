//! Who follows the car's keys hears each once and in its order: over a gap, over a restart of the service, and whatever others say in its name.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tandem_contracts::input::{self, Follower, Input1, InputBackend, InputEvent, News};
use tandem_scenes::{Daemon, within};
use zbus::Connection;
use zbus::names::BusName;
use zbus::object_server::SignalEmitter;

/// What a service keeps.
#[derive(Clone, Default)]
struct Keys {
    kept: Arc<Mutex<Vec<InputEvent>>>,
    /// So many questions it answers with an error.
    refuses: Arc<AtomicUsize>,
}

impl InputBackend for Keys {
    async fn since(&self, number: u64) -> zbus::fdo::Result<(u64, Vec<InputEvent>)> {
        if self.refuses.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            return Err(zbus::fdo::Error::Failed("not now".to_owned()));
        }
        let kept = self.kept.lock().unwrap();
        let oldest = kept.first().map_or(1, |event| event.number);
        Ok((oldest, kept.iter().filter(|event| event.number > number).cloned().collect()))
    }
}

impl Keys {
    async fn serve(&self, daemon: &Daemon) -> Connection {
        let served = daemon.builder().serve_at(input::PATH, Input1(self.clone())).name(input::NAME);
        served.build().await.unwrap()
    }

    fn refuse(&self, questions: usize) {
        self.refuses.store(questions, Ordering::SeqCst);
    }

    fn keep(&self, numbers: impl IntoIterator<Item = u64>) {
        *self.kept.lock().unwrap() = numbers.into_iter().map(press).collect();
    }
}

fn press(number: u64) -> InputEvent {
    InputEvent { number, t_ns: number, key: "KEY_NEXTSONG".into(), action: "press".into(), steps: 0 }
}

async fn tell(connection: &Connection, number: u64) {
    let emitter = SignalEmitter::new(connection, input::PATH).unwrap();
    Input1::<Keys>::event(&emitter, press(number)).await.unwrap();
}

async fn heard(follower: &mut Follower) -> Option<News> {
    within("an event", follower.next()).await
}

#[tokio::test]
async fn every_event_is_told_once_and_what_is_lost_is_counted() {
    let daemon = Daemon::start();
    let keys = Keys::default();
    keys.keep(1..=3);
    let service = keys.serve(&daemon).await;
    let mut follower = Follower::open(&daemon.connect().await).await.unwrap();
    // What was before is not told; what comes next is, and again it is not.
    keys.keep(1..=5);
    for number in [4, 4, 2, 5] {
        tell(&service, number).await;
    }
    for number in [4, 5] {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
    // Three signals went astray: they are kept.
    keys.keep(1..=9);
    tell(&service, 9).await;
    for number in 6..=9 {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
    // More than is kept.
    keys.keep(50..=113);
    tell(&service, 113).await;
    assert_eq!(heard(&mut follower).await, Some(News::Lost(40)));
    for number in 50..=113 {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
}

#[tokio::test]
async fn who_could_not_ask_at_first_hears_all_that_is_done_from_then_on() {
    let daemon = Daemon::start();
    let keys = Keys::default();
    keys.keep(1..=3);
    keys.refuse(1);
    let service = keys.serve(&daemon).await;
    let mut follower = Follower::open(&daemon.connect().await).await.unwrap();
    for number in 4..=5 {
        keys.keep(1..=number);
        tell(&service, number).await;
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
    // From here on it knows what it misses.
    keys.keep(1..=7);
    tell(&service, 7).await;
    for number in 6..=7 {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
}

#[tokio::test]
async fn what_was_heard_is_told_even_if_the_service_does_not_say_what_was_missed() {
    let daemon = Daemon::start();
    let keys = Keys::default();
    keys.keep(1..=3);
    let service = keys.serve(&daemon).await;
    let mut follower = Follower::open(&daemon.connect().await).await.unwrap();
    keys.keep(1..=9);
    keys.refuse(1);
    for number in [6, 7, 9] {
        tell(&service, number).await;
    }
    assert_eq!(heard(&mut follower).await, Some(News::Lost(2)));
    // The second gap is asked for in its turn, and answered.
    for number in 6..=9 {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
    // One that keeps less than it told is asked once for each gap.
    keys.keep([]);
    tell(&service, 12).await;
    assert_eq!(heard(&mut follower).await, Some(News::Lost(2)));
    assert_eq!(heard(&mut follower).await, Some(News::Event(press(12))));
    // Of one that comes back and does not answer, nothing is lost that is heard.
    service.close().await.unwrap();
    keys.keep(1..=2);
    keys.refuse(1);
    let service = keys.serve(&daemon).await;
    tell(&service, 2).await;
    for number in 1..=2 {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
}

#[tokio::test]
async fn a_service_that_comes_back_begins_anew() {
    let daemon = Daemon::start();
    let keys = Keys::default();
    let service = keys.serve(&daemon).await;
    let mut follower = Follower::open(&daemon.connect().await).await.unwrap();
    service.close().await.unwrap();
    // It did two things before anybody knew it was there; both are behind the moment at which this began to follow.
    keys.keep(1..=2);
    let service = keys.serve(&daemon).await;
    for number in 1..=2 {
        assert_eq!(heard(&mut follower).await, Some(News::Event(press(number))));
    }
    keys.keep(1..=3);
    tell(&service, 3).await;
    assert_eq!(heard(&mut follower).await, Some(News::Event(press(3))));
}

#[tokio::test]
async fn what_others_say_in_its_name_moves_nothing_and_what_cannot_be_read_is_counted() {
    let daemon = Daemon::start();
    let keys = Keys::default();
    let service = keys.serve(&daemon).await;
    let connection = daemon.connect().await;
    let mut follower = Follower::open(&connection).await.unwrap();
    let forger = daemon.connect().await;
    let address = BusName::from(connection.unique_name().unwrap().clone().into_inner());
    for to in [None, Some(address)] {
        for number in [1, 2, 90] {
            forger.emit_signal(to.clone(), input::PATH, input::NAME, "Event", &(press(number),)).await.unwrap();
        }
        forger.emit_signal(to, input::PATH, input::NAME, "Event", &("no event",)).await.unwrap();
    }
    service.emit_signal(None::<BusName<'_>>, input::PATH, input::NAME, "Event", &("no event",)).await.unwrap();
    keys.keep(1..=1);
    tell(&service, 1).await;
    assert_eq!(heard(&mut follower).await, Some(News::Event(press(1))));
    assert_eq!(follower.undecodable(), 1, "the service's own, and none of the forger's");
}
