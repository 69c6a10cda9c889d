//! What every recording is held to.

use std::io::{Cursor, Read, Result};

use tandem_frame::Frame;
use tandem_logs::{LogError, Reader, Writer};

/// Bytes that come a few at a time.
struct Pieces(Cursor<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}

/// However the bytes come, the same is read; what is read is written, and read again as it was.
pub fn as_it_comes(bytes: Vec<u8>) {
    let whole = Reader::new(Cursor::new(bytes.clone()));
    let pieces = Reader::new(Pieces(Cursor::new(bytes)));
    let (mut whole, mut pieces) = match (whole, pieces) {
        (Ok(whole), Ok(pieces)) => (whole, pieces),
        (whole, pieces) => return assert!(whole.is_err() && pieces.is_err()),
    };
    let told = |read: &Option<std::result::Result<Frame, LogError>>| match read {
        Some(Ok(frame)) => Ok(Some(*frame)),
        Some(Err(error)) => Err(error.to_string()),
        None => Ok(None),
    };
    loop {
        let (one, other) = (whole.next(), pieces.next());
        assert_eq!(told(&one), told(&other));
        match one {
            Some(Ok(frame)) => again(&frame, whole.interface(frame.bus)),
            Some(Err(_)) => {}
            None => break,
        }
    }
    assert_eq!(whole.interfaces(), pieces.interfaces());
}

fn again(frame: &Frame, interface: &str) {
    let (end, mut text) = std::io::pipe().expect("a pipe");
    let mut writer = Writer::new(text.try_clone().expect("its end"));
    writer.write(frame, interface).expect("a line fits into a pipe");
    writer.finish().expect("a line fits into a pipe");
    std::io::Write::flush(&mut text).expect("nothing is left");
    drop(text);
    let mut reader = Reader::new(end).expect("our own text");
    let mut read = reader.next().expect("a line").expect("what is written reads");
    read.bus = frame.bus;
    assert_eq!(read, *frame);
}
