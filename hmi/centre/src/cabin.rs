//! The drawn cabin for a driver who sits on the right: what is drawn for the left, in a mirror.

use slint::{ComponentHandle, Image, Rgba8Pixel, SharedPixelBuffer};

use crate::{CentreWindow, ClimateAdapter, Theme, VehicleAdapter};

/// The mirror, made when it is first needed: for whom sits on the left it costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Cabin {
    /// Of the drawing by night, or of the one by day.
    mirrored: Option<bool>,
}

impl Cabin {
    pub fn show(&mut self, window: &CentreWindow) {
        let night = window.global::<Theme>().get_night();
        if !window.global::<VehicleAdapter>().get_driver_right() || self.mirrored == Some(night) {
            return;
        }
        let climate = window.global::<ClimateAdapter>();
        if let Some(mirrored) = mirror(&climate.get_cabin_drawn()) {
            climate.set_cabin_mirrored(mirrored);
            self.mirrored = Some(night);
        }
    }
}

/// None if it is no picture of pixels.
fn mirror(image: &Image) -> Option<Image> {
    let drawn = image.to_rgba8()?;
    let mut mirrored = SharedPixelBuffer::<Rgba8Pixel>::new(drawn.width(), drawn.height());
    let width = (drawn.width() as usize).max(1);
    let rows = mirrored.make_mut_slice().chunks_exact_mut(width).zip(drawn.as_slice().chunks_exact(width));
    for (to, from) in rows {
        to.copy_from_slice(from);
        to.reverse();
    }
    Some(Image::from_rgba8(mirrored))
}
