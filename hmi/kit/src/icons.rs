use std::cell::RefCell;
use std::collections::VecDeque;

use i_slint_core::graphics::image_to_rgba8_with_target_size;
use slint::Image;

/// Every icon of a screen in each of its sizes, and some.
const KEPT: usize = 256;
/// The largest that is kept, pixels a side: drawings for people to look at are larger.
const LARGEST: u32 = 256;

/// What `Icons.drawn` answers with: an icon as pixels, so many a side. A software renderer would draw the lines of an SVG in every frame anew.
pub fn icons() -> impl Fn(Image, i32) -> Image {
    let kept = RefCell::new(VecDeque::<(Image, u32, Image)>::new());
    move |icon, side| {
        let Some(side) = u32::try_from(side).ok().filter(|side| (1..=LARGEST).contains(side)) else { return icon };
        let mut kept = kept.borrow_mut();
        if let Some((.., drawn)) = kept.iter().find(|(of, at, _)| *at == side && *of == icon) {
            return drawn.clone();
        }
        let Some(pixels) = image_to_rgba8_with_target_size(&icon, (side, side).into()) else { return icon };
        let drawn = Image::from_rgba8(pixels);
        kept.truncate(KEPT - 1);
        kept.push_front((icon, side, drawn.clone()));
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RING: &str =
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><circle cx="12" cy="12" r="8"/></svg>"##;

    fn ring() -> Image {
        Image::load_from_svg_data(RING.as_bytes()).unwrap()
    }

    #[test]
    fn an_icon_is_drawn_once_in_each_of_its_sizes() {
        let (icons, ring) = (icons(), ring());
        let drawn = icons(ring.clone(), 36);
        assert_eq!((drawn.size().width, drawn.size().height), (36, 36));
        assert!(drawn.to_rgba8().unwrap().as_slice().iter().any(|pixel| pixel.a == 255));
        assert_eq!(icons(ring.clone(), 36), drawn);
        assert_eq!(icons(ring, 48).size().width, 48);
    }

    #[test]
    fn what_has_no_size_or_is_no_icon_is_handed_back() {
        let (icons, ring) = (icons(), ring());
        for side in [i32::MIN, 0, 257, i32::MAX] {
            assert_eq!(icons(ring.clone(), side), ring);
        }
        assert_eq!(icons(Image::default(), 36).size(), Image::default().size());
    }

    #[test]
    fn icons_without_end_take_no_memory_without_end() {
        let icons = icons();
        let first = ring();
        let drawn = icons(first.clone(), 36);
        for _ in 0..KEPT {
            icons(ring(), 36);
        }
        assert_ne!(icons(first, 36), drawn, "it was drawn anew");
    }
}
