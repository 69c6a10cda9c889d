/// So many buckets are kept at most: more than a picture has columns.
const MOST: usize = 4096;
/// Without a cycle time: silence of so many mean periods, and at least this long, is a gap.
const PERIODS: f64 = 10.0;
const SHORTEST: u64 = 500_000_000;
/// More names than these do not fit beside a panel.
const MOST_NAMES: usize = 24;

/// A time, ns, and a value.
pub type Point = (u64, f64);

/// The values of one signal over time, as fine as a picture needs them, however many there are.
#[derive(Debug)]
pub struct Series {
    pub name: String,
    pub unit: String,
    /// Names of raw values.
    names: Vec<(i64, String)>,
    /// Every value so far had a name.
    all_named: bool,
    /// The values that occurred, and which name each of them has.
    seen: Vec<(f64, usize)>,
    /// How long a silence is a gap.
    gap: Option<u64>,
    /// Since the last value there was none, though the message came.
    interrupted: bool,
    /// Sum and count of the periods that were no gap.
    periods: (u64, u64),
    pub points: u64,
    /// How long a bucket is, ns.
    width: u64,
    buckets: Vec<Bucket>,
}

/// What lies too close to be told apart.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Before it the message was silent.
    gap: bool,
    first: Point,
    least: Point,
    most: Point,
    last: Point,
}

impl Series {
    pub fn new(name: String, unit: String, names: Vec<(i64, String)>, gap: Option<u64>) -> Self {
        Self {
            name,
            unit,
            names,
            all_named: true,
            seen: Vec::new(),
            gap,
            interrupted: false,
            periods: (0, 0),
            points: 0,
            width: 1,
            buckets: Vec::new(),
        }
    }

    /// Takes in the next value; one that is no number says nothing.
    pub fn push(&mut self, t_ns: u64, value: f64, raw: Option<i64>) {
        if !value.is_finite() {
            return;
        }
        match raw.and_then(|raw| self.names.iter().position(|(named, _)| *named == raw)) {
            Some(at) if self.seen.iter().all(|(_, seen)| *seen != at) => self.seen.push((value, at)),
            Some(_) => {}
            None => self.all_named = false,
        }
        let point = (t_ns, value);
        self.points += 1;
        let gap = self.is_gap(t_ns);
        let key = t_ns / self.width;
        match self.buckets.last_mut() {
            Some(bucket) if !gap && bucket.first.0 / self.width == key => bucket.take(point),
            _ => self.buckets.push(Bucket { gap, first: point, least: point, most: point, last: point }),
        }
        if self.buckets.len() > MOST {
            self.coarsen();
        }
    }

    /// The message came and said nothing: the line does not go on to the next value.
    pub fn interrupt(&mut self) {
        self.interrupted = true;
    }

    fn is_gap(&mut self, t_ns: u64) -> bool {
        let interrupted = std::mem::take(&mut self.interrupted);
        let Some(last) = self.buckets.last().map(|bucket| bucket.last.0) else { return false };
        let period = t_ns.saturating_sub(last);
        let (sum, count) = &mut self.periods;
        let mean = (*count > 2).then(|| *sum as f64 / *count as f64);
        let limit = self.gap.or(mean.map(|mean| SHORTEST.max((PERIODS * mean) as u64)));
        let gap = interrupted || limit.is_some_and(|limit| period > limit);
        if !gap {
            *sum += period;
            *count += 1;
        }
        gap
    }

    /// Half as many buckets, each twice as long. A gap that is lost by it is one that nobody would see.
    fn coarsen(&mut self) {
        while self.buckets.len() > MOST / 2 {
            self.width = self.width.saturating_mul(2);
            let width = self.width;
            let mut coarse: Vec<Bucket> = Vec::with_capacity(self.buckets.len());
            for bucket in self.buckets.drain(..) {
                match coarse.last_mut() {
                    Some(last) if last.first.0 / width == bucket.first.0 / width => {
                        [bucket.first, bucket.least, bucket.most, bucket.last]
                            .into_iter()
                            .for_each(|point| last.take(point));
                    }
                    _ => coarse.push(bucket),
                }
            }
            self.buckets = coarse;
        }
    }

    /// The values that occur, from the lowest, with their names; none if one of them has no name.
    pub fn steps(&self) -> Option<Vec<(f64, String)>> {
        if !self.all_named || self.seen.is_empty() || self.seen.len() > MOST_NAMES {
            return None;
        }
        let name = |at: usize| self.names.get(at).map(|(_, name)| name.clone()).unwrap_or_default();
        let mut steps: Vec<_> = self.seen.iter().map(|(value, at)| (*value, name(*at))).collect();
        steps.sort_by(|one, other| one.0.total_cmp(&other.0));
        Some(steps)
    }

    /// The least and the largest value.
    pub fn range(&self) -> Option<(f64, f64)> {
        let least = self.buckets.iter().map(|bucket| bucket.least.1).reduce(f64::min)?;
        let most = self.buckets.iter().map(|bucket| bucket.most.1).reduce(f64::max)?;
        Some((least, most))
    }

    /// When its message was silent: from, to.
    pub fn gaps(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let pairs = self.buckets.iter().zip(self.buckets.iter().skip(1));
        pairs.filter(|(_, next)| next.gap).map(|(before, next)| (before.last.0, next.first.0))
    }

    /// What lies between gaps, each in the order of time.
    pub fn lines(&self) -> Vec<Vec<Point>> {
        let mut lines: Vec<Vec<Point>> = Vec::new();
        for bucket in &self.buckets {
            if bucket.gap || lines.is_empty() {
                lines.push(Vec::new());
            }
            let Some(line) = lines.last_mut() else { continue };
            let (one, other) = (bucket.least.min_by_time(bucket.most), bucket.least.max_by_time(bucket.most));
            for point in [bucket.first, one, other, bucket.last] {
                if line.last() != Some(&point) {
                    line.push(point);
                }
            }
        }
        lines
    }
}

trait ByTime: Sized {
    fn min_by_time(self, other: Self) -> Self;
    fn max_by_time(self, other: Self) -> Self;
}

impl ByTime for Point {
    fn min_by_time(self, other: Self) -> Self {
        if other.0 < self.0 { other } else { self }
    }

    fn max_by_time(self, other: Self) -> Self {
        if other.0 < self.0 { self } else { other }
    }
}

impl Bucket {
    fn take(&mut self, point: Point) {
        if point.1 < self.least.1 {
            self.least = point;
        }
        if point.1 > self.most.1 {
            self.most = point;
        }
        if point.0 >= self.last.0 {
            self.last = point;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(gap: Option<u64>) -> Series {
        Series::new("M.S".into(), String::new(), Vec::new(), gap)
    }

    #[test]
    fn of_millions_of_values_the_peaks_stay() {
        let mut series = series(None);
        for at in 0..2_000_000_u64 {
            let value = match at {
                777_777 => 1e6,
                1_234_567 => -1e6,
                _ => (at % 100) as f64,
            };
            series.push(at * 1_000_000, value, None);
        }
        let lines = series.lines();
        assert_eq!((lines.len(), series.points), (1, 2_000_000));
        let line = &lines[0];
        assert!(
            line.len() <= 4 * MOST && series.buckets.len() >= MOST / 4,
            "{} of {}",
            line.len(),
            series.buckets.len()
        );
        assert!(line.contains(&(777_777_000_000, 1e6)) && line.contains(&(1_234_567_000_000, -1e6)));
        assert_eq!((line.first(), line.last()), (Some(&(0, 0.0)), Some(&(1_999_999_000_000, 99.0))));
        assert!(line.is_sorted_by_key(|(t_ns, _)| *t_ns));
    }

    #[test]
    fn a_message_that_falls_silent_leaves_a_gap() {
        for gap in [Some(200_000_000), None] {
            let mut series = series(gap);
            for at in (0..10).chain(200..210) {
                series.push(at * 10_000_000, at as f64, None);
            }
            let lines: Vec<_> = series.lines().iter().map(Vec::len).collect();
            assert_eq!(lines, [10, 10], "{gap:?}");
            assert_eq!(series.gaps().collect::<Vec<_>>(), [(90_000_000, 2_000_000_000)]);
        }
    }

    #[test]
    fn values_are_steps_if_each_of_them_has_a_name() {
        let names = vec![(0, "P".to_owned()), (1, "R".to_owned())];
        let mut series = Series::new("M.S".into(), String::new(), names, None);
        assert!(series.steps().is_none());
        series.push(0, 0.0, Some(0));
        series.push(1, 1.0, Some(1));
        assert_eq!(series.steps(), Some(vec![(0.0, "P".to_owned()), (1.0, "R".to_owned())]));
        series.push(1, 7.0, Some(7));
        assert!(series.steps().is_none());
        series.push(2, f64::NAN, Some(1));
        assert_eq!(series.points, 3);
    }
}
