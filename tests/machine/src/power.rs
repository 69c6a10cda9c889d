//! What a disk has after a power cut: all that was written before its last flush, and of the rest what chance has left.
//!
//! A killed QEMU is no power cut for its disk: whatever the guest has handed over lies in the memory of this machine's kernel and reaches the file. So QEMU records every
//! write and every flush (its driver `blklogwrites`, the format of dm-log-writes), and the disk is made anew from that: nothing that was not flushed is sure, each write behind
//! the last flush is there, is missing, or is torn between two sectors, whatever became of those before it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

const MAGIC: u64 = 0x006a_7366_7773_6872;
const FLUSH: u64 = 1;
const DISCARD: u64 = 4;
/// Nothing of a disk is torn within this.
const SECTOR: usize = 512;

/// A source of chance that repeats.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493) | 1)
    }

    /// 0 to one less than `sides`.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % sides.max(1)
    }
}

/// What was written until the power went, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    pub flushes: usize,
    /// Writes before the last flush: all of them are there.
    pub sure: usize,
    /// Writes behind it, of these three kinds.
    pub kept: usize,
    pub lost: usize,
    pub torn: usize,
}

/// Makes of a disk as it was before a machine ran what it is after that machine's power was cut.
///
/// # Errors
/// A file cannot be read or written, or the record is none of QEMU's.
pub fn after_cut(disk: &Path, record: &Path, chance: &mut Chance) -> Result<Cut> {
    let record = fs::read(record).with_context(|| format!("cannot read {}", record.display()))?;
    let writes = writes(&record)?;
    let last = writes.iter().rposition(|write| write.is_flush).map_or(0, |at| at + 1);
    let disk = File::options().write(true).open(disk).with_context(|| format!("cannot open {}", disk.display()))?;
    let mut cut = Cut { flushes: writes.iter().filter(|write| write.is_flush).count(), ..Cut::default() };
    for (at, write) in writes.iter().enumerate().filter(|(_, write)| !write.bytes.is_empty()) {
        let sectors = write.bytes.len() / SECTOR;
        let kept = match chance.below(3) {
            _ if at < last => {
                cut.sure += 1;
                sectors
            }
            1 if sectors > 1 => {
                cut.torn += 1;
                1 + chance.below(sectors as u64 - 1) as usize
            }
            0 | 1 => {
                cut.kept += 1;
                sectors
            }
            _ => {
                cut.lost += 1;
                0
            }
        };
        let bytes = write.bytes.get(..kept * SECTOR).unwrap_or_default();
        disk.write_all_at(bytes, write.at).context("the disk cannot be written")?;
    }
    Ok(cut)
}

struct Write<'a> {
    is_flush: bool,
    /// Bytes from the disk's begin.
    at: u64,
    bytes: &'a [u8],
}

/// Everything that was recorded whole, in its order. A discard changes nothing: what it leaves is anybody's guess, and what was there before is one.
fn writes(record: &[u8]) -> Result<Vec<Write<'_>>> {
    let number = |at: usize| {
        let bytes = record.get(at..at + 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    // QEMU writes the record's own head at the first flush; before that a disk has sectors as it always has.
    let sector = if record.iter().take(SECTOR).all(|byte| *byte == 0) {
        SECTOR
    } else {
        ensure!(number(0) == Some(MAGIC) && number(8) == Some(1), "it is no record of writes");
        number(24).map_or(0, |word| word as u32 as usize)
    };
    ensure!(sector >= SECTOR && sector.is_power_of_two(), "its sectors have {sector} bytes");
    let mut writes = Vec::new();
    let mut at = sector;
    // The number of entries at its begin is written at a flush alone; what came behind it ends with the file, or with a hole.
    while let (Some(place), Some(count), Some(flags)) = (number(at), number(at + 8), number(at + 16)) {
        if count == 0 && flags & FLUSH == 0 {
            break;
        }
        let length = if flags & DISCARD == 0 { count as usize * sector } else { 0 };
        let Some(bytes) = record.get(at + sector..at + sector + length) else { break };
        writes.push(Write { is_flush: flags & FLUSH != 0, at: place * sector as u64, bytes });
        at += sector + length;
    }
    Ok(writes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of writes of these sectors with this byte; one of none is a flush.
    fn recorded(entries: &[(u64, u8)]) -> Vec<u8> {
        let mut record = [MAGIC, 1, 0, SECTOR as u64].map(u64::to_le_bytes).concat();
        record.resize(SECTOR, 0);
        for (sectors, byte) in entries {
            let flags = if *sectors == 0 { FLUSH } else { 0 };
            let place = if *sectors == 0 { 0 } else { u64::from(*byte) };
            record.extend([place, *sectors, flags, 0].map(u64::to_le_bytes).concat());
            record.resize(record.len().next_multiple_of(SECTOR), 0);
            record.resize(record.len() + *sectors as usize * SECTOR, *byte);
        }
        record
    }

    #[test]
    fn what_was_flushed_is_there_and_of_the_rest_whatever_chance_has_left() {
        let folder = tempfile::tempdir().unwrap();
        let (disk, record) = (folder.path().join("disk"), folder.path().join("record"));
        let mut entries = vec![(1, 1), (2, 2), (0, 0)];
        entries.extend((8..=200).step_by(8).map(|byte| (8, byte)));
        let mut bytes = recorded(&entries);
        // The machine was killed while it wrote this one down.
        bytes.truncate(bytes.len() - 100);
        fs::write(&record, bytes).unwrap();
        let mut disks = Vec::new();
        for seed in [1, 1, 2] {
            fs::write(&disk, vec![0; 300 * SECTOR]).unwrap();
            let cut = after_cut(&disk, &record, &mut Chance::of(seed)).unwrap();
            assert_eq!((cut.flushes, cut.sure, cut.kept + cut.lost + cut.torn), (1, 2, 24), "{cut:?}");
            assert!(cut.kept > 0 && cut.lost > 0 && cut.torn > 0, "{cut:?}");
            let bytes = fs::read(&disk).unwrap();
            let of = |byte: u8| bytes.iter().filter(|it| **it == byte).count();
            assert_eq!((of(1), of(2)), (SECTOR, 2 * SECTOR), "what was flushed");
            assert_eq!(bytes[2 * SECTOR..4 * SECTOR], [2; 2 * SECTOR], "at its place");
            let whole = (8..=192).step_by(8).filter(|byte| of(*byte) == 8 * SECTOR).count();
            let torn = (8..=192).step_by(8).filter(|byte| (1..8 * SECTOR).contains(&of(*byte))).count();
            assert_eq!((whole, torn, of(200)), (cut.kept, cut.torn, 0));
            disks.push(bytes);
        }
        assert!(disks[0] == disks[1] && disks[1] != disks[2], "chance repeats by its seed");
    }

    #[test]
    fn what_is_no_record_is_refused_and_one_of_a_cut_before_the_first_flush_is_read_without_its_head() {
        assert!(writes(&[1; 4096]).is_err());
        assert!(writes(&[]).unwrap().is_empty() && writes(&[0; 4096]).unwrap().is_empty());
        let mut record = recorded(&[(1, 1), (2, 2)]);
        record[..SECTOR].fill(0);
        let found: Vec<_> = writes(&record).unwrap().iter().map(|write| (write.at, write.bytes.len())).collect();
        assert_eq!(found, [(512, 512), (1024, 1024)]);
    }
}
