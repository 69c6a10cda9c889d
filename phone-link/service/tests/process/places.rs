use crate::far::{Far, Peer, is_alone};
use crate::stage::{Stage, story, until};

#[test]
fn a_friends_address_is_a_card_and_the_rest_of_the_way_is_the_phones_even_when_the_link_drops_first() {
    if !is_alone(
        "places::a_friends_address_is_a_card_and_the_rest_of_the_way_is_the_phones_even_when_the_link_drops_first",
        Peer::Own,
    ) {
        return;
    }
    story(async {
        let far = Far::new();
        let mut stage = Stage::new(&far, Peer::Own).await;
        let us = stage.pair().await;
        stage.phone.tell(&us, Some("share"), "shareUrl", &("geo:-48.9,-123.4?q=-48.9,-123.4(Caf%C3%A9 晴)",)).await;
        let card = stage.until_session("a card", |session| session.kind == "destination").await;
        assert_eq!((card.stage.as_str(), card.destination.label.as_str()), ("offered", "Café 晴"));
        assert!(card.destination.is_located && (2_000.0..3_500.0).contains(&card.destination.distance_m));
        stage.sessions.claim(card.id.clone()).await.unwrap();
        stage.until_session("the way", |session| session.id == card.id && session.owner == "car").await;
        until("somebody in the car", async || (stage.the_phone().await.presence == "in").then_some(())).await;

        stage.phone.kill();
        until("the phone's end", async || (stage.the_phone().await.reach == "away").then_some(())).await;
        stage.vehicle("get-out");
        stage.until_session("a debt", |session| session.id == card.id && session.stage == "owed").await;
        stage.kill();
        stage.start().await;
        stage.until_session("the same debt", |session| session.id == card.id && session.stage == "owed").await;
        stage.phone.start();
        let given = async || stage.sessions.list().await.ok()?.iter().all(|it| it.id != card.id).then_some(());
        until("the end of the debt", given).await;
        let got =
            async || stage.phone.log().contains("geo:-48.900000,-123.400000?q=-48.900000,-123.400000").then_some(());
        until("the walk on the phone", got).await;
    });
}
