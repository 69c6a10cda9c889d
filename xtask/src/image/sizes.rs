//! What takes how much room, by what it is there for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::recipe::PARTS;

/// Bytes of each part, the parts in the order in which they are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes(pub Vec<(String, u64)>);

impl Sizes {
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, bytes)| bytes).sum()
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

/// The files of Debian's packages below `root`, by part. What their scripts made is `set up`.
///
/// # Errors
/// dpkg's own files are not there, or a folder cannot be read.
pub fn of_packages(root: &Path) -> Result<Sizes> {
    let info = root.join("var/lib/dpkg");
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
            let place = root.join(file.trim_start_matches('/'));
            if let Some(folder) = place.parent().and_then(|folder| fs::canonicalize(folder).ok()) {
                of.insert(folder.join(place.file_name().unwrap_or_default()), part);
            }
        }
    }
    let mut sizes = BTreeMap::<&str, u64>::new();
    let root = fs::canonicalize(root)?;
    walk(&root, &mut BTreeSet::new(), &mut |path, bytes| {
        let kept = !super::recipe::REMOVED.iter().any(|gone| path.starts_with(root.join(gone)));
        if kept {
            *sizes.entry(of.get(path).copied().unwrap_or("set up")).or_default() += bytes;
        }
    })?;
    let names = ["base"].into_iter().chain(PARTS.iter().map(|(name, _)| *name)).chain(["set up"]);
    Ok(Sizes(names.filter_map(|name| Some((name.to_owned(), *sizes.get(name)?))).collect()))
}

/// The bytes of all files below a folder, or of a file.
///
/// # Errors
/// It cannot be read.
pub fn of(path: &Path) -> Result<u64> {
    let facts = fs::symlink_metadata(path).with_context(|| path.display().to_string())?;
    if !facts.is_dir() {
        return Ok(facts.len());
    }
    let mut total = 0;
    walk(path, &mut BTreeSet::new(), &mut |_, bytes| total += bytes)?;
    Ok(total)
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
