use std::iter::Peekable;
use std::str::CharIndices;

/// A word of a statement and where it begins, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    pub start: usize,
    pub text: &'a str,
}

impl Word<'_> {
    pub fn is_number(&self) -> bool {
        !self.text.is_empty() && self.text.bytes().all(|byte| byte.is_ascii_digit())
    }
}

pub fn digit_first(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
}

/// The words of a statement: runs of letters, digits and `_`, or quoted texts. What is between them is passed over.
#[derive(Clone)]
pub struct Words<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
}

impl<'a> Words<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, chars: text.char_indices().peekable() }
    }

    /// The next word, if it is a number; else it stays.
    pub fn number(&mut self) -> Option<Word<'a>> {
        self.next_if(|word| word.is_number())
    }

    /// The next word, if it is no quoted text; else it stays.
    pub fn name(&mut self) -> Option<Word<'a>> {
        self.next_if(|word| !word.text.starts_with('"'))
    }

    fn next_if(&mut self, fits: impl Fn(&Word<'a>) -> bool) -> Option<Word<'a>> {
        let mut ahead = self.clone();
        let word = ahead.next().filter(fits)?;
        *self = ahead;
        Some(word)
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let in_name = |c: char| c.is_alphanumeric() || c == '_';
        while self.chars.next_if(|(_, c)| !in_name(*c) && *c != '"').is_some() {}
        let (start, first) = self.chars.next()?;
        if first == '"' {
            let mut escaped = false;
            while self.chars.next_if(|(_, c)| *c != '"' || escaped).is_some_and(|(_, c)| {
                escaped = c == '\\';
                true
            }) {}
            self.chars.next();
        } else {
            while self.chars.next_if(|(_, c)| in_name(*c)).is_some() {}
        }
        let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        Some(Word { start, text: self.text.get(start..end)? })
    }
}

/// Changes to one statement, made in one go.
#[derive(Default)]
pub struct Edits(Vec<(usize, usize, String)>);

impl Edits {
    pub fn insert(&mut self, at: usize, text: &str) {
        self.0.push((at, at, text.to_owned()));
    }

    pub fn replace(&mut self, word: &Word<'_>, text: String) {
        self.0.push((word.start, word.start + word.text.len(), text));
    }

    pub fn apply(mut self, statement: &str, into: &mut String) {
        self.0.sort_by_key(|(start, ..)| *start);
        let mut at = 0;
        for (start, end, text) in self.0 {
            into.push_str(statement.get(at..start).unwrap_or_default());
            into.push_str(&text);
            at = end;
        }
        into.push_str(statement.get(at..).unwrap_or_default());
    }
}
