//! Where things stand on the screens, and what they say there.

use crate::{Pixels, Region};

/// The cluster's speed: 224 px digits on the baseline y 376.
const SPEED: Region = Region { x: 700, y: 180, width: 520, height: 208 };
/// Digits of 224 px are at least 150 px high, a dash is a stroke.
const DIGIT: usize = 120;
const DASH: usize = 50;
const BRIGHT: u8 = 110;
/// What a number of now is brighter than, and one of a while ago never.
const VALID: u8 = 200;

/// The middle of the driver's plus in the centre's dock.
pub const PLUS: (f64, f64) = (288.0, 1016.0);
/// The middle of the driver's minus.
pub const MINUS: (f64, f64) = (72.0, 1016.0);

/// The driver's plus itself, and how far it stands out of its button when it can be touched.
const PLUS_SIGN: Region = Region { x: 264, y: 992, width: 48, height: 48 };
const TOUCHABLE: u8 = 150;

/// Whether the driver's temperature can be raised by a touch.
pub fn can_raise(centre: &Pixels) -> bool {
    centre.sign_height(PLUS_SIGN, TOUCHABLE) > 16
}

/// What stands where the speed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Number,
    Dash,
}

/// What the cluster shows as its speed.
///
/// # Panics
/// It is neither a number nor a dash.
pub fn speed(cluster: &Pixels) -> Shown {
    match cluster.ink_height(SPEED, BRIGHT) {
        height if height >= DIGIT => Shown::Number,
        height if (1..=DASH).contains(&height) => Shown::Dash,
        height => panic!("neither a number nor a dash, {height} px high"),
    }
}

/// Whether that is a number of a while ago.
pub fn is_stale(cluster: &Pixels) -> bool {
    speed(cluster) == Shown::Number && cluster.ink_height(SPEED, VALID) == 0
}
