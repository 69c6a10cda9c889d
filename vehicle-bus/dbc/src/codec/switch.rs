use std::ops::Range;

use super::decode::lies_in;
use super::{Case, Codec, Group, Switch};

/// Cases times groups: more of them cost more to write down than to look through.
const LARGEST: usize = 1 << 16;
/// Runs for each group and case: a table of a hostile message would grow with their product.
const RUNS: usize = 4;

impl Codec {
    /// The switch of a message with these groups, if one multiplexor decides on all of them.
    pub(super) fn switch(&mut self, groups: Range<usize>) -> Option<Switch> {
        let groups = self.groups.get(groups)?;
        let mut conditions =
            groups.iter().filter_map(|group| self.conditions.get(group.condition? as usize)).peekable();
        let multiplexor = conditions.peek()?.multiplexor;
        let mut starts = vec![0];
        for condition in conditions {
            if condition.parent.is_some() || condition.multiplexor != multiplexor {
                return None;
            }
            let ranges = self.ranges.get(condition.ranges.clone()).unwrap_or_default();
            starts.extend(ranges.iter().flat_map(|(low, high)| [Some(*low), high.checked_add(1)]).flatten());
        }
        starts.sort_unstable();
        starts.dedup();
        if starts.len() * groups.len() > LARGEST {
            return None;
        }
        let (first_case, first_run) = (self.cases.len(), self.runs.len());
        let (mut cases, mut runs) = (Vec::with_capacity(starts.len()), Vec::new());
        let lasts = starts.iter().skip(1).map(|next| next - 1).chain([u64::MAX]);
        for (start, last) in starts.iter().zip(lasts) {
            let from = runs.len();
            groups
                .iter()
                .filter(|group| self.selects(group, Some(*start)))
                .for_each(|group| add(&mut runs, from, group));
            cases.push(Case { last, runs: first_run + from..first_run + runs.len() });
        }
        let from = runs.len();
        groups.iter().filter(|group| self.selects(group, None)).for_each(|group| add(&mut runs, from, group));
        if runs.len() > RUNS * (groups.len() + starts.len()) {
            return None;
        }
        let without = first_run + from..first_run + runs.len();
        self.cases.extend(cases);
        self.runs.extend(runs);
        Some(Switch { multiplexor, cases: first_case..self.cases.len(), without })
    }

    fn selects(&self, group: &Group, value: Option<u64>) -> bool {
        let condition = group.condition.and_then(|condition| self.conditions.get(condition as usize));
        let ranges = condition.map(|condition| self.ranges.get(condition.ranges.clone()).unwrap_or_default());
        ranges.is_none_or(|ranges| value.is_some_and(|value| lies_in(ranges, value)))
    }
}

fn add(runs: &mut Vec<Range<usize>>, from: usize, group: &Group) {
    match runs.get_mut(from..).and_then(<[_]>::last_mut) {
        Some(run) if run.end == group.signals.start => run.end = group.signals.end,
        _ => runs.push(group.signals.clone()),
    }
}
