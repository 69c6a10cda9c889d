//! Two threads that read files, so that a slow stick, a big file and the database wait for each other as little as they can.

use crate::model::Scanned;
use crate::tags::{self, Unreadable};
use crate::walk::{Walked, written};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::sync::oneshot;

const THREADS: usize = 2;

/// A file after its tags were asked for.
#[derive(Debug)]
pub enum Outcome {
    Read(Scanned),
    /// Deleted since it was found.
    Gone,
    /// Its bytes could not be had: a broken place of the stick, or no stick any more.
    Failed(Scanned),
}

struct Order {
    files: Vec<Walked>,
    answer: oneshot::Sender<Vec<Outcome>>,
}

/// The threads end when this is dropped.
pub struct Readers {
    orders: Vec<Sender<Order>>,
}

impl Readers {
    /// # Errors
    /// What the system says if it has no thread to give.
    pub fn start(root: &Path) -> io::Result<Self> {
        let mut orders = Vec::new();
        for _ in 0..THREADS {
            let (sender, receiver) = channel();
            let root = root.to_owned();
            thread::Builder::new()
                .name(String::from("tags"))
                .stack_size(tags::STACK)
                .spawn(move || work(&root, &receiver))?;
            orders.push(sender);
        }
        Ok(Self { orders })
    }

    /// Reads these files, in any order; what a thread that died had in hand is missing.
    pub async fn read(&self, files: Vec<Walked>) -> Vec<Outcome> {
        let mut shares: Vec<Vec<Walked>> = vec![Vec::new(); THREADS];
        for (at, file) in files.into_iter().enumerate() {
            if let Some(share) = shares.get_mut(at % THREADS) {
                share.push(file);
            }
        }
        let mut answers = Vec::new();
        for (orders, files) in self.orders.iter().zip(shares).filter(|(_, files)| !files.is_empty()) {
            let (answer, answered) = oneshot::channel();
            if orders.send(Order { files, answer }).is_ok() {
                answers.push(answered);
            }
        }
        let mut outcomes = Vec::new();
        for answer in answers {
            outcomes.append(&mut answer.await.unwrap_or_default());
        }
        outcomes
    }
}

fn work(root: &Path, orders: &Receiver<Order>) {
    for Order { files, answer } in orders {
        let mut outcomes = Vec::with_capacity(files.len());
        for file in files {
            // Nobody waits any more: the scan was stopped.
            if answer.is_closed() {
                break;
            }
            outcomes.push(read(root, file));
        }
        drop(answer.send(outcomes));
    }
}

fn read(root: &Path, file: Walked) -> Outcome {
    let path: PathBuf = root.join(&file.path);
    let scanned = |tags| Scanned { path: written(&file.path), size: file.size, mtime_ns: file.mtime_ns, tags };
    match tags::read(&path) {
        Ok(tags) => Outcome::Read(scanned(Ok(tags))),
        Err(Unreadable::Io(error)) if error.kind() == ErrorKind::NotFound => Outcome::Gone,
        Err(error @ Unreadable::Io(_)) => Outcome::Failed(scanned(Err(error.to_string()))),
        Err(error) => Outcome::Read(scanned(Err(error.to_string()))),
    }
}
