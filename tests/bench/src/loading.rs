//! How long a DBC file takes from its text to a compiled codec.

use std::hint::black_box;

use anyhow::{Context, Result};
use tandem_dbc::{Codec, Database};
use tandem_scenes::corpus;

use crate::figure::Figure;
use crate::made;
use crate::process::{quantile, thread_time};

const ROUNDS: usize = 15;

pub fn figures() -> Result<Vec<Figure>> {
    let text = made::plain(600).into_bytes();
    let mut figures = vec![figure("load 600 made-up messages", &text)?.at_most(50.0)];
    if let Some(corpus) = corpus() {
        // The corpus's largest: 331 messages, 2,150 signals, 1,571 value tables, 7,000 attributes.
        let file = corpus.join("dbc/opendbc/ford_lincoln_base_pt.dbc");
        let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
        figures.push(figure("load Ford's 331 messages", &text)?.at_most(50.0));
    }
    Ok(figures)
}

fn figure(name: &str, text: &[u8]) -> Result<Figure> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let begun = thread_time();
        black_box(Codec::compile(&Database::parse(text)?));
        times.push((thread_time() - begun).as_secs_f64() * 1e3);
    }
    Ok(Figure::new(name, quantile(&mut times, 0.5).context("no round")?, "ms"))
}
