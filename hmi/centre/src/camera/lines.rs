//! Lines on the ground behind the car, where the camera sees them: its sides, and how far it is.

use std::rc::Rc;

use slint::{ModelRc, VecModel};
use tandem_kit::camera::Mount;
use tandem_pictures::{Field, Ground, Place};

use crate::{GuideLines, LineAcross, LinePiece};

/// Metres behind the camera.
const BEGINS: f64 = 0.3;
const NEAR: f64 = 0.5;
const MIDDLE: f64 = 1.0;
const FAR: f64 = 2.0;
const ENDS: f64 = 3.0;
/// Half as wide as a line, pixels.
const HALF: f64 = 3.0;
/// The longest piece of a line that goes aslant, pixels.
const PIECE: f64 = 64.0;
/// Pieces lie over each other by so much at each end, or the joint would show.
const OVERLAP: f64 = 0.5;

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
    let across = |away: f64| match picture.line(Ground { right: -half, away }, Ground { right: half, away }) {
        // What is as far away stands as high.
        Some((from, to)) => LineAcross { x: from.x as f32, y: from.y.round() as f32, width: (to.x - from.x) as f32 },
        None => LineAcross::default(),
    };
    let sides: Vec<_> = [-half, half].into_iter().filter_map(side).flat_map(|(from, to)| pieces(from, to)).collect();
    GuideLines {
        drawn: true,
        sides: ModelRc::from(Rc::new(VecModel::from(sides))),
        near: across(NEAR),
        middle: across(MIDDLE),
        far: across(FAR),
    }
}

/// A line as polygons in small rectangles.
fn pieces(from: Place, to: Place) -> Vec<LinePiece> {
    let (across, down) = (to.x - from.x, to.y - from.y);
    let length = across.hypot(down);
    let count = (length / PIECE).ceil().max(1.0);
    let (along, side) =
        ((across / length * OVERLAP, down / length * OVERLAP), (-down / length * HALF, across / length * HALF));
    let piece = |number: u32| {
        let at =
            |share: f64, sign: f64| (from.x + across * share + along.0 * sign, from.y + down * share + along.1 * sign);
        let (begins, ends) = (at(f64::from(number) / count, -1.0), at(f64::from(number + 1) / count, 1.0));
        let corners = [(begins, 1.0), (ends, 1.0), (ends, -1.0), (begins, -1.0)]
            .map(|((x, y), sign)| (x + side.0 * sign, y + side.1 * sign));
        let least = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::INFINITY, f64::min).floor();
        let most = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).fold(f64::NEG_INFINITY, f64::max).ceil();
        let (left, top, right, bottom) = (least(|it| it.0), least(|it| it.1), most(|it| it.0), most(|it| it.1));
        let words = corners.map(|(x, y)| format!("{:.2} {:.2}", x - left, y - top));
        LinePiece {
            x: left as f32,
            y: top as f32,
            width: (right - left) as f32,
            height: (bottom - top) as f32,
            commands: format!("M {} Z", words.join(" L ")).into(),
        }
    };
    (0..count as u32).map(piece).collect()
}

struct Picture {
    field: Field,
    width: f64,
    height: f64,
}

impl Picture {
    /// What lies on the picture of a line on the ground; it is straight there, too.
    fn line(&self, from: Ground, to: Ground) -> Option<(Place, Place)> {
        let (from, to) = self.field.place(from, 0.0).zip(self.field.place(to, 0.0))?;
        self.cut(from, to)
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
    use slint::Model;

    use super::*;

    const MOUNT: Mount = Mount { height_m: 1.0, tilt_deg: 45.0, field_deg: 90.0, car_width_m: 1.8 };

    #[test]
    fn a_metre_away_is_the_middle_of_a_camera_that_hangs_a_metre_high_and_looks_down_by_half_a_right_angle() {
        let LineAcross { x, y, width } = on(&MOUNT, 1920, 1080).middle;
        // The line of sight is 1.414 m long there, and 1.414 m to the side would be the edge.
        let reach = 960.0 / 2.0_f32.sqrt() * 0.9;
        assert!(
            (x - (960.0 - reach)).abs() < 0.1 && y == 540.0 && (width - 2.0 * reach).abs() < 0.1,
            "{x} {y} {width}"
        );
    }

    #[test]
    fn what_is_nearer_stands_lower_and_is_wider() {
        let GuideLines { near, middle, far, .. } = on(&MOUNT, 1920, 1080);
        assert!(near.y > middle.y && middle.y > far.y, "{near:?} {middle:?} {far:?}");
        assert!(near.width > middle.width && middle.width > far.width, "{near:?} {middle:?} {far:?}");
    }

    #[test]
    fn the_sides_lead_from_the_near_line_to_the_far_one_in_small_pieces() {
        let lines = on(&Mount { tilt_deg: 32.0, field_deg: 110.0, ..MOUNT }, 1920, 1080);
        let pieces: Vec<_> = lines.sides.iter().collect();
        let covers = |x: f32, y: f32| {
            pieces.iter().any(|piece| {
                (piece.x..=piece.x + piece.width).contains(&x) && (piece.y..=piece.y + piece.height).contains(&y)
            })
        };
        for line in [&lines.near, &lines.middle, &lines.far] {
            assert!(covers(line.x, line.y) && covers(line.x + line.width, line.y), "{line:?}");
            assert!(!covers(line.x + line.width / 2.0, line.y), "the middle is free");
        }
        let area: f32 = pieces.iter().map(|piece| piece.width * piece.height).sum();
        assert!(area < 120_000.0, "{area} pixels to look at for each picture");
    }

    #[test]
    fn no_line_leaves_the_picture() {
        for tilt_deg in [0.0, 10.0, 32.0, 60.0, 80.0] {
            for field_deg in [25.0, 60.0, 110.0, 160.0] {
                let GuideLines { sides, near, middle, far, .. } =
                    on(&Mount { tilt_deg, field_deg, ..MOUNT }, 1440, 1080);
                for line in [near, middle, far] {
                    let inside = line.x >= 0.0 && line.x + line.width <= 1440.1 && (0.0..=1080.0).contains(&line.y);
                    assert!(inside, "{tilt_deg} {field_deg}: {line:?}");
                }
                for piece in sides.iter() {
                    let inside = piece.x >= -5.0 && piece.x + piece.width <= 1445.0 && piece.y >= -5.0;
                    assert!(inside && piece.y + piece.height <= 1085.0, "{tilt_deg} {field_deg}: {piece:?}");
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
            assert!(!on(&mount, 1920, 1080).drawn, "{mount:?}");
        }
    }
}
