//! The music dies and is back: whoever follows is told both. Who hangs costs a report two seconds, however many ask for it. And nobody knows how anything is while nobody looks.

use futures_util::future::join_all;
use rustix::process::{Signal, kill_process};
use tandem_contracts::health::{Follower, Health1Proxy, NAME, PATH, Part, Report};
use tandem_contracts::{bus, driving, media, settings, signals};
use tandem_scenes::{Bus, Daemon, Tandem, binary, root, tied, within};

fn part<'a>(report: &'a Report, name: &str) -> &'a Part {
    report.parts.iter().find(|part| part.name == name).unwrap()
}

async fn next(follower: &mut Follower) -> Option<Report> {
    within("news", follower.next()).await.unwrap()
}

#[tokio::test]
async fn who_dies_is_told_and_so_is_its_return() {
    let mut tandem = Tandem::sim(&["--scenario", "parked"]);
    let bus = tandem.bus().await;
    let health = Health1Proxy::new(&bus.connection).await.unwrap();
    let mut follower = Follower::open(&bus.connection).await.unwrap();
    let before = health.report().await.unwrap();
    assert!(before.is_well, "{before:#?}");

    let music = bus.owner(media::NAME).await.unwrap();
    kill_process(music, Signal::KILL).unwrap();
    let mut told = Vec::new();
    while told.last().map(String::as_str) != Some("well") {
        let report = next(&mut follower).await.unwrap();
        assert_eq!(report.generation, before.generation);
        let health = part(&report, "media").health.clone();
        // Until it is missed it was well, which is no news.
        if told.last() != Some(&health) && !(told.is_empty() && health == "well") {
            assert!(report.sequence > before.sequence);
            told.push(health);
        }
    }
    assert_eq!(told, ["ill", "starting", "well"]);
}

#[tokio::test]
async fn who_hangs_holds_up_no_report_and_without_the_one_who_looks_nobody_knows() {
    let daemon = Daemon::start();
    // It has names, and answers nothing.
    let silent = daemon.connect().await;
    let _unread = zbus::MessageStream::from(&silent);
    for name in [signals::NAME, bus::NAME, driving::NAME, settings::NAME] {
        silent.request_name(name).await.unwrap();
    }
    let bus = Bus::open(daemon.address()).await;
    let mut follower = Follower::open(&bus.connection).await.unwrap();
    let mut lifecycle = tied(binary("tandem-lifecycle"));
    let mut lifecycle = lifecycle.env("TANDEM_BUS", daemon.address()).env("TANDEM_ASSETS", root()).spawn().unwrap();
    let first = next(&mut follower).await.unwrap();
    assert_eq!(part(&first, "lifecycle").version, env!("CARGO_PKG_VERSION"));

    let health = Health1Proxy::new(&bus.connection).await.unwrap();
    let answers = within("all answers", join_all((0..40).map(|_| health.report()))).await;
    let (told, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    // All at once: a few are refused, and no part is asked once for each of them.
    assert!(told.len() >= 16 && !refused.is_empty(), "{} told, {} refused", told.len(), refused.len());
    for report in told.into_iter().map(Result::unwrap) {
        for name in ["vehicle", "settings"] {
            assert_eq!(part(&report, name).says, "does not answer: nothing came within 2 s", "{report:#?}");
        }
        assert_eq!(part(&report, "centre").health, "starting");
    }

    // Somebody else has something to say of health, and is not heard.
    let lie = (Report { generation: 1, ..Report::default() },);
    silent.emit_signal(None::<&str>, PATH, NAME, "Changed", &lie).await.unwrap();
    lifecycle.kill().unwrap();
    lifecycle.wait().unwrap();
    loop {
        match next(&mut follower).await {
            Some(report) => assert_eq!(report.generation, first.generation),
            None => break,
        }
    }
}
