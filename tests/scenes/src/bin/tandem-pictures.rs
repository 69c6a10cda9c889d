//! Draws the README's pictures from the recording in the repository: both screens at one instant, in four conditions.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use tandem_scenes::{Pixels, Tandem, demo_log, root};

/// 72 km/h at 21:40.
const INSTANT: f64 = 12.5;
/// So long before it the powertrain's bus falls silent in the picture of stale readings.
const SILENCE: f64 = 0.6;
/// The picture: the cluster above the centre on the night's base colour.
const WIDTH: usize = 2400;
const MARGIN: usize = 240;
const GAP: usize = 48;
const BASE: [u8; 3] = [0x0B, 0x0E, 0x12];

fn main() -> Result<()> {
    let folder = root().join("assets/pictures/readme");
    fs::create_dir_all(&folder)?;
    let work = tempfile::tempdir()?;
    let silent = work.path().join("silent.log");
    fs::write(&silent, falls_silent(&fs::read_to_string(demo_log())?)?)?;

    let hero = draw(&demo_log(), &[])?;
    save(&hero, &folder.join("hero.png"))?;
    for (name, log, options) in [
        ("day", demo_log(), &["--theme", "day"][..]),
        ("zh", demo_log(), &["--language", "zh_CN"]),
        ("stale", silent, &[]),
    ] {
        save(&halved(&draw(&log, options)?), &folder.join(format!("{name}.png")))?;
    }
    println!("The pictures are in {}. Look at each before it is committed.", folder.display());
    Ok(())
}

/// The recording without what `can0` says shortly before the instant of the picture.
fn falls_silent(log: &str) -> Result<String> {
    let time = |line: &str| line.strip_prefix('(')?.split_once(')')?.0.parse::<f64>().ok();
    let start = log.lines().find_map(time).context("an empty recording")?;
    let kept =
        |line: &&str| !line.contains(" can0 ") || time(line).is_some_and(|time| time < start + INSTANT - SILENCE);
    Ok(log.lines().filter(kept).flat_map(|line| [line, "\n"]).collect())
}

/// Both screens at the instant.
fn draw(log: &Path, options: &[&str]) -> Result<Pixels> {
    let folder = tempfile::tempdir()?;
    let (log, pictures) = (log.to_string_lossy(), folder.path().to_string_lossy());
    let instant = INSTANT.to_string();
    let mut words = vec!["replay", &log, "--car", "demo", "--speed", "max", "--json"];
    words.extend(["--screenshot-at", &instant, "--screenshots", &pictures]);
    words.extend(options);
    Tandem::run(words).well();
    let (cluster, centre) =
        (Pixels::of_file(&folder.path().join("cluster.png")), Pixels::of_file(&folder.path().join("centre.png")));
    let mut canvas = Pixels::filled(WIDTH, MARGIN + cluster.height + GAP + centre.height, BASE);
    canvas.put(&cluster, MARGIN, MARGIN / 2);
    canvas.put(&centre, MARGIN, MARGIN / 2 + cluster.height + GAP);
    Ok(canvas)
}

/// Half as wide and high: each pixel is the mean of four.
fn halved(picture: &Pixels) -> Pixels {
    let mut half = Pixels::filled(picture.width / 2, picture.height / 2, BASE);
    for y in 0..half.height {
        for x in 0..half.width {
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| picture.at(2 * x + right, 2 * y + down));
            let mean = |channel: fn(&[u8; 3]) -> u8| {
                u8::try_from((four.iter().map(|pixel| u32::from(channel(pixel))).sum::<u32>() + 2) / 4)
                    .unwrap_or(u8::MAX)
            };
            half.set(x, y, [mean(|pixel| pixel[0]), mean(|pixel| pixel[1]), mean(|pixel| pixel[2])]);
        }
    }
    half
}

fn save(picture: &Pixels, file: &Path) -> Result<()> {
    let mut bytes = Vec::new();
    let size = |pixels: usize| u32::try_from(pixels).context("too large");
    let mut encoder = png::Encoder::new(&mut bytes, size(picture.width)?, size(picture.height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&picture.rgb)?;
    fs::write(file, bytes).with_context(|| file.display().to_string())
}
