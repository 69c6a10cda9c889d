//! What a program wrote, as strace saw it, and every disk that a power cut may leave of that.
//!
//! A write that was not synced may be there, not be there, or be there by some of its sectors, in whatever order; what was synced is there. A name that was made,
//! changed or taken away counts from the sync of its folder on; before that, as a journal has it, the names may be as they were at any moment since the last one.

use std::collections::BTreeMap;
use std::path::Path;

use crate::stage::Dice;

const SECTOR: u64 = 512;

#[derive(Clone, Debug)]
pub enum Step {
    Create(String),
    Write {
        name: String,
        at: u64,
        bytes: Vec<u8>,
    },
    Truncate {
        name: String,
        length: u64,
    },
    Sync(String),
    SyncNames,
    Rename {
        from: String,
        to: String,
    },
    Remove(String),
    /// Sent to somebody.
    Send(Vec<u8>),
}

/// The system calls that change a disk, or wait for it, or say something.
pub const CALLS: &str = "openat,pwrite64,pwritev,write,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat,sendmsg";

fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x").skip(1).map(|byte| u8::from_str_radix(&byte[..2], 16).unwrap()).collect()
}

/// One call with its arguments, from `PID name(arguments) = result`.
struct Call<'a> {
    name: &'a str,
    arguments: &'a str,
    result: i64,
}

impl<'a> Call<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(") = ")?;
        let result = result.split([' ', '<']).next()?.parse().ok()?;
        Some(Self { name, arguments, result })
    }

    fn texts(&self) -> impl Iterator<Item = Vec<u8>> + 'a {
        self.arguments.split('"').skip(1).step_by(2).map(bytes)
    }

    fn text(&self, place: usize) -> String {
        String::from_utf8(self.texts().nth(place).unwrap()).unwrap()
    }

    /// The path behind its file descriptor.
    fn path(&self) -> String {
        let (_, rest) = self.arguments.split_once('<').unwrap();
        String::from_utf8(bytes(rest.split_once('>').unwrap().0)).unwrap()
    }

    fn last_number(&self) -> u64 {
        self.arguments.rsplit(", ").next().unwrap().parse().unwrap()
    }
}

/// The steps of a trace in a folder, in the order in which they were done. `there` has the files that lay there before.
pub fn steps(trace: &str, folder: &Path, there: &[&str]) -> Vec<Step> {
    let folder = folder.to_str().unwrap();
    // What maps memory is made anew, and the lock holds nothing.
    let name = |path: &str| -> Option<String> {
        let name = path.strip_prefix(folder)?.strip_prefix('/')?;
        (!name.ends_with("-shm") && !name.ends_with(".lock")).then(|| name.to_owned())
    };
    let mut known: Vec<String> = there.iter().map(|name| (*name).to_owned()).collect();
    let mut begun: BTreeMap<&str, String> = BTreeMap::new();
    let mut steps = Vec::new();
    for line in trace.lines() {
        let Some((pid, text)) = line.split_once(' ') else { continue };
        let text = text.trim_start();
        let whole = if let Some(start) = text.strip_suffix(" <unfinished ...>") {
            begun.insert(pid, start.to_owned());
            continue;
        } else if let Some((_, end)) = text.split_once(" resumed>") {
            begun.remove(pid).unwrap_or_default() + end
        } else {
            text.to_owned()
        };
        let Some(call) = Call::read(&whole).filter(|call| call.result >= 0) else { continue };
        let file = || name(&call.path());
        let step = match call.name {
            "openat" if call.arguments.contains("O_CREAT") => name(&call.text(0))
                .filter(|name| !known.contains(name))
                .inspect(|name| known.push(name.clone()))
                .map(Step::Create),
            "pwrite64" => file().map(|name| {
                let bytes = call.texts().next().unwrap();
                assert_eq!(bytes.len() as i64, call.result, "cut short by strace: {}", call.name);
                Step::Write { name, at: call.last_number(), bytes }
            }),
            "write" | "pwritev" | "fallocate" => {
                assert_eq!(file(), None, "the model of the disk lacks {}", call.name);
                None
            }
            "ftruncate" => file().map(|name| Step::Truncate { name, length: call.last_number() }),
            "fsync" | "fdatasync" if call.path() == folder => Some(Step::SyncNames),
            "fsync" | "fdatasync" => file().map(Step::Sync),
            "rename" | "renameat" | "renameat2" => {
                let (from, to) = (name(&call.text(0)), name(&call.text(1)));
                known.retain(|known| Some(known) != from.as_ref());
                known.extend(to.clone());
                from.zip(to).map(|(from, to)| Step::Rename { from, to })
            }
            "unlink" | "unlinkat" => name(&call.text(0)).map(|name| {
                known.retain(|known| *known != name);
                Step::Remove(name)
            }),
            "sendmsg" => Some(Step::Send(call.texts().flatten().collect())),
            _ => None,
        };
        steps.extend(step);
    }
    steps
}

enum Unsynced {
    Write { at: u64, bytes: Vec<u8> },
    Truncate(u64),
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    unsynced: Vec<Unsynced>,
}

/// What becomes of that which was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Lost,
    Kept,
    Torn,
}

impl Fate {
    fn spares(self, dice: &mut Dice) -> bool {
        match self {
            Self::Lost => false,
            Self::Kept => true,
            Self::Torn => dice.throw(2) == 0,
        }
    }
}

fn write(content: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let (start, end) = (at as usize, at as usize + bytes.len());
    if content.len() < end {
        content.resize(end, 0);
    }
    content[start..end].copy_from_slice(bytes);
}

impl File {
    fn content(&self, fate: Fate, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.synced.clone();
        for change in &self.unsynced {
            match change {
                Unsynced::Truncate(length) if fate.spares(dice) => content.resize(*length as usize, 0),
                Unsynced::Truncate(_) => {}
                Unsynced::Write { at, bytes } => {
                    let mut done = 0;
                    while done < bytes.len() {
                        let start = at + done as u64;
                        let in_sector = (SECTOR - start % SECTOR) as usize;
                        let end = (done + in_sector).min(bytes.len());
                        if fate.spares(dice) {
                            write(&mut content, start, &bytes[done..end]);
                        }
                        done = end;
                    }
                }
            }
        }
        content
    }
}

/// A disk while a trace is done on it again.
#[derive(Default)]
pub struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    /// The names as they were synced, and after each change since.
    since: Vec<BTreeMap<String, usize>>,
    /// It says that it has synced, and has not.
    pub lies: bool,
}

impl Disk {
    pub fn new(there: &[(&str, &[u8])]) -> Self {
        let files = there.iter().map(|(_, bytes)| File { synced: bytes.to_vec(), unsynced: Vec::new() }).collect();
        let names: BTreeMap<_, _> = there.iter().zip(0..).map(|((name, _), file)| ((*name).to_owned(), file)).collect();
        Self { files, since: vec![names.clone()], names, lies: false }
    }

    pub fn does(&mut self, step: &Step) {
        match step {
            Step::Create(name) => {
                self.files.push(File::default());
                self.names.insert(name.clone(), self.files.len() - 1);
                self.since.push(self.names.clone());
            }
            Step::Write { name, at, bytes } => {
                let change = Unsynced::Write { at: *at, bytes: bytes.clone() };
                self.files[self.names[name]].unsynced.push(change);
            }
            Step::Truncate { name, length } => {
                self.files[self.names[name]].unsynced.push(Unsynced::Truncate(*length));
            }
            Step::Sync(_) | Step::SyncNames if self.lies => {}
            Step::Sync(name) => {
                let file = &mut self.files[self.names[name]];
                file.synced = file.content(Fate::Kept, &mut Dice::new(0));
                file.unsynced.clear();
            }
            Step::SyncNames => self.since = vec![self.names.clone()],
            Step::Rename { from, to } => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), file);
                self.since.push(self.names.clone());
            }
            Step::Remove(name) => {
                self.names.remove(name).unwrap();
                self.since.push(self.names.clone());
            }
            Step::Send(_) => {}
        }
    }

    /// Writes into a folder what a power cut leaves.
    pub fn cut(&self, fate: Fate, dice: &mut Dice, folder: &Path) {
        let names = match fate {
            Fate::Lost => &self.since[0],
            Fate::Kept => &self.names,
            Fate::Torn => &self.since[dice.throw(self.since.len())],
        };
        for (name, file) in names {
            std::fs::write(folder.join(name), self.files[*file].content(fate, dice)).unwrap();
        }
    }
}
