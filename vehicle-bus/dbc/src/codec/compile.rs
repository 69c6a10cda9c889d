use std::ops::RangeInclusive;

use tandem_frame::CanId;

use super::{Codec, Condition, Field, Group, Ids, Layout};
use crate::lint::selected_by;
use crate::{Database, Message};

impl Codec {
    /// Compiles a database. A signal that fits no payload, and one whose multiplexors select each other in a ring, is
    /// in the codec but never decoded.
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
        };
        for message in &db.messages {
            codec.add(message);
        }
        codec
    }

    fn add(&mut self, message: &Message) {
        let (first_signal, first_group) = (self.signals.len(), self.groups.len());
        let first_condition = self.conditions.len();
        let mut known = vec![Presence::Unknown; message.signals.len()];
        for (index, signal) in message.signals.iter().enumerate() {
            let condition = self.presence(message, index, &mut known, first_condition);
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
        self.messages.push(Layout {
            id: message.id,
            length: message.length,
            signals: first_signal..self.signals.len(),
            groups: first_group..self.groups.len(),
        });
    }

    /// When a signal is there. Follows its multiplexors up to one that is known already, then comes back down.
    fn presence(&mut self, message: &Message, index: usize, known: &mut [Presence], first: usize) -> Presence {
        let (mut chain, mut at) = (Vec::new(), index);
        let mut presence = loop {
            match known.get_mut(at) {
                Some(state @ Presence::Unknown) => *state = Presence::Never,
                Some(Presence::Never) | None => break Presence::Never,
                Some(state) => break *state,
            }
            match message.signals.get(at).and_then(selected_by) {
                None => {
                    known.get_mut(at).into_iter().for_each(|state| *state = Presence::Always);
                    break Presence::Always;
                }
                Some((multiplexor, ranges)) => {
                    chain.push((at, multiplexor, ranges));
                    at = multiplexor;
                }
            }
        };
        for (at, multiplexor, ranges) in chain.into_iter().rev() {
            let selector = message.signals.get(multiplexor).map(Field::new);
            presence = match (presence, selector) {
                (Presence::Always | Presence::If(_), Some(selector)) => {
                    Presence::If(self.condition(selector, ranges, presence.id(), first))
                }
                _ => Presence::Never,
            };
            known.get_mut(at).into_iter().for_each(|state| *state = presence);
        }
        presence
    }

    fn condition(
        &mut self,
        multiplexor: Field,
        ranges: &[RangeInclusive<u64>],
        parent: Option<u32>,
        first: usize,
    ) -> u32 {
        let wanted = || ranges.iter().map(|range| (*range.start(), *range.end()));
        let same = |condition: &&Condition| {
            let found = self.ranges.get(condition.ranges.clone()).unwrap_or_default();
            condition.multiplexor == multiplexor && condition.parent == parent && found.iter().copied().eq(wanted())
        };
        let known = self.conditions.iter().skip(first);
        if let Some(index) = known.clone().position(|condition| same(&condition)) {
            return (first + index) as u32;
        }
        let start = self.ranges.len();
        self.ranges.extend(wanted());
        self.conditions.push(Condition { multiplexor, ranges: start..self.ranges.len(), parent });
        (self.conditions.len() - 1) as u32
    }
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
