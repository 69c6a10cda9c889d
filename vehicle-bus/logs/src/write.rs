use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use tandem_frame::Frame;
use tandem_frame::text::write_line;

use crate::zstd::ZstdWriter;

/// Levels at which packing costs little beside what is saved.
const XZ_LEVEL: u32 = 1;

type Sink = BufWriter<Box<dyn Write + Send>>;

/// Writes candump's log text.
pub struct Writer {
    out: BufWriter<Packed>,
    line: String,
}

enum Packed {
    Plain(Sink),
    Gzip(GzEncoder<Sink>),
    Xz(Box<XzWriter<Sink>>),
    Zstd(ZstdWriter<Sink>),
}

impl Writer {
    /// Writes a new file, in the place of one that is there; packed if its name ends in `.gz`, `.xz` or `.zst`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let sink = BufWriter::new(Box::new(File::create(path)?) as Box<_>);
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        Ok(Self::over(match ending.to_str() {
            Some("gz") => Packed::Gzip(GzEncoder::new(sink, Compression::default())),
            Some("xz") => Packed::Xz(Box::new(XzWriter::new(sink, XzOptions::with_preset(XZ_LEVEL))?)),
            Some("zst") => Packed::Zstd(ZstdWriter::new(sink)),
            _ => Packed::Plain(sink),
        }))
    }

    /// Writes plain text to wherever it goes.
    pub fn new(out: impl Write + Send + 'static) -> Self {
        Self::over(Packed::Plain(BufWriter::new(Box::new(out))))
    }

    fn over(packed: Packed) -> Self {
        Self { out: BufWriter::with_capacity(1 << 16, packed), line: String::new() }
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

    /// Whether what is written is packed.
    pub fn is_packed(&self) -> bool {
        !matches!(self.out.get_ref(), Packed::Plain(_))
    }

    /// Gives everything so far to the file, so that whoever follows it sees it. What is packed packs the worse the more often this is asked for.
    ///
    /// # Errors
    /// Those of the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the recording. Without it a packed one is cut.
    ///
    /// # Errors
    /// Those of the file.
    pub fn finish(self) -> io::Result<()> {
        match self.out.into_inner()? {
            Packed::Plain(mut sink) => sink.flush(),
            Packed::Gzip(packed) => packed.finish()?.flush(),
            Packed::Xz(packed) => packed.finish()?.flush(),
            Packed::Zstd(mut packed) => packed.flush(),
        }
    }
}

impl Write for Packed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(sink) => sink.write(text),
            Self::Gzip(packed) => packed.write(text),
            Self::Xz(packed) => packed.write(text),
            Self::Zstd(packed) => packed.write(text),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(sink) => sink.flush(),
            Self::Gzip(packed) => packed.flush(),
            Self::Xz(packed) => packed.flush(),
            Self::Zstd(packed) => packed.flush(),
        }
    }
}
