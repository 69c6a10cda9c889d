//! Comments, value tables and attributes of messages and signals: most of what a maker's file consists of. Where they are written plainly they are read here,
//! many times faster than the parser does; what is not plain is left to it, and so is every error.

/// What a statement says of a message, or of one of its signals.
#[derive(Debug, PartialEq)]
pub struct Note<'a> {
    /// With bit 31 for an extended id.
    pub message: u32,
    pub signal: Option<&'a str>,
    pub said: Said<'a>,
}

/// Texts are as they stand between their quotes.
#[derive(Debug, PartialEq)]
pub enum Said<'a> {
    Comment(&'a str),
    Values(Vec<(i64, &'a str)>),
    Attribute(&'a str, Setting<'a>),
}

#[derive(Debug, PartialEq)]
pub enum Setting<'a> {
    Number(f64),
    Text(&'a str),
}

/// Reads a statement that ends in `;`, if it is plain.
pub fn read<'a>(keyword: &str, text: &'a str) -> Option<Note<'a>> {
    if !matches!(keyword, "CM_" | "VAL_" | "BA_") {
        return None;
    }
    let mut rest = Rest(text.strip_prefix(keyword)?);
    let note = match keyword {
        "CM_" => {
            let (message, signal) = rest.subject()?;
            Note { message, signal, said: Said::Comment(rest.quoted()?) }
        }
        "VAL_" => {
            let (message, signal) = (rest.message()?, Some(rest.name()?));
            let mut values = Vec::new();
            while let Some(number) = rest.number() {
                values.push((number.parse().ok()?, rest.quoted()?));
            }
            Note { message, signal, said: Said::Values(values) }
        }
        "BA_" => {
            let attribute = rest.quoted()?;
            let (message, signal) = rest.subject()?;
            let setting = match rest.number() {
                Some(number) => Setting::Number(number.parse().ok()?),
                None => Setting::Text(rest.quoted()?),
            };
            Note { message, signal, said: Said::Attribute(attribute, setting) }
        }
        _ => return None,
    };
    (rest.skip_blanks() == ";").then_some(note)
}

/// What of a statement was not read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn skip_blanks(&mut self) -> &'a str {
        self.0 = self.0.trim_start_matches([' ', '\t']);
        self.0
    }

    /// What is in front of the first sign that does not fit; none if that is nothing.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> Option<&'a str> {
        let text = self.skip_blanks();
        let end = text.find(|c| !fits(c)).unwrap_or(text.len());
        let (taken, rest) = text.split_at_checked(end).filter(|(taken, _)| !taken.is_empty())?;
        self.0 = rest;
        Some(taken)
    }

    fn subject(&mut self) -> Option<(u32, Option<&'a str>)> {
        match self.name()? {
            "BO_" => Some((self.message()?, None)),
            "SG_" => Some((self.message()?, Some(self.name()?))),
            _ => None,
        }
    }

    fn message(&mut self) -> Option<u32> {
        self.take(|c| c.is_ascii_digit())?.parse().ok()
    }

    fn name(&mut self) -> Option<&'a str> {
        self.take(|c| c.is_ascii_alphanumeric() || c == '_').filter(|name| !super::digit_first(name))
    }

    /// A number without sign or with a minus, with a point or without.
    fn number(&mut self) -> Option<&'a str> {
        self.take(|c| c.is_ascii_digit() || c == '-' || c == '.')
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let text = self.skip_blanks().strip_prefix('"')?;
        let mut escaped = false;
        let ends = |byte| !std::mem::replace(&mut escaped, byte == b'\\') && byte == b'"';
        let end = text.bytes().position(ends)?;
        self.0 = text.get(end + 1..)?;
        text.get(..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_statements_are_read_and_all_others_left() {
        let note = |signal, said| Some(Note { message: 9, signal, said });
        let comment = r#"Says "so" \; ü"#.replace("\"so\"", "\\\"so\\\"");
        let text = format!("CM_ SG_ 9 Speed \"{comment}\";");
        assert_eq!(read("CM_", &text), note(Some("Speed"), Said::Comment(&comment)));
        assert_eq!(read("CM_", "CM_ BO_ 9\t\"two\nlines\" ;"), note(None, Said::Comment("two\nlines")));
        let values = Said::Values(vec![(-1, "no"), (3, "")]);
        assert_eq!(read("VAL_", "VAL_ 9 Speed -1 \"no\" 3 \"\" ;"), note(Some("Speed"), values));
        let attribute = Said::Attribute("Cycle", Setting::Number(-2.5));
        assert_eq!(read("BA_", "BA_ \"Cycle\" BO_ 9 -2.5;"), note(None, attribute));
        let attribute = Said::Attribute("Word", Setting::Text("x"));
        assert_eq!(read("BA_", "BA_ \"Word\" SG_ 9 Speed \"x\";"), note(Some("Speed"), attribute));
        for (keyword, left) in [
            ("CM_", "CM_ \"of the file\";"),
            ("CM_", "CM_ BU_ Gateway \"of a node\";"),
            ("CM_", "CM_ BO_ 9 \"more\" \"than one\";"),
            ("CM_", "CM_ BO_ 9 \"no end;"),
            ("VAL_", "VAL_ 9 Speed 1.5 \"no integer\" ;"),
            ("VAL_", "VAL_ 9 Speed 1 ;"),
            ("VAL_", "VAL_ 9 Speed 99999999999999999999 \"wide\" ;"),
            ("VAL_", "VAL_ Variable 1 \"of a variable\" ;"),
            ("BA_", "BA_ \"Cycle\" BO_ 9 1-2;"),
            ("BA_", "BA_ \"Cycle\" BO_ 9 1e3;"),
            ("BA_", "BA_ \"Cycle\" 9;"),
            ("BA_", "BA_ \"Cycle\" BO_ 9;"),
            ("SIG_VALTYPE_", "SIG_VALTYPE_ 9 Speed 1;"),
        ] {
            assert_eq!(read(keyword, left), None, "{left}");
        }
    }
}
