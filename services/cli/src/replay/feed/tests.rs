use super::*;

/// A service that takes in everything and, if time waits for it, says that it has.
fn service(mut link: Local, events: usize) -> Vec<Event> {
    let mut heard = Vec::new();
    let mut lockstep = false;
    while heard.len() < events {
        let Some(event) = link.receive().unwrap() else { break };
        match &event {
            Event::Hello(hello) => lockstep = hello.pace == Clock::Lockstep,
            Event::Advance(time) if lockstep => link.send(&[Event::Reached(*time)]).unwrap(),
            _ => {}
        }
        heard.push(event);
    }
    heard
}

fn told(events: &[Event]) -> String {
    let one = |event: &Event| match event {
        Event::Hello(hello) => format!("hello {:?} {}", hello.pace, hello.interfaces.join(" ")),
        Event::Frame(frame) => format!("frame {:?}", frame),
        Event::Advance(time) => format!("time {} ms", Nanoseconds(*time).as_millis()),
        other => format!("{other:?}"),
    };
    events.iter().map(one).collect::<Vec<_>>().join("\n")
}

const LOG: &str = "(7.000000) can1 123#01\n(7.020000) can0 123#02\n(7.020001) can1 123#03\n(7.070000) can1 123#04\n";

async fn replay(log: &str, speed: Speed, orders: &[u64]) -> Vec<Event> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link");
    let listener = Listener::bind(&path).unwrap();
    let log = Arc::new(Log::in_memory(log));
    let ear = thread::spawn(move || service(Local::connect(&path).unwrap(), usize::MAX));
    let mut feed = Feed::start(listener, log, speed).unwrap();
    feed.meet().await.unwrap();
    for order in orders {
        feed.run_to(Nanoseconds::from_millis(*order)).await.unwrap();
        assert_eq!(feed.time().load(Ordering::Relaxed), order * 1_000_000);
    }
    feed.end().await.unwrap();
    drop(feed);
    ear.join().unwrap()
}

#[tokio::test]
async fn at_full_speed_frames_go_before_their_tick_and_time_waits_for_the_service() {
    insta::assert_snapshot!(told(&replay(LOG, Speed::Max, &[20, 80]).await), @r"
    hello Lockstep can1 can0
    time 0 ms
    frame bus 0 123#01 at 0 ns
    frame bus 1 123#02 at 20000000 ns
    time 20 ms
    frame bus 0 123#03 at 20001000 ns
    time 40 ms
    time 60 ms
    frame bus 0 123#04 at 70000000 ns
    time 80 ms
    End
    ");
}

#[tokio::test]
async fn by_the_clock_the_same_is_told_and_nobody_is_waited_for() {
    let live = replay(LOG, Speed::Times(1e9), &[20, 80]).await;
    let lockstep = replay(LOG, Speed::Max, &[20, 80]).await;
    assert!(matches!(&live[0], Event::Hello(hello) if hello.pace == Clock::Live));
    assert_eq!(live[1..], lockstep[1..]);
}

#[tokio::test]
async fn a_long_silence_is_jumped_over() {
    let log = "(1.000000) can0 123#01\n(3601.000000) can0 123#02\n";
    let events = replay(log, Speed::Max, &[20, 3_600_000]).await;
    insta::assert_snapshot!(told(&events), @r"
    hello Lockstep can0
    time 0 ms
    frame bus 0 123#01 at 0 ns
    time 20 ms
    frame bus 0 123#02 at 3600000000000 ns
    time 3600000 ms
    End
    ");
}

#[tokio::test]
async fn a_service_that_leaves_ends_a_replay_at_full_speed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link");
    let listener = Listener::bind(&path).unwrap();
    let mut feed = Feed::start(listener, Arc::new(Log::in_memory(LOG)), Speed::Max).unwrap();
    let ear = thread::spawn(move || service(Local::connect(&path).unwrap(), 3));
    feed.meet().await.unwrap();
    let error = feed.run_to(Nanoseconds::from_millis(80)).await.unwrap_err();
    assert!(matches!(error, FeedError::Left | FeedError::Link(LinkError::Broken(_))), "{error:?}");
    ear.join().unwrap();
}

#[tokio::test]
async fn a_service_that_comes_back_is_greeted_anew_by_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("link");
    let listener = Listener::bind(&path).unwrap();
    let mut feed = Feed::start(listener, Arc::new(Log::in_memory(LOG)), Speed::Times(1e9)).unwrap();
    let (left, leaves) = tokio::sync::oneshot::channel();
    let ear = thread::spawn(move || {
        let first = service(Local::connect(&path).unwrap(), 2);
        left.send(first).unwrap();
        service(Local::connect(&path).unwrap(), usize::MAX)
    });
    feed.meet().await.unwrap();
    leaves.await.unwrap();
    feed.run_to(Nanoseconds::from_millis(80)).await.unwrap();
    feed.end().await.unwrap();
    drop(feed);
    let heard = ear.join().unwrap();
    insta::assert_snapshot!(told(&heard), @r"
    hello Live can1 can0
    time 0 ms
    frame bus 0 123#03 at 20001000 ns
    time 40 ms
    time 60 ms
    frame bus 0 123#04 at 70000000 ns
    time 80 ms
    End
    ");
}
