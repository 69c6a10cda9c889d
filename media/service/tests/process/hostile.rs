//! Arguments that nobody with good manners sends.

use tandem_contracts::media::{MAX_IMPORT, MAX_TEXT, MediaError, Wanted};

use crate::stage::{Stage, tone};

/// What an answer is called; empty if it is none of the refusals.
fn name<T>(answer: Result<T, MediaError>) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(MediaError::NotFound(sentence)) if !sentence.is_empty() => "not found",
        Err(MediaError::Invalid(sentence)) if !sentence.is_empty() => "invalid",
        Err(MediaError::NotAvailable(sentence)) if !sentence.is_empty() => "not available",
        Err(MediaError::Storage(_)) => "storage",
        Err(MediaError::Busy(_)) => "busy",
        Err(_) => "",
    }
}

#[tokio::test]
async fn every_argument_is_looked_at() {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 60);
    stage.start_with(1).await;
    let media = &stage.media;
    let none = String::new;
    let long = || "x".repeat(MAX_TEXT + 1);

    assert_eq!(name(media.page("nonsense".into(), none(), 0, 1).await), "invalid");
    assert_eq!(name(media.page(long(), none(), 0, 1).await), "invalid");
    assert_eq!(name(media.page("tracks".into(), "track:1".into(), 0, 1).await), "invalid");
    assert_eq!(name(media.page("tracks".into(), "no such stick".into(), 0, 1).await), "not found");
    assert_eq!(name(media.page("tracks".into(), long(), 0, 1).await), "invalid");
    let far = media.page("tracks".into(), none(), u32::MAX, u32::MAX).await.unwrap();
    assert_eq!((far.total, far.rows.len()), (1, 0));
    let (players, tracks) =
        (media.page("players".into(), none(), 0, 9).await, media.page("tracks".into(), none(), 0, 9).await);
    assert_eq!((players.unwrap().total, tracks.unwrap().rows.len()), (0, 1));

    for text in ["", "\"", "' OR 1=1 --", "*", "(", "晴", "a AND NOT b NEAR/2 c"] {
        assert_eq!(name(media.search(text.into(), u32::MAX).await), "ok", "{text:?}");
    }
    assert_eq!(name(media.search(long(), 1).await), "invalid");
    assert_eq!(name(media.resolve(Wanted { title: long(), ..Wanted::default() }).await), "invalid");
    assert_eq!(name(media.resolve(Wanted { length_us: i64::MIN, ..Wanted::default() }).await), "ok");

    for id in [
        "",
        "track:",
        "track:99",
        "track:-1",
        "track:x",
        "artist:7",
        "player:nobody",
        "gopher://x",
        "/etc/passwd",
        "::::",
    ] {
        assert_eq!(name(media.play(id.into(), -1).await), "not found", "{id:?}");
        assert_eq!(name(media.enqueue(id.into(), "next".into()).await), "not found", "{id:?}");
    }
    assert_eq!(name(media.play(long(), 0).await), "invalid");
    assert_eq!(name(media.play("track:1".into(), i64::MIN).await), "invalid");
    assert_eq!(name(media.enqueue("track:1".into(), "now".into()).await), "invalid");
    assert_eq!(name(media.play_view("tracks".into(), none(), 1).await), "invalid");
    assert_eq!(name(media.play_view("stations".into(), none(), 0).await), "invalid");
    for entry in [0, 1, u64::MAX] {
        assert_eq!(name(media.jump_to(entry).await), "not found");
        assert_eq!(name(media.move_entry(entry, u32::MAX).await), "not found");
        assert_eq!(name(media.remove_entry(entry).await), "not found");
    }
    assert_eq!(name(media.clear_queue().await), "ok");
    assert_eq!(media.queue(u32::MAX, u32::MAX).await.unwrap().current, -1);

    assert_eq!(name(media.add_folder("music".into()).await), "invalid");
    assert_eq!(name(media.add_folder("/".into()).await), "invalid");
    assert_eq!(name(media.add_folder("/no/such/folder".into()).await), "not found");
    assert_eq!(name(media.forget_source("nobody".into()).await), "not found");
    assert_eq!(name(media.scan("nobody".into()).await), "not found");
    assert_eq!(name(media.import_stations("{".into()).await), "invalid");
    assert_eq!(name(media.import_stations("x".repeat(MAX_IMPORT + 1)).await), "invalid");
    assert_eq!(name(media.import_subscriptions("<html>".into()).await), "invalid");
    assert_eq!(name(media.download("track:1".into()).await), "not found");
    assert_eq!(name(media.forget("track:1".into()).await), "invalid");
    assert_eq!(name(media.forget("station:1".into()).await), "not found");
    assert_eq!(name(media.set_replay_gain("loud".into()).await), "invalid");
    for address in ["file:///etc/passwd", "", "gopher://a.example/", "http://", "a feed"] {
        assert_eq!(name(media.subscribe_podcast(address.into()).await), "invalid", "{address:?}");
    }
    for id in ["", "episode:1", "episode:-1", "podcast:1", "artist:1", "player:nobody", "\u{1}\u{fffd}:1"] {
        assert_eq!(name(media.download(id.into()).await), "not found", "{id:?}");
        assert_eq!(name(media.forget(id.into()).await), "not found", "{id:?}");
        assert_ne!(name(media.page("tracks".into(), id.into(), 0, 1).await), "", "{id:?}");
    }
    for refused in [
        name(media.play(long(), -1).await),
        name(media.enqueue(long(), "next".into()).await),
        name(media.enqueue("track:1".into(), long()).await),
        name(media.play_view(long(), none(), 0).await),
        name(media.play_view("tracks".into(), long(), 0).await),
        name(media.download(long()).await),
        name(media.forget(long()).await),
        name(media.scan(long()).await),
        name(media.forget_source(long()).await),
        name(media.add_folder(long()).await),
        name(media.subscribe_podcast(long()).await),
        name(media.set_replay_gain(long()).await),
        name(media.import_subscriptions("x".repeat(MAX_IMPORT + 1)).await),
        name(media.steer_player(long(), "pause".into()).await),
        name(media.resolve(Wanted { url: long(), ..Wanted::default() }).await),
    ] {
        assert_eq!(refused, "invalid");
    }
    assert!(media.resume_points(u32::MAX).await.unwrap().is_empty());

    // After all of it, it plays.
    stage.play_all().await;
    for (volume, rate) in [(f64::NAN, f64::NAN), (f64::INFINITY, f64::INFINITY), (-1.0, 1e-300)] {
        // Some are refused, some do nothing; none may break it.
        let _ = stage.player.set_volume(volume).await;
        let _ = stage.player.set_rate(rate).await;
    }
    for offset in [i64::MIN, -1] {
        stage.player.seek(offset).await.unwrap();
    }
    let elsewhere = zbus::ObjectPath::try_from("/org/tandem/track/99999999999999999999").unwrap();
    stage.player.set_position(&elsewhere, i64::MIN).await.unwrap();
    let entry = stage.now().await.entry;
    stage.until_beyond(entry, 0).await;
    assert_eq!(stage.player.volume().await.unwrap(), 0.0);
}

/// What was taken in comes and goes.
#[tokio::test]
async fn a_folder_is_taken_in_and_forgotten() {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 2);
    tone(&stage.path("more/two.wav"), 2);
    stage.start_with(1).await;
    let more = stage.path("more").display().to_string();
    let source = stage.media.add_folder(more).await.unwrap();
    let media = &stage.media;
    let tracks = |count| async move {
        (media.page("tracks".into(), String::new(), 0, 0).await.unwrap().total == count).then_some(())
    };
    crate::stage::until("the new folder's track", || tracks(2)).await;
    let sources = media.sources().await.unwrap();
    assert_eq!(sources.iter().find(|known| known.id == source).unwrap().name, "more");
    media.forget_source(source.clone()).await.unwrap();
    assert_eq!(name(media.forget_source(source.clone()).await), "not found");
    crate::stage::until("its end", || tracks(1)).await;
    assert!(stage.path("more/two.wav").exists(), "the files stay");
    assert!(!media.sources().await.unwrap().iter().any(|known| known.id == source));
}
