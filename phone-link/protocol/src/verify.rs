//! What two people compare on two screens, and what tells one certificate from another.

use std::fmt;

use sha2::{Digest, Sha256};

/// The SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            write!(formatter, "{}{byte:02x}", if place == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The eight letters that both screens show while two devices pair: of both public keys (SubjectPublicKeyInfo, DER) and, from protocol 8 on, of the time of
/// the request (seconds since 1970). The same from both sides.
pub fn verification_key(ours: &[u8], theirs: &[u8], requested_at: Option<u64>) -> String {
    let (larger, smaller) = if ours > theirs { (ours, theirs) } else { (theirs, ours) };
    let mut hash = Sha256::new();
    hash.update(larger);
    hash.update(smaller);
    if let Some(at) = requested_at {
        hash.update(at.to_string());
    }
    hash.finalize().iter().take(4).map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_one_that_other_programs_show() {
        assert_eq!(verification_key(&[1], &[2], None), "25DFD29C");
        assert_eq!(verification_key(&[1], &[2], Some(1_700_000_000)), "DDC750AD");
        assert_eq!(verification_key(&[1], &[1, 2], Some(1_700_000_000)), "61F71C3F");
        assert_eq!(verification_key(&[0x7f], &[0x80], Some(1_700_000_000)), "62C7FB26", "bytes have no sign");
    }

    #[test]
    fn both_sides_see_the_same_key_and_nobody_else_does() {
        let key = |ours, theirs, at| verification_key(ours, theirs, Some(at));
        assert_eq!(key(b"car", b"phone", 5), key(b"phone", b"car", 5));
        assert_ne!(key(b"car", b"phone", 5), key(b"car", b"phone", 6));
        assert_ne!(key(b"car", b"phone", 5), key(b"car", b"thief", 5));
    }
}
