//! The units that a car starts, as they stand in the `dist` folders.

use std::collections::BTreeMap;

use crate::{File, files};

/// A unit, or a drop-in.
#[derive(Clone, Debug)]
pub struct Unit {
    /// In the repository.
    pub path: String,
    pub text: String,
}

/// What all units of ours have, beside what each says itself.
pub const SHARED: &str = "tandem-.service.d/10-every-part.conf";

/// The services, the target and the drop-in, by their paths below systemd's folder of units.
pub fn units() -> BTreeMap<String, Unit> {
    let is_unit = |file: &File| file.path.contains("/dist/") && ["service", "target"].contains(&file.extension());
    let named = |file: File| {
        let place = if file.path.ends_with(SHARED) { SHARED.to_owned() } else { file.name().to_owned() };
        Some((place, Unit { path: file.path, text: file.text? }))
    };
    files().into_iter().filter(|file| is_unit(file) || file.path.ends_with(SHARED)).filter_map(named).collect()
}

impl Unit {
    /// Every value of a key, in their order. No line of ours is continued on the next one.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.text.lines().filter_map(move |line| line.strip_prefix(key)?.strip_prefix('='))
    }

    /// The last value of a key.
    pub fn last<'a>(&'a self, key: &'a str) -> Option<&'a str> {
        self.all(key).last()
    }

    /// Its variables, with those of its file in `/etc/tandem` as that is delivered.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let files = files();
        let delivered = |path: &str| {
            let name = path.trim_start_matches('-').strip_prefix("/etc/tandem/")?;
            files.iter().find(|file| file.path.ends_with(&format!("/dist/{name}")))?.text.clone()
        };
        let of_files: Vec<_> = self.all("EnvironmentFile").filter_map(delivered).collect();
        let lines = self.all("Environment").chain(of_files.iter().flat_map(|text| text.lines()));
        let pair = |line: &str| {
            let (name, value) = line.trim_matches('"').split_once('=')?;
            (!line.starts_with('#')).then(|| (name.to_owned(), value.to_owned()))
        };
        lines.filter_map(pair).collect()
    }

    /// The program and its arguments, variables put in: one that stands alone is as many words as it has.
    pub fn command(&self) -> Vec<String> {
        let environment = self.environment();
        let words = self.last("ExecStart").unwrap_or_default().split_whitespace();
        words
            .flat_map(|word| match word.strip_prefix('$') {
                Some(name) => {
                    let value = environment.get(name).map_or("", String::as_str);
                    value.split_whitespace().map(str::to_owned).collect()
                }
                None => vec![word.to_owned()],
            })
            .collect()
    }
}
