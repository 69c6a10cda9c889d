//! A library of a hundred thousand songs, half of whose names nobody could read aloud.

use anyhow::Result;
use tandem_library::{Library, Scanned, Tags, Volume};

/// Songs that [`fill`] puts into a library.
pub const CROWD: usize = 100_000;

const SYLLABLES: [&str; 12] = ["sol", "mar", "nac", "ter", "lin", "gar", "pho", "bel", "dor", "æn", "rue", "vik"];
const CHARACTERS: [char; 16] =
    ['晴', '天', '七', '里', '香', '夜', '曲', '稻', '青', '花', '瓷', '海', '月', '光', '山', '水'];

/// A title of two words and, for every third, three Chinese characters; another for each number.
pub fn title(number: usize) -> String {
    let syllable = |place: u32| SYLLABLES.get(number / 12usize.pow(place) % 12).copied().unwrap_or_default();
    let mut title = format!("{}{} {}{}{}", syllable(0), syllable(1), syllable(2), syllable(3), syllable(4));
    if number.is_multiple_of(3) {
        let character = |place: u32| CHARACTERS.get(number / 3 / 16usize.pow(place) % 16).copied().unwrap_or_default();
        title.extend([' ', character(0), character(1), character(2)]);
    }
    title
}

/// Where the file of a number lies below its volume's folder.
pub fn path(number: usize) -> String {
    format!("{}/{}/{number}.flac", number / 1200, number / 12)
}

/// Writes them to a library as a scan would, each with the size and the time of change that `seen` has of its file.
pub async fn fill(library: &Library, volume: &Volume, seen: impl Fn(usize) -> (u64, i64)) -> Result<()> {
    library.attach(volume).await?;
    let mut writer = library.begin_scan(&volume.id).await?;
    let numbers: Vec<usize> = (0..CROWD).collect();
    for batch in numbers.chunks(500) {
        let scanned = batch.iter().map(|number| {
            let (size, mtime_ns) = seen(*number);
            let tags = Tags {
                title: title(*number),
                artists: vec![title(number / 120 * 7)],
                album: title(number / 12 * 5),
                length_us: Some(200_000_000),
                ..Tags::default()
            };
            Scanned { path: path(*number), size, mtime_ns, tags: Ok(tags) }
        });
        writer.put(scanned.collect()).await?;
    }
    writer.finish().await?;
    Ok(())
}
