"""Runs a recipe's own do_install over the checkout, deals its files to the packages as BitBake would, and looks at units, accounts and policies in them."""

import configparser
import pathlib
import re
import shlex
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as xml

import bb.data
import bb.fetch2

# Of systemd 254, and Debian 12 has 252: it says so, and goes on.
NEWER = re.compile(r"Unknown key '(RestartSteps|RestartMaxDelaySec)'")
# Every image has it.
SHELL = "/bin/sh"
# What a unit may wait for in any system.
SYSTEM = (
    "basic.target", "dbus.service", "dbus.socket", "local-fs.target", "multi-user.target", "network.target", "paths.target", "shutdown.target",
    "slices.target", "sockets.target", "sysinit.target", "timers.target", "umount.target", "-.slice", "system.slice",
)


def crates(source):
    """The workspace's crates by name: their programs, and whether they link Slint."""
    workspace = tomllib.loads((source / "Cargo.toml").read_text())
    found = {}
    for member in workspace["workspace"]["members"]:
        manifest = tomllib.loads((source / member / "Cargo.toml").read_text())
        name = manifest["package"]["name"]
        main = [name] if (source / member / "src/main.rs").exists() else []
        programs = {program["name"] for program in manifest.get("bin", [])} or set(main)
        found[name] = (programs, set(manifest.get("dependencies", {})))
    slint, before = {"slint"}, set()
    while slint != before:
        before = set(slint)
        slint |= {name for name, (_, needs) in found.items() if needs & slint}
    version = workspace["workspace"]["package"]["version"]
    return version, {name: (programs, name in slint) for name, (programs, _) in found.items()}


def install(layer, file, data, programs):
    """The folder that do_install fills; None, and a finding, if it fails."""
    image, unpacked, log = (pathlib.Path(data.getVar(name)) for name in ("D", "UNPACKDIR", "WORKDIR"))
    shutil.rmtree(log, ignore_errors=True)
    for folder in (image, unpacked):
        folder.mkdir(parents=True)
    for uri in data.getVar("SRC_URI").split():
        scheme, _, path = bb.fetch2.decodeurl(uri)[:3]
        found = scheme == "file" and bb.utils.which(data.getVar("FILESPATH"), path.lstrip("/"))
        if found:
            shutil.copy(found, unpacked)
    data.setVar("S", data.getVar("EXTERNALSRC"))
    data.setVar("STUB_PROGRAMS", " ".join(sorted(programs)))
    script = log / "run.do_install"
    with script.open("w") as out:
        out.write("set -e\n")
        bb.data.emit_func("do_install", out, data)
        out.write("do_install\n")
    ran = subprocess.run(["sh", str(script)], capture_output=True, text=True, check=False)
    if ran.returncode:
        layer.tell(file, f"do_install: {ran.stderr.strip().splitlines()[-1]}")
        return None
    return image


def deal(layer, file, data, image):
    """Which package has which files."""
    left = {f"/{path.relative_to(image)}" for path in image.rglob("*") if not path.is_dir()}
    dealt = {}
    for package in data.getVar("PACKAGES").split():
        patterns = (data.getVar(f"FILES:{package}") or "").split()
        # systemd.bbclass adds the units itself.
        units = [f"{data.getVar('systemd_system_unitdir')}/{unit}" for unit in (data.getVar(f"SYSTEMD_SERVICE:{package}") or "").split()]
        mine = set()
        for pattern in patterns + units:
            regex = re.compile(re.escape(pattern).replace(r"\*", "[^/]*") + "(/.*)?")
            matched = {name for name in left if regex.fullmatch(name)}
            if not matched and package != data.getVar("PN"):
                layer.tell(file, f"{package}: {pattern} matches nothing that is installed, or another package has it")
            mine |= matched
        left -= mine
        dealt[package] = mine
    for name in sorted(dealt.get(data.getVar("PN"), set()) | left):
        layer.tell(file, f"{name} is installed, and in no package of its own")
    return dealt


def accounts(layer, file, data, image, package):
    """The accounts and groups that a package makes, held against the sysusers.d file that other systems make theirs by."""
    made, groups = {}, set()
    for line in (data.getVar(f"USERADD_PARAM:{package}") or "").split(";"):
        words = shlex.split(line)
        if words:
            options = {key: words[words.index(key) + 1] for key in ("--comment", "--home-dir", "--shell") if key in words}
            made[words[-1]] = options
    for line in (data.getVar(f"GROUPADD_PARAM:{package}") or "").split(";"):
        groups.add((shlex.split(line) or [""])[-1])
    told, told_groups = {}, set()
    for config in sorted(image.glob("usr/lib/sysusers.d/*.conf")):
        for words in (shlex.split(line, comments=True) for line in config.read_text().splitlines()):
            if words[:1] == ["u"]:
                text, home, shell = ([word for word in words[3:]] + ["-"] * 3)[:3]
                told[words[1]] = {"--comment": text, "--home-dir": home.replace("-", "/", 1), "--shell": shell.replace("-", "/usr/sbin/nologin", 1)}
            elif words[:1] == ["g"]:
                told_groups.add(words[1])
    # The system's own are named so that they are there, and are.
    told_groups -= layer.listed("groups")
    for name in sorted(made.keys() | told.keys()):
        if made.get(name) != told.get(name):
            layer.tell(file, f"account {name}: USERADD_PARAM makes {made.get(name)}, sysusers.d {told.get(name)}")
    if groups - {""} != told_groups:
        layer.tell(file, f"groups: GROUPADD_PARAM makes {sorted(groups)}, sysusers.d {sorted(told_groups)}")
    for table, names in (("USERADD_UID_TABLES", set(made)), ("USERADD_GID_TABLES", set(made) | told_groups)):
        files = [layer.path / name for name in (data.getVar(table) or "").split()]
        lines = [line.split(":") for path in files if path.exists() for line in path.read_text().splitlines()]
        if {line[0] for line in lines} != names or len({line[2] for line in lines}) != len(lines):
            layer.tell(file, f"{table} has not each of {sorted(names)} once, with a number of its own")
    root = image.parent / "root"
    shutil.copytree(image / "usr/lib/sysusers.d", root / "usr/lib/sysusers.d")
    (root / "etc").mkdir()
    ran = subprocess.run(["systemd-sysusers", f"--root={root}"], capture_output=True, text=True, check=False)
    for line in ran.stderr.splitlines():
        if not line.startswith("Creating "):
            layer.tell(file, f"systemd-sysusers: {line.removeprefix(str(root))}")
    return made, groups | set(made)


def check_units(layer, file, data, image, dealt, users, groups):
    folder = image / data.getVar("systemd_system_unitdir").lstrip("/")
    enabled = {}
    for package in data.getVar("PACKAGES").split():
        for unit in (data.getVar(f"SYSTEMD_SERVICE:{package}") or "").split():
            enabled[unit] = package
            if not (folder / unit).exists():
                layer.tell(file, f"SYSTEMD_SERVICE:{package} {unit}: no such unit")
            if package not in data.getVar("SYSTEMD_PACKAGES").split():
                layer.tell(file, f"SYSTEMD_PACKAGES lacks {package}, which has {unit}")
    for package in data.getVar("SYSTEMD_PACKAGES").split():
        if package not in data.getVar("PACKAGES").split():
            layer.tell(file, f"SYSTEMD_PACKAGES names {package}, which is no package")
    units = sorted(unit for unit in folder.iterdir() if unit.is_file())
    for unit in units:
        package = enabled.get(unit.name)
        if not package:
            layer.tell(file, f"{unit.name} is in no SYSTEMD_SERVICE: nothing would start it")
        elif unit.suffix == ".service":
            check_service(layer, file, data, unit, package, dealt, users, groups)
    for name in SYSTEM:
        (folder / name).write_text("[Unit]\n" + ("[Service]\nExecStart=/bin/true\n" if name.endswith(".service") else "") + ("[Socket]\nListenStream=/run/x\n" if name.endswith(".socket") else ""))
    (image / "bin").mkdir()
    for program in ("/bin/true", SHELL):
        shutil.copy(program, image / "bin")
    names = [unit.name for unit in units]
    ran = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={image}", *names], capture_output=True, text=True, check=False)
    for line in ran.stderr.splitlines():
        if not NEWER.search(line):
            layer.tell(file, f"systemd-analyze verify: {line.replace(str(image), '')}")


def check_service(layer, file, data, unit, package, dealt, users, groups):
    content = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=", comment_prefixes="#;")
    content.optionxform = str
    content.read_string(unit.read_text())
    service = content["Service"]
    makers = {package, *(data.getVar(f"RDEPENDS:{package}") or "").split()}
    user = service.get("User", "root")
    if user not in layer.listed("accounts") and users.get(user) not in makers:
        layer.tell(file, f"{unit.name}: User={user} is made by none of {sorted(makers)}")
    for group in service.get("SupplementaryGroups", "").split():
        if group not in groups | layer.listed("groups"):
            layer.tell(file, f"{unit.name}: group {group} is in no layer that we know")
    program = service["ExecStart"].split()[0]
    if program != SHELL and program not in dealt[package]:
        layer.tell(file, f"{unit.name} starts {program}, which {package} has not")
    settings = service.get("EnvironmentFile", "").removeprefix("-")
    if settings and settings not in dealt[package]:
        layer.tell(file, f"{unit.name} reads {settings}, which {package} has not")


def check_policies(layer, file, image, users, groups):
    for policy in sorted(image.glob("usr/share/dbus-1/system.d/*")):
        try:
            root = xml.fromstring(policy.read_text())
        except xml.ParseError as error:
            layer.tell(file, f"{policy.name}: {error}")
            continue
        if root.tag != "busconfig":
            layer.tell(file, f"{policy.name} is no configuration of the bus")
        for rules in root.iter("policy"):
            if rules.get("user", "root") not in {"root", *users}:
                layer.tell(file, f"{policy.name}: nobody makes the account {rules.get('user')}")
            if rules.get("group", "tandem") not in groups:
                layer.tell(file, f"{policy.name}: nobody makes the group {rules.get('group')}")


def check(layer, file, data):
    version, workspace = crates(layer.source)
    if data.getVar("PV") != version:
        layer.tell(file, f"is version {data.getVar('PV')}, the workspace {version}")
    slint, programs = {}, set()
    for crate in data.getVar("TANDEM_CRATES").split():
        if crate not in workspace:
            layer.tell(file, f"TANDEM_CRATES {crate}: no crate of the workspace")
            continue
        found, links = workspace[crate]
        programs |= found
        slint |= {f"{data.getVar('bindir')}/{program}": links for program in found}
    image = install(layer, file, data, programs)
    if not image:
        return
    dealt = deal(layer, file, data, image)
    for package, files in dealt.items():
        licence = data.getVar(f"LICENSE:{package}") or data.getVar("LICENSE")
        linked = any(slint.get(name) for name in files)
        if files and linked != ("GPL-3.0-only" in licence):
            layer.tell(file, f"{package} is {licence}, and {'links' if linked else 'does not link'} Slint")
    users, groups = {}, set()
    for package in (data.getVar("USERADD_PACKAGES") or "").split():
        made, more = accounts(layer, file, data, image, package)
        users |= dict.fromkeys(made, package)
        groups |= more
    check_policies(layer, file, image, users, groups)
    check_units(layer, file, data, image, dealt, users, groups)
