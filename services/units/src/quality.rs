use std::fmt;

/// What a reading is worth. On the bus it is the byte of the same number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Quality {
    /// Heard in time and inside its range.
    Valid = 0,
    /// The last value that was heard, but its message has fallen silent.
    Stale = 1,
    /// Nothing was heard yet, or the car says that it does not measure this. There is no value.
    #[default]
    Absent = 2,
    /// Heard, but outside its range or without a meaning. There is no value. (A frame with a wrong checksum is not heard at all: its readings go stale.)
    Invalid = 3,
}

impl Quality {
    /// Whether a value goes with this quality: only `valid` and `stale` readings have one.
    pub fn has_value(self) -> bool {
        matches!(self, Self::Valid | Self::Stale)
    }

    /// The word used on the command line, in JSON and in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Stale => "stale",
            Self::Absent => "absent",
            Self::Invalid => "invalid",
        }
    }
}

impl TryFrom<u8> for Quality {
    type Error = u8;

    fn try_from(byte: u8) -> Result<Self, u8> {
        match byte {
            0 => Ok(Self::Valid),
            1 => Ok(Self::Stale),
            2 => Ok(Self::Absent),
            3 => Ok(Self::Invalid),
            other => Err(other),
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
