use super::{ArtError, Cache, SIDE, cover, of_folder};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use std::fs::{self, File};
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn plain(width: u32, height: u32, shade: u8) -> Vec<u8> {
    encoded(RgbImage::from_pixel(width, height, Rgb([shade, 0, 0])), ImageFormat::Png)
}

/// A PNG that says that it is large: signature, header, and hardly anything of its pixels.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = plain(1, 1, 0);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = u32::MAX;
    for byte in &bytes[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    bytes[29..33].copy_from_slice(&(!crc).to_be_bytes());
    bytes
}

#[test]
fn a_cover_is_the_middle_square() {
    let mut wide = RgbImage::from_pixel(1_200, 600, Rgb([0, 0, 255]));
    for (x, _, pixel) in wide.enumerate_pixels_mut() {
        if (300..900).contains(&x) {
            *pixel = Rgb([255, 0, 0]);
        }
    }
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let small = image::load_from_memory(&cover(&encoded(wide.clone(), format)).unwrap()).unwrap().into_rgb8();
        assert_eq!((small.width(), small.height()), (SIDE, SIDE));
        for x in [8, SIDE / 2, SIDE - 9] {
            let Rgb([red, _, blue]) = *small.get_pixel(x, 100);
            assert!(red > 230 && blue < 40, "{x}: {red} {blue}");
        }
    }
}

#[test]
fn a_small_picture_stays_small() {
    let small = RgbaImage::from_pixel(90, 120, Rgba([10, 200, 10, 128]));
    let cover = image::load_from_memory(&cover(&encoded(small, ImageFormat::Png)).unwrap()).unwrap();
    assert_eq!((cover.width(), cover.height()), (90, 90));
}

#[test]
fn bombs_are_refused() {
    for (width, height) in [(30_000, 30_000), (8_193, 1), (8_000, 8_000), (0, 0), (u32::MAX, u32::MAX)] {
        assert!(matches!(cover(&bomb(width, height)), Err(ArtError::Picture(_))), "{width} x {height}");
    }
    for bytes in [&b""[..], b"GIF89a", b"\xFF\xD8\xFF", &plain(20, 20, 1)[..60]] {
        assert!(cover(bytes).is_err());
    }
}

#[test]
fn a_folder_has_one_cover() {
    let folder = TempDir::new().unwrap();
    assert_eq!(of_folder(folder.path()), None);
    for (name, best) in [
        ("Front.PNG", "Front.PNG"),
        ("booklet.jpg", "Front.PNG"),
        ("FOLDER.jpeg", "FOLDER.jpeg"),
        ("Cover.JPG", "Cover.JPG"),
    ] {
        File::create(folder.path().join(name)).unwrap();
        assert_eq!(of_folder(folder.path()), Some(folder.path().join(best)));
    }
    assert_eq!(of_folder(Path::new("/nowhere")), None);
}

#[test]
fn a_picture_is_kept_once() {
    let folder = TempDir::new().unwrap();
    let mut cache = Cache::open(folder.path(), 1 << 20).unwrap();
    let name = cache.keep(&plain(600, 600, 1)).unwrap().unwrap();
    assert_eq!(cache.keep(&plain(600, 600, 1)).unwrap(), Some(name.clone()));
    assert_ne!(cache.keep(&plain(600, 600, 2)).unwrap(), Some(name.clone()));
    assert!(cache.keep(&bomb(30_000, 30_000)).is_err());
    assert_eq!(cache.keep(&bomb(30_000, 30_000)).unwrap(), None);
    let bytes: u64 = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert_eq!((fs::read_dir(folder.path()).unwrap().count(), bytes), (2, cache.bytes()));
    // Half a cover that a power cut left, and a file that is not ours.
    fs::write(folder.path().join(format!("{name}.new")), "x").unwrap();
    fs::write(folder.path().join("note.txt"), "x").unwrap();
    let mut again = Cache::open(folder.path(), 1 << 20).unwrap();
    assert_eq!(again.bytes(), bytes);
    assert_eq!(again.keep(&plain(600, 600, 1)).unwrap(), Some(name));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn the_oldest_covers_make_room() {
    let folder = TempDir::new().unwrap();
    let one = cover(&plain(600, 600, 0)).unwrap().len() as u64;
    let most = 4 * one + one / 2;
    let mut cache = Cache::open(folder.path(), most).unwrap();
    let names: Vec<String> = (0..4).map(|shade| cache.keep(&plain(600, 600, shade)).unwrap().unwrap()).collect();
    // All of them are in use, so the next one finds no room.
    assert!(matches!(cache.keep(&plain(600, 600, 9)), Err(ArtError::Full)));
    for (age, name) in names.iter().enumerate() {
        let used = SystemTime::now() - Duration::from_secs(86_400 * (10 - age as u64));
        File::options().append(true).open(folder.path().join(name)).unwrap().set_modified(used).unwrap();
    }
    let mut cache = Cache::open(folder.path(), most).unwrap();
    // The oldest is used again; the second oldest goes.
    assert_eq!(cache.keep(&plain(600, 600, 0)).unwrap().as_ref(), Some(&names[0]));
    cache.keep(&plain(600, 600, 9)).unwrap().unwrap();
    let dropped = cache.dropped();
    assert!(dropped.contains(&names[1]) && !dropped.contains(&names[0]), "{dropped:?}");
    assert!(cache.bytes() <= most);
    assert!(folder.path().join(&names[0]).exists() && !folder.path().join(&names[1]).exists());
}
