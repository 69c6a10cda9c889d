//! What the documents point to is there.

#![cfg(test)]

use tandem_house::{files, root};

/// Every link and picture of a Markdown text, by its line. Fenced code is left out.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        let attributes = ["src=\"", "href=\"", "srcset=\""].into_iter().flat_map(|start| {
            line.split(start).skip(1).filter_map(|rest| rest.split_once('"')).map(|(target, _)| target)
        });
        found.extend(targets.chain(attributes).map(|target| (number + 1, target.to_owned())));
    }
    found
}

/// Inline code that names a path of the repository: it starts with a folder of the root.
fn code_paths(text: &str, folders: &[String]) -> Vec<String> {
    let is_path = |code: &&str| {
        let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
        plain && code.split_once('/').is_some_and(|(head, _)| folders.iter().any(|folder| folder == head))
    };
    let pieces: Vec<_> = text.split('`').collect();
    pieces.iter().skip(1).step_by(2).copied().filter(is_path).map(str::to_owned).collect()
}

#[test]
fn every_path_in_markdown_exists() {
    let files = files();
    let folders: Vec<String> =
        files.iter().filter_map(|file| file.path.split_once('/').map(|(head, _)| head.to_owned())).collect();
    let mut broken = Vec::new();
    let mut documents = 0;
    for file in files.iter().filter(|file| file.extension() == "md") {
        documents += 1;
        let text = file.text.clone().unwrap_or_default();
        let folder = root().join(&file.path).parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        for (line, target) in links(&text) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
            if !elsewhere && !folder.join(path).exists() {
                broken.push(format!("{}:{line}: {target}", file.path));
            }
        }
        let missing = code_paths(&text, &folders).into_iter().filter(|path| !root().join(path).exists());
        broken.extend(missing.map(|path| format!("{}: `{path}`", file.path)));
    }
    assert!(documents >= 5, "the documents are missing");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn both_readmes_show_the_same() {
    let read =
        |name: &str| std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (english, chinese) = (read("README.md"), read("README.zh-CN.md"));
    let commands = |text: &str| {
        let pieces: Vec<_> = text.split("```").collect();
        pieces.iter().skip(1).step_by(2).map(|piece| piece.trim().to_owned()).collect::<Vec<_>>()
    };
    assert!(!commands(&english).is_empty());
    assert_eq!(commands(&english), commands(&chinese), "the commands differ");
    let pictures = |text: &str| {
        let mut found: Vec<_> =
            links(text).into_iter().map(|(_, target)| target).filter(|target| target.ends_with(".png")).collect();
        found.sort();
        found
    };
    assert!(!pictures(&english).is_empty());
    assert_eq!(pictures(&english), pictures(&chinese), "the pictures differ");
    let rows = |text: &str| text.lines().filter(|line| line.starts_with('|')).count();
    assert_eq!(rows(&english), rows(&chinese), "the tables differ");
    let headings = |text: &str| text.lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(headings(&english), headings(&chinese), "the headings differ");
}
