//! Chance that is the same every time: the scenario's seed alone decides.

/// PCG-XSH-RR 64/32 (O'Neill 2014): small, good enough for noise, and ours so that no update changes what a seed means.
#[derive(Clone, Debug)]
pub struct Random(u64);

const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
const INCREMENT: u64 = 1_442_695_040_888_963_407;

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_add(INCREMENT));
        random.number();
        random
    }

    pub fn number(&mut self) -> u32 {
        let state = self.0;
        self.0 = state.wrapping_mul(MULTIPLIER).wrapping_add(INCREMENT);
        ((((state >> 18) ^ state) >> 27) as u32).rotate_right((state >> 59) as u32)
    }

    /// From -1 up to but not including 1.
    pub fn swing(&mut self) -> f64 {
        f64::from(self.number()) / f64::from(1u32 << 31) - 1.0
    }
}

/// A value that wanders about zero, as a driver's foot or a receiver's error does.
#[derive(Clone, Debug)]
pub struct Wander {
    value: f64,
    width: f64,
    /// Share of the way to the next random aim that is gone in one step.
    pull: f64,
}

impl Wander {
    /// Wanders over about `width` to either side, within some `seconds`.
    pub fn new(width: f64, seconds: f64) -> Self {
        let pull = crate::model::STEP_SECONDS / seconds;
        // A first-order filter takes the swing of white noise down by the square root of pull / 2.
        Self { value: 0.0, width: width / (pull / 2.0).sqrt(), pull }
    }

    pub fn step(&mut self, random: &mut Random) -> f64 {
        self.value += (random.swing() * self.width - self.value) * self.pull;
        self.value
    }

    pub fn value(&self) -> f64 {
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut random = Random::new(42);
        let first = [random.number(), random.number(), random.number()];
        assert_eq!(first, [3_270_867_926, 1_795_671_209, 1_924_641_435]);
        assert_ne!(Random::new(43).number(), first[0]);
    }

    #[test]
    fn swings_fill_their_range_and_keep_in_it() {
        let mut random = Random::new(1);
        let swings: Vec<f64> = (0..10_000).map(|_| random.swing()).collect();
        assert!(swings.iter().all(|swing| (-1.0..1.0).contains(swing)));
        assert!(swings.iter().sum::<f64>().abs() < 200.0);
        assert!(swings.iter().any(|swing| *swing > 0.99) && swings.iter().any(|swing| *swing < -0.99));
    }

    #[test]
    fn a_wander_stays_near_its_width() {
        let mut random = Random::new(1);
        let mut wander = Wander::new(0.5, 3.0);
        let far = (0..100_000).map(|_| wander.step(&mut random).abs()).fold(0.0, f64::max);
        assert!((0.3..2.0).contains(&far), "{far}");
    }
}
