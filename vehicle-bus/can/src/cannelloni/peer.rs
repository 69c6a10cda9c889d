//! Somebody on a bus.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::PollFlags;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tandem_frame::{BusIndex, Frame};

use super::wire::{self, BANNER, Step, WireError};

/// What has been read and not yet understood.
const INBOX: usize = 4096;
/// What somebody may leave unread: a second of a full bus.
const OUTBOX: usize = 256 * 1024;
/// And so much of it the kernel may hold, which would take megabytes.
const KERNEL: usize = 64 * 1024;
/// Who connects says so within two seconds.
const SILENCE: u64 = 2_000_000_000;

/// Why somebody was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it began with something else than `CANNELLONIv1`")]
    Banner,
    #[error("it said nothing for two seconds")]
    Silent,
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("it left in the middle of a frame")]
    Cut,
    #[error("it does not read: {} KiB wait for it", OUTBOX >> 10)]
    Slow,
}

pub(super) struct Peer {
    stream: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) bus: BusIndex,
    fd: bool,
    since: u64,
    pub(super) greeted: bool,
    inbox: Vec<u8>,
    outbox: VecDeque<u8>,
    /// Frames that it may still say before time goes on.
    budget: usize,
    /// It says no more.
    ended: bool,
    fault: Option<Fault>,
    /// What it said since it was last asked.
    pub(super) heard: Vec<Frame>,
}

impl Peer {
    /// `None` if it has gone already.
    pub(super) fn new(stream: TcpStream, address: SocketAddr, bus: BusIndex, fd: bool, now: u64) -> Option<Self> {
        stream.set_nonblocking(true).ok()?;
        // An answer of ISO-TP is not to wait for the next one.
        stream.set_nodelay(true).ok()?;
        set_socket_send_buffer_size(&stream, KERNEL).ok()?;
        Some(Self {
            stream,
            address,
            bus,
            fd,
            since: now,
            greeted: false,
            inbox: Vec::with_capacity(INBOX),
            outbox: BANNER.iter().copied().collect(),
            budget: 0,
            ended: false,
            fault: None,
            heard: Vec::new(),
        })
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// What the kernel is to wake us for. Nothing, for one that has said enough for now.
    pub(super) fn waits_for(&self) -> PollFlags {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, self.budget > 0 || !self.greeted);
        flags.set(PollFlags::OUT, !self.outbox.is_empty());
        flags
    }

    pub(super) fn grant(&mut self, frames: usize) {
        self.budget = frames;
    }

    /// Whether it has gone, and if it was made to, why.
    pub(super) fn end(&self, now: u64) -> Option<Option<Fault>> {
        let silent = !self.greeted && now.saturating_sub(self.since) > SILENCE;
        match self.fault {
            Some(fault) => Some(Some(fault)),
            None if self.ended => Some(None),
            None => silent.then_some(Some(Fault::Silent)),
        }
    }

    /// Takes what it says, as far as its budget goes.
    pub(super) fn hear(&mut self, now: u64) {
        loop {
            self.understand(now);
            if self.fault.is_some() || self.ended || (self.greeted && self.budget == 0) {
                return;
            }
            let mut piece = [0; INBOX];
            let room = piece.get_mut(..INBOX - self.inbox.len()).unwrap_or_default();
            match self.stream.read(room) {
                Ok(0) => {
                    self.ended = true;
                    if !self.inbox.is_empty() {
                        self.fault = Some(if self.greeted { Fault::Cut } else { Fault::Banner });
                    }
                }
                Ok(length) => self.inbox.extend(room.get(..length).unwrap_or_default()),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.ended = true,
            }
        }
    }

    fn understand(&mut self, now: u64) {
        let mut at = 0;
        if !self.greeted {
            let said = self.inbox.get(..BANNER.len().min(self.inbox.len())).unwrap_or_default();
            if !BANNER.starts_with(said) {
                self.fault = Some(Fault::Banner);
                return;
            }
            if said.len() < BANNER.len() {
                return;
            }
            (self.greeted, at) = (true, BANNER.len());
        }
        while self.budget > 0 {
            match wire::read(self.inbox.get(at..).unwrap_or_default(), self.bus, now, self.fd) {
                Ok(Step::More) => break,
                Ok(Step::Frame(frame, length)) => {
                    self.heard.push(frame);
                    at += length;
                    self.budget -= 1;
                }
                Ok(Step::Nothing(length)) => {
                    at += length;
                    self.budget -= 1;
                }
                Err(cause) => {
                    self.fault = Some(cause.into());
                    break;
                }
            }
        }
        self.inbox.drain(..at);
    }

    /// Something for it to hear; whether there was room. Who has not greeted yet misses nothing.
    pub(super) fn give(&mut self, bytes: &[u8]) -> bool {
        if !self.greeted {
            return true;
        }
        let fits = self.outbox.len() + bytes.len() <= OUTBOX;
        if fits {
            self.outbox.extend(bytes);
        } else {
            self.fault = Some(Fault::Slow);
        }
        fits
    }

    pub(super) fn flush(&mut self) {
        while self.fault.is_none() && !self.ended && !self.outbox.is_empty() {
            match self.stream.write(self.outbox.as_slices().0) {
                Ok(length) => drop(self.outbox.drain(..length)),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if cause.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.ended = true,
            }
        }
    }
}
