//! One frame and what the kernel says of it, in one call.
//!
//! The only unsafe code of the bus. Neither `socketcan` nor `rustix` has the mark of an own echo and the count of drops beside the time stamp.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::wire::FD;

/// Room for both messages that we ask for, 24 and 32 bytes, and for some that we do not.
const CONTROL: usize = 128;

/// What the kernel says of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Bytes of the frame.
    pub length: usize,
    /// It was sent by this very socket.
    pub own: bool,
    /// When it was heard, nanoseconds on the wall's clock.
    pub stamp: Option<u64>,
    /// How many frames the socket has had no room for since it was opened; none if it always had.
    pub dropped: Option<u32>,
}

/// Reads a frame without waiting.
///
/// # Errors
/// What `recvmsg` says; [`io::ErrorKind::WouldBlock`] if there is none.
pub fn recvmsg(socket: BorrowedFd<'_>, frame: &mut [u8; FD]) -> io::Result<Said> {
    let mut control = [0_u8; CONTROL];
    let mut vector = libc::iovec { iov_base: frame.as_mut_ptr().cast(), iov_len: frame.len() };
    // SAFETY: a msghdr of zeroes is a valid one that names no buffer.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut vector;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control.len() as _;
    // SAFETY: the descriptor is open while it is borrowed; the header, the vector and both buffers outlive the call, are borrowed by nobody else, and are as long as
    // they say. Any bytes are valid in them.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT | libc::MSG_TRUNC) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    let mut said = Said { length, own: message.msg_flags & libc::MSG_CONFIRM != 0, ..Said::default() };
    read_control(control.get(..message.msg_controllen as usize).unwrap_or_default(), &mut said);
    Ok(said)
}

/// Reads what came beside the frame: each a length, a level and a kind, and then its bytes, up to a multiple of the word.
fn read_control(mut control: &[u8], said: &mut Said) {
    const WORD: usize = size_of::<usize>();
    while let Some((length, rest)) = control.split_first_chunk::<WORD>()
        && let Some((level, rest)) = rest.split_first_chunk()
        && let Some((kind, rest)) = rest.split_first_chunk()
        && let Some(own) = usize::from_ne_bytes(*length).checked_sub(WORD + 8)
        && let Some(bytes) = rest.get(..own)
    {
        match (i32::from_ne_bytes(*level), i32::from_ne_bytes(*kind)) {
            (libc::SOL_SOCKET, libc::SO_TIMESTAMPNS) => said.stamp = nanoseconds(bytes),
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => {
                said.dropped = bytes.first_chunk().map(|sum| u32::from_ne_bytes(*sum))
            }
            _ => {}
        }
        control = rest.get(own.next_multiple_of(WORD)..).unwrap_or_default();
    }
}

/// A `timespec` of a 64-bit machine.
fn nanoseconds(bytes: &[u8]) -> Option<u64> {
    let (seconds, rest) = bytes.split_first_chunk()?;
    let seconds = u64::try_from(i64::from_ne_bytes(*seconds)).ok()?;
    let rest = u64::try_from(i64::from_ne_bytes(*rest.first_chunk()?)).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    fn control(kind: i32, bytes: &[u8]) -> Vec<u8> {
        let mut message = (16 + bytes.len()).to_ne_bytes().to_vec();
        message.extend(libc::SOL_SOCKET.to_ne_bytes());
        message.extend(kind.to_ne_bytes());
        message.extend(bytes);
        message.resize(message.len().next_multiple_of(8), 0);
        message
    }

    fn stamp(seconds: i64, rest: i64) -> Vec<u8> {
        control(libc::SO_TIMESTAMPNS, &[seconds.to_ne_bytes(), rest.to_ne_bytes()].concat())
    }

    #[test]
    fn the_stamp_and_the_drops_are_found_among_others() {
        let drops = control(libc::SO_RXQ_OVFL, &7_u32.to_ne_bytes());
        let all = [control(99, b"other"), drops, stamp(3, 4)].concat();
        let mut said = Said::default();
        read_control(&all, &mut said);
        assert_eq!(said, Said { stamp: Some(3_000_000_004), dropped: Some(7), ..Said::default() });
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_read_or_left_and_never_panics() {
        let all = [stamp(3, 4), control(libc::SO_RXQ_OVFL, &[7])].concat();
        for end in 0..all.len() {
            read_control(&all[..end], &mut Said::default());
        }
        for at in 0..all.len() {
            let mut spoiled = all.clone();
            spoiled[at] ^= 0xFF;
            read_control(&spoiled, &mut Said::default());
        }
        let mut said = Said::default();
        read_control(&stamp(-1, 0), &mut said);
        assert_eq!(said.stamp, None);
    }

    #[test]
    fn a_socket_is_read_without_waiting_and_a_packet_tells_its_own_length() {
        let (one, other) = UnixDatagram::pair().unwrap();
        let mut frame = [0; FD];
        assert_eq!(recvmsg(one.as_fd(), &mut frame).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        other.send(&[5; 16]).unwrap();
        other.send(&[6; 100]).unwrap();
        assert_eq!(recvmsg(one.as_fd(), &mut frame).unwrap(), Said { length: 16, ..Said::default() });
        assert_eq!(frame[..17], [5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0]);
        assert_eq!(recvmsg(one.as_fd(), &mut frame).unwrap().length, 100);
    }
}
