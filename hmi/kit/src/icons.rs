use std::cell::RefCell;
use std::collections::HashMap;

use i_slint_core::graphics::{ImageCacheKey, image_to_rgba8_with_target_size};
use slint::Image;

/// Every icon of a screen in each of its sizes, and some.
const KEPT: usize = 256;
/// The largest that is kept, pixels a side: drawings for people to look at are larger.
const LARGEST: u32 = 256;

/// What `Icons.drawn` answers with: an icon as pixels, so many a side. A software renderer would draw the lines of an SVG in every frame anew.
pub fn draw_icons() -> impl Fn(Image, i32) -> Image {
    let kept = RefCell::new(HashMap::new());
    move |icon, side| {
        let Some(side) = u32::try_from(side).ok().filter(|side| (1..=LARGEST).contains(side)) else { return icon };
        // Slint parses a drawing anew when it had no room for it: where it comes from stays the same.
        let Some(key) = ImageCacheKey::new((&icon).into()) else { return icon };
        let mut kept = kept.borrow_mut();
        if let Some(drawn) = kept.get(&(key.clone(), side)) {
            return Image::clone(drawn);
        }
        let Some(pixels) = image_to_rgba8_with_target_size(&icon, (side, side).into()) else { return icon };
        let drawn = Image::from_rgba8(pixels);
        if kept.len() < KEPT {
            kept.insert((key, side), drawn.clone());
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn note() -> Image {
        Image::load_from_path(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/icons/note.svg")).unwrap()
    }

    #[test]
    fn an_icon_is_drawn_once_in_each_of_its_sizes() {
        let (draw, note) = (draw_icons(), note());
        let drawn = draw(note.clone(), 36);
        assert_eq!((drawn.size().width, drawn.size().height), (36, 36));
        let pixels = drawn.to_rgba8().unwrap();
        assert!(pixels.as_slice().iter().any(|pixel| pixel.a == 255));
        // The same memory, and not only the same picture.
        assert_eq!(draw(note.clone(), 36).to_rgba8().unwrap().as_bytes().as_ptr(), pixels.as_bytes().as_ptr());
        assert_eq!(draw(note, 48).size().width, 48);
    }

    #[test]
    fn what_has_no_size_or_is_no_icon_is_handed_back() {
        let (draw, note) = (draw_icons(), note());
        for side in [i32::MIN, 0, 257, i32::MAX] {
            assert_eq!(draw(note.clone(), side), note);
        }
        assert_eq!(draw(Image::default(), 36).size(), Image::default().size());
    }
}
