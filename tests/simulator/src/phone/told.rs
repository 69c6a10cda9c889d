//! What the phone said, and what follows from it.

use serde::Deserialize;
use tandem_contracts::simulator::PhoneState;

/// Longer names and titles are cut, characters.
const LONGEST: usize = 200;

/// A line of the program.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    what: String,
    name: String,
    paired: bool,
    by: String,
    key: String,
    title: String,
    sounding: bool,
    is: String,
    deed: String,
    why: String,
}

/// What somebody may wait for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ready,
    Done(String),
    NotDone { deed: String, why: String },
}

/// How the phone is, from all that it said.
#[derive(Debug)]
pub(super) struct Told {
    pub state: PhoneState,
    /// The car wants to pair.
    pub is_asked: bool,
}

impl Told {
    pub fn new(reach: &str) -> Self {
        Self { state: PhoneState { reach: reach.to_owned(), ..PhoneState::default() }, is_asked: false }
    }

    /// Takes in a line; one that is not understood says nothing.
    pub fn hear(&mut self, line: &str) -> Option<Outcome> {
        let line: Line = serde_json::from_str(line).ok()?;
        let state = &mut self.state;
        let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
        match line.what.as_str() {
            "ready" => {
                state.name = cut(&line.name);
                return Some(Outcome::Ready);
            }
            "connected" => (state.reach, state.paired) = ("near".to_owned(), line.paired),
            "disconnected" if state.reach == "near" => state.reach = "searching".to_owned(),
            "air" => state.reach = if line.is == "vanished" { "away" } else { "searching" }.to_owned(),
            "pair-asked" => (state.key, self.is_asked) = (cut(&line.key), line.by == "car"),
            "paired" | "unpaired" => {
                state.paired = line.what == "paired";
                (state.key, self.is_asked) = (String::new(), false);
            }
            "player" => (state.title, state.playing) = (cut(&line.title), line.sounding),
            "done" => return Some(Outcome::Done(line.deed)),
            "not-done" => return Some(Outcome::NotDone { deed: line.deed, why: cut(&line.why) }),
            _ => {}
        }
        None
    }
}
