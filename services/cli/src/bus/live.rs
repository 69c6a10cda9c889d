//! Real interfaces, as the commands hear them.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};
use tandem_can::{Errno, Heard, Interface, News, Sender, SocketCan, Wanted};
use tandem_frame::{BusIndex, Frame};

use crate::failure::{SetUp, set_up};

/// Interfaces that are up.
pub struct Live {
    link: SocketCan,
    names: Vec<String>,
    /// From the boot clock, which is not set, to the wall's as it was at the start, nanoseconds.
    offset: u64,
}

impl Live {
    /// Opens interfaces and waits until each of them is heard.
    ///
    /// # Errors
    /// A wrong set-up: one of them is not there, or not up.
    pub fn open(names: &[String], wanted: &Wanted) -> anyhow::Result<Self> {
        let interfaces = names.iter().map(|name| Interface { name: name.clone(), wanted: wanted.clone() }).collect();
        let mut link = SocketCan::new(interfaces).with_context(|| SetUp("this kernel gives no socket".to_owned()))?;
        let mut up = 0;
        while up < names.len() {
            match link.receive().context("the interfaces cannot be waited for")? {
                Heard::News(_, News::Up) => up += 1,
                Heard::News(bus, News::Down(cause)) => {
                    return Err(not_heard(names.get(usize::from(bus.0)).map_or("", String::as_str), cause));
                }
                _ => {}
            }
        }
        Ok(Self { link, names: names.to_owned(), offset: wall().saturating_sub(boot()) })
    }

    /// Nanoseconds since 1970, on the clock of what is heard.
    pub fn now(&self) -> u64 {
        boot().saturating_add(self.offset)
    }

    pub fn name(&self, bus: BusIndex) -> &str {
        self.names.get(usize::from(bus.0)).map_or("", String::as_str)
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
