//! What a virtual car has behind it: a bay with painted lines, a brick wall that says that all of it is simulated, and a ball that rolls across. Drawn through the same lens as the
//! guide lines, so that one can be held against the other.

use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use tandem_pictures::{Field, Ground, Mount, Place, boot_clock};

use super::Wish;
use super::outlet::Outlet;

/// Where nobody has measured.
const USUAL: Mount = Mount { height_m: 0.95, tilt_deg: 32.0, field_deg: 110.0 };
/// Metres from the camera.
const WALL: f64 = 5.0;
const WALL_HEIGHT: f64 = 1.9;
const BAY_HALF: f64 = 1.25;
const LINE: f64 = 0.11;
const KERB: f64 = WALL - 0.5;
/// Where the ball rolls, how far to each side, how large it is, and how long it takes there and back.
const BALL_AWAY: f64 = 2.6;
const BALL_RIGHT: f64 = 1.7;
const BALL: f64 = 0.24;
const BALL_SECONDS: f64 = 5.0;
/// The letters on the wall: a cell in metres, and where they begin.
const CELL: f64 = 0.055;
const TEXT_LEFT: f64 = -1.45;
const TEXT_TOP: f64 = 1.2;

type Rgb = [u8; 3];
const WORD: [[u8; 7]; 9] = [
    [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
    [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
    [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
    [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
    [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
    [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
    [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
    [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
    [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
];

/// Draws until the process ends.
pub fn run(wish: &Wish, outlet: &Outlet) {
    let scene = Scene::new(wish.mount.unwrap_or(USUAL), wish.wanted);
    let began = Instant::now();
    let step = Duration::from_secs(1) / wish.rate.max(1);
    for number in 0.. {
        let captured = boot_clock();
        outlet.offer(captured, Box::new(scene.picture(began.elapsed().as_secs_f64())));
        // What took too long is left out, not made up for.
        let next = step.saturating_mul(number + 1);
        std::thread::sleep(next.saturating_sub(began.elapsed()).max(Duration::from_millis(1)));
    }
}

/// All of it that does not move.
pub struct Scene {
    field: Field,
    size: (usize, usize),
    still: Vec<u8>,
}

impl Scene {
    pub fn new(mount: Mount, (width, height): (u32, u32)) -> Self {
        let field = mount.on(width, height);
        let mut still = Vec::with_capacity(width as usize * height as usize * 3);
        for y in 0..height {
            for x in 0..width {
                let sight = field.sight(Place { x: f64::from(x) + 0.5, y: f64::from(y) + 0.5 });
                still.extend(seen(sight, mount.height_m, noise(x, y)));
            }
        }
        Self { field, size: (width as usize, height as usize), still }
    }

    /// The scene after so many seconds.
    pub fn picture(&self, seconds: f64) -> Vec<u8> {
        let mut pixels = self.still.clone();
        let turn = seconds / BALL_SECONDS * TAU;
        let at = Ground { right: BALL_RIGHT * turn.sin(), away: BALL_AWAY };
        if let Some(foot) = self.field.place(at, 0.0) {
            let shadow = BALL * self.field.metre(BALL_AWAY, 0.0);
            self.disc(
                &mut pixels,
                Place { y: foot.y - shadow * 0.05, ..foot },
                (shadow, shadow * 0.35),
                |_, _, under| under.map(|it| it / 2),
            );
        }
        if let Some(middle) = self.field.place(at, BALL) {
            let radius = BALL * self.field.metre(BALL_AWAY, BALL);
            // Its stripe turns as it rolls.
            let rolled = at.right / BALL;
            self.disc(&mut pixels, middle, (radius, radius), |x, y, _| {
                let light = 1.0 - 0.45 * ((x + 0.35).hypot(y + 0.45) / 1.4).min(1.0);
                let stripe = (x * rolled.cos() + y * rolled.sin()).abs() < 0.22;
                let colour: Rgb = if stripe { [245, 245, 240] } else { [232, 96, 32] };
                colour.map(|channel| (f64::from(channel) * light) as u8)
            });
        }
        pixels
    }

    /// Paints inside an ellipse; `colour` knows the place, from -1 to 1 each way, and what is there.
    fn disc(
        &self,
        pixels: &mut [u8],
        middle: Place,
        (across, down): (f64, f64),
        colour: impl Fn(f64, f64, Rgb) -> Rgb,
    ) {
        let (width, height) = self.size;
        let rows = span(middle.y, down, height);
        for y in rows {
            let up = (y as f64 + 0.5 - middle.y) / down;
            let half = across * (1.0 - up * up).max(0.0).sqrt();
            let columns = span(middle.x, half, width);
            let row = pixels.chunks_exact_mut(3).skip(y * width + columns.start).take(columns.len());
            for (x, pixel) in columns.zip(row) {
                if let [red, green, blue] = pixel {
                    let side = (x as f64 + 0.5 - middle.x) / across;
                    [*red, *green, *blue] = colour(side, up, [*red, *green, *blue]);
                }
            }
        }
    }
}

/// Whole pixels around a middle, inside the picture.
fn span(middle: f64, half: f64, most: usize) -> std::ops::Range<usize> {
    let inside = |at: f64| at.clamp(0.0, most as f64) as usize;
    inside((middle - half).ceil())..inside((middle + half).floor())
}

/// A grain of the picture, -1 to 1, the same each time.
fn noise(x: u32, y: u32) -> f64 {
    let mut hash = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
    hash ^= hash >> 15;
    hash = hash.wrapping_mul(0x2C1B_3C6D);
    hash ^= hash >> 13;
    f64::from(hash & 0xFFFF) / 32_768.0 - 1.0
}

/// What lies on a line of sight.
fn seen([across, down, along]: [f64; 3], height: f64, grain: f64) -> Rgb {
    let shade = |colour: Rgb, by: f64| colour.map(|channel| (f64::from(channel) + by).clamp(0.0, 255.0) as u8);
    let to_ground = if down > 1e-6 { height / down } else { f64::INFINITY };
    let to_wall = if along > 1e-6 { WALL / along } else { f64::INFINITY };
    if to_ground <= to_wall {
        let (right, away) = (across * to_ground, along * to_ground);
        let is_line = ((right.abs() - BAY_HALF).abs() < LINE / 2.0 && away < KERB)
            || (away - KERB).abs() < LINE / 2.0 && right.abs() < BAY_HALF;
        // Joints of the paving fade out with the distance.
        let joint = [right, away].iter().any(|at| (at.rem_euclid(0.6)) < 0.02);
        return match (is_line, away > KERB + LINE) {
            (true, _) => shade([222, 220, 208], grain * 6.0),
            (false, true) => shade([74, 104, 62], grain * 16.0),
            (false, false) if joint => shade([78, 80, 82], grain * 5.0),
            (false, false) => shade([98, 100, 101], grain * 7.0 - away * 2.0),
        };
    }
    let (right, above) = (across * to_wall, height - down * to_wall);
    if !to_wall.is_finite() || above > WALL_HEIGHT {
        return shade([150, 178, 205], (above.min(6.0) - WALL_HEIGHT) * 9.0);
    }
    if is_written(right, above) {
        return [240, 240, 236];
    }
    let course = (above / 0.14).floor();
    let along_course = right + if course as i64 % 2 == 0 { 0.0 } else { 0.15 };
    let mortar = above.rem_euclid(0.14) < 0.018 || along_course.rem_euclid(0.3) < 0.018;
    let brick = ((along_course / 0.3).floor() * 13.0 + course * 7.0).sin() * 10.0;
    if mortar { shade([150, 142, 134], grain * 4.0) } else { shade([136, 78, 62], brick + grain * 5.0) }
}

/// Whether the word on the wall covers this point.
fn is_written(right: f64, above: f64) -> bool {
    let (column, row) = (((right - TEXT_LEFT) / CELL).floor(), ((TEXT_TOP - above) / CELL).floor());
    if column < 0.0 || !(0.0..7.0).contains(&row) {
        return false;
    }
    let (letter, column) = (column as usize / 6, column as usize % 6);
    let rows = WORD.get(letter).and_then(|letter| letter.get(row as usize));
    rows.is_some_and(|bits| column < 5 && bits >> (4 - column) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scene_moves_and_is_the_same_at_the_same_time() {
        let scene = Scene::new(USUAL, (320, 180));
        let picture = scene.picture(1.0);
        assert_eq!(picture.len(), 320 * 180 * 3);
        assert_eq!(picture, scene.picture(1.0));
        let moved = picture.iter().zip(scene.picture(1.1)).filter(|(one, other)| **one != *other).count();
        assert!(moved > 200 && moved < picture.len() / 4, "{moved}");
    }

    #[test]
    fn a_bay_line_lies_where_the_lens_says() {
        let scene = Scene::new(USUAL, (960, 540));
        let still = &scene.still;
        for (away, right) in [(1.0, BAY_HALF), (2.0, -BAY_HALF), (3.5, BAY_HALF)] {
            let place = scene.field.place(Ground { right, away }, 0.0).unwrap();
            let at = (place.y as usize * 960 + place.x as usize) * 3;
            assert!(still[at] > 200 && still[at + 2] > 190, "{away} m: {:?}", &still[at..at + 3]);
        }
    }

    #[test]
    fn no_mount_makes_it_fall_over() {
        for (height_m, tilt_deg, field_deg) in [(0.2, 0.0, 30.0), (3.0, 90.0, 170.0), (1.0, -20.0, 90.0)] {
            let scene = Scene::new(Mount { height_m, tilt_deg, field_deg }, (64, 36));
            assert_eq!(scene.picture(2.0).len(), 64 * 36 * 3);
        }
    }
}
