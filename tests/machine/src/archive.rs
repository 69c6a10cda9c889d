//! A cpio archive as the kernel unpacks it at its start.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::modules;

/// See the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`.
#[derive(Default)]
pub struct Archive(Vec<u8>);

impl Archive {
    /// What every guest begins with: busybox as `bin/busybox`, a place for devices, and these modules with all that they need. Beside it the lines of a shell script that
    /// load them, with busybox as `$b`. `root` has the packages of both unpacked in it.
    ///
    /// # Errors
    /// A file of them is missing, or kmod is.
    pub fn with_modules(root: &Path, names: &[&str]) -> Result<(Self, String)> {
        let read = |path: &Path| fs::read(path).with_context(|| path.display().to_string());
        let mut archive = Self::default();
        for folder in ["bin", "dev", "modules"] {
            archive.folder(folder);
        }
        archive.program("bin/busybox", &read(&root.join("bin/busybox"))?);
        let mut load = String::new();
        for path in modules(root, names)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            archive.file(&format!("modules/{name}"), &read(&path)?);
            load += &format!("$b insmod /modules/{name}\n");
        }
        Ok((archive, load))
    }

    pub fn folder(&mut self, name: &str) {
        self.entry(name, 0o040_755, &[]);
    }

    pub fn file(&mut self, name: &str, bytes: &[u8]) {
        self.entry(name, 0o100_644, bytes);
    }

    pub fn program(&mut self, name: &str, bytes: &[u8]) {
        self.entry(name, 0o100_755, bytes);
    }

    pub fn end(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.0
    }

    fn entry(&mut self, name: &str, mode: usize, bytes: &[u8]) {
        // Inode, mode, owner, group, links, time, size, four halves of device numbers, length of the name, checksum.
        let fields = [0, mode, 0, 0, 1, 0, bytes.len(), 0, 0, 0, 0, name.len() + 1, 0];
        self.0.extend(b"070701");
        fields.iter().for_each(|field| self.0.extend(format!("{field:08X}").bytes()));
        self.0.extend(name.bytes().chain([0]));
        self.pad();
        self.0.extend(bytes);
        self.pad();
    }

    fn pad(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }
}
