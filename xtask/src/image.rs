//! `cargo xtask image`: a disk for a car's computer, of Debian's packages and our programs.
//!
//! Made in two steps, each done again only when what it is made of has changed: Debian's part, which takes minutes, and ours.

mod recipe;
mod sizes;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use tandem_machine::dist::{self, Placed};
use tandem_machine::{Archive, KERNEL_DONE, ROOT, modules, only, uncompressed};

use crate::chores::{self, Workspace};
use crate::fetched::{self, Bootstrap};
use crate::guest;
use crate::packages::{self, Needs, Refusal};
use sizes::{Part, Sizes};

const SUITE: &str = "bookworm";
/// Debian's part takes two minutes where the mirror is near.
const LIMIT: Duration = Duration::from_secs(900);
/// Free room that the making takes at its widest: Debian's part, a copy of it, and the root.
const ROOM: u64 = 2_500_000_000;
/// Of the data partition; nothing of it is on this machine's disk before it is written to.
const DATA: &str = "512M";
/// What a machine starts from, beside the data.
const FILES: [&str; 3] = [ROOT, "vmlinux", "initrd"];
/// What the emulated machine has of its own: which display is whose, how its buses come up, where it says everything.
pub const MACHINE: &str = "tests/machine/root";

/// Below the root: what cars and music are, and the kernel's modules.
const ASSETS: &str = "usr/share/tandem";
const MODULES: &str = "usr/lib/modules";

/// What `image` and `boot` are told about the making of an image.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Programs from this folder; without one they are built.
    pub programs: Option<PathBuf>,
    /// Not the one that somebody starts, but one beside it with the programs of the tests.
    pub of_tests: bool,
}

/// An image as it lies in the build folder, and nobody else's until this is dropped.
pub struct Image {
    /// With `vmlinux`, `initrd`, `root.squashfs` and `data.ext4` in it.
    pub folder: PathBuf,
    pub sizes: Sizes,
    /// Where the programs in it came from.
    pub programs: PathBuf,
    _lock: fs::File,
}

impl Image {
    /// The data partition that boots write to; a new one if it is to be `fresh`, or if there is none.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn data(&self, fresh: bool) -> Result<PathBuf> {
        let kept = self.folder.join("kept.ext4");
        if fresh || !kept.exists() {
            chores::run_quietly(
                Command::new("cp").arg("--sparse=always").arg(self.folder.join("data.ext4")).arg(&kept),
            )?;
        }
        Ok(kept)
    }

    fn bytes(&self, name: &str) -> Result<u64> {
        Ok(fs::metadata(self.folder.join(name)).with_context(|| format!("the image has no {name}"))?.len())
    }

    /// # Errors
    /// A file of it is not there.
    pub fn as_json(&self) -> Result<Value> {
        let part = |part: &Part| json!({"name": part.name, "bytes": part.bytes, "packed_bytes": part.packed});
        let parts: Vec<_> = self.sizes.0.iter().map(part).collect();
        let files = FILES.iter().map(|name| Ok(((*name).to_owned(), json!(self.bytes(name)?))));
        let files: Map<_, _> = files.collect::<Result<_>>()?;
        let root = self.sizes.total();
        Ok(json!({"folder": self.folder, "root_bytes": root, "components": parts, "files": files}))
    }

    /// What takes how much of it, unpacked and packed, a line each.
    ///
    /// # Errors
    /// A file of it is not there, or nobody reads the lines.
    pub fn tell(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "{:>9} {:>9}", "unpacked", "packed")?;
        for part in &self.sizes.0 {
            writeln!(out, "{:>9} {:>9}  {}", megabytes(part.bytes), megabytes(part.packed), part.name)?;
        }
        let root = self.bytes(ROOT)?;
        writeln!(out, "{:>9} {:>9}  all of it: {ROOT}", megabytes(self.sizes.total()), megabytes(root))?;
        for name in FILES.iter().filter(|name| **name != ROOT) {
            writeln!(out, "{:>9} {:>9}  {name}", "", megabytes(self.bytes(name)?))?;
        }
        Ok(())
    }
}

pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// `cargo xtask image ARGS`.
///
/// # Errors
/// See [`provide`]; a wrong word is a [`Refusal`].
pub fn run(workspace: &Workspace, args: Vec<String>, may_install: bool) -> Result<()> {
    let mut wish = Wish::default();
    let mut as_json = false;
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => as_json = true,
            "--programs" => wish.programs = Some(args.next().ok_or_else(|| lacks("--programs", "a folder"))?.into()),
            _ => return Err(Refusal(format!("image: there is no {arg}; there are --programs DIR and --json")).into()),
        }
    }
    let image = provide(workspace, &wish, may_install)?;
    let mut out = std::io::stdout().lock();
    if as_json {
        writeln!(out, "{}", image.as_json()?)?;
        return Ok(());
    }
    image.tell(&mut out)?;
    writeln!(out, "It lies in {}; `cargo xtask boot` starts it.", image.folder.display())?;
    Ok(())
}

/// What a word of the command line lacks.
pub fn lacks(word: &str, what: &str) -> Refusal {
    Refusal(format!("{word} needs {what} behind it"))
}

/// The image, made as far as it is not made yet.
///
/// # Errors
/// Packages are missing or cannot be had, the programs do not build, or there is no room. What is unfinished is gone then, and the last image stays.
pub fn provide(workspace: &Workspace, wish: &Wish, may_install: bool) -> Result<Image> {
    packages::provide(Needs { image: true, ..Needs::default() }, may_install)?;
    fetched::ensure_root().context("an image has files of many accounts")?;
    let machine = guest::machine(workspace, true, may_install)?
        .context("without QEMU and its kernel there is no image; why they are missing stands above")?;
    let files = dist::files(&workspace.root)?;
    let names = dist::programs(&files)?;
    let programs = match &wish.programs {
        Some(folder) => folder.clone(),
        None => build(workspace, &names)?,
    };
    let ours = Ours::find(workspace, files, &programs, names.iter().map(String::as_str))?;
    let home = workspace.target.join(if wish.of_tests { "image-tests" } else { "image" });
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let lock = hold(&home.join("lock"))?;
    // Both images are made of it.
    let base = workspace.target.join("image/debian");
    fs::create_dir_all(workspace.target.join("image")).with_context(|| format!("cannot make {}", base.display()))?;
    let _base = hold(&base.with_extension("lock"))?;
    let of_base = digest_of_base();
    let of_image = ours.digest(of_base, &machine)?;
    let made = home.join("made");
    if let Ok(made) = fs::read_to_string(&made)
        && made.lines().next() == Some(of_image.as_str())
    {
        eprintln!("the image is as its programs and packages are: nothing to do");
        return Ok(Image { sizes: Sizes::read(made.lines().skip(1)), folder: home, programs, _lock: lock });
    }
    ensure_room(&home)?;
    let mut steps = Steps::new(4);
    steps.take("Debian's packages", || debian(&base, of_base, may_install))?;
    let _ = fs::remove_file(&made);
    let stage = home.join("stage");
    fetched::remove(&stage)?;
    steps.take("our programs, units and assets", || {
        chores::run_quietly(Command::new("cp").arg("-a").arg(&base).arg(&stage))?;
        ours.install(&stage, &machine)
    })?;
    steps.take("kernel", || kernel(&machine, &home))?;
    let sizes = steps.take("root and data", || {
        let sizes = partitions(&stage, &home).and_then(|()| {
            let part = home.join("root.part");
            let pack = |folder: &Path| {
                let bytes = pack(folder, &part)?;
                fs::remove_file(&part).with_context(|| part.display().to_string())?;
                Ok(bytes)
            };
            sizes::of(&stage, &base, |place| ours.part(place), &home.join("scraps"), pack)
        });
        fetched::remove(&stage)?;
        sizes
    })?;
    fs::write(&made, format!("{of_image}\n{}", sizes.written()))
        .with_context(|| format!("cannot write {}", made.display()))?;
    Ok(Image { folder: home, sizes, programs, _lock: lock })
}

/// An image with the programs of the tests, in a folder of its own: one that somebody starts is as it was.
///
/// # Errors
/// See [`provide`].
pub fn of_built(workspace: &Workspace, may_install: bool) -> Result<Image> {
    provide(workspace, &Wish { programs: Some(workspace.binaries()), of_tests: true }, may_install)
}

/// Waits until nobody else makes it or boots from it.
fn hold(path: &Path) -> Result<fs::File> {
    let lock = fs::File::create(path).with_context(|| format!("cannot lock {}", path.display()))?;
    if lock.try_lock().is_err() {
        eprintln!("another image or boot holds {}: waiting for its end", path.display());
        lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(lock)
}

/// Says which step it is at, and how long each took.
struct Steps {
    all: u32,
    done: u32,
}

impl Steps {
    fn new(all: u32) -> Self {
        Self { all, done: 0 }
    }

    fn take<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        eprintln!("[{}/{}] {name}", self.done, self.all);
        let begun = Instant::now();
        let done = step().with_context(|| format!("step `{name}`"))?;
        eprintln!("      {:.1} s", begun.elapsed().as_secs_f64());
        Ok(done)
    }
}

fn build(workspace: &Workspace, names: &std::collections::BTreeSet<String>) -> Result<PathBuf> {
    workspace.claim()?;
    eprintln!("building the programs as a release; takes a quarter of an hour on two cores the first time");
    let mut build = workspace.cargo(&["build", "--release", "--workspace", "--locked"]);
    for name in names {
        build.args(["--bin", name]);
    }
    chores::run(&mut build)?;
    Ok(workspace.target.join("release"))
}

fn ensure_room(home: &Path) -> Result<()> {
    let told = Command::new("df").args(["--output=avail", "-B1"]).arg(home).output().context("cannot run df")?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let free = told.lines().nth(1).and_then(|line| line.trim().parse::<u64>().ok()).context("df says no number")?;
    ensure!(
        free >= ROOM,
        "{} has {} free and the making of an image takes {}: make room, or name another folder by TANDEM_TARGET_DIR",
        home.display(),
        megabytes(free),
        megabytes(ROOM)
    );
    Ok(())
}

fn digest_of_base() -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(format!("{SUITE} {:?} {:?} {:?}", recipe::PARTS, recipe::PICKED, recipe::LEFT_OUT).as_bytes());
    hasher.finish()
}

/// Debian's part, kept as a folder.
fn debian(base: &Path, digest: u64, may_install: bool) -> Result<()> {
    let stamp = base.with_extension("made");
    let digest = digest.to_string();
    if base.is_dir() && fs::read_to_string(&stamp).is_ok_and(|made| made == digest) {
        eprintln!("      as they were");
        return Ok(());
    }
    ensure!(may_install, "they would have to be fetched, and --no-install asks for nothing new");
    let _ = fs::remove_file(&stamp);
    let packages: Vec<&str> = recipe::PARTS.iter().flat_map(|(_, packages)| *packages).copied().collect();
    let log = base.with_extension("log");
    eprintln!("      some 100 MB to fetch; {} says how it goes", log.display());
    Bootstrap {
        suite: SUITE,
        variant: "essential",
        packages: &packages,
        picked: recipe::PICKED,
        left_out: recipe::LEFT_OUT,
        limit: LIMIT,
        log: Some(&log),
    }
    .make(base)
    .or_else(|why| {
        fetched::remove(base)?;
        Err(why)
    })?;
    fs::write(&stamp, digest).with_context(|| format!("cannot write {}", stamp.display()))
}

/// What of the image is ours.
struct Ours {
    files: Vec<Placed>,
    programs: Vec<Placed>,
    machine: PathBuf,
    assets: PathBuf,
}

impl Ours {
    fn find<'a>(
        workspace: &Workspace,
        files: Vec<Placed>,
        folder: &Path,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Self> {
        let mut programs = Vec::new();
        let mut missing = Vec::new();
        for name in names {
            let from = folder.join(name);
            if from.is_file() {
                programs.push(Placed { from, to: Path::new("usr/bin").join(name) });
            } else {
                missing.push(name);
            }
        }
        if !missing.is_empty() {
            bail!("{} has no {}", folder.display(), missing.join(", no "));
        }
        Ok(Self { files, programs, machine: workspace.root.join(MACHINE), assets: workspace.root.join("assets") })
    }

    /// Of the content of everything that the image is made of.
    fn digest(&self, base: u64, machine: &Path) -> Result<String> {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(base);
        hasher.write(format!("{:?} {:?} {:?}", recipe::FIRST_MODULES, recipe::MODULES, recipe::REMOVED).as_bytes());
        hasher.write(concat!(include_str!("image.rs"), include_str!("image/init.sh")).as_bytes());
        hasher.write(only(&machine.join("boot"), "vmlinuz-")?.as_os_str().as_encoded_bytes());
        for placed in self.files.iter().chain(&self.programs) {
            hasher.write(placed.to.as_os_str().as_encoded_bytes());
            hasher.write(&fs::read(&placed.from).with_context(|| placed.from.display().to_string())?);
        }
        for folder in [&self.machine, &self.assets] {
            for file in sizes::files(folder)? {
                hasher.write(file.as_os_str().as_encoded_bytes());
                hasher.write(&fs::read(&file).with_context(|| file.display().to_string())?);
            }
        }
        Ok(format!("{:016x}", hasher.finish()))
    }

    /// systemd-sysusers ends well even if it makes nothing of a line.
    fn ensure_accounts(&self, stage: &Path) -> Result<()> {
        let accounts = fs::read_to_string(stage.join("etc/passwd")).context("the image has no accounts")?;
        for placed in &self.files {
            let text = fs::read_to_string(&placed.from)?;
            for user in text.lines().filter_map(|line| line.strip_prefix("User=")) {
                let is_made = accounts.lines().any(|line| line.split(':').next() == Some(user));
                ensure!(is_made, "{} names the account {user}, and no sysusers file makes it", placed.from.display());
            }
        }
        Ok(())
    }

    /// What of ours a file at this place below the root is; none if it is not ours.
    fn part(&self, place: &Path) -> Option<&'static str> {
        if self.programs.iter().any(|placed| placed.to == place) {
            return Some("our programs");
        }
        if self.files.iter().any(|placed| placed.to == place) || self.machine.join(place).is_file() {
            return Some("our units, policies and configuration");
        }
        let folders = [(MODULES, "kernel modules"), (ASSETS, "our cars, regions, catalogue and music")];
        folders.into_iter().find_map(|(folder, part)| place.starts_with(folder).then_some(part))
    }

    fn install(&self, stage: &Path, machine: &Path) -> Result<()> {
        for gone in recipe::REMOVED {
            fetched::remove(&stage.join(gone))?;
        }
        install_modules(machine, stage)?;
        for placed in &self.programs {
            copy(placed, stage, 0o755)?;
            // Releases are stripped; what was built for tests carries more words about itself than code.
            chores::run_quietly(Command::new("strip").arg("--strip-all").arg(stage.join(&placed.to)))?;
        }
        for placed in &self.files {
            copy(placed, stage, 0o644)?;
        }
        for file in sizes::files(&self.machine)? {
            let to = file.strip_prefix(&self.machine)?.to_owned();
            copy(&Placed { from: file, to }, stage, 0o644)?;
        }
        let assets = stage.join(ASSETS);
        // Icons and pictures are drawn into the programs.
        for kept in ["cars", "regions", "vss", "music"] {
            fs::create_dir_all(&assets)?;
            chores::run_quietly(Command::new("cp").arg("-r").arg(self.assets.join(kept)).arg(&assets))?;
        }
        set_up(stage)?;
        self.ensure_accounts(stage)
    }
}

/// Copies a file to its place.
fn copy(placed: &Placed, root: &Path, mode: u32) -> Result<()> {
    let to = root.join(&placed.to);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::copy(&placed.from, &to).with_context(|| format!("cannot copy to {}", to.display()))?;
    fs::set_permissions(&to, fs::Permissions::from_mode(mode)).with_context(|| to.display().to_string())
}

/// The modules that the machine may need, and no others.
fn install_modules(machine: &Path, stage: &Path) -> Result<()> {
    let from = only(&machine.join("lib/modules"), "")?;
    let version = from.file_name().context("a kernel has a version")?;
    let to = Path::new(MODULES).join(version);
    let all = [recipe::FIRST_MODULES, recipe::MODULES].concat();
    for module in modules(machine, &all)? {
        let place = to.join(module.strip_prefix(&from).unwrap_or(&module));
        copy(&Placed { from: module, to: place }, stage, 0o644)?;
    }
    for list in ["modules.builtin", "modules.order", "modules.builtin.modinfo"] {
        copy(&Placed { from: from.join(list), to: to.join(list) }, stage, 0o644)?;
    }
    chores::run_quietly(Command::new("depmod").arg("-b").arg(stage).arg(version))
}

/// Accounts, what starts, and what a root that nobody writes to must have.
fn set_up(stage: &Path) -> Result<()> {
    for folder in ["data", "var/log", "var/tmp", "var/lib", "tmp", "run", "proc", "sys", "dev"] {
        fs::create_dir_all(stage.join(folder))?;
    }
    let inside = |words: &[&str]| chores::run_quietly(Command::new("chroot").arg(stage).args(words));
    inside(&["systemd-sysusers"])?;
    inside(&["systemctl", "preset-all", "--preset-mode=enable-only"])?;
    inside(&["systemctl", "set-default", "multi-user.target"])?;
    // Nobody logs in, nothing is written behind the journal's back, and of the timers that packages enable none wakes up: no disk is trimmed, no list of packages kept.
    inside(&["systemctl", "mask", "getty@tty1.service", "serial-getty@ttyS0.service", "systemd-random-seed.service"])?;
    inside(&["systemctl", "mask", "fstrim.timer", "dpkg-db-backup.timer"])?;
    // fontconfig believes its lists by the folders' times, to the nanosecond, of which mksquashfs keeps the seconds.
    inside(&["find", "/usr/share/fonts", "-type", "d", "-exec", "touch", "-d", "@1700000000", "{}", "+"])?;
    inside(&["fc-cache", "-s"])?;
    // Empty: each car makes its own.
    fs::write(stage.join("etc/machine-id"), "")?;
    Ok(())
}

/// The kernel as an ELF file, and what it begins with.
fn kernel(machine: &Path, home: &Path) -> Result<()> {
    uncompressed(&only(&machine.join("boot"), "vmlinuz-")?, &home.join("vmlinux"))?;
    let (mut archive, load) = Archive::with_modules(machine, recipe::FIRST_MODULES)?;
    for folder in ["proc", "sys", "new"] {
        archive.folder(folder);
    }
    let init = include_str!("image/init.sh").replace("LOAD", &load).replace("KERNEL_DONE", KERNEL_DONE);
    archive.program("init", init.as_bytes());
    fs::write(home.join("initrd"), archive.end()).context("cannot write the initrd")
}

/// Two file systems, without a loop device and without a mount. The root is packed: nobody writes to it, and a car reads half of its bytes quicker than all.
fn partitions(stage: &Path, home: &Path) -> Result<()> {
    let make = |to: &str, make: &dyn Fn(&Path) -> Result<()>| -> Result<()> {
        let part = home.join(to).with_extension("part");
        let _ = fs::remove_file(&part);
        make(&part)?;
        fs::rename(&part, home.join(to)).with_context(|| format!("cannot make {to}"))
    };
    make(ROOT, &|part| pack(stage, part).map(drop))?;
    make("data.ext4", &|part| {
        let mut mke2fs = Command::new("mke2fs");
        mke2fs.args(["-q", "-t", "ext4", "-L", "tandem-data", "-m", "0"]);
        mke2fs.args(["-E", "lazy_itable_init=0,lazy_journal_init=0"]).arg(part).arg(DATA);
        chores::run_quietly(&mut mke2fs)
    })
}

/// Packs a folder; returns the bytes that it takes so.
fn pack(folder: &Path, to: &Path) -> Result<u64> {
    let mut mksquashfs = Command::new("mksquashfs");
    mksquashfs.arg(folder).arg(to).args(["-noappend", "-no-xattrs", "-no-progress", "-quiet"]);
    chores::run_quietly(mksquashfs.args(["-comp", "lz4", "-Xhc", "-b", "128K"]))?;
    Ok(fs::metadata(to).with_context(|| to.display().to_string())?.len())
}
