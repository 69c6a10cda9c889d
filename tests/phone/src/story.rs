//! A story as a TOML file: what phone it is, and what then happens to it step by step.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tandem_kdeconnect::{Action, device_name};
use toml::Spanned;

use crate::deed::{Caller, Charge, Deed, Faults, Network, NoteShown, Position, Simple};
use crate::player::Plan;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub phone: About,
    /// From the start.
    pub faults: Faults,
    pub players: Vec<Plan>,
    pub steps: Vec<Step>,
    /// Where files of its steps are looked for.
    pub folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    pub name: String,
    /// 7 or 8.
    #[serde(default = "modern")]
    pub protocol: u8,
    #[serde(default)]
    pub pairing: Answer,
    pub battery: Option<Charge>,
    pub signal: Option<Network>,
}

fn modern() -> u8 {
    8
}

/// What it says to a car that asks to pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    #[default]
    Accept,
    Refuse,
    /// Nothing, until a step or a command does.
    Wait,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub when: When,
    pub deed: Deed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Since the start.
    At(Duration),
    /// So long after something.
    After(Cue, Duration),
}

/// What a step waits for. The first three are states, and hold at once if they hold already; the others have to happen after the step before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cue {
    Connected,
    /// Connected to a car that is paired.
    Paired,
    Away,
    /// A step did what it was to do; for the one behind it.
    Done,
    PairAsked,
    Unpaired,
    /// A player sounds that was silent.
    Playing,
    /// A player is silent that sounded.
    Paused,
    /// A player was put somewhere else, or plays another track.
    Moved,
    /// The car told a player something that changed nothing.
    Ignored,
    Received,
    Dismissed,
    Buttons,
    Ringing,
    /// The car had a call stop ringing.
    Silenced,
    Pinged,
    CarPlays,
    CarPauses,
}

/// A story that cannot be read or makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum StoryError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{path}:{line}:{column}: {message}")]
    Text { path: String, line: usize, column: usize, message: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStory {
    phone: Spanned<About>,
    #[serde(default)]
    faults: Faults,
    #[serde(default)]
    players: Vec<Spanned<Plan>>,
    #[serde(default)]
    steps: Vec<Spanned<RawStep>>,
}

/// One of `at` and `after`, and one deed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    at: Option<Seconds>,
    after: Option<Cue>,
    wait: Option<Seconds>,
    play: Option<String>,
    pause: Option<String>,
    next: Option<String>,
    previous: Option<String>,
    position: Option<Position>,
    share: Option<String>,
    share_text: Option<String>,
    share_file: Option<PathBuf>,
    note: Option<NoteShown>,
    unnote: Option<String>,
    call: Option<Caller>,
    battery: Option<Charge>,
    signal: Option<Network>,
    ping: Option<String>,
    press: Option<String>,
    car: Option<Action>,
    faults: Option<Faults>,
    #[serde(rename = "do")]
    simple: Option<Simple>,
}

/// A time such as `"2.5s"`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Seconds(Duration);

impl TryFrom<String> for Seconds {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let number = text.strip_suffix('s').and_then(|number| number.parse::<f64>().ok());
        let seconds = number.filter(|seconds| (0.0..=86_400.0).contains(seconds));
        seconds
            .map(|seconds| Self(Duration::from_secs_f64(seconds)))
            .ok_or_else(|| format!("\"{text}\" is no time, expected such as \"2.5s\", at most a day"))
    }
}

impl RawStep {
    fn step(self) -> Result<Step, String> {
        let when = match (self.at, self.after) {
            (Some(at), None) if self.wait.is_none() => When::At(at.0),
            (None, Some(cue)) => When::After(cue, self.wait.map_or(Duration::ZERO, |wait| wait.0)),
            _ => return Err("expected either at, or after with or without wait".to_owned()),
        };
        let player = |name: Option<String>, action| name.map(|name| Deed::Player(Some(name), action));
        let deeds = [
            player(self.play, Action::Play),
            player(self.pause, Action::Pause),
            player(self.next, Action::Next),
            player(self.previous, Action::Previous),
            self.position.map(Deed::SetPosition),
            self.share.map(Deed::Share),
            self.share_text.map(Deed::ShareText),
            self.share_file.map(Deed::ShareFile),
            self.note.map(Deed::Note),
            self.unnote.map(Deed::Unnote),
            self.call.map(Deed::Call),
            self.battery.map(Deed::Battery),
            self.signal.map(Deed::Signal),
            self.ping.map(Deed::Ping),
            self.press.map(Deed::Press),
            self.car.map(Deed::Car),
            self.faults.map(Deed::Faults),
            self.simple.map(Deed::Simple),
        ];
        let mut deeds = deeds.into_iter().flatten();
        match (deeds.next(), deeds.next()) {
            (Some(deed), None) => Ok(Step { when, deed }),
            (None, _) => Err("expected one deed, such as play, share, note or do".to_owned()),
            _ => Err("expected one deed, here are several".to_owned()),
        }
    }
}

impl Story {
    /// Reads a story.
    ///
    /// # Errors
    /// [`StoryError`], the first that is found, with its place.
    pub fn read(path: &Path) -> Result<Self, StoryError> {
        let text = fs::read_to_string(path).map_err(|source| StoryError::Read { path: path.to_owned(), source })?;
        let mut story = Self::parse(&text, &path.display().to_string())?;
        story.folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(story)
    }

    /// Reads a story's text; `path` is what errors call it.
    ///
    /// # Errors
    /// [`StoryError::Text`]
    pub fn parse(text: &str, path: &str) -> Result<Self, StoryError> {
        let wrong = |span: Range<usize>, message: String| {
            let before = text.get(..span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            StoryError::Text { path: path.to_owned(), line, column, message }
        };
        let raw: RawStory =
            toml::from_str(text).map_err(|error| wrong(error.span().unwrap_or(0..0), with_nearest(error.message())))?;
        let about = raw.phone.span();
        check_phone(raw.phone.get_ref()).map_err(|message| wrong(about, message))?;
        let mut players: Vec<Plan> = Vec::new();
        for plan in raw.players {
            let span = plan.span();
            let plan = plan.into_inner();
            check_player(&plan, &players).map_err(|message| wrong(span, message))?;
            players.push(plan);
        }
        let mut steps = Vec::new();
        for step in raw.steps {
            let span = step.span();
            let step = step.into_inner().step().and_then(|step| check_step(step, &players));
            steps.push(step.map_err(|message| wrong(span, message))?);
        }
        let folder = PathBuf::new();
        Ok(Self { phone: raw.phone.into_inner(), faults: raw.faults, players, steps, folder })
    }
}

fn check_phone(about: &About) -> Result<(), String> {
    if device_name(&about.name).is_none() {
        return Err("name is none that a car could show".to_owned());
    }
    if !(7..=8).contains(&about.protocol) {
        return Err(format!("protocol is {}, expected 7 or 8", about.protocol));
    }
    Ok(())
}

fn check_player(plan: &Plan, others: &[Plan]) -> Result<(), String> {
    let name = &plan.name;
    let Some(first) = plan.tracks.first() else {
        return Err(format!("the player {name} has no tracks"));
    };
    if others.iter().any(|other| other.name == *name) {
        return Err(format!("there are two players {name}"));
    }
    if let Some(track) = plan.tracks.iter().find(|track| track.length_ms <= 0) {
        return Err(format!("length_ms of {} is {}, expected more than 0", track.title, track.length_ms));
    }
    if !(0..=first.length_ms).contains(&plan.position_ms) {
        return Err(format!("position_ms is {}, expected 0 to {}", plan.position_ms, first.length_ms));
    }
    Ok(())
}

fn check_step(step: Step, players: &[Plan]) -> Result<Step, String> {
    let named = match &step.deed {
        Deed::Player(name, _) => name.as_ref(),
        Deed::SetPosition(position) => position.player.as_ref(),
        Deed::Battery(charge) if charge.percent > 100 => {
            return Err(format!("percent is {}, expected 0 to 100", charge.percent));
        }
        _ => None,
    };
    let names: BTreeSet<&str> = players.iter().map(|plan| plan.name.as_str()).collect();
    match named {
        Some(name) if !names.contains(name.as_str()) => Err(format!("there is no player {name}{}", hint(name, names))),
        _ => Ok(step),
    }
}

/// What somebody most likely meant; nothing if that is more than a third of the word away.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let distance = |other: &&&str| strsim::damerau_levenshtein(word, other);
    let nearest =
        known.iter().min_by_key(distance).filter(|other| distance(other) <= (word.chars().count() / 3).max(1));
    match nearest {
        Some(nearest) => format!(": did you mean {nearest}?"),
        None if known.is_empty() => String::new(),
        None => format!(", expected {}", known.join(", ")),
    }
}

/// Serde names all that it knows: of them, the one that was meant is enough.
fn with_nearest(message: &str) -> String {
    let kinds = [("unknown field `", "unknown key"), ("unknown variant `", "unknown word")];
    for (begins, kind) in kinds {
        let Some((word, expected)) = message.strip_prefix(begins).and_then(|rest| rest.split_once('`')) else {
            continue;
        };
        let known = expected.split('`').skip(1).step_by(2);
        let mut said = format!("{kind} {word}");
        _ = write!(said, "{}", hint(word, known));
        return said;
    }
    message.to_owned()
}
