use proptest::prelude::*;

use super::*;

#[test]
fn what_is_the_same_to_a_listener_folds_to_the_same() {
    for (text, folded) in [
        ("  Déjà   Vu! ", "deja vu"),
        ("DON’T Stop", "dont stop"),
        ("Déjà don´t", "deja dont"),
        ("か’\u{3099}", "が"),
        ("か＇\u{3099}", "が"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Ærø & Łódź", "aero lodz"),
        ("ﬁne №1", "fine no1"),
        ("七里香 (Live)", "七里香 live"),
        ("ＡＢＣ", "abc"),
        ("강남스타일", "강남스타일"),
        ("Ελλάδα", "ελλαδα"),
        ("เพลง", "เพลง"),
        ("!!!", ""),
    ] {
        assert_eq!(fold(text), folded, "{text:?}");
    }
}

#[test]
fn keys_order_as_people_do() {
    let mut titles = [
        "10 Years",
        "晴天",
        "2 Hearts",
        "Zebra",
        "élan",
        "Eland",
        "安静",
        "Eagle",
        "七里香",
        "!!!",
        "Track 010",
        "Track 9",
    ];
    titles.sort_by_key(|title| sort_key(title));
    assert_eq!(
        titles,
        [
            "2 Hearts",
            "10 Years",
            "安静",
            "Eagle",
            "élan",
            "Eland",
            "七里香",
            "晴天",
            "Track 9",
            "Track 010",
            "Zebra",
            "!!!"
        ]
    );
    let mut paths = ["b", "a/2", "a b", "a", "a/10"];
    paths.sort_by_key(|path| path_key(path));
    assert_eq!(
        paths,
        ["a", "a/2", "a/10", "a b", "b"],
        "a folder comes before what lies in it, and that before its neighbour"
    );
}

#[test]
fn words_are_what_people_type() {
    let words = |text: &str| {
        let mut words = String::new();
        index_words(text, &mut words);
        words.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(words("Don't Stop"), ["dont", "stop"]);
    assert_eq!(words("晴天 ok"), ["晴", "天", "ok", "qingtian", "qt", "tian"]);
    assert!(words(&"香".repeat(400)).len() < 400 + 2 * RUN + 1, "pinyin is bounded");
}

#[test]
fn a_name_is_cleaned_for_people() {
    assert_eq!(clean(" a\u{0}b\n", 10), "a b");
    assert_eq!(clean("ééééé", 3), "ééé");
}

proptest! {
    #[test]
    fn folding_is_done_once_and_bounded(text in "\\PC{0,60}") {
        let folded = fold(&text);
        prop_assert_eq!(&fold(&folded), &folded);
        prop_assert!(!folded.starts_with(' ') && !folded.ends_with(' ') && !folded.contains("  "));
        prop_assert!(sort_key(&text).len() <= KEY);
        let mut words = String::new();
        index_words(&text, &mut words);
        prop_assert!(words.len() <= 64 * text.len() + 64, "{}", words.len());
    }

    #[test]
    fn case_and_signs_make_no_difference(text in "[a-z][a-zA-Z0-9 äöüéñ]{0,30}") {
        prop_assert_eq!(fold(&text.to_uppercase()), fold(&text.to_lowercase()));
        prop_assert_eq!(sort_key(&format!("({text})!")), sort_key(&text));
    }

    #[test]
    fn numbers_order_by_their_value(one in 0_u32..100_000_000, other in 0_u32..100_000_000) {
        prop_assert_eq!(sort_key(&format!("a {one}")).cmp(&sort_key(&format!("a {other}"))), one.cmp(&other));
    }
}
