//! What the metadata say.

use std::collections::HashSet;

use tandem_contracts::mpris::{PATH, track_id};
use tandem_media::state::Titles;
use zbus::fdo::IntrospectableProxy;

use crate::script::Cue;
use crate::stage::{Stage, playerctl, stream, track};

#[tokio::test]
async fn check_03_a_track_id_is_a_path_of_its_entry() {
    // The same file three times over is three entries.
    let stage = Stage::playing(vec![track("Blue"), track("Blue"), track("Blue")]).await;
    let mut seen = HashSet::new();
    for _ in 0..3 {
        let metadata = stage.player.metadata().await.unwrap();
        assert_eq!(metadata["mpris:trackid"].value_signature(), "o");
        let id = track_id(&metadata).unwrap();
        assert!(id.as_str().starts_with("/org/tandem/track/"), "{id}");
        assert!(seen.insert(id.clone()), "{id} again");
        assert_eq!(track_id(&stage.player.metadata().await.unwrap()).unwrap(), id, "it stays while the entry plays");
        stage.player.next().await.unwrap();
    }
}

#[tokio::test]
async fn check_04_a_length_is_microseconds_and_what_has_no_end_has_none() {
    let stage = Stage::playing(vec![track("Blue"), stream("Radio")]).await;
    let metadata = stage.player.metadata().await.unwrap();
    assert_eq!(metadata["mpris:length"].value_signature(), "x");
    assert_eq!(i64::try_from(metadata["mpris:length"].try_clone().unwrap()).unwrap(), 180_000_000);
    assert!(stage.player.can_seek().await.unwrap());
    stage.player.next().await.unwrap();
    let metadata = stage.player.metadata().await.unwrap();
    assert!(!metadata.contains_key("mpris:length"), "{metadata:?}");
    assert!(!stage.player.can_seek().await.unwrap());
}

#[tokio::test]
async fn check_08_a_cover_is_an_address_and_goes_with_its_track() {
    let with_art = |art: &str| Titles { art: Some(art.into()), ..track("Blue") };
    let mut stage = Stage::with(vec![with_art("file:///art/blue.jpg")]).await;
    for (art, is_told) in [
        ("file:///art/blue.jpg", true),
        ("https://art.example/blue.jpg", true),
        ("data:image/png;base64,AA", false),
        ("/art/blue.jpg", false),
    ] {
        stage.cue(Cue::Load(vec![with_art(art)])).await;
        let metadata = stage.player.metadata().await.unwrap();
        let told = metadata.get("mpris:artUrl").map(|art| String::try_from(art.try_clone().unwrap()).unwrap());
        assert_eq!(told, is_told.then(|| art.to_owned()));
        assert!(!metadata.contains_key("xesam:artUrl"));
    }
    stage.cue(Cue::Load(vec![with_art("file:///art/blue.jpg"), stream("Radio")])).await;
    stage.player.next().await.unwrap();
    let metadata = stage.player.metadata().await.unwrap();
    assert!(!metadata.contains_key("mpris:artUrl"), "the cover of before: {metadata:?}");
}

#[tokio::test]
async fn check_09_artists_are_many_and_an_album_is_one() {
    let stage = Stage::with(vec![track("Blue")]).await;
    let metadata = stage.player.metadata().await.unwrap();
    assert_eq!(metadata["xesam:artist"].value_signature(), "as");
    assert_eq!(Vec::<String>::try_from(metadata["xesam:artist"].try_clone().unwrap()).unwrap(), ["Ann", "Bob"]);
    assert_eq!(String::try_from(metadata["xesam:album"].try_clone().unwrap()).unwrap(), "Colours");
    assert_eq!(playerctl(&stage.daemon, &["metadata", "artist"]).await.unwrap(), "Ann, Bob");
}

#[tokio::test]
async fn evil_titles_do_not_silence_the_player() {
    let mut stage = Stage::with(vec![track("Blue")]).await;
    let evil =
        Titles { title: format!("a\0{}", "歌".repeat(100_000)), artists: vec!["\0".into(); 10_000], ..track("") };
    assert_eq!(stage.cue(Cue::Load(vec![evil])).await.len(), 1);
    assert!(playerctl(&stage.daemon, &["metadata", "title"]).await.unwrap().starts_with("a 歌"));
    assert_eq!(stage.cue(Cue::Load(vec![track("Red")])).await.len(), 1, "it is still told");
    assert_eq!(playerctl(&stage.daemon, &["metadata", "title"]).await.unwrap(), "Red");
}

#[tokio::test]
async fn what_is_said_of_the_interfaces_is_what_they_are() {
    let stage = Stage::with(vec![track("Blue")]).await;
    let connection = stage.properties.inner().connection();
    let shown = IntrospectableProxy::builder(connection).destination(tandem_contracts::mpris::NAME).path(PATH);
    let xml = shown.build().await.unwrap().introspect().await.unwrap();
    for (interface, count) in [("org.mpris.MediaPlayer2", 6), ("org.mpris.MediaPlayer2.Player", 15)] {
        let (_, rest) = xml.split_once(&format!("<interface name=\"{interface}\">")).unwrap();
        let (shown, _) = rest.split_once("</interface>").unwrap();
        let all = stage.properties.get_all(interface.try_into().unwrap()).await.unwrap();
        assert_eq!((all.len(), shown.matches("<property ").count()), (count, count), "{xml}");
        for (name, value) in all {
            let line = format!("<property name=\"{name}\" type=\"{}\" access=", value.value_signature());
            assert!(shown.contains(&line), "{line}: {shown}");
        }
    }
    assert_eq!(xml.matches("access=\"readwrite\"").count(), 4, "{xml}");
    assert_eq!(xml.matches("<method name=\"OpenUri\">").count(), 1, "{xml}");
}
