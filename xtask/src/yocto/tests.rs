//! Each fault that a layer can have is put into a copy of ours, one at a time, and the checker has to find it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{CRATES, check, write_crates};

const LAYER: &str = "yocto/meta-tandem/conf/layer.conf";
const DISTRO: &str = "yocto/meta-tandem/conf/distro/tandem-os.conf";
const RECIPE: &str = "yocto/meta-tandem/recipes-tandem/tandem/tandem_0.1.0.bb";
const GROUP: &str = "yocto/meta-tandem/recipes-tandem/packagegroups/packagegroup-tandem.bb";
const IMAGE: &str = "yocto/meta-tandem/recipes-tandem/images/tandem-image.bb";
const FONT: &str = "yocto/meta-tandem/recipes-graphics/fonts/fonts-inter_4.0.bb";
const KERNEL: &str = "yocto/meta-tandem/recipes-kernel/linux/linux-can.inc";
const NUMBERS: &str = "yocto/meta-tandem/files/tandem-passwd";
const VEHICLE: &str = "services/vehicle/dist/tandem-vehicle.service";
const POLICY: &str = "services/vehicle/dist/tandem-vehicle.conf";
const ACCOUNTS: &str = "services/policy/dist/tandem.sysusers";
const KAS: &str = "yocto/kas/qemux86-64.yml";
const BASE: &str = "yocto/kas/base.yml";

/// In this file, this is written for that, and the finding says so.
const FAULTS: &[(&str, &str, &str, &str)] = &[
    (LAYER, "= \"wrynose\"", "= \"scarthgap\"", "LAYERSERIES_COMPAT lacks wrynose"),
    (LAYER, "BBPATH .= \":${LAYERDIR}\"", "BBPATH .= \":${LAYERDIR}", "layer.conf: not read"),
    (LAYER, "dynamic-layers/raspberrypi", "dynamic-layers/raspbery", "matches no file"),
    (DISTRO, "DISTRO = \"tandem-os\"", "DISTRO = \"tandem\"", "DISTRO is not the file's name"),
    (
        DISTRO,
        "INIT_MANAGER",
        "include conf/distro/defaultsetup.conf\nINIT_MANAGER",
        "includes defaultsetup.conf by itself",
    ),
    (DISTRO, "tandem-qemu.wks", "tandem-qemoo.wks", "WKS_FILE tandem-qemoo.wks: no such file"),
    (DISTRO, "files/tandem-passwd", "files/passwd", "there is no files/passwd"),
    (RECIPE, "inherit cargo ", "inherit kargo ", "Could not inherit file classes/kargo.bbclass"),
    (RECIPE, "EXTERNALSRC = ", "S = \"${WORKDIR}/git\"\nEXTERNALSRC = ", "S lies in ${WORKDIR}"),
    (RECIPE, "md5=ddf123", "md5=ddf124", "LICENSE-MIT has another md5"),
    (RECIPE, "LICENSE = \"(MIT", "LICENSE = \"(MIT &", "LICENSE is no expression"),
    (
        RECIPE,
        "LICENSE:${PN}-panel = \"GPL-3.0-only\"",
        "LICENSE:${PN}-panel = \"MIT\"",
        "tandem-panel is MIT, and links Slint",
    ),
    (RECIPE, "LICENSE:${PN}-cli = \"MIT | Apache-2.0\"", "LICENSE:${PN}-cli = \"GPL-3.0-only\"", "does not link Slint"),
    (RECIPE, "virtual/libgbm", "virtual/libgmb", "DEPENDS virtual/libgmb: neither ours"),
    (RECIPE, "plugins-good-flac", "plugins-good-flak", "gstreamer1.0-plugins-good-flak: neither ours"),
    (RECIPE, "= \"${PN}-base ${PN}-cars\"", "= \"${PN}-bass ${PN}-cars\"", "tandem-bass: neither ours"),
    (
        RECIPE,
        "file://80-tandem-can.network",
        "file://80-tandem-cam.network",
        "80-tandem-cam.network: there is no such file",
    ),
    (RECIPE, "    tandem-vehicle \\\n", "    tandem-vehicel \\\n", "tandem-vehicel: no crate of the workspace"),
    (RECIPE, "    tandem-panel \\\n", "", "/usr/bin/tandem-panel matches nothing"),
    (RECIPE, "${bindir}/tandem-camera", "", "/usr/bin/tandem-camera is installed, and in no package"),
    (RECIPE, "    services/settings/dist \\\n", "", "tandem-settings.service: no such unit"),
    (RECIPE, "= \"tandem-media.service\"", "= \"tandem-medya.service\"", "tandem-medya.service: no such unit"),
    (
        RECIPE,
        "SYSTEMD_SERVICE:${PN}-cluster = \"tandem-cluster.service\"",
        "",
        "tandem-cluster.service is in no SYSTEMD_SERVICE",
    ),
    (
        RECIPE,
        "    ${PN}-media \\\n    ${PN}-phone-link \\\n    ${PN}-settings \\\n    ${PN}-vehicle",
        "",
        "SYSTEMD_PACKAGES lacks tandem-media",
    ),
    (RECIPE, "phones' tandem-phone-link;", "phones' tandem-phone;", "account tandem-phone: "),
    (RECIPE, "GROUPADD_PARAM:${PN}-base = \"--system tandem\"", "", "groups: GROUPADD_PARAM makes"),
    (RECIPE, "cp -R", "cp --no-such-option", "do_install: "),
    (GROUP, "wireplumber", "wireplumer", "RDEPENDS:packagegroup-tandem wireplumer: neither ours"),
    (IMAGE, "packagegroup-tandem", "packagegroup-tandm", "IMAGE_INSTALL packagegroup-tandm: neither ours"),
    (IMAGE, "LICENSE = \"MIT\"", "", "LICENSE is not set"),
    (FONT, "SRC_URI[sha256sum]", "SRC_URI[sha1sum]", "no sha256sum"),
    (KERNEL, "file://can.cfg", "file://kan.cfg", "kan.cfg: there is no such file"),
    (NUMBERS, ":855:", ":854:", "with a number of its own"),
    (CRATES, "SRC_URI[anyhow-", "SRC_URI[anihow-", "crate://crates.io/anyhow/"),
    (VEHICLE, "User=tandem-vehicle", "User=tandem-car", "User=tandem-car is made by none"),
    (
        VEHICLE,
        "ExecStart=/usr/bin/tandem-vehicle",
        "ExecStart=/usr/bin/tandem-media",
        "starts /usr/bin/tandem-media, which",
    ),
    (VEHICLE, "/etc/tandem/vehicle.env", "/etc/tandem/car.env", "reads /etc/tandem/car.env, which"),
    (VEHICLE, "WatchdogSec=3s", "WatchdogSec=soon", "systemd-analyze verify: "),
    (POLICY, "</busconfig>", "", "tandem-vehicle.conf: "),
    (POLICY, "<policy user=\"tandem-vehicle\">", "<policy user=\"tandem-car\">", "nobody makes the account tandem-car"),
    (ACCOUNTS, "\"Tandem, phones\"", "\"Tandem: phones\"", "systemd-sysusers: "),
    (ACCOUNTS, "g     tandem ", "g     people ", "groups: GROUPADD_PARAM makes"),
    (KAS, "machine:", "machin:", "not kas: "),
    (KAS, "machine: qemux86-64", "machine: qemux86", "machine qemux86 is in none"),
    (KAS, "yocto/kas/base.yml", "base.yml", "no such file from the root"),
    (BASE, "distro: tandem-os", "distro: tandem", "distro tandem is not in the layer"),
    (BASE, "target: tandem-image", "target: tandem-picture", "target tandem-picture is no recipe"),
    (BASE, "      meta-multimedia:\n", "", "lacks the layer multimedia-layer"),
    (
        BASE,
        "branch: wrynose\n    layers:\n      meta:",
        "branch: scarthgap\n    layers:\n      meta:",
        "openembedded-core is not of wrynose",
    ),
];

/// Files that have another name.
const RENAMED: &[(&str, &str, &str)] = &[
    (RECIPE, "yocto/meta-tandem/recipes-tandem/tandem/tandem_0.2.0.bb", "is version 0.2.0, the workspace"),
    (DISTRO, "yocto/meta-tandem/conf/distro/tandem.conf", "PN tandem is a DISTRO, too"),
    (CRATES, "yocto/meta-tandem/recipes-tandem/tandem/crates.inc", "tandem_0.1.0.bb: not read"),
    (
        "yocto/meta-tandem/recipes-kernel/linux/linux-yocto_%.bbappend",
        "yocto/meta-tandem/recipes-kernel/linux/linux-yokto_%.bbappend",
        "there is no such recipe",
    ),
    ("yocto/meta-tandem/files/wic/tandem-qemu.wks", "yocto/meta-tandem/wic/tandem-qemu.wks", "lie in files/wic"),
    (VEHICLE, "services/vehicle/dist/tandem-vehicle.unit", "nobody said where it goes"),
];

/// What only the linter sees.
const LINTED: &[(&str, &str, &str, &str)] = &[
    (RECIPE, "INSANE_SKIP:${PN} +=", "INSANE_SKIP_${PN} +=", "oelint."),
    (RECIPE, "DEPENDS = \"", "DEPEND = \"", "oelint.vars.mispell"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The parser's Python: `$TANDEM_YOCTO_PYTHON`, which `cargo xtask test` sets, or the one that it made before.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("TANDEM_YOCTO_PYTHON").filter(|path| !path.is_empty()).map(PathBuf::from);
    let python =
        named.or_else(|| Some(crate::chores::cache().ok()?.join("yocto/bin/python3"))).filter(|path| path.is_file());
    if python.is_none() {
        crate::chores::skip("no Python with BitBake's parser; `cargo xtask yocto check` makes one").unwrap();
    }
    python
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in from.read_dir().unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

/// A copy of all that the checker looks at.
fn tree() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    let (from, to) = (root(), tree.path());
    for name in ["yocto", "Cargo.toml", "Cargo.lock", "LICENSE-MIT", "LICENSE-APACHE"] {
        copy(&from.join(name), &to.join(name));
    }
    let workspace: toml::Table = fs::read_to_string(from.join("Cargo.toml")).unwrap().parse().unwrap();
    for member in workspace["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        for name in ["Cargo.toml", "src/main.rs", "dist"] {
            let name = Path::new(member).join(name);
            if from.join(&name).exists() {
                copy(&from.join(&name), &to.join(&name));
            }
        }
    }
    std::os::unix::fs::symlink(from.join("assets"), to.join("assets")).unwrap();
    write_crates(to).unwrap();
    tree
}

/// What a checker says, and whether it is content.
fn said(mut command: Command) -> (bool, String) {
    let output = command.output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&told).into_owned())
}

/// Runs every case; those whose finding is missing, with what was said. A case leaves its tree as it was.
fn missed<T: Sync>(cases: &[T], try_one: impl Fn(&Path, &T) -> Option<String> + Sync) -> Vec<String> {
    let halves = cases.split_at(cases.len() / 2);
    std::thread::scope(|scope| {
        let runs = [halves.0, halves.1].map(|half| {
            let try_one = &try_one;
            scope.spawn(move || {
                let tree = tree();
                half.iter().filter_map(|case| try_one(tree.path(), case)).collect::<Vec<_>>()
            })
        });
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    })
}

/// What `read` says while in a file this is written for that.
fn with(tree: &Path, file: &str, this: &str, that: &str, read: impl FnOnce() -> Command) -> (bool, String) {
    let path = tree.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(this), "{file} has no {this:?} any more");
    fs::write(&path, text.replacen(this, that, 1)).unwrap();
    let told = said(read());
    fs::write(&path, text).unwrap();
    told
}

fn missing(case: &str, finding: &str, (content, told): (bool, String)) -> Option<String> {
    (content || !told.contains(finding)).then(|| format!("{case}: no {finding:?} in\n{told}"))
}

#[test]
fn our_own_layer_has_no_fault() {
    let Some(python) = python() else { return };
    let tree = tree();
    let tools = root().join("tests/yocto");
    let (content, told) = said(check::read(tree.path(), &tools, &python).unwrap());
    assert!(content && told.contains("4 machines") && told.contains(" 0 findings"), "{told}");
    let (content, told) = said(check::lint(tree.path(), &tools, &python).unwrap());
    assert!(content, "{told}");
}

#[test]
fn every_fault_of_a_layer_is_found() {
    let Some(python) = python() else { return };
    let tools = root().join("tests/yocto");
    let missed = missed(FAULTS, |tree, (file, this, that, finding)| {
        let told = with(tree, file, this, that, || check::read(tree, &tools, &python).unwrap());
        missing(&format!("{file}, {that:?}"), finding, told)
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn every_file_under_another_name_is_found() {
    let Some(python) = python() else { return };
    let tools = root().join("tests/yocto");
    let missed = missed(RENAMED, |tree, (from, to, finding)| {
        fs::create_dir_all(tree.join(to).parent().unwrap()).unwrap();
        fs::rename(tree.join(from), tree.join(to)).unwrap();
        let told = said(check::read(tree, &tools, &python).unwrap());
        fs::rename(tree.join(to), tree.join(from)).unwrap();
        // A folder that is there alone is a finding, too.
        let _ = fs::remove_dir(tree.join(to).parent().unwrap());
        missing(to, finding, told)
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_only_a_linter_sees_is_found() {
    let Some(python) = python() else { return };
    let tools = root().join("tests/yocto");
    let missed = missed(LINTED, |tree, (file, this, that, finding)| {
        let told = with(tree, file, this, that, || check::lint(tree, &tools, &python).unwrap());
        missing(&format!("{file}, {that:?}"), finding, told)
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
