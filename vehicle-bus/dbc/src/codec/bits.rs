use std::hint::select_unpredictable;

use tandem_frame::MAX_LENGTH;

use super::{Raw, Sample};
use crate::{ByteOrder, Kind, Signal};

/// A payload with room behind it, so that every field reads whole words.
pub type Padded = [u8; MAX_LENGTH + 16];

/// The payload, up to 64 bytes of it, with zeroes behind.
pub fn padded(data: &[u8]) -> Padded {
    let mut bytes = [0; MAX_LENGTH + 16];
    let length = data.len().min(MAX_LENGTH);
    if let (Some(room), Some(data)) = (bytes.get_mut(..length), data.get(..length)) {
        room.copy_from_slice(data);
    }
    bytes
}

/// A payload that fields are read from.
pub trait Payload {
    /// A field's bits at the upper end of a word; something if it does not fit.
    fn upper(&self, field: &Field) -> u64;
}

impl Payload for Padded {
    fn upper(&self, field: &Field) -> u64 {
        ((field.word(self) >> field.shift) as u64) << field.unused()
    }
}

/// A payload of up to eight bytes, which every classic frame has: two numbers, so that a field is read without touching memory again.
pub struct Short {
    little: u64,
    big: u64,
}

impl Short {
    /// `None` for a payload that is longer.
    #[inline]
    pub fn new(data: &[u8]) -> Option<Self> {
        let bytes = match data.first_chunk::<8>() {
            Some(bytes) => *bytes,
            None => {
                let mut bytes = [0; 8];
                bytes.iter_mut().zip(data).for_each(|(byte, given)| *byte = *given);
                bytes
            }
        };
        (data.len() <= 8).then(|| Self { little: u64::from_le_bytes(bytes), big: u64::from_be_bytes(bytes) })
    }
}

impl Payload for Short {
    #[inline]
    fn upper(&self, field: &Field) -> u64 {
        select_unpredictable(field.big, self.big, self.little) << field.above
    }
}

/// Where a signal lies in a payload and how it is read: `shift` bits of the word that begins at `first` lie behind it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    first: u8,
    /// Past every payload if the signal fits none.
    last: u8,
    shift: u8,
    size: u8,
    /// In a payload of eight bytes, the bits in front of it.
    above: u8,
    big: bool,
    kind: Kind,
    pub factor: f64,
    pub offset: f64,
}

impl Field {
    /// Where and how the signal says.
    pub fn new(signal: &Signal) -> Self {
        Self::read_as(signal.kind, signal)
    }

    /// The signal's bits, read as a kind that may not be its own.
    pub fn read_as(kind: Kind, signal: &Signal) -> Self {
        let size = match kind {
            Kind::Float => 32,
            Kind::Double => 64,
            Kind::Unsigned | Kind::Signed => signal.size,
        };
        let bytes = signal.bytes().filter(|bytes| *bytes.end() < MAX_LENGTH && size == signal.size);
        let (first, last) = bytes.map_or((0, u8::MAX), |bytes| (*bytes.start() as u8, *bytes.end() as u8));
        let big = signal.byte_order == ByteOrder::Big;
        let bit = (signal.start % 8) as u8;
        let shift = match big {
            false => bit,
            true => 127 - (7 - bit) - (size.clamp(1, 64) as u8 - 1),
        };
        let size = size.clamp(1, 64) as u8;
        let above = match big {
            false => 64u8.saturating_sub(size).saturating_sub(first.saturating_mul(8).saturating_add(bit)),
            true => first.saturating_mul(8).saturating_add(7 - bit).min(63),
        };
        Self { first, last, shift, size, above, big, kind, factor: signal.factor, offset: signal.offset }
    }

    /// The field, but one that fits no payload.
    pub fn nowhere(self) -> Self {
        Self { last: u8::MAX, ..self }
    }

    /// Whether its bits say an integer.
    pub fn is_integer(&self) -> bool {
        matches!(self.kind, Kind::Unsigned | Kind::Signed)
    }

    /// Whether a payload of `length` bytes holds it.
    #[inline]
    pub fn fits(&self, length: usize) -> bool {
        usize::from(self.last) < length.min(MAX_LENGTH)
    }

    /// The bytes that a payload needs to hold the field.
    pub fn end(&self) -> usize {
        usize::from(self.last) + 1
    }

    /// The most that the field's bits can say: all of them ones.
    pub fn mask(&self) -> u64 {
        u64::MAX >> (64 - u32::from(self.size))
    }

    fn word(&self, bytes: &Padded) -> u128 {
        let word = bytes.get(usize::from(self.first)..).and_then(|from| from.first_chunk::<16>()).copied();
        let word = word.unwrap_or_default();
        if self.big { u128::from_be_bytes(word) } else { u128::from_le_bytes(word) }
    }

    #[inline]
    fn unused(&self) -> u32 {
        64 - u32::from(self.size)
    }

    /// A payload in which the field's bits are ones and all others zeroes.
    pub fn ones(&self) -> [u8; MAX_LENGTH] {
        let mut bytes = [0; MAX_LENGTH];
        self.write(&mut bytes, self.mask());
        bytes
    }

    /// The field's bits in a payload that it fits, whatever they mean.
    pub fn bits(&self, bytes: &Padded) -> u64 {
        bytes.upper(self) >> self.unused()
    }

    /// The field's value in a payload that it fits.
    pub fn raw(&self, bytes: &impl Payload) -> Raw {
        self.read(bytes).0
    }

    /// The field's value as it is and as a float.
    fn read(&self, bytes: &impl Payload) -> (Raw, f64) {
        let upper = bytes.upper(self);
        let unsigned = upper >> self.unused();
        match self.kind {
            Kind::Float => {
                let value = f64::from(f32::from_bits(unsigned as u32));
                (Raw::Float(value), value)
            }
            Kind::Double => (Raw::Float(f64::from_bits(unsigned)), f64::from_bits(unsigned)),
            // Signed and unsigned fields stand side by side: a branch between them would be foretold by nobody.
            Kind::Unsigned | Kind::Signed => {
                let is_signed = self.kind == Kind::Signed;
                let signed = select_unpredictable(is_signed, upper as i64 >> self.unused(), unsigned as i64);
                let raw = if is_signed { Raw::Signed(signed) } else { Raw::Unsigned(unsigned) };
                // Only 64 bits reach beyond a signed number.
                (raw, if signed < 0 && !is_signed { unsigned as f64 } else { signed as f64 })
            }
        }
    }

    pub fn sample(&self, signal: usize, bytes: &impl Payload) -> Sample {
        let (raw, value) = self.read(bytes);
        Sample { signal, raw, physical: value * self.factor + self.offset }
    }

    /// The field's value as a multiplexor: `None` for one that selects nothing.
    pub fn selector(&self, bytes: &impl Payload) -> Option<u64> {
        match self.raw(bytes) {
            Raw::Unsigned(value) => Some(value),
            Raw::Signed(value) => u64::try_from(value).ok(),
            Raw::Float(_) => None,
        }
    }

    /// The least and the most that the field's bits can say; exact, or the next float beyond.
    pub fn range(&self) -> (f64, f64) {
        let whole = 2f64.powi(i32::from(self.size));
        match self.kind {
            Kind::Unsigned => (0.0, whole - 1.0),
            Kind::Signed => (-whole / 2.0, whole / 2.0 - 1.0),
            Kind::Float => (f64::from(f32::MIN), f64::from(f32::MAX)),
            Kind::Double => (f64::MIN, f64::MAX),
        }
    }

    /// The bits of a raw value; `None` if the field cannot say it.
    pub fn code(&self, raw: Raw) -> Option<u64> {
        let unused = 64 - u32::from(self.size);
        match (self.kind, raw) {
            (Kind::Unsigned, Raw::Unsigned(value)) => Some(value).filter(|value| *value <= self.mask()),
            (Kind::Unsigned, Raw::Signed(value)) => self.code(Raw::Unsigned(u64::try_from(value).ok()?)),
            (Kind::Signed, Raw::Signed(value)) => {
                Some(value as u64 & self.mask()).filter(|bits| (bits << unused) as i64 >> unused == value)
            }
            (Kind::Signed, Raw::Unsigned(value)) => self.code(Raw::Signed(i64::try_from(value).ok()?)),
            (Kind::Float, raw) => {
                let (exact, value) = (raw.as_f64(), raw.as_f64() as f32);
                (value.is_finite() || !exact.is_finite()).then(|| u64::from(value.to_bits()))
            }
            (Kind::Double, raw) => Some(raw.as_f64().to_bits()),
            (Kind::Unsigned | Kind::Signed, Raw::Float(_)) => None,
        }
    }

    /// Writes the field's bits, and no others, into a payload that it fits.
    pub fn write(&self, into: &mut [u8], bits: u64) {
        let mut bytes = padded(into);
        let cleared = self.word(&bytes) & !(u128::from(self.mask()) << self.shift);
        let word = cleared | u128::from(bits & self.mask()) << self.shift;
        let word = if self.big { word.to_be_bytes() } else { word.to_le_bytes() };
        if let Some(room) = bytes.get_mut(usize::from(self.first)..).and_then(|from| from.first_chunk_mut::<16>()) {
            *room = word;
        }
        into.iter_mut().zip(bytes).for_each(|(byte, new)| *byte = new);
    }
}
