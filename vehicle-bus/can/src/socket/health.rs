//! What a controller says of itself and of its bus, by error frames.

/// From linux/can/error.h: the classes of an error frame, in its id.
const LOST_ARBITRATION: u32 = 0x002;
const CONTROLLER: u32 = 0x004;
const PROTOCOL: u32 = 0x008;
const TRANSCEIVER: u32 = 0x010;
const NO_ACKNOWLEDGEMENT: u32 = 0x020;
const BUS_OFF: u32 = 0x040;
const BUS_ERROR: u32 = 0x080;
const RESTARTED: u32 = 0x100;
/// And what a controller says, in the second byte of the payload; receiver and transmitter each have a bit.
const OVERFLOW: u8 = 0x03;
const WARNING: u8 = 0x0C;
const PASSIVE: u8 = 0x30;
const ACTIVE: u8 = 0x40;

/// How much a controller takes part in its bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum BusState {
    /// All is well, or nothing else was said.
    #[default]
    Active,
    /// An error counter is over 96.
    Warning,
    /// An error counter is over 127: the controller no longer tells others of errors.
    Passive,
    /// The transmit error counter is over 255: the controller takes no part until it is restarted.
    BusOff,
}

/// How the interface of a bus is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Up(BusState),
    /// It is there and down.
    Down,
    /// There is none of the name.
    Absent,
    /// It is there, and cannot be opened.
    Unreadable,
}

impl Condition {
    /// As `Bus1` has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Up(BusState::Active) => "active",
            Self::Up(BusState::Warning) => "warning",
            Self::Up(BusState::Passive) => "passive",
            Self::Up(BusState::BusOff) => "bus-off",
            Self::Down => "down",
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Error frames heard, by what they say; one frame may say more than one thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorCounts {
    pub frames: u64,
    pub lost_arbitration: u64,
    /// The controller lost frames for want of room.
    pub overflows: u64,
    /// Bits, stuffing, forms, checksums, the transceiver's wires.
    pub bus_errors: u64,
    pub no_acknowledgement: u64,
    pub bus_offs: u64,
}

/// The state of one bus.
#[derive(Clone, Copy, Debug, Default)]
pub struct Health {
    state: BusState,
    counts: ErrorCounts,
}

impl Health {
    pub fn state(&self) -> BusState {
        self.state
    }

    pub fn counts(&self) -> ErrorCounts {
        self.counts
    }

    /// The interface came up anew; what was counted stays.
    pub fn begin(&mut self) {
        self.state = BusState::Active;
    }

    /// Takes in the state that the kernel says, if it says one; the new state, if it is another one.
    pub fn learn(&mut self, state: Option<BusState>) -> Option<BusState> {
        let state = state?;
        (std::mem::replace(&mut self.state, state) != state).then_some(state)
    }

    /// Takes in an error frame; the new state, if it is another one.
    pub fn hear(&mut self, classes: u32, payload: &[u8]) -> Option<BusState> {
        let says = |class: u32| classes & class != 0;
        let controller = if says(CONTROLLER) { payload.get(1).copied().unwrap_or_default() } else { 0 };
        let count = |counter: &mut u64, happened: bool| *counter += u64::from(happened);
        count(&mut self.counts.frames, true);
        count(&mut self.counts.lost_arbitration, says(LOST_ARBITRATION));
        count(&mut self.counts.overflows, controller & OVERFLOW != 0);
        count(&mut self.counts.bus_errors, says(PROTOCOL | TRANSCEIVER | BUS_ERROR));
        count(&mut self.counts.no_acknowledgement, says(NO_ACKNOWLEDGEMENT));
        count(&mut self.counts.bus_offs, says(BUS_OFF));

        let told = if says(BUS_OFF) {
            BusState::BusOff
        } else if controller & PASSIVE != 0 {
            BusState::Passive
        } else if controller & WARNING != 0 {
            BusState::Warning
        } else if controller & ACTIVE != 0 || says(RESTARTED) {
            BusState::Active
        } else {
            return None;
        };
        self.learn(Some(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error frame whose controller says this.
    fn controller(says: u8) -> (u32, [u8; 8]) {
        (CONTROLLER, [0, says, 0, 0, 0, 0, 0, 0])
    }

    #[test]
    fn a_controller_goes_through_its_states_and_each_is_told_once() {
        let mut health = Health::default();
        let story = [
            (controller(0x04), Some(BusState::Warning)),
            (controller(0x08), None),
            (controller(0x10), Some(BusState::Passive)),
            (controller(0x20), None),
            ((BUS_OFF, [0; 8]), Some(BusState::BusOff)),
            ((BUS_OFF, [0; 8]), None),
            ((RESTARTED, [0; 8]), Some(BusState::Active)),
            (controller(0x08), Some(BusState::Warning)),
            (controller(0x40), Some(BusState::Active)),
        ];
        for (at, ((classes, payload), told)) in story.into_iter().enumerate() {
            assert_eq!(health.hear(classes, &payload), told, "step {at}");
        }
        assert_eq!(health.counts(), ErrorCounts { frames: 9, bus_offs: 2, ..ErrorCounts::default() });
    }

    #[test]
    fn the_worst_of_what_one_frame_says_counts() {
        let hear = |classes, says| Health::default().hear(classes, &[0, says, 0, 0, 0, 0, 0, 0]);
        assert_eq!(hear(CONTROLLER, 0x7C), Some(BusState::Passive));
        assert_eq!(hear(CONTROLLER | BUS_OFF, 0x10), Some(BusState::BusOff));
        assert_eq!(hear(CONTROLLER | RESTARTED, 0x04), Some(BusState::Warning));
        // Without its class the byte means nothing.
        assert_eq!(hear(PROTOCOL, 0x10), None);
    }

    #[test]
    fn errors_that_change_no_state_are_counted() {
        let mut health = Health::default();
        for classes in [LOST_ARBITRATION, PROTOCOL, TRANSCEIVER, NO_ACKNOWLEDGEMENT | BUS_ERROR, 0x1FFF_FE00] {
            assert_eq!(health.hear(classes, &[0; 8]), None);
        }
        assert_eq!(health.hear(CONTROLLER, &[0, 0x01]), None);
        assert_eq!(health.hear(CONTROLLER, &[]), None);
        let counts = ErrorCounts {
            frames: 7,
            lost_arbitration: 1,
            overflows: 1,
            bus_errors: 3,
            no_acknowledgement: 1,
            bus_offs: 0,
        };
        assert_eq!(health.counts(), counts);
    }

    #[test]
    fn an_interface_that_comes_up_anew_is_active_and_keeps_its_counts() {
        let mut health = Health::default();
        health.hear(BUS_OFF, &[0; 8]);
        health.begin();
        assert_eq!((health.state(), health.counts().bus_offs), (BusState::Active, 1));
    }
}
