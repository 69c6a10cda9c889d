//! One line of the allow-list, bound to its message: what a person wrote in physical values becomes bounds of raw integers.

mod bind;
mod error;

pub use error::BindError;

use tandem_dbc::integrity::{Counter, Seal};
use tandem_dbc::{Field, Padded};
use tandem_frame::{BusIndex, CanId, Frame, MAX_LENGTH};
use tandem_signals::Others;
use tandem_units::{Driving, Nanoseconds, Power};

/// What may be in one message, and when it may leave.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Index of the message in the bus's database.
    pub message: usize,
    /// The start values of every signal; kind, length and id of every frame that leaves.
    pub start: Frame,
    pub limits: Vec<Limit>,
    pub min_period: Nanoseconds,
    pub burst: u8,
    /// The worst that the car may do.
    pub driving: Driving,
    /// How the car must be switched on; `None`: it does not matter.
    pub power: Option<Vec<Power>>,
    pub others: Others,
    /// The bits that need not be as in the blank, as ones: those of the limits, and those that the gate fills in.
    pub(crate) loose: [u8; MAX_LENGTH],
    pub(crate) counter: Option<(Field, Counter)>,
    pub(crate) seal: Option<Seal>,
}

impl Rule {
    pub fn bus(&self) -> BusIndex {
        self.start.bus
    }

    pub fn id(&self) -> CanId {
        self.start.id
    }
}

/// The range of one signal, in raw integers, and its start value.
///
/// Raw values are told from 0 on, in the order of the numbers that they say: a signed one has its sign bit turned round.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Index in the message.
    pub signal: usize,
    field: Field,
    /// The sign bit of a signed signal; 0 of an unsigned one.
    sign: u64,
    least: u64,
    most: u64,
    start: u64,
}

impl Limit {
    /// The least and the most, raw. Beside them only the start value is allowed.
    pub fn range(&self) -> (i128, i128) {
        (self.said(self.least), self.said(self.most))
    }

    /// The start value, raw.
    pub fn start(&self) -> i128 {
        self.said(self.start)
    }

    /// The signal's value in a payload, raw.
    pub(crate) fn value(&self, payload: &Padded) -> i128 {
        self.said(self.ordered(payload))
    }

    pub(crate) fn allows(&self, payload: &Padded) -> bool {
        let value = self.ordered(payload);
        (self.least..=self.most).contains(&value) || value == self.start
    }

    /// Writes the start value.
    pub(crate) fn reset(&self, payload: &mut [u8]) {
        self.field.write(payload, self.start ^ self.sign);
    }

    fn ordered(&self, payload: &Padded) -> u64 {
        self.field.bits(payload) ^ self.sign
    }

    fn said(&self, ordered: u64) -> i128 {
        i128::from(ordered) - i128::from(self.sign)
    }
}

#[cfg(test)]
mod tests;
