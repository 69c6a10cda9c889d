//! The covers: large shapes in three colours.

use anyhow::Context;

/// Pixels of each side.
pub const SIZE: u32 = 640;
/// Each pixel is the mean of so many samples by so many.
const FINE: u32 = 4;

type Colour = [u8; 3];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    Fog,
    Rain,
    Ocean,
    Dusk,
    Night,
    Lake,
}

/// A shape; the picture is a square of side 1, y goes down.
enum Shape {
    Disc {
        x: f64,
        y: f64,
        radius: f64,
    },
    Ring {
        x: f64,
        y: f64,
        outer: f64,
        inner: f64,
    },
    Below(f64),
    /// A line with round ends.
    Bar {
        from: (f64, f64),
        to: (f64, f64),
        radius: f64,
    },
    /// The part of a shape that lies below a line.
    Under(f64, Box<Shape>),
}

impl Shape {
    fn holds(&self, px: f64, py: f64) -> bool {
        let far = |x: f64, y: f64| ((px - x) * (px - x) + (py - y) * (py - y)).sqrt();
        match self {
            Self::Disc { x, y, radius } => far(*x, *y) <= *radius,
            Self::Ring { x, y, outer, inner } => (*inner..=*outer).contains(&far(*x, *y)),
            Self::Below(y) => py >= *y,
            Self::Bar { from, to, radius } => {
                let (dx, dy) = (to.0 - from.0, to.1 - from.1);
                let along = ((px - from.0) * dx + (py - from.1) * dy) / (dx * dx + dy * dy);
                let along = along.clamp(0.0, 1.0);
                far(from.0 + along * dx, from.1 + along * dy) <= *radius
            }
            Self::Under(y, shape) => py >= *y && shape.holds(px, py),
        }
    }
}

impl Cover {
    pub const ALL: [Self; 6] = [Self::Fog, Self::Rain, Self::Ocean, Self::Dusk, Self::Night, Self::Lake];

    /// The ground, and what lies on it from back to front.
    fn layers(self) -> (Colour, Vec<(Shape, Colour)>) {
        let disc = |x, y, radius| Shape::Disc { x, y, radius };
        let bar = |from, to, radius| Shape::Bar { from, to, radius };
        match self {
            Self::Fog => {
                let (paper, sun, hill) = ([0xE6, 0xE2, 0xD8], [0xF0, 0x9F, 0x7C], [0x5E, 0x7D, 0x84]);
                let layers = vec![
                    (disc(0.62, 0.42, 0.24), sun),
                    (disc(0.1, 1.32, 0.78), hill),
                    // Fog: the paper's colour over the hill's back.
                    (bar((0.30, 0.53), (1.2, 0.53), 0.035), paper),
                    (bar((-0.2, 0.70), (0.3, 0.70), 0.035), paper),
                    (disc(0.95, 1.42, 0.62), hill),
                ];
                (paper, layers)
            }
            Self::Rain => {
                let (glass, water, light) = ([0x1F, 0x3B, 0x57], [0x7F, 0xB7, 0xC6], [0xF2, 0xC1, 0x4E]);
                let slant =
                    |x: f64, top: f64, length: f64, radius| bar((x, top), (x - 0.32 * length, top + length), radius);
                let layers = vec![
                    (slant(0.36, -0.2, 0.62, 0.055), water),
                    (slant(0.70, 0.10, 0.34, 0.055), water),
                    (slant(0.98, -0.10, 0.86, 0.055), water),
                    (slant(0.30, 0.66, 0.60, 0.055), water),
                    (slant(0.535, 0.62, 0.10, 0.055), light),
                ];
                (glass, layers)
            }
            Self::Ocean => {
                let (sea, road, line) = ([0x16, 0x24, 0x3E], [0xE4, 0x6A, 0x4F], [0xF3, 0xE6, 0xCF]);
                let ring = |outer, inner| Shape::Ring { x: 1.0, y: 1.0, outer, inner };
                let layers = vec![
                    (ring(0.92, 0.70), road),
                    (ring(0.55, 0.49), line),
                    (ring(0.36, 0.30), line),
                    (disc(0.24, 0.22, 0.085), line),
                ];
                (sea, layers)
            }
            Self::Dusk => {
                let (sky, sun, land) = ([0xE8, 0x9A, 0x72], [0xF8, 0xE3, 0xBF], [0x53, 0x47, 0x7E]);
                let layers = vec![(disc(0.5, 0.62, 0.3), sun), (Shape::Below(0.62), land)];
                (sky, layers)
            }
            Self::Night => {
                // The same horizon: the light has gone below it.
                let (sky, light, land) = ([0x1A, 0x1C, 0x38], [0xB9, 0xA8, 0xFF], [0x3D, 0x36, 0x66]);
                let below = Shape::Under(0.62, Box::new(disc(0.5, 0.62, 0.3)));
                (sky, vec![(Shape::Below(0.62), land), (below, light)])
            }
            Self::Lake => {
                let (water, moon, wave) = ([0x10, 0x45, 0x47], [0xF4, 0xEB, 0xD0], [0x2F, 0x7D, 0x78]);
                let line = |x: f64, y, half: f64| bar((x - half, y), (x + half, y), 0.022);
                let layers = vec![
                    (disc(0.64, 0.30, 0.19), moon),
                    (Shape::Below(0.60), wave),
                    (line(0.64, 0.68, 0.17), moon),
                    (line(0.60, 0.77, 0.11), moon),
                    (line(0.67, 0.86, 0.05), moon),
                    (line(0.12, 0.77, 0.14), water),
                    (line(0.98, 0.86, 0.12), water),
                    (line(0.30, 0.90, 0.10), water),
                ];
                (water, layers)
            }
        }
    }

    /// Red, green and blue of every pixel.
    pub fn pixels(self) -> Vec<u8> {
        let (ground, layers) = self.layers();
        let step = 1.0 / f64::from(SIZE * FINE);
        let colour = |x: u32, y: u32| {
            let (px, py) = ((f64::from(x) + 0.5) * step, (f64::from(y) + 0.5) * step);
            layers.iter().rev().find(|(shape, _)| shape.holds(px, py)).map_or(ground, |(_, colour)| *colour)
        };
        let mut pixels = Vec::with_capacity((SIZE * SIZE * 3) as usize);
        for y in 0..SIZE {
            for x in 0..SIZE {
                let mut sum = [0_u32; 3];
                for fine in 0..FINE * FINE {
                    let sample = colour(x * FINE + fine % FINE, y * FINE + fine / FINE);
                    for (sum, channel) in sum.iter_mut().zip(sample) {
                        *sum += u32::from(channel);
                    }
                }
                pixels.extend(sum.map(|sum| ((sum + FINE * FINE / 2) / (FINE * FINE)) as u8));
            }
        }
        pixels
    }

    /// The picture as a PNG.
    ///
    /// # Errors
    /// None that can be thought of: it is written to memory.
    pub fn png(self) -> anyhow::Result<Vec<u8>> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, SIZE, SIZE);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::High);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&self.pixels())).context("a cover")?;
        Ok(file)
    }
}
