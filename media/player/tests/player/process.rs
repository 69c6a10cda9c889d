//! The process around the pipeline: what it may do, and how it ends.

use std::process::{Command, Stdio};

use super::harness::Player;
use super::sound::{encoded, sine};
use tandem_player::protocol::Event;

#[test]
fn it_ends_when_nobody_gives_orders_any_more() {
    for sink in ["null", "record", "record-fast"] {
        let mut player = Player::new(sink, &[]);
        let file = encoded(player.folder.path(), "song", "flac", &sine(0, 400_000));
        player.load(1, &file, 0, true);
        player.started(1);
        let (status, complaints) = player.close();
        assert!(status.success(), "{status}");
        assert_eq!(complaints, "");
    }
}

#[test]
fn it_says_what_it_plays_to_and_what_it_lacks() {
    let player = Player::new("null", &[]);
    let Some(Event::Ready { version, sink, missing, heavy }) = player.heard.first() else {
        panic!("{:?}", player.heard)
    };
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    assert_eq!(sink, "null");
    for format in ["FLAC", "MP3", "Vorbis", "Opus", "WAV", "AAC", "Apple Lossless"] {
        assert!(!missing.iter().any(|lacking| lacking == format), "this test needs the plugins for {format}");
    }
    assert_eq!(heavy, &[""; 0], "nothing is left to libav where there is something smaller");
    // Whatever this machine has, there is something to play to.
    let player = Player::new("auto", &[]);
    assert!(matches!(player.heard.first(), Some(Event::Ready { .. })));
}

/// A sound server that is started late, as in a car whose player was quicker.
#[test]
fn one_that_plays_to_nowhere_makes_room_for_one_that_is_heard_once_a_device_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let servers = folder.path().to_str().unwrap();
    let alone = [
        ("PIPEWIRE_RUNTIME_DIR", servers),
        ("PULSE_SERVER", "unix:/nowhere/at/all"),
        ("ALSA_CONFIG_PATH", "/dev/null"),
    ];
    let sink = |player: &Player| match player.heard.first() {
        Some(Event::Ready { sink, .. }) => sink.clone(),
        other => panic!("{other:?}"),
    };
    let mut deaf = Player::among(&alone, "auto", &[]);
    assert_eq!(sink(&deaf), "null");
    let mut server = Command::new("pipewire").envs(alone).stderr(Stdio::null()).spawn().unwrap();
    let (status, complaints) = deaf.wait();
    let heard = Player::among(&alone, "auto", &[]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(complaints.contains("a sound device has come"), "{complaints}");
    assert_eq!(sink(&heard), "pipewire");
}

#[test]
fn it_looks_its_plugins_over_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let registry = folder.path().join("registry.bin");
    let mut player = Player::new("null", &["--registry", registry.to_str().unwrap()]);
    assert!(player.close().0.success());
    assert!(std::fs::metadata(&registry).unwrap().len() > 10_000);
}

#[test]
fn wrong_options_are_refused_and_the_right_ones_explained() {
    let say = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_tandem-player")).args(args).output().unwrap();
    let version = say(&["--version"]);
    assert!(version.status.success());
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("tandem-player {}\n", env!("CARGO_PKG_VERSION")));
    assert!(String::from_utf8_lossy(&say(&["--help"]).stdout).contains("--network"));
    for wrong in [&["--sink", "loud"][..], &["--sink", "record:/nowhere/at/all"], &["--loud"]] {
        assert_eq!(say(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

/// The kernel's own word on what is left to this process.
#[test]
fn it_cannot_call_what_music_does_not_need() {
    let player = Player::new("null", &[]);
    let status = std::fs::read_to_string(format!("/proc/{}/status", player.id())).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(field("Seccomp:"), "2", "a filter is on");
    assert_eq!(field("NoNewPrivs:"), "1");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", player.id())).unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(cores.split_whitespace().rev().nth(1), Some("0"));
}
