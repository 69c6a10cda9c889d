use std::collections::BTreeMap;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;

/// Ends a test that would wait for ever.
const FOREVER: Duration = Duration::from_secs(20);
/// As long as a supervisor of these tests has patience ten times over.
const LONG: Duration = Duration::from_millis(300);
const PATIENCE: (&str, &str) = ("WATCHDOG_USEC", "30000");
const READY: &str = "READY=1\nWATCHDOG=1";
const FED: &str = "WATCHDOG=1";

/// The supervisor's end.
struct Ear {
    socket: tokio::net::UnixDatagram,
    _folder: tempfile::TempDir,
    path: OsString,
}

impl Ear {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = tokio::net::UnixDatagram::bind(&path).unwrap();
        Self { socket, _folder: folder, path: path.into() }
    }

    fn supervisor(&self, more: &[(&str, &str)]) -> Supervisor {
        let mut variables: BTreeMap<_, OsString> =
            more.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        variables.entry("NOTIFY_SOCKET".to_owned()).or_insert_with(|| self.path.clone());
        Supervisor::by(|name| variables.get(name).cloned(), 7)
    }

    async fn next(&self) -> String {
        let mut buffer = [0; 256];
        let size = timeout(FOREVER, self.socket.recv(&mut buffer)).await.unwrap().unwrap();
        String::from_utf8(buffer[..size].to_vec()).unwrap()
    }

    /// What came already.
    fn heard(&self) -> Vec<String> {
        let mut buffer = [0; 256];
        let words = std::iter::from_fn(|| self.socket.try_recv(&mut buffer).ok().map(|size| buffer[..size].to_vec()));
        words.map(|word| String::from_utf8(word).unwrap()).collect()
    }

    async fn is_silent(&self) -> bool {
        let mut buffer = [0; 256];
        timeout(LONG, self.socket.recv(&mut buffer)).await.is_err()
    }
}

/// A service in small: one loop, and work that comes to it, each of which says that it has begun.
async fn serve(mut watchdog: Watchdog, mut works: mpsc::Receiver<(mpsc::Sender<()>, bool)>) {
    loop {
        tokio::select! {
            () = watchdog.turn() => {}
            Some((begun, ends)) = works.recv() => {
                begun.send(()).await.unwrap();
                if !ends {
                    pending::<()>().await;
                }
            }
        }
    }
}

fn begin(watchdog: Watchdog) -> mpsc::Sender<(mpsc::Sender<()>, bool)> {
    let (works, come) = mpsc::channel(1);
    tokio::spawn(serve(watchdog, come));
    works
}

#[tokio::test]
async fn a_loop_is_ready_at_its_first_turn_and_feeds_three_times_as_often_as_it_must() {
    let ear = Ear::new();
    let watchdog = ear.supervisor(&[PATIENCE, ("WATCHDOG_PID", "7")]).watchdog();
    assert_eq!(watchdog.pace(), Some(Duration::from_millis(10)));
    let works = begin(watchdog);
    assert_eq!(ear.heard(), [""; 0], "it has not turned yet");
    assert_eq!(ear.next().await, READY);
    let (begun, mut done) = mpsc::channel(1);
    for _ in 0..5 {
        assert_eq!(ear.next().await, FED);
        works.send((begun.clone(), true)).await.unwrap();
        done.recv().await.unwrap();
    }
}

#[tokio::test]
async fn a_loop_that_hangs_feeds_no_more_although_its_process_runs() {
    let ear = Ear::new();
    let works = begin(ear.supervisor(&[PATIENCE]).watchdog());
    let (begun, mut hangs) = mpsc::channel(1);
    works.send((begun, false)).await.unwrap();
    hangs.recv().await.unwrap();
    ear.heard();
    assert!(ear.is_silent().await);
}

#[tokio::test]
async fn without_a_watchdog_or_with_another_process_s_it_says_that_it_is_ready_and_no_more() {
    for variables in [&[][..], &[PATIENCE, ("WATCHDOG_PID", "8")], &[("WATCHDOG_USEC", "soon")]] {
        let ear = Ear::new();
        let _works = begin(ear.supervisor(variables).watchdog());
        assert_eq!(ear.next().await, READY, "{variables:?}");
        assert!(ear.is_silent().await, "{variables:?}");
    }
}

#[tokio::test]
async fn that_it_is_ready_is_said_again_until_it_was_taken() {
    let ear = Ear::new();
    let supervisor = ear.supervisor(&[PATIENCE]);
    // A supervisor that reads nothing: its queue is full after some words, and nothing waits for it.
    while supervisor.say("STATUS=full") {}
    let works = begin(supervisor.watchdog());
    let (begun, mut done) = mpsc::channel(1);
    works.send((begun, true)).await.unwrap();
    done.recv().await.unwrap();
    let taken = loop {
        let word = ear.next().await;
        if word != "STATUS=full" {
            break word;
        }
    };
    assert_eq!((taken.as_str(), ear.next().await.as_str()), (READY, FED));
}

#[tokio::test]
async fn at_a_desk_nobody_is_told_anything() {
    let ear = Ear::new();
    for socket in ["", "/no/such/socket", &"x".repeat(200)] {
        let supervisor = ear.supervisor(&[("NOTIFY_SOCKET", socket), PATIENCE]);
        let _works = begin(supervisor.watchdog());
        supervisor.stopping();
    }
    assert!(ear.is_silent().await);
    assert_eq!(Supervisor::default().watchdog().pace(), None);
}

#[tokio::test]
async fn a_socket_may_have_a_name_that_is_in_no_folder() {
    let name = format!("tandem-notify-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let ear = Ear::new();
    ear.supervisor(&[("NOTIFY_SOCKET", &format!("@{name}"))]).stopping();
    let mut buffer = [0; 64];
    let size = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..size], b"STOPPING=1");
}
