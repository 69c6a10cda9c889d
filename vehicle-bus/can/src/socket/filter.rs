use tandem_frame::CanId;

/// So many filters a socket may have (`CAN_RAW_FILTER_MAX`).
const MOST: usize = 512;
const EXTENDED: u32 = 0x8000_0000;
const REMOTE: u32 = 0x4000_0000;

/// Which frames of a bus are of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    All,
    /// Frames that carry data, of these ids. The ids that this end sends belong to it, or their echo is not heard.
    Ids(Vec<CanId>),
}

impl Wanted {
    pub(crate) fn sorted(mut self) -> Self {
        if let Self::Ids(ids) = &mut self {
            ids.sort_unstable();
            ids.dedup();
        }
        self
    }

    /// Whether a frame that the kernel let through was asked for. `self` is sorted.
    pub(crate) fn has(&self, id: CanId, remote: bool) -> bool {
        match self {
            Self::All => true,
            Self::Ids(ids) => !remote && ids.binary_search(&id).is_ok(),
        }
    }

    /// The kernel's filters, id and mask. `self` is sorted.
    ///
    /// A mask that leaves no bit open makes the kernel look the id up in a table, at the same cost for one id and for hundreds. Only over 512 ids low bits are left
    /// open, as few as may be; what comes in by that is dropped here.
    pub(crate) fn filters(&self) -> Vec<(u32, u32)> {
        let Self::Ids(ids) = self else { return vec![(0, 0)] };
        for open in 0..29 {
            let mut filters: Vec<_> = ids.iter().map(|id| exact(*id, open)).collect();
            filters.dedup();
            if filters.len() <= MOST {
                return filters;
            }
        }
        vec![(0, REMOTE)]
    }
}

fn exact(id: CanId, open: u32) -> (u32, u32) {
    let (kind, bits) = if id.is_extended() { (EXTENDED, 0x1FFF_FFFF) } else { (0, 0x7FF) };
    let bits = bits & (u32::MAX << open);
    (id.number() & bits | kind, bits | EXTENDED | REMOTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(id: u32) -> CanId {
        CanId::standard(id).unwrap()
    }

    fn extended(id: u32) -> CanId {
        CanId::extended(id).unwrap()
    }

    /// What the kernel does with a filter.
    fn passes(filters: &[(u32, u32)], id: u32) -> bool {
        filters.iter().any(|(filter, mask)| id & mask == filter & mask)
    }

    #[test]
    fn the_kernel_lets_through_the_data_frames_of_the_ids_and_no_other() {
        let wanted = Wanted::Ids(vec![standard(0x321), standard(0x123), extended(0x123), standard(0x123)]).sorted();
        let filters = wanted.filters();
        assert_eq!(filters, [(0x123, 0xC000_07FF), (0x321, 0xC000_07FF), (0x8000_0123, 0xDFFF_FFFF)]);
        assert!(passes(&filters, 0x123) && passes(&filters, 0x8000_0123));
        for other in [0x122, 0x124, 0x8000_0321, 0x4000_0123, 0xC000_0123] {
            assert!(!passes(&filters, other), "{other:X}");
        }
        assert!(wanted.has(extended(0x123), false));
        assert!(!wanted.has(extended(0x321), false) && !wanted.has(standard(0x123), true));
    }

    #[test]
    fn all_is_all_and_no_id_is_nothing() {
        assert!(passes(&Wanted::All.filters(), 0xC000_0123));
        assert_eq!(Wanted::Ids(vec![]).filters(), []);
    }

    #[test]
    fn more_ids_than_filters_still_all_pass_and_the_rest_is_told_apart() {
        let ids: Vec<_> = (0..2000).map(|at| extended(at * 3)).chain((0..100).map(|at| standard(at * 2))).collect();
        let wanted = Wanted::Ids(ids.clone()).sorted();
        let filters = wanted.filters();
        assert!((MOST / 4..=MOST).contains(&filters.len()), "{}", filters.len());
        assert!(ids.iter().all(|id| passes(&filters, id.raw()) && wanted.has(*id, false)));
        assert!(!passes(&filters, 0x4000_0000) && !passes(&filters, 0x8000_0000 | 0x10_0000));
        assert!(!wanted.has(extended(1), false));
    }
}
