//! How a camera hangs on the car, and what of the ground it sees where: a lens without distortion, on level ground.

/// Where the camera hangs and how wide it sees. All of it is measured, none of it guessed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mount {
    /// Above the ground, metres.
    pub height_m: f64,
    /// Downwards from level, degrees.
    pub tilt_deg: f64,
    /// From the left edge of the picture to the right one, degrees.
    pub field_deg: f64,
}

/// A point on the ground behind the car, metres: to the right in the picture, and away from the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    pub right: f64,
    pub away: f64,
}

/// A point on the picture, pixels from its top left; it may lie outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub x: f64,
    pub y: f64,
}

/// A mount with the size of the picture on which it is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    height: f64,
    sine: f64,
    cosine: f64,
    /// Pixels.
    focal: f64,
    centre: Place,
}

impl Mount {
    pub fn on(self, width: u32, height: u32) -> Field {
        let (sine, cosine) = self.tilt_deg.to_radians().sin_cos();
        let centre = Place { x: f64::from(width) / 2.0, y: f64::from(height) / 2.0 };
        let focal = centre.x / (self.field_deg.to_radians() / 2.0).tan();
        Field { height: self.height_m, sine, cosine, focal, centre }
    }
}

impl Field {
    /// Where a point at this height above the ground stands on the picture; none if it lies behind the camera.
    pub fn place(&self, Ground { right, away }: Ground, above: f64) -> Option<Place> {
        let below = self.height - above;
        // Along the lens, and downwards across it.
        let depth = away * self.cosine + below * self.sine;
        let down = below * self.cosine - away * self.sine;
        (depth > 0.01).then(|| Place {
            x: self.centre.x + self.focal * right / depth,
            y: self.centre.y + self.focal * down / depth,
        })
    }

    /// The line of sight through a point of the picture: to the right, downwards and away, as level ground has them.
    pub fn sight(&self, Place { x, y }: Place) -> [f64; 3] {
        let (right, down) = ((x - self.centre.x) / self.focal, (y - self.centre.y) / self.focal);
        [right, down * self.cosine + self.sine, self.cosine - down * self.sine]
    }

    /// How many pixels a metre is at this distance.
    pub fn metre(&self, away: f64, above: f64) -> f64 {
        self.focal / (away * self.cosine + (self.height - above) * self.sine).max(0.01)
    }
}

/// The largest size with the shape of a camera's pictures that fits into another one; its width is a multiple of 4.
pub fn fitted((width, height): (u32, u32), (most_width, most_height): (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (most_width, most_height) = (u64::from(most_width), u64::from(most_height));
    let (across, down) = if width * most_height >= height * most_width {
        (most_width, height * most_width / width)
    } else {
        (width * most_height / height, most_height)
    };
    (u32::try_from(across / 4 * 4).unwrap_or(0), u32::try_from(down).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 0.01
    }

    #[test]
    fn a_level_camera_has_the_horizon_in_the_middle() {
        let field = Mount { height_m: 1.0, tilt_deg: 0.0, field_deg: 90.0 }.on(1000, 600);
        // A field of 90 degrees: as far away as to the side is the edge.
        let edge = field.place(Ground { right: 2.0, away: 2.0 }, 0.0).unwrap();
        assert!(near(edge.x, 1000.0) && near(edge.y, 300.0 + 250.0), "{edge:?}");
        let far = field.place(Ground { right: 0.0, away: 1e9 }, 0.0).unwrap();
        assert!(near(far.x, 500.0) && near(far.y, 300.0), "{far:?}");
        // At the height of the camera everything is on the horizon.
        assert!(near(field.place(Ground { right: 0.0, away: 3.0 }, 1.0).unwrap().y, 300.0));
        assert_eq!(field.place(Ground { right: 0.0, away: -1.0 }, 0.0), None, "behind it nothing is seen");
    }

    #[test]
    fn a_camera_that_looks_down_by_half_a_right_angle_has_its_own_height_in_the_middle() {
        let field = Mount { height_m: 1.2, tilt_deg: 45.0, field_deg: 110.0 }.on(1920, 1080);
        let middle = field.place(Ground { right: 0.0, away: 1.2 }, 0.0).unwrap();
        assert!(near(middle.x, 960.0) && near(middle.y, 540.0), "{middle:?}");
        let farther = field.place(Ground { right: 0.0, away: 2.0 }, 0.0).unwrap();
        assert!(farther.y < middle.y, "what is farther away stands higher");
        let [one, other] = [-0.9, 0.9].map(|right| field.place(Ground { right, away: 1.0 }, 0.0).unwrap());
        assert!(near(one.x + other.x, 1920.0) && near(one.y, other.y), "left and right are alike");
    }

    #[test]
    fn a_line_of_sight_meets_the_ground_where_the_point_came_from() {
        let field = Mount { height_m: 0.95, tilt_deg: 33.0, field_deg: 120.0 }.on(1280, 720);
        for (right, away) in [(0.0, 0.5), (0.9, 1.0), (-1.4, 2.5), (3.0, 12.0)] {
            let place = field.place(Ground { right, away }, 0.0).unwrap();
            let [across, down, along] = field.sight(place);
            let length = 0.95 / down;
            assert!(near(across * length, right) && near(along * length, away), "{right} {away}");
        }
        let tall = field.place(Ground { right: 0.0, away: 2.0 }, 1.0).unwrap();
        let foot = field.place(Ground { right: 0.0, away: 2.0 }, 0.0).unwrap();
        assert!(tall.y < foot.y);
        assert!(near(field.place(Ground { right: 1.0, away: 2.0 }, 0.0).unwrap().x - foot.x, field.metre(2.0, 0.0)));
    }

    #[test]
    fn a_picture_keeps_its_shape() {
        assert_eq!(fitted((1280, 720), (1920, 1080)), (1920, 1080));
        assert_eq!(fitted((640, 480), (1920, 1080)), (1440, 1080));
        assert_eq!(fitted((1920, 800), (1920, 1080)), (1920, 800));
        assert_eq!(fitted((722, 576), (1920, 1080)), (1352, 1080), "a multiple of 4");
        assert_eq!(fitted((0, 0), (1920, 1080)), (1080, 1080));
    }
}
