use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tandem_contracts::actuation::RequestState;
use tandem_units::{Quality, Value};

use super::*;
use crate::media::Picture;
use crate::media::art::{Made, Wanted};
use crate::update::Fate;

fn reading(number: i64) -> Reading {
    Reading { quality: Quality::Valid, value: Some(Value::Int(number)), heard: Nanoseconds::SECOND }
}

fn heard(sequence: u64, changes: &[(usize, i64)]) -> Heard {
    let changes = changes.iter().map(|(slot, number)| (*slot, reading(*number))).collect();
    Heard { epoch: 1, sequence, now: Nanoseconds(sequence), starts_anew: sequence == 1, changes }
}

fn mailbox() -> (Mailbox, Arc<AtomicUsize>) {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    let mailbox = Mailbox::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    mailbox.arm();
    mailbox.take();
    wakes.store(0, Ordering::Relaxed);
    (mailbox, wakes)
}

fn request(path: &str, id: u64) -> Actuation {
    let state = RequestState::Pending;
    Actuation::Request(Fate { id, path: path.to_owned(), value: None, state, mine: false })
}

#[test]
fn a_service_with_endless_actuators_takes_no_endless_room() {
    let (mailbox, _) = mailbox();
    for id in 0..5_000 {
        mailbox.actuation(request(&id.to_string(), id));
    }
    assert_eq!(mailbox.take().actuation.len(), MAX_ACTUATION);
}

#[test]
fn a_burst_is_one_wake_up_with_the_newest_of_each() {
    let (mailbox, wakes) = mailbox();
    mailbox.heard(heard(1, &[(0, 10), (1, 20)]));
    mailbox.heard(heard(2, &[(0, 11)]));
    mailbox.heard(heard(3, &[]));
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
    let merged = mailbox.take().heard.unwrap();
    assert_eq!(merged, Heard { starts_anew: true, ..heard(3, &[(0, 11), (1, 20)]) });
    assert!(mailbox.take().heard.is_none());
    mailbox.heard(heard(4, &[]));
    assert_eq!(wakes.load(Ordering::Relaxed), 2);
}

#[test]
fn a_change_is_not_lost_when_the_link_goes_down_and_comes_back_unread() {
    let (mailbox, _) = mailbox();
    mailbox.heard(heard(1, &[(0, 10)]));
    mailbox.link(Link::Silent);
    mailbox.heard(heard(2, &[(1, 20)]));
    let post = mailbox.take();
    assert_eq!((post.link, post.heard), (None, Some(Heard { starts_anew: true, ..heard(2, &[(0, 10), (1, 20)]) })));
    mailbox.heard(heard(3, &[]));
    mailbox.link(Link::NoService);
    assert_eq!(mailbox.take().link, Some(Link::NoService));
}

#[test]
fn nothing_grows_while_nobody_reads() {
    let (mailbox, _) = mailbox();
    for id in 0..1000 {
        mailbox.actuation(Actuation::Gone);
        mailbox.actuation(request("Vehicle.Body.Horn.IsActive", id));
        mailbox.ask(Ask::OtherTheme);
        mailbox.input(InputEvent { number: id, t_ns: id, key: "KEY_INFO".into(), action: "press".into(), steps: 0 });
        mailbox.media(Media::Position(Some(id as i64)));
        mailbox.phone(PhoneNews::Sessions(None));
        mailbox.phone(PhoneNews::PairingOpened(id as u32));
        mailbox.calls(CallsNews::Calls(Vec::new(), crate::telephone::Heard(id)));
        mailbox.settings(SettingsNews::Gone);
        mailbox.camera(CameraNews::Cameras(None));
        mailbox.camera(CameraNews::Picture(None));
        let picture = Wanted::Cover { path: "/none".into(), side: id as u32, radius: 0 };
        mailbox.media(Media::Picture(Picture { wanted: picture, made: Made::Nothing }));
    }
    let post = mailbox.take();
    assert_eq!(post.actuation, [Actuation::Gone, request("Vehicle.Body.Horn.IsActive", 999)]);
    assert_eq!(post.inputs.len(), input::KEPT);
    assert_eq!((post.asks.len(), post.media.len()), (MAX_ASKS, MAX_MEDIA));
    assert_eq!(post.phone, [PhoneNews::Sessions(None), PhoneNews::PairingOpened(999)]);
    assert_eq!(post.calls, [CallsNews::Calls(Vec::new(), crate::telephone::Heard(999))]);
    assert_eq!(post.settings, [SettingsNews::Gone]);
    assert_eq!(post.camera, [CameraNews::Cameras(None), CameraNews::Picture(None)]);
    assert_eq!(post.media.last(), Some(&Media::Position(Some(999))), "the newest of a kind is always there");
}

fn touches(mailbox: &Mailbox) -> Vec<Touch> {
    let touch = |ask| if let Ask::Touched(touch) = ask { Some(touch) } else { None };
    mailbox.take().asks.into_iter().filter_map(touch).collect()
}

#[test]
fn a_finger_that_moves_waits_once_and_one_that_is_lifted_is_never_lost() {
    let (mailbox, _) = mailbox();
    mailbox.ask(Ask::Touched(Touch::Down(0.0, 0.5)));
    for step in 0..200_u8 {
        mailbox.ask(Ask::Touched(Touch::Moved(f32::from(step), 0.5)));
    }
    mailbox.ask(Ask::Touched(Touch::Up(199.0, 0.5)));
    assert_eq!(touches(&mailbox), [Touch::Down(0.0, 0.5), Touch::Moved(199.0, 0.5), Touch::Up(199.0, 0.5)]);
    // Among as much else as may wait, and without end.
    for _ in 0..MAX_ASKS {
        mailbox.ask(Ask::OtherTheme);
    }
    for _ in 0..1_000 {
        mailbox.ask(Ask::Touched(Touch::Down(0.0, 0.0)));
        mailbox.ask(Ask::Touched(Touch::Moved(1.0, 1.0)));
        mailbox.ask(Ask::Touched(Touch::Up(1.0, 1.0)));
    }
    let pair = [Touch::Down(0.0, 0.0), Touch::Up(1.0, 1.0)];
    assert_eq!(touches(&mailbox), pair.repeat(MAX_ASKS / 2));
}

#[test]
fn a_press_that_has_no_room_to_be_lifted_is_not_let_in() {
    let (mailbox, _) = mailbox();
    mailbox.ask(Ask::Touched(Touch::Up(0.0, 0.0)));
    for _ in 0..1_000 {
        mailbox.ask(Ask::Touched(Touch::Down(0.0, 0.0)));
        mailbox.ask(Ask::Touched(Touch::Up(0.0, 0.0)));
    }
    let touches = touches(&mailbox);
    assert_eq!((touches.len(), touches.last()), (2 * MAX_ASKS, Some(&Touch::Up(0.0, 0.0))));
}

#[test]
fn before_there_is_a_window_nothing_is_woken() {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&wakes);
    let mailbox = Mailbox::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    mailbox.link(Link::NoService);
    assert_eq!(wakes.load(Ordering::Relaxed), 0);
    mailbox.arm();
    assert_eq!((wakes.load(Ordering::Relaxed), mailbox.take().link), (1, Some(Link::NoService)));
}
