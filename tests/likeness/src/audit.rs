//! What can be measured of a page's picture: how many hues and sizes of text it has, whether its edges lie on the grid, whether its words stand out.

use std::collections::BTreeMap;

use crate::{Elements, distance, linear};

/// The grid of all edges, px.
const GRID: usize = 4;
/// A run of pixels this long is an edge of something, not of a letter, an icon or a circle.
const EDGE: usize = 40;
/// Two edges this close are the sides of a line: one of them lies on the grid.
const LINE: usize = 6;
/// So many pixels make a colour one of the page's, and not the rim of something.
const PATCH: usize = 400;
/// Colours this close are one hue: shades of a ground, in Oklab.
const SHADE: f32 = 0.06;
/// Steps in Oklab that people see beside each other.
const STEP: f32 = 0.012;
/// Below this there is nothing to read: words that are not shown.
const NOTHING: f32 = 1.04;
const MOST_SIZES: usize = 5;
const MOST_HUES: usize = 9;
/// Of words and their ground, as WCAG counts.
const LEAST_CONTRAST: f32 = 4.5;
/// Line heights of the faces, as a share of the size: Inter, Inter Display, Noto Sans CJK.
const LATIN: f32 = 1.21;
const HAN: f32 = 1.448;
/// So far rounding takes the height of a line, px.
const ROUNDED: f32 = 1.0;

/// Left, top, width, height in pixels.
pub type Place = (f32, f32, f32, f32);

/// See [`audit`].
#[derive(Debug, PartialEq)]
pub struct Audit {
    /// Sizes of text on the page, px.
    pub sizes: Vec<u32>,
    /// Text of a size that it may not have.
    pub other_sizes: Vec<Place>,
    /// Flat colours, those with the most pixels first.
    pub hues: Vec<[u8; 3]>,
    pub edges: usize,
    /// Where edges are off the grid: x and y of their beginning, and whether they are upright.
    pub off_grid: Vec<(usize, usize, bool)>,
    /// Words that stand out least, and by how much.
    pub faintest: Option<(Place, f32)>,
}

impl Audit {
    /// What a page may not have: text of a size that is none, more than five sizes, more than nine hues, more than one edge of twenty off the grid, words that
    /// do not stand out.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.other_sizes.is_empty() {
            faults.push(format!("text of no size of the design: {:?}", self.other_sizes));
        }
        if self.sizes.len() > MOST_SIZES {
            faults.push(format!("too many sizes of text: {:?}", self.sizes));
        }
        if self.hues.len() > MOST_HUES {
            faults.push(format!("too many hues: {:02x?}", self.hues));
        }
        if self.off_grid.len() * 20 > self.edges {
            faults.push(format!("{} of {} edges off the grid: {:?}", self.off_grid.len(), self.edges, self.off_grid));
        }
        if let Some((place, ratio)) = self.faintest.filter(|(_, ratio)| *ratio < LEAST_CONTRAST) {
            faults.push(format!("words of a contrast of {ratio:.1} at {place:?}"));
        }
        faults
    }
}

struct Picture<'a> {
    rgb: &'a [[u8; 3]],
    width: usize,
    height: usize,
}

/// Measures a picture of three bytes a pixel.
pub fn audit(rgb: &[u8], width: usize, elements: &Elements) -> Audit {
    let rgb = rgb.as_chunks().0;
    let picture = Picture { rgb, width, height: rgb.len() / width };
    let masked = picture.mask(elements);
    let read: Vec<_> = elements.texts.iter().filter_map(|place| Some((*place, picture.stands_out(*place)?))).collect();
    let sized = read.iter().map(|(place, _)| (*place, size(place.3, &elements.sizes)));
    let (known, other): (Vec<_>, Vec<_>) = sized.partition(|(_, size)| size.is_some());
    let mut sizes: Vec<_> = known.into_iter().filter_map(|(_, size)| size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let (upright, level) = (picture.edges(&masked, true), picture.edges(&masked, false));
    Audit {
        sizes,
        other_sizes: other.into_iter().map(|(place, _)| place).collect(),
        hues: picture.hues(&masked),
        edges: upright.len() + level.len(),
        off_grid: upright.into_iter().chain(level).filter(|edge| !edge.on_grid).map(|edge| edge.at).collect(),
        faintest: read.into_iter().min_by(|one, other| one.1.total_cmp(&other.1)),
    }
}

/// The size of a text by the height of its lines: the nearest of those that it may be, with the fewest lines.
fn size(height: f32, sizes: &[u32]) -> Option<u32> {
    let fits = |size: u32| {
        let fitting = [LATIN, HAN].into_iter().filter_map(move |face| {
            let line = size as f32 * face;
            let count = (height / line).floor().max(1.0);
            let off = (height - (line * count).ceil()).abs();
            (off <= ROUNDED).then_some((count as u32, off as u32, size))
        });
        fitting.min()
    };
    sizes.iter().filter_map(|size| fits(*size)).min().map(|(.., size)| size)
}

struct Edge {
    at: (usize, usize, bool),
    on_grid: bool,
}

impl Picture<'_> {
    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        self.rgb[y * self.width + x]
    }

    fn inside(&self, (left, top, width, height): Place) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let clip = |from: f32, length: f32, most: usize| {
            let end = ((from + length).ceil().max(0.0) as usize).min(most);
            (from.max(0.0) as usize).min(end)..end
        };
        (clip(left, width, self.width), clip(top, height, self.height))
    }

    fn mask(&self, elements: &Elements) -> Vec<bool> {
        let mut masked = vec![false; self.rgb.len()];
        for place in elements.texts.iter().chain(&elements.drawings) {
            let (across, down) = self.inside(*place);
            for y in down {
                masked[y * self.width + across.start..y * self.width + across.end].fill(true);
            }
        }
        masked
    }

    /// How much the ink of a text stands out from its ground, as WCAG counts it; none if there is nothing to read.
    fn stands_out(&self, place: Place) -> Option<f32> {
        let (across, down) = self.inside(place);
        if across.len() < 4 || down.len() < 8 {
            return None;
        }
        let mut lights: Vec<_> = down.clone().flat_map(|y| across.clone().map(move |x| light(self.at(x, y)))).collect();
        let rim =
            [down.start, down.end - 1].into_iter().flat_map(|y| across.clone().map(move |x| light(self.at(x, y))));
        let mut rim: Vec<_> = rim.collect();
        rim.sort_by(f32::total_cmp);
        lights.sort_by(f32::total_cmp);
        let ground = rim[rim.len() / 2];
        // The few pixels in the middle of strokes: their rims are mixed with the ground.
        let few = (lights.len() / 200).max(3).min(lights.len() - 1);
        let (dark, bright) = (lights[few], lights[lights.len() - 1 - few]);
        let ratio = |one: f32, other: f32| (one.max(other) + 0.05) / (one.min(other) + 0.05);
        let ratio = ratio(ground, dark).max(ratio(ground, bright));
        (ratio > NOTHING).then_some(ratio)
    }

    fn hues(&self, masked: &[bool]) -> Vec<[u8; 3]> {
        let mut counts = BTreeMap::new();
        for y in (0..self.height - 1).step_by(2) {
            for x in (0..self.width - 1).step_by(2) {
                let here = self.at(x, y);
                if !masked[y * self.width + x] && here == self.at(x + 1, y) && here == self.at(x, y + 1) {
                    *counts.entry(here).or_insert(0_usize) += 4;
                }
            }
        }
        let mut counts: Vec<_> = counts.into_iter().filter(|(_, count)| *count >= PATCH).collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut hues: Vec<[u8; 3]> = Vec::new();
        for (colour, _) in counts {
            if hues.iter().all(|hue| distance(*hue, colour) > SHADE) {
                hues.push(colour);
            }
        }
        hues
    }

    /// Where a colour ends along a straight line.
    fn edges(&self, masked: &[bool], upright: bool) -> Vec<Edge> {
        let (lines, length) = if upright { (self.width, self.height) } else { (self.height, self.width) };
        let place = |line: usize, along: usize| if upright { (line, along) } else { (along, line) };
        let differs = |line: usize, along: usize| {
            let ((x, y), (before_x, before_y)) = (place(line, along), place(line - 1, along));
            let (here, before) = (self.at(x, y), self.at(before_x, before_y));
            here != before
                && !masked[y * self.width + x]
                && !masked[before_y * self.width + before_x]
                && distance(here, before) > STEP
        };
        let mut found: Vec<(usize, usize)> = Vec::new();
        for line in 1..lines {
            let mut run = 0;
            for along in 0..=length {
                if along < length && differs(line, along) {
                    run += 1;
                    continue;
                }
                if run >= EDGE {
                    found.push((line, along - run));
                }
                run = 0;
            }
        }
        let is_on = |line: &usize| line.is_multiple_of(GRID);
        let edge = |(line, from): &(usize, usize)| {
            let mut sides = found
                .iter()
                .filter(|(other, start)| other.abs_diff(*line) <= LINE && start.abs_diff(*from) <= 2 * LINE);
            let (x, y) = place(*line, *from);
            Edge { at: (x, y, upright), on_grid: sides.any(|(side, _)| is_on(side)) }
        };
        found.iter().map(edge).collect()
    }
}

/// Relative luminance.
fn light(rgb: [u8; 3]) -> f32 {
    let [red, green, blue] = rgb.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 120;
    const GROUND: [u8; 3] = [0x15, 0x1A, 0x20];

    /// A ground with patches on it, and what is known of its elements.
    fn seen(patches: &[(Place, [u8; 3])], elements: &Elements) -> Audit {
        let mut rgb = vec![GROUND; WIDTH * 80];
        for ((left, top, width, height), colour) in patches {
            for y in *top as usize..(top + height) as usize {
                rgb[y * WIDTH + *left as usize..y * WIDTH + (left + width) as usize].fill(*colour);
            }
        }
        audit(rgb.as_flattened(), WIDTH, elements)
    }

    #[test]
    fn edges_are_found_on_the_grid_and_off_it() {
        let on = seen(&[((8.0, 8.0, 48.0, 48.0), [0x2E, 0x38, 0x43])], &Elements::default());
        assert_eq!((on.edges, on.off_grid), (4, vec![]));
        let off = seen(&[((9.0, 8.0, 48.0, 48.0), [0x2E, 0x38, 0x43])], &Elements::default());
        assert_eq!((off.edges, off.off_grid.as_slice()), (4, [(9, 8, true), (57, 8, true)].as_slice()));
        assert!(off.faults()[0].starts_with("2 of 4 edges off the grid"), "{:?}", off.faults());
        // A line two pixels wide has a side off the grid.
        let line = seen(&[((8.0, 8.0, 2.0, 48.0), [0xEE; 3])], &Elements::default());
        assert_eq!((line.edges, line.off_grid), (2, vec![]));
    }

    #[test]
    fn what_is_drawn_is_not_counted_and_shades_are_one_hue() {
        let patches = [((8.0, 8.0, 40.0, 40.0), [0x1E, 0x25, 0x2D]), ((61.0, 8.0, 44.0, 44.0), [0xFF, 0x5A, 0x52])];
        let with = seen(&patches, &Elements::default());
        assert_eq!((with.hues.as_slice(), with.off_grid.len()), ([GROUND, [0xFF, 0x5A, 0x52]].as_slice(), 2));
        let drawings = vec![(60.0, 7.0, 46.0, 46.0)];
        let without = seen(&patches, &Elements { drawings, ..Elements::default() });
        assert_eq!((without.hues.as_slice(), without.off_grid.len()), ([GROUND].as_slice(), 0));
    }

    #[test]
    fn words_have_a_size_and_stand_out_or_do_not() {
        let place = (8.0, 8.0, 60.0, 30.0);
        let elements = || Elements { texts: vec![place], sizes: vec![24, 28, 32], ..Elements::default() };
        let stroke = |ink| [((12.0, 16.0, 40.0, 4.0), ink)];
        let bright = seen(&stroke([0xEE; 3]), &elements());
        assert_eq!(bright.sizes, [24]);
        assert!(bright.faintest.unwrap().1 > 12.0);
        let dim = seen(&stroke([0x38; 3]), &elements());
        assert!(dim.faintest.unwrap().1 < 2.0);
        assert!(dim.faults()[0].starts_with("words of a contrast of 1."), "{:?}", dim.faults());
        assert_eq!(bright.faults(), [""; 0]);
        assert_eq!(seen(&[], &elements()).faintest, None, "nothing is written there");
        assert_eq!(size(32.0, &[24, 28]), None, "no size of ours");
        assert_eq!(size(117.0, &[24, 96]), Some(96), "not four lines of 24");
        assert_eq!((size(59.0, &[24, 28, 32]), size(35.0, &[24, 28])), (Some(24), Some(24)), "two lines, and Chinese");
    }
}
