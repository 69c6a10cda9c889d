//! What a mapping asks for, before any DBC file is looked at: VSS's `network_serialization`, and `dbc2vss` (or `dbc`) and `vss2dbc` of kuksa's CAN provider.

use tandem_signals::tree::{Content, Entry, Node, Place, hint};

/// One leaf that the mapping fills from a signal.
pub struct Wish {
    pub path: String,
    pub place: Place,
    pub signal: String,
    pub signal_place: Place,
    pub interval_ms: Option<u64>,
    pub on_change: bool,
    pub transform: Transform,
    /// Signals of the same message and the numbers that they must have.
    pub selectors: Vec<(String, f64, Place)>,
    /// What the mapping says of the signal itself, which the DBC file knows better.
    pub big_endian: Option<(bool, Place)>,
    pub length_bits: Option<(f64, Place)>,
}

pub enum Transform {
    None,
    Math(String, Place),
    /// From what the bus says to what the leaf says.
    Pairs(Vec<Pair>),
    /// From texts to numbers; for a leaf of texts it is the other way round. VSS's example has the one and its words the other.
    Representation(Vec<Pair>),
    /// A formula, and raw numbers that are no values.
    MathAndCodes(String, Place, Vec<i64>),
}

pub struct Pair {
    pub from: Content,
    pub to: Content,
    pub place: Place,
}

/// A line for the person who imports.
pub struct Remark {
    pub place: Place,
    pub what: String,
    /// A leaf that the mapping fills stays unfilled.
    pub lost: bool,
}

const LEAF_TYPES: [&str; 3] = ["sensor", "actuator", "attribute"];
const SERIALIZATION: &str = "network_serialization";
const FROM_BUS: [&str; 3] = [SERIALIZATION, "dbc2vss", "dbc"];
const TO_BUS: &str = "vss2dbc";
const KUKSA_KEYS: [&str; 5] = ["signal", "interval_ms", "on_change", "transform", "multiplexer"];
const SERIALIZATION_KEYS: [&str; 7] =
    ["signal", "interval_ms", "on_change", "transform", "endianness", "default", "length_bits"];
/// Whole numbers below it are exact.
const LARGEST_RAW: f64 = 9e15;
/// What kuksa does if a mapping says neither how often nor whether on change.
const KUKSA_INTERVAL_MS: u64 = 1000;

/// Everything that the tree maps, and what is to be said of the rest.
pub fn read(tree: &Node) -> (Vec<Wish>, Vec<Remark>) {
    let mut reader = Reader { wishes: Vec::new(), remarks: Vec::new() };
    reader.children("", tree);
    (reader.wishes, reader.remarks)
}

struct Reader {
    wishes: Vec<Wish>,
    remarks: Vec<Remark>,
}

impl Reader {
    fn lost(&mut self, place: Place, what: impl Into<String>) {
        self.remarks.push(Remark { place, what: what.into(), lost: true });
    }

    fn note(&mut self, place: Place, what: impl Into<String>) {
        self.remarks.push(Remark { place, what: what.into(), lost: false });
    }

    fn children(&mut self, above: &str, node: &Node) {
        for entry in node.table().unwrap_or_default() {
            let path = if above.is_empty() { entry.key.clone() } else { format!("{above}.{}", entry.key) };
            self.node(path, entry);
        }
    }

    fn node(&mut self, path: String, entry: &Entry) {
        let node = &entry.value;
        let of_leaf = node.get("type").and_then(Node::text).is_some_and(|word| LEAF_TYPES.contains(&word));
        let mut given = FROM_BUS.iter().filter_map(|key| Some((*key, node.get(key)?)));
        let (first, second) = (given.next(), given.next());
        if let Some((_, back)) = node.get(TO_BUS).map(|back| (TO_BUS, back)) {
            let what = format!(
                "`{path}`: `{TO_BUS}` is not carried over: Tandem sends only what its own commands and [[transmit]] name"
            );
            self.note(back.place, what);
        }
        match (first, second) {
            (Some((one, _)), Some((other, place))) => {
                self.lost(place.place, format!("`{path}` has both `{one}` and `{other}`: expected one of them"));
            }
            (Some((key, block)), None) => self.block(path, entry, key, block),
            // A leaf that nothing fills, or a branch.
            (None, _) if of_leaf => (),
            (None, _) => {
                if let Some(children) = node.get("children") {
                    self.children(&path, children);
                }
            }
        }
    }

    fn block(&mut self, path: String, entry: &Entry, key: &str, block: &Node) {
        let kuksa = key != SERIALIZATION;
        if block.table().is_none() {
            return self.lost(block.place, format!("`{path}`: `{key}`: expected a table, found {}", block.shape()));
        }
        let known: &[&str] = if kuksa { &KUKSA_KEYS } else { &SERIALIZATION_KEYS };
        for unknown in block.table().unwrap_or_default().iter().filter(|entry| !known.contains(&entry.key.as_str())) {
            let what =
                format!("`{path}`: unknown key `{}` is not carried over: {}", unknown.key, hint(&unknown.key, known));
            self.note(unknown.place, what);
        }
        let Some(signal) = block.get("signal") else {
            return self.lost(block.place, format!("`{path}`: `{key}` has no `signal`"));
        };
        let Some(name) = signal.text().filter(|name| !name.is_empty()) else {
            return self.lost(signal.place, format!("`{path}`: `signal`: expected a name, found {}", signal.shape()));
        };
        let Some((interval_ms, on_change)) = self.pace(&path, block, kuksa) else { return };
        let Some(transform) = self.transform(&path, block) else { return };
        let Some(selectors) = self.selectors(&path, block) else { return };
        if let Some(default) = block.get("default") {
            self.note(default.place, format!("`{path}`: `default` is not carried over: what was not heard is absent"));
        }
        let big_endian = block.get("endianness").map(|node| (node.text() == Some("big_endian"), node.place));
        let length_bits = block.get("length_bits").and_then(|node| Some((node.number()?, node.place)));
        self.wishes.push(Wish {
            path,
            place: entry.place,
            signal: name.to_owned(),
            signal_place: signal.place,
            interval_ms,
            on_change,
            transform,
            selectors,
            big_endian,
            length_bits,
        });
    }

    /// At which interval, and whether only what changed is told: each format has a rule of its own for what is not said.
    fn pace(&mut self, path: &str, block: &Node, kuksa: bool) -> Option<(Option<u64>, bool)> {
        let on_change = match block.get("on_change").map(|node| (node, node.bool())) {
            Some((node, None)) => {
                self.lost(node.place, format!("`{path}`: `on_change`: expected true or false, found {}", node.shape()));
                return None;
            }
            given => given.and_then(|(_, flag)| flag),
        };
        let interval = match block.get("interval_ms") {
            None => None,
            Some(node) => match node.number() {
                Some(ms) if ms.fract() == 0.0 && (0.0..=86_400_000.0).contains(&ms) => Some(ms as u64),
                _ => {
                    let what = format!("`{path}`: `interval_ms`: expected whole milliseconds, from 0 to a day");
                    self.lost(node.place, what);
                    return None;
                }
            },
        };
        let (interval, on_change) = match (interval, on_change) {
            (None, None) if kuksa => (Some(KUKSA_INTERVAL_MS), false),
            (None, None) => (None, true),
            (None, Some(false)) if kuksa => (Some(KUKSA_INTERVAL_MS), false),
            (interval, on_change) => (interval, on_change.unwrap_or(false)),
        };
        Some((interval.filter(|ms| *ms > 0), on_change))
    }

    fn transform(&mut self, path: &str, block: &Node) -> Option<Transform> {
        let Some(given) = block.get("transform") else { return Some(Transform::None) };
        let (math, pairs, codes) = (given.get("math"), given.get("mapping"), given.get("representation"));
        let formula = match math.map(|node| (node, node.text())) {
            Some((node, None)) => {
                self.lost(node.place, format!("`{path}`: `math`: expected a text, found {}", node.shape()));
                return None;
            }
            given => given.and_then(|(node, text)| Some((text?.to_owned(), node.place))),
        };
        match (formula, pairs, codes) {
            (Some((formula, place)), None, None) => Some(Transform::Math(formula, place)),
            (Some((formula, place)), None, Some(codes)) => {
                let codes = self.codes(path, codes);
                Some(Transform::MathAndCodes(formula, place, codes))
            }
            (None, Some(pairs), None) => self.pairs(path, pairs, "from", "to").map(Transform::Pairs),
            (None, None, Some(pairs)) => self.pairs(path, pairs, "text", "value").map(Transform::Representation),
            _ => {
                let what = format!("`{path}`: `transform`: expected `math`, `mapping` or `representation`");
                self.lost(given.place, what);
                None
            }
        }
    }

    /// Raw numbers that are no values.
    fn codes(&mut self, path: &str, given: &Node) -> Vec<i64> {
        let Some(list) = given.list() else {
            let what = format!("`{path}`: `representation`: expected a list, found {}: left out", given.shape());
            self.note(given.place, what);
            return Vec::new();
        };
        let mut codes = Vec::new();
        for code in list {
            match code.get("value").and_then(Node::number) {
                Some(raw) if raw.fract() == 0.0 && raw.abs() < LARGEST_RAW => codes.push(raw as i64),
                _ => {
                    let what = format!("`{path}`: `representation`: expected a whole number as `value`: left out");
                    self.note(code.place, what);
                }
            }
        }
        codes
    }

    fn pairs(&mut self, path: &str, given: &Node, from: &str, to: &str) -> Option<Vec<Pair>> {
        let Some(list) = given.list() else {
            self.lost(
                given.place,
                format!("`{path}`: expected a list of `{from}` and `{to}`, found {}", given.shape()),
            );
            return None;
        };
        let mut pairs = Vec::new();
        for pair in list {
            match (pair.get(from), pair.get(to)) {
                (Some(from), Some(to)) => {
                    pairs.push(Pair { from: from.content.clone(), to: to.content.clone(), place: pair.place });
                }
                _ => self.note(pair.place, format!("`{path}`: expected `{from}` and `{to}`: this pair is left out")),
            }
        }
        Some(pairs)
    }

    fn selectors(&mut self, path: &str, block: &Node) -> Option<Vec<(String, f64, Place)>> {
        let Some(given) = block.get("multiplexer") else { return Some(Vec::new()) };
        let read = |one: &Node| Some((one.get("signal")?.text()?.to_owned(), one.get("value")?.number()?, one.place));
        let selectors = given.list().and_then(|list| list.iter().map(read).collect::<Option<Vec<_>>>());
        if selectors.is_none() {
            self.lost(given.place, format!("`{path}`: `multiplexer`: expected a list of `signal` and `value`"));
        }
        selectors
    }
}
