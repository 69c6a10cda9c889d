//! The system packages that Tandem needs on Debian 12: which, why, and how they come.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::chores;

/// What a command needs beside what every command needs.
#[derive(Clone, Copy, Default)]
pub struct Needs {
    /// Windows on X11 or Wayland.
    pub windows: bool,
    /// The Python peer.
    pub python: bool,
    /// The peers and tools of the tests.
    pub tests: bool,
    /// What an image is made by.
    pub image: bool,
}

enum For {
    All,
    Windows,
    Python,
    Tests,
    Image,
}

const PACKAGES: &[(&str, For, &str)] = &[
    ("pkg-config", For::All, "the build finds libfontconfig by it"),
    ("libfontconfig-dev", For::All, "the screens link libfontconfig and freetype"),
    ("libgbm-dev", For::All, "the screens link libgbm, for displays without a desktop"),
    ("libgstreamer1.0-dev", For::All, "the player links GStreamer"),
    ("libgstreamer-plugins-base1.0-dev", For::All, "the player links GStreamer's sound"),
    ("gstreamer1.0-plugins-base", For::All, "the player: Vorbis, Opus, and what resamples; the camera: what scales"),
    (
        "gstreamer1.0-plugins-good",
        For::All,
        "the player: FLAC, MP3, WAV, radio, and the way to the sound server; the camera: devices",
    ),
    ("gstreamer1.0-plugins-bad", For::All, "the player: AAC"),
    ("dbus-daemon", For::All, "the private bus of the simulator and of the tests"),
    ("fonts-inter", For::All, "the letters of the screens"),
    ("fonts-noto-cjk", For::All, "the Chinese letters of the screens"),
    ("libx11-6", For::Windows, "windows on X11"),
    ("libx11-xcb1", For::Windows, "windows on X11"),
    ("libxcursor1", For::Windows, "windows on X11: the pointer"),
    ("libxi6", For::Windows, "windows on X11: touch and mouse"),
    ("libxkbcommon-x11-0", For::Windows, "windows on X11 and Wayland: the keyboard"),
    ("libwayland-client0", For::Windows, "windows on Wayland"),
    ("python3-venv", For::Python, "cantools, python-can and others, which ours is compared with"),
    ("systemd", For::Tests, "busctl, which reads our interfaces as an administrator would"),
    ("systemd-container", For::Tests, "systemd-nspawn, which starts the units of a car"),
    ("g++", For::Tests, "libFuzzer"),
    ("playerctl", For::Tests, "it steers our player as every desktop does"),
    ("mpd", For::Tests, "the library whose update ours is compared with"),
    ("flac", For::Tests, "it makes and reads FLAC"),
    ("vorbis-tools", For::Tests, "oggenc and oggdec make and read Vorbis"),
    ("lame", For::Tests, "it makes MP3"),
    ("opus-tools", For::Tests, "opusenc makes Opus"),
    ("pipewire", For::Tests, "the sound server of a car"),
    ("gstreamer1.0-pipewire", For::Tests, "the way to it"),
    ("gstreamer1.0-libav", For::Tests, "it makes AAC and Apple Lossless"),
    ("gstreamer1.0-tools", For::Tests, "gst-launch-1.0, which has it make them"),
    ("kdeconnect", For::Tests, "the phone's side of the link, as everybody else has it"),
    ("ofono", For::Tests, "hands-free telephony, as a car has it"),
    (
        "mmdebstrap",
        For::Image,
        "other machines in a folder: the one of the image, and a newer Debian, whose kdeconnect speaks another protocol",
    ),
    ("binutils", For::Image, "strip, for programs that were built for tests"),
    ("squashfs-tools", For::Image, "mksquashfs, which packs the image's root"),
    ("e2fsprogs", For::Image, "mke2fs, which makes its data partition"),
    ("xz-utils", For::Image, "it decompresses the image's kernel"),
    ("dosfstools", For::Tests, "mkfs.vfat, which makes a stick"),
    ("mtools", For::Tests, "mcopy, which puts music on it"),
    ("iproute2", For::Tests, "the cable to it, and the machine that it runs on"),
    ("can-utils", For::Tests, "candump, cangen and canplayer, the others on a real CAN bus"),
    ("kmod", For::Image, "insmod, which guests boot by"),
    ("strace", For::Tests, "what the settings service writes and when it waits for the disk, for power cuts"),
    ("valgrind", For::Tests, "it counts what a frame costs, in instructions"),
    ("procps", For::Tests, "kill, which ends a screen as a shell would"),
];

/// A wish that cannot be met as things stand; ends with status 2.
#[derive(Debug)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// Installs what is missing, or says what is and how to install it.
///
/// # Errors
/// [`Refusal`] if something is missing and may not or cannot be installed; the failure of `apt-get` otherwise.
pub fn provide(needs: Needs, may_install: bool) -> Result<()> {
    let wanted: Vec<_> = PACKAGES
        .iter()
        .filter(|(_, what, _)| match what {
            For::All => true,
            For::Windows => needs.windows,
            For::Python => needs.python,
            For::Tests => needs.tests,
            For::Image => needs.image || needs.tests,
        })
        .collect();
    let Ok(known) = Command::new("dpkg-query").args(["-W", "-f=${Package} ${db:Status-Status}\n"]).output() else {
        let names: Vec<_> = wanted.iter().map(|(name, _, _)| *name).collect();
        eprintln!(
            "xtask: no Debian, so the packages were not looked for; the like of these is needed: {}",
            names.join(" ")
        );
        return Ok(());
    };
    let known = String::from_utf8_lossy(&known.stdout);
    let installed = |name: &str| known.lines().any(|line| line.split_once(' ') == Some((name, "installed")));
    let missing: Vec<_> = wanted.into_iter().filter(|(name, _, _)| !installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }

    eprintln!("missing system packages:");
    for (name, _, why) in &missing {
        eprintln!("  {name:<32} {why}");
    }
    let names: Vec<_> = missing.iter().map(|(name, _, _)| *name).collect();
    let root = chores::succeeds(Command::new("sh").args(["-c", "test \"$(id -u)\" = 0"]));
    let sudo = !root && chores::succeeds(Command::new("sh").args(["-c", "command -v sudo"]));
    let by_hand =
        format!("{}apt-get install -y --no-install-recommends {}", if root { "" } else { "sudo " }, names.join(" "));
    if !may_install {
        return Err(Refusal(format!("not installed, as --no-install asks. By hand:\n  {by_hand}")).into());
    }
    if !root && !sudo {
        return Err(Refusal(format!("neither root nor sudo is at hand. As root:\n  {by_hand}")).into());
    }
    eprintln!("installing them{}", if sudo { " through sudo" } else { "" });
    if !have_lists() {
        chores::run(&mut apt(sudo, &["update"]))?;
    }
    let mut install = vec!["install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=500"];
    install.extend(names);
    if chores::run(&mut apt(sudo, &install)).is_ok() {
        return Ok(());
    }
    eprintln!("trying again with fresh package lists");
    chores::run(&mut apt(sudo, &["update"]))?;
    chores::run(&mut apt(sudo, &install))
}

fn apt(sudo: bool, args: &[&str]) -> Command {
    let mut command = Command::new(if sudo { "sudo" } else { "env" });
    if sudo {
        command.arg("env");
    }
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(args);
    command
}

fn have_lists() -> bool {
    let lists = Path::new("/var/lib/apt/lists").read_dir();
    lists.is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().contains("_Packages")))
    })
}
