//! Who follows `Driving1` over a real bus believes the owner of its name, while it is there and answers, and nobody else.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tandem_contracts::driving::{
    Driving1, Driving1Proxy, DrivingBackend, Follower, NAME, PATH, Restrictions, Status, Zone,
};
use tandem_scenes::{Daemon, within};
use zbus::Connection;
use zbus::object_server::SignalEmitter;

#[derive(Clone, Default)]
struct Service {
    says: Arc<Mutex<Status>>,
    hangs: Arc<AtomicBool>,
}

impl DrivingBackend for Service {
    async fn status(&self) -> zbus::fdo::Result<Status> {
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(self.says.lock().unwrap().clone())
    }
}

fn free(state: &str) -> Status {
    let zones = Zone::ALL.into_iter().map(|zone| (zone.word().to_owned(), Restrictions::NONE)).collect();
    Status { state: state.to_owned(), zones, ..Status::default() }
}

async fn serve(daemon: &Daemon, service: &Service) -> Connection {
    daemon.builder().serve_at(PATH, Driving1(service.clone())).name(NAME).build().await.unwrap()
}

async fn tell(connection: &Connection, status: Status, to: Option<&Connection>) {
    let mut emitter = SignalEmitter::new(connection, PATH).unwrap();
    if let Some(to) = to {
        emitter = emitter.set_destination(to.unique_name().unwrap().clone().into());
    }
    Driving1::<Service>::changed(&emitter, status).await.unwrap();
}

async fn next(follower: &mut Follower) -> Status {
    within("a status", follower.next()).await.unwrap()
}

#[tokio::test]
async fn what_is_followed_comes_and_goes_with_the_service() {
    let (daemon, service) = (Daemon::start(), Service::default());
    let client = daemon.connect().await;
    let mut follower = Follower::open(&client).await.unwrap();
    assert_eq!(*follower.status(), Status::default(), "nobody is there");

    *service.says.lock().unwrap() = free("parked");
    let connection = serve(&daemon, &service).await;
    assert_eq!(next(&mut follower).await, free("parked"), "who comes is asked");
    tell(&connection, free("idling"), None).await;
    assert_eq!(next(&mut follower).await, free("idling"));
    *service.says.lock().unwrap() = free("idling");
    connection.close().await.unwrap();
    assert_eq!(next(&mut follower).await, Status::default(), "gone");

    let connection = serve(&daemon, &service).await;
    assert_eq!(next(&mut follower).await, free("idling"), "back");
    let mut late = Follower::open(&client).await.unwrap();
    assert_eq!(next(&mut late).await, free("idling"), "who comes late asks");
    service.hangs.store(true, Ordering::Relaxed);
    assert_eq!(next(&mut follower).await, Status::default(), "it does not answer any more");
    service.hangs.store(false, Ordering::Relaxed);
    assert_eq!(next(&mut follower).await, free("idling"));
    drop(connection);
}

#[tokio::test]
async fn a_forged_word_moves_nothing() {
    let (daemon, service) = (Daemon::start(), Service::default());
    let (client, forger) = (daemon.connect().await, daemon.connect().await);
    let mut follower = Follower::open(&client).await.unwrap();
    // While nobody owns the name, to all and to one.
    tell(&forger, free("parked"), None).await;
    tell(&forger, free("parked"), Some(&client)).await;
    let moving = Status { region: "us".into(), ..Status::default() };
    *service.says.lock().unwrap() = moving.clone();
    let connection = serve(&daemon, &service).await;
    assert_eq!(next(&mut follower).await, moving);
    // While somebody does.
    tell(&forger, free("parked"), None).await;
    tell(&forger, free("parked"), Some(&client)).await;
    let proxy = Driving1Proxy::new(&forger).await.unwrap();
    assert_eq!(proxy.status().await.unwrap(), moving, "behind the forged ones on the same connection");
    tell(&connection, free("idling"), None).await;
    assert_eq!(next(&mut follower).await, free("idling"), "the first that was heard after all of them");
}
