//! Pictures of screens, as tests hold them against the ones that somebody has looked at and kept.
//!
//! What is kept is small: a cell for each square of 8 x 8 pixels, its mean colour. A letter that is another one, a line that moved by two pixels or a hue that
//! is off shows in it; a pixel that another version of the rasterizer rounds otherwise does not. Whatever goes wrong is the test's failure, so it panics.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod audit;
mod cut;
mod elements;
mod instructions;

pub use audit::{Audit, Place, audit};
pub use cut::cut_words;
pub use elements::{Elements, words_that_are_cut};
pub use instructions::{instructions, is_counted};

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

/// The side of a cell, pixels.
const CELL: usize = 8;
/// So far may a cell be from the kept one: a distance in Oklab, in which black and white are 1 apart and 0.02 is a difference that people just see side by side.
const TOLERANCE: f32 = 0.03;
/// Set, it has pictures kept as they are now, where they are unlike.
const UPDATE: &str = "TANDEM_UPDATE_PICTURES";

/// Has a screen drawn, three bytes a pixel, at sizes that no display has, each on a thread of its own: none may panic, and each is whole.
pub fn any_size(draw: fn((u32, u32)) -> Vec<u8>) {
    for size in [(1, 1), (200, 100), (7_680, 4_320)] {
        let drawn = std::thread::spawn(move || draw(size)).join().unwrap_or_else(|_| panic!("{size:?}"));
        assert_eq!(drawn.len(), (size.0 * size.1 * 3) as usize, "{size:?}");
    }
}

/// Where a screen's pictures are left for people to look at, and where the kept ones lie.
pub struct Album {
    screen: &'static str,
    left: PathBuf,
    kept: PathBuf,
    update: bool,
}

/// Three bytes a pixel: red, green, blue.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    pub size: (u32, u32),
    pub rgb: &'a [u8],
}

/// Where two pictures are unlike.
#[derive(Debug, PartialEq)]
struct Unlike {
    cells: usize,
    /// Pixels from the top left.
    worst: (usize, usize),
    distance: f32,
}

impl Album {
    /// Pictures are left in `CARGO_TARGET_TMPDIR` as `<screen>-<name>.png`, and kept in the folder `tests/kept` of a crate.
    pub fn new(screen: &'static str, target: &str, manifest: &str) -> Self {
        let update = std::env::var_os(UPDATE).is_some();
        Self { screen, left: PathBuf::from(target), kept: Path::new(manifest).join("tests/kept"), update }
    }

    /// Leaves a picture where a person can look at it.
    pub fn leave(&self, name: &str, picture: Picture<'_>) -> PathBuf {
        let path = self.left.join(format!("{}-{name}.png", self.screen));
        write(&path, picture);
        path
    }

    /// Leaves it, and fails if it is unlike the one that was kept.
    pub fn hold(&self, name: &str, picture: Picture<'_>) {
        let left = self.leave(name, picture);
        let kept = self.kept.join(format!("{name}.png"));
        let now = cells(picture);
        let Some(before) = read(&kept) else {
            if self.update {
                return keep(&kept, &now);
            }
            panic!("nobody has kept {}: look at {}; {UPDATE}=1 keeps it", kept.display(), left.display());
        };
        let Some(unlike) = compare(&before, &now) else { return };
        if self.update {
            return keep(&kept, &now);
        }
        let Unlike { cells, worst: (x, y), distance } = unlike;
        panic!(
            "{} is unlike {} in {cells} places, most about ({x}, {y}), by {distance:.2}: look at it; {UPDATE}=1 keeps it",
            left.display(),
            kept.display()
        );
    }
}

/// Mean colours, a row after the other.
#[derive(Debug, PartialEq)]
struct Cells {
    width: usize,
    rgb: Vec<[u8; 3]>,
}

fn cells(picture: Picture<'_>) -> Cells {
    let (width, height) = (picture.size.0 as usize, picture.size.1 as usize);
    let pixel = |x: usize, y: usize| picture.rgb.get((y * width + x) * 3..).and_then(|rest| rest.first_chunk::<3>());
    let mean = |left: usize, top: usize| {
        let square = (top..height.min(top + CELL)).flat_map(|y| (left..width.min(left + CELL)).map(move |x| (x, y)));
        let (mut sums, mut count) = ([0_u32; 3], 0);
        for [red, green, blue] in square.filter_map(|(x, y)| pixel(x, y)) {
            sums = [sums[0] + u32::from(*red), sums[1] + u32::from(*green), sums[2] + u32::from(*blue)];
            count += 1;
        }
        sums.map(|sum| u8::try_from((sum + count / 2) / count.max(1)).unwrap_or(u8::MAX))
    };
    let rgb = (0..height).step_by(CELL).flat_map(|y| (0..width).step_by(CELL).map(move |x| (x, y)));
    Cells { width: width.div_ceil(CELL), rgb: rgb.map(|(x, y)| mean(x, y)).collect() }
}

/// None if no cell is further away than the tolerance.
fn compare(before: &Cells, now: &Cells) -> Option<Unlike> {
    if (before.width, before.rgb.len()) != (now.width, now.rgb.len()) {
        return Some(Unlike { cells: now.rgb.len(), worst: (0, 0), distance: 1.0 });
    }
    let far = before.rgb.iter().zip(&now.rgb).enumerate().filter_map(|(index, (before, now))| {
        let distance = if before == now { 0.0 } else { distance(*before, *now) };
        (distance > TOLERANCE).then_some((index, distance))
    });
    let far: Vec<_> = far.collect();
    let (index, distance) = far.iter().copied().max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(Unlike { cells: far.len(), worst: (index % now.width * CELL, index / now.width * CELL), distance })
}

/// How far apart two colours look.
fn distance(one: [u8; 3], other: [u8; 3]) -> f32 {
    let (one, other) = (oklab(one), oklab(other));
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f32>().sqrt()
}

/// A byte of sRGB as a share of light.
fn linear(byte: u8) -> f32 {
    let share = f32::from(byte) / 255.0;
    if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
}

/// Björn Ottosson's Oklab, from sRGB.
fn oklab(rgb: [u8; 3]) -> [f32; 3] {
    let [red, green, blue] = rgb.map(linear);
    let long = (0.412_221_46 * red + 0.536_332_55 * green + 0.051_445_995 * blue).cbrt();
    let middle = (0.211_903_5 * red + 0.680_699_5 * green + 0.107_396_96 * blue).cbrt();
    let short = (0.088_302_46 * red + 0.281_718_85 * green + 0.629_978_7 * blue).cbrt();
    [
        0.210_454_26 * long + 0.793_617_8 * middle - 0.004_072_047 * short,
        1.977_998_5 * long - 2.428_592_2 * middle + 0.450_593_7 * short,
        0.025_904_037 * long + 0.782_771_77 * middle - 0.808_675_77 * short,
    ]
}

fn keep(path: &Path, cells: &Cells) {
    fs::create_dir_all(path.parent().unwrap_or(path)).expect("a folder for kept pictures");
    let height = cells.rgb.len() / cells.width;
    let size = [cells.width, height].map(|side| u32::try_from(side).expect("a side of a screen"));
    write(path, Picture { size: (size[0], size[1]), rgb: cells.rgb.as_flattened() });
}

fn read(path: &Path) -> Option<Cells> {
    let file = BufReader::new(File::open(path).ok()?);
    let mut reader = png::Decoder::new(file).read_info().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    pixels.truncate(info.buffer_size());
    assert_eq!(info.color_type, png::ColorType::Rgb, "{}", path.display());
    Some(Cells { width: info.width as usize, rgb: pixels.as_chunks().0.to_vec() })
}

fn write(path: &Path, picture: Picture<'_>) {
    let file = File::create(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut encoder = png::Encoder::new(BufWriter::new(file), picture.size.0, picture.size.1);
    encoder.set_color(png::ColorType::Rgb);
    // What is kept is small and kept for long.
    encoder.set_compression(if picture.size.0 < 1_000 { png::Compression::High } else { png::Compression::Fast });
    encoder.write_header().expect("room on the disk").write_image_data(picture.rgb).expect("a whole picture");
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    const SIZE: (u32, u32) = (100, 60);

    fn grey() -> Vec<u8> {
        vec![0x80; (SIZE.0 * SIZE.1 * 3) as usize]
    }

    fn album(folder: &Path, update: bool) -> Album {
        Album { screen: "demo", left: folder.to_owned(), kept: folder.join("kept"), update }
    }

    fn holds(album: &Album, rgb: &[u8]) -> Result<(), String> {
        let held = std::panic::AssertUnwindSafe(|| album.hold("page", Picture { size: SIZE, rgb }));
        catch_unwind(held).map_err(|why| why.downcast_ref::<String>().cloned().unwrap_or_default())
    }

    #[test]
    fn black_and_white_are_one_apart_and_a_step_of_a_byte_is_not_seen() {
        assert!((distance([0; 3], [255; 3]) - 1.0).abs() < 1e-3);
        assert_eq!(distance([30, 60, 90], [30, 60, 90]), 0.0);
        assert!(distance([128; 3], [130; 3]) < TOLERANCE);
        assert!(distance([0xFF, 0xB8, 0x3D], [0xFF, 0x5A, 0x52]) > 5.0 * TOLERANCE, "amber and red");
    }

    #[test]
    fn a_picture_that_nobody_kept_fails_until_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        assert!(holds(&album(folder.path(), false), &grey()).unwrap_err().starts_with("nobody has kept "));
        holds(&album(folder.path(), true), &grey()).unwrap();
        holds(&album(folder.path(), false), &grey()).unwrap();
        assert!(folder.path().join("demo-page.png").exists());
    }

    #[test]
    fn a_spot_of_the_size_of_a_letter_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        holds(&album(folder.path(), true), &grey()).unwrap();
        let mut spotted = grey();
        for (x, y) in (40..46).flat_map(|x| (24..30).map(move |y| (x, y))) {
            let at = (y * SIZE.0 as usize + x) * 3;
            spotted[at..at + 3].fill(0xFF);
        }
        let why = holds(&album(folder.path(), false), &spotted).unwrap_err();
        assert!(why.contains("in 1 places, most about (40, 24)"), "{why}");
        let mut dusty = grey();
        dusty[3 * 77] = 0x90;
        holds(&album(folder.path(), false), &dusty).unwrap();
        holds(&album(folder.path(), true), &spotted).unwrap();
        holds(&album(folder.path(), false), &spotted).unwrap();
    }

    #[test]
    fn a_picture_of_another_size_is_unlike() {
        let (one, other) = (vec![0; 16 * 16 * 3], vec![0; 24 * 16 * 3]);
        let small = cells(Picture { size: (16, 16), rgb: &one });
        let large = cells(Picture { size: (24, 16), rgb: &other });
        assert_eq!(compare(&small, &large), Some(Unlike { cells: 6, worst: (0, 0), distance: 1.0 }));
    }

    #[test]
    fn what_is_left_over_at_the_edges_makes_cells_of_its_own() {
        let seen = cells(Picture { size: SIZE, rgb: &grey() });
        assert_eq!((seen.width, seen.rgb.len()), (13, 13 * 8));
        assert!(seen.rgb.iter().all(|cell| *cell == [0x80; 3]));
    }
}
