//! What becomes of playback when something breaks under the shipped service: its player, a stick, the service itself, the files, its callers' manners.

#![cfg(test)]

mod cameras;
mod driving;
mod hostile;
mod peers;
mod podcasts;
mod radio;
#[path = "../../src/fetch/server.rs"]
mod server;
mod stage;

use rustix::process::{Signal, kill_process};
use stage::{Stage, tone, until};
use tandem_contracts::media::MediaError;

const SECOND: i64 = 1_000_000;

/// The player comes back on its own, in the same entry, at the position, and nothing was passed over.
async fn survives(signal: Signal) {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 60);
    tone(&stage.path("music/two.wav"), 60);
    stage.start_with(2).await;
    stage.play_all().await;
    let before = stage.until_beyond(1, SECOND).await;
    let victim = stage.player_process().unwrap();
    kill_process(victim, signal).unwrap();
    let stage = &stage;
    until("another player", || async move { stage.player_process().filter(|player| *player != victim) }).await;
    let after = stage.until_beyond(1, before).await;
    assert!(after < 50 * SECOND, "it went on from {before}, not from {after}");
    assert_eq!(stage.now().await.reason, "");
    // And it can be steered.
    stage.player.next().await.unwrap();
    stage.until_beyond(2, 0).await;
}

#[tokio::test]
async fn the_player_is_killed_and_comes_back_at_its_position() {
    survives(Signal::KILL).await;
}

#[tokio::test]
async fn the_player_hangs_and_comes_back_at_its_position() {
    survives(Signal::STOP).await;
}

#[tokio::test]
async fn the_player_ends_with_its_service() {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 60);
    stage.start_with(1).await;
    stage.play_all().await;
    stage.until_beyond(1, 0).await;
    let player = stage.player_process().unwrap();
    stage.end(Signal::KILL).await;
    let gone = format!("/proc/{}/stat", player.as_raw_nonzero());
    until("the player's end", || async { (!std::path::Path::new(&gone).exists()).then_some(()) }).await;
}

#[tokio::test]
async fn a_stick_is_pulled_while_it_plays_and_goes_on_when_it_is_back() {
    let mut stage = Stage::new().await;
    tone(&stage.path("sticks/BLUE/one.wav"), 60);
    stage.start_with(1).await;
    stage.play_all().await;
    let before = stage.until_beyond(1, SECOND).await;
    std::fs::rename(stage.path("sticks/BLUE"), stage.path("pulled")).unwrap();
    let now = stage.until_now("the pause", |now| now.state == "waiting").await;
    assert_eq!((now.entry, now.reason.as_str()), (1, "The stick BLUE was taken out"));
    assert_eq!(stage.player.playback_status().await.unwrap(), "Paused");
    // Playback is held first; the library follows.
    let media = &stage.media;
    let stick = until("the stick's absence", || async move {
        let sources = media.sources().await.unwrap();
        sources.into_iter().find(|source| source.kind == "usb" && !source.available)
    });
    assert_eq!(stick.await.items, 1, "its rows stay");
    let rows = stage.media.page("tracks".into(), String::new(), 0, 9).await.unwrap().rows;
    assert!(
        matches!(stage.media.play(rows[0].id.clone(), -1).await, Err(MediaError::NotAvailable(why)) if why.contains("BLUE"))
    );

    std::fs::rename(stage.path("pulled"), stage.path("sticks/BLUE")).unwrap();
    let after = stage.until_beyond(1, before).await;
    assert!(after < 50 * SECOND);
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let mut stage = Stage::new().await;
    for name in ["one", "two", "three"] {
        tone(&stage.path(&format!("music/{name}.wav")), 60);
    }
    stage.start_with(3).await;
    stage.play_all().await;
    stage.player.set_shuffle(true).await.unwrap();
    stage.player.set_loop_status("Playlist").await.unwrap();
    stage.player.set_volume(0.25).await.unwrap();
    stage.media.set_replay_gain("album".into()).await.unwrap();
    stage.player.next().await.unwrap();
    let entry = stage.until_now("the next", |now| now.entry != 1).await.entry;
    let before = stage.until_beyond(entry, SECOND).await;
    let queue = stage.media.queue(0, 9).await.unwrap();
    stage.end(Signal::TERM).await;

    stage.start(&[]).await;
    let now = stage.until_now("what was left", |now| now.state == "paused").await;
    assert_eq!(now.entry, entry);
    let again = stage.media.queue(0, 9).await.unwrap();
    assert_eq!((again.entries, again.current), (queue.entries, queue.current));
    assert!(stage.player.position().await.unwrap() >= before);
    assert!(stage.player.shuffle().await.unwrap());
    assert_eq!(stage.player.loop_status().await.unwrap(), "Playlist");
    assert_eq!(stage.player.volume().await.unwrap(), 0.25);
    assert_eq!(stage.media.replay_gain().await.unwrap(), "album");
    until("the player's word", || async { (stage.media.sound_device().await.unwrap() == "null").then_some(()) }).await;
    stage.player.play().await.unwrap();
    stage.until_beyond(entry, before).await;
}

#[tokio::test]
async fn a_power_cut_costs_five_seconds_at_most() {
    let mut stage = Stage::new().await;
    tone(&stage.path("music/one.wav"), 120);
    stage.start_with(1).await;
    stage.play_all().await;
    stage.until_beyond(1, 0).await;
    stage.player.seek(60 * SECOND).await.unwrap();
    let before = stage.until_beyond(1, 66 * SECOND).await;
    stage.end(Signal::KILL).await;
    stage.start(&["--resume", "play"]).await;
    let after = stage.until_beyond(1, 60 * SECOND).await;
    assert!(after >= before - 5 * SECOND - SECOND / 2, "{after} is long before {before}");
}

#[tokio::test]
async fn a_queue_of_nothing_but_broken_files_stops_and_says_why() {
    let mut stage = Stage::new().await;
    for name in ["one", "two", "three"] {
        tone(&stage.path(&format!("music/{name}.wav")), 2);
    }
    stage.start_with(3).await;
    for name in ["one", "two", "three"] {
        std::fs::write(stage.path(&format!("music/{name}.wav")), b"this is no music, whatever its name says").unwrap();
    }
    stage.player.set_loop_status("Playlist").await.unwrap();
    stage.play_all().await;
    let now = stage.until_now("the end", |now| now.state == "stopped" && !now.reason.is_empty()).await;
    assert_eq!(stage.player.playback_status().await.unwrap(), "Stopped");
    assert_ne!(now.reason, "");
    let media = &stage.media;
    let marked = || async move {
        let rows = media.page("tracks".into(), String::new(), 0, 9).await.unwrap().rows;
        rows.iter().all(|row| !row.available && !row.reason.is_empty()).then_some(())
    };
    until("the marks in the library", marked).await;
}
