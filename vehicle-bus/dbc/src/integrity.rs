//! Counters and checksums of messages, as data: which kind a message has is said by the car's profile, not by code.

mod counter;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use tandem_frame::{CanId, MAX_LENGTH};

use crate::codec::{Field, Padded, padded};
use crate::{Kind, Signal};

pub use counter::{Counter, Step};

/// A kind of checksum, and what it needs to know about a message. "The rest" is every byte of the payload in order but those
/// that hold the checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// Honda's, 4 bits: 8 minus the sum of the nibbles of the id and of the payload (the checksum's own bits as 0),
    /// plus 3 for an extended id; the low 4 bits of that. Source: opendbc's `honda_checksum`.
    Honda,
    /// CRC-8 SAE J1850, 8 bits: polynomial 0x1D, initial value 0xFF, final xor 0xFF, nothing reflected. Over the low
    /// byte of the id, then the rest.
    SaeJ1850,
    /// Toyota's, 8 bits: the sum of the length, the bytes of the id, and the rest. Source: opendbc's `toyota_checksum`.
    Toyota,
    /// Chrysler's, 8 bits: CRC-8 SAE J1850 over the rest. Source: opendbc's `chrysler_checksum`.
    Chrysler,
    /// Hyundai's and Kia's, 8 bits: polynomial 0x1D, initial value 0x22, final xor 0xDF, over the rest. Source: opendbc's
    /// `hyundai_checksum`.
    HyundaiCrc8,
    /// Hyundai's and Kia's, 8 bits: the sum of the first 6 bytes.
    HyundaiSum6,
    /// Hyundai's and Kia's, 8 bits: the sum of the rest.
    HyundaiSum7,
    /// Hyundai's and Kia's on CAN FD, 16 bits: polynomial 0x1021, initial value 0, over the rest and the id's low and high byte, and
    /// a final xor of its own for 8, 16, 24 and 32 bytes. Source: opendbc's `hkg_can_fd_checksum`.
    HyundaiFd,
    /// Volkswagen's MQB, 8 bits: as [`Checksum::E2eProfile2`], but a message may have no data ids, and is then closed without one.
    VolkswagenMqb { data_ids: Option<[u8; 16]> },
    /// AUTOSAR's E2E profile 1, 8 bits: polynomial 0x1D, initial value and final xor 0, over the data id and the rest. Its
    /// counter, 0 to 14, is the low nibble of the byte behind the checksum.
    E2eProfile1 { data_id: u16, mode: DataIdMode },
    /// AUTOSAR's E2E profile 2, 8 bits: polynomial 0x2F, initial value and final xor 0xFF, over the rest and the data id of the
    /// counter, which is the low nibble of the byte behind the checksum.
    E2eProfile2 { data_ids: [u8; 16] },
    /// AUTOSAR's E2E profile 5, 16 bits: polynomial 0x1021, initial value 0xFFFF, over the rest and the data id's low and high byte.
    E2eProfile5 { data_id: u16 },
}

/// What of a data id goes into the checksum of E2E profile 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataIdMode {
    /// The low byte, then the high one.
    Both,
    /// The low byte with even counters, the high one with odd ones.
    Alternating,
    Low,
    /// The low byte and a 0; the low nibble of the high byte travels above the counter.
    Nibble,
}

/// A checksum that cannot be checked or filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    #[error("the checksum and what belongs to it end in byte {expected}, the payload has {got}")]
    TooShort { expected: usize, got: usize },
    #[error("the frame says {found:#X}, its bytes make {expected:#X}")]
    Wrong { expected: u16, found: u64 },
    #[error("the frame carries {found:#X} of its data id, not {expected:#X}")]
    DataId { expected: u8, found: u8 },
    #[error("the checksum has {expected} bits, its signal {got}")]
    Size { expected: u16, got: u16 },
}

impl Checksum {
    /// The checksum that a profile calls `word`, with the message's data ids: none, one, or one for each of 16 counters. `None`
    /// for an unknown word and for data ids that this kind cannot have.
    pub fn named(word: &str, data_ids: &[u16]) -> Option<Self> {
        let one = match data_ids {
            [one] => Some(*one),
            _ => None,
        };
        let each = || match (one, data_ids.len()) {
            (Some(one), _) => Some([u8::try_from(one).ok()?; 16]),
            (None, 16) => {
                let ids: Option<Vec<u8>> = data_ids.iter().map(|id| u8::try_from(*id).ok()).collect();
                ids?.try_into().ok()
            }
            _ => None,
        };
        let profile_1 = |mode| one.map(|data_id| Self::E2eProfile1 { data_id, mode });
        let bare = |kind| data_ids.is_empty().then_some(kind);
        match word {
            "honda" => bare(Self::Honda),
            "sae_j1850" => bare(Self::SaeJ1850),
            "toyota" => bare(Self::Toyota),
            "chrysler" => bare(Self::Chrysler),
            "hyundai_crc8" => bare(Self::HyundaiCrc8),
            "hyundai_sum6" => bare(Self::HyundaiSum6),
            "hyundai_sum7" => bare(Self::HyundaiSum7),
            "hyundai_canfd" => bare(Self::HyundaiFd),
            "vw_mqb" if data_ids.is_empty() => Some(Self::VolkswagenMqb { data_ids: None }),
            "vw_mqb" => each().map(|ids| Self::VolkswagenMqb { data_ids: Some(ids) }),
            "e2e_p01_both" => profile_1(DataIdMode::Both),
            "e2e_p01_alt" => profile_1(DataIdMode::Alternating),
            "e2e_p01_low" => profile_1(DataIdMode::Low),
            "e2e_p01_nibble" => profile_1(DataIdMode::Nibble),
            "e2e_p02" => each().map(|data_ids| Self::E2eProfile2 { data_ids }),
            "e2e_p05" => one.map(|data_id| Self::E2eProfile5 { data_id }),
            _ => None,
        }
    }

    /// Size in bits.
    pub const fn size(self) -> u16 {
        match self {
            Self::Honda => 4,
            Self::HyundaiFd | Self::E2eProfile5 { .. } => 16,
            _ => 8,
        }
    }
}

/// Whether the checksum in `signal` is that of the payload.
///
/// # Errors
/// [`ChecksumError`]: it is not, or the payload does not hold it.
pub fn verify(kind: Checksum, id: CanId, data: &[u8], signal: &Signal) -> Result<(), ChecksumError> {
    Seal::bind(kind, signal, data.len())?.verify(id, data)
}

/// Writes the payload's checksum into `signal`, and what goes with it: the nibble of the data id in E2E profile 1.
///
/// # Errors
/// [`ChecksumError`] if the payload or the signal does not hold it.
pub fn fill(kind: Checksum, id: CanId, data: &mut [u8], signal: &Signal) -> Result<(), ChecksumError> {
    Seal::bind(kind, signal, data.len())?.fill(id, data);
    Ok(())
}

/// A checksum and its place in payloads of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Seal {
    kind: Checksum,
    /// The bytes that hold it, first and last.
    own: (usize, usize),
    field: Field,
}

impl Seal {
    /// The checksum in `signal`, of payloads of `length` bytes.
    ///
    /// # Errors
    /// [`ChecksumError::Size`] and [`ChecksumError::TooShort`] if they do not hold it.
    pub fn bind(kind: Checksum, signal: &Signal, length: usize) -> Result<Self, ChecksumError> {
        if signal.size != kind.size() {
            return Err(ChecksumError::Size { expected: kind.size(), got: signal.size });
        }
        let own = signal.bytes().map_or((0, 0), RangeInclusive::into_inner);
        let seal = Self { kind, own, field: Field::read_as(Kind::Unsigned, signal) };
        let end = seal.data_id_nibble().map_or(seal.field.end(), |(at, _)| seal.field.end().max(at + 1));
        match seal.field.fits(length) && end <= length {
            true => Ok(seal),
            false => Err(ChecksumError::TooShort { expected: end, got: length }),
        }
    }

    /// Whether the checksum is that of the payload.
    ///
    /// # Errors
    /// [`ChecksumError::Wrong`] and [`ChecksumError::DataId`].
    pub fn verify(&self, id: CanId, data: &[u8]) -> Result<(), ChecksumError> {
        let bytes = padded(data);
        if let Some((at, nibble)) = self.data_id_nibble() {
            let found = bytes.get(at).map_or(0, |byte| byte >> 4);
            if found != nibble {
                return Err(ChecksumError::DataId { expected: nibble, found });
            }
        }
        let (expected, found) = (self.compute(id, &bytes, data.len()), self.field.bits(&bytes));
        if found == u64::from(expected) { Ok(()) } else { Err(ChecksumError::Wrong { expected, found }) }
    }

    /// Writes the payload's checksum, and what goes with it.
    pub fn fill(&self, id: CanId, data: &mut [u8]) {
        if let Some((at, nibble)) = self.data_id_nibble() {
            data.get_mut(at).into_iter().for_each(|byte| *byte = *byte & 0x0F | nibble << 4);
        }
        let checksum = self.compute(id, &padded(data), data.len());
        self.field.write(data, u64::from(checksum));
    }

    /// The bits that [`Self::fill`] writes, as ones.
    pub fn mask(&self) -> [u8; MAX_LENGTH] {
        let mut mask = self.field.ones();
        if let Some((at, _)) = self.data_id_nibble() {
            mask.get_mut(at).into_iter().for_each(|byte| *byte |= 0xF0);
        }
        mask
    }

    /// The nibble of its data id that a message carries, and in the high half of which byte.
    fn data_id_nibble(&self) -> Option<(usize, u8)> {
        match self.kind {
            Checksum::E2eProfile1 { data_id, mode: DataIdMode::Nibble } => {
                Some((self.behind(), (data_id >> 8) as u8 & 0x0F))
            }
            _ => None,
        }
    }

    /// The byte behind the checksum.
    fn behind(&self) -> usize {
        self.own.1 + 1
    }

    fn compute(&self, id: CanId, bytes: &Padded, length: usize) -> u16 {
        let (first, last) = self.own;
        let own = first..=last;
        let rest = bytes.iter().copied().enumerate().take(length.min(MAX_LENGTH));
        let rest = rest.filter(|(at, _)| !own.contains(at)).map(|(_, byte)| byte);
        let sum = |sum: u8, byte: u8| sum.wrapping_add(byte);
        let counter = usize::from(bytes.get(self.behind()).copied().unwrap_or_default() & 0x0F);
        let by_counter = |ids: [u8; 16]| ids.get(counter).copied();
        let number = id.number().to_be_bytes();
        let [.., id_high, id_low] = number;
        match self.kind {
            Checksum::Honda => {
                let mut bytes = *bytes;
                if let Some(bytes) = bytes.get_mut(..length.min(MAX_LENGTH)) {
                    self.field.write(bytes, 0);
                }
                let nibbles = |byte: u8| u32::from(byte & 0xF) + u32::from(byte >> 4);
                let sum: u32 = number.into_iter().chain(bytes).map(nibbles).sum();
                let extended = if id.is_extended() { 3 } else { 0 };
                (8 + extended - sum as i32) as u16 & 0xF
            }
            Checksum::SaeJ1850 => crc8(0x1D, 0xFF, std::iter::once(id_low).chain(rest)) ^ 0xFF,
            Checksum::Toyota => number.into_iter().chain(rest).fold(length as u8, sum).into(),
            Checksum::Chrysler => crc8(0x1D, 0xFF, rest) ^ 0xFF,
            Checksum::HyundaiCrc8 => crc8(0x1D, 0x22, rest) ^ 0xDF,
            Checksum::HyundaiSum6 => {
                let first = bytes.iter().copied().enumerate().take(6.min(length));
                first.filter(|(at, _)| !own.contains(at)).map(|(_, byte)| byte).fold(0, sum).into()
            }
            Checksum::HyundaiSum7 => rest.fold(0, sum).into(),
            Checksum::HyundaiFd => {
                let last = match length {
                    8 => 0x5F29,
                    16 => 0x041D,
                    24 => 0x819D,
                    32 => 0x9F5B,
                    _ => 0,
                };
                crc16(0, rest.chain([id_low, id_high])) ^ last
            }
            Checksum::VolkswagenMqb { data_ids } => crc8(0x2F, 0xFF, rest.chain(data_ids.and_then(by_counter))) ^ 0xFF,
            Checksum::E2eProfile2 { data_ids } => crc8(0x2F, 0xFF, rest.chain(by_counter(data_ids))) ^ 0xFF,
            Checksum::E2eProfile1 { data_id, mode } => {
                let [low, high] = data_id.to_le_bytes();
                let (first, second) = match mode {
                    DataIdMode::Both => (low, Some(high)),
                    DataIdMode::Alternating => (if counter % 2 == 0 { low } else { high }, None),
                    DataIdMode::Low => (low, None),
                    DataIdMode::Nibble => (low, Some(0)),
                };
                crc8(0x1D, 0, std::iter::once(first).chain(second).chain(rest))
            }
            Checksum::E2eProfile5 { data_id } => crc16(0xFFFF, rest.chain(data_id.to_le_bytes())),
        }
    }
}

fn crc8(polynomial: u8, initial: u8, bytes: impl Iterator<Item = u8>) -> u16 {
    let step = |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ polynomial };
    bytes.fold(initial, |crc, byte| (0..8).fold(crc ^ byte, step)).into()
}

fn crc16(initial: u16, bytes: impl Iterator<Item = u8>) -> u16 {
    let step = |crc: u16, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
    bytes.fold(initial, |crc, byte| (0..8).fold(crc ^ u16::from(byte) << 8, step))
}
