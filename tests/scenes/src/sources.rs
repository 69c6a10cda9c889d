use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the scenes lie in tests/").to_path_buf()
}

/// The recording that the repository carries: 20 s of the virtual car.
pub fn demo_log() -> PathBuf {
    root().join("tests/fixtures/can/demo-city.log")
}

/// A folder of other people's recordings and DBC files: `$TANDEM_CORPUS`. They are not in the repository; whoever has none hears that a test was skipped.
pub fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("TANDEM_CORPUS").filter(|path| !path.is_empty()).map(PathBuf::from);
    match &named {
        Some(named) => assert!(named.is_dir(), "TANDEM_CORPUS is {}, which is no folder", named.display()),
        None => crate::skip_even_in_ci("no corpus of recordings and DBC files; set TANDEM_CORPUS to have this tested"),
    }
    named
}

/// A Python with cantools: `$TANDEM_PYTHON`, which `cargo xtask test` sets, or the one that it made before.
pub fn peer_python() -> Option<PathBuf> {
    let named = std::env::var_os("TANDEM_PYTHON").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(named) = named {
        assert!(named.is_file(), "TANDEM_PYTHON is {}, which is no file", named.display());
        return Some(named);
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?;
    let made = cache.join("tandem/python/bin/python3");
    if made.is_file() {
        return Some(made);
    }
    crate::skip("no Python with cantools; `cargo xtask test` makes one");
    None
}

/// The first lines of a file, as many as asked for.
pub fn first_of(file: &Path, lines: usize) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().take(lines).flat_map(|line| [line, "\n"]).collect()
}
