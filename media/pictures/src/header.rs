//! What stands before the pixels of each picture: 48 bytes, all numbers little-endian.

/// Bytes of a header.
pub const HEADER: usize = 48;
/// The largest picture that is asked for, pixels.
pub const MAX_WIDTH: u32 = 2560;
pub const MAX_HEIGHT: u32 = 1600;

const MAGIC: [u8; 8] = *b"tandem/p";
/// Three bytes a pixel, red, green, blue, row by row without a gap: the one format so far.
const RGB8: u32 = 1;

/// Which picture follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Of the picture, growing; those that are left out were dropped.
    pub sequence: u64,
    /// When the camera saw it, by [`crate::boot_clock`].
    pub captured_ns: u64,
    /// Pixels; a multiple of 4.
    pub width: u32,
    pub height: u32,
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("what came is no picture of a camera")]
    NoPicture,
    #[error("format {0} is not known")]
    Format(u32),
    #[error("a picture of {width} x {height} pixels in {bytes} bytes")]
    Size { width: u32, height: u32, bytes: u32 },
}

/// Whether pictures of this size may be asked for.
pub fn fits(width: u32, height: u32) -> bool {
    (16..=MAX_WIDTH).contains(&width) && (16..=MAX_HEIGHT).contains(&height) && width.is_multiple_of(4)
}

impl Header {
    /// Bytes of the pixels that follow.
    pub fn pixels(&self) -> usize {
        self.width as usize * self.height as usize * 3
    }

    pub fn encode(&self) -> [u8; HEADER] {
        let bytes = u32::try_from(self.pixels()).unwrap_or(u32::MAX);
        let mut out = [0; HEADER];
        let mut rest = out.as_mut_slice();
        let parts: [&[u8]; 7] = [
            &MAGIC,
            &self.sequence.to_le_bytes(),
            &self.captured_ns.to_le_bytes(),
            &self.width.to_le_bytes(),
            &self.height.to_le_bytes(),
            &RGB8.to_le_bytes(),
            &bytes.to_le_bytes(),
        ];
        for part in parts {
            if let Some((place, behind)) = std::mem::take(&mut rest).split_at_mut_checked(part.len()) {
                place.copy_from_slice(part);
                rest = behind;
            }
        }
        out
    }

    /// # Errors
    /// [`HeaderError`]: what follows cannot be told from anything else, so nothing of this stream can be believed any more.
    pub fn decode(bytes: &[u8; HEADER]) -> Result<Self, HeaderError> {
        let mut rest = bytes.as_slice();
        if take::<8>(&mut rest) != MAGIC {
            return Err(HeaderError::NoPicture);
        }
        let sequence = u64::from_le_bytes(take(&mut rest));
        let captured_ns = u64::from_le_bytes(take(&mut rest));
        let [width, height, format, length] = [(); 4].map(|()| u32::from_le_bytes(take(&mut rest)));
        if format != RGB8 {
            return Err(HeaderError::Format(format));
        }
        let header = Self { sequence, captured_ns, width, height };
        if !fits(width, height) || header.pixels() != length as usize {
            return Err(HeaderError::Size { width, height, bytes: length });
        }
        Ok(header)
    }
}

/// The next bytes; zeros beyond the end, which a header of fixed size does not reach.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    match rest.split_first_chunk::<N>() {
        Some((taken, behind)) => {
            *rest = behind;
            *taken
        }
        None => [0; N],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER_OF_ONE: Header = Header { sequence: 7, captured_ns: 1_234_567_890_123, width: 1920, height: 1080 };

    #[test]
    fn a_header_comes_back_as_it_went() {
        let bytes = HEADER_OF_ONE.encode();
        assert_eq!(bytes[..8], *b"tandem/p");
        assert_eq!(bytes[36..40], 6_220_800_u32.to_le_bytes());
        assert_eq!(Header::decode(&bytes), Ok(HEADER_OF_ONE));
    }

    #[test]
    fn what_is_no_picture_says_why() {
        let spoiled = |at: usize, byte: u8| {
            let mut bytes = HEADER_OF_ONE.encode();
            bytes[at] = byte;
            Header::decode(&bytes)
        };
        assert_eq!(spoiled(0, b'T'), Err(HeaderError::NoPicture));
        assert_eq!(spoiled(32, 2), Err(HeaderError::Format(2)));
        for (at, byte) in [(24, 0x81), (27, 0xFF), (28, 0), (36, 1), (39, 0xFF)] {
            assert!(matches!(spoiled(at, byte), Err(HeaderError::Size { .. })), "byte {at}");
        }
        assert_eq!(Header::decode(&[0xFF; HEADER]), Err(HeaderError::NoPicture));
    }

    proptest! {
        #[test]
        fn no_bytes_ask_for_more_room_than_the_largest_picture(bytes in prop::collection::vec(any::<u8>(), 40)) {
            let mut header = [0; HEADER];
            header[..8].copy_from_slice(&MAGIC);
            header[8..].copy_from_slice(&bytes);
            if let Ok(header) = Header::decode(&header) {
                prop_assert!(header.pixels() <= (MAX_WIDTH * MAX_HEIGHT * 3) as usize);
            }
        }
    }
}
