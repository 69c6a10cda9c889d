//! What is set, by key: what was written down, what somebody wants to change, and who is told of it. Knows no bus, no file and no clock.

use std::collections::BTreeMap;

use tandem_contracts::driving::Flag;
use tandem_contracts::settings::{Kind, Notice, Refusal, SCHEMA, Setting, Spec, Table, find};
use tandem_contracts::wire::to_variant;
use tandem_units::Value;

#[cfg(test)]
mod tests;

/// What is written down: each setting that somebody set, as text, by its key. Those that this make of Tandem does not know are kept for the one that does.
pub type Rows = BTreeMap<String, String>;

/// What is set.
#[derive(Debug)]
pub struct Core {
    generation: u64,
    sequence: u64,
    rows: Rows,
    values: BTreeMap<&'static str, Value>,
    is_kept: bool,
    notice: Notice,
}

/// A change that was admitted: it is in force once it is written down.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub spec: &'static Spec,
    pub value: Value,
    /// All that is to be on the disk then.
    pub rows: Rows,
}

/// What followers are told of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub generation: u64,
    pub sequence: u64,
    pub key: &'static str,
    pub value: Value,
}

impl Core {
    /// Begins with what was written down. What it cannot be any more is its default until somebody sets it anew.
    pub fn new(generation: u64, rows: Rows, is_kept: bool, notice: Notice) -> Self {
        let value = |spec: &Spec| rows.get(spec.key).and_then(|text| spec.read(text).ok());
        let values = SCHEMA.iter().map(|spec| (spec.key, value(spec).unwrap_or_else(|| spec.default()))).collect();
        Self { generation, sequence: 0, rows, values, is_kept, notice }
    }

    /// The keys of what was written down and is not understood, private or not.
    pub fn strange(&self) -> impl Iterator<Item = &str> {
        let is_strange = |(key, text): &(&String, &String)| find(key).and_then(|spec| spec.read(text)).is_err();
        self.rows.iter().filter(is_strange).map(|(key, _)| key.as_str())
    }

    pub fn table(&self) -> Table {
        Table {
            generation: self.generation,
            sequence: self.sequence,
            settings: SCHEMA.iter().map(|spec| setting(spec, &self.value(spec))).collect(),
            is_kept: self.is_kept,
            notice: self.notice.clone(),
        }
    }

    /// What one setting is.
    ///
    /// # Errors
    /// [`Refusal::Unknown`].
    pub fn get(&self, key: &str) -> Result<Value, Refusal> {
        Ok(self.value(find(key)?))
    }

    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    pub fn notice(&self) -> &Notice {
        &self.notice
    }

    fn value(&self, spec: &Spec) -> Value {
        self.values.get(spec.key).cloned().unwrap_or_else(|| spec.default())
    }

    /// What is to be written down for a setting to be this. `None` if it is so already.
    ///
    /// # Errors
    /// [`Refusal`]: there is no such setting, it cannot be that, or `rules` say why it is not changed now.
    pub fn set(
        &self,
        key: &str,
        value: Value,
        rules: impl Fn(Flag) -> Result<(), String>,
    ) -> Result<Option<Change>, Refusal> {
        let spec = find(key)?;
        spec.admit(&value)?;
        let text = value.to_string();
        self.change(spec, value, Some(text), rules)
    }

    /// The same for a setting to be its default.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn reset(&self, key: &str, rules: impl Fn(Flag) -> Result<(), String>) -> Result<Option<Change>, Refusal> {
        let spec = find(key)?;
        self.change(spec, spec.default(), None, rules)
    }

    fn change(
        &self,
        spec: &'static Spec,
        value: Value,
        text: Option<String>,
        rules: impl Fn(Flag) -> Result<(), String>,
    ) -> Result<Option<Change>, Refusal> {
        if self.rows.get(spec.key) == text.as_ref() {
            return Ok(None);
        }
        if let Some(flag) = spec.not_with {
            rules(flag).map_err(|why| Refusal::Restricted { key: spec.key, why })?;
        }
        let mut rows = self.rows.clone();
        match text {
            Some(text) => rows.insert(spec.key.to_owned(), text),
            None => rows.remove(spec.key),
        };
        Ok(Some(Change { spec, value, rows }))
    }

    /// The change is written down. Nobody is told of one that makes no difference: who sets a default has chosen it, and sees nothing of that.
    pub fn take(&mut self, change: Change) -> Option<Told> {
        let Change { spec, value, rows } = change;
        self.rows = rows;
        let before = self.values.insert(spec.key, value.clone());
        if before.as_ref() == Some(&value) {
            return None;
        }
        self.sequence += 1;
        Some(Told { generation: self.generation, sequence: self.sequence, key: spec.key, value })
    }

    /// Takes what stands on a disk that could not be read at the start. What differs is told.
    pub fn find(&mut self, rows: Rows) -> Vec<Told> {
        let found = Self::new(self.generation, rows, self.is_kept, self.notice.clone());
        let changed = SCHEMA.iter().filter(|spec| found.values.get(spec.key) != self.values.get(spec.key));
        let told = changed.zip(self.sequence + 1..).map(|(spec, sequence)| Told {
            generation: self.generation,
            sequence,
            key: spec.key,
            value: found.value(spec),
        });
        let told: Vec<_> = told.collect();
        *self = Self { sequence: told.last().map_or(self.sequence, |told| told.sequence), ..found };
        told
    }

    /// Whether what is set from now on is kept, as the disk has just shown; whether that is news.
    pub fn keep(&mut self, is_kept: bool) -> bool {
        std::mem::replace(&mut self.is_kept, is_kept) != is_kept
    }

    /// Another notice, or an empty one for none; whether that is news.
    pub fn notify(&mut self, notice: Notice) -> bool {
        std::mem::replace(&mut self.notice, notice) != self.notice
    }
}

fn setting(spec: &Spec, value: &Value) -> Setting {
    let (min, max, step) = match spec.kind {
        Kind::Number { min, max, step } => (min, max, step),
        Kind::Choice(_) | Kind::Flag | Kind::Text { .. } => (0, 0, 0),
    };
    let allowed = if let Kind::Choice(words) = spec.kind { words } else { &[] };
    let max_characters = if let Kind::Text { max_characters } = spec.kind { max_characters } else { 0 };
    Setting {
        key: spec.key.to_owned(),
        value: to_variant(Some(value)),
        default: to_variant(Some(&spec.default())),
        kind: spec.kind.word().to_owned(),
        unit: spec.unit.to_owned(),
        allowed: allowed.iter().map(|word| (*word).to_owned()).collect(),
        min,
        max,
        step,
        max_characters,
        is_private: spec.is_private,
        not_with: spec.not_with.map(|flag| flag.word().to_owned()).unwrap_or_default(),
        about: spec.about().to_owned(),
    }
}
