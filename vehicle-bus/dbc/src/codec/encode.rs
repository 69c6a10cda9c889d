use super::bits::Field;
use super::{Codec, EncodeError, Raw};

impl Codec {
    /// Writes a physical value into a payload: rounded to the nearest raw value, halves away from zero. Only the
    /// signal's bits change; its multiplexors are the caller's to set.
    ///
    /// # Errors
    /// [`EncodeError`] if there is no such signal, the payload is too short for it, or its bits cannot say the value.
    pub fn encode(&self, message: usize, into: &mut [u8], signal: usize, physical: f64) -> Result<(), EncodeError> {
        let field = self.field(message, signal, into)?;
        if field.factor == 0.0 {
            return Err(EncodeError::NoFactor);
        }
        let raw = (physical - field.offset) / field.factor;
        let (integer, (least, most)) = (field.is_integer(), field.range());
        if integer && !raw.is_finite() {
            return Err(EncodeError::NotAnInteger { physical });
        }
        let raw = match (integer, raw.round()) {
            (false, _) => Raw::Float(raw),
            (true, whole) if (least..most + 1.0).contains(&whole) && whole < 0.0 => Raw::Signed(whole as i64),
            (true, whole) if (least..most + 1.0).contains(&whole) => Raw::Unsigned(whole as u64),
            (true, _) => return Err(field.out_of_range(physical)),
        };
        let bits = field.code(raw).ok_or(field.out_of_range(physical))?;
        field.write(into, bits);
        Ok(())
    }

    /// Writes a raw value into a payload. Integers go into integer signals of either sign, anything into float ones.
    ///
    /// # Errors
    /// As [`Codec::encode`].
    pub fn set_raw(&self, message: usize, into: &mut [u8], signal: usize, raw: Raw) -> Result<(), EncodeError> {
        let field = self.field(message, signal, into)?;
        let physical = raw.as_f64() * field.factor + field.offset;
        let bits = field.code(raw).ok_or(match raw {
            Raw::Float(value) if field.is_integer() => EncodeError::NotAnInteger { physical: value },
            _ => field.out_of_range(physical),
        })?;
        field.write(into, bits);
        Ok(())
    }

    fn field(&self, message: usize, signal: usize, payload: &[u8]) -> Result<&Field, EncodeError> {
        let layout = self.messages.get(message);
        let field = layout.and_then(|layout| layout.signal(signal)).and_then(|at| self.signals.get(at));
        let field = field.ok_or(EncodeError::NoSuchSignal { message, signal })?;
        if !field.fits(payload.len()) {
            return Err(EncodeError::TooShort { expected: field.end(), got: payload.len() });
        }
        Ok(field)
    }
}

impl Field {
    fn out_of_range(&self, physical: f64) -> EncodeError {
        let (low, high) = self.range();
        let (low, high) = (low * self.factor + self.offset, high * self.factor + self.offset);
        EncodeError::OutOfRange { physical, least: low.min(high), most: low.max(high) }
    }
}
