//! `cargo xtask bench boot`: what the image takes, what a start of it takes, and the same units at native speed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tandem_machine::{Can, Data, Machine, Measures, Qemu, Setup, Spaces, Timeline};

use crate::chores::Workspace;
use crate::guest;
use crate::image::{self, Image, Wish, lacks};
use crate::packages::Refusal;

/// An emulated machine takes half a minute to the end of its start and as long to tell what it took; one beside builds more.
const TELLS_WITHIN: Duration = Duration::from_secs(420);
/// One in name spaces takes some seconds.
const NATIVE_TELLS_WITHIN: &str = "90";
const SCENARIO: &str = "city";
const CLUSTER: &str = "tandem-cluster.service";
const EMULATED: &str = "QEMU without KVM: an emulated processor, some twenty times slower than a car's. Its times say in which order things come, not how soon.";

/// Of the root, bytes.
const ROOT_AT_MOST: f64 = 450e6;
/// Of the stack's processes, bytes.
const MEMORY_AT_MOST: f64 = 150.0 * 1024.0 * 1024.0;
/// Seconds of a native start: to the cluster's first frame since systemd began, and since the cluster did.
const FRAME_WITHIN: f64 = 1.0;
const DASHES_WITHIN: f64 = 0.3;

/// Tells what it measures, and powers off.
const UNIT: (&str, &str) = (
    "measure.service",
    "\
[Unit]
Description=What a start took
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=exec
ExecStart=/bin/sh /usr/share/tandem-machine/measure.sh
StandardOutput=append:/told/told
",
);
const SCRIPT: &str = "usr/share/tandem-machine/measure.sh";

struct Options {
    as_json: bool,
    wish: Wish,
}

impl Options {
    fn read(args: &[String]) -> Result<Self> {
        let mut options = Self { as_json: false, wish: Wish::default() };
        let mut args = args.iter();
        while let Some(word) = args.next() {
            match word.as_str() {
                "--json" => options.as_json = true,
                "--programs" => {
                    options.wish.programs = Some(args.next().ok_or_else(|| lacks("--programs", "a folder"))?.into())
                }
                _ => {
                    let help = format!("bench boot: there is no {word}; there are --programs DIR and --json");
                    return Err(Refusal(help).into());
                }
            }
        }
        Ok(options)
    }
}

/// `cargo xtask bench boot ARGS`.
///
/// # Errors
/// There is no image and none can be made, or it does not tell in time; what it said last is told. A bar is not kept.
pub fn boot(workspace: &Workspace, args: &[String], may_install: bool) -> Result<()> {
    let options = Options::read(args)?;
    let image = image::provide(workspace, &options.wish, may_install)?;
    let qemu = guest::machine(workspace, true, may_install)?.context("there is no QEMU")?;
    let (timeline, emulated) = emulated(&image, &Qemu::at(&qemu))?;
    let native = match guest::system(workspace, true, may_install)? {
        Some(debian) => Some(native(workspace, &debian, &image.programs)?),
        None => None,
    };
    let mut out = std::io::stdout().lock();
    if options.as_json {
        writeln!(out, "{}", as_json(&image, &timeline, &emulated, native.as_ref())?)?;
    } else {
        tell(&mut out, &image, &timeline, &emulated, native.as_ref())?;
    }
    let broken = broken(image.sizes.total(), &emulated, native.as_ref());
    if !broken.is_empty() {
        bail!("not kept: {}", broken.join("; "));
    }
    Ok(())
}

/// The bars that are not kept.
fn broken(root: u64, emulated: &Measures, native: Option<&Measures>) -> Vec<&'static str> {
    let kept = [
        (root as f64 <= ROOT_AT_MOST, "the root is too large"),
        (emulated.bytes() as f64 <= MEMORY_AT_MOST, "the stack takes too much memory in QEMU"),
        (
            native.is_none_or(|it| it.bytes() as f64 <= MEMORY_AT_MOST),
            "the stack takes too much memory at native speed",
        ),
        (
            native.is_none_or(|it| {
                first_frame(it).is_some_and(|(frame, dashes)| frame <= FRAME_WITHIN && dashes <= DASHES_WITHIN)
            }),
            "the cluster's first frame is too late at native speed",
        ),
    ];
    kept.into_iter().filter(|(is, _)| !is).map(|(_, what)| what).collect()
}

fn emulated(image: &Image, qemu: &Qemu) -> Result<(Timeline, Measures)> {
    let words = [format!("tandem.scenario={SCENARIO}"), "tandem.measure".to_owned()];
    let mut machine = Machine::start(
        qemu,
        &Setup {
            image: &image.folder,
            data: Data::Lent(&image.folder.join("data.ext4")),
            run: &image.folder,
            can: Can::Kvaser,
            sound: None,
            window: false,
            hand: false,
            cable: None,
            clock: None,
            resets: false,
            words: &words,
        },
    )?;
    eprintln!("the machine starts; what it says is kept in {}", machine.log().display());
    let (mut timeline, mut measures) = (Timeline::default(), Measures::default());
    let until = Instant::now() + TELLS_WITHIN;
    while !measures.is_whole {
        let Some(line) = machine.line(until)? else {
            bail!("within {} s it did not tell what its start took; {}", TELLS_WITHIN.as_secs(), machine.last());
        };
        timeline.hear(&line);
        measures.hear(&line);
    }
    machine.stop()?;
    Ok((timeline, measures))
}

fn native(workspace: &Workspace, debian: &Path, programs: &Path) -> Result<Measures> {
    let spaces = Spaces::make(debian, &workspace.root, programs, UNIT)?;
    let script = workspace.root.join(image::MACHINE).join(SCRIPT);
    spaces.put(Path::new(SCRIPT), &std::fs::read(&script).with_context(|| script.display().to_string())?)?;
    let folder = workspace.target.join("guest/told");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let told = folder.join("told");
    let _ = std::fs::remove_file(&told);
    eprintln!("the same units start in name spaces, at native speed");
    let guest = spaces.command(&folder);
    let mut limited = Command::new("setpriv");
    limited.args(["--pdeathsig", "KILL", "timeout", "--signal", "KILL", NATIVE_TELLS_WITHIN]);
    limited.arg(guest.get_program()).args(guest.get_args());
    let log = folder.join("log");
    let file = std::fs::File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
    limited.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let status = limited.status().context("cannot run setpriv (the Debian package util-linux)")?;
    let mut measures = Measures::default();
    std::fs::read_to_string(&told).unwrap_or_default().lines().for_each(|line| measures.hear(line));
    if !measures.is_whole {
        bail!("it did not tell what its start took and ended with {status}; {} says more", log.display());
    }
    Ok(measures)
}

/// To the cluster's first frame, in seconds: since systemd began, and since the cluster's own start.
fn first_frame(measures: &Measures) -> Option<(f64, f64)> {
    let cluster = measures.unit(CLUSTER)?;
    Some((cluster.ready, cluster.ready - cluster.started))
}

fn as_json(image: &Image, timeline: &Timeline, emulated: &Measures, native: Option<&Measures>) -> Result<Value> {
    let points = timeline.points().iter().map(|(point, at)| json!({"what": point.to_string(), "seconds": at}));
    let of_start = |measures: &Measures| {
        let units: Vec<_> = measures
            .units
            .iter()
            .map(|unit| json!({"name": unit.name, "started_seconds": unit.started, "ready_seconds": unit.ready}))
            .collect();
        let processes: Vec<_> = measures
            .processes
            .iter()
            .map(|it| json!({"program": it.program, "pss_bytes": it.bytes, "stack": it.is_of_the_stack()}))
            .collect();
        json!({
            "cluster_chain": measures.chain,
            "units": units,
            "processes": processes,
            "stack_pss_bytes": measures.bytes(),
        })
    };
    let mut of_emulated = of_start(emulated);
    if let Value::Object(fields) = &mut of_emulated {
        fields.insert("caveat".to_owned(), json!(EMULATED));
        fields.insert("timeline".to_owned(), points.collect());
    }
    Ok(json!({
        "image": image.as_json()?,
        "emulated": of_emulated,
        "native": native.map(of_start),
        "bars": {
            "root_bytes": ROOT_AT_MOST,
            "stack_pss_bytes": MEMORY_AT_MOST,
            "native_first_frame_seconds": FRAME_WITHIN,
            "native_dashes_seconds": DASHES_WITHIN,
        },
    }))
}

fn tell(
    out: &mut impl Write,
    image: &Image,
    timeline: &Timeline,
    emulated: &Measures,
    native: Option<&Measures>,
) -> Result<()> {
    image.tell(out)?;
    let root = image.sizes.total() as f64;
    writeln!(
        out,
        "{:>9}  is the most that the root may take: {}",
        image::megabytes(ROOT_AT_MOST as u64),
        kept(root <= ROOT_AT_MOST)
    )?;
    writeln!(out, "\n{EMULATED}")?;
    for (point, seconds) in timeline.points() {
        writeln!(out, "{seconds:>8.2} s  {point}")?;
    }
    of_start(out, emulated)?;
    let Some(native) = native else { return Ok(()) };
    writeln!(
        out,
        "\nThe same units and programs in name spaces of this machine's own kernel, without displays and CAN:"
    )?;
    if let Some((frame, dashes)) = first_frame(native) {
        let told = kept(frame <= FRAME_WITHIN);
        writeln!(out, "{frame:>8.2} s  systemd to the first frame of the cluster, at most {FRAME_WITHIN} s: {told}")?;
        let told = kept(dashes <= DASHES_WITHIN);
        writeln!(
            out,
            "{dashes:>8.2} s  the cluster's start to its first frame, which is dashes, at most {DASHES_WITHIN} s: {told}"
        )?;
    }
    of_start(out, native)
}

fn kept(is: bool) -> &'static str {
    if is { "kept" } else { "NOT KEPT" }
}

/// Units and memory.
fn of_start(out: &mut impl Write, measures: &Measures) -> Result<()> {
    writeln!(
        out,
        "{:>8}    units on the cluster's critical chain: {}",
        measures.chain.len(),
        measures.chain.join(", ")
    )?;
    let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut processes: Vec<_> = measures.processes.iter().collect();
    processes.sort_by_key(|process| (!process.is_of_the_stack(), std::cmp::Reverse(process.bytes)));
    for process in processes {
        let beside = if process.is_of_the_stack() { "" } else { " (not of the stack)" };
        writeln!(out, "{:>8.1} MiB  PSS of {}{beside}", megabytes(process.bytes), process.program)?;
    }
    let (sum, most) = (measures.bytes(), megabytes(MEMORY_AT_MOST as u64));
    let told = kept(sum as f64 <= MEMORY_AT_MOST);
    writeln!(out, "{:>8.1} MiB  PSS of the whole stack, at most {most} MiB: {told}", megabytes(sum))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A start whose cluster began 100 ms after systemd and drew its first frame so many later, and whose stack takes so much.
    fn start(milliseconds: u64, mebibytes: u64) -> Measures {
        let mut measures = Measures::default();
        let ready = 1_100_000 + milliseconds * 1_000;
        for told in [
            "began 1000000".to_owned(),
            format!("unit {CLUSTER} 1100000 {ready}"),
            format!("pss {} tandem-cluster", mebibytes << 10),
        ] {
            measures.hear(&format!("measure: {told}"));
        }
        measures
    }

    #[test]
    fn a_bar_that_is_not_kept_is_told() {
        let good = start(200, 110);
        assert_eq!(broken(344_000_000, &good, Some(&good)), [""; 0]);
        assert_eq!(broken(344_000_000, &good, None), [""; 0]);
        assert_eq!(broken(450_000_001, &good, None), ["the root is too large"]);
        assert_eq!(broken(0, &start(9_000, 151), Some(&good)), ["the stack takes too much memory in QEMU"]);
        let late = "the cluster's first frame is too late at native speed";
        assert_eq!(broken(0, &good, Some(&start(301, 151))), ["the stack takes too much memory at native speed", late]);
        assert_eq!(broken(0, &good, Some(&Measures::default())), [late], "it was not told");
    }
}
