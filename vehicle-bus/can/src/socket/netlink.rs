//! The kernel's talk of network interfaces: a controller's state and its restart are asked for there, and a coming and going heard.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::health::BusState;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with};

/// From linux/netlink.h, rtnetlink.h, if_link.h and can/netlink.h.
const RTM_NEWLINK: u16 = 16;
const RTM_GETLINK: u16 = 18;
const REQUEST: u16 = 1;
const REQUEST_AND_ACKNOWLEDGE: u16 = 1 | 4;
const ERROR: u16 = 2;
const LINK_INFO: u16 = 18;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
const CAN_STATE: u16 = 4;
const CAN_RESTART: u16 = 7;
/// A header and what says which interface is meant, before the attributes.
const HEADERS: usize = 32;
/// All that is said of an interface takes some 2,000 bytes.
const ROOM: usize = 16 << 10;
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
    verdict(&ask(&restart_message(index))?)
}

/// The state of the controller behind an interface, if there is one that says it.
pub fn state(index: u32) -> Option<BusState> {
    read_state(&ask(&message(RTM_GETLINK, REQUEST, index, &[])).ok()?)
}

fn ask(message: &[u8]) -> Result<Vec<u8>, Errno> {
    let socket = route()?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    send(&socket, message, SendFlags::empty())?;
    let mut answer = vec![0; ROOM];
    let (_, length) = recv(&socket, answer.as_mut_slice(), RecvFlags::empty())?;
    answer.truncate(length);
    Ok(answer)
}

fn route() -> Result<OwnedFd, Errno> {
    // No protocol is NETLINK_ROUTE.
    socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)
}

fn restart_message(index: u32) -> Vec<u8> {
    let restart = attribute(CAN_RESTART, &1_u32.to_ne_bytes());
    let info = [attribute(INFO_KIND, b"can"), attribute(INFO_DATA, &restart)].concat();
    message(RTM_NEWLINK, REQUEST_AND_ACKNOWLEDGE, index, &attribute(LINK_INFO, &info))
}

fn message(kind: u16, flags: u16, index: u32, attributes: &[u8]) -> Vec<u8> {
    // struct ifinfomsg: the family and the kind are left open, no flag is changed.
    let interface = [[0; 4], index.to_ne_bytes(), [0; 4], [0; 4]].concat();
    let length = u32::try_from(HEADERS + attributes.len()).unwrap_or_default();
    let kind = [kind.to_ne_bytes(), flags.to_ne_bytes()].concat();
    [&length.to_ne_bytes(), kind.as_slice(), &[0; 8], &interface, attributes].concat()
}

fn attribute(kind: u16, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + bytes.len()).unwrap_or_default();
    let mut attribute = [&length.to_ne_bytes(), &kind.to_ne_bytes(), bytes].concat();
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    attribute
}

fn read_state(answer: &[u8]) -> Option<BusState> {
    let kind = u16::from_ne_bytes(*answer.get(4..)?.first_chunk()?);
    let said = answer.get(HEADERS..).filter(|_| kind == RTM_NEWLINK)?;
    let state = find(find(find(said, LINK_INFO)?, INFO_DATA)?, CAN_STATE)?;
    match u32::from_ne_bytes(*state.first_chunk()?) {
        0 => Some(BusState::Active),
        1 => Some(BusState::Warning),
        2 => Some(BusState::Passive),
        3 => Some(BusState::BusOff),
        // It is stopped, or sleeps.
        _ => None,
    }
}

/// What the first attribute of a kind holds.
fn find(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let (length, rest) = attributes.split_first_chunk()?;
        let (kind, _) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_ne_bytes(*length));
        let held = attributes.get(4..length)?;
        if u16::from_ne_bytes(*kind) == wanted {
            return Some(held);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
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
    fn the_state_is_found_wherever_it_stands() {
        let answer = |kind, state: u32| {
            let data =
                [attribute(3, &[9; 5]), attribute(CAN_STATE, &state.to_ne_bytes()), attribute(5, &[0; 8])].concat();
            let info = [attribute(INFO_KIND, b"can"), attribute(INFO_DATA, &data)].concat();
            message(kind, 0, 3, &[attribute(3, b"can0\0"), attribute(LINK_INFO, &info)].concat())
        };
        let states = [0, 1, 2, 3, 4, 5].map(|state| read_state(&answer(RTM_NEWLINK, state)));
        let told = [BusState::Active, BusState::Warning, BusState::Passive, BusState::BusOff].map(Some);
        assert_eq!((&states[..4], &states[4..]), (told.as_slice(), [None, None].as_slice()));
        assert_eq!(read_state(&answer(ERROR, 3)), None);
        let whole = answer(RTM_NEWLINK, 3);
        for length in 0..whole.len() - 12 {
            assert_eq!(read_state(&whole[..length]), None, "{length}");
        }
        // An attribute shorter than its own header leads nowhere.
        let mut endless = whole;
        endless[HEADERS..HEADERS + 2].fill(0);
        assert_eq!(read_state(&endless), None);
    }

    #[test]
    fn the_kernel_answers_for_an_interface_without_a_controller() {
        let answer = ask(&message(RTM_GETLINK, REQUEST, 1, &[])).unwrap();
        assert_eq!(find(&answer[HEADERS..], 3), Some(b"lo\0".as_slice()), "its name");
        assert_eq!((state(1), state(0x7FFF_FFFF)), (None, None));
    }

    #[test]
    fn an_interface_that_is_not_there_is_not_restarted() {
        assert!(restart(0x7FFF_FFFF).is_err());
    }
}
