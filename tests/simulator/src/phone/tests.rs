use super::*;

/// A program that answers as the phone's does.
fn pocket(script: &str) -> Pocket {
    let setup = Setup { program: "/bin/sh".into(), arguments: ["-c", script].map(Into::into).to_vec() };
    Pocket::new(Some(setup))
}

const PHONE: &str = r#"
echo '{"at_ms":1,"what":"ready","id":"x","name":"Ann","protocol":8}'
echo '{"at_ms":2,"what":"connected","car":"Tandem","protocol":8,"paired":false}'
echo '{"at_ms":2,"what":"pair-asked","by":"car","key":"1a2b"}'
while read line; do case "$line" in
    play) echo '{"at_ms":3,"what":"player","by":"hand","player":"Music","title":"Night","sounding":true}'; echo '{"what":"done","deed":"play"}';;
    accept) echo '{"what":"done","deed":"accept"}'; echo '{"what":"paired"}';;
    vanish) echo '{"what":"air","is":"vanished"}'; echo '{"what":"done","deed":"vanish"}';;
    next) echo '{"what":"not-done","deed":"next","why":"there is no next"}';;
    pause) exit 3;;
esac; done
"#;

fn why(done: Result<(), SimulatorError>) -> String {
    match done {
        Err(SimulatorError::Refused(why) | SimulatorError::Unknown(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// Waits until the phone is as wanted.
async fn until(pocket: &Pocket, wanted: impl Fn(&PhoneState) -> bool) -> PhoneState {
    loop {
        let state = pocket.state();
        if wanted(&state) {
            return state;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_phone_comes_plays_walks_away_and_leaves() {
    let pocket = pocket(PHONE);
    assert_eq!((pocket.state().reach.as_str(), pocket.state().name.as_str()), ("gone", ""));
    assert_eq!(why(pocket.order("play").await), "the phone is not there: `come` brings it");
    pocket.order("come").await.unwrap();
    let near = until(&pocket, |state| !state.key.is_empty()).await;
    assert_eq!(
        (near.name.as_str(), near.reach.as_str(), near.paired, near.key.as_str()),
        ("Ann", "near", false, "1a2b")
    );
    // The car asked: to pair is to say yes.
    pocket.order("pair").await.unwrap();
    let paired = until(&pocket, |state| state.paired).await;
    assert_eq!(paired.key, "");
    pocket.order("play").await.unwrap();
    assert_eq!((pocket.state().title.as_str(), pocket.state().playing), ("Night", true));
    assert_eq!(why(pocket.order("next").await), "there is no next");
    pocket.order("walk-away").await.unwrap();
    assert_eq!(pocket.state().reach, "away");
    pocket.order("leave").await.unwrap();
    assert_eq!(pocket.state(), PhoneState { reach: "gone".to_owned(), ..PhoneState::default() });
    pocket.order("leave").await.unwrap();
    // Another one.
    pocket.order("come").await.unwrap();
    assert_eq!(pocket.state().name, "Ann");
    assert_eq!(why(pocket.order("pause").await), "the phone has ended");
    until(&pocket, |state| state.reach == "gone").await;
    assert_eq!(why(pocket.order("play").await), "the phone is not there: `come` brings it");
}

#[tokio::test]
async fn what_is_no_phone_and_what_is_no_order_is_told() {
    let none = Pocket::new(None);
    assert_eq!(none.state().reach, "");
    assert!(why(none.order("come").await).starts_with("no phone comes in this simulation"));
    assert!(why(none.order("fly").await).starts_with("\"fly\" is unknown, expected come, pair, "));
    assert_eq!(why(pocket("echo nonsense; echo '[1]'; exit 2").order("come").await), "the phone has ended");
    let missing = Setup { program: "/nowhere/phone".into(), arguments: Vec::new() };
    assert!(why(Pocket::new(Some(missing)).order("come").await).starts_with("cannot start /nowhere/phone: "));
}
