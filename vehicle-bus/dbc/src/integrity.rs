//! Counters and checksums of messages, as data: which kind a message has is said by the car's profile, not by code.

use tandem_frame::{CanId, MAX_LENGTH};

use crate::codec::{Field, padded};
use crate::{Kind, Raw, Signal};

/// A kind of checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// Honda's, 4 bits: 8 minus the sum of the nibbles of the id and of the payload (the checksum's own bits as 0),
    /// plus 3 for an extended id; the low 4 bits of that. Source: opendbc's `honda_checksum`.
    Honda,
    /// CRC-8 SAE J1850, 8 bits: polynomial 0x1D, initial value 0xFF, final xor 0xFF, nothing reflected. Over the low
    /// byte of the id, then every byte of the payload in order but the one that holds the checksum.
    SaeJ1850,
}

/// A checksum that cannot be checked or filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    #[error("the checksum's signal ends in byte {expected}, the payload has {got}")]
    TooShort { expected: usize, got: usize },
    #[error("the frame says {found:#X}, its bytes make {expected:#X}")]
    Wrong { expected: u8, found: u64 },
    #[error("the checksum has {expected} bits, its signal {got}")]
    Size { expected: u16, got: u16 },
}

impl Checksum {
    /// Size in bits.
    pub const fn size(self) -> u16 {
        match self {
            Checksum::Honda => 4,
            Checksum::SaeJ1850 => 8,
        }
    }
}

/// Whether the checksum in `signal` is that of the payload.
///
/// # Errors
/// [`ChecksumError`]: it is not, or the payload does not hold it.
pub fn verify(kind: Checksum, id: CanId, data: &[u8], signal: &Signal) -> Result<(), ChecksumError> {
    let field = field(kind, data, signal)?;
    let expected = compute(kind, id, data, signal, &field);
    match field.raw(&padded(data)) {
        Raw::Unsigned(found) if found == u64::from(expected) => Ok(()),
        Raw::Unsigned(found) => Err(ChecksumError::Wrong { expected, found }),
        other => Err(ChecksumError::Wrong { expected, found: other.as_f64() as u64 }),
    }
}

/// Writes the payload's checksum into `signal`.
///
/// # Errors
/// [`ChecksumError`] if the payload or the signal does not hold it.
pub fn fill(kind: Checksum, id: CanId, data: &mut [u8], signal: &Signal) -> Result<(), ChecksumError> {
    let field = field(kind, data, signal)?;
    let checksum = compute(kind, id, data, signal, &field);
    field.write(data, u64::from(checksum));
    Ok(())
}

fn field(kind: Checksum, data: &[u8], signal: &Signal) -> Result<Field, ChecksumError> {
    if signal.size != kind.size() {
        return Err(ChecksumError::Size { expected: kind.size(), got: signal.size });
    }
    let field = Field::read_as(Kind::Unsigned, signal);
    match field.fits(data.len()) {
        true => Ok(field),
        false => Err(ChecksumError::TooShort { expected: field.end(), got: data.len() }),
    }
}

fn compute(kind: Checksum, id: CanId, data: &[u8], signal: &Signal, field: &Field) -> u8 {
    match kind {
        Checksum::Honda => {
            let mut bytes = padded(data);
            if let Some(bytes) = bytes.get_mut(..data.len().min(MAX_LENGTH)) {
                field.write(bytes, 0);
            }
            let nibbles = |byte: u8| u32::from(byte & 0xF) + u32::from(byte >> 4);
            let sum: u32 = id.number().to_be_bytes().into_iter().chain(bytes).map(nibbles).sum();
            let extended = if id.is_extended() { 3 } else { 0 };
            (8 + extended - sum as i32) as u8 & 0xF
        }
        Checksum::SaeJ1850 => {
            let own = usize::from(signal.start / 8);
            let payload = data.iter().enumerate().filter(|(at, _)| *at != own).map(|(_, byte)| *byte);
            std::iter::once(id.number() as u8).chain(payload).fold(0xFF, sae_j1850) ^ 0xFF
        }
    }
}

fn sae_j1850(crc: u8, byte: u8) -> u8 {
    (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x1D })
}

/// A counter that its sender raises by one with every frame, and that starts again at 0 behind its highest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    last: Option<u8>,
    mask: u8,
}

/// What a counter says about a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The next one, or the first that was heard.
    Next,
    /// The same as before: the sender hangs, or the frame was sent again.
    Repeated,
    /// Frames in between were lost.
    Jumped,
}

impl Counter {
    /// A counter of `size` bits, 1 to 8, that has heard nothing.
    pub fn new(size: u16) -> Self {
        Self { last: None, mask: u8::MAX >> (8 - size.clamp(1, 8)) }
    }

    /// Hears the counter of the next frame.
    pub fn check(&mut self, value: u8) -> Step {
        let value = value & self.mask;
        match self.last.replace(value) {
            Some(last) if last == value => Step::Repeated,
            Some(last) if self.after(last) != value => Step::Jumped,
            _ => Step::Next,
        }
    }

    /// The value that follows `value`.
    pub fn after(&self, value: u8) -> u8 {
        value.wrapping_add(1) & self.mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ByteOrder, Database};

    fn checksum(start: u16, size: u16, byte_order: ByteOrder) -> Signal {
        let text = b"BO_ 1 m: 8 X\n SG_ CHECKSUM : 0|1@1+ (1,0) [0|1] \"\" X\n";
        let signal = Database::parse(text).unwrap().messages.remove(0).signals.remove(0);
        Signal { start, size, byte_order, ..signal }
    }

    #[test]
    fn hondas_checksum() {
        // 0x17C, counter 1 in bits 5..4 of the last byte: nibbles 1+7+C and 1+0+0+0+0+6+1 make 28.
        let signal = checksum(59, 4, ByteOrder::Big);
        let id = CanId::standard(0x17C).unwrap();
        let mut data = [0x01, 0, 0x06, 0, 0, 0, 0, 0x1F];
        fill(Checksum::Honda, id, &mut data, &signal).unwrap();
        assert_eq!(data[7], 0x1C);
        assert_eq!(verify(Checksum::Honda, id, &data, &signal), Ok(()));
        data[2] = 0x07;
        assert_eq!(
            verify(Checksum::Honda, id, &data, &signal),
            Err(ChecksumError::Wrong { expected: 0xB, found: 0xC })
        );
        let extended = CanId::extended(0x17C).unwrap();
        fill(Checksum::Honda, extended, &mut data, &signal).unwrap();
        assert_eq!(data[7], 0x1E);
    }

    #[test]
    fn sae_j1850_over_the_catalogues_check_string() {
        // The CRC catalogue's check value: 0x4B over "123456789"; here '1' is the id's low byte.
        let signal = checksum(24, 8, ByteOrder::Little);
        let mut data = *b"234\x005678";
        let id = CanId::standard(0x731).unwrap();
        fill(Checksum::SaeJ1850, id, &mut data, &signal).unwrap();
        let mut whole = b"12345678".iter().fold(0xFF, |crc, byte| sae_j1850(crc, *byte));
        assert_eq!(data[3], whole ^ 0xFF);
        whole = sae_j1850(whole, b'9');
        assert_eq!(whole ^ 0xFF, 0x4B);
        assert_eq!(verify(Checksum::SaeJ1850, id, &data, &signal), Ok(()));
        let other = CanId::standard(0x732).unwrap();
        assert!(matches!(verify(Checksum::SaeJ1850, other, &data, &signal), Err(ChecksumError::Wrong { .. })));
    }

    #[test]
    fn a_checksum_that_is_not_in_the_payload() {
        let id = CanId::standard(1).unwrap();
        let signal = checksum(56, 8, ByteOrder::Little);
        let short = Err(ChecksumError::TooShort { expected: 8, got: 7 });
        assert_eq!(verify(Checksum::SaeJ1850, id, &[0; 7], &signal), short);
        let size = Err(ChecksumError::Size { expected: 4, got: 8 });
        assert_eq!(fill(Checksum::Honda, id, &mut [0; 8], &signal), size);
    }

    #[test]
    fn a_rolling_counter() {
        let mut counter = Counter::new(2);
        let heard = [2, 3, 0, 0, 2, 3, 1].map(|value| counter.check(value));
        use Step::{Jumped, Next, Repeated};
        assert_eq!(heard, [Next, Next, Next, Repeated, Jumped, Next, Jumped]);
        assert_eq!(Counter::new(8).after(255), 0);
        assert_eq!(Counter::new(4).after(15), 0);
    }
}
