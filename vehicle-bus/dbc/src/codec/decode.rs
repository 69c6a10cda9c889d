use std::ops::Range;

use tandem_frame::CanId;

use super::bits::{Payload, Short};
use super::compile::by_group;
use super::{Codec, DecodeError, Group, Layout, Raw, Sample, Switch, padded};
use crate::model::parameter_group;

impl Codec {
    /// The message that has this id; else the J1939 message with the id's parameter group, whoever sends it to whom.
    #[inline]
    pub fn index(&self, id: CanId) -> Option<usize> {
        let by_group = || self.parameter_groups.as_ref()?.get(by_group(parameter_group(id)?)?);
        self.ids.get(id).or_else(by_group)
    }

    /// Hands every signal that is in `data` to `each`, in the message's order. Of multiplexed signals only those that
    /// their multiplexors select; signals that reach past the end of `data` are passed over.
    ///
    /// # Errors
    /// [`DecodeError::TooShort`] if `data` is shorter than the message; then nothing is decoded.
    pub fn decode(&self, message: usize, data: &[u8], each: impl FnMut(Sample)) -> Result<(), DecodeError> {
        let layout = self.layout(message, data)?;
        match Short::new(data) {
            Some(bytes) => self.decode_all(layout, &bytes, data.len(), each),
            None => self.decode_all(layout, &padded(data), data.len(), each),
        }
        Ok(())
    }

    fn decode_all(&self, layout: &Layout, bytes: &impl Payload, length: usize, mut each: impl FnMut(Sample)) {
        let mut hand_out = |signals: Range<usize>| {
            let first = signals.start - layout.signals.start;
            for (step, field) in self.signals.get(signals).unwrap_or_default().iter().enumerate() {
                if field.fits(length) {
                    each(field.sample(first + step, bytes));
                }
            }
        };
        if let Some(switch) = &layout.switch {
            let value = switch.multiplexor.fits(length).then(|| switch.multiplexor.selector(bytes)).flatten();
            self.switched(switch, value).iter().cloned().for_each(hand_out);
            return;
        }
        for Group { condition, signals } in self.groups.get(layout.groups.clone()).unwrap_or_default() {
            if self.holds(*condition, bytes, length) {
                hand_out(signals.clone());
            }
        }
    }

    /// The signals that are there with a value of the multiplexor.
    #[inline]
    fn switched(&self, switch: &Switch, value: Option<u64>) -> &[Range<usize>] {
        let cases = self.cases.get(switch.cases.clone()).unwrap_or_default();
        let at = value.map_or(cases.len(), |value| cases.partition_point(|case| case.last < value));
        let runs = cases.get(at).map_or(&switch.without, |case| &case.runs);
        self.runs.get(runs.clone()).unwrap_or_default()
    }

    /// As [`Codec::decode`], but only the signals in `wanted` and in its order; unknown indices are passed over.
    ///
    /// # Errors
    /// As [`Codec::decode`].
    pub fn decode_only(
        &self,
        message: usize,
        wanted: &[usize],
        data: &[u8],
        each: impl FnMut(Sample),
    ) -> Result<(), DecodeError> {
        let layout = self.layout(message, data)?;
        match Short::new(data) {
            Some(bytes) => self.decode_some(layout, wanted, &bytes, data.len(), each),
            None => self.decode_some(layout, wanted, &padded(data), data.len(), each),
        }
        Ok(())
    }

    fn decode_some(
        &self,
        layout: &Layout,
        wanted: &[usize],
        bytes: &impl Payload,
        length: usize,
        mut each: impl FnMut(Sample),
    ) {
        for signal in wanted {
            let Some(at) = layout.signal(*signal) else { continue };
            let condition = self.conditions_of.get(at).copied().flatten();
            if let Some(field) = self.signals.get(at)
                && field.fits(length)
                && self.holds(condition, bytes, length)
            {
                each(field.sample(*signal, bytes));
            }
        }
    }

    /// What a signal's bits say, whether or not its multiplexors select it; `None` if there is no such signal or it
    /// reaches past the end of `data`.
    pub fn raw(&self, message: usize, signal: usize, data: &[u8]) -> Option<Raw> {
        let at = self.messages.get(message)?.signal(signal)?;
        let field = self.signals.get(at).filter(|field| field.fits(data.len()))?;
        Some(Short::new(data).map_or_else(|| field.raw(&padded(data)), |bytes| field.raw(&bytes)))
    }

    #[inline]
    fn layout(&self, message: usize, data: &[u8]) -> Result<&Layout, DecodeError> {
        let layout = self.messages.get(message).ok_or(DecodeError::NoSuchMessage { message })?;
        if data.len() < layout.length {
            return Err(DecodeError::TooShort { id: layout.id, expected: layout.length, got: data.len() });
        }
        Ok(layout)
    }

    fn holds(&self, condition: Option<u32>, bytes: &impl Payload, length: usize) -> bool {
        let mut next = condition;
        while let Some(condition) = next.and_then(|at| self.conditions.get(at as usize)) {
            let ranges = self.ranges.get(condition.ranges.clone()).unwrap_or_default();
            let selects = condition.multiplexor.fits(length)
                && condition.multiplexor.selector(bytes).is_some_and(|value| lies_in(ranges, value));
            if !selects {
                return false;
            }
            next = condition.parent;
        }
        true
    }
}

impl Layout {
    pub(super) fn signal(&self, signal: usize) -> Option<usize> {
        Some(self.signals.start.checked_add(signal)?).filter(|at| self.signals.contains(at))
    }
}

#[inline]
pub(super) fn lies_in(ranges: &[(u64, u64)], value: u64) -> bool {
    let holds = |(low, high): &(u64, u64)| (*low..=*high).contains(&value);
    match ranges {
        [only] => holds(only),
        _ => ranges.get(ranges.partition_point(|(_, high)| *high < value)).is_some_and(holds),
    }
}
