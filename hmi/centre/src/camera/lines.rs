//! Lines on the ground behind the car, where the camera sees them: its sides, and how far it is.

use tandem_kit::camera::Mount;
use tandem_pictures::{Field, Ground, Place};

use crate::GuideLines;

/// Metres behind the camera.
const BEGINS: f64 = 0.3;
const NEAR: f64 = 0.5;
const MIDDLE: f64 = 1.0;
const FAR: f64 = 2.0;
const ENDS: f64 = 3.0;

/// The lines on a picture of this size; none if the mount cannot be.
pub(super) fn on(mount: &Mount, width: u32, height: u32) -> GuideLines {
    let Mount { height_m, tilt_deg, field_deg, car_width_m } = *mount;
    let can_be = (0.1..=5.0).contains(&height_m)
        && (0.0..90.0).contains(&tilt_deg)
        && (1.0..179.0).contains(&field_deg)
        && (0.1..=5.0).contains(&car_width_m);
    if !can_be {
        return GuideLines::default();
    }
    let picture = Picture {
        field: tandem_pictures::Mount { height_m, tilt_deg, field_deg }.on(width, height),
        width: f64::from(width),
        height: f64::from(height),
    };
    let half = car_width_m / 2.0;
    let side = |right: f64| picture.line(Ground { right, away: BEGINS }, Ground { right, away: ENDS });
    let across = |away: f64| picture.line(Ground { right: -half, away }, Ground { right: half, away }).into();
    GuideLines {
        sides: (side(-half) + &side(half)).into(),
        near: across(NEAR),
        middle: across(MIDDLE),
        far: across(FAR),
    }
}

struct Picture {
    field: Field,
    width: f64,
    height: f64,
}

impl Picture {
    /// Commands of a path for what lies on the picture of a line on the ground; it is straight there, too.
    fn line(&self, from: Ground, to: Ground) -> String {
        let ends = self.field.place(from, 0.0).zip(self.field.place(to, 0.0));
        match ends.and_then(|(from, to)| self.cut(from, to)) {
            Some((from, to)) => format!("M {:.1} {:.1} L {:.1} {:.1} ", from.x, from.y, to.x, to.y),
            None => String::new(),
        }
    }

    /// The part of a line that lies on the picture.
    fn cut(&self, from: Place, to: Place) -> Option<(Place, Place)> {
        let (across, down) = (to.x - from.x, to.y - from.y);
        let (mut begins, mut ends) = (0.0_f64, 1.0_f64);
        // For each edge: how far inside the line begins, and how fast it goes there.
        for (inside, goes) in
            [(from.x, across), (self.width - from.x, -across), (from.y, down), (self.height - from.y, -down)]
        {
            if goes == 0.0 && inside < 0.0 {
                return None;
            }
            let meets = -inside / goes;
            if goes > 0.0 {
                begins = begins.max(meets);
            } else if goes < 0.0 {
                ends = ends.min(meets);
            }
        }
        let at = |share: f64| Place { x: from.x + across * share, y: from.y + down * share };
        (begins < ends).then(|| (at(begins), at(ends)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNT: Mount = Mount { height_m: 1.0, tilt_deg: 45.0, field_deg: 90.0, car_width_m: 1.8 };

    fn points(commands: &str) -> Vec<(f64, f64)> {
        let numbers: Vec<f64> = commands.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    #[test]
    fn a_metre_away_is_the_middle_of_a_camera_that_hangs_a_metre_high_and_looks_down_by_half_a_right_angle() {
        let lines = on(&MOUNT, 1920, 1080);
        // The line of sight is 1.414 m long there, and 1.414 m to the side would be the edge.
        let reach = 960.0 / 2.0_f64.sqrt() * 0.9;
        let middle = points(&lines.middle);
        let expected = [(960.0 - reach, 540.0), (960.0 + reach, 540.0)];
        for ((x, y), (to_x, to_y)) in middle.iter().zip(expected) {
            assert!((x - to_x).abs() < 0.1 && (y - to_y).abs() < 0.1, "{middle:?}");
        }
    }

    #[test]
    fn what_is_nearer_stands_lower_and_is_wider() {
        let lines = on(&MOUNT, 1920, 1080);
        let of = |commands: &str| {
            let ends = points(commands);
            (ends[0].1, ends[1].0 - ends[0].0)
        };
        let (near, middle, far) = (of(&lines.near), of(&lines.middle), of(&lines.far));
        assert!(
            near.0 > middle.0 && middle.0 > far.0 && near.1 > middle.1 && middle.1 > far.1,
            "{near:?} {middle:?} {far:?}"
        );
    }

    #[test]
    fn no_line_leaves_the_picture() {
        for tilt_deg in [0.0, 10.0, 32.0, 60.0, 80.0] {
            for field_deg in [25.0, 60.0, 110.0, 160.0] {
                let lines = on(&Mount { tilt_deg, field_deg, ..MOUNT }, 1440, 1080);
                for (x, y) in [&lines.sides, &lines.near, &lines.middle, &lines.far].iter().flat_map(|it| points(it)) {
                    assert!(
                        (-0.1..=1440.1).contains(&x) && (-0.1..=1080.1).contains(&y),
                        "{tilt_deg} {field_deg}: {x} {y}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_mount_that_cannot_be_has_no_lines() {
        for mount in [
            Mount { height_m: f64::NAN, ..MOUNT },
            Mount { tilt_deg: f64::INFINITY, ..MOUNT },
            Mount { field_deg: 180.0, ..MOUNT },
            Mount { field_deg: -1e300, ..MOUNT },
            Mount { car_width_m: 0.0, ..MOUNT },
        ] {
            assert_eq!(on(&mount, 1920, 1080), GuideLines::default(), "{mount:?}");
        }
    }
}
