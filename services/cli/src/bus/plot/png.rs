use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use crate::failure::set_up;

/// Where fonts lie.
const FOLDERS: [&str; 3] = ["/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/texmf/fonts"];
/// What the picture is set in, the best first; the last has Chinese.
const WANTED: [&str; 7] = [
    "Inter-Regular.otf",
    "Inter-SemiBold.otf",
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "NotoSans-Regular.ttf",
    "LiberationSans-Regular.ttf",
    "NotoSansCJK-Regular.ttc",
];
/// Pixels for each of the drawing's: sharp on every screen.
const SCALE: f32 = 2.0;
/// Four bytes each are held in memory.
const MOST_PIXELS: u64 = 100_000_000;
/// Folders within folders.
const DEEPEST: usize = 6;

/// Makes pixels of an SVG picture.
///
/// # Errors
/// This machine has no font that we know, or the picture is too large.
pub fn render(picture: &str) -> anyhow::Result<Vec<u8>> {
    let mut files = Vec::new();
    FOLDERS.iter().for_each(|folder| find(Path::new(folder), DEEPEST, &mut files));
    files.sort_by_key(|(rank, _)| *rank);
    let mut fonts = fontdb::Database::new();
    for (_, file) in &files {
        // One that cannot be read leaves the others.
        if let Ok(bytes) = std::fs::read(file) {
            fonts.load_font_data(bytes);
        }
    }
    if fonts.is_empty() {
        return Err(set_up("a PNG needs a font: install one with `sudo apt install fonts-inter`, or draw an .svg"));
    }
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(picture, &options).context("the picture is no SVG")?;
    let size = tree.size().to_int_size().scale_by(SCALE).context("the picture has no size")?;
    let (width, height) = (size.width(), size.height());
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(set_up(format!(
            "a PNG of {width} x {height} pixels is too large: draw fewer signals, a smaller --width, or an .svg"
        )));
    }
    let mut pixels = Pixmap::new(width, height).context("the picture is too large")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().context("the picture is no PNG")
}

fn find(folder: &Path, depth: usize, files: &mut Vec<(usize, PathBuf)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let rank = WANTED.iter().position(|wanted| entry.file_name() == *wanted);
        match rank {
            Some(rank) => files.push((rank, path)),
            None if depth > 0 && path.is_dir() => find(&path, depth - 1, files),
            None => {}
        }
    }
}
