//! Finds words that were cut: Slint ends them with three dots on the baseline, with nothing above and nothing below.

use std::iter::successors;

/// How wide and how high a dot is, and how far one is from the next, px: of text from 24 to 32 px.
const DOT: std::ops::RangeInclusive<usize> = 2..=5;
const GAP: std::ops::RangeInclusive<usize> = 2..=8;
/// So far above and below there is nothing.
const CLEAR: usize = 6;

struct Picture<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
}

impl Picture<'_> {
    fn at(&self, x: usize, y: usize) -> &[u8] {
        &self.pixels[(y * self.width + x) * 3..][..3]
    }

    /// Where the run of pixels that are this colour, or are not, ends.
    fn run(&self, (x, y): (usize, usize), ground: &[u8], is_ground: bool) -> usize {
        (x..self.width).find(|x| (self.at(*x, y) == ground) != is_ground).unwrap_or(self.width)
    }

    /// The end of three dots that begin here.
    fn dots(&self, (x, y): (usize, usize)) -> Option<usize> {
        let ground = self.at(x.checked_sub(1)?, y);
        // The way out that nearly every pixel takes.
        if self.at(x, y) == ground || self.at(x, y - CLEAR) != ground || self.at(x, y + CLEAR) != ground {
            return None;
        }
        let ends: Vec<_> = successors(Some((x, false)), |(from, is_ground)| {
            Some((self.run((*from, y), ground, *is_ground), !is_ground))
        })
        .map(|(end, _)| end)
        .take(6)
        .collect();
        let lengths: Vec<_> = ends.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let fits = [&DOT, &GAP, &DOT, &GAP, &DOT].iter().zip(&lengths).all(|(range, length)| range.contains(length));
        let even = lengths[1].abs_diff(lengths[3]) <= 1 && lengths[0].abs_diff(lengths[4]) <= 1;
        let end = ends[5];
        let is_clear = |y: usize| (x..end).all(|x| self.at(x, y) == ground);
        (fits && even && is_clear(y - CLEAR) && is_clear(y + CLEAR)).then_some(end)
    }
}

/// Where words were cut, x and y, on a picture of three bytes a pixel: in Latin letters, for Chinese has dots of its own. So have drawings, which are left out by
/// their left, top, width and height. Words on a ground that is not of one colour are not found.
pub fn cut_words(rgb: &[u8], width: usize, drawings: &[(f32, f32, f32, f32)]) -> Vec<(usize, usize)> {
    let picture = Picture { pixels: rgb, width, height: rgb.len() / width / 3 };
    let is_drawn = |(x, y): (usize, usize)| {
        let (x, y) = (x as f32, y as f32);
        drawings
            .iter()
            .any(|(left, top, width, height)| (*left..left + width).contains(&x) && (*top..top + height).contains(&y))
    };
    let places = (CLEAR..picture.height - CLEAR).flat_map(|y| (1..width).map(move |x| (x, y)));
    places.filter(|place| picture.dots(*place).is_some() && !is_drawn(*place)).collect()
}
