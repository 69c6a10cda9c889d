use std::path::Path;

use insta::assert_snapshot;

use super::*;

fn error(text: &str) -> String {
    Story::parse(text, "story.toml").unwrap_err().to_string()
}

/// A phone with a player, and more.
fn with(more: &str) -> String {
    let player = "name = 'Podcasts'\nposition_ms = 1\ntracks = [{ title = 'Night', length_ms = 25000 }]";
    format!("[phone]\nname = 'Pixel'\n\n[[players]]\n{player}\n\n{more}")
}

#[test]
fn every_story_that_is_shipped_can_be_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/phones");
    let mut told = 0;
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "toml") {
            let story = Story::read(&file).unwrap_or_else(|error| panic!("{error}"));
            assert!(!story.players.is_empty(), "{}", file.display());
            told += 1;
        }
    }
    assert!(told >= 5, "{told}");
}

#[test]
fn a_step_is_a_time_or_a_cue_and_a_deed() {
    let story = Story::parse(
        &with(
            "[[steps]]\nat = '2.5s'\nplay = 'Podcasts'\n[[steps]]\nafter = 'paused'\nwait = '1s'\ndo = 'come-as-another'",
        ),
        "",
    )
    .unwrap();
    let cue = When::After(Cue::Paused, Duration::from_secs(1));
    assert_eq!(
        story.steps,
        [
            Step {
                when: When::At(Duration::from_millis(2500)),
                deed: Deed::Player(Some("Podcasts".to_owned()), Action::Play)
            },
            Step { when: cue, deed: Deed::Simple(Simple::ComeAsAnother) },
        ]
    );
    assert_eq!((story.phone.protocol, story.phone.pairing), (8, Answer::Accept));
}

#[test]
fn mistakes_are_told_with_their_place_and_what_was_meant() {
    let step = |step: &str| error(&with(&format!("[[steps]]\n{step}")));
    assert_snapshot!(error("[phone]\nname = 'Pixel'\nprotocoll = 8"), @"story.toml:3:1: unknown key protocoll: did you mean protocol?");
    assert_snapshot!(error("[phone]\nname = '!'"), @"story.toml:1:1: name is none that a car could show");
    assert_snapshot!(error("[phone]\nname = 'Pixel'\nprotocol = 6"), @"story.toml:1:1: protocol is 6, expected 7 or 8");
    assert_snapshot!(error(&with("[fault]\ntwice = true")), @"story.toml:9:2: unknown key fault: did you mean faults?");
    assert_snapshot!(error(&with("[[players]]\nname = 'Podcasts'\ntracks = [{ title = 'A', length_ms = 1 }]")), @"story.toml:9:1: there are two players Podcasts");
    assert_snapshot!(error(&with("[[players]]\nname = 'Music'")), @"story.toml:9:1: the player Music has no tracks");
    assert_snapshot!(step("at = '2.5'\ndo = 'die'"), @r#"story.toml:10:6: "2.5" is no time, expected such as "2.5s", at most a day"#);
    assert_snapshot!(step("after = 'pared'\ndo = 'die'"), @"story.toml:10:9: unknown word pared: did you mean paired?");
    assert_snapshot!(step("at = '1s'\ndo = 'dye'"), @"story.toml:11:6: unknown word dye: did you mean die?");
    assert_snapshot!(step("at = '1s'\nafter = 'paired'\ndo = 'die'"), @"story.toml:9:1: expected either at, or after with or without wait");
    assert_snapshot!(step("at = '1s'"), @"story.toml:9:1: expected one deed, such as play, share, note or do");
    assert_snapshot!(step("at = '1s'\ndo = 'die'\nping = 'x'"), @"story.toml:9:1: expected one deed, here are several");
    assert_snapshot!(step("at = '1s'\nplay = 'Podcast'"), @"story.toml:9:1: there is no player Podcast: did you mean Podcasts?");
    assert_snapshot!(step("at = '1s'\nbattery = { percent = 101 }"), @"story.toml:9:1: percent is 101, expected 0 to 100");
}

#[test]
fn the_story_in_the_readme_can_be_told() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../assets/phones/README.md")).unwrap();
    let story = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(Story::parse(story, "README.md").unwrap().steps.len(), 1);
}
