use tandem_frame::{Frame, MAX_LENGTH};

use crate::bus::tally::{Kept, Tally};

/// Counts by bus and by id.
pub type Collector = Tally<Id>;

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

impl Kept for Id {
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
}

impl Id {
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
