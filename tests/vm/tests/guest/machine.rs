//! A machine of QEMU's with two CAN controllers on one bus. Never KVM: it is missing in most containers, and where it is there it may be no real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::Archive;
use crate::{Ended, Run};

/// A machine that is emulated takes its time, the more so beside others; what takes so long hangs.
const LIMIT: &str = "270";
/// What its first program needs to see our files. The rest it loads from there.
const MODULES: &[&str] = &["virtio_pci", "9pnet_virtio", "9p"];

pub fn boot(root: &Path, run: &Run) -> Ended {
    let initrd = run.path().join("initrd");
    fs::write(&initrd, first_files(root, run.path())).unwrap();
    // By the loader and the libraries that came with it, for the machine may have others, or none.
    let libraries = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/pulseaudio"];
    let libraries = libraries.map(|folder| root.join(folder).display().to_string()).join(":");
    let mut guest = Command::new(root.join("lib64/ld-linux-x86-64.so.2"));
    guest.args(["--library-path", &libraries]).arg(root.join("usr/bin/qemu-system-x86_64"));
    guest.env("QEMU_MODULE_DIR", root.join("usr/lib/x86_64-linux-gnu/qemu"));
    for firmware in ["usr/share/qemu", "usr/share/seabios"] {
        guest.arg("-L").arg(root.join(firmware));
    }
    guest.args(["-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "512", "-nodefaults", "-nographic", "-no-reboot"]);
    guest.arg("-kernel").arg(only(&root.join("boot"), "vmlinuz-")).arg("-initrd").arg(initrd);
    guest.args(["-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable cryptomgr.notests"]);
    guest.args(["-serial", "stdio", "-object", "can-bus,id=bus"]);
    guest.args(["-device", "kvaser_pci,canbus=bus", "-device", "kvaser_pci,canbus=bus"]);
    for (name, path, may_write) in [("files", Path::new("/"), false), ("run", run.path(), true)] {
        let access = if may_write { "" } else { "readonly=on," };
        guest
            .arg("-virtfs")
            .arg(format!("local,path={},mount_tag={name},{access}security_model=none,multidevs=remap", path.display()));
    }
    run.boot(LIMIT, &mut guest)
}

/// What the kernel begins with: a shell, the modules in their order, and the way to our files.
fn first_files(root: &Path, run: &Path) -> Vec<u8> {
    let mut archive = Archive::default();
    for folder in ["bin", "dev", "files", "modules"] {
        archive.folder(folder);
    }
    archive.program("bin/busybox", &fs::read(root.join("bin/busybox")).unwrap());
    let version = only(&root.join("lib/modules"), "");
    let mut ask = Command::new("modprobe");
    ask.arg("-d").arg(root).arg("-S").arg(version.file_name().unwrap());
    let told = ask.args(["--show-depends", "-a"]).args(MODULES).output().unwrap();
    assert!(told.status.success(), "modprobe: {}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8(told.stdout).unwrap();
    let mut load = String::new();
    for path in told.lines().filter_map(|line| line.strip_prefix("insmod ")).map(|path| Path::new(path.trim_end())) {
        let name = path.file_name().unwrap().to_str().unwrap();
        // Several of them may need the same one.
        if !load.contains(&format!("/{name}\n")) {
            archive.file(&format!("modules/{name}"), &fs::read(path).unwrap());
            load += &format!("$b insmod /modules/{name}\n");
        }
    }
    let init = format!(
        "#!/bin/busybox sh\nb=/bin/busybox\n$b mount -t devtmpfs dev /dev\n{load}\
         $b mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose files /files\n\
         exec $b switch_root /files '{}/init'\n",
        run.display()
    );
    archive.program("init", init.as_bytes());
    archive.end()
}

/// The one entry of a folder whose name begins so.
fn only(folder: &Path, begin: &str) -> PathBuf {
    let mut found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.file_name().unwrap().to_string_lossy().starts_with(begin)).unwrap()
}
