use tandem_frame::BusIndex;

use crate::{LONGEST_NAME, MOST_INTERFACES, Reason};

/// The interfaces of a recording, by their order of appearance.
#[derive(Default)]
pub(crate) struct Interfaces {
    names: Vec<String>,
    /// Of those that have a number: the number as it stands there, and which interface it is.
    channels: Vec<(u32, BusIndex)>,
}

impl Interfaces {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(crate) fn named(&mut self, name: &str) -> Result<BusIndex, Reason> {
        if let Some(at) = self.names.iter().position(|known| known == name) {
            return Ok(BusIndex(u8::try_from(at).unwrap_or(u8::MAX)));
        }
        if name.len() > LONGEST_NAME {
            return Err(Reason::LongName);
        }
        let bus = u8::try_from(self.names.len()).ok().filter(|at| usize::from(*at) < MOST_INTERFACES);
        let bus = bus.map(BusIndex).ok_or(Reason::Interfaces)?;
        self.names.push(name.to_owned());
        Ok(bus)
    }

    /// Vector counts channels from 1, Linux from 0.
    pub(crate) fn channel(&mut self, number: u32) -> Result<BusIndex, Reason> {
        if let Some((_, bus)) = self.channels.iter().find(|(known, _)| *known == number) {
            return Ok(*bus);
        }
        let bus = self.named(&format!("can{}", number.saturating_sub(1)))?;
        self.channels.push((number, bus));
        Ok(bus)
    }
}
