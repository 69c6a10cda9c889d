use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::thread;

use crate::run::SetupError;

/// How fontique's panic ends when fontconfig matches no font.
const NO_FONT: &str = "NoMatch";
/// The families that the screens name, and the Debian packages that bring them.
const FAMILIES: [(&str, &str); 3] =
    [("Inter", "fonts-inter"), ("Inter Display", "fonts-inter"), ("Noto Sans CJK SC", "fonts-noto-cjk")];

/// Does what needs a font. On a machine that has none at all fontique, which looks for them, panics; to ask beforehand would cost every start its time.
pub(crate) fn needed<T>(work: impl FnOnce() -> T) -> Result<T, SetupError> {
    let told = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(told);
    done.map_err(|why| {
        let finds_none = why.downcast_ref::<String>().is_some_and(|why| why.ends_with(NO_FONT));
        if finds_none { SetupError::NoFonts } else { panic::resume_unwind(why) }
    })
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_font_is_a_mistake_of_the_set_up_and_any_other_panic_is_one() {
        assert!(matches!(needed(|| 3), Ok(3)));
        let no_font = needed(|| Err::<(), _>(std::fmt::Error).map_err(|_| NoMatch).unwrap());
        assert!(matches!(no_font, Err(SetupError::NoFonts)));
        let other = panic::catch_unwind(|| needed(|| panic!("broken")).is_ok());
        assert_eq!(other.unwrap_err().downcast_ref::<&str>(), Some(&"broken"), "it goes on");
    }

    #[derive(Debug)]
    struct NoMatch;
}
