//! Pictures of the music that were made, as many as a few screens show.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;

use slint::Image;
use tandem_kit::media::Picture;
use tandem_kit::media::art::Wanted;

/// Pictures that are kept, and the bytes of theirs: 64 pixels square are 16 kB, 320 are 400 kB.
const MAX_KEPT: usize = 256;
const MAX_BYTES: usize = 12 * 1024 * 1024;

/// See the module.
pub(crate) struct Covers {
    kept: RefCell<Kept>,
    ask: Box<dyn Fn(Wanted) -> bool>,
}

#[derive(Default)]
struct Kept {
    /// None: there is no such picture.
    images: HashMap<Wanted, Option<Image>>,
    /// The one that was seen last at the end.
    seen: VecDeque<Wanted>,
    asked: HashSet<Wanted>,
}

impl Kept {
    fn bytes(&self) -> usize {
        let sizes = self.images.values().flatten().map(Image::size);
        sizes.map(|size| size.width as usize * size.height as usize * 4).sum()
    }
}

impl Covers {
    /// `ask` asks for a picture, and says whether the question is under way.
    pub fn new(ask: impl Fn(Wanted) -> bool + 'static) -> Self {
        Self { kept: RefCell::default(), ask: Box::new(ask) }
    }

    /// The picture, if it is here; else it is asked for.
    pub fn get(&self, path: &Path, side: u32, radius: u32) -> Option<Image> {
        let wanted = Wanted::Cover { path: path.to_owned(), side, radius };
        let kept = &mut *self.kept.borrow_mut();
        if let Some(image) = kept.images.get(&wanted) {
            let image = image.clone();
            if kept.seen.back() != Some(&wanted) {
                kept.seen.retain(|seen| *seen != wanted);
                kept.seen.push_back(wanted);
            }
            return image;
        }
        if !kept.asked.contains(&wanted) && (self.ask)(wanted.clone()) {
            kept.asked.insert(wanted);
        }
        None
    }

    /// Asks anew for those pictures that were not there, as soon as they are wanted.
    pub fn retry(&self) {
        let kept = &mut *self.kept.borrow_mut();
        kept.images.retain(|_, image| image.is_some());
        kept.seen.retain(|wanted| kept.images.contains_key(wanted));
    }

    /// Takes in a picture that was asked for here. Returns whether it is one.
    pub fn hear(&self, picture: &Picture) -> bool {
        let kept = &mut *self.kept.borrow_mut();
        if !kept.asked.remove(&picture.wanted) {
            return false;
        }
        kept.images.insert(picture.wanted.clone(), picture.image());
        kept.seen.push_back(picture.wanted.clone());
        while kept.images.len() > MAX_KEPT || kept.bytes() > MAX_BYTES {
            let Some(oldest) = kept.seen.pop_front() else { break };
            kept.images.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn a_picture_is_asked_for_once_and_the_oldest_goes() {
        let asked = Rc::new(RefCell::new(Vec::new()));
        let place = Rc::clone(&asked);
        let covers = Covers::new(move |wanted| {
            place.borrow_mut().push(wanted);
            true
        });
        let missing = |number: usize| Path::new("/nowhere").join(number.to_string());
        for number in 0..=MAX_KEPT {
            for _ in 0..2 {
                assert!(covers.get(&missing(number), 64, 12).is_none());
            }
            let wanted = asked.borrow().last().cloned().unwrap();
            assert!(covers.hear(&Picture::make(wanted.clone())) && !covers.hear(&Picture::make(wanted)));
        }
        assert_eq!((asked.borrow().len(), covers.kept.borrow().images.len()), (MAX_KEPT + 1, MAX_KEPT));
        covers.get(&missing(0), 64, 12);
        assert_eq!(asked.borrow().len(), MAX_KEPT + 2, "the oldest is forgotten");
        covers.get(&missing(9), 64, 12);
        covers.retry();
        covers.get(&missing(9), 64, 12);
        assert_eq!(asked.borrow().len(), MAX_KEPT + 3, "what was not there may be there by now");
    }
    #[test]
    fn large_pictures_are_bounded_by_their_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let covers = Covers::new(|_| true);
        for number in 0..40 {
            let path = folder.path().join(format!("{number}.png"));
            image::RgbImage::new(8, 8).save(&path).unwrap();
            covers.get(&path, 320, 16);
            covers.hear(&Picture::make(Wanted::Cover { path, side: 320, radius: 16 }));
        }
        let kept = covers.kept.borrow();
        assert!(kept.bytes() <= MAX_BYTES && kept.bytes() + 320 * 320 * 4 > MAX_BYTES);
        assert!(kept.seen.len() == kept.images.len());
    }
}
