//! The six pieces: what they are called and what is played in them.

mod calm;
mod moving;

use crate::cover::Cover;
use crate::score::Score;

/// What stands in a file's tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Of the album, in `assets/music`.
    pub folder: &'static str,
    /// Without its ending.
    pub file: &'static str,
    pub title: &'static str,
    pub artist: &'static str,
    pub album: &'static str,
    pub track: u32,
    pub genre: &'static str,
    pub lossless: bool,
    pub cover: Cover,
}

impl Piece {
    /// Below `assets/music`.
    pub fn path(&self) -> String {
        let ending = if self.lossless { "flac" } else { "ogg" };
        format!("{}/{}.{ending}", self.folder, self.file)
    }
}

/// A score, and the pieces that it is cut into: each with its frames, the last one with all that is left.
pub struct Movements {
    pub score: Score,
    pub parts: Vec<(Piece, Option<usize>)>,
}

const HOME: Piece = Piece {
    folder: "Long way home",
    file: "",
    title: "",
    artist: "Tandem",
    album: "Long way home",
    track: 0,
    genre: "",
    lossless: false,
    cover: Cover::Fog,
};
const LIGHTS: Piece = Piece { folder: "Two lights", album: "Two lights", genre: "Ambient", cover: Cover::Dusk, ..HOME };

pub fn pieces() -> Vec<Movements> {
    let alone = |piece, score| Movements { score, parts: vec![(piece, None)] };
    let fog = Piece {
        file: "01 Morning fog",
        title: "Morning fog",
        track: 1,
        genre: "Ambient",
        lossless: true,
        cover: Cover::Fog,
        ..HOME
    };
    let rain = Piece {
        file: "02 Rain on the windscreen",
        title: "Rain on the windscreen",
        track: 2,
        genre: "Electronic",
        cover: Cover::Rain,
        ..HOME
    };
    let drive = Piece {
        file: "03 Night drive by the ocean",
        title: "Night drive by the ocean",
        track: 3,
        genre: "Jazz",
        cover: Cover::Ocean,
        ..HOME
    };
    let dusk = Piece { file: "01 Dusk", title: "Dusk", track: 1, cover: Cover::Dusk, ..LIGHTS };
    let night = Piece { file: "02 Night", title: "Night", track: 2, cover: Cover::Night, ..LIGHTS };
    let lake = Piece {
        folder: "山水之间",
        file: "01 湖上的月光",
        title: "湖上的月光",
        artist: "两盏灯",
        album: "山水之间",
        track: 1,
        genre: "轻音乐",
        lossless: false,
        cover: Cover::Lake,
    };
    let cut = calm::MOVEMENT_SECONDS * crate::RATE as usize;
    vec![
        alone(fog, calm::fog()),
        alone(rain, moving::rain()),
        alone(drive, moving::drive()),
        Movements { score: calm::two_lights(), parts: vec![(dusk, Some(cut)), (night, None)] },
        alone(lake, calm::lake()),
    ]
}
