//! Boots guests with a real CAN stack over this machine's own files, and has them tell the whole suite.

#![cfg(test)]

mod kernel;
mod machine;
mod system;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// So many stories the suite tells on virtual buses, and so many on emulated controllers. One more there is one more here, and none is lost on the way.
const STORIES: usize = 34;
const CONTROLLER_STORIES: usize = 6;
/// And so many of the units that a car starts.
const UNIT_STORIES: usize = 14;

#[test]
fn the_suite_passes_on_a_real_can_stack() {
    let Some(kernel) = provided("TANDEM_GUEST_KERNEL") else {
        return tandem_scenes::skip("no kernel for the guest; `cargo xtask test` gets one, or has said why not");
    };
    if !may_boot() {
        return;
    }
    let run = Run::new("kernel");
    run.write_init(include_str!("kernel.sh"), &kernel::modules(&kernel));
    kernel::boot(&kernel, &run).tells(STORIES);
}

#[test]
fn the_suite_passes_on_emulated_controllers_and_with_the_kernels_iso_tp() {
    let Some(root) = provided("TANDEM_GUEST_MACHINE") else {
        let why = "no QEMU, so no emulated controllers; `cargo xtask test --vm` gets one, or has said why not";
        return tandem_scenes::skip_even_in_ci(why);
    };
    if !may_boot() {
        return;
    }
    let run = Run::new("machine");
    run.write_init(include_str!("machine.sh"), &root);
    machine::boot(&root, &run).tells(CONTROLLER_STORIES);
}

#[test]
fn the_units_of_a_car_hold_under_a_systemd_of_their_own() {
    let Some(root) = provided("TANDEM_GUEST_SYSTEM") else {
        let why = "no Debian to start, so no unit is started; `cargo xtask test --vm` gets one, or has said why not";
        return tandem_scenes::skip_even_in_ci(why);
    };
    if !may_boot() {
        return;
    }
    let run = Run::new("system");
    system::boot(&root, &run).tells(UNIT_STORIES);
}

/// A folder that xtask names; none if it could not be had.
fn provided(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Whether this is root; who is not is told.
fn may_boot() -> bool {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root {
        tandem_scenes::skip("only root may give the guest a name space of its own, or let it read every file");
    }
    is_root
}

/// A folder that a guest writes to. What a kernel says is kept after it, until the next run.
struct Run {
    folder: tempfile::TempDir,
    log: PathBuf,
}

impl Run {
    fn new(name: &str) -> Self {
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("guest-{name}.log"));
        Self { folder: tempfile::tempdir().unwrap(), log }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The guest's first program: how this guest has its modules and its way out, and what all do then.
    fn write_init(&self, own: &str, modules: &Path) {
        let word = |word: &str| format!("'{}'", word.replace('\'', r"'\''"));
        let init = format!(
            "#!/bin/sh\nmodules={}\nrun={}\nsuite={}\npath={}\n{own}\n{}",
            word(modules.to_str().unwrap()),
            word(self.path().to_str().unwrap()),
            word(env!("CARGO_BIN_EXE_tandem-vm")),
            word(&std::env::var("PATH").unwrap_or_default()),
            include_str!("guest.sh"),
        );
        let file = self.path().join("init");
        fs::write(&file, init).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a guest to its end, for so many seconds at most. Whoever of them ends, however it ends, the next one ends with it: this test, the time limit, and what the
    /// limit is for.
    fn boot(&self, limit: &str, guest: &mut Command) -> Ended {
        let mut limited = Command::new("setpriv");
        limited.args(["--pdeathsig", "KILL", "timeout", "--signal", "KILL", limit, "setpriv", "--pdeathsig", "KILL"]);
        limited.arg(guest.get_program()).args(guest.get_args());
        limited.envs(guest.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let log = fs::File::create(&self.log).unwrap();
        let ended = limited.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).status().unwrap();
        let [told, status] = ["told", "status"].map(|name| text(&self.path().join(name)));
        let kernel = format!("its kernel says ({}):\n{}", self.log.display(), text(&self.log));
        Ended { how: format!("the guest {ended}"), told, status, kernel }
    }
}

fn text(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

/// What is left of a guest.
struct Ended {
    how: String,
    told: String,
    status: String,
    kernel: String,
}

impl Ended {
    fn tells(self, stories: usize) {
        let Self { how, told, status, kernel } = self;
        eprint!("{told}");
        let status = if status.is_empty() { "it did not come to its end" } else { status.trim_end() };
        assert_eq!(status, "ended with 0", "{how}; {kernel}");
        let passed = told.lines().filter(|line| line.starts_with("ok ")).count();
        assert_eq!(passed, stories, "stories that passed");
        assert_eq!(told.lines().last(), Some(format!("{stories} stories, all passed").as_str()));
    }
}
