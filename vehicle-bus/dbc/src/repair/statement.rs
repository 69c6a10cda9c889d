use crate::DbcError;

/// Statements that end in `;`.
const ENDED: [&str; 15] = [
    "BA_",
    "BA_DEF_",
    "BA_DEF_DEF_",
    "BA_DEF_DEF_REL_",
    "BA_DEF_REL_",
    "BA_REL_",
    "BO_TX_BU_",
    "CM_",
    "ENVVAR_DATA_",
    "EV_",
    "SG_MUL_VAL_",
    "SIG_GROUP_",
    "SIG_VALTYPE_",
    "VAL_",
    "VAL_TABLE_",
];
/// Statements of the format that end in `;` and that neither the parser nor we have any use for.
const OBSOLETE: [&str; 10] = [
    "BA_DEF_SGTYPE_",
    "BA_SGTYPE_",
    "CAT_",
    "CAT_DEF_",
    "EV_DATA_",
    "FILTER",
    "SGTYPE_",
    "SGTYPE_VAL_",
    "SIGTYPE_VALTYPE_",
    "SIG_TYPE_REF_",
];
/// Statements that end with their line, or with the last indented line after it.
const LISTS: [&str; 2] = ["BU_", "NS_"];
const OTHERS: [&str; 2] = ["BS_", "VERSION"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `BO_`
    Message,
    /// `SG_`
    Signal,
    /// Ends in `;`.
    Ended,
    Obsolete,
    /// Everything else, and text that is no statement.
    Other,
}

#[derive(Debug)]
pub struct Statement<'a> {
    pub kind: Kind,
    pub keyword: &'a str,
    /// From 1, where the statement begins.
    pub line: usize,
    /// Blanks and line ends before the statement.
    pub gap: &'a str,
    pub text: &'a str,
    /// Whether a statement that ends in `;` has it.
    pub closed: bool,
}

fn keyword(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn kind(keyword: &str) -> Kind {
    match keyword {
        "BO_" => Kind::Message,
        "SG_" => Kind::Signal,
        "" => Kind::Other,
        _ if ENDED.contains(&keyword) => Kind::Ended,
        _ if OBSOLETE.contains(&keyword) => Kind::Obsolete,
        _ => Kind::Other,
    }
}

fn begins_statement(text: &str) -> bool {
    let keyword = keyword(text.trim_start_matches([' ', '\t']));
    kind(keyword) != Kind::Other || LISTS.contains(&keyword) || OTHERS.contains(&keyword)
}

/// Cuts `text` into statements. Gaps and statements together are the whole text.
///
/// # Errors
/// [`DbcError::Quote`] if a quoted text never ends.
pub fn split(text: &str) -> Result<Vec<Statement<'_>>, DbcError> {
    let mut statements = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while !rest.is_empty() {
        let (gap, from) = rest.split_at(rest.len() - rest.trim_start().len());
        line += newlines(gap);
        let keyword = keyword(from);
        let kind = kind(keyword);
        let (length, closed) = match kind {
            Kind::Ended | Kind::Obsolete => ended(from, line)?,
            _ if LISTS.contains(&keyword) => (list(from), true),
            _ => (line_end(from), true),
        };
        let (text, behind) = from.split_at(length);
        statements.push(Statement { kind, keyword, line, gap, text, closed });
        line += newlines(text);
        rest = behind;
    }
    Ok(statements)
}

pub fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn line_end(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

fn list(text: &str) -> usize {
    let (mut seen, mut end) = (line_end(text), line_end(text));
    while let Some(next) = text.get(seen + 1..).filter(|next| !next.is_empty()) {
        let line = next.get(..line_end(next)).unwrap_or_default();
        let is_blank = line.trim().is_empty();
        if !is_blank && !line.starts_with([' ', '\t']) {
            break;
        }
        seen += 1 + line.len();
        end = if is_blank { end } else { seen };
    }
    end
}

/// The length of a statement that ends in `;`, and whether it has one: without, it ends before the next statement.
fn ended(text: &str, line: usize) -> Result<(usize, bool), DbcError> {
    let (mut opened, mut escaped) = (None, false);
    // No byte of a longer character is one of these signs.
    for (at, byte) in text.bytes().enumerate() {
        match (byte, opened) {
            (b'"', Some(_)) if !escaped => opened = None,
            (b'"', None) => opened = Some(at),
            (b';', None) => return Ok((at + 1, true)),
            (b'\n', None) => {
                let next = text.get(at + 1..).unwrap_or_default();
                if begins_statement(next) {
                    return Ok((text.get(..at).unwrap_or_default().trim_end().len(), false));
                }
            }
            _ => {}
        }
        escaped = byte == b'\\';
    }
    match opened {
        None => Ok((text.trim_end().len(), false)),
        Some(at) => {
            let (before, quoted) = text.split_at(at);
            let near = quoted.get(..line_end(quoted)).unwrap_or_default().chars().take(40).collect();
            Err(DbcError::Quote { line: line + newlines(before), near })
        }
    }
}
