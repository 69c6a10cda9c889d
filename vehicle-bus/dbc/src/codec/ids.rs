use tandem_frame::CanId;

/// No id: one that is extended and over 29 bits.
const EMPTY: u32 = u32::MAX;

/// From an id to a message's index: open addressing in a table at most half full.
#[derive(Debug, Clone)]
pub struct Ids {
    slots: Vec<(u32, u32)>,
    shift: u32,
}

impl Ids {
    /// Of two messages with the same id the first counts.
    pub fn new(ids: &[(CanId, usize)]) -> Self {
        let bits = (2 * ids.len()).next_power_of_two().trailing_zeros().max(1);
        let mut table = Self { slots: vec![(EMPTY, 0); 1 << bits], shift: 32 - bits };
        for &(id, index) in ids {
            let free = table.probe(id).find(|slot| table.slots.get(*slot).is_some_and(|(found, _)| *found == EMPTY));
            if let (None, Some(slot)) = (table.get(id), free.and_then(|slot| table.slots.get_mut(slot))) {
                *slot = (id.raw(), index as u32);
            }
        }
        table
    }

    #[inline]
    fn probe(&self, id: CanId) -> impl Iterator<Item = usize> + use<> {
        let start = (id.raw().wrapping_mul(0x9E37_79B1) >> self.shift) as usize;
        let slots = self.slots.len();
        (0..slots).map(move |step| (start + step) & (slots - 1))
    }

    #[inline]
    pub fn get(&self, id: CanId) -> Option<usize> {
        let slots = self.probe(id).filter_map(|slot| self.slots.get(slot));
        slots
            .take_while(|(found, _)| *found != EMPTY)
            .find(|(found, _)| *found == id.raw())
            .map(|(_, index)| *index as usize)
    }
}
