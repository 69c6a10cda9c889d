use proptest::prelude::*;

use super::*;

#[test]
fn titles_are_taken_apart() {
    for (title, core, versions) in [
        ("Song", "song", ""),
        ("Song (feat. Somebody)", "song", ""),
        ("Song feat. Somebody", "song", ""),
        ("Song - Remastered 2011", "song", ""),
        ("Song (2011 Remaster) [Explicit]", "song", ""),
        ("Song (1999)", "song", ""),
        ("Song - Live at the Hall", "song", "live"),
        ("Song (Live, Remastered)", "song", "live"),
        ("Song (Original Mix)", "song", ""),
        ("Song (Somebody Remix)", "song", "remix"),
        ("Song (Taylor's Version)", "song", "version"),
        ("Song - Radio Edit", "song", "edit"),
        ("Song (Acoustic Live)", "song", "acoustic live"),
        ("(I Can't Get No) Satisfaction", "i cant get no satisfaction", ""),
        ("Live and Let Die", "live and let die", ""),
        ("Olive (Olives)", "olive olives", ""),
        ("A - B", "a b", ""),
        ("晴天（现场版）", "晴天", "live"),
        ("(Live)", "live", ""),
        ("feat. Nobody", "feat nobody", ""),
        ("Open (bracket", "open bracket", ""),
        ("!!!", "!!!", ""),
        ("", "", ""),
    ] {
        let title_parts = take_apart(title);
        let found: Vec<&str> = title_parts.versions.iter().copied().collect();
        assert_eq!((title_parts.core.as_str(), found.join(" ").as_str()), (core, versions), "{title:?}");
    }
}

proptest! {
    #[test]
    fn any_title_has_a_name(title in "\\PC{0,60}|[ab()\\[\\] -]{0,30}") {
        let parts = take_apart(&title);
        prop_assert_eq!(parts.core.is_empty(), title.trim().is_empty());
    }

    #[test]
    fn an_edition_makes_no_difference(title in "[a-z]{3,9}( [a-z]{5,9}){0,3}") {
        for edition in [" - Remastered", " (Deluxe Edition)", " [2009 Remaster]", " (feat. X)"] {
            prop_assert_eq!(take_apart(&format!("{title}{edition}")), take_apart(&title));
        }
    }
}
