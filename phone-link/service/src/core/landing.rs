//! Files that came from a phone.

use tandem_kdeconnect::DeviceId;

use super::{Core, Effect, Moment};

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landed {
    /// Whole, in the folder of the phone's files.
    Whole,
    /// Nothing of it is left.
    Failed,
}

impl Core {
    pub fn received(&mut self, at: Moment, phone: &DeviceId, landed: Landed) {
        self.at = at;
        if !self.is_paired(phone) {
            // It was forgotten while this was on its way.
            return self.do_next(Effect::Wipe(phone.clone()));
        }
        if landed == Landed::Whole {
            self.note_down(phone, "received", "file", 1);
        }
    }

    /// A file was sent, and the phone has all of it.
    pub fn sent(&mut self, at: Moment, phone: &DeviceId) {
        self.at = at;
        self.note_down(phone, "sent", "file", 1);
    }
}
