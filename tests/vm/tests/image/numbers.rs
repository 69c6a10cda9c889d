//! Which number the cluster shows: held against what this machine draws of it, by the same program's own window.

use tandem_cluster::Leaf;
use tandem_scenes::{Pixels, Region};
use tandem_units::{Quality, Value};

use crate::drawing::{Drawing, Look, drive};

/// Where the speed stands, and nothing else.
const SPEED: Region = Region { x: 700, y: 180, width: 520, height: 208 };
/// Letters are brighter than this by day and by night, the ground is not.
const INK: u8 = 110;
/// Of all ink of both pictures, so much may be in one of them alone: another renderer rounds the edge of a letter otherwise. A digit that is another one is three times that at least.
const APART: f64 = 0.04;

/// Whether a picture of the cluster has this speed.
pub fn shows(cluster: &Pixels, kmh: u16) -> bool {
    apart(&ink(cluster), &ink(&drawn(kmh))) < APART
}

/// The cluster with this speed. On a thread of its own: a thread has one screen.
fn drawn(kmh: u16) -> Pixels {
    let drawing = std::thread::spawn(move || {
        let mut drawing = Drawing::new(Look::NIGHT);
        drawing.hear(drive());
        drawing.hear([(Leaf::Speed, Quality::Valid, Value::Float(f64::from(kmh)))]);
        drawing.pixels().rgb
    });
    Pixels { width: 1920, height: 720, rgb: drawing.join().unwrap() }
}

/// Which pixels of the speed's place are bright.
fn ink(picture: &Pixels) -> Vec<bool> {
    picture.cut(SPEED).chunks_exact(3).map(|pixel| pixel.iter().any(|channel| *channel > INK)).collect()
}

/// How much of the ink is in one alone, 0 to 1; 1 where there is none.
fn apart(one: &[bool], other: &[bool]) -> f64 {
    let both = one.iter().zip(other);
    let (alone, all) = both.fold((0, 0), |(alone, all), (one, other)| {
        (alone + usize::from(one != other), all + usize::from(*one || *other))
    });
    if all == 0 { 1.0 } else { alone as f64 / all as f64 }
}

#[test]
fn each_number_is_told_from_those_beside_it() {
    let numbers = [0, 7, 27, 71, 72, 73, 78, 172];
    let pictures = numbers.map(|number| ink(&drawn(number)));
    for (one, number) in pictures.iter().zip(numbers) {
        for (other, beside) in pictures.iter().zip(numbers) {
            let apart = apart(one, other);
            let (least, most) = if number == beside { (0.0, 0.0) } else { (3.0 * APART, 1.0) };
            assert!((least..=most).contains(&apart), "{number} and {beside} are {apart:.2} apart");
        }
    }
}
