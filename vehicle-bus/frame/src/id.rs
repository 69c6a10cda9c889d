use std::fmt;

const EXTENDED: u32 = 1 << 31;

/// An 11 bit (standard) or 29 bit (extended) CAN id. The two kinds never compare equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanId(u32);

/// A number that is no CAN id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IdError {
    #[error("{0:#X} has more than 11 bits: a standard id ends at 0x7FF")]
    Standard(u32),
    #[error("{0:#X} has more than 29 bits: an extended id ends at 0x1FFFFFFF")]
    Extended(u32),
}

impl CanId {
    /// An 11 bit id.
    ///
    /// # Errors
    /// [`IdError::Standard`] over 0x7FF.
    pub const fn standard(id: u32) -> Result<Self, IdError> {
        if id > 0x7FF { Err(IdError::Standard(id)) } else { Ok(Self(id)) }
    }

    /// A 29 bit id.
    ///
    /// # Errors
    /// [`IdError::Extended`] over 0x1FFFFFFF.
    pub const fn extended(id: u32) -> Result<Self, IdError> {
        if id > 0x1FFF_FFFF { Err(IdError::Extended(id)) } else { Ok(Self(id | EXTENDED)) }
    }

    pub const fn is_extended(self) -> bool {
        self.0 & EXTENDED != 0
    }

    /// The bare number, without the mark of its kind.
    pub const fn number(self) -> u32 {
        self.0 & !EXTENDED
    }

    /// The number with bit 31 set for an extended id, as DBC files and our link write it.
    pub const fn raw(self) -> u32 {
        self.0
    }

    /// The inverse of [`CanId::raw`].
    ///
    /// # Errors
    /// [`IdError`] if the number is too large for its kind.
    pub const fn from_raw(raw: u32) -> Result<Self, IdError> {
        if raw & EXTENDED != 0 { Self::extended(raw & !EXTENDED) } else { Self::standard(raw) }
    }
}

impl fmt::Display for CanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_extended() { write!(f, "{:08X}", self.number()) } else { write!(f, "{:03X}", self.number()) }
    }
}

impl fmt::Debug for CanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
