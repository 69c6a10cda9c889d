//! Real interfaces, as the commands hear them.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};
use tandem_can::{Errno, Heard, Interface, News, Sender, SocketCan, Wanted};
use tandem_frame::{BusIndex, Frame};

use crate::dictionary::Dictionary;
use crate::failure::{SetUp, set_up};
use crate::say::complain;

/// The name of a bus, and its interface on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub bus: String,
    pub interface: String,
}

/// From the command line: `can0`, or `can0=vcan0`.
pub fn bound(text: &str) -> Result<Bound, String> {
    let (bus, interface) = text.split_once('=').unwrap_or((text, text));
    // Recordings write the name of a bus between spaces.
    let named = |name: &str| (1..16).contains(&name.len()) && name.bytes().all(|letter| letter.is_ascii_graphic());
    if !named(bus) || !named(interface) {
        return Err("expected an interface such as can0, or a bus and its interface here such as can0=vcan0".to_owned());
    }
    Ok(Bound { bus: bus.to_owned(), interface: interface.to_owned() })
}

/// Says it if the DBC files are all for other buses.
pub fn warn_if_nothing_fits(given: &[Bound], dictionary: &Dictionary) {
    if let Some(first) = given.first()
        && let Some((own, what)) = dictionary.misfit(given.iter().map(|bound| bound.bus.as_str()))
    {
        complain(&format!("{what}; name the bus, as in --can {own}={}", first.interface));
    }
}

/// Interfaces that are up.
pub struct Live {
    link: SocketCan,
    bound: Vec<Bound>,
    /// From the boot clock, which is not set, to the wall's as it was at the start, nanoseconds.
    offset: u64,
}

impl Live {
    /// Opens interfaces and waits until each of them is heard.
    ///
    /// # Errors
    /// A wrong set-up: one of them is not there, or not up, or given twice.
    pub fn open(bound: &[Bound], wanted: &Wanted) -> anyhow::Result<Self> {
        for (at, one) in bound.iter().enumerate() {
            if bound.iter().take(at).any(|other| other.bus == one.bus || other.interface == one.interface) {
                return Err(set_up(format!("{} is given twice", one.bus)));
            }
        }
        let interface = |one: &Bound| Interface { name: one.interface.clone(), wanted: wanted.clone() };
        let interfaces = bound.iter().map(interface).collect();
        let mut link = SocketCan::new(interfaces).with_context(|| SetUp("this kernel gives no socket".to_owned()))?;
        let mut up = 0;
        while up < bound.len() {
            match link.receive().context("the interfaces cannot be waited for")? {
                Heard::News(_, News::Up) => up += 1,
                Heard::News(bus, News::Down(cause)) => {
                    return Err(not_heard(
                        bound.get(usize::from(bus.0)).map_or("", |bound| bound.interface.as_str()),
                        cause,
                    ));
                }
                _ => {}
            }
        }
        Ok(Self { link, bound: bound.to_owned(), offset: wall().saturating_sub(boot()) })
    }

    /// Nanoseconds since 1970, on the clock of what is heard.
    pub fn now(&self) -> u64 {
        boot().saturating_add(self.offset)
    }

    /// The name of a bus.
    pub fn name(&self, bus: BusIndex) -> &str {
        self.bound.get(usize::from(bus.0)).map_or("", |bound| bound.bus.as_str())
    }

    pub fn interface(&self, bus: BusIndex) -> &str {
        self.bound.get(usize::from(bus.0)).map_or("", |bound| bound.interface.as_str())
    }

    pub fn sender(&self) -> Sender {
        self.link.sender()
    }

    /// Error frames are told, too.
    pub fn tell_errors(&mut self) {
        self.link.tell_errors();
    }

    /// What is heard next, at least each 20 ms; its times are nanoseconds since 1970.
    ///
    /// # Errors
    /// The kernel does not let us wait.
    pub fn receive(&mut self) -> anyhow::Result<Heard> {
        let told = |mut frame: Frame| {
            frame.t_ns = frame.t_ns.saturating_add(self.offset);
            frame
        };
        Ok(match self.link.receive().context("the interfaces cannot be waited for")? {
            Heard::Frame(frame) => Heard::Frame(told(frame)),
            Heard::Echo(frame) => Heard::Echo(told(frame)),
            Heard::Error(frame) => Heard::Error(told(frame)),
            Heard::Advance(t_ns) => Heard::Advance(t_ns.saturating_add(self.offset)),
            news => news,
        })
    }
}

fn not_heard(name: &str, cause: Errno) -> anyhow::Error {
    match cause {
        Errno::NODEV => set_up(format!("there is no interface {name}: `ip link show type can` lists those that are")),
        Errno::NETDOWN => set_up(format!("{name} is down: `sudo ip link set {name} up type can bitrate 500000`")),
        Errno::AFNOSUPPORT => {
            set_up(format!("{name} cannot be heard: this kernel has no CAN (`sudo modprobe can-raw`)"))
        }
        cause => anyhow::Error::new(cause).context(SetUp(format!("{name} cannot be heard"))),
    }
}

fn wall() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn boot() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(now.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_may_have_another_name_than_its_interface() {
        let of = |text| bound(text).map(|bound| (bound.bus, bound.interface));
        assert_eq!(of("vcan0"), Ok(("vcan0".to_owned(), "vcan0".to_owned())));
        assert_eq!(of("can0=vcan0"), Ok(("can0".to_owned(), "vcan0".to_owned())));
        for wrong in ["", "=vcan0", "can0=", "can 0=vcan0", "a_name_of_17_letters"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
