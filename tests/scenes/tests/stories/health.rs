//! The music dies and is back: whoever follows is told both. It hangs, and the screens say what there is to go without, until it is well again. Who hangs costs a report two seconds,
//! however many ask for it; who comes and goes without end costs it little more. And nobody knows how anything is while nobody looks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use rustix::process::{Signal, kill_process};
use tandem_contracts::connect::METHOD_TIMEOUT;
use tandem_contracts::health::{Follower, Health1Proxy, NAME, PATH, Part, Report};
use tandem_contracts::screen::{CENTRE, CLUSTER};
use tandem_contracts::{bus, driving, media, settings, signals};
use tandem_scenes::{Bus, Daemon, Region, Tandem, binary, root, tied, within};

/// Beside the clock of the centre, and between temperature and odometer of the cluster: nothing else ever stands there while nobody has a name.
const PLACES: [(&str, Region); 2] = [
    (CENTRE, Region { x: 240, y: 0, width: 400, height: 64 }),
    (CLUSTER, Region { x: 480, y: 632, width: 960, height: 48 }),
];
const LOOK: Duration = Duration::from_millis(50);
/// How often a name comes and goes.
const COMINGS: usize = 500;

fn part<'a>(report: &'a Report, name: &str) -> &'a Part {
    report.parts.iter().find(|part| part.name == name).unwrap()
}

/// What stands in those places now.
async fn shown(bus: &Bus) -> [Vec<u8>; 2] {
    let mut shown = [Vec::new(), Vec::new()];
    for (cut, (screen, place)) in shown.iter_mut().zip(PLACES) {
        *cut = bus.capture(screen).await.1.cut(place);
    }
    shown
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
        // Until it is missed it was well, which is no news; and that it is being asked is over too soon to be told.
        if told.last() != Some(&health) && health != "starting" && !(told.is_empty() && health == "well") {
            assert!(report.sequence > before.sequence);
            told.push(health);
        }
    }
    assert_eq!(told, ["ill", "well"]);
}

#[tokio::test]
async fn what_hangs_is_not_available_on_the_screens_until_it_is_well_and_while_somebody_says_so() {
    // By night from the first picture on: how bright it is outside is heard a moment later.
    let mut tandem = Tandem::sim(&["--scenario", "parked", "--theme", "night"]);
    let bus = tandem.bus().await;
    let health = Health1Proxy::new(&bus.connection).await.unwrap();
    assert!(health.report().await.unwrap().is_well);
    let calm = shown(&bus).await;
    let process = |name: &str| tandem.processes().into_iter().find(|(_, process)| process == name).unwrap().0;
    let (music, lifecycle) = (process("tandem-media"), process("tandem-lifecycl"));

    kill_process(music, Signal::STOP).unwrap();
    let ill = health.report().await.unwrap();
    assert!(!ill.is_well && part(&ill, "media").says.starts_with("does not answer"), "{ill:#?}");
    assert_eq!(part(&ill, "vehicle").health, "well", "{ill:#?}");
    let on_both = async || {
        while shown(&bus).await.iter().zip(&calm).any(|(now, calm)| now == calm) {
            tokio::time::sleep(LOOK).await;
        }
    };
    let on_none = async || {
        while shown(&bus).await != calm {
            tokio::time::sleep(LOOK).await;
        }
    };
    // Who looks dies and looks again, and finds the same: what is missing is missing all the while.
    within("a word on both screens", on_both()).await;
    kill_process(lifecycle, Signal::KILL).unwrap();
    let again = async {
        while !health.report().await.is_ok_and(|report| report.generation != ill.generation && !report.is_well) {
            tokio::time::sleep(LOOK).await;
        }
    };
    let meanwhile = async {
        loop {
            let now = shown(&bus).await;
            assert!(now.iter().zip(&calm).all(|(now, calm)| now != calm), "a word went");
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        () = within("a report by another one", again) => {}
        () = meanwhile => {}
    }
    assert!(shown(&bus).await.iter().zip(&calm).all(|(now, calm)| now != calm));

    kill_process(music, Signal::CONT).unwrap();
    // Whoever asks has it looked for at once.
    health.report().await.unwrap();
    within("both screens as they were", on_none()).await;
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
    // All at once, beside the one who follows: a few are refused, and no part is asked once for each of them.
    assert!(told.len() >= 15 && !refused.is_empty(), "{} told, {} refused", told.len(), refused.len());
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
    while let Some(report) = next(&mut follower).await {
        assert_eq!(report.generation, first.generation);
    }
}

#[tokio::test]
async fn who_comes_and_goes_without_end_keeps_no_report_back() {
    let daemon = Daemon::start();
    let mut lifecycle = tied(binary("tandem-lifecycle"));
    let mut lifecycle = lifecycle.env("TANDEM_BUS", daemon.address()).env("TANDEM_ASSETS", root()).spawn().unwrap();
    let bus = Bus::open(daemon.address()).await;
    within("who looks", async { while bus.owner(NAME).await.is_none() {} }).await;

    let restless = daemon.connect().await;
    let mut asked = zbus::MessageStream::from(&restless);
    let questions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&questions);
    // It never answers.
    let reads = tokio::spawn(async move {
        while let Some(Ok(message)) = asked.next().await {
            let is_call = message.message_type() == zbus::message::Type::MethodCall;
            counted.fetch_add(usize::from(is_call), Ordering::Relaxed);
        }
    });
    let comings = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&comings);
    let (moves, stay) = (restless.clone(), Arc::new(AtomicBool::new(false)));
    let stays = Arc::clone(&stay);
    let comes_and_goes = tokio::spawn(async move {
        loop {
            moves.request_name(settings::NAME).await.unwrap();
            counted.fetch_add(1, Ordering::Relaxed);
            if stays.load(Ordering::Relaxed) {
                break;
            }
            moves.release_name(settings::NAME).await.unwrap();
        }
    });
    let health = Health1Proxy::new(&bus.connection).await.unwrap();
    let mut reports = 0;
    while reports < 3 || comings.load(Ordering::Relaxed) < COMINGS {
        let report = tokio::time::timeout(METHOD_TIMEOUT, health.report()).await.expect("a report in time").unwrap();
        assert_ne!(part(&report, "settings").health, "well");
        reports += 1;
    }
    let questions = questions.load(Ordering::Relaxed);
    assert!(questions * 10 < COMINGS, "{questions} questions");
    stay.store(true, Ordering::Relaxed);
    comes_and_goes.await.unwrap();
    // What is asked while it moves may be told of as it was before; a later question is of what stays.
    let stays = async {
        while part(&health.report().await.unwrap(), "settings").says != "does not answer: nothing came within 2 s" {}
    };
    within("a report of what stays", stays).await;
    reads.abort();
    lifecycle.kill().unwrap();
    lifecycle.wait().unwrap();
}
