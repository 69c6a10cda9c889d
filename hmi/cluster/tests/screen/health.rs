//! What is not available stands on the foot line, and never where the warnings are.

use i_slint_backend_testing::{AccessibleRole, ElementQuery};
use tandem_kit::{HealthNews, Lacking, SettingsNews, Update};

use crate::drawing::{Area, Drawing, Look, drive};
use crate::words::words;

const FOOT: Area = (480, 632, 960, 48);

fn lacks(drawing: &mut Drawing, lacking: Lacking) {
    drawing.tell(&Update::Health(HealthNews { lacking, parts: Vec::new() }));
}

#[test]
fn what_is_not_available_stands_on_the_foot_line_until_it_is_there_again() {
    let mut drawing = Drawing::new(Look::NIGHT);
    drawing.hear(drive());
    let before = drawing.pixels();
    lacks(&mut drawing, Lacking { music: true, phone: true, settings: false });
    assert!(words(&drawing).contains(&"Music and phone are not available".to_owned()));
    let shown = drawing.picture("lacking");
    let differ = |area: Area| before.pixels(area).zip(shown.pixels(area)).filter(|(one, other)| one != other).count();
    let whole = differ((0, 0, 1920, 720));
    assert!(whole > 500 && whole == differ(FOOT), "{whole} pixels, {} of them on the foot line", differ(FOOT));
    lacks(&mut drawing, Lacking::default());
    assert!(drawing.pixels().rgb == before.rgb, "nothing of it stays");
}

#[test]
fn its_longest_sentence_is_whole_in_the_largest_letters_between_temperature_and_odometer() {
    let mut drawing = Drawing::new(Look::LARGE);
    drawing.hear(drive());
    lacks(&mut drawing, Lacking { music: true, phone: true, settings: true });
    let sentence = "Musik, Telefon und Einstellungen sind nicht verfügbar";
    assert!(words(&drawing).contains(&sentence.to_owned()), "{:?}", words(&drawing));
    let drawn = drawing.picture("lacking-all-de-large");
    assert_eq!(tandem_likeness::words_that_are_cut(&drawing.window, &drawn.rgb, 1_920).len(), 0);
    let foot: Vec<_> = ElementQuery::from_root(&drawing.window).match_accessible_role(AccessibleRole::Text).find_all();
    let mut foot: Vec<_> = foot
        .iter()
        .filter(|text| text.absolute_position().y > 600.0)
        .map(|text| (text.absolute_position().x, text.absolute_position().x + text.size().width))
        .collect();
    foot.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert_eq!(foot.len(), 4, "time, temperature, the sentence, odometer");
    assert!(foot.windows(2).all(|pair| pair[0].1 + 32.0 <= pair[1].0), "{foot:?}");
}

#[test]
fn of_settings_it_is_said_whether_any_were_heard() {
    let mut drawing = Drawing::new(Look::CHINESE);
    drawing.hear(drive());
    lacks(&mut drawing, Lacking { settings: true, ..Lacking::default() });
    assert!(words(&drawing).contains(&"当前使用默认设置".to_owned()));
    drawing.tell(&Update::Settings(SettingsNews::Told(Box::default())));
    drawing.tell(&Update::Settings(SettingsNews::Gone));
    assert!(words(&drawing).contains(&"设置无法更改".to_owned()));
    drawing.picture("lacking-settings-zh");
}
