//! A CAN frame, its id and its time stamp, and the candump text that the field records them in. No I/O.

mod id;
pub mod text;
mod wire;

pub use id::{CanId, IdError};
pub use wire::WireBits;

/// The longest payload: 64 bytes with CAN FD, 8 without.
pub const MAX_LENGTH: usize = 64;

/// Which of the car's buses a frame was heard on: an index into the car's list of buses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BusIndex(pub u8);

/// What kind of frame this is, beside its id and payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// CAN FD frame: up to 64 bytes.
    pub fd: bool,
    /// CAN FD bit rate switch.
    pub brs: bool,
    /// CAN FD error state indicator.
    pub esi: bool,
    /// Remote frame: asks for data, carries none; its length is the length asked for.
    pub remote: bool,
    /// Error frame of the controller: the id holds the error class.
    pub error: bool,
}

/// One frame, as it was heard or as it is to be sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub bus: BusIndex,
    pub id: CanId,
    /// When it was heard, nanoseconds on the link's clock.
    pub t_ns: u64,
    pub flags: Flags,
    length: u8,
    data: [u8; MAX_LENGTH],
}

/// A payload that no frame can carry.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{length} bytes do not fit: a classic frame carries 0 to 8, an FD frame 0 to 8, 12, 16, 20, 24, 32, 48 or 64")]
pub struct LengthError {
    pub length: usize,
}

impl Frame {
    /// A classic data frame of up to 8 bytes.
    ///
    /// # Errors
    /// [`LengthError`] if `data` is longer than 8 bytes.
    pub fn new(bus: BusIndex, id: CanId, t_ns: u64, data: &[u8]) -> Result<Self, LengthError> {
        Self::with_flags(bus, id, t_ns, Flags::default(), data)
    }

    /// A frame of any kind.
    ///
    /// # Errors
    /// [`LengthError`] if `data` has a length that the kind of frame cannot carry.
    pub fn with_flags(bus: BusIndex, id: CanId, t_ns: u64, flags: Flags, data: &[u8]) -> Result<Self, LengthError> {
        let length = data.len();
        let fits = length <= 8 || (flags.fd && matches!(length, 12 | 16 | 20 | 24 | 32 | 48 | 64));
        let mut bytes = [0; MAX_LENGTH];
        match (fits, bytes.get_mut(..length)) {
            (true, Some(room)) => room.copy_from_slice(data),
            _ => return Err(LengthError { length }),
        }
        Ok(Self { bus, id, t_ns, flags, length: length as u8, data: bytes })
    }

    /// A remote frame that asks for `length` bytes (0 to 8).
    ///
    /// # Errors
    /// [`LengthError`] if `length` is over 8.
    pub fn remote(bus: BusIndex, id: CanId, t_ns: u64, length: u8) -> Result<Self, LengthError> {
        if length > 8 {
            return Err(LengthError { length: usize::from(length) });
        }
        Ok(Self { bus, id, t_ns, flags: Flags { remote: true, ..Flags::default() }, length, data: [0; MAX_LENGTH] })
    }

    /// The payload; empty for a remote frame.
    pub fn data(&self) -> &[u8] {
        if self.flags.remote { &[] } else { self.data.get(..usize::from(self.length)).unwrap_or(&[]) }
    }

    /// The payload, to be written; empty for a remote frame.
    pub fn data_mut(&mut self) -> &mut [u8] {
        let length = if self.flags.remote { 0 } else { usize::from(self.length) };
        self.data.get_mut(..length).unwrap_or_default()
    }

    /// The length on the wire, in bytes; for a remote frame the length asked for.
    pub fn length(&self) -> usize {
        usize::from(self.length)
    }

    /// The payload's bytes up to [`MAX_LENGTH`], zero behind its end: for decoders that read whole words.
    pub fn padded(&self) -> &[u8; MAX_LENGTH] {
        &self.data
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "bus {} {}#", self.bus.0, self.id)?;
        self.data().iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
        write!(f, " at {} ns", self.t_ns)
    }
}
