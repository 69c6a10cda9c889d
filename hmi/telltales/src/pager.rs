use crate::{Severity, Warning};

/// Which warning is on the line, and how many there are to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// None if there is nothing to read.
    pub warning: Option<Warning>,
    /// From 1, the most urgent; 0 if there is none.
    pub number: usize,
    pub of: usize,
}

/// The list of warnings behind a line that shows one. A key turns the pages: what was read is acknowledged and remains as its lamp, but for a danger, which
/// stays on the list for as long as it is one. With nothing left to read, the key brings back what there still is. What is new comes up by itself if it is
/// more urgent than what is shown; what ended and comes again is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    active: Set,
    acknowledged: Set,
    shown: Option<Warning>,
}

impl Pager {
    /// What is to be read, with these warnings.
    pub fn update(&mut self, warnings: impl Iterator<Item = Warning>) -> Page {
        let active = warnings.fold(Set::default(), Set::with);
        let new = active.without(self.active);
        self.active = active;
        self.acknowledged = self.acknowledged.without(new);
        let newest = new.first().filter(|new| self.shown.is_none_or(|shown| new.rank() < shown.rank()));
        self.shown = newest.or(self.shown).filter(|shown| self.open().has(*shown)).or(self.open().first());
        self.page()
    }

    /// The key was pressed.
    pub fn turn(&mut self) -> Page {
        match self.shown {
            None => self.acknowledged = Set::default(),
            Some(shown) if shown.severity() != Severity::Danger => self.acknowledged = self.acknowledged.with(shown),
            Some(_) => {}
        }
        let after = self.shown.and_then(|shown| self.open().after(shown));
        self.shown = after.or(self.open().first());
        self.page()
    }

    /// There is no warning at all, read or not.
    pub fn is_empty(&self) -> bool {
        self.active == Set::default()
    }

    fn open(&self) -> Set {
        self.active.without(self.acknowledged)
    }

    fn page(&self) -> Page {
        let (open, warning) = (self.open(), self.shown);
        Page { warning, number: warning.map_or(0, |warning| open.up_to(warning)), of: open.len() }
    }
}

/// Some of the warnings, a bit each, by their rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Set(u16);

impl Set {
    fn with(self, warning: Warning) -> Self {
        Self(self.0 | 1 << warning.rank())
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn has(self, warning: Warning) -> bool {
        self.0 & 1 << warning.rank() != 0
    }

    fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// How many there are as urgent as this one or more.
    fn up_to(self, warning: Warning) -> usize {
        Warning::ALL.into_iter().filter(|it| self.has(*it) && it.rank() <= warning.rank()).count()
    }

    fn first(self) -> Option<Warning> {
        Warning::ALL.into_iter().find(|warning| self.has(*warning))
    }

    fn after(self, warning: Warning) -> Option<Warning> {
        Warning::ALL.into_iter().find(|it| self.has(*it) && it.rank() > warning.rank())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Warning::{AbsFault, BatteryLow, BeltOpen, BootOpen, EscFault};

    fn page(warning: Warning, number: usize, of: usize) -> Page {
        Page { warning: Some(warning), number, of }
    }

    const NOTHING: Page = Page { warning: None, number: 0, of: 0 };

    #[test]
    fn the_ranks_are_the_order_and_each_warning_has_its_own() {
        assert!(Warning::ALL.iter().enumerate().all(|(rank, warning)| warning.rank() == rank));
        assert!(Warning::ALL.is_sorted_by_key(|warning| warning.severity()));
    }

    #[test]
    fn a_key_reads_one_after_the_other_and_brings_all_back_at_the_end() {
        let mut pager = Pager::default();
        let all = || [AbsFault, EscFault, BatteryLow].into_iter();
        assert_eq!((pager.turn(), pager.update([].into_iter())), (NOTHING, NOTHING));
        assert!(pager.is_empty());
        assert_eq!(pager.update(all()), page(AbsFault, 1, 3));
        assert_eq!(pager.turn(), page(EscFault, 1, 2));
        assert_eq!(pager.update(all()), page(EscFault, 1, 2), "it stays where it was turned to");
        assert_eq!(pager.turn(), page(BatteryLow, 1, 1));
        assert_eq!((pager.turn(), pager.is_empty()), (NOTHING, false));
        assert_eq!(pager.update(all()), NOTHING, "what was read has its lamp");
        assert_eq!(pager.turn(), page(AbsFault, 1, 3));
    }

    #[test]
    fn a_danger_stays_and_the_key_goes_round() {
        let mut pager = Pager::default();
        let all = || [BootOpen, BeltOpen, AbsFault].into_iter();
        assert_eq!(pager.update(all()), page(BootOpen, 1, 3));
        assert_eq!(pager.turn(), page(BeltOpen, 2, 3));
        assert_eq!(pager.turn(), page(AbsFault, 3, 3));
        assert_eq!(pager.turn(), page(BootOpen, 1, 2));
        assert_eq!(pager.turn(), page(BeltOpen, 2, 2));
        assert_eq!(pager.turn(), page(BootOpen, 1, 2));
        assert_eq!(pager.update([BeltOpen, AbsFault].into_iter()), page(BeltOpen, 1, 1), "what is over is gone");
    }

    #[test]
    fn what_is_new_comes_up_if_it_is_more_urgent_and_what_comes_again_is_new() {
        let mut pager = Pager::default();
        assert_eq!(pager.update([EscFault].into_iter()), page(EscFault, 1, 1));
        assert_eq!(pager.update([EscFault, BatteryLow].into_iter()), page(EscFault, 1, 2));
        assert_eq!(pager.update([AbsFault, EscFault, BatteryLow].into_iter()), page(AbsFault, 1, 3));
        pager.turn();
        pager.turn();
        assert_eq!(pager.turn(), NOTHING);
        assert_eq!(pager.update([EscFault, BatteryLow].into_iter()), NOTHING);
        assert_eq!(pager.update([AbsFault, EscFault, BatteryLow].into_iter()), page(AbsFault, 1, 1));
    }
}
