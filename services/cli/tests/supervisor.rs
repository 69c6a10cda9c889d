//! Children of a real `tandem child`, with small programs of the system in the place of Tandem's own.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tandem::supervisor::{Happening, OnDeath, Program, Role, Supervisor};

fn launcher() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tandem"))
}

fn shell(role: Role, script: &str) -> Program {
    Program {
        name: "shell",
        role,
        path: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: Vec::new(),
    }
}

fn code(happening: &Happening) -> (&'static str, Option<i32>, Duration) {
    match happening {
        Happening::Dead { status, back_in, .. } => ("dead", status.code(), *back_in),
        Happening::Gone { status, .. } => ("gone", status.code(), Duration::ZERO),
        Happening::Back { .. } => ("back", None, Duration::ZERO),
        Happening::Closed { .. } => ("closed", None, Duration::ZERO),
        Happening::Stuck { .. } => ("stuck", None, Duration::ZERO),
    }
}

async fn story(on_death: OnDeath, program: Program, chapters: usize) -> Vec<(&'static str, Option<i32>, Duration)> {
    let mut supervisor = Supervisor::new(launcher(), on_death);
    supervisor.start(program).unwrap();
    let mut told = Vec::new();
    for _ in 0..chapters {
        told.push(code(&supervisor.next().await));
    }
    supervisor.end().await;
    told
}

#[tokio::test]
async fn a_dead_child_comes_back_each_time_later() {
    let told = story(OnDeath::Restart, shell(Role::Service, "exit 3"), 4).await;
    let ms = Duration::from_millis;
    let back = ("back", None, Duration::ZERO);
    assert_eq!(told, [("dead", Some(3), ms(200)), back, ("dead", Some(3), ms(400)), back]);
}

#[tokio::test]
async fn a_death_is_final_where_deaths_are_only_reported() {
    assert_eq!(story(OnDeath::Report, shell(Role::Service, "exit 3"), 1).await, [("gone", Some(3), Duration::ZERO)]);
}

#[tokio::test]
async fn a_wrong_set_up_at_first_is_final() {
    assert_eq!(story(OnDeath::Restart, shell(Role::Service, "exit 2"), 1).await, [("gone", Some(2), Duration::ZERO)]);
}

#[tokio::test]
async fn a_window_that_its_user_closed_stays_closed() {
    assert_eq!(story(OnDeath::Restart, shell(Role::Window, "exit 0"), 1).await, [("closed", None, Duration::ZERO)]);
    assert_eq!(story(OnDeath::Restart, shell(Role::Tool, "exit 0"), 1).await, [("closed", None, Duration::ZERO)]);
    let died = story(OnDeath::Restart, shell(Role::Window, "exit 1"), 1).await;
    assert_eq!(died, [("dead", Some(1), Duration::from_millis(200))]);
}

#[tokio::test]
async fn a_tool_is_no_window_that_a_run_hangs_on() {
    let mut supervisor = Supervisor::new(launcher(), OnDeath::Restart);
    supervisor.start(shell(Role::Window, "exec sleep 1000")).unwrap();
    supervisor.start(shell(Role::Tool, "exit 0")).unwrap();
    assert_eq!(supervisor.next().await, Happening::Closed { name: "shell", windows_left: 1 });
    supervisor.start(shell(Role::Tool, "exec sleep 1000")).unwrap();
    supervisor.start(shell(Role::Window, "exit 0")).unwrap();
    assert_eq!(supervisor.next().await, Happening::Closed { name: "shell", windows_left: 1 });
    supervisor.end().await;
}

#[tokio::test]
async fn a_child_that_is_deaf_to_sigterm_is_killed_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let script = format!("trap '' TERM; mkfifo {0}; echo > {0}; while :; do sleep 1; done", ready.display());
    let mut supervisor = Supervisor::new(launcher(), OnDeath::Report);
    supervisor.start(shell(Role::Service, &script)).unwrap();
    let id = supervisor.running().next().unwrap().1;
    tokio::task::spawn_blocking(move || {
        while !ready.exists() {
            std::thread::yield_now();
        }
        // Opening the other end waits until the trap is set.
        std::fs::read(ready).unwrap();
    })
    .await
    .unwrap();
    supervisor.end().await;
    assert!(!Path::new(&format!("/proc/{id}")).exists());
}

#[test]
fn a_child_dies_with_a_parent_that_is_killed() {
    let script = r#""$0" child --parent $$ -- /bin/sh -c 'echo up; exec sleep 1000' & wait"#;
    let mut parent =
        Command::new("/bin/sh").args(["-c", script]).arg(launcher()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(parent.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    parent.kill().unwrap();
    parent.wait().unwrap();
    // Ends only when nobody holds the other end of the pipe any more: the sleeper is gone.
    assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn a_child_of_a_parent_that_is_gone_does_not_even_start() {
    let output = Command::new(launcher()).args(["child", "--parent", "1", "--", "/bin/echo", "up"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
