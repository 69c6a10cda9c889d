//! The picture: panels above each other over one axis of time.

use std::fmt::Write;

use super::scale::Scale;
use super::series::{Point, Series};
use crate::table;

const LINES: [&str; 6] = ["#2563eb", "#e4572e", "#0f9d76", "#8b5cf6", "#c98a00", "#0891b2"];
const PAPER: &str = "#ffffff";
const GRID: &str = "#e7eaef";
const EDGE: &str = "#c3c9d3";
const TEXT: &str = "#5b6472";
const STRONG: &str = "#1f2733";
const FONTS: &str = "Inter, 'DejaVu Sans', 'Noto Sans', 'Noto Sans CJK SC', sans-serif";

const MARGIN: f64 = 24.0;
const HEAD: f64 = 34.0;
const FOOT: f64 = 46.0;
const BETWEEN: f64 = 14.0;
const NUMBERS: f64 = 170.0;
const NAME: f64 = 26.0;
/// About the width of a letter of 12 px.
const LETTER: f64 = 6.9;

/// Signals that share their axis.
struct Panel<'a> {
    series: Vec<(&'a Series, &'static str)>,
    height: f64,
    axis: Axis,
}

enum Axis {
    Numbers(Scale),
    /// Names from the lowest to the highest, each with its value.
    Names(Vec<(f64, String)>),
}

/// The area that a panel's lines lie in.
#[derive(Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// The span of time, ns.
    from: u64,
    to: u64,
}

/// Draws the series within a span of time, ns.
pub fn svg(series: &[Series], (from, to): (u64, u64), width: u32) -> String {
    let panels = panels(series);
    let width = f64::from(width);
    let widest = panels.iter().map(|panel| panel.axis.widest()).fold(0.0, f64::max);
    let left = MARGIN + widest + 10.0;
    let plot = (width - left - MARGIN).max(50.0);
    let heights: f64 = panels.iter().map(|panel| HEAD + panel.height).sum();
    let height = MARGIN / 2.0 + heights + BETWEEN * (panels.len().saturating_sub(1)) as f64 + FOOT;

    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = (|| -> std::fmt::Result {
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height:.0}\" viewBox=\"0 0 {width} {height:.0}\" font-family=\"{FONTS}\" font-size=\"12\">"
        )?;
        writeln!(out, "<rect width=\"100%\" height=\"100%\" rx=\"10\" fill=\"{PAPER}\"/>")?;
        let time = Scale::of_time(from as f64 / 1e9, to as f64 / 1e9, ((plot / 110.0) as usize).max(2));
        let mut top = MARGIN / 2.0;
        for panel in &panels {
            let area = Area { left, top: top + HEAD, width: plot, height: panel.height, from, to };
            panel.draw(&mut out, area, &time)?;
            top += HEAD + panel.height + BETWEEN;
        }
        let base = top - BETWEEN;
        let area = Area { left, top: 0.0, width: plot, height: base, from, to };
        for tick in &time.ticks {
            let x = area.x((tick * 1e9).max(0.0) as u64);
            writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{TEXT}\">{}</text>",
                base + 18.0,
                time.time(*tick)
            )?;
        }
        let unit = if time.high < 120.0 { "time, s" } else { "time, min" };
        writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{TEXT}\" font-size=\"11\">{unit}</text>",
            left + plot,
            base + 36.0
        )?;
        writeln!(out, "</svg>")
    })();
    out
}

/// Numbers of one unit together, in the order in which they were asked for; names by themselves.
fn panels(series: &[Series]) -> Vec<Panel<'_>> {
    let mut panels: Vec<Panel<'_>> = Vec::new();
    for (series, colour) in series.iter().zip(LINES.iter().cycle()).filter(|(series, _)| series.points > 0) {
        if let Some(names) = series.steps() {
            let height = NAME * names.len().max(2) as f64;
            panels.push(Panel { series: vec![(series, colour)], height, axis: Axis::Names(names) });
            continue;
        }
        let together = panels.iter_mut().find(|panel| {
            matches!(panel.axis, Axis::Numbers(_)) && panel.series.iter().all(|(other, _)| other.unit == series.unit)
        });
        match together {
            Some(panel) => panel.series.push((series, colour)),
            None => {
                panels.push(Panel { series: vec![(series, colour)], height: NUMBERS, axis: Axis::Names(Vec::new()) })
            }
        }
        if let Some(panel) =
            panels.iter_mut().find(|panel| panel.series.iter().any(|(other, _)| std::ptr::eq(*other, series)))
        {
            let ranges: Vec<_> = panel.series.iter().filter_map(|(series, _)| series.range()).collect();
            let low = ranges.iter().map(|(low, _)| *low).fold(f64::INFINITY, f64::min);
            let high = ranges.iter().map(|(_, high)| *high).fold(f64::NEG_INFINITY, f64::max);
            panel.axis = Axis::Numbers(Scale::around(low, high, 4));
        }
    }
    panels
}

impl Axis {
    /// What the side needs, pixels.
    fn widest(&self) -> f64 {
        let letters = match self {
            Self::Numbers(scale) => scale.ticks.iter().map(|tick| table::width(&scale.number(*tick))).max(),
            Self::Names(names) => names.iter().map(|(_, name)| table::width(&short(name))).max(),
        };
        letters.unwrap_or(1) as f64 * LETTER
    }

    fn place(&self, value: f64) -> f64 {
        match self {
            Self::Numbers(scale) => (value - scale.low) / (scale.high - scale.low),
            Self::Names(names) => {
                let at = names.partition_point(|(named, _)| *named < value);
                (at as f64 + 0.5) / names.len().max(1) as f64
            }
        }
    }
}

impl Area {
    fn x(&self, t_ns: u64) -> f64 {
        let span = self.to.saturating_sub(self.from).max(1) as f64;
        self.left + self.width * (t_ns.saturating_sub(self.from) as f64 / span).min(1.0)
    }

    fn y(&self, place: f64) -> f64 {
        self.top + self.height * (1.0 - place)
    }
}

impl Panel<'_> {
    fn draw(&self, out: &mut String, area: Area, time: &Scale) -> std::fmt::Result {
        let Area { left, top, width, height, .. } = area;
        let mut at = left;
        for (series, colour) in &self.series {
            let unit = if series.unit.is_empty() { String::new() } else { format!(", {}", series.unit) };
            let label = format!("{}{unit}", series.name);
            writeln!(
                out,
                "<rect x=\"{at:.1}\" y=\"{:.1}\" width=\"14\" height=\"4\" rx=\"2\" fill=\"{colour}\"/>",
                top - 16.0
            )?;
            writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{STRONG}\" font-weight=\"600\">{}</text>",
                at + 20.0,
                top - 10.0,
                escaped(&label)
            )?;
            at += 20.0 + table::width(&label) as f64 * LETTER + 28.0;
        }
        for tick in &time.ticks {
            let x = area.x((tick * 1e9).max(0.0) as u64);
            writeln!(out, "<path d=\"M{x:.1} {top:.1}v{height:.1}\" stroke=\"{GRID}\"/>")?;
        }
        let ticks: Vec<(f64, String)> = match &self.axis {
            Axis::Numbers(scale) => {
                scale.ticks.iter().map(|tick| (self.axis.place(*tick), scale.number(*tick))).collect()
            }
            Axis::Names(names) => names.iter().map(|(value, name)| (self.axis.place(*value), short(name))).collect(),
        };
        for (place, text) in ticks {
            let y = area.y(place);
            writeln!(out, "<path d=\"M{left:.1} {y:.1}h{width:.1}\" stroke=\"{GRID}\"/>")?;
            writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"{TEXT}\">{}</text>",
                left - 10.0,
                y + 4.0,
                escaped(&text)
            )?;
        }
        for (series, colour) in &self.series {
            for (from, to) in series.gaps() {
                let (from, to) = (area.x(from), area.x(to));
                writeln!(
                    out,
                    "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\" fill-opacity=\"0.07\"/>",
                    to - from
                )?;
            }
        }
        writeln!(out, "<path d=\"M{left:.1} {top:.1}v{height:.1}h{width:.1}\" fill=\"none\" stroke=\"{EDGE}\"/>")?;
        for (series, colour) in &self.series {
            let steps = series.steps().is_some();
            for line in series.lines() {
                let path = self.path(&line, area, steps);
                writeln!(
                    out,
                    "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>"
                )?;
            }
        }
        Ok(())
    }

    /// One line; a value that stands alone is a dot.
    fn path(&self, line: &[Point], area: Area, steps: bool) -> String {
        let mut path = String::new();
        let mut last = None;
        for (t_ns, value) in line {
            let at = (format!("{:.1}", area.x(*t_ns)), format!("{:.1}", area.y(self.axis.place(*value))));
            if last.as_ref() == Some(&at) {
                continue;
            }
            let (x, y) = &at;
            // Writing to a String cannot fail.
            let _ = match (&last, steps) {
                (None, _) => write!(path, "M{x} {y}"),
                (Some((_, before)), true) if before == y => write!(path, "H{x}"),
                (Some(_), true) => write!(path, "H{x}V{y}"),
                (Some(_), false) => write!(path, "L{x} {y}"),
            };
            last = Some(at);
        }
        if !path.contains(['H', 'L']) {
            path.push_str("h0.1");
        }
        path
    }
}

/// A name for the side.
fn short(name: &str) -> String {
    table::cut(name, 24)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}
