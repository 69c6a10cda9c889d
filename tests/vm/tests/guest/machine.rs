//! A machine of QEMU's with two CAN controllers on one bus.

use std::fs;
use std::path::Path;

use tandem_machine::{Archive, KERNEL, Qemu, only};

use crate::{Ended, Run};

/// A machine that is emulated takes its time, the more so beside others; what takes so long hangs.
const LIMIT: &str = "270";
/// What its first program needs to see our files. The rest it loads from there.
const MODULES: &[&str] = &["virtio_pci", "9pnet_virtio", "9p"];

pub fn boot(root: &Path, run: &Run) -> Ended {
    let initrd = run.path().join("initrd");
    fs::write(&initrd, first_files(root, run.path())).unwrap();
    let mut guest = Qemu::at(root).command();
    guest.args(["-m", "512", "-nographic"]);
    guest.arg("-kernel").arg(only(&root.join("boot"), "vmlinuz-").unwrap()).arg("-initrd").arg(initrd);
    guest.arg("-append").arg(format!("{KERNEL} quiet"));
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
    let (mut archive, load) = Archive::with_modules(root, MODULES).unwrap();
    archive.folder("files");
    let init = format!(
        "#!/bin/busybox sh\nb=/bin/busybox\n$b mount -t devtmpfs dev /dev\n{load}\
         $b mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=512000,cache=loose files /files\n\
         exec $b switch_root /files '{}/init'\n",
        run.display()
    );
    archive.program("init", init.as_bytes());
    archive.end()
}
