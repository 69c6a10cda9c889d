use pest::error::LineColLocation;

use crate::diagnose::{Diagnosis, diagnose};
use crate::repair::{Alone, Mended};

/// A DBC text that cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DbcError {
    /// The text breaks the grammar in a way that is not mended.
    #[error("line {line}, column {column}: expected {expected}, found {near}")]
    Syntax { line: usize, column: usize, expected: String, near: String },
    /// The grammar holds, a value does not: a number out of its range.
    #[error("line {line}: {cause} (in `{near}`)")]
    Value { line: usize, cause: String, near: String },
    /// A message id that no CAN frame can have.
    #[error("line {line}: expected a message id of at most 32 bits, found {id}")]
    Id { line: usize, id: String },
    /// A quote that is opened and never closed swallows the rest of the file.
    #[error("line {line}: expected a closing quote for the text that begins here, near `{near}`")]
    Quote { line: usize, near: String },
    #[error("it has more than the 16 MiB that a DBC file may have")]
    TooLarge,
    /// UTF-16 with the mark of its byte order, and bytes that are none.
    #[error("it begins as UTF-16 does, and is none: save it as UTF-8")]
    Encoding,
}

/// How much of the text an error shows, in letters.
pub(crate) const NEAR: usize = 60;

impl DbcError {
    /// What the parser found wrong in a mended text, by the lines of the file.
    pub(crate) fn new(error: can_dbc::DbcError, mended: &Mended<'_>) -> Self {
        Self::found(error, &mended.text).of_file(mended)
    }

    /// The first line of a mended text that says something else to the parser than to the repair.
    pub(crate) fn misread(mended: &Mended<'_>) -> Self {
        let text = &mended.text;
        let wrong = text.lines().zip(1..).find_map(|(refused, line)| Some((line, refused, missing(refused)?)));
        let (line, refused, (column, expected)) = wrong.unwrap_or_else(|| (1, nth_line(text, 1), (1, one_a_line())));
        Self::syntax(line, column, expected, refused).of_file(mended)
    }

    fn of_file(mut self, mended: &Mended<'_>) -> Self {
        match &mut self {
            Self::Syntax { line, .. } | Self::Value { line, .. } | Self::Id { line, .. } | Self::Quote { line, .. } => {
                *line = mended.line_of_file(*line);
            }
            Self::TooLarge | Self::Encoding => {}
        }
        self
    }

    fn found(error: can_dbc::DbcError, text: &str) -> Self {
        match error {
            can_dbc::DbcError::Pest(error) => {
                let (line, column) = match error.line_col {
                    LineColLocation::Pos(at) | LineColLocation::Span(at, _) => at,
                };
                let said = || {
                    let message = error.renamed_rules(|rule| format!("{rule:?}")).variant.message().into_owned();
                    (column, rules(&message))
                };
                let refused = nth_line(text, line);
                let (column, expected) = missing(refused).unwrap_or_else(said);
                Self::syntax(line, column, expected, refused)
            }
            error => {
                let Alone { line, text: near, .. } = culprit(text).unwrap_or_default();
                let refused = nth_line(text, line);
                match missing(refused) {
                    Some((column, expected)) => Self::syntax(line, column, expected, refused),
                    None => Self::Value { line, cause: error.to_string(), near: near.chars().take(NEAR).collect() },
                }
            }
        }
    }

    fn syntax(line: usize, column: usize, expected: String, refused: &str) -> Self {
        let near: String = refused.chars().skip(column.saturating_sub(1)).take(NEAR).collect();
        let near = if near.is_empty() { "the end of the line".to_owned() } else { format!("`{near}`") };
        Self::Syntax { line, column, expected, near }
    }
}

fn one_a_line() -> String {
    "every message and every signal in a line of its own".to_owned()
}

fn nth_line(text: &str, line: usize) -> &str {
    text.lines().nth(line.saturating_sub(1)).unwrap_or_default()
}

/// The column of what is missing in a line, and what that is.
fn missing(line: &str) -> Option<(usize, String)> {
    let Diagnosis { at, expected } = diagnose(line)?;
    Some((line.get(..at).unwrap_or_default().chars().count() + 1, expected))
}

/// The parser's list of rules in a reader's words; any statement at all is one of them.
fn rules(message: &str) -> String {
    let rules = message.strip_prefix("expected ").unwrap_or(message);
    if rules.split([' ', ',']).any(|rule| matches!(rule, "EOI" | "file")) {
        return "a statement (BO_, CM_, BA_DEF_, BA_, VAL_ and so on)".to_owned();
    }
    rules.replace('_', " ")
}

/// The first statement that fails by itself in another way than by its grammar: the parser does not say where such an
/// error lies.
fn culprit(text: &str) -> Option<Alone<'_>> {
    let fails = |text: &str| !matches!(can_dbc::Dbc::try_from(text), Ok(_) | Err(can_dbc::DbcError::Pest(_)));
    crate::repair::apart(text).into_iter().find(|statement| fails(&statement.file))
}
