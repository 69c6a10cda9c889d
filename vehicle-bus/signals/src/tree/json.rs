use super::{Content, DEEPEST, Entry, MOST_VALUES, Node, Place};

type Wrong = (Place, String);

pub(super) fn read(text: &str) -> Result<Node, Wrong> {
    let place = Place { line: 1, column: 1 };
    let mut reader = Reader { text, at: 0, place, depth: 0, values: 0 };
    let node = reader.value()?;
    match reader.next_token() {
        None => Ok(node),
        Some(_) => Err(reader.expected("the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Place,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Goes on by one byte.
    fn bump(&mut self) {
        match self.byte() {
            Some(b'\n') => self.place = Place { line: self.place.line + 1, column: 1 },
            // The bytes of a character behind its first.
            Some(byte) => self.place.column += usize::from(byte & 0xC0 != 0x80),
            None => return,
        }
        self.at += 1;
    }

    fn next_token(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.byte() {
            self.bump();
        }
        self.byte()
    }

    fn wrong(&self, message: impl Into<String>) -> Wrong {
        (self.place, format!("not JSON: {}", message.into()))
    }

    fn expected(&self, what: &str) -> Wrong {
        match self.rest().chars().next() {
            Some(found) => self.wrong(format!("expected {what}, found {found:?}")),
            None => self.wrong(format!("expected {what}, and the file ends")),
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.next_token() == Some(byte);
        if there {
            self.bump();
        }
        there
    }

    fn value(&mut self) -> Result<Node, Wrong> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err((self.place, format!("more than {MOST_VALUES} values")));
        }
        let token = self.next_token();
        let place = self.place;
        let content = match token {
            Some(b'{') => self.within(Self::table)?,
            Some(b'[') => self.within(Self::list)?,
            Some(b'"') => Content::Text(self.text()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Content::Bool(true))?,
            Some(b'f') => self.word("false", Content::Bool(false))?,
            Some(b'n') => self.word("null", Content::Null)?,
            _ => return Err(self.expected("a value")),
        };
        Ok(Node { place, content })
    }

    fn within(&mut self, inside: impl FnOnce(&mut Self) -> Result<Content, Wrong>) -> Result<Content, Wrong> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err((self.place, format!("nested more than {DEEPEST} deep")));
        }
        self.bump();
        let content = inside(self)?;
        self.depth -= 1;
        Ok(content)
    }

    fn table(&mut self) -> Result<Content, Wrong> {
        let mut entries = Vec::new();
        if self.take(b'}') {
            return Ok(Content::Table(entries));
        }
        loop {
            if self.next_token() != Some(b'"') {
                return Err(self.expected("a key in quotes"));
            }
            let place = self.place;
            let key = self.text()?;
            if !self.take(b':') {
                return Err(self.expected("`:`"));
            }
            entries.push(Entry { key, place, value: self.value()? });
            if self.take(b'}') {
                return Ok(Content::Table(entries));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn list(&mut self) -> Result<Content, Wrong> {
        let mut list = Vec::new();
        if self.take(b']') {
            return Ok(Content::List(list));
        }
        loop {
            list.push(self.value()?);
            if self.take(b']') {
                return Ok(Content::List(list));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn word(&mut self, word: &str, content: Content) -> Result<Content, Wrong> {
        if !self.rest().starts_with(word) {
            return Err(self.expected("a value"));
        }
        word.bytes().for_each(|_| self.bump());
        Ok(content)
    }

    fn number(&mut self) -> Result<Content, Wrong> {
        let of_number = |byte: u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest().bytes().take_while(|byte| of_number(*byte)).count();
        let text = self.rest().get(..length).unwrap_or_default();
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        let Some(number) = number else { return Err(self.wrong(format!("`{text}` is not a number"))) };
        (0..length).for_each(|_| self.bump());
        Ok(Content::Number(number))
    }

    fn text(&mut self) -> Result<String, Wrong> {
        let mut text = String::new();
        self.bump();
        loop {
            let length = self.rest().find(|letter| letter < ' ' || matches!(letter, '"' | '\\'));
            let plain = self.rest().get(..length.unwrap_or(self.rest().len())).unwrap_or_default();
            text.push_str(plain);
            (0..plain.len()).for_each(|_| self.bump());
            match self.byte() {
                Some(b'"') => {
                    self.bump();
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escaped()?),
                Some(_) => return Err(self.wrong("a text ends in the line in which it begins")),
                None => return Err(self.wrong("a text has no end")),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Wrong> {
        self.bump();
        let letter = match self.byte() {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'u') => {
                let high = self.unit()?;
                // Two halves of one character.
                if (0xD800..0xDC00).contains(&high) && self.rest().starts_with("\\u") {
                    self.bump();
                    let low = self.unit()?;
                    let joined = 0x1_0000 + ((high - 0xD800) << 10) + low.wrapping_sub(0xDC00);
                    return char::from_u32(joined)
                        .filter(|_| (0xDC00..0xE000).contains(&low))
                        .ok_or_else(|| self.wrong("half a character"));
                }
                return char::from_u32(high).ok_or_else(|| self.wrong("half a character"));
            }
            _ => return Err(self.expected("an escape such as `\\n`")),
        };
        self.bump();
        Ok(letter)
    }

    /// The four digits behind `\u`, of which the `u` is next.
    fn unit(&mut self) -> Result<u32, Wrong> {
        let digits = self.rest().get(1..5).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.wrong("`\\u` without its four digits"))?;
        (0..5).for_each(|_| self.bump());
        Ok(unit)
    }
}
