//! Pictures of the music, made ready away from the UI thread: cut to a square with round corners (the renderer clips none), and the page's background.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageReader, Limits, Rgb, RgbImage};
use slint::{Image, Rgb8Pixel, Rgba8Pixel, SharedPixelBuffer};
use tokio::sync::mpsc;

use super::Media;
use crate::mailbox::Mailbox;

/// Pictures that may wait to be made.
pub(crate) const MAX_WAITING: usize = 64;
/// The largest file that is looked into, bytes.
const MAX_FILE: u64 = 32 * 1024 * 1024;
/// The largest side of a picture that is decoded, pixels, and the memory that it may take, bytes.
const MAX_SIDE: u32 = 10_000;
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// How much of the art's colour is in the background.
const TINT: f32 = 0.12;

/// Red, green, blue.
pub type Color = [u8; 3];

/// A picture that a screen wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// The art in a file, as a square of `side` pixels with round corners.
    Cover { path: PathBuf, side: u32, radius: u32 },
    /// A background of this size with two colours mixed into it.
    Backdrop { base: Color, colors: [Color; 2], width: u32, height: u32 },
}

/// A picture that was wanted.
#[derive(Clone, Debug)]
pub struct Picture {
    pub wanted: Wanted,
    pub made: Made,
}

/// What became of a [`Wanted`].
#[derive(Clone, Debug)]
pub enum Made {
    /// With the two colours that say most about it.
    Cover {
        pixels: SharedPixelBuffer<Rgba8Pixel>,
        colors: [Color; 2],
    },
    Backdrop(SharedPixelBuffer<Rgb8Pixel>),
    /// There is no such file, or it is no picture.
    Nothing,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Self) -> bool {
        let bytes = |made: &Made| match made {
            Made::Cover { pixels, .. } => pixels.as_bytes().to_vec(),
            Made::Backdrop(pixels) => pixels.as_bytes().to_vec(),
            Made::Nothing => Vec::new(),
        };
        self.wanted == other.wanted && bytes(&self.made) == bytes(&other.made)
    }
}

impl Picture {
    /// Makes what is wanted. Takes milliseconds: not for the UI thread.
    pub fn make(wanted: Wanted) -> Self {
        let made = match &wanted {
            Wanted::Cover { path, side, radius } => cover(path, *side, *radius).unwrap_or_else(|error| {
                tracing::debug!(%error, "a picture is not shown");
                Made::Nothing
            }),
            Wanted::Backdrop { base, colors, width, height } => {
                Made::Backdrop(backdrop(*base, *colors, *width, *height))
            }
        };
        Self { wanted, made }
    }

    /// The picture for the screen; none if there is nothing to show.
    pub fn image(&self) -> Option<Image> {
        match &self.made {
            Made::Cover { pixels, .. } => Some(Image::from_rgba8_premultiplied(pixels.clone())),
            Made::Backdrop(pixels) => Some(Image::from_rgb8(pixels.clone())),
            Made::Nothing => None,
        }
    }
}

/// Makes pictures one after the other for as long as the process lives.
pub(crate) async fn run(mailbox: Arc<Mailbox>, mut wanted: mpsc::Receiver<Wanted>) {
    while let Some(wanted) = wanted.recv().await {
        if let Ok(picture) = tokio::task::spawn_blocking(move || Picture::make(wanted)).await {
            mailbox.media(Media::Picture(picture));
        }
    }
}

fn cover(path: &Path, side: u32, radius: u32) -> Result<Made, image::ImageError> {
    let picture = decode(path)?.into_rgb8();
    let (width, height) = picture.dimensions();
    let square = width.min(height);
    let cut = imageops::crop_imm(&picture, (width - square) / 2, (height - square) / 2, square, square).to_image();
    // The exact filter is slow on what is much too large.
    let near = if square > side * 3 { imageops::thumbnail(&cut, side * 2, side * 2) } else { cut };
    let scaled = if near.width() == side { near } else { imageops::resize(&near, side, side, FilterType::CatmullRom) };
    let colors = colors(&scaled);
    let mut pixels = SharedPixelBuffer::<Rgba8Pixel>::new(side, side);
    for (index, (to, from)) in pixels.make_mut_slice().iter_mut().zip(scaled.pixels()).enumerate() {
        let (x, y) = (index as u32 % side, index as u32 / side);
        let share = coverage(x, y, side, radius);
        let of = |channel: u8| (f32::from(channel) * share).round() as u8;
        let Rgb([red, green, blue]) = *from;
        *to = Rgba8Pixel { r: of(red), g: of(green), b: of(blue), a: of(255) };
    }
    Ok(Made::Cover { pixels, colors })
}

fn decode(path: &Path) -> Result<DynamicImage, image::ImageError> {
    // To open a pipe waits for somebody at its other end, and every other picture would wait with it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::from(std::io::ErrorKind::InvalidInput).into());
    }
    let file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    let mut reader = ImageReader::new(std::io::Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    reader.decode()
}

/// How much of a pixel lies inside a square with round corners, 0 to 1.
fn coverage(x: u32, y: u32, side: u32, radius: u32) -> f32 {
    let into = |place: u32| {
        let place = place as f32 + 0.5;
        let (near, far) = (radius as f32, side as f32 - radius as f32);
        if place < near { near - place } else { (place - far).max(0.0) }
    };
    let (x, y) = (into(x), into(y));
    if x == 0.0 || y == 0.0 { 1.0 } else { (radius as f32 - x.hypot(y) + 0.5).clamp(0.0, 1.0) }
}

/// The colour that covers most, vivid ones before grey ones, and the one that stands furthest from it.
fn colors(picture: &RgbImage) -> [Color; 2] {
    #[derive(Clone, Copy, Default)]
    struct Bin {
        sum: [f32; 3],
        weight: f32,
    }
    const STEP: usize = 32;
    let mut bins = vec![Bin::default(); 512];
    let small = imageops::thumbnail(picture, 48, 48);
    for Rgb(color) in small.pixels() {
        let place = color.iter().fold(0, |place, channel| place * 8 + usize::from(*channel) / STEP);
        let spread = color.iter().max().zip(color.iter().min()).map_or(0.0, |(max, min)| f32::from(max - min));
        let weight = 0.3 + spread / 255.0;
        if let Some(bin) = bins.get_mut(place) {
            for (sum, channel) in bin.sum.iter_mut().zip(color) {
                *sum += f32::from(*channel) * weight;
            }
            bin.weight += weight;
        }
    }
    let color = |bin: &Bin| bin.sum.map(|sum| (sum / bin.weight.max(f32::EPSILON)).round() as u8);
    let distance = |one: Color, other: Color| {
        one.iter().zip(other).map(|(one, other)| f32::from(one.abs_diff(other)).powi(2)).sum::<f32>().sqrt()
    };
    let first = bins.iter().max_by(|one, other| one.weight.total_cmp(&other.weight)).map(color).unwrap_or_default();
    let score = |bin: &Bin| bin.weight.sqrt() * distance(color(bin), first);
    let second = bins
        .iter()
        .filter(|bin| bin.weight > 0.0)
        .max_by(|one, other| score(one).total_cmp(&score(other)))
        .map_or(first, color);
    [first, second]
}

/// Two lights on the base, from the top left and the bottom right, with noise of one step, for plain dark gradients band.
fn backdrop(base: Color, colors: [Color; 2], width: u32, height: u32) -> SharedPixelBuffer<Rgb8Pixel> {
    let mut pixels = SharedPixelBuffer::<Rgb8Pixel>::new(width, height);
    let [first, second] = colors.map(|color| color.map(f32::from));
    let base = base.map(f32::from);
    let (across, down) = (width.max(2) as f32 - 1.0, height.max(2) as f32 - 1.0);
    let mut noise = 0x9E37_79B9_u32;
    for (index, pixel) in pixels.make_mut_slice().iter_mut().enumerate() {
        let (x, y) = ((index as u32 % width) as f32 / across, (index as u32 / width) as f32 / down);
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let grain = (noise & 0xFFFF) as f32 / 65_535.0;
        let light = |x: f32, y: f32| (1.0 - (x * x + y * y).sqrt() / 1.15).max(0.0);
        let (one, other) = (TINT * light(x, y), TINT * light(1.0 - x, 1.0 - y));
        let channel =
            |base: f32, first: f32, second: f32| (base + (first - base) * one + (second - base) * other + grain) as u8;
        let ([r, g, b], [r1, g1, b1], [r2, g2, b2]) = (base, first, second);
        *pixel = Rgb8Pixel { r: channel(r, r1, r2), g: channel(g, g1, g2), b: channel(b, b1, b2) };
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, width: u32, height: u32, paint: impl Fn(u32, u32) -> Color) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        RgbImage::from_fn(width, height, |x, y| Rgb(paint(x, y))).save(&path).unwrap();
        (folder, path)
    }

    #[test]
    fn art_is_cut_to_a_square_with_round_corners() {
        let (_folder, path) = written("art.png", 300, 200, |x, _| if x < 50 { [255, 0, 0] } else { [0, 0, 255] });
        let picture = Picture::make(Wanted::Cover { path, side: 100, radius: 20 });
        let Made::Cover { pixels, colors } = picture.made else { panic!("no cover") };
        let at = |x: usize, y: usize| pixels.as_slice()[y * 100 + x];
        assert_eq!((pixels.width(), pixels.height()), (100, 100));
        assert_eq!((at(0, 0).a, at(50, 0).a, at(99, 99).a, at(50, 50).a), (0, 255, 0, 255));
        assert!(at(5, 6).a > 0 && at(5, 6).a < 255 && at(5, 6).b <= at(5, 6).a, "the edge is soft and premultiplied");
        assert_eq!(colors[0], [0, 0, 255], "the red lay outside the square");
    }

    #[test]
    fn two_colors_say_what_the_art_looks_like() {
        let (_folder, path) = written("art.png", 90, 90, |x, y| match (x, y) {
            (..60, _) => [200, 40, 30],
            (_, ..45) => [30, 60, 190],
            _ => [128, 128, 128],
        });
        let Made::Cover { colors, .. } = Picture::make(Wanted::Cover { path, side: 90, radius: 0 }).made else {
            panic!()
        };
        assert_eq!(colors, [[200, 40, 30], [30, 60, 190]]);
    }

    #[test]
    fn what_is_no_picture_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cover.jpg");
        std::fs::write(&path, b"\xFF\xD8\xFF and then nonsense").unwrap();
        let [empty, wide, pipe] = ["empty.png", "wide.png", "pipe.png"].map(|name| folder.path().join(name));
        std::fs::write(&empty, b"").unwrap();
        RgbImage::new(MAX_SIDE + 1, 1).save(&wide).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [path, folder.path().to_owned(), folder.path().join("none"), empty, wide, pipe] {
            let picture = Picture::make(Wanted::Cover { path, side: 64, radius: 8 });
            assert!(matches!(picture.made, Made::Nothing) && picture.image().is_none());
        }
    }

    #[test]
    fn the_background_keeps_close_to_the_base_and_is_the_same_each_time() {
        let make = || backdrop([11, 14, 18], [[255, 40, 30], [30, 60, 255]], 192, 108);
        let pixels = make();
        assert_eq!(pixels.as_bytes(), make().as_bytes());
        let (first, last) = (pixels.as_slice()[0], pixels.as_slice()[192 * 108 - 1]);
        assert!(first.r > 30 && first.r < 50 && first.b < 25, "{first:?}");
        assert!(last.b > 30 && last.b < 60 && last.r < 25, "{last:?}");
    }
}
