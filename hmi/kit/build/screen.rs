//! How a screen is built: what its build script does.

use std::collections::HashMap;
use std::path::PathBuf;

use slint_build::{CompileError, CompilerConfiguration, EmbedResourcesKind};

/// Compiles a screen, whose words in other languages lie in `lang` beside it.
pub fn compile(slint: &str) -> Result<(), CompileError> {
    let kit = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../kit/ui");
    let is_release = std::env::var_os("PROFILE").is_some_and(|profile| profile == "release");
    if is_release {
        // Two megabytes of relocations become a few kilobytes; glibc 2.36 and later reads them.
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let configuration = CompilerConfiguration::new()
        .with_library_paths(HashMap::from([("kit".to_owned(), kit)]))
        .with_bundled_translations("lang")
        .embed_resources(EmbedResourcesKind::EmbedFiles)
        // The tests find elements by role and label through it; a release has no use for it.
        .with_debug_info(!is_release);
    slint_build::compile_with_config(slint, configuration)
}
