use std::marker::PhantomData;

use tandem_units::{Value, hidden, nearest, plain};

use super::keys::SCHEMA;
use crate::driving::Flag;

/// So much of what somebody asked for is repeated to them, characters.
const QUOTED: usize = 60;

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Whole, from `min` by steps.
    Number {
        min: i64,
        max: i64,
        step: i64,
    },
    Flag,
    /// One line.
    Text {
        max_characters: u32,
    },
}

impl Kind {
    /// As it stands on the bus.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Choice(_) => "choice",
            Self::Number { .. } => "number",
            Self::Flag => "flag",
            Self::Text { .. } => "text",
        }
    }
}

/// What a setting is unless somebody sets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Initial {
    Word(&'static str),
    Number(i64),
    Flag(bool),
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    pub key: &'static str,
    pub kind: Kind,
    pub(super) default: Initial,
    /// Of a number; empty if it has none.
    pub unit: &'static str,
    /// It says something of a person: not for logs.
    pub is_private: bool,
    /// It is not changed while this is in force; `None` if it takes one tap and a glance.
    pub not_with: Option<Flag>,
    pub(super) about: &'static str,
}

/// Why a setting is not set to something. Says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no setting `{key}`: {hint}")]
    Unknown { key: String, hint: String },
    #[error("`{key}` cannot be {asked}: it is {expected}")]
    WrongType { key: &'static str, asked: String, expected: String },
    #[error("`{key}` cannot be {asked}: it is {expected}")]
    OutOfRange { key: &'static str, asked: String, expected: String },
    #[error("`{key}` cannot be {asked}: U+{:04X} is a letter that nobody sees or that hides others, leave it out", u32::from(*.letter))]
    Hidden { key: &'static str, asked: String, letter: char },
    #[error("`{key}` is not changed now: {why}")]
    Restricted { key: &'static str, why: String },
}

/// The setting of a key.
///
/// # Errors
/// [`Refusal::Unknown`], with the nearest key.
pub fn find(key: &str) -> Result<&'static Spec, Refusal> {
    SCHEMA.iter().find(|spec| spec.key == key).ok_or_else(|| {
        let near = nearest(key, SCHEMA.iter().map(|spec| spec.key));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", SCHEMA.iter().map(|spec| spec.key).collect::<Vec<_>>().join(", ")),
        };
        Refusal::Unknown { key: quoted(key), hint }
    })
}

/// What somebody asked for, fit for a sentence.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => plain(text.get(..end).unwrap_or_default()).into_owned() + "…",
        None => plain(text).into_owned(),
    }
}

impl Spec {
    /// What it is unless somebody sets it.
    pub fn default(&self) -> Value {
        match self.default {
            Initial::Word(word) => word.into(),
            Initial::Number(number) => Value::Int(number),
            Initial::Flag(flag) => Value::Bool(flag),
        }
    }

    /// What it does, one English sentence without a full stop.
    pub fn about(&self) -> &'static str {
        self.about.trim()
    }

    /// What it may be, a part of a sentence.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Choice([words @ .., last]) if !words.is_empty() => format!("{} or {last}", words.join(", ")),
            Kind::Choice(words) => words.join(", "),
            Kind::Number { min, max, step } => {
                let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
                let steps = if step == 1 { String::new() } else { format!(" in steps of {step}") };
                format!("a whole number from {min} to {max}{unit}{steps}")
            }
            Kind::Flag => "true or false".to_owned(),
            Kind::Text { max_characters } => format!("one line of at most {max_characters} characters"),
        }
    }

    /// Whether it may be this.
    ///
    /// # Errors
    /// [`Refusal::WrongType`], [`Refusal::OutOfRange`] or [`Refusal::Hidden`].
    pub fn admit(&self, value: &Value) -> Result<(), Refusal> {
        let fits = match (self.kind, value) {
            (Kind::Choice(words), Value::Text(word)) => words.contains(&&**word),
            (Kind::Number { min, max, step }, Value::Int(number)) => {
                (min..=max).contains(number) && (number - min) % step == 0
            }
            (Kind::Flag, Value::Bool(_)) => true,
            (Kind::Text { max_characters }, Value::Text(text)) => {
                if let Some(letter) = hidden(text) {
                    return Err(Refusal::Hidden { key: self.key, asked: asked(value), letter });
                }
                let most = usize::try_from(max_characters).unwrap_or(usize::MAX);
                text.chars().nth(most).is_none()
            }
            _ => return Err(self.wrong_type(asked(value))),
        };
        if fits { Ok(()) } else { Err(self.out_of_range(asked(value))) }
    }

    /// What a text stands for: the inverse of [`Value`]'s own.
    ///
    /// # Errors
    /// [`Refusal::WrongType`], [`Refusal::OutOfRange`] or [`Refusal::Hidden`].
    pub fn read(&self, text: &str) -> Result<Value, Refusal> {
        let wrong = || self.wrong_type(format!("`{}`", quoted(text)));
        let value = match self.kind {
            Kind::Choice(_) | Kind::Text { .. } => Value::Text(text.into()),
            Kind::Number { .. } => Value::Int(text.parse().map_err(|_| wrong())?),
            Kind::Flag => Value::Bool(text.parse().map_err(|_| wrong())?),
        };
        self.admit(&value)?;
        Ok(value)
    }

    /// The refusal of a value that has no type of ours.
    pub fn wrong_type(&self, asked: String) -> Refusal {
        Refusal::WrongType { key: self.key, asked, expected: self.range() }
    }

    fn out_of_range(&self, asked: String) -> Refusal {
        Refusal::OutOfRange { key: self.key, asked, expected: self.range() }
    }
}

fn asked(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("`{}`", quoted(text)),
        // A decimal point says that it is no whole number.
        Value::Float(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

/// What a setting is in Rust.
pub trait Typed: Default {
    fn of(value: &Value) -> Option<Self>;
}

impl Typed for bool {
    fn of(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Typed for u32 {
    fn of(value: &Value) -> Option<Self> {
        if let Value::Int(number) = value { (*number).try_into().ok() } else { None }
    }
}

impl Typed for String {
    fn of(value: &Value) -> Option<Self> {
        value.as_text().map(str::to_owned)
    }
}

/// A key of [`SCHEMA`] with the Rust type of its value.
pub struct Key<T> {
    pub name: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}
