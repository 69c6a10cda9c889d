//! What takes how much room, by what it is there for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::recipe::{PARTS, PICKED};

/// What something in the image takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub bytes: u64,
    /// As it lies on the disk.
    pub packed: u64,
}

/// The parts in the order in which they are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes(pub Vec<Part>);

impl Sizes {
    pub fn total(&self) -> u64 {
        self.0.iter().map(|part| part.bytes).sum()
    }

    /// As lines, a part each.
    pub fn written(&self) -> String {
        self.0.iter().map(|part| format!("{} {} {}\n", part.bytes, part.packed, part.name)).collect()
    }

    /// From such lines; what is none is left out.
    pub fn read<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let part = |line: &str| {
            let (bytes, rest) = line.split_once(' ')?;
            let (packed, name) = rest.split_once(' ')?;
            Some(Part { name: name.to_owned(), bytes: bytes.parse().ok()?, packed: packed.parse().ok()? })
        };
        Self(lines.filter_map(part).collect())
    }
}

/// A package as dpkg knows it.
struct Package {
    needs: Vec<String>,
    essential: bool,
}

/// Which part each package belongs to: the first that needs it; what Debian always has belongs to `base`.
fn parts(status: &str) -> BTreeMap<String, &'static str> {
    let (mut packages, mut provided) = (BTreeMap::new(), BTreeMap::<String, String>::new());
    for paragraph in status.split("\n\n") {
        let field = |name: &str| {
            let mut lines = paragraph.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map_or("", str::trim)
        };
        let name = field("Package");
        if name.is_empty() {
            continue;
        }
        let named = |list: &str| {
            let words = list.split([',', '|']).filter_map(|word| word.trim().split([' ', ':']).next());
            words.filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        for other in named(field("Provides")) {
            provided.entry(other).or_insert_with(|| name.to_owned());
        }
        let needs = [named(field("Pre-Depends")), named(field("Depends"))].concat();
        packages.insert(name.to_owned(), Package { needs, essential: field("Essential") == "yes" });
    }
    let mut of = BTreeMap::new();
    let mut claim = |part: &'static str, begin: Vec<String>| {
        let mut open = begin;
        while let Some(name) = open.pop() {
            let name = provided.get(&name).filter(|_| !packages.contains_key(&name)).cloned().unwrap_or(name);
            let Some(package) = packages.get(&name) else { continue };
            if let Entry::Vacant(place) = of.entry(name) {
                place.insert(part);
                open.extend(package.needs.iter().cloned());
            }
        }
    };
    claim("base", packages.iter().filter(|(_, it)| it.essential).map(|(name, _)| name.clone()).collect());
    for (part, names) in PARTS {
        claim(part, names.iter().map(|name| (*name).to_owned()).collect());
    }
    of
}

/// What nobody brought: the packages' scripts made it, or the setting up.
const SET_UP: &str = "set up";

/// Every file of Debian's part, by its place below the root, and what it is there for.
///
/// # Errors
/// dpkg's own files are not there, or a folder cannot be read.
fn of_packages(base: &Path) -> Result<BTreeMap<PathBuf, &'static str>> {
    let base = fs::canonicalize(base)?;
    let info = base.join("var/lib/dpkg");
    let status = fs::read_to_string(info.join("status")).context("dpkg's list of packages")?;
    let parts = parts(&status);
    let mut of = BTreeMap::new();
    for entry in fs::read_dir(info.join("info")).context("dpkg's lists of files")? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "list") {
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let part = stem.split(':').next().and_then(|name| parts.get(name)).copied().unwrap_or("base");
        for file in fs::read_to_string(&path)?.lines() {
            // A package may name a folder by the link that leads to it.
            let place = base.join(file.trim_start_matches('/'));
            let folder = place.parent().and_then(|folder| fs::canonicalize(folder).ok());
            if let Some(folder) = folder.as_ref().and_then(|folder| folder.strip_prefix(&base).ok()) {
                of.insert(folder.join(place.file_name().unwrap_or_default()), part);
            }
        }
    }
    of.extend(PICKED.iter().map(|(part, _, file)| (PathBuf::from(file), *part)));
    Ok(of)
}

/// What everything below `stage` is there for, and what it takes. `base` is Debian's part as its packages left it, `ours` says of a place below the root whether it is
/// ours, and what for; `pack` packs a folder and says into how many bytes; `scraps` is a folder for that, on the same disk.
///
/// # Errors
/// A folder cannot be read or written.
pub fn of(
    stage: &Path,
    base: &Path,
    ours: impl Fn(&Path) -> Option<&'static str>,
    scraps: &Path,
    pack: impl Fn(&Path) -> Result<u64>,
) -> Result<Sizes> {
    let of = of_packages(base)?;
    let mut parts = BTreeMap::<&str, (u64, Vec<PathBuf>)>::new();
    walk(stage, &mut BTreeSet::new(), &mut |path, bytes| {
        let place = path.strip_prefix(stage).unwrap_or(path);
        let part = ours(place).or_else(|| of.get(place).copied()).unwrap_or(SET_UP);
        let (sum, files) = parts.entry(part).or_default();
        *sum += bytes;
        files.push(place.to_owned());
    })?;
    let debians = ["base"].into_iter().chain(PARTS.iter().map(|(name, _)| *name));
    let mut order: Vec<&str> = debians.chain([SET_UP]).filter(|name| parts.contains_key(name)).collect();
    let others: Vec<&str> = parts.keys().filter(|name| !order.contains(*name)).copied().collect();
    order.extend(others);
    let mut sizes = Sizes::default();
    for (name, (bytes, files)) in order.into_iter().filter_map(|name| Some((name, parts.get(name)?))) {
        crate::fetched::remove(scraps)?;
        for file in files {
            let to = scraps.join(file);
            fs::create_dir_all(to.parent().unwrap_or(scraps))?;
            fs::hard_link(stage.join(file), &to).with_context(|| format!("cannot link {}", to.display()))?;
        }
        sizes.0.push(Part { name: name.to_owned(), bytes: *bytes, packed: pack(scraps)? });
    }
    crate::fetched::remove(scraps)?;
    Ok(sizes)
}

/// Every file below a folder, in an order that is the same each time.
///
/// # Errors
/// A folder cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(folder, &mut BTreeSet::new(), &mut |path, _| files.push(path.to_owned()))?;
    Ok(files)
}

/// Files, each once however many names it has, in an order that is the same each time.
fn walk(folder: &Path, seen: &mut BTreeSet<u64>, see: &mut impl FnMut(&Path, u64)) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort_by(|a, b| a.as_os_str().as_bytes().cmp(b.as_os_str().as_bytes()));
    for path in paths {
        let facts = fs::symlink_metadata(&path).with_context(|| path.display().to_string())?;
        if facts.is_dir() {
            walk(&path, seen, see)?;
        } else if facts.is_file() && (facts.nlink() == 1 || seen.insert(facts.ino())) {
            see(&path, facts.len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_down_is_read_again() {
        let part = |name: &str, bytes| Part { name: name.to_owned(), bytes, packed: bytes / 2 };
        let sizes = Sizes(vec![part("fonts: Inter", 300), part("base", 7)]);
        assert_eq!(Sizes::read(sizes.written().lines()), sizes);
        assert_eq!(sizes.total(), 307);
    }

    #[test]
    fn every_file_is_counted_once_where_it_belongs() {
        let folder = tempfile::tempdir().unwrap();
        let put = |place: &str, bytes: &str| {
            let path = folder.path().join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        put("base/var/lib/dpkg/status", "Package: libfaad2\n\nPackage: bash\nEssential: yes\n");
        put("base/var/lib/dpkg/info/libfaad2:amd64.list", "/lib/libfaad.so\n");
        put("base/var/lib/dpkg/info/bash.list", "/usr/bin/bash\n");
        put("base/usr/lib/libfaad.so", "");
        put("base/usr/bin/bash", "");
        std::os::unix::fs::symlink("usr/lib", folder.path().join("base/lib")).unwrap();
        for (place, bytes) in [("usr/lib/libfaad.so", "four"), ("usr/bin/bash", "seven 7"), ("usr/bin/tandem", "12345")]
        {
            put(&format!("stage/{place}"), bytes);
        }
        put("stage/etc/ld.so.cache", "1");
        fs::hard_link(folder.path().join("stage/usr/bin/bash"), folder.path().join("stage/usr/bin/rbash")).unwrap();
        let ours = |place: &Path| place.ends_with("tandem").then_some("our programs");
        let files_of = |scraps: &Path| Ok(files(scraps)?.len() as u64);
        let at = |name: &str| folder.path().join(name);
        let sizes = of(&at("stage"), &at("base"), ours, &at("scraps"), files_of).unwrap();
        let told: Vec<_> = sizes.0.iter().map(|part| (part.name.as_str(), part.bytes, part.packed)).collect();
        assert_eq!(told, [("base", 7, 1), ("sound: AAC", 4, 1), ("set up", 1, 1), ("our programs", 5, 1)]);
        assert!(!at("scraps").exists());
    }

    #[test]
    fn a_package_belongs_to_the_first_part_that_needs_it() {
        let status = "\
Package: base-files
Essential: yes
Depends: awk

Package: mawk
Provides: awk

Package: udev
Depends: libudev1 (= 252), adduser | nobody

Package: libudev1:amd64

Package: fontconfig
Depends: libudev1, libfreetype6:any

Package: libfreetype6
";
        let parts = parts(status);
        let part = |name: &str| parts.get(name).copied().unwrap_or("none");
        assert_eq!(part("mawk"), "base");
        assert_eq!(part("udev"), "system");
        assert_eq!(part("fontconfig"), "display");
        assert_eq!(part("libfreetype6"), "display");
    }
}
