use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use super::*;

/// Answers as many calls as it is let.
#[derive(Clone)]
struct Slow {
    let_through: Arc<Semaphore>,
    begun: Arc<AtomicUsize>,
    acknowledging: Arc<AtomicUsize>,
}

impl Slow {
    fn letting(through: usize) -> Self {
        let (begun, acknowledging) = Default::default();
        Self { let_through: Arc::new(Semaphore::new(through)), begun, acknowledging }
    }

    async fn has_begun(&self, calls: usize) {
        while self.begun.load(Ordering::Relaxed) < calls {
            tokio::task::yield_now().await;
        }
    }
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

    #[zbus(proxy(no_reply))]
    async fn acknowledge(&self) {
        self.acknowledging.fetch_add(1, Ordering::Relaxed);
        self.let_through.acquire().await.unwrap().forget();
    }

    #[zbus(property)]
    fn answer(&self) -> u32 {
        7
    }
}

async fn pair(slow: &Slow) -> (Connection, Connection) {
    let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
    let guid = zbus::Guid::generate();
    let callers = Callers::default();
    let mut objects = BTreeMap::from([("/org/tandem/Slow1", String::new())]);
    objects.values_mut().for_each(|page| slow.introspect_to_writer(page, 2));
    let interface = Bounded::new(slow.clone(), &callers);
    let service =
        zbus::connection::Builder::unix_stream(one).server(guid).p2p().serve_at("/org/tandem/Slow1", interface).build();
    let client = zbus::connection::Builder::unix_stream(other).p2p().build();
    let (service, client) = tokio::try_join!(service, client).unwrap();
    standard::bound(service.object_server(), &objects, &callers).await.unwrap();
    (service, client)
}

fn is_too_many(refusal: &zbus::Error) -> bool {
    matches!(refusal, zbus::Error::FDO(error) if matches!(**error, fdo::Error::LimitsExceeded(_)))
}

/// As many calls as may be, all on their way.
async fn full(slow: &Slow, proxy: &SlowProxy<'static>) -> Vec<tokio::task::JoinHandle<zbus::Result<u32>>> {
    let ask = |proxy: SlowProxy<'static>| async move { proxy.ask().await };
    let waiting = (0..MAX_CALLS).map(|_| tokio::spawn(ask(proxy.clone()))).collect();
    slow.has_begun(MAX_CALLS).await;
    waiting
}

#[tokio::test]
async fn so_many_calls_are_on_their_way_and_the_others_are_refused_at_once() {
    let slow = Slow::letting(0);
    let (_service, client) = pair(&slow).await;
    let proxy = SlowProxy::new(&client).await.unwrap();
    let waiting = full(&slow, &proxy).await;
    for _ in 0..100 {
        assert!(is_too_many(&proxy.ask().await.unwrap_err()));
    }
    assert_eq!(slow.begun.load(Ordering::Relaxed), MAX_CALLS, "what is refused is not done");
    let standard = [("Peer", "Ping"), ("Peer", "GetMachineId"), ("Introspectable", "Introspect")];
    for path in ["/", "/org/tandem", "/org/tandem/Slow1"] {
        for (interface, member) in standard {
            let interface = format!("org.freedesktop.DBus.{interface}");
            let refusal =
                client.call_method(None::<&str>, path, Some(interface.as_str()), member, &()).await.unwrap_err();
            assert!(is_too_many(&refusal), "{member} of {path}: {refusal}");
        }
        let properties = fdo::PropertiesProxy::builder(&client).destination("org.tandem.Slow1").path(path);
        let properties = properties.build().await.unwrap();
        let slow = zbus::names::InterfaceName::from_static_str("org.tandem.Slow1").unwrap();
        assert!(matches!(properties.get(slow.clone(), "Answer").await.unwrap_err(), fdo::Error::LimitsExceeded(_)));
        assert!(matches!(properties.get_all(slow).await.unwrap_err(), fdo::Error::LimitsExceeded(_)));
    }

    slow.let_through.add_permits(MAX_CALLS + 1);
    for call in waiting {
        assert_eq!(call.await.unwrap().unwrap(), 7, "what was on its way is answered");
    }
    assert_eq!(proxy.ask().await.unwrap(), 7, "and then there is room again");
    assert_eq!(proxy.answer().await.unwrap(), 7);
    for member in ["Ping", "GetMachineId"] {
        let peer = Some("org.freedesktop.DBus.Peer");
        client.call_method(None::<&str>, "/any/where", peer, member, &()).await.unwrap();
    }
}

#[tokio::test]
async fn an_acknowledgement_is_never_refused_and_nothing_is_kept_of_it() {
    const MANY: usize = 100;
    let slow = Slow::letting(0);
    let (_service, client) = pair(&slow).await;
    let proxy = SlowProxy::new(&client).await.unwrap();
    let waiting = full(&slow, &proxy).await;
    for _ in 0..MANY {
        proxy.acknowledge().await.unwrap();
    }
    slow.let_through.add_permits(MAX_CALLS);
    for call in waiting {
        call.await.unwrap().unwrap();
    }
    while slow.acknowledging.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    for done in 1..=MANY {
        assert_eq!(slow.acknowledging.load(Ordering::Relaxed), done, "the others wait where they came from");
        slow.let_through.add_permits(1);
        while done < MANY && slow.acknowledging.load(Ordering::Relaxed) == done {
            tokio::task::yield_now().await;
        }
    }
    slow.let_through.add_permits(1);
    assert_eq!(proxy.ask().await.unwrap(), 7, "and behind them it goes on");
}

#[test]
fn the_log_names_who_was_refused_most() {
    let mut waiting = Waiting::default();
    let start = Instant::now();
    let refused = |refused| Caller { on_their_way: 1, alongside: 0, since: start, refused };
    waiting.callers.extend([(":1.5".to_owned(), refused(1000)), (":1.6".to_owned(), refused(1))]);
    assert_eq!(waiting.worst(start), Some((":1.5".to_owned(), 1000, 1)));
    assert_eq!(waiting.worst(start + SECOND / 2), None);
    waiting.callers.insert(":1.6".to_owned(), refused(2));
    assert_eq!(waiting.worst(start + SECOND), Some((":1.6".to_owned(), 2, 2)), "by the second");
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
    let slow = Slow::letting(1);
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
    for told in ["<method name=\"Ask\">", "<method name=\"Ping\">", "<method name=\"GetAll\">"] {
        assert!(introspected.contains(told), "{introspected}");
    }
}
