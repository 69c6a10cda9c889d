//! Apple Lossless, by our own decoder, held against what its files were made of.

use std::path::Path;

use super::harness::Player;
use super::sound::launch;
use tandem_player::protocol::Event;

/// Noise, which leaves nothing to predict, in steps of a wave, which does: each channel another.
fn sound(channels: usize, bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut all = Vec::new();
    for frame in 0..30_001_u32 {
        for channel in 0..channels as u32 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = if frame / 5_000 % 2 == 0 { state >> 16 } else { state >> 28 };
            let sample = frame.wrapping_mul((channel + 1) * 50_000).wrapping_add(noise << 12) as i32;
            all.extend(&sample.to_le_bytes()[4 - bytes..]);
        }
    }
    all
}

/// Encodes it by libav and decodes it by ours, in a pipeline of this process.
fn there_and_back(folder: &Path, channels: usize, bytes: usize, format: &str) {
    let made = sound(channels, bytes);
    let (from, to) = (folder.join("from.raw"), folder.join("to.raw"));
    std::fs::write(&from, &made).unwrap();
    let samples = format!("pcm-format={format} sample-rate=44100 num-channels={channels} format=pcm");
    launch(&format!(
        "filesrc location={} ! rawaudioparse use-sink-caps=false {samples} ! audioconvert dithering=none ! \
         audio/x-raw,channels={channels} ! avenc_alac ! \
         {} ! audioconvert dithering=none ! audio/x-raw,format={} ! filesink location={}",
        from.display(),
        tandem_player::alac::NAME,
        format.to_uppercase(),
        to.display()
    ));
    let heard = std::fs::read(&to).unwrap();
    assert_eq!(heard.len(), made.len(), "{channels} channels of {format}");
    assert!(heard == made, "{channels} channels of {format}: other samples");
}

#[test]
fn what_is_decoded_is_what_was_encoded() {
    gstreamer::init().unwrap();
    tandem_player::alac::register().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for channels in [1, 2] {
        there_and_back(folder.path(), channels, 2, "s16le");
        there_and_back(folder.path(), channels, 3, "s24le");
    }
}

/// A packet that nobody could have made, in the middle of a file: the rest is heard, or the file fails, and the player lives.
#[test]
fn a_spoilt_packet_ends_nobody() {
    let mut player = Player::fast();
    let file = super::sound::encoded(player.folder.path(), "spoilt", "alac", &super::sound::sine(0, 400_000));
    let whole = std::fs::read(&file).unwrap();
    for (id, byte) in [0x00, 0x5a, 0xff].into_iter().enumerate() {
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 3_000].fill(byte);
        std::fs::write(&file, bytes).unwrap();
        let id = id as u64;
        player.load(id, &file, 0, true);
        player.follow(id, None);
        player.until(
            "an end",
            |event| matches!(event, Event::Ended { id: of } | Event::Failed { id: of, .. } if *of == id),
        );
        player.ping(id);
    }
}
