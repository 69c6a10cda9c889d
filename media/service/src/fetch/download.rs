//! Downloads that survive what cuts them: a lost network, a stop, a power cut.
//!
//! `FILE.part` holds what came, and `FILE.part.json` says of which answer it is and how much of it is on the disk for
//! sure. Without a validator of the server's that names the answer, nothing is resumed: podcasts change their
//! advertisements between two requests.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use ureq::http::{HeaderMap, header};

use super::{FetchError, Fetcher, Limits, Line, media_type, text, validators};

/// How often what came is made safe, bytes.
const SAFE_EVERY: u64 = 4 << 20;
const BUFFER: usize = 64 << 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub bytes: u64,
    /// None if the server does not say.
    pub of: Option<u64>,
}

/// What lies beside a part.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    address: String,
    /// For `If-Range`: a strong ETag, or a date.
    validator: String,
    safe: u64,
}

impl Fetcher {
    /// Fetches into a file, which appears when it is whole and on the disk; its size.
    ///
    /// What was cut goes on where it was if the server can. `progress` is called on a thread of its own, about once for
    /// every 64 KiB.
    ///
    /// # Errors
    /// [`FetchError`]. After [`FetchError::DiskFull`] nothing is left behind; after the others what came is kept.
    pub async fn download(
        &self,
        address: &str,
        file: &Path,
        limits: Limits,
        progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<u64, FetchError> {
        let (address, parts) = (address.to_owned(), Parts::of(file));
        let mut progress = progress;
        Line::new(limits).run(move |line| line.download(&address, &parts, &mut progress)).await
    }

    /// Removes a file and what an unfinished download of it left.
    ///
    /// # Errors
    /// [`FetchError::File`]; that there was nothing is none.
    pub async fn remove(&self, file: &Path) -> Result<(), FetchError> {
        let Parts { file, part, note } = Parts::of(file);
        for path in [file, part, note] {
            match tokio::fs::remove_file(&path).await {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(FetchError::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct Parts {
    file: PathBuf,
    part: PathBuf,
    note: PathBuf,
}

impl Parts {
    fn of(file: &Path) -> Self {
        let with = |end: &str| {
            let mut path = file.as_os_str().to_owned();
            path.push(end);
            PathBuf::from(path)
        };
        Self { file: file.to_owned(), part: with(".part"), note: with(".part.json") }
    }

    /// What can be gone on with.
    fn note(&self, address: &str) -> Option<Note> {
        let note: Note = serde_json::from_slice(&fs::read(&self.note).ok()?).ok()?;
        let there = fs::metadata(&self.part).ok()?.len();
        (note.address == address && !note.validator.is_empty() && note.safe > 0 && note.safe <= there).then_some(note)
    }

    /// Written anew beside the old one, so that a power cut leaves one of them.
    fn write_note(&self, note: &Note) -> Result<(), FetchError> {
        let text = serde_json::to_vec(note).unwrap_or_default();
        tandem_runtime::keep(&self.note, &text).map_err(|error| FetchError::of_file(error, &self.note))
    }

    fn drop_part(&self) {
        // What is not there cannot be removed.
        let _ = (fs::remove_file(&self.part), fs::remove_file(&self.note));
    }

    fn finish(&self, part: &File) -> io::Result<()> {
        part.sync_all()?;
        fs::rename(&self.part, &self.file)?;
        let _ = fs::remove_file(&self.note);
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Line {
    fn download(&self, address: &str, parts: &Parts, progress: &mut impl FnMut(Progress)) -> Result<u64, FetchError> {
        let failed = |error| FetchError::of_file(error, &parts.part);
        let part = OpenOptions::new().create(true).truncate(false).write(true).open(&parts.part).map_err(failed)?;
        // A stopped download may not have noticed yet.
        part.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => FetchError::Busy,
            TryLockError::Error(error) => failed(error),
        })?;
        let result = self.download_into(part, address, parts, parts.note(address), progress);
        let useless = matches!(result, Err(FetchError::DiskFull | FetchError::TooLarge { .. }));
        if useless || (result.is_err() && parts.note(address).is_none()) {
            parts.drop_part();
        }
        result
    }

    fn download_into(
        &self,
        mut part: File,
        address: &str,
        parts: &Parts,
        known: Option<Note>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<u64, FetchError> {
        let range = known.as_ref().map(|note| format!("bytes={}-", note.safe));
        // As it is: a range of something packed would be nothing that can be played.
        let mut headers = vec![(header::ACCEPT_ENCODING, "identity")];
        if let (Some(range), Some(note)) = (&range, &known) {
            headers.extend([(header::RANGE, range.as_str()), (header::IF_RANGE, note.validator.as_str())]);
        }
        let answer = self.ask(address, &headers)?.response;
        let told = answer.headers();
        let (from, of) = match (answer.status().as_u16(), &known) {
            (200, _) => (0, answer.body().content_length()),
            (206, Some(note)) if goes_on(told, note) => match content_range(told) {
                Some((from, of)) if from == note.safe => (from, of),
                _ => return self.download_into(part, address, parts, None, progress),
            },
            (206 | 416, Some(_)) => return self.download_into(part, address, parts, None, progress),
            (status, _) => return Err(FetchError::Status { status }),
        };
        if media_type(told) == "text/html" {
            return Err(FetchError::WebPage);
        }
        let limit = self.limits.bytes;
        if of.is_some_and(|of| of > limit) {
            return Err(FetchError::TooLarge { limit });
        }
        let more = of.unwrap_or(from).saturating_sub(from);
        check_space(parts.part.parent().unwrap_or(Path::new(".")), more.saturating_add(self.limits.keep_free))?;

        let failed = |error| FetchError::of_file(error, &parts.part);
        let note = Note { address: address.to_owned(), validator: strong(told), safe: from };
        part.set_len(from).and_then(|()| part.seek(SeekFrom::Start(from))).map_err(failed)?;
        let mut kept = Kept { parts, part, note, bytes: from };
        kept.make_safe()?;

        let mut reader = answer.into_body().into_reader();
        let copied = self.copy(&mut reader, &mut kept, of, progress);
        if let Err(error) = copied {
            // What came stays, as far as the disk takes it.
            return Err(kept.make_safe().err().filter(|full| matches!(full, FetchError::DiskFull)).unwrap_or(error));
        }
        let bytes = kept.bytes;
        parts.finish(&kept.part).map_err(failed)?;
        Ok(bytes)
    }

    fn copy(
        &self,
        reader: &mut impl Read,
        kept: &mut Kept<'_>,
        of: Option<u64>,
        progress: &mut impl FnMut(Progress),
    ) -> Result<(), FetchError> {
        let mut buffer = vec![0; BUFFER];
        loop {
            progress(Progress { bytes: kept.bytes, of });
            let read = reader.read(&mut buffer).map_err(|error| self.failed(ureq::Error::from(error), kept.bytes))?;
            self.check()?;
            let piece = buffer.get(..read).unwrap_or_default();
            if kept.bytes + piece.len() as u64 > self.limits.bytes {
                return Err(FetchError::TooLarge { limit: self.limits.bytes });
            }
            if piece.is_empty() {
                return if of.is_some_and(|of| of != kept.bytes) {
                    Err(FetchError::Cut { got: kept.bytes })
                } else {
                    Ok(())
                };
            }
            kept.write(piece)?;
        }
    }
}

/// Whether so many bytes are free on the disk of a folder: a library that cannot write its database is worse than an episode that is not there.
///
/// # Errors
/// [`FetchError::DiskFull`].
pub fn check_space(folder: &Path, bytes: u64) -> Result<(), FetchError> {
    let told = rustix::fs::statvfs(folder).map_err(|error| FetchError::of_file(error.into(), folder))?;
    let free = told.f_bavail.saturating_mul(told.f_frsize);
    if free < bytes { Err(FetchError::DiskFull) } else { Ok(()) }
}

struct Kept<'a> {
    parts: &'a Parts,
    part: File,
    note: Note,
    bytes: u64,
}

impl Kept<'_> {
    fn write(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        self.part.write_all(piece).map_err(|error| FetchError::of_file(error, &self.parts.part))?;
        self.bytes += piece.len() as u64;
        if self.bytes - self.note.safe >= SAFE_EVERY { self.make_safe() } else { Ok(()) }
    }

    fn make_safe(&mut self) -> Result<(), FetchError> {
        self.part.sync_data().map_err(|error| FetchError::of_file(error, &self.parts.part))?;
        self.note.safe = self.bytes;
        self.parts.write_note(&self.note)
    }
}

/// Whether the piece is of the answer that the part is of; not all servers heed `If-Range`.
fn goes_on(told: &HeaderMap, note: &Note) -> bool {
    let now = strong(told);
    now.is_empty() || now == note.validator
}

/// The validator for `If-Range`, if the answer has one: weak ETags name no bytes.
fn strong(told: &HeaderMap) -> String {
    let validators = validators(told);
    if validators.etag.starts_with('"') { validators.etag } else { validators.last_modified }
}

/// Where a piece begins, and how large the whole is: `bytes 100-199/200`.
fn content_range(told: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let value = text(told, header::CONTENT_RANGE)?;
    let (range, of) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    let of = of.trim().parse::<u64>().ok();
    (from <= to && of.is_none_or(|of| to < of)).then_some((from, of))
}
