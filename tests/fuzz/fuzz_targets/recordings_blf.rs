//! Bytes from anywhere as the objects of a BLF file: in none of its containers, for no fuzzer packs by zlib.

#![no_main]

#[path = "../read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

const HEAD: usize = 144;

fuzz_target!(|bytes: &[u8]| {
    let mut file = vec![0; HEAD];
    file[..4].copy_from_slice(b"LOGG");
    file[4] = HEAD as u8;
    // Two containers that are not packed, cut where the first byte says.
    let (first, objects) = bytes.split_first().unwrap_or((&0, &[]));
    let cut = usize::from(*first).min(objects.len());
    for part in [&objects[..cut], &objects[cut..]] {
        file.extend(b"LOBJ\x10\0\x01\0");
        file.extend((part.len() as u32 + 32).to_le_bytes());
        file.extend([10, 0, 0, 0]);
        file.extend([0; 16]);
        file.extend(part);
    }
    read::as_it_comes(file);
});
