use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;

/// Answers as many calls as it is let.
#[derive(Clone)]
struct Slow {
    let_through: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
}

#[zbus::interface(
    name = "org.tandem.Slow1",
    proxy(default_service = "org.tandem.Slow1", default_path = "/org/tandem/Slow1")
)]
impl Slow {
    async fn ask(&self) -> u32 {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.let_through.acquire().await.unwrap().forget();
        7
    }

    #[zbus(property)]
    fn answer(&self) -> u32 {
        7
    }
}

async fn pair(slow: &Slow) -> (Connection, Connection) {
    let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
    let guid = zbus::Guid::generate();
    let interface = Bounded::new(slow.clone(), &Callers::default());
    let service =
        zbus::connection::Builder::unix_stream(one).server(guid).p2p().serve_at("/org/tandem/Slow1", interface).build();
    let client = zbus::connection::Builder::unix_stream(other).p2p().build();
    tokio::try_join!(service, client).unwrap()
}

#[tokio::test]
async fn so_many_calls_are_on_their_way_and_the_others_are_refused_at_once() {
    let slow = Slow { let_through: Arc::new(Semaphore::new(0)), begun: Arc::default() };
    let (_service, client) = pair(&slow).await;
    let proxy = SlowProxy::new(&client).await.unwrap();
    let waiting: Vec<_> = (0..MAX_CALLS)
        .map(|_| {
            tokio::spawn({
                let proxy = proxy.clone();
                async move { proxy.ask().await }
            })
        })
        .collect();
    while slow.begun.load(Ordering::Relaxed) < MAX_CALLS {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        let refusal = proxy.ask().await.unwrap_err();
        assert!(matches!(refusal, zbus::Error::FDO(error) if matches!(*error, fdo::Error::LimitsExceeded(_))));
    }
    assert_eq!(slow.begun.load(Ordering::Relaxed), MAX_CALLS, "what is refused is not done");
    assert_eq!(proxy.answer().await.unwrap(), 7, "a property waits for nobody");

    slow.let_through.add_permits(MAX_CALLS + 1);
    for call in waiting {
        assert_eq!(call.await.unwrap().unwrap(), 7, "what was on its way is answered");
    }
    assert_eq!(proxy.ask().await.unwrap(), 7, "and then there is room again");
}

#[test]
fn each_caller_has_room_of_its_own() {
    let (callers, now) = (Callers::default(), Instant::now());
    let turns: Vec<_> = (0..MAX_CALLS).map_while(|_| callers.admit(":1.5", now)).collect();
    assert_eq!(turns.len(), MAX_CALLS);
    assert!(callers.admit(":1.5", now).is_none() && callers.admit(":1.6", now).is_some());
    drop(turns);
    assert!(callers.admit(":1.5", now).is_some());
}

#[test]
fn who_does_not_wait_is_soon_served_one_by_one() {
    let (callers, start) = (Callers::default(), Instant::now());
    let pairs = |now| {
        (0..1000)
            .take_while(|_| callers.admit(":1.5", now).is_some_and(|_first| callers.admit(":1.5", now).is_some()))
            .count()
    };
    assert_eq!(pairs(start), MAX_ALONGSIDE as usize);
    assert_eq!(pairs(start), 0);
    assert!((0..1000).all(|_| callers.admit(":1.5", start).is_some()), "who waits may go on");
    assert_eq!(pairs(start + SECOND), MAX_ALONGSIDE as usize, "by the second");
}

#[test]
fn of_callers_that_came_and_went_few_are_remembered() {
    let (callers, start) = (Callers::default(), Instant::now());
    let waits = callers.admit(":1.0", start);
    for (number, ms) in (1..=10_000).zip((0..).step_by(10)) {
        callers.admit(&format!(":1.{number}"), start + Duration::from_millis(ms));
    }
    let waiting = callers.0.lock().unwrap();
    assert!(waiting.callers.len() <= MANY && waiting.callers.contains_key(":1.0") && waits.is_some());
}

#[tokio::test]
async fn what_there_is_not_is_told_as_ever() {
    let slow = Slow { let_through: Arc::new(Semaphore::new(1)), begun: Arc::default() };
    let (_service, client) = pair(&slow).await;
    let call = |member: &'static str| {
        client.call_method(None::<&str>, "/org/tandem/Slow1", Some("org.tandem.Slow1"), member, &())
    };
    let refusal = call("Nothing").await.unwrap_err();
    assert!(
        matches!(&refusal, zbus::Error::FDO(error) if matches!(**error, fdo::Error::UnknownMethod(_))),
        "{refusal:?}"
    );
    let introspected = fdo::IntrospectableProxy::builder(&client)
        .destination("org.tandem.Slow1")
        .path("/org/tandem/Slow1")
        .build()
        .await
        .unwrap()
        .introspect()
        .await
        .unwrap();
    assert!(introspected.contains("<method name=\"Ask\">"), "{introspected}");
}
