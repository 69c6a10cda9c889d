//! The car's drawing, rendered once a theme into the pictures that the stage lays over each other.

use slint::{ComponentHandle, Image, LoadImageError};
use tandem_kit::Theme;

use crate::{CarPictures, CentreWindow, Part};

const DRAWING: &str = include_str!("../../../assets/pictures/car.svg");
const DAY: &str = include_str!("../../../assets/pictures/car-day.css");
/// How the drawing is framed; a part is framed by its own bounds.
const FRAME: &str = r#"viewBox="-156 -384 1232 768" width="1232" height="768""#;
/// The drawing's origin, the tip of the nose, on the stage.
const ORIGIN: (i32, i32) = (156, 384);

/// A group of the drawing and all that it may cover, in the drawing's own pixels.
struct Layer {
    id: &'static str,
    left: i32,
    top: i32,
    width: u32,
    height: u32,
    set: fn(&CarPictures<'_>, Part),
}

const fn layer(
    id: &'static str,
    (left, top): (i32, i32),
    (width, height): (u32, u32),
    set: fn(&CarPictures<'_>, Part),
) -> Layer {
    Layer { id, left, top, width, height, set }
}

const LAYERS: [Layer; 11] = [
    layer("car", (-36, -244), (1110, 520), |to, part| to.set_body(part)),
    layer("mirror-left", (340, 172), (64, 50), |to, part| to.set_left_mirror(part)),
    layer("mirror-right", (340, -222), (64, 50), |to, part| to.set_right_mirror(part)),
    layer("door-front-left", (300, 114), (300, 270), |to, part| to.set_front_left_door(part)),
    layer("door-front-right", (300, -384), (300, 270), |to, part| to.set_front_right_door(part)),
    layer("door-rear-left", (550, 114), (266, 236), |to, part| to.set_rear_left_door(part)),
    layer("door-rear-right", (550, -350), (266, 236), |to, part| to.set_rear_right_door(part)),
    layer("bonnet", (20, -180), (320, 360), |to, part| to.set_bonnet(part)),
    layer("boot", (870, -136), (160, 272), |to, part| to.set_boot(part)),
    layer("low-beam", (-156, -260), (280, 520), |to, part| to.set_low_beam(part)),
    layer("high-beam", (-156, -260), (280, 520), |to, part| to.set_high_beam(part)),
];

/// Renders every part for a theme.
pub(crate) fn draw(window: &CentreWindow, theme: Theme) {
    let pictures = window.global::<CarPictures>();
    for layer in &LAYERS {
        let picture = render(layer, theme).unwrap_or_else(|error| {
            tracing::error!(layer = layer.id, %error, "the car's drawing does not render");
            Image::default()
        });
        let (x, y) = ((layer.left + ORIGIN.0) as f32, (layer.top + ORIGIN.1) as f32);
        (layer.set)(&pictures, Part { picture, x, y });
    }
}

/// Pixels, not the drawing: the renderers would draw an SVG anew in every frame that touches it.
fn render(layer: &Layer, theme: Theme) -> Result<Image, LoadImageError> {
    let Layer { id, left, top, width, height, .. } = layer;
    let day = if theme == Theme::Day { DAY } else { "" };
    let drawing = DRAWING
        .replace(FRAME, &format!(r#"viewBox="{left} {top} {width} {height}" width="{width}" height="{height}""#))
        .replace("</style>", &format!("{day}.base,.part{{display:none}}#{id}{{display:inline}}</style>"));
    let image = Image::load_from_svg_data(drawing.as_bytes())?;
    Ok(image.to_rgba8_premultiplied().map_or(image, Image::from_rgba8_premultiplied))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(layer: &Layer, theme: Theme) -> usize {
        let pixels = render(layer, theme).unwrap().to_rgba8().unwrap();
        pixels.as_slice().iter().filter(|pixel| pixel.a > 2).count()
    }

    #[test]
    fn every_part_lies_inside_its_bounds() {
        assert!(DRAWING.contains(FRAME));
        for part in &LAYERS {
            let whole = Layer { left: -256, top: -484, width: 1432, height: 968, ..*part };
            let inside = covered(part, Theme::Day);
            assert!(inside > 100, "{} is empty", part.id);
            // Light fades away beyond the stage.
            if !part.id.ends_with("beam") {
                assert_eq!(inside, covered(&whole, Theme::Day), "{} reaches beyond its bounds", part.id);
            }
        }
    }

    #[test]
    fn day_and_night_are_two_pictures_of_one_shape() {
        for part in &LAYERS[1..3] {
            assert_eq!(covered(part, Theme::Day), covered(part, Theme::Night));
            let [day, night] = [Theme::Day, Theme::Night].map(|theme| render(part, theme).unwrap().to_rgba8().unwrap());
            assert_ne!(day.as_bytes(), night.as_bytes());
        }
    }
}
