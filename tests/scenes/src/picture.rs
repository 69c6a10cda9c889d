use std::path::Path;

/// A picture, 8 bits each of red, green and blue.
pub struct Pixels {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

/// A part of a picture, in pixels from its top left.
#[derive(Clone, Copy)]
pub struct Region {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

impl Pixels {
    pub fn of_file(file: &Path) -> Self {
        let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Self::of_png(&bytes)
    }

    pub fn of_png(bytes: &[u8]) -> Self {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a frame");
        pixels.truncate(info.buffer_size());
        assert_eq!(info.bit_depth, png::BitDepth::Eight);
        let rgb = match info.color_type {
            png::ColorType::Rgb => pixels,
            png::ColorType::Rgba => pixels.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect(),
            other => panic!("{other:?} is no picture of a screen"),
        };
        Self { width: info.width as usize, height: info.height as usize, rgb }
    }

    /// A picture of one colour.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, rgb: colour.repeat(width * height) }
    }

    /// The pixel at a place.
    pub fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    pub fn set(&mut self, x: usize, y: usize, pixel: [u8; 3]) {
        let at = (y * self.width + x) * 3;
        self.rgb[at..at + 3].copy_from_slice(&pixel);
    }

    /// Puts another picture into this one, its top left at `x`, `y`.
    pub fn put(&mut self, other: &Self, x: usize, y: usize) {
        for row in 0..other.height {
            let to = ((y + row) * self.width + x) * 3;
            let from = row * other.width * 3;
            self.rgb[to..to + other.width * 3].copy_from_slice(&other.rgb[from..from + other.width * 3]);
        }
    }

    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// How many colours there are; more than a thousand are counted as a thousand.
    pub fn colours(&self) -> usize {
        let mut seen = std::collections::HashSet::new();
        for pixel in self.rgb.chunks_exact(3) {
            seen.insert([pixel[0], pixel[1], pixel[2]]);
            if seen.len() == 1000 {
                break;
            }
        }
        seen.len()
    }

    fn brightness(&self, x: usize, y: usize) -> u8 {
        self.at(x, y).into_iter().max().unwrap_or(0)
    }

    /// How high the bright ink in a region stands, from its highest to its lowest pixel: a number is high, a dash is flat, nothing is 0.
    pub fn ink_height(&self, region: Region, brighter_than: u8) -> usize {
        self.height(region, |brightness| brightness > brighter_than)
    }

    /// The same of what is brighter or darker by this than the region's first pixel: a sign by night and by day.
    pub fn sign_height(&self, region: Region, apart: u8) -> usize {
        let ground = self.brightness(region.x, region.y);
        self.height(region, |brightness| brightness.abs_diff(ground) > apart)
    }

    fn height(&self, region: Region, is_ink: impl Fn(u8) -> bool) -> usize {
        let has_ink = |y: &usize| (region.x..region.x + region.width).any(|x| is_ink(self.brightness(x, *y)));
        let mut rows = (region.y..region.y + region.height).filter(has_ink);
        let Some(first) = rows.next() else { return 0 };
        rows.next_back().unwrap_or(first) - first + 1
    }

    /// The pixels of a region, to compare with those of another picture.
    pub fn cut(&self, region: Region) -> Vec<u8> {
        let row = |y: usize| {
            let start = (y * self.width + region.x) * 3;
            self.rgb[start..start + region.width * 3].iter().copied()
        };
        (region.y..region.y + region.height).flat_map(row).collect()
    }
}
