use std::collections::BTreeMap;

use tandem_frame::{BusIndex, CanId, Frame, MAX_LENGTH};
use tandem_store::BusCounts;

/// Ids that are counted one by one: a bus that babbles would fill the memory otherwise.
const MOST: usize = 65_536;

/// Counts by bus and by id.
#[derive(Debug, Default)]
pub struct Collector {
    pub buses: Vec<Bus>,
    pub ids: BTreeMap<(BusIndex, CanId), Id>,
    /// Frames of ids that were too many.
    pub uncounted: u64,
}

#[derive(Debug, Default)]
pub struct Bus {
    pub name: String,
    pub counts: BusCounts,
    pub errors: u64,
    pub lost: u64,
}

/// What one id did.
#[derive(Debug)]
pub struct Id {
    pub frames: u64,
    first: u64,
    last: u64,
    least: u64,
    most: u64,
    /// Sum of the squares of the periods, ns².
    squares: f64,
    pub shortest: usize,
    pub longest: usize,
    before: [u8; MAX_LENGTH],
    /// The bits that ever were another than in the frame before.
    changed: [u8; MAX_LENGTH],
}

/// Times from a frame to the next, ns.
#[derive(Clone, Copy, Debug)]
pub struct Periods {
    pub mean: f64,
    pub least: f64,
    pub most: f64,
    pub deviation: f64,
}

impl Collector {
    /// Takes in a frame, which may be an error frame.
    pub fn hear(&mut self, frame: &Frame, name: &str) {
        let Some(bus) = self.bus(frame.bus, name) else { return };
        if frame.flags.error {
            bus.errors += 1;
            return;
        }
        bus.counts.hear(frame);
        let key = (frame.bus, frame.id);
        if let Some(id) = self.ids.get_mut(&key) {
            id.hear(frame);
        } else if self.ids.len() < MOST {
            self.ids.insert(key, Id::new(frame));
        } else {
            self.uncounted += 1;
        }
    }

    /// The machine lost frames of a bus.
    pub fn lose(&mut self, bus: BusIndex, name: &str, frames: u32) {
        if let Some(bus) = self.bus(bus, name) {
            bus.lost += u64::from(frames);
        }
    }

    fn bus(&mut self, bus: BusIndex, name: &str) -> Option<&mut Bus> {
        let at = usize::from(bus.0);
        if self.buses.len() <= at {
            self.buses.resize_with(at + 1, Bus::default);
        }
        let bus = self.buses.get_mut(at)?;
        if bus.name.is_empty() {
            name.clone_into(&mut bus.name);
        }
        Some(bus)
    }
}

impl Id {
    fn new(frame: &Frame) -> Self {
        let (t_ns, length) = (frame.t_ns, frame.length());
        Self {
            frames: 1,
            first: t_ns,
            last: t_ns,
            least: u64::MAX,
            most: 0,
            squares: 0.0,
            shortest: length,
            longest: length,
            before: *frame.padded(),
            changed: [0; MAX_LENGTH],
        }
    }

    fn hear(&mut self, frame: &Frame) {
        // Frames of several interfaces may stand in a recording out of order.
        let period = frame.t_ns.saturating_sub(self.last);
        self.frames += 1;
        self.last = self.last.max(frame.t_ns);
        self.least = self.least.min(period);
        self.most = self.most.max(period);
        self.squares += (period as f64).powi(2);
        self.shortest = self.shortest.min(frame.length());
        self.longest = self.longest.max(frame.length());
        let data = frame.data();
        for ((changed, before), now) in self.changed.iter_mut().zip(&mut self.before).zip(data) {
            *changed |= *before ^ now;
            *before = *now;
        }
    }

    /// Frames a second; 0 until time has passed.
    pub fn rate(&self) -> f64 {
        let span = self.last.saturating_sub(self.first);
        if span == 0 { 0.0 } else { (self.frames - 1) as f64 / (span as f64 / 1e9) }
    }

    /// None before the second frame.
    pub fn periods(&self) -> Option<Periods> {
        let count = self.frames.checked_sub(1).filter(|count| *count > 0)? as f64;
        let mean = self.last.saturating_sub(self.first) as f64 / count;
        let deviation = (self.squares / count - mean * mean).max(0.0).sqrt();
        Some(Periods { mean, least: self.least as f64, most: self.most as f64, deviation })
    }

    /// The bytes that change.
    pub fn changing(&self) -> impl Iterator<Item = usize> + '_ {
        self.changed.iter().enumerate().filter(|(_, bits)| **bits != 0).map(|(at, _)| at)
    }

    pub fn changing_bits(&self) -> u32 {
        self.changed.iter().map(|bits| bits.count_ones()).sum()
    }
}
