#![allow(dead_code, reason = "not every test reads everything")]

use std::path::{Path, PathBuf};

use tandem_frame::Frame;
use tandem_signals::Catalogue;
use tandem_sim::folder::Folder;
use tandem_sim::virtual_car::VirtualCar;
use tandem_store::{Places, Reading, Store, load};
use tandem_units::{Nanoseconds, Quality, Value};

/// Somebody who sits in the car and reads what the service would tell.
pub struct Drive {
    pub car: VirtualCar,
    pub store: Store,
    pub frames: Vec<Frame>,
}

pub fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets")
}

impl Drive {
    pub fn new(scenario: &str) -> Self {
        let folder = Folder::read(&assets().join("cars/demo")).unwrap();
        let scenario = folder.scenario(scenario).unwrap();
        let (car, warnings) = load("demo", &Places { assets: assets(), dbc: Vec::new() }, Catalogue::ours()).unwrap();
        assert_eq!(warnings, []);
        Self { car: VirtualCar::new(folder, scenario, None).unwrap(), store: Store::new(car), frames: Vec::new() }
    }

    /// Time goes on; no frame has anything wrong with it.
    pub fn seconds(&mut self, seconds: f64) -> &mut Self {
        let until = self.car.now_ns() + (seconds * 1e9) as u64;
        while self.car.now_ns() < until {
            let first = self.frames.len();
            self.car.step(&mut self.frames).unwrap();
            for frame in &self.frames[first..] {
                assert_eq!(self.store.hear(frame), None, "{frame:?}");
            }
        }
        self
    }

    /// Until the driver begins that step, for an hour at most.
    pub fn until(&mut self, note: &str) -> &mut Self {
        let mut steps = 0;
        while self.car.car().doing() != Some(note) {
            self.frames.clear();
            self.seconds(0.01);
            steps += 1;
            assert!(steps < 360_000, "\"{note}\" never begins");
        }
        self
    }

    pub fn reading(&self, path: &str) -> Reading {
        let slot = self.store.car().slot(&format!("Vehicle.{path}")).unwrap_or_else(|| panic!("no {path}"));
        self.store.reading(slot, Nanoseconds(self.car.now_ns()))
    }

    pub fn value(&self, path: &str) -> Value {
        let reading = self.reading(path);
        assert_eq!(reading.quality, Quality::Valid, "{path}");
        reading.value.unwrap()
    }

    pub fn number(&self, path: &str) -> f64 {
        match self.value(path) {
            Value::Float(number) => number,
            Value::Int(number) => number as f64,
            other => panic!("{path} is {other:?}"),
        }
    }

    pub fn is(&self, path: &str) -> bool {
        self.value(path) == Value::Bool(true)
    }

    pub fn text(&self, path: &str) -> String {
        match self.value(path) {
            Value::Text(text) => text.to_string(),
            other => panic!("{path} is {other:?}"),
        }
    }

    pub fn absent(&self, path: &str) -> bool {
        self.reading(path).quality == Quality::Absent
    }
}
