//! Which volumes this machine has now: folders of music, and sticks that come and go.
//!
//! A stick is a file system that is mounted below one of the folders for sticks. Where such a folder was named by hand, its own sub-folders
//! count as sticks too, for automounters and tests: if they are neither hidden nor empty, and no file system is mounted on or below them.
//! A stick is gone when it is unmounted, when the kernel has lost its device, or when its folder cannot be read.
//!
//! Files that come into a folder while it is here are found at the next scan: when it is attached, or when somebody asks for one.

mod table;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tandem_library::walk::written;
use tandem_library::{Volume, VolumeId, VolumeKind};
use tokio::sync::mpsc;
use tracing::warn;

use table::Mount;

/// Where sticks are mounted if nobody says otherwise.
const STICKS: [&str; 3] = ["/media", "/run/media", "/mnt"];
/// How often roots are looked at; the kernel tells of mounts by itself.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 400_000_000 };
/// Changes that may wait for the service.
const WAITING: usize = 64;

/// A volume came or went. A volume whose root is another one now goes and comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Attached(Volume),
    Detached(VolumeId),
}

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Folders of music of this machine; one that is not there yet counts when it comes.
    pub music: Vec<PathBuf>,
    /// Folders below which sticks are mounted.
    pub sticks: Vec<PathBuf>,
    /// Whether sub-folders of these count as sticks.
    pub plain: bool,
}

impl Places {
    /// Folders of music, and folders of sticks; without any of the latter, the usual ones.
    pub fn new(music: Vec<PathBuf>, sticks: Vec<PathBuf>) -> Self {
        let plain = !sticks.is_empty();
        let sticks = if plain { sticks } else { STICKS.iter().map(PathBuf::from).collect() };
        Self { music, sticks, plain }
    }
}

/// What the kernel and udev tell of mounts and devices.
#[derive(Clone, Debug)]
struct System {
    mounts: PathBuf,
    by_uuid: PathBuf,
    by_label: PathBuf,
    devices: PathBuf,
}

impl Default for System {
    fn default() -> Self {
        Self {
            mounts: PathBuf::from("/proc/self/mountinfo"),
            by_uuid: PathBuf::from("/dev/disk/by-uuid"),
            by_label: PathBuf::from("/dev/disk/by-label"),
            devices: PathBuf::from("/sys/dev/block"),
        }
    }
}

/// Tells of the volumes that are here, and then of every change, until the receiver is dropped. It has a thread of its own, for a stick that was
/// pulled may keep whoever looks at it waiting.
///
/// # Errors
/// If the mount table cannot be opened, or there is no thread.
pub fn watch(places: Places) -> io::Result<mpsc::Receiver<Change>> {
    let mut watch = Watch::new(places, System::default())?;
    let (sender, receiver) = mpsc::channel(WAITING);
    thread::Builder::new().name(String::from("mounts")).spawn(move || {
        loop {
            for change in watch.look() {
                if sender.blocking_send(change).is_err() {
                    return;
                }
            }
            if sender.is_closed() {
                return;
            }
            watch.wait();
        }
    })?;
    Ok(receiver)
}

struct Watch {
    places: Places,
    system: System,
    table: File,
    here: Vec<Volume>,
    failed: bool,
}

impl Watch {
    fn new(places: Places, system: System) -> io::Result<Self> {
        let table = File::open(&system.mounts)?;
        Ok(Self { places, system, table, here: Vec::new(), failed: false })
    }

    /// Until the mount table changes, or for a tick.
    fn wait(&self) {
        let mut table = [PollFd::new(&self.table, PollFlags::PRI)];
        // An interrupted wait is a short one.
        let _ = poll(&mut table, Some(&TICK));
    }

    /// What changed since the last look.
    fn look(&mut self) -> Vec<Change> {
        let now = match self.volumes() {
            Ok(now) => now,
            Err(error) => {
                if !std::mem::replace(&mut self.failed, true) {
                    warn!(error = &error as &dyn std::error::Error, "the mount table cannot be read");
                }
                return Vec::new();
            }
        };
        self.failed = false;
        let gone =
            self.here.iter().filter(|volume| !now.contains(volume)).map(|volume| Change::Detached(volume.id.clone()));
        let come = now.iter().filter(|volume| !self.here.contains(volume)).cloned().map(Change::Attached);
        let changes = gone.chain(come).collect();
        self.here = now;
        changes
    }

    fn volumes(&self) -> io::Result<Vec<Volume>> {
        let mounts = table::read(&self.system.mounts)?;
        let mut volumes: Vec<Volume> = self.places.music.iter().filter_map(|folder| local(folder)).collect();
        let mut devices = HashSet::new();
        for folder in self.places.sticks.iter().filter_map(|folder| folder.canonicalize().ok()) {
            for mount in mounts.iter().filter(|mount| mount.place != folder && mount.place.starts_with(&folder)) {
                // A file system that is mounted twice is one stick.
                let counts = mount.is_storage() && (self.places.plain || mount.is_carried());
                if counts && self.is_here(mount) && devices.insert(mount.device.clone()) {
                    volumes.push(self.stick(mount));
                }
            }
            if self.places.plain {
                volumes.extend(plain(&folder, &mounts));
            }
        }
        let mut ids = HashSet::new();
        volumes.retain(|volume| ids.insert(volume.id.clone()));
        Ok(volumes)
    }

    fn is_here(&self, mount: &Mount) -> bool {
        // The kernel forgets the device of a pulled stick at once, while its mount stays; file systems without a device have none.
        let pulled =
            mount.has_device() && self.system.devices.exists() && !self.system.devices.join(&mount.device).exists();
        !pulled && fs::read_dir(&mount.place).is_ok()
    }

    fn stick(&self, mount: &Mount) -> Volume {
        let folder = mount.place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let label = table::link_to(&self.system.by_label, &mount.source);
        let uuid = table::link_to(&self.system.by_uuid, &mount.source);
        let name = label.filter(|label| !label.is_empty()).unwrap_or(folder);
        // Without a UUID: what stays the same when the stick is put in again, be it in another socket.
        let id = uuid.unwrap_or_else(|| format!("{}:{name}:{}", mount.kind, size(&mount.place)));
        Volume { id: VolumeId(id), kind: VolumeKind::Usb, name, root: mount.place.clone() }
    }
}

/// Bytes of the file system; 0 if it does not say.
fn size(place: &Path) -> u64 {
    rustix::fs::statvfs(place).map_or(0, |stat| stat.f_blocks.saturating_mul(stat.f_frsize))
}

fn local(folder: &Path) -> Option<Volume> {
    let root = folder.canonicalize().ok()?;
    fs::read_dir(&root).ok()?;
    Some(folder_volume(root, VolumeKind::Local))
}

fn folder_volume(root: PathBuf, kind: VolumeKind) -> Volume {
    let name = root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
    Volume { id: VolumeId(format!("folder:{}", written(&root))), kind, name, root }
}

/// Sub-folders that stand for sticks.
fn plain(folder: &Path, mounts: &[Mount]) -> Vec<Volume> {
    let Ok(names) = fs::read_dir(folder) else { return Vec::new() };
    let is_stick = |place: &PathBuf| {
        let hidden = place.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let mounted = mounts.iter().any(|mount| mount.place.starts_with(place));
        !hidden && !mounted && fs::read_dir(place).is_ok_and(|mut files| files.next().is_some_and(|file| file.is_ok()))
    };
    let folders = names
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path());
    let mut sticks: Vec<PathBuf> = folders.filter(is_stick).collect();
    sticks.sort();
    sticks.into_iter().map(|root| folder_volume(root, VolumeKind::Usb)).collect()
}
