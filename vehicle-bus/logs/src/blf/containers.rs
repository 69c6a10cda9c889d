//! The objects of a file as one stream of bytes: what is in containers, and what is not.

use std::io::{self, BufRead, BufReader, Read};

use flate2::{Decompress, FlushDecompress, Status};

use super::{End, HEADER, objects};
use crate::source::Source;
use crate::{LogError, Place, Reason};

const BUFFER: usize = 64 * 1024;
const CONTAINER: u32 = 10;
/// Behind the header of a container: how it is packed, and how large it is when unpacked.
const CONTAINER_HEADER: usize = 16;
const PLAIN: u16 = 0;
const ZLIB: u16 = 2;
const SIGNATURE: &[u8; 4] = b"LOBJ";
/// Between two objects lie up to so many bytes.
const PADDING: usize = 8;
/// The file's head as far as it is of interest.
const FILE_HEAD: usize = 72;

pub(super) struct Containers {
    file: BufReader<Source>,
    position: u64,
    /// Where the container or object begins that is being read.
    object: u64,
    state: State,
    /// An error was told: until the next object is found, nothing is an error.
    lost: bool,
    unpack: Decompress,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

enum State {
    Between,
    /// So many bytes of the file belong to it.
    Plain(u64),
    Zlib(u64),
    /// Of no use from here on, which is to be told.
    Spoiled(u64),
    /// Of no use any more.
    Rest(u64),
}

impl Containers {
    pub(super) fn new(source: Source) -> Self {
        Self {
            file: BufReader::with_capacity(BUFFER, source),
            position: 0,
            object: 0,
            state: State::Between,
            lost: false,
            unpack: Decompress::new(true),
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place::Byte(self.object)
    }

    fn error(&mut self, reason: Reason) -> End {
        self.lost = true;
        End::Error(LogError { place: self.place(), reason })
    }

    /// An object makes no sense, so where it ends is not known: the next one is looked for behind its signature.
    pub(super) fn give_up_object(&mut self) {
        self.lost = true;
        self.take(SIGNATURE.len());
    }

    /// The file's head; it is passed over.
    pub(super) fn file_head(&mut self) -> Result<[u8; FILE_HEAD], End> {
        let mut head = [0; FILE_HEAD];
        self.read_exact(&mut head)?;
        let length = objects::long(&head, 4).unwrap_or_default();
        self.skip_in_file(u64::from(length).saturating_sub(FILE_HEAD as u64))?;
        Ok(head)
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Goes to where the next object begins.
    pub(super) fn find_object(&mut self) -> Result<(), End> {
        let mut passed = 0;
        loop {
            if !self.more(SIGNATURE.len())? {
                let cut = self.unread().iter().any(|byte| *byte != 0);
                self.take(SIGNATURE.len());
                return Err(match passed {
                    _ if self.lost => End::Here,
                    0..=PADDING if cut => self.error(Reason::Cut),
                    0..=PADDING => End::Here,
                    _ => self.error(Reason::NoObject),
                });
            }
            let found = memchr::memmem::find(self.unread(), SIGNATURE);
            let gap = found.unwrap_or(self.unread().len() - (SIGNATURE.len() - 1));
            self.take(gap);
            passed += gap;
            if found.is_some() {
                let near = passed <= PADDING || self.lost;
                self.lost = false;
                return if near {
                    Ok(())
                } else {
                    Err(LogError { place: self.place(), reason: Reason::NoObject }.into())
                };
            }
        }
    }

    /// The next bytes, so many at least; at most the buffer's size.
    pub(super) fn need(&mut self, length: usize) -> Result<&[u8], End> {
        if !self.more(length)? {
            self.take(self.unread().len());
            return Err(self.error(Reason::Cut));
        }
        Ok(self.buffer.get(self.start..self.start + length).unwrap_or_default())
    }

    pub(super) fn take(&mut self, length: usize) {
        self.start = self.end.min(self.start + length);
    }

    pub(super) fn skip(&mut self, mut length: u64) -> Result<(), End> {
        while length > 0 {
            if !self.more(1)? {
                return Err(self.error(Reason::Cut));
            }
            let step = (self.unread().len() as u64).min(length);
            self.take(step as usize);
            length -= step;
        }
        Ok(())
    }

    /// Whether there are so many bytes to be read.
    fn more(&mut self, length: usize) -> Result<bool, End> {
        while self.unread().len() < length {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(end) => {
                    // The object that was begun is lost with what is missing.
                    self.take(self.unread().len());
                    return Err(end);
                }
            }
        }
        Ok(true)
    }

    /// Reads on; `false` at the end of the file.
    fn fill(&mut self) -> Result<bool, End> {
        loop {
            match self.state {
                State::Between => {
                    if !self.next_object()? {
                        return Ok(false);
                    }
                }
                State::Plain(0) => self.state = State::Between,
                State::Spoiled(left) => {
                    self.state = State::Rest(left);
                    return Err(self.error(Reason::Zlib));
                }
                State::Rest(left) => {
                    self.state = State::Between;
                    self.skip_in_file(left)?;
                }
                State::Plain(left) => {
                    let room = self.buffer.get_mut(self.end..).unwrap_or_default();
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(room.len());
                    let length = match self.file.read(room.get_mut(..most).unwrap_or_default()) {
                        Ok(length) => length,
                        Err(cause) => return Err(self.failed(cause)),
                    };
                    if length == 0 {
                        return Err(self.error(Reason::Cut));
                    }
                    self.position += length as u64;
                    self.end += length;
                    self.state = State::Plain(left - length as u64);
                    return Ok(true);
                }
                State::Zlib(left) => {
                    if self.inflate(left)? {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// One step of unpacking; whether there is more to be read.
    fn inflate(&mut self, left: u64) -> Result<bool, End> {
        let packed = match self.file.fill_buf() {
            Ok(packed) => packed,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => return Ok(false),
            Err(cause) => return Err(self.failed(cause)),
        };
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(packed.len());
        let cut = packed.is_empty();
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let (before_in, before_out) = (self.unpack.total_in(), self.unpack.total_out());
        let packed = packed.get(..most).unwrap_or_default();
        let status = self.unpack.decompress(packed, room, FlushDecompress::None);
        let taken = self.unpack.total_in() - before_in;
        let given = self.unpack.total_out() - before_out;
        self.file.consume(taken as usize);
        self.position += taken;
        self.end += given as usize;
        self.state = State::Zlib(left - taken);
        match status {
            Ok(Status::StreamEnd) => self.state = State::Rest(left - taken),
            Ok(_) if given > 0 || taken > 0 => {}
            Ok(_) if cut => return Err(self.error(Reason::Cut)),
            // It has no end within its container, or makes no sense. What was unpacked before that is whole.
            Ok(_) | Err(_) => self.state = State::Spoiled(left - taken),
        }
        Ok(given > 0)
    }

    /// Goes into the next container, or the next object that is in none; `false` at the end of the file.
    fn next_object(&mut self) -> Result<bool, End> {
        let mut window = [0; SIGNATURE.len()];
        let mut passed = 0;
        while &window != SIGNATURE {
            let mut next = [0; 1];
            if self.read_or_end(&mut next)? == 0 {
                let cut = window != [0; SIGNATURE.len()];
                return match passed {
                    _ if self.lost => Ok(false),
                    0..PADDING if cut => Err(self.error(Reason::Cut)),
                    0..PADDING => Ok(false),
                    _ => Err(self.error(Reason::NoObject)),
                };
            }
            let [_, second, third, fourth] = window;
            window = [second, third, fourth, next[0]];
            passed += 1;
        }
        self.object = self.position - SIGNATURE.len() as u64;
        let told = passed > PADDING + SIGNATURE.len() && !self.lost;
        let mut header = [0; HEADER];
        let (signature, rest) = header.split_at_mut(SIGNATURE.len());
        signature.copy_from_slice(SIGNATURE);
        self.read_exact(rest)?;
        let size = u64::from(objects::long(&header, 8).unwrap_or_default()).saturating_sub(HEADER as u64);
        if objects::long(&header, 12) == Some(CONTAINER) {
            let mut packing = [0; CONTAINER_HEADER];
            self.read_exact(&mut packing)?;
            let size = size.saturating_sub(CONTAINER_HEADER as u64);
            match objects::word(&packing, 0).unwrap_or_default() {
                PLAIN => self.state = State::Plain(size),
                ZLIB => {
                    self.unpack.reset(true);
                    self.state = State::Zlib(size);
                }
                other => {
                    self.state = State::Rest(size);
                    return Err(self.error(Reason::Packing(other)));
                }
            }
        } else {
            for byte in header {
                if let Some(room) = self.buffer.get_mut(self.end) {
                    *room = byte;
                    self.end += 1;
                }
            }
            self.state = State::Plain(size);
        }
        if told { Err(self.error(Reason::NoObject)) } else { Ok(true) }
    }

    fn failed(&mut self, cause: io::Error) -> End {
        self.error(Reason::BreaksOff(cause))
    }

    fn read_or_end(&mut self, room: &mut [u8]) -> Result<usize, End> {
        let mut length = 0;
        while let Some(left @ [_, ..]) = room.get_mut(length..) {
            match self.file.read(left) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(self.failed(cause)),
            }
        }
        self.position += length as u64;
        Ok(length)
    }

    fn read_exact(&mut self, room: &mut [u8]) -> Result<(), End> {
        if self.read_or_end(room)? < room.len() { Err(self.error(Reason::Cut)) } else { Ok(()) }
    }

    fn skip_in_file(&mut self, length: u64) -> Result<(), End> {
        let skipped = io::copy(&mut (&mut self.file).take(length), &mut io::sink());
        let skipped = match skipped {
            Ok(skipped) => skipped,
            Err(cause) => return Err(self.failed(cause)),
        };
        self.position += skipped;
        if skipped < length { Err(self.error(Reason::Cut)) } else { Ok(()) }
    }
}
