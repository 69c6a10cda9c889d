use std::io::{self, Write};

use tandem_units::plain;

/// Says a line on standard output. A reader that has gone misses nothing, and does not end what goes on.
pub fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// As [`say`], of what a file or a person wrote: one line whatever it holds.
pub fn tell(line: &str) {
    say(&plain(line));
}

/// Says a line on standard error: one line whatever it holds, for a file's name may hold line ends and a terminal's commands. Where it cannot be said, as on a
/// full disk, nothing ends.
pub fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "tandem: {}", plain(line));
}

/// Says a line about a place in a file on standard error, as compilers do.
pub fn remark(line: &str) {
    let _ = writeln!(io::stderr(), "{}", plain(line));
}
