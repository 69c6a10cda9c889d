//! `cargo xtask screens`: the pictures of all pages as their tests draw them, on one sheet for people to look at.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::chores::{self, Workspace};
use crate::packages::{self, Needs};

/// The screens, as their pictures' names begin.
const SCREENS: [&str; 4] = ["cluster", "centre", "panel", "gallery"];
const HEAD: &str = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Tandem, all pages</title>\n<style>\n\
    body { background: #0b0e12; color: #a3adb7; font: 14px sans-serif; margin: 32px }\n\
    h1 { color: #eef1f3; font-weight: 400 }\n\
    main { display: grid; gap: 24px; grid-template-columns: repeat(auto-fill, minmax(440px, 1fr)) }\n\
    figure { margin: 0 }\nimg { width: 100%; border-radius: 8px }\n</style>\n";

pub fn run(workspace: &Workspace, args: &[String], may_install: bool) -> Result<()> {
    packages::provide(Needs::default(), may_install)?;
    workspace.claim()?;
    let folder = workspace.target.join("tmp");
    // What a test draws no more is not to stay on the sheet.
    for (_, path) in pictures(&folder)? {
        fs::remove_file(&path).with_context(|| path.display().to_string())?;
    }
    let mut tests = workspace.cargo(&["test", "--workspace", "--locked", "--test", "screen", "--no-fail-fast"]);
    if args.iter().any(|arg| arg == "--keep") {
        tests.env("TANDEM_UPDATE_PICTURES", "1");
    }
    let drawn = chores::run(&mut tests);
    let sheet = folder.join("screens.html");
    let pictures = pictures(&folder)?;
    fs::write(&sheet, written(&pictures)).with_context(|| sheet.display().to_string())?;
    eprintln!("{} pictures are on {}: open it in a browser.", pictures.len(), sheet.display());
    drawn
}

/// The pictures that are left in a folder, by name.
fn pictures(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_ours = SCREENS.iter().any(|screen| name.strip_prefix(screen).is_some_and(|rest| rest.starts_with('-')));
        if is_ours && path.extension().is_some_and(|extension| extension == "png") {
            found.push((name, path));
        }
    }
    found.sort();
    Ok(found)
}

/// The sheet: beside the pictures, which it names without their folder.
fn written(pictures: &[(String, PathBuf)]) -> String {
    let mut sheet = HEAD.to_owned();
    for screen in SCREENS {
        let of_screen = pictures.iter().filter_map(|(name, _)| Some((name, name.strip_prefix(screen)?)));
        let figures = of_screen.map(|(name, rest)| {
            let name = escaped(name);
            let caption = escaped(rest.trim_start_matches('-')).replace('-', " ");
            format!("<figure><a href=\"{name}.png\"><img loading=\"lazy\" src=\"{name}.png\"></a><figcaption>{caption}</figcaption></figure>\n")
        });
        sheet += &format!("<h1>{screen}</h1>\n<main>\n{}</main>\n", figures.collect::<String>());
    }
    sheet
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_has_every_picture_of_a_screen_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["cluster-day.png", "centre-a&b.png", "covers.png", "centre-old.txt", "centrefold.png"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = pictures(folder.path()).unwrap();
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["centre-a&b", "cluster-day"]);
        let sheet = written(&found);
        assert!(
            sheet.contains("src=\"centre-a&amp;b.png\"") && sheet.contains("<figcaption>day</figcaption>"),
            "{sheet}"
        );
        assert_eq!(pictures(&folder.path().join("none")).unwrap(), []);
    }
}
