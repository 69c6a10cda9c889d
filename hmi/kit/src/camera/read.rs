//! Pictures out of a socket, by the clock: what comes late, twice, broken or not at all is not shown.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use slint::{Rgb8Pixel, SharedPixelBuffer};
use tandem_pictures::{HEADER, Header, HeaderError, boot_clock};

use super::Picture;

/// No new picture for so long, and the one that is shown is over. So old may one be when it comes, too.
const FRESH: Duration = Duration::from_millis(500);
/// No new picture for so long, and another camera process may do better; the first one may take longer.
const PATIENCE: Duration = Duration::from_secs(2);
const START: Duration = Duration::from_secs(5);
/// How far ahead of our clock a camera's may be: none at all but for what rounds.
const AHEAD: Duration = Duration::from_millis(20);
/// The time between two pictures that are taken: no camera has more than 60 a second, and one that floods is read no faster.
const PACE: Duration = Duration::from_millis(10);
/// So often the clock is looked at while nothing comes.
const LOOK: Duration = Duration::from_millis(50);

/// Why nobody reads any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    #[error("it has ended")]
    Closed,
    #[error("nobody watches")]
    Unwatched,
    #[error("no new picture came")]
    Silent,
    #[error("{0}")]
    Nonsense(#[from] HeaderError),
    #[error("a picture of {0} x {1} pixels that nobody asked for")]
    Size(u32, u32),
    #[error("the socket failed: {0}")]
    Socket(std::io::Error),
}

/// When the newest picture came, and whether it is still shown.
struct Clock<S> {
    show: S,
    since: Instant,
    patience: Duration,
    shown: bool,
}

impl<S: FnMut(Option<Picture>) -> bool> Clock<S> {
    /// Takes away what is over.
    fn look(&mut self) -> Result<(), End> {
        let quiet = self.since.elapsed();
        if self.shown && quiet >= FRESH {
            self.shown = false;
            if !(self.show)(None) {
                return Err(End::Unwatched);
            }
        }
        if quiet >= self.patience { Err(End::Silent) } else { Ok(()) }
    }

    /// One that was seen so long ago.
    fn picture(&mut self, picture: Picture, age: Duration) -> Result<(), End> {
        let seen = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
        (self.since, self.patience, self.shown) = (seen, PATIENCE, true);
        if (self.show)(Some(picture)) { Ok(()) } else { Err(End::Unwatched) }
    }
}

/// Hands each new picture to `show`, and nothing when the last one is over, until `show` says that nobody watches, or there is no use in reading on.
pub(super) fn pictures(mut socket: UnixStream, size: (u32, u32), show: impl FnMut(Option<Picture>) -> bool) -> End {
    let mut clock = Clock { show, since: Instant::now(), patience: START, shown: false };
    match read(&mut socket, size, &mut clock) {
        Err(end) => end,
        Ok(never) => match never {},
    }
}

fn read<S: FnMut(Option<Picture>) -> bool>(
    socket: &mut UnixStream,
    size: (u32, u32),
    clock: &mut Clock<S>,
) -> Result<std::convert::Infallible, End> {
    socket.set_read_timeout(Some(LOOK)).map_err(End::Socket)?;
    let mut newest = 0;
    loop {
        let mut bytes = [0; HEADER];
        fill(socket, &mut bytes, clock)?;
        let header = Header::decode(&bytes)?;
        if (header.width, header.height) != size {
            return Err(End::Size(header.width, header.height));
        }
        let began = Instant::now();
        let mut pixels = SharedPixelBuffer::<Rgb8Pixel>::new(header.width, header.height);
        fill(socket, pixels.make_mut_bytes(), clock)?;
        let now = boot_clock();
        if header.sequence > newest && is_fresh(header.captured_ns, now) {
            newest = header.sequence;
            let age = Duration::from_nanos(now.saturating_sub(header.captured_ns));
            clock.picture(Picture { sequence: newest, pixels }, age)?;
        }
        std::thread::sleep(PACE.saturating_sub(began.elapsed()));
    }
}

/// Whether a picture of this time may be shown now.
fn is_fresh(captured_ns: u64, now_ns: u64) -> bool {
    let within = |span: Duration, nanoseconds: u64| u128::from(nanoseconds) <= span.as_nanos();
    match now_ns.checked_sub(captured_ns) {
        Some(age) => within(FRESH, age),
        None => within(AHEAD, captured_ns - now_ns),
    }
}

/// Reads all of it, with an eye on the clock.
fn fill<S: FnMut(Option<Picture>) -> bool>(
    socket: &mut UnixStream,
    mut rest: &mut [u8],
    clock: &mut Clock<S>,
) -> Result<(), End> {
    while !rest.is_empty() {
        match socket.read(rest) {
            Ok(0) => return Err(End::Closed),
            Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
            Err(error)
                if [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted].contains(&error.kind()) => {}
            Err(error) => return Err(End::Socket(error)),
        }
        clock.look()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
