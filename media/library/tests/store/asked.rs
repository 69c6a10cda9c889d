//! What people type.

use proptest::prelude::*;
use tandem_library::{Item, Wanted};

use crate::cast::{fresh, song, with};

#[tokio::test]
async fn songs_are_found_as_people_type_them() {
    let (library, _folder) = with(vec![
        song("1.mp3", "晴天", "周杰伦", "叶惠美"),
        song("2.mp3", "七里香", "周杰伦", "七里香"),
        song("3.mp3", "Déjà Vu", "Beyoncé;Jay-Z", "B'Day"),
        song("4.mp3", "Don't Stop Me Now", "Queen", "Jazz"),
        song("5.mp3", "Bohemian Rhapsody", "Queen", "A Night at the Opera"),
        song("6.mp3", "Killer Queen", "Queen", "Sheer Heart Attack"),
        song("7.mp3", "Straße nach Süden", "Łódź Ørchestra", "Ærø"),
        song("8.mp3", "香水有毒", "胡杨林", ""),
    ])
    .await;
    for (question, expected) in [
        ("晴", "晴天"),
        ("天", "晴天"),
        ("里香", "七里香"),
        ("qt", "晴天"),
        ("qlx", "七里香"),
        ("lx", "七里香"),
        ("qingtian", "晴天"),
        ("qing tian", "晴天"),
        ("QiLi", "七里香"),
        ("周杰伦 晴天", "晴天"),
        ("zjl qt", "晴天"),
        ("deja", "Déjà Vu"),
        ("DÉJÀ vu", "Déjà Vu"),
        ("beyonce vu", "Déjà Vu"),
        ("dont", "Don't Stop Me Now"),
        ("don’t st", "Don't Stop Me Now"),
        ("now queen stop", "Don't Stop Me Now"),
        ("rhapsody queen", "Bohemian Rhapsody"),
        ("opera boh", "Bohemian Rhapsody"),
        ("strasse sud", "Straße nach Süden"),
        ("lodz orch str", "Straße nach Süden"),
    ] {
        let found: Vec<Item> = library.search(question, 10).await.unwrap();
        assert!(found.iter().any(|item| item.title == expected), "{question:?} found {:?}", titles(&found));
    }
    let first = |question: &'static str| {
        let library = library.clone();
        async move { titles(&library.search(question, 10).await.unwrap()) }
    };
    assert_eq!(first("queen").await[..2], ["Queen", "Killer Queen"], "what has it in its title comes first");
    assert_eq!(first("七里香").await[..2], ["七里香", "七里香"]);
    assert!(!first("香七").await.iter().any(|title| title == "七里香"), "Chinese is found in its order");
    assert!(first("zzz").await.is_empty());
    for nothing in ["", " ", "!!!", "\"", "* OR", "\u{0}"] {
        let found = library.search(nothing, 10).await.unwrap();
        assert!(found.len() <= 10, "{nothing:?}");
    }
    assert_eq!(library.search("queen", 0).await.unwrap(), []);
    assert!(library.search("q", 2).await.unwrap().len() <= 2);
}

fn titles(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.title.clone()).collect()
}

#[test]
fn any_text_has_an_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (library, _folder) = runtime.block_on(fresh());
    proptest!(ProptestConfig::with_cases(256), |(text in "\\PC{0,40}|[\"*():^ a\u{4e00}\u{0}-]{0,30}", limit: u32, length in any::<Option<i64>>())| {
        runtime.block_on(async {
            library.search(&text, limit).await.unwrap();
            let wanted = Wanted { title: text.clone(), artist: text.clone(), album: text.clone(), length_us: length, url: text.clone() };
            library.resolve(&wanted).await.unwrap();
        });
    });
}
