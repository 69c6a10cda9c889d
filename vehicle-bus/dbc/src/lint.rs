//! What a file's owner would want to hear of: all that was mended, and what is odd though every reader takes it.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use tandem_frame::MAX_LENGTH;

use crate::{Database, Defect, Message, Multiplex, Repair, Signal};

/// How many bits of how many branches are looked at in one message before the search for overlaps is given up: an
/// invented file with a million branches would keep it busy for days.
const STEPS: usize = 50_000_000;

impl Database {
    /// Every defect of the file in the order of its lines: [`Database::repairs`], signals that share bits while both
    /// are there, and names that two messages have.
    pub fn lint(&self) -> Vec<Repair> {
        let mut found = self.repairs.clone();
        let mut names: HashMap<&str, usize> = HashMap::new();
        for message in &self.messages {
            if let Some(first) = names.insert(&message.name, message.line) {
                let what = format!("message {} has the name of the one in line {first}", message.name);
                found.push(Repair { line: message.line, defect: Defect::DuplicateMessage, what });
                names.insert(&message.name, first);
            }
            overlaps(message, &mut found);
        }
        found.sort_by_key(|repair| repair.line);
        found
    }
}

/// Which signals hang on multiplexors that select each other in a ring, and so are never there.
pub(crate) fn in_rings(signals: &[Signal]) -> Vec<bool> {
    const ON_THE_WAY: u8 = 1;
    const SOUND: u8 = 2;
    const RING: u8 = 3;
    let mut states = vec![0u8; signals.len()];
    for start in 0..signals.len() {
        let (mut way, mut at) = (Vec::new(), start);
        let end = loop {
            match states.get_mut(at) {
                Some(state @ 0) => *state = ON_THE_WAY,
                Some(&mut SOUND) => break SOUND,
                Some(_) => break RING,
                None => break SOUND,
            }
            way.push(at);
            match signals.get(at).and_then(selected_by) {
                Some((multiplexor, _)) => at = multiplexor,
                None => break SOUND,
            }
        };
        for at in way {
            states.get_mut(at).into_iter().for_each(|state| *state = end);
        }
    }
    states.into_iter().map(|state| state == RING).collect()
}

pub(crate) fn selected_by(signal: &Signal) -> Option<(usize, &[RangeInclusive<u64>])> {
    match &signal.multiplex {
        Multiplex::Plain | Multiplex::Multiplexor => None,
        Multiplex::Of { multiplexor, ranges } | Multiplex::Nested { multiplexor, ranges } => {
            Some((*multiplexor, ranges))
        }
    }
}

/// Signals that are there together: those that the same multiplexor selects by the same values.
struct Branch<'a> {
    selected_by: Option<(usize, &'a [RangeInclusive<u64>])>,
    /// Of each bit of the payload, the first signal that has it.
    owners: HashMap<u16, usize>,
}

/// Reports each signal that shares bits with one before it; of several such only the first.
fn overlaps(message: &Message, found: &mut Vec<Repair>) {
    let rings = in_rings(&message.signals);
    let mut branches: Vec<Branch<'_>> = Vec::new();
    let mut by_selection: HashMap<_, usize> = HashMap::new();
    let mut steps = 0;
    for (index, signal) in message.signals.iter().enumerate() {
        if rings.get(index).copied().unwrap_or(true) {
            continue;
        }
        let selection = selected_by(signal);
        let own = *by_selection.entry(selection).or_insert_with(|| {
            branches.push(Branch { selected_by: selection, owners: HashMap::new() });
            branches.len() - 1
        });
        let mut shared = None;
        for branch in &branches {
            steps += usize::from(signal.size);
            if shared.is_none() && !exclude(message, selection, branch.selected_by) {
                shared = bits(signal).find_map(|bit| branch.owners.get(&bit).copied());
            }
        }
        if let Some(other) = shared.and_then(|other| message.signals.get(other)) {
            let what = format!("signal {} shares bits with {} (line {})", signal.name, other.name, other.line);
            found.push(Repair { line: signal.line, defect: Defect::Overlap, what });
        }
        if let Some(branch) = branches.get_mut(own) {
            bits(signal).for_each(|bit| _ = branch.owners.entry(bit).or_insert(index));
        }
        if steps > STEPS {
            let what =
                format!("message {} has too many branches: overlaps behind this line not looked for", message.name);
            found.push(Repair { line: signal.line, defect: Defect::Overlap, what });
            return;
        }
    }
}

/// Whether two selections can never hold at once: a multiplexor that both hang on would need two values.
fn exclude(
    message: &Message,
    one: Option<(usize, &[RangeInclusive<u64>])>,
    other: Option<(usize, &[RangeInclusive<u64>])>,
) -> bool {
    let above =
        |(multiplexor, _): &(usize, &[RangeInclusive<u64>])| message.signals.get(*multiplexor).and_then(selected_by);
    std::iter::successors(one, above).any(|(multiplexor, ranges)| {
        std::iter::successors(other, above).any(|(its, others)| {
            its == multiplexor && !ranges.iter().any(|range| others.iter().any(|other| meet(range, other)))
        })
    })
}

fn meet(one: &RangeInclusive<u64>, other: &RangeInclusive<u64>) -> bool {
    one.start() <= other.end() && other.start() <= one.end()
}

/// The signal's bits within the longest payload, counted as little-endian files count them.
fn bits(signal: &Signal) -> impl Iterator<Item = u16> {
    let (start, big) = (signal.start, signal.byte_order == crate::ByteOrder::Big);
    let of = move |step: u16| match big {
        false => start.checked_add(step),
        true => {
            let place = (start / 8 * 8).checked_add(7 - start % 8)?.checked_add(step)?;
            Some(place / 8 * 8 + 7 - place % 8)
        }
    };
    (0..signal.size.min(64)).filter_map(of).filter(|bit| usize::from(*bit) < 8 * MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let found = Database::parse(text.as_bytes()).unwrap().lint();
        found.into_iter().map(|repair| format!("{}: {}: {}", repair.line, repair.defect.name(), repair.what)).collect()
    }

    #[test]
    fn signals_that_share_bits() {
        let text = "BO_ 1 m: 8 X\n SG_ A : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B : 7|4@0+ (1,0) [0|0] \"\" X\n\
                     SG_ C : 11|4@0+ (1,0) [0|0] \"\" X\n SG_ D : 12|20@1+ (1,0) [0|0] \"\" X\n\
                     SG_ E : 8|8@1+ (1,0) [0|0] \"\" X\n";
        assert_eq!(
            found(text),
            ["3: overlap: signal B shares bits with A (line 2)", "6: overlap: signal E shares bits with C (line 4)"]
        );
    }

    #[test]
    fn signals_of_branches_that_exclude_each_other_share_nothing() {
        let text = "BO_ 1 m: 8 X\n SG_ M M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ N m1M : 8|8@1+ (1,0) [0|0] \"\" X\n\
                     SG_ A m2 : 8|32@1+ (1,0) [0|0] \"\" X\n SG_ B m1 : 16|8@1+ (1,0) [0|0] \"\" X\n\
                     SG_ C m2 : 16|8@1+ (1,0) [0|0] \"\" X\n SG_ D m1 : 23|8@0+ (1,0) [0|0] \"\" X\n\
                     SG_MUL_VAL_ 1 N M 1-1;\nSG_MUL_VAL_ 1 A M 2-2;\nSG_MUL_VAL_ 1 B N 1-1;\nSG_MUL_VAL_ 1 C N 2-2;\n\
                     SG_MUL_VAL_ 1 D M 1-1;\n";
        assert_eq!(found(text), ["7: overlap: signal D shares bits with B (line 5)"]);
    }

    #[test]
    fn multiplexors_in_a_ring_and_messages_of_one_name() {
        let text = "BO_ 1 m: 8 X\n SG_ A m1M : 0|8@1+ (1,0) [0|0] \"\" X\n SG_ B m1M : 8|8@1+ (1,0) [0|0] \"\" X\n\
                     SG_ C m1 : 16|8@1+ (1,0) [0|0] \"\" X\n SG_ D : 24|8@1+ (1,0) [0|0] \"\" X\nBO_ 2 m: 8 X\n\
                     SG_MUL_VAL_ 1 A B 1-1;\nSG_MUL_VAL_ 1 B A 1-1;\nSG_MUL_VAL_ 1 C B 1-1;\n";
        let ring = "its multiplexors select each other in a ring: never decoded";
        assert_eq!(
            found(text),
            [
                format!("2: multiplexor-ring: signal A: {ring}"),
                format!("3: multiplexor-ring: signal B: {ring}"),
                format!("4: multiplexor-ring: signal C: {ring}"),
                "6: duplicate-message: message m has the name of the one in line 1".to_owned(),
            ]
        );
    }
}
