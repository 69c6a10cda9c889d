//! The pictures of the car and its cabin are what their drawings render to. After a change of the drawing, make them again and look at them:
//! `TANDEM_DRAW=1 cargo nextest run -p tandem-centre drawing`.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use slint::{Image, Rgba8Pixel, SharedPixelBuffer};

const DRAWING: &str = include_str!("../../../../assets/pictures/car.svg");
const DAY: &str = include_str!("../../../../assets/pictures/car-day.css");
/// How the drawing is framed; a part is framed by its own bounds.
const FRAME: &str = r#"viewBox="-156 -384 1232 768" width="1232" height="768""#;

const CABIN: &str = include_str!("../../../../assets/pictures/cabin.svg");

/// A group of the drawing, where its picture begins on the drawing, and how large it is.
type Layer = (&'static str, (i32, i32), (u32, u32));

const LAYERS: [Layer; 11] = [
    ("car", (-36, -244), (1110, 520)),
    ("mirror-left", (340, 172), (64, 50)),
    ("mirror-right", (340, -222), (64, 50)),
    ("door-front-left", (300, 114), (300, 270)),
    ("door-front-right", (300, -384), (300, 270)),
    ("door-rear-left", (550, 114), (266, 236)),
    ("door-rear-right", (550, -350), (266, 236)),
    ("bonnet", (20, -180), (320, 360)),
    ("boot", (870, -136), (160, 272)),
    ("low-beam", (-156, -260), (280, 520)),
    ("high-beam", (-156, -260), (280, 520)),
];

fn render((id, (left, top), (width, height)): Layer, day: bool) -> SharedPixelBuffer<Rgba8Pixel> {
    let colors = if day { DAY } else { "" };
    let drawing = DRAWING
        .replace(FRAME, &format!(r#"viewBox="{left} {top} {width} {height}" width="{width}" height="{height}""#))
        .replace("</style>", &format!("{colors}.base,.part{{display:none}}#{id}{{display:inline}}</style>"));
    Image::load_from_svg_data(drawing.as_bytes()).unwrap().to_rgba8().unwrap()
}

fn render_cabin(day: bool) -> SharedPixelBuffer<Rgba8Pixel> {
    let drawing = CABIN.replace("</style>", &format!("{}</style>", if day { DAY } else { "" }));
    Image::load_from_svg_data(drawing.as_bytes()).unwrap().to_rgba8().unwrap()
}

fn light(day: bool) -> &'static str {
    if day { "day" } else { "night" }
}

fn path(picture: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../assets/pictures/{picture}.png"))
}

fn write(path: &Path, picture: &SharedPixelBuffer<Rgba8Pixel>) {
    let file = BufWriter::new(File::create(path).unwrap());
    let mut encoder = png::Encoder::new(file, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(picture.as_bytes()).unwrap();
}

fn read(path: &Path) -> Vec<u8> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

#[test]
fn the_pictures_are_those_of_the_drawing() {
    let parts = LAYERS.into_iter().flat_map(|layer| [(layer, false), (layer, true)]);
    let car = parts.map(|(layer, day)| (path(&format!("car/{}/{}", light(day), layer.0)), render(layer, day)));
    let cabin = [false, true].map(|day| (path(&format!("cabin/{}", light(day))), render_cabin(day)));
    for (path, picture) in car.chain(cabin) {
        if std::env::var_os("TANDEM_DRAW").is_some() {
            write(&path, &picture);
        }
        // Another processor may round another way.
        let apart = read(&path).iter().zip(picture.as_bytes()).filter(|(one, other)| one.abs_diff(**other) > 3).count();
        assert_eq!(apart, 0, "{path:?} is not what its drawing draws");
    }
}

#[test]
fn every_part_lies_inside_its_bounds() {
    let covered = |layer| render(layer, true).as_slice().iter().filter(|pixel| pixel.a > 2).count();
    assert!(DRAWING.contains(FRAME));
    for (id, left_top, size) in LAYERS {
        let inside = covered((id, left_top, size));
        assert!(inside > 100, "{id} is empty");
        // Light fades away beyond the stage.
        if !id.ends_with("beam") {
            assert_eq!(inside, covered((id, (-256, -484), (1432, 968))), "{id} reaches beyond its bounds");
        }
    }
}
