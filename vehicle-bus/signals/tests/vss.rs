//! Our catalogue against the Vehicle Signal Specification 6.0 itself, when the corpus is there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use serde_json::Value;
use tandem_scenes::corpus;
use tandem_signals::Catalogue;

fn vss() -> Option<BTreeMap<String, Value>> {
    let text = std::fs::read_to_string(corpus()?.join("vss/vss_release_6.0.json")).unwrap();
    let tree: Value = serde_json::from_str(&text).unwrap();
    let mut leaves = BTreeMap::new();
    collect("", &tree, &mut leaves);
    assert_eq!(leaves.len(), 1263, "this is not VSS 6.0");
    Some(leaves)
}

fn collect(prefix: &str, children: &Value, leaves: &mut BTreeMap<String, Value>) {
    for (name, node) in children.as_object().unwrap() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        if node["type"] == "branch" {
            collect(&path, &node["children"], leaves);
        } else {
            leaves.insert(path, node.clone());
        }
    }
}

/// Letters only, so that a copied sentence is found behind other case or punctuation.
fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[test]
fn our_leaves_are_those_of_vss_but_for_the_words() {
    let Some(vss) = vss() else { return };
    let (mut compared, mut added) = (0, 0);
    for (_, leaf) in Catalogue::ours().iter() {
        let path = &leaf.path;
        let Some(theirs) = vss.get(path) else {
            assert!(leaf.overlay, "{path} is not in VSS 6.0: it belongs into overlay.toml");
            added += 1;
            continue;
        };
        assert!(!leaf.overlay, "{path} is in VSS 6.0: it does not belong into overlay.toml");
        assert_eq!(theirs["type"], leaf.kind.word(), "{path} kind");
        assert_eq!(theirs["datatype"], leaf.datatype.word(), "{path} datatype");
        assert_eq!(theirs["unit"].as_str().unwrap_or_default(), leaf.unit, "{path} unit");
        assert_eq!(theirs["min"].as_f64(), leaf.min, "{path} min");
        assert_eq!(theirs["max"].as_f64(), leaf.max, "{path} max");
        let allowed: Vec<&str> =
            theirs["allowed"].as_array().into_iter().flatten().map(|word| word.as_str().unwrap()).collect();
        assert_eq!(allowed, leaf.allowed, "{path} allowed");
        let (ours, theirs) = (letters(&leaf.description), letters(theirs["description"].as_str().unwrap()));
        assert!(!ours.contains(&theirs) || theirs.len() < 12, "{path}: the description is that of VSS");
        assert_ne!(ours, theirs, "{path}: the description is that of VSS");
        compared += 1;
    }
    assert_eq!((compared, added), (319, 2));
}
