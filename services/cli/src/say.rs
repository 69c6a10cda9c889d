use std::io::{self, Write};

/// Says a line on standard output. A reader that has gone misses nothing, and does not end what goes on.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Says a line on standard error: one line whatever it holds, for a file's name may hold line ends and a terminal's commands. Where it cannot be said, as on a
/// full disk, nothing ends.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "tandem: {}", one_line(line));
}

/// Says a line about a place in a file on standard error, as compilers do.
pub fn remark(line: &str) {
    let _ = writeln!(io::stderr(), "{}", one_line(line));
}

fn one_line(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(one_line("no car `ä\n\u{1b}[31m`"), r"no car `ä\n\u{1b}[31m`");
    }
}
