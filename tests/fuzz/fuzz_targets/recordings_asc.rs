//! Bytes from anywhere as the lines of an ASC file; the first byte says whether its numbers are decimal and its times relative.

#![no_main]

#[path = "../read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, lines)) = bytes.split_first() else { return };
    let base = if first & 1 == 0 { "hex" } else { "dec" };
    let times = if first & 2 == 0 { "absolute" } else { "relative" };
    read::as_it_comes([format!("base {base} timestamps {times}\n").as_bytes(), lines].concat());
});
