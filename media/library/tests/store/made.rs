//! A music collection that nobody recorded: the same one every time.

use tandem_library::{Scanned, Tags};

const LATIN: [&str; 48] = [
    "love",
    "night",
    "the",
    "river",
    "a",
    "café",
    "déjà",
    "Über",
    "running",
    "of",
    "blue",
    "señorita",
    "in",
    "and",
    "heart",
    "fire",
    "dance",
    "with",
    "me",
    "you",
    "sky",
    "Straße",
    "road",
    "light",
    "rain",
    "gold",
    "summer",
    "winter",
    "lost",
    "found",
    "dream",
    "city",
    "moon",
    "sun",
    "stone",
    "wild",
    "free",
    "home",
    "again",
    "forever",
    "young",
    "old",
    "king",
    "queen",
    "Björk",
    "ocean",
    "wave",
    "train",
];
const HAN: &str = "晴天七里香稻花海阔空光年之外青花瓷夜曲告白气球爱在西元前听妈妈的话我不配红豆传奇平凡路后来小幸运起风了一二三四人生如梦山水有相逢月亮代表心甜蜜漫步人大城市春夏秋冬雨雪星辰时间煮酒孤勇者少年远方草原骏马";

/// Chance that is none.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % sides
    }
}

pub fn latin(dice: &mut Dice, words: usize) -> String {
    let words: Vec<&str> = (0..words).map(|_| LATIN[dice.throw(LATIN.len())]).collect();
    words.join(" ")
}

pub fn han(dice: &mut Dice, characters: usize) -> String {
    let all: Vec<char> = HAN.chars().collect();
    (0..characters).map(|_| all[dice.throw(all.len())]).collect()
}

/// Twelve tracks an album, one in three albums Chinese, ten albums an artist.
pub fn files(count: usize) -> Vec<Scanned> {
    let mut dice = Dice::new(7);
    let (mut artist, mut album) = (String::new(), String::new());
    let mut chinese = false;
    (0..count)
        .map(|n| {
            if n % 120 == 0 {
                chinese = (n / 120) % 3 == 0;
                artist = if chinese {
                    format!("{}{}", han(&mut dice, 3), n / 120)
                } else {
                    format!("{} {}", latin(&mut dice, 2), n / 120)
                };
            }
            if n % 12 == 0 {
                album = if chinese { han(&mut dice, 5) } else { latin(&mut dice, 3) };
            }
            let length = 2 + dice.throw(4);
            let title = if chinese { han(&mut dice, length) } else { latin(&mut dice, length) };
            Scanned {
                path: format!("{artist}/{} {album}/{:02} {title}.flac", n / 12, n % 12 + 1),
                size: 1_000_000 + n as u64,
                mtime_ns: 1_700_000_000_000_000_000 + n as i64,
                tags: Ok(Tags {
                    title,
                    artists: vec![artist.clone()],
                    album: album.clone(),
                    album_artist: artist.clone(),
                    genre: ["Rock", "Pop", "Jazz", "Klassik", "民谣"][dice.throw(5)].to_owned(),
                    track: Some((n % 12 + 1) as u32),
                    disc: Some(1),
                    year: Some(1970 + (n / 120 % 50) as i32),
                    length_us: Some(180_000_000 + (n % 100) as i64 * 1_000_000),
                }),
            }
        })
        .collect()
}
