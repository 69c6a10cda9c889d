//! Says what is wrong in a line that the parser refused: it names the rule it tried last, not the sign that is missing.

/// What comes next in a statement, and how an error calls it.
enum Part {
    Name(&'static str),
    Digits(&'static str),
    Number(&'static str),
    Sign(char),
    Either(char, char, &'static str),
    Quoted(&'static str),
    /// `m3`, `M`, `m3M` or nothing.
    Multiplex,
    Blank,
    /// Nothing more, but further names behind commas and a comment.
    End,
}

use Part::{Blank, Digits, Either, End, Multiplex, Name, Number, Quoted, Sign};

const MESSAGE: [Part; 5] = [
    Digits("the message's id"),
    Name("the message's name"),
    Sign(':'),
    Digits("the length in bytes"),
    Name("the sending node"),
];

const SIGNAL: [Part; 21] = [
    Name("the signal's name"),
    Multiplex,
    Sign(':'),
    Digits("the start bit"),
    Sign('|'),
    Digits("the size in bits"),
    Sign('@'),
    Either('0', '1', "the byte order, 0 or 1"),
    Either('+', '-', "the sign, + or -"),
    Sign('('),
    Number("the factor"),
    Sign(','),
    Number("the offset"),
    Sign(')'),
    Sign('['),
    Number("the minimum"),
    Sign('|'),
    Number("the maximum"),
    Sign(']'),
    Quoted("the unit in quotes"),
    Name("a receiving node"),
];

/// A place in a line (bytes from its start) and what was expected there.
pub struct Diagnosis {
    pub at: usize,
    pub expected: String,
}

/// The first thing wrong in a `BO_` or `SG_` line; `None` for other lines and for a line that seems right.
pub fn diagnose(line: &str) -> Option<Diagnosis> {
    let statement = line.trim_start();
    let word = statement.split(|c: char| !is_name(c)).next().unwrap_or_default();
    let parts = match (word, word.get(..3)) {
        ("BO_", _) => MESSAGE.as_slice(),
        ("SG_", _) => SIGNAL.as_slice(),
        ("BO_TX_BU_" | "SG_MUL_VAL_", _) => return None,
        (_, Some("BO_" | "SG_")) => &[Blank],
        _ => return None,
    };
    let mut rest = statement.get(3..)?;
    for part in parts.iter().chain(&[End]) {
        rest = if matches!(part, Blank) { rest } else { rest.trim_start() };
        match part.read(rest) {
            Ok(behind) => rest = behind,
            Err(expected) => return Some(Diagnosis { at: line.len() - rest.len(), expected }),
        }
    }
    None
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

impl Part {
    fn read<'a>(&self, text: &'a str) -> Result<&'a str, String> {
        let run = |what: &str, fits: &dyn Fn(char) -> bool| {
            let behind = text.trim_start_matches(fits);
            if behind.len() < text.len() { Ok(behind) } else { Err(what.to_owned()) }
        };
        match self {
            Name(what) => run(what, &is_name),
            Digits(what) => run(what, &|c| c.is_ascii_digit()).and_then(|behind| match behind.starts_with(is_name) {
                true => Err((*what).to_owned()),
                false => Ok(behind),
            }),
            Blank => text.strip_prefix([' ', '\t']).ok_or_else(|| "a blank".to_owned()),
            End => {
                let names = text.trim_start_matches(|c: char| is_name(c) || c == ',' || c == ' ' || c == '\t');
                let ends = text.is_empty() || names.starts_with("//") || (names.is_empty() && text.starts_with(','));
                if ends { Ok("") } else { Err("the end of the line".to_owned()) }
            }
            Number(what) => {
                let behind = text.trim_start_matches(|c: char| c.is_ascii_digit() || "+-.eE".contains(c));
                let number = text.get(..text.len() - behind.len()).unwrap_or_default();
                if number.parse::<f64>().is_ok() { Ok(behind) } else { Err(format!("{what}, a number")) }
            }
            Sign(sign) => text.strip_prefix(*sign).ok_or_else(|| format!("`{sign}`")),
            Either(one, other, what) => text.strip_prefix([*one, *other]).ok_or_else(|| (*what).to_owned()),
            Quoted(what) => {
                let quoted = text.strip_prefix('"').and_then(|text| text.split_once('"'));
                quoted.map(|(_, behind)| behind).ok_or_else(|| (*what).to_owned())
            }
            Multiplex => {
                let behind = text.trim_start_matches(is_name);
                let mark = text.get(..text.len() - behind.len()).unwrap_or_default();
                let value = mark.strip_prefix('m').map(|value| value.strip_suffix('M').unwrap_or(value));
                let fits = mark.is_empty() || mark == "M" || value.is_some_and(|v| v.parse::<u64>().is_ok());
                if fits { Ok(behind) } else { Err("`:`, or M, m1 or m1M for multiplexing".to_owned()) }
            }
        }
    }
}
