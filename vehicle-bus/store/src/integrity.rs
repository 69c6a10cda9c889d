use std::collections::HashMap;

use tandem_dbc::integrity::{Counter, Step, verify};
use tandem_frame::Frame;

use crate::car::{Bus, Car, IntegrityPlan};
use crate::statistics::Fault;
use crate::store::raw_number;

/// The rolling counters of one car's messages.
pub(crate) struct Counters(HashMap<(usize, usize), Counter>);

pub(crate) struct Found {
    pub fault: Fault,
    /// Whether the frame's values may be taken all the same.
    pub usable: bool,
}

impl Counters {
    pub(crate) fn new(car: &Car) -> Self {
        let mut counters = HashMap::new();
        for (bus_index, bus) in car.buses.iter().enumerate() {
            for (index, (plan, message)) in bus.plans.iter().zip(&bus.database.messages).enumerate() {
                let Some(IntegrityPlan { checksum, counter: Some(counter) }) = plan.integrity else { continue };
                if let Some(signal) = message.signals.get(counter) {
                    let checksum = checksum.map(|(kind, _)| kind);
                    counters.insert((bus_index, index), Counter::beside(checksum, signal.size));
                }
            }
        }
        Self(counters)
    }

    /// Checks a frame's checksum, then its counter. A jump says that frames were lost, not that this one is wrong.
    pub(crate) fn check(
        &mut self,
        bus: &Bus,
        bus_index: usize,
        message: usize,
        plan: IntegrityPlan,
        frame: &Frame,
    ) -> Option<Found> {
        let layout = bus.database.messages.get(message)?;
        if frame.data().len() < layout.length {
            return Some(Found { fault: Fault::Short, usable: false });
        }
        if let Some((kind, at)) = plan.checksum {
            let signal = layout.signals.get(at)?;
            if verify(kind, frame.id, frame.data(), signal).is_err() {
                return Some(Found { fault: Fault::Checksum, usable: false });
            }
        }
        let raw = raw_number(bus.codec.raw(message, plan.counter?, frame.data())?)?;
        match self.0.get_mut(&(bus_index, message))?.check(raw as u8) {
            Step::Next => None,
            Step::Repeated => Some(Found { fault: Fault::Counter, usable: false }),
            Step::Jumped => Some(Found { fault: Fault::Counter, usable: true }),
        }
    }
}
