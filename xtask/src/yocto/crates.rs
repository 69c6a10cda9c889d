//! What Cargo.lock names, as BitBake fetches it: the form of oe-core's `bitbake -c update_crates`.

use std::fmt::Write;

use anyhow::{Context, Result, bail};

/// How Cargo.lock calls the one registry that BitBake's `crate://` knows.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A `SRC_URI` for each crate of the registry, in Cargo.lock's own order, with its checksum. Our own crates have no source, and come with the checkout.
///
/// # Errors
/// A crate comes from elsewhere, or lacks its checksum.
pub fn list(lock: &str) -> Result<String> {
    let lock: toml::Table = lock.parse()?;
    let mut addresses = String::new();
    let mut checksums = String::new();
    for package in lock.get("package").and_then(toml::Value::as_array).context("it names no package")? {
        let word = |key| package.get(key).and_then(toml::Value::as_str);
        let (name, version) = (word("name").context("a package without a name")?, word("version").unwrap_or_default());
        let Some(source) = word("source") else { continue };
        if source != REGISTRY {
            let from = source.split_once('#').map_or(source, |(address, _)| address);
            bail!(
                "{name} {version} comes from {from}: BitBake's `crate://` fetches from the registry alone; take a published version"
            );
        }
        let checksum = word("checksum").with_context(|| format!("{name} {version} has no checksum"))?;
        writeln!(addresses, "    crate://crates.io/{name}/{version};name={name}-{version} \\")?;
        writeln!(checksums, "SRC_URI[{name}-{version}.sha256sum] = \"{checksum}\"")?;
    }
    Ok(format!(
        "# Made by `cargo xtask yocto crates`: do not edit.\n\n# from Cargo.lock\nSRC_URI += \" \\\n{addresses}\"\n\n{checksums}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "version = 4\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"anyhow\"\nversion = \"1.0.104\"\n\
                       source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"ab12\"\n";

    #[test]
    fn a_crate_of_the_registry_is_an_address_with_a_checksum() {
        let told = list(ONE).unwrap();
        assert_eq!(
            told,
            "# Made by `cargo xtask yocto crates`: do not edit.\n\n# from Cargo.lock\nSRC_URI += \" \\\n    \
             crate://crates.io/anyhow/1.0.104;name=anyhow-1.0.104 \\\n\"\n\nSRC_URI[anyhow-1.0.104.sha256sum] = \"ab12\"\n"
        );
        assert_eq!(list(ONE).unwrap(), told, "and it says so each time");
    }

    #[test]
    fn a_crate_from_git_is_refused_by_name() {
        let git = ONE.replace(
            "registry+https://github.com/rust-lang/crates.io-index",
            "git+https://example.org/a.git?rev=1#1234",
        );
        let told = list(&git).unwrap_err().to_string();
        assert!(told.starts_with("anyhow 1.0.104 comes from git+https://example.org/a.git?rev=1: "), "{told}");
    }

    #[test]
    fn a_crate_without_a_checksum_is_refused_by_name() {
        let told = list(&ONE.replace("checksum", "sum")).unwrap_err().to_string();
        assert_eq!(told, "anyhow 1.0.104 has no checksum");
    }

    #[test]
    fn the_list_has_every_crate_of_cargo_lock_once() {
        let lock = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
        let told = list(&lock).unwrap();
        let sums: Vec<_> = lock.lines().filter_map(|line| line.strip_prefix("checksum = ")).collect();
        assert!(sums.len() > 400, "{}", sums.len());
        assert_eq!(told.matches("crate://").count(), sums.len());
        let told_sums: Vec<_> =
            told.lines().filter_map(|line| line.split_once(".sha256sum] = ")).map(|(_, sum)| sum).collect();
        assert_eq!(told_sums, sums);
    }
}
