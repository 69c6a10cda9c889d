use tandem_kit::phone::Media;

use super::*;

fn at(milliseconds: u64) -> Nanoseconds {
    Nanoseconds::from_millis(milliseconds)
}

fn session(id: &str, stage: &str) -> Session {
    let media = Media { title: "Dusk".into(), position_us: 12_300_000, length_us: 60_000_000, ..Media::default() };
    let (mode, kind) = ("resume".into(), "media".into());
    Session { id: id.into(), kind, mode, stage: stage.into(), media, ..Session::default() }
}

#[test]
fn what_is_on_its_way_comes_before_what_is_held_and_that_before_what_waits() {
    let playing = |id: &str| {
        let mut session = session(id, "offered");
        session.media.playing = true;
        session
    };
    let newer = Session { since: 9, ..session("newer", "offered") };
    let strange = Session { since: 99, ..session("strange", "melting") };
    let mut all = vec![
        strange,
        session("owed", "owed"),
        session("waiting", "offered"),
        newer,
        playing("playing"),
        session("held", "held"),
        session("passing", "pausing"),
    ];
    let mut order = Vec::new();
    while let Some(session) = first(&all, "media") {
        let id = session.id.clone();
        all.retain(|session| session.id != id);
        order.push(id);
    }
    assert_eq!(order, ["passing", "held", "playing", "newer", "waiting", "owed"]);
    assert_eq!(first(&[session("a", "held")], "destination"), None);
}

#[test]
fn the_line_is_bound_to_the_stage_and_runs_back_faster_than_it_fills() {
    let mut watched = Watched::default();
    let mut told = Vec::new();
    for stage in
        ["offered", "resolving", "pausing", "starting", "held", "releasing", "offered", "held", "undoing", "owed"]
    {
        watched.hear(Some(&session("a", stage)), at(0));
        told.push((stage, watched.line(), watched.line_time()));
    }
    assert_eq!(
        told,
        [
            ("offered", 0.0, 0),
            ("resolving", 0.3, 180),
            ("pausing", 0.3, 180),
            ("starting", 0.6, 180),
            ("held", 1.0, 240),
            ("releasing", 0.3, 200),
            ("offered", 0.0, 200),
            ("held", 1.0, 600),
            ("undoing", 0.0, 200),
            ("owed", 0.0, 200),
        ]
    );
    watched.hear(Some(&session("b", "held")), at(0));
    assert_eq!((watched.line(), watched.line_time()), (1.0, 0), "another session jumps");
}

#[test]
fn a_reason_stands_for_four_seconds_once() {
    let mut watched = Watched::default();
    let why = |stage: &str, why: &str, revision| Session { why: why.into(), revision, ..session("a", stage) };
    watched.hear(Some(&why("offered", "expired", 1)), at(0));
    assert_eq!(watched.why(), Why::None, "what came to nothing before is history");
    watched.hear(Some(&why("pausing", "", 2)), at(1_000));
    watched.hear(Some(&why("offered", "phone-did-not-pause", 3)), at(2_000));
    assert_eq!((watched.why(), watched.wakes_at(at(2_000))), (Why::PhoneDidNotPause, Some(at(6_000))));
    assert!(!watched.pass(at(5_999)) && watched.pass(at(6_000)));
    watched.hear(Some(&why("offered", "phone-did-not-pause", 4)), at(7_000));
    assert_eq!(watched.why(), Why::None, "it is the same reason still");
    watched.hear(Some(&why("held", "", 5)), at(8_000));
    watched.hear(Some(&why("offered", "sunspots", 6)), at(9_000));
    assert_eq!(watched.why(), Why::Other);
    watched.hear(Some(&why("resolving", "", 7)), at(9_500));
    assert_eq!(watched.why(), Why::None, "somebody tries again");
}

#[test]
fn a_position_goes_by_itself_while_it_plays() {
    let mut watched = Watched::default();
    let mut playing = session("a", "offered");
    playing.media.playing = true;
    watched.hear(Some(&playing), at(1_000));
    assert_eq!(watched.position(at(3_500)), Some(14_800_000));
    assert_eq!(watched.wakes_at(at(3_500)), Some(at(3_700)), "when the next second of it has come");
    assert_eq!(watched.position(at(100_000)), Some(60_000_000), "not beyond its end");
    watched.hear(Some(&session("a", "offered")), at(4_000));
    assert_eq!((watched.position(at(9_000)), watched.wakes_at(at(9_000))), (Some(12_300_000), None));
    let steered = Session { mode: "control".into(), ..playing.clone() };
    watched.hear(Some(&steered), at(5_000));
    assert_eq!(watched.position(at(5_000)), None, "nobody can go on from it here");
    let endless = Session { media: Media { playing: true, ..Media::default() }, ..playing };
    watched.hear(Some(&endless), at(6_000));
    assert_eq!(watched.position(at(6_000)), None, "a station is nowhere");
}
