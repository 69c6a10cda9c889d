//! `cargo xtask`: set-up and chores. It installs what is missing, builds, and hands over to the shipped binaries.

mod bench;
mod boot;
mod checkout;
mod chores;
mod coverage;
mod fetched;
mod guest;
mod image;
mod mutants;
mod newer;
mod packages;
mod policy;
mod python;
mod sheet;
#[path = "../../tests/scenes/src/skip.rs"]
mod skip;
mod test;
mod yocto;

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::chores::Workspace;
use crate::packages::{Needs, Refusal};

const USAGE: &str = "\
cargo xtask sim    [--no-install] [ARGS]     install what is missing, build, then `tandem sim ARGS`
cargo xtask replay [--no-install] [ARGS]     the same, then `tandem replay ARGS`; so with signals, climate, driving, car, bus,
                                             media, phone, input, settings, screen, doctor
cargo xtask build  [--no-install]            install what is missing and build every program
cargo xtask test   [--no-install] [--vm] [FILTER]   set up and run every check and test; with FILTER only the tests of that name;
                                             --vm adds a machine of QEMU with two emulated CAN controllers, and kernel ISO-TP, and a Debian
                                             in name spaces, whose systemd starts the units of a car
cargo xtask image  [--no-install] [--programs DIR] [--json]   make a disk of Debian's packages and our programs, and say what takes how much of it;
                                             --programs takes them from a folder instead of building them
cargo xtask boot   [--no-install] [--headless] [--seconds N] [--screenshots DIR] [--can kvaser|vcan] [--sound FILE.wav] [--scenario NAME|none] [--fresh] [--json]
                                             make the image as far as it is not made, start it in QEMU without KVM, and say when what was there; --seconds
                                             counts from when both screens show something; --fresh forgets what was kept on the data partition
cargo xtask bench  [--no-install] [ARGS]     build, then `tandem-bench ARGS` (a figure's name, --json)
cargo xtask bench boot [--no-install] [--programs DIR] [--json]   the image's size and memory, and when what was there: in QEMU, and at native speed in name spaces
cargo xtask coverage [--no-install]          whether the tests of the gate run every line and every branch of it; part of `test`
cargo xtask mutants [ARGS]                   whether they notice every change to it, by cargo-mutants; some ten minutes
cargo xtask screens [--no-install] [--keep]  draw all pages, and a sheet of them to look at; --keep: the tests hold them against these from now on
cargo xtask screens [--no-install] --readme  draw the README's pictures anew
cargo xtask music  [--no-install] [FOLDER]   make the music of assets/music anew
cargo xtask policy                           write the configuration of the system's bus anew, from services/policy/table.toml
cargo xtask yocto crates                     write the layer's list of crates anew, from Cargo.lock
cargo xtask yocto check [--no-install]       read the layer as BitBake would, and tell what a build would trip over; part of `test`

--no-install   install no system package: say which are missing, and how to install them, and end with status 2

Builds go to $TANDEM_TARGET_DIR, or to ~/.cache/tandem/target. If another checkout built there last, our own crates are built anew.";

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let before = args.len();
    args.retain(|arg| arg != "--no-install");
    let may_install = args.len() == before;
    let command = if args.is_empty() { String::new() } else { args.remove(0) };
    let outcome = if wants_help(&command, &args) { help(&command, args) } else { run(&command, args, may_install) };
    // Where it cannot be said, the status still tells.
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Refusal>() => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn wants_help(command: &str, args: &[String]) -> bool {
    let is_asked = |word: &str| word == "--help" || word == "-h";
    command == "help" || is_asked(command) || args.iter().take_while(|arg| *arg != "--").any(|arg| is_asked(arg))
}

/// Says how it is used, before anything is installed, cleaned or built: the program itself if this checkout has built it, else what stands here.
fn help(command: &str, args: Vec<String>) -> Result<()> {
    if let Some((binary, first)) = handed_over(command, &args)
        && let Ok(workspace) = Workspace::find()
        && matches!(checkout::holder(&workspace.target, &workspace.root), Ok(checkout::Holder::Us))
    {
        let path = workspace.binaries().join(binary);
        if path.is_file() {
            return become_it(&workspace, &path, &first, args, None);
        }
    }
    match writeln!(io::stdout(), "{USAGE}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// The program of a command that another one does, and its first words.
fn handed_over<'a>(command: &'a str, args: &[String]) -> Option<(&'static str, Vec<&'a str>)> {
    match command {
        "sim" | "replay" | "signals" | "climate" | "driving" | "car" | "bus" | "media" | "phone" | "input"
        | "settings" | "screen" | "doctor" => Some(("tandem", vec![command])),
        "bench" if args.first().is_none_or(|name| name != "boot") => Some(("tandem-bench", Vec::new())),
        _ => None,
    }
}

fn run(command: &str, args: Vec<String>, may_install: bool) -> Result<()> {
    if let Some((binary, first)) = handed_over(command, &args) {
        let windows = matches!(command, "sim" | "replay") && wants_windows(&args);
        let needs = Needs { windows, python: command == "bench", ..Needs::default() };
        return hand_over(binary, &first, args, needs, may_install);
    }
    match command {
        "build" => {
            packages::provide(Needs::default(), may_install)?;
            let workspace = Workspace::find()?;
            workspace.build()?;
            eprintln!("Every program lies in {}.", workspace.binaries().display());
            Ok(())
        }
        "image" => image::run(&Workspace::find()?, args, may_install),
        "boot" => boot::run(&Workspace::find()?, args, may_install),
        "bench" => bench::boot(&Workspace::find()?, args.get(1..).unwrap_or_default(), may_install),
        "screens" if args == ["--readme"] => {
            hand_over("tandem-pictures", &[], Vec::new(), Needs::default(), may_install)
        }
        "screens" => sheet::run(&Workspace::find()?, &args, may_install),
        "music" => {
            let needs = Needs { tests: true, ..Needs::default() };
            hand_over("tandem-music", &[], args, needs, may_install)
        }
        "coverage" => {
            let workspace = Workspace::find()?;
            workspace.claim()?;
            coverage::run(&workspace, may_install)
        }
        "mutants" => mutants::run(&Workspace::find()?, &args),
        "policy" => policy::write(&Workspace::find()?),
        "yocto" if args == ["crates"] => yocto::tell_crates(&Workspace::find()?.root),
        "yocto" if args == ["check"] => {
            packages::provide(Needs { python: true, tests: true, ..Needs::default() }, may_install)?;
            yocto::check(&Workspace::find()?.root, &python::provide(&python::YOCTO)?)
        }
        "test" => {
            let workspace = Workspace::find()?;
            let (vm, filter): (Vec<_>, Vec<_>) = args.into_iter().partition(|arg| arg == "--vm");
            test::run(&workspace, &filter, !vm.is_empty(), may_install)
        }
        _ => Err(Refusal(USAGE.to_owned()).into()),
    }
}

/// Windows come only where there is a display to put them on, and if nobody asked for none.
fn wants_windows(args: &[String]) -> bool {
    let display =
        ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    display && !args.iter().any(|arg| arg == "--headless")
}

/// Installs, builds, and becomes the shipped binary, so that signals and the status are its own.
fn hand_over(binary: &str, first: &[&str], args: Vec<String>, needs: Needs, may_install: bool) -> Result<()> {
    let workspace = Workspace::find()?;
    packages::provide(needs, may_install)?;
    let python = if needs.python { Some(python::provide(&python::PEERS)?) } else { None };
    workspace.build()?;
    become_it(&workspace, &workspace.binaries().join(binary), first, args, python.as_deref())
}

fn become_it(
    workspace: &Workspace,
    path: &Path,
    first: &[&str],
    args: Vec<String>,
    python: Option<&Path>,
) -> Result<()> {
    let mut command = Command::new(path);
    command.args(first).args(args).env("TANDEM_ASSETS", workspace.root.join("assets"));
    if let Some(python) = python {
        command.env("TANDEM_PYTHON", python);
    }
    chores::leave_cargo(&mut command);
    Err(command.exec()).with_context(|| format!("cannot start {}", path.display()))
}
