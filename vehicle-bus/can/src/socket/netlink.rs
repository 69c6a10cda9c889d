//! The kernel's talk of network interfaces: a restart is asked for there, and a coming and going heard.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with};

/// From linux/netlink.h, rtnetlink.h, if_link.h and can/netlink.h.
const RTM_NEWLINK: u16 = 16;
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
const ERROR: u16 = 2;
const LINK_INFO: u16 = 18;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const CAN_RESTART: u16 = 7;
const LINKS: u32 = 1;
/// The kernel answers at once; this only ends what hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hears of every interface that comes, goes, or changes.
pub struct Watch(OwnedFd);

impl Watch {
    /// # Errors
    /// The kernel refuses.
    pub fn new() -> Result<Self, Errno> {
        let socket = route()?;
        bind(&socket, &SocketAddrNetlink::new(0, LINKS))?;
        Ok(Self(socket))
    }

    /// Whether something has changed since it was asked last. Never waits.
    pub fn changed(&self) -> bool {
        let mut news = false;
        loop {
            match recv(&self.0, [0; 64].as_mut_slice(), RecvFlags::DONTWAIT) {
                // What it was does not matter: whoever asks looks for itself. A queue that ran over is news, too.
                Ok(_) | Err(Errno::NOBUFS) => news = true,
                Err(_) => return news,
            }
        }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Asks the kernel to restart a controller that is bus-off, as `ip link set can0 type can restart` does.
///
/// # Errors
/// The kernel's refusal: `PERM` without `CAP_NET_ADMIN`, `BUSY` if it is not bus-off, `INVAL` if the interface restarts by itself (`restart-ms`), `OPNOTSUPP` if
/// there is no controller behind it.
pub fn restart(index: u32) -> Result<(), Errno> {
    let socket = route()?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    send(&socket, &restart_message(index), SendFlags::empty())?;
    let mut answer = [0; 64];
    let (_, length) = recv(&socket, answer.as_mut_slice(), RecvFlags::empty())?;
    verdict(answer.get(..length).unwrap_or_default())
}

fn route() -> Result<OwnedFd, Errno> {
    // No protocol is NETLINK_ROUTE.
    socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)
}

fn restart_message(index: u32) -> Vec<u8> {
    let restart = attribute(CAN_RESTART, &1_u32.to_ne_bytes());
    let info = [attribute(INFO_KIND, b"can"), attribute(INFO_DATA, &restart)].concat();
    // struct ifinfomsg: the family and the kind are left open, no flag is changed.
    let interface = [[0; 4], index.to_ne_bytes(), [0; 4], [0; 4]].concat();
    let body = [interface, attribute(LINK_INFO, &info)].concat();
    let length = u32::try_from(16 + body.len()).unwrap_or_default();
    let kind = [RTM_NEWLINK.to_ne_bytes(), REQUEST_AND_ACKNOWLEDGE.to_ne_bytes()].concat();
    [&length.to_ne_bytes(), kind.as_slice(), &[0; 8], &body].concat()
}

fn attribute(kind: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + bytes.len()).unwrap_or_default();
    let mut attribute = [&length.to_ne_bytes(), &kind.to_ne_bytes(), bytes].concat();
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

/// An answer is a header with its kind, and behind it the error's number, negative; zero is success.
fn verdict(answer: &[u8]) -> Result<(), Errno> {
    let kind = answer.get(4..).and_then(<[u8]>::first_chunk).map(|kind| u16::from_ne_bytes(*kind));
    let error = answer.get(16..).and_then(<[u8]>::first_chunk).map(|error| i32::from_ne_bytes(*error));
    match (kind, error) {
        (Some(ERROR), Some(0)) => Ok(()),
        (Some(ERROR), Some(error @ -4095..0)) => Err(Errno::from_raw_os_error(-error)),
        _ => Err(Errno::PROTO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_the_one_that_ip_sends() {
        let words: Vec<u32> =
            restart_message(7).chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
        let header = [56, 0x0005_0010, 0, 0];
        let interface = [0, 7, 0, 0];
        let attributes = [0x0012_0018, 0x0001_0007, u32::from_le_bytes(*b"can\0"), 0x0002_000C, 0x0007_0008, 1];
        assert_eq!(words, [header.as_slice(), &interface, &attributes].concat());
    }

    #[test]
    fn an_answer_is_a_success_or_names_the_error() {
        let answer = |kind: u16, error: i32| {
            [36_u32.to_ne_bytes().as_slice(), &kind.to_ne_bytes(), &[0; 10], &error.to_ne_bytes()].concat()
        };
        assert_eq!(verdict(&answer(ERROR, 0)), Ok(()));
        assert_eq!(verdict(&answer(ERROR, -1)), Err(Errno::PERM));
        assert_eq!(verdict(&answer(16, 0)), Err(Errno::PROTO));
        assert_eq!(verdict(&answer(ERROR, 0)[..18]), Err(Errno::PROTO));
        for no_error in [i32::MIN, -4096, 1] {
            assert_eq!(verdict(&answer(ERROR, no_error)), Err(Errno::PROTO));
        }
    }

    #[test]
    fn an_interface_that_is_not_there_is_not_restarted() {
        assert!(restart(0x7FFF_FFFF).is_err());
    }
}
