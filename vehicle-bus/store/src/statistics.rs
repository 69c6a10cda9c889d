use std::collections::BTreeMap;

use tandem_frame::{CanId, Frame, WireBits};

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
    /// Of others; error frames are none of them.
    pub frames: u64,
    pub unknown: u64,
    pub sent: u64,
    /// Error frames among what was told as frames, as a recording has them.
    pub error_frames: u64,
    /// On the wire, stuff bits and the pauses between frames included.
    pub bits: Bits,
    /// The first and the last time of this clock.
    span: Option<(u64, u64)>,
    /// When this clock heard the last frame of others.
    heard: Option<u64>,
    /// The spans of the clocks before it.
    earlier_ns: u64,
    recent: Recent,
}

/// Bits on the wire, by the rate that they were sent at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    pub nominal: u64,
    /// Of CAN FD frames that switch to the faster rate.
    pub data: u64,
}

/// The bit rates of a bus, bit/s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitrates {
    pub nominal: u32,
    /// Of the data of CAN FD frames; none if they keep to the nominal one.
    pub data: Option<u32>,
}

/// What a load is told of is cut into such slices, nanoseconds.
const SLICE: u64 = 100_000_000;
const SECOND: u64 = 1_000_000_000;

/// The bits of the last second, each slice with its number, and of the slice that is not over yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Recent([(u64, Bits); 11]);

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
    /// From the first frame to the last, s: of each clock by itself, for the time of one means nothing on the next.
    pub fn seconds(&self) -> f64 {
        let span = self.span.map_or(0, |(first, last)| last - first);
        self.earlier_ns.saturating_add(span) as f64 / 1e9
    }

    /// Frames a second from the first frame to the last; 0 until time has passed.
    pub fn rate(&self) -> f64 {
        self.in_time(self.frames as f64)
    }

    /// Share of the time from the first frame to the last in which the bus was in use, percent; 0 until time has passed.
    pub fn load(&self, rates: Bitrates) -> f64 {
        self.in_time(100.0 * self.bits.seconds(rates))
    }

    fn in_time(&self, sum: f64) -> f64 {
        let seconds = self.seconds();
        if seconds > 0.0 { sum / seconds } else { 0.0 }
    }

    /// Share of the last second before `now_ns`, up to a full tenth of a second, in which the bus was in use, percent.
    pub fn recent_load(&self, rates: Bitrates, now_ns: u64) -> f64 {
        let now = now_ns / SLICE;
        let Recent(slices) = &self.recent;
        let lies_in = |slice: u64| slice < now && now - slice <= SECOND / SLICE;
        let recent = slices.iter().filter(|(slice, _)| lies_in(*slice)).map(|(_, bits)| bits.seconds(rates));
        // The sum of nothing is -0.
        100.0 * recent.sum::<f64>() + 0.0
    }

    /// How long ago the last frame of others was heard, ns; none if none was by this clock.
    pub fn silence_ns(&self, now_ns: u64) -> Option<u64> {
        self.heard.map(|heard| now_ns.saturating_sub(heard))
    }

    /// Counts a frame.
    pub fn hear(&mut self, frame: &Frame) {
        self.frames += 1;
        self.heard = self.heard.max(Some(frame.t_ns));
        self.carry(frame);
    }

    /// Counts the time that a frame, whose ever it is, took of the bus.
    pub fn carry(&mut self, frame: &Frame) {
        let bits = frame.wire_bits();
        self.bits.add(bits);
        let (first, last) = self.span.unwrap_or((frame.t_ns, frame.t_ns));
        self.span = Some((first, last.max(frame.t_ns)));
        let Recent(slices) = &mut self.recent;
        let slice = frame.t_ns / SLICE;
        if let Some((number, sum)) = slices.get_mut((slice % 11) as usize) {
            if *number != slice {
                (*number, *sum) = (slice, Bits::default());
            }
            sum.add(bits);
        }
    }

    /// Another clock begins, or none: what was counted stays, and nothing of it was in the last second.
    fn begin_clock(&mut self) {
        let span = self.span.take().map_or(0, |(first, last)| last - first);
        self.earlier_ns = self.earlier_ns.saturating_add(span);
        self.recent = Recent::default();
        self.heard = None;
    }
}

impl Bits {
    pub fn add(&mut self, bits: WireBits) {
        self.nominal += u64::from(bits.nominal);
        self.data += u64::from(bits.data);
    }

    /// How long they took, s.
    pub fn seconds(self, rates: Bitrates) -> f64 {
        let took = |bits: u64, rate: u32| bits as f64 / f64::from(rate.max(1));
        took(self.nominal, rates.nominal) + took(self.data, rates.data.unwrap_or(rates.nominal))
    }
}

impl Statistics {
    pub(crate) fn hear(&mut self, frame: &Frame, known: bool) {
        if let Some(bus) = self.buses.get_mut(usize::from(frame.bus.0)) {
            if frame.flags.error {
                bus.error_frames += 1;
                return;
            }
            bus.hear(frame);
            bus.unknown += u64::from(!known);
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

    pub(crate) fn carry(&mut self, frame: &Frame) {
        if let Some(bus) = self.buses.get_mut(usize::from(frame.bus.0)) {
            bus.carry(frame);
        }
    }

    pub(crate) fn begin_clock(&mut self) {
        self.buses.iter_mut().for_each(BusCounts::begin_clock);
    }
}
