//! The newest picture to whoever watches. One that is slow finds the newest whenever it is ready, and never a queue.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tandem_pictures::Header;

/// Pixels, wherever they lie.
pub type Pixels = Box<dyn AsRef<[u8]> + Send>;

#[derive(Default)]
struct State {
    latest: Option<(u64, Pixels)>,
    /// Pictures that came so far: the number of the newest.
    came: u64,
    sent: u64,
    dropped: u64,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
}

/// The camera's end of the socket.
#[derive(Clone)]
pub struct Outlet(Arc<Shared>);

/// How many pictures came, went out, and were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub came: u64,
    pub sent: u64,
    pub dropped: u64,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outlet {
    /// Sends pictures of this size from a thread of its own. `ended` is called once, when nobody is at the other end any more.
    ///
    /// # Errors
    /// The socket cannot be used from two threads.
    pub fn open(
        socket: UnixStream,
        (width, height): (u32, u32),
        ended: impl Fn() + Clone + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut ears = socket.try_clone()?;
        let (end, seen) = (ended.clone(), Arc::clone(&shared));
        std::thread::spawn(move || {
            // Nobody says anything here: what comes is the end.
            let mut said = [0; 64];
            while matches!(ears.read(&mut said), Ok(count) if count > 0) {}
            lock(&seen.state).closed = true;
            seen.came.notify_all();
            end();
        });
        let theirs = Arc::clone(&shared);
        std::thread::spawn(move || {
            send(socket, &theirs, (width, height));
            ended();
        });
        Ok(Self(shared))
    }

    /// A picture that the camera saw at a time of the boot clock.
    pub fn offer(&self, captured_ns: u64, pixels: Pixels) {
        let mut state = lock(&self.0.state);
        state.came += 1;
        if state.latest.replace((captured_ns, pixels)).is_some() {
            state.dropped += 1;
        }
        drop(state);
        self.0.came.notify_all();
    }

    pub fn counts(&self) -> Counts {
        let State { came, sent, dropped, .. } = *lock(&self.0.state);
        Counts { came, sent, dropped }
    }
}

fn send(mut socket: UnixStream, shared: &Shared, (width, height): (u32, u32)) {
    loop {
        let mut state = lock(&shared.state);
        let (sequence, captured_ns, pixels) = loop {
            if state.closed {
                return;
            }
            match state.latest.take() {
                Some((captured_ns, pixels)) => break (state.came, captured_ns, pixels),
                None => state = shared.came.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(state);
        let header = Header { sequence, captured_ns, width, height };
        let pixels = (*pixels).as_ref();
        let whole = pixels.len() == header.pixels();
        if !whole {
            tracing::warn!(bytes = pixels.len(), "a picture of another size than was asked for");
            lock(&shared.state).dropped += 1;
            continue;
        }
        if socket.write_all(&header.encode()).and_then(|()| socket.write_all(pixels)).is_err() {
            return;
        }
        lock(&shared.state).sent += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tandem_pictures::HEADER;

    use super::*;

    const SIZE: (u32, u32) = (640, 480);
    const BYTES: usize = 640 * 480 * 3;

    fn open() -> (Outlet, UnixStream, mpsc::Receiver<()>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (sender, ended) = mpsc::channel();
        (
            Outlet::open(ours, SIZE, move || {
                let _ = sender.send(());
            })
            .unwrap(),
            theirs,
            ended,
        )
    }

    fn next(stream: &mut UnixStream) -> (Header, Vec<u8>) {
        let mut bytes = [0; HEADER];
        stream.read_exact(&mut bytes).unwrap();
        let header = Header::decode(&bytes).unwrap();
        let mut pixels = vec![0; header.pixels()];
        stream.read_exact(&mut pixels).unwrap();
        (header, pixels)
    }

    #[test]
    fn who_is_slow_gets_the_newest_and_whole_pictures() {
        let (outlet, mut stream, ended) = open();
        for number in 1..=100_u8 {
            outlet.offer(u64::from(number), Box::new(vec![number; BYTES]));
        }
        let mut seen = Vec::new();
        loop {
            let (header, pixels) = next(&mut stream);
            assert!(pixels.iter().all(|pixel| u64::from(*pixel) == header.captured_ns), "a picture of two");
            assert_eq!(header.sequence, header.captured_ns);
            seen.push(header.sequence);
            if header.sequence == 100 {
                break;
            }
        }
        // A picture is larger than what a socket holds: one was on its way, and then the last.
        assert!(seen.len() <= 3, "{seen:?}");
        drop(stream);
        ended.recv().unwrap();
    }

    #[test]
    fn a_picture_of_another_size_is_left_out() {
        let (outlet, mut stream, _ended) = open();
        outlet.offer(1, Box::new(vec![1; BYTES - 1]));
        while outlet.counts().dropped == 0 {
            std::thread::yield_now();
        }
        outlet.offer(2, Box::new(vec![2; BYTES]));
        assert_eq!(next(&mut stream).0.sequence, 2);
    }
}
