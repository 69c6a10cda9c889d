//! The words of the centre display, by what people set.

use tandem_contracts::screen::CENTRE;
use tandem_machine::Display;
use tandem_scenes::{Pixels, Region, Tandem};

use crate::car::Car;

/// The title of the first card: the trip.
const TITLE: Region = Region { x: 56, y: 104, width: 400, height: 40 };
/// Of all ink of both pictures, so much may be in one of them alone.
const APART: f64 = 0.1;

/// The same title as this machine's own centre display draws it.
fn drawn(language: &str) -> Vec<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut tandem = Tandem::sim(&["--no-media", "--scenario", "parked", "--language", language]);
        let bus = tandem.bus().await;
        ink(&bus.capture(CENTRE).await.1)
    })
}

/// What stands out of the ground by more than half as far as anything does: by day, letters are dark.
fn ink(picture: &Pixels) -> Vec<bool> {
    let cut = picture.cut(TITLE);
    let ground = cut.first_chunk::<3>().copied().unwrap();
    let stands_out = |pixel: &[u8]| pixel.iter().zip(ground).map(|(channel, ground)| channel.abs_diff(ground)).max();
    let heights: Vec<_> = cut.chunks_exact(3).filter_map(stands_out).collect();
    let most = heights.iter().max().copied().unwrap_or_default();
    heights.into_iter().map(|height| height > most / 2).collect()
}

/// How much of the ink is in one alone, 0 to 1; 1 where there is none.
fn apart(one: &[bool], other: &[bool]) -> f64 {
    let count = |is: fn(bool, bool) -> bool| one.iter().zip(other).filter(|(one, other)| is(**one, **other)).count();
    let all = count(|one, other| one || other);
    if all == 0 { 1.0 } else { count(|one, other| one != other) as f64 / all as f64 }
}

/// Each language that is set is on the display, in the letters that this machine draws.
pub fn follows_what_is_set(car: &mut Car) {
    let languages = ["zh_CN", "de", "en"];
    let drawn = languages.map(drawn);
    for (language, own) in languages.iter().zip(&drawn) {
        for (_, other) in languages.iter().zip(&drawn).filter(|(it, _)| *it != language) {
            assert!(apart(own, other) > 5.0 * APART, "{language} looks like another");
        }
        let set = format!("tandem settings set language {language}");
        car.until("a language that is set", &set, |done| (done.status == 0).then_some(()));
        car.shows(Display::Centre, language, |picture| apart(&ink(picture), own) < APART);
    }
}
