use tandem_contracts::mpris::Status;

use crate::far::{Far, Peer, is_alone};
use crate::stage::{RATE, Stage, story, until};

/// Where two players may differ and a listener does not notice, seconds.
const UNHEARD: f64 = 0.25;

async fn status_there(stage: &Stage<'_>) -> Status {
    stage.there.playback_status().await.unwrap().parse().unwrap()
}

#[test]
fn a_song_goes_on_in_the_car_and_back_and_never_sounds_twice() {
    there_and_back("songs::a_song_goes_on_in_the_car_and_back_and_never_sounds_twice", Peer::Own);
}

#[test]
fn a_song_goes_on_in_the_car_and_back_with_a_newer_phone_too() {
    there_and_back("songs::a_song_goes_on_in_the_car_and_back_with_a_newer_phone_too", Peer::Newer);
}

fn there_and_back(test: &str, peer: Peer) {
    if !is_alone(test, peer) {
        return;
    }
    story(async {
        let far = Far::new();
        let stage = Stage::new(&far, peer).await;
        stage.pair().await;
        let offered = stage.plays_there().await;
        assert_eq!((offered.mode.as_str(), offered.stage.as_str()), ("resume", "offered"));
        let second = RATE as usize;
        until("sound on the phone", async || (stage.heard_there.frames() > second).then_some(())).await;

        let claim = async { stage.sessions.claim(offered.id.clone()).await.unwrap() };
        assert_eq!(stage.stages(claim, "held").await, ["pausing", "starting", "held"]);
        until("sound in the car", async || (stage.heard_here.heard() > 0).then_some(())).await;
        let heard_there = stage.heard_there.heard();
        until("two seconds of it", async || (stage.heard_here.frames() > 2 * second).then_some(())).await;
        assert_eq!(stage.heard_there.heard(), heard_there, "the phone fell silent before the car began");
        let (left, went_on) = (stage.heard_there.places(0).1, stage.heard_here.places(0).0);
        assert!((went_on - left).abs() < UNHEARD, "the phone left it at {left} s, the car went on at {went_on} s");
        assert_eq!(status_there(&stage).await, Status::Paused);

        let held = stage.until_session("the car's", |session| session.stage == "held").await;
        assert!(held.epoch > offered.epoch && held.owner == "car" && held.media.playing);
        stage.sessions.release(held.id).await.unwrap();
        let before = stage.heard_there.frames();
        until("sound on the phone", async || (stage.heard_there.heard() > heard_there).then_some(())).await;
        let heard_here = stage.heard_here.heard();
        until("two seconds of it", async || (stage.heard_there.frames() > before + 2 * second).then_some(())).await;
        assert_eq!(stage.heard_here.heard(), heard_here, "the car fell silent before the phone began");
        let (left, went_on) = (stage.heard_here.places(0).1, stage.heard_there.places(before).0);
        assert!((went_on - left).abs() < UNHEARD, "the car left it at {left} s, the phone went on at {went_on} s");
    });
}

#[test]
fn the_car_plays_on_when_the_phone_dies_and_says_so_after_a_restart() {
    if !is_alone("songs::the_car_plays_on_when_the_phone_dies_and_says_so_after_a_restart", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let mut stage = Stage::new(&far, Peer::Own).await;
        stage.pair().await;
        let offered = stage.plays_there().await;
        stage.sessions.claim(offered.id.clone()).await.unwrap();
        stage.until_session("the car's", |session| session.stage == "held").await;

        stage.phone.kill();
        until("the phone's end", async || (stage.the_phone().await.reach == "away").then_some(())).await;
        let second = RATE as usize;
        let frames = stage.heard_here.frames();
        until("more of it", async || (stage.heard_here.frames() > frames + second).then_some(())).await;

        // The service dies as well: what it finds is what is so.
        stage.kill();
        stage.start().await;
        let found = stage.until_session("what was found", |session| session.stage == "held").await;
        assert_eq!(
            (found.id.as_str(), found.owner.as_str(), found.media.title.as_str()),
            (offered.id.as_str(), "car", "Night drive")
        );

        // Nobody is there to take it back: it is owed, and told when the phone is there again.
        stage.sessions.release(found.id).await.unwrap();
        let owed = stage.until_session("a debt", |session| session.stage == "owed").await;
        assert_eq!(stage.the_phone().await.owed, 1);
        stage.phone.start();
        until("the debt's end", async || (stage.the_phone().await.owed == 0).then_some(())).await;
        until("the place on the phone", async || {
            let position = stage.there.position().await.ok()?;
            ((position - owed.media.position_us).abs() < 250_000).then_some(())
        })
        .await;
        assert_eq!(status_there(&stage).await, Status::Paused, "it does not begin to sound in a pocket");
        let deeds: Vec<_> = stage.phones.ledger(9).await.unwrap().into_iter().map(|entry| entry.deed).collect();
        assert_eq!(deeds, ["given-back", "taken", "paired"]);
    });
}

#[test]
fn a_service_that_dies_between_two_steps_leaves_nobody_sounding_twice() {
    if !is_alone("songs::a_service_that_dies_between_two_steps_leaves_nobody_sounding_twice", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let mut stage = Stage::new(&far, Peer::Own).await;
        stage.pair().await;
        for moment in 0..4_u64 {
            let offered = stage.plays_there().await;
            stage.sessions.claim(offered.id).await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(moment * 4)).await;
            stage.kill();
            stage.start().await;
            let now = stage.until_session("an owner", |it| ["held", "offered"].contains(&it.stage.as_str())).await;
            until("one who sounds at most", async || {
                let here = stage.media.now().await.ok()?.state == "playing";
                let there = status_there(&stage).await == Status::Playing;
                (!(here && there)).then_some(())
            })
            .await;
            if now.owner == "car" {
                stage.sessions.release(now.id).await.unwrap();
                stage.until_session("the phone's", |it| it.stage == "offered").await;
            }
            stage.there.stop().await.unwrap();
        }
    });
}

#[test]
fn a_song_that_is_given_back_at_its_first_sound_plays_on_the_phone() {
    if !is_alone("songs::a_song_that_is_given_back_at_its_first_sound_plays_on_the_phone", Peer::Own) {
        return;
    }
    story(async {
        let far = Far::new();
        let stage = Stage::new(&far, Peer::Own).await;
        stage.pair().await;
        for round in 0..8 {
            let offered = stage.plays_there().await;
            let heard = stage.heard_here.heard();
            stage.sessions.claim(offered.id.clone()).await.unwrap();
            until("sound in the car", async || (stage.heard_here.heard() > heard).then_some(())).await;
            stage.sessions.release(offered.id.clone()).await.unwrap();
            stage
                .until_session(&format!("the phone's, round {round}"), |it| it.stage == "offered" && it.media.playing)
                .await;
        }
    });
}
