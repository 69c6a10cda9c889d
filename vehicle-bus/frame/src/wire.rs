//! How long a frame is on the wire, to the bit: its fields, its stuff bits, and the pause behind it. Bytes go through tables, so that a bus is counted as it is
//! heard.
//!
//! On a wire that has had five equal bits the sender puts in the opposite one. In a classic frame that holds up to the end of the CRC, which has to be known for
//! it. A CAN FD frame has its stuff bits by that rule up to the end of its data; its CRC field has them at fixed places, so that only its length counts.

use crate::{Flags, Frame};

/// CRC-15 of classic CAN: x^15 + x^14 + x^10 + x^8 + x^7 + x^4 + x^3 + 1.
const POLYNOMIAL: u16 = 0x4599;
/// Delimiter of the CRC, acknowledgement and its delimiter, end of frame, and the three bits between frames.
const CLASSIC_TAIL: u32 = 3 + 7 + 3;
/// The same of a CAN FD frame without the CRC's delimiter, which belongs to its fast part.
const FD_TAIL: u32 = 2 + 7 + 3;
/// Of a CAN FD frame up to 16 bytes: stuff count 4, CRC 17, fixed stuff bits 6, delimiter 1.
const FD_CRC_17: u32 = 4 + 17 + 6 + 1;
/// Of a longer one: stuff count 4, CRC 21, fixed stuff bits 7, delimiter 1.
const FD_CRC_21: u32 = 4 + 21 + 7 + 1;
/// Pads a field in front to whole bytes: bits that take turns, the last of them 1 as on an idle bus, so that no stuff bit is in them or comes of them.
const IDLE: u64 = 0x5555_5555_5555_5555;

/// The bits of a frame by the rate that they are sent at, the three bits between frames included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WireBits {
    /// At the bus's bit rate.
    pub nominal: u32,
    /// At the faster rate of a CAN FD frame's data, if it switches to that (`brs`).
    ///
    /// The switch lies within the bit that asks for it, and the way back within the CRC's delimiter, both at the sample point. The one counts here as nominal and the
    /// other as fast: what is too much in the one is too little in the other.
    pub data: u32,
}

impl WireBits {
    /// All of them.
    pub fn total(self) -> u32 {
        self.nominal + self.data
    }
}

impl Frame {
    /// The frame's bits on the wire, stuff bits included, exactly.
    ///
    /// An error frame has none: it tells what a controller saw, and not how long the wire was busy with it.
    pub fn wire_bits(&self) -> WireBits {
        match self.flags {
            Flags { error: true, .. } => WireBits::default(),
            Flags { fd: true, .. } => self.fd_bits(),
            _ => WireBits { nominal: self.classic_bits(), data: 0 },
        }
    }

    fn classic_bits(&self) -> u32 {
        let header = self.classic_header();
        let data = self.data();
        // Zeroes in front change no CRC that begins at zero.
        let crc = header.padded(0).chain(data.iter().copied()).fold(0, crc_15);
        // Behind the CRC a bit that breaks off whatever is equal there.
        let tail = (crc << 1 | !crc & 1).to_be_bytes();
        let mut stuffing = Stuffing::default();
        header.padded(IDLE).chain(data.iter().copied()).chain(tail).for_each(|byte| stuffing.take(byte));
        header.size + 8 * data.len() as u32 + 15 + stuffing.bits + CLASSIC_TAIL
    }

    fn classic_header(&self) -> Field {
        let (id, remote, length) = (u64::from(self.id.number()), u64::from(self.flags.remote), self.length() as u64);
        if self.id.is_extended() {
            // Start, 11 bits of the id, SRR and IDE, 18 bits of it, RTR, two reserved, DLC.
            Field { bits: id >> 18 << 27 | 0b11 << 25 | (id & 0x3_FFFF) << 7 | remote << 6 | length, size: 39 }
        } else {
            // Start, id, RTR, IDE, one reserved, DLC.
            Field { bits: id << 7 | remote << 6 | length, size: 19 }
        }
    }

    fn fd_bits(&self) -> WireBits {
        let (nominal, fast) = self.fd_header();
        let header = Field { bits: nominal.bits << fast.size | fast.bits, size: nominal.size + fast.size };
        let data = self.data();
        let mut stuffing = Stuffing::default();
        header.padded(IDLE).chain(data.iter().copied()).for_each(|byte| stuffing.take(byte));
        // Behind the last bit comes the first fixed stuff bit, and never two of them.
        let last = data.last().map_or(fast.bits & 1, |byte| u64::from(byte & 1));
        let stuffed = stuffing.bits - u32::from(stuffing.has_just_stuffed(last == 1));
        let crc = if data.len() > 16 { FD_CRC_21 } else { FD_CRC_17 };
        let total = header.size + 8 * data.len() as u32 + stuffed + crc + FD_TAIL;
        if !self.flags.brs {
            return WireBits { nominal: total, data: 0 };
        }
        let mut before = Stuffing::default();
        nominal.padded(IDLE).for_each(|byte| before.take(byte));
        let nominal = nominal.size + before.bits + FD_TAIL;
        WireBits { nominal, data: total - nominal }
    }

    /// Up to the bit that asks for the faster rate, and the rest.
    fn fd_header(&self) -> (Field, Field) {
        let (id, fast) = (u64::from(self.id.number()), u64::from(self.flags.brs));
        let nominal = if self.id.is_extended() {
            // Start, 11 bits of the id, SRR and IDE, 18 bits of it, RRS, FDF, one reserved, BRS.
            Field { bits: id >> 18 << 24 | 0b11 << 22 | (id & 0x3_FFFF) << 4 | 0b0100 | fast, size: 36 }
        } else {
            // Start, id, RRS, IDE, FDF, one reserved, BRS.
            Field { bits: id << 5 | 0b0_0100 | fast, size: 17 }
        };
        let length = match self.length() {
            length @ 0..=8 => length as u64,
            12 => 9,
            16 => 10,
            20 => 11,
            24 => 12,
            32 => 13,
            48 => 14,
            _ => 15,
        };
        (nominal, Field { bits: u64::from(self.flags.esi) << 4 | length, size: 5 })
    }
}

/// The first bits of a frame, at most 64.
#[derive(Clone, Copy)]
struct Field {
    bits: u64,
    size: u32,
}

impl Field {
    /// Its bytes behind as much of `front` as makes them whole.
    fn padded(self, front: u64) -> impl Iterator<Item = u8> {
        let bits = front << self.size | self.bits;
        bits.to_be_bytes().into_iter().skip(8 - self.size.div_ceil(8) as usize)
    }
}

fn crc_15(crc: u16, byte: u8) -> u16 {
    let [high, low] = (crc << 1).to_be_bytes();
    (u16::from(low) << 7 ^ CRC_15.get(usize::from(high ^ byte)).copied().unwrap_or_default()) & 0x7FFF
}

static CRC_15: [u16; 256] = crc_table();

const fn crc_table() -> [u16; 256] {
    let mut table = [0; 256];
    let (mut entries, mut byte): (&mut [u16], u16) = (&mut table, 0);
    while let [entry, rest @ ..] = entries {
        let (mut crc, mut bit) = (byte << 7, 0);
        while bit < 8 {
            crc = if crc & 0x4000 == 0 { crc << 1 } else { crc << 1 ^ POLYNOMIAL };
            bit += 1;
        }
        *entry = crc & 0x7FFF;
        entries = rest;
        byte += 1;
    }
    table
}

/// Counts the stuff bits of what it takes.
#[derive(Clone, Copy, Debug, Default)]
struct Stuffing {
    /// The last bit on the wire in bit 2; below it, how many before it are equal to it: 0 to 3, for at the fifth there is an opposite one.
    state: u8,
    bits: u32,
}

impl Stuffing {
    fn take(&mut self, byte: u8) {
        let step = STUFFING.get(usize::from(self.state) << 8 | usize::from(byte)).copied().unwrap_or_default();
        self.state = step & 7;
        self.bits += u32::from(step >> 3);
    }

    /// Whether the last bit of all was a stuff bit: it is not the last one that was taken.
    fn has_just_stuffed(self, last: bool) -> bool {
        (self.state & 4 != 0) != last
    }
}

/// By state and byte: the state behind it, and above that how many stuff bits there were.
static STUFFING: [u8; 2048] = stuffing_table();

const fn stuffing_table() -> [u8; 2048] {
    let mut table = [0; 2048];
    let (mut entries, mut at): (&mut [u8], u16) = (&mut table, 0);
    while let [entry, rest @ ..] = entries {
        let (mut last, mut equal) = (at >> 10 & 1, at >> 8 & 3);
        let (mut stuffed, mut place) = (0_u8, 8);
        while place > 0 {
            place -= 1;
            let bit = at >> place & 1;
            equal = if bit == last { equal + 1 } else { 0 };
            last = bit;
            if equal == 4 {
                stuffed += 1;
                last = 1 - bit;
                equal = 0;
            }
        }
        *entry = stuffed << 3 | (last << 2 | equal) as u8;
        entries = rest;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests;
