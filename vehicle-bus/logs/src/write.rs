use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tandem_frame::Frame;
use tandem_frame::text::write_line;

/// Writes candump's log text.
pub struct Writer {
    out: BufWriter<Box<dyn Write + Send>>,
    line: String,
}

impl Writer {
    /// Writes a new file, in the place of one that is there.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self::new(File::create(path)?))
    }

    /// Writes plain text to wherever it goes.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, Box::new(out)), line: String::new() }
    }

    /// Writes a frame; its time is `frame.t_ns`, and `interface` is printable ASCII without spaces: `can0`.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&mut self, frame: &Frame, interface: &str) -> io::Result<()> {
        self.line.clear();
        write_line(&mut self.line, frame, interface).map_err(|fmt::Error| io::Error::from(io::ErrorKind::Other))?;
        self.out.write_all(self.line.as_bytes())
    }

    /// Gives everything so far to the file, so that whoever follows it sees it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the recording. Without it a compressed one is cut.
    ///
    /// # Errors
    /// Those of the file.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }
}
