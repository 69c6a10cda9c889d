//! Why a call came to nothing, where it is nothing that the called one said.

use std::fmt;
use std::io::ErrorKind;

use zbus::fdo;

/// A part of a sentence, for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    Late,
    /// The called one went before it answered.
    Gone,
    BusGone,
    /// Caller and called are not of one make.
    Strange,
}

impl Unheard {
    /// None if somebody said something.
    pub fn of(error: &zbus::Error) -> Option<Self> {
        match error {
            zbus::Error::InputOutput(cause) if cause.kind() == ErrorKind::TimedOut => Some(Self::Late),
            zbus::Error::InputOutput(_) => Some(Self::BusGone),
            zbus::Error::FDO(said) => Self::of_plain(said),
            zbus::Error::SignatureMismatch(..)
            | zbus::Error::IncorrectType
            | zbus::Error::OutOfBounds
            | zbus::Error::ExcessData
            | zbus::Error::InterfaceNotFound
            | zbus::Error::InvalidReply
            | zbus::Error::Utf8(_) => Some(Self::Strange),
            _ => None,
        }
    }

    /// The same of a call without errors of its own.
    pub fn of_plain(error: &fdo::Error) -> Option<Self> {
        match error {
            fdo::Error::ZBus(error) => Self::of(error),
            fdo::Error::NoReply(_) | fdo::Error::Disconnected(_) => Some(Self::Gone),
            fdo::Error::Timeout(_) | fdo::Error::TimedOut(_) => Some(Self::Late),
            fdo::Error::UnknownMethod(_)
            | fdo::Error::UnknownObject(_)
            | fdo::Error::UnknownInterface(_)
            | fdo::Error::UnknownProperty(_) => Some(Self::Strange),
            _ => None,
        }
    }
}

impl fmt::Display for Unheard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Late => "nothing came in time",
            Self::Gone => "it went before it answered",
            Self::BusGone => "the bus is gone",
            Self::Strange => {
                "it is of another version: it does not know what it is asked, or says what is not known here"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn what_nobody_said_is_told_from_what_somebody_did() {
        let of = |error: zbus::Error| Unheard::of_plain(&fdo::Error::ZBus(error));
        assert_eq!(of(io::Error::from(ErrorKind::TimedOut).into()), Some(Unheard::Late));
        assert_eq!(of(io::Error::from(ErrorKind::BrokenPipe).into()), Some(Unheard::BusGone));
        let mismatch = zbus::Error::SignatureMismatch(zbus::Signature::U8, "`as`".to_owned());
        assert_eq!(of(mismatch), Some(Unheard::Strange));
        let unknown = fdo::Error::UnknownMethod("no such method".to_owned());
        assert_eq!(of(zbus::Error::FDO(Box::new(unknown))), Some(Unheard::Strange));
        assert_eq!(Unheard::of_plain(&fdo::Error::LimitsExceeded("16 others are asking".to_owned())), None);
    }
}
