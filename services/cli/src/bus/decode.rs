use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tandem_frame::text::{parse_line, parse_screen, write_frame};
use tandem_frame::{BusIndex, Frame};
use tandem_logs::LONGEST_LINE;

use super::recording::{self, Skipped};
use crate::dictionary::{Dictionary, Meaning, Private};
use crate::failure::{Status, set_up};
use crate::labels::{Form, Found, Labels, Paint, begin};
use crate::values::{Privacy, WITHHELD};

/// Puts the names and values of a DBC file to every frame: a filter for candump's text, a line for each of its lines, at once.
///
/// Read is what `candump -L` and `candump -l` write, and what candump shows on a screen, colours and all. A recording is given by its file. Frames of unknown ids
/// pass through, marked `unknown`, and lines that are no frame pass through behind a `?`. What was found stands on standard error at the end.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  candump can0 | tandem bus decode --dbc car.dbc\n  tandem bus decode drive.log --car demo --json"
)]
pub struct Decode {
    /// A recording; without it, or with `-`, candump's text on standard input.
    log: Option<PathBuf>,
    #[command(flatten)]
    meaning: Meaning,
    #[command(flatten)]
    private: Private,
    /// A line of JSON for each frame.
    #[arg(long)]
    json: bool,
    /// Leaves out frames of unknown ids.
    #[arg(long)]
    known: bool,
    /// When there are colours; NO_COLOR is heeded.
    #[arg(long, value_enum, default_value = "auto")]
    color: Paint,
}

impl Decode {
    pub fn run(self) -> anyhow::Result<Status> {
        let log = self.log.filter(|log| log != Path::new("-"));
        let dictionary = self.meaning.read(log.as_deref())?;
        if dictionary.books.is_empty() {
            return Err(set_up("decoded by what? Say --dbc FILE or --car NAME"));
        }
        let form = if self.json { Form::Json } else { Form::Text };
        let out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let privacy = self.private.privacy();
        let mut teller = Teller::new(dictionary, privacy, form, self.color.settled(), self.known, out);
        match log {
            Some(path) => teller.recording(&path)?,
            None => teller.lines(BufReader::with_capacity(1 << 16, io::stdin()))?,
        }
        let _ = writeln!(io::stderr(), "{}", teller.summary());
        teller.skipped.finish()?;
        Ok(Status::OK)
    }
}

struct Teller<W> {
    dictionary: Dictionary,
    /// By book and message.
    labels: Vec<Vec<Labels>>,
    form: Form,
    paint: Paint,
    known: bool,
    out: W,
    line: Vec<u8>,
    found: Found,
    skipped: Skipped,
}

impl<W: Write> Teller<W> {
    fn new(dictionary: Dictionary, privacy: Privacy, form: Form, paint: Paint, known: bool, out: W) -> Self {
        let labels = Labels::all(&dictionary, form, paint, privacy);
        Self {
            labels,
            dictionary,
            form,
            paint,
            known,
            out,
            line: Vec::new(),
            found: Found::default(),
            skipped: Skipped::default(),
        }
    }

    fn summary(&self) -> String {
        self.found.text() + &self.skipped.text()
    }

    fn recording(&mut self, path: &Path) -> anyhow::Result<()> {
        let mut reader = recording::open(path)?;
        while let Some(frame) = reader.next() {
            match frame {
                Ok(frame) => self.frame(&frame, Some(frame.t_ns), reader.interface(frame.bus))?,
                Err(error) => self.skipped.hear(error),
            }
        }
        Ok(self.out.flush()?)
    }

    fn lines(&mut self, mut input: BufReader<impl Read>) -> anyhow::Result<()> {
        let mut text = Vec::new();
        let mut number = 0_u64;
        loop {
            // Whoever follows a bus sees each frame when it comes.
            if input.buffer().is_empty() {
                self.out.flush()?;
            }
            text.clear();
            if (&mut input).take(LONGEST_LINE as u64).read_until(b'\n', &mut text)? == 0 {
                return Ok(self.out.flush()?);
            }
            number += 1;
            if text.len() == LONGEST_LINE && !text.ends_with(b"\n") {
                input.skip_until(b'\n')?;
            }
            let plain = without_colours(&text);
            let line = plain.trim_ascii();
            if line.is_empty() {
                continue;
            }
            let read = parse_line(line).map(|read| (read, true));
            match read.or_else(|error| parse_screen(line).ok_or(error)) {
                Ok((read, timed)) => {
                    self.frame(&read.frame(BusIndex(0)), timed.then_some(read.t_ns), read.interface)?;
                }
                Err(error) => {
                    self.skipped.note(format!("line {number}, {error}"));
                    self.no_frame(number, line)?;
                }
            }
        }
    }

    fn frame(&mut self, frame: &Frame, t_ns: Option<u64>, interface: &str) -> io::Result<()> {
        self.found.frames += 1;
        self.line.clear();
        let data = !frame.flags.error && !frame.flags.remote;
        let found = self.dictionary.index(interface).filter(|_| data).and_then(|at| {
            let book = self.dictionary.books.get(at)?;
            let index = book.codec.index(frame.id)?;
            Some((book, index, self.labels.get(at)?.get(index)?))
        });
        let Some((book, index, labels)) = found else {
            let mark = match (frame.flags.error, frame.flags.remote) {
                (true, _) => "error frame",
                (_, true) => "remote frame",
                _ => {
                    self.found.note_unknown(frame.id);
                    "unknown"
                }
            };
            return if self.known { Ok(()) } else { self.bare(frame, t_ns, interface, mark, false) };
        };
        self.found.known += 1;
        if labels.tell(&book.codec, index, t_ns, interface, frame.data(), &mut self.line).is_ok() {
            return self.out.write_all(&self.line);
        }
        let mark = format!("{}, too short", labels.message());
        self.found.note_short(labels);
        let withheld = labels.withholds();
        self.bare(frame, t_ns, interface, &mark, withheld)
    }

    /// A frame that has no signals to tell; without its bytes if they are withheld.
    fn bare(
        &mut self,
        frame: &Frame,
        t_ns: Option<u64>,
        interface: &str,
        mark: &str,
        withheld: bool,
    ) -> io::Result<()> {
        self.line.clear();
        begin(self.form, t_ns, interface, &mut self.line);
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = write_frame(&mut text, frame);
        if withheld {
            text = format!("{}#{WITHHELD}", frame.id);
        }
        match self.form {
            Form::Json if withheld => {
                writeln!(self.line, ",\"id\":{},\"mark\":{}}}", json!(frame.id.to_string()), json!(mark))?;
            }
            Form::Text | Form::Brief => writeln!(self.line, "{} {}", self.paint.faint(&text), self.paint.wrong(mark))?,
            Form::Json => {
                let (id, data) = text.split_once('#').unwrap_or((&text, ""));
                // Behind the second mark of an FD frame stands a digit of flags.
                let data = data.strip_prefix('#').and_then(|data| data.get(1..)).unwrap_or(data);
                writeln!(self.line, ",\"id\":{},\"data\":{},\"mark\":{}}}", json!(id), json!(data), json!(mark))?;
            }
        }
        self.out.write_all(&self.line)
    }

    fn no_frame(&mut self, number: u64, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        let text: String = text.chars().filter(|letter| !letter.is_control()).collect();
        match self.form {
            Form::Text | Form::Brief => writeln!(self.out, "? {text}"),
            Form::Json => writeln!(self.out, "{}", json!({"line": number, "mark": "no frame", "text": text})),
        }
    }
}

/// What is left of a line without a terminal's commands for colours.
fn without_colours(line: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(line.len());
    let mut bytes = line.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != 0x1B {
            plain.push(byte);
            continue;
        }
        // Up to the letter that ends it.
        bytes.by_ref().find(u8::is_ascii_alphabetic);
    }
    plain
}

#[cfg(test)]
mod tests {
    use tandem_dbc::{Codec, Database};

    use super::*;
    use crate::dictionary::Book;

    const DBC: &str = "BO_ 291 Motion: 2 X\n SG_ Speed : 0|8@1+ (0.5,0) [0|0] \"km/h\" X\n SG_ Gear : 8|8@1+ (1,0) [0|0] \"\" X\n\nVAL_ 291 Gear 1 \"Drive\" ;\n";
    const TEXT: &str = "(7.000001) can0 123#0301\n  can0  123   [2]  03 02\n\x1b[31m  can0  123   [1]  03\x1b[0m\n(7.3) can0 7FF#00\n\n(7.4) can0 123#R\n(7.5) can0 20000004#0008000000000000\nhello \x1b[31mthere\n(7.6) can1 123#0301\n";

    fn decoded(form: Form, paint: Paint, known: bool) -> (String, String) {
        let database = Database::parse(DBC.as_bytes()).unwrap();
        let codec = Codec::compile(&database);
        let book = Book { bus: Some("can0".into()), bitrates: None, database, codec };
        let mut teller =
            Teller::new(Dictionary { books: vec![book], car: None }, Privacy::Kept, form, paint, known, Vec::new());
        teller.lines(BufReader::new(TEXT.as_bytes())).unwrap();
        let summary = teller.summary();
        (String::from_utf8(teller.out).unwrap(), summary)
    }

    #[test]
    fn every_line_is_told_and_none_is_lost() {
        let (text, summary) = decoded(Form::Text, Paint::Never, false);
        insta::assert_snapshot!(text, @r"
        (7.000001) can0 Motion: Speed=1.5 km/h, Gear=1 (Drive)
        can0 Motion: Speed=1.5 km/h, Gear=2
        can0 123#03 Motion, too short
        (7.300000) can0 7FF#00 unknown
        (7.400000) can0 123#R remote frame
        (7.500000) can0 20000004#0008000000000000 error frame
        ? hello there
        (7.600000) can1 123#0301 unknown
        ");
        insta::assert_snapshot!(summary, @r"
        7 frames, 3 of messages that the DBC file knows, 2 unknown ids: 123 7FF
        Motion: too short in 1 frame, not decoded
        1 part without a frame, the first of them:
          line 8, column 1: expected `(` before the time stamp
        ");
        let (text, _) = decoded(Form::Text, Paint::Never, true);
        assert!(!text.contains("7FF") && text.contains("Motion"));
    }

    #[test]
    fn json_is_a_line_a_frame() {
        let (text, _) = decoded(Form::Json, Paint::Never, false);
        insta::assert_snapshot!(text, @r#"
        {"t":7.000001,"bus":"can0","id":"123","message":"Motion","signals":{"Speed":1.5,"Gear":1.0}}
        {"bus":"can0","id":"123","message":"Motion","signals":{"Speed":1.5,"Gear":2.0}}
        {"bus":"can0","id":"123","data":"03","mark":"Motion, too short"}
        {"t":7.300000,"bus":"can0","id":"7FF","data":"00","mark":"unknown"}
        {"t":7.400000,"bus":"can0","id":"123","data":"R","mark":"remote frame"}
        {"t":7.500000,"bus":"can0","id":"20000004","data":"0008000000000000","mark":"error frame"}
        {"line":8,"mark":"no frame","text":"hello there"}
        {"t":7.600000,"bus":"can1","id":"123","data":"0301","mark":"unknown"}
        "#);
        assert!(text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    }

    #[test]
    fn colours_are_only_added() {
        let (painted, _) = decoded(Form::Text, Paint::Always, false);
        let (plain, _) = decoded(Form::Text, Paint::Never, false);
        assert!(painted.contains("\x1b[1;36mMotion\x1b[0m: "));
        assert_eq!(String::from_utf8(without_colours(painted.as_bytes())).unwrap(), plain);
    }

    /// Each frame is out before the next one is asked for.
    #[test]
    fn nothing_is_held_back() {
        use std::os::unix::net::UnixStream;
        let (mut theirs, ours) = UnixStream::pair().unwrap();
        let (writer, reader) = UnixStream::pair().unwrap();
        let mut reader = BufReader::new(reader);
        let thread = std::thread::spawn(move || {
            let database = Database::parse(DBC.as_bytes()).unwrap();
            let codec = Codec::compile(&database);
            let book = Book { bus: None, bitrates: None, database, codec };
            let dictionary = Dictionary { books: vec![book], car: None };
            let out = BufWriter::new(writer);
            Teller::new(dictionary, Privacy::Kept, Form::Text, Paint::Never, false, out)
                .lines(BufReader::new(ours))
                .unwrap();
        });
        for _ in 0..3 {
            theirs.write_all(b"(1.0) can0 123#0301\n").unwrap();
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            assert!(line.ends_with("(Drive)\n"), "{line}");
        }
        drop(theirs);
        thread.join().unwrap();
    }
}
