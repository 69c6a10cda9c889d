//! Whether the lamps are drawn as they are commanded: judged by the pixels alone, with colours and places of its own, for a check that shares them with what
//! it checks would find them right.

use tandem_kit::{Area, Drawn};
use tandem_telltales::{Colour, Lamp, Lamps, Telltale};

/// Where all of them are.
pub(crate) const LANE: Area = Area { x: 0, y: 0, width: 1920, height: 88 };

/// How far a channel may be from its colour.
const NEAR: u8 = 24;
/// No dark lamp has a channel as bright as this; the ground and its noise are darker.
const BRIGHT: u8 = 0x40;
/// Pixels of another colour that edges may come to.
const STRAY: usize = 12;
/// The lamp of which nobody knows whether it should be lit: as usual, and in high contrast.
const UNKNOWN: [[u8; 3]; 2] = [[0x84, 0x90, 0x9C], [0xC5, 0xCE, 0xD6]];
const COLOURS: [Colour; 4] = [Colour::Red, Colour::Amber, Colour::Green, Colour::Blue];

/// The lamps of a picture that do not show what they are commanded to.
pub(crate) fn misdrawn<'a>(drawn: &'a Drawn<'_>, commanded: &'a Lamps) -> impl Iterator<Item = Telltale> + 'a {
    Telltale::ALL.into_iter().filter(|telltale| !is_right(drawn, *telltale, commanded.of(*telltale)))
}

fn is_right(drawn: &Drawn<'_>, telltale: Telltale, commanded: Lamp) -> bool {
    let found = Found::of(drawn, area(telltale));
    let density = drawn.scale() * drawn.scale();
    let stray = (STRAY as f64 * density) as usize;
    // A lamp that is covered in part lacks ink, one that is covered in its own colour has too much.
    let is_whole = |pixels: usize| {
        let share = pixels as f64 / (f64::from(ink(telltale)) * density);
        // The denser the display, the less of a lamp is its soft edge.
        (0.8..=1.25 + 0.1 * (drawn.scale() - 1.0).max(0.0)).contains(&share)
    };
    let others = |but: Option<Colour>| {
        COLOURS.into_iter().zip(found.colours).all(|(colour, pixels)| Some(colour) == but || pixels <= stray)
    };
    let lit =
        |it: Colour| COLOURS.into_iter().zip(found.colours).any(|(colour, pixels)| colour == it && is_whole(pixels));
    match commanded {
        Lamp::Dark => found.bright <= stray,
        Lamp::Lit(colour) => lit(colour) && others(Some(colour)),
        Lamp::Unknown => found.unknown.into_iter().any(is_whole) && others(None),
    }
}

/// The pixels of a lamp's place, counted.
#[derive(Default)]
struct Found {
    bright: usize,
    /// Of each of [`COLOURS`].
    colours: [usize; 4],
    /// Of each of [`UNKNOWN`].
    unknown: [usize; 2],
}

impl Found {
    fn of(drawn: &Drawn<'_>, area: Area) -> Self {
        let mut found = Self::default();
        // Most of every place is dark: one look at such a pixel is enough.
        for pixel in drawn.pixels(area).filter(|pixel| pixel.iter().any(|channel| *channel >= BRIGHT)) {
            found.bright += 1;
            for (count, colour) in found.colours.iter_mut().zip(COLOURS) {
                *count += usize::from(is_near(pixel, hue(colour)));
            }
            for (count, grey) in found.unknown.iter_mut().zip(UNKNOWN) {
                *count += usize::from(is_near(pixel, grey));
            }
        }
        found
    }
}

fn is_near(pixel: [u8; 3], colour: [u8; 3]) -> bool {
    pixel.iter().zip(colour).all(|(one, other)| one.abs_diff(other) <= NEAR)
}

fn hue(colour: Colour) -> [u8; 3] {
    match colour {
        Colour::Red => [0xFF, 0x5A, 0x52],
        Colour::Amber => [0xFF, 0xB8, 0x3D],
        Colour::Green => [0x3D, 0xDC, 0x84],
        Colour::Blue => [0x5B, 0x9B, 0xFF],
    }
}

/// Where a lamp is: eight cells from the left edge, five up to the right edge, the flashers between them.
fn area(telltale: Telltale) -> Area {
    let cell = |x| Area { x, y: 24, width: 56, height: 56 };
    let flasher = |x| Area { x, y: 16, width: 72, height: 72 };
    match telltale {
        Telltale::ParkingBrake => cell(48),
        Telltale::Belt => cell(120),
        Telltale::Door => cell(192),
        Telltale::Abs => cell(264),
        Telltale::Esc => cell(336),
        Telltale::Tyre => cell(408),
        Telltale::Battery => cell(480),
        Telltale::Fault => cell(552),
        Telltale::Left => flasher(668),
        Telltale::Right => flasher(1180),
        Telltale::RearFog => cell(1528),
        Telltale::FrontFog => cell(1600),
        Telltale::HighBeam => cell(1672),
        Telltale::Position => cell(1744),
        Telltale::LowBeam => cell(1816),
    }
}

/// Pixels that the drawing of a lamp has in its full colour.
fn ink(telltale: Telltale) -> u16 {
    match telltale {
        Telltale::ParkingBrake => 550,
        Telltale::Belt => 540,
        Telltale::Door => 630,
        Telltale::Abs => 440,
        Telltale::Esc => 487,
        Telltale::Tyre => 390,
        Telltale::Battery => 423,
        Telltale::Fault => 356,
        Telltale::Left | Telltale::Right => 1_338,
        Telltale::RearFog => 631,
        Telltale::FrontFog => 627,
        Telltale::HighBeam => 624,
        Telltale::Position => 448,
        Telltale::LowBeam => 633,
    }
}
