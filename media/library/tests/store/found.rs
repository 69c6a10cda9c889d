//! What plays elsewhere is found here.

use tandem_library::{Library, Wanted};

use crate::cast::{song, with};

fn wanted(title: &str, artist: &str, seconds: i64) -> Wanted {
    Wanted {
        title: title.into(),
        artist: artist.into(),
        length_us: (seconds > 0).then_some(seconds * 1_000_000),
        ..Wanted::default()
    }
}

async fn best(library: &Library, wanted: &Wanted) -> (String, f64) {
    let found = library.resolve(wanted).await.unwrap();
    assert!(found.len() <= 5 && found.iter().all(|found| (0.0..=1.0).contains(&found.score)));
    found.first().map_or((String::new(), 0.0), |found| (found.item.title.clone(), found.score))
}

#[tokio::test]
async fn the_same_song_is_the_same_and_another_version_is_not() {
    let (library, _folder) = with(vec![
        song("1.mp3", "Déjà Vu (feat. Jay-Z)", "Beyoncé", "B'Day"),
        song("2.mp3", "Bohemian Rhapsody", "Queen", "A Night at the Opera"),
        song("3.mp3", "Bohemian Rhapsody (Live at Wembley)", "Queen", "Live at Wembley"),
        song("4.mp3", "晴天", "周杰伦", "叶惠美"),
        song("5.mp3", "Intro", "The xx", "xx"),
        song("6.mp3", "Blue Monday - Extended Mix", "New Order", ""),
        song("7.mp3", "(I Can't Get No) Satisfaction", "The Rolling Stones", ""),
    ])
    .await;
    for (title, artist, seconds) in [
        ("Bohemian Rhapsody", "Queen", 200),
        ("bohemian rhapsody", "QUEEN", 202),
        ("Bohemian Rhapsody - Remastered 2011", "Queen", 200),
        ("Bohemian Rhapsody (2011 Remaster)", "Queen", 199),
        ("Bohemian Rhapsody - Live at Wembley", "Queen", 200),
        ("Deja Vu", "Beyonce", 200),
        ("Déjà Vu [feat. JAY-Z]", "Beyoncé, JAY-Z", 200),
        ("Deja Vu ft. Jay Z", "Beyoncé feat. Jay-Z", 0),
        ("晴天", "周杰伦", 201),
        ("Intro", "The xx", 0),
        ("(I Can’t Get No) Satisfaction - Mono", "The Rolling Stones", 200),
        ("Bohemian Rhapsody", "", 200),
    ] {
        let (found, score) = best(&library, &wanted(title, artist, seconds)).await;
        assert!(score >= 0.8, "{title:?} of {artist:?} is {found:?} with {score}");
    }
    for (title, artist, seconds) in [
        ("Bohemian Rhapsody (Karaoke)", "Queen", 200),
        ("Bohemian Rhapsody (Some DJ Remix)", "Queen", 200),
        ("Bohemian Rhapsody", "Panic! at the Disco", 200),
        ("Bohemian Rhapsody", "Queen", 120),
        ("Blue Monday", "New Order", 200),
        ("晴天 (Live)", "周杰伦", 200),
        ("晴天 伴奏", "周杰伦", 200),
        ("Intro", "", 0),
        ("Rhapsody", "Queen", 200),
        ("Nothing like it", "Nobody", 200),
        ("", "Queen", 200),
    ] {
        let (found, score) = best(&library, &wanted(title, artist, seconds)).await;
        assert!(score < 0.8, "{title:?} of {artist:?} is {found:?} with {score}");
    }
    let whole = Wanted { album: "A Night At The Opera".into(), ..wanted("Bohemian Rhapsody", "Queen", 200) };
    assert_eq!(best(&library, &whole).await, ("Bohemian Rhapsody".into(), 1.0));
}

#[tokio::test]
async fn an_episode_is_found_by_its_address() {
    let (library, _folder) = with(vec![]).await;
    let podcast = library.subscribe("https://feeds.example/show.xml", "Show").await.unwrap();
    let feed = tandem_lists::Feed {
        title: "The Show".into(),
        episodes: vec![tandem_lists::Episode {
            guid: "https://show.example/?p=7".into(),
            title: "Seven".into(),
            url: "https://cdn.example/7.mp3".into(),
            length_us: Some(3_600_000_000),
            ..Default::default()
        }],
        ..Default::default()
    };
    library.refreshed(podcast, &feed, "", "").await.unwrap();
    for url in ["https://cdn.example/7.mp3", "https://show.example/?p=7", "HTTPS://CDN.example/7.mp3"] {
        let found = library.resolve(&Wanted { url: url.into(), ..Wanted::default() }).await.unwrap();
        assert_eq!(
            found.iter().map(|found| (found.item.title.as_str(), found.score)).collect::<Vec<_>>(),
            [("Seven", 1.0)],
            "{url}"
        );
    }
    let by_name = library.resolve(&wanted("Seven", "The Show", 3600)).await.unwrap();
    assert!(by_name[0].score >= 0.8);
}
