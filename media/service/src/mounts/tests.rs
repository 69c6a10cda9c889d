use super::table::{link_to, parse};
use super::{Change, Places, System, Watch, watch};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tandem_library::VolumeKind;
use tempfile::TempDir;

/// A machine in a folder: its mount table, its devices, and the places of its sticks.
struct Machine {
    folder: TempDir,
    mounts: Vec<String>,
}

impl Machine {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["dev", "by-uuid", "by-label", "block", "media"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("mountinfo"), "").unwrap();
        Self { folder, mounts: Vec::new() }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    fn watch(&self, plain: bool) -> Watch {
        let places = Places { music: vec![self.path("music")], sticks: vec![self.path("media")], plain };
        let system = System {
            mounts: self.path("mountinfo"),
            by_uuid: self.path("by-uuid"),
            by_label: self.path("by-label"),
            devices: self.path("block"),
        };
        Watch::new(places, system).unwrap()
    }

    fn plug(&mut self, device: &str, uuid: &str, label: &str, place: &str) {
        let node = self.path("dev").join(device);
        fs::write(&node, "").unwrap();
        if !uuid.is_empty() {
            symlink(&node, self.path("by-uuid").join(uuid)).unwrap();
        }
        if !label.is_empty() {
            symlink(&node, self.path("by-label").join(label)).unwrap();
        }
        self.mount(device, place);
    }

    fn mount(&mut self, device: &str, place: &str) {
        let place = self.path(place);
        fs::create_dir_all(&place).unwrap();
        let number = format!("8:{}", device.len());
        fs::write(self.path("block").join(&number), "").unwrap();
        let place = place.to_str().unwrap().replace(' ', "\\040");
        let source = self.path("dev").join(device);
        self.mounts.push(format!("40 30 {number} / {place} rw,nosuid shared:9 - vfat {} rw", source.display()));
        self.table();
    }

    fn unmount(&mut self, place: &str) {
        let place = self.path(place).to_str().unwrap().replace(' ', "\\040");
        self.mounts.retain(|line| !line.contains(&format!(" {place} ")));
        self.table();
    }

    fn table(&self) {
        fs::write(self.path("mountinfo"), self.mounts.join("\n")).unwrap();
    }
}

fn told(changes: &[Change]) -> Vec<String> {
    let told = changes.iter().map(|change| match change {
        Change::Attached(volume) => format!("+ {} {:?} {}", volume.id.0, volume.kind, volume.name),
        Change::Detached(id) => format!("- {}", id.0),
    });
    told.collect()
}

#[test]
fn a_stick_comes_and_goes_by_the_mount_table() {
    let mut machine = Machine::new();
    let mut watch = machine.watch(false);
    assert_eq!(watch.look(), []);
    machine.plug("sda1", "ABCD-1234", "My\\x20Music", "media/jo/My Music");
    let come = watch.look();
    assert_eq!(told(&come), ["+ ABCD-1234 Usb My Music"]);
    let Change::Attached(volume) = &come[0] else { panic!("{come:?}") };
    assert_eq!(volume.root, machine.path("media/jo/My Music"));
    assert_eq!(watch.look(), []);
    machine.unmount("media/jo/My Music");
    assert_eq!(told(&watch.look()), ["- ABCD-1234"]);
    // The same stick at another place is the same stick.
    machine.mount("sda1", "media/other");
    assert_eq!(told(&watch.look()), ["+ ABCD-1234 Usb My Music"]);
    machine.unmount("media/other");
    machine.mount("sda1", "media/third");
    assert_eq!(told(&watch.look()), ["- ABCD-1234", "+ ABCD-1234 Usb My Music"]);
}

#[test]
fn a_stick_that_is_pulled_while_mounted_is_gone() {
    let mut machine = Machine::new();
    let mut watch = machine.watch(false);
    machine.plug("sda1", "ABCD-1234", "", "media/stick");
    assert_eq!(told(&watch.look()), ["+ ABCD-1234 Usb stick"]);
    fs::remove_dir(machine.path("media/stick")).unwrap();
    assert_eq!(told(&watch.look()), ["- ABCD-1234"]);
    fs::create_dir(machine.path("media/stick")).unwrap();
    assert_eq!(told(&watch.look()), ["+ ABCD-1234 Usb stick"]);
    // The kernel has lost the device; the mount and its folder are still there.
    fs::remove_file(machine.path("block/8:4")).unwrap();
    assert_eq!(told(&watch.look()), ["- ABCD-1234"]);
}

#[test]
fn what_is_mounted_twice_is_one_and_what_is_elsewhere_is_none() {
    let mut machine = Machine::new();
    let mut watch = machine.watch(false);
    machine.plug("sda1", "ABCD-1234", "", "media/one");
    machine.mount("sda1", "media/two");
    machine.plug("root-disk", "FFFF", "", "home");
    machine.mounts.push(format!("41 30 0:44 / {} rw - autofs systemd-1 rw", machine.path("media/auto").display()));
    let memory = machine.path("media/memory");
    fs::create_dir_all(&memory).unwrap();
    machine.mounts.push(format!("43 30 0:45 / {} rw - tmpfs tmpfs rw", memory.display()));
    machine.mounts.push(format!("42 30 8:9 / {} rw - ext4 /dev/x rw", machine.path("media").display()));
    machine.table();
    assert_eq!(told(&watch.look()), ["+ ABCD-1234 Usb one"]);
}

#[test]
fn a_stick_without_a_uuid_keeps_its_name() {
    let mut machine = Machine::new();
    let mut watch = machine.watch(false);
    machine.plug("sda1", "", "", "media/NONAME");
    let come = told(&watch.look());
    assert!(come.len() == 1 && come[0].starts_with("+ vfat:NONAME:") && come[0].ends_with(" Usb NONAME"), "{come:?}");
}

#[test]
fn sub_folders_are_sticks_where_somebody_said_so() {
    let mut machine = Machine::new();
    fs::create_dir_all(machine.path("media/plain/Album")).unwrap();
    fs::create_dir_all(machine.path("media/empty")).unwrap();
    fs::create_dir_all(machine.path("media/.hidden/Album")).unwrap();
    machine.plug("sda1", "ABCD-1234", "", "media/jo/stick");
    assert_eq!(told(&machine.watch(false).look()), ["+ ABCD-1234 Usb stick"]);
    let mut watch = machine.watch(true);
    let id = format!("folder:{}", machine.path("media/plain").display());
    assert_eq!(told(&watch.look()), ["+ ABCD-1234 Usb stick".to_owned(), format!("+ {id} Usb plain")]);
    fs::rename(machine.path("media/plain"), machine.path("pulled")).unwrap();
    assert_eq!(told(&watch.look()), [format!("- {id}")]);
}

#[test]
fn a_folder_of_music_is_here_when_it_is_there() {
    let machine = Machine::new();
    let mut watch = machine.watch(false);
    assert_eq!(watch.look(), []);
    fs::create_dir(machine.path("music")).unwrap();
    let come = watch.look();
    let [Change::Attached(volume)] = come.as_slice() else { panic!("{come:?}") };
    assert_eq!((volume.kind, volume.name.as_str(), &volume.root), (VolumeKind::Local, "music", &machine.path("music")));
    fs::remove_dir(machine.path("music")).unwrap();
    assert_eq!(watch.look(), [Change::Detached(volume.id.clone())]);
}

#[test]
fn the_table_is_read_as_the_kernel_writes_it() {
    let table = b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n\
        37 35 8:17 / /run/media/jo/a\\040b rw - vfat /dev/sdb1 rw\nnonsense\n\n38 35 8:18 / /mnt2 rw shared:1 master:2 - exfat /dev/sdc1 rw";
    let mounts = parse(table);
    assert_eq!(mounts.len(), 2);
    assert_eq!((mounts[0].place.as_path(), mounts[0].device.as_str()), (Path::new("/run/media/jo/a b"), "8:17"));
    assert_eq!((mounts[1].place.as_path(), mounts[1].kind.as_str()), (Path::new("/mnt2"), "exfat"));
    assert_eq!(link_to(Path::new("/nowhere"), Path::new("/dev/sdb1")), None);
}

#[tokio::test]
async fn the_real_machine_is_watched() {
    let folder = TempDir::new().unwrap();
    let music = folder.path().join("music");
    fs::create_dir(&music).unwrap();
    let mut changes = watch(Places::new(vec![music.clone()], vec![folder.path().join("sticks")])).unwrap();
    let Some(Change::Attached(volume)) = changes.recv().await else { panic!("nothing came") };
    assert_eq!(volume.root, music.canonicalize().unwrap());
    fs::create_dir_all(folder.path().join("sticks/one/Album")).unwrap();
    let Some(Change::Attached(stick)) = changes.recv().await else { panic!("no stick came") };
    assert_eq!((stick.kind, stick.name.as_str()), (VolumeKind::Usb, "one"));
    fs::remove_dir_all(folder.path().join("sticks/one")).unwrap();
    assert_eq!(changes.recv().await, Some(Change::Detached(stick.id)));
}
