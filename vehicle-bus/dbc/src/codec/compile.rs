use std::collections::HashMap;
use std::ops::RangeInclusive;

use tandem_frame::CanId;

use super::{Codec, Condition, Field, Group, Ids, Layout};
use crate::lint::{DEEPEST, selected_by};
use crate::{Database, Message};

impl Codec {
    /// Compiles a database. A signal that fits no payload, and one whose multiplexors select each other in a ring or are
    /// nested over 16 deep, is in the codec but never decoded.
    pub fn compile(db: &Database) -> Codec {
        let ids: Vec<_> = db.messages.iter().map(|message| message.id).zip(0..).collect();
        let groups =
            db.messages.iter().zip(0..).filter_map(|(m, index)| Some((by_group(m.parameter_group()?)?, index)));
        let groups: Vec<_> = groups.collect();
        let mut codec = Codec {
            ids: Ids::new(&ids),
            parameter_groups: (!groups.is_empty()).then(|| Ids::new(&groups)),
            messages: Vec::with_capacity(db.messages.len()),
            signals: Vec::new(),
            conditions_of: Vec::new(),
            groups: Vec::new(),
            conditions: Vec::new(),
            ranges: Vec::new(),
            cases: Vec::new(),
            runs: Vec::new(),
        };
        for message in &db.messages {
            codec.add(message);
        }
        codec
    }

    fn add(&mut self, message: &Message) {
        let (first_signal, first_group) = (self.signals.len(), self.groups.len());
        let known = vec![Presence::Unknown; message.signals.len()];
        let mut branches = Branches { message, known, conditions: HashMap::new() };
        for (index, signal) in message.signals.iter().enumerate() {
            let condition = self.presence(&mut branches, index);
            let mut field = Field::new(signal);
            if condition == Presence::Never {
                field = field.nowhere();
            }
            let at = self.signals.len();
            self.signals.push(field);
            self.conditions_of.push(condition.id());
            match self.groups.get_mut(first_group..).and_then(<[Group]>::last_mut) {
                Some(group) if group.condition == condition.id() => group.signals.end = at + 1,
                _ => self.groups.push(Group { condition: condition.id(), signals: at..at + 1 }),
            }
        }
        let switch = self.switch(first_group..self.groups.len());
        self.messages.push(Layout {
            id: message.id,
            length: message.length,
            signals: first_signal..self.signals.len(),
            groups: first_group..self.groups.len(),
            switch,
        });
    }

    /// When a signal is there. Follows its multiplexors up to one that is known already, then comes back down.
    fn presence(&mut self, branches: &mut Branches<'_>, index: usize) -> Presence {
        let signals = &branches.message.signals;
        let (mut chain, mut at) = (Vec::new(), index);
        let mut presence = loop {
            match branches.known.get_mut(at) {
                Some(state @ Presence::Unknown) => *state = Presence::Never,
                Some(Presence::Never) | None => break Presence::Never,
                Some(state) => break *state,
            }
            match signals.get(at).and_then(selected_by) {
                None => {
                    branches.known.get_mut(at).into_iter().for_each(|state| *state = Presence::Always);
                    break Presence::Always;
                }
                Some((multiplexor, ranges)) => {
                    chain.push((at, multiplexor, ranges));
                    at = multiplexor;
                }
            }
        };
        for (at, multiplexor, ranges) in chain.into_iter().rev() {
            presence = match presence {
                Presence::Always | Presence::If(_) => self.condition(branches, multiplexor, ranges, presence.id()),
                Presence::Unknown | Presence::Never => Presence::Never,
            };
            branches.known.get_mut(at).into_iter().for_each(|state| *state = presence);
        }
        presence
    }

    fn condition(
        &mut self,
        branches: &mut Branches<'_>,
        multiplexor: usize,
        ranges: &[RangeInclusive<u64>],
        parent: Option<u32>,
    ) -> Presence {
        let above = parent.and_then(|parent| self.conditions.get(parent as usize));
        let depth = above.map_or(1, |parent| parent.depth + 1);
        let selector = branches.message.signals.get(multiplexor).map(Field::new);
        let Some(selector) = selector.filter(|_| usize::from(depth) <= DEEPEST) else { return Presence::Never };
        let key = (multiplexor, parent, joined(ranges));
        if let Some(known) = branches.conditions.get(&key) {
            return Presence::If(*known);
        }
        let start = self.ranges.len();
        self.ranges.extend(&key.2);
        let index = self.conditions.len() as u32;
        self.conditions.push(Condition { multiplexor: selector, ranges: start..self.ranges.len(), parent, depth });
        branches.conditions.insert(key, index);
        Presence::If(index)
    }
}

/// A message whose signals are being told apart by what selects them.
struct Branches<'a> {
    message: &'a Message,
    known: Vec<Presence>,
    conditions: HashMap<Selection, u32>,
}

/// A multiplexor, the condition above, and the values that select.
type Selection = (usize, Option<u32>, Vec<(u64, u64)>);

/// The same values in as few ranges as can be, in their order.
fn joined(ranges: &[RangeInclusive<u64>]) -> Vec<(u64, u64)> {
    let mut ranges: Vec<_> = ranges.iter().filter(|range| !range.is_empty()).map(|r| (*r.start(), *r.end())).collect();
    ranges.sort_unstable();
    ranges.dedup_by(|(low, high), (_, before)| {
        let joins = *low <= before.saturating_add(1);
        if joins {
            *before = (*before).max(*high);
        }
        joins
    });
    ranges
}

#[derive(Clone, Copy, PartialEq)]
enum Presence {
    Unknown,
    Always,
    If(u32),
    Never,
}

impl Presence {
    fn id(self) -> Option<u32> {
        match self {
            Presence::If(condition) => Some(condition),
            Presence::Unknown | Presence::Always | Presence::Never => None,
        }
    }
}

/// A parameter group as the table of ids takes it.
pub(super) fn by_group(group: u32) -> Option<CanId> {
    CanId::extended(group).ok()
}
