//! A phone's player as everybody on the car's bus has it, and what is shared instead of played.

use std::net::TcpStream;
use std::process::Command;

use tandem_contracts::mpris::{PREFIX, PlayerProxy, Status};
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;

use crate::far::{Far, Peer, is_alone};
use crate::player;
use crate::server::{Asked, Server, answer, stall};
use crate::stage::{RATE, Stage, story, until};

/// As every desktop steers a player.
fn playerctl(stage: &Stage<'_>, name: &str, words: &[&str]) -> String {
    let mut command = Command::new("playerctl");
    command.args(["--player", name]).args(words).env("DBUS_SESSION_BUS_ADDRESS", stage.bus.address());
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_phones_player_is_an_mpris_player_of_the_car_and_a_source_of_its_media() {
    if !is_alone("players::a_phones_player_is_an_mpris_player_of_the_car_and_a_source_of_its_media", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let mut stage = Stage::new(&far, Peer::Own).await;
        let us = stage.pair().await;
        stage.plays_there().await;
        let connection = stage.bus.connect().await;
        let bus = DBusProxy::new(&connection).await.unwrap();
        let ours = async || {
            let names = bus.list_names().await.ok()?;
            let mut names = names.into_iter().filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned));
            names.find(|name| name.starts_with("tandem_phone."))
        };
        let name = until("the phone's player", ours).await;
        assert!(name.starts_with("tandem_phone.Tandem_"), "{name}");
        until("what it plays", async || {
            (playerctl(&stage, &name, &["metadata", "title"]) == "Night drive").then_some(())
        })
        .await;
        assert_eq!(playerctl(&stage, &name, &["status"]), "Playing");
        let identity = playerctl(&stage, &name, &["metadata", "--format", "{{playerName}} {{mpris:length}}"]);
        assert!(identity.ends_with("60000000"), "{identity}");

        // The screens find it where they find all players.
        let source = async || {
            let sources = stage.media.sources().await.ok()?;
            sources.into_iter().find(|source| source.id == format!("player:{name}"))
        };
        let source = until("a source", async || source().await.filter(|it| it.available)).await;
        assert_eq!((source.kind.as_str(), source.name.as_str()), ("player", "Tandem – Far"));

        playerctl(&stage, &name, &["pause"]);
        let there = async |status: Status| {
            let now: Status = stage.there.playback_status().await.ok()?.parse().ok()?;
            (now == status).then_some(())
        };
        until("silence on the phone", async || there(Status::Paused).await).await;
        until("its news", async || (playerctl(&stage, &name, &["status"]) == "Paused").then_some(())).await;
        playerctl(&stage, &name, &["position", "42"]);
        let at_42 = |position: i64| (position - 42_000_000).abs() < 250_000;
        until("the place on the phone", async || at_42(stage.there.position().await.ok()?).then_some(())).await;
        let here = PlayerProxy::builder(&connection).destination(format!("{PREFIX}{name}"));
        let here = here.cache_properties(CacheProperties::No).build().await.unwrap();
        until("the place here", async || at_42(here.position().await.ok()?).then_some(())).await;
        here.set_volume(0.3).await.unwrap();
        until("the volume on the phone", async || {
            ((stage.there.volume().await.ok()? - 0.3).abs() < 0.01).then_some(())
        })
        .await;
        assert!(here.open_uri("https://example.org/x.mp3").await.is_err());

        // The car's own players over there are none of the phone's.
        assert_eq!(bus.list_names().await.unwrap().iter().filter(|it| it.contains("tandem_phone")).count(), 1);
        stage.phone.tell(&us, None, "unpair", &()).await;
        until("its end", async || ours().await.is_none().then_some(())).await;
        stage.kill();
    });
}

/// As servers of podcasts do.
fn give(asked: &Asked, stream: &mut TcpStream, file: &[u8]) {
    let range = asked.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    let all = file.len();
    let from = range.and_then(|from| from.parse().ok()).unwrap_or(0).min(all - 1);
    let head = match range {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{all}", all - 1),
        None => "200 OK".to_owned(),
    };
    answer(stream, &format!("{head}\r\nAccept-Ranges: bytes\r\nContent-Type: audio/wav"), &file[from..]);
}

#[test]
fn a_link_that_is_shared_plays_in_the_car_while_the_phone_is_silent_and_goes_back_with_its_second() {
    if !is_alone(
        "players::a_link_that_is_shared_plays_in_the_car_while_the_phone_is_silent_and_goes_back_with_its_second",
        Peer::Own,
    ) {
        return;
    }
    story(async {
        let far = Far::new();
        let stage = Stage::new(&far, Peer::Own).await;
        let song = std::fs::read(stage.path("music/Night drive.wav")).unwrap();
        let server = Server::on("10.77.0.1", move |asked, stream| give(asked, stream, &song));
        let us = stage.pair().await;
        stage.plays_there().await;
        let second = RATE as usize;
        until("sound on the phone", async || (stage.heard_there.heard() > second).then_some(())).await;
        let address = server.at("/Elsewhere.wav");
        stage.phone.tell(&us, Some("share"), "shareUrl", &(address.as_str(),)).await;
        let offered = stage.until_session("the link", |session| session.media.title == "Elsewhere").await;
        assert_eq!((offered.stage.as_str(), offered.media.item.as_str()), ("offered", address.as_str()));
        assert!(stage.heard_here.heard() == 0, "nobody has asked for it");

        stage.sessions.claim(offered.id.clone()).await.unwrap();
        stage.until_session("the car's", |it| it.id == offered.id && it.stage == "held").await;
        until("sound in the car", async || (stage.heard_here.heard() > 0).then_some(())).await;
        let heard_there = stage.heard_there.heard();
        until("two seconds of it", async || (stage.heard_here.heard() > 2 * second).then_some(())).await;
        assert_eq!(stage.heard_there.heard(), heard_there, "the phone fell silent before the car began");

        stage.sessions.release(offered.id.clone()).await.unwrap();
        let goes_on = format!("{address}#t=");
        until("the link on the phone", async || stage.phone.log().contains(&goes_on).then_some(())).await;
        let back = stage.until_session("the phone's", |it| it.id == offered.id && it.stage == "offered").await;
        assert!(back.media.position_us > 2_000_000 && !back.media.playing);
    });
}

#[test]
fn a_cover_that_only_the_phone_has_comes_to_the_car_and_goes_with_the_phone() {
    if !is_alone("players::a_cover_that_only_the_phone_has_comes_to_the_car_and_goes_with_the_phone", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let stage = Stage::new(&far, Peer::Own).await;
        stage.pair().await;
        let (cover, bytes) = (stage.path("cover.png"), b"\x89PNG\r\n\x1a\n and what a picture holds");
        std::fs::write(&cover, bytes).unwrap();
        let _player = player::start(&stage.phone.bus(), Some(&cover)).await;
        let offered =
            stage.until_session("its cover", |it| it.media.title == player::TITLE && !it.media.art.is_empty()).await;
        let path = url::Url::parse(&offered.media.art).unwrap().to_file_path().unwrap();
        assert!(path.starts_with(stage.path("phones")), "{}", path.display());
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        stage.phones.forget(offered.phone).await.unwrap();
        assert!(!path.exists(), "nothing of a forgotten phone is left");
    });
}

#[test]
fn a_link_that_waits_for_its_server_when_the_service_dies_does_not_sound_later() {
    if !is_alone("players::a_link_that_waits_for_its_server_when_the_service_dies_does_not_sound_later", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let mut stage = Stage::new(&far, Peer::Own).await;
        let server = Server::on("10.77.0.1", |_, stream| stall(stream));
        let us = stage.pair().await;
        let address = server.at("/Elsewhere.wav");
        stage.phone.tell(&us, Some("share"), "shareUrl", &(address.as_str(),)).await;
        let offered = stage.until_session("the link", |session| session.media.title == "Elsewhere").await;
        stage.sessions.claim(offered.id.clone()).await.unwrap();
        until("the car's question", async || (!server.asked().is_empty()).then_some(())).await;
        stage.kill();
        assert_eq!(stage.media.now().await.unwrap().item.id, address, "the car waits for it");
        stage.start().await;
        let back = stage.until_session("the link", |it| it.id == offered.id && it.stage == "offered").await;
        assert_eq!((back.media.title.as_str(), back.why.as_str()), ("Elsewhere", "interrupted"));
        let waits = ["buffering", "waiting", "playing"];
        until("the end of it", async || (!waits.contains(&stage.media.now().await.ok()?.state.as_str())).then_some(()))
            .await;
    });
}
