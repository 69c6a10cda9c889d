//! zstd, frame by frame: a file may have many, and our own do.

use std::io::{self, BufRead, BufReader, Read, Write};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::source::{MOST_MEMORY, Source};

/// Text is packed in frames of at most so many bytes, fewer where it is flushed: what a crash or a pulled stick leaves is whole up to the last of them.
const FRAME: usize = 1 << 20;

pub(crate) struct ZstdReader {
    source: BufReader<Source>,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl ZstdReader {
    pub(crate) fn new(source: impl Read + Send + 'static) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(MOST_MEMORY) << 10);
        Self { source: BufReader::with_capacity(1 << 16, Box::new(source)), decoder, in_frame: false }
    }

    /// Whether there is a frame to go on with.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    self.in_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(cause) => return Err(io::Error::other(cause)),
            }
        }
        Ok(false)
    }

    fn check(&self) -> io::Result<()> {
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(said), Some(counted)) if said != counted => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a zstd frame's checksum is wrong"))
            }
            _ => Ok(()),
        }
    }
}

impl Read for ZstdReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.in_frame && !self.next_frame()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let blocks = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, blocks).map_err(io::Error::other)?;
            }
            match self.decoder.read(buffer)? {
                0 if self.decoder.is_finished() => {
                    self.in_frame = false;
                    self.check()?;
                }
                length => return Ok(length),
            }
        }
    }
}

/// Packs what it is given, a frame at a time.
pub(crate) struct ZstdWriter<W: Write> {
    out: W,
    text: Vec<u8>,
}

impl<W: Write> ZstdWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, text: Vec::with_capacity(FRAME) }
    }

    fn pack(&mut self) -> io::Result<()> {
        if !self.text.is_empty() {
            self.out.write_all(&compress_to_vec(self.text.as_slice(), CompressionLevel::Fastest))?;
            self.text.clear();
        }
        Ok(())
    }
}

impl<W: Write> Write for ZstdWriter<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let length = text.len().min(FRAME - self.text.len());
        self.text.extend(text.get(..length).unwrap_or_default());
        if self.text.len() == FRAME {
            self.pack()?;
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pack()?;
        self.out.flush()
    }
}
