//! Where the elements of a window are.

use i_slint_backend_testing::{ElementHandle, ElementQuery};
use slint::ComponentHandle;

use crate::Place;

/// The sizes that text may have, px: of the design, and none is smaller.
const SIZES: [u32; 7] = [24, 28, 32, 44, 64, 96, 224];

/// What is known of a page's elements.
#[derive(Debug, Default)]
pub struct Elements {
    pub texts: Vec<Place>,
    /// Icons, pictures and curves: their insides are not the page's.
    pub drawings: Vec<Place>,
    /// The sizes that text may have, px.
    pub sizes: Vec<u32>,
}

impl Elements {
    pub fn of(window: &impl ComponentHandle) -> Self {
        let all = |base: &str| {
            let mut places = places(window, base);
            // A component and the place that it is used in are one.
            places.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
            places.dedup();
            places
        };
        let (width, height) = {
            let size = window.window().size().to_logical(window.window().scale_factor());
            (size.width, size.height)
        };
        let mut drawings = [all("Image"), all("Path")].concat();
        // A ground is no drawing.
        drawings.retain(|(.., wide, high)| *wide < width || *high < height);
        Self { texts: all("Text"), drawings, sizes: SIZES.to_vec() }
    }
}

fn places(window: &impl ComponentHandle, base: &str) -> Vec<Place> {
    let found = ElementQuery::from_root(window).match_descendants().match_inherits(base).find_all();
    let place = |it: &ElementHandle| (it.absolute_position(), it.size());
    found.iter().map(place).map(|(corner, size)| (corner.x, corner.y, size.width, size.height)).collect()
}

/// Where words are cut on a picture of a window; see [`cut_words`](crate::cut_words).
pub fn words_that_are_cut(window: &impl ComponentHandle, rgb: &[u8], width: usize) -> Vec<(usize, usize)> {
    crate::cut_words(rgb, width, &places(window, "Icon"))
}
