use tandem_frame::{Frame, MAX_LENGTH};

use super::Sort;
use crate::bus::tally::{Kept, Tally};

/// How long a byte is shown as changed, nanoseconds.
const FRESH: u64 = 1_000_000_000;
/// What the newest period counts in the mean of periods.
const NEWEST: f64 = 0.2;

/// What is known of every id.
#[derive(Debug, Default)]
pub struct Board {
    pub tally: Tally<Row>,
    now: Option<u64>,
    /// Nothing more comes.
    pub is_over: bool,
}

/// One id.
#[derive(Debug)]
pub struct Row {
    pub frame: Frame,
    pub count: u64,
    /// Mean of the last periods, ns.
    period: Option<f64>,
    changed: [u64; MAX_LENGTH],
}

impl Board {
    pub fn now(&self) -> Option<u64> {
        self.now
    }

    /// Time goes on.
    pub fn pass(&mut self, t_ns: u64) {
        self.now = self.now.max(Some(t_ns));
    }

    /// Takes in a frame, which may be an error frame.
    pub fn hear(&mut self, frame: &Frame, name: &str) {
        self.pass(frame.t_ns);
        self.tally.hear(frame, name);
    }

    /// The rows in their order.
    pub fn sorted(&self, sort: Sort) -> Vec<&Row> {
        let mut rows: Vec<_> = self.tally.ids.values().collect();
        let now = self.now.unwrap_or(0);
        match sort {
            Sort::Id => {}
            Sort::Rate => rows.sort_by(|one, other| other.rate(now).total_cmp(&one.rate(now))),
            Sort::Count => rows.sort_by_key(|row| std::cmp::Reverse(row.count)),
        }
        rows
    }
}

impl Kept for Row {
    fn new(frame: &Frame) -> Self {
        Self { frame: *frame, count: 1, period: None, changed: [0; MAX_LENGTH] }
    }

    fn hear(&mut self, frame: &Frame) {
        let period = frame.t_ns.saturating_sub(self.frame.t_ns) as f64;
        self.period = Some(self.period.map_or(period, |mean| mean + NEWEST * (period - mean)));
        self.count += 1;
        for ((changed, before), now) in self.changed.iter_mut().zip(self.frame.padded()).zip(frame.padded()) {
            if before != now {
                *changed = frame.t_ns.max(1);
            }
        }
        self.frame = *frame;
    }
}

impl Row {
    /// Frames a second by the last of them; less and less while none come.
    pub fn rate(&self, now: u64) -> f64 {
        let Some(period) = self.period else { return 0.0 };
        let silence = now.saturating_sub(self.frame.t_ns) as f64;
        let period = if silence > 3.0 * period { silence } else { period };
        if period > 0.0 { 1e9 / period } else { 0.0 }
    }

    /// Whether a byte changed a moment ago.
    pub fn is_fresh(&self, byte: usize, now: u64) -> bool {
        self.changed.get(byte).is_some_and(|changed| *changed > 0 && now.saturating_sub(*changed) < FRESH)
    }
}

#[cfg(test)]
mod tests {
    use tandem_frame::{BusIndex, CanId};

    use super::*;

    #[test]
    fn rates_follow_what_comes_and_fall_when_nothing_does() {
        let mut board = Board::default();
        let hear = |board: &mut Board, t_ms: u64, id: u32, data: &[u8]| {
            let frame = Frame::new(BusIndex(0), CanId::standard(id).unwrap(), t_ms * 1_000_000, data).unwrap();
            board.hear(&frame, "can0");
        };
        for at in 0..100 {
            hear(&mut board, at * 10, 0x123, &[at as u8, 7]);
            if at % 10 == 0 {
                hear(&mut board, at * 10, 0x100, &[1]);
            }
        }
        let order =
            |board: &Board, sort| board.sorted(sort).iter().map(|row| row.frame.id.number()).collect::<Vec<_>>();
        assert_eq!((order(&board, Sort::Id), order(&board, Sort::Rate)), (vec![0x100, 0x123], vec![0x123, 0x100]));
        let row = board.sorted(Sort::Count)[0];
        assert_eq!((row.count, row.rate(990_000_000).round()), (100, 100.0));
        assert_eq!((row.is_fresh(0, 990_000_000), row.is_fresh(1, 990_000_000)), (true, false));
        assert!(!row.is_fresh(0, 1_990_000_000));
        assert_eq!(row.rate(2_990_000_000), 0.5);
    }
}
