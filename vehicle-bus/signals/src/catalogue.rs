use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::document::{Document, Named, Section, boolean, number, text, word};
use crate::{Datatype, Kind, Leaf, Mistake};

mod vss;

/// A leaf by its place in the [`Catalogue`] that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafId(pub u16);

/// The VSS leaves in use, in the order of their files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    leaves: Vec<Leaf>,
    ids: BTreeMap<String, LeafId>,
}

const TOP_KEYS: &[&str] = &["overlay", "leaves"];
const LEAF_KEYS: &[&str] = &["kind", "datatype", "unit", "min", "max", "allowed", "private", "description"];

impl Catalogue {
    /// The catalogue of the repository: the leaves of VSS 6.0 in use, and our overlay.
    pub fn ours() -> &'static Self {
        static OURS: LazyLock<Catalogue> = LazyLock::new(|| {
            Catalogue::parse(&[
                ("assets/vss/catalogue.toml", include_str!("../../../assets/vss/catalogue.toml")),
                ("assets/vss/overlay.toml", include_str!("../../../assets/vss/overlay.toml")),
            ])
            // The texts are part of the binary and a test reads them, so nothing is left to say at run time.
            .unwrap_or_default()
        });
        &OURS
    }

    /// Reads catalogue files, given as name and text.
    ///
    /// # Errors
    /// Every mistake of every file at once.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, Vec<Mistake>> {
        let mut catalogue = Self::default();
        let mut mistakes = Vec::new();
        for (file, text) in files {
            let (document, top) = Document::read(file, text);
            if let Some(top) = &top {
                catalogue.add_file(&Section::open(&document, top.get_ref(), top.span(), "the file", TOP_KEYS));
            }
            mistakes.extend(document.into_mistakes());
        }
        if mistakes.is_empty() { Ok(catalogue) } else { Err(mistakes) }
    }

    pub fn find(&self, path: &str) -> Option<LeafId> {
        self.ids.get(path).copied()
    }

    /// The leaf of an id that this catalogue gave. An id of another catalogue may give a leaf without a path.
    pub fn leaf(&self, id: LeafId) -> &Leaf {
        self.leaves.get(usize::from(id.0)).unwrap_or(&NO_LEAF)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (LeafId, &Leaf)> {
        // `add_file` lets no more leaves in than a LeafId can count.
        self.leaves.iter().enumerate().map(|(index, leaf)| (LeafId(index as u16), leaf))
    }

    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    fn add_file(&mut self, top: &Section<'_, '_>) {
        let overlay = top.optional("overlay", boolean).unwrap_or(false);
        for Named { name: path, value, .. } in top.required_named("leaves", "[leaves.\"PATH\"]") {
            let Some(section) = top.inner(value, format!("leaf `{path}`"), LEAF_KEYS) else { continue };
            let Some(leaf) = read_leaf(path, &section, overlay) else { continue };
            if self.ids.contains_key(path) {
                section.mistake(format!("leaf `{path}` is in the catalogue already"));
                continue;
            }
            let Ok(id) = u16::try_from(self.leaves.len()) else {
                section.mistake("more leaves than a leaf id can count");
                return;
            };
            self.ids.insert(path.to_owned(), LeafId(id));
            self.leaves.push(leaf);
        }
    }
}

static NO_LEAF: Leaf = Leaf {
    path: String::new(),
    kind: Kind::Attribute,
    datatype: Datatype::String,
    is_array: false,
    unit: String::new(),
    min: None,
    max: None,
    allowed: Vec::new(),
    allowed_numbers: Vec::new(),
    pattern: None,
    deprecation: None,
    description: String::new(),
    private: true,
    overlay: true,
};

fn read_leaf(path: &str, section: &Section<'_, '_>, overlay: bool) -> Option<Leaf> {
    let kind = section.required("kind", |value| word(value, &Kind::ALL.map(|kind| (kind.word(), kind))));
    let datatype = section.required("datatype", |value| word(value, &Datatype::ALL.map(|kind| (kind.word(), kind))));
    let description = section.required("description", text);
    let unit = section.optional("unit", text).unwrap_or_default();
    let (min, max) = (section.optional("min", number), section.optional("max", number));
    let allowed = section.entries("allowed", text);
    let private = section.optional("private", boolean).unwrap_or(false);
    let datatype = datatype?;
    if let (Some(min), Some(max)) = (min, max)
        && min >= max
    {
        section.mistake_at("max", format!("the range is upside down: max {max} is not above min {min}"));
    }
    if !datatype.is_number() && (min.is_some() || max.is_some()) {
        section.mistake(format!("a {datatype} leaf has no min or max"));
    }
    if datatype != Datatype::String && !allowed.is_empty() {
        section.mistake_at("allowed", format!("a {datatype} leaf has no allowed texts"));
    }
    Some(Leaf {
        path: path.to_owned(),
        kind: kind?,
        datatype,
        is_array: false,
        unit,
        min,
        max,
        allowed,
        allowed_numbers: Vec::new(),
        pattern: None,
        deprecation: None,
        description: description?,
        private,
        overlay,
    })
}

#[cfg(test)]
mod tests;
