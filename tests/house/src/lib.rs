//! What the house tests look at: the files of the repository, and what cargo knows of its crates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

mod units;

pub use units::{SHARED, Unit, units};

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A file of the repository.
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    /// None if it is not UTF-8.
    pub text: Option<String>,
}

impl File {
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The end of the name after its last dot.
    pub fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, end)| end)
    }
}

/// Every file that git tracks or would track, and that is there.
pub fn files() -> Vec<File> {
    let listed = output(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]));
    let paths = listed.split('\0').filter(|path| !path.is_empty());
    let read = |path: &str| std::fs::read(root().join(path)).ok();
    let mut files: Vec<_> = paths
        .filter_map(|path| Some(File { path: path.to_owned(), text: String::from_utf8(read(path)?).ok() }))
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    files
}

/// What `cargo metadata` says of the workspace's own crates.
pub fn workspace() -> Value {
    let mut cargo = cargo();
    cargo.args(["metadata", "--format-version=1", "--locked", "--no-deps"]);
    serde_json::from_str(&output(&mut cargo)).unwrap_or_default()
}

/// What `cargo metadata` says of everything that is built for a target.
pub fn metadata(target: &str) -> Value {
    let mut cargo = cargo();
    cargo.args(["metadata", "--format-version=1", "--locked", "--filter-platform", target]);
    let mut metadata: Value = serde_json::from_str(&output(&mut cargo)).unwrap_or_default();
    // The metadata also name what weak features would bring; the tree does not.
    let built: BTreeSet<(String, String)> = tree("normal,build,dev", target)
        .iter()
        .filter_map(|line| {
            Some((line.split(' ').next()?.to_owned(), line.split(' ').nth(1)?.trim_start_matches('v').to_owned()))
        })
        .collect();
    if let Some(packages) = metadata.get_mut("packages").and_then(Value::as_array_mut) {
        packages
            .retain(|package| built.contains(&(text(package, "name").to_owned(), text(package, "version").to_owned())));
    }
    metadata
}

/// The packages that a build of the workspace takes, each as `name vVERSION (path) [features]`.
pub fn tree(edges: &str, target: &str) -> BTreeSet<String> {
    let mut cargo = cargo();
    cargo.args([
        "tree",
        "--locked",
        "--workspace",
        "--prefix=none",
        "--format={p} [{f}]",
        "--edges",
        edges,
        "--target",
        target,
    ]);
    output(&mut cargo).lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
}

pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What a command prints, run at the root. Empty if it fails: every test asserts that it found something.
pub fn output(command: &mut Command) -> String {
    match command.current_dir(root()).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => {
            eprintln!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::new()
        }
        Err(error) => {
            eprintln!("{command:?}: {error}");
            String::new()
        }
    }
}

/// The elements of a JSON array; none if it is no array.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The string of a field; empty if there is none.
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}
