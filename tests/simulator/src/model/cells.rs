//! The battery's cells: each is a little different, and always the same way.

use crate::random::Random;

/// In series.
pub const CELLS: usize = 96;
/// Thermometers, one for four cells.
pub const THERMOMETERS: usize = 24;
/// How far a cell is from the others, V, and a thermometer, K.
const VOLTAGE_SPREAD: f64 = 0.006;
const WARMTH_SPREAD: f64 = 1.6;
/// m the car drives until the battery has lost a percent of what it held when new.
const METRES_A_PERCENT: f64 = 4_000_000.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    apart: [f64; CELLS],
    warmer: [f64; THERMOMETERS],
}

impl Cells {
    pub fn new(random: &mut Random) -> Self {
        let apart = [(); CELLS].map(|()| random.swing() * VOLTAGE_SPREAD);
        let warmer = [(); THERMOMETERS].map(|()| random.swing() * WARMTH_SPREAD);
        Self { apart, warmer }
    }

    /// V, of a battery of that voltage; cells count from 0.
    pub fn voltage(&self, cell: usize, battery: f64) -> Option<f64> {
        Some(battery / CELLS as f64 + self.apart.get(cell)?)
    }

    /// The lowest and the highest cell: which, and its voltage.
    pub fn extremes(&self, battery: f64) -> [(usize, f64); 2] {
        let mut order: Vec<(usize, f64)> = self.apart.iter().copied().enumerate().collect();
        order.sort_by(|one, other| one.1.total_cmp(&other.1));
        let at = |found: Option<&(usize, f64)>| {
            found.map_or((0, 0.0), |(cell, apart)| (*cell, battery / CELLS as f64 + apart))
        };
        [at(order.first()), at(order.last())]
    }

    /// °C, in a battery that is so warm in its middle; thermometers count from 0.
    pub fn temperature(&self, thermometer: usize, battery: f64) -> Option<f64> {
        Some(battery + self.warmer.get(thermometer)?)
    }

    /// The coldest and the warmest, °C.
    pub fn temperatures(&self, battery: f64) -> (f64, f64) {
        let (least, most) =
            self.warmer.iter().fold((f64::MAX, f64::MIN), |(least, most), one| (least.min(*one), most.max(*one)));
        (battery + least, battery + most)
    }
}

/// What the battery holds of what it held when it was new, percent, after so many metres.
pub fn health(odometer: f64) -> f64 {
    (100.0 - odometer / METRES_A_PERCENT).max(70.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes_are_those_of_all_cells() {
        let cells = Cells::new(&mut Random::new(3));
        let all: Vec<f64> = (0..CELLS).filter_map(|cell| cells.voltage(cell, 370.0)).collect();
        let [(lowest, least), (highest, most)] = cells.extremes(370.0);
        assert!(all.iter().all(|volts| (least..=most).contains(volts)));
        assert_eq!((all[lowest], all[highest]), (least, most));
        assert!((3.84..3.86).contains(&least) && (3.85..3.87).contains(&most), "{least} {most}");
        assert_eq!((cells.voltage(CELLS, 370.0), cells.temperature(THERMOMETERS, 20.0)), (None, None));
        let (coldest, warmest) = cells.temperatures(20.0);
        assert!(coldest < 20.0 && warmest > 20.0 && warmest - coldest < 4.0);
    }
}
