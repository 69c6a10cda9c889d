//! The music dies and is back: whoever follows is told both. It hangs, and the screens say what there is to go without, until it is well again.

use futures_util::StreamExt;
use rustix::process::{Signal, kill_process};
use tandem_contracts::health::{Health1Proxy, Part, Report};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_contracts::{bus, driving, media, settings};
use tandem_scenes::{Bus, Daemon, Region, Tandem, binary, root, tied, within};

/// Beside the clock of the centre, and between temperature and odometer of the cluster: nothing else ever stands there while nobody has a name.
const PLACES: [(&str, Region); 2] = [
    (CENTRE, Region { x: 240, y: 0, width: 400, height: 64 }),
    (CLUSTER, Region { x: 480, y: 632, width: 960, height: 48 }),
];

fn part<'a>(report: &'a Report, name: &str) -> &'a Part {
    report.parts.iter().find(|part| part.name == name).unwrap()
}

/// What stands in those places now.
async fn shown(bus: &Bus) -> Vec<Vec<u8>> {
    let mut shown = Vec::new();
    for (screen, place) in PLACES {
        shown.push(bus.capture(screen).await.1.cut(place));
    }
    shown
}

#[tokio::test]
async fn who_dies_is_told_and_what_hangs_is_not_available_on_the_screens_until_it_is_back() {
    let mut tandem = Tandem::sim(&["--scenario", "parked"]);
    let bus = tandem.bus().await;
    let health = Health1Proxy::new(&bus.connection).await.unwrap();
    let mut changes = health.receive_changed().await.unwrap();
    let before = health.report().await.unwrap();
    assert!(before.is_well, "{before:#?}");

    let music = bus.owner(media::NAME).await.unwrap();
    kill_process(music, Signal::KILL).unwrap();
    let mut told = Vec::new();
    within("its end and its return", async {
        while told.last().map(String::as_str) != Some("well") {
            let change = changes.next().await.unwrap();
            let report = change.args().unwrap().report;
            assert!(report.generation == before.generation && report.sequence > before.sequence);
            let health = part(&report, "media").health.clone();
            if told.last() != Some(&health) && !(told.is_empty() && health == "well") {
                told.push(health);
            }
        }
    })
    .await;
    assert_eq!(told, ["ill", "starting", "well"]);

    let calm = shown(&bus).await;
    let music = bus.owner(media::NAME).await.unwrap();
    kill_process(music, Signal::STOP).unwrap();
    let ill = health.report().await.unwrap();
    assert!(!ill.is_well && part(&ill, "media").says.starts_with("does not answer"), "{ill:#?}");
    assert_eq!(part(&ill, "vehicle").health, "well", "{ill:#?}");
    within("a word on both screens", async {
        while shown(&bus).await.iter().zip(&calm).any(|(now, calm)| now == calm) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    kill_process(music, Signal::CONT).unwrap();
    let again = async {
        while !health.report().await.unwrap().is_well {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        while shown(&bus).await != calm {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within("both screens as they were", again).await;
}

#[tokio::test]
async fn who_does_not_answer_holds_up_no_report_however_many_ask() {
    let daemon = Daemon::start();
    // It has names, and answers nothing.
    let silent = daemon.connect().await;
    let _unread = zbus::MessageStream::from(&silent);
    for name in [tandem_contracts::signals::NAME, bus::NAME, driving::NAME, settings::NAME] {
        silent.request_name(name).await.unwrap();
    }
    let mut lifecycle = tied(binary("tandem-lifecycle"));
    let mut lifecycle = lifecycle.env("TANDEM_BUS", daemon.address()).env("TANDEM_ASSETS", root()).spawn().unwrap();
    let bus = Bus::open(daemon.address()).await;
    within("the service", async { while bus.owner(tandem_contracts::health::NAME).await.is_none() {} }).await;
    let health = Health1Proxy::new(&bus.connection).await.unwrap();
    let many = futures_util::future::join_all((0..40).map(|_| health.report()));
    let answers = within("all answers", many).await;
    let (told, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    // All at once: a few are refused, and no part is asked once for each of them.
    assert!(told.len() >= 16 && !refused.is_empty(), "{} told, {} refused", told.len(), refused.len());
    for report in told.into_iter().map(Result::unwrap) {
        for name in ["vehicle", "settings"] {
            assert_eq!(part(&report, name).says, "does not answer: nothing came within 2 s", "{report:#?}");
        }
        assert_eq!(part(&report, "centre").health, "starting");
    }
    lifecycle.kill().unwrap();
    lifecycle.wait().unwrap();
}
