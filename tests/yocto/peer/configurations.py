"""kas: each file by kas' own schema, and what it names is there."""

import json
import pathlib

import jsonschema
import kas
import yaml

SCHEMA = json.loads((pathlib.Path(kas.__file__).parent / "schema-kas.json").read_text())


def merged(layer, file, seen=()):
    """A file over what it includes, repositories and all."""
    try:
        content = yaml.safe_load(file.read_text())
        jsonschema.validate(content, SCHEMA)
    except (yaml.YAMLError, jsonschema.ValidationError, OSError) as error:
        layer.tell(file, f"not kas: {str(error).splitlines()[0]}")
        return {"repos": {}}
    layer.read += 1
    whole = {"repos": {}}
    for include in content["header"].get("includes", []):
        # As kas has it: from the root of the repository, wherever the file itself lies.
        path = layer.yocto.parent / include
        if not path.exists() or path in seen:
            layer.tell(file, f"includes {include}: no such file from the root of the repository")
            continue
        below = merged(layer, path, (*seen, path))
        whole |= below
    repos = whole["repos"] | content.get("repos", {})
    return whole | content | {"repos": repos}


def check(layer, release):
    """Checks every file; the machines that they are for."""
    machines = []
    conf = (layer.path / "conf/layer.conf").read_text()
    needed = conf.split("LAYERDEPENDS_tandem = ", 1)[-1].split('"')[1].split()
    for file in sorted(layer.yocto.glob("kas/*.yml")):
        whole = merged(layer, file)
        if "machine" not in whole:
            continue
        machine = whole["machine"]
        if (layer.stub / f"conf/machine/{machine}.conf").exists():
            machines.append(machine)
        else:
            layer.tell(file, f"machine {machine} is in none of the layers that we know")
        if machine != file.stem:
            layer.tell(file, f"is named otherwise than its machine {machine}")
        if not (layer.path / f"conf/distro/{whole.get('distro')}.conf").exists():
            layer.tell(file, f"distro {whole.get('distro')} is not in the layer")
        target = whole.get("target")
        for recipe in [target] if isinstance(target, str) else target or []:
            if not list(layer.path.glob(f"recipes-*/*/{recipe}*.bb")):
                layer.tell(file, f"target {recipe} is no recipe of the layer")
        paths = {path for repo in whole["repos"].values() for path in (repo or {}).get("layers", {})}
        for name in needed:
            if layer.others.get(name, {}).get("path") not in paths:
                layer.tell(file, f"lacks the layer {name}, which ours depends on")
        for path in paths:
            if path.startswith("yocto/") and not (layer.yocto.parent / path / "conf/layer.conf").exists():
                layer.tell(file, f"{path} is no layer")
        for name, repo in whole["repos"].items():
            if repo and name != "bitbake" and "url" in repo and repo.get("branch") != release:
                layer.tell(file, f"{name} is not of {release}")
    return machines
