//! A car's computer, emulated: our image in it, two displays, two CAN controllers, sound, a finger.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::Qemu;
use crate::hand::Hand;
use crate::qemu::KERNEL;
use crate::qmp::Qmp;
use crate::serial::{Heard, Serial};

/// How long QEMU may take to open its line.
const OPENS_WITHIN: Duration = Duration::from_secs(20);

/// How long it may take to end once it is told to.
const ENDS_WITHIN: Duration = Duration::from_secs(10);
/// So often it is looked whether it did.
const LOOK: Duration = Duration::from_millis(20);

/// The displays, by the names that QEMU knows them by; their sizes are those of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Display {
    Cluster,
    Centre,
}

impl Display {
    pub const ALL: [Self; 2] = [Self::Cluster, Self::Centre];

    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Centre => "centre",
        }
    }

    fn size(self) -> (u32, u32) {
        match self {
            Self::Cluster => (1920, 720),
            Self::Centre => (1920, 1080),
        }
    }

    /// Where it sits on the machine's PCI bus: by that the guest tells whose it is.
    fn slot(self) -> u32 {
        match self {
            Self::Cluster => 0x10,
            Self::Centre => 0x11,
        }
    }
}

/// What the buses of the car are: can0, can1 and can2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Can {
    /// An emulated controller on a bus of its own for each but can2: that has CAN FD, which QEMU's controllers have not, and is virtual.
    Kvaser,
    /// Virtual ones, of the guest's kernel.
    Virtual,
}

/// What the folder of an image calls its root.
pub const ROOT: &str = "root.squashfs";

/// How a machine is to be.
pub struct Setup<'a> {
    /// A folder with `vmlinux`, `initrd` and `root.squashfs`.
    pub image: &'a Path,
    pub data: Data<'a>,
    /// Where its line and its log lie.
    pub run: &'a Path,
    pub can: Can,
    /// The file that its loudspeaker is.
    pub sound: Option<&'a Path>,
    /// On this machine's own display.
    pub window: bool,
    /// Whether somebody inside does as he is told.
    pub hand: bool,
    /// The interface of this machine that is the other end of a network cable; QEMU makes it, as root.
    pub cable: Option<&'a str>,
    /// What its clock says at the start, as QEMU's `-rtc base=` has it; this machine's time if nothing is said.
    pub clock: Option<&'a str>,
    /// It goes on when it is reset; otherwise that is its end.
    pub resets: bool,
    /// Words for the guest's kernel.
    pub words: &'a [String],
}

/// The drive of the data partition.
#[derive(Clone, Copy, Debug)]
pub enum Data<'a> {
    /// This file.
    Kept(&'a Path),
    /// This file, which stays as it is: what is written is gone with the machine.
    Lent(&'a Path),
    /// This file, and each write and each flush in their order in a record beside it (see [`crate::after_cut`]).
    Recorded { disk: &'a Path, record: &'a Path },
    /// There is none.
    Missing,
}

/// The line to the hand, in the folder that a machine runs in.
const HAND: &str = "hand";
/// Where sticks go: QEMU's name for the bus of the controller.
const SOCKETS: &str = "usb.0";

/// A stick in one of the car's sockets.
pub struct Stick(String);

/// A machine that runs. It ends when this is dropped.
pub struct Machine {
    child: Child,
    errors: Option<JoinHandle<String>>,
    serial: Serial,
    qmp: Qmp,
    log: PathBuf,
    sticks: u32,
}

impl Machine {
    /// # Errors
    /// QEMU does not start, or ends at once; what it says is told.
    pub fn start(qemu: &Qemu, setup: &Setup<'_>) -> Result<Self> {
        let socket = setup.run.join("qmp");
        let log = setup.run.join("serial.log");
        for left in ["qmp", HAND] {
            let _ = std::fs::remove_file(setup.run.join(left));
        }
        // Whoever starts it may be killed: then it ends, too.
        let asked = command(qemu, setup, &socket);
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(asked.get_program()).args(asked.get_args());
        command.envs(asked.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot run setpriv (the Debian package util-linux)")?;
        let serial = Serial::listen(child.stdout.take().context("no serial line")?, &log)?;
        let errors = child.stderr.take().map(errors);
        let qmp = reach(&mut child, &socket);
        match qmp {
            Ok(qmp) => Ok(Self { child, errors, serial, qmp, log, sticks: 0 }),
            Err(why) => {
                let _ = child.kill();
                let _ = child.wait();
                let said = errors.and_then(|errors| errors.join().ok()).unwrap_or_default();
                Err(why.context(format!("QEMU says: {}", said.trim_end())))
            }
        }
    }

    /// The file in which everything is kept that the guest says.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The next line of the guest; none if none came until then.
    ///
    /// # Errors
    /// QEMU has ended; how, and what the guest said last, is told.
    pub fn line(&mut self, until: Instant) -> Result<Option<String>> {
        match self.serial.next(until) {
            Heard::Line(line) => Ok(Some(line)),
            Heard::Nothing => Ok(None),
            Heard::End => {
                let status = self.child.wait().context("QEMU")?;
                let said = self.errors.take().and_then(|errors| errors.join().ok()).unwrap_or_default();
                bail!("QEMU ended with {status}. {} {}", said.trim_end(), self.serial.last())
            }
        }
    }

    /// Waits for a line that is what is waited for.
    ///
    /// # Errors
    /// None came within the limit, or QEMU has ended; what the guest said last is told.
    pub fn wait_for<T>(&mut self, what: &str, limit: Duration, mut is: impl FnMut(&str) -> Option<T>) -> Result<T> {
        let until = Instant::now() + limit;
        while let Some(line) = self.line(until).with_context(|| format!("waiting for {what}"))? {
            if let Some(found) = is(&line) {
                return Ok(found);
            }
        }
        bail!("{what} did not come within {} s; {}", limit.as_secs(), self.serial.last())
    }

    /// The last lines of the guest.
    pub fn last(&self) -> String {
        self.serial.last()
    }

    /// Writes what a display shows, as PNG.
    ///
    /// # Errors
    /// QEMU is gone, or the file cannot be written.
    pub fn picture(&mut self, display: Display, to: &Path) -> Result<()> {
        self.qmp.picture(display.name(), to)
    }

    /// A finger on a display, at this part of its width and height, 0 to 1.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn tap(&mut self, display: Display, at: (f64, f64)) -> Result<()> {
        self.qmp.tap(display.name(), at)
    }

    /// The hand of a machine that has one and runs in this folder. Nobody need wait before it is told something.
    ///
    /// # Errors
    /// The machine has none.
    pub fn hand(run: &Path) -> Result<Hand> {
        Hand::connect(&run.join(HAND))
    }

    /// Puts a stick into the car: a disk that this file holds. What is written to it is written to the file.
    ///
    /// # Errors
    /// QEMU cannot open it.
    pub fn put_in(&mut self, stick: &Path) -> Result<Stick> {
        self.sticks += 1;
        let id = format!("stick{}", self.sticks);
        let file = json!({"driver": "file", "filename": stick});
        self.qmp.ask("blockdev-add", &json!({"driver": "raw", "node-name": id, "file": file}))?;
        self.qmp.ask("device_add", &json!({"driver": "usb-storage", "id": id, "bus": SOCKETS, "drive": id}))?;
        Ok(Stick(id))
    }

    /// Pulls it out, whatever the guest does with it.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn pull(&mut self, stick: &Stick) -> Result<()> {
        self.qmp.ask("device_del", &json!({"id": stick.0}))?;
        Ok(())
    }

    /// How often something of this name happened to it, as QEMU calls it: `WATCHDOG`.
    ///
    /// # Errors
    /// QEMU is gone.
    pub fn times(&mut self, event: &str) -> Result<usize> {
        self.qmp.times(event)
    }

    /// Cuts its power: it ends between two instructions, and writes nothing any more, not even what was underway.
    ///
    /// # Errors
    /// It cannot be killed.
    pub fn cut(mut self) -> Result<()> {
        self.child.kill().context("QEMU cannot be killed")?;
        self.child.wait().context("QEMU")?;
        Ok(())
    }

    /// Turns it off as if the power had gone: nothing is written any more but its sound file, to its end.
    ///
    /// # Errors
    /// It does not end by itself; then it is killed.
    pub fn stop(mut self) -> Result<()> {
        // QEMU is gone before it can answer, or answers before it goes.
        let _ = self.qmp.ask("quit", &json!({}));
        let until = Instant::now() + ENDS_WITHIN;
        while !self.ended()? {
            ensure!(Instant::now() < until, "QEMU did not end within {} s and was killed", ENDS_WITHIN.as_secs());
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Whether it has ended because its window was closed, or because the guest turned it off; a kernel that gave up is neither.
    ///
    /// # Errors
    /// Nobody knows.
    pub fn ended_by_order(&mut self) -> Result<bool> {
        Ok(self.ended()? && self.qmp.ended_by_order())
    }

    fn ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait().context("QEMU")?.is_some())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(qemu: &Qemu, setup: &Setup<'_>, socket: &Path) -> Command {
    let mut command = qemu.command();
    command.args(["-smp", "2", "-m", "1024", "-monitor", "none", "-serial", "stdio"]);
    command.arg("-qmp").arg(format!("unix:{},server=on,wait=off", name(socket)));
    command.args(["-display", if setup.window { "sdl" } else { "none" }]);
    command.arg("-kernel").arg(setup.image.join("vmlinux")).arg("-initrd").arg(setup.image.join("initrd"));
    let mut words = vec![format!("{KERNEL} root=/dev/vda ro loglevel=7 systemd.show_status=0")];
    words.push(format!("tandem.virtual={}", if setup.can == Can::Virtual { "can0,can1,can2" } else { "can2" }));
    if setup.hand {
        command.arg("-serial").arg(format!("unix:{},server=on,wait=off", name(&setup.run.join(HAND))));
        words.push("tandem.hand".to_owned());
    }
    words.extend_from_slice(setup.words);
    command.arg("-append").arg(words.join(" "));
    // A system that hangs is reset, as a car's is.
    command.args(["-device", "i6300esb", "-action", "watchdog=reset"]);
    if setup.resets {
        command.args(["-action", "reboot=reset"]);
    }
    if let Some(clock) = setup.clock {
        command.arg("-rtc").arg(format!("base={clock}"));
    }
    drives(&mut command, setup);
    for display in Display::ALL {
        let (id, (width, height), slot) = (display.name(), display.size(), display.slot());
        command.arg("-device").arg(format!("virtio-gpu-pci,id={id},addr={slot:x},xres={width},yres={height}"));
    }
    command.args(["-device", "qemu-xhci,id=usb"]);
    match setup.cable {
        Some(end) => {
            command.arg("-netdev").arg(format!("tap,id=cable,ifname={end},script=no,downscript=no"));
            command.args(["-device", "virtio-net-pci,netdev=cable,romfile="]);
        }
        None => {
            command.args(["-nic", "none"]);
        }
    }
    // A finger for the centre alone: the cluster feels none.
    command.args(["-device", "virtio-tablet-pci,display=centre,head=0,addr=12", "-device", "virtio-keyboard-pci"]);
    if setup.can == Can::Kvaser {
        for bus in ["bus0", "bus1"] {
            command.arg("-object").arg(format!("can-bus,id={bus}"));
            command.arg("-device").arg(format!("kvaser_pci,canbus={bus}"));
        }
    }
    let sound = setup.sound.map_or_else(
        || "none,id=sound".to_owned(),
        |file| format!("wav,id=sound,out.frequency=48000,path={}", name(file)),
    );
    command.args(["-audiodev", &sound, "-device", "ich9-intel-hda", "-device", "hda-output,audiodev=sound"]);
    command
}

fn drives(command: &mut Command, setup: &Setup<'_>) {
    let mut drive = |id: &str, file: &Path, how: &str| {
        command.arg("-drive").arg(format!("id={id},if=none,format=raw,file={}{how}", name(file)));
        command.arg("-device").arg(format!("virtio-blk-pci,drive={id}"));
    };
    drive("root", &setup.image.join(ROOT), ",readonly=on");
    match setup.data {
        Data::Kept(file) => drive("data", file, ""),
        Data::Lent(file) => drive("data", file, ",snapshot=on"),
        Data::Recorded { disk, record } => {
            // Nobody waits for the disk of this machine: a power cut of the emulated one does not touch it.
            for (node, file) in [("disk", disk), ("record", record)] {
                let file = name(file);
                command.arg("-blockdev").arg(format!("driver=file,node-name={node},filename={file},cache.no-flush=on"));
            }
            command.args(["-blockdev", "driver=blklogwrites,node-name=data,file=disk,log=record"]);
            command.args(["-device", "virtio-blk-pci,drive=data"]);
        }
        Data::Missing => {}
    }
}

/// A file as QEMU's options have it, in which a comma ends a value.
fn name(file: &Path) -> String {
    file.display().to_string().replace(',', ",,")
}

fn errors(from: ChildStderr) -> JoinHandle<String> {
    thread::spawn(move || std::io::read_to_string(from).unwrap_or_default())
}

/// QEMU's line, as soon as it is open.
fn reach(child: &mut Child, socket: &Path) -> Result<Qmp> {
    let until = Instant::now() + OPENS_WITHIN;
    loop {
        if let Some(status) = child.try_wait()? {
            bail!("QEMU ended with {status} at once");
        }
        match Qmp::connect(socket) {
            Err(_) if Instant::now() < until => thread::sleep(LOOK),
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_gives_each_display_to_its_screen_by_the_slot_that_it_is_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("root/usr/lib/udev/rules.d/72-tandem-machine.rules");
        let rules = std::fs::read_to_string(root).unwrap();
        for display in Display::ALL {
            let (slot, name) = (display.slot(), display.name());
            let rule = rules.lines().find(|rule| rule.contains(&format!("\"0000:00:{slot:02x}.0\""))).unwrap();
            assert!(rule.contains(&format!("OWNER=\"tandem-{name}\"")) && rule.contains("MODE=\"0600\""), "{rule}");
        }
        assert!(rules.contains("\"0000:00:12.0\", OWNER=\"tandem-centre\""), "the finger is the centre's");
    }

    #[test]
    fn a_machine_has_what_was_asked_for_and_never_kvm() {
        let setup = |can, sound| Setup {
            image: Path::new("/image"),
            data: Data::Lent(Path::new("/a,b")),
            run: Path::new("/run"),
            can,
            sound,
            window: false,
            hand: false,
            cable: None,
            clock: None,
            resets: false,
            words: &[],
        };
        let line = |setup: &Setup<'_>| {
            let command = command(&Qemu::at(Path::new("/qemu")), setup, Path::new("/run/qmp"));
            command.get_args().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let real = line(&setup(Can::Kvaser, Some(Path::new("/music.wav"))));
        assert!(real.contains("-accel tcg") && !real.contains("kvm,"), "{real}");
        assert_eq!(real.matches("kvaser_pci").count(), 2, "a controller for each bus without FD");
        assert!(real.contains("file=/a,,b,snapshot=on") && real.contains("path=/music.wav"), "{real}");
        let seen = line(&Setup { window: true, ..setup(Can::Kvaser, None) });
        assert!(real.contains("-display none") && seen.contains("-display sdl"), "{seen}");
        assert!(real.contains("-nic none") && !real.contains("tandem.hand"), "{real}");
        let wired = line(&Setup { hand: true, cable: Some("tap0"), ..setup(Can::Kvaser, None) });
        assert!(wired.contains("tap,id=cable,ifname=tap0,script=no") && !wired.contains("-nic none"), "{wired}");
        assert!(wired.contains("unix:/run/hand,server=on") && wired.contains(" tandem.hand"), "{wired}");
        assert!(real.contains("i6300esb -action watchdog=reset") && !real.contains("reboot=reset"), "{real}");
        let (disk, record) = (Path::new("/disk"), Path::new("/record"));
        let faulty = Setup { data: Data::Recorded { disk, record }, resets: true, ..setup(Can::Kvaser, None) };
        let faulty = line(&Setup { clock: Some("1970-01-01"), ..faulty });
        assert!(faulty.contains("reboot=reset") && faulty.contains("-rtc base=1970-01-01"), "{faulty}");
        assert!(faulty.contains("driver=blklogwrites") && faulty.contains("drive=data"), "{faulty}");
        let none = line(&Setup { data: Data::Missing, ..setup(Can::Kvaser, None) });
        assert!(!none.contains("data"), "{none}");
        let virtual_ones = line(&setup(Can::Virtual, None));
        assert!(
            !virtual_ones.contains("kvaser_pci") && virtual_ones.contains("tandem.virtual=can0,can1,can2"),
            "{virtual_ones}"
        );
    }
}
