//! What the image is made of: Debian's packages by what they are there for, what is left out of them, and the kernel's modules.

/// Whose packages these are, for how long they are there for us, and the packages; what they need comes with them. Each package counts where it is needed first.
pub const PARTS: &[(&str, &[&str])] = &[
    ("system", &["usr-is-merged", "systemd-sysv", "dbus", "udev", "kmod", "iproute2"]),
    ("display", &["libfontconfig1", "fontconfig", "libgbm1"]),
    ("sound", &["gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "alsa-utils"]),
    ("sound: PipeWire", &["pipewire", "wireplumber", "gstreamer1.0-pipewire"]),
    (AAC, &["libfaad2"]),
    ("network", &["ca-certificates"]),
    ("fonts: Inter", &["fonts-inter"]),
    ("fonts: Noto Sans CJK", &["fonts-noto-cjk"]),
];

const AAC: &str = "sound: AAC";

/// Files of packages that are not installed, for these link a hundred libraries of which the file needs one: what each is for, its package, and the file.
pub const PICKED: &[(&str, &str, &str)] =
    &[(AAC, "gstreamer1.0-plugins-bad", "usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgstfaad.so")];

/// As dpkg's `path-exclude` has it: what no program of ours reads.
pub const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/lintian/*",
    "/usr/share/bash-completion/*",
    "/usr/share/zsh/*",
    "/usr/share/bug/*",
    // The screens have neither serifs nor italics, and no CJK letter of theirs is bolder than medium, which is drawn by the regular one.
    "/usr/share/fonts/opentype/noto/NotoSerif*",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/inter/*Italic*",
    "/usr/share/fonts/opentype/inter/*Thin*",
    "/usr/share/fonts/opentype/inter/*ExtraLight*",
    "/usr/share/fonts/opentype/inter/*ExtraBold*",
    "/usr/share/fonts/opentype/inter/*Black*",
    "/usr/share/fonts/truetype/dejavu/*Serif*",
    "/usr/share/fonts/truetype/dejavu/*Mono*",
    // What nothing here asks for: pictures in letters, other sound servers, tests.
    "/usr/lib/x86_64-linux-gnu/libicui18n.so*",
    "/usr/lib/x86_64-linux-gnu/libicut*.so*",
    "/usr/lib/x86_64-linux-gnu/libicuio.so*",
    "/usr/lib/x86_64-linux-gnu/libfftw3f*",
    "/usr/bin/alsabat",
    "/usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgstaasink.so",
    "/usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgstcacasink.so",
    "/usr/lib/x86_64-linux-gnu/libaa.so*",
    "/usr/lib/x86_64-linux-gnu/caca/*",
    "/usr/lib/x86_64-linux-gnu/libcaca*.so*",
    "/usr/lib/x86_64-linux-gnu/libslang.so*",
    "/usr/lib/x86_64-linux-gnu/libjackserver.so*",
    // Names for hardware that nobody asks for here.
    "/lib/udev/hwdb.d/*",
    "/usr/lib/udev/hwdb.d/*",
    "/usr/share/iso-codes/*",
    "/usr/share/xml/iso-codes/*",
    "/usr/share/mime/packages/*",
    "/usr/share/alsa/speaker-test/*",
    "/usr/share/sounds/*",
    // Every text is UTF-8, or a tag as old as Latin-1.
    "/usr/lib/x86_64-linux-gnu/gconv/[A-HJ-T]*",
    "/usr/lib/x86_64-linux-gnu/gconv/IBM*",
    "/usr/lib/x86_64-linux-gnu/gconv/libCNS.so",
    "/usr/lib/x86_64-linux-gnu/gconv/lib[J-K]*",
];

/// What the packages' scripts need or make, and nobody in a car: no package is ever installed there.
pub const REMOVED: &[&str] = &[
    "usr/bin/perl",
    "usr/bin/perl5.36.0",
    "usr/lib/x86_64-linux-gnu/perl-base",
    "usr/share/perl5",
    "usr/bin/dpkg",
    "usr/bin/dpkg-deb",
    "usr/bin/dpkg-query",
    "usr/bin/dpkg-split",
    "usr/share/debconf",
    "var/lib/dpkg",
    "var/lib/apt",
    "var/cache/apt",
    "var/cache/debconf",
    "var/log",
    "var/cache/ldconfig",
    "usr/lib/udev/hwdb.bin",
    "usr/share/mime",
    "boot",
    "etc/udev/hwdb.bin",
];

/// What the kernel needs to see its disks and its displays; the first program loads them.
pub const FIRST_MODULES: &[&str] = &["virtio_pci", "virtio_blk", "squashfs", "ext4", "virtio_gpu"];

/// What udev and the units load later, as far as the machine has it.
pub const MODULES: &[&str] = &[
    "virtio_input",
    "evdev",
    "can-raw",
    "vcan",
    "kvaser_pci",
    "snd_hda_codec_generic",
    "snd_hda_intel",
    "i6300esb",
    "virtio_net",
    "virtio_rng",
    "xhci_pci",
    "usb_storage",
    "uas",
    "sd_mod",
    "vfat",
    "exfat",
    "nls_ascii",
    "nls_cp437",
    "nls_utf8",
];
