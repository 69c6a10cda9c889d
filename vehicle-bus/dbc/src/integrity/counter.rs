use super::Checksum;

/// A counter that its sender raises by one with every frame, and that starts again at 0 behind its highest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    last: Option<u8>,
    mask: u8,
    highest: u8,
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
        let mask = u8::MAX >> (8 - size.clamp(1, 8));
        Self { last: None, mask, highest: mask }
    }

    /// As [`Counter::new`], for messages with this checksum: E2E profile 1 counts to 14 only.
    pub fn beside(checksum: Option<Checksum>, size: u16) -> Self {
        let counter = Self::new(size);
        match checksum {
            Some(Checksum::E2eProfile1 { .. }) => Self { highest: counter.highest.min(14), ..counter },
            _ => counter,
        }
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
        if value >= self.highest { 0 } else { value + 1 }
    }
}
