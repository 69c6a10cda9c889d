//! What a recording is, by its first bytes.

use std::io::{self, BufReader, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use crate::zstd::ZstdReader;
use crate::{LONGEST_LINE, OpenError};

/// What is compressed is read in pieces of so many bytes.
const PIECE: usize = 64 * 1024;
/// The most memory that unpacking may ask for, KiB: `xz -9` asks for 65 MiB, `zstd --long` for 128.
pub(crate) const MOST_MEMORY: u32 = 130 * 1024;

/// Bytes from wherever they come.
pub(crate) type Source = Box<dyn Read + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Candump,
    Asc,
    Blf,
}

/// Looks through at most one compression, and never further than the first line.
pub(crate) fn find_form(source: Source) -> Result<(Form, Source), OpenError> {
    let source = Peeked::new(source, |head| head.len() >= 6)?;
    let packed: Source = match source.head.as_slice() {
        [0x1F, 0x8B, ..] => Box::new(MultiGzDecoder::new(BufReader::with_capacity(PIECE, source))),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => {
            Box::new(XzReader::new_mem_limit(BufReader::with_capacity(PIECE, source), true, MOST_MEMORY))
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Box::new(ZstdReader::new(source)),
        _ => Box::new(source),
    };
    let source = Peeked::new(packed, |head| head.len() >= LONGEST_LINE || first_line(head).is_some())?;
    let head = source.head.as_slice();
    if let Some((_, what, advice)) = OTHERS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(OpenError::Form { what, advice });
    }
    let form = match first_line(head) {
        _ if head.starts_with(b"LOGG") => Form::Blf,
        Some(line) if begins_asc(line) => Form::Asc,
        _ => Form::Candump,
    };
    Ok((form, Box::new(source)))
}

const CONVERT: &str = "python-can's `can_logconvert` makes one of them from it";
const UNPACK: &str = "unpack it first";

/// What people may give us, and what it is.
const OTHERS: [(&[u8], &str, &str); 9] = [
    (b"MDF     ", "an ASAM MDF file", CONVERT),
    (b"UnFinMF ", "an ASAM MDF file", CONVERT),
    (b";$FILEVERSION", "a PEAK TRC file", CONVERT),
    (b"timestamp,arbitration_id", "a CSV file of python-can", CONVERT),
    (b"SQLite format 3", "an SQLite database", CONVERT),
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"BZh", "packed by bzip2", UNPACK),
    (b"\x1F\x8B", "packed twice", UNPACK),
    (b"\xFD7zXZ", "packed twice", UNPACK),
];

/// The first line that says something; `None` while it has not come to its end.
fn first_line(head: &[u8]) -> Option<&[u8]> {
    if head.starts_with(b"LOGG") {
        return Some(&[]);
    }
    let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let whole = head.get(..memchr::memrchr(b'\n', head)?)?;
    whole.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !matches!(line, [] | [b'#', ..]))
}

pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

fn begins_asc(line: &[u8]) -> bool {
    let begins = |word: &str| line.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    line.first().is_some_and(u8::is_ascii_digit)
        || ["date ", "base ", "//", "begin ", "internal ", "no internal "].iter().any(|word| begins(word))
}

/// A source of which the first bytes were looked at; they are read again.
struct Peeked {
    head: Vec<u8>,
    at: usize,
    /// What ended the looking, told when it is its turn.
    failure: Option<io::Error>,
    rest: Source,
}

impl Peeked {
    /// Looks until it is enough or there is no more.
    fn new(mut rest: Source, enough: impl Fn(&[u8]) -> bool) -> io::Result<Self> {
        let (mut head, mut failure) = (Vec::new(), None);
        let mut piece = [0; 4096];
        while !enough(&head) {
            match rest.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => head.extend(piece.get(..length).unwrap_or_default()),
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) if head.is_empty() => return Err(cause),
                Err(cause) => {
                    failure = Some(cause);
                    break;
                }
            }
        }
        Ok(Self { head, at: 0, failure, rest })
    }
}

impl Read for Peeked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.get(self.at..) {
            Some(left @ [_, ..]) => {
                let length = left.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..length), left.get(..length)) {
                    to.copy_from_slice(from);
                }
                self.at += length;
                Ok(length)
            }
            _ => match self.failure.take() {
                Some(cause) => Err(cause),
                None => self.rest.read(buffer),
            },
        }
    }
}
