//! What lies in assets/music is what this source makes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::fmt::Write;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use tandem_music::cover::{Cover, SIZE};
use tandem_music::{Piece, RATE, Sound, play};

/// Lossy coding by `oggenc --quality 3` leaves at least so much between the sound and what it adds, dB.
const CLEAN: f64 = 9.0;

fn music() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/music")
}

/// The samples of a committed file, by the decoder of the format's makers; none where that is not installed.
fn decoded(piece: &Piece) -> Option<Vec<i16>> {
    let file = music().join(piece.path());
    assert!(file.is_file(), "{} is missing: cargo xtask music", piece.path());
    let mut decoder = if piece.lossless {
        let mut flac = Command::new("flac");
        flac.args(["--decode", "--silent", "--force-raw-format", "--endian=little", "--sign=signed", "--stdout"]);
        flac
    } else {
        let mut oggdec = Command::new("oggdec");
        oggdec.args(["--quiet", "--raw", "--output", "-"]);
        oggdec
    };
    let Ok(output) = decoder.arg(&file).output() else {
        tandem_scenes::skip(&format!("{} is missing; `cargo xtask test` installs it", decoder.get_program().display()));
        return None;
    };
    assert!(output.status.success(), "{}: {}", piece.path(), String::from_utf8_lossy(&output.stderr));
    Some(output.stdout.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect())
}

/// How far the sound lies above the difference, dB.
fn clean(made: &[i16], found: &[i16]) -> f64 {
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let sound = power(&mut made.iter().map(|sample| f64::from(*sample)));
    let noise = power(&mut made.iter().zip(found).map(|(made, found)| f64::from(*made) - f64::from(*found)));
    10.0 * (sound / noise).log10()
}

fn ends(sound: &Sound) -> [i16; 4] {
    let last = sound.samples.len() - 1;
    [sound.samples[0], sound.samples[1], sound.samples[last - 1], sound.samples[last]]
}

#[test]
fn the_committed_files_are_what_this_source_plays() {
    let played = play().unwrap();
    assert_eq!(played.len(), 6);
    let mut told = String::new();
    for (piece, sound) in &played {
        let seconds = sound.frames() as f64 / f64::from(RATE);
        writeln!(told, "{:016x} {seconds:4.1} s {:.1} LUFS  {}", sound.hash(), sound.loudness, piece.path()).unwrap();
        assert!((20.0..=40.0).contains(&seconds));
        assert!(sound.peak() < 0.85, "{}: {}", piece.path(), sound.peak());
        let Some(found) = decoded(piece) else { continue };
        assert_eq!(found.len(), sound.samples.len(), "{}", piece.path());
        if piece.lossless {
            assert!(found == sound.samples, "{}", piece.path());
        } else {
            let clean = clean(&sound.samples, &found);
            assert!(clean > CLEAN, "{}: {clean:.1} dB", piece.path());
        }
    }
    insta::assert_snapshot!(told, @r"
    aa94f3a19c49cdfc 24.0 s -16.0 LUFS  Long way home/01 Morning fog.flac
    5c19cc10c219b189 28.5 s -16.0 LUFS  Long way home/02 Rain on the windscreen.ogg
    ab49d423e3a586c1 28.0 s -16.0 LUFS  Long way home/03 Night drive by the ocean.ogg
    4b4d0d69896fe9a6 20.0 s -16.0 LUFS  Two lights/01 Dusk.ogg
    5d5ce33405d35fd6 25.0 s -16.0 LUFS  Two lights/02 Night.ogg
    0b7299157ee73ada 29.0 s -16.0 LUFS  山水之间/01 湖上的月光.ogg
    ");

    // Silence at both ends, but in the middle of the pair, which is one breath.
    for (piece, sound) in &played {
        let quiet = match piece.title {
            "Dusk" => ends(sound)[..2].to_vec(),
            "Night" => ends(sound)[2..].to_vec(),
            _ => ends(sound).to_vec(),
        };
        assert!(quiet.iter().all(|sample| *sample == 0), "{}: {quiet:?}", piece.path());
    }
    let pair: Vec<_> = played.iter().filter(|(piece, _)| piece.album == "Two lights").collect();
    let (dusk, night) = (&pair[0].1, &pair[1].1);
    let before: Vec<_> = dusk.samples.iter().rev().take(2 * 4_410).collect();
    assert!(before.iter().any(|sample| sample.abs() > 1_000), "the pair is joined in silence");
    // No sample of the join stands out from those around it.
    let step = |a: i16, b: i16| (i32::from(a) - i32::from(b)).abs();
    let around = before.iter().zip(before.iter().skip(2)).map(|(a, b)| step(**a, **b)).max().unwrap();
    assert!(step(*before[1], night.samples[0]) <= around + 200 && step(*before[0], night.samples[1]) <= around + 200);
}

#[test]
fn a_cover_is_three_colours_in_large_shapes() {
    let width = 3 * SIZE as usize;
    let mut sheet = vec![0_u8; width * 3 * 2 * SIZE as usize];
    for (place, cover) in Cover::ALL.into_iter().enumerate() {
        let pixels = cover.pixels();
        let mut counts = std::collections::HashMap::new();
        for pixel in pixels.chunks_exact(3) {
            *counts.entry([pixel[0], pixel[1], pixel[2]]).or_insert(0_u32) += 1;
        }
        let mut counts: Vec<_> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let three: u32 = counts.iter().take(3).sum();
        // The rest is soft edges.
        assert!(f64::from(three) > 0.98 * f64::from(SIZE * SIZE), "{cover:?}: {counts:?}");
        assert!(counts[2] > SIZE * SIZE / 300, "{cover:?}");
        assert!(cover.png().unwrap().len() < 20_000, "{cover:?}");
        for (row, line) in pixels.chunks_exact(3 * SIZE as usize).enumerate() {
            let start = ((place / 3 * SIZE as usize + row) * width + place % 3 * SIZE as usize) * 3;
            sheet[start..start + line.len()].copy_from_slice(line);
        }
    }
    // Left for a person to look at.
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("covers.png");
    let file = BufWriter::new(std::fs::File::create(path).unwrap());
    let mut encoder = png::Encoder::new(file, width as u32, 2 * SIZE);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&sheet).unwrap();
}
