use std::collections::BTreeMap;

use tandem_frame::{CanId, Frame};

/// Why a frame, or a signal in it, was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Fewer bytes than its DBC message has.
    Short,
    /// Its checksum does not fit its bytes.
    Checksum,
    /// Its counter stood still (the frame is not taken) or jumped (it is taken).
    Counter,
    /// A signal in it lies outside the range of its leaf, or has no meaning.
    Range,
}

impl Fault {
    pub fn word(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Checksum => "checksum",
            Self::Counter => "counter",
            Self::Range => "range",
        }
    }
}

/// What was heard on one bus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusCounts {
    pub frames: u64,
    pub unknown: u64,
    pub sent: u64,
    pub bits: u64,
    pub first_ns: Option<u64>,
    pub last_ns: u64,
}

/// What was heard of one id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdCounts {
    pub frames: u64,
    pub faults: BTreeMap<Fault, u64>,
}

/// Unknown ids that are counted one by one; a bus that babbles would fill the memory otherwise. Its own counts go on.
const MAX_IDS: usize = 4096;

/// Counts by bus and by id.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub buses: Vec<BusCounts>,
    pub ids: BTreeMap<(u8, CanId), IdCounts>,
}

impl BusCounts {
    /// Frames a second from the first frame to the last; 0 until time has passed.
    pub fn rate(&self) -> f64 {
        self.seconds().map_or(0.0, |seconds| self.frames as f64 / seconds)
    }

    /// Share of `bitrate` bit/s in use, percent, without stuff bits.
    pub fn load(&self, bitrate: u32) -> f64 {
        self.seconds().map_or(0.0, |seconds| 100.0 * self.bits as f64 / seconds / f64::from(bitrate.max(1)))
    }

    fn seconds(&self) -> Option<f64> {
        let span = self.last_ns.checked_sub(self.first_ns?)?;
        (span > 0).then(|| span as f64 / 1e9)
    }
}

impl Statistics {
    pub(crate) fn hear(&mut self, frame: &Frame, known: bool) {
        if let Some(bus) = self.buses.get_mut(usize::from(frame.bus.0)) {
            bus.frames += 1;
            bus.bits += frame.bits();
            bus.unknown += u64::from(!known);
            bus.first_ns.get_or_insert(frame.t_ns);
            bus.last_ns = bus.last_ns.max(frame.t_ns);
        }
        let key = (frame.bus.0, frame.id);
        if known || self.ids.len() < MAX_IDS || self.ids.contains_key(&key) {
            self.ids.entry(key).or_default().frames += 1;
        }
    }

    pub(crate) fn blame(&mut self, frame: &Frame, fault: Fault) -> u64 {
        let count = self.ids.entry((frame.bus.0, frame.id)).or_default().faults.entry(fault).or_default();
        *count += 1;
        *count
    }

    pub fn sent(&mut self, frame: &Frame) {
        if let Some(bus) = self.buses.get_mut(usize::from(frame.bus.0)) {
            bus.sent += 1;
        }
    }
}
