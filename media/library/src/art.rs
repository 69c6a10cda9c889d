//! Covers: taken from the file or from its folder, made as small as the screens show them, and kept within a bound.

mod cache;
mod rows;
#[cfg(test)]
mod tests;

pub use cache::{ArtError, Cache};
pub(crate) use rows::Bare;

use image::imageops::{crop_imm, thumbnail};
use image::{DynamicImage, ImageEncoder, ImageReader, Limits};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// The side of a kept cover, pixels; a smaller picture stays as small as it is.
pub const SIDE: u32 = 424;
/// The largest side of a picture that is opened, pixels.
const LARGEST_SIDE: u32 = 8_192;
/// The most that decoding one picture may take, bytes.
const LARGEST_DECODED: u64 = 64 << 20;
/// The largest picture file that is read, bytes.
const LARGEST_FILE: u64 = 16 << 20;
const QUALITY: u8 = 85;

/// Names of a folder's cover, best first.
const NAMES: [&str; 5] = ["cover", "folder", "front", "album", "albumart"];
const EXTENSIONS: [&str; 3] = ["jpg", "jpeg", "png"];

/// Makes a cover of a picture: the middle square, at most [`SIDE`] wide, as JPEG.
///
/// # Errors
/// [`ArtError::Picture`] if it is none, is damaged, or would take too much memory.
pub fn cover(picture: &[u8]) -> Result<Vec<u8>, ArtError> {
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_DECODED);
    reader.limits(limits);
    let decoded = reader.decode()?;
    let (width, height) = (decoded.width(), decoded.height());
    let side = width.min(height).max(1);
    let decoded = match decoded {
        DynamicImage::ImageRgb8(decoded) => decoded,
        other => other.into_rgb8(),
    };
    let square = crop_imm(&decoded, (width - side.min(width)) / 2, (height - side.min(height)) / 2, side, side);
    let small = if side > SIDE { thumbnail(&*square, SIDE, SIDE) } else { square.to_image() };
    let mut jpeg = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    encoder.write_image(small.as_raw(), small.width(), small.height(), image::ExtendedColorType::Rgb8)?;
    Ok(jpeg)
}

/// The picture file of a folder, if there is one: `cover.jpg`, `folder.jpg`, `front.png` and the like, in any case.
pub fn of_folder(folder: &Path) -> Option<PathBuf> {
    let rank = |name: &OsString| {
        let name = name.to_str()?.to_ascii_lowercase();
        let (stem, extension) = name.rsplit_once('.')?;
        EXTENSIONS.iter().position(|known| *known == extension)?;
        NAMES.iter().position(|known| *known == stem)
    };
    let names = fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let ranked = names.filter_map(|entry| rank(&entry.file_name()).map(|rank| (rank, entry.file_name())));
    ranked.min().map(|(_, name)| folder.join(name))
}

/// Reads a picture file of at most 16 MiB.
///
/// # Errors
/// [`ArtError::TooLarge`], or what the file system says.
pub fn read(path: &Path) -> Result<Vec<u8>, ArtError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE { Err(ArtError::TooLarge) } else { Ok(bytes) }
}

impl From<io::Error> for ArtError {
    fn from(source: io::Error) -> Self {
        Self::Io(source)
    }
}
