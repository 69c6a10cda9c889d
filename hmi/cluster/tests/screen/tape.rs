//! A recording that is played to the cluster: through the vehicle service without its bus, at the log's own time.

use tandem_can::{Hello, Pace};
use tandem_cluster::Leaf;
use tandem_contracts::signals::LOCKSTEP;
use tandem_frame::Frame;
use tandem_kit::{Key, Reading};
use tandem_signals::Catalogue;
use tandem_store::Places;
use tandem_units::Nanoseconds;
use tandem_vehicle::core::{Core, Effect};
use tandem_vehicle::subscriptions::Batch;

use crate::drawing::{Drawing, Look};

const CLIENT: &str = ":1.1";

/// A recording, and the car that it is of.
pub struct Recording {
    pub log: std::path::PathBuf,
    pub car: &'static str,
    /// Where DBC files are that are not ours.
    pub dbc: Option<std::path::PathBuf>,
}

pub struct Tape {
    core: Core,
    frames: std::iter::Peekable<std::vec::IntoIter<Frame>>,
    subscription: u32,
    /// The cluster's slot of each leaf that this car has.
    slots: Vec<usize>,
    pub drawing: Drawing,
}

impl Tape {
    /// At the time 0, before the first frame.
    pub fn start(recording: &Recording, look: Look) -> Self {
        let places =
            Places { assets: tandem_scenes::root().join("assets"), dbc: recording.dbc.iter().cloned().collect() };
        let (car, _) = tandem_store::load(recording.car, &places, Catalogue::ours()).unwrap();
        let mut log = tandem_logs::open(&recording.log).unwrap();
        let mut frames: Vec<_> = log.by_ref().map(Result::unwrap).collect();
        let start = frames[0].t_ns;
        frames.iter_mut().for_each(|frame| frame.t_ns -= start);
        let known = Leaf::PATHS.iter().enumerate().filter(|(_, path)| car.slot(path).is_some());
        let (slots, paths): (Vec<_>, Vec<_>) = known.map(|(slot, path)| (slot, (*path).to_owned())).unzip();
        let mut core = Core::new(car, None, 1);
        core.connect(&Hello { pace: Pace::Lockstep, interfaces: log.interfaces().to_vec() });
        while core.tick_due(Nanoseconds::ZERO) {
            core.tick();
        }
        let opened = core.subscribe(CLIENT, &paths, Nanoseconds::ZERO, LOCKSTEP).unwrap();
        let (frames, drawing) = (frames.into_iter().peekable(), Drawing::new(look));
        let mut tape = Self { core, frames, subscription: opened.id, slots, drawing };
        opened.first.into_iter().for_each(|first| tape.show(first));
        tape
    }

    /// Plays on to a moment, seconds after the first frame.
    pub fn play_to(&mut self, seconds: f64) {
        let end = Nanoseconds((seconds * 1e9) as u64);
        while let Some(frame) = self.frames.next_if(|frame| frame.t_ns <= end.0) {
            while self.core.tick_before(Nanoseconds(frame.t_ns)) {
                self.tick();
            }
            let told = self.core.hear(&frame);
            self.take(told);
        }
        while self.core.tick_due(end) {
            self.tick();
        }
    }

    fn tick(&mut self) {
        let told = self.core.tick();
        self.take(told);
    }

    fn take(&mut self, told: Vec<Effect>) {
        for effect in told {
            if let Effect::Tell(batch) = effect {
                self.show(batch);
            }
        }
    }

    fn show(&mut self, batch: Batch) {
        let heard = batch.changes.into_iter().map(|(handle, reading)| {
            let tandem_store::Reading { quality, heard, value } = reading;
            (self.slots[handle as usize], Reading { quality, value, heard })
        });
        self.drawing.apply(batch.sequence, batch.now, heard.collect());
        self.core.acknowledge(CLIENT, self.subscription, batch.sequence);
    }
}
