//! The allow-list: `[[transmit]]`.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use tandem_units::{Driving, Power};
use toml::de::DeValue;

use super::{Reader, earlier};
use crate::document::{Named, Section, expected, integer, list, milliseconds, number, text, word};
use crate::profile::{Others, TransmitProfile, WORST};

const KEYS: &[&str] =
    &["bus", "message", "signals", "min_period_ms", "burst", "driving", "power", "others", "cycle_ms"];
const RANGE_KEYS: &[&str] = &["min", "max"];
const OTHERS: [(&str, Others); 2] = [("start", Others::Start), ("received", Others::Received)];
const MOST_BURST: u8 = 16;
/// Whatever the car's state is, even if nobody knows it.
const ANY: &str = "any";

impl<'a, 'i> Reader<'a, 'i> {
    pub(super) fn transmits(&self) -> Vec<TransmitProfile> {
        let mut transmits: Vec<TransmitProfile> = Vec::new();
        let mut lines = HashMap::new();
        for section in self.top.each("transmit", KEYS) {
            let Some(transmit) = self.transmit(&section) else { continue };
            if let Some(first) = earlier(&mut lines, (transmit.bus, transmit.message.clone()), transmit.line) {
                let message = format!("message `{}` is listed already, in line {first}", transmit.message);
                section.mistake_at("message", message);
            }
            transmits.push(transmit);
        }
        transmits
    }

    fn transmit(&self, section: &Section<'a, 'i>) -> Option<TransmitProfile> {
        let bus = section.required("bus", |value| self.bus(value));
        let message = section.required("message", text);
        let min_period = section.required("min_period_ms", milliseconds);
        let signals: Vec<(String, RangeInclusive<f64>)> = section
            .required_named("signals", "{ SIGNAL = { min = .., max = .. } }")
            .into_iter()
            .filter_map(|Named { name: signal, value, .. }| {
                let range = section.inner(value, format!("`{signal}`"), RANGE_KEYS)?;
                let (min, max) = (range.required("min", number), range.required("max", number));
                let (min, max) = (min?, max?);
                if min > max {
                    range.mistake(format!("`{signal}`: the range is upside down: min {min} is above max {max}"));
                }
                Some((signal.to_owned(), min..=max))
            })
            .collect();
        let cycle = section.optional("cycle_ms", milliseconds);
        if let (Some(cycle), Some(min_period)) = (cycle, min_period)
            && cycle < min_period
        {
            section.mistake_at("cycle_ms", "`cycle_ms` must not be shorter than `min_period_ms`");
        }
        Some(TransmitProfile {
            bus: bus?,
            message: message?,
            signals,
            min_period: min_period?,
            burst: section.optional("burst", burst).unwrap_or(1),
            driving: section.optional("driving", |value| word(value, &WORST)).unwrap_or(Driving::Moving),
            power: section.optional("power", power).unwrap_or_else(|| Some(vec![Power::On, Power::Start])),
            others: section.optional("others", |value| word(value, &OTHERS)).unwrap_or_default(),
            cycle,
            line: section.line(),
        })
    }
}

fn burst(value: &DeValue<'_>) -> Result<u8, String> {
    let count = integer(value)?;
    let burst = u8::try_from(count).ok().filter(|burst| (1..=MOST_BURST).contains(burst));
    burst.ok_or_else(|| format!("{count} frames at once are not between 1 and {MOST_BURST}"))
}

fn power(value: &DeValue<'_>) -> Result<Option<Vec<Power>>, String> {
    let known: Vec<&str> = Power::ALL.iter().map(|power| power.word()).collect();
    let what = || format!("an array of {}, or \"{ANY}\"", list(&known));
    match value {
        DeValue::String(_) if text(value)? == ANY => Ok(None),
        DeValue::Array(states) if !states.is_empty() => {
            let state = |state: &DeValue<'_>| {
                let state = text(state)?;
                state.parse().map_err(|_| format!("unknown word `{state}`, expected {}", list(&known)))
            };
            states.iter().map(|one| state(one.get_ref())).collect::<Result<_, _>>().map(Some)
        }
        other => Err(expected(&what(), other)),
    }
}
