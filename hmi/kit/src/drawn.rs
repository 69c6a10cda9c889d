use slint::platform::software_renderer::{PremultipliedRgbaColor, TargetPixel};

/// A rectangle of a screen: left, top, width and height in pixels of [`crate::Face::SIZE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Area {
    /// Whether both have a pixel in common.
    pub fn meets(&self, other: Self) -> bool {
        let meet = |one: u32, length: u32, other: u32, others: u32| {
            one < other.saturating_add(others) && other < one.saturating_add(length)
        };
        meet(self.x, self.width, other.x, other.width) && meet(self.y, self.height, other.y, other.height)
    }
}

/// A pixel as a display's memory has it: red, green, blue, and a byte that is always 255, so that it is written at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(4))]
pub struct DisplayPixel {
    pub r: u8,
    pub g: u8,
    pub b: u8,
    full: u8,
}

impl DisplayPixel {
    #[inline]
    pub const fn new(r: u8, g: u8, b: u8) -> Self {
        Self { r, g, b, full: u8::MAX }
    }
}

impl TargetPixel for DisplayPixel {
    #[inline]
    fn blend(&mut self, color: PremultipliedRgbaColor) {
        let rest = u32::from(u8::MAX - color.alpha);
        // Divided by 255, exactly, without a division.
        let under = |channel: u8| ((u32::from(channel) * rest * 0x8081) >> 23) as u8;
        *self = Self {
            r: under(self.r) + color.red,
            g: under(self.g) + color.green,
            b: under(self.b) + color.blue,
            full: under(self.full) + color.alpha,
        };
    }

    #[inline]
    fn from_rgb(r: u8, g: u8, b: u8) -> Self {
        Self::new(r, g, b)
    }
}

/// What a renderer has left of a screen: the pixels themselves, whatever was meant to be drawn.
pub struct Drawn<'a> {
    width: u32,
    scale: f64,
    pixels: &'a [DisplayPixel],
}

impl<'a> Drawn<'a> {
    /// A picture of a screen that is made for `made_for` pixels a row and has `width` of them.
    pub fn new(made_for: u32, width: u32, pixels: &'a [DisplayPixel]) -> Self {
        Self { width, scale: f64::from(width) / f64::from(made_for.max(1)), pixels }
    }

    /// Pixels of the picture to one of the screen as it was made, in each direction.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The pixels of an area, row by row; what lies outside of the picture is left out.
    pub fn pixels(&self, area: Area) -> impl Iterator<Item = [u8; 3]> + '_ {
        let across = |pixels: u32| (f64::from(pixels) * self.scale).round() as usize;
        let (left, right) = (across(area.x), across(area.x.saturating_add(area.width)).min(self.width as usize));
        let rows = self.pixels.chunks_exact(self.width.max(1) as usize);
        rows.skip(across(area.y))
            .take(across(area.height))
            .flat_map(move |row| row.get(left..right).unwrap_or_default())
            .map(|pixel| [pixel.r, pixel.g, pixel.b])
    }
}

#[cfg(test)]
mod tests {
    use slint::Rgb8Pixel;

    use super::*;

    #[test]
    fn a_color_over_a_pixel_is_what_the_renderer_makes_of_it() {
        for (channel, alpha) in (0..=255).flat_map(|channel| (0..=255).map(move |alpha| (channel, alpha))) {
            let color = PremultipliedRgbaColor { red: alpha / 2, green: alpha, blue: 0, alpha };
            let mut ours = DisplayPixel::new(channel, channel, channel);
            let mut theirs = Rgb8Pixel::new(channel, channel, channel);
            ours.blend(color);
            theirs.blend(color);
            assert_eq!(ours, DisplayPixel::new(theirs.r, theirs.g, theirs.b), "{alpha} over {channel}");
        }
    }

    /// Six pixels a row, three rows; each pixel says where it is.
    fn pixels() -> Vec<DisplayPixel> {
        (0..18).map(|index| DisplayPixel::new(index % 6, index / 6, 0)).collect()
    }

    fn area(x: u32, y: u32, width: u32, height: u32) -> Area {
        Area { x, y, width, height }
    }

    #[test]
    fn an_area_has_its_pixels_and_none_from_outside() {
        let pixels = pixels();
        let drawn = Drawn::new(6, 6, &pixels);
        let found = |it| drawn.pixels(it).map(|[x, y, _]| (x, y)).collect::<Vec<_>>();
        assert_eq!(found(area(1, 1, 2, 2)), [(1, 1), (2, 1), (1, 2), (2, 2)]);
        assert_eq!(found(area(5, 2, 9, 9)), [(5, 2)]);
        assert_eq!(found(area(9, 9, 1, 1)), []);
        assert_eq!(found(area(u32::MAX, 0, u32::MAX, 1)), []);
    }

    #[test]
    fn areas_that_touch_do_not_meet() {
        let it = area(2, 2, 2, 2);
        for (other, meets) in [
            (area(3, 3, 9, 9), true),
            (area(0, 0, 3, 3), true),
            (area(0, 0, 2, 9), false),
            (area(4, 0, 1, 9), false),
            (area(2, 4, 2, 2), false),
            (area(2, 0, 2, 2), false),
            (area(0, 0, u32::MAX, u32::MAX), true),
        ] {
            assert_eq!((it.meets(other), other.meets(it)), (meets, meets), "{other:?}");
        }
    }

    #[test]
    fn a_screen_of_other_density_has_its_areas_elsewhere() {
        let pixels = pixels();
        let drawn = Drawn::new(3, 6, &pixels);
        assert_eq!((drawn.scale(), drawn.pixels(area(1, 0, 1, 1)).count()), (2.0, 4));
        assert_eq!(drawn.pixels(area(1, 0, 1, 1)).next(), Some([2, 0, 0]));
    }
}
