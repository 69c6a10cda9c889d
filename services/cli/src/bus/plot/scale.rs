/// An axis: where its numbers stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub ticks: Vec<f64>,
    /// Digits behind the point.
    digits: usize,
}

impl Scale {
    /// An axis that holds these values and ends at round numbers.
    pub fn around(low: f64, high: f64, ticks: usize) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 1.0, high + 1.0) };
        let step = step((high - low) / ticks.max(1) as f64);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let digits = digits(step);
        let count = (last - first).clamp(1.0, 100.0) as u32;
        let ticks = (0..=count).map(|at| (first + f64::from(at)) * step).collect();
        Self { low: first * step, high: last * step, ticks, digits }
    }

    /// Round seconds within a span of time.
    pub fn of_time(from: f64, to: f64, ticks: usize) -> Self {
        let raw = (to - from) / ticks.max(1) as f64;
        let long = [60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 43_200.0, 86_400.0];
        let step = if raw <= 20.0 {
            step(raw)
        } else {
            long.into_iter().chain([30.0]).filter(|step| *step >= raw).fold(f64::INFINITY, f64::min)
        };
        let step = if step.is_finite() { step } else { 86_400.0 * (raw / 86_400.0).ceil() };
        let (first, last) = ((from / step).ceil(), (to / step).floor());
        let digits = digits(step);
        let count = (last - first).clamp(0.0, 100.0) as u32;
        let ticks = (0..=count).map(|at| (first + f64::from(at)) * step).collect();
        Self { low: from, high: to, ticks, digits }
    }

    pub fn number(&self, value: f64) -> String {
        let text = format!("{value:.*}", self.digits);
        if text.trim_start_matches(['-', '0', '.']).is_empty() { "0".to_owned() } else { grouped(&text) }
    }

    /// `12.5` seconds, or `2:05` and `1:02:05` where there are minutes.
    pub fn time(&self, seconds: f64) -> String {
        if self.high < 120.0 {
            return self.number(seconds);
        }
        let whole = seconds.floor();
        let (hours, minutes, rest) = ((whole / 3600.0).floor(), (whole / 60.0).floor() % 60.0, whole % 60.0);
        let fraction = if self.digits == 0 {
            String::new()
        } else {
            format!("{:.*}", self.digits, seconds - whole).trim_start_matches('0').to_owned()
        };
        match hours >= 1.0 {
            true => format!("{hours}:{minutes:02}:{rest:02}{fraction}"),
            false => format!("{minutes}:{rest:02}{fraction}"),
        }
    }
}

/// With a space between thousands from five digits on, and a minus in place of a hyphen.
fn grouped(text: &str) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("\u{2212}", text));
    let (whole, fraction) =
        text.split_once('.').map_or((text, ""), |(whole, _)| (whole, text.get(whole.len()..).unwrap_or("")));
    let mut grouped = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len() > 4 && (whole.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// So many digits behind the point say a multiple of a step.
fn digits(step: f64) -> usize {
    let whole = |digits: &usize| {
        let steps = step * 10_f64.powi(*digits as i32);
        (steps - steps.round()).abs() < 1e-6 * steps
    };
    (0..12).find(whole).unwrap_or(12)
}

/// The round number at or above: 1, 2, 2.5 or 5 times a power of ten.
fn step(raw: f64) -> f64 {
    if !(raw.is_finite() && raw > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(raw.log10().floor());
    [1.0, 2.0, 2.5, 5.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| *step >= raw * 0.999_999)
        .unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(scale: &Scale) -> String {
        scale.ticks.iter().map(|tick| scale.number(*tick)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!(shown(&Scale::around(0.0, 47.0, 5)), "0 10 20 30 40 50");
        assert_eq!(shown(&Scale::around(-0.3, 1.1, 5)), "\u{2212}0.5 0 0.5 1.0 1.5");
        assert_eq!(shown(&Scale::around(7.0, 7.0, 4)), "6.0 6.5 7.0 7.5 8.0");
        assert_eq!(
            shown(&Scale::around(1e6, 1.5e6, 5)),
            "1\u{202f}000\u{202f}000 1\u{202f}100\u{202f}000 1\u{202f}200\u{202f}000 1\u{202f}300\u{202f}000 1\u{202f}400\u{202f}000 1\u{202f}500\u{202f}000"
        );
        assert!(Scale::around(-1e300, 1e300, 5).ticks.len() < 20);
    }

    #[test]
    fn times_are_seconds_or_minutes() {
        let times = |from, to| {
            let scale = Scale::of_time(from, to, 8);
            scale.ticks.iter().map(|tick| scale.time(*tick)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(times(0.0, 20.0), "0 2.5 5.0 7.5 10.0 12.5 15.0 17.5 20.0");
        assert_eq!(times(1.25, 1.5), "1.25 1.30 1.35 1.40 1.45 1.50");
        assert_eq!(times(0.0, 545.0), "0:00 2:00 4:00 6:00 8:00");
        assert_eq!(times(3500.0, 9000.0), "1:00:00 1:15:00 1:30:00 1:45:00 2:00:00 2:15:00 2:30:00");
    }
}
