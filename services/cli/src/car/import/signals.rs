//! From what a mapping asks for to the entries of a car.toml: each signal is found in the DBC files, each word among its values.

use std::collections::BTreeMap;
use std::fmt::Write;

use tandem_dbc::{ByteOrder, Database, Message, Multiplex, Signal};
use tandem_signals::tree::{Content, Place};
use tandem_signals::{Catalogue, Datatype, Expression, Leaf, Value, nearest};

use super::mapping::{Pair, Remark, Transform, Wish};

/// A bus of the car to be, and its DBC file.
pub struct Bus {
    pub interface: String,
    pub file: String,
    pub database: Database,
}

/// When a reading grows stale whose message has no cycle time in its DBC file.
const STALE_AFTER_MS: u32 = 5000;

/// The `[[signals]]` entries, and what is to be said of what is not in them.
pub fn entries(wishes: &[Wish], buses: &[Bus], catalogue: &Catalogue, has_vss: bool) -> (Vec<String>, Vec<Remark>) {
    let mut maker = Maker { buses, catalogue, has_vss, remarks: Vec::new(), filled: BTreeMap::new() };
    let entries = wishes.iter().filter_map(|wish| maker.entry(wish)).collect();
    (entries, maker.remarks)
}

struct Maker<'a> {
    buses: &'a [Bus],
    catalogue: &'a Catalogue,
    has_vss: bool,
    remarks: Vec<Remark>,
    /// The line in which a leaf was filled.
    filled: BTreeMap<String, usize>,
}

/// Where a signal stands.
struct Found<'a> {
    bus: &'a Bus,
    message: &'a Message,
    signal: &'a Signal,
}

impl<'a> Maker<'a> {
    fn lost(&mut self, place: Place, what: String) {
        self.remarks.push(Remark { place, what, lost: true });
    }

    fn note(&mut self, place: Place, what: String) {
        self.remarks.push(Remark { place, what, lost: false });
    }

    fn entry(&mut self, wish: &Wish) -> Option<String> {
        let path = &wish.path;
        let leaf = self.leaf(wish)?;
        let found = self.find(wish)?;
        if !self.selected(wish, &found) {
            return None;
        }
        self.compare(wish, &found);
        let how = self.how(wish, leaf, &found)?;
        if let Some(line) = self.filled.insert(path.clone(), wish.place.line) {
            self.lost(wish.place, format!("`{path}` is mapped already, in line {line}"));
            return None;
        }
        let Found { bus, message, signal } = found;
        let mut entry = format!(
            "[[signals]]\nleaf = {}\nbus = {}\nmessage = {}\nsignal = {}\n{how}",
            quoted(path),
            quoted(&bus.interface),
            quoted(&message.name),
            quoted(&signal.name)
        );
        if message.cycle_ms.is_none() {
            // Longer than its own interval, if that is longer.
            let stale = u64::from(STALE_AFTER_MS).max(wish.interval_ms.unwrap_or(0).saturating_mul(3)).min(86_400_000);
            let _ =
                writeln!(entry, "stale_after_ms = {stale} # its message has no cycle time in the DBC file: a guess");
        }
        if let Some(ms) = wish.interval_ms {
            let _ = writeln!(entry, "interval_ms = {ms}");
        }
        if !wish.on_change {
            entry.push_str("on_change = false\n");
        }
        Some(entry)
    }

    fn leaf(&mut self, wish: &Wish) -> Option<&'a Leaf> {
        let (path, catalogue) = (&wish.path, self.catalogue);
        let Some(id) = catalogue.find(path) else {
            let hint = match nearest(path, catalogue.iter().map(|(_, leaf)| leaf.path.as_str())) {
                _ if !self.has_vss => ": `--vss FILE` adds the leaves of VSS".to_owned(),
                Some(near) => format!(": did you mean `{near}`?"),
                None => String::new(),
            };
            self.lost(wish.place, format!("no leaf `{path}` in the catalogue{hint}"));
            return None;
        };
        let leaf = catalogue.leaf(id);
        if leaf.is_array {
            self.lost(wish.place, format!("`{path}` holds any number of values: a list cannot be mapped"));
            return None;
        }
        Some(leaf)
    }

    /// The one message that has the signal. A name alone says nothing if several have it.
    fn find(&mut self, wish: &Wish) -> Option<Found<'a>> {
        let messages =
            self.buses.iter().flat_map(|bus| bus.database.messages.iter().map(move |message| (bus, message)));
        let having: Vec<_> = messages
            .filter_map(|(bus, message)| Some(Found { bus, message, signal: message.signal(&wish.signal)?.1 }))
            .collect();
        let (path, name) = (&wish.path, &wish.signal);
        if having.is_empty() {
            let messages = self.buses.iter().flat_map(|bus| &bus.database.messages);
            let known = messages.flat_map(|message| message.signals.iter().map(|signal| signal.name.as_str()));
            let near = nearest(name, known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            self.lost(wish.signal_place, format!("`{path}`: no message of the DBC files has a signal `{name}`{near}"));
            return None;
        }
        if having.len() > 1 {
            let all: Vec<_> = having.iter().map(|one| format!("{} {}", one.bus.interface, one.message.name)).collect();
            let what = format!("`{path}`: `{name}` stands in several messages ({}): map it by hand", all.join(", "));
            self.lost(wish.signal_place, what);
            return None;
        }
        having.into_iter().next()
    }

    /// Whether the signal is there just when the mapping's selectors say so.
    fn selected(&mut self, wish: &Wish, found: &Found<'_>) -> bool {
        for (selector, value, place) in &wish.selectors {
            let by_file = match &found.signal.multiplex {
                Multiplex::Of { multiplexor, ranges } | Multiplex::Nested { multiplexor, ranges } => {
                    let name = found.message.signals.get(*multiplexor).map(|signal| signal.name.as_str());
                    let only =
                        *value >= 0.0 && value.fract() == 0.0 && ranges.as_slice() == [*value as u64..=*value as u64];
                    name == Some(selector) && only
                }
                Multiplex::Plain | Multiplex::Multiplexor => false,
            };
            if !by_file {
                let what = format!(
                    "`{}`: `{selector}` = {value} selects `{}` here and not in the DBC file: say it there (`m{value}` behind its name)",
                    wish.path, wish.signal
                );
                self.lost(*place, what);
                return false;
            }
        }
        true
    }

    fn compare(&mut self, wish: &Wish, found: &Found<'_>) {
        let Signal { name, size, byte_order, .. } = found.signal;
        if let Some((big, place)) = wish.big_endian
            && big != (*byte_order == ByteOrder::Big)
        {
            self.note(
                place,
                format!("`{}`: the byte order of `{name}` is another in the DBC file, which holds", wish.path),
            );
        }
        if let Some((bits, place)) = wish.length_bits
            && bits != f64::from(*size)
        {
            self.note(place, format!("`{}`: `{name}` has {size} bits in the DBC file, which holds", wish.path));
        }
    }

    /// The lines that make the leaf's value.
    fn how(&mut self, wish: &Wish, leaf: &Leaf, found: &Found<'_>) -> Option<String> {
        match &wish.transform {
            Transform::Math(formula, place) => self.formula(wish, leaf, formula, *place),
            Transform::MathAndCodes(formula, place, codes) => {
                let mut lines = self.formula(wish, leaf, formula, *place)?;
                let raws: Vec<_> = codes.iter().map(ToString::to_string).collect();
                if !raws.is_empty() {
                    let _ = writeln!(lines, "not_available = [{}]", raws.join(", "));
                }
                Some(lines)
            }
            Transform::Pairs(pairs) => self.values(wish, leaf, found, pairs, false),
            Transform::Representation(pairs) => {
                self.values(wish, leaf, found, pairs, leaf.datatype == Datatype::String)
            }
            Transform::None if leaf.datatype == Datatype::String => {
                let named = |(raw, name): &(i64, String)| Pair {
                    from: Content::Number(*raw as f64),
                    to: Content::Text(name.clone()),
                    place: wish.place,
                };
                let pairs: Vec<_> = found.signal.values.iter().map(named).collect();
                self.values(wish, leaf, found, &pairs, false)
            }
            Transform::None => Some(String::new()),
        }
    }

    fn formula(&mut self, wish: &Wish, leaf: &Leaf, formula: &str, place: Place) -> Option<String> {
        if leaf.datatype == Datatype::String {
            self.lost(place, format!("`{}` is a text: a formula makes none", leaf.path));
            return None;
        }
        match Expression::parse(formula) {
            Ok(_) => Some(format!("expression = {}\n", quoted(formula))),
            Err(error) => {
                self.lost(place, format!("`{}`: `math`: {error}", wish.path));
                None
            }
        }
    }

    fn values(&mut self, wish: &Wish, leaf: &Leaf, found: &Found<'_>, pairs: &[Pair], turned: bool) -> Option<String> {
        let mut values: Vec<(i64, String)> = Vec::new();
        for pair in pairs {
            let (from, to) = if turned { (&pair.to, &pair.from) } else { (&pair.from, &pair.to) };
            let made = raw_of(from, found.signal).and_then(|raw| Ok((raw, toml_of(to, leaf)?)));
            match made {
                Ok((raw, _)) if values.iter().any(|(earlier, _)| *earlier == raw) => {
                    self.note(pair.place, format!("`{}`: raw number {raw} has a value already: left out", wish.path));
                }
                Ok(value) => values.push(value),
                Err(why) => self.note(pair.place, format!("`{}`: left out: {why}", wish.path)),
            }
        }
        if values.is_empty() {
            let what = format!("`{}`: none of its values can be carried over from `{}`", wish.path, wish.signal);
            self.lost(wish.place, what);
            return None;
        }
        values.sort_by_key(|(raw, _)| *raw);
        let values: Vec<_> = values.iter().map(|(raw, value)| format!("{raw} = {value}")).collect();
        Some(format!("values = {{ {} }}\n", values.join(", ")))
    }
}

/// The raw number that a word or a number of a mapping stands for. A word is one of the DBC file's names; a number is raw if it has a name there, else physical.
fn raw_of(from: &Content, signal: &Signal) -> Result<i64, String> {
    match from {
        Content::Text(word) => {
            let raw = signal.values.iter().find(|(_, name)| name == word).map(|(raw, _)| *raw);
            raw.ok_or_else(|| {
                let near = nearest(word, signal.values.iter().map(|(_, name)| name.as_str()));
                let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
                format!("`{}` has no value `{word}` in the DBC file{near}", signal.name)
            })
        }
        Content::Number(number) if signal.value_name(*number as i64).is_some() && number.fract() == 0.0 => {
            Ok(*number as i64)
        }
        Content::Number(number) => {
            let raw = (number - signal.offset) / signal.factor;
            let whole = raw.round();
            if (raw - whole).abs() > 1e-9 * raw.abs().max(1.0) || whole.abs() >= 9e15 {
                return Err(format!("`{}` is never {number}", signal.name));
            }
            Ok(whole as i64)
        }
        Content::Bool(flag) => Ok(i64::from(*flag)),
        other => Err(format!("{} is no value of a signal", shape(other))),
    }
}

fn toml_of(to: &Content, leaf: &Leaf) -> Result<String, String> {
    let value = match to {
        Content::Bool(flag) => Value::Bool(*flag),
        Content::Number(number) => Value::Float(*number),
        Content::Text(text) => Value::Text(text.as_str().into()),
        other => return Err(format!("{} is no value of a leaf", shape(other))),
    };
    match leaf.admit(value).map_err(|error| format!("the leaf cannot hold it: {error}"))? {
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Int(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(format!("{number:?}")),
        Value::Text(text) => Ok(quoted(&text)),
    }
}

fn shape(content: &Content) -> &'static str {
    match content {
        Content::Null => "nothing",
        Content::List(_) => "a list",
        Content::Table(_) => "a table",
        Content::Bool(_) | Content::Number(_) | Content::Text(_) => "a value",
    }
}

/// A text as TOML writes it.
pub fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
