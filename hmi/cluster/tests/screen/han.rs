//! Chinese letter shapes: the same characters are drawn otherwise in Japan, and fallback picks those.

use slint::ComponentHandle;
use tandem_cluster::Theme;
use tandem_kit::headless::{Pace, Screen};

use crate::drawing::{Drawing, Look};

slint::slint! {
    export component Page inherits Window {
        in property <string> family;
        in property <string> own-family: family;
        width: 400px;
        height: 120px;
        background: #000000;
        default-font-family: family;
        Text { x: 0; y: 0; text: "直骨令关"; font-size: 80px; color: #ffffff; font-family: own-family; }
    }
}

/// The characters in a default family, or in a family of their own.
fn shapes(default: &'static str, own: Option<&'static str>) -> Vec<u8> {
    let drawing = std::thread::spawn(move || {
        let screen = Screen::new((400, 120), Pace::OnDemand);
        slint::platform::set_platform(screen.platform_of_one_thread()).unwrap();
        let page = Page::new().unwrap();
        page.set_family(default.into());
        if let Some(own) = own {
            page.set_own_family(own.into());
        }
        page.show().unwrap();
        screen.turn();
        screen.rgb()
    });
    drawing.join().unwrap()
}

#[test]
fn chinese_is_drawn_in_chinese_shapes() {
    let drawing = Drawing::new(Look::CHINESE);
    assert_eq!(drawing.window.global::<Theme>().get_font(), "Noto Sans CJK SC");
    let japanese = shapes("Noto Sans CJK JP", None);
    let chinese = shapes("Noto Sans CJK SC", None);
    if japanese.iter().all(|channel| *channel == 0) || japanese == shapes("Inter", None) && japanese == chinese {
        tandem_scenes::skip("there is no Chinese letter to look at; `apt-get install fonts-noto-cjk` brings them");
        return;
    }
    assert!(chinese == shapes("Inter", Some("Noto Sans CJK SC")));
    assert!(chinese != japanese);
}
