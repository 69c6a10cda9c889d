//! Why something does not play: the word for screens, and the sentence for logs and scripts.

use tandem_contracts::media::{Item, Trouble};

/// Nothing is wrong in the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why {
    pub trouble: Option<Trouble>,
    /// Without a full stop.
    pub sentence: String,
}

impl Why {
    pub fn new(trouble: Trouble, sentence: impl Into<String>) -> Self {
        Self { trouble: Some(trouble), sentence: sentence.into() }
    }

    /// Why an item is not available.
    pub fn of(item: &Item) -> Self {
        Self { trouble: item.trouble.parse().ok(), sentence: item.reason.clone() }
    }

    /// As it stands on the bus.
    pub fn word(&self) -> String {
        self.trouble.map_or("", Trouble::word).to_owned()
    }

    /// The item, not available for this.
    pub fn on(&self, item: Item) -> Item {
        Item { available: false, trouble: self.word(), reason: self.sentence.clone(), ..item }
    }
}
