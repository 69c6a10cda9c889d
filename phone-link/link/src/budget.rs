//! What strangers may cost: a few sockets, a few tries, and no memory that grows. Time is an argument, measured from any start.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

/// Sockets of peers that are not proved yet. Neither way can take all of them.
const SOCKETS: usize = 8;
const ACCEPTED: usize = 6;
const DIALLED: usize = 4;
const ACCEPTED_OF_ONE: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Accepted,
    Dialled,
}

/// Who stands in the door: connected, and not proved yet.
#[derive(Debug, Default)]
pub(crate) struct Doorway(Vec<(IpAddr, Way)>);

impl Doorway {
    pub fn enter(&mut self, address: IpAddr, way: Way) -> bool {
        let of_way = self.0.iter().filter(|(_, other)| *other == way).count();
        let of_one = self.0.iter().filter(|entry| **entry == (address, way)).count();
        let fits = match way {
            Way::Accepted => of_way < ACCEPTED && of_one < ACCEPTED_OF_ONE,
            Way::Dialled => of_way < DIALLED && of_one == 0,
        };
        let enters = fits && self.0.len() < SOCKETS;
        if enters {
            self.0.push((address, way));
        }
        enters
    }

    pub fn leave(&mut self, address: IpAddr, way: Way) {
        if let Some(place) = self.0.iter().position(|entry| *entry == (address, way)) {
            self.0.swap_remove(place);
        }
    }

    /// Whether somebody of this address dialled us, and is on the way in.
    pub fn is_coming(&self, address: IpAddr) -> bool {
        self.0.contains(&(address, Way::Accepted))
    }
}

/// At most so many deeds of each in a time, and of so many at once; of others none, until the time is over.
#[derive(Debug)]
pub(crate) struct Pace<K> {
    deeds: u32,
    within: Duration,
    room: usize,
    begun: HashMap<K, (Duration, u32)>,
}

impl<K: Eq + Hash> Pace<K> {
    pub fn new(deeds: u32, within: Duration, room: usize) -> Self {
        Self { deeds, within, room, begun: HashMap::new() }
    }

    pub fn may(&mut self, now: Duration, of: K) -> bool {
        if let Some((begun, deeds)) = self.begun.get_mut(&of)
            && now < *begun + self.within
        {
            *deeds += 1;
            return *deeds <= self.deeds;
        }
        self.begin(now, now, of)
    }

    /// How long to wait with a deed, which counts as done then; none if there are too many others.
    pub fn wait(&mut self, now: Duration, of: K) -> Option<Duration> {
        let next = self.begun.get(&of).map_or(now, |(begun, _)| now.max(*begun + self.within));
        self.begin(now, next, of).then(|| next - now)
    }

    fn begin(&mut self, now: Duration, at: Duration, of: K) -> bool {
        if self.begun.len() >= self.room {
            let within = self.within;
            self.begun.retain(|_, (begun, _)| now < *begun + within);
        }
        let fits = self.begun.len() < self.room || self.begun.contains_key(&of);
        if fits {
            self.begun.insert(of, (at, 1));
        }
        fits
    }
}

/// How fast a link is read.
#[derive(Debug)]
pub(crate) struct Bucket {
    tokens: f64,
    filled: Duration,
}

impl Bucket {
    const FULL: f64 = 200.0;
    const PER_SECOND: f64 = 100.0;
    /// What a token pays for, bytes.
    const BYTES: f64 = 8192.0;

    pub fn new(now: Duration) -> Self {
        Self { tokens: Self::FULL, filled: now }
    }

    /// Pays for a line of `bytes`; says how long to wait before the next.
    pub fn pay(&mut self, now: Duration, bytes: usize) -> Duration {
        let gained = now.saturating_sub(self.filled).as_secs_f64() * Self::PER_SECOND;
        self.tokens = (self.tokens + gained).min(Self::FULL) - 1.0 - bytes as f64 / Self::BYTES;
        self.filled = self.filled.max(now);
        Duration::from_secs_f64((-self.tokens).max(0.0) / Self::PER_SECOND)
    }
}

/// Whether an address is one of a network that a phone and a car share: no datagram of the internet makes us answer.
pub(crate) fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_carriers = first == 100 && (64..128).contains(&second);
            address.is_private() || address.is_link_local() || address.is_loopback() || is_carriers
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn nobody_fills_the_doorway() {
        let mut doorway = Doorway::default();
        let entered = |doorway: &mut Doorway, way| (0..100).filter(|_| doorway.enter(address(1), way)).count();
        assert_eq!(entered(&mut doorway, Way::Accepted), ACCEPTED_OF_ONE);
        assert_eq!(entered(&mut doorway, Way::Dialled), 1);
        let others = (2..100).filter(|last| doorway.enter(address(*last), Way::Accepted)).count();
        assert_eq!(others, ACCEPTED - ACCEPTED_OF_ONE);
        let dialled = (2..100).filter(|last| doorway.enter(address(*last), Way::Dialled)).count();
        assert_eq!((dialled, doorway.0.len()), (1, SOCKETS));
        assert!(doorway.is_coming(address(1)) && !doorway.is_coming(address(200)));
        doorway.leave(address(1), Way::Accepted);
        doorway.leave(address(200), Way::Accepted);
        assert!(doorway.enter(address(200), Way::Accepted));
    }

    #[test]
    fn nobody_has_more_than_his_share_and_the_table_does_not_grow() {
        let mut pace = Pace::new(2, Duration::from_secs(1), 16);
        let at = Duration::from_millis;
        assert!(pace.may(at(0), address(1)) && pace.may(at(999), address(1)));
        assert!(!pace.may(at(999), address(1)));
        assert!(pace.may(at(1000), address(1)));
        let flood = (0..200).filter(|last| pace.may(at(1001), address(*last))).count();
        assert_eq!((flood, pace.begun.len()), (16, 16));
        assert!(pace.may(at(2001), address(200)), "when the flood is over, the table is free again");
        assert_eq!(pace.begun.len(), 1);
    }

    #[test]
    fn an_address_is_dialled_once_a_second() {
        let mut pace = Pace::new(1, Duration::from_secs(1), 2);
        let at = Duration::from_millis;
        assert_eq!(pace.wait(at(0), address(1)), Some(at(0)));
        assert_eq!(pace.wait(at(300), address(1)), Some(at(700)));
        assert_eq!(pace.wait(at(1300), address(1)), Some(at(700)));
        assert_eq!(pace.wait(at(1300), address(2)), Some(at(0)));
        assert_eq!(pace.wait(at(1300), address(3)), None);
        assert_eq!(pace.wait(at(5000), address(1)), Some(at(0)));
    }

    #[test]
    fn a_link_is_read_at_its_rate() {
        let mut bucket = Bucket::new(Duration::ZERO);
        let waits = (0..300).map(|_| bucket.pay(Duration::ZERO, 0));
        assert_eq!(waits.filter(Duration::is_zero).count(), 200);
        assert_eq!(bucket.pay(Duration::from_secs(1), 0), Duration::from_millis(10));
        assert_eq!(bucket.pay(Duration::from_secs(3600), 0), Duration::ZERO);
        let wait = bucket.pay(Duration::from_secs(3600), 1 << 20) + bucket.pay(Duration::from_secs(3600), 1 << 20);
        assert!((Duration::from_millis(500)..Duration::from_secs(2)).contains(&wait), "{wait:?}");
    }

    #[test]
    fn only_near_addresses_count() {
        let near =
            ["10.1.2.3", "192.168.4.1", "172.16.0.1", "169.254.1.1", "127.0.0.7", "100.64.0.1", "::1", "fe80::1"];
        for address in near.into_iter().chain(["fd00::1", "::ffff:10.0.0.1"]) {
            assert!(is_near(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::"] {
            assert!(!is_near(address.parse().unwrap()), "{address}");
        }
        assert!(!is_near("::ffff:8.8.8.8".parse().unwrap()));
    }
}
