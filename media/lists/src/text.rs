//! From bytes to text that may be shown, and to addresses that may be asked.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use url::Url;

use crate::{ListError, MAX_ADDRESS, MAX_BYTES, MAX_TEXT};

/// How much of a list is looked at to guess its encoding, bytes.
const LOOKED_AT: usize = 64 << 10;

/// Reads bytes as text: by their byte order mark, by what the list itself names, as UTF-8 if they are, else by a guess.
pub fn decode<'a>(bytes: &'a [u8], named: Option<&'static Encoding>) -> Result<Cow<'a, str>, ListError> {
    if bytes.len() > MAX_BYTES {
        return Err(ListError::TooLong { bytes: bytes.len() });
    }
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return Ok(encoding.decode_without_bom_handling(bytes).0);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    // A list that says UTF-8 and is not is read by its bytes; so is one that says UTF-16 and is not.
    let named = named.filter(|named| ![UTF_8, UTF_16LE, UTF_16BE].contains(named));
    Ok(named.unwrap_or_else(|| guess(bytes)).decode_without_bom_handling(bytes).0)
}

/// Letters of Europe in UTF-16 have every other byte zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let seen = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let zeros = |odd: usize| seen.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, quarter) = (zeros(0), zeros(1), (seen.len() / 4).max(1));
    match (even, odd) {
        (0, odd) if odd > quarter => Some(UTF_16LE),
        (even, 0) if even > quarter => Some(UTF_16BE),
        _ => None,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let seen = bytes.get(..bytes.len().min(LOOKED_AT)).unwrap_or_default();
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(seen, true);
    let guessed = detector.guess(None, Utf8Detection::Allow);
    // Two characters are too few for the detector, and a short list of Chinese titles is common.
    if guessed.is_single_byte() && guessed.name() != "windows-1251" && chinese_pairs(seen) { GB18030 } else { guessed }
}

/// Whether all that is not ASCII comes in pairs which are Chinese characters of GB 2312.
fn chinese_pairs(bytes: &[u8]) -> bool {
    let mut runs = bytes.split(|byte| byte.is_ascii()).filter(|run| !run.is_empty()).peekable();
    runs.peek().is_some()
        && runs.all(|run| {
            let (pairs, rest) = run.as_chunks::<2>();
            rest.is_empty()
                && pairs.iter().all(|[first, second]| (0xB0..=0xF7).contains(first) && (0xA1..=0xFE).contains(second))
        })
}

/// A text for a line on the screen: no control characters, single spaces, at most [`MAX_TEXT`] characters.
pub fn tidy(text: &str) -> String {
    let mut tidy = String::new();
    let mut length = 0;
    for (index, word) in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).enumerate()
    {
        if index > 0 && length < MAX_TEXT {
            tidy.push(' ');
            length += 1;
        }
        for c in word.chars().filter(|c| !is_unseen(*c)).take(MAX_TEXT - length) {
            tidy.push(c);
            length += 1;
        }
        if length >= MAX_TEXT {
            break;
        }
    }
    tidy.truncate(tidy.trim_end().len());
    tidy
}

/// Marks that turn the direction of writing outlive their own line on a screen; a byte order mark is nothing to see.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// An `http://` or `https://` address, as a client would ask it.
pub fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > MAX_ADDRESS {
        return None;
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let address = String::from(url);
    (address.len() <= MAX_ADDRESS).then_some(address)
}

/// The address of a playlist's entry: an `http://` or `https://` address, or a path with `/`.
pub fn place(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_ADDRESS || text.contains(char::is_control) {
        return None;
    }
    match scheme(text) {
        None => {
            let path = text.replace('\\', "/");
            // `http:\\one.example` was no path.
            if scheme(&path).is_some() { web_address(&path) } else { Some(path) }
        }
        Some("file") => path_of(text),
        Some(_) => web_address(text),
    }
}

/// Like [`place`], where paths are escaped as in XSPF.
pub fn escaped_place(text: &str) -> Option<String> {
    let text = text.trim();
    if scheme(text).is_some() { place(text) } else { place(&unescape(text)?) }
}

const FILE: &str = "file:";

fn scheme(text: &str) -> Option<&str> {
    // `file:/music/one.mp3` is one, too.
    if text.get(..FILE.len()).is_some_and(|start| start.eq_ignore_ascii_case(FILE)) {
        return Some("file");
    }
    let (scheme, _) = text.split_once("://")?;
    let named = scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (named && scheme.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(scheme)
}

/// `file:///music/one%20two.mp3` is `/music/one two.mp3`; `file:///C:/one.mp3` is `C:/one.mp3`.
fn path_of(text: &str) -> Option<String> {
    let url = Url::parse(text)
        .ok()
        .filter(|_| text.get(FILE.len()..).is_some_and(|path| path.starts_with('/')))
        .filter(|url| matches!(url.host_str(), None | Some("" | "localhost")))?;
    let path = unescape(url.path())?;
    if path.contains(char::is_control) {
        return None;
    }
    let drive = path.strip_prefix('/').filter(|rest| rest.get(1..3) == Some(":/"));
    Some(drive.unwrap_or(&path).to_owned())
}

/// Resolves `%41`; none if what comes out is no UTF-8.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|two| !two.contains('+')).and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

/// Microseconds of seconds with a fraction; none if it is not above zero or longer than a month.
pub fn micros(seconds: f64) -> Option<i64> {
    (seconds > 0.0 && seconds < 31.0 * 86_400.0).then_some((seconds * 1e6) as i64)
}
