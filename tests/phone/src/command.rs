//! Deeds as lines, such as a person types them, and lines as deeds.

use std::fmt;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use tandem_kdeconnect::Action;

use crate::deed::{Caller, Charge, Deed, Faults, Network, NoteShown, Position, Simple};
use crate::story::hint;

/// What `help` says.
pub const HELP: &str = "\
play, pause, next, previous [PLAYER]   a player of the phone, else the first
position MS [PLAYER]                   puts it there
share ADDRESS                          http(s), geo or another
share-text TEXT                        \\n is a new line
share-file PATH
note ID APP TITLE TEXT                 shows a notification; words in \"\" may have spaces
unnote ID                              takes it away
call NAME NUMBER                       somebody calls
battery PERCENT [charging]
signal NETWORK BARS                    such as: signal 5G 3
ping [TEXT]
press BUTTON                           one that the car offers
car play|pause|next|previous|stop      the car's own player
faults [KEY=VALUE ...]                 such as: faults drop_every=3 twice=true; without words none
talk, end-call                         the call is taken in the hand, or is over
pair, accept, refuse, unpair
die, hang, vanish, wake, come, come-as-another
status, help, quit
";

/// Words, in order of [`HELP`].
const WORDS: [&str; 33] = [
    "play",
    "pause",
    "next",
    "previous",
    "position",
    "share",
    "share-text",
    "share-file",
    "note",
    "unnote",
    "call",
    "battery",
    "signal",
    "ping",
    "press",
    "car",
    "faults",
    "talk",
    "end-call",
    "pair",
    "accept",
    "refuse",
    "unpair",
    "die",
    "hang",
    "vanish",
    "wake",
    "come",
    "come-as-another",
    "status",
    "help",
    "quit",
    "exit",
];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Do(Deed),
    Help,
    Quit,
}

/// A line that is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("there is no command {word}{hint}")]
    Unknown { word: String, hint: String },
    #[error("expected {usage}")]
    Usage { usage: &'static str },
    #[error("{0}")]
    Faults(String),
}

fn word<T: for<'de> Deserialize<'de>>(word: &str) -> Option<T> {
    let deserializer: serde::de::value::StrDeserializer<serde::de::value::Error> = word.into_deserializer();
    T::deserialize(deserializer).ok()
}

impl Command {
    /// Reads a line; none if it is empty or a comment.
    ///
    /// # Errors
    /// [`CommandError`]
    pub fn parse(line: &str) -> Result<Option<Self>, CommandError> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let usage = |usage| CommandError::Usage { usage };
        let text = || Some(rest.to_owned()).filter(|rest| !rest.is_empty());
        let words: Vec<String> = words(rest);
        let deed = match first {
            "help" => return Ok(Some(Self::Help)),
            "quit" | "exit" => return Ok(Some(Self::Quit)),
            "play" => Deed::Player(text(), Action::Play),
            "pause" => Deed::Player(text(), Action::Pause),
            "next" => Deed::Player(text(), Action::Next),
            "previous" => Deed::Player(text(), Action::Previous),
            "position" => {
                let (ms, player) = rest.split_once(' ').map_or((rest, None), |(ms, name)| (ms, Some(name.to_owned())));
                Deed::SetPosition(Position { player, to_ms: ms.parse().map_err(|_| usage("position MS [PLAYER]"))? })
            }
            "share" => Deed::Share(text().ok_or(usage("share ADDRESS"))?),
            "share-text" => Deed::ShareText(text().ok_or(usage("share-text TEXT"))?.replace("\\n", "\n")),
            "share-file" => Deed::ShareFile(text().ok_or(usage("share-file PATH"))?.into()),
            "note" => match words.as_slice() {
                [id, app, title, text @ ..] => Deed::Note(NoteShown {
                    id: id.clone(),
                    app: app.clone(),
                    title: title.clone(),
                    text: text.join(" "),
                    stays: false,
                }),
                _ => return Err(usage("note ID APP TITLE TEXT")),
            },
            "unnote" => Deed::Unnote(text().ok_or(usage("unnote ID"))?),
            "call" => match words.as_slice() {
                [name, number] => Deed::Call(Caller { name: name.clone(), number: number.clone() }),
                _ => return Err(usage("call NAME NUMBER")),
            },
            "battery" => {
                let charging = words.get(1).map(String::as_str);
                let percent = words.first().and_then(|word| word.parse().ok()).filter(|percent| *percent <= 100);
                match (percent, charging) {
                    (Some(percent), None | Some("charging")) => {
                        Deed::Battery(Charge { percent, charging: charging.is_some() })
                    }
                    _ => return Err(usage("battery 0..100 [charging]")),
                }
            }
            "signal" => match words.as_slice() {
                [network, bars] => Deed::Signal(Network {
                    network: network.clone(),
                    bars: bars.parse().ok().filter(|bars| *bars <= 4).ok_or(usage("signal NETWORK 0..4"))?,
                }),
                _ => return Err(usage("signal NETWORK 0..4")),
            },
            "ping" => Deed::Ping(rest.to_owned()),
            "press" => Deed::Press(text().ok_or(usage("press BUTTON"))?),
            "car" => Deed::Car(action(rest).ok_or(usage("car play|pause|next|previous|stop"))?),
            "faults" => Deed::Faults(faults(rest)?),
            other => match word::<Simple>(other) {
                Some(simple) => Deed::Simple(simple),
                None => {
                    return Err(CommandError::Unknown { word: other.to_owned(), hint: hint(other, WORDS) });
                }
            },
        };
        Ok(Some(Self::Do(deed)))
    }
}

fn action(word: &str) -> Option<Action> {
    Some(match word {
        "play" => Action::Play,
        "pause" => Action::Pause,
        "next" => Action::Next,
        "previous" => Action::Previous,
        "stop" => Action::Stop,
        _ => return None,
    })
}

/// `KEY=VALUE ...`, as TOML understands it.
fn faults(rest: &str) -> Result<Faults, CommandError> {
    let text = rest.split_whitespace().collect::<Vec<_>>().join("\n");
    toml::from_str(&text).map_err(|error| CommandError::Faults(error.message().to_owned()))
}

/// Words between spaces; those in quotation marks have spaces.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in text.split('"').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

impl fmt::Display for Deed {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let named = |name: &Option<String>| name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        match self {
            Self::Player(name, action) => write!(to, "{}{}", format!("{action:?}").to_lowercase(), named(name)),
            Self::SetPosition(Position { player, to_ms }) => write!(to, "position {to_ms}{}", named(player)),
            Self::Share(url) => write!(to, "share {url}"),
            Self::ShareText(text) => write!(to, "share-text {}", text.replace('\n', "\\n")),
            Self::ShareFile(path) => write!(to, "share-file {}", path.display()),
            Self::Note(NoteShown { id, app, title, text, .. }) => {
                write!(to, "note \"{id}\" \"{app}\" \"{title}\" \"{text}\"")
            }
            Self::Unnote(id) => write!(to, "unnote {id}"),
            Self::Call(Caller { name, number }) => write!(to, "call \"{name}\" \"{number}\""),
            Self::Battery(Charge { percent, charging }) => {
                write!(to, "battery {percent}{}", if *charging { " charging" } else { "" })
            }
            Self::Signal(Network { network, bars }) => write!(to, "signal {network} {bars}"),
            Self::Ping(message) => write!(to, "ping {message}"),
            Self::Press(button) => write!(to, "press {button}"),
            Self::Car(action) => write!(to, "car {}", format!("{action:?}").to_lowercase()),
            Self::Faults(faults) => {
                to.write_str("faults")?;
                let words = toml::to_string(faults).map_err(|_| fmt::Error)?;
                words.lines().try_for_each(|line| write!(to, " {}", line.replace(" = ", "=")))
            }
            Self::Simple(Simple::ComeAsAnother) => to.write_str("come-as-another"),
            Self::Simple(Simple::EndCall) => to.write_str("end-call"),
            Self::Simple(simple) => to.write_str(&format!("{simple:?}").to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(line: &str) -> Deed {
        match Command::parse(line) {
            Ok(Some(Command::Do(deed))) => deed,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_command_is_read_and_written_the_same() {
        for line in [
            "play",
            "pause Podcasts",
            "next",
            "previous",
            "position 5000 Podcasts",
            "share geo:48.85,2.35",
            "share-text Caf\u{e9}\\nhttps://osm.org/go/x",
            "share-file notes/a b.txt",
            "note \"7\" \"Mail\" \"Ann\" \"See you\"",
            "unnote 7",
            "call \"Ada\" \"+49 30 1\"",
            "talk",
            "end-call",
            "battery 40 charging",
            "battery 0",
            "signal 5G 3",
            "ping hello",
            "press continue",
            "car pause",
            "faults",
            "faults drop_every=3 twice=true position_off_ms=-5",
            "pair",
            "accept",
            "refuse",
            "unpair",
            "die",
            "hang",
            "vanish",
            "wake",
            "come",
            "come-as-another",
            "status",
        ] {
            assert_eq!(deed(line).to_string(), line);
        }
        assert_eq!((Command::parse(" # nothing"), Command::parse("quit")), (Ok(None), Ok(Some(Command::Quit))));
        for word in HELP.lines().flat_map(|line| line.split("  ").next()).flat_map(|line| line.split(", ")) {
            let word = word.split(' ').next().unwrap_or_default();
            assert!(WORDS.contains(&word), "{word} is no word");
        }
    }

    #[test]
    fn what_is_no_command_says_what_was_meant() {
        let said = |line: &str| Command::parse(line).unwrap_err().to_string();
        assert_eq!(said("plai"), "there is no command plai: did you mean play?");
        assert_eq!(said("battery 101"), "expected battery 0..100 [charging]");
        assert_eq!(said("note 7 Mail"), "expected note ID APP TITLE TEXT");
        assert_eq!(said("car up"), "expected car play|pause|next|previous|stop");
        assert!(said("faults drop=3").starts_with("unknown field `drop`"), "{}", said("faults drop=3"));
    }
}
