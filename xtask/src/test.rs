//! `cargo xtask test`: every check, the tests last, so that the output ends with what they say.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::chores::{self, Workspace};
use crate::coverage;
use crate::fetched;
use crate::guest;
use crate::image::{self, Image};
use crate::newer;
use crate::packages::{self, Needs};
use crate::python;
use crate::yocto;

const NEXTEST: &str = "0.9.143";
/// Without its self-update, which brings a TLS library in C.
const NEXTEST_FEATURES: &[&str] = &["--no-default-features", "--features", "default-no-update"];
/// How long each fuzz target runs, seconds.
const FUZZ_SECONDS: u32 = 8;

pub fn run(workspace: &Workspace, filter: &[String], vm: bool, may_install: bool) -> Result<()> {
    let mut steps = Steps::default();
    let needs = Needs { python: true, tests: true, ..Needs::default() };
    steps.take("packages", || packages::provide(needs, may_install))?;
    let python = steps.take("python peers", || python::provide(&python::PEERS))?;
    let parser = steps.take("bitbake's parser", || python::provide(&python::YOCTO))?;
    steps.take("nextest", || chores::provide_tool(workspace, "nextest", NEXTEST, NEXTEST_FEATURES))?;
    steps.take("build folder", || workspace.claim())?;
    if fetched::ensure_root().is_err() {
        chores::skip(
            "only root may try the bus's policy, disks that are full, the guests, and kdeconnectd: run it as root",
        )?;
    }
    let newer = steps.take("kdeconnect 8", || newer::provide(workspace, may_install))?;
    let kernel = steps.take("guest kernel", || guest::kernel(workspace, may_install))?;
    let machine = steps.take("guest machine", || guest::machine(workspace, vm, may_install))?;
    let system = steps.take("guest system", || guest::system(workspace, vm, may_install))?;
    if filter.is_empty() {
        steps.take("fmt", || chores::run(&mut workspace.cargo(&["fmt", "--all", "--check"])))?;
        steps.take("clippy", || {
            let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
            chores::run(&mut workspace.cargo(&clippy))
        })?;
        steps.take("yocto", || yocto::check(&workspace.root, &parser))?;
    }
    // The scenes run the binaries, so these come before the tests.
    steps.take("build", || workspace.build())?;
    if filter.is_empty() {
        steps.take("deny", || deny(workspace))?;
        steps.take("fuzz", || fuzz(workspace))?;
        steps.take("coverage", || coverage::run(workspace, may_install))?;
    }
    let image = match &machine {
        Some(_) => steps.take("image", || image(workspace, may_install))?,
        None => None,
    };
    steps.report();

    let mut tests = workspace.cargo(&["nextest", "run", "--workspace", "--locked"]);
    tests.args(filter).env("TANDEM_PYTHON", python).env("TANDEM_YOCTO_PYTHON", parser);
    // Empty: looked for, and not had.
    tests.env("TANDEM_KDECONNECT_8", newer.unwrap_or_default());
    tests.env("TANDEM_GUEST_KERNEL", kernel.unwrap_or_default());
    tests.env("TANDEM_GUEST_MACHINE", machine.unwrap_or_default());
    tests.env("TANDEM_IMAGE", image.as_ref().map_or(Path::new(""), |image| &image.folder));
    tests.env("TANDEM_GUEST_SYSTEM", system.unwrap_or_default());
    chores::run(&mut tests)
}

/// The image that the stories start, and that nobody changes as long as this is held; none if none can be made, which is said.
fn image(workspace: &Workspace, may_install: bool) -> Result<Option<Image>> {
    match image::of_built(workspace, may_install) {
        Ok(image) => Ok(Some(image)),
        Err(why) => {
            chores::skip(&format!("no image, so none is started: {why:#}"))?;
            Ok(None)
        }
    }
}

#[derive(Default)]
struct Steps(Vec<(&'static str, f64)>);

impl Steps {
    fn take<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("== {name}");
        let start = Instant::now();
        let outcome = step().with_context(|| format!("step `{name}`"))?;
        self.0.push((name, start.elapsed().as_secs_f64()));
        Ok(outcome)
    }

    fn report(&self) {
        let told: Vec<_> = self.0.iter().map(|(name, seconds)| format!("{name} {seconds:.0} s")).collect();
        eprintln!("== before the tests: {}", told.join(", "));
    }
}

/// Licences, bans and sources. The house tests hold the same rules, for a machine without cargo-deny.
fn deny(workspace: &Workspace) -> Result<()> {
    if !chores::succeeds(&mut workspace.cargo(&["deny", "--version"])) {
        eprintln!("cargo-deny is not installed; the house tests check licences, bans and sources");
        return Ok(());
    }
    chores::run(&mut workspace.cargo(&["deny", "--locked", "check", "bans", "licenses", "sources"]))
}

/// Runs each fuzz target for a short time. tests/fuzz/.cargo/config.toml has the flags that cargo-fuzz would set, so it is not needed.
fn fuzz(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join("tests/fuzz");
    if !chores::succeeds(Command::new("rustup").args(["run", "nightly", "cargo", "--version"])) {
        return chores::skip(
            "fuzzing needs the nightly tool chain: rustup toolchain install nightly --profile minimal",
        );
    }
    let target = workspace.target.join("fuzz");
    let mut build = Command::new("rustup");
    build.args(["run", "nightly", "cargo", "build", "--locked", "--bins", "--target-dir"]).arg(&target);
    chores::leave_cargo(&mut build);
    chores::run(build.current_dir(&folder).env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR"))?;
    let built = target.join(host()?).join("debug");
    for name in fuzz_targets(&folder)? {
        let corpus = target.join("corpus").join(&name);
        std::fs::create_dir_all(&corpus)?;
        let mut fuzzer = Command::new(built.join(&name));
        fuzzer.arg(format!("-max_total_time={FUZZ_SECONDS}"));
        fuzzer.args(["-max_len=4096", "-timeout=10", "-dict=words.dict", "-verbosity=0", "-print_final_stats=1"]);
        fuzzer.arg(format!("-artifact_prefix={}/{name}-", target.display())).arg(&corpus).arg("seeds");
        let output =
            fuzzer.current_dir(&folder).output().with_context(|| format!("cannot run the fuzz target {name}"))?;
        let told = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{} ended with {}:\n{told}", chores::line(&fuzzer), output.status);
        }
        let figures: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("stat::")).collect();
        eprintln!("{name}: {}", figures.join(", "));
    }
    Ok(())
}

fn fuzz_targets(folder: &Path) -> Result<Vec<String>> {
    let mut names: Vec<String> = folder
        .join("fuzz_targets")
        .read_dir()
        .context("tests/fuzz/fuzz_targets")?
        .filter_map(|entry| entry.ok().map(|entry| PathBuf::from(entry.file_name())))
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    if names.is_empty() {
        bail!("tests/fuzz has no target");
    }
    Ok(names)
}

fn host() -> Result<String> {
    let output = Command::new("rustup").args(["run", "nightly", "rustc", "-vV"]).output()?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(host.to_owned())
}
