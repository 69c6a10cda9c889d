use std::io::{self, Write};
use std::thread;

/// The families that the screens name, and the Debian packages that bring them.
const FAMILIES: [(&str, &str); 3] =
    [("Inter", "fonts-inter"), ("Inter Display", "fonts-inter"), ("Noto Sans CJK SC", "fonts-noto-cjk")];

/// Says once, on stderr, which font is missing and how it comes. Looks beside the start, not before it.
pub(crate) fn check() {
    let looking = thread::Builder::new().name("fonts".to_owned()).spawn(|| {
        let mut fonts = fontique::Collection::new(fontique::CollectionOptions::default());
        for (family, package) in FAMILIES {
            if fonts.family_id(family).is_none() {
                let _ = writeln!(
                    io::stderr(),
                    "The font {family} is missing, so another one is drawn: install the Debian package {package}."
                );
            }
        }
    });
    if let Err(error) = looking {
        tracing::debug!(%error, "the fonts were not checked");
    }
}
