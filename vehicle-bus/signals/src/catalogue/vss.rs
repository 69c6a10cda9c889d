//! VSS as COVESA releases it: the JSON of `vspec export json`, instances expanded.

use super::{Catalogue, LeafId};
use crate::leaf::Pattern;
use crate::tree::{Content, Entry, Node, hint};
use crate::{Datatype, Kind, Leaf, Mistake};

/// The parts of a path that say where the car is or goes, which car it is, or something of the people in it, with all that lies below them.
const PRIVATE: [&str; 8] = [
    "CurrentLocation",
    "DestinationSet",
    "Location",
    "Latitude",
    "Longitude",
    "VehicleIdentification",
    "VIN",
    "Occupant",
];
/// The same as branches of a whole path: a seat or an air vent may be the `Driver`'s, too.
const PRIVATE_BRANCHES: [&str; 2] = ["Vehicle.Driver.", "Vehicle.Cabin.Infotainment.Media.Played."];
const TYPES: [&str; 4] = ["branch", "sensor", "actuator", "attribute"];

impl Catalogue {
    /// This catalogue and the leaves of a VSS tree. A leaf that is here already stays as it is, for the screens count on its unit and its datatype; that
    /// the tree has it otherwise is told beside the catalogue.
    ///
    /// A leaf is private if a part of its path is `CurrentLocation`, `Location`, `DestinationSet`, `Latitude`, `Longitude`, `VehicleIdentification`, `VIN`
    /// or `Occupant`, if it lies in `Vehicle.Driver` or `Vehicle.Cabin.Infotainment.Media.Played`, or if the tree says `"private": true`.
    ///
    /// # Errors
    /// Every mistake of the tree at once; of what is no JSON, the first.
    pub fn with_vss(&self, file: &str, json: &[u8]) -> Result<(Self, Vec<Mistake>), Vec<Mistake>> {
        let tree = Node::json(file, json)?;
        let mut reader = Reader { file, catalogue: self.clone(), mistakes: Vec::new(), others: Vec::new() };
        match tree.table() {
            Some([]) | None => {
                reader.mistake(&tree, "expected a tree of VSS, such as {\"Vehicle\": {\"type\": \"branch\", ..}}")
            }
            Some(roots) => roots.iter().for_each(|root| reader.node("", root)),
        }
        let Reader { catalogue, mut mistakes, others, .. } = reader;
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        if mistakes.is_empty() { Ok((catalogue, others)) } else { Err(mistakes) }
    }
}

struct Reader<'a> {
    file: &'a str,
    catalogue: Catalogue,
    mistakes: Vec<Mistake>,
    /// Leaves that the catalogue has otherwise.
    others: Vec<Mistake>,
}

impl Reader<'_> {
    fn mistake(&mut self, at: &Node, message: impl Into<String>) {
        self.mistakes.push(at.place.mistake(self.file, message));
    }

    fn node(&mut self, above: &str, entry: &Entry) {
        let Entry { key, value: node, place } = entry;
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        if key.is_empty() || key.contains(|letter: char| letter == '.' || letter.is_whitespace()) {
            self.mistakes.push(place.mistake(self.file, format!("`{path}`: `{key}` is no name of a branch or a leaf")));
            return;
        }
        let Some(of_node) = node.get("type") else {
            self.mistake(node, format!("`{path}` has no `type`: expected branch, sensor, actuator or attribute"));
            return;
        };
        let word = of_node.text().unwrap_or_default();
        if let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.word() == word) {
            if let Some(leaf) = self.leaf(&path, kind, node) {
                self.add(leaf, node);
            }
        } else if word != "branch" {
            self.mistake(of_node, format!("`{path}`: unknown `type` `{word}`: {}", hint(word, &TYPES)));
        } else if let Some(instances) = node.get("instances") {
            let message = format!("`{path}` has instances that are not expanded: export the tree with them expanded");
            self.mistake(instances, message);
        } else {
            match node.get("children").map(|children| (children, children.table())) {
                Some((_, Some(entries))) => entries.iter().for_each(|entry| self.node(&path, entry)),
                Some((other, None)) => {
                    let found = other.shape();
                    self.mistake(other, format!("`{path}`: `children`: expected a table, found {found}"));
                }
                None => self.mistake(node, format!("`{path}` is a branch without `children`")),
            }
        }
    }

    fn add(&mut self, leaf: Leaf, node: &Node) {
        if let Some(ours) = self.catalogue.find(&leaf.path).map(|id| self.catalogue.leaf(id)) {
            let mut differ = Vec::new();
            if ours.unit != leaf.unit {
                differ.push(format!("in `{}` here and in `{}` in Tandem", leaf.unit, ours.unit));
            }
            if (ours.datatype, ours.is_array) != (leaf.datatype, leaf.is_array) {
                differ.push(format!("{} here and {} in Tandem", leaf.datatype, ours.datatype));
            }
            if !differ.is_empty() {
                let message = format!("`{}` is {}: Tandem's holds", leaf.path, differ.join(", "));
                self.others.push(node.place.mistake(self.file, message));
            }
            return;
        }
        let Ok(id) = u16::try_from(self.catalogue.leaves.len()) else {
            // Once is enough.
            if self.mistakes.last().is_none_or(|last| !last.message.starts_with("more leaves")) {
                self.mistake(node, format!("more leaves than {}", u16::MAX));
            }
            return;
        };
        self.catalogue.ids.insert(leaf.path.clone(), LeafId(id));
        self.catalogue.leaves.push(leaf);
    }

    fn leaf(&mut self, path: &str, kind: Kind, node: &Node) -> Option<Leaf> {
        let (datatype, is_array) = self.datatype(path, node)?;
        let text = |key: &str| node.get(key).and_then(Node::text);
        let (min, max) = (self.number(path, node, "min"), self.number(path, node, "max"));
        if let (Some(low), Some(high)) = (min, max)
            && low > high
        {
            self.mistake(node, format!("`{path}`: the range is upside down: max {high} is below min {low}"));
        }
        let (allowed, allowed_numbers) = self.allowed(path, node, datatype);
        Some(Leaf {
            path: path.to_owned(),
            kind,
            datatype,
            is_array,
            unit: text("unit").unwrap_or_default().to_owned(),
            min,
            max,
            allowed,
            allowed_numbers,
            pattern: self.pattern(path, node),
            deprecation: text("deprecation").map(str::to_owned),
            description: text("description").unwrap_or_default().to_owned(),
            private: is_private(path) || node.get("private").and_then(Node::bool) == Some(true),
            overlay: false,
        })
    }

    fn datatype(&mut self, path: &str, node: &Node) -> Option<(Datatype, bool)> {
        let Some(of_node) = node.get("datatype") else {
            self.mistake(node, format!("`{path}` has no `datatype`"));
            return None;
        };
        let word = of_node.text().unwrap_or_default();
        let (single, is_array) = word.strip_suffix("[]").map_or((word, false), |single| (single, true));
        let found = Datatype::ALL.into_iter().find(|datatype| datatype.word() == single);
        if found.is_none() {
            let known = Datatype::ALL.map(Datatype::word);
            self.mistake(of_node, format!("`{path}`: unknown `datatype` `{word}`: {}", hint(single, &known)));
        }
        found.map(|datatype| (datatype, is_array))
    }

    fn number(&mut self, path: &str, node: &Node, key: &str) -> Option<f64> {
        let given = node.get(key)?;
        let number = given.number();
        if number.is_none() {
            self.mistake(given, format!("`{path}`: `{key}`: expected a number, found {}", given.shape()));
        }
        number
    }

    fn allowed(&mut self, path: &str, node: &Node, datatype: Datatype) -> (Vec<String>, Vec<f64>) {
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        let Some(given) = node.get("allowed") else { return (texts, numbers) };
        let Some(list) = given.list() else {
            self.mistake(given, format!("`{path}`: `allowed`: expected a list, found {}", given.shape()));
            return (texts, numbers);
        };
        for one in list {
            match (datatype, &one.content) {
                (Datatype::String, Content::Text(text)) => texts.push(text.clone()),
                (_, Content::Number(number)) if datatype.is_number() => numbers.push(*number),
                _ => {
                    self.mistake(one, format!("`{path}`: `allowed`: {} is no {datatype}", one.shape()));
                }
            }
        }
        (texts, numbers)
    }

    fn pattern(&mut self, path: &str, node: &Node) -> Option<Pattern> {
        let given = node.get("pattern")?;
        match regex_lite::Regex::new(given.text().unwrap_or_default()) {
            Ok(pattern) => Some(Pattern(pattern)),
            Err(error) => {
                self.mistake(
                    given,
                    format!("`{path}`: `pattern` is no regular expression that is known here: {error}"),
                );
                None
            }
        }
    }
}

pub(super) fn is_private(path: &str) -> bool {
    path.split('.').any(|part| PRIVATE.contains(&part))
        || PRIVATE_BRANCHES.iter().any(|branch| path.starts_with(branch))
}
