//! A real phone's program, Debian's kdeconnectd, at the other end of a cable: its song goes on in the car, and back.

use std::time::{Duration, Instant};

use serde_json::Value;
use tandem_contracts::media::Media1Proxy;
use tandem_contracts::mpris::{self, PlayerProxy, Status};
use tandem_scenes::{binary, root, tied};
use zbus::proxy::CacheProperties;

use crate::car::{Car, SOON};
use crate::far::{Daemon, Far, Peer};

/// This machine's end of the cable.
pub const CABLE: &str = "cable";
/// A piece of ours that the car has, too.
const SONG: &str = "Night drive by the ocean";
/// Where the phone is in it, microseconds: further than a car that began anew would be when it is asked, and early enough, of its 28 s, for an emulated machine to ask for it.
const AT_US: i64 = 6_000_000;
/// What hands it over may take some seconds of an emulated machine, in which nobody plays; but no second is left out.
const UNHEARD_US: i64 = 500_000;

const PAIRING: &str = "/run/pairing";

/// What the hand of the car runs behind the back of what it is told next.
fn begin(car: &mut Car, command: &str, to: &str) {
    car.does(&format!("rm -f {to}*; ({command} >{to} 2>&1; echo $? >{to}.status) &"));
}

fn ended_well(car: &mut Car, what: &str, to: &str) {
    let status = car.until(what, &format!("cat {to}.status"), |done| (done.status == 0).then(|| done.said.clone()));
    assert_eq!(status, "0", "{}", car.does(&format!("cat {to}")));
}

pub fn hands_a_song_over_and_has_it_back(car: &mut Car, far: &Far) {
    far.takes(CABLE);
    car.does("for port in /sys/class/net/e*; do ip addr add 10.77.0.1/24 brd + dev ${port##*/}; ip link set ${port##*/} up; done");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(8 * SOON, story(car, far)).await.expect("the story ends") });
}

async fn story(car: &mut Car, far: &Far) {
    let folder = tempfile::tempdir().unwrap();
    let mut phone = Daemon::new(far, Peer::Own).await;
    phone.start();
    let mut player = tied(binary("tandem-media"));
    player.arg("--state").arg(folder.path().join("media")).arg("--music").arg(root().join("assets/music"));
    player.args(["--without-a-car", "--sink", "null", "--sticks"]).arg(folder.path().join("no"));
    let mut player = player.env("TANDEM_BUS", phone.bus()).env("TANDEM_LOG", "warn").spawn().unwrap();

    begin(car, "tandem phone pair --yes", PAIRING);
    let asked = |said: &str| said.contains("shows the key").then_some(());
    car.until("a key to compare", &format!("cat {PAIRING}"), |done| asked(&done.said));
    let devices = phone.devices().await;
    let [us] = devices.as_slice() else { panic!("{devices:?}: {}", phone.log()) };
    phone.is_asked(us).await;
    phone.tell(us, None, "acceptPairing", &()).await;
    ended_well(car, "a phone that is paired", PAIRING);
    phone.is_paired(us, true).await;

    // The first sound of a car starts its sound server, which takes an emulated processor longer than a song is waited for.
    let first = format!("tandem media search '{SONG}' --json");
    let first = car.until_told("a song in the car", &first, |told| told[0]["id"].as_str().map(str::to_owned));
    let play = format!("tandem media play '{first}'");
    car.until("the first sound", &play, |done| (done.status == 0).then_some(()));
    car.until("silence", "tandem media stop", |done| (done.status == 0).then_some(()));

    let there = PlayerProxy::builder(&phone.connection).destination(mpris::NAME);
    let there = there.cache_properties(CacheProperties::No).build().await.unwrap();
    let media = Media1Proxy::builder(&phone.connection).cache_properties(CacheProperties::No).build().await.unwrap();
    let song = media.search(SONG.to_owned(), 1).await.unwrap().remove(0);
    media.play(song.id, AT_US).await.unwrap();
    let offered = |told: &Value| {
        let session = told.as_array()?.iter().find(|it| it["media"]["title"] == SONG && it["stage"] == "offered")?;
        (session["media"]["playing"] == true && session["media"]["item"] != "").then(|| session["mode"].clone())
    };
    assert_eq!(car.until_told("a song on the phone", "tandem phone sessions --json", offered), "resume");

    car.does("tandem phone claim");
    let left = there.position().await.unwrap();
    assert_eq!(there.playback_status().await.unwrap().parse::<Status>().unwrap(), Status::Paused);
    let playing = car.tells("tandem media status --json");
    assert_eq!((&playing["now"]["state"], &playing["title"]), (&"playing".into(), &SONG.into()), "{playing}");
    let went_on = playing["position_us"].as_i64().unwrap();
    assert!(left >= AT_US && went_on > left - UNHEARD_US, "the phone left it at {left} us, the car is at {went_on} us");

    car.does("tandem phone release");
    let stopped = |told: &Value| (told["now"]["state"] != "playing").then(|| told["position_us"].as_i64())?;
    let kept = car.until_told("silence in the car", "tandem media status --json", stopped);
    assert!(kept == 0 || kept >= went_on, "the car left it at {kept} us");
    // It comes by the cable, and kdeconnectd tells its player.
    let until = Instant::now() + SOON;
    while there.playback_status().await.unwrap().parse::<Status>().unwrap() != Status::Playing {
        assert!(Instant::now() < until, "the phone does not go on; {}", car.does("tandem phone sessions --json"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let back = there.position().await.unwrap();
    assert!(back > went_on - UNHEARD_US, "the car had it at {went_on} us, the phone is at {back} us");
    player.kill().unwrap();
    player.wait().unwrap();
}
