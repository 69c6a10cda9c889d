//! A thread that keeps the link to the car: connects, reads, and connects again.

use std::path::PathBuf;
use std::time::Duration;

use tandem_can::{Event, LinkError, Local};
use tokio::sync::mpsc::Sender;
use tracing::info;

/// How long to wait before knocking again.
const RETRY: Duration = Duration::from_millis(100);

/// What the link tells the service.
pub enum LinkNews {
    /// Connected; this end sends.
    Up(Local),
    Heard(Event),
    Down(Option<LinkError>),
}

/// Starts the thread. It ends when nobody listens to it any more.
///
/// # Errors
/// The kernel gives us no thread.
pub fn spawn(path: PathBuf, news: Sender<LinkNews>) -> std::io::Result<()> {
    std::thread::Builder::new().name("link".into()).spawn(move || run(&path, &news)).map(drop)
}

fn run(path: &std::path::Path, news: &Sender<LinkNews>) {
    let mut told = false;
    while !news.is_closed() {
        match Local::connect(path) {
            Ok(link) => {
                told = false;
                if listen(link, news).is_none() {
                    return;
                }
            }
            // The car is not there yet, or not there any more.
            Err(cause) => {
                if !std::mem::replace(&mut told, true) {
                    info!(error = &cause as &dyn std::error::Error, "no car yet; knocking on");
                }
                std::thread::sleep(RETRY);
            }
        }
    }
}

/// Reads until the link ends. `None` if the service has gone.
fn listen(mut link: Local, news: &Sender<LinkNews>) -> Option<()> {
    news.blocking_send(LinkNews::Up(link.clone())).ok()?;
    let reason = loop {
        match link.receive() {
            Ok(Some(event)) => news.blocking_send(LinkNews::Heard(event)).ok()?,
            Ok(None) => break None,
            Err(cause) => break Some(cause),
        }
    };
    link.close();
    news.blocking_send(LinkNews::Down(reason)).ok()
}
