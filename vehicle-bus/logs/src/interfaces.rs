use tandem_frame::BusIndex;

use crate::{LONGEST_NAME, MOST_INTERFACES, Reason};

/// The interfaces of a recording, by their order of appearance.
#[derive(Default)]
pub(crate) struct Interfaces(Vec<String>);

impl Interfaces {
    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    pub(crate) fn bus(&mut self, name: &str) -> Result<BusIndex, Reason> {
        if let Some(at) = self.0.iter().position(|known| known == name) {
            return Ok(BusIndex(u8::try_from(at).unwrap_or(u8::MAX)));
        }
        if name.len() > LONGEST_NAME {
            return Err(Reason::LongName);
        }
        let bus = u8::try_from(self.0.len()).ok().filter(|at| usize::from(*at) < MOST_INTERFACES);
        let bus = bus.map(BusIndex).ok_or(Reason::Interfaces)?;
        self.0.push(name.to_owned());
        Ok(bus)
    }
}
