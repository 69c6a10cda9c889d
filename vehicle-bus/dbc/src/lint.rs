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

/// How deep multiplexors may be nested: real files have three or four, and every frame pays for each.
pub(crate) const DEEPEST: usize = 16;

/// Why signals are never there: their multiplexors select each other in a ring, or are nested too deep.
pub(crate) fn never_there(signals: &[Signal]) -> Vec<Option<Defect>> {
    #[derive(Clone, Copy)]
    enum State {
        Unknown,
        OnTheWay,
        Ring,
        Under(usize),
    }
    let mut states = vec![State::Unknown; signals.len()];
    for start in 0..signals.len() {
        let (mut way, mut at) = (Vec::new(), start);
        let mut state = loop {
            match states.get_mut(at) {
                Some(state @ State::Unknown) => *state = State::OnTheWay,
                Some(State::OnTheWay) => break State::Ring,
                Some(state) => break *state,
                None => break State::Under(0),
            }
            match signals.get(at).and_then(selected_by) {
                Some((multiplexor, _)) => {
                    way.push(at);
                    at = multiplexor;
                }
                None => {
                    states.get_mut(at).into_iter().for_each(|state| *state = State::Under(0));
                    break State::Under(0);
                }
            }
        };
        for at in way.into_iter().rev() {
            if let State::Under(depth) = &mut state {
                *depth += 1;
            }
            states.get_mut(at).into_iter().for_each(|known| *known = state);
        }
    }
    let cause = |state| match state {
        State::Ring => Some(Defect::MultiplexorRing),
        State::Under(depth) if depth > DEEPEST => Some(Defect::TooDeep),
        _ => None,
    };
    states.into_iter().map(cause).collect()
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
    let never = never_there(&message.signals);
    let mut branches: Vec<Branch<'_>> = Vec::new();
    let mut by_selection: HashMap<_, usize> = HashMap::new();
    let mut steps = 0;
    for (index, signal) in message.signals.iter().enumerate() {
        if never.get(index).is_some_and(Option::is_some) {
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
    fn multiplexors_nested_too_deep() {
        let mut text = "BO_ 1 m: 8 X\n SG_ S0 M : 0|1@1+ (1,0) [0|0] \"\" X\n".to_owned();
        let signal = |at: usize| format!(" SG_ S{at} m0M : {at}|1@1+ (1,0) [0|0] \"\" X\n");
        text.extend((1..19).map(signal));
        text.extend((1..19).map(|at| format!("SG_MUL_VAL_ 1 S{at} S{} 0-0;\n", at - 1)));
        let expected = |at: usize| {
            format!("{}: too-deep: signal S{at}: its multiplexors are nested over 16 deep: never decoded", at + 2)
        };
        assert_eq!(found(&text), [expected(17), expected(18)]);
        let codec = crate::Codec::compile(&Database::parse(text.as_bytes()).unwrap());
        let mut decoded = 0;
        codec.decode(0, &[0; 8], |_| decoded += 1).unwrap();
        assert_eq!(decoded, 17);
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
