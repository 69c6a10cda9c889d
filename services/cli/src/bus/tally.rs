use std::collections::BTreeMap;

use tandem_frame::{BusIndex, CanId, Frame};
use tandem_store::BusCounts;

/// Ids that are told apart: a bus that babbles would fill the memory otherwise.
const MOST: usize = 65_536;

/// What is kept of one id.
pub trait Kept {
    fn new(frame: &Frame) -> Self;
    fn hear(&mut self, frame: &Frame);
}

/// Counts by bus and by id.
#[derive(Debug)]
pub struct Tally<I> {
    pub buses: Vec<Bus>,
    pub ids: BTreeMap<(BusIndex, CanId), I>,
    /// Frames of ids that were too many.
    pub uncounted: u64,
}

#[derive(Debug, Default)]
pub struct Bus {
    pub name: String,
    pub counts: BusCounts,
    pub errors: u64,
    pub lost: u64,
    /// What became of its interface.
    pub state: &'static str,
}

impl<I> Default for Tally<I> {
    fn default() -> Self {
        Self { buses: Vec::new(), ids: BTreeMap::new(), uncounted: 0 }
    }
}

impl<I: Kept> Tally<I> {
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
            self.ids.insert(key, I::new(frame));
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

    pub fn bus(&mut self, bus: BusIndex, name: &str) -> Option<&mut Bus> {
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
