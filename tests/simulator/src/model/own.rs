//! A setting that goes with another one until somebody sets it by itself.

/// Goes with another value until it is told one of its own, and again once that other value changes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Own<T> {
    with: T,
    told: Option<T>,
}

impl<T: Copy + PartialEq> Own<T> {
    pub fn new(with: T) -> Self {
        Self { with, told: None }
    }

    /// The other value is this now.
    pub fn follow(&mut self, with: T) {
        if with != self.with {
            *self = Self::new(with);
        }
    }

    pub fn tell(&mut self, value: T) {
        self.told = Some(value);
    }

    pub fn value(&self) -> T {
        self.told.unwrap_or(self.with)
    }
}

/// Something that a motor moves: where it is, where it is to go, and how fast it moves, a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    pub at: f64,
    pub aim: f64,
    speed: f64,
}

impl Axis {
    pub fn new(at: f64, speed: f64) -> Self {
        Self { at, aim: at, speed }
    }

    pub fn step(&mut self, seconds: f64) {
        let most = self.speed * seconds;
        self.at += (self.aim - self.at).clamp(-most, most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_holds_until_the_other_value_changes() {
        let mut fan = Own::new(40.0);
        fan.tell(70.0);
        fan.follow(40.0);
        assert_eq!(fan.value(), 70.0);
        fan.follow(0.0);
        assert_eq!(fan.value(), 0.0);
    }

    #[test]
    fn a_motor_takes_its_time_and_stops_where_it_was_to_go() {
        let mut axis = Axis::new(10.0, 25.0);
        axis.aim = 60.0;
        (0..100).for_each(|_| axis.step(0.01));
        assert!((axis.at - 35.0).abs() < 1e-9, "{axis:?}");
        (0..200).for_each(|_| axis.step(0.01));
        assert_eq!(axis.at, 60.0);
    }
}
