//! Bytes from anywhere as a recording of whatever form: candump text, ASC or BLF, packed or not.

#![no_main]

#[path = "../read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::as_it_comes(bytes.to_vec()));
