//! What every recording is held to.

use std::io::{Cursor, Read, Result};

use tandem_frame::Frame;
use tandem_logs::{Reader, Writer};

/// Bytes that come a few at a time.
struct Pieces(Cursor<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}

/// No input is worth more.
const MOST: usize = 2000;

/// However the bytes come, the same is read; what is read is written, and read again as it was.
pub fn as_it_comes(bytes: Vec<u8>) {
    let whole = Reader::new(Cursor::new(bytes.clone()));
    let pieces = Reader::new(Pieces(Cursor::new(bytes)));
    let (Ok(whole), Ok(pieces)) = (whole, pieces) else { return };
    let ((whole, whole_breaks), (pieces, pieces_breaks)) = (told(whole), told(pieces));
    assert_eq!(whole_breaks, pieces_breaks);
    // How much an archive gives before the place where it is spoiled depends on how it is asked.
    let same = if whole_breaks { whole.len().min(pieces.len()) } else { usize::MAX };
    assert!(whole.iter().take(same).eq(pieces.iter().take(same)));
}

/// What a recording tells, and whether it breaks off.
fn told(mut reader: Reader) -> (Vec<String>, bool) {
    let mut told = Vec::new();
    for _ in 0..MOST {
        match reader.next() {
            Some(Ok(frame)) => {
                again(&frame, reader.interface(frame.bus));
                told.push(format!("{frame:?} {:?}", frame.flags));
            }
            Some(Err(error)) if error.breaks_off() => return (told, true),
            Some(Err(error)) => told.push(error.to_string()),
            None => break,
        }
    }
    (told, false)
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
