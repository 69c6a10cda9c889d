//! What the machine says by its files: its CAN interfaces, and the room on its disks.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, major, minor, statvfs};

use crate::core::{Interface, Machine, Room, Space};

const INTERFACES: &str = "/sys/class/net";
const MOUNTS: &str = "/proc/self/mountinfo";
/// `ARPHRD_CAN` of the kernel.
const CAN: &str = "280";

/// What there is to look at.
#[derive(Clone, Debug)]
pub struct Places {
    /// Whether the CAN interfaces of this machine are the car's.
    pub has_interfaces: bool,
    /// Where the parts keep what is to outlive a power cut.
    pub folders: Vec<PathBuf>,
}

/// Looks. A disk that hangs makes it hang.
pub fn look(places: &Places) -> Machine {
    let interfaces = if places.has_interfaces { interfaces(Path::new(INTERFACES)) } else { Vec::new() };
    Machine { interfaces, rooms: rooms(&places.folders) }
}

/// What is told of a machine that does not say.
pub fn hung(places: &Places) -> Machine {
    let room = |folder: &PathBuf| Room { folders: folder.display().to_string(), space: Err("it hangs".to_owned()) };
    Machine { interfaces: Vec::new(), rooms: places.folders.iter().map(room).collect() }
}

fn interfaces(folder: &Path) -> Vec<Interface> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let interface = |entry: fs::DirEntry| {
        let says = |file: &str| Some(fs::read_to_string(entry.path().join(file)).ok()?.trim().to_owned());
        let name = entry.file_name().into_string().ok()?;
        (says("type")? == CAN).then_some(Interface { name, state: says("operstate")? })
    };
    let mut interfaces: Vec<_> = entries.flatten().filter_map(interface).collect();
    interfaces.sort_by(|one, other| one.name.cmp(&other.name));
    interfaces
}

/// The room on the disks of folders, each of which its owner alone may open: the file system is asked, and not the folder. Folders of one disk are one.
fn rooms(folders: &[PathBuf]) -> Vec<Room> {
    let mut disks = BTreeMap::<Option<u64>, Vec<&Path>>::new();
    for folder in folders {
        let disk = fs::metadata(there(folder)).ok().map(|metadata| metadata.dev());
        disks.entry(disk).or_default().push(folder);
    }
    let mounts = fs::read_to_string(MOUNTS).unwrap_or_default();
    let room = |(disk, folders): (Option<u64>, Vec<&Path>)| {
        let space = match statvfs(folders.first().map_or(Path::new("/"), |folder| there(folder))) {
            Ok(told) => Ok(Space {
                free: told.f_bavail.saturating_mul(told.f_frsize),
                takes_no_file: told.f_files > 0 && told.f_favail == 0,
                // This process's own view of a disk may be read-only where that of its owner is not.
                is_read_only: disk
                    .and_then(|disk| is_read_only(&mounts, disk))
                    .unwrap_or_else(|| told.f_flag.contains(StatVfsMountFlags::RDONLY)),
            }),
            Err(error) => Err(error.to_string()),
        };
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        Room { folders: folders.join(", "), space }
    };
    disks.into_iter().map(room).collect()
}

/// The folder, or what is to hold it.
fn there(folder: &Path) -> &Path {
    folder.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

/// Whether the kernel writes nothing to this disk, by `mountinfo` of proc(5): the options behind the dash are the disk's, those before it one view's. None if it is not there.
fn is_read_only(mounts: &str, disk: u64) -> Option<bool> {
    let number = format!("{}:{}", major(disk), minor(disk));
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(&number))?;
    let options = line.split_once(" - ")?.1.split(' ').nth(2)?;
    Some(options.split(',').any(|option| option == "ro"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_read_only_by_its_own_options_and_not_by_one_view_of_it() {
        let mounts = "22 1 8:1 / / ro,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n\
                      23 1 8:2 / /var ro shared:2 master:3 - ext4 /dev/sda2 ro\n\
                      24 1 0:30 / /tmp rw - tmpfs tmpfs rw\n";
        let disk = rustix::fs::makedev;
        assert_eq!(is_read_only(mounts, disk(8, 1)), Some(false));
        assert_eq!(is_read_only(mounts, disk(8, 2)), Some(true));
        assert_eq!(is_read_only(mounts, disk(0, 30)), Some(false));
        assert_eq!(is_read_only(mounts, disk(9, 9)), None);
    }

    #[test]
    fn interfaces_of_a_can_bus_are_found_among_others() {
        let folder = tempfile::tempdir().unwrap();
        for (name, kind, state) in [("can1", "280", "down"), ("eth0", "1", "up"), ("can0", "280", "up")] {
            let place = folder.path().join(name);
            fs::create_dir(&place).unwrap();
            fs::write(place.join("type"), format!("{kind}\n")).unwrap();
            fs::write(place.join("operstate"), format!("{state}\n")).unwrap();
        }
        fs::create_dir(folder.path().join("gone")).unwrap();
        let found: Vec<_> = interfaces(folder.path()).into_iter().map(|one| (one.name, one.state)).collect();
        assert_eq!(found, [("can0".to_owned(), "up".to_owned()), ("can1".to_owned(), "down".to_owned())]);
        assert!(interfaces(&folder.path().join("nowhere")).is_empty());
    }

    #[test]
    fn folders_of_one_disk_are_told_once_whether_they_are_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let rooms = rooms(&[folder.path().to_owned(), folder.path().join("not/made/yet")]);
        assert_eq!(rooms.len(), 1);
        let space = rooms[0].space.as_ref().unwrap();
        assert!(space.free > 0 && !space.is_read_only && !space.takes_no_file, "{space:?}");
    }
}
