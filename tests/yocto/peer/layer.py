"""Reads a layer with BitBake's own parser, over stand-ins for what oe-core would have, and tells what a build would trip over.

layer.py YOCTO STUB SOURCE: the folder `yocto`, the stand-ins, and the checkout whose programs, units and policies the recipes install.
A line a finding, `FILE: what is wrong`; status 1 if there is any.
"""

import hashlib
import logging
import pathlib
import re
import sys
import tempfile
import tomllib
import types

# bb.siggen imports it, and the wheel has it not.
for absent in ("hashserv", "hashserv.client"):
    sys.modules[absent] = types.ModuleType(absent)

import bb
import bb.data
import bb.fetch2
import bb.parse

import configurations
import packages

RELEASE = "wrynose"


class Layer:
    def __init__(self, yocto, stub, source):
        self.yocto, self.stub, self.source = (pathlib.Path(path).resolve() for path in (yocto, stub, source))
        self.path = self.yocto / "meta-tandem"
        self.others = tomllib.loads((self.stub.parent / "others.toml").read_text())
        self.findings = []
        self.read = 0

    def tell(self, file, what):
        """Keeps a finding, once, whichever machine it was found for."""
        path = pathlib.Path(file)
        name = path.relative_to(self.yocto) if path.is_relative_to(self.yocto) else path
        line = f"{name}: {what}"
        if line not in self.findings:
            self.findings.append(line)

    def listed(self, kind):
        return {name for layer in self.others.values() for name in layer.get(kind, [])}

    def handle(self, file, data, include=True):
        """What the parser makes of a file; None, and a finding, if it refuses it."""
        self.read += 1
        try:
            return bb.parse.handle(str(file), data, include)
        except (Exception, SystemExit) as error:  # the parser has a dozen kinds of its own
            self.tell(file, f"not read: {error}")
            return None

    def base(self, machine, top):
        """The configuration before any recipe, as for one machine."""
        data = bb.data.init()
        data.setVar("TOPDIR", str(top))
        data.setVar("BBPATH", f"{self.stub}:{self.path}")
        data.setVar("MACHINE", machine)
        bb.parse.init_parser(data)
        data.setVar("LAYERDIR", str(self.path))
        for file in (self.path / "conf/layer.conf", self.stub / "conf/bitbake.conf", self.stub / f"conf/machine/{machine}.conf"):
            data = self.handle(file, data) or data
        data.setVar("TANDEM_SOURCE", str(self.source))
        for distro in self.distros():
            data = self.handle(distro, data) or data
        data.setVar("__bbclasstype", "global")
        bb.parse.BBHandler.inherit("base", "layer.py", 1, data)
        data.setVar("__bbclasstype", "recipe")
        return data

    def distros(self):
        return sorted(self.path.glob("conf/distro/*.conf"))

    def recipes(self):
        return sorted(file for file in self.path.rglob("*.bb"))

    def appends(self):
        """Each file that adds to another layer's recipe, with the stand-in for that recipe."""
        known = sorted(self.stub.glob("recipes/*.bb"))
        for append in sorted(self.path.rglob("*.bbappend")):
            start = append.name.removesuffix(".bbappend").replace("%", "")
            found = [recipe for recipe in known if recipe.name.startswith(start)]
            if not found:
                self.tell(append, "there is no such recipe in the layers that we know")
            yield from ((append, recipe) for recipe in found)


def check_layer(layer, data):
    conf = layer.path / "conf/layer.conf"
    if RELEASE not in (data.getVar("LAYERSERIES_COMPAT_tandem") or "").split():
        layer.tell(conf, f"LAYERSERIES_COMPAT lacks {RELEASE}")
    if (layer.path / "wic").exists():
        layer.tell(layer.path / "wic", "a layer's disk layouts lie in files/wic")
    for pattern in (data.getVar("BBFILES_DYNAMIC") or "").split():
        if not list(pathlib.Path("/").glob(pattern.split(":", 1)[1].lstrip("/"))):
            layer.tell(conf, f"BBFILES_DYNAMIC {pattern}: matches no file")
    for distro in layer.distros():
        text = distro.read_text()
        if f'DISTRO = "{distro.stem}"' not in text:
            layer.tell(distro, "DISTRO is not the file's name")
        if "defaultsetup.conf" in text:
            layer.tell(distro, "bitbake.conf includes defaultsetup.conf by itself")
    layout = data.getVar("WKS_FILE")
    if layout and not (layer.path / "files/wic" / layout).exists():
        layer.tell(layer.distros()[0], f"WKS_FILE {layout}: no such file in files/wic")
    for table in ("USERADD_UID_TABLES", "USERADD_GID_TABLES"):
        for name in (data.getVar(table) or "").split():
            if not (layer.path / name).exists():
                layer.tell(layer.distros()[0], f"{table}: there is no {name}")


def check_sources(layer, file, data):
    """Everything that is fetched has a checksum, what is in the layer is there, and a licence is the text that it was."""
    for uri in (data.getVar("SRC_URI") or "").split():
        scheme, _, path, _, _, parameters = bb.fetch2.decodeurl(uri)
        if scheme == "file":
            if not bb.utils.which(data.getVar("FILESPATH"), path.lstrip("/")):
                layer.tell(file, f"{uri}: there is no such file beside the recipe")
        elif scheme == "crate":
            if not data.getVarFlag("SRC_URI", f"{parameters.get('name')}.sha256sum"):
                layer.tell(file, f"{uri}: no sha256sum")
        elif not data.getVarFlag("SRC_URI", "sha256sum"):
            layer.tell(file, f"{uri}: no sha256sum")
    for uri in (data.getVar("LIC_FILES_CHKSUM") or "").split():
        _, _, path, _, _, parameters = bb.fetch2.decodeurl(uri)
        text = pathlib.Path(data.getVar("EXTERNALSRC") or "/", path.lstrip("/"))
        if not data.getVar("EXTERNALSRC") or path.startswith(data.getVar("COMMON_LICENSE_DIR")):
            continue
        if not text.exists() or hashlib.md5(text.read_bytes()).hexdigest() != parameters["md5"]:
            layer.tell(file, f"LIC_FILES_CHKSUM: {path} has another md5, or is not there")


def check_recipe(layer, file, data, names):
    pn = data.getVar("PN")
    if pn in [distro.stem for distro in layer.distros()]:
        layer.tell(file, f"PN {pn} is a DISTRO, too: it lands in OVERRIDES")
    for wanted in ("SUMMARY", "LICENSE"):
        if not data.getVar(wanted):
            layer.tell(file, f"{wanted} is not set")
    if re.search(r'^S\s*=.*\$\{WORKDIR\}', file.read_text(), re.MULTILINE):
        layer.tell(file, "S lies in ${WORKDIR}: sources come to ${UNPACKDIR}")
    check_sources(layer, file, data)
    for recipe in (data.getVar("DEPENDS") or "").split():
        if recipe not in layer.listed("recipes"):
            layer.tell(file, f"DEPENDS {recipe}: neither ours nor in others.toml")
    wanted = {("IMAGE_INSTALL", name) for name in (data.getVar("IMAGE_INSTALL") or "").split()}
    for package in data.getVar("PACKAGES").split():
        for relation in ("RDEPENDS", "RRECOMMENDS"):
            wanted |= {(f"{relation}:{package}", name) for name in (data.getVar(f"{relation}:{package}") or "").split()}
    for variable, name in sorted(wanted):
        if name not in names | layer.listed("packages"):
            layer.tell(file, f"{variable} {name}: neither ours nor in others.toml")
    for variable in ("LICENSE", *(f"LICENSE:{package}" for package in data.getVar("PACKAGES").split())):
        try:
            compile(re.sub(r"[A-Za-z0-9.+-]+", "1", data.getVar(variable) or "1"), variable, "eval")
        except SyntaxError:
            layer.tell(file, f"{variable} is no expression of licences")


def main(yocto, stub, source):
    logging.getLogger("BitBake").setLevel(logging.CRITICAL)
    layer = Layer(yocto, stub, source)
    machines = configurations.check(layer, RELEASE)
    with tempfile.TemporaryDirectory() as top:
        for number, machine in enumerate(machines):
            data = layer.base(machine, top)
            check_layer(layer, data)
            read = [(file, layer.handle(file, bb.data.createCopy(data), False)) for file in layer.recipes()]
            recipes = [(file, found[""]) for file, found in read if found]
            names = {name for _, recipe in recipes for name in recipe.getVar("PACKAGES").split()}
            for file, recipe in recipes:
                check_recipe(layer, file, recipe, names)
                # What is installed does not hang on the machine.
                if number == 0 and recipe.getVar("TANDEM_DIST"):
                    packages.check(layer, file, recipe)
            for append, recipe in layer.appends():
                copy = bb.data.createCopy(data)
                copy.setVar("__BBAPPEND", str(append))
                found = layer.handle(recipe, copy, False)
                if found:
                    check_sources(layer, append, found[""])
    print(*layer.findings, sep="\n", end="\n" if layer.findings else "")
    print(f"{len(machines)} machines, {layer.read} files read, {len(layer.findings)} findings", file=sys.stderr)
    return bool(layer.findings)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
