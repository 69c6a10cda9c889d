use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A measured figure, with the bar that it is held against and the peer's in the same run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Figure {
    pub name: String,
    pub value: f64,
    pub unit: Cow<'static, str>,
    /// Such as `>= 5e6`; empty if there is none.
    pub bar: String,
    /// Who else did the same work; empty if nobody.
    pub peer: String,
    pub peer_value: Option<f64>,
    /// Ours to the peer's.
    pub ratio: Option<f64>,
}

impl Figure {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        let (bar, peer) = (String::new(), String::new());
        Self { name: name.into(), value, unit: unit.into(), bar, peer, peer_value: None, ratio: None }
    }

    pub fn at_least(self, bar: f64) -> Self {
        Self { bar: format!(">= {}", short(bar)), ..self }
    }

    pub fn at_most(self, bar: f64) -> Self {
        Self { bar: format!("<= {}", short(bar)), ..self }
    }

    pub fn between(self, least: f64, most: f64) -> Self {
        Self { bar: format!("{} to {}", short(least), short(most)), ..self }
    }

    pub fn against(self, peer: &str, peer_value: f64) -> Self {
        let ratio = (peer_value > 0.0).then(|| self.value / peer_value);
        Self { peer: peer.to_owned(), peer_value: Some(peer_value), ratio, ..self }
    }

    /// A line of the table.
    pub fn row(&self) -> String {
        let peer = self.peer_value.map(|value| format!("{} {}", self.peer, short(value))).unwrap_or_default();
        let ratio = self.ratio.map(|ratio| format!("{}x", short(ratio))).unwrap_or_default();
        format!(
            "{:<34} {:>10} {:<10} {:<10} {:<24} {:>7}",
            self.name,
            short(self.value),
            self.unit,
            self.bar,
            peer,
            ratio
        )
    }

    pub fn head() -> String {
        format!("{:<34} {:>10} {:<10} {:<10} {:<24} {:>7}", "figure", "value", "unit", "bar", "peer", "ratio")
    }
}

/// A number in at most four digits: `12.3`, `5.21e6`.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 1e6 => format!("{:.2}e6", value / 1e6),
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
