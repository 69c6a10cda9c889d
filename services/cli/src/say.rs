use std::io::{self, Write};

/// Says a line on standard output. A reader that has gone misses nothing, and does not end what goes on.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
